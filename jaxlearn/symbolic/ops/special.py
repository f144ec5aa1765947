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

__all__ = [
    "chi2sf",
    "erfcinv",
    "erfcx",
    "gammal",
    "gammau",
    "iv",
    "j0",
    "j1",
    "jv",
    "tri_gamma",
]


_ROOT_OF_2 = sqrt(2)
_HALF_ROOT_OF_PI = sqrt(pi) / 2

# The midpoint rule's squares of t, of which each term of erfcx is made, and exp(-t**2).
_STEP = 0.5
_SQUARES = [(_STEP * (k + 0.5)) ** 2 for k in range(14)]
_GAUSSIANS = [exp(-square) for square in _SQUARES]


def _in_double(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def compute(*arrays: Any) -> Any:
        wide = [lax.convert_element_type(array, np.float64) for array in arrays]
        return lax.convert_element_type(function(*wide), arrays[0].dtype)

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


def _terms_far_out(order: Any, x: Any) -> list[Any]:
    """Return the first terms of the expansions for a large x (DLMF 10.17.1)."""
    terms = [jnp.ones_like(x)]
    for k in range(1, 20):
        terms.append(terms[-1] * ((4 * order**2 - (2 * k - 1) ** 2) / (8 * k)) / x)
    return terms


def _expanded(order: int, x: Any) -> Any:
    """Return the Bessel function of a large x by Hankel's expansion (DLMF 10.17.3)."""
    terms = _terms_far_out(order, x)
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


# Bessel functions of any order.

_HIGHEST_ORDER = 1000.0


def _with_derivative_by_x(of_neighbours: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Give a function of an order and x its derivative by x, made of the neighbouring orders.

    Args:
        of_neighbours: the derivative, from the values of the order below and of that above.
    """

    def decorate(function: Callable[[Any, Any], Any]) -> Any:
        decorated = jax.custom_jvp(function)

        def jvp(primals: Any, tangents: Any) -> tuple[Any, Any]:
            order, x = primals
            if not isinstance(tangents[0], jax.custom_derivatives.SymbolicZero):
                raise NotImplementedError(
                    f"{function.__name__}: the derivative by the order is not implemented; "
                    "differentiate by x only"
                )
            slope = of_neighbours(decorated(order - 1, x), decorated(order + 1, x))
            return decorated(order, x), slope * tangents[1]

        decorated.defjvp(jvp, symbolic_zeros=True)
        return decorated

    return decorate


def _is_whole(order: Any) -> Any:
    return jnp.floor(order) == order


def _mirrored(function: Callable[[Any, Any], Any], sign: int, order: Any, x: Any) -> Any:
    """Compute for any order and x, by a function for positive x and orders that are no -1, -2, ...

    Args:
        function: the function of the order and x.
        sign: what each step of a whole order does to the sign, where the order is negative.
        order: the order.
        x: where; a negative x has a real value for whole orders only (DLMF 10.11.1, 10.27.1).
    """
    order, x = jnp.broadcast_arrays(order, x)
    whole = _is_whole(order)
    positive = function(jnp.where(whole, jnp.abs(order), order), jnp.abs(x))
    odd = whole & (jnp.mod(order, 2) == 1)
    turns = (x < 0) ^ ((order < 0) & (sign < 0))
    value = jnp.where(odd & turns, -positive, positive)
    return jnp.where((x >= 0) | (whole & (x < 0)), value, jnp.nan)


def _powers(order: Any, x: Any, square: Any, count: Any) -> Any:
    """Return the power series of a Bessel function, of so many terms (DLMF 10.2.2, 10.25.2).

    Args:
        order: the order.
        x: where, above 0.
        square: x ** 2 / 4 for the modified function, its negative for the other.
        count: how many terms.
    """
    exponent = order * jnp.log(x / 2) - jax.scipy.special.gammaln(order + 1)
    first = jax.scipy.special.gammasgn(order + 1) * jnp.exp(exponent)

    def add(place: Any, both: Any) -> Any:
        k = lax.convert_element_type(place, np.float64)
        term, total = both
        term = term * (square / (k * (order + k)))
        return term, total + term

    return lax.fori_loop(1, count, add, (first, first))[1]


def _largest(values: Any) -> Any:
    return jnp.max(jnp.where(values > 0, values, 0.0), initial=0.0)


def _recurred(order: Any, x: Any) -> Any:
    """Return the Bessel function by its recurrence from high orders downwards (DLMF 3.6.3).

    What starts as an arbitrary small number at an order far above x becomes a multiple of the
    function; which one tells the sum of all even orders (DLMF 10.23.15).
    """
    steps = jnp.floor(order)
    rest = order - steps
    highest = _largest(jnp.maximum(x, steps))
    start = jnp.ceil((highest + 12 * jnp.cbrt(highest)) / 2) * 2 + 30
    count = (start + _largest(-steps) + 1).astype(np.int64)

    def step(turn: Any, state: Any) -> Any:
        k = start - lax.convert_element_type(turn, np.float64)
        here, above, share, total, found = state
        is_even = (jnp.mod(k, 2) == 0) & (k > 0)
        found = jnp.where(k == steps, here, found)
        total = jnp.where(is_even, total + share * (rest + k) * here, total)
        share = jnp.where(is_even & (k > 2), share * (k / 2) / (rest + k / 2 - 1), share)
        total = jnp.where(k == 0, total * gamma / share + gamma * here, total)
        below = 2 * (rest + k) / x * here - above
        scale = jnp.where(jnp.abs(below) > 1e100, 1e-100, 1.0)
        return below * scale, here * scale, share, total * scale, found * scale

    gamma = jax.scipy.special.gamma(1 + rest)
    zeros, ones = jnp.zeros_like(x), jnp.ones_like(x)
    state = (ones * 1e-100, zeros, ones, zeros, zeros)
    *_, total, found = lax.fori_loop(0, count, step, state)
    return found / total * jnp.power(x / 2, rest)


def _far_out(order: Any, x: Any) -> Any:
    """Return the Bessel function of a large x by Hankel's expansion (DLMF 10.17.3)."""
    terms = _terms_far_out(order, x)
    even = sum(terms[0::4]) - sum(terms[2::4])
    odd = sum(terms[1::4]) - sum(terms[3::4])
    phase = (jnp.mod(order, 4) / 2 + 1 / 4) * pi
    cosine = jnp.cos(x) * jnp.cos(phase) + jnp.sin(x) * jnp.sin(phase)
    sine = jnp.sin(x) * jnp.cos(phase) - jnp.cos(x) * jnp.sin(phase)
    return (even * cosine - odd * sine) * jnp.sqrt(2 / (pi * x))


def _at_zero(order: Any, pole: Any) -> Any:
    return jnp.where(order == 0, 1.0, jnp.where((order > 0) | _is_whole(order), 0.0, pole))


def _first_kind(order: Any, x: Any) -> Any:
    size = jnp.maximum(_FAR, jnp.square(order) / 2)
    few = jnp.where(order < 0, 1.0, order + 1)
    is_small, is_far = jnp.square(x) / 4 <= few, x > size
    near = ~(is_small | is_far) & (jnp.abs(order) <= _HIGHEST_ORDER)
    small = jnp.where(is_small & (x > 0), x, 1.0)
    count = 25 + jnp.minimum(_largest(-order), _HIGHEST_ORDER).astype(np.int64)
    by_powers = _powers(order, small, -jnp.square(small) / 4, count)
    recurred = _recurred(jnp.where(near, order, 0.0), jnp.where(near, x, _FAR))
    far_out = jnp.where(is_far, _far_out(order, _at_least(x, size)), jnp.nan)
    by_size = jnp.where(near, recurred, far_out)
    value = jnp.where(is_small, by_powers, by_size)
    pole = jax.scipy.special.gammasgn(order + 1) * jnp.inf
    return jnp.where(x == 0, _at_zero(order, pole), value)


def _at_least(x: Any, size: Any) -> Any:
    return jnp.where(x > size, x, size)


@_with_derivative_by_x(lambda below, above: (below - above) / 2)
@_in_double
def jv(order: Any, x: Any) -> Any:
    """Return the Bessel function of the first kind of any real order.

    For small x it is the power series, for large x Hankel's expansion, and between them the
    recurrence over the orders. Of a negative x only whole orders have a real value; the others
    give NaN, as do orders beyond 1000 where x is neither small nor large beside them.

    Example:
        >>> with jax.enable_x64(True):
        ...     print(jv(np.array([0.5, 2.0]), np.array([1.0, 30.0])).round(12))
        [0.67139671 0.07845125]

    Source: DLMF, https://dlmf.nist.gov/10.
    """
    return _mirrored(_first_kind, -1, order, x)


def _modified(order: Any, x: Any) -> Any:
    size = jnp.maximum(30.0, jnp.square(order) / 2)
    is_far = x > size
    # From here on even the highest orders that are supported overflow.
    overflows = x > 1.5 * jnp.abs(order) + 800
    is_quick = jnp.square(x) / 4 <= order + 1
    is_small = is_quick | ((jnp.abs(order) <= _HIGHEST_ORDER) & ~(is_far | overflows))
    small = jnp.where(is_small & (x > 0), x, 1.0)
    more = jnp.minimum(_largest(-order), _HIGHEST_ORDER)
    count = (25 + 1.5 * _largest(jnp.where(is_quick, 0.0, small)) + more).astype(np.int64)
    by_powers = _powers(order, small, jnp.square(small) / 4, count)
    far = _at_least(x, size)
    terms = _terms_far_out(order, far)
    half = jnp.exp(far / 2)
    by_size = half * (half / jnp.sqrt(2 * pi * far)) * (sum(terms[0::2]) - sum(terms[1::2]))
    by_size = jnp.where(overflows, jnp.inf, by_size)
    value = jnp.where(is_small, by_powers, jnp.where(is_far | overflows, by_size, jnp.nan))
    return jnp.where(x == 0, _at_zero(order, jnp.inf), value)


@_with_derivative_by_x(lambda below, above: (below + above) / 2)
@_in_double
def iv(order: Any, x: Any) -> Any:
    """Return the modified Bessel function of the first kind of any real order.

    For large x it is the expansion of DLMF 10.40.1, else the power series. Of a negative x only
    whole orders have a real value; the others give NaN, as do orders beyond 1000 where x is
    neither small nor large beside them.

    Example:
        >>> with jax.enable_x64(True):
        ...     print(iv(np.array([0.5, 2.0]), np.array([1.0, 3.0])).round(12))
        [0.93767489 2.24521244]
    """
    return _mirrored(_modified, 1, order, x)


# Of the gamma function.


def gammau(k: Any, x: Any) -> Any:
    """Return the upper incomplete gamma function, which is not divided by gamma(k).

    Example:
        >>> with jax.enable_x64(True):
        ...     print(gammau(np.array([1.0, 3.0]), np.array([0.0, 0.0])).round(12))
        [1. 2.]
    """
    return jax.scipy.special.gammaincc(k, x) * jax.scipy.special.gamma(k)


def gammal(k: Any, x: Any) -> Any:
    """Return the lower incomplete gamma function, which is not divided by gamma(k).

    Example:
        >>> with jax.enable_x64(True):
        ...     print(gammal(np.array([1.0]), np.array([1.0])).round(12))
        [0.63212056]
    """
    return jax.scipy.special.gammainc(k, x) * jax.scipy.special.gamma(k)


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
