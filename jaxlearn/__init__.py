"""Learning models as pure functions, trained by update steps that JAX compiles.

- `jaxlearn.models`: pure functions ``(params, x) -> prediction``, and how their params start
- `jaxlearn.losses`: pure functions ``(prediction, target) -> loss``, and penalties of params
- `jaxlearn.Step`: a pure ``(state, *inputs) -> (outputs, state)``, compiled: once, n times, by row
- `jaxlearn.train`: params, a loss and data in; trained params and the history of losses out
- `jaxlearn.save`, `jaxlearn.load`: state that lasts, in safetensors files
- `jaxlearn.devices`: how a training is spread over several devices, of one process or of many
- `jaxlearn.tune_process`: settings of the whole process that make small steps faster
- `jaxlearn.datasets`, and ``from jaxlearn import plotting``: data and pictures to learn with
"""

from jaxlearn import datasets, devices, losses, models, saving, steps, training
from jaxlearn.process import tune_process
from jaxlearn.saving import load, save
from jaxlearn.steps import Step
from jaxlearn.training import DivergenceError, objective, train

__all__ = [
    "DivergenceError",
    "Step",
    "datasets",
    "devices",
    "load",
    "losses",
    "models",
    "objective",
    "save",
    "saving",
    "steps",
    "train",
    "training",
    "tune_process",
]
