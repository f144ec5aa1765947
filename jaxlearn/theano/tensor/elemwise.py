"""Theano's ``theano.tensor.elemwise``: what kinds of operations there are."""

from jaxlearn.symbolic.ops.elementwise import Elementwise
from jaxlearn.symbolic.ops.kinds import AllReduction, AnyReduction, ProdReduction, SumReduction
from jaxlearn.symbolic.ops.reductions import Accumulation, Reduction
from jaxlearn.symbolic.ops.shaping import DimShuffle

All = AllReduction
Any = AnyReduction
CAReduce = Reduction
CAReduceDtype = Accumulation
Elemwise = Elementwise
Prod = ProdReduction
Sum = SumReduction

__all__ = ["All", "Any", "CAReduce", "CAReduceDtype", "DimShuffle", "Elemwise", "Prod", "Sum"]
