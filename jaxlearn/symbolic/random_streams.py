"""`RandomStreams`: random tensors drawn by NumPy's `RandomState`, the very numbers of Theano."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxlearn.symbolic.ops import random_draws
from jaxlearn.symbolic.ops.choosing import permute_row_elements
from jaxlearn.symbolic.shared import shared
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["RandomStreams"]


class RandomStreams:
    """Makes random tensors; each has a generator of its own, and is drawn anew in each call.

    The generators are NumPy's `RandomState`, and the numbers are Theano's, for the same seed and
    the same draws in the same order. NumPy draws on the host; for large tensors `MRG_RandomStreams`
    is quicker. A function that uses such a tensor updates the state of its generator, which is a
    shared variable, the tensor's ``rng``, unless it is made with ``no_default_updates``.

    Args:
        seed: what seeds the generators: what `numpy.random.RandomState` takes, or None for
            another one each time.

    Attributes:
        state_updates: for each draw the shared variable of its generator, and the new value.
        default_instance_seed: the seed at first.
        gen_seedgen: the generator of the seeds of the next draws.

    Example:
        >>> from jaxlearn.symbolic.functions import function
        >>> drawn = RandomStreams(234).uniform((2,))
        >>> draw = function([], drawn)
        >>> draw().round(4).tolist(), draw().round(4).tolist()
        ([0.1267, 0.9709], [0.1399, 0.8875])
        >>> state = drawn.rng.get_value(borrow=True)
        >>> state.seed(89234)
        >>> drawn.rng.set_value(state, borrow=True)
        >>> bool((draw() == np.random.RandomState(89234).uniform(size=2)).all())
        True

    Source: Theano's documentation, "shared_randomstreams - Friendly random numbers".
    """

    def __init__(self, seed: Any = None) -> None:
        self.state_updates: list[tuple[Any, Any]] = []
        self.default_instance_seed = seed
        self.gen_seedgen = np.random.RandomState(seed)

    def seed(self, seed: Any = None) -> None:
        """Begin anew: give all generators of all draws so far the states that a seed gives them.

        Args:
            seed: as `RandomStreams` has it; None for the one at first.
        """
        seeds = np.random.RandomState(self.default_instance_seed if seed is None else seed)
        for rng, _ in self.state_updates:
            rng.set_value(np.random.RandomState(_next_seed(seeds)))

    def __getitem__(self, item: Any) -> Any:
        """Return the generator that a shared variable holds."""
        return item.get_value()

    def __setitem__(self, item: Any, val: Any) -> None:
        """Set the generator that a shared variable holds."""
        item.set_value(val)

    def updates(self) -> list[tuple[Any, Any]]:
        """Return the entries of ``state_updates``, in a list of the caller's own."""
        return list(self.state_updates)

    def gen(self, op: Any, *args: Any, **kwargs: Any) -> Any:
        """Return a tensor drawn from a new generator.

        Args:
            op: a function of the state and the other arguments that returns the new state and the
                tensor, such as those of `theano.tensor.raw_random` and a `RandomFunction`.
            *args: its other arguments.
            **kwargs: its arguments by name.
        """
        rng = shared(np.random.RandomState(_next_seed(self.gen_seedgen)))
        new, drawn = op(rng, *args, **kwargs)
        drawn.rng = rng
        drawn.update = (rng, new)
        self.state_updates.append(drawn.update)
        rng.default_update = new
        return drawn

    def uniform(
        self, size: Any = None, low: Any = 0.0, high: Any = 1.0, ndim: Any = None, dtype: Any = None
    ) -> Any:
        """Return numbers equally likely anywhere between two bounds.

        Args:
            size: the lengths: a tuple of numbers and symbolic integers, or a symbolic vector. A -1
                in it takes the length from the parameters; None takes all from them.
            low: the lower bound; it may be a tensor.
            high: the upper bound; it may be a tensor.
            ndim: how many axes there are, where ``size`` does not tell.
            dtype: the dtype; by default the upcast of the bounds' and ``config.floatX``.
        """
        return self.gen(random_draws.uniform, size, low, high, ndim=ndim, dtype=dtype)

    def normal(
        self, size: Any = None, avg: Any = 0.0, std: Any = 1.0, ndim: Any = None, dtype: Any = None
    ) -> Any:
        """Return numbers of a normal distribution.

        Args:
            size: as `uniform` has it.
            avg: the mean; it may be a tensor.
            std: the standard deviation; it may be a tensor.
            ndim: as `uniform` has it.
            dtype: as `uniform` has it.
        """
        return self.gen(random_draws.normal, size, avg, std, ndim=ndim, dtype=dtype)

    def binomial(
        self,
        size: Any = None,
        n: Any = 1,
        p: Any = 0.5,
        ndim: Any = None,
        dtype: Any = "int64",
        prob: Any = None,
    ) -> Any:
        """Return how many of some trials succeed.

        Args:
            size: as `uniform` has it.
            n: how many trials; it may be a tensor.
            p: the probability of a success; it may be a tensor.
            ndim: as `uniform` has it.
            dtype: the dtype.
            prob: the older name of ``p``.
        """
        return self.gen(random_draws.binomial, size, n, p, ndim=ndim, dtype=dtype, prob=prob)

    def random_integers(
        self, size: Any = None, low: Any = 0, high: Any = 1, ndim: Any = None, dtype: Any = "int64"
    ) -> Any:
        """Return whole numbers from low up to high, both included.

        Args:
            size: as `uniform` has it.
            low: the least; it may be a tensor.
            high: the largest; it may be a tensor.
            ndim: as `uniform` has it.
            dtype: the dtype.
        """
        return self.gen(random_draws.random_integers, size, low, high, ndim=ndim, dtype=dtype)

    def choice(
        self,
        size: Any = None,
        a: Any = 2,
        replace: bool = True,
        p: Any = None,
        ndim: Any = None,
        dtype: Any = "int64",
    ) -> Any:
        """Return elements of a vector, or whole numbers, chosen at random.

        Args:
            size: the lengths; None for one element.
            a: a vector; or a number, of the whole numbers below which are chosen.
            replace: whether one may be chosen twice.
            p: the probability of each; by default all are equal.
            ndim: as `uniform` has it.
            dtype: the dtype.
        """
        return self.gen(random_draws.choice, size, a, replace, p, ndim=ndim, dtype=dtype)

    def poisson(
        self, size: Any = None, lam: Any = None, ndim: Any = None, dtype: Any = "int64"
    ) -> Any:
        """Return numbers of a Poisson distribution.

        Args:
            size: as `uniform` has it.
            lam: the expected number, which must be given; it may be a tensor.
            ndim: as `uniform` has it.
            dtype: the dtype.
        """
        if lam is None:
            raise TypeError("poisson: lam is missing: say which number is expected, lam=1.0")
        return self.gen(random_draws.poisson, size, lam, ndim=ndim, dtype=dtype)

    def permutation(
        self, size: Any = None, n: Any = 1, ndim: Any = None, dtype: Any = "int64"
    ) -> Any:
        """Return permutations of the whole numbers below ``n``.

        Args:
            size: how many, as lengths; each is one row of the result. None for one permutation.
            n: how many numbers are permuted.
            ndim: how many lengths there are, where ``size`` does not tell.
            dtype: the dtype.
        """
        return self.gen(random_draws.permutation, size, n, ndim=ndim, dtype=dtype)

    def multinomial(
        self,
        size: Any = None,
        n: Any = 1,
        pvals: Any = (0.5, 0.5),
        ndim: Any = None,
        dtype: Any = "int64",
    ) -> Any:
        """Return how often each outcome comes in some trials.

        Args:
            size: how many draws, as `uniform` has it; the result has one axis more.
            n: how many trials; it may be a tensor.
            pvals: the probabilities of the outcomes, along the last axis.
            ndim: how many lengths there are, where ``size`` does not tell.
            dtype: the dtype of the counts.
        """
        return self.gen(random_draws.multinomial, size, n, pvals, ndim=ndim, dtype=dtype)

    def shuffle_row_elements(self, input: Any) -> Any:  # noqa: A002  (Theano's name)
        """Return a tensor with each row shuffled; its ``permutation`` is the draw that did it.

        Args:
            input: a tensor; its rows lie along the last axis.
        """
        rows = as_tensor_variable(input)
        lengths = [rows.shape[i] for i in range(rows.ndim)]
        drawn = self.permutation(tuple(lengths[:-1]), lengths[-1])
        shuffled = permute_row_elements(rows, drawn)
        shuffled.permutation = drawn
        return shuffled


def _next_seed(random: Any) -> int:
    return int(random.randint(2**30))
