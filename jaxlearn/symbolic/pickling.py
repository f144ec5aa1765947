"""Pickles of functions that no module has under their name: closures, lambdas, local functions.

Pickle writes a function as the name by which its module is asked for it, and so refuses what is
made inside another function. Optimizers and the functions that programs hand to `from_jax` are
often made so. Here such a function is written as its code and the values that it encloses, which
are written in the same way in turn.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import marshal
import operator
import pickle
import types
from typing import Any

__all__ = ["dump_with_functions"]


def dump_with_functions(thing: Any) -> bytes:
    """Return a pickle of something that may contain functions of any kind.

    ``pickle.loads`` reads it, in the same version of Python, where the modules of the functions
    can be imported.

    Raises:
        Exception: as ``pickle.dumps`` has it, where something else in it does not pickle.

    Example:
        >>> import pickle
        >>> def scaled_by(factor):
        ...     return lambda x: factor * x
        >>> pickle.loads(dump_with_functions(scaled_by(3)))(5)
        15
    """
    buffer = io.BytesIO()
    _Pickler(buffer).dump(thing)
    return buffer.getvalue()


class _Pickler(pickle.Pickler):
    def reducer_override(self, thing: Any) -> Any:
        if isinstance(thing, type) or not callable(thing):
            return NotImplemented
        module = getattr(thing, "__module__", None)
        name = getattr(thing, "__qualname__", getattr(thing, "__name__", None))
        if isinstance(module, str) and isinstance(name, str):
            found = _found(module, name)
            if found is thing:
                # Functions go by name anyway; what a decorator of JAX made of one does not.
                by_itself = isinstance(thing, (types.FunctionType, types.BuiltinFunctionType))
                return NotImplemented if by_itself else (_found, (module, name))
            # A decorator took the name, and kept what it decorated.
            if getattr(found, "__wrapped__", None) is thing:
                return _found, (module, f"{name}.__wrapped__")
        if isinstance(thing, types.FunctionType):
            return _by_value(thing)
        return NotImplemented


def _found(module: str, name: str) -> Any:
    try:
        return operator.attrgetter(name)(importlib.import_module(module))
    except (ImportError, AttributeError):
        return None


def _by_value(function: types.FunctionType) -> tuple[Any, ...]:
    cells = function.__closure__ or ()
    made_of = (
        importlib.util.MAGIC_NUMBER,
        marshal.dumps(function.__code__),
        function.__module__,
        len(cells),
    )
    state = {
        "cells": [cell.cell_contents for cell in cells],
        "attributes": {
            name: getattr(function, name)
            for name in ("__defaults__", "__kwdefaults__", "__name__", "__qualname__", "__dict__")
        },
    }
    # The state comes after the function: what a function encloses may enclose the function.
    return _empty, made_of, state, None, None, _fill


def _empty(version: bytes, code: bytes, module: str, cells: int) -> types.FunctionType:
    if version != importlib.util.MAGIC_NUMBER:
        raise pickle.UnpicklingError(
            f"a function of {module} was pickled by another version of Python, whose code this "
            "one cannot run; read it with that version, or build the graph anew and load only the "
            "values of the shared variables"
        )
    names = importlib.import_module(module).__dict__
    closure = tuple(types.CellType() for _ in range(cells))
    return types.FunctionType(marshal.loads(code), names, closure=closure)


def _fill(function: types.FunctionType, state: dict[str, Any]) -> None:
    for cell, value in zip(function.__closure__ or (), state["cells"], strict=True):
        cell.cell_contents = value
    for name, value in state["attributes"].items():
        setattr(function, name, value)
