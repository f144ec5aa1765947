"""Tensors with a part set or incremented; the part is what `indexing` reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.graph import Apply, Op, Variable
from jaxlearn.symbolic.ops.dimensions import DimShuffle
from jaxlearn.symbolic.ops.elementwise import Elementwise
from jaxlearn.symbolic.ops.index_patterns import (
    integer_scalar,
    integer_vector,
    integers,
    pattern_text,
)
from jaxlearn.symbolic.ops.indexing import (
    AdvancedSubtensor,
    AdvancedSubtensor1,
    Indexing,
    Subtensor,
    fixed_length,
    subtensor,
)
from jaxlearn.symbolic.ops.nonzero import check_fit, fitted_mask, mask_of
from jaxlearn.symbolic.ops.selection import Selection, broadcast_value, converted
from jaxlearn.symbolic.ops.shaping import Reshape
from jaxlearn.symbolic.ops.static_values import static_length
from jaxlearn.symbolic.types import is_complex, is_discrete
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "AdvancedBooleanIncSubtensor",
    "AdvancedIncSubtensor",
    "AdvancedIncSubtensor1",
    "IncSubtensor",
    "advanced_inc_subtensor",
    "advanced_inc_subtensor1",
    "advanced_set_subtensor",
    "advanced_set_subtensor1",
    "inc_subtensor",
    "set_subtensor",
]


class _Writing(Indexing):
    """What the operations that change a part have in common."""

    parameters: tuple[str, ...] = ("pattern", "set_instead_of_inc")
    skipped = 2
    inplace = False

    def __init__(
        self,
        idx_list: Sequence[Any],
        inplace: bool = False,
        set_instead_of_inc: bool = False,
        destroyhandler_tolerate_aliased: Any = None,
    ) -> None:
        super().__init__(idx_list)
        self.set_instead_of_inc = set_instead_of_inc

    def make_node(self, x: Any, y: Any, *index: Any) -> Apply:
        """Check the ranks and dtypes; the type is that of the whole."""
        check = integers if self.advanced else integer_scalar
        whole, value = as_tensor_variable(x), as_tensor_variable(y)
        numbers = [check(number) for number in index]
        _check_value(whole, value, self._result(whole, numbers).ndim)
        return Apply.of_types(self, [whole, value, *numbers], [whole.type])

    def _window_source(
        self, x: str, axis: int, node: Apply, entry: slice, inputs: Sequence[str]
    ) -> tuple[str, str]:
        return x, f"{inputs[entry.start]} + np.arange({fixed_length(node, entry)})"

    def _source_of(
        self, x: str, index: str, node: Apply, inputs: Sequence[str], writer: Any
    ) -> str:
        dtype = node.inputs[0].type.dtype
        value = Elementwise.conversion_source(inputs[1], node.inputs[1].type.dtype, dtype, writer)
        change = "set" if self.set_instead_of_inc else "max" if dtype == "bool" else "add"
        return f"{x}.at[{index or '...'}].{change}({value})"

    def written_as_known(self, node: Apply, known: Sequence[bool]) -> bool:
        """What is changed is an array."""
        return False

    def _apply(self, selection: Selection, *inputs: Any) -> Any:
        return selection.write(inputs[0], inputs[1], inputs, self.set_instead_of_inc)

    def _apply_on_host(self, index: tuple[Any, ...], *values: np.ndarray) -> Any:
        changed = values[0].copy()
        if self.set_instead_of_inc:
            changed[index] = values[1]
        else:
            np.add.at(changed, index, values[1].astype(changed.dtype))
        return changed


def _check_value(whole: Any, value: Any, rank: int) -> None:
    if value.ndim > rank:
        raise TypeError(
            f"got a value with {value.ndim} axes ({value}) for a part of {whole} with {rank}; "
            "a value may have as many axes as the part, or fewer"
        )
    if is_complex(value.dtype) and not is_complex(whole.dtype):
        raise TypeError(
            f"got a value of {value.dtype} ({value}) for a part of {whole} of {whole.dtype}; "
            "take real(value) or abs(value) first"
        )


class IncSubtensor(_Writing):
    """``x`` with a part, selected by integers and slices, set or incremented.

    Args:
        idx_list: the pattern, as of `Subtensor`.
        inplace: no meaning here.
        set_instead_of_inc: whether the part is set.
        destroyhandler_tolerate_aliased: no meaning here.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> set_subtensor(x[0], 1).owner.op
        IncSubtensor{Set;int64}
    """

    @property
    def idx_list(self) -> list[Any]:
        """The pattern, as types and slices of types."""
        return list(Subtensor(self.pattern).idx_list)

    def __str__(self) -> str:
        verb = "Set" if self.set_instead_of_inc else "Inc"
        return f"IncSubtensor{{{verb};{pattern_text(self.pattern)}}}"

    def make_node(self, x: Any, y: Any, *index: Any) -> Apply:
        """Check the ranks and dtypes; the type is that of the whole."""
        node = super().make_node(x, y, *index)
        whole, value = node.inputs[:2]
        exact = not is_discrete(whole.type.dtype) or is_discrete(value.type.dtype)
        if not (exact or self.set_instead_of_inc):
            raise TypeError(
                f"inc_subtensor: got an increment of {value.type.dtype} ({value}) for {whole} of "
                f"{whole.type.dtype}; cast one of them"
            )
        return node

    def known_length(self, node: Apply) -> int | None:
        """Return the length of the whole."""
        return static_length(node.inputs[0])


class AdvancedIncSubtensor(_Writing):
    """``x`` with a part, selected by arrays, set or incremented.

    An element that is selected several times is incremented as often; or it is set to the last
    value.

    Args:
        idx_list: the pattern, as of `AdvancedSubtensor`.
        inplace: no meaning here.
        set_instead_of_inc: whether the part is set.
    """

    advanced = True

    def __str__(self) -> str:
        return (
            f"AdvancedIncSubtensor{{inplace=False,  set_instead_of_inc={self.set_instead_of_inc}}}"
        )


class AdvancedIncSubtensor1(AdvancedIncSubtensor):
    """``x`` with the part ``x[vector]`` set or incremented."""

    parameters: tuple[str, ...] = ("set_instead_of_inc",)

    def __init__(self, inplace: bool = False, set_instead_of_inc: bool = False) -> None:
        super().__init__(("int64",), inplace, set_instead_of_inc)

    def __str__(self) -> str:
        verb = "set" if self.set_instead_of_inc else "inc"
        return f"AdvancedIncSubtensor1{{no_inplace,{verb}}}"

    def make_node(self, x: Any, y: Any, ilist: Any) -> Apply:
        """Check the ranks and dtypes; the type is that of the whole."""
        return super().make_node(x, y, integer_vector(ilist))


class AdvancedBooleanIncSubtensor(Op):
    """``x`` set or incremented where a mask is true, by a value that does not vary along the mask.

    It is ``where(mask, y, x)``: nothing needs to be counted before compiling.

    Args:
        axis: the first axis that the mask stands for.
        exact: whether the mask must have the lengths of these axes; otherwise what lies outside
            of ``x`` must be false.
        set_instead_of_inc: whether the part is set.
    """

    parameters = ("axis", "exact", "set_instead_of_inc")
    inplace = False

    def __init__(self, axis: int, exact: bool = True, set_instead_of_inc: bool = False) -> None:
        self.axis = axis
        self.exact = exact
        self.set_instead_of_inc = set_instead_of_inc

    def __str__(self) -> str:
        return (
            "AdvancedBooleanIncSubtensor"
            f"{{inplace=False,  set_instead_of_inc={self.set_instead_of_inc}}}"
        )

    def make_node(self, x: Any, y: Any, mask: Any) -> Apply:
        """Check the ranks; the type is that of the whole."""
        whole, value, mask = map(as_tensor_variable, (x, y, mask))
        _check_value(whole, value, whole.ndim - mask.ndim + 1)
        return Apply.of_types(self, [whole, value, mask], [whole.type])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the choice, once the shape of the mask is seen to be right."""
        check_fit(lowering, node, 2, values[2], values[0].shape, self.axis, self.exact)
        return partial(self._choose, node)

    def _choose(self, node: Apply, x: Any, y: Any, mask: Any) -> Any:
        spread = partial(broadcast_value, node)
        return _masked(x, y, mask, self.axis, self.set_instead_of_inc, spread)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write ``jnp.where`` if the mask is of the whole, else a call of what does the same."""
        (x, y, mask), (whole, value, given) = inputs, node.inputs
        if not (self.exact and whole.type.ndim == given.type.ndim and value.type.ndim == 0):
            name = writer.function(_masked)
            return f"{name}({x}, {y}, {mask}, {self.axis}, {self.set_instead_of_inc})"
        chosen = mask if given.type.dtype == "bool" else f"{mask} != 0"
        y = Elementwise.conversion_source(y, value.type.dtype, whole.type.dtype, writer)
        return f"jnp.where({chosen}, {y if self.set_instead_of_inc else f'{x} + {y}'}, {x})"

    def connected(self, node: Apply, i: int) -> bool:
        """A mask has no gradient."""
        return i < 2


def _masked(
    x: Any, y: Any, mask: Any, axis: int, replace: bool, spread: Any = jnp.broadcast_to
) -> Any:
    """Return an array set, or incremented, where a mask of some axes from ``axis`` on is true."""
    rank = mask.ndim
    x, after = jnp.asarray(x), x.ndim - axis - rank
    chosen = fitted_mask(mask, x.shape, axis)
    chosen = lax.broadcast_in_dim(chosen, x.shape, tuple(range(axis, axis + rank)))
    value = converted(y, x.dtype)
    if value.ndim > after:
        before = value.shape[: value.ndim - after - 1]
        value = value.reshape(before + (1,) * rank + value.shape[value.ndim - after :])
    value = spread(value, x.shape)
    return jnp.where(chosen, value if replace else x + value, x)


# From a part and a value to a node.


def set_subtensor(
    x: Any, y: Any, inplace: bool = False, tolerate_inplace_aliasing: bool = False
) -> Any:
    """Return the tensor that ``x`` is a part of, with that part replaced.

    Args:
        x: a part of a tensor, such as ``w[2:5]``.
        y: what to put there; it broadcasts to the shape of the part, and takes its dtype. Where
            an index is repeated, the last value stays.
        inplace: no meaning here; memory is reused where it can be.
        tolerate_inplace_aliasing: no meaning here.

    Raises:
        TypeError: ``x`` is not a part of a tensor, or ``y`` has more axes.
        ValueError: when the function runs: the shapes do not broadcast.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> w = T.dvector("w")
        >>> set_subtensor(w[1:], 0).eval({w: [1.0, 2.0, 3.0]}).tolist()
        [1.0, 0.0, 0.0]
    """
    return inc_subtensor(x, y, inplace, True, tolerate_inplace_aliasing)


def inc_subtensor(
    x: Any,
    y: Any,
    inplace: bool = False,
    set_instead_of_inc: bool = False,
    tolerate_inplace_aliasing: bool = False,
) -> Any:
    """Return the tensor that ``x`` is a part of, with that part incremented.

    Args:
        x: a part of a tensor, such as ``w[2:5]``.
        y: what to add there; it broadcasts to the shape of the part, and takes its dtype. Where
            an index is repeated, all values are added.
        inplace: no meaning here; memory is reused where it can be.
        set_instead_of_inc: replace the part, as `set_subtensor` does.
        tolerate_inplace_aliasing: no meaning here.

    Raises:
        TypeError: ``x`` is not a part of a tensor, or ``y`` has more axes, or is not an integer
            where ``x`` is.
        ValueError: when the function runs: the shapes do not broadcast.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> w = T.dvector("w")
        >>> inc_subtensor(w[[0, 0]], 1).eval({w: [1.0, 2.0, 3.0]}).tolist()
        [3.0, 2.0, 3.0]
    """
    node = x.owner if isinstance(x, Variable) else None
    value = as_tensor_variable(y)
    if node is not None:
        _check_value(x, value, x.type.ndim)
        op: Any = node.op
        whole, *index = node.inputs
        if isinstance(op, Subtensor):
            return IncSubtensor(op.pattern, inplace, set_instead_of_inc)(whole, value, *index)
        if isinstance(op, AdvancedSubtensor):
            return _inc_advanced(x, value, set_instead_of_inc)
        if isinstance(op, DimShuffle):
            return _inc_shuffled(x, value, set_instead_of_inc)
        if isinstance(op, Reshape):
            return _inc_reshaped(x, value, set_instead_of_inc)
    raise TypeError(
        f"x must be the result of a subtensor operation: got {x}; write it as "
        "set_subtensor(x[index], y) or inc_subtensor(x[index], y)"
    )


def _inc_reshaped(x: Any, value: Any, replace: bool) -> Any:
    """Write through a change of shape; the result has the old one, as in Theano."""
    whole = x.owner.inputs[0]
    if 0 < value.ndim < x.type.ndim:
        value = x.zeros_like(value.dtype) + value
    if value.ndim:
        value = value.reshape(whole.shape, ndim=whole.type.ndim)
    return inc_subtensor(whole, value, set_instead_of_inc=replace)


def _inc_shuffled(x: Any, value: Any, replace: bool) -> Any:
    """Write through a change of axes; the result has them changed as well, as in Theano."""
    op, inner = x.owner.op, x.owner.inputs[0]
    if value.ndim:
        value = value.dimshuffle(*["x"] * (x.type.ndim - value.ndim), *range(value.ndim))
        order = [op.new_order.index(a) if a in op.new_order else "x" for a in range(inner.ndim)]
        value = value.dimshuffle(*order)
    changed = inc_subtensor(inner, value, set_instead_of_inc=replace)
    return changed.dimshuffle(*op.new_order)


def _inc_advanced(x: Any, value: Any, replace: bool) -> Any:
    op, whole, index = x.owner.op, x.owner.inputs[0], x.owner.inputs[1:]
    mask = mask_of(op.pattern, index)
    if mask is not None:
        node, axis = mask
        masked = AdvancedBooleanIncSubtensor(axis, node.op.axis is not None, replace)
        after = x.type.ndim - axis - 1
        if value.ndim <= after or value.broadcastable[value.ndim - after - 1]:
            return _without_mask_axis(node, axis, masked(whole, value, node.inputs[0]))
    if isinstance(op, AdvancedSubtensor1):
        return AdvancedIncSubtensor1(False, replace)(whole, value, *index)
    changed = AdvancedIncSubtensor(op.pattern, False, replace)(whole, value, *index)
    return changed if mask is None else _without_mask_axis(*mask, changed)


def _without_mask_axis(node: Any, axis: int, changed: Any) -> Any:
    """Return the result without the axis that was made for a mask without axes."""
    owner = node.inputs[0].owner
    if owner is None or getattr(owner.op, "new_order", ()) != ("x",) or node.op.axis is None:
        return changed
    return changed.dimshuffle(*(a for a in range(changed.ndim) if a != axis))


# Theano's names for what `inc_subtensor` chooses between.


advanced_inc_subtensor1 = AdvancedIncSubtensor1()


advanced_set_subtensor1 = AdvancedIncSubtensor1(set_instead_of_inc=True)


def advanced_inc_subtensor(x: Any, y: Any, *index: Any) -> Any:
    """Return ``x`` with ``x[index]`` incremented, for indices of any kind.

    Example:
        >>> advanced_inc_subtensor([1, 2], 5, [0, 0]).eval().tolist()
        [11, 2]
    """
    return inc_subtensor(subtensor(x, index), y)


def advanced_set_subtensor(x: Any, y: Any, *index: Any) -> Any:
    """Return ``x`` with ``x[index]`` replaced, for indices of any kind.

    Example:
        >>> advanced_set_subtensor([1, 2], 5, [0, 0]).eval().tolist()
        [5, 2]
    """
    return set_subtensor(subtensor(x, index), y)
