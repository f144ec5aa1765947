"""Sorting, the largest elements, and searching: as NumPy's, with gradients."""

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T

VALUES = np.random.RandomState(2).uniform(-2, 2, (4, 5))
SHARES = np.arange(1.0, 21).reshape(4, 5)


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def test_sorting_along_every_axis_is_numpys():
    x = T.dmatrix("x")
    axes = [0, 1, -1, None, T.constant(0)]
    outputs = [part for axis in axes for part in (x.sort(axis), x.argsort(axis))]
    answers = theano.function([x], outputs)(VALUES)
    plain = [0, 1, -1, None, 0]
    wanted = [part for axis in plain for part in (np.sort(VALUES, axis), np.argsort(VALUES, axis))]
    for output, answer, want in zip(outputs, answers, wanted, strict=True):
        assert answer.dtype == output.dtype == want.dtype
        np.testing.assert_array_equal(answer, want)
    on_host = [node.op.host(node, VALUES) for node in (out.owner for out in outputs[:6])]
    for answer, want in zip(on_host, wanted, strict=False):
        np.testing.assert_array_equal(answer, want)


def test_equal_elements_keep_their_order_and_nan_is_last():
    x = T.dvector("x")
    values = np.array([2.0, np.nan, 1.0, 2.0, 1.0, -np.inf])
    order = T.argsort(x, kind="mergesort").eval({x: values})
    assert order.tolist() == [5, 2, 4, 0, 3, 1]
    np.testing.assert_array_equal(T.sort(x).eval({x: values}), values[order])


def test_the_gradient_goes_back_to_where_an_element_came_from():
    x = T.dmatrix("x")
    for axis in (0, 1):
        order = np.argsort(VALUES, axis)
        wanted = np.empty_like(SHARES)
        np.put_along_axis(wanted, order, SHARES, axis)
        slope = T.grad((x.sort(axis) * SHARES).sum(), x)
        np.testing.assert_array_equal(slope.eval({x: VALUES}), wanted)
    assert not T.grad((x.argsort() * 2.0).sum(), x).eval({x: VALUES}).any()


def test_the_largest_elements_in_order_and_the_smallest():
    x, k = T.dmatrix("x"), T.iscalar("k")
    best = theano.function([x, k], T.topk_and_argtopk(x, k, axis=0, sorted=False))
    for count in (1, 3, 4, -1, -3):
        values, places = best(VALUES, count)
        order = np.argsort(-VALUES if count > 0 else VALUES, axis=0)[: abs(count)]
        np.testing.assert_array_equal(places, order)
        np.testing.assert_array_equal(values, np.take_along_axis(VALUES, order, 0))
    slope = T.grad(T.topk(x, 2).sum(), x).eval({x: VALUES})
    np.testing.assert_array_equal(slope, (np.argsort(np.argsort(-VALUES)) < 2) * 1.0)
    assert T.argtopk(x, 2, idx_dtype="int16").dtype == "int16"
    assert (
        T.topk(x, 3, axis=None).eval({x: VALUES}).tolist() == np.sort(VALUES, None)[:-4:-1].tolist()
    )


def test_too_many_of_the_largest_are_refused_with_the_line():
    x, k = T.dmatrix("x"), T.iscalar("k")
    best = theano.function([x, k], T.topk(x, k))
    for count in (0, 6, -6):
        with pytest.raises(
            ValueError, match=f"topk: kth is {count}, and axis 1 of x has length 5"
        ) as e:
            best(VALUES, count)
        assert "test_sorting.py" in str(e.value)


def test_searching_is_numpys_on_both_sides_and_in_mixed_dtypes():
    x, v, order = T.ivector("x"), T.dmatrix("v"), T.lvector("order")
    vector, elements = np.array([5, 1, 3, 3], "int32"), np.array([[0.5, 3.0], [3.5, 9.0]])
    sorter = np.argsort(vector)
    outputs = [T.extra_ops.searchsorted(x, v, side, order) for side in ("left", "right")]
    answers = theano.function([x, v, order], outputs)(vector, elements, sorter)
    for answer, side in zip(answers, ("left", "right"), strict=True):
        assert answer.dtype == np.int64
        np.testing.assert_array_equal(answer, np.searchsorted(vector, elements, side, sorter))
    assert T.constant([1, 3]).searchsorted(2).eval() == 1


def test_wrong_arguments_are_refused():
    x, v = T.dmatrix("x"), T.dvector("v")
    with pytest.raises(ValueError, match="sort: got axis 2, which is out of bounds for x"):
        x.sort(2)
    with pytest.raises(TypeError, match=r"argsort: got axis 0\.5, wanted an integer or None"):
        x.argsort(0.5)
    with pytest.raises(ValueError, match="kind: got 'bubblesort'"):
        x.sort(kind="bubblesort")
    with pytest.raises(ValueError, match="order: got"):
        x.sort(order=["a"])
    with pytest.raises(ValueError, match="searchsorted: got x"):
        T.extra_ops.searchsorted(x, v)
    with pytest.raises(ValueError, match="side: got 'top'"):
        T.extra_ops.searchsorted(v, x, "top")
    with pytest.raises(TypeError, match="sorter: got"):
        T.extra_ops.searchsorted(v, x, sorter=v)
    with pytest.raises(TypeError, match="idx_dtype: got 'float32'"):
        T.argtopk(x, 1, idx_dtype="float32")
    with pytest.raises(ValueError, match="kth: got"):
        T.topk(x, 1.5)
