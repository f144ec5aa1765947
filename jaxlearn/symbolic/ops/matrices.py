"""Operations on matrices as such: their diagonals, and matrices put beside one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.symbolic.ops.diagonals import diagonal
from jaxlearn.symbolic.ops.elementwise import cast
from jaxlearn.symbolic.ops.joining import concatenate
from jaxlearn.symbolic.types import is_discrete, upcast
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "FillDiagonal",
    "fill_diagonal",
    "fill_diagonal_offset",
    "horizontal_stack",
    "trace",
    "vertical_stack",
]


def trace(X: Any) -> Any:  # noqa: N803  (Theano's name)
    """Return the sum of the diagonal of a matrix.

    Raises:
        ValueError: it has fewer than two axes.

    Example:
        >>> trace([[1, 2], [3, 4]]).eval().item()
        5
    """
    return diagonal(X).sum()


class FillDiagonal(Op):
    """A tensor with its diagonal, or one beside it, replaced by a scalar."""

    linear = True

    def make_node(self, a: Any, val: Any, offset: Any) -> Apply:
        """Check ranks and dtypes; the type is that of the tensor."""
        tensor, value, shift = map(as_tensor_variable, (a, val, offset))
        if tensor.ndim < 2:
            raise TypeError(
                f"fill_diagonal: got {tensor} of {tensor.type!r}, wanted 2 or more axes"
            )
        if value.ndim or upcast(tensor.dtype, value.dtype) != tensor.dtype:
            raise TypeError(
                f"fill_diagonal: got {value} of {value.type!r} for {tensor} of {tensor.type!r}, "
                f"wanted a scalar that {tensor.dtype} can hold; cast it"
            )
        if shift.ndim or not is_discrete(shift.dtype):
            raise TypeError(f"offset: got {shift} of {shift.type!r}, wanted an integer")
        inputs = [tensor, cast(value, tensor.dtype), cast(shift, "int64")]
        return Apply.of_types(self, inputs, [tensor.type])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the filling, once a tensor of more axes is seen to have them of one length."""
        shape = tuple(values[0].shape)
        if len(shape) > 2 and len(set(shape)) > 1:
            raise ValueError(
                f"fill_diagonal: {node.inputs[0]} has shape {shape}; all axes of a tensor with "
                f"more than 2 must be of equal length{made_at(node.line)}"
            )
        return self.function

    def function(self, a: Any, val: Any, offset: Any) -> Any:
        """Fill."""
        places = [lax.broadcasted_iota(np.int64, a.shape, axis) for axis in range(a.ndim)]
        chosen = places[0] + offset == places[1]
        for first, second in pairwise(places[1:]):
            chosen = chosen & (first == second)
        return jnp.where(chosen, val, a)

    def connected(self, node: Apply, i: int) -> bool:
        """An offset has no gradient."""
        return i < 2


def fill_diagonal(a: Any, val: Any) -> Any:
    """Return a tensor with all ``a[i, i, ..., i]`` replaced by a scalar.

    Args:
        a: a matrix, or a tensor with more axes, all of one length.
        val: a scalar whose dtype that of ``a`` holds.

    Raises:
        TypeError: the ranks or dtypes are others.
        ValueError: when the function runs: the lengths differ.

    Example:
        >>> fill_diagonal([[1, 2], [3, 4]], 9).eval().tolist()
        [[9, 2], [3, 9]]
    """
    return FillDiagonal()(a, val, 0)


def fill_diagonal_offset(a: Any, val: Any, offset: Any) -> Any:
    """Return a matrix with all ``a[i, i + offset]`` replaced by a scalar.

    Args:
        a: a matrix.
        val: a scalar whose dtype that of ``a`` holds.
        offset: how far right of the main diagonal, or left where it is negative. Symbolic or not.

    Raises:
        TypeError: the ranks or dtypes are others.

    Example:
        >>> fill_diagonal_offset([[1, 2], [3, 4]], 9, 1).eval().tolist()
        [[1, 9], [3, 4]]
    """
    matrix = as_tensor_variable(a)
    if matrix.ndim != 2:
        raise TypeError(f"fill_diagonal_offset: got {matrix} of {matrix.type!r}, wanted a matrix")
    return FillDiagonal()(matrix, val, offset)


def _stacked(name: str, matrices: Sequence[Any], axis: int) -> Any:
    variables = [as_tensor_variable(matrix) for matrix in matrices]
    if len(variables) < 2 or any(variable.ndim != 2 for variable in variables):
        kinds = ", ".join(f"{variable} of {variable.type!r}" for variable in variables)
        raise TypeError(f"{name}: got {kinds or 'nothing'}, wanted two matrices or more")
    return concatenate(variables, axis)


def vertical_stack(*args: Any) -> Any:
    """Return matrices put one below the other.

    Raises:
        TypeError: there are fewer than two, or one is no matrix.

    Example:
        >>> vertical_stack([[1, 2]], [[3, 4]]).eval().tolist()
        [[1, 2], [3, 4]]
    """
    return _stacked("vertical_stack", args, 0)


def horizontal_stack(*args: Any) -> Any:
    """Return matrices put side by side.

    Raises:
        TypeError: there are fewer than two, or one is no matrix.

    Example:
        >>> horizontal_stack([[1, 2]], [[3, 4]]).eval().tolist()
        [[1, 2, 3, 4]]
    """
    return _stacked("horizontal_stack", args, 1)
