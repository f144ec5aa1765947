"""Theano's ``theano.tensor.nnet.sigm``."""

from jaxlearn.symbolic.ops.neural import hard_sigmoid, sigmoid, softplus, ultra_fast_sigmoid

__all__ = [
    "hard_sigmoid",
    "sigmoid",
    "softplus",
    "ultra_fast_sigmoid",
]
