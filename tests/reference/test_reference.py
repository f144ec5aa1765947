"""Hold jaxlearn's Theano face against what Theano 1.0.5 answered.

``scripts/record_reference.py`` recorded the answers. Many cases are computed by one compiled
function, so a test is a group of them, and it fails with one message about all that differ.
"""

import sys
from functools import cache
from pathlib import Path

import jax
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import casebook
import checking
import evaluating
import storing

GROUP = 40
FAMILIES = {name: casebook.family(name) for name in casebook.family_names()}
GROUPS = [
    (name, start)
    for name, family in FAMILIES.items()
    for start in range(0, len(family.cases), GROUP)
]


@cache
def recorded(name):
    return storing.load(name)


@cache
def engine():
    from jaxlearn import theano
    from jaxlearn.theano import tensor

    return theano, tensor


@pytest.fixture
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


@pytest.fixture(autouse=True, scope="module")
def quick_compiler():
    """Compile in half the time; other tests compile as users do.

    XLA's newer way to write code for the CPU takes the longest, so it is told to take the older
    one. JAX has such options for whole programs only, not for those that staging puts in others.
    """
    whole_program = jax.jit

    def jit(function, **options):
        if function.__module__ != "jaxlearn.symbolic.staging":
            given = options.pop("compiler_options", None) or {}
            options["compiler_options"] = {"xla_cpu_use_fusion_emitters": False, **given}
        return whole_program(function, **options)

    jax.config.update("jax_disable_most_optimizations", True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jax, "jit", jit)
        yield
    jax.config.update("jax_disable_most_optimizations", False)


def shapes(answer):
    return [value.array.shape for value in answer.outputs.values()]


def named(entries):
    """Parameters and their readable names."""
    return {"argvalues": entries, "ids": ["-".join(map(str, entry)) for entry in entries]}


@pytest.mark.parametrize(("name", "start"), **named(GROUPS))
def test_cases_answer_as_theano_did(name, start, strict):
    cases = FAMILIES[name].cases[start : start + GROUP]
    expected, _ = recorded(name)
    found = evaluating.evaluate(
        engine(),
        cases,
        shapes={case.name: shapes(expected[case.name]) for case in cases},
        apart=[case.name for case in cases if checking.fails_at_run(expected[case.name])],
    )
    complaints = {
        case.name: checking.compare(case, expected[case.name], found[case.name]) for case in cases
    }
    complaints = {name: wrong for name, wrong in complaints.items() if wrong}
    assert not complaints, checking.report(f"{name} from {start}", complaints)


GRIDS = [(name, grid.name) for name, family in FAMILIES.items() for grid in family.grids]


@pytest.mark.parametrize(("name", "grid_name"), **named(GRIDS))
def test_result_dtypes_are_as_theano_has_them(name, grid_name):
    _, expected = recorded(name)
    (grid,) = [grid for grid in FAMILIES[name].grids if grid.name == grid_name]
    found = evaluating.evaluate_grid(engine(), grid)
    complaints = checking.compare_grids(grid, expected[grid_name], found)
    assert not complaints, "\n".join(complaints)


PROGRAMS = [
    (name, number) for name, family in FAMILIES.items() for number in range(len(family.programs))
]


@pytest.mark.parametrize(("name", "number"), **named(PROGRAMS))
def test_programs_come_to_their_numbers(name, number, strict):
    program = FAMILIES[name].programs[number]
    expected, _ = recorded(name)
    found = evaluating.evaluate_program(engine(), program)
    complaints = checking.compare_program(program, expected[program.name], found)
    assert not complaints, checking.report(program.name, {program.name: complaints})


@pytest.mark.parametrize("name", FAMILIES)
def test_every_case_is_recorded_and_every_answer_is_asked(name):
    family = FAMILIES[name]
    answers, grids = recorded(name)
    assert list(answers) == [entry.name for entry in (*family.cases, *family.programs)]
    assert {grid: list(rows) for grid, rows in grids.items()} == {
        grid.name: list(grid.rows) for grid in family.grids
    }


def test_there_are_thousands_of_checks():
    checks = sum(
        sum(map(checking.count, answers.values()))
        + sum(len(cells) for rows in grids.values() for cells in rows.values())
        for answers, grids in map(recorded, FAMILIES)
    )
    print(f"{checks} values, types and exceptions are held against Theano's")
    assert checks > 2000


def test_the_check_takes_the_recorded_answers_themselves():
    for name, family in FAMILIES.items():
        answers, _ = recorded(name)
        for case in family.cases:
            assert checking.compare(case, answers[case.name], renamed(answers[case.name])) == []


def renamed(answer):
    """The answer as an engine would give it: its exceptions know their classes."""

    def with_classes(value):
        if isinstance(value, evaluating.Raised):
            return evaluating.Raised(value.name, value.when, [value.name])
        return value

    return evaluating.Answer(
        {name: with_classes(value) for name, value in answer.outputs.items()},
        {name: with_classes(value) for name, value in answer.gradients.items()},
        with_classes(answer.raised),
    )


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "bool"])
def test_the_check_sees_a_number_a_type_and_a_shape_that_is_wrong(dtype):
    case = casebook.Case("x", x=casebook.sample(dtype, 2, 3))

    def answer(array, flags=(False, False)):
        value = evaluating.Value(array.dtype.name, flags, array)
        return evaluating.Answer({"0": value}, {"x": value})

    right = case.arrays()["x"]
    wrong = right.copy()
    wrong[1, 2] = not wrong[1, 2] if dtype == "bool" else wrong[1, 2] + 1
    assert checking.compare(case, answer(right), answer(right)) == []
    assert "1 of 6 numbers" in checking.compare(case, answer(right), answer(wrong))[0]
    assert "shape (3, 2)" in checking.compare(case, answer(right), answer(right.reshape(3, 2)))[0]
    assert (
        "output 0 is int8" in checking.compare(case, answer(right), answer(right.astype("i1")))[0]
    )
    assert "'TF'" in checking.compare(case, answer(right), answer(right, (True, False)))[0]


def test_the_check_sees_small_errors_and_strays_of_nan():
    def wrong(expected, found, tolerance, elementwise=False):
        arrays = casebook.np.asarray(expected, "float64"), casebook.np.asarray(found, "float64")
        return checking.compare_numbers(*arrays, tolerance, elementwise)

    nan, infinity = float("nan"), float("inf")
    assert not wrong([1, 2, nan, infinity], [1, 2 + 1e-12, nan, infinity], 1e-12)
    assert wrong([1, 2], [1, 2 + 1e-11], 1e-12)
    assert not wrong([1e-9, 1], [1.1e-9, 1], 1e-9)
    assert wrong([1e-9, 1], [1.1e-9, 1], 1e-9, elementwise=True)
    assert wrong([1, nan], [1, 1], 1)
    assert wrong([1, 1], [1, nan], 1)
    assert wrong([1, infinity], [1, -infinity], 1)
    assert wrong([1, infinity], [1, 1e300], 1)


def test_the_check_sees_exceptions():
    case = casebook.Case("x", x=casebook.real("float64", 2))
    value = evaluating.Value("float64", (False,), case.arrays()["x"])
    good = evaluating.Answer({"0": value}, {})
    recorded_error = evaluating.Answer(raised=evaluating.Raised("TypeError", "build"))
    ours = evaluating.Answer(raised=evaluating.Raised.by(IndexError("no"), "run"))
    fine = evaluating.Answer(raised=evaluating.Raised.by(TypeError("no"), "build"))
    assert "raises IndexError" in checking.compare(case, good, ours)[0]
    assert "instead of TypeError" in checking.compare(case, recorded_error, ours)[0]
    assert "raises nothing" in checking.compare(case, recorded_error, good)[0]
    assert checking.compare(case, recorded_error, fine) == []


def all_cases():
    """Every case's name with its expressions, as jaxlearn builds them."""
    for family in FAMILIES.values():
        yield from evaluating.build_all(engine(), family.cases)
