"""Gradient steps made of a loss and an optimizer, and the loop that trains with them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.extend
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from jaxlearn.arguments import whole_number
from jaxlearn.devices import Layout, gather, is_within_reach
from jaxlearn.steps import SHORT_SUMS, Step, equations, next_stretch, precision_of, sums_are_short

if TYPE_CHECKING:
    import optax
    from jax.sharding import Mesh

__all__ = ["DivergenceError", "TrainingResult", "TrainingState", "objective", "train"]

# One program has room for this many steps, and every stretch of a training runs it: so the numbers
# do not depend on where the stretches were cut.
_STRETCH_CAPACITY = 10_000
_FIRST_STRETCH = 100

# A step without loops whose operations read and write no more numbers than this is quick: even if
# all of them were products of matrices, ten thousand such steps would take seconds.
_QUICK_STEP_NUMBERS = 10_000


class Shuffle(NamedTuple):
    """Where shuffled minibatches stand: the key, the order of the rows, the next position."""

    key: jax.Array
    order: jax.Array
    position: jax.Array


class TrainingState(NamedTuple):
    """All that a training needs to go on, bit for bit, as if it had not stopped.

    It pickles, and comes back with NumPy arrays in place of JAX's.

    Attributes:
        params: the trained params.
        optimizer_state: the state of the optimizer.
        shuffle: where the minibatches stand; None for the full batch.
        steps: how many steps were made.
    """

    params: Any
    optimizer_state: Any
    shuffle: Shuffle | None
    steps: int

    def __reduce__(self) -> tuple[Any, ...]:
        return _reduce(self)


class TrainingResult(NamedTuple):
    """What `train` returns.

    Attributes:
        params: the trained params.
        losses: the loss at each step, before its update; shape ``(steps,)``.
        state: what to give to `train` in place of params to go on.
        seconds: the wall time of the steps.
        compile_seconds: the wall time of compiling them.
    """

    params: Any
    losses: NDArray[Any]
    state: TrainingState
    seconds: float
    compile_seconds: float

    def __reduce__(self) -> tuple[Any, ...]:
        return _reduce(self)


class DivergenceError(ArithmeticError):
    """The loss, or a param, stopped being a finite number.

    Attributes:
        step: the first step whose loss is not finite, counted from 0 since the first params.
        learning_rate: the learning rate, or None where an optimizer was given that hides it.
        losses: the losses up to and with that step.
        reason: what stopped being finite, and when, in words.
        params: the params that gave the last finite loss, as NumPy arrays.
    """

    def __init__(
        self, step: int, learning_rate: float | None, losses: NDArray[Any], params: Any
    ) -> None:
        super().__init__(step, learning_rate, losses, params)
        self.step = step
        self.learning_rate = learning_rate
        self.losses = losses
        self.params = params

    @property
    def reason(self) -> str:
        """What stopped being finite, and when."""
        if np.isfinite(self.losses[-1]):
            return f"the params are no longer finite after step {self.step - 1}"
        return f"the loss is {self.losses[-1]} at step {self.step}"

    def __str__(self) -> str:
        rate = self.learning_rate
        cause = "the given optimizer" if rate is None else f"learning rate {rate}"
        if self.step == 0:
            advice = "look at the initial params, the data and the loss; the params are in .params"
        else:
            advice = "try a smaller one; the params of the last finite loss are in .params"
        return f"train: {self.reason}, with {cause}; {advice}"


def objective(
    model: Callable[[Any, Any], Any], loss: Callable[[Any, Any], Any]
) -> Callable[[Any, Any, Any], Any]:
    """Return ``(params, x, target) -> loss(model(params, x), target)``, what `train` minimises.

    Example:
        >>> from jaxlearn import losses, models
        >>> error = objective(models.linear_neuron, losses.mean_squared_error)
        >>> float(error({"weight": 2.0, "bias": 1.0}, 3.0, 5.0))
        4.0
    """

    def model_loss(params: Any, x: Any, target: Any) -> Any:
        return loss(model(params, x), target)

    return model_loss


def train(
    loss: Callable[..., Any],
    params: Any,
    data: tuple[Any, ...],
    steps: int,
    optimizer: float | optax.GradientTransformation,
    *,
    batch_size: int | None = None,
    key: jax.Array | None = None,
    progress: bool = True,
    mesh: Mesh | None = None,
    params_spec: Any = None,
) -> TrainingResult:
    """Minimise a loss over data by gradient steps that run as one compiled loop.

    Each step computes ``loss(params, *batch)`` and its gradient by the params, and lets the
    optimizer update them. The precision is that of the params: float64 params train in float64
    without any setting of JAX, and float32 params make float32 of the data. Neither the params
    nor the data are changed.

    Args:
        loss: a pure function ``(params, *data) -> scalar``; see `objective`.
        params: a pytree of floating-point arrays to start from; or the ``state`` of an earlier
            result, to go on from there: the numbers are bit for bit those of one longer run.
        data: a tuple of arrays (or pytrees of arrays), the rest of the loss's arguments. All have
            one row per sample along their first axis.
        steps: how many steps to make.
        optimizer: a learning rate, for plain gradient descent; or any optax optimizer.
        batch_size: rows per step, drawn from a fresh shuffle for each pass over the data. Rows
            that do not fill a last batch wait for the next shuffle. By default each step uses
            all rows.
        key: a ``jax.random`` key for the shuffles, needed with ``batch_size`` unless params is
            a state to go on from.
        progress: whether to show a bar on standard error.
        mesh: the devices to train on, by default one; see `jaxlearn.devices`. The rows, or those
            of each minibatch, are spread evenly over the mesh's first axis.
        params_spec: which params are spread over the mesh, too: a ``jax.sharding.PartitionSpec``
            for all of them, or a pytree of specs. By default each device holds all params. The
            optimizer's arrays of a param's shape follow it.

    Returns:
        A `TrainingResult`: params, losses, state, seconds, compile_seconds.

    Raises:
        TypeError: an unknown optimizer, params that are not floating-point, data that is
            not a tuple, a loss that is not one number.
        ValueError: arrays of different lengths, a value in the data that is not finite (the
            message names the array and the row), a batch size that does not fit, a state that
            belongs to another optimizer, rows that the devices cannot share evenly, specs that
            do not fit the params or the mesh, processes that were given different values.
        DivergenceError: a loss that is not finite; it names the step and the learning rate
            and keeps the params of the last finite loss.

    Example:
        >>> import jax
        >>> from jaxlearn import datasets, losses, models
        >>> params = models.init_linear_neuron(jax.random.key(0), dtype="float64")
        >>> error = objective(models.linear_neuron, losses.mean_squared_error)
        >>> data = datasets.celsius_fahrenheit()
        >>> result = train(error, params, data, 10_000, 1e-3, progress=False)
        >>> round(float(result.params["weight"]), 5), round(float(result.params["bias"]), 5)
        (1.8, 32.0)
    """
    if not callable(loss):
        raise TypeError(f"loss: got {loss!r}, wanted a function (params, *data) -> scalar")
    steps = whole_number("steps", steps, least=0)
    transformation, learning_rate = _as_optimizer(optimizer)
    layout = _layout(mesh, params_spec)
    start = params if isinstance(params, TrainingState) else None
    # Placing the data and the params talks to the other processes, too.
    explaining = nullcontext() if layout is None else layout.explaining()
    with precision_of(params), explaining:
        batches = _check_data(data, on_host=layout is not None)
        if start is None:
            first_params = _check_params(params)
            if layout is not None:
                # Here, because the optimizer's first state lies where the params lie.
                first_params = layout.place_params(first_params)
            start = _first_state(first_params, transformation, batches, batch_size, key)
        else:
            _check_resumable(start, transformation, batches, batch_size, key)
        if layout is not None:
            numbers = np.array([steps, batch_size or 0, learning_rate or 0])
            layout.check_same("steps, batch_size, optimizer", numbers)
            start, batches = _placed(layout, start), layout.place_data(batches, batch_size)
        _check_loss(loss, start.params, batches, batch_size)
        gradient_step = _gradient_step(loss, transformation, batch_size, layout)
        program = jax.make_jaxpr(gradient_step)(_step_state(start), *batches)
        step = Step(
            gradient_step,
            # What a stretch began with is kept, to walk back from a loss that is not finite.
            donate=False,
            compiler_options=SHORT_SUMS if sums_are_short(program.jaxpr) else None,
        )
        # Devices that wait for one another make no step quick.
        is_quick = layout is None and _is_quick(program.jaxpr)
        first_stretch = _STRETCH_CAPACITY if is_quick else _FIRST_STRETCH
        return _run(step, start, batches, steps, first_stretch, learning_rate, progress, layout)


def _layout(mesh: Mesh | None, params_spec: Any) -> Layout | None:
    if mesh is not None:
        return Layout(mesh, params_spec)
    if params_spec is not None:
        raise ValueError("params_spec: given without mesh; give the mesh whose axes it names")
    return None


def _placed(layout: Layout, state: TrainingState) -> TrainingState:
    return state._replace(
        params=layout.place_params(state.params),
        optimizer_state=layout.place_state("optimizer_state", state.optimizer_state),
        shuffle=layout.place_state("shuffle", state.shuffle),
    )


def _gradient_step(
    loss: Callable[..., Any],
    optimizer: optax.GradientTransformation,
    batch_size: int | None,
    layout: Layout | None = None,
) -> Callable[..., tuple[Any, Any]]:
    import optax

    # Line searches want the loss itself, and schedules on a plateau its value.
    extended = optax.with_extra_args_support(optimizer)

    def gradient_step(state: Any, *data: Any) -> tuple[Any, Any]:
        params, optimizer_state, shuffle = state
        if batch_size is not None:
            shuffle, data = _next_batch(shuffle, data, batch_size)
            if layout is not None:
                data = layout.constrain_batch(data)

        def batch_loss(params: Any) -> Any:
            return loss(params, *data)

        value, gradient = jax.value_and_grad(batch_loss)(params)
        updates, optimizer_state = extended.update(
            gradient, optimizer_state, params, value=value, grad=gradient, value_fn=batch_loss
        )
        new_state = optax.apply_updates(params, updates), optimizer_state, shuffle
        return value, new_state if layout is None else layout.constrain_state(new_state)

    return gradient_step


def _next_batch(shuffle: Shuffle, data: Any, batch_size: int) -> tuple[Shuffle, Any]:
    rows = shuffle.order.shape[0]

    def reshuffled() -> Shuffle:
        key, order_key = jax.random.split(shuffle.key)
        order = jax.random.permutation(order_key, jnp.arange(rows, dtype=jnp.int32))
        return Shuffle(key, order, jnp.zeros((), jnp.int32))

    current = lax.cond(shuffle.position + batch_size > rows, reshuffled, lambda: shuffle)
    chosen = lax.dynamic_slice_in_dim(current.order, current.position, batch_size)
    batch = jax.tree.map(lambda rows: jnp.take(rows, chosen, axis=0, mode="clip"), data)
    return current._replace(position=current.position + batch_size), batch


def _run(
    step: Step,
    start: TrainingState,
    data: tuple[Any, ...],
    steps: int,
    first_stretch: int,
    learning_rate: float | None,
    progress: bool,
    layout: Layout | None,
) -> TrainingResult:
    def advance(state: Any, count: int) -> tuple[NDArray[Any], Any]:
        losses, state = step.repeat(state, count, *data, capacity=_STRETCH_CAPACITY)
        # A copy: a view would keep the room of a whole stretch for each short one.
        return np.asarray(losses)[:count].copy(), state

    state = _step_state(start)
    started = time.perf_counter()
    history = [advance(state, 0)[0]]
    compile_seconds = time.perf_counter() - started

    from tqdm.auto import tqdm

    begins = [(0, state)]
    done, count = 0, first_stretch

    with tqdm(total=steps, unit="step", disable=not progress) as bar:
        started = time.perf_counter()
        while done < steps:
            count = min(count, steps - done, _STRETCH_CAPACITY)
            stretch_started = time.perf_counter()
            losses, state = advance(state, count)
            seconds = time.perf_counter() - stretch_started
            history.append(losses)
            bad = _first_not_finite(losses, state[0] if done + count == steps else None)
            if bad is not None:
                history[-1] = losses[: bad + 1]
                raise DivergenceError(
                    start.steps + done + bad,
                    learning_rate,
                    np.concatenate(history),
                    gather(_params_at(max(done + bad - 1, 0), begins, advance)),
                )
            done += count
            begins = [begins[-1], (done, state)]
            bar.set_postfix(loss=f"{float(losses[-1]):.4g}", refresh=False)
            bar.update(count)
            count = next_stretch(count, seconds if layout is None else layout.agree(seconds))
        seconds = time.perf_counter() - started

    return TrainingResult(
        params=state[0],
        losses=np.concatenate(history),
        state=TrainingState(state[0], state[1], state[2], start.steps + steps),
        seconds=seconds,
        compile_seconds=compile_seconds,
    )


def _first_not_finite(losses: NDArray[Any], last_params: Any | None) -> int | None:
    """Return the first step of a stretch with a bad loss; its length if the params went bad."""
    bad = np.flatnonzero(~np.isfinite(losses))
    if bad.size:
        return int(bad[0])
    return None if all(map(_is_finite, jax.tree.leaves(last_params))) else len(losses)


def _is_finite(leaf: jax.Array) -> bool:
    if is_within_reach(leaf):
        return bool(np.isfinite(np.asarray(leaf)).all())
    return bool(jnp.isfinite(leaf).all())


def _params_at(
    step: int,
    begins: list[tuple[int, Any]],
    advance: Callable[[Any, int], tuple[NDArray[Any], Any]],
) -> Any:
    begin, state = max((begin for begin in begins if begin[0] <= step), key=lambda begin: begin[0])
    return advance(state, step - begin)[1][0]


def _step_state(state: TrainingState) -> Any:
    return state.params, state.optimizer_state, state.shuffle


def _is_quick(program: Any) -> bool:
    operations = list(equations(program))
    if any(equation.primitive.name in {"while", "scan"} for equation in operations):
        return False
    numbers: int = sum(
        variable.aval.size
        for equation in operations
        for variable in (*equation.invars, *equation.outvars)
    )
    return numbers <= _QUICK_STEP_NUMBERS


class _PortableKey(NamedTuple):
    implementation: str
    data: NDArray[Any]


def _to_portable(leaf: Any) -> Any:
    if not isinstance(leaf, jax.Array):
        return leaf
    if not is_within_reach(leaf):
        raise ValueError(
            "pickle: an array is spread over the devices of several processes; pickle "
            "jaxlearn.devices.gather(state), which every process must call"
        )
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return _PortableKey(str(jax.random.key_impl(leaf)), np.asarray(jax.random.key_data(leaf)))
    return np.asarray(leaf)


def _from_portable(leaf: Any) -> Any:
    if not isinstance(leaf, _PortableKey):
        return leaf
    return jax.random.wrap_key_data(jnp.asarray(leaf.data), impl=leaf.implementation)


def _restore(kind: type, fields: tuple[Any, ...]) -> Any:
    def is_key(leaf: Any) -> bool:
        return isinstance(leaf, _PortableKey)

    return kind(*jax.tree.map(_from_portable, fields, is_leaf=is_key))


def _reduce(record: Any) -> tuple[Any, ...]:
    """Say how to pickle a record so that it comes back bit for bit.

    JAX gives a pickled float64 array back as float32 where 64-bit types are off, without a word;
    NumPy arrays come back as they were.
    """
    return _restore, (type(record), jax.tree.map(_to_portable, tuple(record)))


def _as_optimizer(optimizer: Any) -> tuple[optax.GradientTransformation, float | None]:
    import optax

    if isinstance(optimizer, optax.GradientTransformation):
        return optimizer, None
    try:
        if isinstance(optimizer, (str, bytes)):
            raise TypeError
        rate = float(optimizer)
    except (TypeError, ValueError):
        raise TypeError(
            f"optimizer: got {optimizer!r}, wanted a learning rate such as 1e-3, "
            "or an optax optimizer such as optax.adam(1e-3)"
        ) from None
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"optimizer: got learning rate {rate}, wanted a finite number above 0")
    return optax.sgd(rate), rate


def _first_state(
    params: Any,
    optimizer: optax.GradientTransformation,
    data: tuple[Any, ...],
    batch_size: int | None,
    key: jax.Array | None,
) -> TrainingState:
    rows = _row_count(data)
    shuffle = None
    if batch_size is not None:
        whole_number("batch_size", batch_size, 1, rows, why="the rows of the data")
        if key is None:
            raise ValueError("key: needed with batch_size, to shuffle; give jax.random.key(seed)")
        # A position at the end of the rows makes the first step shuffle.
        shuffle = Shuffle(
            jnp.array(key, copy=True), jnp.arange(rows, dtype=jnp.int32), jnp.asarray(rows, "int32")
        )
    elif key is not None:
        raise ValueError("key: given without batch_size; the full batch is not shuffled")
    return TrainingState(params, optimizer.init(params), shuffle, 0)


def _check_resumable(
    state: TrainingState,
    optimizer: optax.GradientTransformation,
    data: tuple[Any, ...],
    batch_size: int | None,
    key: jax.Array | None,
) -> None:
    held = str(jax.tree.structure(state.optimizer_state))
    wanted = str(jax.tree.structure(jax.eval_shape(optimizer.init, state.params)))
    if held != wanted:
        raise ValueError(
            "optimizer: the state to go on from belongs to another optimizer: "
            f"it holds {held}, wanted {wanted}"
        )
    if key is not None:
        raise ValueError("key: the state to go on from has its own; leave key out")
    if (state.shuffle is None) != (batch_size is None):
        made = "the full batch" if state.shuffle is None else "minibatches"
        raise ValueError(
            f"batch_size: got {batch_size}, but the state to go on from was trained on {made}"
        )
    if state.shuffle is not None and batch_size is not None:
        rows = _row_count(data)
        whole_number("batch_size", batch_size, 1, rows, why="the rows of the data")
        if state.shuffle.order.shape[0] != rows:
            raise ValueError(
                f"data: {rows} rows, but the state to go on from was trained on "
                f"{state.shuffle.order.shape[0]}"
            )


def _check_params(params: Any) -> Any:
    leaves = jax.tree_util.tree_leaves_with_path(params)
    if not leaves:
        raise TypeError("params: there is no array in them to train")
    for path, leaf in leaves:
        _check_numbers(f"params{jax.tree_util.keystr(path)}", leaf)
        dtype = jnp.result_type(leaf)
        if not jnp.issubdtype(dtype, jnp.floating):
            raise TypeError(
                f"params{jax.tree_util.keystr(path)}: dtype {dtype}, wanted floating-point "
                "(write 1.0 for 1)"
            )
    return jax.tree.map(lambda leaf: jnp.array(leaf, jnp.result_type(leaf), copy=True), params)


def _check_data(data: Any, on_host: bool = False) -> tuple[Any, ...]:
    if not isinstance(data, (tuple, list)):
        raise TypeError(
            f"data: got {type(data).__name__}, wanted a tuple of arrays: (x, target), or (x,)"
        )
    for path, leaf in jax.tree_util.tree_leaves_with_path(tuple(data)):
        name = f"data{jax.tree_util.keystr(path)}"
        _check_numbers(name, leaf)
        if not is_within_reach(leaf):
            raise ValueError(
                f"{name}: spread over the devices of several processes; "
                "give each process all of the data, as NumPy arrays"
            )
    # What float32 cannot hold becomes infinite here, and is refused below with its row.
    with np.errstate(over="ignore"):
        convert = _to_host if on_host else partial(jnp.array, copy=True)
        arrays: tuple[Any, ...] = jax.tree.map(convert, tuple(data))
    lengths: dict[str, int] = {}
    given = jax.tree.leaves(tuple(data))
    for (path, leaf), original in zip(
        jax.tree_util.tree_leaves_with_path(arrays), given, strict=True
    ):
        name = f"data{jax.tree_util.keystr(path)}"
        if leaf.ndim == 0:
            raise ValueError(f"{name}: a single number, wanted one row per sample")
        lengths[name] = leaf.shape[0]
        _check_finite(name, np.asarray(leaf))
        _check_integers_kept(name, np.asarray(original), np.asarray(leaf))
    if not lengths:
        raise TypeError("data: there is no array in it")
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(f"data: different numbers of rows: {listed}; wanted one row per sample")
    if _row_count(arrays) == 0:
        raise ValueError(f"data: {', '.join(lengths)} have no rows")
    return arrays


def _to_host(leaf: Any) -> NDArray[Any]:
    """Return what `jnp.array` makes of a leaf, without a device that must hold the whole."""
    array = np.asarray(leaf)
    return array.astype(jnp.result_type(array), copy=False)


def _check_numbers(name: str, leaf: Any) -> None:
    dtype = getattr(leaf, "dtype", None) or np.asarray(leaf).dtype
    if not (jnp.issubdtype(dtype, jnp.number) or dtype == np.bool_):
        raise TypeError(f"{name}: dtype {dtype}, wanted numbers")


def _check_integers_kept(name: str, given: NDArray[Any], kept: NDArray[Any]) -> None:
    if kept.dtype.kind in "iu" and kept.dtype != given.dtype and (kept != given).any():
        row = int(np.argwhere(kept != given)[0][0])
        raise ValueError(
            f"{name}: a number in row {row} does not fit {kept.dtype}, which float32 params train "
            "with; start from float64 params"
        )


def _check_finite(name: str, values: NDArray[Any]) -> None:
    if not jnp.issubdtype(values.dtype, jnp.inexact):
        return
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, *rest = (int(index) for index in bad[0])
        column = f", column {rest[0] if len(rest) == 1 else tuple(rest)}" if rest else ""
        raise ValueError(
            f"{name}: {values[tuple(bad[0])]} in row {row}{column} ({len(bad)} of {values.size} "
            f"values are not finite, as {values.dtype}); remove or replace such rows"
        )


def _check_loss(
    loss: Callable[..., Any], params: Any, data: tuple[Any, ...], batch_size: int | None
) -> None:
    rows = slice(batch_size)
    batch = jax.eval_shape(lambda data: jax.tree.map(lambda leaf: leaf[rows], data), data)
    value = jax.eval_shape(loss, params, *batch)
    is_scalar = getattr(value, "shape", None) == () and jnp.issubdtype(value.dtype, jnp.floating)
    if not is_scalar:
        raise TypeError(f"loss: returned {value}, wanted one floating-point number per batch")


def _row_count(data: Any) -> int:
    return int(jax.tree.leaves(data)[0].shape[0])
