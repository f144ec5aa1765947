"""Elements repeated along an axis, or moved along it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxlearn.symbolic.graph import Apply, Op, Variable
from jaxlearn.symbolic.ops.dimensions import axis_number, shape_padleft
from jaxlearn.symbolic.ops.shaping import flatten, reshape
from jaxlearn.symbolic.ops.static_values import constant_or_none
from jaxlearn.symbolic.types import TensorType, is_discrete
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["Repeat", "RepeatIndices", "Roll", "repeat", "roll", "tile"]


class Repeat(Op):
    """Each element along an axis repeated as often; ``tile`` repeats the whole instead."""

    linear = True

    parameters = ("axis", "whole")

    def __init__(self, axis: int, whole: bool = False) -> None:
        self.axis = axis
        self.whole = whole

    def make_node(self, x: Any, times: Any) -> Apply:
        """Tell the type of the output."""
        variable, times = as_tensor_variable(x), as_tensor_variable(times)
        if not is_discrete(times.dtype):
            raise TypeError(f"repeats: got dtype {times.dtype}, wanted integers")
        flags = list(variable.broadcastable)
        flags[self.axis] = flags[self.axis] and constant_or_none(times) == 1
        return Apply.of_types(self, [variable, times], [variable.type.clone(None, flags)])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the repeating, the number of times being known."""
        times = lowering.size(node.inputs[1], values[1])
        if self.whole:
            return lambda x, _: (
                jnp.concatenate([x] * times, self.axis)
                if times
                else x[(slice(None),) * self.axis + (slice(0, 0),)]
            )
        return lambda x, _: jnp.repeat(x, times, self.axis)

    def sizes(self, node: Apply) -> Sequence[int]:
        """The number of times is one."""
        return (1,)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        times = writer.size(node.inputs[1], inputs[1])
        if self.whole:
            counts = ["1"] * node.inputs[0].type.ndim
            counts[self.axis] = times
            return f"jnp.tile({inputs[0]}, ({', '.join(counts)},))"
        return f"jnp.repeat({inputs[0]}, {times}, axis={self.axis})"

    def connected(self, node: Apply, i: int) -> bool:
        """Only the array matters."""
        return i == 0


class RepeatIndices(Op):
    """Each index of a vector as often as the vector says: its length depends on the data."""

    staged = True

    def make_node(self, times: Any) -> Apply:
        """Tell the type of the indices."""
        return Apply.of_types(self, [as_tensor_variable(times)], [TensorType("int64", (False,))])

    def host(self, node: Apply, times: np.ndarray) -> Any:
        """Compute the indices."""
        return np.repeat(np.arange(len(times)), times)


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Return a tensor with each element repeated along an axis, or of the flattened tensor.

    Args:
        x: any tensor.
        repeats: how often; one integer, or one for each element along the axis. Symbolic or not.
        axis: which axis; None for the flattened tensor.

    Example:
        >>> repeat([[1, 2], [3, 4]], 2, axis=1).eval().tolist()
        [[1, 1, 2, 2], [3, 3, 4, 4]]
        >>> repeat([5, 6], [1, 3]).eval().tolist()
        [5, 6, 6, 6]
    """
    variable = as_tensor_variable(x)
    if axis is None:
        variable, axis = flatten(variable) if variable.ndim else shape_padleft(variable), 0
    axis = axis_number(axis, variable.ndim, "axis")
    times = as_tensor_variable(repeats)
    if times.ndim == 1 and not times.broadcastable[0]:
        return variable.take(RepeatIndices()(times), axis)
    if times.ndim > 1:
        raise ValueError(f"repeats: got {times.ndim} axes, wanted an integer or a vector of them")
    return Repeat(axis)(variable, times if times.ndim == 0 else times[0])


def tile(x: Any, reps: Any, ndim: int | None = None) -> Any:
    """Return a tensor put beside itself, so often along each axis.

    Args:
        x: any tensor.
        reps: how often along each axis; one integer is for the last axis. Symbolic or not.
        ndim: how many axes the result has.

    Example:
        >>> tile([1, 2], (2, 2)).eval().tolist()
        [[1, 2, 1, 2], [1, 2, 1, 2]]
    """
    variable = as_tensor_variable(x)
    if isinstance(reps, Variable):
        reps = list(as_tensor_variable(reps)) if reps.type.ndim else [reps]
    times = list(reps) if isinstance(reps, (list, tuple, np.ndarray)) else [reps]
    rank = max(variable.ndim, len(times)) if ndim is None else ndim
    if rank < max(variable.ndim, len(times)):
        raise ValueError(f"ndim: got {ndim}, wanted at least {max(variable.ndim, len(times))}")
    variable = shape_padleft(variable, rank - variable.ndim)
    for axis, count in enumerate([1] * (rank - len(times)) + times):
        if constant_or_none(count) != 1:
            variable = Repeat(axis, whole=True)(variable, count)
    return variable


# Moving.


class Roll(Op):
    """Elements moved along an axis; those that leave one end enter at the other."""

    linear = True

    parameters = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def make_node(self, x: Any, shift: Any) -> Apply:
        """Tell the type of the output."""
        variable = as_tensor_variable(x)
        return Apply.of_types(self, [variable, as_tensor_variable(shift)], [variable.type])

    def function(self, x: Any, shift: Any) -> Any:
        """Move the elements."""
        return jnp.roll(x, shift, self.axis)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        known = writer.is_known(node.inputs[1])
        shift = writer.raw(inputs[1]) if known else inputs[1]
        return f"jnp.roll({inputs[0]}, {shift}, axis={self.axis})"

    def connected(self, node: Apply, i: int) -> bool:
        """Only the array matters."""
        return i == 0


def roll(x: Any, shift: Any, axis: int | None = None) -> Any:
    """Return a tensor with its elements moved along an axis, round the end.

    Example:
        >>> roll([1, 2, 3, 4], 1).eval().tolist()
        [4, 1, 2, 3]
    """
    variable = as_tensor_variable(x)
    if axis is None:
        return reshape(roll(flatten(variable), shift, 0), variable.shape, variable.ndim)
    return Roll(axis_number(axis, variable.ndim, "axis"))(variable, shift)
