"""Linear systems of equations: one solution, the best one, and the inverse of all."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.graph import Apply
from jaxlearn.symbolic.ops.linear_algebra import (
    FINITE,
    REGULAR,
    MatrixOperation,
    Requirement,
    has_pivots,
)
from jaxlearn.symbolic.types import TensorType, upcast, upgrade_to_float

__all__ = [
    "MATRIX_STRUCTURES",
    "LeastSquares",
    "Solve",
    "TensorInv",
    "TensorSolve",
    "solve",
    "solve_lower_triangular",
    "solve_symmetric",
    "solve_upper_triangular",
    "tensorinv",
    "tensorsolve",
]


def _solve_lower(a: Any, b: Any) -> Any:
    return jax.scipy.linalg.solve_triangular(a, b, lower=True)


def _solve_upper(a: Any, b: Any) -> Any:
    return jax.scipy.linalg.solve_triangular(a, b, lower=False)


_SOLVERS: dict[str, Callable[..., Any]] = {
    "general": jnp.linalg.solve,
    "symmetric": jnp.linalg.solve,
    "lower_triangular": _solve_lower,
    "upper_triangular": _solve_upper,
    "hermitian": jnp.linalg.solve,
    "banded": jnp.linalg.solve,
    "diagonal": jnp.linalg.solve,
    "toeplitz": jnp.linalg.solve,
}
MATRIX_STRUCTURES = tuple(_SOLVERS)
"""What a matrix may be said to be. Only the triangular ones are solved in another way."""


def _is_regular(op: Solve, a: Any, _: Any) -> Any:
    if "triangular" in op.A_structure:
        return (jnp.diagonal(a) != 0).all()
    return has_pivots(a)


class Solve(MatrixOperation):
    """The solution of a system of linear equations, or of several with one matrix.

    Args:
        A_structure: what is known of the matrix, one of `MATRIX_STRUCTURES`. Of a triangular one
            the other triangle is not looked at.
        lower: accepted as in Theano, without a meaning.
        overwrite_A: accepted as in Theano, without a meaning.
        overwrite_b: accepted as in Theano, without a meaning.

    Example:
        >>> Solve("lower_triangular")([[2.0, 9.0], [1.0, 1.0]], [2.0, 4.0]).eval().tolist()
        [1.0, 3.0]
    """

    parameters = ("A_structure", "lower", "overwrite_A", "overwrite_b")
    ranks: Mapping[str, tuple[int, ...]] = {"A": (2,), "b": (1, 2)}
    requirements = (
        FINITE,
        Requirement(_is_regular, "Singular matrix", "lstsq gives the best of all solutions"),
    )

    def __init__(
        self,
        A_structure: str = "general",  # noqa: N803  (Theano's name)
        lower: bool = False,
        overwrite_A: bool = False,  # noqa: N803  (Theano's name)
        overwrite_b: bool = False,
    ) -> None:
        if A_structure not in MATRIX_STRUCTURES:
            raise ValueError(
                f"A_structure: got {A_structure!r}, wanted one of "
                f"{', '.join(map(repr, MATRIX_STRUCTURES))}"
            )
        self.A_structure = A_structure
        self.lower = lower
        self.overwrite_A = overwrite_A
        self.overwrite_b = overwrite_b

    def chosen(self) -> Callable[..., Any]:
        """Return the solver for the structure."""
        return _SOLVERS[self.A_structure]

    def computed_in(self, *dtypes: str) -> str:
        """Small integers are computed with as float32, as in SciPy."""
        return upcast("float32", *map(upgrade_to_float, dtypes))

    def kinds(self, *inputs: Any) -> Sequence[TensorType]:
        """The solution is like the right side."""
        return [inputs[1].type]

    def check_shapes(self, node: Apply, *shapes: tuple[int, ...]) -> None:
        """The matrix must be square, and as long as the right side."""
        (rows, columns), right = shapes
        if rows != columns or right[0] != rows:
            raise self.not_fitting(
                node,
                f"A, {node.inputs[0]}, has shape {shapes[0]} and b, {node.inputs[1]}, has shape "
                f"{right}, wanted (n, n) and n rows",
            )


def solve(A: Any, b: Any) -> Any:  # noqa: N803  (Theano's name)
    """Return x with ``A x = b``.

    Args:
        A: a square matrix.
        b: a vector, or a matrix of which each column is a right side.

    Raises:
        TypeError: their ranks are others.
        LinAlgError: when the function runs: the shapes do not fit, ``A`` is singular, or an
            element is infinite or NaN.

    Example:
        >>> solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]).eval().tolist()
        [1.0, 0.5]
    """
    return Solve()(A, b)


def solve_symmetric(A: Any, b: Any) -> Any:  # noqa: N803  (Theano's name)
    """Return x with ``A x = b``, where A is symmetric. It is solved as `solve` solves it.

    Example:
        >>> solve_symmetric([[2.0, 1.0], [1.0, 2.0]], [3.0, 3.0]).eval().tolist()
        [1.0, 1.0]
    """
    return Solve("symmetric")(A, b)


def solve_lower_triangular(A: Any, b: Any) -> Any:  # noqa: N803  (Theano's name)
    """Return x with ``A x = b``, where only the diagonal of A and what is below it counts.

    Arguments as for `solve`.

    Example:
        >>> solve_lower_triangular([[2.0, 9.0], [1.0, 1.0]], [2.0, 4.0]).eval().tolist()
        [1.0, 3.0]
    """
    return Solve("lower_triangular", lower=True)(A, b)


def solve_upper_triangular(A: Any, b: Any) -> Any:  # noqa: N803  (Theano's name)
    """Return x with ``A x = b``, where only the diagonal of A and what is above it counts.

    Arguments as for `solve`.

    Example:
        >>> solve_upper_triangular([[1.0, 1.0], [9.0, 2.0]], [4.0, 2.0]).eval().tolist()
        [3.0, 1.0]
    """
    return Solve("upper_triangular")(A, b)


def _is_regular_tensor(op: TensorInv, a: Any) -> Any:
    return has_pivots(a.reshape(prod(a.shape[: op.ind]), -1))


class TensorInv(MatrixOperation):
    """The inverse of a tensor as a map from its last axes to its first.

    Args:
        ind: how many are the first.

    Raises:
        ValueError: it is not positive.
    """

    on_arrays = staticmethod(jnp.linalg.tensorinv)
    parameters = options = ("ind",)
    ranks: Mapping[str, tuple[int, ...]] = {"a": tuple(range(1, 33))}
    requirements = (REGULAR._replace(holds=_is_regular_tensor),)

    def __init__(self, ind: int = 2) -> None:
        if operator.index(ind) <= 0:
            raise ValueError(f"ind: got {ind}, wanted how many axes come first, 1 or more")
        self.ind = operator.index(ind)

    def kinds(self, *inputs: Any) -> Sequence[TensorType]:
        """The last axes come first."""
        flags = inputs[0].broadcastable
        return [inputs[0].type.clone(broadcastable=flags[self.ind :] + flags[: self.ind])]

    def check_shapes(self, node: Apply, *shapes: tuple[int, ...]) -> None:
        """The first axes must have as many elements as the last."""
        (shape,) = shapes
        if prod(shape[: self.ind]) != prod(shape[self.ind :]):
            raise self.not_fitting(
                node,
                f"{node.inputs[0]} has shape {shape}, wanted as many elements in the first "
                f"{self.ind} axes as in the others",
            )


def tensorinv(a: Any, ind: int = 2) -> Any:
    """Return the inverse of a tensor as a map from its last axes to its first.

    ``tensordot(tensorinv(a, ind), a, ind)`` is the identity.

    Args:
        a: a tensor.
        ind: how many axes come first.

    Raises:
        ValueError: ``ind`` is not positive.
        LinAlgError: when the function runs: the first axes have not as many elements as the
            others, or there is no inverse.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> tensorinv(T.dtensor4()).ndim, tensorinv([[2.0, 0.0], [0.0, 4.0]], 1).eval().tolist()
        (4, [[0.5, 0.0], [0.0, 0.25]])
    """
    return TensorInv(ind)(a)


def _order(ndim: int, moved: Sequence[int] | None) -> list[int]:
    """Return all axes, some of them moved to the end."""
    last = list(moved or ())
    return [axis for axis in range(ndim) if axis not in last] + last


def _solve_tensors(a: Any, b: Any, axes: Sequence[int] | None) -> Any:
    ordered = a.transpose(_order(a.ndim, axes))
    x = jnp.linalg.solve(ordered.reshape(b.size, b.size), b.reshape(b.size))
    return x.reshape(ordered.shape[b.ndim :])


def _is_regular_system(op: TensorSolve, a: Any, b: Any) -> Any:
    return has_pivots(a.transpose(_order(a.ndim, op.axes)).reshape(b.size, b.size))


class TensorSolve(MatrixOperation):
    """The solution of ``tensordot(a, x, x.ndim) = b``.

    Args:
        axes: the axes of ``a`` to move to its end first.
    """

    on_arrays = staticmethod(_solve_tensors)
    parameters = options = ("axes",)
    ranks: Mapping[str, tuple[int, ...]] = {
        "a": tuple(range(1, 33)),
        "b": tuple(range(33)),
    }
    requirements = (REGULAR._replace(holds=_is_regular_system),)

    def __init__(self, axes: Sequence[int] | None = None) -> None:
        self.axes = None if axes is None else tuple(map(operator.index, axes))

    def kinds(self, *inputs: Any) -> Sequence[TensorType]:
        """The axes that the right side has not."""
        a, b = inputs
        if a.ndim < b.ndim:
            raise TypeError(f"{self}: b: got {b} of {b.type!r}, wanted no more axes than {a} has")
        flags = [a.broadcastable[axis] for axis in _order(a.ndim, self.axes)]
        return [a.type.clone(broadcastable=flags[b.ndim :])]

    def check_shapes(self, node: Apply, *shapes: tuple[int, ...]) -> None:
        """The axes that are summed over must have as many elements as the right side."""
        a, b = shapes
        ordered = [a[axis] for axis in _order(len(a), self.axes)]
        if not prod(b) == prod(ordered[: len(b)]) == prod(ordered[len(b) :]):
            raise self.not_fitting(
                node,
                f"a, {node.inputs[0]}, has shape {a} and b, {node.inputs[1]}, has shape {b}, "
                f"wanted prod(b.shape) elements in the first {len(b)} axes of a and in the others",
            )


def tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None) -> Any:
    """Return x with ``tensordot(a, x, x.ndim) = b``.

    Its rank is ``a.ndim - b.ndim``. Theano declares a matrix whatever comes out.

    Args:
        a: a tensor, ``b.shape + x.shape``, with as many elements in both parts.
        b: a tensor.
        axes: the axes of ``a`` to move to its end first.

    Raises:
        TypeError: ``b`` has more axes than ``a``.
        LinAlgError: when the function runs: the shapes do not fit, or there is no one solution.

    Example:
        >>> tensorsolve([[[2.0, 0.0]], [[0.0, 4.0]]], [2.0, 2.0]).eval().tolist()
        [[1.0, 0.5]]
    """
    return TensorSolve(axes)(a, b)


def _least_squares(a: Any, b: Any, rcond: Any) -> Any:
    x, residuals, rank, singular = jnp.linalg.lstsq(a, b, rcond)
    rows, columns = a.shape
    return (
        x,
        residuals if rows > columns else residuals[:0],
        lax.convert_element_type(rank, np.int64),
        singular,
    )


class LeastSquares(MatrixOperation):
    """The x for which ``a x - b`` is smallest, with its residuals, rank and singular values.

    It is called with a matrix ``a``, a vector or matrix ``b``, and ``rcond``: singular values
    below so many times the largest count as zero; -1 stands for the dtype's precision.

    What comes out is x, of the rank of ``b``; for each column of ``b`` the sum of squares that is
    left, and none where ``a`` has no more rows than columns; the rank of ``a``; and its singular
    values. NumPy leaves the sums of squares out where the rank is not full, too.

    Example:
        >>> x, left, rank, _ = LeastSquares()([[1.0], [1.0]], [1.0, 3.0], -1)
        >>> x.eval().round(6).tolist(), left.eval().round(6).tolist(), rank.eval().item()
        ([2.0], [2.0], 1)
    """

    on_arrays = staticmethod(_least_squares)
    ranks: Mapping[str, tuple[int, ...]] = {"a": (2,), "b": (1, 2), "rcond": (0,)}

    def __str__(self) -> str:
        return "lstsq"

    def kinds(self, *inputs: Any) -> Sequence[TensorType]:
        """The solution, the residuals, the rank and the singular values."""
        b = inputs[1]
        vector = TensorType(b.dtype, (False,))
        solution = b.type.clone(broadcastable=(False, *b.broadcastable[1:]))
        return [solution, vector, TensorType("int64", ()), vector]

    def check_shapes(self, node: Apply, *shapes: tuple[int, ...]) -> None:
        """Both must have as many rows."""
        if shapes[0][0] != shapes[1][0]:
            raise self.not_fitting(
                node,
                f"a, {node.inputs[0]}, has shape {shapes[0]} and b, {node.inputs[1]}, has shape "
                f"{shapes[1]}, wanted as many rows",
            )

    def connected(self, node: Apply, i: int) -> bool:
        """The limit for singular values has no gradient."""
        return i < 2
