"""Products that sum over axes: dot products, tensor products, and batches of them.

All are `jax.lax.dot_general` over some axes of the one and some of the other, at full precision:
a float32 product is a float32 product on a GPU too. Both inputs are brought to the dtype that
holds either.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op, Variable
from jaxlearn.symbolic.ops import dimensions, elementwise, shaping
from jaxlearn.symbolic.types import TensorType, is_discrete, upcast
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "BatchedDot",
    "Contraction",
    "Dot",
    "Tensordot",
    "batched_dot",
    "batched_tensordot",
    "dot",
    "dot_of_either",
    "outer",
    "tensordot",
]

Axes = tuple[int, ...]


class Contraction(Op):
    """A sum of products over pairs of axes; the first ``batch`` axes of both stand for themselves.

    The axes that come out are those of the batch, then what is left of the first input, then what
    is left of the second.
    """

    batch = 0

    def axes(self, a: Variable, b: Variable) -> tuple[Axes, Axes]:
        """Return the axes that are summed over: of the first input, and of the second."""
        raise NotImplementedError

    def derivative_uses(self, node: Apply, i: int, j: int) -> bool:
        """The derivative by one factor is made of the other."""
        return i != j

    def make_node(self, *inputs: Any) -> Apply:
        """Tell the type of the output."""
        a, b = (as_tensor_variable(value) for value in inputs)
        first, second = self._left(a, b)
        flags = [a.broadcastable[i] or b.broadcastable[i] for i in range(self.batch)]
        flags += [a.broadcastable[i] for i in first]
        flags += [b.broadcastable[i] for i in second]
        return Apply.of_types(self, [a, b], [TensorType(upcast(a.dtype, b.dtype), flags)])

    def _left(self, a: Variable, b: Variable) -> list[list[int]]:
        return [
            [i for i in range(self.batch, variable.type.ndim) if i not in axes]
            for variable, axes in zip((a, b), self.axes(a, b), strict=True)
        ]

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the product over the axes of its place, once the lengths are seen to agree."""
        self._check_lengths(node, values)
        batch = tuple(range(self.batch))
        dimensions = (self.axes(*node.inputs), (batch, batch))
        dtype = node.outputs[0].type.dtype

        def compute(a: Any, b: Any) -> Any:
            return lax.dot_general(
                lax.convert_element_type(a, dtype),
                lax.convert_element_type(b, dtype),
                dimensions,
                precision=lax.Precision.HIGHEST,
            )

        return compute

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write a product of matrices as ``@``, another as a contraction."""
        dtype = node.outputs[0].type.dtype
        given = [
            name if variable.type.dtype == dtype else f"{name}.astype({writer.dtype(dtype)})"
            for name, variable in zip(inputs, node.inputs, strict=True)
        ]
        ranks = [variable.type.ndim for variable in node.inputs]
        if self.has_operator(ranks):
            return f"{given[0]} @ {given[1]}"
        batch = tuple(range(self.batch))
        dimensions = (self.axes(*node.inputs), (batch, batch))
        return f"lax.dot_general({', '.join(given)}, {dimensions})"

    def has_operator(self, ranks: Sequence[int]) -> bool:
        """Whether Python's ``@`` is this product, for inputs of some ranks."""
        return False

    def host(self, node: Apply, *values: np.ndarray) -> Any:
        """Compute with NumPy."""
        self._check_lengths(node, values)
        a, b = node.inputs
        labels = [list(range(a.type.ndim)), list(range(a.type.ndim, a.type.ndim + b.type.ndim))]
        for i, j in [(i, i) for i in range(self.batch)] + list(zip(*self.axes(a, b), strict=True)):
            labels[1][j] = labels[0][i]
        first, second = self._left(a, b)
        left = [*range(self.batch), *(labels[0][i] for i in first), *(labels[1][i] for i in second)]
        dtype = node.outputs[0].type.dtype
        given = [value.astype(dtype) for value in values]
        return np.asarray(np.einsum(given[0], labels[0], given[1], labels[1], left))

    def gradient_dtype(self, node: Apply, i: int) -> str:
        """Return the dtype that both inputs are brought to, as Theano does."""
        return str(node.outputs[0].type.dtype)

    def _check_lengths(self, node: Apply, values: Sequence[Any]) -> None:
        first, second = self.axes(*node.inputs)
        batch = tuple(range(self.batch))
        a, b = (tuple(value.shape) for value in values)
        for i, j in zip(batch + first, batch + second, strict=True):
            if a[i] != b[j]:
                raise ValueError(
                    f"shapes do not fit in {self}: {node.inputs[0]} has shape {a}, "
                    f"{node.inputs[1]} has shape {b}; axis {i} of the first has length {a[i]}, "
                    f"axis {j} of the second has length {b[j]}\n"
                    "  make these two lengths agree, or transpose one of them"
                    f"{made_at(node.line)}"
                )


class Dot(Contraction):
    """The product of two matrices, of a matrix and a vector, or of two vectors."""

    def __str__(self) -> str:
        return "dot"

    def axes(self, a: Variable, b: Variable) -> tuple[Axes, Axes]:
        """Return the last axis of the first, and of the second the last but one."""
        return _axes_of_dot(a, b)

    def has_operator(self, ranks: Sequence[int]) -> bool:
        """It is, of vectors and matrices."""
        return max(ranks) <= 2

    def make_node(self, *inputs: Any) -> Apply:
        """Tell the type of the output."""
        variables = [as_tensor_variable(value) for value in inputs]
        for variable in variables:
            if variable.ndim not in (1, 2):
                raise TypeError(
                    f"dot: got {variable} of {variable.type!r}, wanted a vector or a matrix; "
                    "T.dot takes any rank"
                )
        return super().make_node(*variables)


def _axes_of_dot(a: Variable, b: Variable) -> tuple[Axes, Axes]:
    # Beyond this op's own ranks too: NumPy's rule for dot is the same for all.
    return (a.type.ndim - 1,), (0 if b.type.ndim == 1 else b.type.ndim - 2,)


class Tensordot(Contraction):
    """A product of tensors over pairs of axes.

    Args:
        first: the axes of the first input that are summed over.
        second: those of the second.
        batch: how many leading axes of both stand for themselves.

    Example:
        >>> Tensordot((2, 1), (0, 1))
        Tensordot{axes=((2, 1), (0, 1))}
    """

    parameters = ("first", "second", "batch")

    def __init__(self, first: Axes, second: Axes, batch: int = 0) -> None:
        self.first = first
        self.second = second
        self.batch = batch

    def __str__(self) -> str:
        name = "BatchedTensordot" if self.batch else "Tensordot"
        return f"{name}{{axes=({self.first}, {self.second})}}"

    def axes(self, a: Variable, b: Variable) -> tuple[Axes, Axes]:
        """Return the axes that are summed over."""
        return self.first, self.second

    def gradient_dtype(self, node: Apply, i: int) -> str:
        """Return the dtype of the input, or of the output if that is an integer's."""
        dtype = str(node.inputs[i].type.dtype)
        return str(node.outputs[0].type.dtype) if is_discrete(dtype) else dtype


class BatchedDot(Contraction):
    """The dot products of the elements of two batches, each of vectors or of matrices."""

    batch = 1

    def __str__(self) -> str:
        return "BatchedDot"

    def axes(self, a: Variable, b: Variable) -> tuple[Axes, Axes]:
        """Return the last axis of the first, and of the second the first after the batch's."""
        return (a.type.ndim - 1,), (1,)

    def has_operator(self, ranks: Sequence[int]) -> bool:
        """It is, of batches of matrices."""
        return tuple(ranks) == (3, 3)


_dot = Dot()
_batched_dot = BatchedDot()


def dot(a: Any, b: Any) -> Any:
    """Return the dot product, for all ranks as NumPy's.

    A scalar multiplies. Otherwise the last axis of ``a`` is summed against the last but one of
    ``b``, or the only one.

    Args:
        a: any tensor.
        b: any tensor.

    Raises:
        ValueError: the lengths differ, when it is computed.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, w = T.dmatrix("x"), T.dvector("w")
        >>> dot(x, w).eval({x: [[1.0, 2.0], [3.0, 4.0]], w: [10.0, 1.0]}).tolist()
        [12.0, 34.0]
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.ndim == 0 or b.ndim == 0:
        return elementwise.ROWS["mul"](a, b)
    if a.ndim > 2 or b.ndim > 2:
        return Tensordot(*_axes_of_dot(a, b))(a, b)
    return _dot(a, b)


def dot_of_either(l: Any, r: Any) -> Any:  # noqa: E741  (Theano's names)
    """Return the dot product of two tensors, of which one at least is a variable.

    It is `dot` under the names that ``theano.dot`` has for its arguments.

    Args:
        l: any tensor.
        r: any tensor.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> float(dot_of_either(x, [10.0, 1.0]).eval({x: [1.0, 2.0]}))
        12.0
    """
    return dot(l, r)


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Return a product of tensors, summed over pairs of axes.

    Args:
        a: any tensor.
        b: any tensor.
        axes: two sequences of axes, of ``a`` and of ``b``; two axes; or a number n, for the last
            n axes of ``a`` and the first n of ``b``.

    Raises:
        ValueError: there are no such axes; or, when it is computed, the lengths differ.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> tensordot(T.dtensor3(), T.dtensor3(), axes=[[1, 2], [1, 0]]).ndim
        2
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    return Tensordot(*_pairs(a, b, axes, 0))(a, b)


def batched_dot(a: Any, b: Any) -> Any:
    """Return the dot products of the elements of two batches.

    The first axis of both is the batch's. What is left is multiplied as `dot` multiplies it.

    Args:
        a: a tensor of at least one axis.
        b: a tensor of at least one axis.

    Raises:
        TypeError: one has no axis.
        ValueError: the lengths differ, when it is computed.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, y = T.dmatrix("x"), T.dmatrix("y")
        >>> batched_dot(x, y).eval({x: [[1, 2], [3, 4]], y: [[1, 1], [10, 1]]}).tolist()
        [3.0, 34.0]
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    _check_batch(a, b)
    if a.ndim == 1 or b.ndim == 1:
        return elementwise.ROWS["mul"](_with_axes(a, b.ndim), _with_axes(b, a.ndim))
    if a.ndim > 3 or b.ndim > 3:
        (last,), (middle,) = _axes_of_dot(a, b)
        return Tensordot((last,), (middle if b.ndim > 2 else 1,), batch=1)(a, b)
    return _batched_dot(a, b)


def batched_tensordot(x: Any, y: Any, axes: Any = 2) -> Any:
    """Return the products, summed over pairs of axes, of the elements of two batches.

    Args:
        x: a tensor of at least one axis; the first is the batch's.
        y: a tensor of at least one axis; the first is the batch's.
        axes: two sequences of axes, of ``x`` and of ``y``; two axes; or a number n, for the last
            n axes of ``x`` and the first n after the batch's of ``y``.

    Raises:
        TypeError: one has no axis.
        ValueError: there are no such axes, or the batch's is among them; or, when it is computed,
            the lengths differ.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> batched_tensordot(T.dtensor4(), T.dtensor3(), axes=[[2, 3], [2, 1]]).ndim
        2
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    _check_batch(x, y)
    return Tensordot(*_pairs(x, y, axes, 1), batch=1)(x, y)


def outer(x: Any, y: Any) -> Any:
    """Return the products of every element of one tensor with every one of another, as a matrix.

    Example:
        >>> outer([1, 2], [10, 100]).eval().tolist()
        [[10, 100], [20, 200]]
    """
    x, y = (
        variable
        if variable.ndim == 1
        else dimensions.dimshuffle(variable, ["x"])
        if variable.ndim == 0
        else shaping.flatten(variable)
        for variable in (as_tensor_variable(x), as_tensor_variable(y))
    )
    return dot(dimensions.dimshuffle(x, [0, "x"]), dimensions.dimshuffle(y, ["x", 0]))


def _with_axes(vector: Any, ndim: int) -> Any:
    if vector.ndim > 1:
        return vector
    return dimensions.dimshuffle(vector, [0] + ["x"] * (ndim - 1))


def _check_batch(a: Any, b: Any) -> None:
    for variable in (a, b):
        if variable.ndim == 0:
            raise TypeError(
                f"got the scalar {variable}, wanted a tensor whose first axis is the batch's"
            )


def _pairs(a: Any, b: Any, axes: Any, batch: int) -> tuple[Axes, Axes]:
    """Return the axes to sum over, counted from the first."""
    if _is_number(axes):
        count = operator.index(axes)
        if not 0 <= count <= min(a.ndim, b.ndim) - batch:
            raise ValueError(
                f"axes: got {count}, wanted 0 to {min(a.ndim, b.ndim) - batch}: "
                f"{a} has {a.ndim} dimensions, {b} has {b.ndim}"
            )
        return tuple(range(a.ndim - count, a.ndim)), tuple(range(batch, batch + count))
    if isinstance(axes, str) or len(axes) != 2:
        raise ValueError(f"axes: got {axes!r}, wanted an integer, or axes of a and axes of b")
    first, second = (
        _axes_given(variable, given, batch) for variable, given in zip((a, b), axes, strict=True)
    )
    if len(first) != len(second):
        raise ValueError(
            f"axes: got {len(first)} axes of {a} and {len(second)} of {b}, wanted as many"
        )
    return first, second


def _axes_given(x: Any, axes: Any, batch: int) -> Axes:
    numbers = [operator.index(axis) for axis in ([axes] if _is_number(axes) else axes)]
    for number in numbers:
        if not -x.ndim <= number < x.ndim:
            raise ValueError(
                f"axes: got {number}, wanted {batch} to {x.ndim - 1}: {x} has {x.ndim} dimensions"
            )
        if number % x.ndim < batch:
            raise ValueError(f"axes: got {number}, which is the batch's axis of {x}")
    counted = tuple(number % int(x.ndim) for number in numbers)
    if len(set(counted)) < len(counted):
        raise ValueError(f"axes: got {numbers} of {x}, wanted each axis once")
    return counted


def _is_number(axes: Any) -> bool:
    return not isinstance(axes, (str, list, tuple)) and np.ndim(axes) == 0
