"""NumPy's `RandomState` as a value that compiled programs carry: as 628 words of 32 bits.

A program cannot hold a Python object. So the state of the generator, which is the Mersenne Twister
MT19937, travels as an array: its 624 words, the place of the next one, whether a normal number is
kept for the next draw, and that number, which takes two words.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Variable
from jaxlearn.symbolic.shared import ArraySharedVariable
from jaxlearn.symbolic.types import TensorType

__all__ = [
    "RandomStateSharedVariable",
    "RandomStateType",
    "RandomStateVariable",
    "random_state_type",
    "state_of",
    "words_of",
]

_WORDS = 628


def words_of(random: Any) -> np.ndarray:
    """Return the state of a `numpy.random.RandomState` as words.

    Args:
        random: the generator.

    Example:
        >>> words = words_of(np.random.RandomState(3))
        >>> words.dtype.name, words.shape
        ('uint32', (628,))
    """
    _, keys, place, has_gauss, gauss = random.get_state()
    kept = np.array([gauss], np.float64).view(np.uint32)
    return np.concatenate([keys.astype(np.uint32), np.array([place, has_gauss], np.uint32), kept])


def state_of(words: Any) -> Any:
    """Return a new `numpy.random.RandomState` of a state given as words.

    Args:
        words: what `words_of` returned.

    Example:
        >>> random = np.random.RandomState(3)
        >>> bool((state_of(words_of(random)).uniform(size=5) == random.uniform(size=5)).all())
        True
    """
    gauss = np.array(words[626:]).view(np.float64)[0]
    random = np.random.RandomState(0)
    random.set_state(("MT19937", words[:624], int(words[624]), int(words[625]), float(gauss)))
    return random


class RandomStateVariable(Variable):
    """A state of NumPy's generator that is not known yet."""


class RandomStateType(TensorType):
    """States of NumPy's generator, `numpy.random.RandomState`; a program holds them as words.

    Example:
        >>> RandomStateType()
        RandomStateType
    """

    variable_class = RandomStateVariable

    def __init__(self) -> None:
        super().__init__("uint32", (False,))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RandomStateType)

    def __hash__(self) -> int:
        return hash(RandomStateType)

    def __repr__(self) -> str:
        return "RandomStateType"

    def is_super(self, other: Any) -> bool:
        """Whether the other type is this one."""
        return isinstance(other, RandomStateType)

    def clone(self, dtype: Any = None, broadcastable: Any = None) -> TensorType:
        """Return this type."""
        return self

    def filter(
        self, data: Any, strict: bool = False, allow_downcast: bool | None = None
    ) -> np.ndarray:
        """Return a generator's state as words; words are returned as they are.

        Raises:
            TypeError: the value is neither.
        """
        if isinstance(data, np.random.RandomState):
            return words_of(data)
        words = np.asarray(data) if hasattr(data, "dtype") else None
        if words is None or words.dtype != np.uint32 or words.shape != (_WORDS,):
            raise TypeError(f"got {data!r}, wanted a numpy.random.RandomState")
        return words

    @staticmethod
    def values_eq(a: Any, b: Any, force_same_dtype: bool = True) -> bool:
        """Whether two generators will draw the same.

        Args:
            a: a generator.
            b: a generator.
            force_same_dtype: no meaning here.
        """
        return bool(np.array_equal(words_of(a), words_of(b)))

    @staticmethod
    def values_eq_approx(a: Any, b: Any, *options: Any, **named: Any) -> bool:
        """Whether two generators will draw the same; there is nothing between."""
        return RandomStateType.values_eq(a, b)


def random_state_type(name: str | None = None) -> Any:
    """Return a new variable for a state of NumPy's generator.

    Example:
        >>> random_state_type("rng")
        rng
    """
    return RandomStateType().make_variable(name)


class RandomStateSharedVariable(ArraySharedVariable):
    """A state of NumPy's generator that lives between the calls of functions.

    Example:
        >>> from jaxlearn.symbolic.shared import shared
        >>> rng = shared(np.random.RandomState(3))
        >>> state = rng.get_value()
        >>> state.seed(5)
        >>> rng.set_value(state)
        >>> float(rng.get_value().uniform()) == float(np.random.RandomState(5).uniform())
        True
    """

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """Return the state, as a generator of the caller's own.

        Args:
            borrow: no meaning here: to change the state, set it.
            return_internal_type: return the words instead.
        """
        words = np.array(self.stored)
        return words if return_internal_type else state_of(words)

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Replace the state; functions made before see the new one.

        Args:
            new_value: a `numpy.random.RandomState`, or the words of one.
            borrow: no meaning here: the state is always copied.

        Raises:
            TypeError: the value is neither; the old state stays.
        """
        try:
            self.stored = np.array(self.type.filter(new_value))
        except TypeError as error:
            raise TypeError(
                f"{self.name or 'random state'}.set_value: {error}{made_at(self.line)}"
            ) from None

    def zero(self, borrow: bool = False) -> None:
        """Raise an error: no generator has a state of zeros.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            f"{self.name or 'random state'}.zero: the state of a generator cannot be zero; set "
            "another: set_value(numpy.random.RandomState(seed))"
        )
