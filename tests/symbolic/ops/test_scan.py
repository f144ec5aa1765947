"""Loops as operations: one compiled loop for any number of steps, and all ways to run one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.graph import toposort
from jaxlearn.symbolic.ops.recurrences import loop, loop_until
from jaxlearn.symbolic.ops.scan import Scan, While
from jaxlearn.theano.ifelse import ifelse
from jaxlearn.theano.scan_module import until

x, h0 = T.dvectors("x", "h0")
m, w = T.dmatrices("m", "w")
s = T.dscalar("s")
n = T.lscalar("n")


def outputs_of(*arguments, **settings):
    return theano.scan(*arguments, **settings)[0]


def lengths(function, *values):
    """How many equations the program of a function has, inner ones too, and lines its XLA code."""
    with jax.enable_x64(True):
        pure, state = function.as_jax(*values)
        code = jax.jit(pure).lower(state, *values).as_text()
        equations = count_equations(jax.make_jaxpr(pure)(state, *values).jaxpr)
        return equations, len(code.splitlines())


def count_equations(program):
    inner = [
        getattr(part, "jaxpr", part)
        for equation in program.eqns
        for value in equation.params.values()
        for part in (value if isinstance(value, (tuple, list)) else [value])
        if hasattr(part, "eqns") or hasattr(part, "jaxpr")
    ]
    return len(program.eqns) + sum(map(count_equations, inner))


def test_the_program_is_as_long_for_10000_steps_as_for_1000():
    states = outputs_of(lambda r, h: T.tanh(T.dot(h, w) + r), m, h0)
    counted = outputs_of(lambda t: t * s + T.dot(x, x), None, s, n_steps=n)
    cost = T.sqr(states).sum() + counted[-1]
    f = theano.function([m, h0, w, s, x, n], [cost, *T.grad(cost, [m, h0, w, s])])
    given = np.zeros(3), np.eye(3), 0.5, np.ones(2)
    short = lengths(f, np.ones((1000, 3)), *given, 1000)
    assert short == lengths(f, np.ones((10_000, 3)), *given, 10_000)
    assert 20 < short[0] < 500


def test_a_number_of_steps_compiles_once():
    rows = outputs_of(lambda r, h: h + r, x, s, n_steps=x.shape[0])
    f = theano.function([x, s], rows)
    for _ in range(3):
        np.testing.assert_array_equal(f([1.0, 2.0], 0.5), [1.5, 3.5])
    assert f.variants == 1
    np.testing.assert_array_equal(f([1.0, 2.0, 3.0], 0.5), [1.5, 3.5, 6.5])
    assert f.variants == 2
    f = theano.function([s, n], outputs_of(lambda t: t * 2, None, s, n_steps=n))
    for count in (2, 3, 2, 3, 0):
        np.testing.assert_array_equal(f(1.0, count), 2.0 ** np.arange(1, count + 1))
    assert f.variants == 3


def test_a_last_step_and_a_condition_need_no_number_of_steps():
    doubled = outputs_of(lambda t: (t * 2, until(t * 2 > n)), None, s, n_steps=99)
    f = theano.function([s, n], doubled[-1])
    assert [float(f(1.0, limit)) for limit in (3, 30, 300)] == [4.0, 32.0, 512.0]
    assert f.variants == 1


def test_what_is_the_same_in_all_steps_is_computed_before_the_loop():
    rows = outputs_of(lambda r: r * T.exp(w).sum() + T.tanh(s), x)
    (node,) = [node for node in toposort([rows]) if isinstance(node.op, Scan)]
    names = [str(inner.op) for inner in toposort(node.op.body.outputs)]
    assert names == ["Elemwise{mul,no_inplace}", "Elemwise{add,no_inplace}"]


def ways(f, *values):
    """What a call returns, and what all ways out of a function return."""
    called = [np.array(value) for value in f(*values)]
    with jax.enable_x64(True):
        pure, state = f.as_jax(*values)
        as_jax = jax.jit(pure)(state, *values)[0]
        names = {}
        text = f.source().replace('jax.config.update("jax_enable_x64", True)', "")
        exec(compile(text, "generated", "exec"), names)
        written = names[f.name](state, *values)[0]
    stacked = [np.stack([np.asarray(value)] * 2) for value in values]
    repeated = [value[1] for value in f.repeat(2, *values)]
    scanned = [value[0] for value in f.scan(*stacked)]
    return called, as_jax, written, repeated, scanned


def test_all_ways_out_give_the_same_numbers():
    states = outputs_of(lambda r, h: T.tanh(T.dot(h, w) + r), m, h0, name="the states")
    nested = outputs_of(
        lambda r: outputs_of(lambda a, t: a * t + s, r, s, go_backwards=True)[-1], m
    )
    taps = outputs_of(
        lambda a, b, p, q: p - q * a + b,
        {"input": x, "taps": [1, -1]},
        {"initial": m[:, 0], "taps": [-3, -1]},
        truncate_gradient=2,
    )
    clipped = outputs_of(
        lambda a, t: (
            theano.gradient.grad_clip(t * a, -0.5, 0.5)
            + theano.gradient.grad_scale(t, 3.0)
            + theano.gradient.zero_grad(t) * a
        ),
        x,
        s,
    )
    cost = states.sum() + nested.sum() + taps.sum() + clipped.sum()
    doubled = outputs_of(lambda t: (t * 2, until(t > 100)), None, s, n_steps=50)
    inputs = [m, h0, w, s, x]
    f = theano.function(inputs, [cost, doubled[-1], *T.grad(cost, inputs)], name="loops")
    random = np.random.RandomState(1)
    values = (
        random.randn(4, 3),
        random.randn(3),
        random.randn(3, 3),
        np.float64(0.7),
        random.randn(5),
    )
    called, *others = ways(f, *values)
    assert float(called[1]) == 0.7 * 2**9
    for other in others:
        assert len(other) == len(called)
        for one, two in zip(called, other, strict=True):
            np.testing.assert_allclose(two, one, rtol=1e-12)


def test_markers_of_gradients_hold_inside_a_loop_as_they_do_outside():
    gradient = theano.gradient
    marks = [
        lambda t: gradient.grad_clip(t, -0.3, 0.2),
        lambda t: gradient.grad_scale(t, -2.0),
        gradient.zero_grad,
        gradient.consider_constant,
        gradient.disconnected_grad,
    ]
    found = []
    for mark in marks:

        def step(a, t, mark=mark):
            return T.sin(mark(t * a) + a)

        by_hand = s
        for i in range(3):
            by_hand = step(x[i], by_hand)
        for last in (outputs_of(step, x, s)[-1], by_hand):
            found += T.grad(last, [x, s], disconnected_inputs="ignore")
    values = theano.function([x, s], found, on_unused_input="ignore")([0.5, -1.0, 2.0], 0.7)
    for start in range(0, len(values), 4):
        np.testing.assert_allclose(values[start], values[start + 2], rtol=1e-12)
        np.testing.assert_allclose(values[start + 1], values[start + 3], rtol=1e-12)


def test_equal_loops_are_one_loop_and_other_steps_make_another():
    def made(factor, truncate=-1):
        return outputs_of(lambda a, t: a * t * factor, x, s, truncate_gradient=truncate)

    def loops(*expressions):
        f = theano.function([x, s], list(expressions))
        with jax.enable_x64(True):
            pure, state = f.as_jax()
            program = jax.make_jaxpr(pure)(state, np.ones(3), 1.0)
        return str(program).count("scan[")

    assert loops(made(2.0)) == 1
    assert loops(made(2.0), made(3.0)) == 2
    assert loops(made(2.0).sum(), made(2.0)[0]) <= 2


@pytest.mark.parametrize("truncate", [-1, 1, 2, 3, 9])
def test_loop_is_the_recurrence_by_hand(truncate):
    def step(row, older, newer, count, factor):
        new = jnp.sin(older) * factor + newer * row
        return new, row + count, count + 1

    def by_loop(rows, initial, factor):
        return loop(step, 4, [rows], [initial], [0], [factor], [[-2, -1]], truncate)

    def by_hand(rows, initial, factor):
        older, newer, outputs = initial[0], initial[1], []
        stop = jax.lax.stop_gradient
        for i in range(4):
            is_constant = 0 <= truncate < 4 and i < 4 - truncate
            row, f = (stop(rows[i]), stop(factor)) if is_constant else (rows[i], factor)
            new = jnp.sin(older) * f + newer * row
            # Only what a step makes is constant: a later step may still see initial values.
            older, newer = newer, stop(new) if is_constant else new
            outputs.append(newer)
        return jnp.stack(outputs)

    values = np.array([0.5, -1.0, 2.0, 3.0]), np.array([0.3, 0.4]), 1.5
    with jax.enable_x64(True):
        states, plain, last, count = by_loop(*values)
        np.testing.assert_allclose(states, by_hand(*values), rtol=1e-14)
        np.testing.assert_array_equal(plain, values[0] + np.arange(4))
        assert last == states[-1]
        assert count == 4
        found = jax.grad(lambda *v: by_loop(*v)[0].sum(), (0, 1, 2))(*values)
        wanted = jax.grad(lambda *v: by_hand(*v).sum(), (0, 1, 2))(*values)
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13)


def test_checkpoints_change_no_gradient():
    def cost(factor, checkpoints):
        def step(before, factor):
            return (jnp.sin(before * factor),)

        return loop(step, 5, [], [jnp.ones(1)], [], [factor], [[-1]], -1, checkpoints)[0].sum()

    with jax.enable_x64(True):
        slopes = [float(jax.grad(cost)(1.3, checkpoints)) for checkpoints in (True, False)]
    assert slopes[0] == pytest.approx(slopes[1], rel=1e-14)


@pytest.mark.parametrize("limit", [0, 1, 3, 2**40])
def test_loop_until_stops_at_the_condition_or_at_the_limit(limit):
    def step(before, count):
        return before * 3, count + 1, before * 3 > 20

    with jax.enable_x64(True), jax.numpy_dtype_promotion("strict"):
        made, last, count = loop_until(
            step, np.int64(limit), [], [np.ones(1)], [np.int64(0)], [], [[-1]]
        )
    steps = min(limit, 3)
    assert (int(made), float(last), int(count)) == (steps, 3.0**steps, steps)


def ended_inside(truncate=-1, taps=(-1,)):
    """A loop that ends by itself in the steps of a loop, and its cost; how many steps it makes."""

    def last_of_row(a, start):
        def step(*recent):
            new = T.tanh(T.dot(recent[0], w)) * a + recent[-1] / 2
            return new, until(recent[-1].sum() > a)

        initial = {"initial": T.stack([start] * -min(taps)), "taps": list(taps)}
        initial = start if taps == (-1,) else initial
        return theano.scan(step, None, initial, n_steps=7, truncate_gradient=truncate)[0][-1]

    return T.sqr(outputs_of(last_of_row, x, h0)).sum()


def unrolled(x, start, w, counts, truncate, taps):
    total, stop = 0.0, jax.lax.stop_gradient
    for value, count in zip(x, counts, strict=True):
        history = [start] * -min(taps)
        for i in range(count):
            new = jnp.tanh(jnp.dot(history[taps[0]], w)) * value + history[taps[-1]] / 2
            is_constant = truncate >= 0 and i < count - truncate
            history = [*history[1:], stop(new) if is_constant else new]
        start = history[-1]
        total = total + (start**2).sum()
    return total


def counts_of(x, start, w, taps):
    counts = []
    for value in x:
        history, is_last = [start] * -min(taps), False
        counts.append(0)
        while not is_last and counts[-1] < 7:
            recent = [history[tap] for tap in taps]
            is_last = recent[-1].sum() > value
            new = np.tanh(recent[0] @ w) * value + recent[-1] / 2
            history, counts[-1] = [*history[1:], new], counts[-1] + 1
        start = history[-1]
    return counts


@pytest.mark.parametrize(
    ("truncate", "taps"), [(-1, (-1,)), (2, (-1,)), (2, (-3, -2)), (-1, (-3, -2)), (0, (-2,))]
)
def test_the_gradient_goes_through_a_loop_inside_that_ends_by_itself(truncate, taps):
    cost = ended_inside(truncate, taps)
    inputs = [x, h0, w]
    first = T.grad(cost, inputs)
    second = [] if truncate == 2 else [T.grad(T.sqr(first[1]).sum(), w)]
    f = theano.function(inputs, [cost, *first, *second], name="f")
    random = np.random.RandomState(5)
    values = random.rand(4) * 2 - 0.5, random.randn(2), random.randn(2, 2)
    with jax.enable_x64(True):
        counts = counts_of(*values, taps)
        by_hand = jax.value_and_grad(unrolled, (0, 1, 2))
        value, slopes = by_hand(*values, counts, truncate, taps)
        by_weights = jax.grad(
            lambda w: (by_hand(*values[:2], w, counts, truncate, taps)[1][1] ** 2).sum()
        )(values[2])
    wanted = [value, *slopes, by_weights][: 4 + len(second)]
    assert len(set(counts)) > 1
    for found in ways(f, *values) if truncate == 2 else [f(*values)]:
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)


def test_steps_after_the_last_make_no_gradient_infinite():
    # The step after the last would take the root of zero.
    def last(a):
        steps = outputs_of(lambda t: (T.sqrt(t) - 1, until(t < 5)), None, a, n_steps=9)
        return steps[-1]

    cost = outputs_of(last, x).sum()
    value, slope = theano.function([x], [cost, T.grad(cost, x)])([4.0, 25.0])
    assert value == (2 - 1) + (2 - 1)
    np.testing.assert_allclose(slope, [1 / 4, 1 / 4 * 1 / 10])


def test_a_step_has_the_gradient_of_a_loop_inside_that_ends_by_itself():
    def slope(a):
        return T.grad(
            outputs_of(lambda t: (t * t * a, until(t > 5)), None, a + 1, n_steps=9)[-1], a
        )

    (by_hand,) = jax.jacobian(lambda a: ((a + 1) ** 2 * a) ** 2 * a, argnums=(0,))(2.0)
    np.testing.assert_allclose(called_with([2.0], outputs_of(slope, x)), [by_hand], rtol=1e-12)


def called_with(values, output):
    return theano.function([x], output)(values)


def test_how_many_steps_there_may_be_must_be_known():
    def last(a):
        most = T.cast(a, "int64") + 5
        return outputs_of(lambda t: (t * 2, until(t > 5)), None, a, n_steps=most)[-1]

    cost = outputs_of(last, x).sum()
    assert called_with([1.0, 2.0], cost) == 16 + 16
    with pytest.raises(ValueError, match="is a size, and must be the same in all steps"):
        called_with([1.0, 2.0], T.grad(cost, x))


def test_weights_in_a_branch_of_a_choice_have_their_gradient():
    def step(a, h):
        return ifelse(a > 0, T.dot(T.tanh(h), w), h * a)

    cost = T.sqr(outputs_of(step, x, h0)).sum()
    found = theano.function([x, h0, w], T.grad(cost, [x, h0, w]))
    values = np.array([1.0, -2.0, 3.0]), np.array([0.3, -0.2]), np.array([[1.0, 0.5], [0.2, -1.0]])

    def by_hand(x, h, w):
        total = 0.0
        for i, value in enumerate(values[0]):
            h = jnp.tanh(h) @ w if value > 0 else h * x[i]
            total = total + (h**2).sum()
        return total

    with jax.enable_x64(True):
        wanted = jax.grad(by_hand, (0, 1, 2))(*values)
    for one, other in zip(found(*values), wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_more_initial_rows_than_needed_are_left_out():
    def made(step, rows):
        return outputs_of(step, None, {"initial": rows, "taps": [-2, -1]}, n_steps=6)

    values = [
        made(lambda p, q: p + q, x),
        made(lambda p, q: p + q, x[:2]),
        made(lambda p, q: (p + q, until(p + q > 9)), x),
    ]
    many, few, ended = theano.function([x], values)([1.0, 2.0, 50.0, 60.0])
    np.testing.assert_array_equal(many, [3, 5, 8, 13, 21, 34])
    np.testing.assert_array_equal(few, many)
    np.testing.assert_array_equal(ended, [3, 5, 8, 13])


def test_operations_tell_what_they_are():
    steps, updates = theano.scan(lambda t: (t * 2, until(t > 9)), None, s, n_steps=5, name="growth")
    nodes = {type(node.op): node for node in toposort([steps])}
    assert str(nodes[Scan].op) == "Scan{growth}"
    assert str(nodes[While].op) == "While{growth}"
    assert [v.dtype for v in nodes[While].outputs] == ["int64", "float64"]
    assert not updates
