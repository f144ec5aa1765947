"""What is known of a value while a graph is built: constants, and lengths.

Each operation tells by its own methods what is known of its output.
"""

from __future__ import annotations

from typing import Any

from jaxlearn.symbolic.graph import Constant
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "NotScalarConstantError",
    "constant_or_none",
    "get_scalar_constant_value",
    "get_vector_length",
    "static_length",
]


def get_scalar_constant_value(
    orig_v: Any, elemwise: bool = True, only_process_constants: bool = False, max_recur: int = 10
) -> Any:
    """Return the value of a scalar that is constant, looking through axes, casts and stacking.

    Args:
        orig_v: a variable or number.
        elemwise: accepted as in Theano, without a meaning.
        only_process_constants: accepted as in Theano, without a meaning.
        max_recur: accepted as in Theano, without a meaning.

    Raises:
        NotScalarConstantError: it is not constant, or not a scalar.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> int(get_scalar_constant_value(T.constant(3).dimshuffle("x")))
        3
    """
    variable = as_tensor_variable(orig_v)
    while not isinstance(variable, Constant) and variable.owner is not None:
        known = variable.owner.op.known_scalar(variable.owner)
        if known is None:
            break
        variable = known
    if isinstance(variable, Constant) and variable.data.size == 1:
        return variable.data.reshape(())
    raise NotScalarConstantError(f"got {orig_v}, wanted a constant scalar")


class NotScalarConstantError(Exception):
    """A value that must be a constant scalar is none."""


def constant_or_none(x: Any) -> int | None:
    """Return the value of an integer constant, or None where it is not one.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> constant_or_none(T.constant(3)), constant_or_none(T.lscalar())
        (3, None)
    """
    try:
        return int(get_scalar_constant_value(x))
    except NotScalarConstantError:
        return None


def static_length(x: Any) -> int | None:
    """Return the length of a variable's first axis where the graph alone tells it, else None.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> static_length(T.dmatrix().shape), static_length(T.dvector())
        (2, None)
    """
    if x.type.ndim == 0:
        return None
    if x.type.broadcastable[0]:
        return 1
    if isinstance(x, Constant):
        return int(x.data.shape[0])
    return None if x.owner is None else x.owner.op.known_length(x.owner)


def get_vector_length(v: Any) -> int:
    """Return the length of a vector that the graph alone tells.

    Raises:
        ValueError: it is not a vector, or its length is known only when a function runs.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> get_vector_length(T.dtensor3().shape)
        3
    """
    variable = as_tensor_variable(v)
    if variable.ndim != 1:
        raise ValueError(f"got {variable} with {variable.ndim} axes, wanted a vector")
    length = static_length(variable)
    if length is None:
        raise ValueError(f"the length of {variable} is known only when a function runs")
    return length
