"""Operations of neural networks whose obvious formula overflows: softmax and its relatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.symbolic.ops.elementwise import ROWS
from jaxlearn.symbolic.types import is_discrete
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "LogSumExp",
    "RowFunction",
    "binary_crossentropy",
    "categorical_crossentropy",
    "log_softmax",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
]


class RowFunction(Op):
    """A function of each row of a matrix.

    Args:
        name: what Theano calls it.
        function: the JAX function of an array, which works along the last axis.
    """

    parameters = ("name",)

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name = name
        self.on_arrays = function

    def __str__(self) -> str:
        return self.name.title().replace("_", "")

    def __reduce__(self) -> Any:
        return _row_function, (self.name,)

    def make_node(self, x: Any) -> Apply:
        """Take a vector for a matrix of one row, as Theano does."""
        variable = as_tensor_variable(x)
        if variable.ndim not in (1, 2) or is_discrete(variable.dtype):
            raise ValueError(
                f"{self.name}: got {variable} of {variable.type!r}, "
                "wanted a vector or matrix of floats"
            )
        if variable.ndim == 1:
            variable = variable.dimshuffle("x", 0)
        return Apply.of_types(self, [variable], [variable.type])

    def function(self, x: Any) -> Any:
        """Compute each row."""
        return self.on_arrays(x)


def _row_function(name: str) -> RowFunction:
    return ROW_FUNCTIONS[name]


ROW_FUNCTIONS = {
    op.name: op
    for op in (
        RowFunction("softmax", jax.nn.softmax),
        RowFunction("log_softmax", jax.nn.log_softmax),
    )
}
"""The functions of rows, by name."""


def softmax(c: Any) -> Any:
    """Return exp(x) / sum(exp(x)) of each row, without overflow.

    Args:
        c: a matrix, or a vector, which is taken for a matrix of one row.

    Raises:
        ValueError: it is neither, or not of floats.

    Example:
        >>> softmax([[0.0, 0.0], [1000.0, 0.0]]).eval().tolist()
        [[0.5, 0.5], [1.0, 0.0]]
    """
    return ROW_FUNCTIONS["softmax"](c)


def log_softmax(c: Any) -> Any:
    """Return log(softmax(x)) of each row, without overflow.

    Example:
        >>> log_softmax([[1000.0, 0.0]]).eval().tolist()
        [[0.0, -1000.0]]
    """
    return ROW_FUNCTIONS["log_softmax"](c)


def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + exp(-x)) of each element.

    Example:
        >>> sigmoid([0.0]).eval().tolist()
        [0.5]
    """
    return ROWS["sigmoid"](x)


def softplus(x: Any) -> Any:
    """Return log(1 + exp(x)) of each element, without overflow.

    Example:
        >>> softplus([800.0]).eval().tolist()
        [800.0]
    """
    return ROWS["softplus"](x)


def relu(x: Any, alpha: Any = 0) -> Any:
    """Return each element where it is positive, else ``alpha`` times it.

    The slope at 0 is the mean of the two, as in Theano.

    Example:
        >>> relu([-1.0, 2.0]).eval().tolist()
        [0.0, 2.0]
    """
    variable = as_tensor_variable(x)
    if isinstance(alpha, (int, float)) and alpha == 0:
        return 0.5 * (variable + abs(variable))
    slope = as_tensor_variable(alpha)
    return 0.5 * (1 + slope) * variable + 0.5 * (1 - slope) * abs(variable)


def binary_crossentropy(output: Any, target: Any) -> Any:
    """Return -(target * log(output) + (1 - target) * log(1 - output)) of each element.

    Example:
        >>> binary_crossentropy([0.5], [1.0]).eval().round(4).tolist()
        [0.6931]
    """
    predicted, wanted = as_tensor_variable(output), as_tensor_variable(target)
    log = ROWS["log"]
    return -(wanted * log(predicted) + (1.0 - wanted) * log(1.0 - predicted))


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Any:
    """Return the crossentropy of each row of probabilities with its class or distribution.

    Args:
        coding_dist: a matrix, a row of probabilities for each example.
        true_dist: a vector of classes, or a matrix of distributions.

    Raises:
        TypeError: ``true_dist`` is neither.

    Example:
        >>> categorical_crossentropy([[0.25, 0.75]], [1]).eval().round(4).tolist()
        [0.2877]
    """
    from jaxlearn.symbolic.ops.creation import arange

    coding, true = as_tensor_variable(coding_dist), as_tensor_variable(true_dist)
    log = ROWS["log"](coding)
    if true.ndim == coding.ndim:
        return -(true * log).sum(axis=coding.ndim - 1)
    if true.ndim == coding.ndim - 1 and is_discrete(true.dtype):
        return -log[arange(true.shape[0]), true]
    raise TypeError(
        f"true_dist: got {true.type!r}, wanted a vector of integer classes or a matrix like "
        f"coding_dist, {coding.type!r}"
    )


class LogSumExp(Op):
    """log(sum(exp(x))) over axes, without overflow.

    Args:
        axis: the axes to sum over.
    """

    parameters = ("axis",)

    def __init__(self, axis: tuple[int, ...]) -> None:
        self.axis = axis

    def make_node(self, x: Any) -> Apply:
        """Tell the type of the output."""
        variable = as_tensor_variable(x)
        flags = [flag for i, flag in enumerate(variable.broadcastable) if i not in self.axis]
        return Apply.of_types(self, [variable], [variable.type.clone(None, flags)])

    def function(self, x: Any) -> Any:
        """Compute with the largest element taken out."""
        return jax.scipy.special.logsumexp(x, axis=self.axis)
