"""What `function` refuses of the arguments that it is made with."""

import re

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.errors import MissingInputError, UnusedInputError

x, y = T.dscalars("x", "y")
fs = T.fscalar("fs")
m = T.dmatrix("m")


def shared(value, name=None):
    return theano.shared(np.asarray(value, "float64"), name)


def refusal(kind, call, *args, **kwargs):
    with pytest.raises(kind) as caught:
        call(*args, **kwargs)
    assert type(caught.value) is kind
    return str(caught.value)


def first_line(kind, call, *args, **kwargs):
    return refusal(kind, call, *args, **kwargs).splitlines()[0]


def test_refused_inputs_of_a_function():
    state = shared(1.0, "state")
    build = theano.function
    assert refusal(TypeError, build, [state], x) == (
        "inputs: state at index 0 is a shared variable, whose value is its own; leave it out, or "
        "replace it by an input: givens={shared: x}"
    )
    assert refusal(TypeError, build, x, x) == (
        "inputs: got x, wanted a list of variables; for one input write `[x]`"
    )
    assert refusal(TypeError, build, [x, 3], x) == (
        "inputs: got 3 (int) at index 1, wanted a variable or In(variable)"
    )
    assert refusal(TypeError, build, [T.constant(1.0)], x) == (
        "inputs: TensorConstant{1.0} at index 0 is a constant"
    )
    assert refusal(UnusedInputError, build, [x, y, x], x + y) == (
        "inputs: x is given twice, at indices 0 and 2; one of the two values would be ignored"
    )


def test_refused_outputs():
    for outputs in (3, [x, 3], {"a": 3}):
        assert refusal(TypeError, theano.function, [x], outputs) == (
            "outputs: got 3 (int), wanted a variable or Out(variable); a number becomes one by "
            "T.constant"
        )
    assert theano.function([], T.constant(3))() == 3
    assert refusal(TypeError, theano.function, [x], {1: x}) == (
        "outputs: got the key 1, wanted strings as keys"
    )


def test_missing_and_unused_inputs():
    lines = refusal(MissingInputError, theano.function, [x], x + y).splitlines()
    assert lines[0] == (
        "y of TensorType(float64, scalar) is needed to compute the outputs, but it is not among "
        "the inputs and has no value; add it to inputs, or give it one: givens={y: ...}"
    )
    assert re.match(r"  made at .*test_function_arguments\.py:\d+", lines[1])
    assert lines[2] == '    x, y = T.dscalars("x", "y")'
    lines = refusal(UnusedInputError, theano.function, [x, y], x).splitlines()
    unused = (
        "inputs: nothing that the function computes depends on y, at index 1; leave it out, or "
        'say on_unused_input="ignore" (or "warn")'
    )
    assert lines[0] == unused
    assert lines[2] == '    x, y = T.dscalars("x", "y")'
    with pytest.warns(UserWarning, match=re.escape(unused)):
        assert theano.function([x, y], x, on_unused_input="warn")(1, 2) == 1
    assert theano.function([x, y], x, on_unused_input="ignore")(1, 2) == 1
    with theano.config.change_flags(on_unused_input="ignore"):
        assert theano.function([x, y], x)(1, 2) == 1
        with pytest.raises(UnusedInputError):
            theano.function([x, y], x, on_unused_input="raise")
    with (
        theano.config.change_flags(on_unused_input="warn"),
        pytest.warns(UserWarning, match=re.escape(unused)),
    ):
        theano.function([x, y], x)
    assert refusal(ValueError, theano.function, [x, y], x, on_unused_input="maybe") == (
        "on_unused_input: got 'maybe', wanted 'raise', 'warn' or 'ignore'"
    )
    # An update is a use.
    theano.function([x, y], x, updates={shared(0.0): y})(1, 2)


def test_the_errors_are_theanos():
    assert issubclass(MissingInputError, ValueError)
    assert theano.gof.MissingInputError is MissingInputError
    assert theano.compile.UnusedInputError is UnusedInputError


def test_refused_updates():
    a, vector = shared(1.0, "a"), shared(np.ones(3), "vector")

    def build(pairs, inputs=()):
        return theano.function(list(inputs), updates=pairs)

    start = "updates: an update must have the type of its variable: "
    lines = refusal(TypeError, build, [(a, T.cast(a, "float32"))]).splitlines()
    assert lines[0] == (
        f"{start}a has type TensorType(float64, scalar), its update is Elemwise{{Cast{{float32}}}}"
        '.0: it has type TensorType(float32, scalar). Cast it: T.cast(update, "float64")'
    )
    assert "test_function_arguments.py" in lines[1]
    assert lines[2].strip().startswith("lines = refusal(TypeError, build")
    assert first_line(TypeError, build, [(a, vector)]) == (
        f"{start}a has type TensorType(float64, scalar), its update is vector: it has type "
        "TensorType(float64, vector). It has 1 axes instead of 0"
    )
    matrix = theano.shared(np.ones((3, 3)), "matrix")
    assert first_line(TypeError, build, {matrix: matrix.sum(axis=0, keepdims=True)}).endswith(
        "it has type TensorType(float64, row). Only the broadcast flags differ: "
        "T.unbroadcast(update, axis) or T.patternbroadcast"
    )
    single = theano.shared(np.float32(1), "single")
    assert first_line(TypeError, build, {single: single + np.float64(0.1)}).endswith(
        'Cast it: T.cast(update, "float32")'
    )
    for value in ("text", [1.0, 2.0], 1j, None):
        with pytest.raises(TypeError, match=f"^{start}a has type"):
            build({a: value})
    assert refusal(ValueError, build, [(a, a + 1), (a, a + 2)]) == (
        "updates: a has two: Elemwise{add,no_inplace}.0 and Elemwise{add,no_inplace}.0; which one "
        "is meant?"
    )
    assert refusal(TypeError, build, [(x, a)]) == (
        "updates: got x as a target, wanted a shared variable"
    )
    assert refusal(TypeError, build, [(x, x + 1)], [x]) == (
        "updates: got x as a target, wanted a shared variable"
    )
    for pairs in ([a], [(a, a, a)], (a, a)):
        with pytest.raises((TypeError, ValueError), match="wanted pairs"):
            build(pairs)
    assert a.get_value() == 1.0


def test_refused_givens():
    a = shared(1.0, "a")

    def build(givens, inputs=()):
        return theano.function(list(inputs), x * 2, givens=givens)

    assert refusal(RuntimeError, build, {x: a}, [x]) == (
        "givens: x is an input of the function, and the value that a call gives it would be "
        "ignored; leave it out of inputs, or clone the expression: "
        "theano.clone(expression, replace={...})"
    )
    assert first_line(TypeError, build, [(3, x)], [x]) == (
        "givens: got 3 as what to replace, wanted a variable"
    )
    assert first_line(TypeError, build, {x: m}, [m]) == (
        "givens: x has type TensorType(float64, scalar), and what replaces it: got m of type "
        "TensorType(float64, matrix), wanted a variable of type TensorType(float64, scalar)"
    )
    with pytest.raises(TypeError, match="wanted a variable of type"):
        build({x: fs}, [fs])
    with pytest.raises((TypeError, ValueError), match="wanted pairs"):
        build([x])
    with pytest.raises((AssertionError, TypeError, ValueError)):
        build([(x, a), (x, a + 1)])
