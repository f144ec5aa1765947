"""Data to learn from, as NumPy arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["celsius_fahrenheit"]


def celsius_fahrenheit() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the temperatures -50 to 49 degrees Celsius, and the same in degrees Fahrenheit.

    Fahrenheit = Celsius * 9/5 + 32, without noise.

    Returns:
        Two float64 arrays of shape ``(100,)``.

    Example:
        >>> celsius, fahrenheit = celsius_fahrenheit()
        >>> celsius[[0, 50, -1]].tolist(), fahrenheit[[0, 50, -1]].round(1).tolist()
        ([-50.0, 0.0, 49.0], [-58.0, 32.0, 120.2])
    """
    celsius = np.arange(-50.0, 50.0)
    return celsius, celsius * 9 / 5 + 32
