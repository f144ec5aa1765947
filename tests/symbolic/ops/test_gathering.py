"""Arrays of indices: where their axes go, any dtype, the last of several, out of bounds."""

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.ops import gathering

pytestmark = pytest.mark.usefixtures("strict")

X = np.arange(20.0).reshape(5, 4) - 7
CUBE = np.arange(24.0).reshape(2, 3, 4)
ROWS = np.array([1, -1, 1])
COLUMNS = np.array([0, 3, 2])


@pytest.mark.parametrize(
    "index",
    ["r, :, c", ":, r, c", "0, :, c", "i, :, c", "r, 1", "r, :, 1", "..., c", "r, ..., c",
     "r, i:, c", "r, None, c % 3", ":, 1, c", ":, i, c", "i:, r, 1:3", "r, r, c",
     "None, r, c % 3", ":, None, c % 3", "0, x[0] > 5", "x[:, :, 0] > 5", "x[:, :, 0] > 5, 1",
     ":, x[0] > 5", "x[:, 0, 0] > 1, :, 0"],
)  # fmt: skip
def test_the_axes_of_arrays_go_where_numpy_puts_them(index, same_as_numpy):
    values = {"x": CUBE, "i": 1, "r": [1, -1, 0], "c": COLUMNS}
    same_as_numpy(f"x[{index}]", **values)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint32", "int64", "uint64"])
def test_indices_of_any_integer_dtype(dtype):
    tall = np.arange(600.0).reshape(300, 2)
    i, vector = T.scalar("i", dtype), T.vector("v", dtype)
    last = min(np.iinfo(dtype).max, 299)
    x = T.dmatrix("x")
    np.testing.assert_array_equal(x[i].eval({x: tall, i: last}), tall[last])
    np.testing.assert_array_equal(x[i:].eval({x: tall, i: last}), tall[last:])
    indices = np.array([last, 1], dtype)
    np.testing.assert_array_equal(x[vector].eval({x: tall, vector: indices}), tall[indices])


@pytest.mark.parametrize("shape", [(1000,), (40, 25), (10, 10, 10)])
def test_repeated_indices_where_the_order_of_writing_is_not_defined(shape):
    random = np.random.RandomState(1)
    place = tuple(random.randint(0, length, 5000) for length in shape[:2])
    layout = tuple(axis < 2 for axis in range(len(shape)))
    whole, values = random.randn(*shape), random.randn(5000, *shape[2:])
    expected = whole.copy()
    expected[place] = values
    with jax.enable_x64(True):
        found = jax.jit(lambda x, y, *index: gathering._scatter_last(layout, x, y, *index))(
            whole, values, *place
        )
    np.testing.assert_array_equal(found, expected)


WRONG_INDEX = (
    "index {} is out of bounds for axis {} of x, which has shape (5, 4): wanted {} to {}\n  made at"
)


@pytest.mark.parametrize(
    ("expression", "where"),
    [
        ("x[5]", (5, 0, -5, 4)),
        ("x[0, -5]", (-5, 1, -4, 3)),
        ("x[i]", ("i", 0, -5, 4)),
        ("x[1:, i]", ("i", 1, -4, 3)),
        ("x[[0, 7]]", (7, 0, -5, 4)),
        ("x[r]", ("r", 0, -5, 4)),
        ("x[:, r]", ("r", 1, -4, 3)),
        ("x[[0, 1], r[:2]]", ("Subtensor{:int64:}.0", 1, -4, 3)),
        ("T.set_subtensor(x[i], 0)", ("i", 0, -5, 4)),
        ("T.inc_subtensor(x[r], 0)", ("r", 0, -5, 4)),
        ("T.set_subtensor(x[r, 0], 0)", ("r", 0, -5, 4)),
        ("theano.grad(x[r].sum(), x)", ("r", 0, -5, 4)),
    ],
)
def test_indices_out_of_bounds(expression, where, compute):
    with pytest.raises(IndexError) as raised:
        compute(expression, x=X, i=-6, r=[0, 9, 1])
    assert WRONG_INDEX.format(*where) in str(raised.value)


def test_an_index_out_of_bounds_changes_no_shared_variable():
    weights = theano.shared(X.copy(), "weights")
    i = T.lscalar("i")
    step = theano.function([i], [], updates=[(weights, T.inc_subtensor(weights[i], 1))])
    with pytest.raises(IndexError, match="index i is out of bounds for axis 0 of weights"):
        step(5)
    np.testing.assert_array_equal(weights.get_value(), X)
    step(-5)
    np.testing.assert_array_equal(weights.get_value()[0], X[0] + 1)
