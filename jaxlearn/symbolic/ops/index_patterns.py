"""What stands between the brackets of an index: its pattern, and the numbers in it.

A *pattern* is a parameter of the operation that indexes, and the numbers in it are inputs. A
pattern has an entry for each part of ``x[..., ...]``: a dtype for an integer or an array of them, a
`Slice` with the dtypes of its bounds, or None for a new axis. It tells the type of the part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxlearn.symbolic.graph import Constant, Variable
from jaxlearn.symbolic.types import TensorType, is_discrete
from jaxlearn.symbolic.variables import TensorConstant, as_tensor_variable

__all__ = ["IndexConstant", "Slice"]


class Slice(NamedTuple):
    """A slice in a pattern: the dtypes of its bounds, or None for those that are not given."""

    start: str | None = None
    stop: str | None = None
    step: str | None = None


Entry = str | Slice | None
Pattern = tuple[Entry, ...]

WHOLE = Slice()


def as_pattern(idx_list: Sequence[Any]) -> Pattern:
    """Return a pattern that is given as one, or as Theano gives it: by types and slices."""

    def dtype(part: Any) -> Any:
        return part if part is None or isinstance(part, str) else part.dtype

    return tuple(
        Slice(*map(dtype, entry))
        if isinstance(entry, Slice)
        else Slice(dtype(entry.start), dtype(entry.stop), dtype(entry.step))
        if isinstance(entry, slice)
        else dtype(entry)
        for entry in idx_list
    )


def pattern_of(items: Sequence[Any]) -> tuple[Pattern, list[Any]]:
    """Return the pattern of an index, and the numbers in it."""
    pattern: list[Entry] = []
    numbers: list[Any] = []
    for item in items:
        parts = [item.start, item.stop, item.step] if isinstance(item, slice) else [item]
        dtypes = [None if part is None else part.type.dtype for part in parts]
        pattern.append(Slice(*dtypes) if isinstance(item, slice) else dtypes[0])
        numbers += [part for part in parts if part is not None]
    return tuple(pattern), numbers


def filled(pattern: Pattern, numbers: Sequence[Any]) -> list[Any]:
    """Return the entries with the dtypes replaced, in turn, by what stands in their place."""
    following = iter(numbers)

    def fill(part: str | None) -> Any:
        return None if part is None else next(following)

    return [
        slice(*[fill(part) for part in entry]) if isinstance(entry, Slice) else fill(entry)
        for entry in pattern
    ]


def pattern_text(pattern: Pattern) -> str:
    """Return a pattern as Theano prints it."""
    return ", ".join(
        ":".join(part or "" for part in entry) if isinstance(entry, Slice) else str(entry)
        for entry in pattern
    )


# What may stand in an index.


class IndexConstant(TensorConstant):
    """An integer that stands in an index.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> T.dvector("x")[1:].owner.inputs
        [x, Constant{1}]
    """

    def __str__(self) -> str:
        return f"Constant{{{self.data}}}"


def index_constant(number: Any) -> Any:
    """Return a Python or NumPy integer as what stands for it in an index."""
    if isinstance(number, (bool, np.bool_)) or not isinstance(number, (int, np.integer)):
        raise TypeError(f"index: got {number!r} ({type(number).__name__}), wanted an integer")
    return IndexConstant(TensorType("int64", ()), np.asarray(number, np.int64))


def integer_scalar(number: Any) -> Any:
    """Return an integer as a scalar variable, or refuse what is none."""
    variable = number if isinstance(number, Variable) else index_constant(number)
    if not is_discrete(variable.type.dtype) or variable.type.dtype == "bool":
        raise TypeError(f"index: got {variable} of {variable.type!r}, wanted an integer")
    if variable.type.ndim:
        raise ValueError(f"index: got {variable} with {variable.type.ndim} axes, wanted a scalar")
    return variable


def integers(number: Any) -> Any:
    """Return integers of any shape as a variable, or refuse what is none."""
    variable = as_tensor_variable(number)
    if not is_discrete(variable.type.dtype) or variable.type.dtype == "bool":
        raise TypeError(
            f"index must be integers or a boolean mask: got {variable} of {variable.type!r}"
        )
    return variable


def integer_vector(ilist: Any) -> Any:
    """Return a vector of integers as a variable, or refuse what is none."""
    variable = integers(ilist)
    if variable.ndim != 1:
        raise TypeError(f"index must be a vector: got {variable} of {variable.type!r}")
    return variable


# The types of results.


def padded_pattern(pattern: Pattern, rank: int) -> Pattern:
    """Return a pattern with an entry for every axis."""
    given = sum(entry is not None for entry in pattern)
    if given > rank:
        raise IndexError(f"too many indices: got {given}, for a tensor with {rank} axes")
    return pattern + (WHOLE,) * (rank - given)


def placed(layout: Sequence[bool], of_axes: Sequence[Any], of_index: Sequence[Any]) -> list[Any]:
    """Return something of each axis of what a gather gives, by NumPy's rule for their order.

    Args:
        layout: for each axis, whether an array indexes it.
        of_axes: something of each axis.
        of_index: something of each axis of the index arrays together.
    """
    indexed = [axis for axis, is_indexed in enumerate(layout) if is_indexed]
    adjacent = indexed == list(range(indexed[0], indexed[-1] + 1))
    first = indexed[0] if adjacent else 0
    kept = [what for what, is_indexed in zip(of_axes, layout, strict=True) if not is_indexed]
    return [*kept[:first], *of_index, *kept[first:]]


def _known_bound(bound: Any, default: int) -> int | None:
    if bound is None:
        return default
    return int(bound.data) if isinstance(bound, Constant) else None


def _keeps_flag(entry: Any) -> bool:
    """Whether a slice takes the one element of a broadcastable axis, whatever its step."""
    step = _known_bound(entry.step, 1)
    if entry.stop is None:
        return _known_bound(entry.start, 0) == 0
    stop = _known_bound(entry.stop, 0)
    forward = step is not None and step > 0
    return forward and _known_bound(entry.start, 0) == 0 and stop is not None and stop > 0


def flags_of_part(pattern: Pattern, x: Any, index: Sequence[Any], advanced: bool) -> list[bool]:
    """Return which axes of the part that an index selects broadcast."""
    axes = iter(x.type.broadcastable)
    padded = padded_pattern(pattern, x.type.ndim)
    flags: list[bool] = []
    layout: list[bool] = []
    for entry in filled(padded, index):
        # A new axis and one of length 1 that is taken whole broadcast.
        flag = True if entry is None else next(axes)
        layout.append(isinstance(entry, Variable))
        flags.append(flag and (not isinstance(entry, slice) or _keeps_flag(entry)))
    if not advanced:
        return [flag for flag, dropped in zip(flags, layout, strict=True) if not dropped]
    arrays = [v for v in filled(padded, index) if isinstance(v, Variable)]
    of_index = [False] * max(variable.type.ndim for variable in arrays)
    if sum(entry != WHOLE for entry in pattern) == 1:
        # Theano keeps the flags of an index only where nothing else is in the brackets.
        of_index = list(arrays[0].type.broadcastable)
    return placed(layout, flags, of_index)
