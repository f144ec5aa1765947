"""`MRG_RandomStreams`: random tensors drawn on the device, number for number as by Theano."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from jaxlearn.symbolic.configuration import config
from jaxlearn.symbolic.gradient_markers import undefined_grad
from jaxlearn.symbolic.graph import Variable
from jaxlearn.symbolic.ops.creation import arange
from jaxlearn.symbolic.ops.elementwise import ROWS, cast
from jaxlearn.symbolic.ops.joining import concatenate
from jaxlearn.symbolic.ops.mrg import (
    M1,
    M2,
    ChoiceFromUniform,
    MRGUniform,
    MultinomialFromUniform,
    ff_2p134,
    spaced_states,
)
from jaxlearn.symbolic.ops.reductions import prod, sum  # noqa: A004
from jaxlearn.symbolic.ops.shaping import reshape
from jaxlearn.symbolic.ops.sorting import argsort
from jaxlearn.symbolic.shared import shared
from jaxlearn.symbolic.types import TensorType, upcast
from jaxlearn.symbolic.variables import as_tensor_variable, constant

__all__ = ["MRG_RandomStreams", "guess_n_streams"]

_MOST_STREAMS = 60 * 256
_TRUNCATED_AT = 2.0

# The standard deviation of a standard normal distribution without what is beyond 2 of them.
_DEVIATION_LEFT = math.sqrt(
    1
    - 2 * _TRUNCATED_AT * math.exp(-(_TRUNCATED_AT**2) / 2)
    / (math.sqrt(2 * math.pi) * math.erf(_TRUNCATED_AT / math.sqrt(2)))
)  # fmt: skip


def guess_n_streams(size: Any, warn: bool = False) -> int:
    """Return how many streams draw a tensor, where nobody says it, as Theano counts them.

    Args:
        size: the lengths. Where they are a tuple or list of Python numbers, there is a stream for
            each 6 numbers; otherwise, and at most, there are 15360.
        warn: no meaning here.

    Example:
        >>> guess_n_streams((4,)), guess_n_streams((10, 10)), guess_n_streams((1000, 1000))
        (4, 16, 15360)
    """
    if not isinstance(size, (list, tuple)) or not all(type(length) is int for length in size):
        return _MOST_STREAMS
    count = math.prod(size)
    return min(count if count <= 6 else count // 6, _MOST_STREAMS)


class MRG_RandomStreams:  # noqa: N801  (Theano's name)
    """Makes random tensors; each has streams of its own, and is drawn anew in each call.

    The generator is MRG31k3p, and the numbers are Theano's, for the same seed and the same draws
    in the same order. A function that uses such a tensor updates the states of its streams, which
    are a shared variable, unless it is made with ``no_default_updates``.

    Args:
        seed: a number from 1 up to 2147462578; or six: the first three below 2147483647 and not
            all 0, the last three below 2147462579 and not all 0.

    Attributes:
        state_updates: for each draw the shared variable, its new value, the size and the number of
            streams that was asked for.
        default_instance_seed: the seed at first.
        rstate: the six integers where the streams of the next draw start.

    Raises:
        TypeError: the seed is no number and no six numbers.
        ValueError: it is not within the bounds.

    Example:
        >>> from jaxlearn.symbolic.functions import function
        >>> streams = MRG_RandomStreams(7)
        >>> draw = function([], streams.uniform((3,)))
        >>> draw().round(4).tolist(), draw().round(4).tolist()
        ([0.0135, 0.1545, 0.4766], [0.0134, 0.7246, 0.0301])

    Source: Theano's documentation, "sandbox.rng_mrg - MRG random number generator".
    """

    def __init__(self, seed: Any = 12345) -> None:
        self.state_updates: list[tuple[Any, Any, Any, int | None]] = []
        self.default_instance_seed = seed
        self.set_rstate(seed)

    # The states of streams.

    def set_rstate(self, seed: Any) -> None:
        """Have the streams of the next draw start where a seed says.

        Args:
            seed: as `MRG_RandomStreams` has it.
        """
        self.rstate = _start(seed)

    def inc_rstate(self) -> None:
        """Skip 2**134 steps: to where the streams of the draw after the next one start."""
        self.rstate = ff_2p134(self.rstate)

    def seed(self, seed: Any = None) -> None:
        """Begin anew: give all streams of all draws so far the states that a seed gives them.

        Args:
            seed: as `MRG_RandomStreams` has it; None for the one at first.
        """
        self.set_rstate(self.default_instance_seed if seed is None else seed)
        for states, _, size, count in self.state_updates:
            states.set_value(self._take_states(self.n_streams(size) if count is None else count))

    def get_substream_rstates(
        self, n_streams: int, dtype: Any = None, inc_rstate: bool = True
    ) -> np.ndarray:
        """Return states of streams, 2**72 steps from one to the next, as a matrix of six columns.

        Args:
            n_streams: how many there shall be.
            dtype: no meaning here.
            inc_rstate: go on to the streams of the next draw.

        Raises:
            TypeError: ``n_streams`` is no whole number.
            ValueError: it is less than 1.
        """
        try:
            count = operator.index(n_streams)
        except TypeError:
            raise TypeError(f"nstreams: got {n_streams!r}, wanted a whole number") from None
        if count < 1:
            raise ValueError(f"nstreams: got {count}, wanted at least 1")
        states = spaced_states(self.rstate, count)
        if inc_rstate:
            self.inc_rstate()
        return states

    def _take_states(self, count: int) -> np.ndarray:
        return self.get_substream_rstates(count)

    def n_streams(self, size: Any) -> int:
        """Return how many streams draw a tensor of a size; see `guess_n_streams`."""
        return guess_n_streams(size)

    def updates(self) -> list[tuple[Any, Any, Any, int | None]]:
        """Return the entries of ``state_updates``, in a list of the caller's own."""
        return list(self.state_updates)

    def pretty_return(
        self, node_rstate: Any, new_rstate: Any, sample: Any, size: Any, nstreams: int | None
    ) -> Any:
        """Note a draw, and return its tensor.

        Args:
            node_rstate: the shared variable of the states.
            new_rstate: its new value, which becomes its default update.
            sample: what is drawn.
            size: the lengths.
            nstreams: how many streams were asked for.
        """
        sample.rstate = node_rstate
        sample.update = (node_rstate, new_rstate)
        self.state_updates.append((node_rstate, new_rstate, size, nstreams))
        node_rstate.default_update = new_rstate
        return sample

    # Draws.

    def uniform(
        self,
        size: Any,
        low: Any = 0.0,
        high: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        nstreams: int | None = None,
        *,
        target: str | None = None,
    ) -> Any:
        """Return numbers that are equally likely anywhere between two bounds.

        Args:
            size: the lengths: a tuple of numbers and symbolic integers, or a symbolic vector.
            low: the lower bound, which is not reached; it may be a tensor.
            high: the upper bound, which is not reached; it may be a tensor.
            ndim: how many axes there are, where ``size`` does not tell.
            dtype: the dtype; by default the upcast of the bounds' and ``config.floatX``.
            nstreams: how many streams draw; by default what `guess_n_streams` says.
            target: no meaning here: the streams are on JAX's device.

        Raises:
            TypeError: ``size`` is neither a tuple nor a vector, or the dtype is not floating.
            ValueError: a length is less than 1, or ``ndim`` is needed.
            NotImplementedError: a bound has more axes than ``size`` has lengths.
        """
        low, high = as_tensor_variable(low), as_tensor_variable(high)
        if dtype is None:
            dtype = upcast(config.floatX, low.dtype, high.dtype)
        # Before there is a shared variable: an error leaves the streams as they are.
        rank = MRGUniform.new(np.zeros((1, 6), np.int32), ndim, dtype, _checked_size(size))[1].ndim
        if max(low.ndim, high.ndim) > rank:
            raise NotImplementedError(
                f"uniform: the bounds have {max(low.ndim, high.ndim)} axes, and size has only "
                f"{rank} lengths; give a size of as many lengths"
            )
        sample = self._fractions(size, ndim, dtype, nstreams)
        low, high = (undefined_grad(cast(bound, dtype)) for bound in (low, high))
        return sample * (high - low) + low

    def _fractions(
        self, size: Any, ndim: int | None, dtype: str, nstreams: int | None, count: Any = None
    ) -> Any:
        """Return fractions between 0 and 1; where a count is given, only so many are drawn."""
        streams = self.n_streams(size) if nstreams is None else nstreams
        states = shared(self._take_states(streams))
        if count is None:
            new, sample = MRGUniform.new(states, ndim, dtype, size)
        else:
            new, sample = MRGUniform(TensorType(dtype, (False,)))(states, size, count)
        return self.pretty_return(states, new, sample, size, nstreams)

    def binomial(
        self,
        size: Any = None,
        n: Any = 1,
        p: Any = 0.5,
        ndim: int | None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        *,
        target: str | None = None,
    ) -> Any:
        """Return ones with a probability, and zeros otherwise.

        Args:
            size: as `uniform` has it.
            n: how many trials there are; only 1, as in Theano.
            p: the probability of a one; it may be a tensor.
            ndim: no meaning here, as in Theano.
            dtype: the dtype.
            nstreams: as `uniform` has it.
            target: no meaning here: the streams are on JAX's device.

        Raises:
            NotImplementedError: ``n`` is not 1.
        """
        if isinstance(n, Variable) or n != 1:
            raise NotImplementedError(
                f"binomial: got n={n}, wanted 1; add up n draws of 1, or use the RandomStreams of "
                "theano.tensor.shared_randomstreams"
            )
        probability = undefined_grad(as_tensor_variable(p))
        return cast(self.uniform(size, nstreams=nstreams) < probability, dtype)

    def multinomial(
        self,
        size: Any = None,
        n: Any = 1,
        pvals: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        *,
        target: str | None = None,
    ) -> Any:
        """Return how often each outcome comes in some trials, for each row of probabilities.

        Args:
            size: must be None.
            n: how many trials there are.
            pvals: a matrix: the probabilities of the outcomes, a distribution a row. They are not
                checked.
            ndim: must be None.
            dtype: the dtype of the counts; ``"auto"`` for that of the probabilities.
            nstreams: as `uniform` has it.
            target: no meaning here: the streams are on JAX's device.

        Raises:
            TypeError: there are no probabilities.
            NotImplementedError: they are not a matrix.
            ValueError: ``size`` or ``ndim`` is given.
        """
        matrix = _probabilities("multinomial", "pvals", pvals)
        for name, value in (("size", size), ("ndim", ndim)):
            if value is not None:
                raise ValueError(
                    f"multinomial: got {name}={value}, which is not used: the shape is that of "
                    "pvals; leave it out"
                )
        unis = self._one_for_each_row(matrix, n, nstreams)
        return MultinomialFromUniform(dtype)(matrix, unis, n)

    def _one_for_each_row(self, matrix: Any, n: Any, nstreams: int | None) -> Any:
        return self.uniform((matrix.shape[0] * as_tensor_variable(n),), nstreams=nstreams)

    def choice(
        self,
        size: Any = 1,
        a: Any = None,
        replace: bool = True,
        p: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        *,
        target: str | None = None,
    ) -> Any:
        """Return different outcomes of each row of probabilities, in the order in which they come.

        Args:
            size: how many outcomes of each row.
            a: must be None: outcomes are numbered from 0.
            replace: must be False: no outcome comes twice.
            p: a matrix: the probabilities of the outcomes, a distribution a row. They are not
                checked.
            ndim: must be None.
            dtype: the dtype of the outcomes' numbers.
            nstreams: as `uniform` has it.
            target: no meaning here: the streams are on JAX's device.

        Raises:
            NotImplementedError: ``replace`` is set, or ``p`` is not a matrix.
            TypeError: ``a`` is given, or ``p`` is not.
            ValueError: ``ndim`` is given; or, when the function runs, there are too few outcomes.
        """
        if replace:
            raise NotImplementedError(
                "choice: got replace=True, wanted replace=False; for draws with replacement use "
                "multinomial"
            )
        if a is not None:
            raise TypeError(
                f"choice: got a={a}, wanted None: the outcomes are 0 up to p.shape[1] - 1; index "
                "an array of others with them"
            )
        matrix = _probabilities("choice", "p", p)
        if ndim is not None:
            raise ValueError(f"choice: got ndim={ndim}, which is not used; leave it out")
        unis = self._one_for_each_row(matrix, size, nstreams)
        return ChoiceFromUniform(dtype)(matrix, unis, size)

    def multinomial_wo_replacement(
        self,
        size: Any = None,
        n: Any = 1,
        pvals: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        *,
        target: str | None = None,
    ) -> Any:
        """Return different outcomes of each row; the older name of `choice`.

        Args:
            size: must be None.
            n: how many outcomes of each row.
            pvals: the probabilities.
            ndim: must be None.
            dtype: the dtype of the outcomes' numbers.
            nstreams: as `uniform` has it.
            target: no meaning here: the streams are on JAX's device.

        Raises:
            ValueError: ``size`` or ``ndim`` is given.
        """
        if size is not None:
            raise ValueError(
                f"multinomial_wo_replacement: got size={size}, wanted None; say by n how many"
            )
        return self.choice(n, None, False, pvals, ndim, dtype, nstreams)

    def normal(
        self,
        size: Any,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        nstreams: int | None = None,
        truncate: bool = False,
        *,
        target: str | None = None,
    ) -> Any:
        """Return numbers of a normal distribution, by the method of Box and Muller.

        Args:
            size: the lengths: a number, a tuple, or a symbolic vector.
            avg: the mean; it may be a tensor.
            std: the standard deviation; it may be a tensor.
            ndim: how many axes there are, where ``size`` does not tell.
            dtype: the dtype; by default the upcast of mean, deviation and ``config.floatX``.
            nstreams: how many streams draw; by default 15360.
            truncate: draw anew what is more than two standard deviations away from the mean. What
                is returned then has a smaller standard deviation than ``std``.
            target: no meaning here: the streams are on JAX's device.

        Raises:
            ValueError: ``size`` is None, or ``ndim`` is needed.
        """
        if not isinstance(size, (int, tuple, list, np.ndarray, np.integer, Variable)):
            raise ValueError(f"size: got {size!r}, wanted a number, a tuple or a symbolic vector")
        lengths = _as_lengths(size)
        mean, deviation = (undefined_grad(as_tensor_variable(given)) for given in (avg, std))
        if dtype is None:
            dtype = upcast(config.floatX, mean.dtype, deviation.dtype)
        mean, deviation = cast(mean, dtype), cast(deviation, dtype)
        count = prod(lengths)
        even = count + count % 2
        fractions = self.uniform((even,), ndim=1, dtype=dtype, nstreams=nstreams)
        radius = _radius(fractions[: even // 2])
        angle = constant(2 * math.pi, dtype=dtype) * fractions[even // 2 :]
        cosines, sines = ROWS["cos"](angle), ROWS["sin"](angle)
        if truncate:
            pairs = self._truncated(radius, cosines, sines, nstreams)
        else:
            pairs = concatenate([radius * cosines, radius * sines])
        return reshape(pairs[:count], lengths, ndim) * deviation + mean

    def _truncated(self, radius: Any, cosines: Any, sines: Any, nstreams: int | None) -> Any:
        """Return the halves of pairs, those too far out drawn anew, behind the others of its half.

        How many those are, only the data tell; so as many are drawn as there could be, and of
        those that are not needed the streams stay where they are.
        """
        limit = constant(_TRUNCATED_AT, dtype=radius.dtype)
        halves = [(radius * side, side) for side in (cosines, sines)]
        outside = [ROWS["or_"](half < -limit, half > limit) for half, _ in halves]
        counts = [sum(far) for far in outside]
        most = 2 * radius.shape[0]
        drawn = self._fractions((most,), 1, radius.dtype, nstreams, counts[0] + counts[1])
        lowest = undefined_grad(constant(math.exp(-(_TRUNCATED_AT**2) / 2), dtype=radius.dtype))
        one = undefined_grad(constant(1.0, dtype=radius.dtype))
        again = _radius(drawn * (one - lowest) + lowest)
        parts, used = [], constant(0, dtype="int64")
        for (half, side), far, number in zip(halves, outside, counts, strict=True):
            order = argsort(far, kind="mergesort")
            place = arange(radius.shape[0]) - (radius.shape[0] - number)
            is_new = place >= 0
            taken = again[ROWS["switch"](is_new, place + used, 0)]
            parts.append(ROWS["switch"](is_new, taken * side[order], half[order]))
            used = used + number
        return concatenate(parts)

    def truncated_normal(
        self,
        size: Any,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        nstreams: int | None = None,
        *,
        target: str | None = None,
    ) -> Any:
        """Return numbers of a normal distribution whose ends are cut off, with this deviation.

        Args:
            size: as `normal` has it.
            avg: the mean.
            std: the standard deviation of what is returned, which is at most 2.27 times it away
                from the mean.
            ndim: as `normal` has it.
            dtype: as `normal` has it.
            nstreams: as `normal` has it.
            target: no meaning here: the streams are on JAX's device.
        """
        wider = as_tensor_variable(std) / _DEVIATION_LEFT
        return self.normal(size, avg, wider, ndim, dtype, nstreams, truncate=True)


def _radius(fractions: Any) -> Any:
    return ROWS["sqrt"](constant(-2.0, dtype=fractions.dtype) * ROWS["log"](fractions))


def _start(seed: Any) -> np.ndarray:
    """Return six integers to start from."""
    if isinstance(seed, (int, np.integer)):
        if seed == 0:
            raise ValueError("seed: got 0, which would stay 0 for ever; give another number")
        if not 0 < seed < M2:
            raise ValueError(f"seed: got {seed}, wanted more than 0 and less than {M2}")
        return np.full(6, seed, np.int32)
    if not isinstance(seed, (list, tuple, np.ndarray)) or np.shape(seed) != (6,):
        raise TypeError(f"seed: got {seed!r}, wanted 1 integer or 6 integers")
    for part, modulus, which in ((seed[:3], M1, "first"), (seed[3:], M2, "last")):
        if not any(part):
            raise ValueError(
                f"seed: the {which} 3 values are 0, and would stay 0 for ever: {seed!r}"
            )
        if not all(0 <= number < modulus for number in part):
            raise ValueError(
                f"seed: the {which} 3 values must be 0 or more and less than {modulus}: {seed!r}"
            )
    return np.asarray(seed).astype(np.int32)


def _checked_size(size: Any) -> Any:
    is_vector = isinstance(size, Variable) and size.type.ndim == 1
    if not is_vector and not isinstance(size, tuple):
        raise TypeError(
            f"size: got {size!r} ({type(size).__name__}), wanted a tuple of lengths or a symbolic "
            f"vector; of one length write ({size},)"
        )
    if not is_vector:
        _check_lengths(size)
    return size


def _check_lengths(size: Any) -> None:
    if any(isinstance(n, (int, np.integer)) and n < 1 for n in size):
        raise ValueError(f"size: got {size}, with a length of 0 or less")


def _as_lengths(size: Any) -> Any:
    if isinstance(size, (list, tuple)):
        _check_lengths(size)
        if not size:
            return constant(np.zeros(0, np.int64))
    lengths = as_tensor_variable(size)
    return as_tensor_variable([lengths]) if lengths.ndim == 0 else lengths


def _probabilities(who: str, name: str, given: Any) -> Any:
    if given is None:
        raise TypeError(f"{who}: {name} is missing: the probabilities of the outcomes")
    matrix = undefined_grad(as_tensor_variable(given))
    if matrix.ndim != 2:
        raise NotImplementedError(
            f"{who}: {name} has {matrix.ndim} axes, wanted a matrix, one distribution a row"
        )
    return matrix
