"""Theano's ``theano.tensor.opt``: of it, what programs compute with."""

from jaxlearn.symbolic.ops.creation import Alloc
from jaxlearn.symbolic.ops.debugging import Assert, assert_op
from jaxlearn.symbolic.ops.shaping import MakeVector, Shape

__all__ = ["Alloc", "Assert", "MakeVector", "Shape", "assert_op"]
