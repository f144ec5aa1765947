"""Theano's ``theano.sandbox.rng_mrg``: random tensors drawn on the device."""

from jaxlearn.symbolic.mrg_streams import MRG_RandomStreams, guess_n_streams
from jaxlearn.symbolic.ops.kinds import DotModulo
from jaxlearn.symbolic.ops.mrg import (
    M1,
    M2,
    A1p72,
    A1p134,
    A2p72,
    A2p134,
    ff_2p72,
    ff_2p134,
    matVecModM,
    multMatVect,
)
from jaxlearn.symbolic.ops.mrg import MRGUniform as mrg_uniform  # noqa: N813

__all__ = [
    "M1",
    "M2",
    "A1p72",
    "A1p134",
    "A2p72",
    "A2p134",
    "DotModulo",
    "MRG_RandomStreams",
    "ff_2p72",
    "ff_2p134",
    "guess_n_streams",
    "matVecModM",
    "mrg_uniform",
    "multMatVect",
]
