"""Positions in an array: from the number of an element to its index along each axis, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.symbolic.ops.dimensions import shape_padleft
from jaxlearn.symbolic.ops.elementwise import cast
from jaxlearn.symbolic.ops.static_values import NotScalarConstantError, get_vector_length
from jaxlearn.symbolic.types import TensorType, is_discrete
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["RavelMultiIndex", "UnravelIndex", "ravel_multi_index", "unravel_index"]

_MODES = ("raise", "wrap", "clip")
_ORDERS = ("C", "F")


def _one_of(name: str, value: Any, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise ValueError(f"{name}: got {value!r}, wanted {', '.join(map(repr, allowed))}")
    return str(value)


def _integers(name: str, value: Any, ndim: int | None = None) -> Any:
    empty = not hasattr(value, "type") and np.size(value) == 0
    variable = as_tensor_variable(np.asarray(value, np.int64) if empty else value)
    if not is_discrete(variable.dtype) or variable.dtype == "bool":
        raise TypeError(f"{name}: got {variable} of {variable.type!r}, wanted integers")
    if ndim is not None and variable.ndim != ndim:
        raise TypeError(f"{name}: got {variable} of {variable.type!r}, wanted a vector")
    return cast(variable, "int64")


def _steps(lengths: Any, count: int, order: str) -> list[Any]:
    """Return how far apart neighbours along each axis are."""
    axes = range(count - 1, -1, -1) if order == "C" else range(count)
    steps: list[Any] = [None] * count
    step: Any = jnp.ones((), np.int64)
    for axis in axes:
        steps[axis] = step
        step = step * lengths[axis]
    return steps


def _unraveled(order: str, ndim: int, indices: Any, dims: Any) -> tuple[Any, ...]:
    steps = _steps(dims, ndim, order)
    return tuple(indices // step % length for step, length in zip(steps, dims, strict=True))


def _raveled(mode: str, order: str, *given: Any) -> Any:
    *indices, dims = given
    total: Any = jnp.zeros((), np.int64)
    for index, length, step in zip(indices, dims, _steps(dims, len(indices), order), strict=True):
        if mode == "wrap":
            index = index % length
        elif mode == "clip":
            index = jnp.clip(index, 0, length - 1)
        total = total + index * step
    return total


class UnravelIndex(Op):
    """The index along each axis of elements that are given by number.

    Args:
        ndim: how many axes there are.
        order: which axis is counted fastest: ``"C"`` for the last one, ``"F"`` for the first.
    """

    parameters = ("ndim", "order")

    def __init__(self, ndim: int, order: str = "C") -> None:
        self.ndim = int(ndim)
        self.order = _one_of("order", order, _ORDERS)

    def make_node(self, indices: Any, dims: Any) -> Apply:
        """Check the dtypes and tell the types: one array of int64 for each axis."""
        numbers, lengths = _integers("indices", indices), _integers("dims", dims, 1)
        kind = TensorType("int64", (False,) * numbers.ndim)
        return Apply.of_types(self, [numbers, lengths], [kind] * self.ndim)

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the computation, and have the numbers checked."""
        numbers, lengths = values
        if lengths.shape != (self.ndim,):
            raise ValueError(
                f"unravel_index: dims has {lengths.shape[0]} elements, wanted {self.ndim}"
                f"{made_at(node.line)}"
            )
        size = lengths.prod()
        lowering.check(((numbers >= 0) & (numbers < size)).all(), partial(_out_of_bounds, node))
        return self.function

    def function(self, indices: Any, dims: Any) -> Any:
        """Divide by the steps."""
        return _unraveled(self.order, self.ndim, indices, dims)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write a call of the computation."""
        call = f"{writer.function(_unraveled)}({self.order!r}, {self.ndim}, {', '.join(inputs)})"
        return call if self.ndim > 1 else f"{call}[0]"

    def connected(self, node: Apply, i: int) -> bool:
        """Indices have no gradient."""
        return False


def _out_of_bounds(node: Apply) -> ValueError:
    return ValueError(
        f"{node.op}: an index in {', '.join(map(str, node.inputs[:-1]))} is out of bounds for an "
        f"array of shape {node.inputs[-1]}{made_at(node.line)}"
    )


class RavelMultiIndex(Op):
    """The number of elements that are given by their index along each axis.

    Args:
        mode: what becomes of an index out of bounds; see `ravel_multi_index`.
        order: which axis is counted fastest: ``"C"`` for the last one, ``"F"`` for the first.
    """

    parameters = ("mode", "order")

    def __init__(self, mode: str = "raise", order: str = "C") -> None:
        self.mode = _one_of("mode", mode, _MODES)
        self.order = _one_of("order", order, _ORDERS)

    def make_node(self, *inputs: Any) -> Apply:
        """Check the dtypes and tell the type: an array of int64."""
        *given, dims = inputs
        indices = [_integers("multi_index", index) for index in given]
        rank = max(index.ndim for index in indices)
        indices = [shape_padleft(index, rank - index.ndim) for index in indices]
        lengths = _integers("dims", dims, 1)
        return Apply.of_types(self, [*indices, lengths], [TensorType("int64", (False,) * rank)])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the computation, and have the indices checked."""
        *indices, dims = values
        if dims.shape != (len(indices),):
            raise ValueError(
                f"ravel_multi_index: there are {len(indices)} arrays of indices, wanted one for "
                f"each of {dims.shape[0]} elements of dims{made_at(node.line)}"
            )
        for index, length in zip(indices, dims, strict=True):
            if self.mode == "raise":
                within = (index >= 0) & (index < length)
                lowering.check(within.all(), partial(_out_of_bounds, node))
        return self.function

    def function(self, *inputs: Any) -> Any:
        """Add up the steps."""
        return _raveled(self.mode, self.order, *inputs)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write a call of the computation."""
        function = writer.function(_raveled)
        return f"{function}({self.mode!r}, {self.order!r}, {', '.join(inputs)})"

    def connected(self, node: Apply, i: int) -> bool:
        """Indices have no gradient."""
        return False


def unravel_index(indices: Any, dims: Any, order: str = "C", ndim: int | None = None) -> Any:
    """Return the index along each axis of elements that are given by number.

    Args:
        indices: integers of any shape.
        dims: the shape of the array that they number the elements of.
        order: which axis is counted fastest: ``"C"`` for the last one, ``"F"`` for the first.
        ndim: how many axes there are, where the length of ``dims`` does not tell.

    Returns:
        A list with one tensor of int64 for each axis; for one axis, that tensor.

    Raises:
        TypeError: the indices are no integers, or ``dims`` is no vector of them.
        ValueError: there is no such order, or ``ndim`` is needed; or, when the function runs, an
            index is out of bounds.

    Example:
        >>> [index.eval().tolist() for index in unravel_index([5, 1], (2, 3))]
        [[1, 0], [2, 1]]
    """
    lengths = _integers("dims", dims, 1)
    if ndim is None:
        try:
            ndim = get_vector_length(lengths)
        except (NotScalarConstantError, ValueError):
            raise ValueError(
                f"dims: the length of {lengths} is known only when a function runs; pass ndim="
            ) from None
    return UnravelIndex(ndim, order)(indices, lengths)


def ravel_multi_index(multi_index: Any, dims: Any, mode: str = "raise", order: str = "C") -> Any:
    """Return the number of elements that are given by their index along each axis.

    Args:
        multi_index: a sequence of tensors of integers, one for each axis; they broadcast.
        dims: the shape of the array whose elements are numbered.
        mode: what becomes of an index out of bounds: ``"raise"``; ``"wrap"`` it round; or
            ``"clip"`` it to the range.
        order: which axis is counted fastest: ``"C"`` for the last one, ``"F"`` for the first.

    Raises:
        TypeError: the indices are no integers, or ``dims`` is no vector of them.
        ValueError: there is no such mode or order; or, when the function runs, an index is out of
            bounds.

    Example:
        >>> ravel_multi_index(([1, 0], [2, 1]), (2, 3)).eval().tolist()
        [5, 1]
    """
    return RavelMultiIndex(mode, order)(*multi_index, dims)
