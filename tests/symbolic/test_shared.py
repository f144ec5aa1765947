"""Shared variables: what they hold, that nobody else can change it, and how they are copied."""

import copy
import pickle
from collections import OrderedDict

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.shared import SharedVariable

LARGE = 2000  # More elements than travel in a compiled step's buffer.


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


# What a value becomes.


@pytest.mark.parametrize(
    ("value", "dtype", "rank"),
    [
        (1, "int64", 0),
        (2**40, "int64", 0),
        (1.0, "float64", 0),
        (0.1, "float64", 0),
        (1j, "complex128", 0),
        (np.float32(1), "float32", 0),
        (np.float16(1), "float16", 0),
        (np.int8(1), "int8", 0),
        (np.bool_(True), "bool", 0),
        (np.array(1.0), "float64", 0),
        (np.zeros(2, "float32"), "float32", 1),
        (np.zeros((1, 2)), "float64", 2),
        (np.zeros(2, "uint16"), "uint16", 1),
        (np.zeros((1, 2, 3), "complex64"), "complex64", 3),
        (np.zeros(2, bool), "bool", 1),
    ],
    ids=repr,
)
def test_the_value_decides_the_type(value, dtype, rank):
    made = theano.shared(value, "w")
    assert made.type == T.TensorType(dtype, (False,) * rank)
    assert made.get_value().dtype == dtype
    np.testing.assert_array_equal(made.get_value(), value)
    assert made.name == str(made) == "w"
    assert made.owner is None


def test_floatx_does_not_change_a_value():
    with theano.config.change_flags(floatX="float32"):
        assert theano.shared(0.1).dtype == "float64"
        assert theano.shared(np.zeros(2)).dtype == "float64"


@pytest.mark.parametrize("value", [[1, 2], None, "text", {"a": 1}, np.array(["a"])], ids=repr)
def test_other_values_are_kept_as_objects(value):
    made = theano.shared(value, "things")
    assert str(made.type) == "Generic"
    assert np.all(made.get_value() == value)
    assert isinstance(made, SharedVariable)


def test_jax_arrays_are_arrays():
    assert theano.shared(jnp.ones(3)).type == T.fvector


def test_a_symbolic_value_is_refused():
    with pytest.raises(TypeError) as refusal:
        theano.shared(T.dscalar("x"))
    assert str(refusal.value) == (
        "shared: got the symbolic variable x, wanted numbers; evaluate it first (.eval()), or use "
        "the expression itself"
    )


def test_axes_broadcast_where_they_are_declared_to():
    assert theano.shared(np.ones((1, 2))).broadcastable == (False, False)
    row = theano.shared(np.ones((1, 2)), broadcastable=(True, False))
    assert row.type == T.drow
    row.set_value(np.ones((1, 5)))
    with pytest.raises(TypeError, match="wanted length 1 in axis 0"):
        row.set_value(np.ones((2, 5)))
    with pytest.raises(TypeError, match="wanted length 1 in axis 0"):
        theano.shared(np.ones((2, 2)), broadcastable=(True, False))
    with pytest.raises(TypeError, match="got 2 dimensions"):
        theano.shared(np.ones((2, 2)), broadcastable=(True,))


# Values in and out.


@pytest.mark.parametrize("size", [2, LARGE])
@pytest.mark.parametrize("borrow", [False, True])
def test_nobody_else_holds_the_value(borrow, size):
    given = np.ones(size)
    kept = theano.shared(given, borrow=borrow)
    count = theano.function([], kept.sum(), updates=[(kept, kept + 0)])
    given[:] = 7
    assert kept.get_value().sum() == size
    for _ in range(3):
        taken = kept.get_value(borrow=borrow)
        assert taken.flags.writeable
        taken[:] = 7
        assert count() == size
    given = np.full(size, 2.0)
    kept.set_value(given, borrow=borrow)
    given[:] = 7
    assert count() == 2 * size
    given[:] = 8
    np.testing.assert_array_equal(kept.get_value(), np.full(size, 2.0))


@pytest.mark.parametrize("size", [2, LARGE])
def test_a_value_that_was_taken_stays(size):
    state = theano.shared(np.zeros(size))
    add = theano.function([], updates=[(state, state + 1)])
    taken = []
    for _ in range(5):
        taken.append(state.get_value(borrow=True))
        taken.append(state.get_value(borrow=True, return_internal_type=True))
        add()
    for i, value in enumerate(taken):
        np.testing.assert_array_equal(value, np.full(size, float(i // 2)))


def test_the_internal_type_is_an_array_of_the_same_dtype():
    for value in (np.array([0.1]), np.ones(LARGE), np.int8(3), 2**40):
        state = theano.shared(value)
        for _ in range(2):
            internal = state.get_value(borrow=True, return_internal_type=True)
            assert internal.dtype == state.dtype
            np.testing.assert_array_equal(np.asarray(internal), value)
            theano.function([], state, updates=[(state, state)])()


def test_set_value_takes_another_shape():
    state = theano.shared(np.zeros(3), "state")
    for value in ([1.0, 2.0], np.ones(5), [], np.zeros(0), (1, 2, 3)):
        state.set_value(value)
        assert state.get_value().dtype == "float64"
        np.testing.assert_array_equal(state.get_value(), np.array(value, "float64"))


SETTING = [
    ("float64", np.ones(3, "float32"), True),
    ("float64", np.ones(3, "int32"), True),
    ("float64", [0.1], True),
    ("float32", [1, 2], True),
    ("float32", [0.1, 0.2], False),
    ("float32", np.ones(3), False),
    ("float32", np.ones(3, "int32"), False),
    ("int64", [1.0], True),
    ("int64", [0.5], False),
    ("int64", np.ones(3), False),
    ("int64", np.ones(3, "int8"), True),
    ("float64", 1.0, False),
    ("float64", np.ones((2, 2)), False),
    ("float64", [[1.0]], False),
]


@pytest.mark.parametrize(("dtype", "value", "fits"), SETTING, ids=repr)
def test_set_value_converts_as_inputs_are_converted(dtype, value, fits):
    def set_in(**options):
        state = theano.shared(np.zeros(2, dtype), **options)
        state.set_value(value)
        return state.get_value()

    if fits:
        assert set_in().dtype == dtype
        np.testing.assert_array_equal(set_in(), np.array(value, dtype))
    else:
        with pytest.raises(TypeError):
            set_in()
    if np.ndim(value) == 1:
        expected = np.asarray(value).astype(dtype)
        np.testing.assert_array_equal(set_in(allow_downcast=True), expected)
    else:
        with pytest.raises(TypeError):
            set_in(allow_downcast=True)


def test_strict_sets_arrays_of_the_very_dtype_alone():
    state = theano.shared(np.zeros(2), strict=True)
    state.set_value(np.ones(3))
    for value in ([1.0], np.ones(3, "float32"), np.ones(3, "int64"), 1.0):
        with pytest.raises(TypeError):
            state.set_value(value)
        np.testing.assert_array_equal(state.get_value(), np.ones(3))


def test_a_refused_value_leaves_the_old_one():
    state = theano.shared(np.array([1.0, 2.0]), "state")
    for value in (np.ones((2, 2)), [1j], "text", T.dvector("x"), [[1.0], [2.0, 3.0]]):
        with pytest.raises((TypeError, ValueError)):
            state.set_value(value)
        np.testing.assert_array_equal(state.get_value(), [1.0, 2.0])


def test_refusals_name_the_variable_and_its_line():
    state = theano.shared(np.zeros(3, "float32"), "state")
    with pytest.raises(TypeError) as refusal:
        state.set_value(np.ones((2, 2), "float32"))
    lines = str(refusal.value).splitlines()
    assert lines[0] == (
        "state.set_value: got 2 dimensions (shape (2, 2)), wanted 1 (TensorType(float32, vector))"
    )
    assert "test_shared.py" in lines[1]
    assert lines[1].endswith("in test_refusals_name_the_variable_and_its_line")
    assert lines[2].strip() == 'state = theano.shared(np.zeros(3, "float32"), "state")'
    with pytest.raises(TypeError, match=r"state\.set_value: got an array of float64, .*float32"):
        state.set_value(np.ones(2))
    with pytest.raises(TypeError, match=r"shared variable\.set_value: got 0 dimensions"):
        theano.shared(np.zeros(3)).set_value(1.0)


def test_old_names_of_the_value():
    state = theano.shared(np.ones(2))
    state.container.value = np.zeros(3)
    np.testing.assert_array_equal(state.container.value, np.zeros(3))
    state.set_value(np.ones(2))
    state.zero()
    np.testing.assert_array_equal(state.get_value(), [0.0, 0.0])
    state.set_value(np.ones(LARGE))
    state.zero(borrow=True)
    np.testing.assert_array_equal(state.get_value(), np.zeros(LARGE))


def test_objects_are_copied_in_and_out():
    things = [1, 2]
    kept = theano.shared(things, "things")
    things.append(3)
    assert kept.get_value() == [1, 2]
    kept.get_value().append(3)
    assert kept.get_value() == [1, 2]
    things = ["a"]
    kept.set_value(things)
    things.append("b")
    assert kept.get_value() == ["a"]
    with pytest.raises(TypeError):
        kept + 1


def test_a_shared_variable_is_used_as_a_tensor():
    state = theano.shared(np.arange(3.0), "state")
    np.testing.assert_array_equal((state[1:] * 2).eval(), [2.0, 4.0])
    assert state.ndim == 1
    assert isinstance(state, theano.compile.SharedVariable)
    assert not isinstance(state, theano.Constant)
    assert state.clone().get_value() is not None
    state.clone().set_value([5.0])
    np.testing.assert_array_equal(state.get_value(), [5.0])


def test_the_users_own_jax_stays_32_bit():
    state = theano.shared(np.full(LARGE, 0.1))
    theano.function([], updates=[(state, state * 2)])()
    state.get_value(return_internal_type=True)
    state.set_value([0.1])
    assert jnp.ones(2).dtype == "float32"
    assert not jax.config.jax_enable_x64


# Updates in order.


def test_ordered_updates_keep_the_order_and_the_keys():
    a, b = theano.shared(1.0, "a"), theano.shared(2.0, "b")
    updates = theano.OrderedUpdates([(b, b + 1), (a, a + 1)])
    assert isinstance(updates, OrderedDict)
    assert list(updates) == [b, a]
    updates[a] = a + 2
    theano.function([], updates=updates)()
    assert (a.get_value(), b.get_value()) == (3.0, 3.0)
    with pytest.raises(TypeError, match="updates: got x as a key, wanted a shared variable"):
        updates[T.dscalar("x")] = 1.0
    with pytest.raises(TypeError, match="wanted a shared variable"):
        theano.OrderedUpdates({"a": 1})


def test_ordered_updates_add_up_unless_they_differ():
    a, b = theano.shared(1.0, "a"), theano.shared(2.0, "b")
    one = a + 1
    updates = theano.OrderedUpdates({a: one})
    for other in ({b: b + 1}, theano.OrderedUpdates({b: b + 1})):
        for both in (updates + other, other + updates):
            assert isinstance(both, theano.OrderedUpdates)
            assert set(both) == {a, b}
    assert set(updates) == {a}
    updates.update([(a, one), (b, b + 1)])
    assert set(updates) == {a, b}
    with pytest.raises(KeyError):
        updates.update({a: a + 1})
    with pytest.raises(KeyError):
        updates + {a: a + 1}
    assert updates[a] is one


# Copies and pickles.


def test_pickles_keep_every_bit_although_jax_is_32_bit():
    values = np.array([0.1, 1e300, -1e-300, np.nan])
    for value in (values, np.resize(values, LARGE), np.array([2**53 + 1, -(2**62)]), 2**60):
        state = theano.shared(value, "state")
        state.tag.role = "weight"
        for _ in range(2):
            copied = pickled(state)
            np.testing.assert_array_equal(copied.get_value(), value)
            assert copied.get_value().dtype == state.dtype
            assert (copied.name, copied.tag.role, copied.type) == ("state", "weight", state.type)
            # After a call the value lives on the device, or in a step's buffer.
            theano.function([], updates=[(state, state)])()
    assert pickled(theano.shared([1, 2], "things")).get_value() == [1, 2]


def test_a_copy_from_a_pickle_lives_on_its_own():
    state = theano.shared(np.zeros(2), allow_downcast=True)
    copied = pickled(state)
    copied.set_value([1j.real, 2.5])
    theano.function([], updates=[(copied, copied + 1)])()
    np.testing.assert_array_equal(copied.get_value(), [1.0, 3.5])
    np.testing.assert_array_equal(state.get_value(), [0.0, 0.0])


@pytest.mark.parametrize("size", [1, LARGE])
def test_one_pickle_keeps_who_shares_what(size):
    weight, bias = theano.shared(np.full(size, 0.1), "weight"), theano.shared(1.0, "bias")
    x = T.dscalar("x")
    step = theano.function([x], (weight * x).sum() + bias, updates=[(bias, bias + 1)], name="step")
    step(0.0)
    weight_2, bias_2, step_2, again = pickled((weight, bias, step, weight))
    assert again is weight_2
    assert step_2.name == "step"
    assert set(step_2.get_shared()) == {weight_2, bias_2}
    np.testing.assert_allclose(step_2(1.0), 0.1 * size + 2, rtol=1e-12)
    assert (bias.get_value(), bias_2.get_value()) == (2.0, 3.0)
    bias_2.set_value(10.0)
    weight_2.set_value(np.full(size, 0.2))
    np.testing.assert_allclose(step_2(1.0), 0.2 * size + 10, rtol=1e-12)
    np.testing.assert_allclose(step(1.0), 0.1 * size + 2, rtol=1e-12)


def test_default_updates_are_pickled():
    count = theano.shared(0, "count")
    count.default_update = count + 1
    copied = pickled(count)
    read = theano.function([], copied)
    assert [int(read()) for _ in range(3)] == [0, 1, 2]
    assert count.get_value() == 0


@pytest.mark.parametrize("size", [1, LARGE])
def test_deep_copies_live_on_their_own(size):
    state = theano.shared(np.zeros(size), "state")
    add = theano.function([], updates=[(state, state + 1)])
    add()
    copied = copy.deepcopy(state)
    assert copied.name == "state"
    add()
    np.testing.assert_array_equal(copied.get_value(), np.ones(size))
    copied.set_value(np.full(size, 5.0))
    np.testing.assert_array_equal(state.get_value(), np.full(size, 2.0))


def test_a_deep_copy_of_a_function_has_a_state_of_its_own():
    state = theano.shared(1.0, "state")
    add = theano.function([], state, updates=[(state, state + 1)])
    state_2, add_2 = copy.deepcopy((state, add))
    assert [float(add_2()) for _ in range(2)] == [1.0, 2.0]
    assert (state.get_value(), state_2.get_value()) == (1.0, 3.0)
    alone = copy.deepcopy(add)
    assert [float(alone()) for _ in range(2)] == [1.0, 2.0]
    assert [float(add()) for _ in range(2)] == [1.0, 2.0]


def test_a_function_that_was_freed_compiles_anew():
    state = theano.shared(np.zeros(3))
    add = theano.function([], updates=[(state, state + 1)])
    add()
    add.free()
    add()
    np.testing.assert_array_equal(state.get_value(), [2.0, 2.0, 2.0])


def test_a_clone_has_the_same_value_and_a_default_update_of_its_own():
    # A layer that keeps a running mean while it is trained, and only reads it elsewhere.
    x, mean = T.dvector("x"), theano.shared(np.zeros(2), "mean")
    running = theano.clone(mean, share_inputs=False)
    assert running is not mean
    assert (running.name, running.type) == (mean.name, mean.type)
    running.default_update = 0.9 * running + 0.1 * x
    train = theano.function([x], (x + 0 * running).sum())
    test = theano.function([x], (x - mean).sum())
    train([1.0, 2.0])
    for _ in range(2):
        np.testing.assert_allclose(test([1.0, 2.0]), 2.7)
        np.testing.assert_allclose(mean.get_value(), [0.1, 0.2])
    running.set_value([5.0, 5.0])
    np.testing.assert_array_equal(mean.get_value(), [5.0, 5.0])
    mean.set_value([1.0, 2.0])
    np.testing.assert_array_equal(running.get_value(), [1.0, 2.0])
    both = theano.function([x], (x * mean + running.clone() + running).sum())
    np.testing.assert_allclose(both([2.0, 1.0]), 10.0)
    np.testing.assert_allclose(mean.get_value(), [1.1, 1.9])
    assert both.get_shared() == [mean]
    again, same = pickle.loads(pickle.dumps((running, mean)))
    again.set_value([7.0, 8.0])
    np.testing.assert_array_equal(same.get_value(), [7.0, 8.0])
    with pytest.raises(ValueError, match="updates: mean has two updates, its own and that of a"):
        theano.function([x], running.sum(), updates=[(mean, mean + x)])
