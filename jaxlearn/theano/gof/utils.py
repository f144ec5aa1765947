"""Theano's ``theano.gof.utils``."""

from jaxlearn.symbolic.graph import Scratchpad as scratchpad  # noqa: N813  (Theano's name)

__all__ = ["scratchpad"]
