"""Theano's ``theano.tensor.fft``."""

from jaxlearn.symbolic.ops.fourier import IRFFTOp, RFFTOp, irfft, irfft_op, rfft, rfft_op

__all__ = ["IRFFTOp", "RFFTOp", "irfft", "irfft_op", "rfft", "rfft_op"]
