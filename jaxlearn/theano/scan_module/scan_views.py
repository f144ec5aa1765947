"""Theano's ``theano.scan_module.scan_views``: loops of one kind."""

from jaxlearn.symbolic.scanning import foldl, foldr, map, reduce  # noqa: A004

__all__ = ["foldl", "foldr", "map", "reduce"]
