"""Theano's ``theano.compile.io``."""

from jaxlearn.symbolic.functions import In, Out

__all__ = ["In", "Out"]
