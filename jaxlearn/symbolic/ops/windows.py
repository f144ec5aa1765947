"""Windows: what slices and integers cut out of an array.

Only the size of a window must be known before compiling, so that ``X[i * n : (i + 1) * n]`` is
compiled once for all ``i``. A window is written back where it was cut out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.symbolic.ops.gathering import from_the_front
from jaxlearn.symbolic.types import TensorType

__all__ = ["SliceLength", "Span", "Window"]


class Span(NamedTuple):
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
        first = from_the_front(numbers[self.place], size)
        return first + back if back else first


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
        given = [from_the_front(bound, self.size).clip(lowest, highest) for bound in bounds]
        start = given[0] if self.has_start else jnp.int64(first)
        stop = given[-1] if self.has_stop else jnp.int64(end)
        return jnp.maximum(0, -((start - stop) // self.step))


def _strides(spans: Sequence[Span]) -> list[int]:
    return [abs(span.step) for span in spans]


def _reversed(array: Any, spans: Sequence[Span]) -> Any:
    axes = [axis for axis, span in enumerate(spans) if span.step < 0 and span.length > 1]
    return lax.rev(array, axes) if axes else array


def _dropped(spans: Sequence[Span]) -> list[int]:
    return [axis for axis, span in enumerate(spans) if span.drops]


class Window:
    """The part of an array from the lowest to the highest elements of the spans."""

    def __init__(self, array: Any, spans: Sequence[Span], numbers: Sequence[Any]) -> None:
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
