"""Theano's ``theano.tensor.nnet``: functions of neural networks."""

from jaxlearn.theano.tensor.nnet import nnet, sigm
from jaxlearn.theano.tensor.nnet.nnet import *  # noqa: F403
from jaxlearn.theano.tensor.nnet.nnet import __all__ as _names_of_nnet
from jaxlearn.theano.tensor.nnet.sigm import hard_sigmoid, ultra_fast_sigmoid

__all__ = ["hard_sigmoid", "nnet", "sigm", "ultra_fast_sigmoid"]
__all__ += _names_of_nnet
