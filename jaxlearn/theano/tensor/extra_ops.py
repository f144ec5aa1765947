"""Theano's ``theano.tensor.extra_ops``."""

from functools import partial

from jaxlearn.symbolic.gradient_types import DisconnectedType
from jaxlearn.symbolic.ops.accumulation import CumOp, DiffOp, cumprod, cumsum, diff
from jaxlearn.symbolic.ops.counting import Unique, bincount, compress, to_one_hot
from jaxlearn.symbolic.ops.creation import bartlett
from jaxlearn.symbolic.ops.dimensions import squeeze
from jaxlearn.symbolic.ops.kinds import Bartlett, CpuContiguous, FillDiagonalOffset, RepeatOp
from jaxlearn.symbolic.ops.matrices import FillDiagonal, fill_diagonal, fill_diagonal_offset
from jaxlearn.symbolic.ops.positions import (
    RavelMultiIndex,
    UnravelIndex,
    ravel_multi_index,
    unravel_index,
)
from jaxlearn.symbolic.ops.repeating import repeat
from jaxlearn.symbolic.ops.sorting import SearchsortedOp, searchsorted
from jaxlearn.theano.replaced import refusing

__getattr__ = refusing(__name__)

CumprodOp = partial(CumOp, mode="mul")
CumsumOp = partial(CumOp, mode="add")
cpu_contiguous = CpuContiguous()
disconnected_type = DisconnectedType()

__all__ = [
    "Bartlett",
    "CpuContiguous",
    "CumOp",
    "CumprodOp",
    "CumsumOp",
    "DiffOp",
    "FillDiagonal",
    "FillDiagonalOffset",
    "RavelMultiIndex",
    "RepeatOp",
    "SearchsortedOp",
    "Unique",
    "UnravelIndex",
    "bartlett",
    "bincount",
    "compress",
    "cpu_contiguous",
    "cumprod",
    "cumsum",
    "diff",
    "disconnected_type",
    "fill_diagonal",
    "fill_diagonal_offset",
    "ravel_multi_index",
    "repeat",
    "searchsorted",
    "squeeze",
    "to_one_hot",
    "unravel_index",
]
