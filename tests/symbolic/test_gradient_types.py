"""Gradients that are not defined, that do not exist, or whose dtype is none of an integer's."""

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.theano import gradient

pytestmark = pytest.mark.usefixtures("strict")


def test_integers_count_as_reals():
    i, y = T.ivector("i"), T.dvector("y")
    by_i = T.grad((i * y).sum(), i)
    whole = T.grad((i * i).sum(), i)
    values = theano.function([i, y], [by_i, whole])(np.array([1, 2], "int32"), [1.5, 2.0])
    np.testing.assert_array_equal(values, [[1.5, 2.0], [0.0, 0.0]])
    assert by_i.dtype == whole.dtype == "float64"


def test_a_gradient_that_is_not_defined_says_why():
    x = T.dscalar("x")
    slope = T.grad(gradient.undefined_grad(x) * 2, x, null_gradients="return")
    assert isinstance(slope.type, gradient.NullType)
    assert "by input 0 (x) is not defined" in slope.type.why_null
    text = T.grad_not_implemented("my op", 1, x, "it is new").type.why_null
    assert text == "the gradient of my op by input 1 (x) is not implemented: it is new"
    with pytest.raises(ValueError, match="cost: it is not defined: the gradient of"):
        T.grad(slope, x)


def test_gradients_that_do_not_exist_are_of_one_type():
    assert gradient.DisconnectedType() == gradient.disconnected_type
    assert hash(gradient.DisconnectedType()) == hash(gradient.disconnected_type)
    assert gradient.DisconnectedType()().type == gradient.disconnected_type
