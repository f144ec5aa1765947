"""Fourier transforms of real arrays, with complex numbers as pairs of real ones.

As in Theano, the first axis counts the arrays, all others are transformed, and a complex number is
a last axis of length 2: its real and its imaginary part. A transform is linear, so that `jax.vjp`
is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.symbolic.ops.elementwise import ROWS, cast
from jaxlearn.symbolic.ops.joining import stack
from jaxlearn.symbolic.types import is_discrete, is_float
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["IRFFTOp", "RFFTOp", "irfft", "irfft_op", "rfft", "rfft_op"]

_NORMS = (None, "ortho", "no_norm")


def _to_frequencies(x: Any, lengths: Sequence[int]) -> Any:
    """Return the frequencies that are not negative of the last axis, of a transform of lengths."""
    found = jnp.fft.rfftn(x, lengths, range(1, x.ndim))
    return lax.convert_element_type(jnp.stack([found.real, found.imag], -1), x.dtype)


def _from_frequencies(x: Any, lengths: Sequence[int]) -> Any:
    """Return the real array of some lengths that has these frequencies, times their product."""
    wide = lax.convert_element_type(x, np.promote_types(x.dtype, np.float32))
    numbers = lax.complex(wide[..., 0], wide[..., 1])
    found = jnp.fft.irfftn(numbers, lengths, range(1, numbers.ndim), norm="forward")
    return lax.convert_element_type(found, x.dtype)


class _Transform(Op):
    """What both directions have in common."""

    linear = True
    least = 2
    transform = staticmethod(_to_frequencies)

    def _node(self, a: Any, s: Any, more_axes: int) -> Apply:
        name = type(self).__name__
        variable, lengths = as_tensor_variable(a), as_tensor_variable(s)
        if not is_discrete(lengths.dtype) or lengths.ndim != 1:
            raise TypeError(
                f"{name}: s: got {lengths} of {lengths.type!r}, wanted a vector of integers"
            )
        flags = [False] * (variable.ndim + more_axes)
        return Apply.of_types(self, [variable, lengths], [variable.type.clone(None, flags)])

    def _checked(self, a: Any) -> Any:
        variable = as_tensor_variable(a)
        if not is_float(variable.dtype):
            raise TypeError(
                f"{type(self).__name__}: got {variable} of {variable.type!r}, wanted floating "
                'point numbers; cast it: x.astype("float64")'
            )
        if variable.ndim < self.least:
            raise TypeError(
                f"{type(self).__name__}: got {variable} of {variable.type!r}, wanted {self.least} "
                "axes or more; the first one counts the arrays (x.dimshuffle('x', 0) makes one of "
                "a vector), and a complex number is a last axis of length 2"
            )
        return variable

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the transform of the lengths of its place."""
        lengths = tuple(int(n) for n in lowering.known(node.inputs[1], values[1]))
        axes = node.inputs[0].type.ndim + 1 - self.least
        if len(lengths) != axes or min(lengths) < 1:
            raise ValueError(
                f"{type(self).__name__}: the lengths of the transform are {lengths}, wanted one of "
                f"1 or more for each of {axes} axes"
            )
        return partial(self._compute, lengths)

    def _compute(self, lengths: Sequence[int], x: Any, _: Any) -> Any:
        return self.transform(x, lengths)

    def sizes(self, node: Apply) -> Sequence[int]:
        """The lengths are."""
        return (1,)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write a call of the transform."""
        lengths = writer.size(node.inputs[1], inputs[1])
        return f"{writer.function(self.transform)}({inputs[0]}, {lengths})"

    def connected(self, node: Apply, i: int) -> bool:
        """The lengths have no gradient."""
        return i == 0


class RFFTOp(_Transform):
    """The transform of real arrays; see `rfft`.

    Example:
        >>> RFFTOp()([[1.0, 2.0, 3.0]]).eval().round(3).tolist()
        [[[6.0, 0.0], [-1.5, 0.866]]]
    """

    def make_node(self, a: Any, s: Any = None) -> Apply:
        """Check the array and tell the type.

        Args:
            a: real arrays.
            s: the lengths to cut or fill them up to; their own by default.
        """
        variable = self._checked(a)
        return self._node(variable, variable.shape[1:] if s is None else s, 1)


class IRFFTOp(_Transform):
    """The inverse of `RFFTOp`, times the number of elements; see `irfft`.

    Example:
        >>> IRFFTOp()(RFFTOp()([[1.0, 2.0, 3.0, 4.0]])).eval().round(3).tolist()
        [[4.0, 8.0, 12.0, 16.0]]
    """

    least = 3
    transform = staticmethod(_from_frequencies)

    def make_node(self, a: Any, s: Any = None) -> Apply:
        """Check the array and tell the type.

        Args:
            a: frequencies, as `rfft` gives them.
            s: the lengths of the real arrays; by default the last one is even.
        """
        variable = self._checked(a)
        return self._node(variable, _lengths(variable, False) if s is None else s, -1)


rfft_op = RFFTOp()
irfft_op = IRFFTOp()


def _lengths(frequencies: Any, is_odd: bool) -> Any:
    lengths = [frequencies.shape[axis] for axis in range(1, frequencies.ndim - 1)]
    lengths[-1] = 2 * (lengths[-1] - 1) + int(is_odd)
    return stack(lengths)


def _refuse_other_norm(norm: Any) -> None:
    if norm not in _NORMS:
        raise ValueError(f"norm: got {norm!r}, wanted None, 'ortho' or 'no_norm'")


def _root_of_product(lengths: Any, dtype: str) -> Any:
    return ROWS["sqrt"](cast(lengths.prod(), dtype))


def rfft(inp: Any, norm: str | None = None) -> Any:
    """Return the Fourier transforms of real arrays.

    Args:
        inp: arrays of floating point numbers; the first axis counts them, all others are
            transformed.
        norm: what the sums are divided by: nothing if None or ``"no_norm"``, or the square root of
            the number of elements if ``"ortho"``.

    Returns:
        The frequencies, those of the last axis up to ``n // 2`` only, which say it all for real
        arrays. A new last axis of length 2 holds the real and the imaginary parts.

    Raises:
        ValueError: there is no such norm.
        TypeError: the elements are no floating point numbers, or there is one axis only.

    Example:
        >>> rfft([[1.0, 2.0, 3.0]]).eval().round(3).tolist()
        [[[6.0, 0.0], [-1.5, 0.866]]]
    """
    _refuse_other_norm(norm)
    variable = as_tensor_variable(inp)
    found = rfft_op(variable)
    return found / _root_of_product(variable.shape[1:], found.dtype) if norm == "ortho" else found


def irfft(inp: Any, norm: str | None = None, is_odd: bool = False) -> Any:
    """Return the real arrays that have these Fourier transforms: the inverse of `rfft`.

    Args:
        inp: frequencies, as `rfft` gives them.
        norm: what the sums are divided by: the number of elements if None, its square root if
            ``"ortho"``, or nothing if ``"no_norm"``.
        is_odd: whether the last axis of the real arrays has odd length, which the frequencies
            do not say.

    Raises:
        ValueError: there is no such norm, or ``is_odd`` is no bool.
        TypeError: the elements are no floating point numbers, or there are too few axes.

    Example:
        >>> irfft(rfft([[1.0, 2.0, 3.0]]), is_odd=True).eval().round(6).tolist()
        [[1.0, 2.0, 3.0]]
    """
    _refuse_other_norm(norm)
    if is_odd not in (True, False):
        raise ValueError(f"is_odd: got {is_odd!r}, wanted True or False")
    variable = irfft_op._checked(inp)
    lengths = _lengths(variable, is_odd)
    found = irfft_op(variable, lengths)
    if norm == "no_norm":
        return found
    root = norm == "ortho"
    count = _root_of_product(lengths, found.dtype) if root else cast(lengths.prod(), found.dtype)
    return found / count
