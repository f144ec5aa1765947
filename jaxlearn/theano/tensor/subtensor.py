"""Theano's ``theano.tensor.subtensor``."""

from jaxlearn.symbolic.ops.indexing import (
    AdvancedSubtensor1,
    Subtensor,
    advanced_subtensor,
    advanced_subtensor1,
    get_idx_list,
    take,
)
from jaxlearn.symbolic.ops.kinds import IndexedChange as AdvancedIncSubtensor
from jaxlearn.symbolic.ops.kinds import IndexedPart as AdvancedSubtensor
from jaxlearn.symbolic.ops.kinds import MaskedChange as AdvancedBooleanIncSubtensor
from jaxlearn.symbolic.ops.writing import (
    AdvancedIncSubtensor1,
    IncSubtensor,
    advanced_inc_subtensor,
    advanced_inc_subtensor1,
    advanced_set_subtensor,
    advanced_set_subtensor1,
    inc_subtensor,
    set_subtensor,
)
from jaxlearn.theano.replaced import refusing

__getattr__ = refusing(__name__)

advanced_boolean_inc_subtensor = advanced_inc_subtensor
advanced_boolean_set_subtensor = advanced_set_subtensor
advanced_boolean_subtensor = advanced_subtensor

__all__ = [
    "AdvancedBooleanIncSubtensor",
    "AdvancedIncSubtensor",
    "AdvancedIncSubtensor1",
    "AdvancedSubtensor",
    "AdvancedSubtensor1",
    "IncSubtensor",
    "Subtensor",
    "advanced_boolean_inc_subtensor",
    "advanced_boolean_set_subtensor",
    "advanced_boolean_subtensor",
    "advanced_inc_subtensor",
    "advanced_inc_subtensor1",
    "advanced_set_subtensor",
    "advanced_set_subtensor1",
    "advanced_subtensor",
    "advanced_subtensor1",
    "get_idx_list",
    "inc_subtensor",
    "set_subtensor",
    "take",
]
