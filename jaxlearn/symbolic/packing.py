"""A compiled step whose small arrays travel in one buffer each way.

Each array that is handed to XLA or fetched from it costs about a microsecond, whatever its size; a
small step itself costs less. So the small inputs and state of a step are written one after another
into a single buffer of 64-bit words, the step takes them out of it, and its small results come back
in one buffer too. Large arrays, and all arrays of a GPU's state, are handed over as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.types import is_complex, is_float

__all__ = ["PackedStep", "Slot"]

_MOST_PACKED = 1024
"""The most elements that an array has that travels in the buffer."""

_ALIGNMENT = 64
"""What XLA wants of memory that it reads in place, in bytes."""


class Slot:
    """The place of one array in a buffer of words.

    Floats stand there as float64, which holds them all exactly, and integers as int64.

    Args:
        words: the buffer.
        start: the first word.
        shape: the shape of the array.
        dtype: its dtype.

    Example:
        >>> import numpy as np
        >>> slot = Slot(np.zeros(4, np.int64), 1, (2,), "float32")
        >>> slot.write(np.array([1.5, 2.5], "float32"))
        >>> slot.read()
        array([1.5, 2.5], dtype=float32)
    """

    __slots__ = ("dtype", "shape", "start", "stop", "view")

    def __init__(self, words: np.ndarray, start: int, shape: tuple[int, ...], dtype: Any) -> None:
        self.start = start
        self.shape = shape
        self.stop = start + _size(self)
        self.dtype = np.dtype(dtype)
        self.view = words[start : self.stop].view(_word_type(self.dtype)).reshape(shape)

    def write(self, array: Any) -> None:
        """Put an array there."""
        self.view[...] = array

    def read(self) -> np.ndarray:
        """Return a copy of the array."""
        return self.view.astype(self.dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.read() if dtype is None else self.view.astype(dtype)


def _word_type(dtype: np.dtype[Any]) -> str:
    if dtype.kind == "f":
        return "float64"
    return "uint64" if dtype.kind == "u" else "int64"


def _size(array: Any) -> int:
    return int(np.prod(array.shape, dtype=np.int64))


def _is_small(array: Any) -> bool:
    return _size(array) <= _MOST_PACKED and not is_complex(str(array.dtype))


def _aligned_words(count: int) -> np.ndarray:
    memory = np.zeros(8 * count + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + 8 * count].view(np.int64)


def _taken_out(words: Any, slot: Slot) -> Any:
    """Return, while tracing, the array at a place of the buffer."""
    part = words[slot.start : slot.stop]
    if is_float(str(slot.dtype)):
        part = lax.bitcast_convert_type(part, jnp.float64)
    elif slot.dtype.kind == "u":
        part = lax.bitcast_convert_type(part, jnp.uint64)
    return lax.reshape(lax.convert_element_type(part, slot.dtype), slot.shape)


def _as_words(array: Any) -> Any:
    """Return, while tracing, an array as words."""
    kind = _word_type(np.dtype(array.dtype))
    flat = lax.convert_element_type(lax.reshape(array, (array.size,)), kind)
    return flat if kind == "int64" else lax.bitcast_convert_type(flat, jnp.int64)


class _Layout:
    """Which of some arrays travel in the buffer, and where.

    Args:
        arrays: what has their shapes and dtypes.
        may: which of them may travel there.
    """

    def __init__(self, arrays: Sequence[Any], may: Sequence[bool]) -> None:
        small = [_is_small(array) and allowed for array, allowed in zip(arrays, may, strict=True)]
        sizes = [_size(array) if packs else 0 for array, packs in zip(arrays, small, strict=True)]
        self.count = sum(sizes)
        self.words = _aligned_words(self.count)
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        self.slots = [
            Slot(self.words, start, tuple(array.shape), array.dtype) if packs else None
            for array, start, packs in zip(arrays, starts, small, strict=True)
        ]
        self.packed = [(i, slot) for i, slot in enumerate(self.slots) if slot is not None]
        self.loose = [i for i, slot in enumerate(self.slots) if slot is None]


class PackedStep:
    """A compiled step for arrays of one set of shapes.

    Args:
        function: a pure function ``(state, inputs) -> (outputs, state, flags)`` of tuples of
            arrays; ``flags`` is a vector of conditions that must hold.
        state: the values of the state, or what has their shapes and dtypes.
        inputs: those of the inputs.
        failed: called with the flags if one is false; it raises. No state has changed then.
        compiler_options: options of XLA.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        state: Sequence[Any],
        inputs: Sequence[Any],
        failed: Callable[[np.ndarray], Any],
        compiler_options: Mapping[str, Any] | None = None,
    ) -> None:
        self._failed = failed
        self._count = count = len(state)
        kinds = tuple(map(_kind, state)), tuple(map(_kind, inputs))
        # Traced once: the wrapper below finds it in JAX's cache.
        traced = jax.jit(function)
        outputs, new_state, flags = jax.eval_shape(traced, *kinds)
        keeps_shapes = all(
            old.shape == new.shape and old.dtype == new.dtype
            for old, new in zip(kinds[0], new_state, strict=True)
        )
        on_host = jax.default_backend() == "cpu"
        packs_state = on_host and keeps_shapes
        given = [packs_state] * count + [on_host or isinstance(a, np.ndarray) for a in inputs]
        self._in = _Layout([*kinds[0], *kinds[1]], given)
        self._out = _Layout(
            [*new_state, *outputs, flags], [packs_state] * count + [True] * (len(outputs) + 1)
        )
        self._state_slots = [(i, slot) for i, slot in self._in.packed if i < count]
        self._input_slots = [(i - count, slot) for i, slot in self._in.packed if i >= count]
        self._loose_state = [i for i in self._in.loose if i < count]
        self._loose_inputs = [i - count for i in self._in.loose if i >= count]
        self._state_words = sum(slot.view.size for _, slot in self._state_slots)
        self._output_slots = self._out.slots[count:-1]
        self._loose_outputs = [i - count for i in self._out.loose if i >= count]
        self._flags = self._out.slots[-1] if flags.shape[0] else None
        self._must_wait = not self._out.count and not self._loose_outputs
        self._seen: list[Any] = [None] * len(inputs)
        self._words = self._shared_words(on_host)
        # A failed check must find the old state as it was.
        donated = (1,) if keeps_shapes and self._loose_state and self._flags is None else ()
        self._run = jax.jit(
            self._packed(traced),
            donate_argnums=donated,
            compiler_options=dict(compiler_options) if compiler_options else None,
        )

    def _shared_words(self, on_host: bool) -> Any:
        """Return the buffer as the step gets it: a JAX array in the same memory, on the host."""
        if not self._in.count:
            return jnp.zeros(0, jnp.int64)
        return jax.dlpack.from_dlpack(self._in.words, copy=False) if on_host else self._in.words

    def _packed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        count = self._count

        def run(words: Any, loose_state: Any, loose_inputs: Any) -> Any:
            arrays: list[Any] = [None] * len(self._in.slots)
            for i, slot in self._in.packed:
                arrays[i] = _taken_out(words, slot)
            for i, array in zip(self._loose_state, loose_state, strict=True):
                arrays[i] = array
            for i, array in zip(self._loose_inputs, loose_inputs, strict=True):
                arrays[count + i] = array
            outputs, state, flags = function(tuple(arrays[:count]), tuple(arrays[count:]))
            results = [*state, *outputs, flags]
            parts = [_as_words(results[i]) for i, _ in self._out.packed]
            packed = jnp.concatenate(parts) if parts else jnp.zeros(0, jnp.int64)
            return packed, tuple(results[i] for i in self._out.loose)

        return run

    def __call__(self, variables: Sequence[Any], inputs: Sequence[Any]) -> list[np.ndarray]:
        """Run the step: read and replace the variables' values, return the outputs.

        64-bit types must be on. When this returns, nothing reads the inputs any more.

        Args:
            variables: objects whose ``stored`` holds the state: an array, or a slot.
            inputs: NumPy or JAX arrays.
        """
        for i, slot in self._state_slots:
            if variables[i].stored is not slot:
                slot.write(variables[i].stored)
        for i, slot in self._input_slots:
            given = inputs[i]
            # A JAX array cannot have changed since it was last written.
            if given is not self._seen[i]:
                slot.write(given)
                self._seen[i] = given if isinstance(given, jax.Array) else None
        packed, loose = self._run(
            self._words,
            tuple([variables[i].on_device() for i in self._loose_state]),
            tuple([inputs[i] for i in self._loose_inputs]),
        )
        results = np.asarray(packed)
        if self._flags is not None:
            held = results[self._flags.start : self._flags.stop]
            if not held.all():
                self._failed(held)
        if self._must_wait:
            # Nothing was fetched, and JAX may still be reading the inputs.
            jax.block_until_ready(loose)
        count = len(self._loose_state)
        outputs: list[Any] = [slot and _fetched(results, slot) for slot in self._output_slots]
        for i, array in zip(self._loose_outputs, loose[count:], strict=True):
            outputs[i] = np.array(array)
        if self._state_words:
            self._in.words[: self._state_words] = results[: self._state_words]
            for i, slot in self._state_slots:
                variables[i].stored = slot
        for i, array in zip(self._loose_state, loose[:count], strict=True):
            variables[i].stored = array
        return outputs


def _fetched(words: np.ndarray, slot: Slot) -> np.ndarray:
    part = words[slot.start : slot.stop].view(slot.view.dtype)
    return part.reshape(slot.shape).astype(slot.dtype)


def _kind(array: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(array.shape, array.dtype)
