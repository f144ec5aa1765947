"""Theano's ``theano.gof``: graphs."""

from jaxlearn.symbolic.errors import MissingInputError
from jaxlearn.symbolic.functions import FunctionGraph
from jaxlearn.symbolic.graph import Apply, Constant, Op, Variable
from jaxlearn.symbolic.rewrites import Rewrite as OpRemove
from jaxlearn.symbolic.rewrites import local_optimizer
from jaxlearn.symbolic.types import Type, generic
from jaxlearn.theano.gof import fg, graph, op, type, utils  # noqa: A004

__all__ = [
    "Apply",
    "Constant",
    "FunctionGraph",
    "MissingInputError",
    "Op",
    "OpRemove",
    "Type",
    "Variable",
    "fg",
    "generic",
    "graph",
    "local_optimizer",
    "op",
    "type",
    "utils",
]
