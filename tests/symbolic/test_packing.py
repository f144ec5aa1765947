"""The buffer in which small arrays travel: every dtype, every size, every way a value comes in."""

import contextlib
import signal

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.packing import Slot
from jaxlearn.symbolic.types import DTYPES

EXTREMES = {
    "bool": [True, False],
    **{
        name: [np.iinfo(name).min, np.iinfo(name).max, 1]
        for name in DTYPES
        if name.lstrip("u").startswith("int")
    },
    **{
        name: [np.finfo(name).max, np.finfo(name).smallest_subnormal, -0.0, np.inf, np.nan]
        for name in ("float16", "float32", "float64")
    },
    "complex64": [1 + 2j, np.inf],
    "complex128": [1e300 - 2j, np.nan],
}


def test_every_dtype_passes_bit_for_bit():
    inputs = [T.TensorType(dtype, (False,))(dtype) for dtype in DTYPES]
    values = [np.array(EXTREMES[dtype], dtype) for dtype in DTYPES]
    state = [theano.shared(value[::-1].copy()) for value in values]
    exchange = theano.function(inputs, state, updates=list(zip(state, inputs, strict=True)))
    for _ in range(2):
        before = [variable.get_value() for variable in state]
        found = exchange(*values)
        for old, new in zip(before, found, strict=True):
            assert old.dtype == new.dtype
            assert old.tobytes() == new.tobytes()
    for variable, value in zip(state, values, strict=True):
        assert variable.get_value().tobytes() == value.tobytes()


@pytest.mark.parametrize("size", [1, 1024, 1025, 5000])
def test_small_and_large_state_behave_alike(size):
    x = T.dvector("x")
    state = theano.shared(np.zeros(size))
    add = theano.function([x], state.sum(), updates=[(state, state + x)])
    twice = theano.function([], (2 * state).sum())
    reset = theano.function([], [], updates=[(state, T.zeros_like(state))])
    one = np.ones(size)
    assert [float(add(one)) for _ in range(3)] == [0.0, size, 2 * size]
    assert float(twice()) == 6 * size
    state.set_value(10 * one)
    assert float(add(one)) == 10 * size
    kept = state.get_value()
    reset()
    assert float(twice()) == 0.0
    np.testing.assert_array_equal(kept, 11 * one)
    assert float(add(one)) == 0.0
    np.testing.assert_array_equal(state.get_value(), one)


@contextlib.contextmanager
def interrupted_after(seconds):
    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def call_forever(function):
    while True:
        function()


@pytest.mark.parametrize("size", [1, 1025])
def test_calls_are_compiled_once(compilations, size):
    x = T.dvector("x")
    state, read = theano.shared(np.zeros(size)), theano.shared(np.ones(size))
    add = theano.function([x], state.sum(), updates=[(state, state + x * read)])
    for _ in range(3):
        add(np.ones(size))
        state.set_value(np.zeros(size))
        add(np.ones(size))
    assert len(compilations) == 1


def test_an_interrupt_leaves_the_state_of_a_whole_number_of_calls():
    size, random = 400, np.random.RandomState(0)
    # Both count the calls. The large one is taken over by XLA, and slow.
    large, small = theano.shared(np.zeros((size, size))), theano.shared(0.0)
    mean = theano.shared(np.full((size, size), 1 / size))
    step = theano.function([], updates=[(large, T.dot(large, mean) + 1), (small, small + 1)])
    step()
    for _ in range(40):
        before = small.get_value()
        seconds = random.uniform(1e-3, 2e-2)
        with pytest.raises(KeyboardInterrupt), interrupted_after(seconds):
            call_forever(step)
        assert small.get_value() >= before
        np.testing.assert_allclose(large.get_value(), small.get_value(), rtol=1e-12)
    step()


def test_numbers_that_a_dtype_cannot_hold_are_refused_after_a_quick_call_too():
    x, n = T.fscalar("x"), T.bvector("n")
    f = theano.function([x, n], x + n.sum())
    assert float(f(1.5, [1, 2])) == 4.5
    for wrong in ((0.1, [1, 2]), (1.5, [1, 300]), (1e300, [1, 2]), (1.5, [1, 2.5])):
        with pytest.raises(TypeError, match="would lose precision"):
            f(*wrong)
    with pytest.raises(TypeError, match="wanted 0"):
        f([1.5], [1, 2])
    assert float(f(2.5, [1, 2])) == 5.5
    assert float(f(2.5, [1, 2, 3])) == 8.5
    assert float(f(np.float32(2.5), (1, 2))) == 5.5


def test_slots_refuse_what_does_not_fit_as_it_is():
    words = np.zeros(4, np.int64)
    write = Slot(words, 0, (2,), "float32").writer()
    assert [write(value) for value in ([1.0, 2.5], np.zeros(2, "float32"), [1, 2])] == [True] * 3
    refused = (
        [1.0],
        [0.1, 1.0],
        np.zeros(2),
        np.zeros((2, 1), "float32"),
        1.0,
        "ab",
        None,
        [[1, 2]],
    )
    assert [write(value) for value in refused] == [False] * len(refused)
    scalar = Slot(words, 2, (), "int8").writer()
    assert [scalar(value) for value in (3, 300, 2.0, True, [3])] == [
        True,
        False,
        False,
        False,
        False,
    ]
