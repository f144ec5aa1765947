"""Theano's ``theano.tensor.type``."""

from jaxlearn.symbolic.types import TensorType

__all__ = ["TensorType"]
