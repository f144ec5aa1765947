"""Pickles of functions that no module has under their name."""

import functools
import importlib.util
import pickle

import jax
import jax.numpy as jnp
import pytest

from jaxlearn.symbolic.pickling import dump_with_functions


def through(thing):
    return pickle.loads(dump_with_functions(thing))


@jax.jit
def doubled(x):
    return 2 * x


def scaled_by(factor, *, offset=1):
    def scale(x, power=2, *, sign=1):
        """Scale it."""
        return sign * factor * x**power + offset

    scale.note = "kept"
    return scale


def test_closures_keep_what_they_enclose():
    scale = through(scaled_by(3, offset=4))
    assert (scale(2), scale(2, 3), scale(2, sign=-1)) == (16, 28, -8)
    assert (scale.__name__, scale.__doc__, scale.note) == ("scale", "Scale it.", "kept")


def test_functions_inside_other_things_come_too():
    parts = through({"all": [lambda x: x + 1, functools.partial(scaled_by(2), 5)]})
    assert parts["all"][0](1) == 2
    assert parts["all"][1]() == 51


def test_a_function_that_encloses_itself_comes_back():
    def factorial(n):
        return 1 if n == 0 else n * factorial(n - 1)

    assert through(factorial)(5) == 120


def test_what_a_module_has_is_taken_from_there():
    assert through(scaled_by) is scaled_by
    assert through(doubled) is doubled
    assert through(doubled.__wrapped__) is doubled.__wrapped__
    assert through([jax.nn.relu, jnp.add, len]) == [jax.nn.relu, jnp.add, len]


def test_another_version_of_python_is_named(monkeypatch):
    pickled = dump_with_functions(scaled_by(3))
    monkeypatch.setattr(importlib.util, "MAGIC_NUMBER", b"another")
    with pytest.raises(pickle.UnpicklingError) as error:
        pickle.loads(pickled)
    assert str(error.value) == (
        f"a function of {__name__} was pickled by another version of Python, whose code this one "
        "cannot run; read it with that version, or build the graph anew and load only the values "
        "of the shared variables"
    )
