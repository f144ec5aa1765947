"""The types of gradients: that of one which is not defined, or which does not exist."""

from __future__ import annotations

from typing import Any

from jaxlearn.symbolic.configuration import config
from jaxlearn.symbolic.graph import (
    Variable,
)
from jaxlearn.symbolic.types import Type, is_discrete

__all__ = ["DisconnectedType", "NullType", "grad_not_implemented", "grad_undefined"]


class NullType(Type):
    """The type of a gradient that is not defined.

    Args:
        why_null: why it is not.
    """

    def __init__(self, why_null: str = "no reason was given") -> None:
        self.why_null = why_null

    def __repr__(self) -> str:
        return "NullType"

    def make_variable(self, name: str | None = None) -> Variable:
        """Return a gradient that is not defined."""
        return Variable(self, name=name)


class DisconnectedType(Type):
    """The type of a gradient by something that the cost does not depend on."""

    def __repr__(self) -> str:
        return "DisconnectedType"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DisconnectedType)

    def __hash__(self) -> int:
        return hash(DisconnectedType)

    def make_variable(self, name: str | None = None) -> Variable:
        """Return a gradient that does not exist."""
        return Variable(self, name=name)


def grad_not_implemented(op: Any, x_pos: int, x: Any, comment: str = "") -> Variable:
    """Return a gradient that says: nobody has written it.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> grad_not_implemented("my op", 0, T.dscalar("x")).type.why_null
        'the gradient of my op by input 0 (x) is not implemented'
    """
    text = f"the gradient of {op} by input {x_pos} ({x}) is not implemented"
    return NullType(f"{text}: {comment}" if comment else text).make_variable()


def grad_undefined(op: Any, x_pos: int, x: Any, comment: str = "") -> Variable:
    """Return a gradient that says: mathematics does not define it.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> grad_undefined("my op", 0, T.dscalar("x")).type.why_null
        'the gradient of my op by input 0 (x) is not defined'
    """
    text = f"the gradient of {op} by input {x_pos} ({x}) is not defined"
    return NullType(f"{text}: {comment}" if comment else text).make_variable()


def dtype_of_gradient(variable: Any) -> str:
    """Return the dtype of the gradient by a variable: integers count as reals."""
    dtype: str = variable.type.dtype
    return str(config.floatX) if is_discrete(dtype) else dtype
