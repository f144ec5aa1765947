"""Theano's ``theano.sandbox.cuda``, its older GPU back end: it says that there is none.

JAX computes on a GPU where it finds one.
"""

from jaxlearn.theano.sandbox.cuda import rng_curand

cuda_available = False
cuda_enabled = False

__all__ = ["cuda_available", "cuda_enabled", "rng_curand"]
