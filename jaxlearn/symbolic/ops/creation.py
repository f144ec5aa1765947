"""Operations that make tensors: filled ones, ranges, identity matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.configuration import config
from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.symbolic.ops.dimensions import shape_padleft
from jaxlearn.symbolic.ops.elementwise import ROWS, cast
from jaxlearn.symbolic.ops.static_values import constant_or_none, get_vector_length
from jaxlearn.symbolic.types import TensorType, is_discrete, upcast
from jaxlearn.symbolic.variables import TensorOperators, as_tensor_variable, constant

__all__ = [
    "Alloc",
    "Arange",
    "Eye",
    "alloc",
    "arange",
    "bartlett",
    "eye",
    "fill",
    "full",
    "full_like",
    "identity_like",
    "ones",
    "ones_like",
    "tri",
    "tril",
    "triu",
    "zeros",
    "zeros_like",
]


class Alloc(Op):
    """A value repeated to a shape."""

    linear = True

    def make_node(self, value: Any, *lengths: Any) -> Apply:
        """Tell the type of the output; a length that is constant 1 broadcasts."""
        variable = as_tensor_variable(value)
        sizes = [as_tensor_variable(length) for length in lengths]
        for size in sizes:
            if size.ndim or not is_discrete(size.dtype) or size.dtype == "bool":
                raise TypeError(
                    f"alloc: got {size} of {size.type!r} as a length, wanted an integer scalar"
                )
        if variable.ndim > len(sizes):
            raise TypeError(
                f"alloc: the value {variable} has {variable.ndim} axes, "
                f"more than the {len(sizes)} of the shape"
            )
        variable = shape_padleft(variable, len(sizes) - variable.ndim)
        flags = [constant_or_none(size) == 1 for size in sizes]
        return Apply.of_types(self, [variable, *sizes], [variable.type.clone(None, flags)])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the filling of the shape of its place."""
        shape = [
            lowering.size(variable, value)
            for variable, value in zip(node.inputs[1:], values[1:], strict=True)
        ]
        self._check(node, values[0], shape)
        return lambda value, *_: jnp.broadcast_to(value, shape)

    def sizes(self, node: Apply) -> Sequence[int]:
        """All lengths are."""
        return range(1, len(node.inputs))

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        lengths = [
            writer.size(variable, name)
            for variable, name in zip(node.inputs[1:], inputs[1:], strict=True)
        ]
        shape = f"({lengths[0]},)" if len(lengths) == 1 else f"({', '.join(lengths)})"
        return f"jnp.broadcast_to({inputs[0]}, {shape})"

    def host(self, node: Apply, value: np.ndarray, *lengths: np.ndarray) -> Any:
        """Fill with NumPy."""
        shape = [int(length) for length in lengths]
        self._check(node, value, shape)
        return np.broadcast_to(value, shape)

    def connected(self, node: Apply, i: int) -> bool:
        """Only the value matters."""
        return i == 0

    def _check(self, node: Apply, value: Any, shape: Sequence[int]) -> None:
        fits = all(given in (1, wanted) for given, wanted in zip(value.shape, shape, strict=True))
        if not fits or any(length < 0 for length in shape):
            raise ValueError(
                f"alloc: {node.inputs[0]} has shape {tuple(value.shape)}, which does not fill "
                f"shape {tuple(shape)}{made_at(node.line)}"
            )


def alloc(value: Any, *shape: Any) -> Any:
    """Return a value repeated to a shape.

    Args:
        value: a tensor that broadcasts to the shape.
        *shape: the lengths; symbolic or not.

    Raises:
        TypeError: a length is no integer scalar, or the value has too many axes.
        ValueError: when the function runs: the value does not fit.

    Example:
        >>> alloc(7, 2, 3).eval().tolist()
        [[7, 7, 7], [7, 7, 7]]
    """
    return Alloc()(value, *shape)


def _lengths(shape: Any) -> list[Any]:
    if isinstance(shape, (list, tuple, np.ndarray)):
        return list(shape)
    if isinstance(shape, TensorOperators) and shape.ndim == 1:
        return [shape[i] for i in range(get_vector_length(shape))]
    return [shape]


def full(shape: Any, fill_value: Any, dtype: str | None = None) -> Any:
    """Return a tensor of a shape, filled with a value.

    Example:
        >>> full((2,), 7.0, "float32").eval()
        array([7., 7.], dtype=float32)
    """
    value = as_tensor_variable(fill_value)
    return alloc(value if dtype is None else cast(value, dtype), *_lengths(shape))


def zeros(shape: Any, dtype: str | None = None) -> Any:
    """Return zeros of a shape, of ``config.floatX`` by default.

    Example:
        >>> zeros((2, 2)).eval().tolist()
        [[0.0, 0.0], [0.0, 0.0]]
    """
    return alloc(constant(0, dtype=_dtype_or_floatx(dtype)), *_lengths(shape))


def ones(shape: Any, dtype: str | None = None) -> Any:
    """Return ones of a shape, of ``config.floatX`` by default.

    Example:
        >>> ones(3, "int8").eval()
        array([1, 1, 1], dtype=int8)
    """
    return alloc(constant(1, dtype=_dtype_or_floatx(dtype)), *_lengths(shape))


def _dtype_or_floatx(dtype: str | None) -> str:
    return TensorType("floatX" if dtype is None else dtype, ()).dtype


def fill(a: Any, b: Any) -> Any:
    """Return a tensor of the shape of the first, filled with the second.

    Example:
        >>> fill([1, 2], 3.0).eval().tolist()
        [3.0, 3.0]
    """
    return ROWS["second"](a, b)


def zeros_like(model: Any, dtype: str | None = None, opt: bool = False) -> Any:
    """Return zeros of the shape and, unless another is given, the dtype of a tensor.

    Example:
        >>> zeros_like([1, 2]).eval().tolist()
        [0, 0]
    """
    return full_like(model, 0, dtype)


def ones_like(model: Any, dtype: str | None = None, opt: bool = False) -> Any:
    """Return ones of the shape and, unless another is given, the dtype of a tensor.

    Example:
        >>> ones_like([1.0, 2.0], "int32").eval()
        array([1, 1], dtype=int32)
    """
    return full_like(model, 1, dtype)


def full_like(a: Any, fill_value: Any, dtype: str | None = None) -> Any:
    """Return a tensor of the shape of another, filled with a value.

    Example:
        >>> full_like([1.0, 2.0], 3).eval().tolist()
        [3.0, 3.0]
    """
    model = as_tensor_variable(a)
    kind = model.dtype if dtype is None else TensorType(dtype, ()).dtype
    return fill(model, cast(as_tensor_variable(fill_value), kind))


class Arange(Op):
    """Evenly spaced numbers: start, start + step, ... before stop."""

    parameters = ("dtype",)

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype

    def __str__(self) -> str:
        return f"ARange{{dtype='{self.dtype}'}}"

    def make_node(self, start: Any, stop: Any, step: Any) -> Apply:
        """Check that the limits are scalars."""
        limits = [as_tensor_variable(limit) for limit in (start, stop, step)]
        for limit in limits:
            if limit.ndim:
                raise TypeError(f"arange: got {limit} of {limit.type!r}, wanted a scalar")
        return Apply.of_types(self, limits, [TensorType(self.dtype, (False,))])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the function of start and step; only how many numbers there are is a size."""
        if all(isinstance(value, np.ndarray) for value in values):
            length = _count(*values)
        else:
            length = lowering.size(ArangeLength()(*node.inputs))
        working = self._working(node)

        def numbers(start: Any, stop: Any, step: Any) -> Any:
            first, pace = (lax.convert_element_type(limit, working) for limit in (start, step))
            return lax.convert_element_type(first + lax.iota(working, length) * pace, self.dtype)

        return numbers

    def _working(self, node: Apply) -> str:
        """Return the dtype that the numbers are computed in."""
        return upcast(self.dtype, *(variable.type.dtype for variable in node.inputs))

    def sizes(self, node: Apply) -> Sequence[int]:
        """The limits make one."""
        return range(3)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        limits = [
            writer.size(variable, name) for variable, name in zip(node.inputs, inputs, strict=True)
        ]
        working = self._working(node)
        if is_discrete(working):
            numbers = [writer.number(variable) for variable in node.inputs]
            shown = limits[:2] if numbers[2] == 1 else limits
            shown = shown[1:] if numbers[0] == 0 and len(shown) == 2 else shown
            return f"jnp.arange({', '.join(shown)}, dtype={writer.dtype(self.dtype)})"
        start, stop, step = limits
        count = f"max(0, int(np.ceil(({stop} - {start}) / {step})))"
        text = f"{start} + jnp.arange({count}, dtype={writer.dtype(working)}) * {step}"
        return text if working == self.dtype else f"({text}).astype({writer.dtype(self.dtype)})"

    def host(self, node: Apply, start: np.ndarray, stop: np.ndarray, step: np.ndarray) -> Any:
        """Compute with NumPy."""
        _count(start, stop, step)
        return np.arange(start.item(), stop.item(), step.item(), dtype=self.dtype)

    def connected(self, node: Apply, i: int) -> bool:
        """How many numbers there are does not depend smoothly on the end."""
        return i != 1


class ArangeLength(Op):
    """How many numbers a range has."""

    def make_node(self, start: Any, stop: Any, step: Any) -> Apply:
        """Tell the type."""
        limits = [as_tensor_variable(limit) for limit in (start, stop, step)]
        return Apply.of_types(self, limits, [TensorType("int64", ())])

    def host(self, node: Apply, start: np.ndarray, stop: np.ndarray, step: np.ndarray) -> Any:
        """Compute with NumPy."""
        return np.asarray(_count(start, stop, step))

    def function(self, start: Any, stop: Any, step: Any) -> Any:
        """Count them; a loop asks before each step whether there are still as many."""
        whole = all(is_discrete(str(limit.dtype)) for limit in (start, stop, step))
        working = np.int64 if whole else np.float64
        first, end, pace = (lax.convert_element_type(x, working) for x in (start, stop, step))
        count = -((first - end) // pace) if whole else jnp.ceil((end - first) / pace)
        return jnp.maximum(0, lax.convert_element_type(count, np.int64))


def _count(start: Any, stop: Any, step: Any) -> int:
    return max(0, int(np.ceil((stop.item() - start.item()) / step.item())))


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: str | None = None) -> Any:
    """Return evenly spaced numbers, as NumPy's arange.

    Args:
        start: the first number; the end, if it is the only argument.
        stop: the end, which is not reached.
        step: the difference of two numbers.
        dtype: the dtype of the result; by default int64 for integers, else the upcast of the
            arguments.

    Raises:
        TypeError: an argument is no scalar.

    Example:
        >>> arange(2, 10, 3).eval().tolist()
        [2, 5, 8]
    """
    if stop is None:
        start, stop = 0, start
    limits = [as_tensor_variable(limit) for limit in (start, stop, step)]
    if dtype is None:
        dtype = _arange_dtype([limit.dtype for limit in limits])
    return Arange(TensorType(dtype, ()).dtype)(*limits)


def _arange_dtype(dtypes: list[str]) -> str:
    common = upcast(*dtypes)
    if is_discrete(common):
        return upcast(common, "int64")
    # Python numbers as limits must not make float64 of what floatX says is float32.
    keeps = config.cast_policy in ("numpy", "numpy+floatX") and config.floatX == "float32"
    return "float32" if keeps and common == "float64" and "float64" not in dtypes else common


class Eye(Op):
    """A matrix with ones on a diagonal."""

    parameters = ("dtype",)

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype

    def __str__(self) -> str:
        return f"Eye{{dtype='{self.dtype}'}}"

    def make_node(self, n: Any, m: Any, k: Any) -> Apply:
        """Tell the type."""
        sizes = [as_tensor_variable(size) for size in (n, m, k)]
        for size in sizes:
            if size.ndim or not is_discrete(size.dtype):
                raise TypeError(f"eye: got {size} of {size.type!r}, wanted an integer scalar")
        return Apply.of_types(self, sizes, [TensorType(self.dtype, (False, False))])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the matrix of the sizes of its place."""
        n, m, k = map(lowering.size, node.inputs, values)
        return lambda *_: jnp.eye(n, m, k, dtype=self.dtype)

    def sizes(self, node: Apply) -> Sequence[int]:
        """All inputs are."""
        return range(3)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        sizes = [
            writer.size(variable, name) for variable, name in zip(node.inputs, inputs, strict=True)
        ]
        return f"jnp.eye({', '.join(sizes)}, dtype={writer.dtype(self.dtype)})"

    def connected(self, node: Apply, i: int) -> bool:
        """No input is more than a size."""
        return False


def eye(n: Any, m: Any = None, k: Any = 0, dtype: str | None = None) -> Any:
    """Return a matrix with ones on diagonal ``k`` and zeros elsewhere.

    Example:
        >>> eye(2, 3).eval().tolist()
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    return Eye(_dtype_or_floatx(dtype))(n, n if m is None else m, k)


def identity_like(x: Any) -> Any:
    """Return an identity matrix of the shape and dtype of a matrix.

    Example:
        >>> identity_like([[3.0, 4.0], [5.0, 6.0]]).eval().tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    model = as_tensor_variable(x)
    return eye(model.shape[0], model.shape[1], 0, model.dtype)


def tri(N: Any, M: Any = None, k: Any = 0, dtype: str | None = None) -> Any:  # noqa: N803
    """Return a matrix with ones at and below diagonal ``k``.

    Example:
        >>> tri(2, 3).eval().tolist()
        [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]
    """
    rows = arange(N).dimshuffle(0, "x")
    columns = arange(N if M is None else M).dimshuffle("x", 0)
    return cast(rows + k >= columns, _dtype_or_floatx(dtype))


def tril(m: Any, k: Any = 0) -> Any:
    """Return a matrix with zeros above diagonal ``k``.

    Example:
        >>> tril([[1, 2], [3, 4]]).eval().tolist()
        [[1, 0], [3, 4]]
    """
    matrix = as_tensor_variable(m)
    return matrix * tri(matrix.shape[0], matrix.shape[1], k, matrix.dtype)


def triu(m: Any, k: Any = 0) -> Any:
    """Return a matrix with zeros below diagonal ``k``.

    Example:
        >>> triu([[1, 2], [3, 4]]).eval().tolist()
        [[1, 2], [0, 4]]
    """
    matrix = as_tensor_variable(m)
    ones_below = tri(matrix.shape[0], matrix.shape[1], k - 1, matrix.dtype)
    return matrix * (1 - ones_below)


def bartlett(M: Any) -> Any:  # noqa: N803  (Theano's name)
    """Return the Bartlett window: a triangle from 0 up to 1 and down to 0 again, as float64.

    Args:
        M: how many points there are; none for 0 and less.

    Raises:
        TypeError: it is no integer scalar.

    Example:
        >>> bartlett(5).eval().tolist()
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    count = as_tensor_variable(M)
    if count.ndim or not is_discrete(count.dtype):
        raise TypeError(f"bartlett: got {count} of {count.type!r}, wanted an integer scalar")
    last = cast(count, "int64") - 1
    points = arange(ROWS["maximum"](last + 1, 0))
    distance = cast(abs(2 * points - last), "float64")
    return 1.0 - distance / ROWS["maximum"](last, 1)
