"""Theano's ``theano.gof``: graphs."""

from jaxlearn.symbolic.errors import MissingInputError
from jaxlearn.symbolic.functions import FunctionGraph
from jaxlearn.symbolic.graph import Apply, Constant, Op, Variable
from jaxlearn.symbolic.types import Type, generic
from jaxlearn.theano.gof import fg, graph, op, type, utils  # noqa: A004

__all__ = [
    "Apply",
    "Constant",
    "FunctionGraph",
    "MissingInputError",
    "Op",
    "Type",
    "Variable",
    "fg",
    "generic",
    "graph",
    "op",
    "type",
    "utils",
]
