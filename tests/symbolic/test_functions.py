"""Functions: inputs, outputs, updates, givens, what they refuse, and what no call may change."""

import copy
import gc
import pickle
import re
import sys
import threading
import weakref
from collections import OrderedDict

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.errors import MissingInputError
from jaxlearn.symbolic.types import DTYPES

LARGE = 2000  # More elements than travel in a compiled step's buffer.

x, y = T.dscalars("x", "y")
i = T.lscalar("i")
v = T.dvector("v")
fv = T.fvector("fv")
fs = T.fscalar("fs")
m = T.dmatrix("m")


def shared(value, name=None):
    return theano.shared(np.asarray(value, "float64"), name)


def refusal(kind, call, *args, **kwargs):
    with pytest.raises(kind) as caught:
        call(*args, **kwargs)
    assert type(caught.value) is kind
    return str(caught.value)


def first_line(kind, call, *args, **kwargs):
    return refusal(kind, call, *args, **kwargs).splitlines()[0]


# Inputs.


def test_inputs_by_position_and_by_name():
    subtract = theano.function([x, y], x - y)
    for result in (subtract(3, 1), subtract(3, y=1), subtract(y=1, x=3), subtract(x=3, y=1)):
        assert result == 2.0
    assert theano.function((x, y), x - y)(3, 1) == 2.0
    assert theano.function([], theano.shared(2.0) * 3)() == 6.0


def test_inputs_without_names_come_by_position():
    a, b = T.dscalars(2)
    assert theano.function([a, b], a - b)(3, 1) == 2.0


def test_inputs_of_one_name_come_by_position():
    a, b = T.dscalar("a"), T.dscalar("a")
    subtract = theano.function([a, b], a - b)
    assert subtract(3, 1) == 2.0
    with pytest.raises(TypeError):
        subtract(3, a=1)


def test_inputs_with_values_of_their_own():
    add = theano.function([x, theano.In(y, value=5.0)], x - y)
    assert (add(3), add(3, 1), add(3, y=1), add(3)) == (-2, 2, 2, -2)
    first = theano.function([theano.In(x, value=2.0), y], x - y)
    assert (first(y=3), first(7, 3), first(x=7, y=3)) == (-1, 4, 4)
    for pair in ((y, 5.0), [y, 5.0]):
        assert theano.function([x, pair], x - y)(3) == -2
    assert theano.function([x, theano.Param(y, 5.0)], x - y)(3) == -2
    listed = theano.function([theano.In(fv, value=[1, 2])], fv)
    np.testing.assert_array_equal(listed(), [1.0, 2.0])


def test_an_input_may_go_by_another_name():
    named = theano.function([theano.In(x, name="other"), y], x - y)
    assert named(other=3, y=1) == 2
    assert "there is no input 'x'; the inputs are (other, y)" in refusal(TypeError, named, x=3, y=1)


def test_an_input_may_replace_its_value():
    totals = [
        theano.function([theano.In(x, value=0.0, update=x + y), y], x),
        theano.function([((x, x + y), 0.0), y], x),
    ]
    for total in totals:
        assert [float(total(y=value)) for value in (2.0, 3.0, 1.0)] == [0.0, 2.0, 5.0]
    total = theano.function([y, theano.In(x, value=0.0, update=x + y)], x)
    assert [float(r) for r in (total(2.0), total(3.0), total(1.0, 10.0), total(1.0))] == [
        0.0,
        2.0,
        10.0,
        11.0,
    ]


def test_the_value_of_an_input_is_not_what_a_call_returned():
    count = theano.function([theano.In(v, value=np.zeros(2), update=v + 1)], v)
    for call in range(3):
        result = count()
        np.testing.assert_array_equal(result, [call, call])
        result[:] = 99


def test_an_inputs_update_has_the_inputs_type():
    with pytest.raises(TypeError) as refused:
        theano.function([theano.In(fs, value=0.0, update=fs + x), x], fs)
    text = str(refused.value)
    assert text.startswith("updates: an update must have the type of its variable: fs has type ")
    assert 'Cast it: T.cast(update, "float32")' in text
    reset = theano.function([theano.In(x, value=3.0, update=0.5)], x)
    assert [float(reset()), float(reset())] == [3.0, 0.5]


def test_an_inputs_value_can_be_read_and_replaced():
    total = theano.function([theano.In(x, value=2.0, update=x + y), y], x)
    total(y=1.0)
    assert total[x] == total["x"] == 3.0
    total[x] = 10.0
    assert total(y=1.0) == 10.0
    total["x"] = 20.0
    assert total(y=1.0) == 20.0


def test_conversion_of_inputs():
    double = theano.function([fv], fv * 2)
    for value in ([1.0], (1,), [1], np.ones(1, "float32"), np.ones(1, "int8"), np.ones(1, bool)):
        result = double(value)
        assert result.dtype == "float32"
        np.testing.assert_array_equal(result, [2.0])
    for value in ([0.1], np.ones(1), np.ones(1, "int64"), [1e300], [1j]):
        with pytest.raises(TypeError):
            double(value)
    np.testing.assert_array_equal(double([]), np.zeros(0))
    assert theano.function([i], i)(2.0).dtype == "int64"
    with pytest.raises(TypeError):
        theano.function([i], i)(2.5)


def test_where_loss_is_allowed():
    tenth = np.float32(0.1)
    for function in (
        theano.function([fv], fv, allow_input_downcast=True),
        theano.function([theano.In(fv, allow_downcast=True)], fv),
    ):
        np.testing.assert_array_equal(function([0.1]), [tenth])
        np.testing.assert_array_equal(function(np.array([0.1])), [tenth])
    with pytest.raises(TypeError):
        theano.function([theano.In(fv, allow_downcast=False)], fv, allow_input_downcast=True)([0.1])
    with theano.config.change_flags(floatX="float32"):
        assert theano.function([fs], fs)(0.1) == tenth
        with pytest.raises(TypeError):
            theano.function([fs], fs, allow_input_downcast=False)(0.1)


def test_strict_inputs_are_arrays_of_the_very_dtype():
    strict = theano.function([theano.In(v, strict=True)], v * 2)
    np.testing.assert_array_equal(strict(np.ones(2)), [2.0, 2.0])
    assert "strict is set: got [1.0] (list), wanted an array of dtype float64" in refusal(
        TypeError, strict, [1.0]
    )
    with pytest.raises(TypeError):
        strict(np.ones(2, "float32"))


def test_trusted_inputs_are_taken_as_they_are():
    double = theano.function([v], v * 2)
    double.trust_input = True
    np.testing.assert_array_equal(double(np.ones(2)), [2.0, 2.0])
    np.testing.assert_array_equal(double(np.ones(3)), [2.0, 2.0, 2.0])
    double.trust_input = False
    np.testing.assert_array_equal(double([1, 2]), [2.0, 4.0])


def test_jax_arrays_are_inputs():
    result = theano.function([fv], fv * 2)(jnp.ones(3))
    assert isinstance(result, np.ndarray)
    np.testing.assert_array_equal(result, [2.0, 2.0, 2.0])


# Outputs.


def test_forms_of_outputs():
    assert theano.function([], None)() == []
    assert theano.function([], [])() == []
    assert theano.function([x], x + 1)(1) == 2.0
    assert theano.function([x], [x + 1])(1) == [2.0]
    assert theano.function([x], (x, x + 1))(1) == [1.0, 2.0]
    assert theano.function([x], {"b": x, "a": x + 1})(1) == {"a": 2.0, "b": 1.0}
    ordered = theano.function([x], OrderedDict([("b", x), ("a", x + 1)]))(1)
    assert ordered == {"a": 2.0, "b": 1.0}
    assert theano.function([x], theano.Out(x + 1, borrow=True))(1) == 2.0
    assert theano.function([x], [theano.Out(x)])(1) == [1.0]


def test_outputs_are_numpy_arrays_of_the_right_dtype():
    outputs = [
        x,
        x + 1,
        T.cast(x, "int8"),
        x > 0,
        T.constant(3),
        T.cast(x, "float16"),
        T.cast(x, "complex64"),
        T.stack([x, x]),
        T.zeros((0, 3)),
    ]
    results = theano.function([x], outputs)(2)
    for output, result in zip(outputs, results, strict=True):
        assert type(result) is np.ndarray
        assert result.dtype == output.dtype
        assert result.ndim == output.ndim
        assert result.flags.writeable


@pytest.mark.parametrize("size", [3, LARGE])
def test_results_are_the_callers_own(size):
    state = shared(np.zeros(size))
    count = theano.function([v], [v, v + 1, state, state, state + v], updates=[(state, state + 1)])
    given = np.ones(size)
    before = count(given)
    copies = [result.copy() for result in before]
    after = [count(given) for _ in range(3)]
    for result, copied in zip(before, copies, strict=True):
        np.testing.assert_array_equal(result, copied)
        result[...] = -7
    np.testing.assert_array_equal(given, np.ones(size))
    np.testing.assert_array_equal(after[-1][2], np.full(size, 3.0))
    np.testing.assert_array_equal(state.get_value(), np.full(size, 4.0))
    np.testing.assert_array_equal(count(given)[4], np.full(size, 5.0))


def extremes(dtype):
    kind = np.dtype(dtype).kind
    if kind == "b":
        return np.array([True, False])
    if kind in "iu":
        limits = np.iinfo(dtype)
        return np.array([limits.min, limits.max, 0, 1], dtype)
    if kind == "c":
        return np.array([1j, 1 / 3 - 2j / 7, np.nan, complex(0, np.inf)], dtype)
    limits = np.finfo(dtype)
    numbers = [limits.max, limits.min, limits.tiny, limits.smallest_subnormal, -0.0, 1 / 3]
    return np.array([*numbers, np.nan, np.inf, -np.inf], dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_bit_passes_through(dtype):
    # Small arrays travel in one buffer of words, large ones as they are.
    for size in (12, LARGE):
        value = np.resize(extremes(dtype), size)
        given = T.TensorType(dtype, [False])("given")
        state = theano.shared(np.zeros_like(value))
        store = theano.function([given], [given, state], updates={state: given})
        found = [store(value)[0], state.get_value(), store(value)[1], store(value)[1]]
        for result in found:
            assert result.dtype == dtype
            assert result.tobytes() == value.tobytes()


# Updates.


def updated(make, *values):
    a, b = shared(1.0, "a"), shared(2.0, "b")
    theano.function([], updates=make(a, b))(*values)
    return float(a.get_value()), float(b.get_value())


@pytest.mark.parametrize(
    "form",
    [
        dict,
        list,
        tuple,
        OrderedDict,
        theano.OrderedUpdates,
        lambda pairs: [list(pair) for pair in pairs],
    ],
)
def test_updates_are_made_all_at_once(form):
    assert updated(lambda a, b: form([(a, b), (b, a)])) == (2.0, 1.0)
    assert updated(lambda a, b: form([(a, a + 1), (b, a * 10)])) == (2.0, 10.0)
    assert updated(lambda a, b: form([])) == (1.0, 2.0)


def test_updates_may_be_values():
    assert updated(lambda a, b: {a: 5.0, b: np.array(6.0)}) == (5.0, 6.0)
    assert updated(lambda a, b: {a: 5}) == (5.0, 2.0)
    state = shared(np.zeros(3))
    theano.function([], updates={state: [1.0, 2.0]})()
    np.testing.assert_array_equal(state.get_value(), [1.0, 2.0])


def test_outputs_see_the_old_values():
    count = theano.shared(0, "count")
    step = theano.function([i], count, updates={count: count + i})
    assert [int(step(2)) for _ in range(3)] == [0, 2, 4]
    assert count.get_value() == 6


def test_an_updates_broadcastable_axes_may_be_hidden_but_not_declared():
    row = theano.shared(np.ones((1, 3)), "row", broadcastable=(True, False))
    whole = theano.shared(np.ones((2, 3)), "whole")
    theano.function([], updates={row: row + 1, whole: whole * 2})()
    np.testing.assert_array_equal(row.get_value(), [[2.0, 2.0, 2.0]])
    with pytest.raises(TypeError, match="Only the broadcast flags differ"):
        theano.function([], updates={whole: row * 1})
    with pytest.raises(TypeError, match="must have the type of its variable"):
        theano.function([], updates={row: whole})


def test_default_updates():
    def made():
        state = shared(3.0, "state")
        state.default_update = state + 1
        return state

    def calls(*args, **kwargs):
        function = theano.function([], *args, **kwargs)
        return [float(function()) for _ in range(3)]

    state = made()
    assert calls(state) == [3.0, 4.0, 5.0]
    assert calls(state, no_default_updates=True) == [6.0, 6.0, 6.0]
    assert calls(state, no_default_updates=[state]) == [6.0, 6.0, 6.0]
    assert calls(state, no_default_updates=[made()]) == [6.0, 7.0, 8.0]
    assert calls(state, updates={state: state * 2}) == [9.0, 18.0, 36.0]
    theano.function([], shared(1.0) + 1)()
    assert state.get_value() == 72.0
    for wrong in (state, 1, "yes"):
        with pytest.raises(TypeError):
            theano.function([], state, no_default_updates=wrong)


def test_default_updates_bring_those_that_they_need():
    a, b, c = shared(1.0), shared(10.0), shared(100.0)
    a.default_update = a + b
    b.default_update = b + c
    c.default_update = c + 1
    read = theano.function([], a)
    assert [float(read()) for _ in range(3)] == [1.0, 11.0, 121.0]
    assert [float(s.get_value()) for s in (a, b, c)] == [332.0, 313.0, 103.0]
    # An update of another variable is a use as well.
    d = shared(0.0)
    theano.function([], updates={d: c * 2})()
    assert (d.get_value(), c.get_value()) == (206.0, 104.0)


def test_default_updates_under_givens():
    state = shared(1.0)
    state.default_update = state + x
    read = theano.function([y], state, givens={x: y * 2})
    assert [float(read(5.0)) for _ in range(2)] == [1.0, 11.0]
    assert state.get_value() == 21.0
    replaced = theano.function([x], state, givens={state: x})
    assert replaced(5.0) == 5.0
    assert state.get_value() == 21.0


def test_a_default_update_must_fit():
    state = shared(1.0)
    state.default_update = T.cast(state, "float32")
    with pytest.raises(TypeError, match="must have the type of its variable"):
        theano.function([], state)


@pytest.mark.parametrize("size", [1, LARGE])
def test_two_functions_update_one_variable_alternately(size):
    state = shared(np.zeros(size), "state")
    add = theano.function([x], state.sum(), updates={state: state + x})
    double = theano.function([], updates={state: state * 2})
    expected = np.zeros(size)
    for step in range(6):
        assert add(step) == expected.sum()
        expected = expected + step
        double()
        expected = expected * 2
        if step == 2:
            expected = np.full(size, 5.0)
            state.set_value(expected)
        if step == 4:
            add(1.0)
            add(1.0)
            expected = expected + 2
        np.testing.assert_array_equal(state.get_value(), expected)


@pytest.mark.parametrize("size", [1, LARGE])
def test_exchanged_values_stay_apart(size):
    a, b = shared(np.zeros(size), "a"), shared(np.ones(size), "b")
    swap = theano.function([], updates=[(a, b), (b, a)])
    take = theano.function([], updates=[(a, b)])
    add = theano.function([], updates=[(a, a + 1)])
    read = theano.function([], [a.mean(), b.mean()])
    for steps, expected in [
        ([swap], [1, 0]),
        ([swap, swap], [1, 0]),
        ([take, add, add], [2, 0]),
        ([swap], [0, 2]),
        ([take, add], [3, 2]),
        ([lambda: b.set_value(np.full(size, 9.0)), swap, add], [10, 3]),
    ]:
        for step in steps:
            step()
        assert read() == expected
        assert [a.get_value().mean(), b.get_value().mean()] == expected


def test_functions_and_values_that_change_a_shape():
    state = shared(np.ones(2), "state")
    grow = theano.function([], state.sum(), updates={state: T.concatenate([state, state * 2])})
    total = theano.function([], state.sum())
    expected = np.ones(2)
    for _ in range(4):
        assert grow() == expected.sum()
        expected = np.r_[expected, expected * 2]
        np.testing.assert_array_equal(state.get_value(), expected)
        assert total() == expected.sum()
    for value in (np.ones(3), np.ones(LARGE), np.zeros(0), np.ones(1)):
        state.set_value(value)
        assert total() == value.sum()
        grow()
        np.testing.assert_array_equal(state.get_value(), np.r_[value, value * 2])


def test_a_variable_grows_out_of_the_packed_size_and_back():
    state = shared(np.ones(600), "state")
    grow = theano.function([], updates={state: T.concatenate([state, state])})
    halve = theano.function([], state.sum(), updates={state: state[: state.shape[0] // 2]})
    for _ in range(2):
        grow()
        grow()
        assert halve() == 2400
        assert halve() == 1200
        assert state.get_value().shape == (600,)


def test_the_trivial_training_example():
    features, target = T.fvector("x"), T.fscalar("target")
    weights = theano.shared(np.asarray([0.1, 0.25, 0.15, 0.3]), "W")
    output = (features * weights).sum()
    cost = T.sqr(target - output)
    (gradient,) = T.grad(cost, [weights])
    train = theano.function(
        [features, target], output, updates=[(weights, weights - (0.1 * gradient))]
    )
    expected, rows = np.array([0.1, 0.25, 0.15, 0.3]), []
    for _ in range(10):
        rows.append(expected.sum())
        expected = expected + 0.2 * (100.0 - expected.sum())
    found = [train([1.0, 1.0, 1.0, 1.0], 100.0) for _ in range(10)]
    np.testing.assert_allclose(found, rows, rtol=1e-12)
    np.testing.assert_allclose(weights.get_value(), expected, rtol=1e-12)


# Givens.


@pytest.mark.parametrize("form", [dict, list, tuple, OrderedDict])
def test_givens_replace(form):
    c = T.dscalar("c")

    def values(inputs, pairs, *args, **options):
        return float(theano.function(inputs, x * 2 + y, givens=form(pairs), **options)(*args))

    assert values([c], [(x, c * 10), (y, c + 1)], 2.0) == 43.0
    assert values([], [(x, np.array(3.0)), (y, T.constant(1.0, dtype="float64"))]) == 7.0
    assert values([], [(x, 3.0), (y, 5)]) == 11.0
    assert values([], [(x, shared(3.0)), (y, shared(4.0))]) == 10.0
    assert values([fs], [(x, fs), (y, 1.0)], 3.0, rebuild_strict=False) == 7.0


def test_a_later_given_sees_the_earlier_ones():
    pairs = [(y, np.array(3.0)), (x, y + 1)]
    assert theano.function([], x * 2 + y, givens=pairs)() == 11.0


def test_a_given_may_use_what_it_replaces():
    doubled = x * 2
    assert theano.function([x], doubled + 1, givens={doubled: doubled * 3})(1.0) == 7.0
    assert theano.function([y], doubled + 1, givens={doubled: y})(1.0) == 2.0


def test_givens_reach_updates_and_shared_variables():
    state = shared(3.0, "state")
    assert theano.function([x], state * 2, givens={state: x})(5.0) == 10.0
    assert state.get_value() == 3.0
    theano.function([y], updates={state: state + x}, givens={x: y * 2})(5.0)
    assert state.get_value() == 13.0
    read = theano.function([x], state * 2, givens={state: x}, updates={state: state + x})
    assert read(5.0) == 10.0
    assert state.get_value() == 10.0


def test_givens_slice_a_shared_variable():
    data = shared(np.arange(10.0))
    total = theano.function([i], v.sum(), givens={v: data[i * 4 : (i + 1) * 4]})
    assert [float(total(k)) for k in range(4)] == [6.0, 22.0, 17.0, 0.0]


# Options, copies and what programs read.


def test_options_without_a_meaning_are_accepted():
    options = {
        "mode": "FAST_RUN",
        "profile": False,
        "accept_inplace": True,
        "rebuild_strict": True,
        "name": "step",
        "on_unused_input": "ignore",
    }
    step = theano.function([x, y], x, **options)
    assert step(1, 2) == 1.0
    assert step.name == "step"
    assert "step" in repr(step)
    for mode in ("FAST_COMPILE", theano.Mode(), None):
        assert theano.function([x], x, mode)(1) == 1.0
    assert theano.function([x], x).name is None


def test_copies_of_functions():
    a, b = shared(1.0, "a"), shared(2.0, "b")
    step = theano.function([x], [a + x], updates=[(a, a + 1)], name="step")
    swapped = step.copy(swap={a: b}, name="swapped")
    assert swapped.name == "swapped"
    assert (swapped(1.0), swapped(1.0), step(1.0)) == ([3.0], [4.0], [2.0])
    assert (a.get_value(), b.get_value()) == (2.0, 4.0)
    still = step.copy(delete_updates=True)
    assert (still(1.0), still(1.0), step(1.0), still(1.0)) == ([3.0], [3.0], [3.0], [4.0])
    assert step.copy(share_memory=True)(1.0) == [4.0]
    assert a.get_value() == 4.0
    with_value = theano.function([x, theano.In(y, value=5.0)], [x + y])
    assert with_value.copy()(1.0) == [6.0]


def test_a_copy_of_a_function_with_one_output_returns_a_list():
    # So does Theano, and its documentation prints such lists.
    state = shared(1.0)
    step = theano.function([x], state + x)
    assert step(1.0) == 2.0
    assert step.copy()(1.0) == [2.0]
    assert copy.copy(step)(1.0) == [2.0]


def test_what_cannot_be_swapped():
    a = shared(1.0, "a")
    step = theano.function([x], a + x)
    assert first_line(ValueError, step.copy, swap={shared(1.0, "z"): a}).startswith(
        "swap: z is not a shared variable of"
    )
    with pytest.raises((TypeError, ValueError)):
        step.copy(swap={a: theano.shared(np.float32(1))})
    with pytest.raises((TypeError, ValueError)):
        step.copy(swap={a: x})


def test_what_programs_read_of_a_function():
    a, b, c = shared(1.0, "a"), shared(2.0, "b"), shared(3.0, "c")
    step = theano.function([x], [a * x, b], updates={c: c + 1})
    assert {variable.name for variable in step.get_shared()} == {"a", "b", "c"}
    assert x in [entry.variable for entry in step.maker.inputs]
    graph = step.maker.fgraph
    assert len(step.maker.outputs) == 2
    assert len(graph.outputs) == 3
    assert {str(node.op).partition(",")[0] for node in graph.toposort()} >= {
        "Elemwise{mul",
        "Elemwise{add",
    }
    assert len(graph.apply_nodes) == len(graph.toposort())


def test_functions_are_pickled_with_their_values():
    total = theano.function([theano.In(x, value=1.0), y], x + y, name="total")
    copied = pickle.loads(pickle.dumps(total))
    assert copied.name == "total"
    assert copied(y=2.0) == 3.0


def test_functions_are_freed():
    state = shared(np.zeros(3))
    function = theano.function([x], state * x, updates={state: state + x})
    function(1.0)
    seen = weakref.ref(function)
    del function
    gc.collect()
    assert seen() is None


# A failed call changes nothing.


@pytest.mark.parametrize("size", [3, LARGE])
def test_a_failed_call_leaves_every_shared_variable(size):
    a, b = shared(np.zeros(size), "a"), theano.shared(0, "count")
    other = shared(np.ones(3), "other")
    step = theano.function(
        [i, v],
        [a[i], v + other],
        updates={a: a + T.sum(v), b: b + 1},
    )
    expected = 0.0
    for good in range(1, 4):
        for arguments, kind in [
            ((size, np.ones(3)), IndexError),
            ((0, np.ones(4)), ValueError),
            ((0.5, np.ones(3)), TypeError),
            ((0, np.ones((2, 2))), TypeError),
            ((0,), TypeError),
        ]:
            with pytest.raises(kind):
                step(*arguments)
            np.testing.assert_array_equal(a.get_value(), np.full(size, expected))
            assert b.get_value() == good - 1
        item, total = step(size - 1, np.ones(3))
        assert item == expected
        np.testing.assert_array_equal(total, np.full(3, 2.0))
        expected += 3
        np.testing.assert_array_equal(a.get_value(), np.full(size, expected))


def test_a_failed_call_leaves_inputs_with_values():
    state = shared(np.zeros(3))
    step = theano.function([theano.In(x, value=0.0, update=x + 1), i], [x, state[i]])
    assert float(step(i=0)[0]) == 0.0
    with pytest.raises(IndexError):
        step(i=3)
    assert float(step(i=0)[0]) == 1.0


def test_failures_at_run_time_say_where():
    state = shared(np.zeros(3), "state")
    failing = theano.function([i], state[i])
    text = refusal(IndexError, failing, 5)
    assert text.startswith("index i is out of bounds for axis 0 of state, which has shape (3,)")
    assert "test_functions.py" in text
    assert "failing = theano.function([i], state[i])" in text
    failing = theano.function([m], T.dot(m, state))
    text = refusal(ValueError, failing, np.ones((2, 2)))
    assert "m has shape (2, 2), state has shape (3,)" in text
    assert "failing = theano.function([m], T.dot(m, state))" in text
    for wrong in (np.ones(2), np.ones(1)):
        text = refusal(ValueError, theano.function([v], v + state), wrong)
        assert text.startswith("Input dimension mis-match in axis 0")
        assert f"v has shape {wrong.shape}" in text
        assert "state has shape (3,)" in text
    # A length of 1 broadcasts only where that was declared.
    assert "an axis of length 1 broadcasts only if it is declared so" in text


# A call that returned is done with its inputs.


def buffer(size, offset):
    memory = np.empty(8 * size + 128, np.uint8)
    start = -memory.ctypes.data % 64 + offset
    return memory[start : start + 8 * size].view("float64")


@pytest.mark.parametrize("has_outputs", [True, False], ids=["outputs", "updates"])
@pytest.mark.parametrize("offset", [0, 8, 4], ids=["aligned", "words", "unaligned"])
def test_a_call_that_returned_is_done_with_its_inputs(offset, has_outputs):
    size = 2_000_000
    given = buffer(size, offset)
    total, kept = shared(0.0, "total"), shared(np.zeros(1), "kept")
    changed = T.exp(T.sin(v)) + T.sqr(T.cos(v))
    outputs = changed if has_outputs else None
    updates = {kept: changed} if not has_outputs else {}
    step = theano.function([v], outputs, updates={total: total + changed.sum(), **updates})
    if not has_outputs:
        trusted = theano.function([v], updates={total: total + changed.sum(), kept: changed})
        trusted.trust_input = True
    expected_total = 0.0
    for call in range(20):
        given.fill(call / 20)
        expected = np.exp(np.sin(call / 20)) + np.cos(call / 20) ** 2
        result = (step if has_outputs or call % 2 else trusted)(given)
        given.fill(1e6)
        expected_total += size * expected
        result = result if has_outputs else kept.get_value()
        np.testing.assert_allclose([result.min(), result.max()], expected, rtol=1e-12)
        np.testing.assert_allclose(total.get_value(), expected_total, rtol=1e-9)


@pytest.mark.parametrize("offset", [0, 4], ids=["aligned", "unaligned"])
def test_an_output_that_is_an_input_is_a_copy(offset):
    given = buffer(LARGE * 100, offset)
    step = theano.function([v], [v, v[::2], v.reshape((2, -1))])
    for call in range(3):
        given.fill(call)
        results = step(given)
        given.fill(-1)
        assert all((result == call).all() for result in results)


def test_a_shared_variable_does_not_alias_an_input():
    kept = shared(np.zeros(1))
    store = theano.function([v], updates={kept: v})
    for size in (3, LARGE, 1_000_000):
        for offset in (0, 4):
            given = buffer(size, offset)
            given.fill(1.0)
            store(given)
            given.fill(2.0)
            assert (kept.get_value() == 1.0).all()


# 64-bit types are nobody else's business.


def test_the_users_own_jax_stays_32_bit():
    def check():
        assert jnp.ones(2).dtype == "float32"
        assert jnp.arange(3).dtype == "int32"
        assert jax.jit(lambda z: z * 2)(np.float64(0.5)).dtype == "float32"
        assert not jax.config.jax_enable_x64

    state = shared(np.ones(3), "state")
    check()
    step = theano.function([i, v], [state[i], v * state], updates={state: state + 1})
    check()
    step(0, [1, 2, 3])
    check()
    for arguments in ((9, [1, 2, 3]), (0, [1, 2]), (0, ["a"]), (0,)):
        with pytest.raises((IndexError, ValueError, TypeError)):
            step(*arguments)
        check()
    assert (x * 2).eval({x: 0.1}) == 0.2
    T.grad(x**2, x).eval({x: 0.1})
    theano.function([x], x + 1)  # built, and never called
    check()
    with pytest.raises(MissingInputError):
        (x * 2).eval()
    check()


def test_whatever_the_user_has_set_the_results_are_the_same():
    state = shared(np.zeros(3))
    step = theano.function([v], [v / 3, state], updates={state: state + v / 3})
    for call in range(4):
        # Compiled under one setting, and run under the other as well.
        with jax.enable_x64(call % 2 == 0):
            third, total = step([1.0, 1.0, 1.0])
            assert jax.config.jax_enable_x64 is (call % 2 == 0)
        assert third.dtype == "float64"
        np.testing.assert_allclose(third, np.full(3, 1 / 3), rtol=1e-15)
        np.testing.assert_allclose(total, np.full(3, call / 3), rtol=1e-15)


def test_one_function_in_several_threads():
    double = theano.function([x], x * 2)
    double(0.0)
    wrong = []

    def work(number):
        wrong.extend(number for _ in range(500) if double(number) != 2 * number)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not wrong


def test_a_users_jitted_function_beside_ours_keeps_its_cache():
    traced = []

    @jax.jit
    def own(z):
        traced.append(z.dtype)
        return z + 1

    step = theano.function([v], v + 1)
    for _ in range(3):
        own(np.ones(3))
        step(np.ones(3))
    assert traced == ["float32"]


# What a function refuses.


def test_refused_inputs_of_a_call():
    double = theano.function([fv], fv * 2, name="double")
    text = refusal(TypeError, double, np.array([0.1]))
    assert text.startswith(
        "double: input 0 (fv): got an array of float64, and storing it as "
        "TensorType(float32, vector) could lose precision; "
    )
    assert "or allow the loss (`allow_downcast=True` in shared and In, " in text
    assert "`allow_input_downcast=True` in function)" in text
    assert re.search(r"made at .*test_functions\.py:\d+\n    fv = T\.fvector\(\"fv\"\)$", text)
    assert first_line(TypeError, double, [0.1]).startswith(
        "double: input 0 (fv): got [0.1], and storing it as TensorType(float32, vector) would "
        "lose precision; "
    )
    np.testing.assert_array_equal(double([1.0]), [2.0])
    assert first_line(TypeError, double, np.ones((2, 2), "float32")) == (
        "double: input 0 (fv): got 2 dimensions (shape (2, 2)), wanted 1 "
        "(TensorType(float32, vector))"
    )
    assert first_line(TypeError, double, 1.0) == (
        "double: input 0 (fv): got 0 dimensions (shape ()), wanted 1 (TensorType(float32, vector))"
    )
    assert "got the symbolic variable v, wanted numbers" in refusal(TypeError, double, v)
    column = theano.function([T.dcol("c")], T.constant(1), on_unused_input="ignore", name="f")
    assert first_line(TypeError, column, np.ones((2, 3))) == (
        "f: input 0 (c): got shape (2, 3), wanted length 1 in axis 1, which "
        "TensorType(float64, col) declares broadcastable"
    )
    for value in (None, "text", [[1.0], [2.0, 3.0]], object()):
        with pytest.raises((TypeError, ValueError), match=r"double: input 0 \(fv\): "):
            double(value)


def test_refused_calls():
    subtract = theano.function([x, y], x - y, name="subtract")
    assert refusal(TypeError, subtract, 1, 2, 3) == (
        "subtract: got 3 arguments, wanted at most 2: (x, y)"
    )
    assert refusal(TypeError, subtract, 1) == (
        "subtract: missing input 1 (y); the inputs are (x, y)"
    )
    assert refusal(TypeError, subtract, y=1) == (
        "subtract: missing input 0 (x); the inputs are (x, y)"
    )
    assert refusal(TypeError, subtract, 1, 2, z=1) == (
        "subtract: there is no input 'z'; the inputs are (x, y)"
    )
    assert refusal(TypeError, subtract, 1, x=1) == "subtract: input 0 (x) is given twice"


def test_a_function_without_a_name_is_told_by_its_line():
    text = refusal(TypeError, theano.function([x], x))
    assert re.match(r"function made at .*test_functions\.py:\d+, in test_a_function", text)
