"""Draw figures/loss.png: the loss at each of the 10,000 steps."""

from pathlib import Path

from jaxlearn import celsius, plotting

figure = plotting.new_figure()
axes = figure.subplots()
plotting.plot_losses(axes, {"Celsius": celsius.train_neuron().losses})
axes.set_title("The mean squared error falls as the neuron learns")
plotting.save_figure(figure, Path(__file__).parents[1] / "figures" / "loss.png")
