"""What a program tells about its matrices.

Theano's optimiser looked at such hints and was free to use another algorithm; the numbers were the
same. Here they are kept, and can be asked for, and change nothing.
"""

from __future__ import annotations

from typing import Any

from jaxlearn.symbolic.graph import Apply, Variable
from jaxlearn.symbolic.ops.debugging import Transparent
from jaxlearn.symbolic.ops.static_values import NotScalarConstantError, get_scalar_constant_value
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["Hint", "hints", "is_hint_node", "is_positive", "is_psd", "is_symmetric", "psd"]


class Hint(Transparent):
    """The same value, with something told about it.

    Args:
        **hints: what is told.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> Hint(positive=True)(T.dmatrix("x")).owner.op
        Hint{hints=(('positive', True),)}
    """

    parameters = ("hints",)

    def __init__(self, **hints: Any) -> None:
        self.hints = tuple(sorted(hints.items()))

    def make_node(self, *inputs: Any) -> Apply:
        """Tell the type of the output, which is that of the input."""
        (value,) = map(as_tensor_variable, inputs)
        return Apply.of_types(self, [value], [value.type])

    def host(self, node: Apply, *values: Any) -> Any:
        """Return the value."""
        return values[0]


def is_hint_node(node: Any) -> bool:
    """Whether a node tells something about a value.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> is_hint_node(psd(T.dmatrix()).owner)
        True
    """
    return isinstance(node, Apply) and isinstance(node.op, Hint)


def hints(variable: Variable) -> dict[str, Any]:
    """Return what is told about a variable.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> hints(psd(T.dmatrix())), hints(T.dmatrix())
        ({'psd': True, 'symmetric': True}, {})
    """
    node: Any = variable.owner
    return dict(node.op.hints) if is_hint_node(node) else {}


def psd(v: Any) -> Any:
    """Return a matrix, telling that it is symmetric and positive semidefinite.

    Example:
        >>> psd([[2.0, 1.0], [1.0, 2.0]]).eval().tolist()
        [[2.0, 1.0], [1.0, 2.0]]
    """
    return Hint(psd=True, symmetric=True)(v)


def is_psd(v: Variable) -> bool:
    """Whether a matrix is told to be positive semidefinite.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> is_psd(psd(T.dmatrix())), is_psd(T.dmatrix())
        (True, False)
    """
    return bool(hints(v).get("psd", False))


def is_symmetric(v: Variable) -> bool:
    """Whether a matrix is told to be symmetric.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> is_symmetric(psd(T.dmatrix()))
        True
    """
    return bool(hints(v).get("symmetric", False))


def is_positive(v: Variable) -> bool:
    """Whether a tensor is told to have no element below zero, or is an even power.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> is_positive(T.dmatrix() ** 2), is_positive(Hint(positive=True)(T.dmatrix()))
        (True, True)
    """
    return bool(hints(v).get("positive", False)) or _is_even_power(v)


def _is_even_power(v: Variable) -> bool:
    if v.owner is None or getattr(v.owner.op, "name", "") != "pow":
        return False
    try:
        return bool(get_scalar_constant_value(v.owner.inputs[1]) % 2 == 0)
    except NotScalarConstantError:
        return False
