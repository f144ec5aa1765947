"""Theano's classes of operations that here are rows, or take other arguments.

Programs ask by them what an expression is (``isinstance(x.owner.op, T.elemwise.Sum)``), and make
operations of them (``T.elemwise.Sum(axis=0)(x)``). Each counts as its instances all operations of
its row, whoever made them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jaxlearn.symbolic.graph import Apply
from jaxlearn.symbolic.ops import reductions, shaping
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["AllReduction", "AnyReduction", "ProdReduction", "RebroadcastAxes", "SumReduction"]


class _OfRow(type):
    row_name: str

    def __instancecheck__(cls, operation: object) -> bool:
        return isinstance(operation, reductions.Reduction) and operation.name == cls.row_name


def _axes(axis: int | Sequence[int] | None) -> tuple[int, ...] | None:
    if axis is None:
        return None
    return (axis,) if isinstance(axis, int) else tuple(axis)


class SumReduction(reductions.Accumulation, metaclass=_OfRow):
    """A sum over axes.

    Args:
        axis: an axis, a sequence of them, or None for all.
        dtype: the dtype that comes out.
        acc_dtype: the dtype that is summed in.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> isinstance(T.dmatrix().sum().owner.op, SumReduction)
        True
        >>> SumReduction(axis=0)([[1, 2], [3, 4]]).eval().tolist()
        [4, 6]
    """

    row_name = "Sum"

    def __init__(self, axis: Any = None, dtype: Any = None, acc_dtype: Any = None) -> None:
        super().__init__(self.row_name, _axes(axis), dtype, acc_dtype)


class ProdReduction(reductions.Accumulation, metaclass=_OfRow):
    """A product over axes. Arguments as for `SumReduction`.

    Args:
        axis: an axis, a sequence of them, or None for all.
        dtype: the dtype that comes out.
        acc_dtype: the dtype that is multiplied in.
        no_zeros_in_input: accepted as in Theano, without a meaning.
    """

    row_name = "Prod"

    def __init__(
        self,
        axis: Any = None,
        dtype: Any = None,
        acc_dtype: Any = None,
        no_zeros_in_input: bool = False,
    ) -> None:
        super().__init__(self.row_name, _axes(axis), dtype, acc_dtype)


class AllReduction(reductions.Reduction, metaclass=_OfRow):
    """Whether no element over axes is zero.

    Args:
        axis: an axis, a sequence of them, or None for all.
    """

    row_name = "All"

    def __init__(self, axis: Any = None) -> None:
        super().__init__(self.row_name, _axes(axis))


class AnyReduction(reductions.Reduction, metaclass=_OfRow):
    """Whether any element over axes is not zero.

    Args:
        axis: an axis, a sequence of them, or None for all.
    """

    row_name = "Any"

    def __init__(self, axis: Any = None) -> None:
        super().__init__(self.row_name, _axes(axis))


class _Rebroadcasting(type):
    def __instancecheck__(cls, operation: object) -> bool:
        return isinstance(operation, shaping.Rebroadcast)


class RebroadcastAxes(shaping.Rebroadcast, metaclass=_Rebroadcasting):
    """The same array with the broadcast flags of some axes changed.

    Args:
        *axis: pairs of an axis and its new flag.

    Raises:
        ValueError: there is no such axis; or, when the function runs, an axis that is declared
            broadcastable has not length 1.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> RebroadcastAxes((0, True))(T.dmatrix()).type
        TensorType(float64, row)
    """

    parameters = ("axis",)

    def __init__(self, *axis: tuple[int, bool]) -> None:
        self.axis = tuple((int(number), bool(flag)) for number, flag in axis)

    def __str__(self) -> str:
        return f"Rebroadcast{{{','.join(f'({n}, {flag})' for n, flag in self.axis)}}}"

    def make_node(self, x: Any) -> Apply:
        """Return the node of the operation that has a flag for every axis."""
        variable = as_tensor_variable(x)
        flags = list(variable.broadcastable)
        for number, flag in self.axis:
            if not 0 <= number < len(flags):
                raise ValueError(f"Rebroadcast: there is no axis {number} in {variable.type!r}")
            flags[number] = flag
        return shaping.Rebroadcast(flags).make_node(variable)
