"""Theano's ``theano.sandbox.linalg``."""

from jaxlearn.theano.sandbox.linalg import ops
from jaxlearn.theano.sandbox.linalg.ops import psd, spectral_radius_bound
from jaxlearn.theano.tensor.nlinalg import (
    alloc_diag,
    det,
    diag,
    eig,
    eigh,
    extract_diag,
    matrix_inverse,
    trace,
)
from jaxlearn.theano.tensor.slinalg import cholesky, eigvalsh, solve

__all__ = [
    "alloc_diag",
    "cholesky",
    "det",
    "diag",
    "eig",
    "eigh",
    "eigvalsh",
    "extract_diag",
    "matrix_inverse",
    "ops",
    "psd",
    "solve",
    "spectral_radius_bound",
    "trace",
]
