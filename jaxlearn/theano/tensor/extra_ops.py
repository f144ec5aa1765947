"""Theano's ``theano.tensor.extra_ops``."""

from jaxlearn.symbolic.ops.accumulation import CumOp, DiffOp, cumprod, cumsum, diff
from jaxlearn.symbolic.ops.counting import Unique, bincount, compress, to_one_hot
from jaxlearn.symbolic.ops.creation import bartlett
from jaxlearn.symbolic.ops.matrices import FillDiagonal, fill_diagonal, fill_diagonal_offset
from jaxlearn.symbolic.ops.positions import (
    RavelMultiIndex,
    UnravelIndex,
    ravel_multi_index,
    unravel_index,
)
from jaxlearn.symbolic.ops.shaping import repeat, squeeze
from jaxlearn.symbolic.ops.sorting import SearchsortedOp, searchsorted

__all__ = [
    "CumOp",
    "DiffOp",
    "FillDiagonal",
    "RavelMultiIndex",
    "SearchsortedOp",
    "Unique",
    "UnravelIndex",
    "bartlett",
    "bincount",
    "compress",
    "cumprod",
    "cumsum",
    "diff",
    "fill_diagonal",
    "fill_diagonal_offset",
    "ravel_multi_index",
    "repeat",
    "searchsorted",
    "squeeze",
    "to_one_hot",
    "unravel_index",
]
