"""MRG31k3p, the generator of random numbers behind `MRG_RandomStreams`, and draws from it.

It combines two recurrences of order three, each modulo a prime just below 2**31. A state is six
integers: the last three numbers of each. The states of many streams are the rows of a matrix; they
start far apart on the one long cycle, and a draw steps all of them at once.

Source: P. L'Ecuyer and R. Touzin, "Fast combined multiple recursive generators with multipliers of
the form a = +-2**q +- 2**r", Proceedings of the 2000 Winter Simulation Conference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op, Variable
from jaxlearn.symbolic.ops.static_values import constant_or_none, get_vector_length
from jaxlearn.symbolic.types import TensorType, is_discrete
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "M1",
    "M2",
    "A1p72",
    "A1p134",
    "A2p72",
    "A2p134",
    "ChoiceFromUniform",
    "MRGUniform",
    "MultinomialFromUniform",
    "advanced",
    "ff_2p72",
    "ff_2p134",
    "matVecModM",
    "multMatVect",
    "spaced_states",
]

M1 = 2**31 - 1
"""The modulus of the first recurrence."""
M2 = 2**31 - 21069
"""The modulus of the second recurrence."""

# The next number is 2**22 x[n-2] + (2**7 + 1) x[n-3], and 2**15 x[n-1] + (2**15 + 1) x[n-3].
_FIRST = np.array([[0, 2**22, 2**7 + 1], [1, 0, 0], [0, 1, 0]])
_SECOND = np.array([[2**15, 0, 2**15 + 1], [1, 0, 0], [0, 1, 0]])

# On the host: how streams are placed on the cycle.


def _product(a: np.ndarray, b: np.ndarray, modulus: int) -> np.ndarray:
    """Return the product of two matrices of numbers below 2**31, modulo a number."""
    # A product of two fits 64 bits, the sum of three would not.
    terms = a[:, :, None] * b[None, :, :] % modulus
    summed: np.ndarray = terms.sum(axis=1) % modulus
    return summed


def _power_of_two(matrix: np.ndarray, exponent: int, modulus: int) -> np.ndarray:
    """Return the matrix multiplied with itself ``2**exponent`` times."""
    for _ in range(exponent):
        matrix = _product(matrix, matrix, modulus)
    return matrix


A1p72 = _power_of_two(_FIRST, 72, M1)
A2p72 = _power_of_two(_SECOND, 72, M2)
A1p134 = _power_of_two(_FIRST, 134, M1)
A2p134 = _power_of_two(_SECOND, 134, M2)


def matVecModM(A: Any, s: Any, m: int) -> np.ndarray:  # noqa: N802, N803  (Theano's names)
    """Return the product of a matrix and a vector of whole numbers, modulo a number.

    Args:
        A: the matrix; its numbers lie in [0, 2**31).
        s: the vector; its numbers lie there too.
        m: the modulus, at most 2**31.

    Example:
        >>> matVecModM([[2, 0], [1, 1]], [3, 5], 7)
        array([6, 1], dtype=int32)
    """
    column = np.asarray(s, np.int64)[:, None]
    return _product(np.asarray(A, np.int64), column, m)[:, 0].astype(np.int32)


def multMatVect(v: Any, A: Any, m1: int, B: Any, m2: int) -> np.ndarray:  # noqa: N802, N803
    """Return a state stepped by two matrices, one for each of its halves.

    Args:
        v: the six integers.
        A: the matrix of the first three.
        m1: their modulus.
        B: the matrix of the last three.
        m2: their modulus.

    Example:
        >>> multMatVect([1, 2, 3, 4, 5, 6], np.eye(3), 7, 2 * np.eye(3), 7)
        array([1, 2, 3, 1, 3, 5], dtype=int32)
    """
    return np.concatenate([matVecModM(A, v[:3], m1), matVecModM(B, v[3:], m2)])


def ff_2p72(rstate: Any) -> np.ndarray:
    """Return a state 2**72 steps further: where the next stream starts.

    Example:
        >>> ff_2p72([7, 7, 7, 7, 7, 7]).tolist()
        [94502994, 391405947, 587729329, 2137564249, 343312693, 987714120]
    """
    return multMatVect(rstate, A1p72, M1, A2p72, M2)


def ff_2p134(rstate: Any) -> np.ndarray:
    """Return a state 2**134 steps further: where the streams of the next draw start.

    Example:
        >>> ff_2p134([7, 7, 7, 7, 7, 7]).tolist()
        [2102967935, 387042188, 1636760154, 751181838, 1042107552, 160181906]
    """
    return multMatVect(rstate, A1p134, M1, A2p134, M2)


def spaced_states(first: Any, count: int) -> np.ndarray:
    """Return the states of many streams, 2**72 steps from one to the next, as an int32 matrix.

    Args:
        first: the six integers of the first.
        count: how many there shall be.

    Example:
        >>> states = spaced_states([7, 7, 7, 7, 7, 7], 3)
        >>> bool((states[2] == ff_2p72(states[1])).all())
        True
    """
    states = np.asarray(first, np.int64)[None, :]
    jump1, jump2 = A1p72, A2p72
    # Twice as many each time: those there are, and the same as far again behind them.
    while len(states) < count:
        further = [
            _product(states[:, :3], jump1.T, M1),
            _product(states[:, 3:], jump2.T, M2),
        ]
        states = np.concatenate([states, np.concatenate(further, axis=1)])
        jump1, jump2 = _product(jump1, jump1, M1), _product(jump2, jump2, M2)
    return states[:count].astype(np.int32)


# On the device: one step of all streams, and many of them for one draw.


def advanced(lanes: Any) -> tuple[Any, Any]:
    """Return the states of streams one step further, and the numbers drawn, in [1, M1].

    Args:
        lanes: the six columns of the states, each a uint32 vector: for each recurrence the last
            number, that before it and the oldest.

    Example:
        >>> lanes, drawn = advanced([jnp.array([7], "uint32")] * 6)
        >>> [int(lane[0]) for lane in lanes], int(drawn[0])
        ([29361031, 7, 7, 458759, 7, 7], 28902272)
    """
    x1, x2, x3, y1, y2, y3 = lanes

    def below(number: Any, modulus: int) -> Any:
        # Of a number that is too small already, the difference wraps to a large one.
        return jnp.minimum(number, number - jnp.uint32(modulus))

    def times_2p15(number: Any) -> Any:
        low, high = number & jnp.uint32(0xFFFF), number >> 16
        return below((low << 15) + jnp.uint32(21069) * high, M2)

    # Modulo M1 = 2**31 - 1, a product with a power of two is a rotation of 31 bits.
    rotated_22 = ((x2 & jnp.uint32(0x1FF)) << 22) + (x2 >> 9)
    rotated_7 = ((x3 & jnp.uint32(0xFFFFFF)) << 7) + (x3 >> 24)
    x0 = below(below(rotated_22 + rotated_7, M1) + x3, M1)
    y0 = below(below(times_2p15(y3) + y3, M2) + times_2p15(y1), M2)
    difference = x0 - y0
    drawn = jnp.where(x0 <= y0, difference + jnp.uint32(M1), difference)
    return (x0, x1, x2, y0, y1, y2), drawn


def _as_fraction(drawn: Any, dtype: str) -> Any:
    """Return numbers drawn as fractions between 0 and 1, as Theano scales them."""
    whole = lax.bitcast_convert_type(drawn, jnp.int32)
    if dtype == "float64":
        return lax.convert_element_type(whole, dtype) * 2.0**-31
    if dtype == "float32":
        # The largest number becomes the largest float below 1.
        return lax.convert_element_type(whole, dtype) * jnp.float32(2.0**-31 * (1 - 2.0**-24))
    low = (whole & 0x7FFF) + 1
    scaled = lax.convert_element_type(low, "float32") * jnp.float32(511 * 2.0**-24)
    return lax.convert_element_type(scaled, dtype)


def _drawn(states: Any, shape: Sequence[int], dtype: str) -> tuple[Any, Any]:
    """Return the states after a draw, and fractions of a shape, of each stream in turn."""
    size = prod(shape)
    used = min(size, states.shape[0])
    if size == 0:
        return states, jnp.zeros(shape, dtype)
    rounds = -(-size // used)
    columns = lax.bitcast_convert_type(states[:used], jnp.uint32)
    lanes = tuple([columns[:, i] for i in range(6)])

    def step(carry: Any, _: Any) -> Any:
        before, _ = carry
        after, drawn = advanced(before)
        return (after, (before[2], before[5])), _as_fraction(drawn, dtype)

    # Three steps at a time: each lane then ends where it began, and nothing is moved.
    carry, rows = lax.scan(
        step, (lanes, (lanes[2], lanes[5])), None, length=rounds, unroll=min(3, rounds)
    )
    # In the last round only the first streams draw; the others stay where they were before it.
    after, (x3, y3) = carry
    before = (after[1], after[2], x3, after[4], after[5], y3)
    draws_last = lax.iota("int64", used) < size - (rounds - 1) * used
    columns = jnp.stack(
        [jnp.where(draws_last, new, old) for new, old in zip(after, before, strict=True)], axis=1
    )
    new_states = states.at[:used].set(lax.bitcast_convert_type(columns, jnp.int32))
    return new_states, rows.reshape((rounds * used,))[:size].reshape(shape)


def _drawn_first(states: Any, count: Any, shape: Sequence[int], dtype: str) -> tuple[Any, Any]:
    """Return the states after a draw of which only the first numbers count, and all its numbers."""
    (size,) = shape
    used = min(size, states.shape[0])
    if size == 0:
        return states, jnp.zeros(shape, dtype)
    rounds = -(-size // used)
    columns = lax.bitcast_convert_type(states[:used], jnp.uint32)

    def step(lanes: Any, start: Any) -> Any:
        after, drawn = advanced(lanes)
        counts = start + lax.iota("int64", used) < count
        moved = tuple([jnp.where(counts, a, b) for a, b in zip(after, lanes, strict=True)])
        return moved, _as_fraction(drawn, dtype)

    lanes = tuple([columns[:, i] for i in range(6)])
    starts = lax.iota("int64", rounds) * used
    lanes, rows = lax.scan(step, lanes, starts)
    new = lax.bitcast_convert_type(jnp.stack(lanes, axis=1), jnp.int32)
    return states.at[:used].set(new), rows.reshape((rounds * used,))[:size]


class MRGUniform(Op):
    """Fractions between 0 and 1 drawn by MRG31k3p from parallel streams, and the new states.

    The outputs are the matrix of states after the draw, and the fractions. Of a draw of many
    numbers, number i is the next one of stream i modulo the number of streams.

    Args:
        output_type: the type of the fractions.
        inplace: accepted as in Theano, without a meaning.

    Raises:
        TypeError: the dtype is not a real floating one.

    Example:
        >>> states = as_tensor_variable(spaced_states([7, 7, 7, 7, 7, 7], 3))
        >>> _, fractions = MRGUniform.new(states, None, "float64", (4,))
        >>> fractions.eval().round(6).tolist()
        [0.013459, 0.154469, 0.47662, 0.01339]
    """

    name = "mrg_uniform"
    parameters = ("output_type",)

    def __init__(self, output_type: Any, inplace: bool = False) -> None:
        if np.dtype(output_type.dtype).kind != "f":
            raise TypeError(
                f"mrg_uniform: got dtype {output_type.dtype}, wanted float16, float32 or float64; "
                "cast what is drawn"
            )
        self.output_type = output_type

    def __str__(self) -> str:
        return f"mrg_uniform{{{self.output_type!r},no_inplace}}"

    @classmethod
    def new(cls, rstate: Any, ndim: int | None, dtype: str, size: Any) -> list[Any]:
        """Return the new states and the fractions of a draw.

        Args:
            rstate: the matrix of states.
            ndim: how many axes there are, where ``size`` does not tell; else it is ignored.
            dtype: the dtype of the fractions.
            size: the lengths, as a tuple or a symbolic vector.
        """
        lengths = _lengths(size)
        rank = _rank(lengths, ndim)
        flags = [constant_or_none(lengths[i]) == 1 for i in range(rank)]
        made: list[Any] = cls(TensorType(dtype, flags))(rstate, lengths)
        return made

    def make_node(self, rstate: Any, size: Any, count: Any = None) -> Apply:
        """Check the states and the size.

        Args:
            rstate: the matrix of states.
            size: the lengths, as a vector.
            count: where it is given, only so many numbers of a vector are counted as drawn: the
                streams of the others stay where they are.
        """
        states, lengths = as_tensor_variable(rstate), _lengths(size)
        if states.type.ndim != 2 or states.type.dtype != "int32":
            raise TypeError(f"rstate: got {states} of {states.type!r}, wanted an int32 matrix")
        inputs = [states, lengths]
        if count is not None:
            inputs.append(as_tensor_variable(count))
        kind = states.type.clone(None, (False, False))
        return Apply.of_types(self, inputs, [kind, self.output_type])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the draw of the size of its place."""
        lengths = [int(length) for length in lowering.known(node.inputs[1], values[1])]
        if len(lengths) != self.output_type.ndim or any(length < 0 for length in lengths):
            raise ValueError(
                f"mrg_uniform: got the size {lengths}, wanted {self.output_type.ndim} lengths, "
                f"none below 0{made_at(node.line)}"
            )
        shape, dtype = tuple(lengths), self.output_type.dtype
        if len(node.inputs) == 2:
            return lambda states, _: _drawn(states, shape, dtype)
        return lambda states, _, count: _drawn_first(states, count, shape, dtype)

    def sizes(self, node: Apply) -> Sequence[int]:
        """The lengths are."""
        return (1,)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write a call of the draw."""
        size = writer.size(node.inputs[1], inputs[1])
        dtype = repr(self.output_type.dtype)
        if len(inputs) == 2:
            return f"{writer.function(_drawn)}({inputs[0]}, {size}, {dtype})"
        return f"{writer.function(_drawn_first)}({inputs[0]}, {inputs[2]}, {size}, {dtype})"

    def connected(self, node: Apply, i: int) -> bool:
        """No gradient flows to states and sizes."""
        return False


def _lengths(size: Any) -> Any:
    if isinstance(size, (list, tuple)) and len(size) == 0:
        size = np.zeros(0, np.int64)
    lengths = as_tensor_variable(size)
    if lengths.type.ndim != 1 or not is_discrete(lengths.type.dtype):
        raise TypeError(
            f"size: got {lengths} of {lengths.type!r}, wanted a tuple or a vector of integers"
        )
    return lengths


def _rank(lengths: Any, ndim: int | None) -> int:
    """Return how many lengths there are."""
    try:
        return get_vector_length(lengths)
    except ValueError:
        if ndim is None:
            raise ValueError(
                f"size: how many lengths {lengths} has is known only when the function runs; say "
                "how many axes there are: ndim=..."
            ) from None
        return ndim


# Draws that are made of fractions.


def _counts(pvals: Any, unis: Any, dtype: str) -> Any:
    """Return how many of the fractions of each row fall to each of its outcomes."""
    rows, outcomes = pvals.shape
    limits = _running_sums(pvals)

    def add(counts: Any, fractions: Any) -> Any:
        return counts + _fallen(limits, fractions).astype(dtype), None

    start = jnp.zeros((rows, outcomes), dtype)
    drawn = unis.shape[0] // max(rows, 1)
    return lax.scan(add, start, unis[: drawn * rows].reshape((drawn, rows)))[0]


def _running_sums(pvals: Any) -> Any:
    """Return the sums of the first elements of each row, added one after another."""

    def add(total: Any, column: Any) -> Any:
        total = total + column
        return total, total

    # A parallel sum would round otherwise.
    return lax.scan(add, jnp.zeros_like(pvals[:, 0]), pvals.T)[1].T


def _fallen(limits: Any, fractions: Any) -> Any:
    """Return, of each row, a mask of the first limit above its fraction, if there is one."""
    dtype = np.promote_types(limits.dtype, fractions.dtype)
    above = limits.astype(dtype) > fractions.astype(dtype)[:, None]
    earlier = jnp.cumsum(above, axis=1, dtype="int32") > 1
    return above & ~earlier


def _chosen(pvals: Any, unis: Any, dtype: str) -> Any:
    """Return the outcomes of each row in the order in which the fractions choose them."""
    rows = pvals.shape[0]
    drawn = unis.shape[0] // max(rows, 1)

    def choose(left: Any, fractions: Any) -> Any:
        mask = _fallen(_running_sums(left), fractions)
        remaining = jnp.where(mask, jnp.zeros_like(left), left)
        total = _running_sums(remaining)[:, -1:]
        is_chosen = mask.any(axis=1, keepdims=True)
        left = jnp.where(is_chosen, remaining / total, left)
        none = jnp.where(is_chosen[:, 0], 0, -1)
        return left, (jnp.argmax(mask, axis=1) + none).astype(dtype)

    return lax.scan(choose, pvals, unis[: drawn * rows].reshape((drawn, rows)))[1].T


class _FromUniform(Op):
    """A draw of each row's outcomes, made of fractions between 0 and 1.

    Args:
        odtype: the dtype that comes out; ``"auto"`` for that of the probabilities.
    """

    parameters: tuple[str, ...] = ("odtype",)

    def __init__(self, odtype: str) -> None:
        self.odtype = odtype

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.odtype}}}"

    def make_node(self, pvals: Any, unis: Any, n: Any = 1) -> Apply:
        """Check the ranks.

        Args:
            pvals: a matrix: the probabilities of the outcomes of each row.
            unis: a vector of fractions: one for each row, then a second for each, and so on.
            n: how many there are for each row.
        """
        matrix, fractions, count = map(as_tensor_variable, (pvals, unis, n))
        for name, variable, rank in (("pvals", matrix, 2), ("unis", fractions, 1), ("n", count, 0)):
            if variable.type.ndim != rank:
                raise NotImplementedError(
                    f"{name}: got {variable} with {variable.type.ndim} axes, wanted {rank}"
                )
        return Apply.of_types(self, [matrix, fractions, count], [self._output_type(matrix)])

    def _output_type(self, pvals: Any) -> TensorType:
        raise NotImplementedError

    def _dtype(self, pvals: Any) -> str:
        return str(pvals.type.dtype if self.odtype == "auto" else self.odtype)

    def _draw(self) -> Callable[..., Any]:
        raise NotImplementedError

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the draw of its place, and have the number of fractions checked."""
        lowering.check(self._fits(values), partial(self._misfit, node, values[0], values[1]))
        draw, dtype = self._draw(), node.outputs[0].type.dtype
        return lambda pvals, unis, _: draw(pvals, unis, dtype)

    def _fits(self, values: Sequence[Any]) -> Any:
        pvals, unis, count = values
        return unis.shape[0] == count * pvals.shape[0]

    def _misfit(self, node: Apply, pvals: Any, unis: Any) -> ValueError:
        return ValueError(
            f"{self}: {node.inputs[1]} has {unis.shape[0]} elements, wanted one for each of the "
            f"{pvals.shape[0]} rows of {node.inputs[0]} and each of n{made_at(node.line)}"
        )

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write a call of the draw."""
        draw, dtype = writer.function(self._draw()), node.outputs[0].type.dtype
        return f"{draw}({inputs[0]}, {inputs[1]}, {dtype!r})"

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return zeros: the outputs are constant almost everywhere."""
        from jaxlearn.symbolic.ops.creation import zeros_like

        return [zeros_like(node.inputs[i]) for i in wanted]


class MultinomialFromUniform(_FromUniform):
    """How many of the fractions of each row fall to each of its outcomes.

    An outcome gets the fractions between the sum of the probabilities before it and that sum with
    its own.

    Args:
        odtype: the dtype of the counts; ``"auto"`` for that of the probabilities.

    Example:
        >>> rows = [[0.5, 0.5], [0.1, 0.9]]
        >>> MultinomialFromUniform("int64")(rows, [0.4, 0.4, 0.7, 0.8], 2).eval()
        array([[1, 1],
               [0, 2]])
    """

    def _output_type(self, pvals: Any) -> TensorType:
        return TensorType(self._dtype(pvals), pvals.type.broadcastable)

    def _draw(self) -> Callable[..., Any]:
        return _counts


class ChoiceFromUniform(_FromUniform):
    """The outcomes of each row that the fractions choose, none of them twice.

    What is chosen is taken away, and the probabilities of the others are scaled to a sum of 1.

    Args:
        odtype: the dtype of the numbers of the outcomes; ``"auto"`` for int64.
        replace: whether an outcome could be chosen twice; only False is there, as in Theano.

    Raises:
        NotImplementedError: ``replace`` is set.
        ValueError: when the function runs: there are fewer outcomes than are to be chosen.

    Example:
        >>> ChoiceFromUniform("int64")([[0.1, 0.2, 0.7]], [0.99, 0.3, 0.3], 3).eval()
        array([[2, 0, 1]])
    """

    parameters = ("odtype", "replace")

    def __init__(self, odtype: str, replace: bool = False) -> None:
        super().__init__(odtype)
        if replace:
            raise NotImplementedError("replace: got True, wanted False")
        self.replace = replace

    def __str__(self) -> str:
        return f"ChoiceFromUniform{{odtype={self.odtype!r}, replace={self.replace}}}"

    def _output_type(self, pvals: Any) -> TensorType:
        dtype = "int64" if self.odtype == "auto" else self.odtype
        return TensorType(dtype, pvals.type.broadcastable)

    def _draw(self) -> Callable[..., Any]:
        return _chosen

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the draw of its place; there must be as many outcomes as are chosen."""
        pvals, unis, _ = values
        if unis.shape[0] > pvals.shape[0] * pvals.shape[1]:
            raise ValueError(
                f"{self}: {node.inputs[0]} has {pvals.shape[1]} outcomes in a row, and "
                f"{unis.shape[0] // pvals.shape[0]} different ones cannot be chosen of them"
                f"{made_at(node.line)}"
            )
        return super().bind(lowering, node, values)
