"""Choosing among tensors, and permuting rows, as NumPy does."""

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.ops import choosing

pytestmark = pytest.mark.usefixtures("strict")

X = np.arange(20.0).reshape(5, 4) - 7


def test_choosing():
    rows = np.array([0, 4, 1, 1])
    x, a = T.dmatrix("x"), T.lvector("a")
    np.testing.assert_array_equal(choosing.choose(a, x).eval({x: X, a: rows}), np.choose(rows, X))
    for mode in ("wrap", "clip"):
        found = choosing.choose(a, x, mode=mode).eval({x: X, a: 7 * rows - 5})
        np.testing.assert_array_equal(found, np.choose(7 * rows - 5, X, mode=mode))
    gradient = theano.grad(choosing.choose(a, x).sum(), x).eval({x: X, a: rows})
    expected = np.zeros_like(X)
    expected[rows, np.arange(4)] = 1
    np.testing.assert_array_equal(gradient, expected)


def test_a_number_that_names_no_choice():
    x, a = T.dmatrix("x"), T.lvector("a")
    text = "invalid entry in choice array: a must be 0 to 4, for 5 choices"
    with pytest.raises(ValueError, match=text):
        choosing.choose(a, x).eval({x: X, a: [0, 5, 1, 1]})
    with pytest.raises(ValueError, match="shape mismatch: the numbers a have shape"):
        choosing.choose(a, x).eval({x: X, a: [0, 1]})


def test_permuting_rows():
    orders = np.array([[2, 0, 1], [0, 2, 1]])
    values = np.array([[5.0, 6.0, 7.0], [8.0, 9.0, 10.0]])
    x, y = T.dmatrix("x"), T.lmatrix("y")
    permuted = choosing.permute_row_elements(x, y)
    expected = np.take_along_axis(values, orders, 1)
    np.testing.assert_array_equal(permuted.eval({x: values, y: orders}), expected)
    back = choosing.permute_row_elements(permuted, y, inverse=True)
    np.testing.assert_array_equal(back.eval({x: values, y: orders}), values)
    inverse = choosing.inverse_permutation(y)
    np.testing.assert_array_equal(inverse.eval({y: orders}), np.argsort(orders, 1))


def test_a_permutation_out_of_bounds():
    x, y = T.dmatrix("x"), T.lmatrix("y")
    permuted = choosing.permute_row_elements(x, y)
    with pytest.raises(IndexError, match="index y is out of bounds for axis 1 of x"):
        permuted.eval({x: X[:1], y: [[0, 1, 2, 9]]})
    with pytest.raises(ValueError, match="has length 4 in its last axis"):
        permuted.eval({x: X[:1], y: [[0, 1, 2]]})
