"""Draws of NumPy's `RandomState` inside compiled programs, number for number as Theano drew them.

Such a draw is a pure function: a state and parameters come in, the next state and the numbers go
out. NumPy computes it on the host, while the compiled program waits. What goes there and back goes
as words of 32 bits: where the host's thread has 64-bit types off, JAX would round the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.configuration import config
from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.gradient_types import grad_undefined
from jaxlearn.symbolic.graph import Apply, Op, Variable
from jaxlearn.symbolic.lowering import Checking
from jaxlearn.symbolic.ops.elementwise import ROWS
from jaxlearn.symbolic.ops.mrg import _lengths, _rank
from jaxlearn.symbolic.random_states import RandomStateType, state_of, words_of
from jaxlearn.symbolic.types import TensorType, upcast
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "RandomFunction",
    "binomial",
    "choice",
    "choice_helper",
    "multinomial",
    "multinomial_helper",
    "normal",
    "permutation",
    "permutation_helper",
    "poisson",
    "random_integers",
    "random_integers_helper",
    "uniform",
]

_MOST_HANDED_OVER = 8192
"""The most elements of an array that the host is given at once.

What is larger, JAX copies in another thread; where there is only one, it would wait for itself.
"""


def _in_pieces(array: Any) -> list[Any]:
    """Return an array as flat pieces, of 32-bit words where its elements are of 64 bits."""
    if array.dtype.itemsize == 8:
        array = lax.bitcast_convert_type(array, jnp.uint32)
    flat = array.reshape((array.size,))
    return [flat[i : i + _MOST_HANDED_OVER] for i in range(0, max(1, flat.size), _MOST_HANDED_OVER)]


def _joined(pieces: Any, like: Any) -> Any:
    """Return, on the host, the array that was taken to pieces."""
    flat = np.concatenate([np.asarray(piece) for piece in pieces])
    return flat.view(like.dtype).reshape(like.shape)


def _called(fn: Any, words: Any, arrays: Any, size: Any) -> Any:
    """Return, on the host, the words of the next state, and what is drawn."""
    random = state_of(np.asarray(words))
    # NumPy takes the quick way for Python's numbers only.
    values = [array.item() if array.ndim == 0 else array for array in arrays]
    draw = getattr(random, fn) if isinstance(fn, str) else partial(fn, random)
    drawn = draw(*values, size)
    return words_of(random), np.asarray(drawn)


def _drawn(
    fn: Any, words: Any, size: Any, shape: Any, dtype: Any, arrays: Any, failed: Any = None
) -> Any:
    """Return the words of the next state, what is drawn, and whether it could be.

    Args:
        fn: the name of a method of NumPy's generator, or a function of one.
        words: the state.
        size: how many draws, as a shape.
        shape: the shape of them all.
        dtype: their dtype.
        arrays: the parameters.
        failed: called with NumPy's exception, if there is one; it is raised if this is None.
    """
    kinds = [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in arrays]
    pieces = [_in_pieces(array) for array in arrays]
    # What has fewer than 32 bits is widened for the way.
    carrier = np.dtype(dtype)
    if carrier.itemsize < 4:
        carrier = np.dtype("float32" if carrier.kind == "f" else "int32")
    count = prod(shape) * carrier.itemsize // 4

    def on_host(words: Any, *given: Any) -> Any:
        try:
            groups, rest = [], given
            for kind, group in zip(kinds, pieces, strict=True):
                groups.append(_joined(rest[: len(group)], kind))
                rest = rest[len(group) :]
            after, drawn = _called(fn, words, groups, size)
            if drawn.shape != shape:
                raise ValueError(f"got draws of shape {drawn.shape}, wanted {shape}")
        except Exception as error:
            if failed is None:
                raise
            failed(error)
            return np.asarray(words), np.zeros(count, np.uint32), np.array(False)
        wide = drawn.astype(dtype).astype(carrier).reshape((drawn.size,))
        return after, wide.view(np.uint32), np.array(True)

    after, bits, held = jax.pure_callback(
        on_host,
        (
            jax.ShapeDtypeStruct(words.shape, jnp.uint32),
            jax.ShapeDtypeStruct((count,), jnp.uint32),
            jax.ShapeDtypeStruct((), bool),
        ),
        words,
        *[piece for group in pieces for piece in group],
        vmap_method="sequential",
    )
    wide = bits.reshape((*shape, 2) if carrier.itemsize == 8 else shape)
    numbers = lax.bitcast_convert_type(wide, carrier)
    return after, lax.convert_element_type(numbers, dtype), held


class RandomFunction(Op):
    """A draw of NumPy's `RandomState`: the next state, and what is drawn.

    The inputs are a state, the size, and the parameters of the distribution.

    Args:
        fn: the name of a method of `numpy.random.RandomState`; or a function of such a generator,
            the parameters and the size. It must have no effects but on the generator.
        outtype: the type of what is drawn; or what is called to make a variable of it.
        inplace: accepted as in Theano, without a meaning.
        ndim_added: how many axes one draw has. Where there are some, the parameters must be known
            when the function is compiled, except for this module's own functions.

    Raises:
        ValueError: when the function runs: NumPy refuses the parameters; the message is NumPy's.

    Example:
        >>> from jaxlearn.symbolic.random_states import random_state_type
        >>> import jaxlearn.theano.tensor as T
        >>> rng = random_state_type("rng")
        >>> _, drawn = RandomFunction("uniform", T.dvector)(rng, (2,), 0.0, 1.0)
        >>> drawn.eval({rng: np.random.RandomState(3)}).round(4).tolist()
        [0.5508, 0.7081]
    """

    parameters = ("fn", "outtype", "ndim_added")

    def __init__(self, fn: Any, outtype: Any, inplace: bool = False, ndim_added: int = 0) -> None:
        self.fn = fn
        self.outtype = outtype if isinstance(outtype, TensorType) else outtype().type
        self.ndim_added = ndim_added

    def __str__(self) -> str:
        return f"RandomFunction{{{self._fn_name}}}"

    @property
    def _fn_name(self) -> str:
        return str(self.fn if isinstance(self.fn, str) else self.fn.__name__)

    def make_node(self, r: Any, shape: Any, *args: Any) -> Apply:
        """Check the state and the size.

        Args:
            r: the state.
            shape: the size, as a tuple or a symbolic vector; where it is empty or None, and the
                type has axes, it follows from the parameters.
            *args: the parameters.
        """
        if not isinstance(r, Variable) or not isinstance(r.type, RandomStateType):
            raise TypeError(
                f"{self}: got {r!r} as the state, wanted a variable for a RandomState: "
                "theano.shared(numpy.random.RandomState(seed)), or random_state_type()"
            )
        parameters = [as_tensor_variable(value) for value in args]
        rank = self.outtype.ndim - self.ndim_added
        if shape is None or (isinstance(shape, (tuple, list)) and rank and not shape):
            shape = _common_lengths(rank, parameters)
        return Apply.of_types(self, [r, _lengths(shape), *parameters], [r.type, self.outtype])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the draw of its place; what NumPy refuses becomes an error of the call."""
        size = tuple([int(n) for n in lowering.known(node.inputs[1], values[1])])
        rank = self.outtype.ndim - self.ndim_added
        if len(size) != rank or any(length < 0 for length in size):
            raise ValueError(
                f"{self}: got the size {size}, wanted {rank} lengths, none below 0"
                f"{made_at(node.line)}"
            )
        shape = (*size, *self._added(lowering, node, values))
        dtype, errors = self.outtype.dtype, [Exception("nothing was drawn")]

        def failed(error: Exception) -> None:
            errors[0] = error

        if all(isinstance(value, np.ndarray) for value in values[2:]):
            # Nothing that comes later can make these parameters wrong, and so no call is checked.
            try:
                _called(self.fn, words_of(np.random.RandomState(0)), values[2:], size)
            except Exception as error:
                raise self._refused(node, error) from None
            return lambda words, _, *arrays: _drawn(self.fn, words, size, shape, dtype, arrays)[:2]

        def draw(words: Any, _: Any, *arrays: Any) -> Any:
            after, drawn, held = _drawn(self.fn, words, size, shape, dtype, arrays, failed)
            return after, drawn, held.reshape(1)

        return Checking(draw, [lambda: self._refused(node, errors[0])])

    def _refused(self, node: Apply, error: Exception) -> Exception:
        kind = type(error) if isinstance(error, (TypeError, ValueError)) else ValueError
        return kind(f"{self}: {error}{made_at(node.line)}")

    def _added(self, lowering: Any, node: Apply, values: Sequence[Any]) -> tuple[int, ...]:
        """Return the lengths of the axes of one draw."""
        if not self.ndim_added:
            return ()
        if self.fn is permutation_helper:
            count = lowering.size(node.inputs[2], values[2])
            if count < 0:
                raise ValueError(f"{self}: got n={count}, wanted 0 or more{made_at(node.line)}")
            return (count,)
        if self.fn is multinomial_helper:
            return (values[3].shape[-1],)
        if not all(isinstance(value, np.ndarray) for value in values[2:]):
            raise ValueError(
                f"{self}: the shape of one draw must be known before compiling, and follows from "
                f"parameters that are not; give constants{made_at(node.line)}"
            )
        none = (1,) * (self.outtype.ndim - self.ndim_added)
        one = _called(self.fn, words_of(np.random.RandomState(0)), values[2:], none)[1]
        lengths: tuple[int, ...] = one.shape[len(none) :]
        return lengths

    def sizes(self, node: Apply) -> Sequence[int]:
        """The size is one, and how many numbers a permutation has."""
        return (1, 2) if self.fn is permutation_helper else (1,)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write a call of the draw.

        Raises:
            ValueError: its function cannot be imported, or the shape of one draw be written.
        """
        words, _, *arrays = inputs
        size = writer.size(node.inputs[1], inputs[1])
        shape = f"tuple({size})"
        if self.fn is permutation_helper:
            shape += f" + ({writer.size(node.inputs[2], inputs[2])},)"
        elif self.fn is multinomial_helper:
            shape += f" + {inputs[3]}.shape[-1:]"
        elif self.ndim_added:
            raise ValueError(f"source: {self} cannot be written{made_at(node.line)}")
        fn = repr(self.fn) if isinstance(self.fn, str) else self._fn_source(writer)
        given = f"[{', '.join(arrays)}]"
        call = f"{writer.function(_drawn)}({fn}, {words}, tuple({size}), {shape}"
        return f"{call}, {self.outtype.dtype!r}, {given})[:2]"

    def _fn_source(self, writer: Any) -> str:
        if self.fn in _HELPERS:
            return str(writer.function(self.fn))
        name = writer.imported(self.fn)
        if name is None:
            raise ValueError(
                f"source: {self} calls {self.fn!r}, which a module cannot import by name; define "
                "it by `def` in a module, and import it from there"
            )
        return str(name)

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return undefined gradients."""
        why = "no gradient goes through draws of random numbers"
        return [grad_undefined(self, i, node.inputs[i], why) for i in wanted]


# What NumPy has not as a method of these arguments.


def random_integers_helper(random_state: Any, low: Any, high: Any, size: Any) -> Any:
    """Return whole numbers from low up to high, both included.

    Args:
        random_state: the generator.
        low: the least; it may be an array.
        high: the largest; it may be an array.
        size: the shape.

    Example:
        >>> random_integers_helper(np.random.RandomState(3), 0, 9, (4,)).tolist()
        [8, 9, 3, 8]
    """
    if np.ndim(low) == 0 and np.ndim(high) == 0:
        return random_state.randint(int(low), int(high + 1), size)
    least, largest = np.broadcast_to(low, size), np.broadcast_to(high, size)
    drawn = np.zeros(size, np.int64)
    for place in np.ndindex(*size):
        drawn[place] = random_state.randint(int(least[place]), int(largest[place] + 1))
    return drawn


def choice_helper(random_state: Any, a: Any, replace: Any, p: Any, size: Any) -> Any:
    """Return elements of an array, or whole numbers below a number, chosen at random.

    Args:
        random_state: the generator.
        a: the array, or the number.
        replace: whether one may be chosen twice.
        p: the probability of each; without elements if they are equal.
        size: the shape.

    Example:
        >>> choice_helper(np.random.RandomState(3), 10, True, [], (4,)).tolist()
        [8, 9, 3, 8]
    """
    return random_state.choice(a, size, bool(replace), p if np.size(p) else None)


def permutation_helper(random_state: Any, n: Any, shape: Any) -> Any:
    """Return permutations of the whole numbers below a number.

    Args:
        random_state: the generator.
        n: the number.
        shape: the shape of all permutations, each of which is one row of the result.

    Example:
        >>> permutation_helper(np.random.RandomState(3), 4, (2,)).tolist()
        [[3, 1, 0, 2], [1, 2, 0, 3]]
    """
    drawn = np.zeros((*shape, int(n)), np.int64)
    for place in np.ndindex(*shape):
        drawn[place] = random_state.permutation(int(n))
    return drawn


def multinomial_helper(random_state: Any, n: Any, pvals: Any, size: Any) -> Any:
    """Return how often each outcome comes in some trials.

    Where rounding brought the sum of the probabilities above 1, and where the last one is next to
    0, they are made smaller by 0.00005, as in Theano.

    Args:
        random_state: the generator.
        n: how many trials; it may be an array.
        pvals: the probabilities of the outcomes, along the last axis.
        size: the shape of all draws.

    Raises:
        ValueError: the probabilities add up to more than 1.

    Example:
        >>> multinomial_helper(np.random.RandomState(3), 10, np.array([0.2, 0.3, 0.5]), ()).tolist()
        [2, 4, 4]
    """
    trials = np.broadcast_to(n, size)
    rows = np.broadcast_to(pvals, (*size, pvals.shape[-1]))
    drawn = np.zeros(rows.shape, np.int64)
    for place in np.ndindex(*size):
        row = rows[place]
        if 1 < row.sum() < 1 + 1e-5 or row[-1] < 5e-5:
            row = row * (1 - 5e-5)
        if row.sum() > 1:
            raise ValueError(f"pvals: the probabilities add up to {row.sum()}, more than 1")
        drawn[place] = random_state.multinomial(int(trials[place]), row)
    return drawn


_HELPERS = (random_integers_helper, choice_helper, permutation_helper, multinomial_helper)


# Sizes.


def _common_lengths(rank: int, arrays: Sequence[Any]) -> list[Any]:
    """Return the lengths of what some tensors broadcast to."""
    return [_common_length(rank - axis, arrays) for axis in range(rank)]


def _common_length(from_right: int, arrays: Sequence[Any]) -> Any:
    having = [array for array in arrays if array.ndim >= from_right]
    if not having:
        raise ValueError(
            f"size: -1 takes a length from the parameters, and none has an axis {from_right} from "
            "the right; give the length"
        )
    longer = [
        array.shape[array.ndim - from_right]
        for array in having
        if not array.broadcastable[array.ndim - from_right]
    ]
    length: Any = longer[0] if longer else 1
    for other in longer[1:]:
        length = ROWS["maximum"](length, other)
    return length


def _size_and_flags(
    size: Any, ndim: int | None, arrays: Sequence[Any]
) -> tuple[Any, tuple[bool, ...]]:
    """Return the lengths of a draw, and which of them are 1 for good: those that are numbers."""
    least = max([array.ndim for array in arrays], default=0)
    if size is None:
        size, ndim = (-1,) * least, None
    if isinstance(size, (tuple, list)):
        rank = len(size)
        if ndim is not None and ndim != rank:
            raise ValueError(
                f"ndim: got {ndim}, wanted {rank}, as many as there are lengths in size={size}"
            )
        size = [
            n if isinstance(n, Variable) or n != -1 else _common_length(rank - i, arrays)
            for i, n in enumerate(size)
        ]
        flags = tuple([not isinstance(n, Variable) and bool(n == 1) for n in size])
        lengths = _lengths(size)
    else:
        lengths = _lengths(size)
        rank = _rank(lengths, ndim)
        flags = (False,) * rank
    if least > rank:
        raise ValueError(
            f"size: got {rank} lengths, wanted at least {least}, as many as a parameter has axes"
        )
    return lengths, flags


def _float_dtype(dtype: str | None, *arrays: Any) -> str:
    return upcast(config.floatX, *[array.dtype for array in arrays]) if dtype is None else dtype


def _draw(
    fn: Any,
    state: Any,
    size: Any,
    ndim: int | None,
    dtype: str,
    arrays: Sequence[Any],
    shaping: Sequence[Any] | None = None,
    added: Sequence[bool] = (),
) -> list[Any]:
    """Return the new state, and the draws.

    The size follows from ``shaping``, or the arrays; ``added`` says which of the axes of one draw
    have the length 1 for good.
    """
    lengths, flags = _size_and_flags(size, ndim, arrays if shaping is None else shaping)
    # Theano's binomial numbers do not say which of their axes are 1.
    kind = TensorType(dtype, (False,) * len(flags) if fn == "binomial" else (*flags, *added))
    drawn: list[Any] = RandomFunction(fn, kind, ndim_added=len(added))(state, lengths, *arrays)
    return drawn


# The distributions.


def uniform(
    random_state: Any,
    size: Any = None,
    low: Any = 0.0,
    high: Any = 1.0,
    ndim: int | None = None,
    dtype: str | None = None,
) -> list[Any]:
    """Return the next state, and numbers equally likely anywhere between two bounds.

    Args:
        random_state: the variable of the state.
        size: the lengths: a tuple of numbers and symbolic integers, or a symbolic vector. A -1 in
            it takes the length from the parameters; None takes all from them.
        low: the lower bound; it may be a tensor.
        high: the upper bound; it may be a tensor.
        ndim: how many axes there are, where ``size`` does not tell.
        dtype: the dtype; by default the upcast of the bounds' and ``config.floatX``.

    Raises:
        ValueError: the bounds have more axes than ``size`` has lengths; or, when the function
            runs, they do not fit it.

    Example:
        >>> from jaxlearn.symbolic.shared import shared
        >>> state, drawn = uniform(shared(np.random.RandomState(3)), (2,))
        >>> drawn.eval().round(4).tolist()
        [0.5508, 0.7081]
    """
    bounds = [as_tensor_variable(bound) for bound in (low, high)]
    return _draw("uniform", random_state, size, ndim, _float_dtype(dtype, *bounds), bounds)


def normal(
    random_state: Any,
    size: Any = None,
    avg: Any = 0.0,
    std: Any = 1.0,
    ndim: int | None = None,
    dtype: str | None = None,
) -> list[Any]:
    """Return the next state, and numbers of a normal distribution.

    Args:
        random_state: the variable of the state.
        size: as `uniform` has it.
        avg: the mean; it may be a tensor.
        std: the standard deviation; it may be a tensor.
        ndim: as `uniform` has it.
        dtype: the dtype; by default the upcast of mean, deviation and ``config.floatX``.

    Example:
        >>> from jaxlearn.symbolic.shared import shared
        >>> state, drawn = normal(shared(np.random.RandomState(3)), (2,), avg=10)
        >>> drawn.eval().round(4).tolist()
        [11.7886, 10.4365]
    """
    given = [as_tensor_variable(value) for value in (avg, std)]
    return _draw("normal", random_state, size, ndim, _float_dtype(dtype, *given), given)


def binomial(
    random_state: Any,
    size: Any = None,
    n: Any = 1,
    p: Any = 0.5,
    ndim: int | None = None,
    dtype: str = "int64",
    prob: Any = None,
) -> list[Any]:
    """Return the next state, and how many of some trials succeed.

    Args:
        random_state: the variable of the state.
        size: as `uniform` has it.
        n: how many trials; it may be a tensor.
        p: the probability of a success; it may be a tensor.
        ndim: as `uniform` has it.
        dtype: the dtype.
        prob: the older name of ``p``.

    Example:
        >>> from jaxlearn.symbolic.shared import shared
        >>> binomial(shared(np.random.RandomState(3)), (4,), n=10)[1].eval().tolist()
        [5, 6, 4, 5]
    """
    given = [as_tensor_variable(value) for value in (n, p if prob is None else prob)]
    return _draw("binomial", random_state, size, ndim, dtype, given)


def poisson(
    random_state: Any,
    size: Any = None,
    lam: Any = 1.0,
    ndim: int | None = None,
    dtype: str = "int64",
) -> list[Any]:
    """Return the next state, and numbers of a Poisson distribution.

    Args:
        random_state: the variable of the state.
        size: as `uniform` has it.
        lam: the expected number; it may be a tensor.
        ndim: as `uniform` has it.
        dtype: the dtype.

    Example:
        >>> from jaxlearn.symbolic.shared import shared
        >>> poisson(shared(np.random.RandomState(3)), (4,), lam=4.0)[1].eval().tolist()
        [6, 1, 1, 5]
    """
    return _draw("poisson", random_state, size, ndim, dtype, [as_tensor_variable(lam)])


def random_integers(
    random_state: Any,
    size: Any = None,
    low: Any = 0,
    high: Any = 1,
    ndim: int | None = None,
    dtype: str = "int64",
) -> list[Any]:
    """Return the next state, and whole numbers from low up to high, both included.

    Args:
        random_state: the variable of the state.
        size: as `uniform` has it.
        low: the least; it may be a tensor.
        high: the largest; it may be a tensor.
        ndim: as `uniform` has it.
        dtype: the dtype.

    Example:
        >>> from jaxlearn.symbolic.shared import shared
        >>> random_integers(shared(np.random.RandomState(3)), (4,), 0, 9)[1].eval().tolist()
        [8, 9, 3, 8]
    """
    given = [as_tensor_variable(value) for value in (low, high)]
    return _draw(random_integers_helper, random_state, size, ndim, dtype, given)


def choice(
    random_state: Any,
    size: Any = None,
    a: Any = 2,
    replace: bool = True,
    p: Any = None,
    ndim: int | None = None,
    dtype: str = "int64",
) -> list[Any]:
    """Return the next state, and elements of a vector, or whole numbers, chosen at random.

    Args:
        random_state: the variable of the state.
        size: as `uniform` has it; None for one element.
        a: a vector; or a number, of the whole numbers below which are chosen.
        replace: whether one may be chosen twice.
        p: the probability of each; by default all are equal.
        ndim: as `uniform` has it.
        dtype: the dtype.

    Example:
        >>> from jaxlearn.symbolic.shared import shared
        >>> choice(shared(np.random.RandomState(3)), (4,), a=10)[1].eval().tolist()
        [8, 9, 3, 8]
    """
    probabilities = np.zeros(0) if p is None else p
    given = [as_tensor_variable(value) for value in (a, int(replace), probabilities)]
    return _draw(choice_helper, random_state, size, ndim, dtype, given, shaping=())


def permutation(
    random_state: Any,
    size: Any = None,
    n: Any = 1,
    ndim: int | None = None,
    dtype: str = "int64",
) -> list[Any]:
    """Return the next state, and permutations of the whole numbers below ``n``.

    Args:
        random_state: the variable of the state.
        size: how many permutations, as lengths; each is one row of the result, which so has one
            axis more. None for one permutation.
        n: how many numbers are permuted.
        ndim: how many lengths there are, where ``size`` does not tell.
        dtype: the dtype.

    Example:
        >>> from jaxlearn.symbolic.shared import shared
        >>> permutation(shared(np.random.RandomState(3)), n=4)[1].eval().tolist()
        [3, 1, 0, 2]
    """
    count = as_tensor_variable(n)
    if count.ndim:
        raise TypeError(f"permutation: got n={count} of {count.type!r}, wanted a scalar")
    return _draw(permutation_helper, random_state, size, ndim, dtype, [count], (), [False])


def multinomial(
    random_state: Any,
    size: Any = None,
    n: Any = 1,
    pvals: Any = (0.5, 0.5),
    ndim: int | None = None,
    dtype: str = "int64",
) -> list[Any]:
    """Return the next state, and how often each outcome comes in some trials.

    Args:
        random_state: the variable of the state.
        size: how many draws, as `uniform` has it; the result has one axis more.
        n: how many trials; it may be a tensor.
        pvals: the probabilities of the outcomes, along the last axis.
        ndim: how many lengths there are, where ``size`` does not tell.
        dtype: the dtype of the counts.

    Raises:
        ValueError: when the function runs: probabilities add up to more than 1.

    Example:
        >>> from jaxlearn.symbolic.shared import shared
        >>> rng = shared(np.random.RandomState(3))
        >>> multinomial(rng, n=10, pvals=[0.2, 0.3, 0.5])[1].eval().tolist()
        [2, 4, 4]
    """
    trials, table = as_tensor_variable(n), as_tensor_variable(pvals)
    if not table.ndim:
        raise TypeError(f"multinomial: got pvals={table}, a scalar, wanted a vector or more axes")
    shaping = [trials, table[..., 0]]
    added = table.broadcastable[-1:]
    return _draw(
        multinomial_helper, random_state, size, ndim, dtype, [trials, table], shaping, added
    )
