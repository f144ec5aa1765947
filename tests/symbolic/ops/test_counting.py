"""Counts, one-hot rows and distinct elements, whose sizes depend on the data."""

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.theano.tensor import extra_ops


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def test_counts_are_numpys_for_every_largest_number():
    x = T.lvector("x")
    count = theano.function([x], T.bincount(x))
    for values in ([1, 3, 1], [0], [7, 7]):
        assert count(values).tolist() == np.bincount(values).tolist()
    assert T.bincount(T.bvector()).dtype == "int8"


def test_counts_take_weights_and_a_smallest_length():
    x, w, n = T.ivector("x"), T.dvector("w"), T.lscalar("n")
    counts = T.bincount(x, w, minlength=n)
    run = theano.function([x, w, n], [counts, T.grad((counts**2).sum(), w)])
    values, weights = np.array([1, 3, 1], "int32"), np.array([0.5, 2.0, 1.5])
    for length in (0, 6):
        answer, slope = run(values, weights, length)
        np.testing.assert_allclose(answer, np.bincount(values, weights, length))
        np.testing.assert_allclose(slope, [4.0, 4.0, 4.0])


def test_negative_numbers_and_other_ranks_are_not_counted():
    x = T.lvector("x")
    with pytest.raises(AssertionError, match="Input to bincount has negative values!"):
        theano.function([x], T.bincount(x))([1, -1])
    for wrong in (T.lmatrix(), T.dvector()):
        with pytest.raises(TypeError, match="wanted a vector of integers"):
            T.bincount(wrong)


def test_one_hot_rows():
    y, n = T.ivector("y"), T.lscalar("n")
    rows = theano.function([y, n], extra_ops.to_one_hot(y, n, "int8"))
    assert rows([2, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert rows([1], 2).dtype == np.int8
    assert extra_ops.to_one_hot(y, 3).dtype == theano.config.floatX
    with pytest.raises(IndexError, match="out of bounds"):
        rows([3], 3)


def test_distinct_elements_and_slices_are_numpys():
    x = T.dmatrix("x")
    values = np.array([[2.0, 1, 2], [0, 5, 5], [2, 1, 2]])
    for axis in (None, 0, 1, -1):
        found = theano.function([x], extra_ops.Unique(True, True, True, axis)(x))(values)
        wanted = np.unique(values, True, True, True, axis)
        for answer, want in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(answer, np.reshape(want, answer.shape))
    only = extra_ops.Unique()(x)
    assert only.eval({x: values}).tolist() == [0, 1, 2, 5]
    slope = T.grad((only**2).sum(), x).eval({x: values})
    assert slope.tolist() == [[4, 2, 0], [0, 10, 0], [0, 0, 0]]
    with pytest.raises(ValueError, match="unique: there is no axis 2"):
        extra_ops.Unique(axis=2)(x)


def test_compressing_takes_slices_with_a_gradient():
    x, chosen = T.dmatrix("x"), T.lvector("chosen")
    values = np.arange(6.0).reshape(2, 3)
    kept = extra_ops.compress(chosen, x, axis=1)
    run = theano.function([x, chosen], [kept, T.grad((kept**2).sum(), x)])
    for condition in ([0, 1, 1], [1, 0, 0], [0, 0, 0]):
        answer, slope = run(values, condition)
        np.testing.assert_array_equal(answer, np.compress(condition, values, axis=1))
        np.testing.assert_array_equal(slope, 2 * values * np.array(condition))
    flat = (x > 2).flatten().compress(x)
    np.testing.assert_array_equal(flat.eval({x: values}), [3, 4, 5])
