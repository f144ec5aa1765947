"""Gradients held against finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from jaxlearn.symbolic.gradients import grad
from jaxlearn.symbolic.types import TensorType, is_float
from jaxlearn.symbolic.variables import as_tensor_variable, constant

__all__ = ["VerifyGradError", "numeric_grad", "verify_grad"]


class numeric_grad:  # noqa: N801  (Theano's name)
    """The gradient of a function of arrays by finite differences.

    Args:
        f: a function of as many arrays as there are points; it returns a number.
        pt: an array, or a list of them: where.
        eps: the step; by default one that suits the least precise dtype.
        out_type: the dtype of what ``f`` returns, if that is less precise than the points.

    Attributes:
        gf: the gradient by each point; that by the only one if ``pt`` is an array.

    Raises:
        TypeError: a point has no floating point numbers.

    Example:
        >>> numeric_grad(lambda x: (x**2).sum(), np.array([1.0, 3.0])).gf.round(4).tolist()
        [2.0, 6.0]
    """

    def __init__(
        self, f: Callable[..., Any], pt: Any, eps: float | None = None, out_type: Any = None
    ) -> None:
        points = [np.array(point) for point in (pt if isinstance(pt, (list, tuple)) else [pt])]
        for point in points:
            if not is_float(str(point.dtype)):
                raise TypeError(f"pt: got dtype {point.dtype}, wanted floating point numbers")
        sizes = [point.dtype.itemsize for point in points]
        sizes += [] if out_type is None else [np.dtype(out_type).itemsize]
        step = eps or _STEPS[min(sizes, default=8)]
        base = np.asarray(f(*points)).item()
        slopes = [np.zeros_like(point) for point in points]
        for point, slope in zip(points, slopes, strict=True):
            for index in np.ndindex(point.shape):
                kept = point[index]
                point[index] += step
                actual = float(point[index]) - float(kept)
                slope[index] = (np.asarray(f(*points)).item() - base) / actual
                point[index] = kept
        self.gf = slopes if isinstance(pt, (list, tuple)) else slopes[0]

    @staticmethod
    def abs_rel_err(a: Any, b: Any) -> tuple[Any, Any]:
        """Return the absolute and the relative difference of two arrays."""
        absolute = np.abs(a - b)
        return absolute, absolute / np.maximum(np.abs(a) + np.abs(b), 1e-8)

    def max_err(self, g_pt: Any, abs_tol: float, rel_tol: float) -> tuple[int, int, float, float]:
        """Return where a gradient differs most from this one.

        Args:
            g_pt: the gradient: an array, or a list of them.
            abs_tol: what absolute difference is allowed.
            rel_tol: what relative difference is allowed.

        Returns:
            Which array, which of its elements, and the absolute and the relative difference there.
        """
        given = g_pt if isinstance(g_pt, (list, tuple)) else [g_pt]
        own = self.gf if isinstance(self.gf, list) else [self.gf]
        worst: tuple[float, tuple[int, int, float, float]] = (-1.0, (0, 0, 0.0, 0.0))
        for i, (a, b) in enumerate(zip(given, own, strict=True)):
            with np.errstate(invalid="ignore"):
                absolute, relative = self.abs_rel_err(np.ravel(a), np.ravel(b))
                share = np.minimum(absolute / abs_tol, relative / rel_tol)
            # Nothing differs more than what is no number.
            share = np.where(np.isnan(share), np.inf, share)
            if share.size and share.max() > worst[0]:
                k = int(share.argmax())
                worst = (float(share[k]), (i, k, float(absolute[k]), float(relative[k])))
        return worst[1]


_STEPS = {2: 1e-1, 4: 3e-4, 8: 1e-7}
"""Steps of finite differences, by the bytes of a number."""

_TOLERANCES = {2: 5e-2, 4: 5e-4, 8: 1e-4}
"""Errors that they may have, absolute or relative, by the bytes of a number."""


class VerifyGradError(AssertionError):
    """A gradient and its finite differences do not agree."""


def verify_grad(
    fun: Callable[..., Any],
    pt: Sequence[Any],
    n_tests: int = 2,
    rng: Any = None,
    eps: float | None = None,
    out_type: str | None = None,
    abs_tol: float | None = None,
    rel_tol: float | None = None,
    mode: Any = None,
    cast_to_output_type: bool = False,
    no_debug_ref: bool = True,
) -> None:
    """Compare the gradient of a function with finite differences, and raise where they differ.

    The output is projected on a random vector, so that one gradient checks all of it.

    Args:
        fun: builds an expression of as many variables as there are points.
        pt: the arrays at which to compare.
        n_tests: how many random projections to try.
        rng: a ``numpy.random.RandomState`` that makes them.
        eps: the step of the differences.
        out_type: the dtype of the output, if it is another than that of the points.
        abs_tol: the absolute error allowed.
        rel_tol: the relative error allowed; each element must keep one of the two.
        mode: no meaning here.
        cast_to_output_type: no meaning here.
        no_debug_ref: no meaning here.

    Raises:
        TypeError: a point is not an array of floats.
        VerifyGradError: the gradients differ; the message says where, and by how much.

    Example:
        >>> import numpy as np
        >>> import jaxlearn.theano.tensor as T
        >>> verify_grad(T.tanh, [np.array([0.1, 0.5])], rng=np.random.RandomState(0))
    """
    from jaxlearn.symbolic.functions import function

    if rng is None:
        raise TypeError("rng: got None, wanted a numpy.random.RandomState; runs must be repeatable")
    points = [np.array(p) for p in pt]
    for i, point in enumerate(points):
        if not is_float(str(point.dtype)):
            raise TypeError(f"pt[{i}]: got dtype {point.dtype}, wanted floating point numbers")
    variables = [
        TensorType(p.dtype, [n == 1 for n in p.shape])(f"input {i}") for i, p in enumerate(points)
    ]
    output = as_tensor_variable(fun(*variables))
    tolerance = _TOLERANCES[min((p.dtype.itemsize for p in points), default=8)]
    allowed = (abs_tol or tolerance, rel_tol or tolerance)
    shape = function(variables, output.shape, on_unused_input="ignore")(*points)
    for _ in range(n_tests):
        weights = constant((rng.random_sample(tuple(shape)) + 0.5).astype(output.dtype))
        cost = (output * weights.as_type(output.type.clone(weights.dtype))).sum()
        compute = function(variables, cost, on_unused_input="ignore")
        slopes = function(
            variables, grad(cost, variables, disconnected_inputs="ignore"), on_unused_input="ignore"
        )(*points)
        numeric = numeric_grad(compute, points, eps, out_type)
        i, place, error, relative = numeric.max_err(slopes, *allowed)
        if not (error <= allowed[0] or relative <= allowed[1]):
            raise VerifyGradError(
                f"verify_grad: the gradient by argument {i} at {_index(points[i], place)} is "
                f"{np.ravel(slopes[i])[place]}, finite differences say "
                f"{np.ravel(numeric.gf[i])[place]}: absolute error {error:.3g} (allowed "
                f"{allowed[0]}), relative error {relative:.3g} (allowed {allowed[1]})"
            )


def _index(array: np.ndarray, place: int) -> tuple[int, ...]:
    """Return the index of an element that is counted in the flattened array."""
    return tuple(int(number) for number in np.unravel_index(place, array.shape))
