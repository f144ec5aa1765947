"""Running sums and products, and differences: as NumPy's, with right derivatives at zeros."""

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.ops.accumulation import CumOp, DiffOp

AXES = [None, 0, 1, 2, -1]
VALUES = np.random.RandomState(1).uniform(-2, 2, (2, 3, 4))


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def test_sums_and_products_along_every_axis_are_numpys():
    x = T.dtensor3("x")
    outputs = [run(axis) for axis in AXES for run in (x.cumsum, x.cumprod)]
    wanted = [run(VALUES, axis) for axis in AXES for run in (np.cumsum, np.cumprod)]
    for output, answer, want in zip(
        outputs, theano.function([x], outputs)(VALUES), wanted, strict=True
    ):
        assert output.ndim == want.ndim
        np.testing.assert_allclose(answer, want, rtol=1e-13)
        np.testing.assert_allclose(output.owner.op.host(output.owner, VALUES), want, rtol=1e-13)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "float16", "float32", "complex64"])
def test_the_dtype_stays(dtype):
    x = T.TensorType(dtype, (False,))("x")
    values = np.array([3, 2, 100, 1], dtype)
    total, product = theano.function([x], [T.cumsum(x), T.cumprod(x)])(values)
    assert total.dtype == product.dtype == dtype
    assert total.tolist() == np.cumsum(values, dtype=dtype).tolist()
    assert product.tolist() == np.cumprod(values, dtype=dtype).tolist()


def test_bool_stays_bool():
    x = T.TensorType("bool", (False,))("x")
    total, product = theano.function([x], [T.cumsum(x), T.cumprod(x)])([False, True, True, False])
    assert total.tolist() == [False, True, True, True]
    assert product.tolist() == [False] * 4


@pytest.mark.parametrize("values", [[2.0, 3.0, 5.0], [2.0, 0.0, 5.0], [0.0, 0.0, 5.0]])
def test_the_derivative_of_a_product_is_right_at_zeros(values):
    x = T.dvector("x")
    a, b, c = values
    slope = T.grad(T.cumprod(x).sum(), x).eval({x: values})
    np.testing.assert_allclose(slope, [1 + b + b * c, a + a * c, a * b])


def test_a_second_derivative_of_a_sum_exists_where_it_is_squared():
    x = T.dvector("x")
    second = T.hessian((T.cumsum(x) ** 2).sum(), x).eval({x: [1.0, 2.0, 3.0]})
    np.testing.assert_allclose(second, [[6, 4, 2], [4, 4, 2], [2, 2, 2]])


def test_differences_of_every_order_are_numpys_and_differentiable():
    x = T.dtensor3("x")
    options = [(n, axis) for n in (0, 1, 2, 5) for axis in (0, 1, -1)]
    outputs = [T.extra_ops.diff(x, n, axis) for n, axis in options]
    for (n, axis), answer in zip(options, theano.function([x], outputs)(VALUES), strict=True):
        np.testing.assert_allclose(answer, np.diff(VALUES, n, axis), rtol=1e-13)
    slope = T.grad((outputs[4] * np.array([1.0, 10, 100, 1000])).sum(), x).eval({x: VALUES})
    np.testing.assert_allclose(slope[0], np.outer([-1, 0, 1], [1, 10, 100, 1000]))


def test_an_axis_no_longer_broadcasts_once_differences_are_taken():
    x = T.row("x")
    assert T.extra_ops.diff(x, axis=0).broadcastable == (False, False)
    assert T.extra_ops.diff(x, 0, axis=0).broadcastable == (True, False)
    assert T.cumsum(x).broadcastable == (False,)
    assert T.cumsum(x, 0).broadcastable == (True, False)


def test_wrong_axes_and_modes_are_refused():
    x = T.dmatrix("x")
    with pytest.raises(ValueError, match=r"cumsum: got axis 2, which is out of bounds for x of"):
        T.cumsum(x, 2)
    with pytest.raises(ValueError, match=r"cumprod: got axis -3.*wanted one from -2 to 1"):
        T.cumprod(x, -3)
    with pytest.raises(ValueError, match=r"diff: got axis 5"):
        T.extra_ops.diff(x, axis=5)
    with pytest.raises(ValueError, match="n: got -1"):
        DiffOp(-1)
    with pytest.raises(ValueError, match="mode: got 'max'"):
        CumOp(mode="max")
