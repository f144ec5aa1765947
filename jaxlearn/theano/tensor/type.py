"""Theano's ``theano.tensor.type``."""

from jaxlearn.symbolic.types import TensorType
from jaxlearn.theano.replaced import refusing

__getattr__ = refusing(__name__)

Tensor = TensorType

__all__ = ["Tensor", "TensorType"]
