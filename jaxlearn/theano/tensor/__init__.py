"""Theano's ``theano.tensor``."""

from jaxlearn.symbolic.gradients import Lop, Rop, grad, hessian, jacobian
from jaxlearn.theano.tensor import basic, nnet, opt, sharedvar, subtensor, type, var  # noqa: A004
from jaxlearn.theano.tensor.basic import *  # type: ignore[no-redef]  # noqa: F403
from jaxlearn.theano.tensor.basic import __all__ as _names_of_basic

__all__ = [
    "Lop",
    "Rop",
    "basic",
    "grad",
    "hessian",
    "jacobian",
    "nnet",
    "opt",
    "sharedvar",
    "subtensor",
    "type",
    "var",
]
__all__ += _names_of_basic
