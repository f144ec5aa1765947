"""Whether numbers are close to one another."""

from __future__ import annotations

from typing import Any

from jaxlearn.symbolic.ops.elementwise import ROWS
from jaxlearn.symbolic.ops.reductions import all as all_of
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["allclose", "isclose"]


def isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> Any:
    """Return, for each element, whether ``abs(a - b) <= atol + rtol * abs(b)``.

    Infinity is close to itself; NaN is close to nothing unless ``equal_nan`` is set.

    Args:
        a: a tensor of real numbers, not bool.
        b: another one.
        rtol: the difference allowed for each unit of ``b``.
        atol: the difference allowed besides.
        equal_nan: take NaN for close to NaN.

    Raises:
        TypeError: one of the two is bool.

    Example:
        >>> isclose([1.0, 2.0, float("inf")], [1.000001, 2.1, float("inf")]).eval().tolist()
        [True, False, True]
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if "bool" in (a.dtype, b.dtype):
        raise TypeError(f"isclose: got {a} of {a.type!r} and {b} of {b.type!r}; use T.eq for bool")
    isnan, isinf, eq, le = (ROWS[name] for name in ("isnan", "isinf", "eq", "le"))
    finite = ~(isnan(a) | isnan(b) | isinf(a) | isinf(b))
    near = le(abs(a - b), atol + rtol * abs(b)) & finite
    close = near | (isinf(a) & isinf(b) & eq(a, b))
    return close | (isnan(a) & isnan(b)) if equal_nan else close


def allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> Any:
    """Return whether all elements are close, as `isclose` says.

    Example:
        >>> bool(allclose([1.0, 2.0], [1.0, 2.1]).eval())
        False
    """
    return all_of(isclose(a, b, rtol, atol, equal_nan))
