"""Loops as their user writes them: what is refused and how, updates, state, test values."""

import pickle

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.errors import AsTensorError, MissingInputError
from jaxlearn.theano.scan_module import until
from jaxlearn.theano.tensor.opt import Assert

x, y = T.dvectors("x", "y")
s = T.dscalar("s")
m = T.dmatrix("m")
n = T.lscalar("n")
w = theano.shared(2.0, "w")


@pytest.fixture(autouse=True, scope="module")
def quick_compiler():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def outputs_of(*arguments, **settings):
    return theano.scan(*arguments, **settings)[0]


def called(output):
    f = theano.function([x, m, s, n], output, on_unused_input="ignore")
    return f(np.arange(6.0), np.arange(15.0).reshape(5, 3), 0.5, 2)


@pytest.mark.parametrize(
    ("arguments", "kind", "texts"),
    [
        ({"fn": lambda t: t, "outputs_info": s}, ValueError, ["number of steps", "n_steps"]),
        (
            {"fn": lambda a: a, "sequences": s},
            IndexError,
            ["sequences: entry 0, s of TensorType(float64, scalar)", "is a non-sequence"],
        ),
        (
            {"fn": lambda a: a, "sequences": {"taps": [0]}},
            ValueError,
            ["entry 0 is {'taps': [0]}", "wanted a tensor, or", "with a tensor under 'input'"],
        ),
        (
            {"fn": lambda a: a, "sequences": {"input": x, "taps": [0.5]}},
            TypeError,
            ["sequences: entry 0: got the taps [0.5], wanted whole numbers"],
        ),
        (
            {"fn": lambda a: 1.0, "sequences": x},
            ValueError,
            ["fn returns 1.0 (float)", "make a variable of a constant with `tensor.constant`"],
        ),
        ({"fn": lambda a: [a, None], "sequences": x}, ValueError, ["fn returns None (NoneType)"]),
        (
            {"fn": lambda a: until(a > 1), "sequences": x},
            ValueError,
            ["fn returns until(gt(x[t], 1)) alone; return outputs or updates beside it"],
        ),
        (
            {"fn": lambda a: (a, until(y > 1)), "sequences": x},
            TypeError,
            ["until: got gt(y, 1) of TensorType(bool, vector), wanted a scalar; use T.all("],
        ),
        (
            {"fn": lambda a, t: a + t, "sequences": x, "outputs_info": [s, None]},
            ValueError,
            ["got 2 entries, and fn returns 1 output;", "please provide None as outputs_info"],
        ),
        (
            {"fn": lambda a, t: [a + t, a], "sequences": x, "outputs_info": s},
            ValueError,
            ["got 1 entry, and fn returns 2 outputs;", "please provide None as outputs_info"],
        ),
        (
            {"fn": lambda a, t: a + t, "sequences": x, "outputs_info": {"init": s}},
            ValueError,
            ["outputs_info: entry 0 has the unknown key 'init'", "than 'initial' and 'taps'"],
        ),
        (
            {"fn": lambda a, t: a + t, "sequences": {"input": x, "tap": 1}},
            ValueError,
            ["sequences: entry 0 has the unknown key 'tap'", "than 'input' and 'taps'"],
        ),
        (
            {"fn": lambda a: a, "sequences": {"input": x, "taps": []}},
            ValueError,
            ["sequences: entry 0 has no taps", "wanted at least one, as [0]"],
        ),
        (
            {"fn": lambda a: a, "sequences": [x, None]},
            ValueError,
            ["sequences: entry 1 is None, wanted a tensor"],
        ),
        (
            {"fn": lambda a: a, "sequences": "text"},
            AsTensorError,
            ["sequences: entry 0: cannot make a tensor of 'text'"],
        ),
        (
            {"fn": lambda a, t: a, "sequences": x, "outputs_info": [object()]},
            AsTensorError,
            ["outputs_info: entry 0: cannot make a tensor of <object"],
        ),
        (
            {"fn": lambda a, v: a, "sequences": x, "non_sequences": [{"a": y}]},
            AsTensorError,
            ["non_sequences: entry 0: cannot make a tensor of {'a': y}"],
        ),
        (
            {"fn": lambda t: t, "outputs_info": s, "n_steps": "3"},
            AsTensorError,
            ["n_steps: cannot make a tensor of '3'"],
        ),
        (
            {"fn": x, "sequences": x},
            TypeError,
            ["fn: got x (TensorVariable), wanted a function that returns the expressions of one"],
        ),
        (
            {"fn": lambda a: (until(a > 1), a), "sequences": x},
            ValueError,
            ["fn returns until(gt(x[t], 1)) before the end; return one `until`, as the last"],
        ),
        (
            {"fn": lambda a: {a: a + 1}, "sequences": x},
            TypeError,
            ["fn returns an update of x[t], wanted a shared variable", "in outputs_info"],
        ),
        (
            {"fn": lambda a: (a, {"w": a + 1}), "sequences": x},
            TypeError,
            ["fn returns an update of 'w', wanted a shared variable"],
        ),
        (
            {"fn": lambda a: {w: T.stack([a, a])}, "sequences": x},
            TypeError,
            ["fn returns as the update of w: got", "(float64, vector), wanted", "cast it"],
        ),
        (
            {"fn": lambda t: t, "outputs_info": s, "n_steps": 3, "truncate_gradient": n},
            TypeError,
            ["truncate_gradient: got n, wanted a Python integer", "-1 for all"],
        ),
        (
            {"fn": lambda t: t, "outputs_info": s, "n_steps": 3, "truncate_gradient": -2},
            TypeError,
            ["truncate_gradient: got -2, wanted a Python integer"],
        ),
        (
            {"fn": lambda a, h: [a, T.stack([h, h])], "sequences": x, "outputs_info": [None, y]},
            ValueError,
            ["variable y has number of dimensions 1", "output 1, join(0, y[t-1], y[t-1]), has"],
        ),
        (
            {
                "fn": lambda a, t: a,
                "sequences": x,
                "outputs_info": {"initial": x, "taps": [-1, 0]},
            },
            ValueError,
            ["entry 0 has the taps [-1, 0]", "smaller than 0"],
        ),
        (
            {"fn": lambda a, t: a, "sequences": x, "outputs_info": [{"taps": [-1]}]},
            ValueError,
            ["entry 0 has taps and no initial state"],
        ),
        (
            {
                "fn": lambda p, q: p,
                "outputs_info": {"initial": s, "taps": [-3, -1]},
                "n_steps": 2,
            },
            ValueError,
            ["the initial state s, a scalar; wanted 3 values along a first axis"],
        ),
        (
            {
                "fn": lambda a, t: a + t,
                "sequences": x,
                "outputs_info": T.fscalar("f"),
                "name": "sums",
            },
            ValueError,
            [
                "sums: the initial state",
                "variable f has dtype float32",
                "output 0, (x[t] + f[t-1]), has dtype float64",
                "cast the one or the other",
            ],
        ),
        (
            {"fn": lambda a, t: a + t.sum(), "sequences": x, "outputs_info": y},
            ValueError,
            ["variable y has number of dimensions 1", "has number of dimensions 0"],
        ),
        (
            {"fn": lambda t: t, "outputs_info": s, "n_steps": 2.5},
            TypeError,
            ["n_steps: got", "2.5", "wanted an integer scalar"],
        ),
        (
            {"fn": lambda t: t, "outputs_info": s, "n_steps": s},
            ValueError,
            ["n_steps: got s of TensorType(float64, scalar), wanted an integer scalar"],
        ),
        (
            {"fn": lambda a: a * w, "sequences": x, "strict": True, "name": "loop"},
            MissingInputError,
            ["loop is missing an input: w", "add it to non_sequences, or leave strict out"],
        ),
        (
            {"fn": lambda a, b: a, "sequences": x},
            TypeError,
            ["fn: missing a required argument: 'b'; it takes (a, b), and scan calls it with x[t]"],
        ),
        (
            {"fn": lambda: y, "sequences": x, "outputs_info": [y], "non_sequences": w},
            TypeError,
            ["fn: too many", "it takes (), and scan calls it with x[t], y[t-1], w"],
        ),
    ],
)
def test_what_cannot_be_a_loop_is_refused_when_it_is_written(arguments, kind, texts):
    with pytest.raises(kind) as refused:
        theano.scan(**arguments)
    assert type(refused.value) is kind
    for text in [*texts, "made at", "test_scanning.py"]:
        assert text in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "kind", "texts"),
    [
        (
            {"fn": lambda a: a, "sequences": x, "n_steps": n + 5, "name": "copy"},
            ValueError,
            ["copy: sequence is shorter", "x has 6 rows, n_steps is 7"],
        ),
        (
            {"fn": lambda a, b: a * b[0], "sequences": [x, m], "n_steps": 6},
            ValueError,
            ["m has 5 rows, n_steps is 6"],
        ),
        (
            {"fn": lambda a: (a, until(a > 9)), "sequences": x, "n_steps": 7},
            ValueError,
            ["sequence is shorter", "x has 6 rows"],
        ),
        (
            {"fn": lambda t: t, "outputs_info": s, "n_steps": n - 5},
            IndexError,
            ["negative number of steps: n_steps is -3"],
        ),
        (
            {
                "fn": lambda p, q: p + q,
                "outputs_info": {"initial": x[:1], "taps": [-2, -1]},
                "n_steps": 3,
            },
            ValueError,
            ["the initial state x[:1] has 1 row, wanted 2", "the taps [-2, -1] reach"],
        ),
        (
            {
                "fn": lambda a, h: T.concatenate([h, T.shape_padleft(a)]),
                "sequences": x,
                "outputs_info": x,
            },
            ValueError,
            [
                "scan_fn: output 0 of fn, join(0, x[t-1], x[t]), has shape (7,) after a step",
                "had shape (6,) before it, as x[t-1]; what recurs keeps its shape",
                '"fn": lambda a, h: T.concatenate([h, T.shape_padleft(a)]),',
            ],
        ),
        (
            {
                "fn": lambda a, h: (a, T.concatenate([h, h]), until(a > 1)),
                "sequences": x,
                "outputs_info": [None, x],
                "name": "growing",
            },
            ValueError,
            ["growing: output 1 of fn, join(0, x[t-1], x[t-1]), has shape (12,) after a step"],
        ),
        (
            {"fn": lambda t: (t, until(t > 1)), "outputs_info": s, "n_steps": n - 5},
            IndexError,
            ["negative number of steps: n_steps is below 0; go over rows", "go_backwards=True"],
        ),
        (
            {"fn": lambda i: x[i], "sequences": T.arange(7)},
            IndexError,
            ["out of bounds for axis 0 of x, which has shape (6,)"],
        ),
        (
            {"fn": lambda i: (x[i], until(i > 99)), "sequences": T.arange(9)},
            IndexError,
            ["out of bounds for axis 0 of x, which has shape (6,)"],
        ),
        ({"fn": lambda a: Assert("too large")(a, a < 3), "sequences": x}, AssertionError, []),
        (
            {"fn": lambda a: T.zeros((T.cast(a, "int64"),)).sum(), "sequences": x},
            ValueError,
            ["is a size, and must be the same in all steps of a loop", "it is 0, 1, 2", "mask"],
        ),
        (
            {"fn": lambda t: T.arange(t).sum(), "outputs_info": n, "n_steps": 2},
            ValueError,
            ["is a size", "it depends on n[t-1], which each step makes anew"],
        ),
    ],
)
def test_what_fails_when_it_runs_names_the_line_and_changes_nothing(arguments, kind, texts):
    count = theano.shared(np.arange(3.0), "count")
    outputs, _ = theano.scan(**arguments)
    f = theano.function([x, m, s, n], outputs, updates={count: count + s}, on_unused_input="ignore")
    with pytest.raises(kind) as refused:
        f(np.arange(6.0), np.arange(15.0).reshape(5, 3), 0.5, 2)
    for text in [*texts, "test_scanning.py"]:
        assert text in str(refused.value)
    np.testing.assert_array_equal(count.get_value(), [0.0, 1.0, 2.0])


def test_strict_takes_what_is_listed_and_symbols():
    rows, updates = theano.scan(lambda a, weight: a * weight + s, x, non_sequences=w, strict=True)
    assert not updates
    np.testing.assert_array_equal(called(rows), np.arange(6.0) * 2 + 0.5)


def test_no_steps_make_no_rows_and_zero_gradients():
    steps = outputs_of(lambda t: t * t, outputs_info=s, n_steps=n - 2)
    rows = outputs_of(lambda h: h * 2, outputs_info=x, n_steps=n - 2)
    found = called([steps, rows, T.grad(steps.sum(), s)])
    assert [value.shape for value in found] == [(0,), (0, 6), ()]
    assert found[2] == 0.0
    with pytest.raises(IndexError) as refused:
        called(steps[-1])
    text = "scan_fn made no step, and so there is no last row of output 0 of fn, (s[t-1] * s[t-1])"
    for part in (text, "n_steps, or the number of rows of the sequences, is 0", "called(steps"):
        assert part in str(refused.value)
    ended = outputs_of(lambda t: (t + 1, until(t > 5)), outputs_info=s, n_steps=n - 2)
    with pytest.raises(IndexError, match=r"no last row of output 0 of fn, \(s\[t-1\] \+ 1\)"):
        called(ended[-1])


def test_sizes_inside_come_from_outside_or_from_known_rows():
    batches = outputs_of(lambda i: m[i * n : (i + 1) * n].sum(), T.arange(2))
    filled = outputs_of(lambda a: T.zeros((n, m.shape[1])) + a, x)
    counted = outputs_of(lambda i: m[i * n : (i + 1) * n], T.arange(n))
    until_ended = outputs_of(lambda i: (m[i : i + n].sum(), until(i > 1)), T.arange(4))
    f = theano.function([m, x, n], [batches, filled, counted, until_ended])
    values = np.arange(15.0).reshape(5, 3)
    sums, zeros, parts, ended = f(values, np.arange(2.0), 2)
    np.testing.assert_array_equal(sums, [values[:2].sum(), values[2:4].sum()])
    np.testing.assert_array_equal(zeros, np.stack([np.zeros((2, 3)), np.ones((2, 3))]))
    np.testing.assert_array_equal(parts, [values[:2], values[2:4]])
    np.testing.assert_array_equal(ended, [values[i : i + 2].sum() for i in range(3)])


def test_a_loop_inside_that_ends_by_itself_gives_its_last_step():
    def doubled(a):
        return theano.scan(lambda t: (t * 2, until(t > 5)), None, a + 1, n_steps=9)[0]

    np.testing.assert_array_equal(
        called(outputs_of(lambda a: doubled(a)[-1], x)), [16, 16, 12, 16, 20, 12]
    )
    with pytest.raises(ValueError) as refused:
        called(outputs_of(lambda a: doubled(a).sum(), x))
    for text in (
        "scan_fn ends by itself, in the steps of another loop",
        "must be the same in all steps of a loop",
        "use only the last row, [-1], of outputs that have an initial state",
        "return theano.scan(lambda t: (t * 2, until(t > 5)), None, a + 1, n_steps=9)[0]",
    ):
        assert text in str(refused.value)


def test_a_condition_ends_a_loop_with_rows_and_a_state_and_its_gradient():
    # Theano cannot differentiate this.
    steps = outputs_of(lambda a, t: (a * t, until(a > 2)), x, s)
    value, by_x, by_s = called([steps, *T.grad(steps.sum(), [x, s])])
    np.testing.assert_array_equal(value, np.zeros(4))
    np.testing.assert_allclose(by_x, [0.5 * (1 + 1 + 2 + 6), 0, 0, 0, 0, 0])
    assert by_s == 0.0
    f = theano.function([x, s], [steps, *T.grad(steps.sum(), [x, s])])
    value, by_x, by_s = f([1.5, 2.0, 3.0, 4.0], 0.5)
    np.testing.assert_allclose(value, [0.75, 1.5, 4.5])
    np.testing.assert_allclose(by_x, [0.5 + 1 + 3, 0.75 + 2.25, 1.5, 0.0])
    np.testing.assert_allclose(by_s, 1.5 + 3 + 9)


def test_second_derivatives_are_those_of_jax():
    # Theano 1.0.5 answers most of these with wrong numbers.
    h0, weights = T.dvector("h0"), T.dmatrix("weights")

    steps = outputs_of(lambda r, h: T.tanh(T.dot(h, weights) + r), m, h0)

    def by_hand(m, h0, weights):
        def step(h, row):
            h = jax.numpy.tanh(h @ weights + row)
            return h, h

        return (jax.lax.scan(step, h0, m)[1] ** 2).sum()

    cost = T.sqr(steps).sum()
    inputs = [m, h0, weights]
    first = T.grad(cost, [h0, weights])
    second = T.grad(T.sqr(first[1]).sum(), inputs)
    along = T.Rop(first[0], h0, T.arange(3.0))
    f = theano.function(inputs, [*second, T.hessian(cost, h0), along])
    random = np.random.RandomState(3)
    values = random.randn(4, 3), random.randn(3), random.randn(3, 3)
    found = f(*values)
    with jax.enable_x64(True):
        by_weights = jax.grad(by_hand, 2)
        wanted = [*jax.grad(lambda *v: (by_weights(*v) ** 2).sum(), (0, 1, 2))(*values)]
        matrix = jax.hessian(by_hand, 1)(*values)
        wanted += [matrix, matrix @ np.arange(3.0)]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


def test_checkpoints_are_every_nth_step_and_have_its_gradient():
    weights = T.dmatrix("weights")

    def step(row, h):
        return T.tanh(T.dot(h, weights) + row)

    states = outputs_of(step, m, m[0])
    few, _ = theano.scan_checkpoints(step, m, m[0], save_every_N=2)
    even, _ = theano.scan_checkpoints(step, m[:4], m[0], save_every_N=2, padding=False)
    pairs = [(few[:2], states[1::2]), (even, states[1:4:2])]
    expressions = [
        value
        for pair in pairs
        for output in pair
        for value in (output, *T.grad(T.sqr(output).sum(), [weights, m]))
    ]
    found = theano.function([m, weights], expressions)(
        np.random.RandomState(0).randn(5, 3), np.eye(3) + 0.1
    )
    for start in (0, 6):
        for one, other in zip(found[start : start + 3], found[start + 3 :], strict=False):
            np.testing.assert_allclose(one, other, rtol=1e-12)
    odd, _ = theano.scan_checkpoints(step, m, m[0], save_every_N=2, padding=False)
    with pytest.raises(ValueError, match=r"are 5 steps, .* save_every_N=2.* such as n_steps=4"):
        theano.function([m, weights], odd)(np.ones((5, 3)), np.eye(3))
    long, _ = theano.scan_checkpoints(step, m, m[0], n_steps=7)
    with pytest.raises(ValueError, match=r"shorter than .* m has 5 rows, n_steps is 7"):
        theano.function([m, weights], long)(np.ones((5, 3)), np.eye(3))
    with pytest.raises(ValueError, match="save_every_N: got 0, wanted a Python integer above 0"):
        theano.scan_checkpoints(step, m, m[0], save_every_N=0)
    with pytest.raises(RuntimeError, match=r"sequences has .* at index 0; it does not work with"):
        theano.scan_checkpoints(step, [{"input": m}], m[0])
    with pytest.raises(RuntimeError, match="outputs_info has None at index 1"):
        theano.scan_checkpoints(step, m, [m[0], None])


def test_updates_keep_their_dtype_and_count_in_loops_inside_loops():
    count = theano.shared(np.int8(0), "count")

    def outer(row):
        inner, updates = theano.scan(lambda a: (a + count, {count: count + 1}), row)
        return inner.sum(), updates

    sums, updates = theano.scan(outer, m)
    assert list(updates) == [count]
    assert updates[count].dtype == "int8"
    f = theano.function([m], sums, updates=updates)
    np.testing.assert_array_equal(f(np.zeros((2, 3))), [0 + 1 + 2, 3 + 4 + 5])
    assert count.get_value() == 6
    assert count.get_value().dtype == np.int8
    with pytest.raises(TypeError, match="int8"):
        theano.scan(lambda a: {count: count + a}, x)


def test_test_values_go_into_steps_and_out_of_loops():
    seen = []

    def step(a, before, weight):
        seen.append([v.tag.test_value for v in (a, before)])
        return a * before + weight

    with theano.change_flags(compute_test_value="raise"):
        rows, start = T.dvector("rows"), T.dscalar("start")
        rows.tag.test_value = np.array([2.0, 3.0])
        start.tag.test_value = np.float64(5.0)
        steps, _ = theano.scan(step, rows, start, w)
        np.testing.assert_array_equal(steps.tag.test_value, [12.0, 38.0])
    assert [[float(value) for value in values] for values in seen] == [[2.0, 5.0]]


def test_a_function_with_a_loop_is_pickled():
    weight = theano.shared(np.float64(3.0), "weight")
    steps = outputs_of(lambda a, t: (a * t * weight, until(t > 99)), x, s)
    for _ in range(100):
        steps = T.tanh(steps) + 1
    rows = outputs_of(lambda r: outputs_of(lambda a, t: a + t, r, s), m)
    f = theano.function([x, m, s], [steps.sum(), rows], updates={weight: weight + 1})
    copied = pickle.loads(pickle.dumps(f))
    values = np.array([1.0, 2.0]), np.ones((2, 3)), 0.5
    for one, other in zip(f(*values), copied(*values), strict=True):
        np.testing.assert_array_equal(one, other)
    assert weight.get_value() == 4.0


def test_graphs_with_loops_are_printed(capsys):
    steps = outputs_of(lambda a, t: (a * t, until(t > 9)), x, s, name="growth")
    rows = outputs_of(lambda r: r * w, m, name="rows")
    output = steps.sum() + rows.sum()
    theano.printing.debugprint([output, T.grad(output, s)])
    text = capsys.readouterr().out
    assert "Scan{growth}" in text
    assert "While{growth}" in text
    assert "Scan{rows}" in text
    assert "growth" in theano.printing.pp(output)


def test_a_name_a_mode_and_a_profile_change_nothing():
    settings = {"mode": "FAST_RUN", "profile": True, "allow_gc": False, "name": "anything"}
    one = outputs_of(lambda a, t: a * t, x, s, **settings)
    other = outputs_of(lambda a, t: a * t, x, s)
    f = theano.function([x, s], [one, other])
    np.testing.assert_array_equal(*f([1.0, 2.0], 3.0))


def test_a_state_may_start_with_an_axis_that_broadcasts_and_go_on_without_one():
    x = T.dmatrix("x")

    def step(row, scaled, total):
        return [scaled * x[:1], total + scaled]

    (scaled, totals), _ = theano.scan(step, x, [T.ones((1, 3)), T.zeros((1, 3))])
    assert scaled.broadcastable == totals.broadcastable == (False, False, False)
    values = np.arange(6.0).reshape(2, 3)
    slope = T.grad(scaled.sum() + totals[-1].sum(), x)
    powers, sums, slopes = theano.function([x], [scaled, totals, slope])(values)
    first = values[:1]
    np.testing.assert_array_equal(powers, [first, first**2])
    np.testing.assert_array_equal(sums, [np.ones((1, 3)), 1 + first])
    np.testing.assert_array_equal(slopes, [*(2 + 2 * first), np.zeros(3)])
