"""Operations with a gradient of their own, inside of what JAX differentiates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.own_gradients import with_gradient
from jaxlearn.theano.gradient import ViewOp, grad_undefined
from jaxlearn.theano.ifelse import ifelse
from jaxlearn.theano.tensor.shared_randomstreams import RandomStreams

x = T.dvector("x")
s = T.dscalar("s")
VALUES = np.array([0.5, -1.0, 2.0]), 0.7


class TimesSquare(ViewOp):
    """The same value; what flows back is multiplied with its square."""

    def grad(self, inputs, output_gradients):
        return [output_gradients[0] * inputs[0] ** 2]


class Ratio(theano.Op):
    """A ratio whose gradient by the second input, which may be a whole number, is not defined."""

    def make_node(self, a, b):
        a, b = T.as_tensor_variable(a), T.as_tensor_variable(b)
        return theano.Apply(self, [a, b], [a.type()])

    def function(self, a, b):
        return a / b.astype(a.dtype)

    def L_op(self, inputs, outputs, output_gradients):  # noqa: N802
        # 100 times what it is, to be told from that of JAX.
        by_first = 100.0 * output_gradients[0] * outputs[0] / inputs[0]
        return [by_first, grad_undefined(self, 1, inputs[1], "it may be whole")]


def unrolled(step, steps=3):
    state = s
    for i in range(steps):
        state = step(x[i], state)
    return state


def looped(step):
    return theano.scan(step, x, s)[0][-1]


@pytest.mark.parametrize(
    "step",
    [
        lambda a, t: T.sin(TimesSquare()(t * a) + a),
        lambda a, t: Ratio()(t * a, T.constant(3)) + TimesSquare()(a),
        lambda a, t: theano.scan(lambda b: TimesSquare()(b * t) * a, x)[0].sum(),
        lambda a, t: theano.gradient.grad_clip(TimesSquare()(t), -0.1, 0.1) * a,
    ],
)
def test_a_loop_has_the_gradients_of_its_steps_one_by_one(step):
    expressions = []
    for last in (looped(step), unrolled(step)):
        first = T.grad(last, [s, x])
        expressions += [*first, *T.grad(first[0], [s, x], disconnected_inputs="ignore")]
        expressions.append(T.Rop(first[0], s, T.constant(2.0), disconnected_outputs="ignore"))
    found = theano.function([x, s], expressions, on_unused_input="ignore")(*VALUES)
    for one, other in zip(found[:5], found[5:], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


def test_the_gradient_is_that_of_the_operation_and_not_of_its_function():
    by_s = T.grad(looped(lambda a, t: Ratio()(t, T.cast(a, "int64"))), s)
    by_hand = 100.0**2 / (1 * 2)
    assert theano.function([x, s], by_s)([1.0, 2.0], 3.0) == pytest.approx(by_hand, rel=1e-14)


def test_the_pure_function_and_the_module_have_them_too():
    last = looped(lambda a, t: T.sin(TimesSquare()(t * a) + theano.gradient.grad_scale(a, 2.0)))
    f = theano.function([x, s], [last, *T.grad(last, [x, s])], name="last")
    values = [np.array(value) for value in f(*VALUES)]
    names = {}
    text = f.source()
    exec(compile(text.replace('jax.config.update("jax_enable_x64", True)', ""), "m", "exec"), names)
    with jax.enable_x64(True):
        pure, state = theano.function([x, s], last).as_jax()
        by_jax = jax.grad(lambda *v: pure(state, *v)[0], (0, 1))(*VALUES)
        written = names["last"]({}, *VALUES)[0]
    assert text.count("with_gradient(") == 3
    for one, other in zip(values, written, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)
    for one, other in zip(values[1:], by_jax, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)


def test_a_module_that_differentiates_nothing_writes_no_gradients():
    f = theano.function([x, s], looped(lambda a, t: TimesSquare()(t * a)), name="last")
    assert "with_gradient" not in f.source()


def test_a_choice_is_left_to_jax():
    last = looped(lambda a, t: ifelse(a > 0, TimesSquare()(t) * a, T.sin(t)))
    f = theano.function([x, s], T.grad(last, [x, s]), name="slopes")
    names = {}
    text = f.source().replace('jax.config.update("jax_enable_x64", True)', "")
    exec(compile(text, "module", "exec"), names)
    with jax.enable_x64(True):
        written = names["slopes"]({}, *VALUES)[0]
    unrolled_last = unrolled(lambda a, t: ifelse(a > 0, TimesSquare()(t) * a, T.sin(t)))
    by_hand = theano.function([x, s], T.grad(unrolled_last, [x, s]))
    assert text.count("with_gradient(") == 2
    for one, other, third in zip(f(*VALUES), written, by_hand(*VALUES), strict=True):
        np.testing.assert_allclose([other, third], [one, one], rtol=1e-13)


class Wrong(ViewOp):
    """The same value, with a gradient that does not fit."""

    def __init__(self, made):
        self.made = made

    def grad(self, inputs, output_gradients):
        return self.made(output_gradients[0])


w = theano.shared(3.0, "w")


@pytest.mark.parametrize(
    ("made", "texts"),
    [
        (lambda g: [g * w], ["Wrong: its gradient depends on w", "give it to the operation"]),
        (
            lambda g: [g.sum()],
            ["by input 0, h[t-1]", "(float64, scalar), wanted as many"],
        ),
        (lambda g: [g[:1]], ["by input 0, h[t-1], has shape (1,), wanted", "(3,)"]),
        (lambda g: [g, g], ["Wrong.grad returned 2 gradients", "each of the 1 inputs"]),
    ],
)
def test_a_gradient_that_does_not_fit_is_refused(made, texts):
    h = T.dvector("h")
    steps, _ = theano.scan(lambda a, before: Wrong(made)(before) * a, x, h)
    with pytest.raises(ValueError) as refused:
        theano.function([x, h], T.grad(steps.sum(), h))(VALUES[0], np.ones(3))
    for text in [*texts, "test_own_gradients.py"]:
        assert text in str(refused.value)


def test_a_gradient_that_is_not_defined_is_refused_only_where_it_flows():
    random = RandomStreams(3)

    def step(a, t):
        mark = theano.gradient.undefined_grad(t)
        coin = random.binomial((), p=T.nnet.sigmoid(t + 50))
        return [t * a * coin, random.normal((), avg=t), mark]

    outputs, updates = theano.scan(step, x, [s, None, None])
    f = theano.function([x, s], T.grad(outputs[0][-1], s), updates=updates)
    assert f(*VALUES) == pytest.approx(0.5 * -1.0 * 2.0)
    for i, name in ((1, "RandomFunction{normal} by input 2"), (2, "UndefinedGrad by input 0")):
        f = theano.function([x, s], T.grad(outputs[i].sum(), s), updates=updates)
        with pytest.raises(theano.gradient.NullTypeGradError) as refused:
            f(*VALUES)
        for text in ("gradient by s[t-1] is not defined", name, "test_own_gradients.py"):
            assert text in str(refused.value)


def test_draws_in_a_loop_are_constants_for_its_gradient():
    random = RandomStreams(7)
    steps, updates = theano.scan(lambda a, t: t * a + random.normal(()) * t, x, s)
    f = theano.function([x, s], [steps, *T.grad(steps[-1], [x, s])], updates=updates)
    source = theano.function([], RandomStreams(7).normal(()))
    for _ in range(2):
        values, by_x, by_s = f(*VALUES)
        factors = VALUES[0] + np.array([float(source()) for _ in range(3)])
        np.testing.assert_allclose(values, VALUES[1] * np.cumprod(factors), rtol=1e-14)
        np.testing.assert_allclose(by_s, np.prod(factors), rtol=1e-13)
        np.testing.assert_allclose(by_x, VALUES[1] * np.prod(factors) / factors, rtol=1e-13)


def test_what_a_gradient_should_have_stopped_at_is_no_number():
    class Checked(ViewOp):
        def grad(self, inputs, output_gradients):
            check = T.opt.Assert("too large")
            return [check(output_gradients[0], inputs[0] < 2)]

    by_s = T.grad(looped(lambda a, t: Checked()(t * a)), s)
    f = theano.function([x, s], by_s)
    assert f([1.0, 1.0], 1.5) == 1.0
    assert np.isnan(f([1.0, 2.0], 1.5))


def test_with_gradient_keeps_what_the_pullback_needs():
    def divided(a, n):
        return with_gradient(
            lambda a, n: (a / n, n),
            lambda a, quotient, g: (g * quotient + 10 * a,),
            (0, 2),
            (0,),
            [a, n],
        )[0]

    value, slope = jax.value_and_grad(divided)(3.0, 2)
    assert (float(value), float(slope)) == (1.5, 1.5 + 30)
    assert float(jax.jit(jax.grad(lambda a: divided(a, 2) ** 2))(3.0)) == 2 * 1.5 * 1.5 + 30
    assert jnp.isclose(jax.vmap(jax.grad(divided), (0, None))(jnp.ones(2), 2)[1], 10.5)
