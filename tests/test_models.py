"""Models against NumPy in float64, and how their params start."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxlearn import models

RANDOM = np.random.RandomState(0)
X = RANDOM.randn(7, 3)


@pytest.fixture(autouse=True)
def _float64():
    with jax.enable_x64(True):
        yield


def test_weighted_sum():
    weight = np.array([0.5, -2.0, 3.0])
    expected = [sum(f * w for f, w in zip(row, weight, strict=True)) for row in X]
    np.testing.assert_allclose(models.weighted_sum({"weight": weight}, X), expected, rtol=1e-13)
    np.testing.assert_allclose(models.weighted_sum({"weight": weight}, X[0]), expected[0])


def test_linear_neuron():
    params = {"weight": np.float64(1.8), "bias": np.float64(32)}
    np.testing.assert_allclose(models.linear_neuron(params, X), 1.8 * X + 32, rtol=1e-15)


def test_logistic_regression():
    weight, bias = RANDOM.randn(3), np.float64(0.3)
    logits = models.logistic_regression({"weight": weight, "bias": bias}, X)
    np.testing.assert_allclose(logits, X @ weight + bias, rtol=1e-13)
    weights, biases = RANDOM.randn(3, 5), RANDOM.randn(5)
    logits = models.logistic_regression({"weight": weights, "bias": biases}, X)
    np.testing.assert_allclose(logits, X @ weights + biases, rtol=1e-13)


@pytest.mark.parametrize("widths", [[3, 1], [3, 4, 2], [3, 8, 5, 6, 1]])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_multilayer_perceptron(widths, activation):
    functions = {"tanh": (jnp.tanh, np.tanh), "relu": (jax.nn.relu, lambda h: np.maximum(h, 0))}
    params = models.init_multilayer_perceptron(jax.random.key(1), widths, "float64")
    params = jax.tree.map(lambda leaf: np.asarray(leaf) + 0.1, params)
    ours, numpys = functions[activation]
    h = X
    for index, layer in enumerate(params):
        h = h @ layer["weight"] + layer["bias"]
        if index < len(params) - 1:
            h = numpys(h)
    output = models.multilayer_perceptron(params, X, activation=ours)
    np.testing.assert_allclose(output, h, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_initialisers_make_the_dtype_and_depend_on_the_key(dtype):
    def draw(seed):
        key = jax.random.key(seed)
        return [
            models.init_weighted_sum(key, 3, dtype),
            models.init_linear_neuron(key, dtype),
            models.init_logistic_regression(key, 4, dtype=dtype),
            models.init_logistic_regression(key, 4, classes=3, dtype=dtype),
            models.init_multilayer_perceptron(key, [3, 2, 1], dtype),
        ]

    assert {leaf.dtype.name for leaf in jax.tree.leaves(draw(0))} == {dtype}
    for first, again, other in zip(draw(0), draw(0), draw(1), strict=True):
        jax.tree.map(np.testing.assert_array_equal, first, again)
        leaves = zip(jax.tree.leaves(first), jax.tree.leaves(other), strict=True)
        assert any((a != b).any() for a, b in leaves)


def test_float64_params_are_made_where_64_bit_types_are_off():
    with jax.enable_x64(False):
        params = models.init_multilayer_perceptron(jax.random.key(0), [3, 2], "float64")
        assert {leaf.dtype.name for leaf in jax.tree.leaves(params)} == {"float64"}
        assert jnp.ones(2).dtype == jnp.float32


def test_glorot_weights_fill_their_range_evenly():
    weight = models.init_multilayer_perceptron(jax.random.key(0), [300, 200], "float64")[0][
        "weight"
    ]
    limit = np.sqrt(6 / 500)
    assert np.abs(weight).max() <= limit
    np.testing.assert_allclose(np.std(weight), limit / np.sqrt(3), rtol=0.01)
    np.testing.assert_allclose(np.mean(weight), 0, atol=0.01 * limit)


@pytest.mark.parametrize("model", ["weighted_sum", "logistic_regression", "multilayer_perceptron"])
def test_features_that_do_not_fit_are_named(model):
    layer = {"weight": np.ones((3, 2)), "bias": np.ones(2)}
    params = [layer] if model == "multilayer_perceptron" else layer
    with pytest.raises(ValueError) as error:
        getattr(models, model)(params, np.ones((5, 4)))
    assert str(error.value) == (
        f"{model}: x has shape (5, 4) and weight has shape (3, 2); "
        "wanted x of shape (..., 3), features last"
    )


def test_weights_without_features_are_named():
    with pytest.raises(ValueError, match=r"weight has shape \(\); wanted x of shape \(..., feat"):
        models.weighted_sum({"weight": np.float64(1)}, X)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda key: models.init_weighted_sum(key, 0), "features: got 0, wanted a whole number, 1"),
        (lambda key: models.init_multilayer_perceptron(key, [3]), "wanted at least the inputs and"),
        (
            lambda key: models.init_multilayer_perceptron(key, [3, -1]),
            "widths: got -1, wanted a whole number, 1",
        ),
        (
            lambda key: models.init_logistic_regression(key, 2, 1),
            "classes: got 1, wanted a whole number, 2",
        ),
        (
            lambda key: models.init_linear_neuron(key, "int32"),
            "dtype: got int32, wanted a floating",
        ),
    ],
)
def test_initialisers_refuse(call, text):
    with pytest.raises(ValueError, match=text):
        call(jax.random.key(0))
