"""Theano's ``theano.gof.type``."""

from jaxlearn.symbolic.types import GenericType as Generic
from jaxlearn.symbolic.types import Type, generic

__all__ = ["Generic", "Type", "generic"]
