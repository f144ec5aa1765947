"""Theano's ``theano.tensor.nnet.nnet``."""

from jaxlearn.symbolic.ops.neural import (
    binary_crossentropy,
    categorical_crossentropy,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    softplus,
)

logsoftmax = log_softmax

__all__ = [
    "binary_crossentropy",
    "categorical_crossentropy",
    "log_softmax",
    "logsoftmax",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
]
