"""Activations, softmax and crossentropies: values, large numbers, gradients, refusals."""

import math
import pickle

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T

nnet = T.nnet
NUMBERS = np.array([-800.0, -3.0, -2.5, -1.0, -1e-9, 0.0, 0.3, 2.5, 4.0, 800.0])
ROWS = np.array([[0.0, 800.0, -800.0], [1.0, 2.0, 3.0], [-800.0, -800.0, -800.0]])


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def log_softmax(x):
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_slope(x, alpha=1.0):
    return np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0)))


def refusal(kind, build):
    with pytest.raises(kind) as caught:
        build()
    return str(caught.value)


# Each with its values and its slopes; at 0 and at bends the slopes are Theano's.
SELU = (1.0507009873554805, 1.6732632423543772)
ACTIVATIONS = [
    (nnet.sigmoid, sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    (nnet.softplus, lambda x: np.logaddexp(0, x), sigmoid),
    (nnet.softsign, lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2),
    (
        nnet.hard_sigmoid,
        lambda x: np.clip(0.2 * x + 0.5, 0, 1),
        lambda x: np.where(abs(x) <= 2.5, 0.2, 0.0),
    ),
    (
        nnet.relu,
        lambda x: np.maximum(x, 0),
        lambda x: np.where(x > 0, 1.0, np.where(x < 0, 0, 0.5)),
    ),
    (
        lambda x: nnet.relu(x, 0.1),
        lambda x: np.where(x > 0, x, 0.1 * x),
        lambda x: np.where(x > 0, 1.0, np.where(x < 0, 0.1, 0.55)),
    ),
    (nnet.elu, elu, elu_slope),
    (lambda x: nnet.elu(x, 0.5), lambda x: elu(x, 0.5), lambda x: elu_slope(x, 0.5)),
    (
        nnet.selu,
        lambda x: SELU[0] * elu(x, SELU[1]),
        lambda x: SELU[0] * elu_slope(x, SELU[1]),
    ),
]


def test_activations_and_their_slopes_are_right_and_finite():
    x = T.dvector("x")
    outputs = [activation(x) for activation, _, _ in ACTIVATIONS]
    slopes = [T.grad(output.sum(), x) for output in outputs]
    answers = theano.function([x], outputs + slopes)(NUMBERS)
    count = len(ACTIVATIONS)
    cases = zip(ACTIVATIONS, answers[:count], answers[count:], strict=True)
    for (_, value, slope), answer, derivative in cases:
        np.testing.assert_allclose(answer, value(NUMBERS), rtol=1e-12, atol=1e-300)
        np.testing.assert_allclose(derivative, slope(NUMBERS), rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(
    ("dtype", "wanted"),
    [("int8", "float32"), ("int32", "float64"), ("float16", "float16"), ("float32", "float32")],
)
def test_activations_keep_theanos_dtypes(dtype, wanted):
    x = T.TensorType(dtype, (False,))("x")
    for activation in (nnet.sigmoid, nnet.softplus, nnet.hard_sigmoid, nnet.ultra_fast_sigmoid):
        assert activation(x).dtype == wanted


def test_ultra_fast_sigmoid_is_near_sigmoid():
    x = np.linspace(-20, 20, 1001)
    answer = nnet.ultra_fast_sigmoid(T.constant(x)).eval()
    assert 0.02 < np.abs(answer - sigmoid(x)).max() < 0.03


def test_softmax_and_its_logarithm_of_large_numbers():
    x = T.dmatrix("x")
    both = [nnet.softmax(x), nnet.logsoftmax(x)]
    chances, logarithms = theano.function([x], both)(ROWS)
    np.testing.assert_allclose(chances, softmax(ROWS), rtol=1e-13)
    np.testing.assert_allclose(logarithms, log_softmax(ROWS), rtol=1e-13)
    assert all(pickle.loads(pickle.dumps(one.owner.op)) is one.owner.op for one in both)


def test_a_vector_is_a_matrix_of_one_row():
    x = T.dvector("x")
    answer = nnet.softmax(x)
    assert answer.broadcastable == (True, False)
    np.testing.assert_allclose(answer.eval({x: ROWS[1]}), softmax(ROWS[1:2]))


def test_softmax_with_bias_is_softmax_of_the_sum():
    x, b = T.fmatrix("x"), T.dvector("b")
    answer = nnet.softmax_with_bias(x, b)
    assert answer.dtype == "float32"
    bias = np.array([0.5, -1.0, 2.0])
    found = answer.eval({x: ROWS.astype("float32"), b: bias})
    np.testing.assert_allclose(found, softmax(ROWS + bias), rtol=1e-6)


def test_crossentropies_with_classes_are_exact_where_a_softmax_underflows():
    x, y = T.dmatrix("x"), T.lvector("y")
    classes = np.array([2, 0, 1])
    wanted = -log_softmax(ROWS)[np.arange(3), classes]
    losses = [
        nnet.crossentropy_softmax_1hot(x, y)[0],
        nnet.crossentropy_softmax_1hot_with_bias(x, T.zeros((3,)), y)[0],
        nnet.crossentropy_softmax_max_and_argmax_1hot(x, y)[0],
        nnet.crossentropy_categorical_1hot(nnet.softmax(x), y),
        nnet.categorical_crossentropy(nnet.softmax(x), y),
        nnet.categorical_crossentropy(nnet.softmax(x), T.extra_ops.to_one_hot(y, 3)),
    ]
    slopes = [T.grad(loss.sum(), x) for loss in losses]
    answers = theano.function([x, y], losses + slopes)(ROWS, classes)
    slope = softmax(ROWS) - np.eye(3)[classes]
    for answer, derivative in zip(answers[:6], answers[6:], strict=True):
        np.testing.assert_allclose(answer, wanted, rtol=1e-13)
        np.testing.assert_allclose(derivative, slope, rtol=1e-12, atol=1e-15)


def test_crossentropies_return_the_softmax_and_its_largest_element_too():
    x, y = T.dmatrix("x"), T.ivector("y")
    _, chances, largest, place = nnet.crossentropy_softmax_max_and_argmax_1hot(x, y)
    best = nnet.crossentropy_softmax_argmax_1hot_with_bias(x, T.zeros((3,)), y)[2]
    assert best.dtype == "int32"
    given = theano.function([x, y], [chances, largest, place])(ROWS, np.zeros(3, "int32"))
    np.testing.assert_allclose(given[0], softmax(ROWS))
    np.testing.assert_allclose(given[1], softmax(ROWS).max(axis=1))
    assert given[2].tolist() == [1, 2, 0]
    assert best.eval({x: ROWS, y: [0, 0, 0]}).tolist() == [1, 2, 0]


def test_crossentropy_of_sigmoids_is_exact_where_they_underflow():
    x, y = T.dvectors("x", "y")
    targets = np.linspace(0, 1, NUMBERS.size)
    loss = nnet.sigmoid_binary_crossentropy(x, y)
    outputs = [loss, *T.grad(loss.sum(), [x, y])]
    answer, by_x, by_y = theano.function([x, y], outputs)(NUMBERS, targets)
    wanted = targets * np.logaddexp(0, -NUMBERS) + (1 - targets) * np.logaddexp(0, NUMBERS)
    np.testing.assert_allclose(answer, wanted, rtol=1e-12)
    np.testing.assert_allclose(by_x, sigmoid(NUMBERS) - targets, rtol=1e-12)
    np.testing.assert_allclose(by_y, -NUMBERS)
    # Written out, it is stabilised when a function is made.
    plain = nnet.binary_crossentropy(nnet.sigmoid(x), y)
    np.testing.assert_allclose(plain.eval({x: NUMBERS, y: targets}), wanted, rtol=1e-12)


def test_confusion_matrix_counts_each_pair_of_classes():
    actual, predicted = T.lvectors("actual", "predicted")
    count = theano.function([actual, predicted], nnet.confusion_matrix(actual, predicted))
    matrix, classes = count([2, 0, 2, 2, 0, 1], [0, 0, 2, 2, 0, 2])
    assert matrix.tolist() == [[2, 0, 0], [0, 0, 1], [1, 0, 2]]
    assert classes.tolist() == [0, 1, 2]
    assert count([7], [5])[0].tolist() == [[0, 0], [1, 0]]


def test_wrong_ranks_and_dtypes_are_refused_with_what_was_given():
    x, v, i, t = T.dmatrix("x"), T.dvector("v"), T.ivector("i"), T.dtensor3("t")
    cases = [
        (ValueError, lambda: nnet.softmax(t), "softmax: got t of TensorType(float64, 3D)"),
        (ValueError, lambda: nnet.softmax(i), "wanted a vector or matrix of floats"),
        (
            ValueError,
            lambda: nnet.softmax_with_bias(v, v),
            "x: got v of TensorType(float64, vector)",
        ),
        (ValueError, lambda: nnet.softmax_with_bias(x, i), "b: got i of TensorType(int32, vector)"),
        (
            TypeError,
            lambda: nnet.categorical_crossentropy(x, v),
            "true_dist: got TensorType(float64",
        ),
        (TypeError, lambda: nnet.crossentropy_categorical_1hot(v, i), "coding_dist: got v of"),
        (TypeError, lambda: nnet.crossentropy_categorical_1hot(x, v), "true_one_of_n: got v of"),
        (ValueError, lambda: nnet.crossentropy_softmax_1hot(x, v), "y_idx: got v of"),
        (ValueError, lambda: nnet.confusion_matrix(x, i), "actual must be a vector: got x of"),
    ]
    for kind, build, text in cases:
        assert text in refusal(kind, build)


def test_a_class_that_is_none_is_refused_when_the_function_runs():
    x, y = T.dmatrix("x"), T.lvector("y")
    loss = nnet.crossentropy_softmax_1hot(x, y)[0]
    for classes in ([0, 3, 1], [0, -1, 1]):
        text = refusal(ValueError, lambda classes=classes: loss.eval({x: ROWS, y: classes}))
        assert "y_i value out of bounds: y must be 0 to 2, for 3 classes" in text
        assert "test_neural.py" in text
    text = refusal(ValueError, lambda: loss.eval({x: ROWS, y: [0, 2]}))
    assert "x has shape (3, 3), b (3,) and y_idx (2,), wanted (3,) and (3,)" in text
    assert math.isfinite(loss.eval({x: ROWS, y: [0, 2, 1]}).sum())
