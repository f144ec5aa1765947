"""The axes of a tensor: their order, new ones and dropped ones, and which of them broadcast."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op, Variable
from jaxlearn.symbolic.types import TensorType
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "DimShuffle",
    "Rebroadcast",
    "addbroadcast",
    "dimshuffle",
    "patternbroadcast",
    "rebroadcast",
    "shape_padaxis",
    "shape_padleft",
    "shape_padright",
    "squeeze",
    "swapaxes",
    "transpose",
    "unbroadcast",
]


class DimShuffle(Op):
    """Axes in another order, new axes of length 1, and broadcastable axes dropped.

    Args:
        input_broadcastable: the broadcast flags of the input.
        new_order: for each axis of the output, the axis of the input, or ``'x'`` for a new one.
    """

    linear = True

    parameters = ("input_broadcastable", "new_order")

    def __init__(
        self, input_broadcastable: Sequence[bool], new_order: Sequence[Any], inplace: bool = True
    ) -> None:
        self.input_broadcastable = tuple(input_broadcastable)
        self.new_order = tuple(new_order)
        kept = [axis for axis in self.new_order if axis != "x"]
        rank = len(self.input_broadcastable)
        for axis in kept:
            if not 0 <= axis < rank:
                raise ValueError(f"dimshuffle: there is no axis {axis} among {rank}")
        if len(set(kept)) < len(kept):
            raise ValueError(f"dimshuffle: an axis appears twice in {self.new_order}")
        self._dropped = tuple(axis for axis in range(rank) if axis not in kept)
        for axis in self._dropped:
            if not self.input_broadcastable[axis]:
                raise ValueError(
                    f"dimshuffle{self.new_order} would drop axis {axis}, which is not "
                    f"broadcastable ({self.input_broadcastable}); index it, or sum over it"
                )
        self._permutation = tuple(kept)
        self._new_axes = tuple(i for i, axis in enumerate(self.new_order) if axis == "x")

    def __str__(self) -> str:
        return f"InplaceDimShuffle{{{','.join(map(str, self.new_order))}}}"

    def make_node(self, x: Any) -> Apply:
        """Tell the type of the output."""
        variable = as_tensor_variable(x)
        flags = [axis == "x" or self.input_broadcastable[axis] for axis in self.new_order]
        return Apply.of_types(self, [variable], [TensorType(variable.type.dtype, flags)])

    def function(self, x: Any) -> Any:
        """Rearrange the axes."""
        dropped = set(self._dropped)
        squeezed = lax.squeeze(x, self._dropped) if dropped else x
        left = [axis for axis in range(x.ndim) if axis not in dropped]
        order = [left.index(axis) for axis in self._permutation]
        if order != sorted(order):
            squeezed = lax.transpose(squeezed, order)
        return lax.expand_dims(squeezed, self._new_axes) if self._new_axes else squeezed

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the steps that are needed: axes dropped, permuted, added."""
        if writer.is_known(node.outputs[0]):
            return writer.raw(inputs[0])  # type: ignore[no-any-return]
        text = inputs[0]
        if self._dropped:
            text = f"jnp.squeeze({text}, {self._dropped})"
        left = sorted(self._permutation)
        order = tuple(left.index(axis) for axis in self._permutation)
        if order != tuple(sorted(order)):
            text = f"{text}.T" if order == (1, 0) else f"jnp.transpose({text}, {order})"
        if not self._new_axes:
            return text
        added = ", ".join("None" if axis == "x" else ":" for axis in self.new_order)
        return f"{text}[{added}]" if order else f"jnp.reshape({text}, {(1,) * len(self._new_axes)})"

    def written_as_known(self, node: Apply, known: Sequence[bool]) -> bool:
        """A number with axes of length 1 is written as the number."""
        return all(known) and node.inputs[0].type.ndim == 0

    def known_scalar(self, node: Apply) -> Variable | None:
        """Return the input: a number stays the same in any axes."""
        return node.inputs[0]

    def host(self, node: Apply, x: np.ndarray) -> Any:
        """Rearrange the axes with NumPy."""
        moved = np.transpose(x, (*self._permutation, *self._dropped))
        moved = moved.reshape(moved.shape[: len(self._permutation)])
        return np.expand_dims(moved, self._new_axes)


def dimshuffle(x: Any, pattern: Sequence[Any]) -> Any:
    """Return the axes of a tensor in another order, with new axes of length 1 for ``'x'``.

    Args:
        x: any tensor.
        pattern: for each axis of the result, the axis of ``x`` or ``'x'``. A broadcastable axis
            that is left out is dropped.

    Raises:
        ValueError: an axis does not exist, appears twice, or would be dropped and is not
            broadcastable.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> dimshuffle(T.dvector(), (0, "x")).type
        TensorType(float64, col)
    """
    variable = as_tensor_variable(x)
    order = tuple(axis if axis == "x" else int(axis) for axis in pattern)
    if order == tuple(range(variable.ndim)):
        return variable
    return DimShuffle(variable.broadcastable, order)(variable)


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """Return the axes of a tensor in another order, reversed by default.

    Example:
        >>> transpose([[1, 2, 3], [4, 5, 6]]).eval().tolist()
        [[1, 4], [2, 5], [3, 6]]
    """
    variable = as_tensor_variable(x)
    if axes is None:
        axes = range(variable.ndim)[::-1]
    if len(axes) != variable.ndim:
        raise ValueError(f"axes: got {tuple(axes)}, wanted {variable.ndim} axes of {variable}")
    return dimshuffle(variable, [axis_number(axis, variable.ndim, "axes") for axis in axes])


def swapaxes(y: Any, axis1: int, axis2: int) -> Any:
    """Return a tensor with two axes exchanged.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> swapaxes(T.tensor3(), 0, 2).owner.op
        InplaceDimShuffle{2,1,0}
    """
    variable = as_tensor_variable(y)
    order = list(range(variable.ndim))
    if not all(-variable.ndim <= axis < variable.ndim for axis in (axis1, axis2)):
        raise IndexError(
            f"swapaxes: got axes {axis1} and {axis2}, "
            f"wanted {-variable.ndim} to {variable.ndim - 1}"
        )
    first, second = axis1 % variable.ndim, axis2 % variable.ndim
    order[first], order[second] = order[second], order[first]
    return dimshuffle(variable, order)


def shape_padleft(t: Any, n_ones: int = 1) -> Any:
    """Return a tensor with broadcastable axes added on the left.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> shape_padleft(T.dvector()).type
        TensorType(float64, row)
    """
    variable = as_tensor_variable(t)
    return dimshuffle(variable, ["x"] * n_ones + list(range(variable.ndim)))


def shape_padright(t: Any, n_ones: int = 1) -> Any:
    """Return a tensor with broadcastable axes added on the right.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> shape_padright(T.dvector()).type
        TensorType(float64, col)
    """
    variable = as_tensor_variable(t)
    return dimshuffle(variable, list(range(variable.ndim)) + ["x"] * n_ones)


def shape_padaxis(t: Any, axis: int) -> Any:
    """Return a tensor with one broadcastable axis added, which becomes axis ``axis``.

    Raises:
        IndexError: there is no such axis in the result.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> shape_padaxis(T.dmatrix(), 1).broadcastable
        (False, True, False)
    """
    variable = as_tensor_variable(t)
    rank = variable.ndim + 1
    if not -rank <= axis < rank:
        raise IndexError(f"axis: got {axis}, wanted {-rank} to {rank - 1}")
    order: list[Any] = list(range(variable.ndim))
    order.insert(axis % rank, "x")
    return dimshuffle(variable, order)


def squeeze(x: Any) -> Any:
    """Return a tensor without its broadcastable axes.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> squeeze(T.row()).ndim
        1
    """
    variable = as_tensor_variable(x)
    return dimshuffle(
        variable, [axis for axis, flag in enumerate(variable.broadcastable) if not flag]
    )


def axis_number(axis: Any, ndim: int, name: str) -> int:
    """Return an axis counted from the front, or refuse what is none."""
    number = int(axis)
    if not -ndim <= number < ndim:
        raise ValueError(f"{name}: got {number}, wanted {-ndim} to {ndim - 1}")
    return number % ndim


# Broadcast flags.


class Rebroadcast(Op):
    """The same array with other broadcast flags; a new flag is checked when the function runs."""

    linear = True

    parameters = ("broadcastable",)

    def __init__(self, broadcastable: Sequence[bool]) -> None:
        self.broadcastable = tuple(broadcastable)

    def __str__(self) -> str:
        flags = ",".join("1" if flag else "0" for flag in self.broadcastable)
        return f"Rebroadcast{{{flags}}}"

    def make_node(self, x: Any) -> Apply:
        """Tell the type of the output."""
        variable = as_tensor_variable(x)
        return Apply.of_types(self, [variable], [variable.type.clone(None, self.broadcastable)])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the identity, once the lengths are seen to be as declared."""
        self.host(node, *values)
        return lambda x: x

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the array itself."""
        return inputs[0]

    def known_scalar(self, node: Apply) -> Variable | None:
        """Return the input: it is the same array."""
        return node.inputs[0]

    def host(self, node: Apply, x: Any) -> Any:
        """Check the lengths."""
        for axis, (flag, length) in enumerate(zip(self.broadcastable, x.shape, strict=True)):
            if flag and length != 1:
                raise ValueError(
                    f"axis {axis} of {node.inputs[0]} was declared broadcastable and has length "
                    f"{length}, wanted 1{made_at(node.line)}"
                )
        return x


def rebroadcast(x: Any, broadcastable: Sequence[bool]) -> Any:
    """Return a tensor with the given broadcast flags.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> rebroadcast(T.dmatrix(), (True, False)).type
        TensorType(float64, row)
    """
    variable = as_tensor_variable(x)
    if tuple(broadcastable) == variable.broadcastable:
        return variable
    return Rebroadcast(broadcastable)(variable)


def _with_flag(x: Any, axes: Sequence[int], flag: bool) -> Any:
    variable = as_tensor_variable(x)
    changed = {axis_number(axis, variable.ndim, "axes") for axis in axes}
    return rebroadcast(
        variable,
        [flag if axis in changed else old for axis, old in enumerate(variable.broadcastable)],
    )


def addbroadcast(x: Any, *axes: int) -> Any:
    """Return a tensor with axes of length 1 declared broadcastable.

    The lengths are checked when the function runs (`ValueError`).

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> addbroadcast(T.dmatrix(), 0).type
        TensorType(float64, row)
    """
    return _with_flag(x, axes, True)


def unbroadcast(x: Any, *axes: int) -> Any:
    """Return a tensor with axes declared not broadcastable.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> unbroadcast(T.row(), 0).type
        TensorType(float64, matrix)
    """
    return _with_flag(x, axes, False)


def patternbroadcast(x: Any, broadcastable: Sequence[bool]) -> Any:
    """Return a tensor with the given broadcast flags.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> patternbroadcast(T.dmatrix(), (False, True)).type
        TensorType(float64, col)
    """
    return rebroadcast(x, broadcastable)
