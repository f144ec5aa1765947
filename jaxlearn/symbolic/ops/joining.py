"""Tensors put together along an axis, and cut into parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.symbolic.ops.dimensions import axis_number, shape_padaxis
from jaxlearn.symbolic.ops.elementwise import cast
from jaxlearn.symbolic.ops.static_values import get_scalar_constant_value, static_length
from jaxlearn.symbolic.types import TensorType, upcast
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["Join", "MakeVector", "Split", "concatenate", "join", "split", "stack", "stacklists"]


class MakeVector(Op):
    """A vector of scalars."""

    linear = True

    parameters = ("dtype",)

    def __init__(self, dtype: str = "int64") -> None:
        self.dtype = dtype

    def __str__(self) -> str:
        return f"MakeVector{{dtype='{self.dtype}'}}"

    def make_node(self, *scalars: Any) -> Apply:
        """Convert the scalars, and tell the type of the vector."""
        inputs = [cast(scalar, self.dtype) for scalar in scalars]
        return Apply.of_types(self, inputs, [TensorType(self.dtype, (len(inputs) == 1,))])

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function; of what is known, a tuple."""
        if writer.is_known(node.outputs[0]):
            return f"({', '.join(map(writer.raw, inputs))},)"
        return f"jnp.stack([{', '.join(inputs)}])"

    def written_as_known(self, node: Apply, known: Sequence[bool]) -> bool:
        """Of what is known, it is."""
        return all(known)

    def known_length(self, node: Apply) -> int | None:
        """Return how many scalars there are."""
        return len(node.inputs)

    def function(self, *scalars: Any) -> Any:
        """Stack the scalars."""
        return jnp.stack(scalars)

    def host(self, node: Apply, *scalars: np.ndarray) -> Any:
        """Stack the scalars with NumPy."""
        return np.stack(scalars)


class Join(Op):
    """Tensors put one after another along an axis."""

    linear = True

    parameters = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def __str__(self) -> str:
        return "Join"

    def make_node(self, *tensors: Any) -> Apply:
        """Tell the type of the whole."""
        variables = [as_tensor_variable(tensor) for tensor in tensors]
        flags = [
            any(variable.broadcastable[axis] for variable in variables)
            for axis in range(variables[0].ndim)
        ]
        flags[self.axis] = len(variables) == 1 and variables[0].broadcastable[self.axis]
        dtype = upcast(*(variable.dtype for variable in variables))
        return Apply.of_types(self, variables, [TensorType(dtype, flags)])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the joining, once the other lengths are seen to agree."""
        self._check(node, values)
        dtype = node.outputs[0].type.dtype
        return lambda *arrays: lax.concatenate(
            [lax.convert_element_type(array, dtype) for array in arrays], self.axis
        )

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        if writer.is_known(node.outputs[0]):
            return f"np.concatenate([{', '.join(map(writer.raw, inputs))}])"
        dtype = node.outputs[0].type.dtype
        given = [
            name if variable.type.dtype == dtype else f"{name}.astype({writer.dtype(dtype)})"
            for name, variable in zip(inputs, node.inputs, strict=True)
        ]
        return f"jnp.concatenate([{', '.join(given)}], axis={self.axis})"

    def written_as_known(self, node: Apply, known: Sequence[bool]) -> bool:
        """Of what is known, it is."""
        return all(known) and node.outputs[0].type.ndim == 1

    def host(self, node: Apply, *values: np.ndarray) -> Any:
        """Join with NumPy."""
        self._check(node, values)
        return np.concatenate(values, self.axis).astype(node.outputs[0].type.dtype)

    def known_length(self, node: Apply) -> int | None:
        """Add up the lengths of the parts."""
        lengths = [static_length(part) for part in node.inputs]
        known = [length for length in lengths if length is not None]
        return sum(known) if self.axis == 0 and len(known) == len(lengths) else None

    def gradient_dtype(self, node: Apply, i: int) -> str:
        """Return the dtype of the whole."""
        return str(node.outputs[0].type.dtype)

    def _check(self, node: Apply, values: Sequence[Any]) -> None:
        others = {value.shape[: self.axis] + value.shape[self.axis + 1 :] for value in values}
        if len(others) > 1:
            shapes = ", ".join(
                f"{variable} has shape {tuple(value.shape)}"
                for variable, value in zip(node.inputs, values, strict=True)
            )
            raise ValueError(
                f"join: all lengths but those of axis {self.axis} must agree: {shapes}"
                f"{made_at(node.line)}"
            )


def join(axis: Any, *tensors_list: Any) -> Any:
    """Return tensors put one after another along an axis.

    Args:
        axis: which axis; a constant.
        *tensors_list: tensors of one rank, whose other lengths agree.

    Raises:
        ValueError: there is no such axis, or nothing to join.
        TypeError: the ranks differ.

    Example:
        >>> join(0, [1, 2], [3]).eval().tolist()
        [1, 2, 3]
    """
    if not tensors_list:
        raise ValueError("join: got no tensors, wanted at least one")
    variables = [as_tensor_variable(tensor) for tensor in tensors_list]
    if len({variable.ndim for variable in variables}) > 1:
        ranks = ", ".join(f"{variable} has {variable.ndim} axes" for variable in variables)
        raise TypeError(f"join: tensors of different ranks: {ranks}")
    if variables[0].ndim == 0:
        raise TypeError("join: scalars cannot be joined; use stack")
    number = axis_number(get_scalar_constant_value(axis), variables[0].ndim, "axis")
    return variables[0] if len(variables) == 1 else Join(number)(*variables)


def concatenate(tensor_list: Any, axis: Any = 0) -> Any:
    """Return tensors put one after another along an axis.

    Raises:
        TypeError: ``tensor_list`` is not a list or tuple.

    Example:
        >>> concatenate([[[1], [2]], [[3], [4]]], axis=1).eval().tolist()
        [[1, 3], [2, 4]]
    """
    if not isinstance(tensor_list, (list, tuple)):
        raise TypeError(
            f"concatenate: got {tensor_list}, wanted a list or tuple of tensors; "
            "for join, the axis comes first"
        )
    return join(axis, *tensor_list)


def stack(*tensors: Any, axis: int = 0, **named: Any) -> Any:
    """Return tensors of one shape put along a new axis.

    Args:
        *tensors: one list of tensors, and after it perhaps the axis; or, as long ago, the tensors.
        axis: which axis of the result is the new one.
        **named: the list, as ``tensors``, where it is not given by position.

    Raises:
        TypeError: another argument is given.
        ValueError: there are no tensors.

    Example:
        >>> stack([[1, 2], [3, 4]], axis=1).eval().tolist()
        [[1, 3], [2, 4]]
    """
    if not tensors and "tensors" in named:
        tensors = (named.pop("tensors"),)
    if named:
        raise TypeError(f"stack: got {', '.join(named)}, wanted a list of tensors, and axis")
    if tensors and isinstance(tensors[0], (list, tuple)) and len(tensors) <= 2:
        axis = tensors[1] if len(tensors) == 2 else axis
        tensors = tuple(tensors[0])
    if not tensors:
        raise ValueError("stack: got no tensors, wanted at least one")
    variables = [as_tensor_variable(tensor) for tensor in tensors]
    if all(variable.ndim == 0 for variable in variables) and axis in (0, -1):
        return MakeVector(upcast(*(variable.dtype for variable in variables)))(*variables)
    return join(axis, *(shape_padaxis(variable, axis) for variable in variables))


def stacklists(arg: Any) -> Any:
    """Return nested lists of tensors as one tensor.

    Example:
        >>> stacklists([[1, 2], [3, 4]]).eval().tolist()
        [[1, 2], [3, 4]]
    """
    if isinstance(arg, (list, tuple)):
        return stack([stacklists(item) for item in arg])
    return arg


# Splitting.


class Split(Op):
    """A tensor cut into parts along an axis."""

    linear = True

    parameters = ("parts", "axis")

    def __init__(self, parts: int, axis: int) -> None:
        self.parts = parts
        self.axis = axis

    def make_node(self, x: Any, lengths: Any) -> Apply:
        """Tell the types of the parts."""
        variable, sizes = as_tensor_variable(x), as_tensor_variable(lengths)
        flags = list(variable.broadcastable)
        flags[self.axis] = False
        kinds = [variable.type.clone(None, flags)] * self.parts
        return Apply.of_types(self, [variable, sizes], kinds)

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the cutting at the lengths of its place."""
        sizes = [int(size) for size in lowering.known(node.inputs[1], values[1])]
        length = values[0].shape[self.axis]
        if len(sizes) != self.parts or sum(sizes) != length or min(sizes, default=0) < 0:
            raise ValueError(
                f"split: {node.inputs[0]} has length {length} in axis {self.axis}, and the parts "
                f"have lengths {sizes}, wanted {self.parts} that add up{made_at(node.line)}"
            )
        return lambda x, _: tuple(lax.split(x, sizes, self.axis))

    def sizes(self, node: Apply) -> Sequence[int]:
        """The lengths are."""
        return (1,)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        return f"lax.split({inputs[0]}, {writer.size(node.inputs[1], inputs[1])}, {self.axis})"

    def connected(self, node: Apply, i: int) -> bool:
        """Only the tensor matters."""
        return i == 0


def split(x: Any, splits_size: Any, n_splits: int, axis: int = 0) -> Any:
    """Return a tensor cut into parts along an axis, as a list.

    Args:
        x: any tensor.
        splits_size: the lengths of the parts; symbolic or not.
        n_splits: how many parts there are.
        axis: which axis is cut.

    Raises:
        ValueError: when the function runs: the lengths do not add up.

    Example:
        >>> [part.eval().tolist() for part in split([1, 2, 3], [1, 2], 2)]
        [[1], [2, 3]]
    """
    variable = as_tensor_variable(x)
    return Split(n_splits, axis_number(axis, variable.ndim, "axis"))(
        variable, splits_size, return_list=True
    )
