"""What a graph alone tells: constants, and the lengths of vectors."""

import numpy as np
import pytest

import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.ops.static_values import NotScalarConstantError

X = T.dmatrix("x")
NAMES = {"T": T, "x": X, "r": T.drow("r"), "v": T.dvector("v"), "i": T.lscalar("i")}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("3", 3),
        ("T.constant([[2.5]])", 2.5),
        ("T.constant(3).dimshuffle('x', 'x')", 3),
        ("T.cast(T.constant(3), 'float32')", 3),
        ("T.addbroadcast(T.constant([4]), 0)", 4),
        ("T.constant([5, 6, 7])[1]", 6),
        ("T.stack([i, T.constant(8)])[1]", 8),
        ("T.stack([i, T.constant(8)])[-1].astype('int8')", 8),
        ("r.shape[0]", 1),
    ],
)
def test_constants_are_found(expression, value):
    found = T.get_scalar_constant_value(eval(expression, NAMES))
    assert found.shape == ()
    assert found == value


@pytest.mark.parametrize(
    "expression",
    ["i", "i + 1", "v[0]", "r.shape[1]", "T.stack([i, i])[0]", "T.constant([1, 2])",
     "T.constant([5, 6])[i]", "T.constant([5, 6])[:1]", "T.constant(1) + 1"],
)  # fmt: skip
def test_other_values_are_not_constant(expression):
    with pytest.raises(NotScalarConstantError, match="wanted a constant scalar"):
        T.get_scalar_constant_value(eval(expression, NAMES))


@pytest.mark.parametrize(
    ("expression", "length"),
    [
        ("T.constant([5, 6, 7])", 3),
        ("x.shape", 2),
        ("T.stack([i, i, i])", 3),
        ("T.concatenate([x.shape, [i], T.constant([1, 2])])", 5),
        ("v.reshape((4,))", 4),
        ("T.set_subtensor(x.shape[0], i)", 2),
        ("T.dtensor4().shape[1:]", 3),
        ("T.dtensor4().shape[::-2]", 2),
        ("T.dtensor4().shape[-9:3]", 3),
        ("v[:1].dimshuffle(0).reshape((1,))", 1),
        ("T.addbroadcast(v, 0)", 1),
    ],
)
def test_lengths_are_known(expression, length):
    assert T.get_vector_length(eval(expression, NAMES)) == length


@pytest.mark.parametrize(
    "expression",
    ["v", "v + v", "x.shape[i:]", "v[1:3]", "v.reshape((i,))", "T.concatenate([v, x.shape])",
     "x.shape[[0, 1]]"],
)  # fmt: skip
def test_other_lengths_are_not(expression):
    with pytest.raises(ValueError, match="is known only when a function runs"):
        T.get_vector_length(eval(expression, NAMES))


def test_only_vectors_have_a_length():
    with pytest.raises(ValueError, match="got x with 2 axes, wanted a vector"):
        T.get_vector_length(X)


def test_a_shape_of_known_length_gives_the_rank():
    lengths = T.set_subtensor(X.shape[1], -1)
    value = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(X.T.reshape(lengths).eval({X: value}), value.T.reshape(2, 3))
