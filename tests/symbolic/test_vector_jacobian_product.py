"""The node of a gradient shares the forward computation of what it differentiates."""

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.graph import Apply, Op

pytestmark = pytest.mark.usefixtures("strict")

RANDOM = np.random.RandomState(3)


def test_an_operation_and_its_gradient_share_one_forward_computation():
    x = T.dvector("x")
    weights = theano.shared(RANDOM.randn(3, 3))
    cost = T.dot(weights, x).sum() ** 2
    step = theano.function([x], [cost, T.grad(cost, x), T.grad(cost, x) + 1])
    step([1.0, 2.0, 3.0])
    nodes = [str(node.op) for node in step._program.graph.nodes]
    assert nodes.count("dot") == 1
    assert nodes.count("Vjp{dot}") == 1


class Squared(Op):
    """Counts how often its function is traced."""

    traced = 0

    def make_node(self, x):
        return Apply.of_types(self, [x], [x.type])

    def function(self, x):
        Squared.traced += 1
        return x * x


def test_the_forward_computation_is_traced_once_for_value_and_gradient():
    x = T.dvector("x")
    y = Squared()(x)
    f = theano.function([x], [y, T.grad(y.sum(), x)])
    value, slope = f([1.0, 3.0])
    np.testing.assert_array_equal([value, slope], [[1.0, 9.0], [2.0, 6.0]])
    assert Squared.traced == 1
