"""Pictures for learning and teaching, drawn on matplotlib axes that the caller gives."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Result",
    "check_writable",
    "new_figure",
    "plot_chain",
    "plot_losses",
    "plot_neuron",
    "plot_temperatures",
    "save_figure",
    "show_window",
    "trace_chain",
]

_FORWARD, _BACKWARD, _DATA = "tab:blue", "tab:red", "tab:gray"


def plot_temperatures(
    axes: Axes,
    celsius: ArrayLike,
    fahrenheit: ArrayLike,
    before: ArrayLike,
    after: ArrayLike,
) -> None:
    """Draw the actual relation, the prediction before training, and the one after.

    Args:
        axes: where to draw.
        celsius: temperatures in degrees Celsius, shape ``(n,)``.
        fahrenheit: the same in degrees Fahrenheit.
        before: what the untrained neuron predicts.
        after: what the trained neuron predicts.

    Example:
        >>> from matplotlib.figure import Figure
        >>> axes = Figure().subplots()
        >>> plot_temperatures(axes, [0.0, 100.0], [32.0, 212.0], [0.0, 1.0], [31.0, 213.0])
        >>> [line.get_label() for line in axes.get_lines()]
        ['actual', 'predicted before training', 'predicted after training']
    """
    axes.plot(celsius, fahrenheit, color="blue", label="actual")
    axes.plot(celsius, before, "--", color="red", label="predicted before training")
    # The trained line covers the actual one; wide gaps between its dashes show both.
    (line,) = axes.plot(celsius, after, "--", color="green", label="predicted after training")
    line.set(dashes=(5, 5), linewidth=2.5)
    axes.set(xlabel="Celsius", ylabel="Fahrenheit")
    axes.grid(alpha=0.3)
    axes.legend(handlelength=4)


def plot_losses(axes: Axes, losses: Mapping[str, ArrayLike]) -> None:
    """Draw histories of losses, one line each, on logarithmic axes; steps count from 1.

    Args:
        axes: where to draw.
        losses: the losses of each run by its label; a single run needs no legend.

    Example:
        >>> from matplotlib.figure import Figure
        >>> axes = Figure().subplots()
        >>> plot_losses(axes, {"rate 0.1": [4.0, 2.0, 1.0]})
        >>> axes.get_xscale(), axes.get_yscale(), axes.get_xlabel()
        ('log', 'log', 'step')
    """
    for label, values in losses.items():
        values = np.asarray(values)
        # A logarithmic axis of matplotlib overflows near the end of float64, where a training
        # that diverges ends.
        values = np.where(np.abs(values) < 1e100, values, np.nan)
        axes.plot(np.arange(1, len(values) + 1), values, label=label)
    axes.set(xscale="log", yscale="log", xlabel="step", ylabel="loss")
    axes.grid(alpha=0.3)
    if len(losses) > 1:
        axes.legend()


def plot_neuron(
    axes: Axes, params: Mapping[str, Any], input_name: str = "input", output_name: str = "output"
) -> None:
    """Draw the structure of a linear neuron: one input, one weight, one bias, one output.

    Args:
        axes: where to draw.
        params: the params of `jaxlearn.models.linear_neuron`; their values label the arrows.
        input_name: what goes in.
        output_name: what comes out.

    Example:
        >>> from matplotlib.figure import Figure
        >>> axes = Figure().subplots()
        >>> plot_neuron(axes, {"weight": 1.8, "bias": 32.0}, "Celsius", "Fahrenheit")
        >>> [text.get_text() for text in axes.texts]
        ['Celsius', '1', '+', 'Fahrenheit', 'weight = 1.8', 'bias = 32']
    """
    _blank(axes, (-0.8, 6.0), (-0.5, 2.5))
    source, one, total, end = (0.0, 2.0), (0.0, 0.0), (3.2, 1.0), (5.2, 1.0)
    _box(axes, source, input_name, _FORWARD)
    _box(axes, one, "1", _DATA)
    _box(axes, total, "+", _FORWARD, width=0.6, height=0.6)
    _box(axes, end, output_name, _FORWARD)
    _arrow(axes, (source[0] + 0.6, source[1]), (total[0] - 0.3, total[1] + 0.15))
    _arrow(axes, (one[0] + 0.6, one[1]), (total[0] - 0.3, total[1] - 0.15))
    _arrow(axes, (total[0] + 0.3, total[1]), (end[0] - 0.6, end[1]))
    axes.set_title(f"{output_name} = weight * {input_name} + bias")
    for (_, y), name in ((source, "weight"), (one, "bias")):
        label = f"{name} = {float(params[name]):.4g}"
        axes.text(1.9, (y + total[1]) / 2 + (0.3 if y > 1 else -0.3), label, ha="left", va="center")


class Result(NamedTuple):
    """One result in a chain of functions.

    Attributes:
        name: its name.
        depends_on: the names of the results that it is computed from; none for an input.
        value: the result itself.
        gradient: the derivative of the chain's last result by this one; None for data.
    """

    name: str
    depends_on: tuple[str, ...]
    value: NDArray[Any]
    gradient: NDArray[Any] | None


def trace_chain(
    stages: Sequence[Callable[..., Any]],
    params: Mapping[str, ArrayLike],
    data: Mapping[str, ArrayLike],
) -> tuple[Result, ...]:
    """Run a chain of functions, and learn from JAX what depends on what, and how strongly.

    Each stage is a pure function. It takes params, data and results of earlier stages by the
    names of its arguments, and its own name names its result. What a stage really depends on is
    read from the program that JAX traces from it. The gradients come from ``jax.vjp`` of one
    stage after the other, from the last back to the first: the chain rule, step by step.

    Args:
        stages: the functions, in the order of their computation; the last returns a scalar.
        params: arrays by name, whose gradients are wanted.
        data: arrays by name.

    Returns:
        The results: params, data, then the stages. Computed in float64 where that is given.

    Raises:
        ValueError: a stage takes a name that stands for nothing, or has the name of an earlier
            result; or the last stage's result is not a scalar.

    Example:
        >>> def output(weight, x):
        ...     return weight * x
        >>> def loss(output):
        ...     return (output - 1.0) ** 2
        >>> for result in trace_chain([output, loss], {"weight": 2.0}, {"x": 3.0}):
        ...     print(result.name, result.depends_on, result.value, result.gradient)
        weight () 2.0 30.0
        x () 3.0 None
        output ('weight', 'x') 6.0 10.0
        loss ('output',) 25.0 1.0
    """
    with jax.enable_x64(True):
        values = {name: jnp.asarray(value) for name, value in {**params, **data}.items()}
        depends_on: dict[str, tuple[str, ...]] = dict.fromkeys(values, ())
        pullbacks = []
        for stage in stages:
            if stage.__name__ in values:
                raise ValueError(f"{stage.__name__}: two results have this name; rename the stage")
            names = _argument_names(stage, values)
            arguments = [values[name] for name in names]
            depends_on[stage.__name__] = _used(stage, names, arguments)
            values[stage.__name__], pullback = jax.vjp(stage, *arguments)
            pullbacks.append((stage.__name__, names, pullback))
        last = stages[-1].__name__
        if values[last].shape != ():
            raise ValueError(f"{last}: the last stage has shape {values[last].shape}, wanted ()")
        gradients = {name: jnp.zeros_like(value) for name, value in values.items()}
        gradients[last] = jnp.ones_like(values[last])
        for name, argument_names, pullback in reversed(pullbacks):
            for argument, gradient in zip(argument_names, pullback(gradients[name]), strict=True):
                gradients[argument] += gradient
        return tuple(
            Result(
                name,
                depends_on[name],
                np.asarray(value),
                None if name in data else np.asarray(gradients[name]),
            )
            for name, value in values.items()
        )


def plot_chain(axes: Axes, chain: Sequence[Result]) -> None:
    """Draw what depends on what, each result with its gradient: the chain rule as a picture.

    Solid arrows show how values flow forward, dashed arrows how gradients flow back. No gradient
    flows back to data.

    Args:
        axes: where to draw.
        chain: what `trace_chain` returned.

    Example:
        >>> from matplotlib.figure import Figure
        >>> def loss(weight):
        ...     return weight ** 2
        >>> axes = Figure().subplots()
        >>> plot_chain(axes, trace_chain([loss], {"weight": 3.0}, {}))
        >>> print(axes.texts[0].get_text())
        weight
        3
        ∂loss/∂weight = 6
    """
    places = _layered_places(chain)
    right, top = np.max(list(places.values()), axis=0)
    width, height = 2.5, 0.8
    _blank(axes, (-width / 2 - 0.1, right + width / 2 + 0.1), (-0.5, top + 0.5))
    last = chain[-1].name
    for result in chain:
        lines = [result.name, _summary(result.value)]
        if result.gradient is not None and result.name != last:
            lines.append(f"∂{last}/∂{result.name} = {_summary(result.gradient)}")
        color = _DATA if result.gradient is None else _FORWARD
        _box(axes, places[result.name], "\n".join(lines), color, width, height)
    has_gradient = {result.name for result in chain if result.gradient is not None}
    for result in chain:
        for name in result.depends_on:
            (x0, y0), (x1, y1) = places[name], places[result.name]
            # Arrows that meet at one side of a box keep apart in the order they come from.
            enter = y1 + 0.12 * (y0 - y1)
            left, right = x0 + width / 2, x1 - width / 2
            _arrow(axes, (left, y0), (right, enter))
            if name in has_gradient:
                _arrow(axes, (right, enter - 0.1), (left, y0 - 0.1), backward=True)
    handles = [
        Line2D([], [], color=_FORWARD, linestyle="-", label="value"),
        Line2D([], [], color=_BACKWARD, linestyle="--", label="gradient"),
    ]
    axes.legend(handles=handles, loc="lower right", frameon=False)


def new_figure(size: tuple[float, float] = (7.0, 4.5), window: bool = False) -> Figure:
    """Return an empty figure.

    Args:
        size: width and height in inches.
        window: whether `show_window` is going to show it.

    Raises:
        RuntimeError: a window is wanted where there is no display for it.

    Example:
        >>> new_figure((4.0, 3.0)).get_size_inches().tolist()
        [4.0, 3.0]
    """
    if not window:
        return Figure(figsize=size, layout="constrained")
    from matplotlib import pyplot

    # Making the figure is what lets pyplot choose a backend.
    figure = pyplot.figure(figsize=size, layout="constrained")
    if pyplot.get_backend().lower() in {"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"}:
        pyplot.close(figure)
        raise RuntimeError(
            f"there is no window to show it in: matplotlib's backend is {pyplot.get_backend()}; "
            "run it where there is a display, or open the file instead"
        )
    return figure


def show_window(figure: Figure) -> None:
    """Show a figure that `new_figure` made with a window, and wait until it is closed."""
    from matplotlib import pyplot

    pyplot.figure(figure.number)
    pyplot.show()


def save_figure(figure: Figure, path: str | Path) -> None:
    """Write a figure, in the format of the path's ending.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from matplotlib.figure import Figure
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_figure(Figure(), Path(folder) / "empty.png")
        ...     (Path(folder) / "empty.png").exists()
        True
    """
    figure.savefig(path, dpi=150, bbox_inches="tight")


def check_writable(path: str | Path) -> None:
    """Refuse a path that no figure could be written to, before the work for it is done.

    Raises:
        ValueError: the path is a folder, its folder does not exist, or its ending is not one
            that matplotlib can write.

    Example:
        >>> check_writable("picture.png")
        >>> check_writable("picture.doc")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        ValueError: picture.doc: cannot write a .doc file; wanted ...
    """
    path = Path(path)
    *most, last = sorted(f".{ending}" for ending in FigureCanvasBase.get_supported_filetypes())
    if path.is_dir():
        raise ValueError(f"{path}: is a folder; wanted a file")
    if path.suffix.lower() not in (*most, last):
        kind = f"a {path.suffix} file" if path.suffix else "a file without an ending"
        raise ValueError(f"{path}: cannot write {kind}; wanted {', '.join(most)} or {last}")
    if not path.parent.is_dir():
        raise ValueError(f"{path}: the folder {path.parent} does not exist; create it first")


def _argument_names(stage: Callable[..., Any], known: Mapping[str, Any]) -> tuple[str, ...]:
    names = tuple(inspect.signature(stage).parameters)
    for name in names:
        if name not in known:
            raise ValueError(
                f"{stage.__name__}: takes {name!r}, which stands for nothing; "
                f"known are {', '.join(known)}"
            )
    return names


def _used(
    stage: Callable[..., Any], names: tuple[str, ...], arguments: Sequence[Any]
) -> tuple[str, ...]:
    program = jax.make_jaxpr(stage)(*arguments).jaxpr
    read = {id(variable) for equation in program.eqns for variable in equation.invars}
    read |= {id(variable) for variable in program.outvars}
    return tuple(
        name for name, variable in zip(names, program.invars, strict=True) if id(variable) in read
    )


def _layered_places(chain: Sequence[Result]) -> dict[str, tuple[float, float]]:
    """Place each result right of what it depends on, and inputs just left of where they enter."""
    layers: dict[str, int] = {}
    for result in chain:
        layers[result.name] = 1 + max((layers[name] for name in result.depends_on), default=-1)
    for result in reversed(chain):
        users = [layers[user.name] for user in chain if result.name in user.depends_on]
        if not result.depends_on and users:
            layers[result.name] = min(users) - 1
    places = {}
    for layer in set(layers.values()):
        names = [result.name for result in chain if layers[result.name] == layer]
        for row, name in enumerate(names):
            places[name] = (4.0 * layer, 1.2 * ((len(names) - 1) / 2 - row))
    lowest = min(y for _, y in places.values())
    return {name: (x, y - lowest) for name, (x, y) in places.items()}


def _summary(value: NDArray[Any]) -> str:
    return f"{value.item():.4g}" if value.size == 1 else f"{value.size} numbers"


def _blank(axes: Axes, across: tuple[float, float], up: tuple[float, float]) -> None:
    axes.set(xlim=across, ylim=up, aspect="equal")
    axes.axis("off")


def _box(
    axes: Axes,
    center: tuple[float, float],
    text: str,
    color: str,
    width: float = 1.2,
    height: float = 0.5,
) -> None:
    corner = center[0] - width / 2, center[1] - height / 2
    box = FancyBboxPatch(
        corner, width, height, boxstyle="round,pad=0,rounding_size=0.15", fc="white", ec=color, lw=2
    )
    axes.add_patch(box)
    axes.text(*center, text, ha="center", va="center", fontsize=9)


def _arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], backward: bool = False
) -> None:
    arrow = FancyArrowPatch(
        start,
        end,
        arrowstyle="-|>",
        mutation_scale=14,
        color=_BACKWARD if backward else _FORWARD,
        linestyle="--" if backward else "-",
        shrinkA=2,
        shrinkB=2,
    )
    axes.add_patch(arrow)
