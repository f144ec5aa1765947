"""Theano's classes of operations that here are rows, or take other arguments.

Programs ask by them what an expression is (``isinstance(x.owner.op, T.elemwise.Sum)``), and make
operations of them (``T.elemwise.Sum(axis=0)(x)``). Each counts as its instances all operations of
its row, whoever made them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jaxlearn.symbolic.configuration import config
from jaxlearn.symbolic.graph import Apply
from jaxlearn.symbolic.ops import (
    conveniences,
    creation,
    dimensions,
    elementwise,
    indexing,
    joining,
    matrices,
    reductions,
    repeating,
    shaping,
    writing,
)
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "AccumulatingReduction",
    "AllReduction",
    "AllocEmpty",
    "AnyReduction",
    "Argmax",
    "Bartlett",
    "CpuContiguous",
    "Default",
    "DotModulo",
    "ElementwiseReduction",
    "Elemwise",
    "Eye",
    "FillDiagonalOffset",
    "Flatten",
    "IndexedChange",
    "IndexedPart",
    "Join",
    "MaskedChange",
    "MaxAndArgmax",
    "Mean",
    "ProdReduction",
    "RebroadcastAxes",
    "RepeatOp",
    "ScalarFromTensor",
    "Split",
    "SumReduction",
    "TensorFromScalar",
    "Tile",
    "Tri",
]


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
        return isinstance(operation, dimensions.Rebroadcast)


class RebroadcastAxes(dimensions.Rebroadcast, metaclass=_Rebroadcasting):
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
        return dimensions.Rebroadcast(flags).make_node(variable)


class _MadeOf(type):
    made: tuple[type, ...]

    def __instancecheck__(cls, operation: object) -> bool:
        return type(operation) is cls or isinstance(operation, cls.made)


class _Maker(metaclass=_MadeOf):
    """Makes expressions of other operations; called as Theano's operation is."""

    made: tuple[type, ...] = ()

    def __call__(self, *inputs: Any) -> Any:
        """Return the expression, or a list of them."""
        raise NotImplementedError

    def make_node(self, *inputs: Any) -> Any:
        """Return the node that computes the expression."""
        answer = self(*inputs)
        return (answer[0] if isinstance(answer, (list, tuple)) else answer).owner


class Elemwise(_Maker):
    """An operation on each element by itself, made of one on scalars.

    Args:
        scalar_op: the ``scalar_op`` of an operation such as ``T.exp``.
        inplace_pattern: accepted as in Theano, without a meaning.
        name: accepted as in Theano, without a meaning.
        nfunc_spec: accepted as in Theano, without a meaning.
        openmp: accepted as in Theano, without a meaning.

    Raises:
        TypeError: it is a scalar operation of a program's own.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> Elemwise(T.sqr.scalar_op)([1, 2]).eval().tolist()
        [1, 4]
        >>> isinstance(T.sqr, Elemwise)
        True
    """

    made = (elementwise.Elementwise,)

    def __init__(
        self,
        scalar_op: Any,
        inplace_pattern: Any = None,
        name: str | None = None,
        nfunc_spec: Any = None,
        openmp: bool | None = None,
    ) -> None:
        if not isinstance(scalar_op, elementwise.Elementwise):
            raise TypeError(
                f"Elemwise: scalar_op: got {scalar_op!r}, wanted that of an operation here, such "
                "as T.exp.scalar_op; make an operation of a function of JAX with theano.from_jax"
            )
        self.scalar_op = scalar_op

    def __call__(self, *inputs: Any) -> Any:
        """Apply the operation."""
        return self.scalar_op(*inputs)


_REDUCTIONS = {name: row for row, name in reductions.OF_TWO_ELEMENTS.items()}


def _reduction_of(who: str, scalar_op: Any, known: Sequence[str]) -> str:
    name = getattr(scalar_op, "name", None)
    if isinstance(scalar_op, elementwise.Elementwise) and name in known:
        return _REDUCTIONS[scalar_op.name]
    raise TypeError(
        f"{who}: scalar_op: got {scalar_op!r}, wanted the scalar_op of T.{', T.'.join(known)}; "
        "write another reduction as theano.scan, or theano.from_jax of a function of JAX"
    )


class ElementwiseReduction(_Maker):
    """Axes reduced by an operation that makes one element of two; the dtype stays.

    Args:
        scalar_op: that of ``T.add``, ``T.mul``, ``T.maximum`` or ``T.minimum``; of ``T.and_`` or
            ``T.or_`` for bool.
        axis: an axis, a sequence of them, or None for all.

    Raises:
        TypeError: it is another operation; or, when it is applied, the elements are no bool.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> ElementwiseReduction(T.maximum.scalar_op, axis=0)([[1, 5], [4, 2]]).eval().tolist()
        [4, 5]
    """

    made = (reductions.Reduction,)

    def __init__(self, scalar_op: Any, axis: Any = None) -> None:
        self.name = _reduction_of("CAReduce", scalar_op, tuple(_REDUCTIONS))
        self.scalar_op = scalar_op
        self.axis = _axes(axis)

    def __call__(self, input: Any) -> Any:  # noqa: A002  (Theano's name)
        """Return what is left."""
        x = as_tensor_variable(input)
        if self.name in ("Sum", "Prod"):
            return reductions.Accumulation(self.name, self.axis, x.dtype, x.dtype)(x)
        if self.name in ("All", "Any") and x.dtype != "bool":
            raise TypeError(
                f"CAReduce: got {x} of {x.type!r}, wanted bool: the bits of integers are not "
                "reduced here; write it as theano.scan, or theano.from_jax of jax.lax.reduce"
            )
        return reductions.Reduction(self.name, self.axis)(x)


class AccumulatingReduction(_Maker):
    """A sum or a product over axes, with the dtype it is accumulated in and that comes out.

    Args:
        scalar_op: that of ``T.add`` or ``T.mul``.
        axis: an axis, a sequence of them, or None for all.
        dtype: the dtype that comes out.
        acc_dtype: the dtype that is accumulated in.

    Raises:
        TypeError: it is another operation.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> AccumulatingReduction(T.mul.scalar_op, axis=0)([[1, 5], [4, 2]]).eval().tolist()
        [4, 10]
    """

    made = (reductions.Accumulation,)

    def __init__(
        self, scalar_op: Any, axis: Any = None, dtype: Any = None, acc_dtype: Any = None
    ) -> None:
        name = _reduction_of("CAReduceDtype", scalar_op, ("add", "mul"))
        self.scalar_op = scalar_op
        self.axis = _axes(axis)
        self._reduction = reductions.Accumulation(name, self.axis, dtype, acc_dtype)

    def __call__(self, input: Any) -> Any:  # noqa: A002  (Theano's name)
        """Return what is left."""
        return self._reduction(input)


class IndexedPart(_Maker):
    """``x[index]`` where an array is in the index.

    Example:
        >>> IndexedPart()([[1, 2], [3, 4]], [0, 1], [1, 0]).eval().tolist()
        [2, 3]
    """

    made = (indexing.AdvancedSubtensor,)

    def __call__(self, x: Any, *index: Any) -> Any:
        """Return the part."""
        return indexing.advanced_subtensor(x, *index)


class IndexedChange(_Maker):
    """``x`` with ``x[index]`` set or incremented, where an array is in the index.

    Args:
        inplace: no meaning here.
        set_instead_of_inc: whether the part is set.

    Example:
        >>> IndexedChange()([1, 2], 5, [0, 0]).eval().tolist()
        [11, 2]
        >>> IndexedChange(set_instead_of_inc=True)([1, 2], 5, [0]).eval().tolist()
        [5, 2]
    """

    made: tuple[type, ...] = (writing.AdvancedIncSubtensor,)

    def __init__(self, inplace: bool = False, set_instead_of_inc: bool = False) -> None:
        self.set_instead_of_inc = set_instead_of_inc

    def __call__(self, x: Any, y: Any, *index: Any) -> Any:
        """Return the whole."""
        change = (
            writing.advanced_set_subtensor
            if self.set_instead_of_inc
            else writing.advanced_inc_subtensor
        )
        return change(x, y, *index)


class MaskedChange(IndexedChange):
    """``x`` with ``x[mask]`` set or incremented. Arguments as for `IndexedChange`."""

    made = (writing.AdvancedBooleanIncSubtensor,)


class Join(_Maker):
    """Tensors put one after another along the axis that is the first input.

    Args:
        view: accepted as in Theano, without a meaning.

    Example:
        >>> Join()(0, [1, 2], [3]).eval().tolist()
        [1, 2, 3]
    """

    made = (joining.Join,)

    def __init__(self, view: int = -1) -> None:
        self.view = view

    def __call__(self, axis: Any, *tensors: Any) -> Any:
        """Return them joined."""
        return joining.join(axis, *tensors)


class Split(_Maker):
    """A tensor cut into parts along an axis.

    Args:
        len_splits: how many parts there are.

    Example:
        >>> [part.eval().tolist() for part in Split(2)([1, 2, 3], 0, [1, 2])]
        [[1], [2, 3]]
    """

    made = (joining.Split,)

    def __init__(self, len_splits: int) -> None:
        self.len_splits = int(len_splits)

    def __call__(self, x: Any, axis: Any, splits: Any) -> Any:
        """Return the parts."""
        return joining.split(x, splits, self.len_splits, axis)


class _AlongAxis(_Maker):
    def __init__(self, axis: Any = None) -> None:
        self.axis = axis


class MaxAndArgmax(_AlongAxis):
    """The largest elements over axes, and where they are.

    Args:
        axis: an axis, a sequence of them, or None for all.

    Example:
        >>> [part.eval().tolist() for part in MaxAndArgmax(0)([3, 5, 4])]
        [5, 1]
    """

    def __call__(self, x: Any) -> Any:
        """Return both."""
        return reductions.max_and_argmax(x, self.axis)


class _IsArgmax(_MadeOf):
    def __instancecheck__(cls, operation: object) -> bool:
        is_row = isinstance(operation, reductions.Reduction) and operation.name == "Argmax"
        return type(operation) is cls or is_row


class Argmax(_AlongAxis, metaclass=_IsArgmax):
    """Where the largest element over axes is.

    Args:
        axis: an axis, or None for all.

    Example:
        >>> int(Argmax(0)([3, 5, 4]).eval())
        1
    """

    def __call__(self, x: Any) -> Any:
        """Return where."""
        return reductions.argmax(x, self.axis)


class Mean(_AlongAxis):
    """The mean over axes.

    Args:
        axis: an axis, a sequence of them, or None for all.

    Example:
        >>> float(Mean()([3.0, 5.0]).eval())
        4.0
    """

    def __call__(self, x: Any) -> Any:
        """Return the mean."""
        return reductions.mean(x, self.axis)


class RepeatOp(_AlongAxis):
    """A tensor with each element, or each slice along an axis, repeated.

    Args:
        axis: which axis; None for the flattened tensor.

    Example:
        >>> RepeatOp(0)([1, 2], 2).eval().tolist()
        [1, 1, 2, 2]
    """

    made = (repeating.Repeat,)

    def __call__(self, x: Any, repeats: Any) -> Any:
        """Return the repetitions."""
        return repeating.repeat(x, repeats, self.axis)


class Flatten(_Maker):
    """A tensor with its last axes merged.

    Args:
        outdim: how many axes are left.

    Example:
        >>> Flatten()([[1, 2], [3, 4]]).eval().tolist()
        [1, 2, 3, 4]
    """

    def __init__(self, outdim: int = 1) -> None:
        self.outdim = int(outdim)

    def __call__(self, x: Any) -> Any:
        """Return it flattened."""
        return shaping.flatten(x, self.outdim)


class Tile(_Maker):
    """A tensor repeated as a whole.

    Args:
        ndim: how many axes come out.

    Example:
        >>> Tile(1)([1, 2], [2]).eval().tolist()
        [1, 2, 1, 2]
    """

    def __init__(self, ndim: int) -> None:
        self.ndim = ndim

    def __call__(self, x: Any, reps: Any) -> Any:
        """Return the repetitions."""
        return repeating.tile(x, reps, self.ndim)


class _OfDtype(_Maker):
    def __init__(self, dtype: str | None = None) -> None:
        self.dtype = config.floatX if dtype is None else dtype


class Eye(_OfDtype):
    """A matrix with ones on a diagonal.

    Args:
        dtype: the dtype; ``config.floatX`` by default.

    Example:
        >>> Eye("int8")(2, 2, 0).eval().tolist()
        [[1, 0], [0, 1]]
    """

    made = (creation.Eye,)

    def __call__(self, n: Any, m: Any, k: Any) -> Any:
        """Return the matrix."""
        return creation.eye(n, m, k, self.dtype)


class Tri(_OfDtype):
    """A matrix with ones up to a diagonal and zeros beyond it.

    Args:
        dtype: the dtype; ``config.floatX`` by default.

    Example:
        >>> Tri("int8")(2, 2, 0).eval().tolist()
        [[1, 0], [1, 1]]
    """

    def __call__(self, N: Any, M: Any, k: Any) -> Any:  # noqa: N803  (Theano's names)
        """Return the matrix."""
        return creation.tri(N, M, k, self.dtype)


class AllocEmpty(_OfDtype):
    """A tensor whose elements do not matter. Here they are zeros.

    Args:
        dtype: the dtype.

    Example:
        >>> AllocEmpty("int8")(2).eval().shape
        (2,)
    """

    def __call__(self, *shape: Any) -> Any:
        """Return zeros."""
        return creation.zeros(shape, self.dtype)


class Bartlett(_Maker):
    """The Bartlett window of a number of points; see `creation.bartlett`."""

    def __call__(self, M: Any) -> Any:  # noqa: N803  (Theano's name)
        """Return the window."""
        return creation.bartlett(M)


class FillDiagonalOffset(_Maker):
    """A matrix with a diagonal replaced; see `matrices.fill_diagonal_offset`."""

    made = (matrices.FillDiagonal,)

    def __call__(self, a: Any, val: Any, offset: Any) -> Any:
        """Return the matrix."""
        return matrices.fill_diagonal_offset(a, val, offset)


class CpuContiguous(_Maker):
    """A copy of a tensor. How it lies in memory is XLA's business."""

    made = (shaping.TensorCopy,)

    def __call__(self, x: Any) -> Any:
        """Return the copy."""
        return shaping.tensor_copy(x)


class _OneScalar(_Maker):
    def _checked(self, x: Any) -> Any:
        variable = as_tensor_variable(x)
        if variable.ndim:
            raise TypeError(
                f"{type(self).__name__}: got {variable} of {variable.type!r}, wanted a scalar"
            )
        return variable


class ScalarFromTensor(_OneScalar):
    """A tensor without axes; here that is what a scalar is."""

    def __call__(self, t: Any) -> Any:
        """Return the scalar.

        Raises:
            TypeError: it has axes.
        """
        return self._checked(t)


class TensorFromScalar(_OneScalar):
    """A scalar; here it is a tensor without axes already."""

    def __call__(self, s: Any) -> Any:
        """Return the scalar.

        Raises:
            TypeError: it has axes.
        """
        return self._checked(s)


class DotModulo(_Maker):
    """Two products of a matrix and a vector of whole numbers, modulo a number each, as one vector.

    All numbers lie in [0, 2**31); what is computed is then exact.

    Example:
        >>> state = as_tensor_variable([3, 5, 6])
        >>> DotModulo()([[1, 0, 2]], state, 7, [[0, 1, 1]], state, 4).eval().tolist()
        [1, 3]
    """

    def __call__(
        self,
        A: Any,  # noqa: N803  (Theano's names)
        s: Any,
        m: Any,
        A2: Any,  # noqa: N803
        s2: Any,
        m2: Any,
    ) -> Any:
        """Return both, the first one first, in the dtype of the first vector.

        Args:
            A: a matrix.
            s: a vector.
            m: the number that is divided by.
            A2: the second matrix.
            s2: the second vector.
            m2: the second number.
        """
        halves = [_product_modulo(A, s, m), _product_modulo(A2, s2, m2)]
        dtype = as_tensor_variable(s).dtype
        return elementwise.cast(joining.join(0, *halves), dtype)


def _product_modulo(matrix: Any, vector: Any, modulus: Any) -> Any:
    wide = [elementwise.cast(factor, "int64") for factor in (matrix, vector)]
    # Three products of 62 bits have no room in 64; what is left of each has.
    return reductions.sum(wide[0] * wide[1] % modulus, axis=1) % modulus


class Default(_Maker):
    """The first input, or the second where the first is Python's None."""

    def __call__(self, x: Any, default: Any) -> Any:
        """Return one of them."""
        return conveniences.default(x, default)
