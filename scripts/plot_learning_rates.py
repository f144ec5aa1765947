"""Draw figures/learning_rates.png: a learning rate that is too small, good, too large."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaxlearn import DivergenceError, celsius, plotting


def losses(learning_rate: float) -> NDArray[np.float64]:
    """Return the losses of a training, cut where they stop being finite."""
    try:
        return celsius.train_neuron(learning_rate=learning_rate).losses
    except DivergenceError as error:
        return error.losses[:-1]


rates = {"too small": 1e-5, "good": celsius.LEARNING_RATE, "too large": 1.25e-3}
figure = plotting.new_figure()
axes = figure.subplots()
plotting.plot_losses(axes, {f"{rate:g}: {what}": losses(rate) for what, rate in rates.items()})
axes.set_ylim(1e-15, 1e15)
axes.set_title("What the learning rate does")
plotting.save_figure(figure, Path(__file__).parents[1] / "figures" / "learning_rates.png")
