"""Gradients: values, what is refused, and where Theano's convention holds."""

import warnings

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.errors import DisconnectedInputError
from jaxlearn.theano import gradient

pytestmark = pytest.mark.usefixtures("strict")

RANDOM = np.random.RandomState(3)


def test_gradients_of_many_expressions_are_the_closed_forms():
    x, matrix = T.dvector("x"), T.dmatrix("m")
    value, square = np.array([0.3, -1.2, 2.0]), RANDOM.randn(3, 3)
    cases = [
        ((x**3).sum(), x, 3 * value**2),
        (T.exp(x).prod(), x, np.full(3, np.exp(value.sum()))),
        (T.dot(x, T.dot(matrix, x)), x, (square + square.T) @ value),
        (T.dot(x, T.dot(matrix, x)), matrix, np.outer(value, value)),
        ((x.dimshuffle("x", 0) * matrix).sum(), x, square.sum(0)),
        (x[1] * x[2], x, np.array([0, value[2], value[1]])),
        (T.nnet.softmax(x)[0, 1], x, _softmax_slope(value, 1)),
        (T.log(T.exp(x).sum()), x, np.exp(value) / np.exp(value).sum()),
        (T.concatenate([x, 2 * x]).sum(), x, np.full(3, 3.0)),
        (x.reshape((3, 1)).T.sum() * x.shape[0], x, np.full(3, 3.0)),
        (T.set_subtensor(x[:2], 0.0).sum(), x, np.array([0.0, 0.0, 1.0])),
        (abs(x).max(), x, np.array([0.0, 0.0, 1.0])),
    ]
    slopes = [T.grad(cost, wrt) for cost, wrt, _ in cases]
    found = theano.function([x, matrix], slopes)(value, square)
    for (cost, wrt, wanted), slope in zip(cases, found, strict=True):
        np.testing.assert_allclose(slope, wanted, rtol=1e-12, err_msg=f"{cost} by {wrt}")


def _softmax_slope(value, i):
    p = np.exp(value) / np.exp(value).sum()
    return p[i] * (np.eye(len(value))[i] - p)


def test_higher_derivatives():
    x = T.dscalar("x")
    derivatives = [T.sin(x)]
    for _ in range(4):
        derivatives.append(T.grad(derivatives[-1], x))
    found = theano.function([x], derivatives)(0.7)
    wanted = [np.sin(0.7), np.cos(0.7), -np.sin(0.7), -np.cos(0.7), np.sin(0.7)]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_by_intermediate_expressions_and_known_gradients():
    x, y = T.dscalars("x", "y")
    inner = x * y
    cost = inner**2 + x
    by_inner, by_x = T.grad(cost, [inner, x])
    known = T.grad(None, x, known_grads={inner: T.constant(10.0)})
    both = T.grad(cost, x, known_grads={inner: T.constant(10.0)})
    values = theano.function([x, y], [by_inner, by_x, known, both], on_unused_input="ignore")(2, 3)
    np.testing.assert_allclose(values, [12.0, 37.0, 30.0, 31.0])


def test_consider_constant_disconnects_what_lies_behind():
    x = T.dscalar("x")
    inner = T.exp(x)
    slope = T.grad(inner * x, x, consider_constant=[inner])
    assert float(slope.eval({x: 2.0})) == pytest.approx(np.exp(2.0), rel=1e-12)


def test_kinks_as_in_theano():
    x, y = T.dvector("x"), T.dvector("y")
    costs = [abs(x), T.maximum(x, y), T.minimum(x, y), T.clip(x, 0.0, 1.0), T.sqr(x)]
    slopes = [T.grad(cost.sum(), x) for cost in costs]
    slopes += [T.grad(T.maximum(x, y).sum(), y), T.grad(x.max(), x)]
    found = theano.function([x, y], slopes)([0.0, 1.0, 1.0], [0.0, 1.0, 2.0])
    wanted = [
        [0, 1, 1],
        [1, 1, 0],
        [1, 1, 1],
        [1, 1, 1],
        [0, 2, 2],
        [0, 0, 1],
        [0, 1, 1],
    ]
    np.testing.assert_array_equal(found, wanted)


def test_gradients_are_named_and_come_as_they_were_asked_for():
    x, y = T.dscalars("x", "y")
    cost = x * y
    cost.name = "cost"
    assert T.grad(cost, x).name == "(dcost/dx)"
    assert T.grad(cost, x, add_names=False).name is None
    assert isinstance(T.grad(cost, [x, y]), list)
    assert isinstance(T.grad(cost, (x, y)), tuple)


def test_a_graph_of_a_gradient_takes_givens_and_clones():
    x, y = T.dscalars("x", "y")
    slope = T.grad(x**3, x)
    assert float(theano.function([y], slope, givens={x: 2 * y})(1.0)) == pytest.approx(12.0)
    assert float(theano.clone(slope, {x: y + 1}).eval({y: 1.0})) == pytest.approx(12.0)


def test_disconnected_inputs():
    x, z = T.dvectors("x", "z")
    cost = x.sum()
    with pytest.raises(DisconnectedInputError) as refused:
        T.grad(cost, z)
    text = str(refused.value)
    assert text.startswith("grad: z is not part of the graph of the cost")
    assert 'disconnected_inputs="ignore" gives zeros' in text
    assert "test_gradients.py" in text
    with pytest.warns(UserWarning, match="z is not part of the graph"):
        T.grad(cost, z, disconnected_inputs="warn")
    zeros = T.grad(cost, z, disconnected_inputs="ignore")
    np.testing.assert_array_equal(zeros.eval({z: [1.0, 2.0]}), [0.0, 0.0])
    ask = {"disconnected_inputs": "ignore"}
    assert T.grad(cost, z, return_disconnected="None", **ask) is None
    kind = T.grad(cost, z, return_disconnected="Disconnected", **ask).type
    assert isinstance(kind, gradient.DisconnectedType)
    for hidden in (x.shape[0] * 1.0, T.zeros_like(x).sum(), T.grad(x.sum(), x).sum()):
        with pytest.raises(DisconnectedInputError):
            T.grad(hidden, x)


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda x: T.grad(x, x), TypeError, "cost must be a scalar: got x of TensorType"),
        (lambda x: T.grad(x.sum(), 3), TypeError, "wrt: got 3, wanted a symbolic variable"),
        (lambda x: T.grad(3.0, x), TypeError, "cost: got 3.0, wanted a symbolic scalar"),
        (lambda x: T.grad(None, x), ValueError, "cost: got None and no known_grads"),
        (
            lambda x: T.grad(x.sum(), x, disconnected_inputs="x"),
            ValueError,
            "disconnected_inputs: got 'x', wanted one of 'raise', 'warn', 'ignore'",
        ),
        (
            lambda x: T.grad(T.cast(x.sum(), "complex128"), x),
            NotImplementedError,
            "the gradient of a complex number is not defined",
        ),
        (
            lambda x: theano.subgraph_grad([x], [x]),
            ValueError,
            "subgraph_grad: give start or cost, or both",
        ),
    ],
)
def test_refusals(call, kind, text):
    with pytest.raises(kind, match=text):
        call(T.dvector("x"))


def test_subgraph_grad_walks_piece_by_piece():
    x, w1, w2 = T.dscalars("x", "w1", "w2")
    hidden = T.tanh(w1 * x)
    cost = (w2 * hidden) ** 2
    (by_w2,), (by_hidden,) = theano.subgraph_grad([w2], [hidden], cost=cost)
    (by_w1,), _ = theano.subgraph_grad([w1], [x], start={hidden: by_hidden})
    pieces = theano.function([x, w1, w2], [by_w1, by_w2])(0.5, 0.3, 2.0)
    whole = theano.function([x, w1, w2], T.grad(cost, [w1, w2]))(0.5, 0.3, 2.0)
    np.testing.assert_allclose(pieces, whole, rtol=1e-12)


def test_warnings_are_not_given_for_nothing():
    x = T.dscalar("x")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theano.function([x], T.grad(x**2, x))(1.0)


def test_results_are_formatted_as_they_were_asked_for():
    assert theano.gradient.format_as(False, True, [1]) == (1,)
    with pytest.raises(ValueError, match="format_as: got 2 outputs, wanted one, or use_list=True"):
        theano.gradient.format_as(False, False, (1, 2))
    with pytest.raises(ValueError, match="got use_list and use_tuple"):
        theano.gradient.format_as(True, True, 1)
