"""Theano's ``theano.tensor.raw_random``: draws from a state that is an argument."""

from jaxlearn.symbolic.ops.random_draws import (
    RandomFunction,
    binomial,
    choice,
    choice_helper,
    multinomial,
    multinomial_helper,
    normal,
    permutation,
    permutation_helper,
    poisson,
    random_integers,
    random_integers_helper,
    uniform,
)
from jaxlearn.symbolic.random_states import RandomStateType, random_state_type
from jaxlearn.theano.replaced import refusing

__getattr__ = refusing(__name__)

__all__ = [
    "RandomFunction",
    "RandomStateType",
    "binomial",
    "choice",
    "choice_helper",
    "multinomial",
    "multinomial_helper",
    "normal",
    "permutation",
    "permutation_helper",
    "poisson",
    "random_integers",
    "random_integers_helper",
    "random_state_type",
    "uniform",
]
