"""Pieces: slices that make up an array are what they are alone; their gradient is one array."""

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.theano.ifelse import ifelse

pytestmark = pytest.mark.usefixtures("strict")

X = np.arange(30.0).reshape(5, 6) - 7

# Each of the first takes every element once; the others leave some out, or take some twice.
WHOLE = (
    (":2", "2:5"),
    (":, 4:", ":, :2", ":, 2:4"),
    ("-1:", ":1", "1:-1"),
    ("0", "1", "2", "-2", "-1"),
    (":, 5", ":, 1:5", ":, -6"),
    ("4:99", ":4"),
    ("..., :3", "..., 3:"),
    (":2", "2:2", "2:"),
)
NOT_WHOLE = (
    (":2", "3:"),
    ("0", "-1"),
    (":3", "2:"),
    ("0", "-5"),
    ("0", ":2"),
    (":2", "3:3", "2:"),
    (":2", "::2"),
    (":2", ":, :2"),
    ("1:2, :3", "1:2, 3:"),
    ("5:", "7:9"),
)


def parts_of(x, group):
    return [eval(f"x[{index}]", {"x": x}) for index in group]


def slope(group):
    """Return the gradient of all parts' sum of squares: each element counts as often as taken."""
    taken = np.zeros_like(X)
    for index in group:
        exec(f"taken[{index}] += 1", {"taken": taken})
    return 2 * X * taken


def equations(program):
    for equation in program.eqns:
        yield equation
        for part in jax.tree.leaves(list(equation.params.values())):
            inner = getattr(part, "jaxpr", part)
            if hasattr(inner, "eqns"):
                yield from equations(inner)


def primitives(program):
    return {equation.primitive.name for equation in equations(program)}


@pytest.mark.parametrize("group", [*WHOLE, *NOT_WHOLE], ids=" and ".join)
def test_parts_and_their_gradients_are_those_of_numpy(group):
    x = T.dmatrix("x")
    parts = parts_of(x, group)
    read = theano.function([x], parts)
    for found, expected in zip(read(X), parts_of(X, group), strict=True):
        np.testing.assert_array_equal(found, expected)
    total = sum(T.sqr(part).sum() for part in parts)
    with jax.enable_x64(True):
        pure, state = theano.function([x], total).as_jax()
        found = jax.grad(lambda values: pure(state, values)[0])(X)
    np.testing.assert_array_equal(found, slope(group))
    np.testing.assert_array_equal(theano.function([x], T.grad(total, x))(X), slope(group))


@pytest.mark.parametrize("group", WHOLE, ids=" and ".join)
def test_a_gradient_is_joined_and_not_added_up(group):
    x = T.dmatrix("x")
    total = sum(T.sqr(part).sum() for part in parts_of(x, group))
    with jax.enable_x64(True):
        pure, state = theano.function([x], total).as_jax()
        program = jax.make_jaxpr(jax.grad(lambda values: pure(state, values)[0]))(X)
    assert "pad" not in primitives(program.jaxpr)


def test_gates_of_a_loop_are_cut_at_once():
    rows, start = T.dmatrix("rows"), T.dvector("start")

    def step(row, state):
        gates = T.dot(state, weights) + row
        write, keep = T.nnet.sigmoid(gates[:3]), T.nnet.sigmoid(gates[3:6])
        return keep * state + write * T.tanh(gates[6:])

    weights = theano.shared(np.random.RandomState(3).randn(3, 9) / 3)
    states, _ = theano.scan(step, sequences=rows, outputs_info=start)
    slopes = theano.function([rows, start], T.grad(states[-1].sum(), [rows, start, weights]))
    given = np.random.RandomState(4).randn(5, 9), np.ones(3)
    with jax.enable_x64(True):
        pure, state = slopes.as_jax()
        program = jax.make_jaxpr(pure)(state, *given)
    loops = [e for e in equations(program.jaxpr) if e.primitive.name == "scan"]
    assert len(loops) == 2
    for loop in loops:
        assert "pad" not in primitives(loop.params["jaxpr"].jaxpr)
    theano.gradient.verify_grad(
        lambda *values: theano.clone(states[-1], dict(zip([rows, start], values, strict=True))),
        given,
        rng=np.random.RandomState(5),
    )


def test_branches_cut_for_themselves():
    x, flag = T.dmatrix("x"), T.bscalar("flag")
    first, second = x[:2] * 2, x[2:4] * 3
    chosen = ifelse(flag, first + second, first - second)
    compute = theano.function([x, flag], [chosen, second])
    for value, expected in ((1, 2 * X[:2] + 3 * X[2:4]), (0, 2 * X[:2] - 3 * X[2:4])):
        found = compute(X, value)
        np.testing.assert_array_equal(found[0], expected)
        np.testing.assert_array_equal(found[1], 3 * X[2:4])


def test_an_index_out_of_bounds_is_named():
    x = T.dmatrix("x")
    with pytest.raises(IndexError, match="index 5 is out of bounds for axis 0 of x"):
        theano.function([x], [x[0], x[5]])(X)
