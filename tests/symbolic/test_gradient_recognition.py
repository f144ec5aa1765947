"""Which nodes are recognized as the gradient of a cost."""

import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.gradient_recognition import needed_inputs, recognized_gradients
from jaxlearn.symbolic.lowering import Graph

x = T.dmatrix("x")
w, b = T.dvectors("w", "b")
dot = T.dot(x, w)
hidden = T.tanh(dot)


def found(*outputs):
    return recognized_gradients(Graph([x, w, b], outputs), [])


def test_a_gradient_says_what_it_is_made_of():
    scaled = 2 * dot
    cost = T.sqr(scaled).sum()
    slope = T.grad(cost, w)
    (gradient,) = found(slope)
    assert gradient.cost is cost
    assert gradient.wrt == [w]
    assert gradient.results[0].type == slope.type
    assert gradient.arguments == [w, x]
    assert [str(node.op) for node in gradient.forward] == [
        "dot",
        "Elemwise{mul,no_inplace}",
        "Elemwise{sqr,no_inplace}",
        "Sum{acc_dtype=float64}",
    ]
    assert not gradient.is_apart


def test_a_gradient_is_found_beside_its_use_and_its_cost():
    cost = T.sqr(dot + b[0]).sum()
    slopes = T.grad(cost, [w, b])
    (gradient,) = found(cost, w - 0.1 * slopes[0], b - 0.1 * slopes[1])
    assert gradient.wrt == [w, b]
    assert gradient.cost is cost


def test_gradients_asked_for_one_by_one_are_one():
    cost = T.sqr(dot + b[0]).sum()
    (gradient,) = found(T.grad(cost, w), T.grad(cost, b))
    assert gradient.wrt == [w, b]


def test_two_costs_have_two_gradients():
    one, other = T.sqr(dot).sum(), T.sqr(b).sum()
    assert [g.wrt for g in found(T.grad(one, w), T.grad(other, b))] == [[w], [b]]


@pytest.mark.parametrize(
    ("cost", "shared", "ordered"),
    [
        (T.sqr(w).sum(), 0, 0),
        (T.sqr(w).sum() + T.dot(w, b), 1, 0),
        (T.sqr(w).sum() + T.dot(w, b) + abs(w).sum(), 1, 1),
    ],
    ids=["one use", "two", "three"],
)
def test_variables_whose_slopes_are_added_up(cost, shared, ordered):
    # The order counts from three terms on.
    (gradient,) = found(T.grad(cost, w))
    assert (len(gradient.shared), len(gradient.ordered)) == (shared, ordered)


@pytest.mark.parametrize(
    "output",
    [
        T.sqr(dot).sum(),
        T.grad((dot * hidden).sum(), w, consider_constant=[hidden]),
        T.grad(T.tanh(w).sum() + T.sqr(w).sum(), w),
        T.grad(None, w, known_grads={dot: x[:, 0]}),
        T.grad(theano.gradient.grad_clip(dot, -1, 1).sum(), w),
    ],
    ids=["no gradient", "constant", "two terms of one tanh", "known", "clipped"],
)
def test_what_jax_would_not_differentiate_the_same_way(output):
    assert found(output) == []


def test_axes_that_come_by_themselves_are_not_needed():
    assert needed_inputs((x + w).owner) == [x, w]
    column = w.dimshuffle(0, "x")
    assert needed_inputs((x + column).owner) == [x, column]
    row = w.dimshuffle("x", 0)
    assert needed_inputs((row * row).owner) == [row, row]
