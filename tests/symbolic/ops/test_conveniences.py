"""Small functions that stand for other expressions, against NumPy and Python."""

import re

import numpy as np
import pytest

import jaxlearn.theano.tensor as T

RANDOM = np.random.default_rng(0)


def test_largest_and_smallest_of_any_number():
    arrays = RANDOM.normal(size=(3, 5))
    for count in (1, 2, 3):
        np.testing.assert_array_equal(T.largest(*arrays[:count]).eval(), arrays[:count].max(0))
        np.testing.assert_array_equal(T.smallest(*arrays[:count]).eval(), arrays[:count].min(0))


@pytest.mark.parametrize("options", [{}, {"bias": True}, {"ddof": 2}, {"rowvar": False}])
def test_covariances_are_numpys(options):
    m, y = RANDOM.normal(size=(2, 3, 4))
    np.testing.assert_allclose(T.cov(m, **options).eval(), np.cov(m, **options), rtol=1e-12)
    np.testing.assert_allclose(T.cov(m, y, **options).eval(), np.cov(m, y, **options), rtol=1e-12)


def test_whole_quotients():
    a, b = np.array([7, 8, 9, -7]), np.array([3, 4, -2, 2])
    np.testing.assert_array_equal(T.ceil_intdiv(a, b).eval(), -(-a // b))
    for ours, wanted in zip(T.divmod(a, b), divmod(a, b), strict=True):
        np.testing.assert_array_equal(ours.eval(), wanted)
    assert T.power(2.0, [1.0, 3.0]).eval().tolist() == [2, 8]


def test_constants_and_axes():
    n = T.lscalar("n")
    assert T.extract_constant(T.constant(3)) == 3
    assert T.extract_constant(n) is n
    assert T.default(None, n) is n
    assert T.default(n, None) is n
    assert T.transfer(n, "cpu") is n
    assert T.check_and_normalize_axes(T.dmatrix(), (0, -1)) == [0, 1]
    assert T.check_and_normalize_axes(T.dmatrix(), None) == []
    assert T.is_flat(T.dmatrix(), 2)
    assert not T.is_flat(T.dmatrix(), outdim=1)


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: T.transfer(T.dscalar(), "gpu0"), ValueError, "target: got 'gpu0'; a function run"),
        (lambda: T.cov([[1.0]], aweights=[1]), NotImplementedError, "aweights: Theano has no wei"),
        (lambda: T.cov([1.0]), ValueError, "wanted a matrix"),
        (lambda: T.numpy_scalar([1, 2]), T.NotScalarConstantError, "got an array of shape (2,), w"),
        (lambda: T.check_and_normalize_axes(T.dvector(), 1), ValueError, "axis: got 1, for <Tens"),
        (lambda: T.check_and_normalize_axes(T.dvector(), 0.5), TypeError, "axis: got 0.5, wanted"),
    ],
)
def test_errors(make, kind, text):
    with pytest.raises(kind, match=re.escape(text)):
        make()
