"""Coordinates of the points of a grid, written as slices: ``mgrid[0:5, 0:3]``."""

from __future__ import annotations

from typing import Any

from jaxlearn.symbolic.ops.creation import arange, ones_like
from jaxlearn.symbolic.ops.elementwise import ROWS

__all__ = ["GridMaker", "mgrid", "ogrid"]


class GridMaker:
    """Makes, of a slice for each axis, the coordinates of a grid's points along that axis.

    Args:
        sparse: return each axis' coordinates with length 1 in all other axes, so that they
            broadcast together; otherwise in the shape of the whole grid.

    Example:
        >>> [part.eval().tolist() for part in GridMaker()[0:2, 0:3]]
        [[[0, 0, 0], [1, 1, 1]], [[0, 1, 2], [0, 1, 2]]]
        >>> [part.eval().tolist() for part in GridMaker(sparse=True)[0:2, 0:3]]
        [[[0], [1]], [[0, 1, 2]]]
    """

    def __init__(self, sparse: bool = False) -> None:
        self.sparse = sparse

    def __getitem__(self, slices: Any) -> list[Any]:
        """Return the coordinates, for each axis a tensor."""
        slices = slices if isinstance(slices, tuple) else (slices,)
        axes = [_coordinates(part) for part in slices]
        count = len(axes)
        spread = [
            axis.dimshuffle(*["x"] * i, 0, *["x"] * (count - 1 - i)) for i, axis in enumerate(axes)
        ]
        return spread if self.sparse else [_filled(spread, i) for i in range(count)]


def _coordinates(part: slice) -> Any:
    if isinstance(part.step, complex):
        raise NotImplementedError(
            f"a grid with the step {part.step}, which in NumPy is a number of points; give the "
            "distance of two points as the step"
        )
    start = 0 if part.start is None else part.start
    return arange(start, part.stop, 1 if part.step is None else part.step)


def _filled(spread: list[Any], i: int) -> Any:
    factors = [axis if j == i else ones_like(axis) for j, axis in enumerate(spread)]
    return factors[0] if len(factors) == 1 else ROWS["mul"](*factors)


mgrid = GridMaker()
"""The coordinates of a grid, each in the shape of the whole."""
ogrid = GridMaker(sparse=True)
"""The coordinates of a grid, of length 1 in all other axes."""
