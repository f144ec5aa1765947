"""Groups of dtypes and of tensor types, and how close numbers must be, by Theano's names."""

from __future__ import annotations

from collections.abc import Sequence

from jaxlearn.symbolic.types import COMPLEX, FLOATS, INTEGERS, TensorType

__all__ = ["DTYPE_GROUPS", "TOLERANCES", "TYPE_GROUPS"]

_SIGNED = [dtype for dtype in INTEGERS if dtype.startswith("int")]
_UNSIGNED = [dtype for dtype in INTEGERS if dtype.startswith("uint")]

DTYPE_GROUPS: dict[str, list[str]] = {
    "int_dtypes": _SIGNED,
    "uint_dtypes": _UNSIGNED,
    "integer_dtypes": [*_SIGNED, *_UNSIGNED],
    "discrete_dtypes": ["bool", *_SIGNED, *_UNSIGNED],
    "float_dtypes": list(FLOATS),
    "complex_dtypes": list(COMPLEX),
    "continuous_dtypes": [*FLOATS, *COMPLEX],
    "all_dtypes": ["bool", *_SIGNED, *_UNSIGNED, *FLOATS, *COMPLEX],
}
"""Names of dtypes, by the name of their group."""


def _types(dtypes: Sequence[str], ndim: int) -> tuple[TensorType, ...]:
    return tuple(TensorType(dtype, (False,) * ndim) for dtype in dtypes)


_KINDS = {"int": _SIGNED, "float": ["float32", "float64"], "complex": list(COMPLEX)}
_RANKS = {"scalar_": 0, "vector_": 1, "matrix_": 2, "": 0}

TYPE_GROUPS: dict[str, tuple[TensorType, ...]] = {
    f"{kind}_{rank}types": _types(dtypes, ndim)
    for kind, dtypes in _KINDS.items()
    for rank, ndim in _RANKS.items()
}
"""Types of scalars, vectors and matrices, by the name of their group."""

TOLERANCES: dict[str, float] = {
    "float16_atol": 1e-3,
    "float16_rtol": 1e-3,
    "float32_atol": 1e-5,
    "float32_rtol": 1e-5,
    "float64_atol": 1e-8,
    "float64_rtol": 1e-5,
}
"""How far numbers of a dtype may be from one another and still count as close."""
