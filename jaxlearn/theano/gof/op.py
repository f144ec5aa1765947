"""Theano's ``theano.gof.op``."""

from jaxlearn.symbolic.graph import Op
from jaxlearn.symbolic.test_values import get_test_value

__all__ = ["Op", "get_test_value"]
