"""Theano's ``theano.scan_module.scan_op``: the operation that is a loop."""

from jaxlearn.symbolic.ops.scan import Scan

__all__ = ["Scan"]
