"""Theano's ``theano.gof.fg``."""

from jaxlearn.symbolic.errors import MissingInputError
from jaxlearn.symbolic.functions import FunctionGraph

__all__ = ["FunctionGraph", "MissingInputError"]
