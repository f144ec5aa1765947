"""Theano's ``theano.sandbox.cuda.rng_curand``: the streams of old GPU programs.

The numbers are those of `MRG_RandomStreams`, not CURAND's.
"""

from jaxlearn.symbolic.mrg_streams import MRG_RandomStreams as CURAND_RandomStreams

__all__ = ["CURAND_RandomStreams"]
