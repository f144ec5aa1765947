"""What changes a gradient on its way."""

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.errors import DisconnectedInputError, NullTypeGradError
from jaxlearn.theano import gradient

pytestmark = pytest.mark.usefixtures("strict")


def test_markers():
    x = T.dscalar("x")
    cases = [
        (x * gradient.disconnected_grad(x), 3.0),
        (x * gradient.zero_grad(x), 3.0),
        (x * gradient.consider_constant(x), 3.0),
        (gradient.grad_clip(x * 10, -2, 2), 20.0 / 2),
        (gradient.grad_clip(x, -0.5, 0.5), 0.5),
    ]
    slopes = theano.function([x], [T.grad(cost, x) for cost, _ in cases])(3.0)
    np.testing.assert_allclose(slopes, [wanted for _, wanted in cases])
    with pytest.raises(NullTypeGradError, match="the gradient by x is not defined"):
        T.grad(gradient.undefined_grad(x), x)
    with pytest.raises(ValueError, match="wanted the upper one at least as large"):
        gradient.grad_clip(x, 1, -1)


@pytest.mark.parametrize("stopped", [gradient.zero_grad, gradient.disconnected_grad])
def test_what_counts_as_constant_does_so_for_every_derivative_of_jax(stopped):
    x = T.dvector("x")
    pure, state = theano.function([x], (x**3 * stopped(x)).sum()).as_jax()
    at, along = np.array([1.0, -2.0]), np.array([0.5, 3.0])
    with jax.enable_x64(True):
        hessian = jax.hessian(lambda x: pure(state, x)[0])(at)
        _, slope = jax.jvp(lambda x: pure(state, x)[0], (at,), (along,))
    np.testing.assert_allclose(hessian, np.diag(6 * at**2), rtol=1e-12)
    np.testing.assert_allclose(slope, (3 * at**3 * along).sum(), rtol=1e-12)


def test_a_view_of_a_programs_own_has_the_gradient_that_it_says():
    class Doubled(theano.gradient.ViewOp):
        def grad(self, args, g_outs):
            return [2 * g for g in g_outs]

    class Disconnected(theano.gradient.ViewOp):
        def grad(self, args, g_outs):
            return [T.DisconnectedType()() for _ in g_outs]

        def connection_pattern(self, node):
            return [[False]]

    x = T.dscalar("x")
    assert T.grad(Doubled()(x**2), x).eval({x: 3.0}) == 12
    assert T.grad(x * Disconnected()(x), x).eval({x: 3.0}) == 3
    with pytest.raises(DisconnectedInputError):
        T.grad(Disconnected()(x), x)
    # As programs have Theano take such an operation out again: there is nothing to take out.
    removal = theano.gof.OpRemove(Disconnected)
    assert theano.tensor.opt.register_canonicalize(removal, name="remove") is removal
