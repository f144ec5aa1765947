"""Losses against NumPy in float64, and finite where logits are large."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxlearn import losses

RANDOM = np.random.RandomState(0)
LARGE = np.array([-1000.0, -100.0, -1.0, 0.0, 1.0, 100.0, 1000.0])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    exponentials = np.exp(z - z.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def value_and_gradient(loss, *arguments):
    with jax.enable_x64(True):
        value, gradient = jax.value_and_grad(loss)(*map(jnp.asarray, arguments))
        return float(value), np.asarray(gradient)


def test_squared_errors():
    prediction, target = RANDOM.randn(4, 5), RANDOM.randn(4, 5)
    value, gradient = value_and_gradient(losses.squared_error, prediction, target)
    np.testing.assert_allclose(value, ((prediction - target) ** 2).sum(), rtol=1e-13)
    np.testing.assert_allclose(gradient, 2 * (prediction - target), rtol=1e-13)
    value, gradient = value_and_gradient(losses.mean_squared_error, prediction, target)
    np.testing.assert_allclose(value, ((prediction - target) ** 2).mean(), rtol=1e-13)
    np.testing.assert_allclose(gradient, 2 * (prediction - target) / 20, rtol=1e-13)


@pytest.mark.parametrize("target", [RANDOM.randint(0, 2, 50) * 1.0, RANDOM.rand(50)])
def test_binary_cross_entropy(target):
    z = 3 * RANDOM.randn(50)
    p = sigmoid(z)
    value, gradient = value_and_gradient(losses.binary_cross_entropy, z, target)
    expected = -(target * np.log(p) + (1 - target) * np.log(1 - p)).mean()
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    np.testing.assert_allclose(gradient, (p - target) / 50, rtol=1e-10)


def test_binary_cross_entropy_takes_numbers_and_booleans():
    z, target = np.array([0.5, -2.0], np.float32), np.array([1, 0])
    expected = losses.binary_cross_entropy(z, target.astype(np.float32))
    for same in (target, target.astype(bool)):
        assert float(losses.binary_cross_entropy(z, same)) == float(expected)


def test_binary_cross_entropy_keeps_small_losses():
    value, _ = value_and_gradient(losses.binary_cross_entropy, np.array([40.0]), np.array([1.0]))
    np.testing.assert_allclose(value, np.exp(-40.0), rtol=1e-12)


def test_categorical_cross_entropy_of_numbers_and_of_rows():
    z, number = 3 * RANDOM.randn(30, 4), RANDOM.randint(0, 4, 30)
    rows, p = np.eye(4)[number], softmax(z)
    for target in (number, rows):
        value, gradient = value_and_gradient(losses.categorical_cross_entropy, z, target)
        expected = -np.log(p[np.arange(30), number]).mean()
        np.testing.assert_allclose(value, expected, rtol=1e-12)
        np.testing.assert_allclose(gradient, (p - rows) / 30, rtol=1e-10, atol=1e-15)
    soft = softmax(RANDOM.randn(30, 4))
    value, gradient = value_and_gradient(losses.categorical_cross_entropy, z, soft)
    np.testing.assert_allclose(value, -(soft * np.log(p)).sum(axis=1).mean(), rtol=1e-12)
    np.testing.assert_allclose(gradient, (p - soft) / 30, rtol=1e-10, atol=1e-15)


def test_classes_may_have_any_integer_type_and_one_hot_rows_any_type():
    z, number = RANDOM.randn(6, 300), np.array([0, 1, 2, 100, 126, 127])
    expected = losses.categorical_cross_entropy(z, number)
    for dtype in ("int8", "uint8", "int32", "uint32"):
        assert float(losses.categorical_cross_entropy(z, number.astype(dtype))) == float(expected)
    for dtype in (int, bool, "float32"):
        rows = np.eye(300, dtype=dtype)[number]
        np.testing.assert_allclose(losses.categorical_cross_entropy(z, rows), expected, rtol=1e-6)


def test_a_single_sample_needs_no_batch():
    value = losses.categorical_cross_entropy(jnp.array([0.0, 1.0]), 1)
    np.testing.assert_allclose(value, np.log(1 + np.exp(-1)), rtol=1e-6)


@pytest.mark.parametrize("number", [-1, 3])
def test_a_class_that_does_not_exist_is_not_a_number(number):
    assert np.isnan(losses.categorical_cross_entropy(jnp.zeros((1, 3)), jnp.array([number])))


@pytest.mark.parametrize("target", [0.0, 0.3, 1.0])
def test_large_logits_stay_finite_in_float32(target):
    z = jnp.asarray(LARGE, jnp.float32)
    value, gradient = jax.value_and_grad(losses.binary_cross_entropy)(z, jnp.full(7, target))
    assert np.isfinite(value)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(gradient, (sigmoid(LARGE) - target) / 7, atol=1e-7)
    pairs = jnp.stack([z, -z], axis=1)
    for classes in (jnp.zeros(7, int), jnp.tile(jnp.array([target, 1 - target]), (7, 1))):
        value, gradient = jax.value_and_grad(losses.categorical_cross_entropy)(pairs, classes)
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()
    for loss in (losses.squared_error, losses.mean_squared_error):
        value, gradient = jax.value_and_grad(loss)(z, jnp.full(7, target))
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()
    for penalty in (losses.l1_penalty, losses.l2_penalty):
        value, gradient = jax.value_and_grad(penalty)(z)
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()


def test_penalties():
    params = {"weight": np.array([[1.5, -2.0], [0.0, 4.0]]), "bias": np.array([-0.5])}
    with jax.enable_x64(True):
        value, gradient = jax.value_and_grad(losses.l1_penalty)(params)
        assert float(value) == 8.0
        np.testing.assert_array_equal(gradient["weight"], [[1, -1], [0, 1]])
        value, gradient = jax.value_and_grad(losses.l2_penalty)(params)
        assert float(value) == 22.5
        np.testing.assert_array_equal(gradient["weight"], 2 * params["weight"])
    assert float(losses.l2_penalty([])) == 0.0


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        ("squared_error", "prediction"),
        ("mean_squared_error", "prediction"),
        ("binary_cross_entropy", "logits"),
    ],
)
def test_shapes_that_would_broadcast_are_refused(loss, name):
    with pytest.raises(ValueError) as error:
        getattr(losses, loss)(jnp.ones(100), jnp.ones((100, 1)))
    assert str(error.value) == (
        f"{loss}: {name} has shape (100,) and target has shape (100, 1); wanted the same shape"
    )


def test_targets_of_classes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"logits have shape \(5, 3\) and target has shape \(4,\)"):
        losses.categorical_cross_entropy(jnp.ones((5, 3)), jnp.ones(4, int))
    with pytest.raises(ValueError, match=r"target has shape \(5,\) and dtype float32; wanted"):
        losses.categorical_cross_entropy(jnp.ones((5, 3)), jnp.ones(5))


@pytest.mark.parametrize("loss", ["mean_squared_error", "binary_cross_entropy"])
def test_the_mean_of_nothing_is_refused(loss):
    with pytest.raises(ValueError, match=rf"{loss}: .* has shape \(0,\): the mean of nothing"):
        getattr(losses, loss)(jnp.ones(0), jnp.ones(0))
