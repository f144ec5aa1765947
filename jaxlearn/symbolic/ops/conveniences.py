"""Small functions that stand for an expression of other operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxlearn.symbolic.graph import Constant, Variable
from jaxlearn.symbolic.ops.contraction import dot
from jaxlearn.symbolic.ops.elementwise import ROWS
from jaxlearn.symbolic.ops.joining import concatenate, stack
from jaxlearn.symbolic.ops.reductions import max as max_of
from jaxlearn.symbolic.ops.reductions import min as min_of
from jaxlearn.symbolic.ops.static_values import NotScalarConstantError, get_scalar_constant_value
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "ceil_intdiv",
    "check_and_normalize_axes",
    "cov",
    "default",
    "divmod",
    "extract_constant",
    "is_flat",
    "largest",
    "numpy_scalar",
    "power",
    "smallest",
    "transfer",
]


def largest(*args: Any) -> Any:
    """Return the largest of some tensors, element by element.

    Of two elements it is the second one, unless the first is larger: so it is where they are
    equal, for the gradient, and where one is NaN.

    Example:
        >>> largest([1, 5], [2, 3], [0, 9]).eval().tolist()
        [2, 9]
    """
    if len(args) == 2:
        return ROWS["switch"](ROWS["gt"](*args), *args)
    return max_of(stack(args), axis=0)


def smallest(*args: Any) -> Any:
    """Return the smallest of some tensors, element by element.

    Of two elements it is the second one, unless the first is smaller; see `largest`.

    Example:
        >>> smallest([1, 5], [2, 3], [0, 9]).eval().tolist()
        [0, 3]
    """
    if len(args) == 2:
        return ROWS["switch"](ROWS["lt"](*args), *args)
    return min_of(stack(args), axis=0)


def power(x: Any, y: Any) -> Any:
    """Return x to the power y, element by element.

    Example:
        >>> power([2.0, 3.0], 2).eval().tolist()
        [4.0, 9.0]
    """
    return ROWS["pow"](x, y)


def divmod(x: Any, y: Any) -> tuple[Any, Any]:  # noqa: A001  (Theano's name)
    """Return x / y rounded down to a whole number, and what that leaves.

    Example:
        >>> [part.eval().tolist() for part in divmod([7, 8], 3)]
        [[2, 2], [1, 2]]
    """
    return ROWS["int_div"](x, y), ROWS["mod"](x, y)


def ceil_intdiv(a: Any, b: Any) -> Any:
    """Return a / b rounded up to a whole number, of integers.

    Example:
        >>> int(ceil_intdiv(7, 2).eval())
        4
    """
    quotient, rest = divmod(a, b)
    return ROWS["add"](quotient, ROWS["neq"](rest, 0))


def default(x: Any, default: Any) -> Any:
    """Return x, or the other value where x is Python's None.

    Example:
        >>> default(None, as_tensor_variable(3.0)).eval().tolist()
        3.0
    """
    return as_tensor_variable(default if x is None else x)


def transfer(var: Any, target: str) -> Any:
    """Return the variable: where it is computed is chosen for a whole function.

    Raises:
        ValueError: the target is not ``"cpu"``.

    Example:
        >>> float(transfer(2.0, "cpu").eval())
        2.0
    """
    if target != "cpu":
        raise ValueError(
            f"target: got {target!r}; a function runs where JAX runs, as a whole: choose with "
            "the environment variable JAX_PLATFORMS, or with jax.default_device"
        )
    return as_tensor_variable(var)


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: float | None = None,
    fweights: Any = None,
    aweights: Any = None,
) -> Any:
    """Return the covariances of variables, as a matrix.

    Args:
        m: a matrix with a row for each variable and a column for each observation.
        y: more variables, in the same form.
        rowvar: whether a row is a variable; otherwise a column is.
        bias: divide by the number of observations, and not by one less.
        ddof: divide by the number of observations less this.
        fweights: not accepted, as in Theano.
        aweights: not accepted, as in Theano.

    Raises:
        NotImplementedError: there are weights.
        ValueError: an input is no matrix.

    Example:
        >>> cov([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]).eval().tolist()
        [[1.0, -1.0], [-1.0, 1.0]]
    """
    for name, weights in (("fweights", fweights), ("aweights", aweights)):
        if weights is not None:
            raise NotImplementedError(
                f"{name}: Theano has no weights here; weight the observations by hand"
            )
    given = [as_tensor_variable(part) for part in (m, y) if part is not None]
    for part in given:
        if part.ndim != 2:
            raise ValueError(f"cov: got {part} of {part.type!r}, wanted a matrix")
    rows = concatenate([part if rowvar else part.T for part in given])
    less = (0 if bias else 1) if ddof is None else ddof
    centered = rows - rows.mean(axis=1, keepdims=True)
    return dot(centered, centered.T.conj()) / (rows.shape[1] - less).astype(centered.dtype)


def numpy_scalar(data: Any) -> np.ndarray:
    """Return an array of one element as an array without axes.

    Raises:
        NotScalarConstantError: it has another number of elements.

    Example:
        >>> numpy_scalar([[3.0]])
        array(3.)
    """
    array = np.asarray(data)
    if array.size != 1:
        raise NotScalarConstantError(f"got an array of shape {array.shape}, wanted one element")
    return array.reshape(())


def extract_constant(x: Any, elemwise: bool = True, only_process_constants: bool = False) -> Any:
    """Return the value of a scalar that is constant; of any other variable, itself.

    Args:
        x: a tensor.
        elemwise: accepted as in Theano, without a meaning.
        only_process_constants: accepted as in Theano, without a meaning.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> extract_constant(T.constant(3)), extract_constant(T.lscalar("n"))
        (array(3, dtype=int8), n)
    """
    try:
        return get_scalar_constant_value(x)
    except NotScalarConstantError:
        return x


def is_flat(var: Variable, ndim: int | None = None, outdim: int | None = None) -> bool:
    """Whether a variable has so many axes, by default one.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> is_flat(T.dvector()), is_flat(T.dmatrix())
        (True, False)
    """
    wanted = outdim if ndim is None else ndim
    return bool(var.type.ndim == (1 if wanted is None else wanted))


def check_and_normalize_axes(x: Any, axis: Any) -> list[int]:
    """Return the axes that are meant, none of them negative; an empty list for None.

    Raises:
        TypeError: an axis is no integer.
        ValueError: there is no such axis.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> check_and_normalize_axes(T.dmatrix(), -1)
        [1]
    """
    variable = as_tensor_variable(x)
    if axis is None:
        return []
    given = axis if isinstance(axis, (list, tuple)) else [axis]
    numbers = [part.data if isinstance(part, Constant) else part for part in given]
    for number in numbers:
        if isinstance(number, Variable) or int(number) != number:
            raise TypeError(f"axis: got {number!r}, wanted an integer")
        if not -variable.ndim <= number < variable.ndim:
            raise ValueError(f"axis: got {number}, for {variable} of {variable.type!r}")
    return [int(number) % variable.ndim for number in numbers]
