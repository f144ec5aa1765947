"""Rewrites of masks of which only a reduction is needed: nothing is counted before compiling.

How many elements ``x[mask]`` has depends on the data, and XLA wants to know it; so such arrays are
computed in a stage of their own. But their sum is that of ``where(mask, x, 0)``, and likewise for
other reductions, for elementwise operations between the mask and the reduction, and for what is
written back to where the same mask is true. Here a selection is *spread*: its elements stay where
they are, and what the mask leaves out is replaced.

No gradient may come from what the mask leaves out, where a logarithm may well be infinite. So each
input of the elementwise operations is chosen by the mask before them, and their result after them:
backwards, whatever comes up between the two choices is dropped at the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxlearn.symbolic.errors import attributed_to, made_at
from jaxlearn.symbolic.graph import Apply, Constant, is_same_graph, toposort
from jaxlearn.symbolic.ops import (
    dimensions,
    elementwise,
    indexing,
    joining,
    nonzero,
    reductions,
    shaping,
)
from jaxlearn.symbolic.ops.debugging import Assert
from jaxlearn.symbolic.types import is_discrete
from jaxlearn.symbolic.variables import constant

__all__ = ["RULES", "has_masks"]


def has_masks(nodes: Sequence[Apply]) -> bool:
    """Whether there is a node whose shape a mask determines.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> has_masks(toposort([x[x > 0]])), has_masks(toposort([x[1:]]))
        (True, False)
    """
    return any(isinstance(node.op, nonzero.Nonzero) for node in nodes)


class _Selection(NamedTuple):
    """What a mask selects of a whole, its elements along one axis.

    Attributes:
        whole: what is selected from.
        node: the `nonzero.Nonzero` of the mask.
        axis: the first of the axes that the mask stands for.
    """

    whole: Any
    node: Apply
    axis: int

    @property
    def mask(self) -> Any:
        """What is not zero where an element is selected."""
        return self.node.inputs[0]

    @property
    def chosen(self) -> Any:
        """Whether each element of the axes that the mask stands for is selected."""
        op: Any = self.node.op
        return nonzero.Selected(self.axis, op.axis is not None)(self.mask, self.whole)

    def same_mask(self, other: _Selection) -> bool:
        """Whether another selection has the same mask in the same place."""
        return self.axis == other.axis and (
            self.node is other.node or is_same_graph(self.mask, other.mask)
        )


def _selection(variable: Any) -> _Selection | None:
    node = variable.owner
    if node is None or not isinstance(node.op, indexing.AdvancedSubtensor):
        return None
    whole, *index = node.inputs
    found = nonzero.mask_of(node.op.pattern, index)
    return None if found is None else _Selection(whole, *found)


def _is_elementwise(node: Apply | None) -> bool:
    if node is None or not isinstance(node.op, elementwise.Elementwise):
        return False
    # A division by zero raises, so nothing may be divided that the mask leaves out.
    divides = node.op.name in ("int_div", "mod")
    return not (divides and is_discrete(node.outputs[0].type.dtype))


class _Masked:
    """Elementwise operations on selections by one mask, and on what does not vary along it.

    Args:
        variable: the result of the operations.
        selections: the selections, by their variables.
        others: the other inputs.
    """

    def __init__(
        self, variable: Any, selections: dict[Any, _Selection], others: Sequence[Any]
    ) -> None:
        self.variable = variable
        self.selections = selections
        self.others = list(others)
        self.first = next(iter(selections.values()))
        self.axis = self.first.axis
        self.rank: int = self.first.mask.ndim

    @property
    def chosen(self) -> Any:
        """Whether each place is selected, with as many axes as the spread elements have."""
        after = self.variable.ndim - self.axis - 1
        axes: list[Any] = ["x"] * self.axis + [*range(self.rank)] + ["x"] * after
        return self.first.chosen.dimshuffle(*axes)

    def elements(self) -> Any:
        """Return the operations' result where each element is, whether it is selected or not."""
        spread: dict[Any, Any] = {}
        for variable, selection in self.selections.items():
            spread[variable] = self._kept(selection.whole)
        for variable in self.others:
            spread[variable] = self._kept(self._with_axes(variable))
        for node in toposort([self.variable], set(spread)):
            with attributed_to(node.line):
                op: Any = node.op
                spread[node.outputs[0]] = op(*[spread[variable] for variable in node.inputs])
        return spread[self.variable]

    def filled(self, value: Any) -> Any:
        """Return the elements, with some other value in place of those not selected."""
        elements = self.elements()
        return _switch(self.chosen, elements, constant(value, dtype=elements.dtype))

    def axes(self, axes: Sequence[int]) -> tuple[int, ...]:
        """Return where some axes of the result are once it is spread."""
        spread: list[int] = []
        for axis in axes:
            if axis == self.axis:
                spread += range(axis, axis + self.rank)
            else:
                spread.append(axis if axis < self.axis else axis + self.rank - 1)
        return tuple(spread)

    def _kept(self, variable: Any) -> Any:
        """Return an input with 1 where it is not selected; its gradient there is zero."""
        if is_discrete(variable.dtype) or _is_constant(variable):
            return variable
        return _switch(self.chosen, variable, constant(1, dtype=variable.dtype))

    def _with_axes(self, variable: Any) -> Any:
        before, after = range(self.axis), range(self.axis + 1, variable.ndim)
        if self.rank == 1:
            return variable
        return variable.dimshuffle(*before, *["x"] * self.rank, *after)


def _is_constant(variable: Any) -> bool:
    while variable.owner is not None and isinstance(variable.owner.op, dimensions.DimShuffle):
        variable = variable.owner.inputs[0]
    return isinstance(variable, Constant)


def _switch(condition: Any, chosen: Any, other: Any) -> Any:
    return elementwise.ROWS["switch"](condition, chosen, other)


def _masked(variable: Any) -> _Masked | None:
    """Return what computes a variable, if it is of selections by one mask."""
    selections: dict[Any, _Selection] = {}
    others: dict[Any, None] = {}
    waiting, seen = [variable], {variable}
    while waiting:
        current = waiting.pop()
        selection = _selection(current)
        if selection is not None:
            selections[current] = selection
        elif _is_elementwise(current.owner):
            new = [v for v in current.owner.inputs if v not in seen]
            seen.update(new)
            waiting.extend(new)
        else:
            others[current] = None
    if not selections:
        return None
    masked = _Masked(variable, selections, list(others))
    alike = all(masked.first.same_mask(selection) for selection in selections.values())
    fits = all(other.type.broadcastable[masked.axis] for other in others)
    return masked if alike and fits else None


# Rules: from a node to the expression that replaces its output, or None.


class _NotEmpty(Assert):
    """An `Assert` that an extreme has something to be chosen from."""

    def _error(self, node: Apply) -> Any:
        return ValueError(f"{self.msg}{made_at(node.line)}")


def _neutral(name: str, dtype: str) -> Any:
    """Return what a reduction may have among its elements without a change."""
    if name in ("Max", "Min"):
        if is_discrete(dtype):
            limits: Any = np.iinfo("uint8" if dtype == "bool" else dtype)
            lowest, highest = (False, True) if dtype == "bool" else (limits.min, limits.max)
        else:
            lowest, highest = -np.inf, np.inf
        return lowest if name == "Max" else highest
    return {"Sum": 0, "Prod": 1, "All": True, "Any": False}[name]


def _reduced(node: Apply) -> Any:
    """A reduction over what a mask selects is one over all, the rest being neutral."""
    op: Any = node.op
    (x,) = node.inputs
    masked = _masked(x)
    if masked is None or masked.axis not in op.axes_of(x):
        return None
    filled = masked.filled(_neutral(op.name, masked.variable.dtype))
    if op.row.needs_elements:
        message = f"{op} needs at least one element: {masked.first.mask} selects none"
        filled = _NotEmpty(message)(filled, reductions.any(masked.chosen))
    axes = masked.axes(op.axes_of(x))
    if isinstance(op, reductions.Accumulation):
        return reductions.Accumulation(op.name, axes, op.dtype, op.acc_dtype)(filled)
    return reductions.Reduction(op.name, axes)(filled)


def _shape(node: Apply) -> Any:
    """The number of selected elements is a sum."""
    x: Any = node.inputs[0]
    if x.owner is not None and isinstance(x.owner.op, nonzero.Nonzero):
        mask, *shape = x.owner.inputs
        if not shape:
            return _vector([reductions.sum(nonzero.Selected()(mask, mask))])
        if shape[0].owner is None or not isinstance(shape[0].owner.op, shaping.Shape):
            return None
        (whole,) = shape[0].owner.inputs
        op: Any = x.owner.op
        return _vector([reductions.sum(nonzero.Selected(op.axis)(mask, whole))])
    masked = _masked(x)
    if masked is None:
        return None
    lengths: list[Any] = []
    for axis in range(x.ndim):
        if axis == masked.axis:
            lengths.append(reductions.sum(masked.first.chosen))
        else:
            lengths.append(_length(masked, axis))
    return _vector(lengths)


def _vector(numbers: Sequence[Any]) -> Any:
    return dimensions.unbroadcast(joining.stack(numbers), 0)


def _length(masked: _Masked, axis: int) -> Any:
    """Return the length of an axis that the mask has nothing to do with."""
    (place,) = masked.axes([axis])
    for variable, selection in masked.selections.items():
        if not variable.type.broadcastable[axis]:
            return selection.whole.shape[place]
    for variable in masked.others:
        if not variable.type.broadcastable[axis]:
            return variable.shape[axis]
    return constant(1, dtype="int64")


def _written(node: Apply) -> Any:
    """What a mask selects, written to where the same mask is true, need not be selected."""
    op: Any = node.op
    whole, value, *index = node.inputs
    found = nonzero.mask_of(op.pattern, index)
    masked = _masked(value)
    if found is None or masked is None or not masked.first.same_mask(_Selection(whole, *found)):
        return None
    if masked.variable.ndim != whole.type.ndim - masked.rank + 1:
        return None
    new = elementwise.cast(masked.elements(), whole.type.dtype)
    return _switch(masked.chosen, new if op.set_instead_of_inc else whole + new, whole)


RULES: dict[str, tuple[Callable[[Apply], Any], ...]] = {
    **dict.fromkeys(("Sum", "Prod", "Max", "Min", "All", "Any"), (_reduced,)),
    "Shape": (_shape,),
    "AdvancedIncSubtensor": (_written,),
    "AdvancedIncSubtensor1": (_written,),
}
"""The rules, by the name of the operation at whose output they look."""
