"""How arguments are checked, where more than one module checks the same thing."""

from __future__ import annotations

import operator
from typing import Any

__all__ = ["whole_number"]


def whole_number(name: str, value: Any, least: int, most: int | None = None, why: str = "") -> int:
    """Return an argument as an int, or say which one is not a whole number in its range.

    Args:
        name: what the caller calls the argument.
        value: what was given.
        least: the smallest number allowed.
        most: the largest number allowed, if there is one.
        why: what sets the largest number, for the message.

    Raises:
        TypeError: the value is not a whole number.
        ValueError: it is out of its range.

    Example:
        >>> whole_number("steps", 3, least=0)
        3
        >>> whole_number("steps", 2.5, least=0)
        Traceback (most recent call last):
        ...
        TypeError: steps: got 2.5, wanted a whole number, 0 or more
        >>> whole_number("batch_size", 9, least=1, most=5, why="the rows of the data")
        Traceback (most recent call last):
        ...
        ValueError: batch_size: got 9, wanted a whole number, 1 to 5, the rows of the data
    """
    limits = f"{least} or more" if most is None else f"{least} to {most}"
    text = f"{name}: got {value!r}, wanted a whole number, {limits}{', ' if why else ''}{why}"
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(text) from None
    if number < least or (most is not None and number > most):
        raise ValueError(text)
    return number
