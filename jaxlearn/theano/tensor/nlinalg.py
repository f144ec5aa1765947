"""Theano's ``theano.tensor.nlinalg``: of it, what concerns diagonals."""

from jaxlearn.symbolic.ops.matrices import trace
from jaxlearn.symbolic.ops.shaping import AllocateDiagonal, ExtractDiagonal, diag

AllocDiag = AllocateDiagonal
ExtractDiag = ExtractDiagonal
alloc_diag = AllocDiag()
extract_diag = ExtractDiag()

__all__ = ["AllocDiag", "ExtractDiag", "alloc_diag", "diag", "extract_diag", "trace"]
