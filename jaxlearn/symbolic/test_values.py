"""Test values: an expression computed with example values while it is built."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxlearn.symbolic.configuration import config
from jaxlearn.symbolic.errors import made_at, warn_user
from jaxlearn.symbolic.graph import Apply, Constant, Variable
from jaxlearn.symbolic.shared import SharedVariable

__all__ = ["compute_test_values", "get_debug_values", "get_test_value"]


def get_test_value(v: Any) -> Any:
    """Return the example value of a variable: its test value, or the value that it has.

    Raises:
        AttributeError: it has none.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> x.tag.test_value = 3.0
        >>> get_test_value(x)
        array(3.)
    """
    if not isinstance(v, Variable):
        return np.asarray(v)
    if isinstance(v, Constant):
        return v.data
    if isinstance(v, SharedVariable):
        return v.get_value()
    if not hasattr(v.tag, "test_value"):
        raise AttributeError(
            f"{v} of {v.type!r} has no test value; set it: "
            f"{v.name or 'variable'}.tag.test_value = ...{made_at(v.line)}"
        )
    try:
        return v.type.filter(v.tag.test_value)
    except TypeError as error:
        raise TypeError(f"the test value of {v}: {error}{made_at(v.line)}") from None


def compute_test_values(node: Apply) -> None:
    """Compute a node's outputs from its inputs' test values, as ``config.compute_test_value`` says.

    Raises:
        ValueError: an input has no test value, and the flag is ``"raise"``; or the operation does
            not take the test values, whatever the flag.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> x.tag.test_value = 3.0
        >>> y = x**2
        >>> compute_test_values(y.owner)
        >>> y.tag.test_value
        array(9.)
    """
    from jaxlearn.symbolic.functions import function

    try:
        values = [get_test_value(variable) for variable in node.inputs]
    except AttributeError as error:
        if config.compute_test_value == "raise":
            raise ValueError(f"{node.op}: {error}") from None
        if config.compute_test_value == "warn":
            warn_user(f"{node.op}: {error}", UserWarning)
        return
    inputs = [variable.type() for variable in node.inputs]
    with config.change_flags(compute_test_value="off"):
        copied = node.clone_with_new_inputs(inputs)
        answers = function(inputs, copied.outputs, on_unused_input="ignore")(*values)
    for output, answer in zip(node.outputs, answers, strict=True):
        output.tag.__dict__["test_value"] = answer


def get_debug_values(*args: Any) -> list[tuple[Any, ...]]:
    """Return the test values of some variables, to loop over: none or one tuple of them.

    Raises:
        AttributeError: a variable has none, and ``config.compute_test_value`` is ``"raise"``.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> x.tag.test_value = 3.0
        >>> with config.change_flags(compute_test_value="ignore"):
        ...     for (value,) in get_debug_values(x):
        ...         print(value)
        3.0
    """
    if config.compute_test_value == "off":
        return []
    try:
        return [tuple([get_test_value(arg) for arg in args])]
    except AttributeError as error:
        if config.compute_test_value == "raise":
            raise
        if config.compute_test_value == "warn":
            warn_user(str(error), UserWarning)
        return []
