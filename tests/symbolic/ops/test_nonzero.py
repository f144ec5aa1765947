"""Where elements are not zero, and masks."""

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.ops import nonzero

pytestmark = pytest.mark.usefixtures("strict")

X = np.arange(20.0).reshape(5, 4) - 7


def test_where_elements_are_not_zero():
    x = T.dmatrix("x")
    value = X * (X % 3 != 0)
    for found, expected in zip(x.nonzero(), value.nonzero(), strict=True):
        np.testing.assert_array_equal(found.eval({x: value}), expected)
    matrix = x.nonzero(return_matrix=True)
    assert (matrix.dtype, matrix.ndim) == ("int64", 2)
    np.testing.assert_array_equal(matrix.eval({x: value}), np.stack(value.nonzero()))
    np.testing.assert_array_equal(T.flatnonzero(x).eval({x: value}), np.flatnonzero(value))
    np.testing.assert_array_equal(T.nonzero_values(x).eval({x: value}), value[value != 0])


def test_a_mask_without_axes():
    x, b = T.dmatrix("x"), T.scalar("b", "bool")
    for flag in (True, False):
        np.testing.assert_array_equal(x[b].eval({x: X, b: flag}), X[np.array(flag)])
        found = T.set_subtensor(x[b], 1).eval({x: X, b: flag})
        np.testing.assert_array_equal(found, np.ones_like(X) if flag else X)


def test_a_masked_write_needs_no_stage_of_its_own():
    x, v = T.dmatrix("x"), T.dvector("v")
    for part, value in (
        (x[x > 0], 0),
        (x[(x > 0).nonzero()], 0),
        (x[x[:, 0] > 0], v),
        (x[x > 0], x[0, 0]),
    ):
        operations = {
            type(node.op)
            for node in theano.gof.graph.io_toposort([x, v], [T.set_subtensor(part, value)])
        }
        assert nonzero.Nonzero not in operations
    operations = theano.gof.graph.io_toposort([x, v], [T.set_subtensor(x[x > 0], v)])
    assert nonzero.Nonzero in {type(node.op) for node in operations}


def test_a_smaller_mask_by_its_nonzero_elements():
    x, m = T.dmatrix("x"), T.matrix("m", "bool")
    mask = X[:3, :2] > -5
    expected = X.copy()
    expected[mask.nonzero()] = 0
    np.testing.assert_array_equal(
        T.set_subtensor(x[m.nonzero()], 0).eval({x: X, m: mask}), expected
    )
    larger = np.zeros((6, 5), bool)
    larger[:3, :2] = mask
    np.testing.assert_array_equal(
        T.set_subtensor(x[m.nonzero()], 0).eval({x: X, m: larger}), expected
    )
    larger[5, 0] = True
    with pytest.raises(IndexError, match="out of bounds"):
        T.set_subtensor(x[m.nonzero()], 0).eval({x: X, m: larger})


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("x[m]", "the mask has shape (3,), and what it indexes has shape (5, 4), "
         "wanted (5,) for axes 0"),
        ("x[:, m]", "wanted (4,) for axes 1"),
        ("T.set_subtensor(x[m], 0)", "the mask has shape (3,)"),
    ],
)  # fmt: skip
def test_a_mask_of_another_shape(expression, text, compute):
    with pytest.raises(IndexError) as raised:
        compute(expression, x=X, m=np.array([True, False, True]))
    assert text in str(raised.value)
    assert "made at" in str(raised.value)


def test_a_scalar_has_no_indices():
    with pytest.raises(ValueError, match="a scalar, wanted a tensor with axes"):
        T.nonzero(T.dscalar())
