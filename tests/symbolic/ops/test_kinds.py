"""Theano's classes of operations: what counts as one of each, and operations made of them."""

import pickle

import numpy as np
import pytest

import jaxlearn.theano.tensor as T
from jaxlearn.theano.tensor import elemwise


def test_operations_are_known_by_their_kind():
    x = T.dmatrix("x")
    kinds = {
        elemwise.Sum: x.sum(),
        elemwise.Prod: x.prod(axis=0),
        elemwise.All: (x > 0).all(),
        elemwise.Any: (x > 0).any(),
        elemwise.Elemwise: x + 1,
        elemwise.DimShuffle: x.T,
        T.Rebroadcast: T.addbroadcast(x, 0),
    }
    for kind in kinds:
        for other, variable in kinds.items():
            assert isinstance(variable.owner.op, kind) is (kind is other)
    assert all(isinstance(kinds[k].owner.op, T.CAReduce) for k in (elemwise.Sum, elemwise.Any))
    assert not isinstance(x.max().owner.op, elemwise.Sum)


def test_operations_are_made_of_their_kind():
    values = [[1.0, 2.0], [3.0, 0.0]]
    assert elemwise.Sum()(values).eval() == 6
    assert elemwise.Sum(axis=0, dtype="float32")(values).eval().tolist() == [4, 2]
    assert elemwise.Prod((1,))(values).eval().tolist() == [2, 0]
    assert elemwise.All(1)(values).eval().tolist() == [True, False]
    assert elemwise.Any(0)(values).eval().tolist() == [True, True]
    operation = pickle.loads(pickle.dumps(elemwise.Sum(axis=0)))
    assert operation == elemwise.Sum(axis=0)
    x = T.dvector("x")
    assert T.grad(elemwise.Sum()(x), x).eval({x: [1.0, 2.0]}).tolist() == [1, 1]


def test_flags_of_single_axes_are_changed():
    x = T.dmatrix("x")
    column = T.Rebroadcast((1, True))(x)
    assert column.type.broadcastable == (False, True)
    assert T.Rebroadcast((0, False), (1, 0))(T.row()).broadcastable == (False, False)
    assert column.eval({x: np.ones((3, 1))}).shape == (3, 1)
    with pytest.raises(ValueError, match="axis 1 of x was declared broadcastable and has length 2"):
        column.eval({x: np.ones((3, 2))})
    with pytest.raises(ValueError, match="there is no axis 2"):
        T.Rebroadcast((2, True))(x)
