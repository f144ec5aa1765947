"""Theano's ``theano.tensor.shared_randomstreams``."""

from jaxlearn.symbolic.random_states import RandomStateSharedVariable
from jaxlearn.symbolic.random_streams import RandomStreams
from jaxlearn.symbolic.shared import shared as randomstate_constructor

__all__ = ["RandomStateSharedVariable", "RandomStreams", "randomstate_constructor"]
