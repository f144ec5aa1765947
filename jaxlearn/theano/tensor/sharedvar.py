"""Theano's ``theano.tensor.sharedvar``."""

from jaxlearn.symbolic.shared import TensorSharedVariable, load_shared_variable, shared
from jaxlearn.theano.replaced import refusing

__getattr__ = refusing(__name__)

tensor_constructor = shared
scalar_constructor = shared

__all__ = [
    "TensorSharedVariable",
    "load_shared_variable",
    "scalar_constructor",
    "shared",
    "tensor_constructor",
]
