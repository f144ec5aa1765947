"""Models: pure functions ``(params, x) -> prediction``, each with an initialiser of its params.

Params are plain pytrees (dicts, lists) of arrays. An initialiser takes a ``jax.random`` key and
makes float32 by default; ``dtype="float64"`` works without changing any setting of JAX. A model
computes in the types of its arguments. Inside `jaxlearn.Step` and `jaxlearn.train` 64-bit params
stay 64-bit; to call a model on them by itself, do so inside ``with jax.enable_x64(True):``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike, DTypeLike

from jaxlearn.arguments import whole_number

__all__ = [
    "init_linear_neuron",
    "init_logistic_regression",
    "init_multilayer_perceptron",
    "init_weighted_sum",
    "linear_neuron",
    "logistic_regression",
    "multilayer_perceptron",
    "weighted_sum",
]


def weighted_sum(params: Any, x: ArrayLike) -> jax.Array:
    """Return ``sum_i x_i w_i``: the features, each times its weight, added up.

    Args:
        params: ``{"weight": w}`` with ``w`` of shape ``(features,)``.
        x: features, shape ``(..., features)``.

    Returns:
        The sums, shape ``(...)``.

    Raises:
        ValueError: ``x`` has another number of features than there are weights.

    Example:
        >>> import jax.numpy as jnp
        >>> params = {"weight": jnp.array([0.5, 2.0])}
        >>> weighted_sum(params, jnp.array([[1.0, 1.0], [2.0, 0.0]])).tolist()
        [2.5, 1.0]
    """
    _check_features("weighted_sum", x, params["weight"])
    return jnp.matmul(x, params["weight"])


def init_weighted_sum(key: jax.Array, features: int, dtype: DTypeLike = "float32") -> Any:
    """Draw the params of `weighted_sum` from the standard normal distribution.

    Example:
        >>> import jax
        >>> init_weighted_sum(jax.random.key(0), 3)["weight"].shape
        (3,)
    """
    return {"weight": _normal(key, (whole_number("features", features, least=1),), dtype)}


def linear_neuron(params: Any, x: Any) -> Any:
    """Return ``weight * x + bias``: one neuron with one input and no activation.

    Args:
        params: ``{"weight": w, "bias": b}``, two scalars.
        x: the input, any shape.

    Returns:
        The output, of the shape of ``x``.

    Example:
        >>> linear_neuron({"weight": 1.8, "bias": 32.0}, 100.0)
        212.0
    """
    return params["weight"] * x + params["bias"]


def init_linear_neuron(key: jax.Array, dtype: DTypeLike = "float32") -> Any:
    """Draw the params of `linear_neuron` from the standard normal distribution.

    Example:
        >>> import jax
        >>> params = init_linear_neuron(jax.random.key(0), dtype="float64")
        >>> sorted(params), params["weight"].shape, params["weight"].dtype.name
        (['bias', 'weight'], (), 'float64')
    """
    weight_key, bias_key = jax.random.split(key)
    return {"weight": _normal(weight_key, (), dtype), "bias": _normal(bias_key, (), dtype)}


def logistic_regression(params: Any, x: ArrayLike) -> jax.Array:
    """Return the logits ``x @ weight + bias`` of logistic regression.

    The probability is ``jax.nn.sigmoid`` of the logit for two classes, and ``jax.nn.softmax``
    of the logits for more. The losses take logits, because the logarithm of a probability that
    was rounded to 0 or 1 is lost.

    Args:
        params: ``{"weight": w, "bias": b}`` of shapes ``(features,)`` and ``()`` for two classes,
            ``(features, classes)`` and ``(classes,)`` for more.
        x: features, shape ``(..., features)``.

    Returns:
        Logits, shape ``(...)`` for two classes, ``(..., classes)`` for more.

    Raises:
        ValueError: ``x`` has another number of features than the weights are for.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> params = {"weight": jnp.array([2.0, -1.0]), "bias": jnp.array(0.5)}
        >>> logit = logistic_regression(params, jnp.array([1.0, 2.5]))
        >>> float(logit), float(jax.nn.sigmoid(logit))
        (0.0, 0.5)
    """
    _check_features("logistic_regression", x, params["weight"])
    logits: jax.Array = jnp.matmul(x, params["weight"]) + params["bias"]
    return logits


def init_logistic_regression(
    key: jax.Array, features: int, classes: int = 2, dtype: DTypeLike = "float32"
) -> Any:
    """Make the params of `logistic_regression`: weights Glorot-uniform, biases zero.

    Two classes need one logit, and more classes one logit each.

    Example:
        >>> import jax
        >>> init_logistic_regression(jax.random.key(0), 784)["weight"].shape
        (784,)
        >>> init_logistic_regression(jax.random.key(0), 784, classes=10)["weight"].shape
        (784, 10)
    """
    features = whole_number("features", features, least=1)
    if whole_number("classes", classes, least=2) > 2:
        return _layer(key, (features, classes), dtype)
    return _layer(key, (features,), dtype)


def multilayer_perceptron(
    params: Any, x: ArrayLike, activation: Callable[[jax.Array], jax.Array] = jnp.tanh
) -> jax.Array:
    """Return the output of a multi-layer perceptron.

    Each layer computes ``h @ weight + bias``; the activation stands between the layers, and not
    after the last one, so that the output serves as a regression's prediction or as logits.

    Args:
        params: a list of layers ``{"weight": (inputs, outputs), "bias": (outputs,)}``.
        x: features, shape ``(..., features)``.
        activation: an elementwise function such as ``jnp.tanh``, ``jax.nn.relu``.

    Returns:
        The last layer's output, shape ``(..., outputs)``.

    Raises:
        ValueError: ``x`` has another number of features than the first layer is for.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> params = init_multilayer_perceptron(jax.random.key(0), [2, 8, 8, 3])
        >>> multilayer_perceptron(params, jnp.ones((5, 2)), activation=jax.nn.relu).shape
        (5, 3)
    """
    _check_features("multilayer_perceptron", x, params[0]["weight"])
    *hidden, last = params
    h = jnp.asarray(x)
    for layer in hidden:
        h = activation(jnp.matmul(h, layer["weight"]) + layer["bias"])
    output: jax.Array = jnp.matmul(h, last["weight"]) + last["bias"]
    return output


def init_multilayer_perceptron(
    key: jax.Array, widths: Sequence[int], dtype: DTypeLike = "float32"
) -> Any:
    """Make the params of `multilayer_perceptron`: weights Glorot-uniform, biases zero.

    Weights are uniform between ``-+sqrt(6 / (inputs + outputs))`` (Glorot and Bengio, 2010,
    *Understanding the difficulty of training deep feedforward neural networks*, equation 16).

    Args:
        key: a ``jax.random`` key.
        widths: the number of inputs, the width of each hidden layer, the number of outputs.
        dtype: a floating-point dtype.

    Raises:
        ValueError: fewer than two widths, or one below 1.

    Example:
        >>> import jax
        >>> params = init_multilayer_perceptron(jax.random.key(0), [784, 500, 10])
        >>> [layer["weight"].shape for layer in params]
        [(784, 500), (500, 10)]
    """
    widths = [whole_number("widths", width, least=1) for width in widths]
    if len(widths) < 2:
        raise ValueError(f"widths: got {widths}, wanted at least the inputs and the outputs")
    keys = jax.random.split(key, len(widths) - 1)
    return [
        _layer(layer_key, shape, dtype)
        for layer_key, shape in zip(keys, itertools.pairwise(widths), strict=True)
    ]


def _layer(key: jax.Array, shape: tuple[int, ...], dtype: DTypeLike) -> dict[str, jax.Array]:
    inputs, *outputs = shape
    limit = (6 / (inputs + math.prod(outputs))) ** 0.5
    with jax.enable_x64(True):
        dtype = _floating(dtype)
        weight = jax.random.uniform(key, shape, dtype, minval=-limit, maxval=limit)
        return {"weight": weight, "bias": jnp.zeros(outputs, dtype)}


def _normal(key: jax.Array, shape: tuple[int, ...], dtype: DTypeLike) -> jax.Array:
    with jax.enable_x64(True):
        return jax.random.normal(key, shape, _floating(dtype))


def _floating(dtype: DTypeLike) -> np.dtype[Any]:
    resolved = jnp.dtype(dtype)
    if not jnp.issubdtype(resolved, jnp.floating):
        raise ValueError(f"dtype: got {resolved}, wanted a floating-point type such as float32")
    return resolved


def _check_features(model: str, x: ArrayLike, weight: ArrayLike) -> None:
    if np.shape(x)[-1:] != np.shape(weight)[:1] or np.ndim(weight) == 0:
        features = np.shape(weight)[0] if np.ndim(weight) else "features"
        raise ValueError(
            f"{model}: x has shape {np.shape(x)} and weight has shape {np.shape(weight)}; "
            f"wanted x of shape (..., {features}), features last"
        )
