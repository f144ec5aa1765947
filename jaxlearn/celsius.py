"""The main job: one neuron learns Fahrenheit from Celsius."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax

from jaxlearn import datasets, losses, models, training
from jaxlearn.steps import precision_of

if TYPE_CHECKING:
    from jax.sharding import Mesh
    from matplotlib.axes import Axes

__all__ = [
    "LEARNING_RATE",
    "SEED",
    "STEPS",
    "equation",
    "initial_params",
    "mean_squared_error",
    "objective",
    "plot",
    "train_neuron",
]

STEPS = 10_000
LEARNING_RATE = 1e-3
SEED = 3

objective = training.objective(models.linear_neuron, losses.mean_squared_error)


def initial_params(seed: int = SEED) -> Any:
    """Draw the weight and the bias of the untrained neuron, in float64.

    Example:
        >>> sorted(initial_params(seed=1))
        ['bias', 'weight']
    """
    return models.init_linear_neuron(jax.random.key(seed), dtype="float64")


def train_neuron(
    steps: int = STEPS,
    learning_rate: float = LEARNING_RATE,
    seed: int = SEED,
    progress: bool = False,
    mesh: Mesh | None = None,
) -> training.TrainingResult:
    """Train the neuron on the full batch of 100 temperatures, by plain gradient descent.

    Args:
        steps: how many gradient steps.
        learning_rate: the learning rate; from about 0.0012 on, training diverges.
        seed: the seed of the weight and bias to start from.
        progress: whether to show a bar on standard error.
        mesh: the devices to spread the temperatures over, as `jaxlearn.train` takes them.

    Returns:
        A `jaxlearn.training.TrainingResult`.

    Raises:
        jaxlearn.DivergenceError: the learning rate was too large.

    Example:
        >>> equation(train_neuron().params)
        'Fahrenheit = 1.8 * Celsius + 32'
    """
    data = datasets.celsius_fahrenheit()
    return training.train(
        objective, initial_params(seed), data, steps, learning_rate, progress=progress, mesh=mesh
    )


def equation(params: Any) -> str:
    """Return what the neuron computes, its numbers rounded to 7 digits.

    Example:
        >>> equation({"weight": 0.5, "bias": -1.25})
        'Fahrenheit = 0.5 * Celsius - 1.25'
    """
    weight, bias = float(params["weight"]), float(params["bias"])
    return f"Fahrenheit = {weight:.7g} * Celsius {'-' if bias < 0 else '+'} {abs(bias):.7g}"


def mean_squared_error(params: Any) -> float:
    """Return the loss of a neuron over the 100 temperatures.

    Example:
        >>> round(mean_squared_error({"weight": 1.8, "bias": 33.0}), 12)
        1.0
    """
    data = datasets.celsius_fahrenheit()
    with precision_of(data):
        return float(jax.jit(objective)(params, *data))


def plot(axes: Axes, before: Any, after: Any) -> None:
    """Draw the actual relation beside what the neuron predicts, before training and after.

    Example:
        >>> from matplotlib.figure import Figure
        >>> axes = Figure().subplots()
        >>> plot(axes, initial_params(), {"weight": 1.8, "bias": 32.0})
        >>> axes.get_xlabel(), axes.get_ylabel()
        ('Celsius', 'Fahrenheit')
    """
    from jaxlearn import plotting

    celsius, fahrenheit = datasets.celsius_fahrenheit()
    # NumPy's own arithmetic is float64 whatever JAX is set to.
    predictions = [
        models.linear_neuron(jax.device_get(params), celsius) for params in (before, after)
    ]
    plotting.plot_temperatures(axes, celsius, fahrenheit, *predictions)
