"""Draw figures/chain_rule.png: what the loss depends on, and the gradients that flow back."""

from pathlib import Path

import jax

from jaxlearn import celsius, datasets, losses, models, plotting


def output(weight: jax.Array, bias: jax.Array, celsius: jax.Array) -> jax.Array:
    """Return the neuron's prediction."""
    prediction: jax.Array = models.linear_neuron({"weight": weight, "bias": bias}, celsius)
    return prediction


def loss(output: jax.Array, fahrenheit: jax.Array) -> jax.Array:
    """Return how wrong the prediction is."""
    return losses.mean_squared_error(output, fahrenheit)


data = dict(zip(("celsius", "fahrenheit"), datasets.celsius_fahrenheit(), strict=True))
chain = plotting.trace_chain([output, loss], celsius.initial_params(), data)
figure = plotting.new_figure((10.0, 4.2))
axes = figure.subplots()
plotting.plot_chain(axes, chain)
axes.set_title("The chain rule: the loss depends on the weight and bias through the output")
plotting.save_figure(figure, Path(__file__).parents[1] / "figures" / "chain_rule.png")
