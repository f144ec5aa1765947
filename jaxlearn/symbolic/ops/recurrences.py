"""Loops of steps, as pure functions of JAX: what `ops.scan` compiles, and writes into modules.

A recurrent output's history is a tuple of its latest values, the newest last, as many as its taps
reach back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

__all__ = ["loop", "loop_counted", "loop_until"]


def loop(
    step: Callable[..., Sequence[Any]],
    n_steps: int,
    rows: Sequence[Any],
    initial: Sequence[Any],
    carried: Sequence[Any],
    fixed: Sequence[Any],
    taps: Sequence[Sequence[int]],
    truncate: int = -1,
    checkpoints: bool = False,
) -> tuple[Any, ...]:
    """Make a number of steps, and return what each made.

    Args:
        step: makes, of one row of each sequence, of what the recurrent outputs were at their taps,
            of what is carried and of what is fixed: the recurrent outputs, the others, and what is
            carried on.
        n_steps: how many steps.
        rows: arrays of which each step gets the next row.
        initial: for each recurrent output its values before the first step, the newest last; as
            many as the taps reach back are used.
        carried: what the first step gets of what each step replaces.
        fixed: what every step gets the same.
        taps: for each recurrent output how far back the step looks, as negative numbers.
        truncate: through how many steps from the last a gradient flows; -1 for all.
        checkpoints: whether each step is computed anew for the gradient.

    Returns:
        All outputs of all steps, stacked; the recurrent ones of the last step; what was carried
        last.

    Example:
        >>> import numpy as np
        >>> def step(x, before):
        ...     return (x + before,)
        >>> sums, last = loop(step, 3, [np.arange(3.0)], [np.zeros(1)], [], [], [[-1]])
        >>> sums.tolist(), last.item()
        ([0.0, 1.0, 3.0], 3.0)
    """
    initial = _as_far_back(initial, taps)
    rows = tuple(values[:n_steps] for values in rows)
    start = tuple(tuple(values) for values in initial), tuple(carried)
    made = jax.checkpoint(step) if checkpoints else step

    def advances(carry: Any, rows: Any, fixed: Any, length: int) -> Any:
        def advance(carry: Any, row: Any) -> Any:
            histories, carried = carry
            results = tuple(made(*row, *_recent(histories, taps), *carried, *fixed))
            states, last = results[: len(taps)], len(results) - len(carried)
            return (_moved_on(histories, states), results[last:]), results[:last]

        return lax.scan(advance, carry, rows, length=length)

    skipped = n_steps - truncate if 0 <= truncate < n_steps else 0
    if skipped:
        # What the first steps make counts as constant; initial values that later steps see do not.
        constants = lax.stop_gradient((start, tuple(v[:skipped] for v in rows), tuple(fixed)))
        (histories, last), early = lax.stop_gradient(advances(*constants, skipped))
        seen_later = [values[skipped:] for values in start[0]]
        histories = tuple(
            (*values, *history[len(values) :])
            for values, history in zip(seen_later, histories, strict=True)
        )
        late = tuple(values[skipped:] for values in rows)
        end, outputs = advances((histories, last), late, fixed, n_steps - skipped)
        outputs = tuple(jnp.concatenate(parts) for parts in zip(early, outputs, strict=True))
    else:
        end, outputs = advances(start, rows, fixed, n_steps)
    histories, last = end
    return (*outputs, *(history[-1] for history in histories), *last)


def loop_until(
    step: Callable[..., Sequence[Any]],
    n_steps: Any,
    rows: Sequence[Any],
    initial: Sequence[Any],
    carried: Sequence[Any],
    fixed: Sequence[Any],
    taps: Sequence[Sequence[int]],
) -> tuple[Any, ...]:
    """Make steps until one says that it is the last, but not more than a number of them.

    Args:
        step: as for `loop`; what it returns ends with the flag that says so.
        n_steps: the most steps; it need not be known before the loop is compiled.
        rows: as for `loop`.
        initial: as for `loop`.
        carried: as for `loop`.
        fixed: as for `loop`.
        taps: as for `loop`.

    Returns:
        How many steps were made, the recurrent outputs of the last, and what it carried.

    Example:
        >>> import numpy as np
        >>> def step(before):
        ...     return 2 * before, before > 5
        >>> count, last = loop_until(step, 100, [], [np.ones(1)], [], [], [[-1]])
        >>> count.item(), last.item()
        (4, 16.0)
    """
    initial = _as_far_back(initial, taps)

    def goes_on(state: Any) -> Any:
        i, is_done, _, _ = state
        return (i < n_steps) & ~is_done

    def advance(state: Any) -> Any:
        i, _, histories, carried = state
        row = [lax.dynamic_index_in_dim(values, i, keepdims=False) for values in rows]
        *results, is_done = step(*row, *_recent(histories, taps), *carried, *fixed)
        histories = _moved_on(histories, results[: len(taps)])
        carried = tuple(results[len(results) - len(carried) :])
        return i + 1, jnp.asarray(is_done, bool), histories, carried

    start = (
        jnp.zeros_like(n_steps),
        jnp.zeros((), bool),
        tuple(tuple(jnp.asarray(value) for value in values) for values in initial),
        tuple(map(jnp.asarray, carried)),
    )
    count, _, histories, carried = lax.while_loop(goes_on, advance, start)
    return (count, *(history[-1] for history in histories), *carried)


def loop_counted(
    step: Callable[..., Sequence[Any]],
    n_steps: int,
    count: Any,
    rows: Sequence[Any],
    initial: Sequence[Any],
    carried: Sequence[Any],
    fixed: Sequence[Any],
    taps: Sequence[Sequence[int]],
    truncate: int = -1,
    checkpoints: bool = False,
) -> tuple[Any, ...]:
    """Make as many steps as `loop_until` made, in a way that JAX can differentiate.

    Args:
        step: as for `loop`; what it returns but the recurrent outputs and what is carried is left
            out.
        n_steps: the most steps; it must be known before the loop is compiled. So many are counted,
            but those after the last do nothing.
        count: how many steps to make.
        rows: as for `loop`.
        initial: as for `loop`.
        carried: as for `loop`.
        fixed: as for `loop`.
        taps: as for `loop`.
        truncate: as for `loop`.
        checkpoints: as for `loop`.

    Returns:
        The recurrent outputs of the last step, and what it carried.

    Example:
        >>> def last(x):
        ...     return loop_counted(lambda t: (t * t,), 9, 2, [], [x[None]], [], [], [[-1]])[0]
        >>> last(jnp.float32(3.0)).item(), jax.grad(last)(jnp.float32(3.0)).item()
        (81.0, 108.0)
    """
    initial = _as_far_back(initial, taps)
    made = jax.checkpoint(step) if checkpoints else step

    def advance(i: Any, state: Any, row: Any) -> Any:
        histories, carried = state
        inputs = (*row, *_recent(histories, taps), *carried, *fixed)
        if truncate >= 0:
            # What the first steps make counts as constant.
            inputs = jax.tree.map(
                lambda v: jnp.where(i < count - truncate, lax.stop_gradient(v), v), inputs
            )
        results = tuple(made(*inputs))
        last = len(results) - len(carried)
        return _moved_on(histories, results[: len(taps)]), results[last:]

    def advance_or_stay(state: Any, numbered_row: Any) -> Any:
        i, row = numbered_row
        return lax.cond(i < count, lambda: advance(i, state, row), lambda: state), None

    start = (
        tuple(tuple(jnp.asarray(value) for value in values) for values in initial),
        tuple(map(jnp.asarray, carried)),
    )
    numbered = jnp.arange(n_steps), tuple(values[:n_steps] for values in rows)
    (histories, last), _ = lax.scan(advance_or_stay, start, numbered, length=n_steps)
    return (*(history[-1] for history in histories), *last)


def _as_far_back(initial: Sequence[Any], taps: Sequence[Sequence[int]]) -> list[Any]:
    return [values[: -min(each)] for values, each in zip(initial, taps, strict=True)]


def _recent(histories: Sequence[Any], taps: Sequence[Sequence[int]]) -> list[Any]:
    """Return what the recurrent outputs were at their taps."""
    return [history[tap] for history, each in zip(histories, taps, strict=True) for tap in each]


def _moved_on(histories: Sequence[Any], states: Sequence[Any]) -> tuple[Any, ...]:
    """Return the histories, one step later."""
    pairs = zip(histories, states, strict=True)
    return tuple([(*history[1:], state) for history, state in pairs])
