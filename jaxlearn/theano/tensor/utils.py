"""Theano's ``theano.tensor.utils``."""

from jaxlearn.symbolic.inspecting import hash_from_ndarray, shape_of_variables

__all__ = ["hash_from_ndarray", "shape_of_variables"]
