"""Theano's ``theano.scan_module.scan_utils``."""

from jaxlearn.symbolic.graph import clone, equal_computations
from jaxlearn.symbolic.scanning import until

__all__ = ["clone", "equal_computations", "until"]
