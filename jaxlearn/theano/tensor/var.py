"""Theano's ``theano.tensor.var``."""

from jaxlearn.symbolic.errors import AsTensorError
from jaxlearn.symbolic.shared import TensorSharedVariable
from jaxlearn.symbolic.variables import TensorConstant, TensorVariable

__all__ = ["AsTensorError", "TensorConstant", "TensorSharedVariable", "TensorVariable"]
