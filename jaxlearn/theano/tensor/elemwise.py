"""Theano's ``theano.tensor.elemwise``: what kinds of operations there are."""

from jaxlearn.symbolic.ops.dimensions import DimShuffle
from jaxlearn.symbolic.ops.kinds import (
    AccumulatingReduction,
    AllReduction,
    AnyReduction,
    ElementwiseReduction,
    Elemwise,
    ProdReduction,
    SumReduction,
)
from jaxlearn.theano.replaced import refusing

__getattr__ = refusing(__name__)

All = AllReduction
Any = AnyReduction
CAReduce = ElementwiseReduction
CAReduceDtype = AccumulatingReduction
Prod = ProdReduction
Sum = SumReduction

__all__ = ["All", "Any", "CAReduce", "CAReduceDtype", "DimShuffle", "Elemwise", "Prod", "Sum"]
