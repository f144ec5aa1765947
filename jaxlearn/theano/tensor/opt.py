"""Theano's ``theano.tensor.opt``: of it, what programs compute with.

Rewrites that a program registers are accepted and left out: they change how a value is computed,
and not which.
"""

from jaxlearn.symbolic.ops.creation import Alloc
from jaxlearn.symbolic.ops.debugging import Assert, assert_op
from jaxlearn.symbolic.ops.joining import MakeVector
from jaxlearn.symbolic.ops.shaping import Shape
from jaxlearn.symbolic.rewrites import register_rewrite
from jaxlearn.theano.replaced import refusing

__getattr__ = refusing(__name__)

make_vector = MakeVector()
register_canonicalize = register_rewrite
register_specialize = register_rewrite
register_specialize_device = register_rewrite
register_stabilize = register_rewrite
register_uncanonicalize = register_rewrite
register_useless = register_rewrite

__all__ = [
    "Alloc",
    "Assert",
    "MakeVector",
    "Shape",
    "assert_op",
    "make_vector",
    "register_canonicalize",
    "register_specialize",
    "register_specialize_device",
    "register_stabilize",
    "register_uncanonicalize",
    "register_useless",
]
