"""Theano's ``theano.tensor.xlogx``."""

from jaxlearn.symbolic.ops.elementwise import ROWS
from jaxlearn.theano.replaced import refusing

__getattr__ = refusing(__name__)

xlogx = ROWS["xlogx"]
xlogy0 = ROWS["xlogy0"]

__all__ = ["xlogx", "xlogy0"]
