"""Functions of matrices: what they have in common; determinants, inverses, products and norms.

Each is a class whose attributes say what it is: the JAX function, the ranks of its inputs, and what
must hold for the answer to exist. Whether it holds is only known when a function runs, where XLA
would answer with infinity or NaN; `Requirement` makes NumPy's exception of it. A requirement looks
at the same factorization as the answer, and XLA computes equal ones once.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.symbolic.ops import elementwise
from jaxlearn.symbolic.ops.contraction import dot, outer
from jaxlearn.symbolic.ops.matrices import trace
from jaxlearn.symbolic.types import TensorType, is_discrete, upcast
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "FINITE",
    "REGULAR",
    "Det",
    "Expm",
    "MatrixInverse",
    "MatrixOperation",
    "MatrixPinv",
    "Requirement",
    "det",
    "expm",
    "has_pivots",
    "kron",
    "matrix_dot",
    "matrix_inverse",
    "matrix_power",
    "norm",
    "pinv",
    "spectral_radius_bound",
]


class Requirement(NamedTuple):
    """What must hold, when a function runs, for an operation to have an answer.

    Attributes:
        holds: from the operation and its arrays to a flag.
        words: what the error starts with; NumPy's own words.
        advice: what to do about it.
    """

    holds: Callable[..., Any]
    words: str
    advice: str

    def error(self, node: Apply) -> Exception:
        """Return the exception to raise where it does not hold."""
        given = ", ".join(map(str, node.inputs))
        return np.linalg.LinAlgError(
            f"{self.words}: {node.op} got {given}; {self.advice}{made_at(node.line)}"
        )


def _are_finite(op: Op, *arrays: Any) -> Any:
    return reduce(operator.and_, (jnp.isfinite(array).all() for array in arrays))


FINITE = Requirement(
    _are_finite,
    "array must not contain infs or NaNs",
    "T.isnan and T.isinf tell where they are",
)


class MatrixOperation(Op):
    """A function of matrices.

    Integers are computed with as float64, and so is what comes out; float16 as float32.

    Attributes:
        on_arrays: the JAX function of the inputs.
        options: the attributes that are its keyword arguments.
        ranks: for each input its name and the ranks it may have.
        optional: how many of the last inputs may be left out.
        is_square: whether the inputs must be square matrices.
        requirements: what must hold when a function runs.
    """

    on_arrays: Callable[..., Any]
    options: tuple[str, ...] = ()
    ranks: Mapping[str, tuple[int, ...]] = {"x": (2,)}
    optional = 0
    is_square = False
    requirements: tuple[Requirement, ...] = ()

    def computed_in(self, *dtypes: str) -> str:
        """Return the dtype in which inputs of some dtypes are computed with."""
        return upcast("float32", *("float64" if is_discrete(dtype) else dtype for dtype in dtypes))

    def kinds(self, *inputs: Any) -> Sequence[TensorType]:
        """Return the types of the outputs for inputs of the right dtype: by default the first's."""
        return [inputs[0].type]

    def make_node(self, *inputs: Any) -> Apply:
        """Check the ranks, bring the inputs to one dtype, and tell the types of the outputs."""
        variables = [as_tensor_variable(value) for value in inputs]
        if not 0 <= len(self.ranks) - len(variables) <= self.optional:
            raise TypeError(f"{self}: got {len(variables)} inputs, wanted {', '.join(self.ranks)}")
        for (name, ranks), variable in zip(self.ranks.items(), variables, strict=False):
            if variable.ndim not in ranks:
                raise TypeError(
                    f"{self}: {name}: got {variable} of {variable.type!r}, wanted "
                    f"{' or '.join(_RANKS[rank] for rank in ranks)}"
                )
        dtype = self.computed_in(*(variable.dtype for variable in variables))
        given = [elementwise.cast(variable, dtype) for variable in variables]
        return Apply.of_types(self, given, self.kinds(*given))

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the function, once the shapes fit, and have its requirements checked."""
        shapes = [tuple(value.shape) for value in values]
        self.check_shapes(node, *shapes)
        for requirement in self.requirements:
            lowering.check(requirement.holds(self, *values), partial(requirement.error, node))
        return self.function

    def check_shapes(self, node: Apply, *shapes: tuple[int, ...]) -> None:
        """Raise an exception where shapes do not fit."""
        for variable, shape in zip(node.inputs, shapes, strict=True):
            if self.is_square and shape[0] != shape[1]:
                raise self.not_fitting(
                    node, f"{variable} has shape {shape}, wanted a square matrix"
                )

    def not_fitting(self, node: Apply, text: str) -> Exception:
        """Return the exception to raise for shapes that do not fit."""
        return np.linalg.LinAlgError(f"shapes do not fit in {self}: {text}{made_at(node.line)}")

    def chosen(self) -> Callable[..., Any]:
        """Return the JAX function that the parameters choose; by default `on_arrays`."""
        return self.on_arrays

    def function(self, *arrays: Any) -> Any:
        """Compute with JAX."""
        return self.chosen()(*arrays, **self._keywords())

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the function."""
        keywords = [f"{name}={value!r}" for name, value in self._keywords().items()]
        return f"{writer.function(self.chosen())}({', '.join([*inputs, *keywords])})"

    def _keywords(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.options}


_RANKS = {0: "a scalar", 1: "a vector", 2: "a matrix"}


def has_pivots(matrix: Any) -> Any:
    """Whether no pivot of the LU factorization is zero; LAPACK calls a matrix singular otherwise.

    Example:
        >>> bool(has_pivots(jnp.ones((2, 2)))), bool(has_pivots(jnp.eye(2)))
        (False, True)
    """
    return (jnp.diagonal(lax.linalg.lu(matrix)[0]) != 0).all()


def _is_regular(op: Op, matrix: Any) -> Any:
    return has_pivots(matrix)


REGULAR = Requirement(_is_regular, "Singular matrix", "pinv gives an inverse of any matrix")


# Determinants and inverses.


class Det(MatrixOperation):
    """The determinant of a square matrix."""

    on_arrays = staticmethod(jnp.linalg.det)
    is_square = True

    def kinds(self, *inputs: Any) -> Sequence[TensorType]:
        """A scalar comes out."""
        return [TensorType(inputs[0].dtype, ())]


class MatrixInverse(MatrixOperation):
    """The inverse of a square matrix."""

    on_arrays = staticmethod(jnp.linalg.inv)
    is_square = True
    requirements = (REGULAR,)


class MatrixPinv(MatrixOperation):
    """The Moore-Penrose inverse of a matrix."""

    on_arrays = staticmethod(jnp.linalg.pinv)

    def kinds(self, *inputs: Any) -> Sequence[TensorType]:
        """The axes are exchanged."""
        return [inputs[0].type.clone(broadcastable=inputs[0].broadcastable[::-1])]


def _exponential(x: Any) -> Any:
    # JAX's own limit is 16 halvings: it would give NaN where elements are beyond some 100,000.
    return jax.scipy.linalg.expm(x, max_squarings=32)


class Expm(MatrixOperation):
    """The exponential of a square matrix."""

    on_arrays = staticmethod(_exponential)
    is_square = True
    requirements = (FINITE,)

    def kinds(self, *inputs: Any) -> Sequence[TensorType]:
        """A matrix comes out."""
        return [TensorType(inputs[0].dtype, (False, False))]


def det(x: Any) -> Any:
    """Return the determinant of a square matrix.

    That of integers is a float64: it is not computed in integers. The gradient is right for
    singular matrices too, where Theano's raises.

    Args:
        x: a matrix.

    Raises:
        TypeError: it is none.
        LinAlgError: when the function runs: it is not square.

    Example:
        >>> det([[1.0, 2.0], [3.0, 4.0]]).eval().round(6).item()
        -2.0
    """
    return Det()(x)


def matrix_inverse(x: Any) -> Any:
    """Return the inverse of a square matrix.

    That of integers is of float64; Theano rounds it to integers.

    Args:
        x: a matrix.

    Raises:
        TypeError: it is none.
        LinAlgError: when the function runs: it is not square, or singular.

    Example:
        >>> matrix_inverse([[2.0, 0.0], [0.0, 4.0]]).eval().tolist()
        [[0.5, 0.0], [0.0, 0.25]]
    """
    return MatrixInverse()(x)


def pinv(x: Any) -> Any:
    """Return the Moore-Penrose inverse of a matrix of any form.

    A singular value counts as zero if it is below ``10 * max(rows, columns) * eps`` times the
    largest, as in JAX. Theano, as NumPy, draws the line at 1e-15 for every dtype.

    Args:
        x: a matrix.

    Raises:
        TypeError: it is none.

    Example:
        >>> pinv([[2.0], [0.0]]).eval().tolist()
        [[0.5, 0.0]]
    """
    return MatrixPinv()(x)


def expm(A: Any) -> Any:  # noqa: N803  (Theano's name)
    """Return the exponential of a square matrix, the sum of ``x^k / k!`` over all k.

    Args:
        A: a matrix.

    Raises:
        TypeError: it is none.
        LinAlgError: when the function runs: it is not square, or has an element that is infinite
            or NaN.

    Example:
        >>> expm([[0.0, 1.0], [0.0, 0.0]]).eval().tolist()
        [[1.0, 1.0], [0.0, 1.0]]

    Source: N. J. Higham, "The scaling and squaring method for the matrix exponential revisited"
    (2005).
    """
    return Expm()(A)


# What is made of other operations.


def kron(a: Any, b: Any) -> Any:
    """Return the Kronecker product of two matrices.

    Of tensors with other ranks it is what Theano makes of them, which is not what NumPy does: of
    the axes of the outer product the first and third become one, and the second and fourth; the
    others stay. With a vector it is flat.

    Args:
        a: a tensor.
        b: a tensor; the two have 3 axes or more together.

    Raises:
        TypeError: they have fewer.

    Example:
        >>> kron([[1, 2]], [[1], [10]]).eval().tolist()
        [[1, 2], [10, 20]]
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    rank = a.ndim + b.ndim
    if rank < 3:
        raise TypeError(
            f"kron: got {a} of {a.type!r} and {b} of {b.type!r}, wanted 3 axes or more together"
        )
    lengths = [
        1 if is_one else variable.shape[axis]
        for variable in (a, b)
        for axis, is_one in enumerate(variable.broadcastable)
    ]
    product = outer(a, b).reshape(lengths, ndim=rank)
    if rank == 3:
        return product.dimshuffle(1, 0, 2).flatten()
    paired = product.dimshuffle(0, 2, 1, *range(3, rank))
    merged = [lengths[0] * lengths[2], lengths[1] * lengths[3], *lengths[4:]]
    return paired.reshape(merged, ndim=rank - 2)


def matrix_dot(*args: Any) -> Any:
    """Return the product of matrices, from the left to the right.

    Raises:
        TypeError: there is none.

    Example:
        >>> matrix_dot([[1, 2]], [[1], [1]], [[3]]).eval().tolist()
        [[9]]
    """
    if not args:
        raise TypeError("matrix_dot: got nothing, wanted one matrix or more")
    return reduce(dot, map(as_tensor_variable, args))


def matrix_power(M: Any, n: int) -> Any:  # noqa: N803  (Theano's name)
    """Return a square matrix multiplied with itself, as often as a number says.

    0 gives the identity, and -n the n-th power of the inverse; Theano has neither.

    Args:
        M: a square matrix.
        n: a Python integer.

    Raises:
        TypeError: ``M`` is no matrix, or ``n`` no integer.

    Example:
        >>> matrix_power([[1, 1], [0, 1]], 5).eval().tolist()
        [[1, 5], [0, 1]]
    """
    from jaxlearn.symbolic.ops.creation import eye

    matrix = as_tensor_variable(M)
    if matrix.ndim != 2:
        raise TypeError(f"matrix_power: got {matrix} of {matrix.type!r}, wanted a matrix")
    try:
        count = operator.index(n)
    except TypeError:
        raise TypeError(f"n: got {n!r}, wanted a Python integer") from None
    # Theano starts from the number 1, which is an int8.
    matrix = elementwise.cast(matrix, upcast("int8", matrix.dtype))
    if count == 0:
        return eye(matrix.shape[0], matrix.shape[1], dtype=matrix.dtype)
    if count < 0:
        matrix = matrix_inverse(matrix)
    return _power(matrix, abs(count))


def _power(matrix: Any, count: int) -> Any:
    """Multiply by repeated squaring."""
    if count == 1:
        return matrix
    half = _power(matrix, count // 2)
    square = dot(half, half)
    return dot(square, matrix) if count % 2 else square


_MATRIX_NORMS: dict[Any, Callable[[Any], Any]] = {
    None: lambda x: (x**2).sum() ** 0.5,
    "fro": lambda x: (x**2).sum() ** 0.5,
    "inf": lambda x: x.sum(1).max(0),
    "-inf": lambda x: x.sum(1).min(0),
    1: lambda x: x.sum(0).max(0),
    -1: lambda x: x.sum(0).min(0),
}
_VECTOR_NORMS: dict[Any, Callable[[Any], Any]] = {
    None: _MATRIX_NORMS[None],
    "inf": lambda x: x.max(0),
    "-inf": lambda x: x.min(0),
    0: lambda x: elementwise.ROWS["neq"](x, 0).sum(),
}


def norm(x: Any, ord: Any) -> Any:  # noqa: A002  (Theano's name)
    """Return the norm of a vector or of a matrix.

    =============  =======================================  ==============================
    ord            of a matrix                              of a vector
    =============  =======================================  ==============================
    None           the root of the sum of squares           the same
    'fro'          the same                                 none
    inf or 'inf'   the largest sum of a row                 the largest element
    -inf, '-inf'   the smallest sum of a row                the smallest element
    0              none                                     how many elements are not zero
    1              the largest sum of a column              ``sum(x)``
    -1             the smallest sum of a column             ``1 / sum(1 / x)``
    any other      none                                     ``sum(x**ord) ** (1 / ord)``
    =============  =======================================  ==============================

    Here x stands for the magnitudes of its elements. Theano gives 1 for the number inf of a
    vector, and NaN for a fractional order of one with negative elements.

    Args:
        x: a vector or a matrix.
        ord: which norm.

    Raises:
        ValueError: there is no such norm, or ``x`` is a scalar.
        NotImplementedError: ``x`` has more than two axes.

    Example:
        >>> norm([3.0, -4.0], 2).eval().item(), norm([[1.0, -2.0], [3.0, 4.0]], "inf").eval().item()
        (5.0, 7.0)
    """
    variable = as_tensor_variable(x)
    if variable.ndim == 0:
        raise ValueError(f"norm: got {variable} of {variable.type!r}, wanted a vector or a matrix")
    if variable.ndim > 2:
        raise NotImplementedError(
            f"norm: got {variable} of {variable.type!r}, wanted a vector or a matrix; x.norm(L, "
            "axis) takes any rank"
        )
    norms = _VECTOR_NORMS if variable.ndim == 1 else _MATRIX_NORMS
    order = {np.inf: "inf", -np.inf: "-inf"}.get(ord, ord)
    sizes = abs(variable)
    if order in norms:
        return norms[order](sizes)
    if variable.ndim == 1 and isinstance(order, (int, float)):
        return (sizes**order).sum() ** (1.0 / order)
    fix = "; of a vector also any number" if variable.ndim == 1 else ""
    raise ValueError(
        f"ord: got {ord!r} for {variable} of {variable.type!r}, wanted one of "
        f"{', '.join(map(repr, norms))}{fix}"
    )


def spectral_radius_bound(X: Any, log2_exponent: int) -> Any:  # noqa: N803  (Theano's name)
    """Return a number that no eigenvalue of a symmetric matrix exceeds in magnitude.

    It is ``trace(X**k) ** (1 / k)`` with k, a power of 2; the larger k, the closer the bound.

    Args:
        X: a square matrix.
        log2_exponent: the logarithm of k to the base 2, a positive integer.

    Raises:
        TypeError: ``X`` is no matrix, or ``log2_exponent`` no integer.
        ValueError: it is not positive.

    Example:
        >>> spectral_radius_bound([[3.0, 0.0], [0.0, 1.0]], 3).eval().round(3).item()
        3.0
    """
    matrix = as_tensor_variable(X)
    if matrix.ndim != 2:
        raise TypeError(f"X: got {matrix} of {matrix.type!r}, wanted a matrix")
    if not isinstance(log2_exponent, (int, np.integer)):
        raise TypeError(f"log2_exponent: got {log2_exponent!r}, wanted an integer")
    if log2_exponent <= 0:
        raise ValueError(f"log2_exponent: got {log2_exponent}, wanted 1 or more")
    return trace(matrix_power(matrix, 2**log2_exponent)) ** (2.0**-log2_exponent)
