"""Learning models as pure functions, trained by update steps that JAX compiles.

- `jaxlearn.models`: pure functions ``(params, x) -> prediction``, and how their params start
- `jaxlearn.losses`: pure functions ``(prediction, target) -> loss``, and penalties of params
- `jaxlearn.Step`: a pure ``(state, *inputs) -> (outputs, state)``, compiled: once, n times, by row
- `jaxlearn.train`: params, a loss and data in; trained params and the history of losses out
- `jaxlearn.devices`: how a training is spread over several devices, of one process or of many
- `jaxlearn.tune_process`: settings of the whole process that make small steps faster
- `jaxlearn.datasets`, and ``from jaxlearn import plotting``: data and pictures to learn with
"""

from jaxlearn import datasets, devices, losses, models, steps, training
from jaxlearn.process import tune_process
from jaxlearn.steps import Step
from jaxlearn.training import DivergenceError, objective, train

__all__ = [
    "DivergenceError",
    "Step",
    "datasets",
    "devices",
    "losses",
    "models",
    "objective",
    "steps",
    "train",
    "training",
    "tune_process",
]
