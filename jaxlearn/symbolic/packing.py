"""A compiled step whose small arrays travel in one buffer each way.

Each array that is handed to XLA or fetched from it costs about a microsecond, whatever its size; a
small step itself costs less. So the small inputs and state of a step are written one after another
into a single buffer of 64-bit words, the step takes them out of it, and its small results come back
in one buffer too. Large arrays, and all arrays of a GPU's state, are handed over as they are.
"""

from __future__ import annotations

import contextlib
import ctypes
import struct
import threading
from array import array as c_array
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.types import is_complex

__all__ = ["MISFIT", "PackedStep", "Slot", "kind_of", "travels_packed"]

_MOST_PACKED = 1024
"""The most elements that an array has that travels in the buffer."""

_LEAST_DONATED = 2**20
"""The least size in bytes of a state whose memory the new one takes over.

XLA also computes in the memory of the new state, which makes a step on a smaller one quicker than
saving that memory does.
"""

# C's number types, by which a Python number is seen to be exact without a NumPy array.
_EXACT_NUMBERS: dict[str, Any] = {
    "float32": ctypes.c_float,
    "float64": ctypes.c_double,
    "int8": ctypes.c_int8,
    "int16": ctypes.c_int16,
    "int32": ctypes.c_int32,
    "int64": ctypes.c_int64,
}

_BITS = {2: jnp.int16, 4: jnp.int32, 8: jnp.int64}

_ALIGNMENT = 64
"""What XLA wants of memory that it reads in place, in bytes."""


class Slot:
    """The place of one array in a buffer of words: each element in the first bytes of a word.

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
        self.view = self.view_of(words)

    def view_of(self, words: np.ndarray) -> np.ndarray:
        """Return the array at this place of some words, in their memory."""
        step = words.itemsize // self.dtype.itemsize
        elements: np.ndarray = words[self.start : self.stop].view(self.dtype)[::step]
        return elements.reshape(self.shape)

    def write(self, array: Any) -> None:
        """Put an array there."""
        self.view[...] = array

    def read(self) -> np.ndarray:
        """Return a copy of the array."""
        return self.view.copy()

    def writer(self) -> Callable[[Any], bool]:
        """Return a function that puts an array or Python numbers there, if they fit as they are.

        It says whether they do. This is the way of nearly every input, and must be quick.
        """
        view, shape, dtype = self.view, self.shape, self.dtype
        number_type = _EXACT_NUMBERS.get(dtype.name)
        code = number_type._type_ if number_type else ""

        def write(value: Any) -> bool:
            kind = type(value)
            if kind is np.ndarray:
                if value.dtype != dtype or value.shape != shape:
                    return False
                view[...] = value
                return True
            if number_type is None:
                return False
            try:
                if kind is list:
                    fits = shape == (len(value),) and c_array(code, value).tolist() == value
                else:
                    fits = kind in (float, int) and not shape and number_type(value).value == value
            except (OverflowError, TypeError):
                return False
            if fits:
                view[...] = value
            return fits

        return write

    def fetcher(self) -> Callable[[np.ndarray], np.ndarray]:
        """Return a function that takes an array of this place out of other words."""
        dtype, view_of = self.dtype, self.view_of
        if self.shape:
            return lambda words: view_of(words).copy()
        # By way of a Python number: it takes half the time of NumPy's own indexing.
        unpack: Any = struct.Struct(dtype.char).unpack_from
        offset, array = 8 * self.start, np.array
        return lambda words: array(unpack(words, offset)[0], dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.read() if dtype is None else self.view.astype(dtype)


def _size(array: Any) -> int:
    return int(np.prod(array.shape, dtype=np.int64))


def travels_packed(array: Any) -> bool:
    """Whether an array is small enough to travel in the buffer.

    Example:
        >>> travels_packed(np.zeros(3)), travels_packed(np.zeros(10_000))
        (True, False)
    """
    return _size(array) <= _MOST_PACKED and not is_complex(str(array.dtype))


def _aligned_words(count: int) -> np.ndarray:
    memory = np.zeros(8 * count + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + 8 * count].view(np.int64)


def _taken_out(words: Any, slot: Slot) -> Any:
    """Return, while tracing, the array at a place of the buffer."""
    part = words[slot.start : slot.stop]
    if slot.dtype.kind == "f" or slot.dtype == np.uint64:
        bits = _BITS[slot.dtype.itemsize]
        part = lax.bitcast_convert_type(lax.convert_element_type(part, bits), slot.dtype)
    return lax.reshape(lax.convert_element_type(part, slot.dtype), slot.shape)


def _as_words(array: Any) -> Any:
    """Return, while tracing, an array as words."""
    flat, dtype = lax.reshape(array, (array.size,)), np.dtype(array.dtype)
    if dtype.kind == "f" or dtype == np.uint64:
        # Not by way of float64: XLA may flush what is subnormal in the narrower type.
        flat = lax.bitcast_convert_type(flat, _BITS[dtype.itemsize])
    return lax.convert_element_type(flat, jnp.int64)


class _Layout:
    """Which of some arrays travel in the buffer, and where.

    Args:
        arrays: what has their shapes and dtypes.
        may: which of them may travel there.
    """

    def __init__(self, arrays: Sequence[Any], may: Sequence[bool]) -> None:
        small = [
            travels_packed(array) and allowed for array, allowed in zip(arrays, may, strict=True)
        ]
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


MISFIT = object()
"""What a quick call returns when its inputs need more than it does."""


class PackedStep:
    """A compiled step for arrays of one set of shapes.

    Args:
        function: a pure jitted function ``(state, inputs) -> (outputs, state, flags)`` of tuples of
            arrays; ``flags`` is a vector of conditions that must hold. Its inputs are those below,
            and then the values of the variables that are only read.
        state: the variables whose values are replaced; ``variable.stored`` is an array or a slot.
        inputs: the values of the inputs of the first call.
        read: the variables whose values are only read.
        failed: called with the flags if one is false; it raises. No state has changed then.
        compiler_options: options of XLA, as ``jax.jit`` takes them.

    Attributes:
        quick: the whole call in its quickest form, or None where some array of the inputs, of the
            state or of what is read is large.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        state: Sequence[Any],
        inputs: Sequence[Any],
        read: Sequence[Any],
        failed: Callable[[np.ndarray], Any],
        compiler_options: Any = None,
    ) -> None:
        self._failed = failed
        stored = [variable.stored for variable in (*state, *read)]
        first, last = len(state), len(state) + len(inputs)
        kinds = [kind_of(a) for a in (*stored[:first], *inputs, *stored[first:])]
        outputs, new_state, flags = jax.eval_shape(
            function, tuple(kinds[:first]), tuple(kinds[first:])
        )
        keeps_shapes = all(
            old.shape == new.shape and old.dtype == new.dtype
            for old, new in zip(kinds, new_state, strict=False)
        )
        on_host = jax.default_backend() == "cpu"
        packs_state = on_host and keeps_shapes
        into = _Layout(kinds, [packs_state] * first + [True] * len(inputs) + [on_host] * len(read))
        out_of = _Layout(
            [*new_state, *outputs, flags], [packs_state] * first + [True] * (len(outputs) + 1)
        )
        self._into, self._out_of = into, out_of
        self._state_slots = [
            (variable, slot) for variable, slot in zip(state, into.slots, strict=False) if slot
        ]
        self._read_slots = [
            (variable, slot) for variable, slot in zip(read, into.slots[last:], strict=True) if slot
        ]
        self._seen: list[Any] = [None] * len(self._read_slots)
        self._input_slots = [(i - first, s) for i, s in into.packed if first <= i < last]
        self._loose_state = [
            variable for variable, s in zip(state, into.slots, strict=False) if not s
        ]
        self._loose_inputs = [i - first for i in into.loose if first <= i < last]
        self._loose_read = [v for v, s in zip(read, into.slots[last:], strict=True) if not s]
        words = sum(slot.view.size for _, slot in self._state_slots)
        self._state_words = into.words[:words]
        self._fetchers = [s.fetcher() if s else None for s in out_of.slots[first:-1]]
        self._loose_outputs = [i - first for i in out_of.loose if i >= first]
        self._flags = out_of.slots[-1] if flags.shape[0] else None
        self._must_wait = not out_of.count and not self._loose_outputs
        self._words = self._shared_words(on_host)
        # There is one buffer, so only one thread may be between writing and reading it.
        self._lock = threading.RLock()
        size = sum(
            _size(kind) * kind.dtype.itemsize
            for kind, slot in zip(kinds[:first], into.slots, strict=False)
            if not slot
        )
        # A failed check must find the old state as it was.
        self._donates = keeps_shapes and self._flags is None and size >= _LEAST_DONATED
        packed = self._packed(function, first)
        options = {"compiler_options": compiler_options}
        self._run = jax.jit(packed, donate_argnums=(1,) if self._donates else (), **options)
        # Fewer arguments and results take less time to hand over, empty ones too.
        self._run_words = jax.jit(
            lambda words: packed(words, (), ()) if out_of.loose else packed(words, (), ())[0],
            **options,
        )
        self._takes_words = not into.loose
        self.quick = self._quick() if self._takes_words else None

    def _quick(self) -> Callable[[Sequence[Any], bool, bool], Any]:
        """Return the whole call as one flat function, for a step that is given small arrays only.

        It takes the inputs as the user gave them, and returns `MISFIT`, with nothing changed, if
        one of them does not fit as it is, or a variable has another shape by now. The names that
        it uses are all its own: looking them up on an object would take as long as the step.
        """
        run, words, failed, flag_slot = self._run_words, self._words, self._failed, self._flags
        places = [(s.view, s.shape, s.dtype, s.writer()) for _, s in self._input_slots]
        trusted = [(slot.view, slot.shape) for _, slot in self._input_slots]
        fetchers, has_loose = self._fetchers, bool(self._loose_outputs)
        first = fetchers[0] if fetchers and not has_loose else None
        state, read, count = self._state_slots, self._read_slots, len(self._input_slots)
        state_words, seen, asarray, ndarray = self._state_words, self._seen, np.asarray, np.ndarray
        state_part, lock = slice(0, state_words.size), self._lock

        def quick(inputs: Sequence[Any], only_first: bool, trusts: bool) -> Any:
            if len(inputs) != count:
                return MISFIT
            with lock:
                if trusts:
                    for value, (view, shape) in zip(inputs, trusted):  # noqa: B905
                        if getattr(value, "shape", None) != shape:
                            return MISFIT
                        view[...] = value
                else:
                    for value, (view, shape, dtype, write) in zip(inputs, places):  # noqa: B905
                        if type(value) is ndarray and value.dtype is dtype and value.shape == shape:
                            view[...] = value
                        elif not write(value):
                            return MISFIT
                for variable, slot in state:
                    stored = variable.stored
                    if stored is not slot:
                        if stored.shape != slot.shape:
                            return MISFIT
                        slot.write(stored)
                if read and not _write_read(read, seen):
                    return MISFIT
                if has_loose:
                    packed, loose = run(words)
                    results = asarray(packed)
                else:
                    results = asarray(run(words))
                if flag_slot is not None:
                    held = results[flag_slot.start : flag_slot.stop]
                    if not held.all():
                        failed(held)
                if has_loose:
                    outputs: Any = self._fetched(results, loose)
                    outputs = outputs[0] if only_first else outputs
                elif only_first:
                    outputs = first(results)  # type: ignore[misc]
                else:
                    outputs = [fetch(results) for fetch in fetchers]  # type: ignore[misc]
                if state:
                    state_words[...] = results[state_part]
                    for variable, slot in state:
                        variable.stored = slot
                return outputs

        return quick

    def _shared_words(self, on_host: bool) -> Any:
        """Return the buffer as the step gets it: a JAX array in the same memory, on the host."""
        if not self._into.count:
            return jnp.zeros(0, jnp.int64)
        return jax.dlpack.from_dlpack(self._into.words, copy=False) if on_host else self._into.words

    def _packed(self, function: Callable[..., Any], count: int) -> Callable[..., Any]:
        into, out_of = self._into, self._out_of

        def run(words: Any, loose_state: Any, loose_inputs: Any) -> Any:
            loose = iter((*loose_state, *loose_inputs))
            arrays = [next(loose) if s is None else _taken_out(words, s) for s in into.slots]
            outputs, state, flags = function(tuple(arrays[:count]), tuple(arrays[count:]))
            results = [*state, *outputs, flags]
            parts = [_as_words(results[i]) for i, _ in out_of.packed]
            packed = jnp.concatenate(parts) if parts else jnp.zeros(0, jnp.int64)
            return packed, tuple(results[i] for i in out_of.loose)

        return run

    def __call__(self, inputs: Sequence[Any]) -> list[np.ndarray]:
        """Run the step: read and replace the variables' values, return the outputs.

        64-bit types must be on. When this returns, nothing reads the inputs any more.

        Args:
            inputs: NumPy or JAX arrays of the shapes of the first call.
        """
        with self._lock:
            return self._locked(inputs)

    def _locked(self, inputs: Sequence[Any]) -> list[np.ndarray]:
        for i, slot in self._input_slots:
            slot.write(inputs[i])
        for variable, slot in self._state_slots:
            if variable.stored is not slot:
                slot.write(variable.stored)
        _write_read(self._read_slots, self._seen)
        # An interrupt right after a call loses what it returned; what it put into a list is kept.
        made: list[Any] = []
        arguments = [[argument] for argument in self._arguments(inputs)]
        try:
            made.extend(map(self._run_words if self._takes_words else self._run, *arguments))
            words, loose = self._checked(made[0])
            if self._must_wait:
                # Nothing was fetched, and JAX may still be reading the inputs.
                jax.block_until_ready(loose)
            outputs = self._fetched(words, loose[len(self._loose_state) :])
            self._store(words, loose)
        except KeyboardInterrupt:
            if made:
                # The old state may be gone, or the new one be stored in part.
                with contextlib.suppress(Exception):
                    self._store(*self._checked(made[0]))
            raise
        return outputs

    def _checked(self, made: Any) -> tuple[np.ndarray, Sequence[Any]]:
        """Return the words of what the step made, and the arrays that came as they are."""
        packed, loose = (made, ()) if self._takes_words and not self._loose_outputs else made
        words = np.asarray(packed)
        if self._flags is not None:
            held = words[self._flags.start : self._flags.stop]
            if not held.all():
                self._failed(held)
        return words, loose

    def _store(self, words: np.ndarray, loose: Sequence[Any]) -> None:
        for variable, new in zip(self._loose_state, loose, strict=False):
            variable.stored = new
        if self._state_slots:
            self._state_words[:] = words[: self._state_words.size]
            for variable, slot in self._state_slots:
                variable.stored = slot

    def _arguments(self, inputs: Sequence[Any]) -> Sequence[Any]:
        if self._takes_words:
            return (self._words,)
        return (
            self._words,
            tuple([variable.on_device() for variable in self._loose_state]),
            (
                *[inputs[i] for i in self._loose_inputs],
                *[variable.on_device() for variable in self._loose_read],
            ),
        )

    def _fetched(self, words: np.ndarray, loose: Sequence[Any]) -> list[np.ndarray]:
        """Return the outputs, from the words and from those that came as they are."""
        rest = iter(loose)
        return [fetch(words) if fetch else np.array(next(rest)) for fetch in self._fetchers]


def _write_read(slots: Sequence[tuple[Any, Slot]], seen: list[Any]) -> bool:
    """Write the values of variables that are only read; return whether they fit."""
    for i, (variable, slot) in enumerate(slots):
        stored = variable.stored
        # The same slot may hold another value by now; an array cannot.
        if stored is not seen[i] or type(stored) is Slot:
            if stored.shape != slot.shape:
                return False
            slot.write(stored)
            seen[i] = stored
    return True


def kind_of(array: Any) -> jax.ShapeDtypeStruct:
    """Return the shape and dtype of an array or a slot, as tracing takes them.

    Example:
        >>> kind_of(np.zeros(3, "float32"))
        ShapeDtypeStruct(shape=(3,), dtype=float32)
    """
    return jax.ShapeDtypeStruct(array.shape, array.dtype)
