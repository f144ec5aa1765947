"""Theano's ``theano.compile.io``."""

from jaxlearn.symbolic.function_arguments import In, Out

__all__ = ["In", "Out"]
