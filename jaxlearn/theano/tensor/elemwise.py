"""Theano's ``theano.tensor.elemwise``: what kinds of operations there are."""

from jaxlearn.symbolic.ops.dimensions import DimShuffle
from jaxlearn.symbolic.ops.kinds import (
    AllReduction,
    AnyReduction,
    Elemwise,
    ProdReduction,
    SumReduction,
)
from jaxlearn.symbolic.ops.reductions import Accumulation, Reduction
from jaxlearn.theano.replaced import refusing

__getattr__ = refusing(__name__)

All = AllReduction
Any = AnyReduction
CAReduce = Reduction
CAReduceDtype = Accumulation
Prod = ProdReduction
Sum = SumReduction

__all__ = ["All", "Any", "CAReduce", "CAReduceDtype", "DimShuffle", "Elemwise", "Prod", "Sum"]
