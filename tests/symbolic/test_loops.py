"""Many calls in one program: the numbers and the state of a Python loop of calls, and refusals."""

import gc
import pickle
import signal
import subprocess
import sys
import weakref

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.steps import Step
from jaxlearn.symbolic import loops
from jaxlearn.symbolic.errors import NotFusedWarning
from jaxlearn.theano.printing import Print
from jaxlearn.theano.tensor.opt import Assert

LARGE = 2000  # More elements than travel in a compiled step's buffer.

i, n = T.lscalars("i", "n")
x, y = T.dscalars("x", "y")
v = T.dvector("v")
m = T.dmatrix("m")


@pytest.fixture
def stretches(monkeypatch):
    """The numbers of steps that compiled loops were asked for, one for each run of a program."""
    asked, repeat = [], Step.repeat

    def noted(self, state, n, *inputs, **options):
        asked.append(n)
        return repeat(self, state, n, *inputs, **options)

    monkeypatch.setattr(Step, "repeat", noted)
    return asked


def shared(value, name=None):
    return theano.shared(np.asarray(value, "float64"), name)


def state_of(f):
    defaults = [f[entry.variable] for entry in f.inputs]
    return [
        *(variable.get_value() for variable in f.get_shared()),
        *(np.asarray(value) for value in defaults if value is not None),
    ]


def assert_equal(found, wanted):
    assert jax.tree.structure(found) == jax.tree.structure(wanted)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        assert one.dtype == other.dtype
        tolerance = {"float64": 1e-12, "float32": 1e-5}.get(one.dtype.name, 0)
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def assert_as_calls(make, loop, calls):
    """Check a loop beside single calls of an equal function: outputs and everything left behind."""
    for outputs in ("all", "last"):
        looped, called = make(), make()
        found = loop(looped, outputs=outputs)
        results = [called(*args, **named) for args, named in calls]
        if outputs == "all":
            wanted = jax.tree.map(lambda *rows: np.stack(rows), *results)
        else:
            wanted = results[-1]
        assert_equal(found, wanted)
        assert_equal(state_of(looped), state_of(called))
    # A call goes on where the loop ended, and a loop where the call did.
    args, named = calls[0]
    assert_equal(looped(*args, **named), called(*args, **named))
    called(*args, **named)
    assert_equal(looped.repeat(2, *args, outputs="last", **named), called(*args, **named))
    assert_equal(state_of(looped), state_of(called))


def refusal(kind, call, *args, **kwargs):
    with pytest.raises(kind) as caught:
        call(*args, **kwargs)
    assert type(caught.value) is kind
    return str(caught.value)


# The same numbers as single calls.

FORMS = {
    "one": lambda a, b: a,
    "list": lambda a, b: [a, b],
    "single": lambda a, b: [b],
    "dictionary": lambda a, b: {"one": a, "two": b},
    "none": lambda a, b: None,
    "empty": lambda a, b: [],
}


def descent(form="list", size=4):
    def make():
        weights = shared(np.linspace(0.1, 0.3, size), "weights")
        error = T.sqr(y - (v * weights).sum())
        slope = T.grad(error, weights)
        outputs = FORMS[form](error, weights * 2)
        return theano.function([v, y], outputs, updates={weights: weights - 0.1 * slope / size})

    return make


@pytest.mark.parametrize("form", FORMS)
def test_repeat_is_calls_with_the_same_inputs(form):
    given = [1.0, 0.5, 0.0, 1.0], 10.0
    assert_as_calls(
        descent(form), lambda f, **options: f.repeat(7, *given, **options), [(given, {})] * 7
    )


@pytest.mark.parametrize("form", FORMS)
def test_scan_is_a_call_per_row(form):
    rows, targets = np.random.RandomState(0).randn(6, 4), np.arange(6.0)
    calls = [((row, target), {}) for row, target in zip(rows, targets, strict=True)]
    assert_as_calls(descent(form), lambda f, **options: f.scan(rows, targets, **options), calls)


@pytest.mark.parametrize("count", [1, 2])
def test_few_calls_and_state_too_large_for_the_buffer(count):
    given = np.linspace(0, 1, LARGE), 10.0
    make = descent(size=LARGE)
    calls = [(given, {})] * count
    assert_as_calls(make, lambda f, **options: f.repeat(count, *given, **options), calls)
    rows = [np.stack([value] * count) for value in given]
    assert_as_calls(make, lambda f, **options: f.scan(*rows, **options), calls)


def test_the_trivial_training_example():
    features, target = T.fvector("x"), T.fscalar("target")
    weights = theano.shared(np.asarray([0.1, 0.25, 0.15, 0.3]), "W")
    output = (features * weights).sum()
    slope = T.grad(T.sqr(target - output), weights)
    f = theano.function([features, target], output, updates=[(weights, weights - 0.1 * slope)])
    found = f.repeat(10, [1.0, 1.0, 1.0, 1.0], 100.0)
    values, wanted = np.array([0.1, 0.25, 0.15, 0.3]), []
    for _ in range(10):
        wanted.append(values.sum())
        values = values + 0.2 * (100.0 - values.sum())
    np.testing.assert_allclose(found, wanted, rtol=1e-13)
    np.testing.assert_allclose(weights.get_value(), values, rtol=1e-13)


def test_inputs_by_name_by_default_and_as_lists():
    def make():
        total = shared(0.0, "total")
        return theano.function(
            [x, theano.In(y, value=5.0), theano.In(i, name="count", value=2)],
            [x - y, total],
            updates={total: total + x * y * i},
        )

    assert_as_calls(make, lambda f, **o: f.repeat(3, 1.5, **o), [((1.5,), {})] * 3)
    assert_as_calls(make, lambda f, **o: f.repeat(3, y=2, x=1, **o), [((), {"x": 1, "y": 2})] * 3)
    assert_as_calls(make, lambda f, **o: f.scan([1, 2.5], **o), [((1,), {}), ((2.5,), {})])
    assert_as_calls(
        make,
        lambda f, **o: f.scan(count=(3, 4), x=np.float32([1, 2]), **o),
        [((1.0,), {"count": 3}), ((2.0,), {"count": 4})],
    )


def test_default_updates():
    def make():
        count = theano.shared(np.array(0), "count")
        count.default_update = count + 2
        level = theano.shared(np.float32(1), "level")
        level.default_update = level * T.cast(count, "float32")
        return theano.function([], [level, count * 2])

    assert_as_calls(make, lambda f, **options: f.repeat(5, **options), [((), {})] * 5)


def test_updates_see_the_old_values():
    for size in (3, LARGE):

        def make(size=size):
            a, b = shared(np.zeros(size), "a"), shared(np.arange(float(size)), "b")
            return theano.function([], [a.sum()], updates={a: b, b: a + 1})

        assert_as_calls(make, lambda f, **options: f.repeat(3, **options), [((), {})] * 3)


def running_total(default=1.0):
    return theano.function([theano.In(x, value=default, update=x * 2 + y), y], [x, x + y])


def test_an_input_that_is_not_given_takes_on_its_new_value():
    assert_as_calls(running_total, lambda f, **o: f.repeat(4, y=3.0, **o), [((), {"y": 3.0})] * 4)
    calls = [((), {"y": value}) for value in (1.0, 2.0, 3.0)]
    assert_as_calls(running_total, lambda f, **o: f.scan(y=[1.0, 2.0, 3.0], **o), calls)


def test_an_input_that_is_given_leaves_its_last_new_value():
    assert_as_calls(running_total, lambda f, **o: f.repeat(4, 7, 3, **o), [((7, 3), {})] * 4)
    calls = [((7.0, 1.0), {}), ((8.0, 2.0), {})]
    assert_as_calls(running_total, lambda f, **o: f.scan([7, 8], [1, 2], **o), calls)
    f = running_total(default=None)
    f.scan([7.0, 8.0], [1.0, 2.0])
    assert float(f["x"]) == 18.0


def test_a_default_may_have_another_shape_than_what_is_given():
    f = theano.function([theano.In(v, value=np.zeros(2), update=v + 1)], v.sum())
    np.testing.assert_array_equal(f.scan(np.ones((3, 4))), [4.0, 4.0, 4.0])
    np.testing.assert_array_equal(f["v"], np.full(4, 2.0))


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8", "uint64", "bool", "complex64"])
def test_state_of_every_kind(dtype):
    def make():
        level = theano.shared(np.array([1, 0, 1], dtype), "level")
        new = ~level if dtype == "bool" else T.cast(level * 3 + 1, dtype)
        return theano.function([], level, updates={level: new})

    assert_as_calls(make, lambda f, **options: f.repeat(4, **options), [((), {})] * 4)


def test_no_calls():
    f = descent()()
    before = state_of(f)
    errors, weights = f.repeat(0, [1.0, 1.0, 1.0, 1.0], 2.0)
    assert (errors.shape, weights.shape, errors.dtype) == ((0,), (0, 4), np.float64)
    assert_equal(state_of(f), before)
    f = running_total()
    assert [rows.shape for rows in f.repeat(0, 7.0, 1.0, progress=True)] == [(0,), (0,)]
    assert f["x"] == 1.0
    f = running_total(default=None)
    f.repeat(0, 7.0, 1.0)
    assert f["x"] is None
    assert theano.function([v], v.nonzero()[0]).repeat(0, [1.0, 0.0]).shape[0] == 0


# One compiled program.


@pytest.mark.parametrize("size", [4, LARGE])
def test_a_loop_is_one_program_that_runs_once(stretches, compilations, size):
    f = descent(size=size)()
    given = np.linspace(0.0, 1.0, size), 10.0
    # Where all arrays are small, repetitions have a shorter way; the next test is about them.
    f.repeat(500, *given)
    assert stretches == ([] if size == 4 else [500])
    rows = [np.stack([value] * 300) for value in given]
    f.scan(*rows)
    assert stretches[-1] == 300
    compilations.clear()
    f.repeat(500, *given)
    f.scan(*rows)
    assert compilations == []
    f.repeat(400, *given)
    assert len(compilations) == 1


@pytest.mark.parametrize("form", ["one", "list", "single", "none"])
@pytest.mark.parametrize("count", [10, LARGE])
def test_repetitions_with_small_arrays(stretches, form, count):
    def make():
        f = descent(form)()
        f.repeat(count, [1.0, 0.5, 0.0, 1.0], 10.0)
        return f

    for given in (([1.0, 0.5, 0.0, 1.0], 10.0), (np.array([1.0, 2.0, 1.5, 0.0]), np.float32(3.0))):
        calls = [(given, {})] * count
        assert_as_calls(make, lambda f, given=given, **o: f.repeat(count, *given, **o), calls)
    assert stretches == []
    f = make()
    outputs = jax.tree.leaves(f.repeat(count, [1.0, 0.5, 0.0, 1.0], 10.0))
    copies = [output.copy() for output in outputs]
    f.repeat(count, [0.0, 0.5, 0.0, 3.0], 0.0)
    for output, copied in zip(outputs, copies, strict=True):
        np.testing.assert_array_equal(output, copied)
        output[...] = 0.0


def test_minibatches_are_one_program_for_each_length(stretches, compilations):
    data = np.random.RandomState(0).randn(255, 2)

    def make():
        stored, total = theano.shared(data, "data"), shared([0.0, 0.0], "total")
        return theano.function(
            [i],
            [m.sum(), total],
            updates={total: total * 0.9 + m.sum(axis=0)},
            givens={m: stored[i * 10 : (i + 1) * 10]},
        )

    order = np.tile(np.arange(26), 3)
    calls = [((k,), {}) for k in order]
    assert_as_calls(make, lambda f, **options: f.scan(order, **options), calls)
    f = make()
    del stretches[:]
    f.scan(order)
    # Each is asked for all that are left, and ends at, or after, the short minibatch.
    assert stretches == [78, 53, 52, 27, 26, 1]
    assert f.variants == 0
    compilations.clear()
    f.scan(order)
    assert compilations == []
    f(0)
    f(25)
    assert f.variants == 2


def test_a_stretch_of_other_length_is_not_compiled_anew(compilations):
    stored = theano.shared(np.arange(20.0).reshape(10, 2))
    f = theano.function([i], m.sum(), givens={m: stored[i * 4 : (i + 1) * 4]})
    f.scan([0, 1, 2, 0, 1, 2])
    compilations.clear()
    found = f.scan([2, 1, 1, 0, 2, 2])
    np.testing.assert_array_equal(found, [70, 92, 92, 28, 70, 70])
    assert compilations == []


def test_sizes_that_follow_state_and_rows():
    def counting():
        count = theano.shared(np.array(1), "count")
        return theano.function([], T.arange(count).sum(), updates={count: count + 1})

    assert_as_calls(counting, lambda f, **o: f.repeat(5, **o), [((), {})] * 5)

    def carried():
        return theano.function([theano.In(n, value=2, update=n + 2)], T.arange(n * 2).sum() + n)

    assert_as_calls(carried, lambda f, **o: f.repeat(4, **o), [((), {})] * 4)

    def backwards():
        total = shared(0.0, "total")
        part = T.constant(np.arange(10.0))[i:0:-1]
        return theano.function([i], part.prod(), updates={total: total + part.sum()})

    rows = [4, 4, 2, 9, 4]
    assert_as_calls(backwards, lambda f, **o: f.scan(rows, **o), [((k,), {}) for k in rows])

    def zeros():
        return theano.function([n, x], T.alloc(x, n, 2).sum())

    assert_as_calls(zeros, lambda f, **o: f.repeat(3, 4, 1.5, **o), [((4, 1.5), {})] * 3)


def test_a_size_that_is_the_same_in_all_calls_is_no_reason_to_stop(stretches):
    given = T.alloc(x, n, 2)
    f = theano.function([n, x], given.sum())
    np.testing.assert_array_equal(f.repeat(3, 4, 0.5), [4.0, 4.0, 4.0])
    assert stretches == [3]


def test_an_epoch_of_a_perceptron():
    random = np.random.RandomState(0)
    features, classes = random.randn(25, 6), random.randint(0, 3, 25)
    start = [0.5 * random.randn(6, 5), np.zeros(5), 0.5 * random.randn(5, 3), np.zeros(3)]
    w1, b1, w2, b2 = weights = [shared(value) for value in start]
    data_x, data_y = shared(features), T.cast(shared(classes), "int32")
    labels = T.ivector("labels")
    predicted = T.nnet.softmax(T.dot(T.tanh(T.dot(m, w1) + b1), w2) + b2)
    cost = -T.mean(T.log(predicted)[T.arange(labels.shape[0]), labels])
    part = slice(i * 10, (i + 1) * 10)
    train = theano.function(
        [i],
        cost,
        updates=[(w, w - 0.3 * g) for w, g in zip(weights, T.grad(cost, weights), strict=True)],
        givens={m: data_x[part], labels: data_y[part]},
    )
    costs = train.scan([0, 1, 2, 0, 1, 2])

    a1, c1, a2, c2 = start
    wanted = []
    for k in [0, 1, 2, 0, 1, 2]:
        inputs, truth = features[k * 10 : (k + 1) * 10], classes[k * 10 : (k + 1) * 10]
        hidden = np.tanh(inputs @ a1 + c1)
        scores = np.exp(hidden @ a2 + c2)
        chances = scores / scores.sum(axis=1, keepdims=True)
        rows = np.arange(len(truth))
        wanted.append(-np.log(chances[rows, truth]).mean())
        chances[rows, truth] -= 1
        chances /= len(truth)
        back = (chances @ a2.T) * (1 - hidden**2)
        a2, c2 = a2 - 0.3 * hidden.T @ chances, c2 - 0.3 * chances.sum(axis=0)
        a1, c1 = a1 - 0.3 * inputs.T @ back, c1 - 0.3 * back.sum(axis=0)
    np.testing.assert_allclose(costs, wanted, rtol=1e-12)
    for variable, value in zip(weights, (a1, c1, a2, c2), strict=True):
        np.testing.assert_allclose(variable.get_value(), value, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("length", [2, 12])
def test_a_print_prints_once_in_each_step_and_in_order(capsys, length):
    stored = theano.shared(np.arange(10.0), "stored")
    part = stored[i * 4 : (i + 1) * 4]
    f = theano.function([i], Print("i is")(i) * part.sum())
    rows = np.arange(length) % 3
    f.scan(rows)
    assert capsys.readouterr().out.splitlines() == [f"i is __str__ = {row}" for row in rows]


# What stays the users' own.


@pytest.mark.parametrize("size", [3, LARGE])
def test_values_that_the_user_holds_do_not_change(size):
    a, b = shared(np.zeros(size), "a"), shared(np.ones(size), "b")
    given = np.full(size, 2.0)
    f = theano.function([v], [a, v], updates={a: a + v})
    outputs = f.repeat(2, given)
    held = a.get_value(), a.get_value(return_internal_type=True)
    copies = [np.array(value) for value in (*outputs, *held)]
    given[:] = 99.0
    f.repeat(3, given)
    f(given)
    for value, was in zip((*outputs, *held), copies, strict=True):
        np.testing.assert_array_equal(value, was)
    np.testing.assert_array_equal(copies[2], np.full(size, 4.0))

    # What becomes the state is never the memory of something else.
    take, double = (
        theano.function([v], updates={a: b, b: v}),
        theano.function([], updates={a: a * 2}),
    )
    given[:] = 5.0
    for count in (1, 2):
        take.repeat(count, given)
        double()
        double()
    given[:] = 0.0
    np.testing.assert_array_equal(a.get_value(), np.full(size, 20.0))
    np.testing.assert_array_equal(b.get_value(), np.full(size, 5.0))


@pytest.mark.parametrize("size", [3, LARGE])
def test_one_function_loops_and_another_is_called(size):
    a, b = shared(np.zeros(size), "a"), shared(np.ones(size), "b")
    advance = theano.function([], a.sum(), updates={a: a + b})
    grow = theano.function([x], b.sum(), updates={b: b * x, a: a})
    want_a, want_b = np.zeros(size), np.ones(size)
    for count in (2, 3):
        advance.repeat(count)
        grow(2.0)
        want_a, want_b = want_a + count * want_b, want_b * 2
        advance()
        grow.scan([3.0, 0.5])
        want_a, want_b = want_a + want_b, want_b * 1.5
    np.testing.assert_allclose(a.get_value(), want_a, rtol=1e-13)
    np.testing.assert_allclose(b.get_value(), want_b, rtol=1e-13)


def test_a_value_of_another_shape():
    a = shared(np.zeros(3), "a")
    f = theano.function([x], a.sum(), updates={a: a + x})
    for size in (3, LARGE, 2, 3):
        a.set_value(np.arange(float(size)))
        f.repeat(4, 0.5)
        np.testing.assert_array_equal(a.get_value(), np.arange(size) + 2.0)
        assert f(1.0) == size * (size - 1) / 2 + 2 * size


def test_a_pickled_function():
    f = running_total()
    f.repeat(2, y=1.0)
    copied = pickle.loads(pickle.dumps(f))
    assert_equal(copied.repeat(3, y=1.0), f.repeat(3, y=1.0))
    assert copied["x"] == f["x"] == 63.0


def test_the_data_of_a_loop_is_not_kept():
    total = shared(0.0, "total")
    f = theano.function([v], updates={total: total + v.sum()})
    rows = np.ones((100, 1000))
    kept = weakref.ref(rows)
    f.scan(rows)
    del rows
    gc.collect()
    assert kept() is None


def test_the_users_own_jax_stays_32_bit():
    f = descent()()
    f.repeat(3, [1.0, 1.0, 1.0, 1.0], 2.0)
    assert jax.numpy.ones(3).dtype == "float32"
    with pytest.raises(ValueError):
        f.repeat(3, [1.0, 1.0], 2.0).tolist()
    assert jax.numpy.ones(3).dtype == "float32"


# Errors, after which everything is as before.


def test_a_check_that_fails_names_the_step_and_leaves_everything():
    data = shared([10.0, 20.0, 30.0], "data")
    for size in (2, LARGE):
        total = shared(np.zeros(size), "total")
        f = theano.function(
            [i, theano.In(x, value=1.0, update=x + 1)], data[i], updates={total: total + data[i]}
        )
        for outputs in ("all", "last"):
            for progress in (False, True):
                text = refusal(
                    IndexError, f.scan, [0, 1, 2, 7, 9, 1], outputs=outputs, progress=progress
                )
                assert text.startswith("in step 3: ")
                assert "out of bounds for axis 0 of data, which has shape (3,)" in text
                assert "test_loops.py" in text
                np.testing.assert_array_equal(total.get_value(), np.zeros(size))
                assert f["x"] == 1.0
        assert refusal(IndexError, f.repeat, 3, -4).startswith("in step 0: ")
        np.testing.assert_array_equal(f.scan([2, 0]), [30.0, 10.0])
        assert f["x"] == 3.0


def test_an_assertion_that_fails():
    level = shared(5.0, "level")
    f = theano.function([], updates={level: Assert("too low")(level - 1, level > 2.5)})
    assert refusal(AssertionError, f.repeat, 10).startswith("in step 3: too low")
    assert level.get_value() == 5.0
    f.repeat(3)
    assert level.get_value() == 2.0


def test_a_check_that_fails_in_a_later_stretch(monkeypatch):
    monkeypatch.setattr(loops, "next_stretch", lambda *_: 20)
    level = shared(150.0, "level")
    f = theano.function([], level, updates={level: Assert("too low")(level - 1, level > 10)})
    assert refusal(AssertionError, f.repeat, 200, progress=True).startswith("in step 140: too low")
    assert level.get_value() == 150.0


def test_shapes_that_do_not_fit_in_a_later_step():
    data, total = shared(np.ones((9, 2)), "data"), shared(0.0, "total")
    f = theano.function(
        [i, m], updates={total: total + (data[i * 4 : (i + 1) * 4] * m).sum()}, name="multiply"
    )
    given = np.ones((4, 4, 2))
    text = refusal(ValueError, f.scan, [0, 1, 2, 0], given)
    assert text.startswith("in step 2: Input dimension mis-match in axis 0 of ")
    assert "test_loops.py" in text
    assert total.get_value() == 0.0
    text = refusal(ValueError, f.scan, [2, 0], given[:2])
    assert text.startswith("Input dimension mis-match in axis 0 of ")
    f.scan([0, 1], given[:2])
    assert total.get_value() == 16.0


def test_outputs_that_cannot_be_stacked():
    data, count = shared(np.arange(10.0), "data"), theano.shared(np.array(0), "count")
    text = (
        "output 0 has shape (4,) in the first step and (2,) in a later one, and cannot be stacked; "
        'ask for outputs="last"'
    )
    part = data[i * 4 : (i + 1) * 4]
    f = theano.function([i], part, updates={count: count + 1})
    assert refusal(ValueError, f.scan, [0, 1, 2]) == text
    assert count.get_value() == 0
    np.testing.assert_array_equal(f.scan([0, 1, 2], outputs="last"), [8.0, 9.0])
    assert count.get_value() == 3
    f = theano.function([i], part[part.nonzero()], updates={count: count + 1})
    with pytest.warns(NotFusedWarning):
        assert refusal(ValueError, f.scan, [1, 2]) == text
    assert count.get_value() == 3


def test_refused_loops():
    f = theano.function([x, theano.In(y, value=1.0)], x + y, name="add")
    assert refusal(ValueError, f.scan, [1.0, 2.0, 3.0], [1.0, 2.0]) == (
        "add.scan: x has 3, y has 2 rows, wanted as many of each, one per call"
    )
    assert refusal(ValueError, f.scan, []) == (
        "add.scan: x has 0 rows, wanted as many of each, one per call"
    )
    nothing = theano.function([], shared(1.0, "a") * 2, name="nothing")
    assert refusal(ValueError, nothing.scan) == "nothing.scan: no input is given; use repeat(n)"
    for call in (lambda **o: f.repeat(2, 1.0, **o), lambda **o: f.scan([1.0], **o)):
        assert refusal(ValueError, call, outputs="first") == (
            "outputs: got 'first', wanted 'all' or 'last'"
        )
    assert refusal(ValueError, f.repeat, -1, 1.0) == "n: got -1, wanted a whole number, 0 or more"
    assert "n: got 2.5, wanted a whole number" in refusal(TypeError, f.repeat, 2.5, 1.0)
    assert refusal(ValueError, f.repeat, 0, 1.0, outputs="last") == (
        "n: got 0, wanted a whole number, 1 or more"
    )
    for call in (f.repeat, f.scan):
        assert "missing input 0 (x)" in refusal(TypeError, call, *[2] * (call == f.repeat), y=[1.0])
    assert "there is no input 'z'; the inputs are (x, y)" in refusal(
        TypeError, f.repeat, 2, 1.0, z=1.0
    )
    assert "there is no input 'z'; the inputs are (x, y)" in refusal(
        TypeError, f.scan, [1.0], z=[1]
    )
    assert "input 0 (x) is given twice" in refusal(TypeError, f.scan, [1.0], x=[1.0])
    text = refusal(TypeError, f.scan, 1.0)
    assert text.startswith("add: scan: the rows, one per call, of input 0 (x): ")
    assert "test_loops.py" in text
    assert refusal(TypeError, f.repeat, 2, [1.0]).startswith("add: input 0 (x): ")


# Calls that cannot be one program.


def test_shapes_that_depend_on_data_are_called_one_by_one(stretches):
    def make():
        count = theano.shared(np.array(0), "count")
        found = v[v > 0][::-1]
        return theano.function(
            [v, theano.In(x, value=1.0, update=x + 1)],
            [found.sum() * x, T.cast(found.shape[0], "int64")],
            updates={count: count + found.shape[0]},
            name="positive",
        )

    rows = np.array([[1.0, -1.0, 2.0], [-1.0, -1.0, -1.0], [1.0, 2.0, 3.0]])
    found, f = v.nonzero()[0], None
    staged = theano.function([v], found.sum(), name="staged")
    with pytest.warns(NotFusedWarning) as caught:
        np.testing.assert_array_equal(staged.scan(rows), [3, 3, 3])
    assert str(caught[0].message).startswith(
        "staged: the 3 calls are made one by one, not as one compiled program: the shape of "
    )
    assert str(caught[0].message).endswith(" depends on data")
    assert caught[0].filename == __file__
    f, called = make(), make()
    with pytest.warns(NotFusedWarning):
        outputs = f.scan(rows)
    results = [called(row) for row in rows]
    assert_equal(outputs, [np.stack(part) for part in zip(*results, strict=True)])
    assert_equal(state_of(f), state_of(called))
    with pytest.warns(NotFusedWarning):
        assert_equal(f.scan(rows, outputs="last"), [called(row) for row in rows][-1])
    assert_equal(state_of(f), state_of(called))
    assert stretches == []


@pytest.mark.parametrize("size", [2, LARGE])
def test_state_that_changes_its_shape_is_called_one_by_one(size):
    level = shared(np.ones(size), "level")
    total = shared(np.zeros(size), "total")
    f = theano.function(
        [x],
        total[0],
        updates={level: T.concatenate([level, level]), total: total + level.sum() * x},
    )
    with pytest.warns(
        NotFusedWarning, match=r"level has shape \(\d+,\) before a step and \(\d+,\)"
    ):
        found = f.scan([1.0, 2.0, 1.0])
    np.testing.assert_array_equal(found, [0.0, size, 5.0 * size])
    np.testing.assert_array_equal(total.get_value(), np.full(size, 9.0 * size))
    assert level.get_value().shape == (8 * size,)


@pytest.mark.parametrize("size", [2, LARGE])
def test_an_error_in_calls_made_one_by_one(size):
    level = shared(np.ones(size), "level")
    total = shared(np.zeros(size), "total")
    f = theano.function(
        [i, theano.In(x, value=1.0, update=x + 1)],
        v[i] * x,
        updates={level: T.concatenate([level, level]), total: total + 1},
        givens={v: shared([1.0, 2.0], "data")},
    )
    with pytest.warns(NotFusedWarning):
        text = refusal(IndexError, f.scan, [0, 1, 5])
    assert text.startswith("in step 2: ")
    assert "out of bounds for axis 0 of data" in text
    np.testing.assert_array_equal(level.get_value(), np.ones(size))
    np.testing.assert_array_equal(total.get_value(), np.zeros(size))
    assert f["x"] == 1.0
    f(1)
    assert level.get_value().shape == (2 * size,)


# Progress.


def counter(size=3):
    count, pair = theano.shared(np.array(0), "count"), shared(np.zeros(size), "pair")
    f = theano.function(
        [theano.In(x, value=0.0, update=x + 1)],
        [count * 2, pair.sum()],
        updates={count: count + 1, pair: pair + 1},
    )
    return f, count, pair


def test_a_bar_is_shown_where_it_is_wanted(capsys):
    f, count, _ = counter()
    f.repeat(150)
    assert capsys.readouterr().err == ""
    f.repeat(150, progress=True)
    assert "150/150" in capsys.readouterr().err
    assert count.get_value() == 300


@pytest.mark.parametrize("outputs", ["all", "last"])
def test_progress_runs_in_stretches_of_one_program(monkeypatch, stretches, compilations, outputs):
    monkeypatch.setattr(loops, "next_stretch", lambda *_: 30)
    f, count, _ = counter()
    found = f.repeat(200, outputs=outputs, progress=True)
    assert stretches == [100, 30, 30, 30, 10]
    wanted = np.arange(200.0)
    if outputs == "last":
        wanted = wanted[-1]
    np.testing.assert_array_equal(found[0], 2 * wanted)
    np.testing.assert_array_equal(found[1], 3 * wanted)
    assert (count.get_value(), f["x"]) == (200, 200.0)
    compilations.clear()
    f.repeat(200, outputs=outputs, progress=True)
    assert compilations == []


def test_a_stretch_makes_room_for_so_many_outputs_only(monkeypatch, stretches):
    monkeypatch.setattr(loops, "_MOST_ROOM", 8 * LARGE * 10)
    monkeypatch.setattr(loops, "next_stretch", lambda count, seconds: 10 * count)
    level = shared(np.zeros(LARGE), "level")
    f = theano.function([], level, updates={level: level + 1})
    found = f.repeat(25, progress=True)
    assert stretches == [10, 10, 5]
    np.testing.assert_array_equal(found[:, 0], np.arange(25))
    del stretches[:]
    f.repeat(25, outputs="last", progress=True)
    assert stretches == [25]


@pytest.mark.parametrize("size", [3, LARGE])
def test_an_interrupt_leaves_a_whole_number_of_steps(monkeypatch, size):
    f, count, pair = counter(size)
    lengths = iter([30])

    def interrupted(*_):
        for length in lengths:
            return length
        raise KeyboardInterrupt

    monkeypatch.setattr(loops, "next_stretch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        f.repeat(1000, progress=True)
    assert count.get_value() == 130
    np.testing.assert_array_equal(pair.get_value(), np.full(size, 130.0))
    assert f["x"] == 130.0
    assert float(f()[0]) == 260.0


def test_an_interrupt_of_calls_made_one_by_one(monkeypatch):
    level, count = shared(np.ones(1), "level"), shared(0.0, "count")
    f = theano.function([], updates={level: T.concatenate([level, level]), count: count + 1})
    from tqdm.auto import tqdm

    def interrupted(bar, steps=1):
        if count.get_value() == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(tqdm, "update", interrupted)
    with pytest.raises(KeyboardInterrupt), pytest.warns(NotFusedWarning):
        f.repeat(6, progress=True)
    assert level.get_value().shape == (8,)
    assert count.get_value() == 3


def test_ctrl_c():
    # A process that was started in the background would ignore it.
    code = """
import signal
import numpy as np
import jaxlearn.theano as theano
signal.signal(signal.SIGINT, signal.default_int_handler)
count = theano.shared(np.array(0), "count")
pair = theano.shared(np.zeros(2000), "pair")
f = theano.function([], updates={count: count + 1, pair: pair + 1})
try:
    f.repeat(10**9, progress=True)
except KeyboardInterrupt:
    print(count.get_value(), *set(pair.get_value()))
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        shown = b""
        while shown.count(b"\r") < 4:
            byte = process.stderr.read(1)
            assert byte, shown.decode()
            shown += byte
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    count, *pair = map(float, out.split())
    assert pair == [count]
    assert 0 < count < 10**9
