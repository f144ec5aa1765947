"""The few rewrites that keep values finite where a formula as written overflows, and loops small.

Those of `masks`, which keep sizes known, are applied with them.

Each rule is a function from a node to the expression that replaces its output, or None. The node's
inputs are rewritten already, so that rules build on one another: ``1 / (1 + exp(-x))`` becomes
``sigmoid(x)`` first, and then its ``log`` becomes ``-softplus(-x)``.

There is no other optimiser: XLA is the optimiser.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from jaxlearn.symbolic.errors import attributed_to
from jaxlearn.symbolic.graph import (
    Apply,
    Constant,
    Variable,
    is_same_graph,
    replace_variables,
    toposort,
)
from jaxlearn.symbolic.types import is_float, upgrade_to_float

__all__ = ["RULES", "Rewrite", "local_optimizer", "register_rewrite", "stabilized"]

Rule = Callable[[Apply], Any]


def stabilized(outputs: Sequence[Variable], keep: Collection[Variable] = ()) -> list[Variable]:
    """Return the outputs with unstable forms replaced by stable ones.

    Args:
        outputs: the expressions to rewrite.
        keep: variables that must stay in the graph as they are.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> stabilized([T.log(1 + x)])[0].owner.op
        Elemwise{log1p,no_inplace}
    """
    # What is kept stands in the graph as an input meanwhile, so that no rule looks behind it.
    inside = {v: v.type.make_variable(v.name) for v in keep if v.owner is not None}
    rewritten = _rewritten(replace_variables(outputs, inside) if inside else list(outputs))
    back = {stand_in: variable for variable, stand_in in inside.items()}
    return replace_variables(rewritten, back) if inside else rewritten


def _rewritten(outputs: list[Variable]) -> list[Variable]:
    from jaxlearn.symbolic import masks

    current: dict[Variable, Variable] = {}
    nodes = toposort(outputs)
    rules = RULES | masks.RULES if masks.has_masks(nodes) else RULES
    for node in nodes:
        inputs = [current.get(variable, variable) for variable in node.inputs]
        changed = any(new is not old for new, old in zip(inputs, node.inputs, strict=True))
        candidate = node.clone_with_new_inputs(inputs) if changed else node
        replacement = _replacement(candidate, rules)
        if replacement is not None:
            current[node.outputs[0]] = replacement
        elif changed:
            current.update(zip(node.outputs, candidate.outputs, strict=True))
    return [current.get(variable, variable) for variable in outputs]


def _replacement(node: Apply, rules: Mapping[str, tuple[Rule, ...]]) -> Any:
    for rule in rules.get(_name(node), ()):
        with attributed_to(node.line):
            new = rule(node)
        if new is not None and new.type.dtype == node.outputs[0].type.dtype:
            if new.type.broadcastable != node.outputs[0].type.broadcastable:
                continue
            new.name = node.outputs[0].name
            return new
    return None


# Looking at a graph.

_THIS_PACKAGE = __name__.partition(".")[0] + "."


def _name(node: Apply | None) -> str:
    """Return the name that rules know an operation by; those of a program have none."""
    if node is None or not type(node.op).__module__.startswith(_THIS_PACKAGE):
        return ""
    return str(getattr(node.op, "name", type(node.op).__name__))


def _arguments(variable: Variable, name: str) -> list[Any] | None:
    """Return what an operation of this name is applied to, if one computes the variable."""
    if variable.owner is not None and _name(variable.owner) == name:
        return list(variable.owner.inputs)
    return None


def _argument(variable: Variable, name: str) -> Any:
    arguments = _arguments(variable, name)
    return arguments[0] if arguments else None


def _is_constant(variable: Variable, value: float) -> bool:
    while variable.owner is not None and _name(variable.owner) in _SAME_VALUES:
        variable = variable.owner.inputs[_SAME_VALUES[_name(variable.owner)]]
    return isinstance(variable, Constant) and bool(np.all(variable.data == value))


# Operations that keep the value of a constant, and the input that it is.
_SAME_VALUES = {
    "DimShuffle": 0,
    "second": 1,
    "Alloc": 0,
    "Cast{float16}": 0,
    "Cast{float32}": 0,
    "Cast{float64}": 0,
}


def _other_than(variable: Variable, name: str, value: float) -> Any:
    """Return the other argument of a two-argument operation whose one argument is constant."""
    arguments = _arguments(variable, name)
    if arguments and len(arguments) == 2:
        for i in (0, 1):
            if _is_constant(arguments[i], value) and not _is_constant(arguments[1 - i], value):
                return arguments[1 - i]
    return None


def _one_plus(variable: Variable) -> Any:
    return _other_than(variable, "add", 1)


def _one_minus(variable: Variable) -> Any:
    arguments = _arguments(variable, "sub")
    return arguments[1] if arguments and _is_constant(arguments[0], 1) else None


def _negated(x: Any) -> Any:
    inner = _argument(x, "neg")
    return _minus(x) if inner is None else inner


def _minus(x: Any) -> Any:
    """Return ``-x`` as a float: unsigned integers and bool have no negative."""
    from jaxlearn.symbolic.ops.elementwise import cast

    return -cast(x, upgrade_to_float(x.type.dtype))


def _op(name: str, *arguments: Any) -> Any:
    from jaxlearn.symbolic.ops.elementwise import ROWS

    return ROWS[name](*arguments)


# Rules.


def _sigmoid(denominator: Any) -> Any:
    """``1 + exp(x)`` under a one is the sigmoid of ``-x``."""
    inner = _one_plus(denominator)
    exponent = None if inner is None else _argument(inner, "exp")
    return None if exponent is None else _op("sigmoid", _negated(exponent))


def _quotient(node: Apply) -> Any:
    numerator, denominator = node.inputs
    if _is_constant(numerator, 1):
        return _sigmoid(denominator)
    if _is_constant(numerator, -1):
        whole = _sigmoid(denominator)
        return None if whole is None else -whole
    exponent = _argument(numerator, "exp")
    inner = _one_plus(denominator)
    if exponent is not None and inner is not None and _argument(inner, "exp") is exponent:
        return _op("sigmoid", exponent)
    return _softmax(numerator, denominator)


def _softmax(numerator: Any, denominator: Any) -> Any:
    """``exp(x) / sum(exp(x))`` over the rows of a matrix is its softmax."""
    from jaxlearn.symbolic.ops.neural import softmax

    exponent = _argument(numerator, "exp")
    total = _argument(denominator, "DimShuffle")
    if exponent is None or total is None or exponent.type.ndim != 2:
        return None
    added, axes = _summed(total)
    summed = _argument(added, "exp")
    is_row_sum = axes == (1,) and denominator.owner.op.new_order == (0, "x")
    if summed is None or not is_row_sum or not is_same_graph(summed, exponent):
        return None
    return softmax(exponent)


def _summed(x: Any) -> tuple[Any, tuple[int, ...] | None]:
    """Return what is summed over which axes, where a sum computes the variable."""
    inner = _argument(x, "Sum")
    return (x, None) if inner is None else (inner, x.owner.op.axes_of(inner))


def _inverse(node: Apply) -> Any:
    return _sigmoid(node.inputs[0])


def _log(node: Apply) -> Any:
    return _stable_log(node.inputs[0])


def _stable_log(x: Any) -> Any:
    for rule in _LOG_RULES:
        new = rule(x)
        if new is not None:
            return new
    return None


def _log_of_part(x: Any) -> Any:
    """The log of moved or chosen elements is that of the elements, moved or chosen."""
    name = _name(x.owner)
    if name != "DimShuffle" and not name.endswith(("Subtensor", "Subtensor1")):
        return None
    whole, *indices = x.owner.inputs
    logarithm = _stable_log(whole)
    return None if logarithm is None else x.owner.op(logarithm, *indices)


def _log_of_sigmoid(x: Any) -> Any:
    inner = _argument(x, "sigmoid")
    return None if inner is None else -_op("softplus", _negated(inner))


def _log_of_one_minus(x: Any) -> Any:
    rest = _one_minus(x)
    if rest is None:
        return None
    inner = _argument(rest, "sigmoid")
    return _op("log1p", _minus(rest)) if inner is None else -_op("softplus", inner)


def _log_of_one_plus(x: Any) -> Any:
    rest = _one_plus(x)
    if rest is None:
        return None
    exponent = _argument(rest, "exp")
    return _op("log1p", rest) if exponent is None else _op("softplus", exponent)


def _log_of_sum(x: Any) -> Any:
    """``log(sum(exp(x)))`` with the largest element taken out of it."""
    from jaxlearn.symbolic.ops.neural import LogSumExp

    added, axes = _summed(x)
    exponent = _argument(added, "exp")
    if axes is None or exponent is None or not is_float(exponent.type.dtype):
        return None
    return LogSumExp(axes)(exponent)


def _log_of_softmax(x: Any) -> Any:
    from jaxlearn.symbolic.ops.neural import log_softmax

    inner = _argument(x, "softmax")
    return None if inner is None else log_softmax(inner)


_LOG_RULES: tuple[Callable[[Any], Any], ...] = (
    _log_of_sigmoid,
    _log_of_one_minus,
    _log_of_one_plus,
    _log_of_sum,
    _log_of_softmax,
    _log_of_part,
)


def _log1p(node: Apply) -> Any:
    x: Any = node.inputs[0]
    exponent = _argument(x, "exp")
    if exponent is not None:
        return _op("softplus", exponent)
    negated = _argument(x, "neg")
    inner = None if negated is None else _argument(negated, "sigmoid")
    return None if inner is None else -_op("softplus", inner)


def _difference(node: Apply) -> Any:
    first, second = node.inputs
    if _is_constant(second, 1):
        exponent = _argument(first, "exp")
        return None if exponent is None else _op("expm1", exponent)
    if _is_constant(first, 1):
        inner = _argument(second, "sigmoid")
        return None if inner is None else _op("sigmoid", _negated(inner))
    return None


def _sum(node: Apply) -> Any:
    for first, second in (node.inputs, node.inputs[::-1]):
        exponent = _argument(first, "exp")
        if exponent is not None and _is_constant(second, -1):
            return _op("expm1", exponent)
    return None


def _part(node: Apply) -> Any:
    """What a loop made last need not be taken from what it made in all steps."""
    from jaxlearn.symbolic.ops.scan import last_step

    tensor, *index = node.inputs
    is_last = len(index) == 1 and _is_constant(index[0], -1) and tensor.type.ndim > 0
    is_one_row = is_last and node.outputs[0].type.ndim == tensor.type.ndim - 1
    return last_step(tensor) if is_one_row else None


RULES: dict[str, tuple[Rule, ...]] = {
    "true_div": (_quotient,),
    "inv": (_inverse,),
    "log": (_log,),
    "log1p": (_log1p,),
    "sub": (_difference,),
    "add": (_sum,),
    "Subtensor": (_part,),
}
"""The rules, by the name of the operation at whose output they look."""


# What programs of their own would have Theano rewrite.


class Rewrite:
    """A rewrite that a program made for Theano. Accepted, and never applied.

    A rewrite changes how a value is computed, and not which: what a graph says is computed as it
    says it, and XLA rewrites that.

    Example:
        >>> Rewrite("of some operation")
        Rewrite('of some operation')
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self.args = args
        self.options = options

    def __repr__(self) -> str:
        return f"Rewrite({', '.join(map(repr, self.args))})"


def local_optimizer(
    tracks: Any, inplace: bool = False, requirements: Any = ()
) -> Callable[[Any], Any]:
    """Return a decorator that leaves a function as it is: as a `Rewrite`, never applied.

    Args:
        tracks: the operations that the function would rewrite.
        inplace: accepted as in Theano, without a meaning.
        requirements: accepted as in Theano, without a meaning.

    Example:
        >>> @local_optimizer([None])
        ... def never_called(node): ...
    """
    return lambda rewrite: rewrite


def register_rewrite(lopt: Any, *tags: str, **options: Any) -> Any:
    """Accept a `Rewrite`, or the name of one that a decorator gives, and return it.

    Example:
        >>> @register_rewrite
        ... @local_optimizer([None])
        ... def never_called(node): ...
    """
    return (lambda rewrite: rewrite) if isinstance(lopt, str) else lopt
