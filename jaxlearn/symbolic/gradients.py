"""Gradients of expressions, as expressions: the walk back from a cost.

`grad` walks a graph backwards and adds, for each operation on the way, a node that pulls gradients
back through it (`vector_jacobian_product`). So a gradient prints, clones and takes ``givens`` like
any other expression, and can be differentiated again. Before the walk the cost is rewritten into
its numerically stable form (`rewrites`), because the gradient of an unstable form is unstable too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jaxlearn.symbolic.errors import (
    DisconnectedInputError,
    NullTypeGradError,
    made_at,
    warn_user,
)
from jaxlearn.symbolic.gradient_types import DisconnectedType, NullType, dtype_of_gradient
from jaxlearn.symbolic.graph import (
    Apply,
    Variable,
    replace_variables,
    toposort,
)
from jaxlearn.symbolic.ops.creation import ones_like, zeros_like
from jaxlearn.symbolic.rewrites import stabilized
from jaxlearn.symbolic.types import TensorType, is_complex

__all__ = ["depends_on", "format_as", "grad", "subgraph_grad", "walk_back"]


def grad(
    cost: Any,
    wrt: Any,
    consider_constant: Iterable[Variable] | None = None,
    disconnected_inputs: str = "raise",
    add_names: bool = True,
    known_grads: Mapping[Variable, Variable] | None = None,
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
) -> Any:
    """Return the gradient of a scalar expression, as expressions.

    Args:
        cost: a scalar expression; None where ``known_grads`` starts the walk.
        wrt: a variable, or a list of them; expressions on the way to the cost too.
        consider_constant: expressions through which no gradient flows.
        disconnected_inputs: what to do about a variable that the cost does not depend on:
            ``"raise"``, ``"warn"`` or ``"ignore"``.
        add_names: name each gradient after its cost and variable, where both have names.
        known_grads: gradients by some expressions, given instead of computed.
        return_disconnected: what the gradient by such a variable is: ``"zero"``, ``"None"`` or
            ``"Disconnected"`` (a variable of `DisconnectedType`).
        null_gradients: what to do about gradients that are not defined: ``"raise"`` or
            ``"return"``.

    Returns:
        One expression, or a list of them if ``wrt`` is one.

    Raises:
        TypeError: the cost is not a real scalar, or an argument is no variable.
        DisconnectedInputError: the cost does not depend on a variable.
        NullTypeGradError: a gradient is not defined.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> slope = grad(x**3, x)
        >>> float(slope.eval({x: 2.0})), float(grad(slope, x).eval({x: 2.0}))
        (12.0, 12.0)

    Source: Theano's documentation, "Symbolic gradient".
    """
    _one_of("disconnected_inputs", disconnected_inputs, ("raise", "warn", "ignore"))
    _one_of("return_disconnected", return_disconnected, ("zero", "None", "Disconnected"))
    _one_of("null_gradients", null_gradients, ("raise", "return"))
    one = not isinstance(wrt, (list, tuple))
    variables = [wrt] if one else list(wrt)
    for variable in variables:
        if not isinstance(variable, Variable):
            raise TypeError(f"wrt: got {variable!r}, wanted a symbolic variable")
    gradients = dict(known_grads or {})
    if cost is not None:
        check_cost(cost)
    elif not gradients:
        raise ValueError("cost: got None and no known_grads, wanted one of the two")

    found = walk_back(cost, variables, gradients, set(as_list(consider_constant)))
    results = []
    for variable in variables:
        gradient = found.get(variable)
        if gradient is None:
            text = (
                f"grad: {variable} is not part of the graph of the cost"
                f"{'' if cost is None else f' {cost}'}, or only by its shape or through an index, "
                "so there is no gradient by it; if that is meant, "
                f'disconnected_inputs="ignore" gives zeros{made_at(variable.line)}'
            )
            gradient = disconnected(text, variable, disconnected_inputs, return_disconnected)
        elif isinstance(gradient.type, NullType) and null_gradients == "raise":
            raise NullTypeGradError(
                f"the gradient by {variable} is not defined: {gradient.type.why_null}"
                f"{made_at(variable.line)}"
            )
        elif add_names and cost is not None and cost.name and variable.name:
            gradient.name = f"(d{cost.name}/d{variable.name})"
        results.append(gradient)
    if one:
        return results[0]
    return tuple(results) if isinstance(wrt, tuple) else results


def as_list(value: Any) -> list[Any]:
    """Return one thing or several as a list; None as an empty one."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]


def _one_of(name: str, value: Any, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise ValueError(f"{name}: got {value!r}, wanted one of {', '.join(map(repr, allowed))}")


def check_cost(cost: Any) -> None:
    """Refuse a cost that is not a real scalar."""
    if not isinstance(cost, Variable):
        raise TypeError(f"cost: got {cost!r}, wanted a symbolic scalar")
    if isinstance(cost.type, NullType):
        raise ValueError(f"cost: it is not defined: {cost.type.why_null}")
    if not isinstance(cost.type, TensorType) or cost.type.ndim:
        raise TypeError(
            f"cost must be a scalar: got {cost} of {cost.type!r}; take its sum or mean"
            f"{made_at(cost.line)}"
        )
    if is_complex(cost.type.dtype):
        raise NotImplementedError(
            f"cost: got {cost} of {cost.type!r}; the gradient of a complex number is not defined"
        )


def disconnected(text: str, variable: Variable, action: str, answer: str) -> Any:
    """Raise, warn, or answer where a derivative that is like a variable is zero everywhere."""
    if action == "raise":
        raise DisconnectedInputError(text)
    if action == "warn":
        warn_user(text, UserWarning)
    if answer == "None":
        return None
    if answer == "Disconnected":
        return DisconnectedType()()
    return zeros_like(variable, dtype_of_gradient(variable))


def walk_back(
    cost: Any,
    wrt: Sequence[Variable],
    known: dict[Variable, Variable],
    constants: set[Variable],
) -> dict[Variable, Any]:
    """Return the gradient of the cost by every variable between it and those wanted.

    Args:
        cost: a scalar expression, or None.
        wrt: the variables wanted.
        known: gradients that are given.
        constants: variables through which no gradient flows.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> y = T.exp(x)
        >>> list(walk_back(y**2, [x], {}, set()))
        [Elemwise{pow,no_inplace}.0, Elemwise{exp,no_inplace}.0, x]
    """
    starts = [*known, *([] if cost is None else [cost])]
    fixed = {*wrt, *known, *constants}
    starts = [start if start in fixed else stabilized([start], fixed)[0] for start in starts]
    terms: dict[Variable, list[Any]] = {variable: [value] for variable, value in known.items()}
    if cost is not None and cost not in known:
        root = starts[-1]
        terms[root] = [ones_like(root, dtype_of_gradient(root))]
    nodes = toposort(starts, constants)
    reaching = _reaching(nodes, wrt, constants)
    totals: dict[Variable, Any] = {}
    for node in reversed(nodes):
        wanted = [i for i, variable in enumerate(node.inputs) if variable in reaching]
        output_gradients = [_total(output, terms, totals) for output in node.outputs]
        if not wanted or all(gradient is None for gradient in output_gradients):
            continue
        for gradient in output_gradients:
            if gradient is not None and isinstance(gradient.type, NullType):
                output_gradients = [gradient]
        if isinstance(getattr(output_gradients[0], "type", None), NullType):
            answers = [output_gradients[0]] * len(wanted)
        else:
            answers = node.op.gradient(node, output_gradients, wanted)
        # JAX adds up what flows to a variable in reverse order of its use, and so does this: a
        # gradient written as `jax.grad` then has the same bits.
        for i, answer in reversed(list(zip(wanted, answers, strict=True))):
            if answer is not None and node.inputs[i] not in known:
                terms.setdefault(node.inputs[i], []).append(answer)
    for variable in (*wrt, *starts):
        _total(variable, terms, totals)
    return totals


def _total(variable: Variable, terms: Mapping[Variable, list[Any]], totals: dict[Any, Any]) -> Any:
    if variable not in totals:
        parts = terms.get(variable, [])
        undefined = [part for part in parts if isinstance(part.type, NullType)]
        if undefined:
            totals[variable] = undefined[0]
        else:
            total = parts[0] if parts else None
            for part in parts[1:]:
                total = total + part
            totals[variable] = total
    return totals[variable]


def _reaching(
    nodes: Sequence[Apply], wrt: Sequence[Variable], constants: set[Variable]
) -> set[Variable]:
    """Return the variables on a way from one of those wanted, in the order of computation."""
    reaching = set(wrt)
    for node in nodes:
        if any(
            variable in reaching and node.op.connected(node, i)
            for i, variable in enumerate(node.inputs)
        ):
            reaching.update(output for output in node.outputs if output not in constants)
    return reaching


def depends_on(outputs: Sequence[Variable], variable: Variable) -> bool:
    """Whether any output depends on the values of a variable, not only on its shape.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> depends_on([x.sum()], x), depends_on([x.shape], x)
        (True, False)
    """
    reaching = _reaching(toposort(outputs), [variable], set())
    return any(output in reaching for output in outputs)


def subgraph_grad(
    wrt: Any,
    end: Any,
    start: Mapping[Variable, Variable] | None = None,
    cost: Any = None,
    details: bool = False,
) -> Any:
    """Return the gradients by ``wrt`` and by ``end``, stopping at ``end``.

    Args:
        wrt: the variables whose gradients are wanted.
        end: the expressions at which the walk stops.
        start: gradients by some expressions, from which the walk starts.
        cost: a scalar from which it starts too.
        details: return also the gradients that come from ``start`` and from ``cost`` alone.

    Returns:
        Two lists, the gradients by ``wrt`` and by ``end``; with ``details`` two more, those by
        ``wrt`` from ``start`` and from ``cost``.

    Raises:
        ValueError: neither ``start`` nor ``cost`` is given.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, w = T.dscalars("x", "w")
        >>> y = w * x
        >>> by_w, by_y = subgraph_grad([w], [y], cost=y**2 + w)
        >>> float(by_w[0].eval({x: 2.0, w: 3.0})), float(by_y[0].eval({x: 2.0, w: 3.0}))
        (1.0, 12.0)
    """
    wrt, end = as_list(wrt), as_list(end)
    if start is None and cost is None:
        raise ValueError("subgraph_grad: give start or cost, or both")

    def gradients(known: Mapping[Variable, Variable], cost: Any) -> list[Any]:
        # What lies behind an end is not walked; the end itself is reached.
        ends = {variable: variable.clone() for variable in end}
        starts = list(known)
        moved = replace_variables([*starts, *([] if cost is None else [cost])], ends)
        new_known = {moved[i]: known[start] for i, start in enumerate(starts)}
        by = [ends.get(variable, variable) for variable in (*wrt, *end)]
        found = grad(
            None if cost is None else moved[-1],
            by,
            known_grads=new_known,
            disconnected_inputs="ignore",
            return_disconnected="None",
        )
        back = {copied: variable for variable, copied in ends.items()}
        given = [value for value in found if value is not None]
        restored = iter(replace_variables(given, back))
        return [
            zeros_like(variable) if value is None else next(restored)
            for variable, value in zip((*wrt, *end), found, strict=True)
        ]

    both = gradients(dict(start or {}), cost)
    result = [both[: len(wrt)], both[len(wrt) :]]
    if details:
        result.append(gradients(dict(start), None)[: len(wrt)] if start else [])
        result.append(gradients({}, cost)[: len(wrt)] if cost is not None else [])
    return tuple(result)


def format_as(use_list: bool, use_tuple: bool, outputs: Any) -> Any:
    """Return one or several things as a list, as a tuple, or as the only one of them.

    Args:
        use_list: return a list.
        use_tuple: return a tuple.
        outputs: one thing, or a list or tuple of them.

    Raises:
        ValueError: both a list and a tuple are wanted, or neither and there are several things.

    Example:
        >>> format_as(True, False, 1), format_as(False, True, [1, 2]), format_as(False, False, [1])
        ([1], (1, 2), 1)
    """
    if use_list and use_tuple:
        raise ValueError("format_as: got use_list and use_tuple, wanted one of the two")
    several = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    if use_list or use_tuple:
        return list(several) if use_list else tuple(several)
    if len(several) != 1:
        raise ValueError(f"format_as: got {len(several)} outputs, wanted one, or use_list=True")
    return several[0]
