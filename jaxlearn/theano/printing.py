"""Theano's ``theano.printing``."""

from jaxlearn.symbolic.drawing import pydotprint
from jaxlearn.symbolic.ops.debugging import Print
from jaxlearn.symbolic.printing import debugprint, min_informative_str, pp, pprint

__all__ = ["Print", "debugprint", "min_informative_str", "pp", "pprint", "pydotprint"]
