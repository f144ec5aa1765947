"""Operations on classes: which there are, how often each occurs, and one-hot rows for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.symbolic.ops.contraction import dot
from jaxlearn.symbolic.ops.creation import arange, zeros
from jaxlearn.symbolic.ops.debugging import Assert
from jaxlearn.symbolic.ops.elementwise import ROWS, cast
from jaxlearn.symbolic.ops.joining import concatenate
from jaxlearn.symbolic.ops.nonzero import flatnonzero
from jaxlearn.symbolic.ops.reductions import all as all_of
from jaxlearn.symbolic.ops.writing import inc_subtensor, set_subtensor
from jaxlearn.symbolic.types import TensorType, is_discrete
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "Unique",
    "UniqueIndices",
    "bincount",
    "compress",
    "confusion_matrix",
    "to_one_hot",
]


def bincount(
    x: Any, weights: Any = None, minlength: Any = None, assert_nonneg: bool = False
) -> Any:
    """Return how often each of 0, 1, 2, ... occurs, up to the largest number that does.

    How many there are depends on the data, so that they are computed before the rest.

    Args:
        x: a vector of integers, none negative; the counts have its dtype.
        weights: what each element counts for, instead of 1; the counts have its dtype.
        minlength: how many counts there are at least.
        assert_nonneg: accepted as in Theano; that no element is negative is always checked.

    Raises:
        TypeError: ``x`` is no vector of integers.
        AssertionError: when the function runs: an element is negative.

    Example:
        >>> bincount([1, 3, 1]).eval().tolist()
        [0, 2, 0, 1]
    """
    vector = as_tensor_variable(x)
    if vector.ndim != 1 or not is_discrete(vector.dtype) or vector.dtype == "bool":
        raise TypeError(f"x: got {vector} of {vector.type!r}, wanted a vector of integers")
    not_negative = cast(all_of(vector >= 0), "int8")
    indices = Assert("Input to bincount has negative values!")(vector, not_negative)
    length = cast(vector.max() + 1, "int64")
    if minlength is not None:
        length = ROWS["maximum"](length, minlength)
    share = as_tensor_variable(1) if weights is None else as_tensor_variable(weights)
    counts = zeros([length], vector.dtype if weights is None else share.dtype)
    return inc_subtensor(counts[indices], share)


def to_one_hot(y: Any, nb_class: Any, dtype: str | None = None) -> Any:
    """Return a matrix with a row for each class of a vector: a one in its column, else zeros.

    Args:
        y: a vector of integers from 0 to ``nb_class - 1``.
        nb_class: how many classes there are; symbolic or not.
        dtype: the dtype of the matrix, ``config.floatX`` by default.

    Raises:
        IndexError: when the function runs: there is no such class.

    Example:
        >>> to_one_hot([2, 0], 3).eval().tolist()
        [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    classes = as_tensor_variable(y)
    count = classes.shape[0]
    rows = zeros((count, nb_class), dtype)
    return set_subtensor(rows[arange(count), classes], 1)


def confusion_matrix(actual: Any, pred: Any) -> list[Any]:
    """Return how often each class was taken for each, and the classes in order.

    Args:
        actual: a vector of classes.
        pred: a vector of what they were taken for.

    Returns:
        A matrix with a row for each actual class and a column for each predicted one, and the
        vector of the classes.

    Raises:
        ValueError: one of the two is no vector.

    Example:
        >>> counts, classes = confusion_matrix([2, 0, 2], [0, 0, 2])
        >>> counts.eval().tolist(), classes.eval().tolist()
        ([[1, 0], [1, 1]], [0, 2])
    """
    given = [as_tensor_variable(vector) for vector in (actual, pred)]
    for name, vector in zip(("actual", "pred"), given, strict=True):
        if vector.ndim != 1:
            raise ValueError(f"{name} must be a vector: got {vector} of {vector.type!r}")
    classes = Unique()(concatenate(given))
    rows, columns = (
        cast(ROWS["eq"](vector.dimshuffle(0, "x"), classes), "int64") for vector in given
    )
    return [dot(rows.T, columns), classes]


def compress(condition: Any, x: Any, axis: int | None = None) -> Any:
    """Return the slices along an axis for which a condition holds.

    Args:
        condition: a vector, for each slice zero or not.
        x: any tensor.
        axis: which axis; None for the flattened tensor.

    Example:
        >>> compress([0, 1, 1], [[1, 2, 3], [4, 5, 6]], axis=1).eval().tolist()
        [[2, 3], [5, 6]]
    """
    return as_tensor_variable(x).take(flatnonzero(condition), axis)


# What is left once repetitions are taken out.


class UniqueIndices(Op):
    """Where each distinct element, or slice, comes first; which each one is; how many there are.

    Args:
        axis: along which axis slices are compared; None for single elements.
    """

    parameters = ("axis",)
    staged = True

    def __init__(self, axis: int | None = None) -> None:
        self.axis = axis

    def make_node(self, x: Any) -> Apply:
        """Tell the types: three vectors."""
        variable = as_tensor_variable(x)
        if self.axis is not None and not -variable.ndim <= self.axis < variable.ndim:
            raise ValueError(f"unique: there is no axis {self.axis} in {variable.type!r}")
        return Apply.of_types(self, [variable], [TensorType("int64", (False,))] * 3)

    def host(self, node: Apply, x: np.ndarray) -> Any:
        """Compare with NumPy."""
        found = np.unique(
            x, return_index=True, return_inverse=True, return_counts=True, axis=self.axis
        )
        return tuple(np.ravel(indices).astype(np.int64) for indices in found[1:])

    def connected(self, node: Apply, i: int) -> bool:
        """Indices have no gradient."""
        return False


class Unique:
    """The distinct elements of a tensor in order; called with the tensor, returns them.

    How many there are depends on the data, so that this is computed before the rest. The gradient
    goes to where each one comes first.

    Args:
        return_index: return where each comes first, too.
        return_inverse: return which of them each element is, too.
        return_counts: return how often each occurs, too.
        axis: compare the slices along this axis; None compares the elements.

    Example:
        >>> Unique()([3, 1, 3]).eval().tolist()
        [1, 3]
        >>> [part.eval().tolist() for part in Unique(return_counts=True)([3, 1, 3])]
        [[1, 3], [1, 2]]
    """

    def __init__(
        self,
        return_index: bool = False,
        return_inverse: bool = False,
        return_counts: bool = False,
        axis: int | None = None,
    ) -> None:
        self.axis = axis
        self._also = (return_index, return_inverse, return_counts)

    def __call__(self, x: Any) -> Any:
        """Return the distinct elements, and what else was asked for, as a list."""
        variable = as_tensor_variable(x)
        found = UniqueIndices(self.axis)(variable, return_list=True)
        distinct = variable.take(found[0], self.axis)
        also = [indices for indices, wanted in zip(found, self._also, strict=True) if wanted]
        return [distinct, *also] if also else distinct
