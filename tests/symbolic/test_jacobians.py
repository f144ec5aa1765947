"""Jacobians, Hessians and products: closed forms, and what is refused."""

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T

pytestmark = pytest.mark.usefixtures("strict")

RANDOM = np.random.RandomState(3)


def test_jacobian_hessian_and_products_of_them():
    x, v, u = T.dvector("x"), T.dvector("v"), T.dvector("u")
    weights = RANDOM.randn(4, 3)
    y = T.tanh(T.dot(weights, x))
    value, column, row = RANDOM.randn(3), RANDOM.randn(3), RANDOM.randn(4)
    jacobian = (1 - np.tanh(weights @ value) ** 2)[:, None] * weights
    found = theano.function(
        [x, v, u],
        [
            T.jacobian(y, x),
            T.Rop(y, x, v),
            T.Lop(y, x, u),
            T.hessian((y**2).sum(), x),
            T.hessian((x**3).sum(), x),
            T.jacobian(x.sum(), x),
            T.jacobian(T.dot(x, x) * x, [x])[0],
        ],
    )(value, column, row)
    np.testing.assert_allclose(found[0], jacobian, rtol=1e-12)
    np.testing.assert_allclose(found[1], jacobian @ column, rtol=1e-12)
    np.testing.assert_allclose(found[2], row @ jacobian, rtol=1e-12)
    np.testing.assert_allclose(found[3], _hessian_of_squares(weights, value), rtol=1e-10)
    np.testing.assert_allclose(found[4], np.diag(6 * value), rtol=1e-12)
    np.testing.assert_allclose(found[5], np.ones(3))
    wanted = value @ value * np.eye(3) + 2 * np.outer(value, value)
    np.testing.assert_allclose(found[6], wanted, rtol=1e-12)


def _hessian_of_squares(weights, value):
    t = np.tanh(weights @ value)
    second = 2 * (1 - t**2) * (1 - 3 * t**2)
    return (weights * second[:, None]).T @ weights


def test_jacobian_of_an_indexed_vector_is_checked_and_sized_by_its_inputs():
    x, n = T.dvector("x"), T.lscalar("n")
    jacobian = theano.function([x, n], T.jacobian(x[T.arange(n)] ** 2, x))
    np.testing.assert_array_equal(jacobian([1.0, 2.0, 3.0], 2), [[2, 0, 0], [0, 4, 0]])
    with pytest.raises(IndexError, match="out of bounds"):
        jacobian([1.0, 2.0], 3)


def test_the_product_of_what_does_not_depend_on_the_vector_is_zeros_of_its_own_shape():
    x, m = T.dvector("x"), T.dmatrix("m")
    by_itself = T.Rop(m, x, x, disconnected_outputs="ignore")
    found = theano.function([m], [T.Rop(m.sum(axis=0), x, x), by_itself])
    for product, shape in zip(found(np.ones((4, 3))), [(3,), (4, 3)], strict=True):
        np.testing.assert_array_equal(product, np.zeros(shape))
    assert T.Rop(m, x, x, "ignore", return_disconnected="None") is None


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (
            lambda x: T.jacobian(x.dimshuffle(0, "x"), x),
            TypeError,
            "jacobian expects a scalar or a vector",
        ),
        (lambda x: T.hessian(x.sum(), x.sum()), TypeError, "hessian expects a .list of. vector"),
        (
            lambda x: T.Lop([x, x], x, [x]),
            ValueError,
            "eval_points: got 1, wanted one for each of 2 expressions",
        ),
        (
            lambda x: T.Rop(T.dmatrix("m"), x, x),
            theano.gradient.DisconnectedInputError,
            "Rop: m is an input, and none of wrt, which is x; so its product is zero: leave it out "
            'of f, or say disconnected_outputs="ignore"',
        ),
    ],
)
def test_refusals(call, kind, text):
    with pytest.raises(kind, match=text):
        call(T.dvector("x"))
