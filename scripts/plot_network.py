"""Draw figures/network.png: the structure of the trained neuron."""

from pathlib import Path

from jaxlearn import celsius, plotting

figure = plotting.new_figure((7.0, 3.2))
plotting.plot_neuron(figure.subplots(), celsius.train_neuron().params, "Celsius", "Fahrenheit")
plotting.save_figure(figure, Path(__file__).parents[1] / "figures" / "network.png")
