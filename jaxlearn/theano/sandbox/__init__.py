"""Theano's ``theano.sandbox``."""

from jaxlearn.theano.sandbox import multinomial, rng_mrg

__all__ = ["multinomial", "rng_mrg"]
