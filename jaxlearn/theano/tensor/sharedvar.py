"""Theano's ``theano.tensor.sharedvar``."""

from jaxlearn.symbolic.shared import TensorSharedVariable, shared

tensor_constructor = shared
scalar_constructor = shared

__all__ = ["TensorSharedVariable", "scalar_constructor", "shared", "tensor_constructor"]
