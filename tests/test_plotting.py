"""Pictures: what they show, how they are written, what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxlearn import plotting


def layer(h, weight):
    return jnp.tanh(h * weight)


def bias(weight):
    return weight


def output(layer, bias):
    return layer + bias


def loss(output, target):
    return jnp.mean((output - target) ** 2)


PARAMS = {"weight": 0.7, "bias": -0.2}
DATA = {"h": np.array([1.0, -2.0, 0.5]), "target": np.array([0.0, 1.0, 2.0])}


def overlaps(first, second):
    return first.x0 < second.x1 and second.x0 < first.x1 and first.y0 < second.y1 < first.y1


def test_a_chain_knows_its_gradients_and_what_depends_on_what():
    chain = plotting.trace_chain([layer, output, loss], PARAMS, DATA)
    found = {result.name: result for result in chain}
    assert {name: result.depends_on for name, result in found.items()} == {
        "weight": (),
        "bias": (),
        "h": (),
        "target": (),
        "layer": ("h", "weight"),
        "output": ("layer", "bias"),
        "loss": ("output", "target"),
    }
    hidden = np.tanh(0.7 * DATA["h"])
    difference = hidden - 0.2 - DATA["target"]
    gradients = {
        "loss": 1.0,
        "output": 2 * difference / 3,
        "layer": 2 * difference / 3,
        "bias": (2 * difference / 3).sum(),
        "weight": (2 * difference / 3 * (1 - hidden**2) * DATA["h"]).sum(),
    }
    for name, gradient in gradients.items():
        np.testing.assert_allclose(found[name].gradient, gradient, rtol=1e-13)
    assert found["h"].gradient is None
    assert found["target"].gradient is None
    np.testing.assert_allclose(found["loss"].value, (difference**2).mean(), rtol=1e-14)


def test_an_argument_that_is_not_used_is_not_depended_on():
    def first(weight, bias):
        return weight * 2.0

    def second(first, weight):
        return first + weight

    chain = plotting.trace_chain([first, second], {"weight": 3.0, "bias": 1.0}, {})
    found = {result.name: result for result in chain}
    assert found["first"].depends_on == ("weight",)
    assert (float(found["weight"].gradient), float(found["bias"].gradient)) == (3.0, 0.0)


def test_chains_that_cannot_be_traced():
    with pytest.raises(
        ValueError, match="loss: takes 'output', which stands for nothing; known are"
    ):
        plotting.trace_chain([loss], PARAMS, DATA)
    with pytest.raises(ValueError, match="bias: two results have this name; rename the stage"):
        plotting.trace_chain([bias], PARAMS, DATA)
    with pytest.raises(ValueError, match=r"output: the last stage has shape \(3,\), wanted \(\)"):
        plotting.trace_chain([layer, output], PARAMS, DATA)


def test_the_chain_picture_shows_all_and_nothing_overlaps():
    chain = plotting.trace_chain([layer, output, loss], PARAMS, DATA)
    figure = plotting.new_figure((10.0, 4.2))
    axes = figure.subplots()
    plotting.plot_chain(axes, chain)
    figure.draw_without_rendering()
    texts = {text.get_text().split("\n")[0]: text for text in axes.texts}
    assert set(texts) == {result.name for result in chain}
    assert texts["bias"].get_text().split("\n")[2].startswith("∂loss/∂bias = ")
    assert len(texts["h"].get_text().split("\n")) == 2
    boxes = [text.get_window_extent() for text in axes.texts]
    boxes.append(axes.get_legend().get_window_extent())
    for index, box in enumerate(boxes):
        assert not any(overlaps(box, other) for other in boxes[:index])
    arrows = [patch for patch in axes.patches if type(patch).__name__ == "FancyArrowPatch"]
    styles = [arrow.get_linestyle() for arrow in arrows]
    # Forward: 2 + 2 + 2 inputs of stages; back: to weight, layer, bias, output.
    assert (styles.count("-"), styles.count("--")) == (6, 4)


def test_losses_that_diverge_are_drawn_as_far_as_they_go():
    axes = plotting.new_figure().subplots()
    plotting.plot_losses(axes, {"a": [1.0, 1e50, 1e200, np.inf], "b": [1.0, 0.5, np.nan]})
    axes.figure.draw_without_rendering()
    first, second = axes.get_lines()
    np.testing.assert_array_equal(first.get_xdata(), [1, 2, 3, 4])
    np.testing.assert_array_equal(first.get_ydata(), [1, 1e50, np.nan, np.nan])
    np.testing.assert_array_equal(second.get_ydata(), [1, 0.5, np.nan])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]


def test_the_neuron_shows_its_params():
    figure = plotting.new_figure((7.0, 3.2))
    axes = figure.subplots()
    params = {"weight": jnp.float32(1.8), "bias": jnp.float32(-32)}
    plotting.plot_neuron(axes, params, "in", "out")
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["in", "1", "+", "out", "weight = 1.8", "bias = -32"]
    assert axes.get_title() == "out = weight * in + bias"


@pytest.mark.parametrize(
    ("ending", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("PDF", b"%PDF")]
)
def test_the_format_follows_the_ending(ending, magic, tmp_path):
    path = tmp_path / f"picture.{ending}"
    plotting.check_writable(path)
    figure = plotting.new_figure()
    plotting.plot_losses(figure.subplots(), {"a": [1.0, 0.5]})
    plotting.save_figure(figure, path)
    assert path.read_bytes().startswith(magic)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("missing/picture.png", "the folder .*missing does not exist; create it first"),
        ("picture.doc", r"cannot write a \.doc file; wanted \..*\.pdf, .*\.png, .*\.svg"),
        ("picture", "cannot write a file without an ending; wanted"),
        ("", "is a folder; wanted a file"),
    ],
)
def test_paths_that_cannot_be_written(name, text, tmp_path):
    with pytest.raises(ValueError, match=text):
        plotting.check_writable(tmp_path / name)


def test_a_window_needs_a_display(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    with pytest.raises(
        RuntimeError, match="matplotlib's backend is agg; run it where there is a disp"
    ):
        plotting.new_figure(window=True)


def test_pictures_leave_jax_as_it_is():
    plotting.trace_chain([layer, output, loss], PARAMS, DATA)
    assert jnp.ones(2).dtype == jnp.float32
    assert jax.config.jax_enable_x64 is False
