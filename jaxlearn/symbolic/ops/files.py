"""Arrays that a function reads from a file each time it is called."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op, Variable
from jaxlearn.symbolic.types import TensorType

__all__ = ["LoadFromDisk", "load"]

_MODES = (None, "c", "r")


class LoadFromDisk(Op):
    """The array in a ``.npy`` file. It is read on the host, at each call, before the rest runs.

    Args:
        dtype: the dtype that the file has.
        broadcastable: for each axis, whether it broadcasts.
        mmap_mode: how to read it; see `load`.
        path: where the file is; `load` passes it.
    """

    parameters = ("dtype", "broadcastable", "mmap_mode", "path")
    staged = True

    def __init__(
        self,
        dtype: Any,
        broadcastable: Sequence[bool],
        mmap_mode: str | None = None,
        path: str | None = None,
    ) -> None:
        if mmap_mode not in _MODES:
            raise ValueError(f"mmap_mode: got {mmap_mode!r}, wanted None, 'c' or 'r'")
        self.dtype = np.dtype(dtype).name
        self.broadcastable = tuple(bool(flag) for flag in broadcastable)
        self.mmap_mode = mmap_mode
        self.path = path

    def make_node(self, *path: Any) -> Apply:
        """Take the path and tell the type."""
        given = path[0] if path else self.path
        if isinstance(given, Variable) or given is None:
            raise TypeError(
                f"load: path: got {given}, wanted a string; to read another file at each call, "
                "read it with numpy.load and pass the array to the function"
            )
        name = os.fspath(given)
        op = LoadFromDisk(self.dtype, self.broadcastable, self.mmap_mode, name)
        return Apply.of_types(op, [], [TensorType(self.dtype, self.broadcastable)])

    def fold(self, node: Apply, values: Sequence[Any]) -> Any:
        """Know nothing beforehand: the file may change from call to call."""
        return NotImplemented

    def host(self, node: Apply, *values: np.ndarray) -> Any:
        """Read the file."""
        array = np.load(str(self.path), mmap_mode=self.mmap_mode)  # type: ignore[arg-type]
        kind = node.outputs[0].type
        if array.dtype != kind.numpy_dtype or array.ndim != kind.ndim:
            raise TypeError(
                f"load: {self.path} holds an array of dtype {array.dtype} with {array.ndim} axes, "
                f"and {kind!r} was declared{made_at(node.line)}"
            )
        return np.asarray(array)


def load(path: Any, dtype: Any, broadcastable: Sequence[bool], mmap_mode: str | None = None) -> Any:
    """Return the array in a ``.npy`` file, which is read at each call of a function.

    Args:
        path: where the file is.
        dtype: the dtype that it has.
        broadcastable: for each axis, whether it broadcasts.
        mmap_mode: ``"c"`` or ``"r"`` to map the file to memory while it is copied from; None to
            read it.

    Raises:
        TypeError: the path is symbolic; or, when the function runs, the file holds an array of
            another dtype or rank.
        ValueError: there is no such mode.
        FileNotFoundError: when the function runs: there is no such file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.save(f"{folder}/x.npy", np.array([1.0, 2.0]))
        ...     print((2 * load(f"{folder}/x.npy", "float64", (False,))).eval())
        [2. 4.]
    """
    return LoadFromDisk(dtype, broadcastable, mmap_mode)(path)
