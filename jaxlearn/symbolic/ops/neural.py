"""Operations of neural networks: activations, softmax and its relatives, and crossentropies.

Where the obvious formula overflows, another one is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.symbolic.ops.elementwise import ROWS, cast, clip
from jaxlearn.symbolic.types import is_discrete, is_float, upgrade_to_float
from jaxlearn.symbolic.variables import as_tensor_variable, constant

__all__ = [
    "LogSumExp",
    "RowFunction",
    "SoftmaxCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "crossentropy_categorical_1hot",
    "crossentropy_softmax_1hot",
    "crossentropy_softmax_1hot_with_bias",
    "crossentropy_softmax_argmax_1hot_with_bias",
    "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias",
    "elu",
    "hard_sigmoid",
    "log_softmax",
    "relu",
    "selu",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softmax_with_bias",
    "softplus",
    "softsign",
    "ultra_fast_sigmoid",
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

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        return f"{writer.function(self.on_arrays)}({inputs[0]})"

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


def softmax_with_bias(x: Any, b: Any) -> Any:
    """Return the softmax of each row of a matrix that a vector is added to.

    Args:
        x: a matrix of floats; the result has its dtype.
        b: a vector of floats, as long as a row.

    Raises:
        ValueError: their ranks or dtypes are others; or, when the function runs, their lengths
            differ.

    Example:
        >>> softmax_with_bias([[1.0, 2.0]], [1.0, 0.0]).eval().tolist()
        [[0.5, 0.5]]
    """
    matrix, bias = _matrix_and_bias(x, b)
    return softmax(cast(matrix + bias, matrix.dtype))


def _matrix_and_bias(x: Any, b: Any) -> tuple[Any, Any]:
    matrix, bias = as_tensor_variable(x), as_tensor_variable(b)
    for name, variable, rank in (("x", matrix, 2), ("b", bias, 1)):
        if variable.ndim != rank or not is_float(variable.dtype):
            raise ValueError(
                f"{name}: got {variable} of {variable.type!r}, wanted {rank} "
                f"{'axes' if rank > 1 else 'axis'} of floats"
            )
    return matrix, bias


def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + exp(-x)) of each element.

    Example:
        >>> sigmoid([0.0]).eval().tolist()
        [0.5]
    """
    return ROWS["sigmoid"](x)


def ultra_fast_sigmoid(x: Any) -> Any:
    """Return an approximation of `sigmoid`, within 0.03 of it, without an exponential.

    Example:
        >>> ultra_fast_sigmoid([0.0, 10.0]).eval().round(4).tolist()
        [0.5, 0.9975]
    """
    return ROWS["ultra_fast_sigmoid"](x)


def hard_sigmoid(x: Any) -> Any:
    """Return 0.2 * x + 0.5, but no less than 0 and no more than 1: a rough `sigmoid`.

    Example:
        >>> hard_sigmoid([-3.0, 0.0, 1.5]).eval().tolist()
        [0.0, 0.5, 0.8]
    """
    variable = as_tensor_variable(x)
    dtype = upgrade_to_float(variable.dtype)
    # The sum comes first: XLA may round a product and a sum after it at once, which moves the
    # bends at -2.5 and 2.5.
    return clip((variable + constant(2.5, dtype=dtype)) * constant(0.2, dtype=dtype), 0, 1)


def softsign(x: Any) -> Any:
    """Return x / (1 + abs(x)) of each element.

    Example:
        >>> softsign([-1.0, 3.0]).eval().tolist()
        [-0.5, 0.75]
    """
    return ROWS["softsign"](x)


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


def elu(x: Any, alpha: Any = 1) -> Any:
    """Return each element where it is positive, else ``alpha * (exp(x) - 1)``.

    Example:
        >>> elu([-1.0, 2.0]).eval().round(4).tolist()
        [-0.6321, 2.0]

    Source: D.-A. Clevert, T. Unterthiner, S. Hochreiter, "Fast and accurate deep network learning
    by exponential linear units (ELUs)" (2016).
    """
    variable = as_tensor_variable(x)
    # Without the minimum, the branch that is not taken makes NaN of the gradient at large x.
    negative = ROWS["minimum"](variable, constant(0, dtype=variable.dtype))
    return ROWS["switch"](variable > 0, variable, alpha * ROWS["expm1"](negative))


def selu(x: Any) -> Any:
    """Return `elu` with the slopes that keep mean 0 and variance 1 through many layers.

    Example:
        >>> selu([-1.0, 2.0]).eval().round(4).tolist()
        [-1.1113, 2.1014]

    Source: G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, "Self-normalizing neural
    networks" (2017).
    """
    return 1.0507009873554804934193349852946 * elu(x, 1.6732632423543772848170429916717)


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


def sigmoid_binary_crossentropy(output: Any, target: Any) -> Any:
    """Return the binary crossentropy of ``sigmoid(output)``, without overflow.

    Args:
        output: any real numbers.
        target: probabilities.

    Example:
        >>> sigmoid_binary_crossentropy([0.0, 800.0], [1.0, 0.0]).eval().round(4).tolist()
        [0.6931, 800.0]
    """
    return ROWS["sigmoid_binary_crossentropy"](output, target)


def crossentropy_categorical_1hot(coding_dist: Any, true_one_of_n: Any) -> Any:
    """Return the crossentropy of each row of probabilities with its class.

    Args:
        coding_dist: a matrix, a row of probabilities for each example.
        true_one_of_n: a vector of classes.

    Raises:
        TypeError: their ranks are others, or the classes are no integers.

    Example:
        >>> crossentropy_categorical_1hot([[0.25, 0.75]], [1]).eval().round(4).tolist()
        [0.2877]
    """
    coding, classes = as_tensor_variable(coding_dist), as_tensor_variable(true_one_of_n)
    if coding.ndim != 2:
        raise TypeError(f"coding_dist: got {coding} of {coding.type!r}, wanted a matrix")
    if classes.ndim != 1 or not is_discrete(classes.dtype):
        raise TypeError(f"true_one_of_n: got {classes} of {classes.type!r}, wanted integers")
    return categorical_crossentropy(coding, classes)


class SoftmaxCrossentropy(Op):
    """The crossentropy of each row of ``softmax(x + b)`` with its class, and what goes with it."""

    def __str__(self) -> str:
        return "CrossentropySoftmaxArgmax1HotWithBias"

    def make_node(self, x: Any, b: Any, y_idx: Any) -> Apply:
        """Check ranks and dtypes; a loss for each row, the softmax, and the largest one's place."""
        matrix, bias = _matrix_and_bias(x, b)
        classes = as_tensor_variable(y_idx)
        if classes.ndim != 1 or not is_discrete(classes.dtype):
            raise ValueError(
                f"y_idx: got {classes} of {classes.type!r}, wanted a vector of integers"
            )
        kinds = [classes.type.clone(matrix.dtype), matrix.type, classes.type]
        return Apply.of_types(self, [matrix, bias, classes], kinds)

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the function, with a check that there are such classes."""
        (rows, count), bias, classes = (tuple(value.shape) for value in values)
        if bias != (count,) or classes != (rows,):
            raise ValueError(
                f"{self}: x has shape {(rows, count)}, b {bias} and y_idx {classes}, wanted "
                f"{(count,)} and {(rows,)}{made_at(node.line)}"
            )
        ok = ((values[2] >= 0) & (values[2] < count)).all()
        lowering.check(ok, partial(_no_such_class, node, count))
        return self.function

    def function(self, x: Any, b: Any, y_idx: Any) -> Any:
        """Compute all three."""
        rows = x + lax.convert_element_type(b, x.dtype)[None, :]
        classes = lax.convert_element_type(y_idx, np.int64)[:, None]
        loss = -jnp.take_along_axis(jax.nn.log_softmax(rows), classes, axis=1)[:, 0]
        best = lax.argmax(rows, 1, np.int64)
        return loss, jax.nn.softmax(rows), lax.convert_element_type(best, y_idx.dtype)

    def connected(self, node: Apply, i: int) -> bool:
        """A class has no gradient."""
        return i < 2


def _no_such_class(node: Apply, count: int) -> ValueError:
    return ValueError(
        f"y_i value out of bounds: {node.inputs[2]} must be 0 to {count - 1}, for {count} "
        f"classes{made_at(node.line)}"
    )


def crossentropy_softmax_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> list[Any]:
    """Return for each row its crossentropy, its softmax, and where it is largest.

    Args:
        x: a matrix of floats.
        b: a vector of floats that is added to each row.
        y_idx: the class of each row, a vector of integers.

    Raises:
        ValueError: ranks or dtypes are others; or, when the function runs, there is no such class.

    Example:
        >>> x, b = [[0.0, 0.0]], [1.0, 0.0]
        >>> loss, _, best = crossentropy_softmax_argmax_1hot_with_bias(x, b, [1])
        >>> loss.eval().round(4).tolist(), best.eval().tolist()
        ([1.3133], [0])
    """
    result: list[Any] = SoftmaxCrossentropy()(x, b, y_idx)
    return result


def crossentropy_softmax_1hot_with_bias(
    x: Any, b: Any, y_idx: Any, return_list: bool = True
) -> list[Any]:
    """Return the crossentropy and the softmax of each row of ``x + b``.

    Arguments as for `crossentropy_softmax_argmax_1hot_with_bias`; ``return_list`` has no meaning.

    Example:
        >>> loss, _ = crossentropy_softmax_1hot_with_bias([[0.0, 0.0]], [1.0, 0.0], [1])
        >>> loss.eval().round(4).tolist()
        [1.3133]
    """
    return crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx)[:2]


def crossentropy_softmax_1hot(x: Any, y_idx: Any, return_list: bool = True) -> list[Any]:
    """Return the crossentropy and the softmax of each row.

    Arguments as for `crossentropy_softmax_argmax_1hot_with_bias`; ``return_list`` has no meaning.

    Example:
        >>> loss, chances = crossentropy_softmax_1hot([[0.0, 0.0]], [1])
        >>> loss.eval().round(4).tolist(), chances.eval().tolist()
        ([0.6931], [[0.5, 0.5]])
    """
    return crossentropy_softmax_1hot_with_bias(x, _no_bias(x), y_idx)


def _no_bias(x: Any) -> Any:
    return as_tensor_variable(x)[0, :].zeros_like()


def crossentropy_softmax_max_and_argmax_1hot_with_bias(
    x: Any, b: Any, y_idx: Any, return_list: bool = True
) -> tuple[Any, ...]:
    """Return the crossentropy, the softmax, its largest element and where that is, for each row.

    Arguments as for `crossentropy_softmax_argmax_1hot_with_bias`; ``return_list`` has no meaning.

    Example:
        >>> x, b = [[9.0, 0.0]], [0.0, 9.0]
        >>> parts = crossentropy_softmax_max_and_argmax_1hot_with_bias(x, b, [1])
        >>> parts[2].eval().tolist(), parts[3].eval().tolist()
        ([0.5], [0])
    """
    from jaxlearn.symbolic.ops.reductions import max_and_argmax

    loss, chances = crossentropy_softmax_1hot_with_bias(x, b, y_idx)
    return (loss, chances, *max_and_argmax(chances, axis=-1))


def crossentropy_softmax_max_and_argmax_1hot(
    x: Any, y_idx: Any, return_list: bool = True
) -> tuple[Any, ...]:
    """Return the crossentropy, the softmax, its largest element and where that is, for each row.

    Arguments as for `crossentropy_softmax_argmax_1hot_with_bias`; ``return_list`` has no meaning.

    Example:
        >>> parts = crossentropy_softmax_max_and_argmax_1hot([[9.0, 9.0]], [1])
        >>> parts[2].eval().tolist(), parts[3].eval().tolist()
        ([0.5], [0])
    """
    return crossentropy_softmax_max_and_argmax_1hot_with_bias(x, _no_bias(x), y_idx)


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

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        return f"jax.scipy.special.logsumexp({inputs[0]}, axis={self.axis})"

    def function(self, x: Any) -> Any:
        """Compute with the largest element taken out."""
        return jax.scipy.special.logsumexp(x, axis=self.axis)
