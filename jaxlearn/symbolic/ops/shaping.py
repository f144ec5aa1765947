"""Operations that move elements without computing with them: axes, shapes, joining, repeating."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Constant, Op, Variable
from jaxlearn.symbolic.types import TensorType, is_discrete, upcast
from jaxlearn.symbolic.variables import as_tensor_variable, constant

__all__ = [
    "DimShuffle",
    "Join",
    "MakeVector",
    "Rebroadcast",
    "Repeat",
    "Reshape",
    "Shape",
    "SpecifyShape",
    "Split",
    "addbroadcast",
    "concatenate",
    "diag",
    "diag_of_matrix",
    "diagonal",
    "dimshuffle",
    "flatten",
    "get_scalar_constant_value",
    "get_vector_length",
    "join",
    "patternbroadcast",
    "rebroadcast",
    "repeat",
    "reshape",
    "roll",
    "shape",
    "shape_padaxis",
    "shape_padleft",
    "shape_padright",
    "specify_shape",
    "split",
    "squeeze",
    "stack",
    "stacklists",
    "static_length",
    "swapaxes",
    "tensor_copy",
    "tile",
    "transpose",
    "unbroadcast",
]


# What is known of a value while a graph is built.


def get_scalar_constant_value(
    orig_v: Any, elemwise: bool = True, only_process_constants: bool = False, max_recur: int = 10
) -> Any:
    """Return the value of a scalar that is constant, looking through axes, casts and stacking.

    Args:
        orig_v: a variable or number.
        elemwise: accepted as in Theano, without a meaning.
        only_process_constants: accepted as in Theano, without a meaning.
        max_recur: accepted as in Theano, without a meaning.

    Raises:
        NotScalarConstantError: it is not constant, or not a scalar.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> int(get_scalar_constant_value(T.constant(3).dimshuffle("x")))
        3
    """
    variable = as_tensor_variable(orig_v)
    while not isinstance(variable, Constant):
        node = variable.owner
        if node is None:
            break
        if isinstance(node.op, (DimShuffle, Rebroadcast)) or str(node.op).startswith(
            "Elemwise{Cast"
        ):
            variable = node.inputs[0]
            continue
        element = _constant_element(node)
        if element is None:
            break
        variable = element
    if isinstance(variable, Constant) and variable.data.size == 1:
        return variable.data.reshape(())
    raise NotScalarConstantError(f"got {orig_v}, wanted a constant scalar")


class NotScalarConstantError(Exception):
    """A value that must be a constant scalar is none."""


def _constant_element(node: Any) -> Any:
    """Return element i of a stacked vector or of a shape with flags, where node takes it."""
    if not isinstance(node.op, indexing.Subtensor) or len(node.op.idx_list) != 1:
        return None
    if isinstance(node.op.idx_list[0], slice) or not isinstance(node.inputs[-1], Constant):
        return None
    whole, i = node.inputs[0], int(node.inputs[1].data)
    if isinstance(whole, Constant):
        return constant(whole.data[i])
    source = whole.owner
    if source is None:
        return None
    if isinstance(source.op, MakeVector):
        return source.inputs[i]
    if isinstance(source.op, Shape) and source.inputs[0].type.broadcastable[i]:
        return constant(1, dtype="int64")
    return None


def constant_or_none(x: Any) -> int | None:
    """Return the value of an integer constant, or None where it is not one.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> constant_or_none(T.constant(3)), constant_or_none(T.lscalar())
        (3, None)
    """
    try:
        return int(get_scalar_constant_value(x))
    except NotScalarConstantError:
        return None


def static_length(x: Any) -> int | None:
    """Return the length of a variable's first axis where the graph alone tells it, else None.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> static_length(T.dmatrix().shape), static_length(T.dvector())
        (2, None)
    """
    if x.type.ndim == 0:
        return None
    if x.type.broadcastable[0]:
        return 1
    if isinstance(x, Constant):
        return int(x.data.shape[0])
    node = x.owner
    if node is None:
        return None
    if isinstance(node.op, Shape):
        return int(node.inputs[0].type.ndim)
    if isinstance(node.op, MakeVector):
        return len(node.inputs)
    if isinstance(node.op, Join):
        lengths = [static_length(part) for part in node.inputs]
        known = [length for length in lengths if length is not None]
        return sum(known) if node.op.axis == 0 and len(known) == len(lengths) else None
    if isinstance(node.op, Reshape):
        return constant_or_none(indexing.subtensor(node.inputs[1], 0))
    if isinstance(node.op, indexing.IncSubtensor):
        return static_length(node.inputs[0])
    if isinstance(node.op, indexing.Subtensor) and len(node.op.idx_list) == 1:
        return _length_of_slice(node)
    return None


def _length_of_slice(node: Apply) -> int | None:
    length = static_length(node.inputs[0])
    entry = node.op.idx_list[0]  # type: ignore[attr-defined]
    numbers = [constant_or_none(index) for index in node.inputs[1:]]
    if length is None or not isinstance(entry, slice) or None in numbers:
        return None
    remaining = iter(numbers)
    bounds = [None if p is None else next(remaining) for p in (entry.start, entry.stop, entry.step)]
    return len(range(length)[slice(*bounds)])


def get_vector_length(v: Any) -> int:
    """Return the length of a vector that the graph alone tells.

    Raises:
        ValueError: it is not a vector, or its length is known only when a function runs.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> get_vector_length(T.dtensor3().shape)
        3
    """
    variable = as_tensor_variable(v)
    if variable.ndim != 1:
        raise ValueError(f"got {variable} with {variable.ndim} axes, wanted a vector")
    length = static_length(variable)
    if length is None:
        raise ValueError(f"the length of {variable} is known only when a function runs")
    return length


# Axes.


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
    return dimshuffle(variable, [_axis(axis, variable.ndim, "axes") for axis in axes])


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


def _axis(axis: Any, ndim: int, name: str) -> int:
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
    changed = {_axis(axis, variable.ndim, "axes") for axis in axes}
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


# Shapes.


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
        ones = [constant_or_none(indexing.subtensor(lengths, i)) == 1 for i in range(variable.ndim)]
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
        flags = [constant_or_none(indexing.subtensor(lengths, i)) == 1 for i in range(self.ndim)]
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


# Joining and splitting.


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
        from jaxlearn.symbolic.ops.elementwise import cast

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
    number = _axis(get_scalar_constant_value(axis), variables[0].ndim, "axis")
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
    return Split(n_splits, _axis(axis, variable.ndim, "axis"))(
        variable, splits_size, return_list=True
    )


# Repeating and moving.


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
    axis = _axis(axis, variable.ndim, "axis")
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
    return Roll(_axis(axis, variable.ndim, "axis"))(variable, shift)


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


from jaxlearn.symbolic.ops import indexing  # noqa: E402
