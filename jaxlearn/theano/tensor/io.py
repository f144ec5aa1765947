"""Theano's ``theano.tensor.io``."""

from jaxlearn.symbolic.ops.files import LoadFromDisk, load
from jaxlearn.theano.replaced import refusing

__getattr__ = refusing(__name__)

__all__ = ["LoadFromDisk", "load"]
