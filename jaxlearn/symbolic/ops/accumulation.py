"""Operations along an axis that keep its running total, or take differences of neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.symbolic.types import TensorType
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["CumOp", "DiffOp", "cumprod", "cumsum", "diff"]


def _check_axis(name: str, axis: int, x: Any) -> None:
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(
            f"{name}: got axis {axis}, which is out of bounds for {x} of {x.type!r}, "
            f"wanted one from {-x.ndim} to {x.ndim - 1}"
        )


class CumOp(Op):
    """The running sum or product along an axis, in the dtype of the input.

    Args:
        axis: which axis; None for the flattened array.
        mode: ``"add"`` or ``"mul"``.
    """

    parameters = ("axis", "mode")

    def __init__(self, axis: int | None = None, mode: str = "add") -> None:
        if mode not in ("add", "mul"):
            raise ValueError(f"mode: got {mode!r}, wanted 'add' or 'mul'")
        self.axis = axis
        self.mode = mode
        self.linear = mode == "add"

    def __str__(self) -> str:
        return f"CumOp{{{self.axis}, {self.mode}}}"

    def make_node(self, x: Any) -> Apply:
        """Check the axis and tell the type of the output."""
        variable = as_tensor_variable(x)
        if self.axis is None:
            return Apply.of_types(self, [variable], [TensorType(variable.dtype, (False,))])
        _check_axis("cumsum" if self.mode == "add" else "cumprod", self.axis, variable)
        return Apply.of_types(self, [variable], [variable.type])

    def function(self, x: Any) -> Any:
        """Accumulate."""
        run = jnp.cumsum if self.mode == "add" else jnp.cumprod
        if x.dtype == bool:
            return run(x, self.axis, dtype=np.int8) != 0
        return run(x, self.axis, dtype=x.dtype)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        dtype = node.inputs[0].type.dtype
        if dtype == "bool":
            return super().source(node, inputs, writer)
        run = "jnp.cumsum" if self.mode == "add" else "jnp.cumprod"
        widens = np.dtype(dtype).kind in "iu" and np.dtype(dtype).itemsize < 8
        ending = f", dtype={writer.dtype(dtype)}" if widens else ""
        return f"{run}({inputs[0]}, axis={self.axis}{ending})"

    def host(self, node: Apply, x: np.ndarray) -> Any:
        """Accumulate with NumPy."""
        run = np.cumsum if self.mode == "add" else np.cumprod
        return run(x, self.axis).astype(x.dtype)


def cumsum(x: Any, axis: int | None = None) -> Any:
    """Return the sum of the elements up to each one, along an axis.

    Args:
        x: any tensor.
        axis: which axis; None for the flattened tensor. The dtype stays.

    Raises:
        ValueError: there is no such axis.

    Example:
        >>> cumsum([[1, 2], [3, 4]], axis=0).eval().tolist()
        [[1, 2], [4, 6]]
    """
    return CumOp(axis, "add")(x)


def cumprod(x: Any, axis: int | None = None) -> Any:
    """Return the product of the elements up to each one, along an axis. Arguments as for `cumsum`.

    The derivative is right where elements are zero, too.

    Example:
        >>> cumprod([1, 2, 3, 4]).eval().tolist()
        [1, 2, 6, 24]
    """
    return CumOp(axis, "mul")(x)


class DiffOp(Op):
    """Differences of neighbours along an axis, taken several times.

    Args:
        n: how many times.
        axis: which axis.
    """

    parameters = ("n", "axis")
    linear = True

    def __init__(self, n: int = 1, axis: int = -1) -> None:
        if n < 0:
            raise ValueError(f"n: got {n}, wanted 0 or more")
        self.n = n
        self.axis = axis

    def make_node(self, x: Any) -> Apply:
        """Check the axis; the axis no longer broadcasts once a difference is taken."""
        variable = as_tensor_variable(x)
        _check_axis("diff", self.axis, variable)
        flags = list(variable.broadcastable)
        flags[self.axis] = flags[self.axis] and self.n == 0
        return Apply.of_types(self, [variable], [variable.type.clone(None, flags)])

    def function(self, x: Any) -> Any:
        """Subtract."""
        return jnp.diff(x, self.n, self.axis)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        return f"jnp.diff({inputs[0]}, n={self.n}, axis={self.axis})"

    def host(self, node: Apply, x: np.ndarray) -> Any:
        """Subtract with NumPy."""
        return np.diff(x, self.n, self.axis)


def diff(x: Any, n: int = 1, axis: int = -1) -> Any:
    """Return ``x[i + 1] - x[i]`` along an axis; taken ``n`` times, each of the one before.

    Raises:
        ValueError: there is no such axis, or ``n`` is negative.

    Example:
        >>> diff([1, 4, 9, 16]).eval().tolist()
        [3, 5, 7]
        >>> diff([1, 4, 9, 16], n=2).eval().tolist()
        [2, 2]
    """
    return DiffOp(n, axis)(x)
