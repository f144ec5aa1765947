"""Elements chosen among several tensors, and rows put into the order of a permutation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.symbolic.ops.creation import arange
from jaxlearn.symbolic.ops.gathering import check_bounds, from_the_front
from jaxlearn.symbolic.ops.index_patterns import integers
from jaxlearn.symbolic.types import TensorType
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["Choose", "PermuteRowElements", "choose", "inverse_permutation", "permute_row_elements"]


class Choose(Op):
    """From several tensors, each element from the one that an array of integers names.

    Args:
        mode: what becomes of a number that names none: ``"raise"``, ``"wrap"`` or ``"clip"``.
    """

    parameters = ("mode",)

    def __init__(self, mode: str = "raise") -> None:
        if mode not in ("raise", "wrap", "clip"):
            raise ValueError(f"mode: got {mode!r}, wanted 'raise', 'wrap' or 'clip'")
        self.mode = mode

    def make_node(self, a: Any, choices: Any) -> Apply:
        """Check the numbers and tell the type of the result."""
        number, tensors = integers(a), as_tensor_variable(choices)
        flags = [number.broadcastable[::-1], tensors.broadcastable[:0:-1]]
        rank = max(map(len, flags))
        together = [all(f[i] for f in flags if i < len(f)) for i in reversed(range(rank))]
        return Apply.of_types(self, [number, tensors], [TensorType(tensors.dtype, together)])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the choice, with a check that each number names a tensor."""
        count = values[1].shape[0]
        try:
            np.broadcast_shapes(values[0].shape, values[1].shape[1:])
        except ValueError:
            raise ValueError(
                f"shape mismatch: the numbers {node.inputs[0]} have shape {values[0].shape}, and "
                f"each choice has shape {values[1].shape[1:]}{made_at(node.line)}"
            ) from None
        if self.mode == "raise":
            ok = ((values[0] >= 0) & (values[0] < count)).all()
            lowering.check(ok, partial(_not_a_choice, node, count))
        return self.function

    def function(self, a: Any, choices: Any) -> Any:
        """Choose."""
        count = choices.shape[0]
        shape = np.broadcast_shapes(a.shape, choices.shape[1:])
        number = lax.convert_element_type(a, np.int64)
        number = number % count if self.mode == "wrap" else jnp.clip(number, 0, count - 1)
        aligned = (count,) + (1,) * (len(shape) + 1 - choices.ndim) + choices.shape[1:]
        spread = jnp.broadcast_to(jnp.reshape(choices, aligned), (count, *shape))
        number = jnp.broadcast_to(number, shape)
        return jnp.take_along_axis(spread, number[None], axis=0)[0]

    def connected(self, node: Apply, i: int) -> bool:
        """The numbers have no gradient."""
        return i == 1


def _not_a_choice(node: Apply, count: int) -> ValueError:
    return ValueError(
        f"invalid entry in choice array: {node.inputs[0]} must be 0 to {count - 1}, for {count} "
        f"choices{made_at(node.line)}"
    )


def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """Return, for each element, that of the tensor which an array of integers names.

    Args:
        a: for each element, the number of the tensor to take it from.
        choices: the tensors, as a list, or as the rows of one tensor.
        out: always None: nothing is written to where it is.
        mode: what becomes of a number that names none: ``"raise"``; ``"wrap"`` it round; or
            ``"clip"`` it to the range.

    Raises:
        TypeError: the numbers are no integers, or ``out`` is not None.
        ValueError: there is no such mode; or, when the function runs, a number names no tensor.

    Example:
        >>> choose([0, 1, 0], [[1, 2, 3], [10, 20, 30]]).eval().tolist()
        [1, 20, 3]
    """
    if out is not None:
        raise TypeError(f"choose: out: got {out}, wanted None; use what is returned")
    return Choose(mode)(a, choices)


# Permuting.


class PermuteRowElements(Op):
    """The elements along the last axis in the order of a permutation, or brought back from it.

    Args:
        inverse: bring them back.
    """

    parameters = ("inverse",)

    def __init__(self, inverse: bool = False) -> None:
        self.inverse = inverse

    def make_node(self, x: Any, y: Any) -> Apply:
        """Check the permutation and tell the type of the result."""
        variable, order = as_tensor_variable(x), integers(y)
        rank = max(variable.ndim, order.ndim)
        if not min(variable.ndim, order.ndim):
            raise TypeError(f"permute_row_elements: got the scalar {variable} or {order}")
        variable, order = (
            v.dimshuffle(*["x"] * (rank - v.ndim), *range(v.ndim)) for v in (variable, order)
        )
        flags = [a and b for a, b in zip(variable.broadcastable, order.broadcastable, strict=True)]
        return Apply.of_types(self, [variable, order], [variable.type.clone(None, flags)])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the permuting, with a check that the indices are within the axis."""
        x, y = values
        axis, size = x.ndim - 1, x.shape[-1]
        if y.shape[-1] != size:
            raise ValueError(
                f"permute_row_elements: {node.inputs[0]} has length {size} in its last axis, and "
                f"the permutation {node.inputs[1]} {y.shape[-1]}{made_at(node.line)}"
            )
        check_bounds(lowering, node, 1, y, axis, x.shape)
        return self.function

    def function(self, x: Any, y: Any) -> Any:
        """Permute."""
        shape = np.broadcast_shapes(x.shape[:-1], y.shape[:-1])
        order = jnp.argsort(y, axis=-1) if self.inverse else from_the_front(y, x.shape[-1])
        order = jnp.broadcast_to(order, shape + order.shape[-1:])
        return jnp.take_along_axis(jnp.broadcast_to(x, shape + x.shape[-1:]), order, axis=-1)

    def connected(self, node: Apply, i: int) -> bool:
        """A permutation has no gradient."""
        return i == 0


def permute_row_elements(x: Any, y: Any, inverse: bool = False) -> Any:
    """Return the elements along the last axis in the order of a permutation.

    Args:
        x: any tensor with axes.
        y: the permutation; one for all rows, or one for each.
        inverse: bring the elements back from that order.

    Raises:
        TypeError: the permutation has no integers, or one of the two is a scalar.
        IndexError: when the function runs: an index is out of bounds.

    Example:
        >>> permute_row_elements([[5, 6, 7]], [2, 0, 1]).eval().tolist()
        [[7, 5, 6]]
        >>> permute_row_elements([[7, 5, 6]], [2, 0, 1], inverse=True).eval().tolist()
        [[5, 6, 7]]
    """
    return PermuteRowElements(bool(inverse))(x, y)


def inverse_permutation(perm: Any) -> Any:
    """Return the permutation that undoes one; of a matrix, for each row.

    Example:
        >>> inverse_permutation([2, 0, 1]).eval().tolist()
        [1, 2, 0]
    """
    order = as_tensor_variable(perm)
    return permute_row_elements(arange(order.shape[-1], dtype=order.dtype), order, inverse=True)
