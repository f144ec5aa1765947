"""Theano's ``theano.scalar``: of it, the rules for dtypes."""

from jaxlearn.symbolic.types import upcast

__all__ = ["upcast"]
