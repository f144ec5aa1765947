"""Theano's ``theano.updates``."""

from jaxlearn.symbolic.shared import OrderedUpdates

__all__ = ["OrderedUpdates"]
