"""Theano's ``theano.tensor``."""

from jaxlearn.symbolic.gradients import Lop, Rop, grad, hessian, jacobian
from jaxlearn.theano.tensor import (
    basic,
    elemwise,
    extra_ops,
    nlinalg,
    nnet,
    opt,
    raw_random,
    shared_randomstreams,
    sharedvar,
    subtensor,
    type,  # noqa: A004
    var,
)
from jaxlearn.theano.tensor import sort as sort
from jaxlearn.theano.tensor.basic import *  # type: ignore[no-redef]  # noqa: F403
from jaxlearn.theano.tensor.basic import __all__ as _names_of_basic
from jaxlearn.theano.tensor.elemwise import CAReduce, Elemwise, Sum

__all__ = [
    "CAReduce",
    "Elemwise",
    "Lop",
    "Rop",
    "Sum",
    "basic",
    "elemwise",
    "extra_ops",
    "grad",
    "hessian",
    "jacobian",
    "nlinalg",
    "nnet",
    "opt",
    "raw_random",
    "shared_randomstreams",
    "sharedvar",
    "subtensor",
    "type",
    "var",
]
__all__ += _names_of_basic
