"""A step once, repeated and scanned: the same numbers, state that is donated, clear refusals."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxlearn import Step, losses, models
from jaxlearn.steps import (
    SHORT_SUMS,
    _longest_sum,
    equations,
    next_stretch,
    precision_of,
    sums_are_short,
)


def descend(model, loss, rate):
    def gradient_step(params, x, target):
        value, gradient = jax.value_and_grad(lambda params: loss(model(params, x), target))(params)
        return value, jax.tree.map(lambda param, slope: param - rate * slope, params, gradient)

    return gradient_step


def momentum(state, x, target):
    params, velocity = state
    loss, gradient = jax.value_and_grad(
        lambda params: losses.binary_cross_entropy(x @ params, target)
    )(params)
    velocity = 0.9 * velocity - 0.1 * gradient
    return {"loss": loss, "params": params}, (params + velocity, velocity)


def problems(dtype):
    random = np.random.RandomState(0)
    x = random.randn(100, 4).astype(dtype)
    target = random.randn(100).astype(dtype)
    key = jax.random.key(0)
    neuron = descend(models.linear_neuron, losses.mean_squared_error, 1e-2)
    perceptron = descend(models.multilayer_perceptron, losses.mean_squared_error, 1e-1)
    return {
        "neuron": (neuron, models.init_linear_neuron(key, dtype), x[:, 0], target),
        "perceptron": (
            perceptron,
            models.init_multilayer_perceptron(key, [4, 8, 8, 1], dtype),
            x,
            target[:, None],
        ),
        "momentum": (momentum, (x[0], np.zeros(4, dtype)), x, (target > 0).astype(dtype)),
    }


def stacked(trees):
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *trees)


def assert_close(found, expected, dtype):
    tolerance = {"float32": 1e-5, "float64": 1e-12}[dtype]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=tolerance), found, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", [None, SHORT_SUMS])
@pytest.mark.parametrize("problem", ["neuron", "perceptron", "momentum"])
def test_repeat_and_scan_give_the_numbers_of_the_python_loop(problem, options, dtype):
    function, first, *inputs = problems(dtype)[problem]
    step = Step(function, donate=False, compiler_options=options)
    state, rows = first, []
    for _ in range(30):
        outputs, state = step(state, *inputs)
        rows.append(outputs)
    loop = stacked(rows), state
    assert_close(step.repeat(first, 30, *inputs), loop, dtype)
    assert_close(step.scan(first, *[np.stack([value] * 30) for value in inputs]), loop, dtype)
    assert {leaf.dtype.name for leaf in jax.tree.leaves(loop)} == {dtype}


def test_each_row_is_one_step_of_a_scan():
    step = Step(lambda total, row: (total + row["x"], total + row["x"] * row["y"]))
    rows = {"x": np.arange(5.0), "y": np.array([1.0, -1.0, 2.0, 0.5, 3.0])}
    outputs, total = step.scan(np.float64(1), rows)
    totals = 1 + np.cumsum(rows["x"] * rows["y"])
    np.testing.assert_allclose(outputs, np.r_[1, totals[:-1]] + rows["x"], rtol=1e-15)
    np.testing.assert_allclose(total, totals[-1], rtol=1e-15)


def test_a_loop_is_one_program_that_is_traced_once():
    traced = []

    def count(state, amount):
        traced.append(None)
        return state, state + amount

    step = Step(count)
    for _ in range(3):
        step.repeat(np.float64(0), 50, 2.0)
    traced_for_repeat = len(traced)
    assert traced_for_repeat <= 3
    for _ in range(3):
        step.scan(np.float64(0), np.ones(50))
    assert len(traced) - traced_for_repeat <= 3


def test_one_program_with_a_capacity_serves_every_number_of_steps():
    traced = []

    def count(state):
        traced.append(None)
        return state, state + 1

    step = Step(count)
    step.repeat(np.float64(0), 0, capacity=8)
    times = len(traced)
    for n in range(9):
        outputs, state = step.repeat(np.float64(0), n, capacity=8)
        np.testing.assert_array_equal(outputs, [*range(n), *[0] * (8 - n)])
        assert float(state) == n
    assert len(traced) == times


def test_no_steps_leave_the_state():
    step = Step(lambda state: (state * 2, state + 1))
    outputs, state = step.repeat(np.float32(3), 0)
    assert outputs.shape == (0,)
    assert float(state) == 3
    outputs, state = Step(lambda state, x: (x, state + x)).scan(np.float32(3), np.zeros((0,)))
    assert outputs.shape == (0,)
    assert float(state) == 3


def test_donated_state_is_deleted_and_kept_state_is_not():
    first = jnp.ones(1000)
    Step(lambda state: ((), state + 1), donate=False)(first)
    assert float(first.sum()) == 1000
    Step(lambda state: ((), state + 1))(first)
    assert first.is_deleted()


def test_numpy_state_is_never_touched():
    first = np.ones(1000, np.float32)
    step = Step(lambda state: ((), state + 1))
    for _ in range(3):
        step(first)
        step.repeat(first, 4)
    np.testing.assert_array_equal(first, 1)


@pytest.mark.parametrize("has_outputs", [True, False])
@pytest.mark.parametrize("offset", [0, 4], ids=["aligned", "unaligned"])
def test_a_call_that_returned_is_done_with_its_numpy_inputs(offset, has_outputs):
    size = 1_000_000
    memory = np.empty(4 * size + 128, np.uint8)
    start = -memory.ctypes.data % 64 + offset
    x = memory[start : start + 4 * size].view(np.float32)

    def total(state, x):
        new = jnp.sum(jnp.sin(x))
        return (new if has_outputs else ()), state + new

    step = Step(total)
    for _ in range(20):
        x[:] = 1
        _, state = step(np.float32(0), x)
        x[:] = 0
        np.testing.assert_allclose(state, size * np.sin(1), rtol=1e-4)


def test_64_bit_state_computes_in_64_bits_beside_untouched_32_bit_code():
    assert jnp.ones(3).dtype == jnp.float32
    step = Step(lambda state, x: (state * x, state + x))
    third = np.float64(1) / 3
    for outputs, _ in (
        step(third, third),
        step.repeat(third, 2, third),
        step.scan(third, np.array([third])),
    ):
        assert outputs.dtype == jnp.float64
    assert float(step(third, third)[0]) == third * third
    assert jnp.ones(3).dtype == jnp.float32
    assert jax.config.jax_enable_x64 is False
    assert jax.jit(lambda x: x / 3)(1.0).dtype == jnp.float32


def test_32_bit_state_makes_64_bit_inputs_32_bit():
    outputs, state = Step(lambda state, x: (x, state + x))(np.float32(1), np.arange(3.0).sum())
    assert (outputs.dtype, state.dtype) == (jnp.float32, jnp.float32)


def test_x64_can_be_said_for_a_state_that_does_not_tell():
    assert Step(lambda state, x: (x * 2, state), x64=True)((), 1.0)[0].dtype == jnp.float64
    assert Step(lambda state, x: (x * 2, state))((), 1.0)[0].dtype == jnp.float32


def test_python_numbers_as_state_compile_once():
    traced = []

    def count(state):
        traced.append(None)
        return state, state + 1

    step, state = Step(count), 0.5
    for _ in range(4):
        _, state = step(state)
    assert len(traced) <= 2
    assert float(state) == 4.5
    assert not state.aval.weak_type


def test_precision_of_looks_at_every_leaf():
    for tree, dtype in (
        ([np.zeros(2, np.float32), 1.5], "float32"),
        ({"n": np.int64(3)}, "float64"),
    ):
        with precision_of(tree):
            assert jnp.ones(2).dtype.name == dtype


def test_keys_can_be_state():
    def draw(key):
        key, now = jax.random.split(key)
        return jax.random.uniform(now), key

    key = jax.random.key(3)
    draws, _ = Step(draw, donate=False).repeat(key, 4)
    expected = []
    for _ in range(4):
        value, key = draw(key)
        expected.append(float(value))
    np.testing.assert_allclose(draws, expected, rtol=1e-6)


def test_a_step_goes_through_vmap_and_grad():
    function, first, x, target = problems("float32")["neuron"]
    step = Step(function, donate=False)
    seeds = jax.random.split(jax.random.key(0), 8)
    ensemble = jax.vmap(models.init_linear_neuron)(seeds)
    together = jax.vmap(lambda params: step.repeat(params, 20, x, target))(ensemble)
    apart = [
        step.repeat(dict(zip(ensemble, member, strict=True)), 20, x, target)
        for member in zip(*ensemble.values(), strict=True)
    ]
    assert_close(together, stacked(apart), "float32")

    def last_loss(params):
        return step.repeat(params, 5, x, target)[0][-1]

    gradient = jax.grad(last_loss)(first)
    for name in ("weight", "bias"):
        ends = [float(last_loss(first | {name: first[name] + change})) for change in (-0.1, 0.1)]
        np.testing.assert_allclose(gradient[name], (ends[1] - ends[0]) / 0.2, rtol=1e-3)


def test_no_warning_is_raised_by_state_that_cannot_be_donated():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Step(lambda state: (state.sum(), state))(jnp.ones(4))
        Step(lambda state: (state["a"].sum(), {"a": state["a"] * 2, "b": state["b"]})).repeat(
            {"a": jnp.ones(4), "b": jnp.ones(())}, 3
        )


class TestRefusals:
    def test_not_a_function(self):
        with pytest.raises(TypeError, match=r"Step: function is 3, wanted a pure function"):
            Step(3)

    def test_not_a_pair(self):
        def forgetful(state):
            return state + 1

        with pytest.raises(TypeError) as error:
            Step(forgetful)(1.0)
        assert str(error.value) == (
            "Step(forgetful): the function returned float32[], wanted a pair (outputs, state)"
        )

    @pytest.mark.parametrize("run", ["once", "repeat", "scan"])
    def test_state_that_changes_its_type(self, run):
        def grow(state, x):
            return (), {"weight": jnp.append(state["weight"], x), "bias": state["bias"].astype(int)}

        step, state = Step(grow), {"weight": np.ones(3, np.float32), "bias": np.float32(1)}
        calls = {
            "once": lambda: step(state, 1.0),
            "repeat": lambda: step.repeat(state, 2, 1.0),
            "scan": lambda: step.scan(state, np.ones(2)),
        }
        with pytest.raises(TypeError) as error:
            calls[run]()
        assert str(error.value).splitlines() == [
            "Step(grow): the state must come out with the shapes and dtypes it went in with:",
            "  state['bias'] went in as float32[] and came out as int32[]",
            "  state['weight'] went in as float32[3] and came out as float32[4]",
            "cast it in the function (`.astype`), or start from a state of that type",
        ]

    def test_state_that_changes_its_structure(self):
        with pytest.raises(
            TypeError, match=r"the state changed its structure: .*'a'.* came out as"
        ):
            Step(lambda state: ((), state["a"]))({"a": 1.0})

    @pytest.mark.parametrize(
        ("n", "capacity", "text"),
        [
            (-1, None, "n: got -1, wanted a whole number, 0 or more"),
            (2.5, None, "n: got 2.5, wanted a whole number, 0 or more"),
            (9, 8, "n: got 9, wanted a whole number, 0 to 8, the capacity"),
            (0, -1, "capacity: got -1, wanted a whole number, 0 or more"),
        ],
    )
    def test_numbers_of_steps(self, n, capacity, text):
        def f(state):
            return (), state

        with pytest.raises((TypeError, ValueError)) as error:
            Step(f).repeat(1.0, n, capacity=capacity)
        assert str(error.value) == text

    def test_state_that_an_earlier_call_took_over(self):
        def double(state):
            return (), {"w": state["w"] * 2}

        step, state = Step(double), {"w": jnp.ones(1000)}
        step(state)
        for call in (lambda: step(state), lambda: step.repeat(state, 3)):
            with pytest.raises(RuntimeError) as error:
                call()
            assert str(error.value) == (
                "Step(double): state['w'] was given to an earlier call, which took over its "
                "memory; use the state that the call returned, or make the step with donate=False"
            )

    def test_stacked_inputs(self):
        step = Step(lambda state, *inputs: ((), state))
        with pytest.raises(ValueError, match=r"inputs\[0\]\['x'\] has 3, inputs\[1\] has 4 rows"):
            step.scan(1.0, {"x": np.ones(3)}, np.ones((4, 2)))
        with pytest.raises(ValueError, match=r"inputs\[1\] is a scalar, wanted one row per step"):
            step.scan(1.0, np.ones(3), 2.0)
        with pytest.raises(ValueError, match=r"no inputs to scan; use repeat\(state, n\)"):
            step.scan(1.0)


def test_a_loop_stops_before_the_first_step_for_which_until_holds():
    def halve(x, factor):
        return x, x * factor

    step = Step(halve, until=lambda x, factor: x * factor < 1)
    outputs, x = step.repeat(np.float64(16), 10, 0.5)
    assert outputs.tolist() == [16, 8, 4, 2, 0, 0, 0, 0, 0, 0]
    assert float(x) == 1
    outputs, x = step.repeat(np.float64(16), 2, 0.5, capacity=3)
    assert outputs.tolist() == [16, 8, 0]
    assert float(x) == 4


@pytest.mark.parametrize(
    ("function", "terms"),
    [
        (lambda x: jnp.sum(x), 6000),
        (lambda x: jnp.sum(x.reshape(2, 3000), axis=0), 2),
        (lambda x: jax.jit(jnp.mean)(x[:50]), 50),
        (lambda x: jax.lax.fori_loop(0, 9, lambda _, y: y + x.sum(), 0.0), 6000),
        (lambda x: jax.lax.cond(x[0] > 0, lambda: x[:70].sum(), lambda: x[:80].sum()), 80),
        (lambda x: jax.checkpoint(jnp.sum)(x[:7]), 7),
        (lambda x: x * 2, 1),
    ],
)
def test_the_longest_sum_of_a_program_is_found_wherever_it_stands(function, terms):
    program = jax.make_jaxpr(function)(jnp.ones(6000)).jaxpr
    assert _longest_sum(equations(program)) == terms
    assert sums_are_short(program) is (terms <= 4096)


def test_a_stretch_takes_about_half_a_second():
    assert next_stretch(100, seconds=10.0) == 5
    assert next_stretch(100, seconds=1000.0) == 1
    assert next_stretch(100, seconds=0.25) == 200
    assert next_stretch(100, seconds=0.0) == 10_000
