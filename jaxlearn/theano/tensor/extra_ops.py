"""Theano's ``theano.tensor.extra_ops``."""

from jaxlearn.symbolic.ops.accumulation import CumOp, DiffOp, cumprod, cumsum, diff
from jaxlearn.symbolic.ops.counting import Unique, bincount, compress, to_one_hot
from jaxlearn.symbolic.ops.matrices import FillDiagonal, fill_diagonal, fill_diagonal_offset
from jaxlearn.symbolic.ops.shaping import repeat, squeeze
from jaxlearn.symbolic.ops.sorting import SearchsortedOp, searchsorted

__all__ = [
    "CumOp",
    "DiffOp",
    "FillDiagonal",
    "SearchsortedOp",
    "Unique",
    "bincount",
    "compress",
    "cumprod",
    "cumsum",
    "diff",
    "fill_diagonal",
    "fill_diagonal_offset",
    "repeat",
    "searchsorted",
    "squeeze",
    "to_one_hot",
]
