"""Indexing: reading a part of a tensor, and tensors with a part set or incremented.

An index is a *pattern*, which is a parameter of the operation, and the numbers in it, which are
inputs. A pattern has an entry for each part of ``x[..., ...]``: a dtype for an integer or an array
of them, a `Slice` with the dtypes of its bounds, or None for a new axis.

Reading and writing share one mechanism, in two steps. The slices cut a *window* out of the array:
only its size must be known before compiling, so that ``X[i * n : (i + 1) * n]`` is compiled once
for all ``i``. Arrays of indices then gather from the window. A window is written back where it was
cut out. XLA would clamp an index out of bounds; so every index adds a check.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Constant, Op, Variable
from jaxlearn.symbolic.ops.elementwise import Elementwise, convert
from jaxlearn.symbolic.types import TensorType, is_complex, is_discrete
from jaxlearn.symbolic.variables import TensorConstant, as_tensor_variable, constant

__all__ = [
    "AdvancedBooleanIncSubtensor",
    "AdvancedIncSubtensor",
    "AdvancedIncSubtensor1",
    "AdvancedSubtensor",
    "AdvancedSubtensor1",
    "Choose",
    "IncSubtensor",
    "IndexConstant",
    "Nonzero",
    "PermuteRowElements",
    "Selected",
    "Slice",
    "SliceLength",
    "Subtensor",
    "advanced_inc_subtensor",
    "advanced_inc_subtensor1",
    "advanced_set_subtensor",
    "advanced_set_subtensor1",
    "advanced_subtensor",
    "advanced_subtensor1",
    "choose",
    "flatnonzero",
    "get_idx_list",
    "inc_subtensor",
    "inverse_permutation",
    "mask_of",
    "nonzero",
    "nonzero_values",
    "permute_row_elements",
    "set_subtensor",
    "subtensor",
    "take",
]


class Slice(NamedTuple):
    """A slice in a pattern: the dtypes of its bounds, or None for those that are not given."""

    start: str | None = None
    stop: str | None = None
    step: str | None = None


Entry = str | Slice | None
Pattern = tuple[Entry, ...]

WHOLE = Slice()


class IndexConstant(TensorConstant):
    """An integer that stands in an index.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> T.dvector("x")[1:].owner.inputs
        [x, Constant{1}]
    """

    def __str__(self) -> str:
        return f"Constant{{{self.data}}}"


def _as_pattern(idx_list: Sequence[Any]) -> Pattern:
    """Return a pattern that is given as one, or as Theano gives it: by types and slices."""

    def dtype(part: Any) -> Any:
        return part if part is None or isinstance(part, str) else part.dtype

    return tuple(
        Slice(*map(dtype, entry))
        if isinstance(entry, Slice)
        else Slice(dtype(entry.start), dtype(entry.stop), dtype(entry.step))
        if isinstance(entry, slice)
        else dtype(entry)
        for entry in idx_list
    )


def _filled(pattern: Pattern, numbers: Sequence[Any]) -> list[Any]:
    """Return the entries with the dtypes replaced, in turn, by what stands in their place."""
    following = iter(numbers)

    def fill(part: str | None) -> Any:
        return None if part is None else next(following)

    return [
        slice(*[fill(part) for part in entry]) if isinstance(entry, Slice) else fill(entry)
        for entry in pattern
    ]


def _text(pattern: Pattern) -> str:
    return ", ".join(
        ":".join(part or "" for part in entry) if isinstance(entry, Slice) else str(entry)
        for entry in pattern
    )


# The types of results.


def _padded(pattern: Pattern, rank: int) -> Pattern:
    """Return a pattern with an entry for every axis."""
    given = sum(entry is not None for entry in pattern)
    if given > rank:
        raise IndexError(f"too many indices: got {given}, for a tensor with {rank} axes")
    return pattern + (WHOLE,) * (rank - given)


def _placed(layout: Sequence[bool], of_axes: Sequence[Any], of_index: Sequence[Any]) -> list[Any]:
    """Return something of each axis of what a gather gives, by NumPy's rule for their order.

    Args:
        layout: for each axis, whether an array indexes it.
        of_axes: something of each axis.
        of_index: something of each axis of the index arrays together.
    """
    indexed = [axis for axis, is_indexed in enumerate(layout) if is_indexed]
    adjacent = indexed == list(range(indexed[0], indexed[-1] + 1))
    first = indexed[0] if adjacent else 0
    kept = [what for what, is_indexed in zip(of_axes, layout, strict=True) if not is_indexed]
    return [*kept[:first], *of_index, *kept[first:]]


def _known_bound(bound: Any, default: int) -> int | None:
    if bound is None:
        return default
    return int(bound.data) if isinstance(bound, Constant) else None


def _keeps_flag(entry: Any) -> bool:
    """Whether a slice takes the one element of a broadcastable axis, whatever its step."""
    step = _known_bound(entry.step, 1)
    if entry.stop is None:
        return _known_bound(entry.start, 0) == 0
    stop = _known_bound(entry.stop, 0)
    forward = step is not None and step > 0
    return forward and _known_bound(entry.start, 0) == 0 and stop is not None and stop > 0


def _flags(pattern: Pattern, x: Any, index: Sequence[Any], advanced: bool) -> list[bool]:
    axes = iter(x.type.broadcastable)
    padded = _padded(pattern, x.type.ndim)
    flags: list[bool] = []
    layout: list[bool] = []
    for entry in _filled(padded, index):
        # A new axis and one of length 1 that is taken whole broadcast.
        flag = True if entry is None else next(axes)
        layout.append(isinstance(entry, Variable))
        flags.append(flag and (not isinstance(entry, slice) or _keeps_flag(entry)))
    if not advanced:
        return [flag for flag, dropped in zip(flags, layout, strict=True) if not dropped]
    arrays = [v for v in _filled(padded, index) if isinstance(v, Variable)]
    of_index = [False] * max(variable.type.ndim for variable in arrays)
    if sum(entry != WHOLE for entry in pattern) == 1:
        # Theano keeps the flags of an index only where nothing else is in the brackets.
        of_index = list(arrays[0].type.broadcastable)
    return _placed(layout, flags, of_index)


# Windows: what slices and integers cut out.


class _Span(NamedTuple):
    """The elements along one axis that an integer or a slice takes.

    Attributes:
        length: how many there are.
        start: the first of them; None where it is traced.
        place: the input that holds the first one, where it is traced.
        step: how far they are from one another.
        drops: whether the axis goes, as it does where the index is an integer.
    """

    length: int
    start: int | None = 0
    place: int = 0
    step: int = 1
    drops: bool = False

    @property
    def extent(self) -> int:
        """How many elements there are from the lowest to the highest."""
        return (self.length - 1) * abs(self.step) + 1 if self.length else 0

    def lowest(self, size: int, numbers: Sequence[Any]) -> Any:
        """Return where the lowest element is, in an axis of this size."""
        back = (self.length - 1) * self.step if self.length and self.step < 0 else 0
        if self.start is not None:
            return self.start + back
        # What lies outside still is moved inside by XLA, just as NumPy clips a slice.
        first = _from_the_front(numbers[self.place], size)
        return first + back if back else first


def _from_the_front(index: Any, size: int) -> Any:
    """Return indices as int64, the negative ones counted from the front."""
    numbers = _as_int64(index)
    where: Any = np.where if isinstance(index, np.ndarray) else jnp.where
    return where(numbers < 0, numbers + size, numbers)


def _as_int64(index: Any) -> Any:
    if index.dtype == np.uint64:
        # Larger ones are out of bounds of anything; they must not become negative.
        index = index.clip(0, np.uint64(np.iinfo(np.int64).max))
    return index.astype(np.int64)


def _is_within(index: Any, size: int) -> Any:
    numbers = _as_int64(index)
    return ((numbers >= -size) & (numbers < size)).all()


class SliceLength(Op):
    """How many elements a slice takes from an axis; what must be known of a slice to compile.

    Args:
        has_start: whether the first input is the start.
        has_stop: whether the last input is the end.
        step: the step.
        size: the length of the axis.
    """

    parameters = ("has_start", "has_stop", "step", "size")

    def __init__(self, has_start: bool, has_stop: bool, step: int, size: int) -> None:
        self.has_start = has_start
        self.has_stop = has_stop
        self.step = step
        self.size = size

    def make_node(self, *bounds: Any) -> Apply:
        """Tell the type of the length."""
        return Apply.of_types(self, bounds, [TensorType("int64", ())])

    def host(self, node: Apply, *bounds: np.ndarray) -> Any:
        """Count the elements."""
        start = int(bounds[0]) if self.has_start else None
        stop = int(bounds[-1]) if self.has_stop else None
        return np.int64(len(range(*slice(start, stop, self.step).indices(self.size))))

    def function(self, *bounds: Any) -> Any:
        """Count the elements; a loop asks before each step whether they are still as many."""
        lowest, highest = (0, self.size) if self.step > 0 else (-1, self.size - 1)
        first, end = (lowest, highest) if self.step > 0 else (highest, lowest)
        given = [_from_the_front(bound, self.size).clip(lowest, highest) for bound in bounds]
        start = given[0] if self.has_start else jnp.int64(first)
        stop = given[-1] if self.has_stop else jnp.int64(end)
        return jnp.maximum(0, -((start - stop) // self.step))


def _strides(spans: Sequence[_Span]) -> list[int]:
    return [abs(span.step) for span in spans]


def _reversed(array: Any, spans: Sequence[_Span]) -> Any:
    axes = [axis for axis, span in enumerate(spans) if span.step < 0 and span.length > 1]
    return lax.rev(array, axes) if axes else array


def _dropped(spans: Sequence[_Span]) -> list[int]:
    return [axis for axis, span in enumerate(spans) if span.drops]


class _Window:
    """The part of an array from the lowest to the highest elements of the spans."""

    def __init__(self, array: Any, spans: Sequence[_Span], numbers: Sequence[Any]) -> None:
        self.array = array
        self.spans = spans
        self.sizes = [span.extent for span in spans]
        self.is_whole = tuple(self.sizes) == array.shape
        self.starts = [
            span.lowest(size, numbers) for span, size in zip(spans, array.shape, strict=True)
        ]

    @cached_property
    def elements(self) -> Any:
        """All elements of the window."""
        if self.is_whole:
            return self.array
        if all(isinstance(start, int) for start in self.starts):
            ends = [start + size for start, size in zip(self.starts, self.sizes, strict=True)]
            return lax.slice(self.array, self.starts, ends)
        return lax.dynamic_slice(
            self.array, self._traced_starts(), self.sizes, allow_negative_indices=False
        )

    def _traced_starts(self) -> list[Any]:
        return [jnp.asarray(start, np.int64) for start in self.starts]

    def read(self) -> Any:
        """Return the elements that the spans take."""
        taken = self.elements
        if any(stride > 1 for stride in _strides(self.spans)):
            taken = lax.slice(taken, [0] * taken.ndim, taken.shape, _strides(self.spans))
        taken = _reversed(taken, self.spans)
        return lax.squeeze(taken, _dropped(self.spans)) if _dropped(self.spans) else taken

    def write(self, values: Any, update: Callable[[Any, Any], Any]) -> Any:
        """Return the whole array with the elements changed.

        Args:
            values: what to change them by, in the shape in which they are read.
            update: makes the new elements of the old ones and the values.
        """
        new = update(self.elements, self._spread(values))
        if any(stride > 1 for stride in _strides(self.spans)):
            new = jnp.where(self._spread(jnp.ones(values.shape, bool)), new, self.elements)
        if self.is_whole:
            return new
        return lax.dynamic_update_slice(
            self.array, new, self._traced_starts(), allow_negative_indices=False
        )

    def _spread(self, values: Any) -> Any:
        """Return values where they belong in the window, with zeros between them."""
        if _dropped(self.spans):
            values = lax.expand_dims(values, _dropped(self.spans))
        values = _reversed(values, self.spans)
        if all(stride == 1 for stride in _strides(self.spans)):
            return values
        gaps = [(0, 0, stride - 1) for stride in _strides(self.spans)]
        return lax.pad(values, jnp.zeros((), values.dtype), gaps)


# Gathering and scattering by arrays of indices.


def _index(layout: Sequence[bool], arrays: Sequence[Any]) -> tuple[Any, ...]:
    following = iter(arrays)
    return tuple(next(following) if is_indexed else slice(None) for is_indexed in layout)


def _gather(layout: Sequence[bool], x: Any, *arrays: Any) -> Any:
    return x.at[_index(layout, arrays)].get(mode="promise_in_bounds", wrap_negative_indices=False)


def _add(layout: Sequence[bool], x: Any, y: Any, *arrays: Any) -> Any:
    place = x.at[_index(layout, arrays)]
    add = place.max if x.dtype == bool else place.add
    return add(y, mode="promise_in_bounds", wrap_negative_indices=False)


def _scatter(layout: Sequence[bool], x: Any, y: Any, *arrays: Any, **promises: Any) -> Any:
    options = {"mode": "promise_in_bounds", "wrap_negative_indices": False} | promises
    return x.at[_index(layout, arrays)].set(y, **options)


def _scatter_last(layout: Sequence[bool], x: Any, y: Any, *arrays: Any) -> Any:
    """Scatter where the order of writing is not defined: only the last to a place is written."""
    sizes = [size for size, is_indexed in zip(x.shape, layout, strict=True) if is_indexed]
    arrays = tuple(jnp.broadcast_arrays(*arrays))
    places = jnp.zeros(arrays[0].shape, np.int64)
    for size, array in zip(sizes, arrays, strict=True):
        places = places * size + array
    turns = jnp.arange(places.size, dtype=np.int64).reshape(places.shape)
    last = jnp.zeros(int(np.prod(sizes)), np.int64).at[places].max(turns)
    first = jnp.where(last[places] == turns, arrays[0], sizes[0])
    return _scatter(layout, x, y, first, *arrays[1:], mode="drop")


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _put(layout: tuple[bool, ...], x: Any, y: Any, *arrays: Any) -> Any:
    """Set elements; where an index is repeated, the last value stays, as in NumPy.

    XLA writes in order on a CPU only. The derivative is Theano's: of an element that is set
    several times, each value gets the whole.
    """
    return lax.platform_dependent(
        x, y, *arrays, cpu=partial(_scatter, layout), default=partial(_scatter_last, layout)
    )


@_put.defjvp
def _put_jvp(layout: tuple[bool, ...], primals: Any, tangents: Any) -> Any:
    x, y, *arrays = primals
    tangent = _scatter(layout, *tangents[:2], *arrays, unique_indices=True)
    return _put(layout, x, y, *arrays), tangent


# One place of a graph.


class _Selection:
    """What an index selects at one place of a graph, with all sizes known and all checks made.

    Args:
        lowering: asks for sizes and takes checks.
        node: the place.
        values: what the inputs are, known or traced.
    """

    def __init__(self, lowering: Any, node: Apply, values: Sequence[Any]) -> None:
        op: Any = node.op
        shape = values[0].shape
        entries = _filled(_padded(op.pattern, len(shape)), range(op.skipped, len(values)))
        self._lowering = lowering
        self._node = node
        self._values = values
        self._new_axes = [axis for axis, entry in enumerate(entries) if entry is None]
        self._arrays: list[tuple[int, int]] = []
        axes = iter(range(len(shape)))
        self._spans = [
            _Span(1) if entry is None else self._span(entry, next(axes)) for entry in entries
        ]
        self._layout = tuple(op.advanced and isinstance(entry, int) for entry in entries)
        if self._arrays:
            self._index_shape = self._common_shape()

    def _span(self, entry: Any, axis: int) -> _Span:
        """Return what an entry takes of an axis; of one that an array indexes, all."""
        op: Any = self._node.op
        shape = self._values[0].shape
        size = shape[axis]
        if isinstance(entry, slice):
            return self._span_of_slice(entry, size)
        _check_bounds(self._lowering, self._node, entry, self._values[entry], axis, shape)
        if op.advanced:
            self._arrays.append((entry, size))
            return _Span(size)
        number = self._known(entry)
        start = None if number is None else number % size
        return _Span(1, start, entry, drops=True)

    def _known(self, place: int | None) -> int | None:
        if place is None or not isinstance(self._values[place], np.ndarray):
            return None
        return int(self._values[place])

    def _common_shape(self) -> tuple[int, ...]:
        shapes = [self._values[place].shape for place, _ in self._arrays]
        try:
            return np.broadcast_shapes(*shapes)
        except ValueError:
            raise IndexError(
                f"shape mismatch: the arrays that index {self._node.inputs[0]} have shapes "
                f"{', '.join(map(str, shapes))}, which do not broadcast together"
                f"{made_at(self._node.line)}"
            ) from None

    def _span_of_slice(self, entry: slice, size: int) -> _Span:
        node = self._node
        step = 1
        if entry.step is not None:
            step = self._lowering.size(node.inputs[entry.step], self._values[entry.step])
        if step == 0:
            raise ValueError(f"slice step cannot be zero{made_at(node.line)}")
        start, stop = self._known(entry.start), self._known(entry.stop)
        first, end, _ = slice(start, stop, step).indices(size)
        length = len(range(first, end, step))
        start_is_traced = entry.start is not None and start is None
        if start_is_traced or (entry.stop is not None and stop is None):
            places = [place for place in (entry.start, entry.stop) if place is not None]
            op = SliceLength(entry.start is not None, entry.stop is not None, step, size)
            symbol = op(*[node.inputs[place] for place in places])
            symbol.name, symbol.line = f"the length of a slice of {node.inputs[0]}", node.line
            length = self._lowering.size(symbol)
        if length == 0:
            return _Span(0)
        return _Span(length, None if start_is_traced else first, entry.start or 0, step)

    def _window(self, x: Any, numbers: Sequence[Any]) -> _Window:
        expanded = lax.expand_dims(x, self._new_axes) if self._new_axes else x
        return _Window(expanded, self._spans, numbers)

    def _positions(self, numbers: Sequence[Any]) -> list[Any]:
        positions = []
        for place, size in self._arrays:
            known = isinstance(self._values[place], np.ndarray)
            index = self._values[place] if known else numbers[place]
            positions.append(_from_the_front(index, size))
        return positions

    def read(self, x: Any, numbers: Sequence[Any]) -> Any:
        """Return the selected elements; `numbers` are the inputs of the node."""
        taken = self._window(x, numbers).read()
        if not self._arrays:
            return taken
        return _gather(self._layout, taken, *self._positions(numbers))

    def write(self, x: Any, y: Any, numbers: Sequence[Any], replace: bool) -> Any:
        """Return the array with the selected elements set to, or incremented by, ``y``."""
        x = jnp.asarray(x)
        window = self._window(x, numbers)
        shape = [span.length for span in self._spans if not span.drops]
        if self._arrays:
            shape = _placed(self._layout, shape, self._index_shape)
        values = _broadcast(self._node, _converted(y, x.dtype), shape)
        if not self._arrays:
            return window.write(values, _second if replace else jnp.add)
        put = _put if replace else _add
        changed = put(self._layout, window.read(), values, *self._positions(numbers))
        written = window.write(changed, _second)
        return lax.squeeze(written, self._new_axes) if self._new_axes else written


def _second(old: Any, new: Any) -> Any:
    return new


def _converted(y: Any, dtype: Any) -> Any:
    return y if y.dtype == dtype else convert(y, str(dtype))


def _broadcast(node: Apply, y: Any, shape: Sequence[int]) -> Any:
    """Return a value in the shape of what it is assigned to, by NumPy's rule."""
    try:
        return jnp.broadcast_to(y, tuple(shape))
    except ValueError:
        raise ValueError(
            f"could not broadcast {node.inputs[1]} of shape {tuple(y.shape)} into the selected "
            f"part of {node.inputs[0]}, which has shape {tuple(shape)}{made_at(node.line)}"
        ) from None


def _check_bounds(
    lowering: Any, node: Apply, place: int, index: Any, axis: int, shape: Sequence[int]
) -> None:
    # The error outlives the trace; it must not hold on to what is traced.
    known = index if isinstance(index, np.ndarray) else None
    error = partial(_out_of_bounds, node, place, axis, tuple(shape), known)
    lowering.check(_is_within(index, shape[axis]), error)


def _out_of_bounds(
    node: Apply, place: int, axis: int, shape: tuple[int, ...], known: np.ndarray | None
) -> IndexError:
    name: Any = node.inputs[place]
    size = shape[axis]
    if known is not None:
        numbers = _as_int64(known)
        name = numbers[(numbers < -size) | (numbers >= size)].flat[0]
    wanted = f"wanted {-size} to {size - 1}" if size else "that axis has no element"
    return IndexError(
        f"index {name} is out of bounds for axis {axis} of {node.inputs[0]}, which has shape "
        f"{shape}: {wanted}{made_at(node.line)}"
    )


def _fixed_length(node: Apply, entry: slice) -> int | None:
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


class _Indexing(Op):
    """What the operations on a part of a tensor have in common."""

    linear = True

    parameters: tuple[str, ...] = ("pattern",)
    advanced = False
    skipped = 1

    def __init__(self, idx_list: Sequence[Any]) -> None:
        self.pattern = _as_pattern(idx_list)

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the reading or writing, with the sizes of its place."""
        return partial(self._apply, _Selection(lowering, node, values))

    def _apply(self, selection: _Selection, *inputs: Any) -> Any:
        return selection.read(inputs[0], inputs)

    def sizes(self, node: Apply) -> Sequence[int]:
        """The limits of a slice are, unless its length is the same wherever it starts."""
        places: list[int] = []
        for entry in _filled(self.pattern, range(self.skipped, len(node.inputs))):
            if isinstance(entry, slice) and _fixed_length(node, entry) is None:
                places += [p for p in (entry.start, entry.stop, entry.step) if p is not None]
        return places

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the index; of a slice that starts anywhere, a window."""
        x, index = inputs[0], []
        raw = writer.is_known(node.outputs[0])
        axis = 0
        for entry in _filled(self.pattern, range(self.skipped, len(node.inputs))):
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
        length = _fixed_length(node, entry)
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
        numbers = [_as_int64(v) if v.ndim else int(v) for v in values[self.skipped :]]
        index = tuple(_filled(self.pattern, numbers))
        try:
            return self._apply_on_host(index, *values)
        except (IndexError, ValueError) as error:
            raise type(error)(
                f"{error}: in {node}, where {node.inputs[0]} has shape {values[0].shape}"
                f"{made_at(node.line)}"
            ) from None

    def _apply_on_host(self, index: tuple[Any, ...], *values: np.ndarray) -> Any:
        return values[0][index]

    def connected(self, node: Apply, i: int) -> bool:
        """The index has no gradient."""
        return i < self.skipped

    def _result(self, x: Any, index: Sequence[Any]) -> TensorType:
        return TensorType(x.type.dtype, _flags(self.pattern, x, index, self.advanced))


class Subtensor(_Indexing):
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
        return tuple(_filled(self.pattern, [TensorType(dtype, ()) for dtype in dtypes]))

    def __str__(self) -> str:
        return f"Subtensor{{{_text(self.pattern)}}}"

    def make_node(self, x: Any, *index: Any) -> Apply:
        """Check the index and tell the type of the part."""
        variable, numbers = as_tensor_variable(x), [_scalar(number) for number in index]
        return Apply.of_types(self, [variable, *numbers], [self._result(variable, numbers)])


class AdvancedSubtensor(_Indexing):
    """``x[index]`` where an array is in the index, with slices, integers and new axes beside it.

    Args:
        idx_list: the pattern, as of `Subtensor`; an array stands in it by its dtype.
    """

    advanced = True

    def __str__(self) -> str:
        return type(self).__name__

    def make_node(self, x: Any, *index: Any) -> Apply:
        """Check the index and tell the type of the part."""
        variable, numbers = as_tensor_variable(x), [_integers(number) for number in index]
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
        return super().make_node(x, _vector(ilist))


class _Writing(_Indexing):
    """What the operations that change a part have in common."""

    parameters: tuple[str, ...] = ("pattern", "set_instead_of_inc")
    skipped = 2
    inplace = False

    def __init__(
        self,
        idx_list: Sequence[Any],
        inplace: bool = False,
        set_instead_of_inc: bool = False,
        destroyhandler_tolerate_aliased: Any = None,
    ) -> None:
        super().__init__(idx_list)
        self.set_instead_of_inc = set_instead_of_inc

    def make_node(self, x: Any, y: Any, *index: Any) -> Apply:
        """Check the ranks and dtypes; the type is that of the whole."""
        check = _integers if self.advanced else _scalar
        whole, value = as_tensor_variable(x), as_tensor_variable(y)
        numbers = [check(number) for number in index]
        _check_value(whole, value, self._result(whole, numbers).ndim)
        return Apply.of_types(self, [whole, value, *numbers], [whole.type])

    def _window_source(
        self, x: str, axis: int, node: Apply, entry: slice, inputs: Sequence[str]
    ) -> tuple[str, str]:
        return x, f"{inputs[entry.start]} + np.arange({_fixed_length(node, entry)})"

    def _source_of(
        self, x: str, index: str, node: Apply, inputs: Sequence[str], writer: Any
    ) -> str:
        dtype = node.inputs[0].type.dtype
        value = Elementwise.conversion_source(inputs[1], node.inputs[1].type.dtype, dtype, writer)
        change = "set" if self.set_instead_of_inc else "max" if dtype == "bool" else "add"
        return f"{x}.at[{index or '...'}].{change}({value})"

    def written_as_known(self, node: Apply, known: Sequence[bool]) -> bool:
        """What is changed is an array."""
        return False

    def _apply(self, selection: _Selection, *inputs: Any) -> Any:
        return selection.write(inputs[0], inputs[1], inputs, self.set_instead_of_inc)

    def _apply_on_host(self, index: tuple[Any, ...], *values: np.ndarray) -> Any:
        changed = values[0].copy()
        if self.set_instead_of_inc:
            changed[index] = values[1]
        else:
            np.add.at(changed, index, values[1].astype(changed.dtype))
        return changed


def _check_value(whole: Any, value: Any, rank: int) -> None:
    if value.ndim > rank:
        raise TypeError(
            f"got a value with {value.ndim} axes ({value}) for a part of {whole} with {rank}; "
            "a value may have as many axes as the part, or fewer"
        )
    if is_complex(value.dtype) and not is_complex(whole.dtype):
        raise TypeError(
            f"got a value of {value.dtype} ({value}) for a part of {whole} of {whole.dtype}; "
            "take real(value) or abs(value) first"
        )


class IncSubtensor(_Writing):
    """``x`` with a part, selected by integers and slices, set or incremented.

    Args:
        idx_list: the pattern, as of `Subtensor`.
        inplace: no meaning here.
        set_instead_of_inc: whether the part is set.
        destroyhandler_tolerate_aliased: no meaning here.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> set_subtensor(x[0], 1).owner.op
        IncSubtensor{Set;int64}
    """

    @property
    def idx_list(self) -> list[Any]:
        """The pattern, as types and slices of types."""
        return list(Subtensor(self.pattern).idx_list)

    def __str__(self) -> str:
        verb = "Set" if self.set_instead_of_inc else "Inc"
        return f"IncSubtensor{{{verb};{_text(self.pattern)}}}"

    def make_node(self, x: Any, y: Any, *index: Any) -> Apply:
        """Check the ranks and dtypes; the type is that of the whole."""
        node = super().make_node(x, y, *index)
        whole, value = node.inputs[:2]
        exact = not is_discrete(whole.type.dtype) or is_discrete(value.type.dtype)
        if not (exact or self.set_instead_of_inc):
            raise TypeError(
                f"inc_subtensor: got an increment of {value.type.dtype} ({value}) for {whole} of "
                f"{whole.type.dtype}; cast one of them"
            )
        return node


class AdvancedIncSubtensor(_Writing):
    """``x`` with a part, selected by arrays, set or incremented.

    An element that is selected several times is incremented as often; or it is set to the last
    value.

    Args:
        idx_list: the pattern, as of `AdvancedSubtensor`.
        inplace: no meaning here.
        set_instead_of_inc: whether the part is set.
    """

    advanced = True

    def __str__(self) -> str:
        return (
            f"AdvancedIncSubtensor{{inplace=False,  set_instead_of_inc={self.set_instead_of_inc}}}"
        )


class AdvancedIncSubtensor1(AdvancedIncSubtensor):
    """``x`` with the part ``x[vector]`` set or incremented."""

    parameters: tuple[str, ...] = ("set_instead_of_inc",)

    def __init__(self, inplace: bool = False, set_instead_of_inc: bool = False) -> None:
        super().__init__(("int64",), inplace, set_instead_of_inc)

    def __str__(self) -> str:
        verb = "set" if self.set_instead_of_inc else "inc"
        return f"AdvancedIncSubtensor1{{no_inplace,{verb}}}"

    def make_node(self, x: Any, y: Any, ilist: Any) -> Apply:
        """Check the ranks and dtypes; the type is that of the whole."""
        return super().make_node(x, y, _vector(ilist))


def _scalar(number: Any) -> Any:
    variable = number if isinstance(number, Variable) else _index_constant(number)
    if not is_discrete(variable.type.dtype) or variable.type.dtype == "bool":
        raise TypeError(f"index: got {variable} of {variable.type!r}, wanted an integer")
    if variable.type.ndim:
        raise ValueError(f"index: got {variable} with {variable.type.ndim} axes, wanted a scalar")
    return variable


def _integers(number: Any) -> Any:
    variable = as_tensor_variable(number)
    if not is_discrete(variable.type.dtype) or variable.type.dtype == "bool":
        raise TypeError(
            f"index must be integers or a boolean mask: got {variable} of {variable.type!r}"
        )
    return variable


def _vector(ilist: Any) -> Any:
    variable = _integers(ilist)
    if variable.ndim != 1:
        raise TypeError(f"index must be a vector: got {variable} of {variable.type!r}")
    return variable


# Where elements are not zero.


class Nonzero(Op):
    """The indices of the elements that are not zero, a vector for each axis.

    Args:
        axis: if this is a mask, the first axis that it stands for; the shape of what it selects
            from is then the second input, and is checked.
    """

    parameters = ("axis",)
    staged = True

    def __init__(self, axis: int | None = None) -> None:
        self.axis = axis

    def make_node(self, x: Any, *shape: Any) -> Apply:
        """Check that there is an axis and tell the types of the indices."""
        variable = as_tensor_variable(x)
        if variable.ndim == 0:
            raise ValueError(f"nonzero: got {variable}, a scalar, wanted a tensor with axes")
        kinds = [TensorType("int64", (False,))] * variable.ndim
        return Apply.of_types(self, [variable, *map(as_tensor_variable, shape)], kinds)

    def host(self, node: Apply, *values: np.ndarray) -> Any:
        """Look for the elements."""
        x = values[0]
        if self.axis is not None:
            _check_mask(node, x.shape, tuple(values[1].tolist()), self.axis)
        return tuple(indices.astype(np.int64) for indices in np.nonzero(x))

    def connected(self, node: Apply, i: int) -> bool:
        """Indices have no gradient."""
        return False


def _check_mask(node: Apply, mask: Sequence[int], whole: Sequence[int], axis: int) -> None:
    wanted = tuple(whole[axis : axis + len(mask)])
    if tuple(mask) != wanted:
        axes = ", ".join(map(str, range(axis, axis + len(mask))))
        raise IndexError(
            f"boolean index did not match: the mask has shape {tuple(mask)}, and what it indexes "
            f"has shape {tuple(whole)}, wanted {wanted} for axes {axes}{made_at(node.line)}"
        )


def nonzero(a: Any, return_matrix: bool = False) -> Any:
    """Return the indices of the elements that are not zero: a vector for each axis.

    Args:
        a: a tensor with at least one axis.
        return_matrix: return them as the rows of a matrix.

    Raises:
        ValueError: the tensor is a scalar.

    Example:
        >>> [indices.eval().tolist() for indices in nonzero([[0, 1], [2, 0]])]
        [[0, 1], [1, 0]]
    """
    indices = Nonzero()(a, return_list=True)
    return as_tensor_variable(indices) if return_matrix else tuple(indices)


def flatnonzero(a: Any) -> Any:
    """Return the indices, in the flattened tensor, of the elements that are not zero.

    Raises:
        ValueError: the tensor is a scalar.

    Example:
        >>> flatnonzero([[0, 1], [2, 0]]).eval().tolist()
        [1, 2]
    """
    variable = as_tensor_variable(a)
    return nonzero(variable.flatten() if variable.ndim else variable)[0]


def nonzero_values(a: Any) -> Any:
    """Return the elements that are not zero, as a vector.

    Raises:
        ValueError: the tensor is a scalar.

    Example:
        >>> nonzero_values([[0, 1], [2, 0]]).eval().tolist()
        [1, 2]
    """
    variable = as_tensor_variable(a)
    return variable.flatten()[flatnonzero(variable)]


# From what stands between brackets to a node.


def subtensor(x: Any, index: Any) -> Any:
    """Return a part of a tensor; this is what ``x[index]`` calls.

    Args:
        x: any tensor.
        index: integers, slices, None, ``...``, and arrays or lists of integers, symbolic or not;
            masks of bool. Negative integers count from the end, as in NumPy.

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
        return slice(*[None if bound is None else _scalar(bound) for bound in bounds])
    if isinstance(item, (bool, np.bool_)) or _has_python_bool(item):
        raise TypeError(
            f"Python bools are no index: got {item}. To use a mask, make it a NumPy array first: "
            "x[numpy.array([True, False])]"
        )
    if isinstance(item, (int, np.integer)):
        return _index_constant(item)
    if not isinstance(item, Variable) and np.size(item) == 0:
        return constant(np.asarray(item, np.int64))
    variable = as_tensor_variable(item)
    return variable if variable.dtype == "bool" else _integers(variable)


def _has_python_bool(item: Any) -> bool:
    if not isinstance(item, (list, tuple)):
        return False
    return any(isinstance(part, (bool, np.bool_)) or _has_python_bool(part) for part in item)


def _index_constant(number: Any) -> Any:
    if isinstance(number, (bool, np.bool_)) or not isinstance(number, (int, np.integer)):
        raise TypeError(f"index: got {number!r} ({type(number).__name__}), wanted an integer")
    return IndexConstant(TensorType("int64", ()), np.asarray(number, np.int64))


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
    return x.dimshuffle(*order, *axes)


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


def _pattern_of(items: Sequence[Any]) -> tuple[Pattern, list[Any]]:
    pattern: list[Entry] = []
    numbers: list[Any] = []
    for item in items:
        parts = [item.start, item.stop, item.step] if isinstance(item, slice) else [item]
        dtypes = [None if part is None else part.type.dtype for part in parts]
        pattern.append(Slice(*dtypes) if isinstance(item, slice) else dtypes[0])
        numbers += [part for part in parts if part is not None]
    return tuple(pattern), numbers


def _basic(x: Any, items: Sequence[Any]) -> Any:
    expanded = _with_new_axes(x, items)
    if expanded is not x and all(item is None or item == slice(None) for item in items):
        return expanded
    pattern, numbers = _pattern_of([slice(None) if item is None else item for item in items])
    return Subtensor(pattern)(expanded, *numbers)


def _advanced(x: Any, items: Sequence[Any]) -> Any:
    pattern, numbers = _pattern_of(items)
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
    number = _integers(indices)
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


# Setting and incrementing.


def set_subtensor(
    x: Any, y: Any, inplace: bool = False, tolerate_inplace_aliasing: bool = False
) -> Any:
    """Return the tensor that ``x`` is a part of, with that part replaced.

    Args:
        x: a part of a tensor, such as ``w[2:5]``.
        y: what to put there; it broadcasts to the shape of the part, and takes its dtype. Where
            an index is repeated, the last value stays.
        inplace: no meaning here; memory is reused where it can be.
        tolerate_inplace_aliasing: no meaning here.

    Raises:
        TypeError: ``x`` is not a part of a tensor, or ``y`` has more axes.
        ValueError: when the function runs: the shapes do not broadcast.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> w = T.dvector("w")
        >>> set_subtensor(w[1:], 0).eval({w: [1.0, 2.0, 3.0]}).tolist()
        [1.0, 0.0, 0.0]
    """
    return inc_subtensor(x, y, inplace, True, tolerate_inplace_aliasing)


def inc_subtensor(
    x: Any,
    y: Any,
    inplace: bool = False,
    set_instead_of_inc: bool = False,
    tolerate_inplace_aliasing: bool = False,
) -> Any:
    """Return the tensor that ``x`` is a part of, with that part incremented.

    Args:
        x: a part of a tensor, such as ``w[2:5]``.
        y: what to add there; it broadcasts to the shape of the part, and takes its dtype. Where
            an index is repeated, all values are added.
        inplace: no meaning here; memory is reused where it can be.
        set_instead_of_inc: replace the part, as `set_subtensor` does.
        tolerate_inplace_aliasing: no meaning here.

    Raises:
        TypeError: ``x`` is not a part of a tensor, or ``y`` has more axes, or is not an integer
            where ``x`` is.
        ValueError: when the function runs: the shapes do not broadcast.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> w = T.dvector("w")
        >>> inc_subtensor(w[[0, 0]], 1).eval({w: [1.0, 2.0, 3.0]}).tolist()
        [3.0, 2.0, 3.0]
    """
    from jaxlearn.symbolic.ops.shaping import DimShuffle, Reshape

    node = x.owner if isinstance(x, Variable) else None
    value = as_tensor_variable(y)
    if node is not None:
        _check_value(x, value, x.type.ndim)
        op: Any = node.op
        whole, *index = node.inputs
        if isinstance(op, Subtensor):
            return IncSubtensor(op.pattern, inplace, set_instead_of_inc)(whole, value, *index)
        if isinstance(op, AdvancedSubtensor):
            return _inc_advanced(x, value, set_instead_of_inc)
        if isinstance(op, DimShuffle):
            return _inc_shuffled(x, value, set_instead_of_inc)
        if isinstance(op, Reshape):
            return _inc_reshaped(x, value, set_instead_of_inc)
    raise TypeError(
        f"x must be the result of a subtensor operation: got {x}; write it as "
        "set_subtensor(x[index], y) or inc_subtensor(x[index], y)"
    )


def _inc_reshaped(x: Any, value: Any, replace: bool) -> Any:
    """Write through a change of shape; the result has the old one, as in Theano."""
    whole = x.owner.inputs[0]
    if 0 < value.ndim < x.type.ndim:
        value = x.zeros_like(value.dtype) + value
    if value.ndim:
        value = value.reshape(whole.shape, ndim=whole.type.ndim)
    return inc_subtensor(whole, value, set_instead_of_inc=replace)


def _inc_shuffled(x: Any, value: Any, replace: bool) -> Any:
    """Write through a change of axes; the result has them changed as well, as in Theano."""
    op, inner = x.owner.op, x.owner.inputs[0]
    if value.ndim:
        value = value.dimshuffle(*["x"] * (x.type.ndim - value.ndim), *range(value.ndim))
        order = [op.new_order.index(a) if a in op.new_order else "x" for a in range(inner.ndim)]
        value = value.dimshuffle(*order)
    changed = inc_subtensor(inner, value, set_instead_of_inc=replace)
    return changed.dimshuffle(*op.new_order)


def _inc_advanced(x: Any, value: Any, replace: bool) -> Any:
    op, whole, index = x.owner.op, x.owner.inputs[0], x.owner.inputs[1:]
    mask = mask_of(op.pattern, index)
    if mask is not None:
        node, axis = mask
        masked = AdvancedBooleanIncSubtensor(axis, node.op.axis is not None, replace)
        after = x.type.ndim - axis - 1
        if value.ndim <= after or value.broadcastable[value.ndim - after - 1]:
            return _without_mask_axis(node, axis, masked(whole, value, node.inputs[0]))
    if isinstance(op, AdvancedSubtensor1):
        return AdvancedIncSubtensor1(False, replace)(whole, value, *index)
    changed = AdvancedIncSubtensor(op.pattern, False, replace)(whole, value, *index)
    return changed if mask is None else _without_mask_axis(*mask, changed)


def mask_of(pattern: Pattern, index: Sequence[Any]) -> tuple[Any, int] | None:
    """Return the mask that alone makes an index, and its first axis, if one does.

    Args:
        pattern: the pattern of the operation that indexes.
        index: the arrays in it.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dmatrix("x")
        >>> node = x[:, x[0] > 0].owner
        >>> mask_of(node.op.pattern, node.inputs[1:])[1]
        1
    """
    node = next((v.owner for v in index if v.owner and isinstance(v.owner.op, Nonzero)), None)
    if node is None or [*index] != node.outputs:
        return None
    axis = next(i for i, entry in enumerate(pattern) if isinstance(entry, str))
    expected = [WHOLE] * axis + [entry for entry in pattern if isinstance(entry, str)]
    rest = pattern[len(expected) :]
    is_alone = list(pattern[: len(expected)]) == expected and all(e == WHOLE for e in rest)
    return (node, axis) if is_alone else None


def _without_mask_axis(node: Any, axis: int, changed: Any) -> Any:
    """Return the result without the axis that was made for a mask without axes."""
    owner = node.inputs[0].owner
    if owner is None or getattr(owner.op, "new_order", ()) != ("x",) or node.op.axis is None:
        return changed
    return changed.dimshuffle(*(a for a in range(changed.ndim) if a != axis))


class AdvancedBooleanIncSubtensor(Op):
    """``x`` set or incremented where a mask is true, by a value that does not vary along the mask.

    It is ``where(mask, y, x)``: nothing needs to be counted before compiling.

    Args:
        axis: the first axis that the mask stands for.
        exact: whether the mask must have the lengths of these axes; otherwise what lies outside
            of ``x`` must be false.
        set_instead_of_inc: whether the part is set.
    """

    parameters = ("axis", "exact", "set_instead_of_inc")
    inplace = False

    def __init__(self, axis: int, exact: bool = True, set_instead_of_inc: bool = False) -> None:
        self.axis = axis
        self.exact = exact
        self.set_instead_of_inc = set_instead_of_inc

    def __str__(self) -> str:
        return (
            "AdvancedBooleanIncSubtensor"
            f"{{inplace=False,  set_instead_of_inc={self.set_instead_of_inc}}}"
        )

    def make_node(self, x: Any, y: Any, mask: Any) -> Apply:
        """Check the ranks; the type is that of the whole."""
        whole, value, mask = map(as_tensor_variable, (x, y, mask))
        _check_value(whole, value, whole.ndim - mask.ndim + 1)
        return Apply.of_types(self, [whole, value, mask], [whole.type])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the choice, once the shape of the mask is seen to be right."""
        _check_fit(lowering, node, 2, values[2], values[0].shape, self.axis, self.exact)
        return partial(self._choose, node)

    def _choose(self, node: Apply, x: Any, y: Any, mask: Any) -> Any:
        spread = partial(_broadcast, node)
        return _masked(x, y, mask, self.axis, self.set_instead_of_inc, spread)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write ``jnp.where`` if the mask is of the whole, else a call of what does the same."""
        (x, y, mask), (whole, value, given) = inputs, node.inputs
        if not (self.exact and whole.type.ndim == given.type.ndim and value.type.ndim == 0):
            name = writer.function(_masked)
            return f"{name}({x}, {y}, {mask}, {self.axis}, {self.set_instead_of_inc})"
        chosen = mask if given.type.dtype == "bool" else f"{mask} != 0"
        y = Elementwise.conversion_source(y, value.type.dtype, whole.type.dtype, writer)
        return f"jnp.where({chosen}, {y if self.set_instead_of_inc else f'{x} + {y}'}, {x})"

    def connected(self, node: Apply, i: int) -> bool:
        """A mask has no gradient."""
        return i < 2


def _masked(
    x: Any, y: Any, mask: Any, axis: int, replace: bool, spread: Any = jnp.broadcast_to
) -> Any:
    """Return an array set, or incremented, where a mask of some axes from ``axis`` on is true."""
    rank = mask.ndim
    x, after = jnp.asarray(x), x.ndim - axis - rank
    chosen = _fitted(mask, x.shape, axis)
    chosen = lax.broadcast_in_dim(chosen, x.shape, tuple(range(axis, axis + rank)))
    value = _converted(y, x.dtype)
    if value.ndim > after:
        before = value.shape[: value.ndim - after - 1]
        value = value.reshape(before + (1,) * rank + value.shape[value.ndim - after :])
    value = spread(value, x.shape)
    return jnp.where(chosen, value if replace else x + value, x)


def _is_true(mask: Any) -> Any:
    return mask if mask.dtype == bool else mask != np.zeros((), mask.dtype)


class Selected(Op):
    """Which elements a mask selects: itself, as bool, once its shape is seen to be right.

    It is what `Nonzero` is, without the need to count before compiling.

    Args:
        axis: the first axis that the mask stands for.
        exact: as of `AdvancedBooleanIncSubtensor`.
    """

    parameters = ("axis", "exact")

    def __init__(self, axis: int = 0, exact: bool = True) -> None:
        self.axis = axis
        self.exact = exact

    def make_node(self, mask: Any, whole: Any) -> Apply:
        """Tell the type; of the second input, what the mask selects from, the shape matters."""
        variable = as_tensor_variable(mask)
        flags = variable.broadcastable if self.exact else (False,) * variable.ndim
        inputs = [variable, as_tensor_variable(whole)]
        return Apply.of_types(self, inputs, [TensorType("bool", flags)])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the mask, once its shape is seen to be right."""
        _check_fit(lowering, node, 0, values[0], values[1].shape, self.axis, self.exact)
        return self.function

    def function(self, mask: Any, whole: Any) -> Any:
        """Return the mask as bool, in the lengths of the whole."""
        return _fitted(mask, whole.shape, self.axis)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the mask; one that may have other lengths is brought to those of the whole."""
        if self.exact:
            return inputs[0] if node.inputs[0].type.dtype == "bool" else f"{inputs[0]} != 0"
        return f"{writer.function(_fitted)}({inputs[0]}, {inputs[1]}.shape, {self.axis})"

    def connected(self, node: Apply, i: int) -> bool:
        """A mask has no gradient."""
        return False


def _check_fit(
    lowering: Any, node: Apply, place: int, mask: Any, whole: Sequence[int], axis: int, exact: bool
) -> None:
    """Check that a mask has the lengths of axes of the whole, or is false outside of it."""
    lengths = tuple(whole[axis : axis + mask.ndim])
    if exact:
        _check_mask(node, mask.shape, whole, axis)
    elif mask.shape != lengths:
        inside = mask[tuple(slice(length) for length in lengths)]
        ok = _is_true(inside).sum() == _is_true(mask).sum()
        lowering.check(ok, partial(_out_of_bounds, node, place, axis, tuple(whole), None))


def _fitted(mask: Any, shape: Sequence[int], axis: int) -> Any:
    """Return a mask as bool, cut off or continued by false to the lengths of axes of a shape."""
    # A negative margin cuts off.
    lengths = shape[axis : axis + mask.ndim]
    margins = [(0, have - got, 0) for have, got in zip(lengths, mask.shape, strict=True)]
    return lax.pad(jnp.asarray(_is_true(mask)), np.False_, margins)


# Theano's names for what `subtensor` and `inc_subtensor` choose between.

advanced_subtensor1 = AdvancedSubtensor1()
advanced_inc_subtensor1 = AdvancedIncSubtensor1()
advanced_set_subtensor1 = AdvancedIncSubtensor1(set_instead_of_inc=True)


def advanced_subtensor(x: Any, *index: Any) -> Any:
    """Return ``x[index]`` for indices of any kind.

    Example:
        >>> advanced_subtensor([[1, 2], [3, 4]], [0, 1], [1, 0]).eval().tolist()
        [2, 3]
    """
    return subtensor(x, index)


def advanced_inc_subtensor(x: Any, y: Any, *index: Any) -> Any:
    """Return ``x`` with ``x[index]`` incremented, for indices of any kind.

    Example:
        >>> advanced_inc_subtensor([1, 2], 5, [0, 0]).eval().tolist()
        [11, 2]
    """
    return inc_subtensor(subtensor(x, index), y)


def advanced_set_subtensor(x: Any, y: Any, *index: Any) -> Any:
    """Return ``x`` with ``x[index]`` replaced, for indices of any kind.

    Example:
        >>> advanced_set_subtensor([1, 2], 5, [0, 0]).eval().tolist()
        [5, 2]
    """
    return set_subtensor(subtensor(x, index), y)


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
    pattern = _as_pattern(idx_list)
    index = tuple(_filled(pattern, inputs[1:]))
    parts = [part for entry in pattern for part in (entry if isinstance(entry, Slice) else [entry])]
    return (index, 1 + sum(part is not None for part in parts)) if get_count else index


# Choosing.


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
        number, tensors = _integers(a), as_tensor_variable(choices)
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
        variable, order = as_tensor_variable(x), _integers(y)
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
        _check_bounds(lowering, node, 1, y, axis, x.shape)
        return self.function

    def function(self, x: Any, y: Any) -> Any:
        """Permute."""
        shape = np.broadcast_shapes(x.shape[:-1], y.shape[:-1])
        order = jnp.argsort(y, axis=-1) if self.inverse else _from_the_front(y, x.shape[-1])
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
    from jaxlearn.symbolic.ops.creation import arange

    order = as_tensor_variable(perm)
    return permute_row_elements(arange(order.shape[-1], dtype=order.dtype), order, inverse=True)
