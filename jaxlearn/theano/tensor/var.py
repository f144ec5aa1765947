"""Theano's ``theano.tensor.var``."""

from jaxlearn.symbolic.errors import AsTensorError
from jaxlearn.symbolic.shared import TensorSharedVariable
from jaxlearn.symbolic.variables import TensorConstant, TensorOperators, TensorVariable
from jaxlearn.theano.replaced import refusing

__getattr__ = refusing(__name__)

_tensor_py_operators = TensorOperators

__all__ = ["AsTensorError", "TensorConstant", "TensorSharedVariable", "TensorVariable"]
