"""What Theano's functions let a program read and set between calls: values, by name.

``f["x"]`` is the value that input ``x`` has where a call does not give it, or the value of the
shared variable ``x``. Theano keeps each in a container of its own, and so old programs write
``f.container["x"].value`` and ``w.container.value``, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.random_states import RandomStateType, state_of

__all__ = ["Container", "Containers", "FunctionContainers", "Values"]


class Container:
    """Where a value is kept.

    Args:
        variable: what has the value.
        name: what a program calls it.
        read: returns the value.
        write: replaces it.

    Attributes:
        type: the type of the value.
        readonly: whether it cannot be replaced; it always can.

    Example:
        >>> import numpy as np
        >>> import jaxlearn.theano as theano
        >>> total = theano.shared(np.array(1.0), "total")
        >>> total.container.value = 5.0
        >>> float(total.get_value())
        5.0
    """

    readonly = False

    def __init__(
        self,
        variable: Any,
        name: str | None,
        read: Callable[[], Any],
        write: Callable[[Any], None],
    ) -> None:
        self.variable = variable
        self.type = variable.type
        self.name = name
        self._read = read
        self._write = write

    def __repr__(self) -> str:
        return f"<{self.value!r}>"

    @property
    def value(self) -> Any:
        """The value."""
        return self._read()

    @value.setter
    def value(self, new: Any) -> None:
        self._write(new)

    data = value

    @property
    def storage(self) -> NoReturn:
        """Nothing: there is no list in which the value lies.

        Raises:
            AttributeError: always.
        """
        raise AttributeError(
            "container.storage is not here: the value lies in no list; read and set container.value"
        )


class Containers:
    """The containers of a function, by the name, the variable or the position of an input.

    Args:
        find: returns the container of a key, or raises `TypeError`.
    """

    def __init__(self, find: Callable[[Any], Container]) -> None:
        self._find = find

    def __getitem__(self, key: Any) -> Any:
        """Return the container of a key."""
        return self._find(key)

    def __contains__(self, key: Any) -> bool:
        try:
            self._find(key)
        except TypeError:
            return False
        return True

    def __iter__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} cannot be iterated over: ask it by name; the function's "
            "finder is a dictionary of them"
        )


class Values(Containers):
    """The values of a function's inputs and shared variables. Arguments as for `Containers`."""

    def __getitem__(self, key: Any) -> Any:
        """Return the value that an input has where a call does not give it."""
        return self._find(key).value

    def __setitem__(self, key: Any, value: Any) -> None:
        """Replace that value."""
        self._find(key).value = value


_NO_THUNKS = "XLA compiles the whole function, and there are no thunks; jax.profiler measures it"
_NO_STORAGE = "what a call returns is the caller's own, and kept nowhere"
_NOT_HERE = {
    "fn": _NO_THUNKS,
    "nodes_with_inner_function": _NO_THUNKS,
    "output_storage": _NO_STORAGE,
    "pickle_aliased_memory_strategy": "values never share memory",
    "indices": "function.maker.inputs lists the inputs",
    "inv_finder": "function.maker.inputs lists the inputs, and function.container[x] finds one's",
}


class FunctionContainers:
    """The part of a `Function` that Theano's programs use to look into it.

    Setting a value that has no update of its own lasts for one call, as in Theano.

    Attributes:
        return_none: false, as in Theano: a function without outputs returns an empty list.
        profile: None: JAX's own profiler sees the function.
    """

    return_none = False
    profile = None

    # What `Function` has.
    name: str | None
    inputs: Any
    _form: Any
    _outputs: list[Any]
    _defaults: list[Any]
    _converters: Any
    _input_updates: list[int]
    _updated: Any
    _read: Any
    _quick: Any
    _convert: Any
    _who: Any

    _set_for_one_call: dict[int, Any]

    @property
    def value(self) -> Values:
        """The values of inputs and shared variables, by name: ``f.value["x"]``."""
        return Values(self._container)

    @property
    def container(self) -> Containers:
        """The containers of inputs and shared variables, by name: ``f.container["x"]``."""
        return Containers(self._container)

    @property
    def input_storage(self) -> list[Container]:
        """The containers of the inputs, and then of the shared variables."""
        shared = [variable.container for variable in (*self._updated, *self._read)]
        return [*map(self._input_container, range(len(self.inputs))), *shared]

    @property
    def finder(self) -> dict[Any, Container]:
        """The containers by position, variable and name; a name that two have is not in it."""
        found: dict[Any, Container] = {}
        names = [container.name for container in self.input_storage]
        for i, container in enumerate(self.input_storage):
            found[i] = found[container.variable] = container
            if container.name is not None and names.count(container.name) == 1:
                found[container.name] = container
        return found

    def __getitem__(self, key: Any) -> Any:
        """Return the value that an input has where a call does not give it."""
        return self._container(key).value

    def __setitem__(self, key: Any, value: Any) -> None:
        """Set the value that an input has where the next call does not give it."""
        self._container(key).value = value

    def _container(self, key: Any) -> Container:
        containers = self.input_storage
        known = [container.name for container in containers]
        if isinstance(key, str):
            found = [c for c in containers if c.name == key]
        elif isinstance(key, int):
            found = containers[key : key + 1] if key >= 0 else []
        else:
            found = [c for c in containers if c.variable is key]
        if len(found) == 1:
            return found[0]
        problem = f"{key!r} names several inputs" if found else f"there is no input {key!r}"
        raise TypeError(
            f"{self._who()}: {problem} (a name, a variable or a position); the inputs and shared "
            f"variables are {', '.join(str(name) for name in known) or 'none'}"
        )

    def _input_container(self, i: int) -> Container:
        entry = self.inputs[i]

        def read() -> Any:
            value = self._defaults[i]
            if value is None:
                return None
            array = self._convert(i, self._converters[i], value, "the value of input")
            return state_of(array) if isinstance(entry.variable.type, RandomStateType) else array

        def write(value: Any) -> None:
            array = self._convert(i, self._converters[i], value, "the value of input")
            if i not in self._input_updates:
                self._set_for_one_call.setdefault(i, self._defaults[i])
                self._quick = None
            self._defaults[i] = np.array(array)

        return Container(entry.variable, entry.name, read, write)

    def _forget_values_of_one_call(self) -> None:
        for i, value in self._set_for_one_call.items():
            self._defaults[i] = value
        self._set_for_one_call.clear()

    @property
    def defaults(self) -> list[tuple[bool, bool, Any]]:
        """For each input, and then shared variable: is it required, is it reset, to which value."""
        entries: Sequence[Any] = self.inputs
        of_inputs = [
            (entry.value is None, entry.value is not None and entry.update is None, entry.value)
            for entry in entries
        ]
        return [*of_inputs, *((False, False, None) for _ in (*self._updated, *self._read))]

    @property
    def unpack_single(self) -> bool:
        """Whether the function returns its one output itself, and no list."""
        return bool(self._form.is_one)

    @property
    def output_keys(self) -> list[str] | None:
        """The keys of the dictionary that the function returns, or None."""
        keys: list[str] | None = self._form.keys
        return keys

    @property
    def n_returned_outputs(self) -> int:
        """How many outputs there are."""
        return len(self._outputs)

    def sync_shared(self) -> None:
        """Do nothing: a shared variable always has the value of the last call."""

    def __getattr__(self, name: str) -> NoReturn:
        hint = _NOT_HERE.get(name)
        if hint is None:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self
            )
        line = self.__dict__.get("_line")
        raise AttributeError(f"function.{name} is not here: {hint}{made_at(line)}")
