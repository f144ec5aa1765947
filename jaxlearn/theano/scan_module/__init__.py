"""Theano's ``theano.scan_module``: loops."""

from jaxlearn.symbolic.graph import clone
from jaxlearn.symbolic.scanning import (
    foldl,
    foldr,
    map,  # noqa: A004
    reduce,
    scan,
    scan_checkpoints,
    until,
)
from jaxlearn.theano.scan_module import scan_op, scan_utils, scan_views

__all__ = [
    "clone",
    "foldl",
    "foldr",
    "map",
    "reduce",
    "scan",
    "scan_checkpoints",
    "scan_op",
    "scan_utils",
    "scan_views",
    "until",
]
