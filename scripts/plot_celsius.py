"""Draw figures/celsius.png: what the neuron predicts, before training and after."""

from pathlib import Path

from jaxlearn import celsius, plotting

figure = plotting.new_figure()
celsius.plot(figure.subplots(), celsius.initial_params(), celsius.train_neuron().params)
plotting.save_figure(figure, Path(__file__).parents[1] / "figures" / "celsius.png")
