"""A pure function of (state, inputs), compiled by XLA: run once, repeated, or scanned over rows."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import jax
import jax.extend
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.arguments import whole_number

__all__ = ["SHORT_SUMS", "Step", "equations", "next_stretch", "precision_of", "sums_are_short"]

SHORT_SUMS = {"xla_disable_hlo_passes": "tree_reduction_rewriter"}
"""Options for a `Step` whose sums have at most some thousand terms.

XLA for CPU cuts every sum of more than 32 terms in parts. That keeps long sums accurate, and makes
a small step several times slower (``scripts/bench_training.py``). With these options each sum is
one plain loop, whose rounding error grows with the square root of the number of terms. `train`
sets them where no sum has more than 4,096 terms. They mean nothing to XLA for GPU.
"""

# Up to this many terms the rounding error of a plain sum, which grows as the square root of their
# number, stays below 4e-6 in float32.
_SHORT_SUM_TERMS = 4096

_WIDE_TYPES = frozenset(np.dtype(name) for name in ("float64", "int64", "uint64", "complex128"))


class Step:
    """A pure ``function(state, *inputs) -> (outputs, state)``, compiled by XLA.

    One step object runs its function in three ways, each a single compiled program:

    - ``step(state, *inputs)`` runs it once;
    - ``step.repeat(state, n, *inputs)`` runs it ``n`` times on the same inputs;
    - ``step.scan(state, *stacked)`` runs it once per row of the stacked inputs.

    The last two return the outputs stacked along a new first axis, and the same numbers as a
    Python loop of single steps. The last bit of a number can differ, where XLA fuses a product
    and a sum into one rounding in the one program and not in the other.

    State, inputs and outputs are pytrees of arrays. The state must come back with the structure,
    shapes and dtypes that it went in with.

    A call that has returned is done with every NumPy array that it was given: the caller may
    overwrite it.

    Args:
        function: the pure function to compile.
        donate: whether the new state may take over the memory of the old one. If so, JAX arrays
            given as state are deleted by the call, and using them again is an error; NumPy arrays
            are never touched.
        x64: whether 64-bit types are on while the function is traced and run, whatever
            the process has set; JAX's own setting is never changed. By default they are on when
            any array of the state has a 64-bit dtype: the state sets the precision. Otherwise
            the process's setting holds, and 64-bit inputs become 32-bit ones, as JAX does.
        compiler_options: options of XLA for this function, as ``jax.jit`` takes them, such as
            `SHORT_SUMS`.
        until: a pure ``until(state, *inputs) -> bool``. `repeat` asks it before each step, and
            stops where it is true.

    Raises:
        TypeError: the function does not return a pair, or changes the state's structure, shapes
            or dtypes; the message names each leaf that changed.

    Example:
        >>> import numpy as np
        >>> def decay(level, factor):
        ...     return level.sum(), level * factor
        >>> step = Step(decay)
        >>> total, level = step(np.array([1.0, 3.0]), 0.5)
        >>> float(total), level.tolist(), level.dtype.name
        (4.0, [0.5, 1.5], 'float64')
        >>> totals, level = step.repeat(np.array([1.0, 3.0]), 3, 0.5)
        >>> totals.tolist(), level.tolist()
        ([4.0, 2.0, 1.0], [0.125, 0.375])
        >>> totals, level = step.scan(np.array([1.0, 3.0]), np.array([0.5, 2.0]))
        >>> totals.tolist(), level.tolist()
        ([4.0, 2.0], [1.0, 3.0])
    """

    def __init__(
        self,
        function: Callable[..., tuple[Any, Any]],
        *,
        donate: bool = True,
        x64: bool | None = None,
        compiler_options: Mapping[str, str | bool | int | float] | None = None,
        until: Callable[..., Any] | None = None,
    ) -> None:
        if not callable(function):
            raise TypeError(
                f"Step: function is {function!r}, wanted a pure function "
                "(state, *inputs) -> (outputs, state)"
            )
        self.function = function
        self.name = getattr(function, "__name__", type(function).__name__)
        self._x64 = x64
        self._until = until
        options: dict[str, Any] = {
            "donate_argnums": (0,) if donate else (),
            "compiler_options": dict(compiler_options) if compiler_options else None,
        }
        self._compiled_once = jax.jit(self._once, **options)
        self._compiled_repeat = jax.jit(self._repeat, static_argnums=1, **options)
        self._compiled_scan = jax.jit(self._scan, **options)

    def __repr__(self) -> str:
        return f"Step({self.name})"

    def __call__(self, state: Any, *inputs: Any) -> tuple[Any, Any]:
        """Run the function once; return its outputs and the new state."""
        return self._call(self._compiled_once, state, *inputs)

    def repeat(
        self, state: Any, n: int, *inputs: Any, capacity: int | None = None
    ) -> tuple[Any, Any]:
        """Run the function ``n`` times on the same inputs, as one compiled program.

        Args:
            state: the state before the first step.
            n: how many steps; 0 compiles the program and returns the state as it was.
            *inputs: what every step gets.
            capacity: how many rows of outputs to make room for. One program is compiled per
                capacity; it serves every ``n`` up to it, and runs the very same code for each.
                By default there is one program per ``n``, which is a little faster.

        Returns:
            The outputs of all steps, stacked along a new first axis, and the state after the
            last step. With a capacity that axis has its length, and zeros follow row ``n - 1``;
            they also follow the last row where the step's ``until`` stopped the loop.

        Raises:
            TypeError: ``n`` is not a whole number.
            ValueError: ``n`` is negative, or larger than ``capacity``.
        """
        if capacity is not None:
            capacity = whole_number("capacity", capacity, least=0)
        n = whole_number("n", n, least=0, most=capacity, why="the capacity" if capacity else "")
        # A number of steps that XLA knows saves it the question, after each, whether to go on.
        rows, count = (n, None) if capacity is None else (capacity, np.int32(n))
        return self._call(self._compiled_repeat, state, rows, count, *inputs)

    def scan(self, state: Any, *stacked: Any) -> tuple[Any, Any]:
        """Run the function once per row of the stacked inputs, as one compiled program.

        Args:
            state: the state before the first row.
            *stacked: pytrees of arrays that all have the same length along their first axis;
                step ``i`` gets row ``i`` of each.

        Returns:
            The outputs of all steps, stacked along a new first axis, and the state after the
            last row.

        Raises:
            ValueError: no inputs, an input without a first axis, or inputs of different lengths.
        """
        _check_rows(f"{self!r}.scan", stacked)
        return self._call(self._compiled_scan, state, *stacked)

    def _call(
        self, compiled: Callable[..., tuple[Any, Any]], state: Any, *arguments: Any
    ) -> tuple[Any, Any]:
        with precision_of(state) if self._x64 is None else jax.enable_x64(self._x64):
            try:
                result = compiled(state, *arguments)
            except (RuntimeError, ValueError) as error:
                self._explain_deleted(state, error)
                raise
            # JAX dispatches asynchronously and may still be reading a NumPy array, or alias it.
            if any(isinstance(leaf, np.ndarray) for leaf in jax.tree.leaves((state, arguments))):
                jax.block_until_ready(result)
        return result

    def _explain_deleted(self, state: Any, error: Exception) -> None:
        for path, leaf in jax.tree_util.tree_leaves_with_path(state):
            is_array = isinstance(leaf, jax.Array) and not isinstance(leaf, jax.core.Tracer)
            if is_array and leaf.is_deleted():
                raise RuntimeError(
                    f"{self!r}: state{jax.tree_util.keystr(path)} was given to an earlier call, "
                    "which took over its memory; use the state that the call returned, "
                    "or make the step with donate=False"
                ) from error

    def _once(self, state: Any, *inputs: Any) -> tuple[Any, Any]:
        return self._advance(_strongly_typed(state), inputs)

    def _repeat(self, state: Any, capacity: int, n: Any, *inputs: Any) -> tuple[Any, Any]:
        state = _strongly_typed(state)
        outputs, _ = jax.eval_shape(self._advance, state, inputs)
        room = jax.tree.map(lambda row: jnp.zeros((capacity, *row.shape), row.dtype), outputs)

        def advance_and_store(i: Any, carry: tuple[Any, Any]) -> tuple[Any, Any]:
            room, state = carry
            outputs, state = self._advance(state, inputs)
            return jax.tree.map(
                lambda rows, row: lax.dynamic_update_index_in_dim(rows, row, i, 0), room, outputs
            ), state

        if capacity == 0:
            return room, state
        steps = capacity if n is None else n
        if self._until is None:
            result: tuple[Any, Any] = lax.fori_loop(0, steps, advance_and_store, (room, state))
            return result
        until = self._until

        def goes_on(carry: tuple[Any, Any, Any]) -> Any:
            i, _, state = carry
            return (i < steps) & ~jnp.asarray(until(state, *inputs), bool)

        def next_step(carry: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
            i, room, state = carry
            return (i + 1, *advance_and_store(i, (room, state)))

        _, room, state = lax.while_loop(goes_on, next_step, (jnp.int32(0), room, state))
        return room, state

    def _scan(self, state: Any, *stacked: Any) -> tuple[Any, Any]:
        def advance(state: Any, inputs: tuple[Any, ...]) -> tuple[Any, Any]:
            outputs, state = self._advance(state, inputs)
            return state, outputs

        state, outputs = lax.scan(advance, _strongly_typed(state), stacked)
        return outputs, state

    def _advance(self, state: Any, inputs: tuple[Any, ...]) -> tuple[Any, Any]:
        result = self.function(state, *inputs)
        if not (isinstance(result, tuple) and len(result) == 2):
            raise TypeError(
                f"{self!r}: the function returned {_describe(result)}, "
                "wanted a pair (outputs, state)"
            )
        outputs, new_state = result
        self._check_state(state, new_state)
        return outputs, _strongly_typed(new_state)

    def _check_state(self, before: Any, after: Any) -> None:
        structures = [str(jax.tree.structure(tree)) for tree in (before, after)]
        if structures[0] != structures[1]:
            raise TypeError(
                f"{self!r}: the state changed its structure: it went in as {structures[0]} "
                f"and came out as {structures[1]}; return it with the structure it came with"
            )
        changed = [
            f"  state{jax.tree_util.keystr(path)} went in as {_describe(old)} "
            f"and came out as {_describe(new)}"
            for (path, old), new in zip(
                jax.tree_util.tree_leaves_with_path(before), jax.tree.leaves(after), strict=True
            )
            if jnp.shape(old) != jnp.shape(new) or _result_type(old) != _result_type(new)
        ]
        if changed:
            raise TypeError(
                f"{self!r}: the state must come out with the shapes and dtypes it went in with:\n"
                + "\n".join(changed)
                + "\ncast it in the function (`.astype`), or start from a state of that type"
            )


def precision_of(tree: Any) -> contextlib.AbstractContextManager[Any]:
    """Return a context with 64-bit types on if any array of the tree has one, else as they were.

    Example:
        >>> import jax.numpy as jnp, numpy as np
        >>> with precision_of({"weight": np.zeros(3)}):
        ...     jnp.ones(2).dtype.name
        'float64'
    """
    wide = any(getattr(leaf, "dtype", None) in _WIDE_TYPES for leaf in jax.tree.leaves(tree))
    return jax.enable_x64(True) if wide else contextlib.nullcontext()


_STRETCH_SECONDS = 0.5


def next_stretch(count: int, seconds: float) -> int:
    """Return how many steps to run next, as one program, if ``count`` of them took ``seconds``.

    A stretch of half a second is long enough that starting it costs nothing, and short enough for
    a progress bar that moves.

    Example:
        >>> next_stretch(100, 0.1)
        500
    """
    return max(1, int(count * min(_STRETCH_SECONDS / max(seconds, 1e-9), 100.0)))


def sums_are_short(program: Any) -> bool:
    """Whether no sum of a traced program has so many terms that `SHORT_SUMS` would harm it.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> [sums_are_short(jax.make_jaxpr(jnp.sum)(jnp.ones(n)).jaxpr) for n in (100, 100_000)]
        [True, False]
    """
    return _longest_sum(equations(program)) <= _SHORT_SUM_TERMS


def equations(program: Any) -> Iterator[Any]:
    """Yield every operation of a traced program, and of the programs within it.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> program = jax.make_jaxpr(lambda x: jnp.sin(x) * 2)(1.0)
        >>> [equation.primitive.name for equation in equations(program.jaxpr)]
        ['sin', 'mul']
    """
    for equation in program.eqns:
        yield equation
        for inner in jax.tree.leaves(list(equation.params.values()), is_leaf=_is_program):
            if _is_program(inner):
                yield from equations(getattr(inner, "jaxpr", inner))


def _is_program(value: Any) -> bool:
    return isinstance(value, (jax.extend.core.Jaxpr, jax.extend.core.ClosedJaxpr))


def _longest_sum(operations: Iterable[Any]) -> int:
    return max(
        (
            equation.invars[0].aval.size // max(equation.outvars[0].aval.size, 1)
            for equation in operations
            if equation.primitive.name == "reduce_sum"
        ),
        default=1,
    )


def _strongly_typed(tree: Any) -> Any:
    # A Python number is weakly typed; as state it would change its type after the first step,
    # and the step would be compiled twice.
    return jax.tree.map(lambda leaf: lax.convert_element_type(leaf, _result_type(leaf)), tree)


def _result_type(leaf: Any) -> Any:
    return leaf.dtype if hasattr(leaf, "dtype") else jnp.result_type(leaf)


def _describe(value: Any) -> str:
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"{value.dtype}{list(value.shape)}"
    return f"{type(value).__name__}"


def _check_rows(caller: str, stacked: tuple[Any, ...]) -> None:
    leaves = jax.tree_util.tree_leaves_with_path(stacked)
    if not leaves:
        raise ValueError(f"{caller}: no inputs to scan; use repeat(state, n) for steps without any")
    lengths = {}
    for path, leaf in leaves:
        name = f"inputs{jax.tree_util.keystr(path)}"
        if np.ndim(leaf) == 0:
            raise ValueError(
                f"{caller}: {name} is a scalar, wanted one row per step "
                "(a list of numbers is not an array: np.array it)"
            )
        lengths[name] = np.shape(leaf)[0]
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(f"{caller}: inputs of different lengths: {listed} rows")
