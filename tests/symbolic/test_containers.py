"""What a program reads of a function between calls, and sets. The numbers are Theano 1.0.5's."""

import copy
import pickle

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T


@pytest.fixture
def parts():
    """A function of an input, one with a value, and a shared variable with an update."""
    x, s = T.dvector("x"), T.dscalar("s")
    w = theano.shared(1.0, "w")
    f = theano.function([x, theano.In(s, value=3.0)], [x * s, w], updates=[(w, w + 1)], name="f")
    return f, x, s, w


def test_values_are_found_by_name_variable_and_position(parts):
    f, x, s, w = parts
    for key in (s, "s", 1):
        assert f[key] == f.value[key] == f.container[key].value == 3.0
        assert isinstance(f[key], np.ndarray)
    for key in (w, "w", 2):
        assert f[key] == f.value[key] == f.container[key].value == 1.0
    assert f[x] is None
    assert set(f.finder) == {0, 1, 2, "x", "s", "w", x, s, w}
    assert f.finder["s"].value == 3.0


def test_a_container_describes_its_value(parts):
    f, x, _, w = parts
    assert [container.name for container in f.input_storage] == ["x", "s", "w"]
    assert f.container["x"].type == x.type
    assert not f.container["x"].readonly
    assert repr(w.container) == "<array(1.)>"
    assert w.container.data == 1.0
    with pytest.raises(
        AttributeError, match=r"^container.storage is not here: .* set container.va"
    ):
        w.container.storage  # noqa: B018


def test_values_are_set_by_name_variable_and_position(parts):
    f, x, s, w = parts
    f["w"] = 7.0
    assert w.get_value() == 7.0
    f.value[w] = 8.0
    f.container[2].value = f.value[w] + 1
    assert w.get_value() == 9.0
    f[x] = [1, 2]
    assert f[0].tolist() == [1.0, 2.0]
    f["s"] = 5
    assert f.value["s"] == f.container[s].value == 5.0
    assert f.value["s"].dtype == np.float64


def test_a_value_that_is_set_lasts_for_one_call(parts):
    f, *_ = parts
    assert f([1.0, 2.0])[0].tolist() == [3.0, 6.0]
    f["s"] = 5.0
    f["s"] = 6.0
    f["x"] = [1.0]
    assert f()[0].tolist() == [6.0]
    assert f["s"] == 3.0
    assert f["x"] is None
    with pytest.raises(TypeError, match=r"f: missing input 0 \(x\)"):
        f()


def test_a_value_that_is_set_lasts_for_one_call_that_gives_another(parts):
    f, *_ = parts
    f([1.0], 4.0)
    f["s"] = 5.0
    assert f([1.0], 4.0)[0].tolist() == [4.0]
    assert f([1.0])[0].tolist() == [3.0]


def test_a_value_that_is_set_outlasts_a_failed_call(parts):
    f, *_ = parts
    f["s"] = 5.0
    with pytest.raises(TypeError, match="missing input 0"):
        f()
    assert f([1.0])[0].tolist() == [5.0]


def test_a_value_that_is_set_lasts_for_one_loop(parts):
    f, *_ = parts
    f["s"] = 5.0
    assert f.repeat(2, [1.0])[0].tolist() == [[5.0], [5.0]]
    assert f.repeat(2, [1.0])[0].tolist() == [[3.0], [3.0]]
    f["s"] = 6.0
    assert f.repeat(2, [1.0])[0].tolist() == [[6.0], [6.0]]
    assert f.repeat(2, [1.0])[0].tolist() == [[3.0], [3.0]]


def test_a_value_with_an_update_stays():
    i, x = T.iscalar("i"), T.dscalar("x")
    f = theano.function([theano.In(i, value=1, update=i * 2), x], i * x)
    assert f.defaults == [(False, False, 1), (True, False, None)]
    f(x=1.0)
    assert f["i"] == 2
    f["i"] = 10
    assert [float(f(x=1.0)), float(f(x=1.0)), int(f["i"])] == [10.0, 20.0, 40]


def test_a_value_that_does_not_fit_is_refused_and_changes_nothing(parts):
    f, _, s, w = parts
    with pytest.raises(ValueError, match=r"^f: the value of input 1 \(s\): .*'a'"):
        f[s] = "a"
    with pytest.raises(TypeError, match=r"w\.set_value: got 1 dimensions"):
        f["w"] = [1.0]
    assert (f["s"], w.get_value()) == (3.0, 1.0)
    assert f([1.0])[0].tolist() == [3.0]


def test_what_is_not_found_says_what_there_is(parts):
    f, *_ = parts
    text = r"^f: there is no input 'z' \(a name, a variable or a position\); the inputs and shared "
    for read in (lambda: f["z"], lambda: f.value["z"], lambda: f.container["z"]):
        with pytest.raises(TypeError, match=text + "variables are x, s, w"):
            read()
    for key in (3, -1, T.dscalar("s")):
        with pytest.raises(TypeError, match="there is no input"):
            f[key] = 1.0
    assert ("w" in f.value, "s" in f.container, "z" in f.value) == (True, True, False)
    with pytest.raises(TypeError, match="Values cannot be iterated over: ask it by name"):
        list(f.value)


def test_a_name_of_two_is_refused():
    first, second = T.dscalars("a", "a")
    f = theano.function([theano.In(first, value=1.0), theano.In(second, value=2.0)], first - second)
    with pytest.raises(TypeError, match="'a' names several inputs"):
        f["a"]
    assert (f[first], f[second], f.value[1]) == (1.0, 2.0, 2.0)
    assert "a" not in f.finder


def test_states_of_generators_are_found():
    draws = T.shared_randomstreams.RandomStreams(1)
    f = theano.function([], draws.uniform((2,)))
    state = f.container[0].value
    assert isinstance(state, np.random.RandomState)
    f.container[0].value = np.random.RandomState(5)
    np.testing.assert_array_equal(f(), np.random.RandomState(5).uniform(size=2))


def test_what_else_a_function_tells(parts):
    f, *_ = parts
    w = theano.shared(2.0, "w")
    assert f.defaults == [(True, False, None), (False, True, 3.0), (False, False, None)]
    assert (f.unpack_single, f.return_none, f.n_returned_outputs) == (False, False, 2)
    assert theano.function([], w).unpack_single
    assert not theano.function([]).return_none
    assert f.output_keys is None
    assert theano.function([], {"b": w, "a": w * 2}).output_keys == ["a", "b"]
    assert f.profile is None
    assert f.sync_shared() is None
    assert [entry.variable.name for entry in f.maker.inputs] == ["x", "s"]
    assert [entry.borrow for entry in f.maker.outputs] == [False, False]
    assert f.maker.name == "f"


def test_what_a_function_has_not(parts):
    f, *_ = parts
    with pytest.raises(AttributeError, match=r"^function.fn is not here: XLA compiles the whole"):
        f.fn  # noqa: B018
    with pytest.raises(AttributeError, match=r"made at .*test_containers.py:\d+, in parts"):
        f.output_storage  # noqa: B018
    with pytest.raises(AttributeError, match="'Function' object has no attribute 'zzz'"):
        f.zzz  # noqa: B018
    assert not hasattr(f, "inv_finder")


def test_copies_and_pickles_keep_the_values(parts):
    f, *_ = parts
    for again in (f.copy(), pickle.loads(pickle.dumps(f)), copy.copy(f)):
        assert again["s"] == 3.0
        assert again([2.0])[0].tolist() == [6.0]


def test_a_call_returns_some_of_the_outputs():
    # As Theano 1.0.5 answers.
    x, total = T.dscalar("x"), theano.shared(0.0, "total")
    listed = theano.function([x], [x * 2, x * 3, x * 4], updates=[(total, total + x)])
    assert [listed(1.0, output_subset=[2, 0]), listed(1.0, output_subset=(0, 0))] == [
        [4, 2],
        [2, 2],
    ]
    assert listed(x=1.0, output_subset=[]) == []
    assert listed(1.0, output_subset=None) == [2, 3, 4]
    assert total.get_value() == 4.0
    assert theano.function([x], x * 2)(1.0, output_subset=[0]) == [2]
    named = theano.function([x], {"a": x * 2, "b": x * 3})
    assert named(1.0, output_subset=["b"]) == {"b": 3}
    with pytest.raises(
        ValueError, match=r"^output_subset: there is no output 'c'; they are 'a', 'b'"
    ):
        named(1.0, output_subset=["c"])
    with pytest.raises(ValueError, match="there is no output 3; they are 0, 1, 2"):
        listed(1.0, output_subset=[3])
    with pytest.raises(TypeError, match="output_subset: got 1, wanted a list of outputs"):
        listed(1.0, output_subset=1)
    assert total.get_value() == 4.0
