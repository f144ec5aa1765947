"""Diagonals: taken out of a tensor, and tensors made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.symbolic.types import TensorType
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["AllocateDiagonal", "ExtractDiagonal", "diag", "diagonal"]


class ExtractDiagonal(Op):
    """A diagonal of two axes, as the last axis."""

    linear = True

    parameters = ("offset", "axis1", "axis2")

    def __init__(self, offset: int = 0, axis1: int = 0, axis2: int = 1, view: bool = False) -> None:
        self.offset = offset
        self.axis1 = axis1
        self.axis2 = axis2

    def __str__(self) -> str:
        return f"ExtractDiag{{offset={self.offset}, axis1={self.axis1}, axis2={self.axis2}}}"

    def make_node(self, x: Any) -> Apply:
        """Tell the type of the output."""
        variable = as_tensor_variable(x)
        if variable.ndim < 2:
            raise ValueError(
                f"diagonal: got {variable} with {variable.ndim} axes, wanted 2 or more"
            )
        kind = TensorType(variable.dtype, (False,) * (variable.ndim - 1))
        return Apply.of_types(self, [variable], [kind])

    def function(self, x: Any) -> Any:
        """Take the diagonal."""
        return jnp.diagonal(x, self.offset, self.axis1, self.axis2)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        given = (self.offset, self.axis1, self.axis2)
        return f"jnp.diagonal({', '.join([inputs[0], *map(str, given)])})"


class AllocateDiagonal(Op):
    """A tensor in which the last axis of another one lies on a diagonal, among zeros.

    Args:
        offset: how far beside the main diagonal it lies.
        axis1: one axis of the matrices that come out.
        axis2: the other one; as in Theano, the first of the two counts their rows.
    """

    linear = True

    parameters = ("offset", "axis1", "axis2")

    def __init__(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> None:
        self.offset = offset
        self.axis1 = axis1
        self.axis2 = axis2

    def __str__(self) -> str:
        return f"AllocDiag{{offset={self.offset}}}"

    def make_node(self, x: Any) -> Apply:
        """Tell the type of the output."""
        variable = as_tensor_variable(x)
        if variable.ndim < 1:
            raise ValueError(f"AllocDiag: got {variable}, a scalar, wanted a tensor with axes")
        kind = TensorType(variable.dtype, (False,) * (variable.ndim + 1))
        return Apply.of_types(self, [variable], [kind])

    def function(self, x: Any) -> Any:
        """Place the elements."""
        return _on_diagonals(x, self.offset, self.axis1, self.axis2)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        if node.inputs[0].type.ndim == 1:
            return f"jnp.diag({inputs[0]}, {self.offset})"
        given = f"{inputs[0]}, {self.offset}, {self.axis1}, {self.axis2}"
        return f"{writer.function(_on_diagonals)}({given})"


def _on_diagonals(x: Any, offset: int, axis1: int, axis2: int) -> Any:
    if x.ndim == 1:
        return jnp.diag(x, offset)
    places = np.arange(x.shape[-1])
    rows, columns = places + max(-offset, 0), places + max(offset, 0)
    size = x.shape[-1] + abs(offset)
    matrices = jnp.zeros((*x.shape[:-1], size, size), x.dtype).at[..., rows, columns].set(x)
    return jnp.moveaxis(matrices, (-2, -1), sorted((axis1, axis2)))


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return a diagonal of two axes of a tensor.

    Example:
        >>> diagonal([[1, 2], [3, 4]]).eval().tolist()
        [1, 4]
    """
    return ExtractDiagonal(offset, axis1, axis2)(a)


def diag(v: Any, k: int = 0) -> Any:
    """Return a vector as the diagonal of a matrix, or the diagonal of a matrix as a vector.

    Raises:
        ValueError: it is neither a vector nor a matrix.

    Example:
        >>> diag([1, 2]).eval().tolist()
        [[1, 0], [0, 2]]
    """
    variable = as_tensor_variable(v)
    if variable.ndim == 1:
        return AllocateDiagonal(k)(variable)
    if variable.ndim >= 2:
        return diagonal(variable, k)
    raise ValueError(f"diag: got {variable} with {variable.ndim} axes, wanted 1 or more")


def diag_of_matrix(x: Any) -> Any:
    """Return a vector as the diagonal of a matrix, or the diagonal of a matrix as a vector.

    It is `diag` as ``theano.tensor.nlinalg`` has it.

    Args:
        x: a vector or a matrix.

    Raises:
        TypeError: it is neither.

    Example:
        >>> diag_of_matrix([[1, 2], [3, 4]]).eval().tolist()
        [1, 4]
    """
    variable = as_tensor_variable(x)
    if variable.ndim not in (1, 2):
        raise TypeError(
            f"nlinalg.diag: got {variable} of {variable.type!r}, wanted a vector or a matrix; "
            "T.diag and T.diagonal take tensors of more axes"
        )
    return diag(variable)
