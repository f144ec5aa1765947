"""What a variable may hold: a dtype and broadcast flags, and Theano's rules for combining them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar

import jax
import numpy as np

from jaxlearn.symbolic.configuration import config

if TYPE_CHECKING:
    from jaxlearn.symbolic.graph import Variable

__all__ = [
    "DTYPES",
    "GenericType",
    "TensorType",
    "Type",
    "as_array",
    "as_constant_array",
    "generic",
    "is_complex",
    "is_discrete",
    "is_float",
    "upcast",
    "upgrade_to_float",
]

INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
FLOATS = ("float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
DTYPES = ("bool", *INTEGERS, *FLOATS, *COMPLEX)
"""The dtypes that a tensor can have, as Theano names them."""

_NAMES_OF_RANK = ("scalar", "vector", "matrix", "3D", "4D", "5D", "6D", "7D")


def is_discrete(dtype: str) -> bool:
    """Whether a dtype is an integer's or bool.

    Example:
        >>> is_discrete("bool"), is_discrete("int8"), is_discrete("float32")
        (True, True, False)
    """
    return dtype in INTEGERS or dtype == "bool"


def is_float(dtype: str) -> bool:
    """Whether a dtype is a real floating point number's.

    Example:
        >>> is_float("float16"), is_float("complex64")
        (True, False)
    """
    return dtype in FLOATS


def is_complex(dtype: str) -> bool:
    """Whether a dtype is a complex number's.

    Example:
        >>> is_complex("complex64"), is_complex("float64")
        (True, False)
    """
    return dtype in COMPLEX


def upcast(*dtypes: str) -> str:
    """Return the smallest dtype that holds values of all the given ones, by Theano's rule.

    The rule is NumPy's for arrays, two dtypes at a time; with
    ``config.cast_policy="numpy+floatX"`` a float64 that no argument asks for becomes
    ``config.floatX``.

    Example:
        >>> upcast("int8", "float32"), upcast("int32", "float32"), upcast("int64", "uint64")
        ('float32', 'float64', 'float64')
    """
    result = str(reduce(np.promote_types, dtypes[1:], np.dtype(dtypes[0])))
    policy_keeps = config.cast_policy == "numpy+floatX" and config.floatX != "float64"
    if policy_keeps and result == "float64" and "float64" not in dtypes:
        return str(config.floatX)
    return result


def upgrade_to_float(dtype: str) -> str:
    """Return the dtype in which a function of real numbers is computed for an input of this one.

    Example:
        >>> upgrade_to_float("int8"), upgrade_to_float("int64"), upgrade_to_float("float16")
        ('float32', 'float64', 'float16')
    """
    if not is_discrete(dtype):
        return dtype
    return "float32" if np.dtype(dtype).itemsize <= 2 else "float64"


def as_array(value: Any, dtype: Any = None) -> np.ndarray:
    """Return what is no symbolic variable as an array of NumPy.

    Raises:
        TypeError: JAX is tracing the value, or a part of it.

    Example:
        >>> as_array([1, 2]).dtype
        dtype('int64')
    """
    try:
        return np.asarray(value, dtype)
    except jax.errors.TracerArrayConversionError:
        raise TypeError(
            f"got {_traced(value)}, wanted numbers; within jax.jit, jax.grad and the like, call "
            "the pure function of a compiled function, f.as_jax(), with arrays"
        ) from None


def _first_exact(value: Any, dtypes: Sequence[str]) -> np.ndarray:
    """Return the value in the first dtype that holds it exactly, else in the last."""
    for dtype in dtypes:
        try:
            with np.errstate(over="ignore"):
                array = np.asarray(value, dtype)
        except OverflowError:
            continue
        if array.item() == value:  # as Python numbers: NumPy would round the value first
            break
    else:
        array = np.asarray(value)
    return array


def as_constant_array(value: Any, dtype: str | None = None) -> np.ndarray:
    """Return a number, a nested sequence or an array as the array that a constant of it holds.

    Theano's autocasting: a Python int takes the smallest integer type that holds it; a Python
    float takes float32 if that holds it exactly or ``config.floatX`` is float32, else float64.
    What already has a dtype keeps it.

    Raises:
        TypeError: the value is not numeric.

    Example:
        >>> [as_constant_array(value).dtype.name for value in (1, 300, 0.5, 0.1, [1, 2])]
        ['int8', 'int16', 'float32', 'float64', 'int64']
    """
    if dtype is not None:
        array = as_array(value, dtype)
    elif isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
    elif config.cast_policy != "custom" and isinstance(value, (int, float)):
        array = _by_numpy_policy(value)
    elif isinstance(value, int):
        array = _first_exact(value, ("int8", "int16", "int32", "int64"))
    elif isinstance(value, float):
        array = _constant_float(value)
    else:
        array = _nested(value)
        if array.size == 0 and not hasattr(value, "dtype"):
            array = array.astype(config.floatX)
    if str(array.dtype) not in DTYPES:
        raise TypeError(f"got {value!r}, wanted a number or an array of numbers")
    return array


def _nested(value: Any) -> np.ndarray:
    try:
        return as_array(value)
    except ValueError as error:
        raise TypeError(f"got {value!r}: {error}") from None


def _by_numpy_policy(value: float) -> np.ndarray:
    array = np.asarray(value)
    keeps = config.cast_policy == "numpy+floatX" and array.dtype == np.float64
    return array.astype(config.floatX) if keeps else array


def _constant_float(value: float) -> np.ndarray:
    if config.floatX != "float64":
        with np.errstate(over="ignore"):
            return np.asarray(value, config.floatX)
    return _first_exact(value, ("float32", "float64"))


class Type:
    """What values a variable may take. Calling a type makes a variable of it."""

    def __call__(self, name: str | None = None) -> Any:
        """Return a new variable of this type."""
        return self.make_variable(name)

    def make_variable(self, name: str | None = None) -> Any:
        """Return a new variable of this type."""
        raise NotImplementedError

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """Return a value as this type stores it, or raise `TypeError`."""
        raise NotImplementedError

    def is_valid_value(self, a: Any) -> bool:
        """Whether a value could be stored without a change."""
        try:
            self.filter(a, strict=True)
        except (TypeError, ValueError):
            return False
        return True


class GenericType(Type):
    """Any Python object. No expression computes with one; a shared variable may hold one.

    Example:
        >>> generic
        Generic
    """

    variable_class: ClassVar[type[Variable]]

    def __repr__(self) -> str:
        return "Generic"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))

    def make_variable(self, name: str | None = None) -> Variable:
        """Return a new variable that may hold anything."""
        return self.variable_class(self, name=name)

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """Return the value as it is."""
        return data


generic = GenericType()


class TensorType(Type):
    """Arrays of one dtype and rank, with the axes of length 1 that broadcast.

    Args:
        dtype: one of `DTYPES`, or ``"floatX"`` for the configured float type.
        broadcastable: for each axis, whether its length is 1 and it broadcasts. An axis of
            length 1 that is not declared so does not broadcast, as in Theano.
        name: a name for the type itself; no meaning.
        sparse_grad: accepted as in Theano, without a meaning: gradients are dense.

    Raises:
        TypeError: the dtype is none of `DTYPES`.

    Example:
        >>> TensorType("float64", (False, True))
        TensorType(float64, col)
        >>> TensorType("int32", (False,))("indices").type.ndim
        1
    """

    variable_class: ClassVar[type[Variable]]
    constant_class: ClassVar[type[Variable]]

    def __init__(
        self,
        dtype: Any,
        broadcastable: Sequence[bool],
        name: str | None = None,
        sparse_grad: bool = False,
    ) -> None:
        self.dtype = config.floatX if dtype == "floatX" else _dtype_name(dtype)
        self.broadcastable = tuple(bool(flag) for flag in broadcastable)
        self.name = name
        self.ndim = len(self.broadcastable)
        self.numpy_dtype = np.dtype(self.dtype)
        self._has_broadcastable = any(self.broadcastable)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TensorType)
            and self.dtype == other.dtype
            and self.broadcastable == other.broadcastable
        )

    def __hash__(self) -> int:
        return hash((self.dtype, self.broadcastable))

    def __str__(self) -> str:
        return self.name or repr(self)

    def __repr__(self) -> str:
        return f"TensorType({self.dtype}, {self._shape_name()})"

    def _shape_name(self) -> str:
        named = {(True, False): "row", (False, True): "col"}
        if self.broadcastable in named:
            return named[self.broadcastable]
        if any(self.broadcastable) or self.ndim >= len(_NAMES_OF_RANK):
            return str(self.broadcastable)
        return _NAMES_OF_RANK[self.ndim]

    def clone(
        self, dtype: str | None = None, broadcastable: Sequence[bool] | None = None
    ) -> TensorType:
        """Return this type with another dtype or other broadcast flags."""
        return TensorType(
            self.dtype if dtype is None else dtype,
            self.broadcastable if broadcastable is None else broadcastable,
        )

    def make_variable(self, name: str | None = None) -> Variable:
        """Return a new variable of this type."""
        return self.variable_class(self, name=name)

    def make_constant(self, value: Any, name: str | None = None) -> Variable:
        """Return a constant of this type."""
        make: Any = self.constant_class
        constant: Variable = make(self, value, name)
        return constant

    def value_zeros(self, shape: Sequence[int]) -> np.ndarray:
        """Return an array of zeros that has this dtype."""
        return np.zeros(shape, self.numpy_dtype)

    def convert_variable(self, var: Variable) -> Variable | None:
        """Return a variable as one of this type, or None if that takes more than its flags."""
        try:
            return self.filter_variable(var)
        except TypeError:
            return None

    def is_super(self, other: Type) -> bool:
        """Whether every value of the other type is one of this type."""
        return (
            isinstance(other, TensorType)
            and self.dtype == other.dtype
            and self.ndim == other.ndim
            and all(
                theirs or not ours
                for ours, theirs in zip(self.broadcastable, other.broadcastable, strict=True)
            )
        )

    def filter(
        self, data: Any, strict: bool = False, allow_downcast: bool | None = None
    ) -> np.ndarray:
        """Return a value as an array of this type.

        An array of another dtype passes if this dtype holds all values of that one. A number or a
        nested sequence passes if this dtype holds its very values; so does any Python float where
        this dtype is ``config.floatX``.

        Args:
            data: a number, a nested sequence or an array.
            strict: accept only an array of this dtype.
            allow_downcast: accept what loses precision.

        Raises:
            TypeError: the value has another rank, an axis declared of length 1 has not, or
                precision would be lost; the message says which, and how to allow it.
        """
        if hasattr(data, "owner") and hasattr(data, "type"):
            raise TypeError(
                f"got the symbolic variable {data}, wanted numbers; "
                "to compute its value use .eval(), to build on it use it in an expression"
            )
        if type(data) is np.ndarray and data.dtype == self.numpy_dtype:
            array = data
        elif not strict and (exact := self._exactly(data)) is not None:
            array = exact
        elif strict:
            raise TypeError(
                f"strict is set: got {_described(data)}, wanted an array of dtype {self.dtype}"
            )
        else:
            array = self._converted(data, allow_downcast)
        if array.ndim != self.ndim or self._has_broadcastable:
            self._check_shape(array)
        return array

    def _exactly(self, value: Any) -> np.ndarray | None:
        """Return Python numbers as an array of this dtype, or None if that is not exact.

        This is the way of nearly every list, and must be quick.
        """
        if type(value) not in _PYTHON_NUMBERS:
            return None
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                array = np.array(value, self.numpy_dtype)
            return array if array.tolist() == value else None
        except (OverflowError, TypeError, ValueError):
            return None

    def _converted(self, value: Any, allow_downcast: bool | None) -> np.ndarray:
        if _is_array(value):
            return self._from_array(as_array(value), allow_downcast)
        given = self._given(value)
        if allow_downcast is None and type(value) is float and self.dtype == config.floatX:
            return given.astype(self.numpy_dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            array = given.astype(self.numpy_dtype)
        if not allow_downcast and not np.array_equal(
            array, given, equal_nan=given.dtype.kind in "fc"
        ):
            raise TypeError(
                f"got {value!r}, and storing it as {self!r} would lose precision; "
                f'pass an array of dtype {self.dtype} (`np.asarray(value, "{self.dtype}")`), '
                f"{_ALLOW}"
            )
        return array

    def _from_array(self, array: np.ndarray, allow_downcast: bool | None) -> np.ndarray:
        name = array.dtype.name
        if allow_downcast or (name in DTYPES and upcast(self.dtype, name) == self.dtype):
            return array.astype(self.numpy_dtype)
        raise TypeError(
            f"got an array of {name}, and storing it as {self!r} could lose precision; "
            f'convert it (`.astype("{self.dtype}")`), {_ALLOW}'
        )

    def _given(self, value: Any) -> np.ndarray:
        """Return numbers as an array of the dtype they have by themselves."""
        try:
            given = as_array(value)
        except ValueError as error:
            raise TypeError(f"got {value!r}: {error}") from None
        if given.dtype.kind not in "biufc":
            # Text, too long integers, None: NumPy's own error says what it is.
            with np.errstate(over="ignore", invalid="ignore"):
                np.asarray(value, self.numpy_dtype)
            raise TypeError(f"got {value!r}, wanted numbers that {self!r} can store")
        if given.dtype.kind == "c" and not is_complex(self.dtype):
            raise TypeError(f"got {value!r}, a complex number, wanted what {self!r} can store")
        if given.dtype.kind == "f" and is_discrete(self.dtype) and not (abs(given) < 2.0**63).all():
            kind = ValueError if np.isnan(given).any() else OverflowError
            raise kind(f"got {value!r}, which no integer holds, wanted what {self!r} can store")
        return given

    def _check_shape(self, array: np.ndarray) -> None:
        if array.ndim != self.ndim:
            raise TypeError(
                f"got {array.ndim} dimensions (shape {array.shape}), wanted {self.ndim} ({self!r})"
            )
        for axis, (length, flag) in enumerate(zip(array.shape, self.broadcastable, strict=True)):
            if flag and length != 1:
                raise TypeError(
                    f"got shape {array.shape}, wanted length 1 in axis {axis}, "
                    f"which {self!r} declares broadcastable"
                )

    def filter_variable(self, other: Any, allow_convert: bool = True) -> Variable:
        """Return a value or variable as a variable of this type.

        Raises:
            TypeError: its type is another, and no change of broadcast flags makes it this one.
        """
        if not hasattr(other, "type"):
            other = self.make_constant(self.filter(other))
        if other.type == self:
            return other  # type: ignore[no-any-return]
        if allow_convert and self.is_super(other.type):
            return other.as_type(self)  # type: ignore[no-any-return]
        raise TypeError(f"got {other} of type {other.type!r}, wanted a variable of type {self!r}")

    @staticmethod
    def values_eq(a: Any, b: Any, force_same_dtype: bool = True) -> bool:
        """Whether two arrays are equal, NaN being equal to NaN.

        Args:
            a: an array.
            b: an array.
            force_same_dtype: take arrays of unlike dtypes for unlike.
        """
        a, b = np.asarray(a), np.asarray(b)
        same = a.dtype == b.dtype or not force_same_dtype
        return bool(same and np.array_equal(a, b, equal_nan=True))

    @staticmethod
    def values_eq_approx(
        a: Any,
        b: Any,
        allow_remove_inf: bool = False,
        allow_remove_nan: bool = False,
        rtol: float | None = None,
        atol: float | None = None,
    ) -> bool:
        """Whether two arrays of one dtype and shape are close, NaN being equal to NaN.

        Args:
            a: an array.
            b: an array.
            allow_remove_inf: let ``b`` have anything where ``a`` is infinite.
            allow_remove_nan: let ``b`` have anything where ``a`` is NaN.
            rtol: how far apart, as a share of ``b``; by default as `groups.TOLERANCES` says.
            atol: how far apart besides; the same.
        """
        from jaxlearn.symbolic.groups import TOLERANCES

        a, b = np.asarray(a), np.asarray(b)
        if a.dtype != b.dtype or a.shape != b.shape:
            return False
        if is_discrete(str(a.dtype)):
            return bool(np.array_equal(a, b))
        parts = a.real.dtype.name
        near = np.isclose(
            a,
            b,
            rtol=TOLERANCES[f"{parts}_rtol"] if rtol is None else rtol,
            atol=TOLERANCES[f"{parts}_atol"] if atol is None else atol,
            equal_nan=True,
        )
        removed = (allow_remove_inf & np.isinf(a)) | (allow_remove_nan & np.isnan(a))
        return bool((near | removed).all())


_PYTHON_NUMBERS = frozenset((bool, int, float, list, tuple))

_ALLOW = (
    "or allow the loss (`allow_downcast=True` in shared and In, `allow_input_downcast=True` in "
    "function)"
)


def _is_array(value: Any) -> bool:
    # Any array type with a dtype, a JAX array too; a NumPy scalar is a number, as for Theano.
    return hasattr(value, "dtype") and not isinstance(value, np.generic)


def _described(value: Any) -> str:
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"{value.dtype}{list(value.shape)}"
    return f"{value!r} ({type(value).__name__})"


def _traced(value: Any) -> str:
    if hasattr(value, "shape"):
        return f"{_described(value)}, an array that JAX is tracing"
    return f"a {type(value).__name__} with an array in it that JAX is tracing"


def _dtype_name(dtype: Any) -> str:
    try:
        name = "" if dtype is None else np.dtype(dtype).name
    except TypeError:
        name = ""
    if name not in DTYPES:
        raise TypeError(f"dtype: got {dtype!r}, wanted one of {', '.join(DTYPES)} or floatX")
    return name
