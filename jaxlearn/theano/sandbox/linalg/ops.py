"""Theano's ``theano.sandbox.linalg.ops``."""

from jaxlearn.symbolic.ops.hints import (
    Hint,
    hints,
    is_hint_node,
    is_positive,
    is_psd,
    is_symmetric,
    psd,
)
from jaxlearn.symbolic.ops.linear_algebra import spectral_radius_bound
from jaxlearn.theano.tensor.nlinalg import MatrixInverse, det, extract_diag, matrix_inverse, trace
from jaxlearn.theano.tensor.slinalg import Cholesky, Solve, cholesky, solve

__all__ = [
    "Cholesky",
    "Hint",
    "MatrixInverse",
    "Solve",
    "cholesky",
    "det",
    "extract_diag",
    "hints",
    "is_hint_node",
    "is_positive",
    "is_psd",
    "is_symmetric",
    "matrix_inverse",
    "psd",
    "solve",
    "spectral_radius_bound",
    "trace",
]
