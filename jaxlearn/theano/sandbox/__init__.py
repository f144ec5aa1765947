"""Theano's ``theano.sandbox``."""

__all__: list[str] = []
