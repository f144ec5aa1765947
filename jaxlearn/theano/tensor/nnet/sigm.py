"""Theano's ``theano.tensor.nnet.sigm``."""

from jaxlearn.symbolic.ops.neural import sigmoid, softplus

__all__ = ["sigmoid", "softplus"]
