"""Theano's ``theano.compile.function_module``."""

from jaxlearn.symbolic.errors import UnusedInputError
from jaxlearn.symbolic.functions import Function

__all__ = ["Function", "UnusedInputError"]
