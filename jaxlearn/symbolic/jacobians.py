"""Jacobians, their products with vectors, and Hessians; all made of gradients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.gradient_types import dtype_of_gradient
from jaxlearn.symbolic.gradients import as_list, check_cost, disconnected, grad
from jaxlearn.symbolic.graph import (
    Variable,
    replace_variables,
)
from jaxlearn.symbolic.ops.creation import eye, zeros_like
from jaxlearn.symbolic.ops.mapping import map_rows
from jaxlearn.symbolic.ops.scan import untruncated
from jaxlearn.symbolic.variables import TensorOperators, as_tensor_variable

__all__ = ["Lop", "Rop", "hessian", "jacobian"]


def Lop(  # noqa: N802  (Theano's name)
    f: Any,
    wrt: Any,
    eval_points: Any,
    consider_constant: Iterable[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Return the product of a row vector and the Jacobian of ``f`` by ``wrt``.

    Args:
        f: an expression, or a list of them.
        wrt: a variable, or a list of them.
        eval_points: the row vectors, each of the shape of its expression.
        consider_constant: expressions through which no gradient flows.
        disconnected_inputs: as for `grad`.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, v = T.dvectors("x", "v")
        >>> Lop(x**2, x, v).eval({x: [1.0, 2.0], v: [3.0, 4.0]}).tolist()
        [6.0, 16.0]
    """
    expressions, points = as_list(f), [as_tensor_variable(p) for p in as_list(eval_points)]
    if len(expressions) != len(points):
        raise ValueError(
            f"eval_points: got {len(points)}, wanted one for each of {len(expressions)} expressions"
        )
    known = dict(zip(expressions, points, strict=True))
    return grad(None, wrt, consider_constant, disconnected_inputs, known_grads=known)


def Rop(  # noqa: N802  (Theano's name)
    f: Any,
    wrt: Any,
    eval_points: Any,
    disconnected_outputs: str = "raise",
    return_disconnected: str = "zero",
) -> Any:
    """Return the product of the Jacobian of ``f`` by ``wrt`` and a column vector.

    The row-vector product is linear in its row vector; its own row-vector product, taken by that,
    is the column-vector product. That of an expression that does not depend on ``wrt`` is zeros.
    It is no gradient: where a loop truncates those, its product does not.

    Args:
        f: an expression, or a list of them.
        wrt: a variable, or a list of them.
        eval_points: the column vectors, each of the shape of its variable.
        disconnected_outputs: what to do about an input that is not one of ``wrt`` and stands in
            ``f`` by itself: ``"raise"``, ``"warn"`` or ``"ignore"``.
        return_disconnected: what its product is: ``"zero"``, ``"None"`` or ``"Disconnected"``.

    Raises:
        DisconnectedInputError: there is such an input.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, v = T.dvectors("x", "v")
        >>> Rop(x**2, x, v).eval({x: [1.0, 2.0], v: [3.0, 4.0]}).tolist()
        [6.0, 16.0]

    Source: J. Townsend, "A new trick for calculating Jacobian vector products" (2017).
    """
    variables, points = as_list(wrt), [as_tensor_variable(p) for p in as_list(eval_points)]
    if len(variables) != len(points):
        raise ValueError(
            f"eval_points: got {len(points)}, wanted one for each of {len(variables)} variables"
        )
    results = []
    for expression in untruncated(as_list(f), variables):
        row = expression.type()
        products = grad(
            None,
            variables,
            known_grads={expression: row},
            disconnected_inputs="ignore",
            return_disconnected="None",
        )
        known = {p: v for p, v in zip(products, points, strict=True) if p is not None}
        if not known:
            results.append(
                _no_product(expression, variables, disconnected_outputs, return_disconnected)
            )
            continue
        result = grad(None, row, known_grads=known)
        # The row vector is gone from the product's value, but not yet from its graph.
        results.append(replace_variables([result], {row: zeros_like(expression)})[0])
    return results if isinstance(f, (list, tuple)) else results[0]


def _no_product(
    expression: Variable, variables: Sequence[Variable], action: str, answer: str
) -> Any:
    """Return the product of an expression that does not depend on some variables."""
    if expression.owner:
        return zeros_like(expression, dtype_of_gradient(expression))
    text = (
        f"Rop: {expression} is an input, and none of wrt, which is "
        f"{', '.join(map(str, variables))}; so its product is zero: leave it out of f, or say "
        f'disconnected_outputs="ignore"{made_at(expression.line)}'
    )
    return disconnected(text, expression, action, answer)


def jacobian(
    expression: Any,
    wrt: Any,
    consider_constant: Iterable[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Return the gradients of each element of a vector, one row an element.

    Args:
        expression: a scalar or vector expression.
        wrt: a variable, or a list of them.
        consider_constant: expressions through which no gradient flows.
        disconnected_inputs: as for `grad`.

    Returns:
        For each variable an expression with one axis more than it has.

    Raises:
        TypeError: the expression has more than one axis.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> jacobian(x**2, x).eval({x: [1.0, 2.0]}).tolist()
        [[2.0, 0.0], [0.0, 4.0]]
    """
    if not isinstance(expression, TensorOperators) or expression.ndim > 1:
        raise TypeError(
            f"jacobian expects a scalar or a vector as expression: got {expression} of "
            f"{getattr(expression, 'type', type(expression).__name__)!r}; flatten it"
        )
    if expression.ndim == 0:
        return grad(expression, wrt, consider_constant, disconnected_inputs)
    row: Any = expression.type("row")
    vector: Any = expression
    products = grad(
        None,
        as_list(wrt),
        consider_constant,
        disconnected_inputs,
        known_grads={vector: row},
    )
    rows = eye(expression.shape[0], dtype=expression.dtype)
    results = map_rows([row], products, [rows])
    return results if isinstance(wrt, (list, tuple)) else results[0]


def hessian(
    cost: Any,
    wrt: Any,
    consider_constant: Iterable[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Return the second derivatives of a scalar by a vector, as a matrix.

    Args:
        cost: a scalar expression.
        wrt: a vector, or a list of them.
        consider_constant: expressions through which no gradient flows.
        disconnected_inputs: as for `grad`.

    Raises:
        TypeError: ``wrt`` is not a vector, or the cost not a scalar.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> hessian((x**3).sum(), x).eval({x: [1.0, 2.0]}).tolist()
        [[6.0, 0.0], [0.0, 12.0]]
    """
    check_cost(cost)
    results = []
    for variable in as_list(wrt):
        if not isinstance(variable, TensorOperators) or variable.ndim != 1:
            raise TypeError(
                f"hessian expects a (list of) vector variable as wrt: got {variable} of "
                f"{getattr(variable, 'type', None)!r}"
            )
        first = grad(cost, variable, consider_constant, disconnected_inputs)
        results.append(jacobian(first, variable, consider_constant, "ignore"))
    return results if isinstance(wrt, (list, tuple)) else results[0]
