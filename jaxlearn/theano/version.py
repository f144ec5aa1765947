"""Theano's ``theano.version``: the version whose names these are."""

version = "1.0.5"

__all__ = ["version"]
