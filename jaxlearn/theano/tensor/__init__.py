"""Theano's ``theano.tensor``."""

from jaxlearn.symbolic.gradients import Lop, Rop, grad, hessian, jacobian
from jaxlearn.theano.tensor import (
    basic,
    elemwise,
    extra_ops,
    fft,
    nlinalg,
    nnet,
    opt,
    sharedvar,
    subtensor,
    type,  # noqa: A004
    var,
    xlogx,
)
from jaxlearn.theano.tensor import sort as sort
from jaxlearn.theano.tensor.basic import *  # type: ignore[no-redef]  # noqa: F403
from jaxlearn.theano.tensor.basic import __all__ as _names_of_basic
from jaxlearn.theano.tensor.elemwise import CAReduce, Elemwise, Sum
from jaxlearn.theano.tensor.extra_ops import bartlett, ravel_multi_index, unravel_index

__all__ = [
    "CAReduce",
    "Elemwise",
    "Lop",
    "Rop",
    "Sum",
    "bartlett",
    "basic",
    "elemwise",
    "extra_ops",
    "fft",
    "grad",
    "hessian",
    "jacobian",
    "nlinalg",
    "nnet",
    "opt",
    "ravel_multi_index",
    "sharedvar",
    "subtensor",
    "type",
    "unravel_index",
    "var",
    "xlogx",
]
__all__ += _names_of_basic
