"""Theano's ``theano.tensor.type_other``: nothing of it, but what to use instead."""

from jaxlearn.theano.replaced import refusing

__getattr__ = refusing(__name__)

__all__: list[str] = []
