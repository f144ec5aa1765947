"""Decompositions of matrices: Cholesky, QR, singular values, eigenvalues and eigenvectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.gradient_types import grad_not_implemented
from jaxlearn.symbolic.graph import Apply, Variable
from jaxlearn.symbolic.ops.linear_algebra import FINITE, MatrixOperation, Requirement
from jaxlearn.symbolic.types import TensorType

__all__ = [
    "SVD",
    "Cholesky",
    "CholeskyGrad",
    "Eig",
    "Eigh",
    "Eigvalsh",
    "QRFull",
    "QRIncomplete",
    "cholesky",
    "eig",
    "eigh",
    "eigvalsh",
    "qr",
    "svd",
]


def _vector(dtype: str) -> TensorType:
    return TensorType(dtype, (False,))


def _matrix(dtype: str) -> TensorType:
    return TensorType(dtype, (False, False))


def _real(dtype: str) -> str:
    """Return the dtype of the magnitudes of numbers."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def _hermitian(x: Any, lower: bool) -> Any:
    """Return the Hermitian matrix of which one triangle, with the diagonal, is given.

    The gradient is then one of that triangle alone, as Theano has it.
    """
    if lower:
        return jnp.tril(x) + jnp.tril(x, -1).conj().T
    return jnp.triu(x) + jnp.triu(x, 1).conj().T


def _is_finite_or_was_not(answer: Any, given: Any) -> Any:
    """Whether an iteration found its answer; of what is not finite there is none to find."""
    return jnp.isfinite(answer).all() | ~jnp.isfinite(given).all()


class _PartlyDerived(MatrixOperation):
    """A decomposition of which JAX does not derive every form."""

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the function; where it has no derivative, that says so in our words."""
        function = super().bind(lowering, node, values)

        def derivative(primals: Any, tangents: Any) -> Any:
            try:
                return jax.jvp(function, primals, tangents)
            except NotImplementedError as error:
                raise NotImplementedError(self._underived(node, values[0].shape)) from error

        derived: Any = jax.custom_jvp(function)
        derived.defjvp(derivative)
        return derived  # type: ignore[no-any-return]

    def _underived(self, node: Apply, shape: Sequence[int]) -> str:
        (variable,) = node.inputs
        return (
            f"the gradient of {self} does not exist where {variable} has shape {tuple(shape)}: "
            f"{self.advice}{made_at(node.line)}"
        )

    advice: str


# Cholesky.


def _cholesky(x: Any, lower: bool) -> Any:
    factor = lax.linalg.cholesky(_hermitian(x, lower))
    return factor if lower else factor.conj().T


def _cholesky_or_nan(x: Any, lower: bool) -> Any:
    factor = _cholesky(x, lower)
    return jnp.where(jnp.isfinite(factor).all(), factor, jnp.full_like(factor, jnp.nan))


def _is_positive_definite(op: Cholesky, x: Any) -> Any:
    if op.on_error == "nan":
        return True
    return jnp.isfinite(jnp.diagonal(_cholesky(x, op.lower))).all()


_POSITIVE_DEFINITE = Requirement(
    _is_positive_definite,
    "Matrix is not positive definite",
    "add a small multiple of the identity",
)
_FACTORS = {"raise": _cholesky, "nan": _cholesky_or_nan}


class Cholesky(MatrixOperation):
    """The triangular factor of a symmetric, positive definite matrix.

    Args:
        lower: give the lower factor L with ``L L^T = x``, from the lower triangle of x; otherwise
            the upper one, from the upper triangle.
        on_error: ``"raise"`` an exception where there is no such factor, or give ``"nan"``.

    Example:
        >>> Cholesky(lower=False)([[4.0, 2.0], [0.0, 5.0]]).eval().tolist()
        [[2.0, 1.0], [0.0, 2.0]]
    """

    parameters = ("lower", "destructive", "on_error")
    options = ("lower",)
    destructive = False
    is_square = True
    requirements = (FINITE, _POSITIVE_DEFINITE)

    def __init__(self, lower: bool = True, on_error: str = "raise") -> None:
        if on_error not in _FACTORS:
            raise ValueError(f"on_error: got {on_error!r}, wanted 'raise' or 'nan'")
        self.lower = lower
        self.on_error = on_error

    def chosen(self) -> Callable[..., Any]:
        """Return what gives NaN or not."""
        return _FACTORS[self.on_error]


def cholesky(x: Any) -> Any:
    """Return the lower triangular L with ``L L^T = x``.

    Only the lower triangle of x is looked at, and only there the gradient is not zero.

    Args:
        x: a symmetric, positive definite matrix.

    Raises:
        TypeError: it is no matrix.
        LinAlgError: when the function runs: it is not square or not positive definite, or has an
            element that is infinite or NaN.

    Example:
        >>> cholesky([[4.0, 2.0], [2.0, 5.0]]).eval().tolist()
        [[2.0, 0.0], [1.0, 2.0]]
    """
    return Cholesky()(x)


def _cholesky_pullback(x: Any, _: Any, dz: Any, lower: bool) -> Any:
    return jax.vjp(lambda given: _cholesky(given, lower), x)[1](dz)[0]


class CholeskyGrad(MatrixOperation):
    """The gradient by a matrix, from that by its Cholesky factor.

    It is called with the matrix, its factor and the gradient by the factor. `grad` does not need
    it; it stands here for programs that apply it themselves.

    Args:
        lower: whether it is the lower factor.

    Example:
        >>> CholeskyGrad()([[4.0]], [[2.0]], [[1.0]]).eval().tolist()
        [[0.25]]
    """

    on_arrays = staticmethod(_cholesky_pullback)
    parameters = ("lower", "destructive")
    options = ("lower",)
    destructive = False
    ranks: Mapping[str, tuple[int, ...]] = {"x": (2,), "z": (2,), "dz": (2,)}
    is_square = True

    def __init__(self, lower: bool = True) -> None:
        self.lower = lower


# QR.


def _qr(x: Any, mode: str) -> Any:
    answer = jnp.linalg.qr(x, mode=mode)
    return answer if mode == "r" else tuple(answer)


class QRFull(_PartlyDerived):
    """The two parts of the QR decomposition of a matrix.

    Args:
        mode: ``"reduced"``, ``"complete"`` or ``"raw"``; see `qr`.

    Raises:
        ValueError: there is no such mode.
    """

    on_arrays = staticmethod(_qr)
    parameters = options = ("mode",)
    modes: tuple[str, ...] = ("reduced", "complete", "raw")
    advice = (
        "JAX has it for a square matrix, and by mode='reduced' or 'r' for one of more rows than "
        "columns"
    )

    def __init__(self, mode: str) -> None:
        if mode not in self.modes:
            raise ValueError(
                f"mode: got {mode!r}, wanted one of {', '.join(map(repr, self.modes))}"
            )
        self.mode = mode

    def kinds(self, *inputs: Any) -> Sequence[TensorType]:
        """Two matrices; of the raw mode a matrix and a vector."""
        dtype = inputs[0].dtype
        return [_matrix(dtype), _vector(dtype) if self.mode == "raw" else _matrix(dtype)]

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return the gradient; the raw mode has none."""
        if self.mode == "raw":
            advice = "use mode='reduced'"
            return [grad_not_implemented(self, i, node.inputs[i], advice) for i in wanted]
        return super().gradient(node, output_gradients, wanted)


class QRIncomplete(QRFull):
    """The triangular part of the QR decomposition of a matrix.

    Args:
        mode: always ``"r"``.

    Raises:
        ValueError: it is another one.
    """

    modes = ("r",)

    def kinds(self, *inputs: Any) -> Sequence[TensorType]:
        """A matrix comes out."""
        return [_matrix(inputs[0].dtype)]


def qr(a: Any, mode: str = "reduced") -> Any:
    """Return the QR decomposition of a matrix, ``a = q r`` with orthonormal q and triangular r.

    The gradient, which Theano has not, is JAX's: it exists for modes ``"reduced"`` and ``"r"`` of
    a matrix with no more columns than rows, and ``"complete"`` of a square one.

    Args:
        a: a matrix of m rows and n columns.
        mode: which parts to return, with k the smaller of m and n: ``"reduced"`` for q, (m, k),
            and r, (k, n); ``"complete"`` for q, (m, m), and r, (m, n); ``"r"`` for r, (k, n),
            alone; ``"raw"`` for LAPACK's Householder reflectors, (n, m), and their factors, (k,).

    Raises:
        TypeError: ``a`` is no matrix.
        ValueError: there is no such mode.
        NotImplementedError: the gradient is asked for where there is none.

    Example:
        >>> r = qr([[3.0], [4.0]], mode="r")
        >>> abs(r).eval().round(6).tolist()
        [[5.0]]
    """
    if mode not in (*QRFull.modes, *QRIncomplete.modes):
        modes = ", ".join(map(repr, (*QRFull.modes, *QRIncomplete.modes)))
        raise ValueError(f"mode: got {mode!r}, wanted one of {modes}")
    return (QRIncomplete if mode == "r" else QRFull)(mode)(a)


# Singular values.


def _svd(x: Any, full_matrices: bool, compute_uv: bool) -> Any:
    # Of a square matrix all are one, and JAX has no derivative of what it is told is full.
    is_full = full_matrices and x.shape[0] != x.shape[1]
    answer = lax.linalg.svd(x, full_matrices=is_full, compute_uv=compute_uv)
    return tuple(answer) if compute_uv else answer


def _has_singular_values(op: SVD, x: Any) -> Any:
    answer = _svd(x, op.full_matrices, op.compute_uv)
    return _is_finite_or_was_not(answer[1] if op.compute_uv else answer, x)


class SVD(_PartlyDerived):
    """The singular value decomposition of a matrix.

    Args:
        full_matrices: whether u and v are square.
        compute_uv: whether they are outputs, beside the singular values.
    """

    on_arrays = staticmethod(_svd)
    parameters = options = ("full_matrices", "compute_uv")
    requirements = (
        Requirement(_has_singular_values, "SVD did not converge", "try float64, or scale it"),
    )
    advice = (
        "the full matrices u and v are not determined by one that is not square; use "
        "full_matrices=False, or compute_uv=False for the singular values alone"
    )

    def __init__(self, full_matrices: bool = True, compute_uv: bool = True) -> None:
        self.full_matrices = bool(full_matrices)
        self.compute_uv = bool(compute_uv)

    def kinds(self, *inputs: Any) -> Sequence[TensorType]:
        """Two matrices, and between them the singular values, which are real."""
        dtype = inputs[0].dtype
        values = _vector(_real(dtype))
        return [_matrix(dtype), values, _matrix(dtype)] if self.compute_uv else [values]


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Return the singular value decomposition of a matrix, ``a = u diag(s) v``.

    The gradient, which Theano has not, is JAX's. It does not exist for full matrices of one that
    is not square.

    Args:
        a: a matrix of m rows and n columns.
        full_matrices: whether u is (m, m) and v (n, n); otherwise (m, k) and (k, n), with k the
            smaller of m and n.
        compute_uv: return u, s and v; otherwise s alone.

    Raises:
        TypeError: ``a`` is no matrix.
        LinAlgError: when the function runs: the values are not found.
        NotImplementedError: the gradient is asked for where there is none.

    Example:
        >>> svd([[0.0, 2.0], [3.0, 0.0]], compute_uv=False).eval().round(6).tolist()
        [3.0, 2.0]
    """
    return SVD(full_matrices, compute_uv)(a)


# Eigenvalues.


def _eig(x: Any) -> Any:
    values, vectors = lax.linalg.eig(x, compute_left_eigenvectors=False)
    if jnp.iscomplexobj(x):
        return values, vectors
    return values.real, vectors.real


def _has_real_eigenvalues(op: Eig, x: Any) -> Any:
    """Whether the eigenvalues of a real matrix are real, but for rounding.

    Rounding moves equal eigenvalues by the root of its own size.
    """
    if jnp.iscomplexobj(x):
        return True
    values = lax.linalg.eig(x, compute_left_eigenvectors=False)[0]
    rounding = jnp.linalg.norm(x) * np.sqrt(jnp.finfo(x.dtype).eps).astype(x.dtype)
    return (abs(values.imag) <= rounding).all()


class Eig(MatrixOperation):
    """The eigenvalues and right eigenvectors of a square matrix."""

    on_arrays = staticmethod(_eig)
    is_square = True
    requirements = (
        FINITE,
        Requirement(
            _has_real_eigenvalues,
            "Eigenvalues are complex",
            "cast it to complex first, by T.cast(x, 'complex128')",
        ),
    )

    def kinds(self, *inputs: Any) -> Sequence[TensorType]:
        """A vector and a matrix."""
        return [_vector(inputs[0].dtype), _matrix(inputs[0].dtype)]

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return none: only symmetric matrices have one here."""
        advice = "use eigh, if the matrix is symmetric"
        return [grad_not_implemented(self, i, node.inputs[i], advice) for i in wanted]


def eig(x: Any) -> Any:
    """Return the eigenvalues of a square matrix, in no order, and its right eigenvectors.

    Those of a real matrix come out real. Where they are not, the function raises; Theano drops the
    imaginary parts. There is no gradient, as in Theano.

    Args:
        x: a matrix.

    Returns:
        The vector of eigenvalues, and the matrix whose columns are the eigenvectors.

    Raises:
        TypeError: it is no matrix.
        LinAlgError: when the function runs: it is not square, is real and has eigenvalues that
            are not, or has an element that is infinite or NaN.

    Example:
        >>> values, vectors = eig([[2.0, 0.0], [0.0, 3.0]])
        >>> values.eval().tolist(), vectors.eval().tolist()
        ([2.0, 3.0], [[1.0, 0.0], [0.0, 1.0]])
    """
    return Eig()(x)


def _eigh(x: Any, lower: bool) -> Any:
    vectors, values = lax.linalg.eigh(_hermitian(x, lower))
    return values, vectors


def _has_eigenvalues(op: Eigh, x: Any) -> Any:
    # With a gradient this is a second factorization: JAX takes another, equal matrix there.
    return _is_finite_or_was_not(_eigh(x, op.lower)[0], _hermitian(x, op.lower))


_CONVERGES = Requirement(
    _has_eigenvalues, "Eigenvalues did not converge", "try float64, or scale it"
)


class Eigh(MatrixOperation):
    """The eigenvalues and eigenvectors of a symmetric matrix.

    Args:
        UPLO: ``"L"`` to look at the lower triangle alone, ``"U"`` at the upper one.

    Raises:
        ValueError: it is neither.
    """

    on_arrays = staticmethod(_eigh)
    parameters = ("UPLO",)
    options = ("lower",)
    is_square = True
    requirements = (_CONVERGES,)

    def __init__(self, UPLO: str = "L") -> None:  # noqa: N803  (Theano's name)
        if UPLO not in ("L", "U"):
            raise ValueError(f"UPLO: got {UPLO!r}, wanted 'L' or 'U'")
        self.UPLO = UPLO

    @property
    def lower(self) -> bool:
        """Whether the lower triangle is looked at."""
        return self.UPLO == "L"

    def kinds(self, *inputs: Any) -> Sequence[TensorType]:
        """The eigenvalues, which are real, and the eigenvectors."""
        dtype = inputs[0].dtype
        return [_vector(_real(dtype)), _matrix(dtype)]


def eigh(a: Any, UPLO: str = "L") -> Any:  # noqa: N803  (Theano's name)
    """Return the eigenvalues of a symmetric matrix, the smallest first, and its eigenvectors.

    Only one triangle is looked at, and only there the gradient is not zero. Where two eigenvalues
    are equal, the eigenvectors have no gradient: it is infinite or NaN.

    Args:
        a: a symmetric matrix.
        UPLO: ``"L"`` to look at the lower triangle, ``"U"`` at the upper one.

    Returns:
        The vector of eigenvalues, and the matrix whose columns are the eigenvectors.

    Raises:
        TypeError: ``a`` is no matrix.
        ValueError: there is no such triangle.
        LinAlgError: when the function runs: ``a`` is not square, or the values are not found.

    Example:
        >>> eigh([[2.0, 1.0], [1.0, 2.0]])[0].eval().round(6).tolist()
        [1.0, 3.0]
    """
    return Eigh(UPLO)(a)


def _eigvalsh(a: Any, b: Any = None, *, lower: bool) -> Any:
    whole = _hermitian(a, lower)
    if b is not None:
        factor = lax.linalg.cholesky(_hermitian(b, lower))
        half = lax.linalg.triangular_solve(factor, whole, left_side=True, lower=True)
        whole = lax.linalg.triangular_solve(factor, half.conj().T, left_side=True, lower=True)
    return lax.linalg.eigh(whole)[1]


def _has_generalized_eigenvalues(op: Eigvalsh, *arrays: Any) -> Any:
    return jnp.isfinite(_eigvalsh(*arrays, lower=op.lower)).all()


def _has_metric(op: Eigvalsh, _: Any, b: Any = None) -> Any:
    return True if b is None else jnp.isfinite(_cholesky(b, op.lower)).all()


class Eigvalsh(MatrixOperation):
    """The generalized eigenvalues of a symmetric matrix.

    It is called with the matrix a and, perhaps, with the positive definite matrix b.

    Args:
        lower: look at the lower triangles alone; otherwise at the upper ones.
    """

    on_arrays = staticmethod(_eigvalsh)
    parameters = options = ("lower",)
    ranks: Mapping[str, tuple[int, ...]] = {"a": (2,), "b": (2,)}
    optional = 1
    is_square = True
    requirements = (
        FINITE,
        Requirement(
            _has_metric,
            "Matrix is not positive definite",
            "add a small multiple of the identity to the second",
        ),
        _CONVERGES._replace(holds=_has_generalized_eigenvalues),
    )

    def __init__(self, lower: bool = True) -> None:
        self.lower = lower

    def make_node(self, *inputs: Any) -> Apply:
        """Leave out a second matrix that is None."""
        return super().make_node(*(value for value in inputs if value is not None))

    def kinds(self, *inputs: Any) -> Sequence[TensorType]:
        """A real vector comes out."""
        return [_vector(_real(inputs[0].dtype))]

    def check_shapes(self, node: Apply, *shapes: tuple[int, ...]) -> None:
        """Both must be square, and as large as one another."""
        super().check_shapes(node, *shapes)
        if len(set(shapes)) > 1:
            given = " and ".join(map(str, node.inputs))
            raise self.not_fitting(node, f"{given} have shapes {shapes[0]} and {shapes[1]}")


def eigvalsh(a: Any, b: Any = None, lower: bool = True) -> Any:
    """Return all w for which some x has ``a x = w b x``, the smallest first.

    Args:
        a: a symmetric matrix.
        b: a symmetric, positive definite matrix; None for the identity.
        lower: look at the lower triangles alone; otherwise at the upper ones.

    Raises:
        TypeError: ``a`` or ``b`` is no matrix.
        LinAlgError: when the function runs: a matrix is not square, ``b`` not positive definite
            or of another shape than ``a``, or an element is infinite or NaN.

    Example:
        >>> eigvalsh([[2.0, 1.0], [1.0, 2.0]], [[2.0, 0.0], [0.0, 2.0]]).eval().round(6).tolist()
        [0.5, 1.5]
    """
    return Eigvalsh(lower)(a, b)
