"""What an index selects at one place of a graph: all its sizes known, and all its checks made.

Reading and writing share one mechanism, in two steps: the slices cut a window out of the array
(`windows`), and arrays of indices then gather from the window (`gathering`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply
from jaxlearn.symbolic.ops.elementwise import convert
from jaxlearn.symbolic.ops.gathering import (
    add_elements,
    check_bounds,
    from_the_front,
    gather_elements,
    put_elements,
)
from jaxlearn.symbolic.ops.index_patterns import filled, padded_pattern, placed
from jaxlearn.symbolic.ops.windows import SliceLength, Span, Window

__all__ = ["Selection"]


class Selection:
    """What an index selects at one place of a graph, with all sizes known and all checks made.

    Args:
        lowering: asks for sizes and takes checks.
        node: the place.
        values: what the inputs are, known or traced.
    """

    def __init__(self, lowering: Any, node: Apply, values: Sequence[Any]) -> None:
        op: Any = node.op
        shape = values[0].shape
        entries = filled(padded_pattern(op.pattern, len(shape)), range(op.skipped, len(values)))
        self._lowering = lowering
        self._node = node
        self._values = values
        self._new_axes = [axis for axis, entry in enumerate(entries) if entry is None]
        self._arrays: list[tuple[int, int]] = []
        axes = iter(range(len(shape)))
        self._spans = [
            Span(1) if entry is None else self._span(entry, next(axes)) for entry in entries
        ]
        self._layout = tuple(op.advanced and isinstance(entry, int) for entry in entries)
        if self._arrays:
            self._index_shape = self._common_shape()

    def _span(self, entry: Any, axis: int) -> Span:
        """Return what an entry takes of an axis; of one that an array indexes, all."""
        op: Any = self._node.op
        shape = self._values[0].shape
        size = shape[axis]
        if isinstance(entry, slice):
            return self._span_of_slice(entry, size)
        check_bounds(self._lowering, self._node, entry, self._values[entry], axis, shape)
        if op.advanced:
            self._arrays.append((entry, size))
            return Span(size)
        number = self._known(entry)
        start = None if number is None else number % size
        return Span(1, start, entry, drops=True)

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

    def _span_of_slice(self, entry: slice, size: int) -> Span:
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
            return Span(0)
        return Span(length, None if start_is_traced else first, entry.start or 0, step)

    def _window(self, x: Any, numbers: Sequence[Any]) -> Window:
        expanded = lax.expand_dims(x, self._new_axes) if self._new_axes else x
        return Window(expanded, self._spans, numbers)

    def _positions(self, numbers: Sequence[Any]) -> list[Any]:
        positions = []
        for place, size in self._arrays:
            known = isinstance(self._values[place], np.ndarray)
            index = self._values[place] if known else numbers[place]
            positions.append(from_the_front(index, size))
        return positions

    def read(self, x: Any, numbers: Sequence[Any]) -> Any:
        """Return the selected elements; `numbers` are the inputs of the node."""
        taken = self._window(x, numbers).read()
        if not self._arrays:
            return taken
        return gather_elements(self._layout, taken, *self._positions(numbers))

    def write(self, x: Any, y: Any, numbers: Sequence[Any], replace: bool) -> Any:
        """Return the array with the selected elements set to, or incremented by, ``y``."""
        x = jnp.asarray(x)
        window = self._window(x, numbers)
        shape = [span.length for span in self._spans if not span.drops]
        if self._arrays:
            shape = placed(self._layout, shape, self._index_shape)
        values = broadcast_value(self._node, converted(y, x.dtype), shape)
        if not self._arrays:
            return window.write(values, _second if replace else jnp.add)
        put = put_elements if replace else add_elements
        changed = put(self._layout, window.read(), values, *self._positions(numbers))
        written = window.write(changed, _second)
        return lax.squeeze(written, self._new_axes) if self._new_axes else written


def _second(old: Any, new: Any) -> Any:
    return new


def converted(y: Any, dtype: Any) -> Any:
    """Return a value in the dtype of what it is assigned to."""
    return y if y.dtype == dtype else convert(y, str(dtype))


def broadcast_value(node: Apply, y: Any, shape: Sequence[int]) -> Any:
    """Return a value in the shape of what it is assigned to, by NumPy's rule."""
    try:
        return jnp.broadcast_to(y, tuple(shape))
    except ValueError:
        raise ValueError(
            f"could not broadcast {node.inputs[1]} of shape {tuple(y.shape)} into the selected "
            f"part of {node.inputs[0]}, which has shape {tuple(shape)}{made_at(node.line)}"
        ) from None
