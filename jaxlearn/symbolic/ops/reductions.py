"""Operations that reduce axes: one row a reduction.

A row is Theano's name, the public JAX function, NumPy's function that does the same, and the rule
for the dtype that comes out. Sums and products have two dtypes of their own: what they are
accumulated in, and what comes out. Means, variances and norms are expressions made of these.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import partial
from math import isinf
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import ComplexError, made_at, retold
from jaxlearn.symbolic.graph import Apply, Constant, Op, Variable
from jaxlearn.symbolic.ops import dimensions, elementwise, shaping
from jaxlearn.symbolic.types import TensorType, is_complex, is_discrete, upcast
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "OF_TWO_ELEMENTS",
    "ROWS",
    "Accumulation",
    "Reduction",
    "all",
    "any",
    "argmax",
    "argmin",
    "make_keep_dims",
    "max",
    "max_and_argmax",
    "mean",
    "min",
    "norm",
    "prod",
    "ptp",
    "std",
    "sum",
    "var",
]

Axes = tuple[int, ...]


# What comes out of a row, by what goes in.


def _widened(dtype: str) -> str:
    if dtype == "bool" or dtype.startswith("int"):
        return "int64"
    return "uint64" if dtype.startswith("uint") else dtype


def _accumulated_in(dtype: str) -> str:
    wider = {"float16": "float32", "float32": "float64", "complex64": "complex128"}
    return wider.get(dtype, _widened(dtype))


def _kept(dtype: str) -> str:
    if is_complex(dtype):
        raise ComplexError(f"got {dtype}: complex numbers have no order; reduce abs(x) or x.real")
    return dtype


def _position(dtype: str) -> str:
    _kept(dtype)
    return "int64"


def _truth(dtype: str) -> str:
    return "bool"


# Functions whose derivative Theano defines otherwise than JAX, or that JAX has for one axis only.


@partial(jax.custom_jvp, nondiff_argnums=(0, 2))
def _real_extreme(function: Callable[..., Any], x: Any, axis: Axes) -> Any:
    return function(x, axis=axis)


@_real_extreme.defjvp
def _real_extreme_jvp(
    function: Callable[..., Any], axis: Axes, primals: Any, tangents: Any
) -> tuple[Any, Any]:
    (x,), (tangent,) = primals, tangents
    answer = _real_extreme(function, x, axis)
    chosen = x == jnp.expand_dims(answer, axis)
    # Each element of a tie gets the whole derivative, as in Theano.
    return answer, jnp.sum(jnp.where(chosen, tangent, jnp.zeros((), tangent.dtype)), axis=axis)


def _largest(x: Any, axis: Axes) -> Any:
    return _real_extreme(jnp.max, x, axis) if _is_real(x) else jnp.max(x, axis=axis)


def _smallest(x: Any, axis: Axes) -> Any:
    return _real_extreme(jnp.min, x, axis) if _is_real(x) else jnp.min(x, axis=axis)


def _is_real(x: Any) -> bool:
    return bool(np.dtype(x.dtype).kind == "f")


def _last(x: Any, axis: Axes) -> Any:
    """Return an array with some axes merged into a last one, their elements in C order."""
    kept = [i for i in range(x.ndim) if i not in axis]
    count = int(np.prod([x.shape[i] for i in axis]))
    return x.transpose((*kept, *sorted(axis))).reshape((*(x.shape[i] for i in kept), count))


# XLA cannot compile 64-bit positions in a user's program where 64-bit types are off.


def _position_of_largest(x: Any, axis: Axes) -> Any:
    rows = _last(x, axis)
    return lax.convert_element_type(lax.argmax(rows, rows.ndim - 1, np.int32), np.int64)


def _position_of_smallest(x: Any, axis: Axes) -> Any:
    rows = _last(x, axis)
    return lax.convert_element_type(lax.argmin(rows, rows.ndim - 1, np.int32), np.int64)


def _numpy_position_of_largest(x: np.ndarray, axis: Axes) -> Any:
    return _last(x, axis).argmax(axis=-1)


def _numpy_position_of_smallest(x: np.ndarray, axis: Axes) -> Any:
    return _last(x, axis).argmin(axis=-1)


class Row(NamedTuple):
    """What a reduction is."""

    name: str
    function: Callable[..., Any]
    numpy: Callable[..., Any]
    result: Callable[[str], str]
    needs_elements: bool = False


ROWS = {
    row.name: row
    for row in (
        Row("Sum", jnp.sum, np.sum, _widened),
        Row("Prod", jnp.prod, np.prod, _widened),
        Row("Max", _largest, np.max, _kept, needs_elements=True),
        Row("Min", _smallest, np.min, _kept, needs_elements=True),
        Row(
            "Argmax",
            _position_of_largest,
            _numpy_position_of_largest,
            _position,
            needs_elements=True,
        ),
        Row(
            "Argmin",
            _position_of_smallest,
            _numpy_position_of_smallest,
            _position,
            needs_elements=True,
        ),
        Row("All", jnp.all, np.all, _truth),
        Row("Any", jnp.any, np.any, _truth),
    )
}
"""Every reduction, by name."""


OF_TWO_ELEMENTS = {
    "Sum": "add",
    "Prod": "mul",
    "Max": "maximum",
    "Min": "minimum",
    "All": "and_",
    "Any": "or_",
}
"""The operation that makes one element of two, for each reduction that is no search."""


class Reduction(Op):
    """A reduction of some axes, or of all.

    Args:
        name: which row of `ROWS` it is.
        axis: the axes that it reduces; None for all.

    Example:
        >>> Reduction("Max", (0,))
        Max{axis=(0,)}
    """

    parameters: tuple[str, ...] = ("name", "axis")

    def __init__(self, name: str, axis: Axes | None = None) -> None:
        self.name = name
        self.axis = axis

    def __str__(self) -> str:
        if self.axis is None:
            return self.name
        if self.row.result is _truth:
            return f"{self.name}{{{', '.join(map(str, self.axis))}}}"
        return f"{self.name}{{axis={self.axis}}}"

    @property
    def row(self) -> Row:
        """What reduces."""
        return ROWS[self.name]

    @property
    def scalar_op(self) -> Any:
        """What makes one element of two, such as ``T.add`` of a sum."""
        from jaxlearn.symbolic.ops.elementwise import ROWS as OPERATIONS

        if self.name not in OF_TWO_ELEMENTS:
            raise AttributeError(f"{self.name} has no scalar_op: it finds a place, not an element")
        return OPERATIONS[OF_TWO_ELEMENTS[self.name]]

    def axes_of(self, x: Variable) -> Axes:
        """Return the axes that are reduced of a variable."""
        return tuple(range(x.type.ndim)) if self.axis is None else self.axis

    def result(self, dtype: str) -> str:
        """Return the dtype that comes out."""
        return self.row.result(dtype)

    def computed_in(self, dtype: str) -> str:
        """Return the dtype that the elements are reduced in."""
        return dtype

    def make_node(self, *inputs: Any) -> Apply:
        """Check the input and tell the type of the output."""
        (x,) = (as_tensor_variable(value) for value in inputs)
        axes = _axes_given(self.name, x, self.axes_of(x))
        try:
            dtype = self.result(x.type.dtype)
        except (TypeError, ComplexError) as error:
            raise retold(error, f"{self.name}: {error}; given {x} of {x.type!r}") from None
        flags = [flag for i, flag in enumerate(x.type.broadcastable) if i not in axes]
        return Apply.of_types(self, [x], [TensorType(dtype, flags)])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the function over the axes of its place, in the dtypes of its place."""
        self._check_lengths(node, values[0])
        axes = self.axes_of(node.inputs[0])
        declared = node.inputs[0].type.dtype
        before, after = self.computed_in(declared), node.outputs[0].type.dtype

        def compute(x: Any) -> Any:
            # A gradient gives the input in a wider dtype (integers as reals), and so it must stay.
            given = _converted(x, before) if x.dtype == declared else x
            return _converted(self._reduce(given, axes), after)

        return compute

    def _reduce(self, x: Any, axes: Axes) -> Any:
        return self.row.function(x, axis=axes)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function over the axes of its place, in the dtypes of its place."""
        (x,) = node.inputs
        if writer.is_known(node.outputs[0]):
            return f"{self._name_of_python(x, writer)}({writer.raw(inputs[0])})"
        before, after = self.computed_in(x.type.dtype), node.outputs[0].type.dtype
        given = (
            inputs[0] if before == x.type.dtype else f"{inputs[0]}.astype({writer.dtype(before)})"
        )
        axes = self.axes_of(x)
        options = [given, f"axis={axes[0] if len(axes) == 1 and self._takes_one else axes}"]
        if self._takes_one and len(axes) == x.type.ndim:
            options.pop()
        options += self._source_options(before, writer)
        text = f"{writer.function(self.row.function)}({', '.join(options)})"
        return text if self._natural(before) == after else f"{text}.astype({writer.dtype(after)})"

    def _name_of_python(self, x: Variable, writer: Any) -> str:
        # NumPy's sum and product of no numbers are real, and no sizes.
        if x.type.ndim == 1 and self.name == "Sum":
            return "sum"
        if x.type.ndim == 1 and self.name == "Prod":
            return str(writer.imported(math.prod))
        return f"np.{self.name.lower()}"

    @property
    def _takes_one(self) -> bool:
        """Whether the function is one of JAX, which takes one axis, and all axes by default."""
        return self.row.function in (jnp.sum, jnp.prod, jnp.all, jnp.any)

    def _source_options(self, before: str, writer: Any) -> list[str]:
        return []

    def _natural(self, before: str) -> str:
        """Return the dtype that the function gives."""
        return before if self.row.result is _kept else self.row.result(before)

    def written_as_known(self, node: Apply, known: Sequence[bool]) -> bool:
        """A reduction of a whole shape is."""
        whole = self.axis in (None, (0,))
        return whole and False not in known and self.name in ("Sum", "Prod", "Max", "Min")

    def host(self, node: Apply, *values: np.ndarray) -> Any:
        """Compute with NumPy."""
        (x,) = values
        self._check_lengths(node, x)
        given = x.astype(self.computed_in(node.inputs[0].type.dtype))
        answer = self.row.numpy(given, axis=self.axes_of(node.inputs[0]))
        return np.asarray(answer).astype(node.outputs[0].type.dtype)

    def _check_lengths(self, node: Apply, x: Any) -> None:
        for axis in self.axes_of(node.inputs[0]) if self.row.needs_elements else ():
            if x.shape[axis] == 0:
                raise ValueError(
                    f"{self} needs at least one element: axis {axis} of {node.inputs[0]}, of shape "
                    f"{tuple(x.shape)}, has length 0{made_at(node.line)}"
                )


class Accumulation(Reduction):
    """A sum or a product, with the dtype it is accumulated in and the dtype that comes out.

    Args:
        name: ``"Sum"`` or ``"Prod"``.
        axis: the axes that it reduces; None for all.
        dtype: what comes out; by default integers come out with 64 bits.
        acc_dtype: what it is accumulated in; by default the next wider dtype.

    Example:
        >>> Accumulation("Sum", (0,), "float32", "float64")
        Sum{axis=[0], acc_dtype=float64}
    """

    parameters = ("name", "axis", "dtype", "acc_dtype")

    def __init__(
        self,
        name: str,
        axis: Axes | None = None,
        dtype: str | None = None,
        acc_dtype: str | None = None,
    ) -> None:
        super().__init__(name, axis)
        self.dtype = dtype
        self.acc_dtype = acc_dtype

    def __str__(self) -> str:
        if self.name == "Sum":
            axis = "" if self.axis is None else f"axis={list(self.axis)}, "
            return f"Sum{{{axis}acc_dtype={self.acc_dtype}}}"
        return f"Prod{{axis={self.axis}, dtype={self.dtype!r}, acc_dtype={self.acc_dtype!r}}}"

    def result(self, dtype: str) -> str:
        """Return the dtype that comes out."""
        result = self.dtype or super().result(dtype)
        acc_dtype = self.computed_in(dtype)
        holds = upcast(dtype, acc_dtype) == acc_dtype
        if not holds and (is_discrete(acc_dtype) or not is_discrete(dtype)):
            raise TypeError(
                f"acc_dtype: got {acc_dtype}, which cannot hold every {dtype}; leave it out, or "
                "cast the input if the loss is wanted. For the result alone use dtype"
            )
        if is_complex(acc_dtype) and not is_complex(result):
            raise TypeError(f"dtype: got {result}, which would drop the imaginary part of {dtype}")
        return result

    def computed_in(self, dtype: str) -> str:
        """Return the dtype that the elements are accumulated in."""
        return self.acc_dtype or _accumulated_in(dtype)

    def derivative_uses(self, node: Apply, i: int, j: int) -> bool:
        """A sum is linear."""
        return self.name != "Sum"

    def gradient_dtype(self, node: Apply, i: int) -> str:
        """Return the dtype that holds both the input and the output."""
        return upcast(node.inputs[i].type.dtype, node.outputs[0].type.dtype)

    def _source_options(self, before: str, writer: Any) -> list[str]:
        # Left alone, JAX widens small integers.
        widens = is_discrete(before) and before not in ("int64", "uint64")
        return [f"dtype={writer.dtype(before)}"] if widens else []

    def _natural(self, before: str) -> str:
        return before

    def _reduce(self, x: Any, axes: Axes) -> Any:
        # Left alone, JAX widens small integers: an acc_dtype says what is wanted.
        return self.row.function(x, axis=axes, dtype=x.dtype)


def _converted(x: Any, dtype: str) -> Any:
    return x if x.dtype == dtype else lax.convert_element_type(x, dtype)


def _axes_given(name: str, x: Variable, axis: Any) -> Axes:
    """Return axes as they may be given, each once, counted from the first."""
    if isinstance(axis, Constant):
        axis = axis.data
    if isinstance(axis, np.ndarray):
        axis = axis.tolist()
    ndim = x.type.ndim
    axes = []
    for given in axis if isinstance(axis, (list, tuple, range)) else (axis,):
        try:
            number = operator.index(given)
        except TypeError:
            raise TypeError(
                f"{name}: got axis {given!r}, wanted None, an integer, or a tuple of integers"
            ) from None
        if not -ndim <= number < ndim:
            wanted = f"one from {-ndim} to {ndim - 1}" if ndim else "None"
            raise ValueError(
                f"{name}: got axis {number}, wanted {wanted}: "
                f"{x} has {ndim} dimensions ({x.type!r})"
            )
        axes.append(number % ndim)
    return tuple(dict.fromkeys(axes))


def _axes_or_none(name: str, x: Variable, axis: Any) -> Axes | None:
    return None if axis is None else _axes_given(name, x, axis)


def _all_axes(name: str, x: Variable, axis: Any) -> Axes:
    # Theano writes the axes of an extreme out, and takes none at all for all of them.
    return _axes_or_none(name, x, axis) or tuple(range(x.type.ndim))


def _keeping(keepdims: bool, x: Any, reduced: Any, axis: Any) -> Any:
    return make_keep_dims(x, reduced, axis) if keepdims else reduced


def make_keep_dims(x: Any, y: Any, axis: Any) -> Any:
    """Return a reduced array with its reduced axes put back, of length 1 and broadcastable.

    Args:
        x: what was reduced.
        y: what came out.
        axis: the axes that were reduced; None for all.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dmatrix("x")
        >>> make_keep_dims(x, x.sum(axis=1), 1).broadcastable
        (False, True)
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    axes = range(x.ndim) if axis is None else _axes_given("keepdims", x, axis)
    kept = iter(range(y.ndim))
    return dimensions.dimshuffle(y, ["x" if i in axes else next(kept) for i in range(x.ndim)])


def _accumulate(name: str, x: Any, axis: Any, dtype: Any, keepdims: bool, acc_dtype: Any) -> Any:
    x = as_tensor_variable(x)
    axes = _axes_or_none(name, x, axis)
    operation = Accumulation(
        name,
        axes,
        _widened(x.dtype) if dtype is None else TensorType(dtype, ()).dtype,
        _accumulated_in(x.dtype) if acc_dtype is None else TensorType(acc_dtype, ()).dtype,
    )
    return _keeping(keepdims, x, operation(x), axes)


def sum(  # noqa: A001  (Theano's name)
    input: Any,  # noqa: A002  (Theano's name)
    axis: Any = None,
    dtype: Any = None,
    keepdims: bool = False,
    acc_dtype: Any = None,
) -> Any:
    """Return the sum over axes.

    Args:
        input: any tensor.
        axis: an axis, a sequence of them, or None for all.
        dtype: the dtype of the result; by default that of the input, and 64 bits for integers.
        keepdims: keep the summed axes, of length 1 and broadcastable.
        acc_dtype: the dtype that is summed in; by default the next wider one.

    Raises:
        ValueError: there is no such axis.
        TypeError: ``acc_dtype`` cannot hold what is summed.

    Example:
        >>> sum([[1, 2], [3, 4]], axis=0).eval().tolist()
        [4, 6]
    """
    return _accumulate("Sum", input, axis, dtype, keepdims, acc_dtype)


def prod(
    input: Any,  # noqa: A002  (Theano's name)
    axis: Any = None,
    dtype: Any = None,
    keepdims: bool = False,
    acc_dtype: Any = None,
    no_zeros_in_input: bool = False,
) -> Any:
    """Return the product over axes.

    Args:
        input: any tensor.
        axis: an axis, a sequence of them, or None for all.
        dtype: the dtype of the result; by default that of the input, and 64 bits for integers.
        keepdims: keep the reduced axes, of length 1 and broadcastable.
        acc_dtype: the dtype that is multiplied in; by default the next wider one.
        no_zeros_in_input: Theano needs it for a second derivative. It makes no difference here:
            all derivatives are right, at zeros too.

    Raises:
        ValueError: there is no such axis.
        TypeError: ``acc_dtype`` cannot hold what is multiplied.

    Example:
        >>> prod([[1, 2], [3, 4]]).eval().item()
        24
    """
    return _accumulate("Prod", input, axis, dtype, keepdims, acc_dtype)


def mean(
    input: Any,  # noqa: A002  (Theano's name)
    axis: Any = None,
    dtype: Any = None,
    op: bool = False,
    keepdims: bool = False,
    acc_dtype: Any = None,
) -> Any:
    """Return the mean over axes.

    Args:
        input: any tensor.
        axis: an axis, a sequence of them, or None for all.
        dtype: the dtype of the sum, and so of the mean where it is a float's.
        op: accepted as in Theano, without a meaning.
        keepdims: keep the reduced axes, of length 1 and broadcastable.
        acc_dtype: the dtype that is summed in.

    Raises:
        ValueError: there is no such axis.

    Example:
        >>> mean([[1, 2], [3, 4]], axis=1).eval().tolist()
        [1.5, 3.5]
    """
    x = as_tensor_variable(input)
    wanted = None if dtype is None else TensorType(dtype, ()).dtype
    # Not every count is a float16, so float16 is summed and divided in float32.
    is_half = (wanted or x.dtype) == "float16"
    result = sum(x, axis, "float32" if is_half else wanted, keepdims, acc_dtype)
    single = result.dtype in ("float32", "complex64")
    lengths = elementwise.cast(shaping.shape(x), "float32" if single else "float64")
    for i in range(x.ndim) if axis is None else _axes_given("Mean", x, axis):
        result = _divide(result, lengths[i])
    if is_half or is_discrete(result.dtype):
        result = elementwise.cast(result, "float16" if is_half else "float64")
    return _named(result, "mean")


def _divide(x: Any, y: Any) -> Any:
    return elementwise.ROWS["true_div"](x, y)


def _named(variable: Any, name: str) -> Any:
    variable.name = name
    return variable


def var(
    input: Any,  # noqa: A002  (Theano's name)
    axis: Any = None,
    ddof: int = 0,
    keepdims: bool = False,
    corrected: bool = False,
) -> Any:
    """Return the variance over axes.

    Args:
        input: any tensor.
        axis: an axis, a sequence of them, or None for all.
        ddof: how much less than its length to divide by for each reduced axis. Over several axes
            this is not NumPy's ``ddof``, which is taken off once.
        keepdims: keep the reduced axes, of length 1 and broadcastable.
        corrected: take off what rounding leaves of the mean.

    Raises:
        ValueError: there is no such axis.

    Example:
        >>> var([[1.0, 2.0], [3.0, 6.0]], axis=1).eval().tolist()
        [0.25, 2.25]
    """
    x = as_tensor_variable(input)
    axes = _axes_given("Var", x, range(x.ndim) if axis is None else axis)
    centered = x - mean(x, axes, keepdims=True)
    square = elementwise.ROWS["sqr"]
    if ddof == 0:
        result = mean(square(centered), axes, keepdims=keepdims)
        error = square(mean(centered, axes, keepdims=keepdims)) if corrected else None
    else:
        lengths = shaping.shape(x)
        result = sum(square(centered), axes, keepdims=keepdims)
        error = square(sum(centered, axes, keepdims=keepdims)) if corrected else None
        for i in axes:
            result = _divide(result, lengths[i] - ddof)
            if error is not None:
                error = _divide(error, (lengths[i] - ddof) * lengths[i])
    return _named(result if error is None else result - error, "var")


def std(
    input: Any,  # noqa: A002  (Theano's name)
    axis: Any = None,
    ddof: int = 0,
    keepdims: bool = False,
    corrected: bool = False,
) -> Any:
    """Return the standard deviation over axes: the square root of `var`.

    Example:
        >>> std([[1.0, 2.0], [3.0, 6.0]], axis=1).eval().tolist()
        [0.5, 1.5]
    """
    return _named(elementwise.ROWS["sqrt"](var(input, axis, ddof, keepdims, corrected)), "std")


def _reduce_extreme(name: str, label: str | None, x: Any, axis: Any, keepdims: bool) -> Any:
    x = as_tensor_variable(x)
    axes = _all_axes(name, x, axis)
    return _keeping(keepdims, x, Reduction(name, axes)(x, name=label), axes)


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001  (Theano's name)
    """Return the largest element over axes; NaN where there is one.

    The derivative goes to each of several largest elements in full, as in Theano.

    Args:
        x: any tensor of real numbers.
        axis: an axis, a sequence of them, or None for all.
        keepdims: keep the reduced axes, of length 1 and broadcastable.

    Raises:
        ValueError: there is no such axis; or, when it is computed, no element.

    Example:
        >>> max([[1, 2], [4, 3]], axis=1).eval().tolist()
        [2, 4]
    """
    return _reduce_extreme("Max", "max", x, axis, keepdims)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001  (Theano's name)
    """Return the smallest element over axes; NaN where there is one. Arguments as for `max`.

    Example:
        >>> min([[1, 2], [4, 3]], axis=1).eval().tolist()
        [1, 3]
    """
    return _reduce_extreme("Min", "min", x, axis, keepdims)


def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return where the largest element is; the first of several. Arguments as for `max`.

    Over several axes it is the position among their elements, counted in C order.

    Example:
        >>> argmax([[1, 2], [4, 3]], axis=1).eval().tolist()
        [1, 0]
    """
    return _reduce_extreme("Argmax", "argmax", x, axis, keepdims)


def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return where the smallest element is; the first of several. Arguments as for `max`.

    Example:
        >>> argmin([[1, 2], [4, 3]], axis=1).eval().tolist()
        [0, 1]
    """
    return _reduce_extreme("Argmin", "argmin", x, axis, keepdims)


def max_and_argmax(a: Any, axis: Any = None, keepdims: bool = False) -> list[Any]:
    """Return the largest element over axes, and where it is. Arguments as for `max`.

    Example:
        >>> [part.eval().tolist() for part in max_and_argmax([[1, 2], [4, 3]], axis=1)]
        [[2, 4], [1, 0]]
    """
    return [max(a, axis, keepdims), argmax(a, axis, keepdims)]


def ptp(a: Any, axis: Any = None) -> Any:
    """Return the largest less the smallest element over axes.

    Example:
        >>> ptp([[1, 2], [7, 3]], axis=1).eval().tolist()
        [1, 4]
    """
    a = as_tensor_variable(a)
    return max(a, axis) - min(a, axis)


def _judge(name: str, x: Any, axis: Any, keepdims: bool) -> Any:
    x = as_tensor_variable(x)
    axes = _axes_or_none(name, x, axis)
    truth = x if x.dtype == "bool" else elementwise.ROWS["neq"](x, 0)
    return _keeping(keepdims, x, Reduction(name, axes)(truth), axes)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001  (Theano's name)
    """Return whether no element over axes is zero.

    Args:
        x: any tensor.
        axis: an axis, a sequence of them, or None for all.
        keepdims: keep the reduced axes, of length 1 and broadcastable.

    Example:
        >>> all([[1, 0], [4, 3]], axis=1).eval().tolist()
        [False, True]
    """
    return _judge("All", x, axis, keepdims)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A001  (Theano's name)
    """Return whether any element over axes is not zero. Arguments as for `all`.

    Example:
        >>> any([[1, 0], [0, 0]], axis=1).eval().tolist()
        [True, False]
    """
    return _judge("Any", x, axis, keepdims)


def norm(x: Any, L: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: N803
    """Return the L-norm over axes: ``(abs(x) ** L).sum(axis) ** (1 / L)``.

    Args:
        x: any tensor.
        L: which norm, a number but neither 0 nor infinite.
        axis: an axis, a sequence of them, or None for all.
        keepdims: keep the reduced axes, of length 1 and broadcastable.

    Raises:
        NotImplementedError: ``L`` is 0 or infinite.

    Example:
        >>> float(norm([3.0, 4.0], 2).eval())
        5.0
    """
    x = as_tensor_variable(x)
    if L == 0:
        raise NotImplementedError("L: got 0, which is no norm; to count use T.neq(x, 0).sum()")
    if isinf(L):
        raise NotImplementedError(
            f"L: got {L}; use {'abs(x).max(axis)' if L > 0 else 'abs(x).min(axis)'}"
        )
    return sum(abs(x) ** L, axis, keepdims=keepdims) ** (1.0 / L)
