"""Positions in arrays: both orders and all modes against NumPy, and what is refused."""

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T

SHAPE = (2, 3, 4)


@pytest.mark.parametrize("order", ["C", "F"])
def test_there_and_back(order):
    numbers = np.arange(24).reshape(4, 6)
    i, dims = T.lmatrix("i"), T.lvector("dims")
    indices = T.unravel_index(i, dims, order, ndim=3)
    back = T.ravel_multi_index(indices, dims, order=order)
    *found, again = theano.function([i, dims], [*indices, back])(numbers, SHAPE)
    np.testing.assert_array_equal(found, np.unravel_index(numbers, SHAPE, order))
    np.testing.assert_array_equal(again, numbers)


@pytest.mark.parametrize("mode", ["wrap", "clip"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_modes_are_numpys(mode, order):
    given = np.arange(-5, 7), np.arange(12), np.arange(12)[::-1] - 4
    found = T.ravel_multi_index(given, SHAPE, mode, order).eval()
    np.testing.assert_array_equal(found, np.ravel_multi_index(given, SHAPE, mode, order))


def test_one_axis_is_no_list():
    assert T.unravel_index([3, 1], (4,)).eval().tolist() == [3, 1]


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: T.unravel_index([1.0], (2, 3)), TypeError, "indices: got .*, wanted integers"),
        (lambda: T.unravel_index([1], 6), TypeError, "dims: got .*, wanted a vector"),
        (lambda: T.unravel_index([1], (2, 3), "K"), ValueError, "order: got 'K', wanted 'C', 'F'"),
        (
            lambda: T.unravel_index([1], T.lvector("d")),
            ValueError,
            "the length of d is known only when a function runs; pass ndim=",
        ),
        (lambda: T.ravel_multi_index(([1], [0.5]), (2, 3)), TypeError, "multi_index: got"),
        (
            lambda: T.ravel_multi_index(([1], [1]), (2, 3), mode="skip"),
            ValueError,
            "mode: got 'skip', wanted 'raise', 'wrap', 'clip'",
        ),
    ],
)
def test_errors(make, kind, text):
    with pytest.raises(kind, match=text):
        make()


@pytest.mark.parametrize("wrong", [-1, 6])
def test_what_is_out_of_bounds_raises_when_the_function_runs(wrong):
    i = T.lvector("i")
    compute = theano.function([i], T.unravel_index(i, (2, 3)))
    with pytest.raises(ValueError, match="an index in i is out of bounds for an array of shape"):
        compute([0, wrong])
    assert compute([5])[0] == 1
    raveled = theano.function([i], T.ravel_multi_index((i, [0]), (6, 1)))
    with pytest.raises(ValueError, match="out of bounds"):
        raveled([wrong])
    assert raveled([5]) == 5


def test_counts_of_axes_must_agree():
    dims = T.lvector("dims")
    with pytest.raises(ValueError, match="dims has 3 elements, wanted 2"):
        theano.function([dims], T.unravel_index([0], dims, ndim=2))(SHAPE)
    with pytest.raises(ValueError, match="there are 2 arrays of indices, wanted one for each of 3"):
        T.ravel_multi_index(([0], [0]), SHAPE).eval()
