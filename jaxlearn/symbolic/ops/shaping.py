"""Shapes: read, declared and changed; the elements stay as they are and in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.symbolic.ops.dimensions import rebroadcast
from jaxlearn.symbolic.ops.static_values import constant_or_none, get_vector_length
from jaxlearn.symbolic.types import TensorType, is_discrete
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "Reshape",
    "Shape",
    "SpecifyShape",
    "TensorCopy",
    "flatten",
    "reshape",
    "shape",
    "specify_shape",
    "tensor_copy",
]


class Shape(Op):
    """The lengths of all axes. They are known before anything is computed."""

    def make_node(self, x: Any) -> Apply:
        """Tell the type of the output."""
        return Apply.of_types(self, [as_tensor_variable(x)], [TensorType("int64", (False,))])

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the attribute."""
        return f"{inputs[0]}.shape"

    def written_as_known(self, node: Apply, known: Sequence[bool]) -> bool:
        """A shape is known when it is traced."""
        return True

    def fold(self, node: Apply, values: Sequence[Any]) -> Any:
        """Return the shape, of a traced value too."""
        return np.array(values[0].shape, np.int64)

    def known_length(self, node: Apply) -> int | None:
        """Return how many axes there are."""
        return int(node.inputs[0].type.ndim)

    def connected(self, node: Apply, i: int) -> bool:
        """A shape does not depend on values."""
        return False


def shape(x: Any) -> Any:
    """Return the lengths of all axes, as an int64 vector.

    Example:
        >>> shape([[1.0, 2.0, 3.0]]).eval().tolist()
        [1, 3]
    """
    return Shape()(x)


class SpecifyShape(Op):
    """The same array, whose shape is checked when the function runs."""

    linear = True

    def make_node(self, x: Any, wanted: Any) -> Apply:
        """Tell the type of the output."""
        variable, lengths = as_tensor_variable(x), as_tensor_variable(wanted)
        ones = [constant_or_none(lengths[i]) == 1 for i in range(variable.ndim)]
        flags = [a or b for a, b in zip(variable.broadcastable, ones, strict=True)]
        return Apply.of_types(self, [variable, lengths], [variable.type.clone(None, flags)])

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the array itself."""
        return inputs[0]

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the identity, once the shape is seen to be as declared."""
        wanted = tuple(int(n) for n in lowering.known(node.inputs[1], values[1]))
        if tuple(values[0].shape) != wanted:
            raise AssertionError(
                f"specify_shape: {node.inputs[0]} has shape {tuple(values[0].shape)}, "
                f"wanted {wanted}{made_at(node.line)}"
            )
        return lambda x, _: x

    def connected(self, node: Apply, i: int) -> bool:
        """Only the array matters."""
        return i == 0


def specify_shape(x: Any, shape: Any) -> Any:
    """Return a tensor whose shape is checked when the function runs (`AssertionError`).

    Example:
        >>> specify_shape([1.0, 2.0], (2,)).eval().tolist()
        [1.0, 2.0]
    """
    return SpecifyShape()(x, shape)


# The same elements in another shape.


class Reshape(Op):
    """The elements in another shape."""

    linear = True

    parameters = ("ndim",)

    def __init__(self, ndim: int, name: str | None = None) -> None:
        self.ndim = ndim

    def __str__(self) -> str:
        return f"Reshape{{{self.ndim}}}"

    def make_node(self, x: Any, shape: Any) -> Apply:
        """Tell the type of the output; a length that is constant 1 broadcasts."""
        variable, lengths = as_tensor_variable(x), as_tensor_variable(shape)
        if not is_discrete(lengths.dtype):
            raise TypeError(f"reshape: the shape has dtype {lengths.dtype}, wanted integers")
        flags = [constant_or_none(lengths[i]) == 1 for i in range(self.ndim)]
        return Apply.of_types(self, [variable, lengths], [variable.type.clone(None, flags)])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the reshaping to the shape of its place."""
        wanted = self._shape(node, values[0], lowering.known(node.inputs[1], values[1]))
        return lambda x, _: lax.reshape(x, wanted)

    def sizes(self, node: Apply) -> Sequence[int]:
        """The shape is one."""
        return (1,)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        return f"jnp.reshape({inputs[0]}, {writer.size(node.inputs[1], inputs[1])})"

    def host(self, node: Apply, x: np.ndarray, wanted: np.ndarray) -> Any:
        """Reshape with NumPy."""
        return x.reshape(self._shape(node, x, wanted))

    def _shape(self, node: Apply, x: Any, wanted: np.ndarray) -> tuple[int, ...]:
        lengths = [int(length) for length in wanted]
        known = int(np.prod([length for length in lengths if length != -1], dtype=np.int64))
        if lengths.count(-1) == 1 and known and x.size % known == 0:
            lengths[lengths.index(-1)] = x.size // known
        if len(lengths) != self.ndim or int(np.prod(lengths, dtype=np.int64)) != x.size:
            raise ValueError(
                f"reshape: {node.inputs[0]} has shape {tuple(x.shape)}, {x.size} elements, "
                f"which do not fit shape {tuple(int(n) for n in wanted)}{made_at(node.line)}"
            )
        return tuple(lengths)

    def known_length(self, node: Apply) -> int | None:
        """Return the first number of the shape, if that is constant."""
        return constant_or_none(as_tensor_variable(node.inputs[1])[0])

    def connected(self, node: Apply, i: int) -> bool:
        """Only the array matters."""
        return i == 0


def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Any:
    """Return the elements in another shape.

    Args:
        x: any tensor.
        newshape: the lengths, each a number or a symbolic integer, or one symbolic vector of
            them. One may be -1: it takes what is left.
        ndim: how many axes the result has, where ``newshape`` does not tell.

    Raises:
        ValueError: the rank cannot be told; or, when the function runs, the elements do not fit.
        TypeError: the shape is not of integers.

    Example:
        >>> reshape([1, 2, 3, 4, 5, 6], (2, -1)).eval().tolist()
        [[1, 2, 3], [4, 5, 6]]
    """
    if isinstance(newshape, (list, tuple)) and len(newshape) == 0:
        newshape = np.zeros(0, np.int64)
    lengths = as_tensor_variable(newshape)
    if lengths.ndim != 1:
        raise TypeError(f"newshape: got {lengths.type!r}, wanted a list or vector of lengths")
    if ndim is None:
        try:
            ndim = get_vector_length(lengths)
        except ValueError:
            raise ValueError(
                f"reshape: the length of newshape ({lengths}) is known only when the function "
                "runs; say how many axes the result has: reshape(x, newshape, ndim=...)"
            ) from None
    return Reshape(ndim)(x, lengths)


def flatten(x: Any, ndim: int | None = None, outdim: int | None = None) -> Any:
    """Return the elements in ``ndim`` axes: the first ones stay, the last ones are merged.

    Args:
        x: any tensor.
        ndim: how many axes are left; 1 by default.
        outdim: the older name of ``ndim``.

    Raises:
        ValueError: ``ndim`` is less than 1 or more than there are; or ``outdim`` is given, too.

    Example:
        >>> flatten([[[1, 2], [3, 4]]], 2).eval().tolist()
        [[1, 2, 3, 4]]
    """
    variable = as_tensor_variable(x)
    if ndim is not None and outdim is not None:
        raise ValueError(f"flatten: got ndim={ndim} and outdim={outdim}, its older name; give ndim")
    ndim = outdim if ndim is None else ndim
    ndim = 1 if ndim is None else ndim
    if not 1 <= ndim <= max(variable.ndim, 1):
        raise ValueError(f"ndim: got {ndim}, wanted 1 to {max(variable.ndim, 1)}")
    if variable.ndim == ndim:
        return variable
    lengths = [variable.shape[axis] for axis in range(ndim - 1)]
    flat = reshape(variable, (*lengths, -1))
    merged = all(variable.broadcastable[ndim - 1 :])
    return rebroadcast(flat, (*variable.broadcastable[: ndim - 1], merged))


class TensorCopy(Op):
    """The same array, under a variable of its own."""

    linear = True

    def __str__(self) -> str:
        return "Elemwise{identity}"

    def make_node(self, x: Any) -> Apply:
        """Tell the type of the output."""
        variable = as_tensor_variable(x)
        return Apply.of_types(self, [variable], [variable.type])

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the array itself."""
        return inputs[0]

    def function(self, x: Any) -> Any:
        """Return the array."""
        return x

    def host(self, node: Apply, x: np.ndarray) -> Any:
        """Return the array."""
        return x


def tensor_copy(x: Any) -> Any:
    """Return an expression with the same value.

    Example:
        >>> tensor_copy([1, 2]).eval().tolist()
        [1, 2]
    """
    return TensorCopy()(x)
