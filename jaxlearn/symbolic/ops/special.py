"""Special functions that not every supported JAX has, as pure functions of arrays.

All terms are computed in float64, whatever comes in: the rounding errors of many terms would show
in float32.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from math import exp, pi, sin, sqrt
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

__all__ = ["chi2sf", "erfcinv", "erfcx", "j0", "j1", "tri_gamma"]


_ROOT_OF_2 = sqrt(2)
_HALF_ROOT_OF_PI = sqrt(pi) / 2

# The midpoint rule's squares of t, of which each term of erfcx is made, and exp(-t**2).
_STEP = 0.5
_SQUARES = [(_STEP * (k + 0.5)) ** 2 for k in range(14)]
_GAUSSIANS = [exp(-square) for square in _SQUARES]


def _in_double(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(function)
    def compute(x: Any) -> Any:
        wide = lax.convert_element_type(x, np.float64)
        return lax.convert_element_type(function(wide), x.dtype)

    return compute


# Error functions.


@_in_double
def erfcx(x: Any) -> Any:
    """Return exp(x**2) * erfc(x), which stays finite where erfc underflows.

    For positive x it is the integral of exp(-t**2) * x / (pi * (x**2 + t**2)) over all t. The
    midpoint rule of step h gives that but for the residues at the poles t = +-ix, which are added
    where they are not small; the error left is of the size of exp(-(pi / h)**2), or 1e-17.

    Example:
        >>> with jax.enable_x64(True):
        ...     print(erfcx(np.array([0.0, 30.0])).round(12))
        [1.         0.01879589]

    Source: D. B. Hunter and T. Regan, "A note on the evaluation of the complementary error
    function", Mathematics of Computation 26 (1972), 539-541.
    """
    # Not the absolute value, whose derivative at zero is zero; and no square may overflow.
    size = jnp.minimum(jnp.where(x < 0, -x, x), 1e150)
    terms = [
        height * size / (jnp.square(size) + square)
        for square, height in zip(_SQUARES, _GAUSSIANS, strict=True)
    ]
    near = jnp.minimum(size, pi / _STEP)
    residues = 2 * jnp.exp(jnp.square(near)) / (1 + jnp.exp(2 * pi / _STEP * near))
    positive = 2 * _STEP / pi * sum(terms) + jnp.where(size < pi / _STEP, residues, 0.0)
    # The exponential of a large x must not come up: its derivative would be NaN, chosen or not.
    negative = 2 * jnp.exp(jnp.square(jnp.minimum(x, 0.0))) - positive
    return jnp.where(x < 0, negative, positive)


@jax.custom_jvp
def erfcinv(x: Any) -> Any:
    """Return the y for which erfc(y) is x, to full precision for small x too.

    Example:
        >>> with jax.enable_x64(True):
        ...     print(erfcinv(np.array([1.0, 1e-20])).round(6))
        [-0.        6.601581]
    """
    return -jax.scipy.special.ndtri(x / 2) / _ROOT_OF_2


@erfcinv.defjvp
def _erfcinv_jvp(primals: Any, tangents: Any) -> tuple[Any, Any]:
    answer = erfcinv(*primals)
    return answer, -_HALF_ROOT_OF_PI * jnp.exp(jnp.square(answer)) * tangents[0]


# Bessel functions.

_FAR = 25.0
_SINES = [sin(k * pi / 32) for k in range(17)]
_SHARES = [1 / 32, *[1 / 16] * 15, 1 / 32]


def _averaged(function: Callable[[float, Any], Any], x: Any) -> Any:
    """Return the mean of ``function(sin(t), x * sin(t))`` over t from 0 to pi / 2.

    These are 64 points on the circle, so the mean errs by the Bessel functions of order 63 and
    higher, which are below 1e-18 up to x = 25 (DLMF 10.9.2 and 10.35.2).
    """
    return sum(
        share * function(sine, x * sine) for share, sine in zip(_SHARES, _SINES, strict=True)
    )


def _expanded(order: int, x: Any) -> Any:
    """Return the Bessel function of a large x by Hankel's expansion (DLMF 10.17.3)."""
    terms = [jnp.ones_like(x)]
    for k in range(1, 20):
        terms.append(terms[-1] * ((4 * order**2 - (2 * k - 1) ** 2) / (8 * k)) / x)
    even = sum(terms[0::4]) - sum(terms[2::4])
    odd = sum(terms[1::4]) - sum(terms[3::4])
    # The cosine and sine of x - order * pi / 2 - pi / 4, of which x alone is rounded.
    cosine, sine = jnp.cos(x) + jnp.sin(x), jnp.sin(x) - jnp.cos(x)
    if order == 1:
        cosine, sine = sine, -cosine
    return (even * cosine - odd * sine) / jnp.sqrt(pi * x)


def _near(x: Any) -> Any:
    return jnp.clip(x, -_FAR, _FAR)


def _far(x: Any) -> Any:
    # Not jnp.maximum: half of its derivative would be lost at the border.
    return jnp.where(jnp.abs(x) < _FAR, _FAR, jnp.abs(x))


@_in_double
def j0(x: Any) -> Any:
    """Return the Bessel function of the first kind of order 0.

    Up to 25 it is Bessel's integral, cos(x * sin(t)) averaged over all t; beyond, Hankel's
    expansion. The error is some 1e-16, absolute.

    Example:
        >>> with jax.enable_x64(True):
        ...     print(j0(np.array([0.0, 1.0, 30.0])).round(12))
        [ 1.          0.76519769 -0.08636798]

    Source: DLMF, https://dlmf.nist.gov/10.
    """
    near = _averaged(lambda sine, angle: jnp.cos(angle), _near(x))
    return jnp.where(jnp.abs(x) < _FAR, near, _expanded(0, _far(x)))


@_in_double
def j1(x: Any) -> Any:
    """Return the Bessel function of the first kind of order 1. Computed as `j0` is.

    Example:
        >>> with jax.enable_x64(True):
        ...     print(j1(np.array([0.0, 1.0, -30.0])).round(12))
        [0.         0.44005059 0.11875106]
    """
    near = _averaged(lambda sine, angle: sine * jnp.sin(angle), _near(x))
    return jnp.where(jnp.abs(x) < _FAR, near, jnp.sign(x) * _expanded(1, _far(x)))


# Of the gamma function.


def tri_gamma(x: Any) -> Any:
    """Return the derivative of the digamma function.

    Example:
        >>> with jax.enable_x64(True):
        ...     print(tri_gamma(np.array([1.0])).round(12))
        [1.64493407]
    """
    return jax.scipy.special.zeta(jnp.full_like(x, 2), x)


def chi2sf(x: Any, k: Any) -> Any:
    """Return the share of a chi squared distribution of k degrees of freedom that lies above x.

    Example:
        >>> with jax.enable_x64(True):
        ...     print(chi2sf(np.array([0.0, 2.0]), np.array([2.0, 2.0])).round(6))
        [1.       0.367879]
    """
    return jax.scipy.special.gammaincc(k / 2, x / 2)
