"""Theano's ``theano.tensor.slinalg``."""

from jaxlearn.symbolic.ops.decompositions import (
    Cholesky,
    CholeskyGrad,
    Eigvalsh,
    cholesky,
    eigvalsh,
)
from jaxlearn.symbolic.ops.linear_algebra import Expm, expm, kron
from jaxlearn.symbolic.ops.solving import (
    MATRIX_STRUCTURES,
    Solve,
    solve,
    solve_lower_triangular,
    solve_symmetric,
    solve_upper_triangular,
)
from jaxlearn.theano.replaced import refusing

__getattr__ = refusing(__name__)

__all__ = [
    "MATRIX_STRUCTURES",
    "Cholesky",
    "CholeskyGrad",
    "Eigvalsh",
    "Expm",
    "Solve",
    "cholesky",
    "eigvalsh",
    "expm",
    "kron",
    "solve",
    "solve_lower_triangular",
    "solve_symmetric",
    "solve_upper_triangular",
]
