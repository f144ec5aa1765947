"""Theano's ``theano.ifelse``: choices between expressions."""

from jaxlearn.symbolic.ops.ifelse import IfElse, ifelse

__all__ = ["IfElse", "ifelse"]
