"""Theano's ``theano.sandbox``."""

from jaxlearn.theano.sandbox import linalg, multinomial, rng_mrg

__all__ = ["linalg", "multinomial", "rng_mrg"]
