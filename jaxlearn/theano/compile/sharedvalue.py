"""Theano's ``theano.compile.sharedvalue``."""

from jaxlearn.symbolic.shared import SharedVariable, shared

__all__ = ["SharedVariable", "shared"]
