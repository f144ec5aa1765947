"""Choices between expressions: only what is chosen is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op, Variable
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["IfElse", "ifelse"]


class IfElse(Op):
    """Some values where a condition is not zero, others where it is.

    Its inputs are the condition, the values of the one branch, and those of the other. What only
    one branch needs is computed only if that branch is chosen (`lowering` sees to that).

    Args:
        n_outs: how many values there are.
        as_view: no meaning here: what is given is never changed.
        gpu: no meaning here: XLA compiles for the device there is.
        name: what the user calls the choice.
    """

    parameters = ("n_outs", "label")

    def __init__(
        self, n_outs: int, as_view: bool = False, gpu: bool = False, name: str | None = None
    ) -> None:
        self.n_outs = n_outs
        self.label = name

    def __str__(self) -> str:
        return f"if{{{self.label or ''}}}"

    def make_node(self, *inputs: Any) -> Apply:
        """Check the condition, and that both branches are of the same types."""
        condition, *values = map(as_tensor_variable, inputs)
        if condition.ndim:
            raise TypeError(
                f"condition: got {condition} of {condition.type!r}, wanted a scalar, with 0 "
                f"standing for False and anything else for True{made_at(condition.line)}"
            )
        for then, other in zip(values[: self.n_outs], values[self.n_outs :], strict=True):
            if then.type != other.type:
                raise TypeError(
                    f"ifelse: the two branches should have identical types, but {then} is of "
                    f"{then.type!r} and {other} of {other.type!r}; cast one of them"
                    f"{made_at(other.line)}"
                )
        kinds = [value.type for value in values[: self.n_outs]]
        return Apply.of_types(self, [condition, *values], kinds)

    def branches(self, node: Apply) -> tuple[Sequence[int], ...]:
        """Return the inputs of each branch."""
        count = self.n_outs
        return range(1, 1 + count), range(1 + count, 1 + 2 * count)

    def host(self, node: Apply, condition: np.ndarray, *values: np.ndarray) -> Any:
        """Choose with NumPy."""
        return values[: self.n_outs] if condition else values[self.n_outs :]

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return the gradient for the branch that is chosen, and zeros for the other."""
        from jaxlearn.symbolic.ops.creation import zeros_like

        condition, *values = node.inputs
        results: list[Variable | None] = []
        for i in wanted:
            gradient = output_gradients[(i - 1) % self.n_outs]
            if i == 0:
                results.append(zeros_like(condition, str(node.outputs[0].type.dtype)))
            elif gradient is None:
                results.append(None)
            else:
                zeros = zeros_like(values[i - 1], str(gradient.type.dtype))
                pair = (gradient, zeros) if i <= self.n_outs else (zeros, gradient)
                results.append(IfElse(1, name=self.label)(condition, *pair))
        return results

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write a choice between values that are there already."""
        then, other = inputs[1 : 1 + self.n_outs], inputs[1 + self.n_outs :]
        first, second = (
            part[0] if self.n_outs == 1 else f"({', '.join(part)})" for part in (then, other)
        )
        condition = inputs[0] if node.inputs[0].type.dtype == "bool" else f"{inputs[0]} != 0"
        return f"lax.cond({condition}, lambda: {first}, lambda: {second})"


def ifelse(condition: Any, then_branch: Any, else_branch: Any, name: str | None = None) -> Any:
    """Return the values of one branch or those of the other; what is not chosen is not computed.

    Where the branches have unlike shapes, XLA must know which one it compiles: there is then one
    program for each, and the condition is computed before it. Within a loop that is not possible,
    and shapes must agree. The gradient by a branch is zero where it was not chosen; for it both
    branches are computed, as in Theano.

    Args:
        condition: a scalar, symbolic; 0 stands for the second branch, anything else for the first.
        then_branch: an expression, or a list or tuple of them.
        else_branch: as many, each of the same type as its counterpart.
        name: a name for the choice.

    Returns:
        One variable for one expression; a list for a list, a tuple for a tuple.

    Raises:
        TypeError: the condition is no scalar, or the types of the branches differ.
        ValueError: the branches have not as many expressions.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> a, b = T.dscalars("a", "b")
        >>> chosen = ifelse(T.lt(a, b), a * 10, b / 0)
        >>> float(chosen.eval({a: 1.0, b: 2.0}))
        10.0

    Source: Theano's documentation, "Conditions".
    """
    kind = type(then_branch) if isinstance(then_branch, (list, tuple)) else None
    then, other = (
        list(branch) if isinstance(branch, (list, tuple)) else [branch]
        for branch in (then_branch, else_branch)
    )
    if len(then) != len(other):
        raise ValueError(
            "ifelse: the number of values on the `then` branch should be that on the `else` "
            f"branch: got {len(then)} and {len(other)}"
        )
    results = IfElse(len(then), name=name)(condition, *then, *other, return_list=True)
    return results[0] if kind is None else kind(results)
