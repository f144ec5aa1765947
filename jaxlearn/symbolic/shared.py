"""Shared variables: state that lives between the calls of functions, on the device."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import jax
import numpy as np

from jaxlearn.symbolic.configuration import config, jax_device
from jaxlearn.symbolic.errors import made_at, retold
from jaxlearn.symbolic.graph import Variable
from jaxlearn.symbolic.types import TensorType, Type, as_array, generic
from jaxlearn.symbolic.variables import TensorOperators

__all__ = [
    "ArraySharedVariable",
    "OrderedUpdates",
    "SharedClone",
    "SharedVariable",
    "TensorSharedVariable",
    "load_shared_variable",
    "shared",
]


class SharedVariable(Variable):
    """A variable with a value of its own, which functions read and their updates replace.

    Args:
        name: what the user calls it.
        type: the type of the value.
        value: the value at first.
        strict: as `shared` has it.
        allow_downcast: as `shared` has it.
        container: not to be given; see below.

    Raises:
        ValueError: a container is given, in which another variable keeps its value.

    Attributes:
        stored: the value as it is kept: a NumPy array of the variable's own, an array on the
            device, or a place in a compiled step's buffer (`packing.Slot`).
        default_update: where it is set, an expression that replaces the value whenever a function
            that uses the variable is called, unless that function says otherwise.
    """

    def __init__(
        self,
        name: str | None,
        type: Type,  # noqa: A002  (Theano's name)
        value: Any,
        strict: bool,
        allow_downcast: bool | None = None,
        container: Any = None,
    ) -> None:
        if container is not None:
            raise ValueError(
                f"container: got {container!r}: two shared variables cannot keep one value here; "
                "use the one variable in both places"
            )
        super().__init__(type, name=name)
        self.allow_downcast = allow_downcast
        self.strict = strict
        self.stored: Any = None
        self.set_value(value)

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """Return the value.

        Args:
            borrow: return the very object that is stored, not a copy.
            return_internal_type: no meaning here.
        """
        return self.stored if borrow else copy.deepcopy(self.stored)

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Replace the value; functions made before see the new one.

        Args:
            new_value: a value of the variable's type; its shape may be another than before.
            borrow: store the very object, not a copy.

        Raises:
            TypeError: the value is not one of the variable's type; the old one stays.
        """
        self.stored = new_value if borrow else copy.deepcopy(new_value)

    def on_device(self) -> Any:
        """Return the value as a compiled step takes it."""
        raise TypeError(
            f"{self.name or 'a shared variable'} holds {self.stored!r}, a Python object, with "
            "which nothing can be computed; make an array of it: theano.shared(numpy.asarray(x))"
            f"{made_at(self.line)}"
        )

    def zero(self, borrow: bool = False) -> None:
        """Set all elements to zero."""
        self.set_value(np.zeros_like(self.get_value()))

    def clone(self) -> SharedVariable:
        """Return this variable: its value is what makes it one."""
        return self

    @property
    def container(self) -> Any:
        """Where the value is kept; old programs read and set ``container.value``."""
        from jaxlearn.symbolic.containers import Container

        return Container(self, self.name, self.get_value, self.set_value)

    @property
    def value(self) -> Any:
        """The value."""
        return self.get_value()

    @value.setter
    def value(self, new_value: Any) -> None:
        self.set_value(new_value)


class ArraySharedVariable(SharedVariable):
    """A shared variable whose value is kept as an array, on the device where a step needs it."""

    def on_device(self) -> jax.Array:
        """Return the value as an array on the device; 64-bit types must be on."""
        is_spread = isinstance(self.stored, jax.Array) and len(self.stored.sharding.device_set) > 1
        if is_spread or not isinstance(self.stored, jax.Array):
            array = jax.device_put(np.array(self.stored), jax_device())
            # Bound to its device, as what a step returns is: else the next call compiles anew.
            self.stored = jax.device_put(array, array.sharding)
        return self.stored

    def __getstate__(self) -> dict[str, Any]:
        # JAX unpickles a 64-bit array as a 32-bit one where 64-bit types are off.
        kept = {key: value for key, value in self.__dict__.items() if key != "_evaluators"}
        return kept | {"stored": np.array(self.stored)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __reduce__(self) -> Any:
        return _empty, (type(self),), self.__getstate__()


class TensorSharedVariable(TensorOperators, ArraySharedVariable):
    """An array that lives between the calls of functions, on the device.

    Example:
        >>> import numpy as np
        >>> state = shared(np.array([1.0, 2.0]), "state")
        >>> state.set_value([3.0])
        >>> state.get_value()
        array([3.])
    """

    def clone(self) -> TensorSharedVariable:
        """Return another variable of the same value."""
        copied = SharedClone.__new__(SharedClone)
        left_out = ("stored", "default_update", "_evaluators")
        copied.__dict__.update({k: v for k, v in self.__dict__.items() if k not in left_out})
        copied.tag = copy.copy(self.tag)
        copied.original = self
        return copied

    # Old programs ask by `if weights:` whether they were given any: flags, too.
    def __bool__(self) -> Literal[True]:
        return True

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """Return the value as a NumPy array of the caller's own.

        Args:
            borrow: no meaning here: what is returned is always a copy, which no later call changes.
            return_internal_type: return the array on the device instead (a copy too).
        """
        if return_internal_type:
            with jax.enable_x64(True):
                return self.on_device().copy()
        return np.array(self.stored)

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Replace the value; functions made before see the new one.

        Args:
            new_value: an array of the variable's dtype and rank, or what converts to one without
                loss. Its shape may be another than before.
            borrow: no meaning here: the value is always copied.

        Raises:
            TypeError: the value does not fit; the old one stays.
        """
        try:
            array = self.type.filter(new_value, self.strict, self.allow_downcast)
        except (TypeError, ValueError, OverflowError) as error:
            raise retold(
                error, f"{self.name or 'shared variable'}.set_value: {error}{made_at(self.line)}"
            ) from None
        # A copy of our own, which the device may alias later: nobody else can change it.
        self.stored = np.array(array)


def _empty(kind: Any) -> Any:
    return kind.__new__(kind)


def shared(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    broadcastable: Sequence[bool] | None = None,
    target: str = "cpu",
) -> Any:
    """Return a variable with a value of its own, which functions read and their updates replace.

    Args:
        value: an array, a number, or a `numpy.random.RandomState`. A list is kept as a Python
            object, as in Theano: make an array of it.
        name: a name for it.
        strict: refuse to store anything but arrays of the very dtype.
        allow_downcast: let ``set_value`` lose precision.
        borrow: no meaning here: the value is always copied.
        broadcastable: for each axis, whether it broadcasts; none does by default, so that the
            value may be given another shape later.
        target: no meaning here: the value lives on JAX's device.

    Raises:
        TypeError: the value is symbolic, or what is no array is to have axes.

    Example:
        >>> import numpy as np
        >>> shared(np.zeros((2, 3), "float32"), "W").type
        TensorType(float32, matrix)
        >>> shared(0).type
        TensorType(int64, scalar)
    """
    if isinstance(value, Variable):
        raise TypeError(
            f"shared: got the symbolic variable {value}, wanted numbers; "
            "evaluate it first (.eval()), or use the expression itself"
        )
    if isinstance(value, np.random.RandomState):
        from jaxlearn.symbolic.random_states import RandomStateSharedVariable, RandomStateType

        return RandomStateSharedVariable(name, RandomStateType(), value, strict)
    if not _is_numeric(value):
        if broadcastable is not None:
            raise TypeError(
                f"shared: broadcastable: got {broadcastable!r} for {value!r}, a Python object "
                "without axes; make an array of it: numpy.asarray(value)"
            )
        return GenericSharedVariable(name, generic, value, strict)
    array = np.asarray(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        array = _python_number(value)
    flags = (False,) * array.ndim if broadcastable is None else tuple(broadcastable)
    kind = TensorType(array.dtype.name, flags)
    return TensorSharedVariable(name, kind, array.astype(kind.numpy_dtype), strict, allow_downcast)


def _is_numeric(value: Any) -> bool:
    if isinstance(value, (list, tuple, dict, str, bytes)) or value is None:
        return False
    if isinstance(value, (np.ndarray, np.generic, int, float, complex, jax.Array)):
        return as_array(value).dtype.kind in "biufc"
    return False


def _python_number(value: float) -> np.ndarray:
    if isinstance(value, float):
        keeps = config.cast_policy == "numpy+floatX"
        return np.asarray(value, config.floatX if keeps else "float64")
    return np.asarray(value)


def load_shared_variable(val: Any) -> Any:
    """Return a shared variable of a value; Theano's pickles of shared variables name this.

    Example:
        >>> load_shared_variable(np.zeros(2)).type
        TensorType(float64, vector)
    """
    return shared(val)


class SharedClone(TensorSharedVariable):
    """Another variable of the value that a shared variable has, with a default update of its own.

    `function` puts the original in its place. So the layers of a network may say what happens to a
    value where they are trained, and leave alone those who only read it.

    Attributes:
        original: the variable whose value it is.
    """

    original: TensorSharedVariable

    @property
    def stored(self) -> Any:
        """The value of the original."""
        return self.original.stored

    @stored.setter
    def stored(self, value: Any) -> None:
        self.original.stored = value

    def clone(self) -> TensorSharedVariable:
        """Return another variable of the same value."""
        return self.original.clone()

    def __reduce__(self) -> Any:
        own = {k: v for k, v in self.__dict__.items() if k not in ("original", "_evaluators")}
        return TensorSharedVariable.clone, (self.original,), own


class GenericSharedVariable(SharedVariable):
    """A Python object that lives between the calls of functions; no expression computes with it."""


class OrderedUpdates(OrderedDict[Any, Any]):
    """Updates of shared variables, in order.

    Raises:
        TypeError: a key is not a shared variable.

    Example:
        >>> import numpy as np
        >>> count = shared(np.array(0), "count")
        >>> list(OrderedUpdates({count: count + 1}).items())
        [(count, Elemwise{add,no_inplace}.0)]
    """

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, SharedVariable):
            raise TypeError(f"updates: got {key!r} as a key, wanted a shared variable")
        super().__setitem__(key, value)

    def update(self, other: Any = None, **more: Any) -> None:  # type: ignore[override]
        """Take over other updates; of two for one variable, both must be the same.

        Raises:
            KeyError: a variable has another update already.
        """
        for key, value in dict(other or (), **more).items():
            if key in self and self[key] is not value:
                raise KeyError(f"{key} has an update already: {self[key]}, and now {value}")
            self[key] = value

    def __add__(self, other: Mapping[Any, Any]) -> OrderedUpdates:
        both = OrderedUpdates(self)
        both.update(other)
        return both

    def __radd__(self, other: Mapping[Any, Any]) -> OrderedUpdates:
        return self + other
