"""Gradients held against finite differences."""

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.gradient_checking import VerifyGradError
from jaxlearn.theano import gradient

pytestmark = pytest.mark.usefixtures("strict")


def test_numeric_gradients():
    def f(x, y):
        return (x * y**2).sum()

    x, y = np.array([1.0, -2.0]), np.array([[0.5], [3.0]])
    found = T.numeric_grad(f, [x, y]).gf
    np.testing.assert_allclose(found[0], np.full(2, (y**2).sum()), rtol=1e-6)
    np.testing.assert_allclose(found[1], 2 * y * x.sum(), rtol=1e-6)
    slopes = T.numeric_grad(f, [x, y], out_type="float32")
    exact = [np.full(2, (y**2).sum()), 2 * y * x.sum()]
    exact[1][1, 0] += 1
    where, place, absolute, relative = slopes.max_err(exact, 1e-4, 1e-4)
    assert (where, place) == (1, 1)
    assert absolute == pytest.approx(1, abs=0.01)
    assert relative == pytest.approx(1 / 11, rel=0.05)
    with pytest.raises(TypeError, match="pt: got dtype int64, wanted floating point numbers"):
        T.numeric_grad(f, np.array([1, 2]))


def test_verify_grad_accepts_what_is_right_and_names_what_is_wrong():
    theano.gradient.verify_grad(T.tanh, [np.array([0.1, -0.5])], rng=np.random.RandomState(1))

    def wrong(x):
        return x * gradient.disconnected_grad(x)

    with pytest.raises(VerifyGradError, match=r"the gradient by argument 0 at \(0,\) is"):
        theano.gradient.verify_grad(wrong, [np.array([0.7])], rng=np.random.RandomState(1))

    def length(x):
        return T.sqrt(x**2)

    point = [np.array([[0.7, 0.5], [0.25, 0.0]])]
    with pytest.raises(VerifyGradError, match=r"at \(1, 1\) is nan"):
        theano.gradient.verify_grad(length, point, rng=np.random.RandomState(1))
    with pytest.raises(TypeError, match="rng: got None"):
        theano.gradient.verify_grad(T.tanh, [np.array([0.1])])
