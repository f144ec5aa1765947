"""Theano's ``theano.tensor.xlogx``."""

from jaxlearn.symbolic.ops.elementwise import ROWS

xlogx = ROWS["xlogx"]
xlogy0 = ROWS["xlogy0"]

__all__ = ["xlogx", "xlogy0"]
