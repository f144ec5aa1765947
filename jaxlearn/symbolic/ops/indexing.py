"""Indexing: reading a part of a tensor.

What may stand in an index lies in `index_patterns`; what is done at one place of a graph in
`selection`, which takes slices from `windows` and arrays from `gathering`; masks in `nonzero`; and
how a part is changed in `writing`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from jaxlearn.symbolic.errors import made_at, retold
from jaxlearn.symbolic.graph import Apply, Constant, Op, Variable
from jaxlearn.symbolic.ops.gathering import as_int64
from jaxlearn.symbolic.ops.index_patterns import (
    WHOLE,
    Slice,
    as_pattern,
    filled,
    flags_of_part,
    index_constant,
    integer_scalar,
    integer_vector,
    integers,
    pattern_of,
    pattern_text,
)
from jaxlearn.symbolic.ops.joining import MakeVector
from jaxlearn.symbolic.ops.nonzero import Nonzero
from jaxlearn.symbolic.ops.selection import Selection
from jaxlearn.symbolic.ops.shaping import Shape
from jaxlearn.symbolic.ops.static_values import constant_or_none, static_length
from jaxlearn.symbolic.types import TensorType
from jaxlearn.symbolic.variables import as_tensor_variable, constant

__all__ = [
    "AdvancedSubtensor",
    "AdvancedSubtensor1",
    "Indexing",
    "Subtensor",
    "advanced_subtensor",
    "advanced_subtensor1",
    "get_idx_list",
    "subtensor",
    "take",
]


def fixed_length(node: Apply, entry: slice) -> int | None:
    """Return how long a slice is wherever it starts; None if that depends on more."""
    from jaxlearn.symbolic.lowering import host_value

    if entry.start is None or entry.stop is None or entry.step is not None:
        return None
    start, stop = node.inputs[entry.start], node.inputs[entry.stop]
    length: Any = stop - start
    found = {
        int(value) if (value := host_value(length, number)) is not None else None
        for number in (0, 1)
    }
    return found.pop() if len(found) == 1 else None


def _slice_text(entry: slice, inputs: Sequence[str], writer: Any) -> str:
    start, stop, step = (
        "" if place is None else writer.raw(inputs[place])
        for place in (entry.start, entry.stop, entry.step)
    )
    return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"


class Indexing(Op):
    """What the operations on a part of a tensor have in common."""

    linear = True

    parameters: tuple[str, ...] = ("pattern",)
    advanced = False
    skipped = 1

    def __init__(self, idx_list: Sequence[Any]) -> None:
        self.pattern = as_pattern(idx_list)

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the reading or writing, with the sizes of its place."""
        return partial(self._apply, Selection(lowering, node, values))

    def _apply(self, selection: Selection, *inputs: Any) -> Any:
        return selection.read(inputs[0], inputs)

    def sizes(self, node: Apply) -> Sequence[int]:
        """The limits of a slice are, unless its length is the same wherever it starts."""
        places: list[int] = []
        for entry in filled(self.pattern, range(self.skipped, len(node.inputs))):
            if isinstance(entry, slice) and fixed_length(node, entry) is None:
                places += [p for p in (entry.start, entry.stop, entry.step) if p is not None]
        return places

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the index; of a slice that starts anywhere, a window."""
        x, index = inputs[0], []
        raw = writer.is_known(node.outputs[0])
        axis = 0
        for entry in filled(self.pattern, range(self.skipped, len(node.inputs))):
            text = ":"
            if isinstance(entry, slice):
                places = [p for p in (entry.start, entry.stop, entry.step) if p is not None]
                if all(writer.is_known(node.inputs[place]) for place in places):
                    text = _slice_text(entry, inputs, writer)
                else:
                    x, text = self._window_source(x, axis, node, entry, inputs)
            elif entry is None:
                text = "None"
            elif node.inputs[entry].type.ndim == 0 and writer.is_known(node.inputs[entry]):
                text = writer.raw(inputs[entry])
            else:
                text = inputs[entry]
            index.append(text)
            axis += entry is not None
        while index and index[-1] == ":":
            index.pop()
        x = writer.raw(x) if raw else x
        return self._source_of(x, ", ".join(index), node, inputs, writer)

    def _window_source(
        self, x: str, axis: int, node: Apply, entry: slice, inputs: Sequence[str]
    ) -> tuple[str, str]:
        """Return what is indexed, and the index: of a window on one axis."""
        length = fixed_length(node, entry)
        start = inputs[entry.start]
        return f"lax.dynamic_slice_in_dim({x}, {start}, {length}, axis={axis})", ":"

    def _source_of(
        self, x: str, index: str, node: Apply, inputs: Sequence[str], writer: Any
    ) -> str:
        return f"{x}[{index}]" if index else x

    def written_as_known(self, node: Apply, known: Sequence[bool]) -> bool:
        """A part of a shape is."""
        return all(known)

    def host(self, node: Apply, *values: np.ndarray) -> Any:
        """Read or write with NumPy."""
        numbers = [as_int64(v) if v.ndim else int(v) for v in values[self.skipped :]]
        index = tuple(filled(self.pattern, numbers))
        try:
            return self._apply_on_host(index, *values)
        except (IndexError, ValueError) as error:
            raise retold(
                error,
                f"{error}: in {node}, where {node.inputs[0]} has shape {values[0].shape}"
                f"{made_at(node.line)}",
            ) from None

    def _apply_on_host(self, index: tuple[Any, ...], *values: np.ndarray) -> Any:
        return values[0][index]

    def connected(self, node: Apply, i: int) -> bool:
        """The index has no gradient."""
        return i < self.skipped

    def _result(self, x: Any, index: Sequence[Any]) -> TensorType:
        return TensorType(x.type.dtype, flags_of_part(self.pattern, x, index, self.advanced))


class Subtensor(Indexing):
    """``x[index]`` for integers and slices.

    Args:
        idx_list: the pattern: a dtype or a type for each integer, a slice of them for each slice.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> i = T.iscalar("i")
        >>> T.dmatrix("x")[i, 1:].owner.op
        Subtensor{int32, int64::}
    """

    @property
    def idx_list(self) -> tuple[Any, ...]:
        """The pattern, as types and slices of types."""
        dtypes = [d for e in self.pattern for d in (e if isinstance(e, Slice) else (e,)) if d]
        return tuple(filled(self.pattern, [TensorType(dtype, ()) for dtype in dtypes]))

    def __str__(self) -> str:
        return f"Subtensor{{{pattern_text(self.pattern)}}}"

    def make_node(self, x: Any, *index: Any) -> Apply:
        """Check the index and tell the type of the part."""
        variable, numbers = as_tensor_variable(x), [integer_scalar(number) for number in index]
        return Apply.of_types(self, [variable, *numbers], [self._result(variable, numbers)])

    def known_scalar(self, node: Apply) -> Any:
        """Return an element of a stacked vector, or the length of a broadcastable axis."""
        place: Any = node.inputs[-1]
        if len(self.pattern) != 1 or isinstance(self.pattern[0], Slice):
            return None
        if not isinstance(place, Constant):
            return None
        whole, i = node.inputs[0], int(place.data)
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

    def known_length(self, node: Apply) -> int | None:
        """Count the elements of a slice."""
        if len(self.pattern) != 1 or not isinstance(self.pattern[0], Slice):
            return None
        length = static_length(node.inputs[0])
        numbers = [constant_or_none(index) for index in node.inputs[1:]]
        if length is None or None in numbers:
            return None
        (entry,) = filled(self.pattern, numbers)
        return len(range(length)[entry])


class AdvancedSubtensor(Indexing):
    """``x[index]`` where an array is in the index, with slices, integers and new axes beside it.

    Args:
        idx_list: the pattern, as of `Subtensor`; an array stands in it by its dtype.
    """

    advanced = True

    def __str__(self) -> str:
        return type(self).__name__

    def make_node(self, x: Any, *index: Any) -> Apply:
        """Check the index and tell the type of the part."""
        variable, numbers = as_tensor_variable(x), [integers(number) for number in index]
        return Apply.of_types(self, [variable, *numbers], [self._result(variable, numbers)])


class AdvancedSubtensor1(AdvancedSubtensor):
    """``x[index]`` for one vector of integers.

    Args:
        sparse_grad: accepted as in Theano, without a meaning: gradients are dense.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> T.dmatrix("x")[T.lvector("i")].owner
        AdvancedSubtensor1(x, i)
    """

    parameters = ()

    def __init__(self, sparse_grad: bool = False) -> None:
        super().__init__(("int64",))

    def make_node(self, x: Any, ilist: Any) -> Apply:
        """Check the vector and tell the type of the part."""
        return super().make_node(x, integer_vector(ilist))


# From what stands between brackets to a node.


def subtensor(x: Any, index: Any) -> Any:
    """Return a part of a tensor; this is what ``x[index]`` calls.

    Args:
        x: any tensor.
        index: integers, slices, None, ``...``, and arrays or lists of integers, symbolic or not;
            masks of bool. Negative integers count from the end, as in NumPy. Unlike in NumPy, an
            index with None drops the axes behind it that it does not reach, where all of them
            are broadcastable: ``T.col()[:, None]`` is a matrix.

    Raises:
        TypeError: an index is neither an integer nor a mask.
        IndexError: there are more indices than axes; or, when the function runs, an index is out
            of bounds, or a mask has another shape than what it selects from.

    Example:
        >>> subtensor([[1, 2, 3], [4, 5, 6]], (slice(None), [0, 2])).eval().tolist()
        [[1, 3], [4, 6]]
    """
    variable = as_tensor_variable(x)
    items = [_as_item(item) for item in (index if isinstance(index, tuple) else (index,))]
    items = _without_ellipsis(items, variable.ndim)
    variable, items = _without_scalar_masks(variable, items)
    items = _without_masks(variable, items)
    if any(isinstance(item, Variable) and item.type.ndim for item in items):
        return _advanced(variable, items)
    return _basic(variable, items)


def _as_item(item: Any) -> Any:
    """Return an index as None, Ellipsis, a slice of integer scalars, or a variable."""
    if item is None or item is Ellipsis:
        return item
    if isinstance(item, slice):
        bounds = (item.start, item.stop, item.step)
        return slice(*[None if bound is None else integer_scalar(bound) for bound in bounds])
    if isinstance(item, (bool, np.bool_)) or _has_python_bool(item):
        raise TypeError(
            f"Python bools are no index: got {item}. To use a mask, make it a NumPy array first: "
            "x[numpy.array([True, False])]"
        )
    if isinstance(item, (int, np.integer)):
        return index_constant(item)
    if not isinstance(item, Variable) and np.size(item) == 0:
        return constant(np.asarray(item, np.int64))
    variable = as_tensor_variable(item)
    return variable if variable.dtype == "bool" else integers(variable)


def _has_python_bool(item: Any) -> bool:
    if not isinstance(item, (list, tuple)):
        return False
    return any(isinstance(part, (bool, np.bool_)) or _has_python_bool(part) for part in item)


def _axes_of(item: Any) -> int:
    """Return how many axes an index stands for."""
    if item is None or item is Ellipsis:
        return 0
    is_mask = isinstance(item, Variable) and item.type.dtype == "bool"
    return item.type.ndim if is_mask else 1


def _without_ellipsis(items: list[Any], rank: int) -> list[Any]:
    places = [i for i, item in enumerate(items) if item is Ellipsis]
    if len(places) > 1:
        raise IndexError("an index can only have a single Ellipsis (`...`)")
    given = sum(map(_axes_of, items))
    if given > rank:
        raise IndexError(f"too many indices: got {given}, for a tensor with {rank} axes")
    for i in places:
        items = items[:i] + [slice(None)] * (rank - given) + items[i + 1 :]
    return items


def _with_new_axes(x: Any, items: Sequence[Any]) -> Any:
    if all(item is not None for item in items):
        return x
    axes = iter(range(x.ndim))
    order: list[Any] = ["x" if item is None else next(axes) for item in items]
    rest = list(axes)
    if all(x.broadcastable[axis] for axis in rest):
        # As Theano does, and programs count on it: an attention decoder's mask, T.alloc(1.0, n, 1),
        # stays a matrix as mask[:, None].
        rest = []
    return x.dimshuffle(*order, *rest)


def _without_scalar_masks(x: Any, items: list[Any]) -> tuple[Any, list[Any]]:
    """Return a mask without axes as one of a new axis of length 1."""
    masks = [isinstance(item, Variable) and _axes_of(item) == 0 for item in items]
    if not any(masks):
        return x, items
    order: list[Any] = []
    axis = 0
    for item, is_mask in zip(items, masks, strict=True):
        count = _axes_of(item)
        order += ["x"] if is_mask else range(axis, axis + count)
        axis += count
    x = x.dimshuffle(*order, *range(axis, x.ndim))
    return x, [
        item.dimshuffle("x") if is_mask else item
        for item, is_mask in zip(items, masks, strict=True)
    ]


def _without_masks(x: Any, items: Sequence[Any]) -> list[Any]:
    """Return the index with each mask replaced by the indices at which it is true."""
    result: list[Any] = []
    axis = 0
    for item in items:
        if isinstance(item, Variable) and item.type.dtype == "bool":
            result += Nonzero(axis)(item, x.shape, return_list=True)
        else:
            result.append(item)
        axis += _axes_of(item)
    return result


def _basic(x: Any, items: Sequence[Any]) -> Any:
    expanded = _with_new_axes(x, items)
    if expanded is not x and all(item is None or item == slice(None) for item in items):
        return expanded
    pattern, numbers = pattern_of([slice(None) if item is None else item for item in items])
    return Subtensor(pattern)(expanded, *numbers)


def _advanced(x: Any, items: Sequence[Any]) -> Any:
    pattern, numbers = pattern_of(items)
    while pattern[-1] == WHOLE:
        pattern = pattern[:-1]
    if len(pattern) == 1 and isinstance(pattern[0], str) and numbers[0].ndim == 1:
        return advanced_subtensor1(x, *numbers)
    return AdvancedSubtensor(pattern)(x, *numbers)


def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    """Return the elements at some indices along an axis.

    Args:
        a: any tensor.
        indices: integers of any shape.
        axis: which axis; None for the flattened tensor.
        mode: what becomes of an index out of bounds: ``"raise"``; ``"wrap"`` it round; or
            ``"clip"`` it to the range, negative ones to 0.

    Raises:
        TypeError: the indices are no integers.
        IndexError: there is no such axis.
        ValueError: there is no such mode.

    Example:
        >>> take([[1, 2, 3], [4, 5, 6]], [0, 2], axis=1).eval().tolist()
        [[1, 3], [4, 6]]
        >>> take([1, 2, 3], [4], mode="wrap").eval().tolist()
        [2]
    """
    variable = as_tensor_variable(a)
    if not isinstance(indices, Variable) and np.size(indices) == 0:
        indices = np.asarray(indices, np.int64)
    number = integers(indices)
    if axis is None:
        variable, axis = variable.flatten(), 0
    if not -variable.ndim <= axis < variable.ndim:
        raise IndexError(f"axis: got {axis}, wanted {-variable.ndim} to {variable.ndim - 1}")
    axis = axis % variable.ndim
    if mode == "clip":
        number = number.astype("int64").clip(0, variable.shape[axis] - 1)
    elif mode == "wrap":
        number = number.astype("int64") % variable.shape[axis]
    elif mode != "raise":
        raise ValueError(f"mode: got {mode!r}, wanted 'raise', 'wrap' or 'clip'")
    return subtensor(variable, (slice(None),) * axis + (number,))


# Theano's names for what `subtensor` chooses between.


advanced_subtensor1 = AdvancedSubtensor1()


def advanced_subtensor(x: Any, *index: Any) -> Any:
    """Return ``x[index]`` for indices of any kind.

    Example:
        >>> advanced_subtensor([[1, 2], [3, 4]], [0, 1], [1, 0]).eval().tolist()
        [2, 3]
    """
    return subtensor(x, index)


def get_idx_list(inputs: Sequence[Any], idx_list: Sequence[Any], get_count: bool = False) -> Any:
    """Return the index of a `Subtensor` node, with its variables in place.

    Args:
        inputs: the inputs of the node.
        idx_list: the ``idx_list`` of its operation.
        get_count: return how many inputs it takes, too.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> node = T.dmatrix("x")[T.lscalar("i"), 1:].owner
        >>> get_idx_list(node.inputs, node.op.idx_list)
        (i, slice(Constant{1}, None, None))
    """
    pattern = as_pattern(idx_list)
    index = tuple(filled(pattern, inputs[1:]))
    parts = [part for entry in pattern for part in (entry if isinstance(entry, Slice) else [entry])]
    return (index, 1 + sum(part is not None for part in parts)) if get_count else index
