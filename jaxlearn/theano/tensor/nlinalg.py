"""Theano's ``theano.tensor.nlinalg``."""

from jaxlearn.symbolic.ops.decompositions import (
    SVD,
    Eig,
    Eigh,
    QRFull,
    QRIncomplete,
    eig,
    eigh,
    qr,
    svd,
)
from jaxlearn.symbolic.ops.diagonals import AllocateDiagonal, ExtractDiagonal
from jaxlearn.symbolic.ops.diagonals import diag_of_matrix as diag
from jaxlearn.symbolic.ops.linear_algebra import (
    Det,
    MatrixInverse,
    MatrixPinv,
    det,
    matrix_dot,
    matrix_inverse,
    matrix_power,
    norm,
    pinv,
)
from jaxlearn.symbolic.ops.matrices import trace
from jaxlearn.symbolic.ops.solving import (
    LeastSquares,
    TensorInv,
    TensorSolve,
    tensorinv,
    tensorsolve,
)
from jaxlearn.theano.replaced import refusing

AllocDiag = AllocateDiagonal
ExtractDiag = ExtractDiagonal
alloc_diag = AllocDiag()
extract_diag = ExtractDiag()
lstsq = LeastSquares


__getattr__ = refusing(__name__)

__all__ = [
    "SVD",
    "AllocDiag",
    "Det",
    "Eig",
    "Eigh",
    "ExtractDiag",
    "MatrixInverse",
    "MatrixPinv",
    "QRFull",
    "QRIncomplete",
    "TensorInv",
    "TensorSolve",
    "alloc_diag",
    "det",
    "diag",
    "eig",
    "eigh",
    "extract_diag",
    "lstsq",
    "matrix_dot",
    "matrix_inverse",
    "matrix_power",
    "norm",
    "pinv",
    "qr",
    "svd",
    "tensorinv",
    "tensorsolve",
    "trace",
]
