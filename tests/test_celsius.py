"""The main job: the neuron, the picture, and the chain rule behind it."""

import jax
import numpy as np
import pytest
from matplotlib.colors import same_color

from jaxlearn import DivergenceError, celsius, datasets, plotting


def test_the_data():
    x, target = datasets.celsius_fahrenheit()
    assert x.shape == target.shape == (100,)
    assert x.dtype == target.dtype == np.float64
    assert (x[0], x[-1]) == (-50, 49)
    np.testing.assert_allclose(target, [c * 9 / 5 + 32 for c in range(-50, 50)], rtol=1e-15)


@pytest.mark.parametrize("seed", [0, 1, celsius.SEED])
def test_it_learns_the_relation(seed):
    result = celsius.train_neuron(seed=seed)
    assert abs(float(result.params["weight"]) - 1.8) < 1e-6
    assert abs(float(result.params["bias"]) - 32) < 1e-6
    assert result.losses.shape == (10_000,)
    assert (np.diff(result.losses) < 0).all()
    assert celsius.mean_squared_error(result.params) < 1e-12


def test_it_is_plain_gradient_descent():
    x, target = datasets.celsius_fahrenheit()
    first = celsius.initial_params()
    weight, bias = float(first["weight"]), float(first["bias"])
    expected = []
    for _ in range(1000):
        difference = weight * x + bias - target
        expected.append((difference**2).mean())
        weight -= 1e-3 * 2 * (difference * x).mean()
        bias -= 1e-3 * 2 * difference.mean()
    result = celsius.train_neuron(1000)
    np.testing.assert_allclose(result.losses, expected, rtol=1e-11)
    np.testing.assert_allclose(float(result.params["weight"]), weight, rtol=1e-12)
    np.testing.assert_allclose(float(result.params["bias"]), bias, rtol=1e-12)


def test_the_chain_rule_of_the_article_is_jaxs_gradient():
    x, target = datasets.celsius_fahrenheit()
    params = celsius.initial_params()
    output = float(params["weight"]) * x + float(params["bias"])
    grad_output = 2 * (output - target) / len(x)
    grad_weight = np.sum(x * grad_output)
    grad_bias = np.sum(grad_output)
    with jax.enable_x64(True):
        gradient = jax.grad(celsius.objective)(params, x, target)
    np.testing.assert_allclose(float(gradient["weight"]), grad_weight, rtol=1e-13)
    np.testing.assert_allclose(float(gradient["bias"]), grad_bias, rtol=1e-13)
    # With `output` in place of `celsius`, as the published code had it, it is another number.
    assert abs(np.sum(output * grad_output) - grad_weight) > 1


def test_a_learning_rate_that_is_too_large():
    with pytest.raises(
        DivergenceError, match=r"at step \d+, with learning rate 0.01; try a smaller"
    ):
        celsius.train_neuron(learning_rate=0.01)


@pytest.mark.parametrize(
    ("weight", "bias", "text"),
    [
        (1.8, 32.0, "Fahrenheit = 1.8 * Celsius + 32"),
        (-0.123456789, -0.5, "Fahrenheit = -0.1234568 * Celsius - 0.5"),
    ],
)
def test_the_equation(weight, bias, text):
    assert celsius.equation({"weight": weight, "bias": bias}) == text


def test_the_picture():
    before, after = {"weight": -1.0, "bias": 2.0}, {"weight": 1.8, "bias": 32.0}
    axes = plotting.new_figure().subplots()
    celsius.plot(axes, before, after)
    x, target = datasets.celsius_fahrenheit()
    drawn = {line.get_label(): line for line in axes.get_lines()}
    for label, color, dashed, y in (
        ("actual", "blue", False, target),
        ("predicted before training", "red", True, -x + 2),
        ("predicted after training", "green", True, 1.8 * x + 32),
    ):
        line = drawn.pop(label)
        assert same_color(line.get_color(), color)
        assert line.is_dashed() is dashed
        np.testing.assert_array_equal(line.get_xdata(), x)
        np.testing.assert_allclose(line.get_ydata(), y, rtol=1e-14)
    assert not drawn
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Celsius", "Fahrenheit")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "actual",
        "predicted before training",
        "predicted after training",
    ]
