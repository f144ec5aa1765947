"""Tensor variables: what can be done with one by operators, methods and indexing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NoReturn

from jaxlearn.symbolic.errors import AsTensorError, ComplexError, made_at
from jaxlearn.symbolic.graph import Apply, Constant, Variable
from jaxlearn.symbolic.types import GenericType, TensorType, as_constant_array, is_complex

__all__ = [
    "TensorConstant",
    "TensorOperators",
    "TensorVariable",
    "as_tensor_variable",
    "as_variable",
    "constant",
]


class TensorOperators:
    """What can be done with a tensor, whether it is symbolic, constant or shared.

    Operators, reflected ones too, build expressions, with Theano's dtype rules; the methods are
    NumPy's. ``==`` and ``!=`` ask whether two variables are the same one: elements are compared by
    ``T.eq`` and ``T.neq``. NumPy's functions (``np.exp(x)``) build expressions as well.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> y = (2 * x + 1).sum()
        >>> y.dtype, y.ndim, float(y.eval({x: [1.0, 2.0]}))
        ('float64', 0, 8.0)
    """

    # What a variable has besides: see `graph.Variable`.
    type: Any
    name: str | None
    line: Any

    # Above NumPy's arrays, so that `array * x` asks x.
    __array_priority__ = 1000

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc.__name__ == "matmul" and method == "__call__" and not options:
            return contraction.dot(*inputs)
        name = _UFUNC_NAMES.get(ufunc.__name__, ufunc.__name__)
        operation = elementwise.ROWS.get(name)
        if method == "__call__" and options.get("out") == inputs[:1]:
            # `array += x`: Python then gives the array's name to the expression.
            options = {}
        if operation is None or method != "__call__" or options:
            raise TypeError(
                f"np.{ufunc.__name__} cannot build an expression of {self}; "
                "use a function of theano.tensor"
            )
        return operation(*inputs)

    @property
    def dtype(self) -> str:
        """The dtype of the elements, such as ``'float64'``."""
        return str(self.type.dtype)

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return int(self.type.ndim)

    @property
    def broadcastable(self) -> tuple[bool, ...]:
        """For each axis, whether its length is 1 and it broadcasts."""
        return tuple(self.type.broadcastable)

    @property
    def shape(self) -> Any:
        """The lengths of all axes, as an int64 vector."""
        return shaping.shape(self)

    @property
    def size(self) -> Any:
        """The number of elements."""
        return reductions.prod(self.shape) if self.ndim else constant(1, dtype="int64")

    @property
    def T(self) -> Any:  # noqa: N802  (NumPy's name)
        """The transpose."""
        return dimensions.transpose(self)

    @property
    def real(self) -> Any:
        """The real parts."""
        return _operate("real", self)

    @property
    def imag(self) -> Any:
        """The imaginary parts."""
        return _operate("imag", self)

    def as_type(self, kind: TensorType) -> Any:
        """Return this variable under a type that differs in broadcast flags only."""
        return dimensions.rebroadcast(self, kind.broadcastable)

    # Operators.

    def __add__(self, other: Any) -> Any:
        return _operate_or_defer("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return _operate("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return _operate_or_defer("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return _operate("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return _operate_or_defer("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return _operate("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return _operate("true_div", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _operate("true_div", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _operate("int_div", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        if isinstance(other, complex):
            _refuse_complex_remainder(other, self)
        return _operate("int_div", other, self)

    def __mod__(self, other: Any) -> Any:
        _refuse_complex_remainder(self, other)
        return _operate_or_defer("mod", self, other)

    def __rmod__(self, other: Any) -> Any:
        if isinstance(other, complex):
            _refuse_complex_remainder(other, self)
        return _operate("mod", other, self)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __pow__(self, other: Any) -> Any:
        return _operate_or_defer("pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return _operate("pow", other, self)

    def __matmul__(self, other: Any) -> Any:
        return contraction.dot(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return contraction.dot(other, self)

    def __and__(self, other: Any) -> Any:
        return _operate("and_", self, other)

    def __rand__(self, other: Any) -> Any:
        return _operate("and_", other, self)

    def __or__(self, other: Any) -> Any:
        return _operate("or_", self, other)

    def __ror__(self, other: Any) -> Any:
        return _operate("or_", other, self)

    def __xor__(self, other: Any) -> Any:
        return _operate("xor", self, other)

    def __rxor__(self, other: Any) -> Any:
        return _operate("xor", other, self)

    def __lt__(self, other: Any) -> Any:
        return _operate("lt", self, other)

    def __le__(self, other: Any) -> Any:
        return _operate("le", self, other)

    def __gt__(self, other: Any) -> Any:
        return _operate("gt", self, other)

    def __ge__(self, other: Any) -> Any:
        return _operate("ge", self, other)

    def __neg__(self) -> Any:
        return _operate("neg", self)

    def __abs__(self) -> Any:
        return _operate("abs_", self)

    def __invert__(self) -> Any:
        return _operate("invert", self)

    def __ceil__(self) -> Any:
        return _operate("ceil", self)

    def __floor__(self) -> Any:
        return _operate("floor", self)

    def __trunc__(self) -> Any:
        return _operate("trunc", self)

    def __getitem__(self, index: Any) -> Any:
        return indexing.subtensor(self, index)

    # What Python asks of values, and a symbol cannot tell.

    def __bool__(self) -> Literal[True]:
        # Old programs ask by `if mask:` whether they were given one. Only what is itself true or
        # false was meant to be asked for its value.
        if self.type.dtype != "bool":
            return True
        raise TypeError(
            f"Variables do not support boolean operations: the value of {self} is known only when "
            "a function runs. Instead of `if`, `and`, `or`, `not` use T.switch(condition, a, b) "
            "or ifelse, `&`, `|`, `~`; to ask whether there is a variable at all use "
            f"`is not None`{made_at(self.line)}"
        )

    def __iter__(self) -> Iterator[Any]:
        length = static_values.static_length(self)
        if length is None:
            raise TypeError(
                f"{self} of {self.type!r} cannot be iterated over: its length is known only when "
                "a function runs. Instead of `for` use theano.scan, or index it: "
                f"`[x[i] for i in range(n)]`{made_at(self.line)}"
            )
        return iter([self[i] for i in range(length)])

    def __len__(self) -> NoReturn:
        raise TypeError(
            f"{self} has no len(): its length is known only when a function runs; "
            f"use {self.name or 'x'}.shape[0], which is symbolic too{made_at(self.line)}"
        )

    def __contains__(self, value: Any) -> NoReturn:
        raise TypeError(
            f"`in` cannot look into {self}: its elements are known only when a function runs; "
            f"use T.any(T.eq({self.name or 'x'}, value)){made_at(self.line)}"
        )

    # Methods, as NumPy has them.

    def dot(self, right: Any) -> Any:
        """Return the product of two matrices, or of whatever has a dot product."""
        return contraction.dot(self, right)

    def astype(self, dtype: str) -> Any:
        """Return the elements converted to another dtype."""
        return elementwise.cast(self, dtype)

    def clip(self, a_min: Any, a_max: Any) -> Any:
        """Return each element, or the limit that it lies beyond."""
        return elementwise.clip(self, a_min, a_max)

    def round(self, mode: str | None = None) -> Any:
        """Return each element rounded to a whole number."""
        return elementwise.round(self, mode)

    def conj(self) -> Any:
        """Return each element with its imaginary part negated."""
        return _operate("conj", self)

    conjugate = conj

    def copy(self, name: str | None = None) -> Any:
        """Return an expression with the same value."""
        copied = shaping.tensor_copy(self)
        copied.name = name
        return copied

    def fill(self, value: Any) -> Any:
        """Return an array of this shape, filled with a value."""
        return _operate("second", self, value)

    def dimshuffle(self, *pattern: Any) -> Any:
        """Return the axes in another order; ``'x'`` stands for a new axis of length 1."""
        if len(pattern) == 1 and isinstance(pattern[0], (list, tuple)):
            pattern = tuple(pattern[0])
        return dimensions.dimshuffle(self, pattern)

    def transpose(self, *axes: Any) -> Any:
        """Return the axes in another order, reversed by default."""
        if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (list, tuple))):
            return dimensions.transpose(self, axes[0])
        return dimensions.transpose(self, axes or None)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Return the array with two axes exchanged."""
        return dimensions.swapaxes(self, axis1, axis2)

    def reshape(self, shape: Any, ndim: int | None = None) -> Any:
        """Return the elements in another shape; one length may be -1."""
        return shaping.reshape(self, shape, ndim)

    def flatten(self, ndim: int = 1) -> Any:
        """Return the elements in ``ndim`` axes, the last axes merged."""
        return shaping.flatten(self, ndim)

    def ravel(self) -> Any:
        """Return the elements as a vector."""
        return shaping.flatten(self)

    def squeeze(self) -> Any:
        """Return the array without its broadcastable axes."""
        return dimensions.squeeze(self)

    def repeat(self, repeats: Any, axis: int | None = None) -> Any:
        """Return the array with each element repeated."""
        return repeating.repeat(self, repeats, axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """Return a diagonal."""
        return diagonals.diagonal(self, offset, axis1, axis2)

    def sum(
        self, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None
    ) -> Any:
        """Return the sum over axes."""
        return reductions.sum(self, axis, dtype, keepdims, acc_dtype)

    def prod(
        self,
        axis: Any = None,
        dtype: Any = None,
        keepdims: bool = False,
        acc_dtype: Any = None,
        no_zeros_in_input: bool = False,
    ) -> Any:
        """Return the product over axes."""
        return reductions.prod(self, axis, dtype, keepdims, acc_dtype, no_zeros_in_input)

    def mean(
        self, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None
    ) -> Any:
        """Return the mean over axes."""
        return reductions.mean(self, axis, dtype, keepdims=keepdims, acc_dtype=acc_dtype)

    def var(
        self, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False
    ) -> Any:
        """Return the variance over axes."""
        return reductions.var(self, axis, ddof, keepdims, corrected)

    def std(
        self, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False
    ) -> Any:
        """Return the standard deviation over axes."""
        return reductions.std(self, axis, ddof, keepdims, corrected)

    def norm(self, L: Any, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: N803
        """Return the L-norm over axes."""
        return reductions.norm(self, L, axis, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Return the largest element over axes."""
        return reductions.max(self, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Return the smallest element over axes."""
        return reductions.min(self, axis, keepdims)

    def argmax(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Return where the largest element is."""
        return reductions.argmax(self, axis, keepdims)

    def argmin(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Return where the smallest element is."""
        return reductions.argmin(self, axis, keepdims)

    def ptp(self, axis: Any = None) -> Any:
        """Return the largest less the smallest element over axes."""
        return reductions.ptp(self, axis)

    def trace(self) -> Any:
        """Return the sum of the diagonal."""
        return matrices.trace(self)

    def cumsum(self, axis: int | None = None) -> Any:
        """Return the sum of the elements up to each one."""
        return accumulation.cumsum(self, axis)

    def cumprod(self, axis: int | None = None) -> Any:
        """Return the product of the elements up to each one."""
        return accumulation.cumprod(self, axis)

    def sort(self, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Any:
        """Return the elements along an axis in order."""
        return sorting.sort(self, axis, kind, order)

    def argsort(self, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Any:
        """Return the indices at which the elements along an axis are in order."""
        return sorting.argsort(self, axis, kind, order)

    def searchsorted(self, v: Any, side: str = "left", sorter: Any = None) -> Any:
        """Return the indices at which elements can enter this vector without disorder."""
        return sorting.searchsorted(self, v, side, sorter)

    def any(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Return whether any element is not zero."""
        return reductions.any(self, axis, keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Return whether no element is zero."""
        return reductions.all(self, axis, keepdims)

    def nonzero(self, return_matrix: bool = False) -> Any:
        """Return the indices of the elements that are not zero."""
        return nonzero.nonzero(self, return_matrix)

    def nonzero_values(self) -> Any:
        """Return the elements that are not zero."""
        return nonzero.nonzero_values(self)

    def take(self, indices: Any, axis: Any = None, mode: str = "raise") -> Any:
        """Return the elements at some indices along an axis."""
        return indexing.take(self, indices, axis, mode)

    def choose(self, choices: Any, out: Any = None, mode: str = "raise") -> Any:
        """Return, for each element, that of the tensor which this one names."""
        return choosing.choose(self, choices, out, mode)

    def compress(self, a: Any, axis: int | None = None) -> Any:
        """Return slices of the tensor ``a`` where this condition holds."""
        return counting.compress(self, a, axis)

    def transfer(self, target: str) -> Any:
        """Return this variable: where it is computed is chosen for a whole function."""
        return conveniences.transfer(self, target)

    def get_scalar_constant_value(self) -> Any:
        """Return the value, if that is a constant scalar."""
        return static_values.get_scalar_constant_value(self)

    def zeros_like(self, dtype: Any = None) -> Any:
        """Return zeros of this shape."""
        return creation.zeros_like(self, dtype)

    def ones_like(self, dtype: Any = None) -> Any:
        """Return ones of this shape."""
        return creation.ones_like(self, dtype)


def _unary_method(name: str) -> Any:
    def method(self: TensorOperators) -> Any:
        return _operate(name, self)

    method.__name__ = name
    method.__doc__ = f"Apply {name} to each element."
    return method


# NumPy calls these methods where it meets an array of objects, and old programs do too.
_UNARY_METHODS = (
    *("arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "ceil", "cos", "cosh"),
    *("deg2rad", "exp", "exp2", "expm1", "floor", "log", "log10", "log1p", "log2", "rad2deg"),
    *("sin", "sinh", "sqrt", "tan", "tanh", "trunc"),
)
for _name in _UNARY_METHODS:
    setattr(TensorOperators, _name, _unary_method(_name))

_UFUNC_NAMES = {
    "absolute": "abs_",
    "bitwise_and": "and_",
    "bitwise_or": "or_",
    "bitwise_xor": "xor",
    "conjugate": "conj",
    "divide": "true_div",
    "equal": "eq",
    "floor_divide": "int_div",
    "greater": "gt",
    "greater_equal": "ge",
    "less": "lt",
    "less_equal": "le",
    "multiply": "mul",
    "negative": "neg",
    "not_equal": "neq",
    "power": "pow",
    "reciprocal": "inv",
    "remainder": "mod",
    "rint": "round_half_to_even",
    "sign": "sgn",
    "square": "sqr",
    "subtract": "sub",
}


class TensorVariable(TensorOperators, Variable):
    """An array whose elements are not known yet.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> isinstance(T.dvector("x") + 1, TensorVariable)
        True
    """


class TensorConstant(TensorOperators, Constant):
    """A tensor whose elements are known.

    Example:
        >>> constant([1.0, 2.0])
        TensorConstant{[1. 2.]}
    """

    def equals(self, other: Any) -> bool:
        """Whether another constant, or a value, has the same type and elements."""
        constant = other if isinstance(other, TensorConstant) else as_tensor_variable(other)
        return isinstance(constant, TensorConstant) and self.key() == constant.key()

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        if self.data.ndim and self.data.size and (self.data == self.data.flat[0]).all():
            return f"TensorConstant{{{self.data.shape} of {self.data.flat[0]}}}"
        text = str(self.data).replace("\n", "")
        return f"TensorConstant{{{text if len(text) <= 20 else text[:10] + '..' + text[-10:]}}}"


class GenericVariable(Variable):
    """A variable that may hold any Python object."""


TensorType.variable_class = TensorVariable
TensorType.constant_class = TensorConstant
GenericType.variable_class = GenericVariable


def _refuse_complex_remainder(*operands: Any) -> None:
    if any(
        isinstance(operand, complex) or is_complex(str(getattr(operand, "dtype", "")))
        for operand in operands
    ):
        raise ComplexError(f"%: complex numbers have no remainder: {operands[0]} % {operands[1]}")


def _operate(name: str, *operands: Any) -> Any:
    return elementwise.ROWS[name](*operands)


def _operate_or_defer(name: str, *operands: Any) -> Any:
    try:
        return _operate(name, *operands)
    except AsTensorError:
        # Python then asks the other operand, and names both types if neither can.
        return NotImplemented


def constant(
    x: Any, name: str | None = None, ndim: int | None = None, dtype: str | None = None
) -> Any:
    """Return a constant, with Theano's dtype for it.

    Args:
        x: a number, a nested sequence or an array.
        name: a name for it.
        ndim: how many axes it shall have; new ones of length 1 come first.
        dtype: the dtype it shall have; otherwise the rule of `as_constant_array` holds.

    Raises:
        TypeError: it is not numeric.
        ValueError: it has more than ``ndim`` axes.

    Example:
        >>> constant(3).type, constant(0.1).type
        (TensorType(int8, scalar), TensorType(float64, scalar))
    """
    array = as_constant_array(x, dtype)
    if ndim is not None:
        if array.ndim > ndim:
            raise ValueError(f"ndim: got {ndim}, but the value has {array.ndim} axes")
        array = array.reshape((1,) * (ndim - array.ndim) + array.shape)
    # A copy: a later change of the caller's array must not change the graph.
    kind = TensorType(array.dtype, [length == 1 for length in array.shape])
    return TensorConstant(kind, array.copy(), name)


def as_variable(x: Any) -> Any:
    """Return a variable as it is, and what is none as a tensor variable.

    A state of random numbers is a variable, and no tensor.

    Args:
        x: a variable, or a number, array or nested sequence.

    Example:
        >>> as_variable([1.0, 2.0]).type
        TensorType(float64, vector)
    """
    return x if isinstance(x, Variable) else as_tensor_variable(x)


def as_tensor_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Any:
    """Return a variable, number, array or nested sequence of them as a tensor variable.

    Args:
        x: what to make a variable of. A sequence with variables in it is stacked.
        name: the name of a constant that is made.
        ndim: how many axes the result shall have; new ones of length 1 come first, and
            broadcastable ones are dropped there.

    Raises:
        AsTensorError: a tensor cannot be made of it.
        ValueError: it has more than ``ndim`` axes.

    Example:
        >>> as_tensor_variable([1.0, 2.0]).type
        TensorType(float64, vector)
    """
    if isinstance(x, Apply):
        x = x.default_output()
    if isinstance(x, TensorOperators):
        return x if ndim is None or x.ndim == ndim else _with_rank(x, ndim)
    if isinstance(x, Variable):
        raise AsTensorError(f"cannot make a tensor of {x}, a variable of type {x.type!r}")
    if isinstance(x, bool):
        raise AsTensorError(
            f"cannot make a tensor of {x}: write np.array({x}) if a constant is wanted. If it came "
            "from `==` or `!=` between variables, use T.eq or T.neq"
        )
    if isinstance(x, (list, tuple)) and any(isinstance(item, Variable) for item in _flat(x)):
        try:
            return joining.stack(list(x))
        except TypeError as error:
            raise AsTensorError(f"cannot make a tensor of {x}: {error}") from error
    try:
        return constant(x, name, ndim)
    except (TypeError, OverflowError) as error:
        raise AsTensorError(
            f"cannot make a tensor of {x!r} ({type(x).__name__}): {error}"
        ) from error


def _flat(items: Sequence[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, (list, tuple)):
            yield from _flat(item)
        else:
            yield item


def _with_rank(x: Any, ndim: int) -> Any:
    if x.ndim < ndim:
        return dimensions.shape_padleft(x, ndim - x.ndim)
    extra = x.ndim - ndim
    if not all(x.broadcastable[:extra]):
        raise ValueError(f"ndim: got {ndim}, but {x} has {x.ndim} axes that do not broadcast")
    return dimensions.dimshuffle(x, range(extra, x.ndim))


# An operator is an operation, and operations make variables: the one circle of imports is closed
# here, after all that the operations need.
from jaxlearn.symbolic.ops import (  # noqa: E402
    accumulation,
    choosing,
    contraction,
    conveniences,
    counting,
    creation,
    diagonals,
    dimensions,
    elementwise,
    indexing,
    joining,
    matrices,
    nonzero,
    reductions,
    repeating,
    shaping,
    sorting,
    static_values,
)
