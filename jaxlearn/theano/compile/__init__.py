"""Theano's ``theano.compile``: functions."""

from jaxlearn.symbolic.errors import UnusedInputError
from jaxlearn.symbolic.function_arguments import In, Out, Param
from jaxlearn.symbolic.functions import Function, function
from jaxlearn.symbolic.shared import SharedVariable, shared
from jaxlearn.theano.compile import function_module, io, mode, sharedvalue
from jaxlearn.theano.compile.mode import FAST_COMPILE, FAST_RUN, Mode, get_default_mode, get_mode

__all__ = [
    "FAST_COMPILE",
    "FAST_RUN",
    "Function",
    "In",
    "Mode",
    "Out",
    "Param",
    "SharedVariable",
    "UnusedInputError",
    "function",
    "function_module",
    "get_default_mode",
    "get_mode",
    "io",
    "mode",
    "shared",
    "sharedvalue",
]
