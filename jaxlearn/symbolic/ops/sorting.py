"""Operations that put elements in order, and that search in what is in order."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Constant, Op
from jaxlearn.symbolic.types import is_discrete
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "ArgSortOp",
    "SearchsortedOp",
    "SortOp",
    "TopKOp",
    "argsort",
    "argtopk",
    "searchsorted",
    "sort",
    "topk",
    "topk_and_argtopk",
]

_KINDS = ("quicksort", "mergesort", "heapsort", "stable")


class SortOp(Op):
    """The elements along an axis, the smallest first.

    Args:
        kind: Theano's choice of an algorithm. Here all are one, which keeps equal elements in
            order.
        order: as in NumPy for arrays with fields, so always None.
        axis: which axis.
    """

    parameters = ("axis", "kind")

    def __init__(self, kind: str, order: Any = None, axis: int = -1) -> None:
        _refuse_order(order)
        if kind not in _KINDS:
            raise ValueError(f"kind: got {kind!r}, wanted one of {', '.join(map(repr, _KINDS))}")
        self.axis = axis
        self.kind = kind

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.kind}, None}}"

    def make_node(self, input: Any, axis: Any = None) -> Apply:  # noqa: A002  (Theano's name)
        """Tell the type of the output.

        Args:
            input: what is sorted.
            axis: which axis, in place of the operation's own.
        """
        if axis is not None:
            variable, axis = _along(type(self).__name__, input, axis)
            return type(self)(self.kind, axis=axis).make_node(variable)
        variable = as_tensor_variable(input)
        return Apply.of_types(self, [variable], [self._kind_of(variable)])

    def _kind_of(self, variable: Any) -> Any:
        return variable.type

    def function(self, x: Any) -> Any:
        """Sort."""
        return jnp.sort(x, self.axis)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        return f"jnp.sort({inputs[0]}, axis={self.axis})"

    def host(self, node: Apply, x: np.ndarray) -> Any:
        """Sort with NumPy."""
        return np.sort(x, self.axis, kind="stable")


class ArgSortOp(SortOp):
    """Where the elements along an axis are to be taken from so that they are in order."""

    def _kind_of(self, variable: Any) -> Any:
        return super()._kind_of(variable).clone("int64")

    def function(self, x: Any) -> Any:
        """Sort."""
        return lax.convert_element_type(jnp.argsort(x, self.axis), np.int64)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        return f"jnp.argsort({inputs[0]}, axis={self.axis})"

    def host(self, node: Apply, x: np.ndarray) -> Any:
        """Sort with NumPy."""
        return np.argsort(x, self.axis, kind="stable")


def _along(name: str, a: Any, axis: Any) -> tuple[Any, int]:
    """Return a tensor and the axis of it that is meant; None means the flattened tensor's."""
    x = as_tensor_variable(a)
    if axis is None:
        return x.flatten(), 0
    try:
        number = operator.index(axis.data if isinstance(axis, Constant) else axis)
    except TypeError:
        raise TypeError(f"{name}: got axis {axis!r}, wanted an integer or None") from None
    if not -x.ndim <= number < x.ndim:
        raise ValueError(f"{name}: got axis {number}, which is out of bounds for {x} of {x.type!r}")
    return x, number % x.ndim


def _refuse_order(order: Any) -> None:
    if order is not None:
        raise ValueError(
            f"order: got {order!r}, which is for arrays with fields; tensors have none"
        )


def sort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Any:
    """Return the elements along an axis in order, the smallest first and NaN last.

    Args:
        a: any tensor.
        axis: which axis; None for the flattened tensor.
        kind: accepted as in Theano, without a meaning: equal elements keep their order.
        order: as in NumPy for arrays with fields, so always None.

    Raises:
        ValueError: there is no such axis or kind.

    Example:
        >>> sort([[3, 1], [4, 2]]).eval().tolist()
        [[1, 3], [2, 4]]
    """
    _refuse_order(order)
    x, axis = _along("sort", a, axis)
    return SortOp(kind, axis=axis)(x)


def argsort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Any:
    """Return the indices, of int64, at which the elements along an axis are in order.

    Arguments as for `sort`. The gradient is zero.

    Example:
        >>> argsort([30, 10, 20]).eval().tolist()
        [1, 2, 0]
    """
    _refuse_order(order)
    x, axis = _along("argsort", a, axis)
    return ArgSortOp(kind, axis=axis)(x)


# Some of the largest.


class TopKOp(Op):
    """The largest elements along an axis, and where they are.

    Args:
        axis: which axis.
        sorted: without a meaning here: they always come in order.
        idx_dtype: the dtype of the indices.
        return_values: whether the elements are an output.
        return_indices: whether the indices are one.
    """

    parameters = ("axis", "idx_dtype", "return_values", "return_indices")

    def __init__(
        self,
        axis: int = -1,
        sorted: bool = True,  # noqa: A002  (Theano's name)
        idx_dtype: str = "int64",
        return_values: bool = True,
        return_indices: bool = True,
    ) -> None:
        if not is_discrete(idx_dtype) or idx_dtype == "bool":
            raise TypeError(f"idx_dtype: got {idx_dtype!r}, wanted an integer dtype")
        self.axis = axis
        self.idx_dtype = idx_dtype
        self.return_values = return_values
        self.return_indices = return_indices

    def make_node(self, inp: Any, kth: Any) -> Apply:
        """Check the number and tell the types of the outputs."""
        variable, count = as_tensor_variable(inp), as_tensor_variable(kth)
        if count.ndim or not is_discrete(count.dtype):
            raise ValueError(f"kth: got {count} of {count.type!r}, wanted an integer")
        kinds = [variable.type] * self.return_values
        kinds += [variable.type.clone(self.idx_dtype)] * self.return_indices
        return Apply.of_types(self, [variable, count], kinds)

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the choice of as many as its place wants."""
        kth, length = lowering.size(node.inputs[1], values[1]), values[0].shape[self.axis]
        if not 0 < abs(kth) <= length:
            raise ValueError(
                f"topk: kth is {kth}, and axis {self.axis} of {node.inputs[0]} has length "
                f"{length}, wanted 1 to {length}, or -1 to {-length} for the smallest"
                f"{made_at(node.line)}"
            )
        return partial(self._choose, kth)

    def _choose(self, kth: int, x: Any, _: Any) -> Any:
        chosen = _top_places(x, kth, self.axis)
        values = [jnp.take_along_axis(x, chosen, self.axis)] * self.return_values
        indices = [lax.convert_element_type(chosen, self.idx_dtype)] * self.return_indices
        return (*values, *indices)

    def sizes(self, node: Apply) -> Sequence[int]:
        """How many there are is one."""
        return (1,)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write where they are, and the taking of them from there."""
        kth = writer.size(node.inputs[1], inputs[1])
        chosen = f"{writer.function(_top_places)}({inputs[0]}, {kth}, {self.axis})"
        values = f"jnp.take_along_axis({inputs[0]}, {chosen}, {self.axis})"
        indices = f"{chosen}.astype({writer.dtype(self.idx_dtype)})"
        if self.return_values and self.return_indices:
            return f"({values}, {indices})"
        return values if self.return_values else indices

    def connected(self, node: Apply, i: int) -> bool:
        """How many there are has no gradient."""
        return i == 0


def _top_places(x: Any, kth: int, axis: int) -> Any:
    """Return where the ``kth`` largest elements along an axis are; below 0, the smallest."""
    order = jnp.argsort(x, axis, descending=kth > 0)
    return lax.slice_in_dim(order, 0, abs(kth), axis=axis)


def _top(
    x: Any, kth: Any, axis: int | None, idx_dtype: str, return_values: bool, return_indices: bool
) -> Any:
    variable, axis = _along("topk", x, axis)
    return TopKOp(axis, True, idx_dtype, return_values, return_indices)(variable, kth)


def topk(
    x: Any,
    kth: Any,
    axis: int | None = -1,
    sorted: bool = True,  # noqa: A002  (Theano's name)
    idx_dtype: str = "int64",
) -> Any:
    """Return the ``kth`` largest elements along an axis, the largest first.

    Args:
        x: a tensor with axes.
        kth: how many; a negative number is for the smallest, the smallest first. Symbolic or not.
        axis: which axis; None for the flattened tensor.
        sorted: without a meaning here: they always come in order.
        idx_dtype: the dtype of indices; it does not matter here.

    Raises:
        ValueError: there is no such axis; or, when the function runs, there are not so many.

    Example:
        >>> topk([3, 1, 4, 1, 5], 2).eval().tolist()
        [5, 4]
        >>> topk([3, 1, 4, 1, 5], -2).eval().tolist()
        [1, 1]
    """
    return _top(x, kth, axis, idx_dtype, True, False)


def argtopk(
    x: Any,
    kth: Any,
    axis: int | None = -1,
    sorted: bool = True,  # noqa: A002  (Theano's name)
    idx_dtype: str = "int64",
) -> Any:
    """Return where the ``kth`` largest elements along an axis are. Arguments as for `topk`.

    Example:
        >>> argtopk([3, 1, 4, 1, 5], 2).eval().tolist()
        [4, 2]
    """
    return _top(x, kth, axis, idx_dtype, False, True)


def topk_and_argtopk(
    x: Any,
    kth: Any,
    axis: int | None = -1,
    sorted: bool = True,  # noqa: A002  (Theano's name)
    idx_dtype: str = "int64",
) -> list[Any]:
    """Return what `topk` and `argtopk` return. Arguments as for `topk`.

    Example:
        >>> [part.eval().tolist() for part in topk_and_argtopk([3, 1, 4, 1, 5], 2)]
        [[5, 4], [4, 2]]
    """
    result: list[Any] = _top(x, kth, axis, idx_dtype, True, True)
    return result


# Searching.


class SearchsortedOp(Op):
    """Where elements belong in a vector that is in order.

    Args:
        side: ``"left"`` or ``"right"`` of those that are equal.
    """

    parameters = ("side",)

    def __init__(self, side: str = "left") -> None:
        if side not in ("left", "right"):
            raise ValueError(f"side: got {side!r}, wanted 'left' or 'right'")
        self.side = side

    def make_node(self, x: Any, v: Any) -> Apply:
        """Check the vector and tell the type of the indices."""
        vector, elements = as_tensor_variable(x), as_tensor_variable(v)
        if vector.ndim != 1:
            raise ValueError(f"searchsorted: got {vector} of {vector.type!r}, wanted a vector")
        return Apply.of_types(self, [vector, elements], [elements.type.clone("int64")])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the search, in a dtype that holds both inputs."""
        common = np.result_type(*(variable.type.dtype for variable in node.inputs))

        def search(x: Any, v: Any) -> Any:
            x, v = (lax.convert_element_type(array, common) for array in (x, v))
            return lax.convert_element_type(jnp.searchsorted(x, v, side=self.side), np.int64)

        return search

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        common = str(np.result_type(*(variable.type.dtype for variable in node.inputs)))
        given = [
            name if variable.type.dtype == common else f"{name}.astype({writer.dtype(common)})"
            for name, variable in zip(inputs, node.inputs, strict=True)
        ]
        return f"jnp.searchsorted({', '.join(given)}, side={self.side!r}).astype(jnp.int64)"

    def host(self, node: Apply, x: np.ndarray, v: np.ndarray) -> Any:
        """Search with NumPy."""
        return np.searchsorted(x, v, side="left" if self.side == "left" else "right")


def searchsorted(x: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """Return the indices, of int64, at which elements can enter a vector without disorder.

    Args:
        x: a vector in order; or, with ``sorter``, one that this puts in order.
        v: the elements.
        side: whether they enter to the ``"left"`` or to the ``"right"`` of equal ones.
        sorter: the indices at which ``x`` is in order, such as `argsort` gives.

    Raises:
        ValueError: ``x`` is no vector, or there is no such side.

    Example:
        >>> searchsorted([1, 3, 5], [3, 6]).eval().tolist()
        [1, 3]
    """
    vector = as_tensor_variable(x)
    if sorter is not None:
        indices = as_tensor_variable(sorter)
        if indices.ndim != 1 or not is_discrete(indices.dtype):
            raise TypeError(f"sorter: got {indices.type!r}, wanted a vector of integers")
        vector = vector[indices]
    return SearchsortedOp(side)(vector, v)
