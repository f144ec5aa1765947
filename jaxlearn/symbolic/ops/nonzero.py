"""Where elements are not zero: their indices, and what a mask selects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.symbolic.ops.gathering import out_of_bounds
from jaxlearn.symbolic.ops.index_patterns import WHOLE, Pattern
from jaxlearn.symbolic.types import TensorType
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["Nonzero", "Selected", "flatnonzero", "mask_of", "nonzero", "nonzero_values"]


class Nonzero(Op):
    """The indices of the elements that are not zero, a vector for each axis.

    Args:
        axis: if this is a mask, the first axis that it stands for; the shape of what it selects
            from is then the second input, and is checked.
    """

    parameters = ("axis",)
    staged = True

    def __init__(self, axis: int | None = None) -> None:
        self.axis = axis

    def make_node(self, x: Any, *shape: Any) -> Apply:
        """Check that there is an axis and tell the types of the indices."""
        variable = as_tensor_variable(x)
        if variable.ndim == 0:
            raise ValueError(f"nonzero: got {variable}, a scalar, wanted a tensor with axes")
        kinds = [TensorType("int64", (False,))] * variable.ndim
        return Apply.of_types(self, [variable, *map(as_tensor_variable, shape)], kinds)

    def host(self, node: Apply, *values: np.ndarray) -> Any:
        """Look for the elements."""
        x = values[0]
        if self.axis is not None:
            _check_mask(node, x.shape, tuple(values[1].tolist()), self.axis)
        return tuple(indices.astype(np.int64) for indices in np.nonzero(x))

    def connected(self, node: Apply, i: int) -> bool:
        """Indices have no gradient."""
        return False


def _check_mask(node: Apply, mask: Sequence[int], whole: Sequence[int], axis: int) -> None:
    wanted = tuple(whole[axis : axis + len(mask)])
    if tuple(mask) != wanted:
        axes = ", ".join(map(str, range(axis, axis + len(mask))))
        raise IndexError(
            f"boolean index did not match: the mask has shape {tuple(mask)}, and what it indexes "
            f"has shape {tuple(whole)}, wanted {wanted} for axes {axes}{made_at(node.line)}"
        )


def nonzero(a: Any, return_matrix: bool = False) -> Any:
    """Return the indices of the elements that are not zero: a vector for each axis.

    Args:
        a: a tensor with at least one axis.
        return_matrix: return them as the rows of a matrix.

    Raises:
        ValueError: the tensor is a scalar.

    Example:
        >>> [indices.eval().tolist() for indices in nonzero([[0, 1], [2, 0]])]
        [[0, 1], [1, 0]]
    """
    indices = Nonzero()(a, return_list=True)
    return as_tensor_variable(indices) if return_matrix else tuple(indices)


def flatnonzero(a: Any) -> Any:
    """Return the indices, in the flattened tensor, of the elements that are not zero.

    Raises:
        ValueError: the tensor is a scalar.

    Example:
        >>> flatnonzero([[0, 1], [2, 0]]).eval().tolist()
        [1, 2]
    """
    variable = as_tensor_variable(a)
    return nonzero(variable.flatten() if variable.ndim else variable)[0]


def nonzero_values(a: Any) -> Any:
    """Return the elements that are not zero, as a vector.

    Raises:
        ValueError: the tensor is a scalar.

    Example:
        >>> nonzero_values([[0, 1], [2, 0]]).eval().tolist()
        [1, 2]
    """
    variable = as_tensor_variable(a)
    return variable.flatten()[flatnonzero(variable)]


# Masks that need no counting before compiling.


def mask_of(pattern: Pattern, index: Sequence[Any]) -> tuple[Any, int] | None:
    """Return the mask that alone makes an index, and its first axis, if one does.

    Args:
        pattern: the pattern of the operation that indexes.
        index: the arrays in it.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dmatrix("x")
        >>> node = x[:, x[0] > 0].owner
        >>> mask_of(node.op.pattern, node.inputs[1:])[1]
        1
    """
    node = next((v.owner for v in index if v.owner and isinstance(v.owner.op, Nonzero)), None)
    if node is None or [*index] != node.outputs:
        return None
    axis = next(i for i, entry in enumerate(pattern) if isinstance(entry, str))
    expected = [WHOLE] * axis + [entry for entry in pattern if isinstance(entry, str)]
    rest = pattern[len(expected) :]
    is_alone = list(pattern[: len(expected)]) == expected and all(e == WHOLE for e in rest)
    return (node, axis) if is_alone else None


class Selected(Op):
    """Which elements a mask selects: itself, as bool, once its shape is seen to be right.

    It is what `Nonzero` is, without the need to count before compiling.

    Args:
        axis: the first axis that the mask stands for.
        exact: as of `AdvancedBooleanIncSubtensor`.
    """

    parameters = ("axis", "exact")

    def __init__(self, axis: int = 0, exact: bool = True) -> None:
        self.axis = axis
        self.exact = exact

    def make_node(self, mask: Any, whole: Any) -> Apply:
        """Tell the type; of the second input, what the mask selects from, the shape matters."""
        variable = as_tensor_variable(mask)
        flags = variable.broadcastable if self.exact else (False,) * variable.ndim
        inputs = [variable, as_tensor_variable(whole)]
        return Apply.of_types(self, inputs, [TensorType("bool", flags)])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the mask, once its shape is seen to be right."""
        check_fit(lowering, node, 0, values[0], values[1].shape, self.axis, self.exact)
        return self.function

    def function(self, mask: Any, whole: Any) -> Any:
        """Return the mask as bool, in the lengths of the whole."""
        return fitted_mask(mask, whole.shape, self.axis)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the mask; one that may have other lengths is brought to those of the whole."""
        if self.exact:
            return inputs[0] if node.inputs[0].type.dtype == "bool" else f"{inputs[0]} != 0"
        return f"{writer.function(fitted_mask)}({inputs[0]}, {inputs[1]}.shape, {self.axis})"

    def connected(self, node: Apply, i: int) -> bool:
        """A mask has no gradient."""
        return False


def _is_true(mask: Any) -> Any:
    return mask if mask.dtype == bool else mask != np.zeros((), mask.dtype)


def check_fit(
    lowering: Any, node: Apply, place: int, mask: Any, whole: Sequence[int], axis: int, exact: bool
) -> None:
    """Check that a mask has the lengths of axes of the whole, or is false outside of it."""
    lengths = tuple(whole[axis : axis + mask.ndim])
    if exact:
        _check_mask(node, mask.shape, whole, axis)
    elif mask.shape != lengths:
        inside = mask[tuple(slice(length) for length in lengths)]
        ok = _is_true(inside).sum() == _is_true(mask).sum()
        lowering.check(ok, partial(out_of_bounds, node, place, axis, tuple(whole), None))


def fitted_mask(mask: Any, shape: Sequence[int], axis: int) -> Any:
    """Return a mask as bool, cut off or continued by false to the lengths of axes of a shape."""
    # A negative margin cuts off.
    lengths = shape[axis : axis + mask.ndim]
    margins = [(0, have - got, 0) for have, got in zip(lengths, mask.shape, strict=True)]
    return lax.pad(jnp.asarray(_is_true(mask)), np.False_, margins)
