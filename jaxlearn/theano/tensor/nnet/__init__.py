"""Theano's ``theano.tensor.nnet``: functions of neural networks."""

from jaxlearn.symbolic.ops.neural import (
    binary_crossentropy,
    categorical_crossentropy,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    softplus,
)
from jaxlearn.theano.tensor.nnet import nnet, sigm

logsoftmax = log_softmax

__all__ = [
    "binary_crossentropy",
    "categorical_crossentropy",
    "log_softmax",
    "logsoftmax",
    "nnet",
    "relu",
    "sigm",
    "sigmoid",
    "softmax",
    "softplus",
]
