"""Fourier transforms of real arrays: against NumPy's, and what they refuse."""

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.theano.tensor import fft

RANDOM = np.random.default_rng(0)


def pairs(numbers):
    return np.stack([numbers.real, numbers.imag], -1)


@pytest.mark.parametrize("shape", [(2, 5), (3, 4, 6), (2, 3, 4, 5)])
@pytest.mark.parametrize(("norm", "numpy_norm"), [(None, "backward"), ("ortho", "ortho")])
def test_forward_and_back_are_numpys(shape, norm, numpy_norm):
    x = T.TensorType("float64", (False,) * len(shape))("x")
    array = RANDOM.normal(size=shape)
    there = fft.rfft(x, norm)
    back = fft.irfft(there, norm, is_odd=shape[-1] % 2 == 1)
    found = theano.function([x], [there, back])(array)
    wanted = np.fft.rfftn(array, axes=range(1, len(shape)), norm=numpy_norm)
    np.testing.assert_allclose(found[0], pairs(wanted), atol=1e-13)
    np.testing.assert_allclose(found[1], array, atol=1e-13)


def test_without_a_norm_the_inverse_is_a_sum():
    array = RANDOM.normal(size=(2, 6))
    back = fft.irfft(fft.rfft(array, "no_norm"), "no_norm")
    np.testing.assert_allclose(back.eval(), 6 * array, atol=1e-12)


def test_gradients_are_those_of_the_sums_written_out():
    x = T.dmatrix("x")
    weights = RANDOM.normal(size=(1, 4, 2))
    slope = T.grad((fft.rfft(x) * weights).sum(), x).eval({x: RANDOM.normal(size=(1, 6))})
    angles = 2 * np.pi * np.outer(np.arange(6), np.arange(4)) / 6
    wanted = np.cos(angles) @ weights[0, :, 0] - np.sin(angles) @ weights[0, :, 1]
    np.testing.assert_allclose(slope[0], wanted, atol=1e-12)
    point = RANDOM.normal(size=(1, 3, 2))
    theano.gradient.verify_grad(fft.irfft, [point], rng=np.random.RandomState(0))


def test_lengths_may_be_symbolic():
    x, n = T.dmatrix("x"), T.lscalar("n")
    compute = theano.function([x, n], fft.rfft_op(x, T.stack([n])))
    array = RANDOM.normal(size=(2, 6))
    for length in (3, 6, 9):
        np.testing.assert_allclose(
            compute(array, length), pairs(np.fft.rfft(array, length)), atol=1e-13
        )


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: fft.rfft(T.lmatrix("n")), TypeError, "wanted floating point numbers; cast it"),
        (lambda: fft.rfft(T.dvector("v")), TypeError, "wanted 2 axes or more; the first one count"),
        (lambda: fft.irfft(T.dmatrix("m")), TypeError, "wanted 3 axes or more; the first one coun"),
        (lambda: fft.rfft(T.dmatrix(), "x"), ValueError, "norm: got 'x', wanted None, 'ortho' or"),
        (lambda: fft.irfft(T.dtensor3(), is_odd=2), ValueError, "is_odd: got 2, wanted True or Fa"),
        (lambda: fft.rfft_op(T.dmatrix(), 4), TypeError, "wanted a vector of integers"),
    ],
)
def test_errors(make, kind, text):
    with pytest.raises(kind, match=text):
        make()


def test_nothing_has_no_transform():
    x = T.dmatrix("x")
    with pytest.raises(ValueError, match=r"the lengths of the transform are \(0,\), wanted one of"):
        fft.rfft(x).eval({x: np.zeros((2, 0))})
    with pytest.raises(ValueError, match=r"are \(2, 2\), wanted one of 1 or more for each of 1 ax"):
        fft.rfft_op(x, [2, 2]).eval({x: np.zeros((2, 2))})
