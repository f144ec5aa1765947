"""A function of symbols as a pure JAX function, for whatever JAX can do with one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at, retold
from jaxlearn.symbolic.graph import Variable
from jaxlearn.symbolic.lowering import Graph, Lowering, SizeNeededError, StageNeededError
from jaxlearn.symbolic.staging import StagedProgram

__all__ = ["PureFunction", "distinct_names"]


def distinct_names(names: Sequence[str | None], otherwise: str) -> list[str]:
    """Return the names, as Python has them, made distinct; where there is none, one by its place.

    Example:
        >>> distinct_names(["W", None, "W", "learning rate"], "shared")
        ['W', 'shared_1', 'W_2', 'learning_rate']
    """
    found: list[str] = []
    for place, given in enumerate(names):
        name = re.sub(r"\W", "_", given or f"{otherwise}_{place}")
        name = f"_{name}" if name[0].isdigit() else name
        while name in found:
            name = f"{name}_{place}"
        found.append(name)
    return found


class PureFunction:
    """A pure JAX function ``(state, *inputs) -> (outputs, state)``; `Function.as_jax` makes it.

    Args:
        program: what one call computes: the outputs, then the new values of the inputs that have
            updates, then the new state.
        inputs: the variables of the inputs.
        converters: for each input, what makes the array of its type of a value.
        updated: which inputs have updates; their values are part of the state.
        arrange: a function of the positional and named arguments, and of the values of the inputs
            that have updates, that returns one value per input.
        hand_out: a function that returns the outputs as the caller wants them.
        example: values of the inputs, which tell the sizes that depend on values.
        checkify: whether checks become those of ``jax.experimental.checkify``.

    Attributes:
        names: the names of the state.
    """

    def __init__(
        self,
        program: StagedProgram,
        inputs: Sequence[Variable],
        converters: Sequence[Callable[[Any], Any]],
        updated: Sequence[int],
        arrange: Callable[..., list[Any]],
        hand_out: Callable[[list[Any]], Any],
        example: Sequence[Any] | None,
        checkify: bool,
    ) -> None:
        self.__name__ = re.sub(r"\W", "_", program.name)
        self._program = program
        self._updated = updated
        self._arrange = arrange
        self._hand_out = hand_out
        self._checkify = checkify
        self._inputs = list(inputs)
        self._converters = list(converters)
        self._held = [*program.state, *(inputs[i] for i in updated), *program.read]
        self.names = distinct_names([variable.name for variable in self._held], "shared")
        self._example: list[Any] | None = None
        if example is not None:
            state = [variable.stored for variable in program.state]
            read = [variable.stored for variable in program.read]
            self._example = [np.array(value) for value in (*state, *example, *read)]

    def __call__(self, state: Mapping[str, Any], *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Return the outputs and the new state.

        Raises:
            TypeError: an input is missing, unknown, given twice, or does not fit; or the state
                lacks a name, or has another dtype, as it has where 64-bit types are off.
            ValueError: a size depends on a value that is not known while this is traced.
        """
        held = self._arrays_of(state)
        first, second = len(self._program.state), len(self._program.state) + len(self._updated)
        inputs = [
            _fitting(value, variable, convert, f"input {variable}")
            for value, variable, convert in zip(
                self._arrange(args, kwargs, held[first:second]),
                self._inputs,
                self._converters,
                strict=True,
            )
        ]
        values = [*held[:first], *inputs, *held[second:]]
        # A program of 32-bit numbers has 64-bit integers inside.
        with jax.enable_x64(True):
            lowering = Lowering(self._program.graph, answer=partial(self._size, values))
            try:
                results = lowering.run(values)
            except StageNeededError as need:
                variable = need.nodes[0].outputs[0]
                raise ValueError(
                    f"{self.__name__}: the shape of {variable} depends on data, and XLA must know "
                    f"it; there is no pure function of this{made_at(variable.line)}"
                ) from None
            self._check(lowering.checks)
            results = [jnp.asarray(result) for result in results]
        plain = len(results) - second
        new = [*results[plain + len(self._updated) :], *results[plain:][: len(self._updated)]]
        after = dict(zip(self.names, [*new, *held[second:]], strict=True))
        return self._hand_out(results[:plain]), after

    def _arrays_of(self, state: Mapping[str, Any]) -> list[Any]:
        if set(state) != set(self.names):
            raise TypeError(
                f"state: got the names {sorted(state)}, wanted {sorted(self.names)}, as the state "
                "that as_jax returned has them"
            )
        values = []
        for name, variable in zip(self.names, self._held, strict=True):
            who = f"state[{name!r}]"
            value = _fitting(state[name], variable, variable.type.filter, who)
            values.append(_on_device(value, variable, who))
        return values

    def _size(self, values: Sequence[Any], need: SizeNeededError) -> np.ndarray:
        known = [None if isinstance(value, jax.core.Tracer) else value for value in values]
        for given in (known, self._example):
            found = NotImplemented if given is None else need.host(given)
            if found is not NotImplemented:
                return np.asarray(found)
        if self._example is None:
            raise ValueError(
                f"{self.__name__}: {need.variable} must be known when this is traced, because it "
                "is a size, or a size depends on it; give what it depends on as a NumPy array or "
                "a Python number, not one of JAX's, or fix all sizes by an example of the inputs: "
                f"f.as_jax(*inputs){made_at(need.variable.line)}"
            )
        size = StagedProgram(Graph(self._program.graph.inputs, [need.variable]))
        # Now, and not as a part of what is being traced.
        with jax.ensure_compile_time_eval():
            return np.asarray(size(self._example)[0])

    def _check(self, checks: Sequence[tuple[Any, Callable[[], Exception]]]) -> None:
        if self._checkify:
            from jax.experimental import checkify

            for held, error in checks:
                # The text is a format to checkify.
                text = str(error()).replace("{", "{{").replace("}", "}}")
                checkify.check(held, text)


def _fitting(value: Any, variable: Variable, convert: Callable[[Any], Any], who: str) -> Any:
    """Return a value in the dtype and rank of a variable."""
    kind = variable.type
    if not isinstance(value, jax.Array):
        try:
            array = convert(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise retold(error, f"{who}: {error}") from None
        # What is known and whole may be a size; the rest is computed with by XLA.
        return array if array.dtype.kind in "iub" else _on_device(array, variable, who)
    if value.dtype != kind.dtype:
        _check_dtype(value, variable, who)
        value = lax.convert_element_type(value, kind.dtype)
    flags = kind.broadcastable
    if value.ndim != kind.ndim or any(
        flag and size != 1 for flag, size in zip(flags, value.shape, strict=True)
    ):
        raise TypeError(f"{who}: got shape {value.shape}, wanted one of {kind!r}")
    return value


def _on_device(value: Any, variable: Variable, who: str) -> Any:
    # Where 64-bit types are off, JAX would round it and say nothing.
    _check_dtype(value, variable, who)
    return jnp.asarray(value)


def _check_dtype(value: Any, variable: Variable, who: str) -> None:
    wanted = variable.type.numpy_dtype
    if jax.dtypes.canonicalize_dtype(wanted) != wanted:
        raise TypeError(
            f"{who}: got dtype {value.dtype} while 64-bit types are off, wanted {wanted}; use "
            "`with jax.enable_x64(True):`"
        )
    # What JAX traces of a Python number is weakly typed, and fits any type that holds its kind.
    is_weak = getattr(value, "weak_type", False)
    are_whole = value.dtype.kind in "iu" and wanted.kind in "iu"
    fits = np.can_cast(value.dtype, wanted, "same_kind" if is_weak else "safe")
    if not (fits or (is_weak and are_whole)):
        raise TypeError(
            f"{who}: got dtype {value.dtype}, wanted {wanted}; convert it: x.astype(...)"
        )
