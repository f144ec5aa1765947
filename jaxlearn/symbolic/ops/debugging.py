"""Operations that leave a value as it is, and tell about it or insist on something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op, Variable
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["Assert", "Print", "assert_op"]


def print_attributes(operation: Print, value: np.ndarray) -> None:
    """Print, one a line, the attributes of a value that a `Print` names.

    Example:
        >>> print_attributes(Print("x", attrs=("shape", "sum")), np.ones(2))
        x shape = (2,)
        x sum = 2.0
    """
    _print_each(operation.message, operation.attrs, value)


def _print_each(message: str, attrs: Sequence[str], value: Any) -> None:
    for name in attrs:
        attribute = getattr(np.asarray(value), name)
        shown = attribute() if callable(attribute) else attribute
        print(message, name, "=", shown)


def _printed(value: Any, message: str, attrs: Sequence[str]) -> Any:
    """Return a value, and have its attributes printed when it is computed."""
    jax.debug.callback(partial(_print_each, message, attrs), value)
    return value


class Transparent(Op):
    """An operation whose output is its first input."""

    transparent = True

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return the gradient by the output as that by the first input."""
        return [output_gradients[0] if i == 0 else None for i in wanted]

    def connected(self, node: Apply, i: int) -> bool:
        """Only the first input goes through."""
        return i == 0

    def gradient_dtype(self, node: Apply, i: int) -> str:
        """Return the dtype of the value."""
        return str(node.outputs[0].type.dtype)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the first input."""
        return inputs[0]

    def function(self, value: Any, *_: Any) -> Any:
        """Return the first input."""
        return value


class Print(Transparent):
    """Prints a value each time it is computed, and leaves it as it is.

    What is not needed for the outputs of a function is not computed, and so not printed: the
    output of this operation must be used.

    Args:
        message: what each line starts with.
        attrs: which attributes of the value to print, as NumPy's arrays have them; those that
            are functions are called.
        global_fn: a function of this operation and the value that prints instead.

    Raises:
        AttributeError: NumPy's arrays have no such attribute.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> y = Print("x is", attrs=("__str__", "mean"))(x) * 2
        >>> y.eval({x: [1.0, 2.0]}).tolist()
        x is __str__ = [1. 2.]
        x is mean = 1.5
        [2.0, 4.0]
    """

    parameters = ("message", "attrs", "global_fn")
    prints = True

    def __init__(
        self,
        message: str = "",
        attrs: Sequence[str] = ("__str__",),
        global_fn: Callable[[Print, np.ndarray], Any] = print_attributes,
    ) -> None:
        self.message = message
        self.attrs = tuple(attrs)
        self.global_fn = global_fn
        for name in self.attrs if global_fn is print_attributes else ():
            if not hasattr(np.ndarray, name):
                raise AttributeError(f"attrs: got {name!r}, which NumPy's arrays do not have")

    def __str__(self) -> str:
        return f"Print{{message={self.message!r}, attrs={self.attrs!r}}}"

    def make_node(self, *inputs: Any) -> Apply:
        """Tell the type of the output."""
        (value,) = (as_tensor_variable(value) for value in inputs)
        return Apply.of_types(self, [value], [value.type])

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write a call that prints and returns the value."""
        if self.global_fn is not print_attributes:
            raise ValueError(
                f"source: {node.outputs[0]} prints by the function {self.global_fn!r}, which "
                f"cannot be written out; leave global_fn out{made_at(node.line)}"
            )
        printed = writer.function(_printed)
        return f"{printed}({inputs[0]}, {self.message!r}, {self.attrs!r})"

    def function(self, value: Any, *_: Any) -> Any:
        """Have the value printed when it is computed."""
        jax.debug.callback(self._show, value)
        return value

    def host(self, node: Apply, *values: np.ndarray) -> Any:
        """Return the value; it is printed by the program that it is a part of."""
        return values[0]

    def fold(self, node: Apply, values: Sequence[Any]) -> Any:
        """Known or not, a value is printed in each call."""
        return NotImplemented

    def _show(self, value: Any) -> None:
        self.global_fn(self, np.asarray(value))


class Assert(Transparent):
    """Raises `AssertionError` when a function runs and a condition does not hold.

    Otherwise the value is left as it is. What is not needed for the outputs of a function is not
    computed, and so not checked: the output of this operation must be used.

    Args:
        msg: what the error shall say.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> root = T.sqrt(Assert("x is negative")(x, T.all(x >= 0)))
        >>> root.eval({x: [4.0, 9.0]}).tolist()
        [2.0, 3.0]
    """

    parameters = ("msg",)

    def __init__(self, msg: str = "Theano Assert failed!") -> None:
        self.msg = msg

    def __str__(self) -> str:
        return f"Assert{{msg={self.msg!r}}}"

    def make_node(self, value: Any, *conds: Any) -> Apply:
        """Check that the conditions are scalars, and tell the type of the output."""
        value, *conditions = (
            as_tensor_variable(np.array(given) if isinstance(given, bool) else given)
            for given in (value, *conds)
        )
        for condition in conditions:
            if condition.type.ndim:
                raise TypeError(
                    f"a condition of Assert: got {condition} of {condition.type!r}, wanted a "
                    "scalar; use T.all(...) or T.any(...)"
                )
        return Apply.of_types(self, [value, *conditions], [value.type])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the identity, and have the conditions checked."""
        for condition in values[1:]:
            holds = condition.astype(bool)
            lowering.check(holds, partial(self._error, node))
        return self.function

    def host(self, node: Apply, *values: np.ndarray) -> Any:
        """Check now."""
        if not all(values[1:]):
            raise self._error(node)
        return values[0]

    def _error(self, node: Apply) -> AssertionError:
        return AssertionError(f"{self.msg}{made_at(node.line)}")


assert_op = Assert()
"""`Assert` with a message that says no more than that."""
