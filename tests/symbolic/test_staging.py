"""Sizes that are known only when a function runs, folding, and checks inside a program."""

import gc
import warnings
import weakref

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.errors import VariantsWarning
from jaxlearn.symbolic.lowering import Graph, Lowering, SizeNeededError


def test_minibatches_of_a_shared_array_compile_once_per_length():
    data = np.arange(510.0).reshape(255, 2)
    shared, i, x = theano.shared(data), T.lscalar("i"), T.dmatrix("x")
    batch = theano.function([i], x, givens={x: shared[i * 5 : (i + 1) * 5]})
    for k in range(51):
        np.testing.assert_array_equal(batch(k), data[k * 5 : (k + 1) * 5])
    assert batch.variants == 1
    batch = theano.function([i], x.sum(), givens={x: shared[i * 10 : (i + 1) * 10]})
    for k in range(26):
        assert float(batch(k)) == data[k * 10 : (k + 1) * 10].sum()
    assert batch.variants == 2


def test_sizes_from_inputs_and_shared_scalars():
    n, x = T.lscalar("n"), T.dmatrix("x")
    width = theano.shared(np.int64(2))
    outputs = [T.zeros((n, width)), T.arange(n * 2), x.reshape((n, -1)), T.alloc(x[0, 0], n, 3)]
    f = theano.function([n, x], outputs)
    given = np.arange(12.0).reshape(3, 4)
    for size in (2, 3, 6, 2):
        zeros, numbers, reshaped, filled = f(size, given)
        assert zeros.shape == (size, 2)
        np.testing.assert_array_equal(numbers, np.arange(size * 2))
        np.testing.assert_array_equal(reshaped, given.reshape(size, -1))
        assert filled.shape == (size, 3)
    assert f.variants == 3
    width.set_value(5)
    assert f(2, given)[0].shape == (2, 5)


def test_the_values_of_a_call_are_not_kept():
    x, n = T.dmatrix("x"), T.lscalar("n")
    f = theano.function([x, n], x.sum() + T.arange(n).sum())
    given = np.ones((100, 1000))
    kept = weakref.ref(given)
    assert float(f(given, 3)) == 100_003.0
    del given
    f(np.ones((1, 1)), 2)
    gc.collect()
    assert kept() is None


def test_a_size_is_computed_from_what_it_depends_on_alone():
    class OnTheDevice:
        def __array__(self, *_):
            raise AssertionError("was fetched")

    x, n = T.dvector("x"), T.lscalar("n")
    lowering = Lowering(Graph([x, n], [x.sum() + T.arange(n * 2)]))
    with jax.enable_x64(True), pytest.raises(SizeNeededError) as needed:
        jax.eval_shape(lambda *values: lowering.run(values), np.ones(3), np.int64(2))
    assert needed.value.host([OnTheDevice(), np.array(3)]) == 6


def test_shapes_are_folded():
    x = T.dmatrix("x")
    f = theano.function([x], [x.reshape((x.shape[1], x.shape[0])), T.zeros((x.shape[0] * 2 + 1,))])
    reshaped, zeros = f(np.ones((2, 3)))
    assert reshaped.shape == (3, 2)
    assert zeros.shape == (5,)
    assert f(np.ones((4, 1)))[1].shape == (9,)


def test_sizes_from_data():
    v = T.dvector("v")
    outputs = [
        v.nonzero()[0],
        v[v > 1],
        v[(v > 1).nonzero()].sum(),
        T.arange(T.cast(T.exp(v).sum(), "int64")),
        T.repeat(v, T.cast(v, "int64")),
        T.grad((v[v > 1] ** 2).sum(), v),
    ]
    f = theano.function([v], outputs)
    for given in ([0.0, 1.0, 2.0, 3.0], [2.0, 0.0, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0]):
        value = np.array(given)
        big = value > 1
        wanted = [
            value.nonzero()[0],
            value[big],
            value[big].sum(),
            np.arange(int(np.exp(value).sum())),
            np.repeat(value, value.astype(int)),
            np.where(big, 2 * value, 0.0),
        ]
        for found, right in zip(f(value), wanted, strict=True):
            np.testing.assert_array_equal(found, right)


def test_staged_results_can_be_staged_again():
    v = T.lvector("v")
    big = v[v > 1]
    twice = big[big < 5].nonzero()[0]
    np.testing.assert_array_equal(twice.eval({v: [0, 2, 7, 3]}), [0, 1])


def test_stages_in_one_function_with_updates():
    v, w = T.dvector("v"), theano.shared(np.array([3.0, 0.0, 1.0, 0.0]), "w")
    total, positive = theano.shared(0.0, "total"), v[v > 0]
    places = w.nonzero()[0]
    f = theano.function(
        [v],
        [positive[::-1], T.zeros((places.shape[0], positive.shape[0])).shape, w[places]],
        updates=[(w, T.set_subtensor(w[places[:1]], 0)), (total, total + positive[::-1][0])],
    )
    rows = np.array([[1.0, -1.0, 2.0], [3.0, 4.0, 5.0], [0.5, -2.0, 0.0]])
    state, last = np.array([3.0, 0.0, 1.0, 0.0]), 0.0
    for row in rows:
        found, shape, kept = f(row)
        np.testing.assert_array_equal(found, row[row > 0][::-1])
        np.testing.assert_array_equal(shape, [np.count_nonzero(state), np.sum(row > 0)])
        np.testing.assert_array_equal(kept, state[state != 0])
        state[state.nonzero()[0][:1]] = 0
        last += row[row > 0][-1]
        np.testing.assert_array_equal(w.get_value(), state)
        assert float(total.get_value()) == last


def test_a_size_that_keeps_changing_is_warned_of_once():
    n = T.lscalar("n")
    f = theano.function([n], T.zeros((n,)), name="growing")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for size in range(25):
            assert f(size).shape == (size,)
    texts = [str(entry.message) for entry in caught if entry.category is VariantsWarning]
    assert len(texts) == 1
    assert texts[0].startswith("growing has been compiled for 21 values of n, which is a size")


def test_checks_raise_theanos_exceptions_and_change_nothing():
    x, i = T.dvector("x"), T.lscalar("i")
    total = theano.shared(np.zeros(3), "total")
    large = theano.shared(np.zeros(5000), "large")
    f = theano.function([x, i], x[i], updates=[(total, total + x), (large, large + x[i])])
    assert float(f([1.0, 2.0, 3.0], 2)) == 3.0
    with pytest.raises(IndexError) as refused:
        f([1.0, 2.0, 3.0], 3)
    assert "out of bounds for axis 0 of x, which has shape (3,)" in str(refused.value)
    assert "test_staging.py" in str(refused.value)
    np.testing.assert_array_equal(total.get_value(), [1, 2, 3])
    np.testing.assert_array_equal(large.get_value(), np.full(5000, 3.0))
    assert float(f([1.0, 2.0, 3.0], -3)) == 1.0


def test_assertions():
    from jaxlearn.theano.tensor.opt import Assert

    x = T.dvector("x")
    f = theano.function([x], T.grad((Assert("x must be positive")(x, (x > 0).all()) ** 2).sum(), x))
    np.testing.assert_array_equal(f([1.0, 2.0]), [2.0, 4.0])
    with pytest.raises(AssertionError, match="x must be positive"):
        f([1.0, -2.0])


@pytest.mark.parametrize(
    ("build", "values", "kind", "text"),
    [
        (
            lambda x, y: x + y,
            ([1.0, 2.0], [1.0]),
            ValueError,
            "Input dimension mis-match in axis 0",
        ),
        (
            lambda x, y: x + y,
            ([1.0, 2.0], [1.0]),
            ValueError,
            r"an axis of length 1 broadcasts only if it is declared so: T.addbroadcast\(x, 0\)",
        ),
        (lambda x, y: T.dot(x, y), ([1.0, 2.0], [1.0]), ValueError, "x has shape"),
        (lambda x, y: x.reshape((5,)) + y, ([1.0], [1.0]), ValueError, "do not fit shape"),
        (lambda x, y: T.addbroadcast(x, 0) + y, ([1.0, 2.0], [1.0]), ValueError, "wanted 1"),
        (lambda x, y: T.join(0, x, y)[7], ([1.0], [1.0]), IndexError, "out of bounds"),
        (
            lambda x, y: T.specify_shape(x, (3,)) + y,
            ([1.0, 2.0], [1.0, 2.0]),
            AssertionError,
            r"specify_shape: x has shape \(2,\), wanted \(3,\)",
        ),
        (
            lambda x, y: T.stack([x, y]),
            ([1.0, 2.0], [1.0]),
            ValueError,
            "all lengths but those of axis 0 must agree",
        ),
    ],
)
def test_refusals_at_run_time_name_the_users_line(build, values, kind, text):
    x, y = T.dvectors("x", "y")
    f = theano.function([x, y], build(x, y))
    with pytest.raises(kind, match=text) as refused:
        f(*values)
    assert "made at" in str(refused.value)
    assert "test_staging.py" in str(refused.value)
