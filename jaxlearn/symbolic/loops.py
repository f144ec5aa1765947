"""Many calls of a function as one compiled program: the same inputs again and again, or rows.

XLA needs every size before it compiles. Where a size depends on a row, or on state that a step
changes (a minibatch that is the last and shorter), the program watches it and stops before the
first step that needs another; the next program goes on from there. Where arrays themselves have
shapes that depend on data, there is no such program, and the calls are made one by one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.steps import SHORT_SUMS, Step, next_stretch, sums_are_short
from jaxlearn.symbolic.configuration import jax_device
from jaxlearn.symbolic.errors import NotFusedWarning, retold, warn_user
from jaxlearn.symbolic.graph import graph_inputs
from jaxlearn.symbolic.lowering import Graph, Lowering, SizeNeededError, StageNeededError
from jaxlearn.symbolic.packing import PackedStep, kind_of, travels_packed
from jaxlearn.symbolic.staging import StagedProgram, Variant

__all__ = ["Calls", "CannotFuseError", "CheckFailedError", "Loop", "quick_repeat"]

_FIRST_STRETCH = 100
_MOST_STEPS = 10_000
_MOST_ROOM = 2**24
"""The most steps of a stretch, and the most bytes of outputs that it makes room for."""

_MOST_COPIED = 1024
"""The most elements of a state that is handed over as it is kept."""


class CannotFuseError(Exception):
    """Calls cannot be one compiled program; the message says why."""


class CheckFailedError(Exception):
    """A check of the function failed in some of the calls; no state has changed."""


class Calls(NamedTuple):
    """The inputs of many calls of a function.

    Attributes:
        calls: how many there are.
        fixed: for each input that every call gets the same, by its position, that value.
        rows: for each other input that the calls are given, one row per call.
        carried: the inputs that are not given and have updates: each call gets what the one before
            it made.
        updated: the inputs that have updates, in the order in which the graph computes them; those
            that are given as well.
        defaults: what those are before the first call.
    """

    calls: int
    fixed: Mapping[int, Any]
    rows: Mapping[int, Any]
    carried: Sequence[int]
    updated: Sequence[int]
    defaults: Sequence[Any]

    def inputs(
        self, i: Any, defaults: Sequence[Any], rows: Mapping[int, Any], fixed: Mapping[int, Any]
    ) -> list[Any]:
        """Return the inputs of call ``i``, given the values that are carried, and the others."""
        values = dict(fixed)
        for position, stacked in rows.items():
            is_known = isinstance(stacked, np.ndarray)
            values[position] = (
                stacked[i] if is_known else lax.dynamic_index_in_dim(stacked, i, keepdims=False)
            )
        for position, value in zip(self.updated, defaults, strict=True):
            if position in self.carried:
                values[position] = value
        return [values[position] for position in sorted(values)]


class _Carry(NamedTuple):
    """What goes from one step of a loop to the next."""

    step: Any
    state: tuple[Any, ...]
    defaults: tuple[Any, ...]
    last: tuple[Any, ...]


class _OneDevice:
    """Where arrays lie if there is no mesh: on JAX's device."""

    def variable(self, variable: Any) -> Any:
        stored = variable.stored
        is_small = not isinstance(stored, jax.Array) and math.prod(stored.shape) <= _MOST_COPIED
        if jax_device() is not None or not is_small:
            return variable.on_device()
        # A small array is handed over sooner as it is than put on the device first.
        return np.array(stored)

    def input(self, variable: Any, value: Any) -> Any:
        return value

    def rows(self, variable: Any, values: Any) -> Any:
        return values


class Loop:
    """Many calls of a program, as few compiled programs as there are sets of sizes.

    Args:
        program: the program of one call. Its outputs are those of a call and then the new values
            of the inputs that have updates.
        calls: the inputs of all calls.
        only_last: whether only the outputs of the last call are wanted.

    Attributes:
        done: how many calls have been made.
        outputs: the outputs, stacked if all are wanted.
        state: the new values of the program's state; nothing is stored there before
            `store`.
        defaults: the new values of the inputs that have updates.
    """

    def __init__(self, program: StagedProgram, calls: Calls, only_last: bool) -> None:
        self.done = 0
        self._program = program
        self._calls = calls
        self._only_last = only_last
        place = program.placement or _OneDevice()
        given = program.given
        self._read = tuple(map(place.variable, program.read))
        self._rows = {i: place.rows(given[i], rows) for i, rows in calls.rows.items()}
        self._fixed = {i: place.input(given[i], value) for i, value in calls.fixed.items()}
        self.state = tuple(map(place.variable, program.state))
        self.defaults: tuple[Any, ...] = tuple(calls.defaults)
        self.outputs: list[np.ndarray] = []
        self._pieces: list[list[np.ndarray]] = []

    def run(self, progress: bool) -> None:
        """Make all calls, in stretches with a bar between them if progress is wanted.

        64-bit types must be on. If this is interrupted, `state` is that after ``done`` calls.

        Raises:
            Exception: a check failed, in the call that the message names.
            ValueError: the outputs of the calls have different shapes, and all are wanted.
        """
        total = self._calls.calls
        if not total:
            _, kinds, _ = self._next_call()
            self.outputs = [np.zeros((0, *kind.shape), kind.dtype) for kind in kinds]
        elif progress:
            from tqdm.auto import tqdm

            with tqdm(total=total, unit="step") as bar:
                self._run(bar.update)
        else:
            self._run(None)

    def _run(self, show: Callable[[int], Any] | None) -> None:
        """Make all calls, and show how many have been made, if that is wanted."""
        try:
            self._run_stretches(show)
        except CannotFuseError as reason:
            warn_user(
                f"{self._program.name}: the {self._calls.calls} calls are made one by one, not as "
                f"one compiled program: {reason}",
                NotFusedWarning,
            )
            self._run_one_by_one(show)

    def _run_stretches(self, show: Callable[[int], Any] | None) -> None:
        count, started = _FIRST_STRETCH, time.perf_counter()
        while self.done < self._calls.calls:
            made = self._run_stretch(None if show is None else count)
            if show is not None:
                show(made)
            count = next_stretch(made, time.perf_counter() - started)
            started = time.perf_counter()
        self.outputs = self._joined()

    def _run_one_by_one(self, show: Callable[[int], Any] | None) -> None:
        before = [np.array(variable.stored) for variable in self._program.state]
        self.store()
        try:
            while self.done < self._calls.calls:
                self._run_call()
                if show is not None:
                    show(1)
            self.outputs = self._joined()
        except Exception:
            for variable, value in zip(self._program.state, before, strict=True):
                variable.stored = value
            raise

    def _run_call(self) -> None:
        inputs = self._inputs_of_next_call()
        try:
            outputs = self._program(inputs)
        except Exception as error:
            raise in_step(self.done, error) from None
        plain = len(outputs) - len(self.defaults)
        self.state = tuple([variable.stored for variable in self._program.state])
        self.defaults = tuple(outputs[plain:])
        self._pieces.append([o if self._only_last else o[None] for o in outputs[:plain]])
        self.done += 1

    def _inputs_of_next_call(self) -> list[Any]:
        # Sizes are computed on the host, where these are.
        return self._calls.inputs(self.done, self.defaults, self._calls.rows, self._calls.fixed)

    def _joined(self) -> list[np.ndarray]:
        """Return the outputs of all calls so far."""
        if self._only_last or len(self._pieces) == 1:
            return self._pieces[-1]
        first = self._pieces[0]
        for piece in self._pieces:
            for i, (old, new) in enumerate(zip(first, piece, strict=True)):
                if old.shape[1:] != new.shape[1:]:
                    raise ValueError(
                        f"output {i} has shape {old.shape[1:]} in the first step and "
                        f"{new.shape[1:]} in a later one, and cannot be stacked; "
                        'ask for outputs="last"'
                    )
        return [np.concatenate(parts) for parts in zip(*self._pieces, strict=True)]

    def store(self) -> None:
        """Store the new state in its variables."""
        for variable, new in zip(self._program.state, self.state, strict=True):
            variable.stored = new

    def _run_stretch(self, count: int | None) -> int:
        """Run up to ``count`` steps, all that are left if it is None; return how many."""
        if len(self._pieces) == 1:
            # Now that there is a second stretch: handing them over once is the longer way.
            self._rows, self._fixed = jax.device_put((self._rows, self._fixed))
        try:
            variant, kinds, after = self._next_call()
        except Exception as error:
            if self.done:
                raise in_step(self.done, error) from None
            raise
        step, changes = self._step(variant, after)
        last = tuple([np.zeros(k.shape, k.dtype) for k in kinds]) if self._only_last else ()
        carry = _Carry(np.int32(self.done), self.state, self.defaults, last)
        left, room = self._calls.calls - self.done, None
        if changes or count is not None:
            # The same for each stretch, whose lengths differ: one program then serves them all.
            room = self._room([] if self._only_last else kinds)
            left = min(left, room, left if count is None else count)
        try:
            (outputs, held), carry = step.repeat(
                carry, left, self._rows, self._fixed, self._read, capacity=room
            )
        except (SizeNeededError, StageNeededError) as need:
            raise CannotFuseError(str(need)) from None
        made = int(carry.step) - self.done if changes else left
        if variant.errors:
            self._check(variant, np.asarray(held)[:made])
        # Cut by NumPy: XLA would compile a program for each length.
        pieces = carry.last if self._only_last else [np.asarray(rows)[:made] for rows in outputs]
        self._pieces.append([np.array(piece) for piece in pieces])
        self.done, self.state, self.defaults = self.done + made, carry.state, carry.defaults
        return made

    def _room(self, kinds: Sequence[Any]) -> int:
        """Return how many rows of some outputs a stretch makes room for."""
        size: int = sum(kind.size * kind.dtype.itemsize for kind in kinds)
        return min(self._calls.calls, _MOST_STEPS, max(1, _MOST_ROOM // max(1, size)))

    def _next_call(self) -> tuple[Variant, Sequence[Any], Sequence[Any]]:
        """Return the variant of the next call, and the kinds of its outputs and of what it changes.

        Those are the state, and then the inputs that have updates.
        """
        inputs = self._inputs_of_next_call()
        variant, _ = self._program.variant(self.state, inputs, self._read)
        outputs, state, _ = variant.results
        plain = len(outputs) - len(self.defaults)
        return variant, outputs[:plain], [*state, *outputs[plain:]]

    def _check_fusible(self, variant: Variant, after: Sequence[Any]) -> None:
        if variant.staged:
            raise CannotFuseError(f"the shape of {variant.staged[0]} depends on data")
        names = [*self._program.state, *(f"input {i}" for i in self._calls.updated)]
        for name, old, new in zip(names, [*self.state, *self.defaults], after, strict=True):
            if old.shape != new.shape:
                raise CannotFuseError(
                    f"{name} has shape {old.shape} before a step and {new.shape} after it"
                )

    def _changing_sizes(self, variant: Variant) -> list[tuple[Graph, np.ndarray]]:
        """Return the sizes that another step may need otherwise, as graphs of the inputs."""
        inputs = self._program.graph.inputs
        count = len(self._program.state)
        given = self._program.given
        moving = {*inputs[:count]}
        moving.update(given[i] for i in (*self._calls.rows, *self._calls.carried))
        return [
            (Graph(inputs, [variable]), size)
            for variable, size in variant.sizes
            if moving.intersection(graph_inputs([variable], set(inputs)))
        ]

    def _step(self, variant: Variant, after: Sequence[Any]) -> tuple[Step, bool]:
        """Return the compiled step, and whether it watches sizes."""
        key = (self._only_last, *self._rows, None, *self._calls.carried)
        if key not in variant.loops:
            self._check_fusible(variant, after)
            changing = self._changing_sizes(variant)
            variant.loops[key] = self._new_step(variant, changing), bool(changing)
        found: tuple[Step, bool] = variant.loops[key]
        return found

    def _new_step(self, variant: Variant, changing: Sequence[tuple[Graph, np.ndarray]]) -> Step:
        # What is compiled lives as long as the function, and must not keep these calls' data.
        inputs_of = self._calls._replace(fixed={}, rows={}, defaults=()).inputs
        only_last, count = self._only_last, len(self.defaults)

        def advance(carry: _Carry, rows: Any, fixed: Any, read: Any) -> tuple[Any, _Carry]:
            inputs = inputs_of(carry.step, carry.defaults, rows, fixed)
            outputs, state, held = variant.function(carry.state, (*inputs, *read))
            plain = outputs[: len(outputs) - count]
            defaults = outputs[len(outputs) - count :]
            last = plain if only_last else ()
            kept = () if only_last else plain
            return (kept, held), _Carry(carry.step + 1, state, defaults, last)

        def until(carry: _Carry, rows: Any, fixed: Any, read: Any) -> Any:
            inputs = inputs_of(carry.step, carry.defaults, rows, fixed)
            others = jnp.zeros((), bool)
            for graph, size in changing:
                (now,) = Lowering(graph).run([*carry.state, *inputs, *read])
                others |= (jnp.asarray(now) != size).any()
            return others

        advance.__name__ = self._program.name
        first = inputs_of(0, self.defaults, self._rows, self._fixed)
        return Step(
            advance,
            # What the calls began with is kept, for a check that fails.
            donate=False,
            x64=True,
            compiler_options=_compiler_options(
                variant,
                tuple(map(kind_of, self.state)),
                tuple(map(kind_of, (*first, *self._read))),
            ),
            until=until if changing else None,
        )

    def _check(self, variant: Variant, held: np.ndarray) -> None:
        bad = np.flatnonzero(~held.all(axis=1))
        if bad.size:
            try:
                variant.failed(held[bad[0]])
            except Exception as error:
                raise in_step(self.done + int(bad[0]), error) from None


def quick_repeat(program: StagedProgram, inputs: Sequence[Any], count: int, only_last: bool) -> Any:
    """Return many calls with the same small inputs in their quickest form: `PackedStep.quick`.

    It raises `CheckFailedError` if a check fails; a `Loop` of the same calls tells which, and when.
    64-bit types must be on.

    Args:
        program: the program of one call.
        inputs: the values of its inputs.
        count: how many calls.
        only_last: whether only the outputs of the last call are wanted.

    Returns:
        The call, or None if these calls need what only `Loop` can do.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> program = StagedProgram(Graph([x], [x * 2]))
        >>> with jax.enable_x64(True):
        ...     double = quick_repeat(program, [np.array(1.5)], 3, only_last=False)
        ...     double([2.5], only_first=True, trusts=False)
        array([5., 5., 5.])
    """
    state = [variable.stored for variable in program.state]
    read = [variable.stored for variable in program.read]
    variant, _ = program.variant(state, inputs, read)
    key = "quick", count, only_last
    if key not in variant.loops:
        variant.loops[key] = _new_quick_repeat(program, variant, inputs, count, only_last)
    return variant.loops[key]


def _new_quick_repeat(
    program: StagedProgram, variant: Variant, inputs: Sequence[Any], count: int, only_last: bool
) -> Any:
    before = [variable.stored for variable in program.state]
    outputs, after, flags = variant.results
    keeps_shapes = all(old.shape == new.shape for old, new in zip(before, after, strict=True))
    read = [variable.stored for variable in program.read]
    if (
        program.placement is not None
        or variant.sizes
        or variant.staged
        or not keeps_shapes
        or not all(map(travels_packed, (*before, *inputs, *read)))
    ):
        return None

    def repeated(state: Any, inputs: Any) -> Any:
        def advance(carry: Any, _: None) -> Any:
            state, _, held = carry
            outputs, state, holds = variant.function(state, inputs)
            last, kept = (outputs, ()) if only_last else ((), outputs)
            return (state, last, held & holds), kept

        last = tuple([jnp.zeros(kind.shape, kind.dtype) for kind in outputs if only_last])
        first = tuple(state), last, jnp.ones(flags.shape, bool)
        (state, last, held), kept = lax.scan(advance, first, None, length=count)
        return last if only_last else kept, state, held

    repeated.__name__ = program.name
    kinds = [tuple(map(kind_of, arrays)) for arrays in (before, (*inputs, *read))]
    return PackedStep(
        jax.jit(repeated),
        program.state,
        inputs,
        program.read,
        _check_failed,
        _compiler_options(variant, *kinds),
    ).quick


def _check_failed(held: np.ndarray) -> None:
    raise CheckFailedError


def _compiler_options(variant: Variant, state: Any, inputs: Any) -> Any:
    program = jax.make_jaxpr(variant.function)(state, inputs)
    return SHORT_SUMS if sums_are_short(program.jaxpr) else None


def in_step(step: int, error: Exception) -> Exception:
    """Return an error that says in which step it was raised.

    Example:
        >>> in_step(3, ValueError("no"))
        ValueError('in step 3: no')
    """
    return retold(error, f"in step {step}: {error}")
