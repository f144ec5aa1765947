"""Theano's ``theano.sandbox.multinomial``."""

from jaxlearn.symbolic.ops.mrg import ChoiceFromUniform, MultinomialFromUniform

__all__ = ["ChoiceFromUniform", "MultinomialFromUniform"]
