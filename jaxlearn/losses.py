"""Losses: pure functions ``(prediction, target) -> scalar``; and penalties of params.

Every loss and its gradient stay finite at logits of +-1000 in float32. A prediction and a target
of different shapes are refused rather than broadcast: 100 predictions against a column of 100
targets would silently become 10,000 differences.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

__all__ = [
    "binary_cross_entropy",
    "categorical_cross_entropy",
    "l1_penalty",
    "l2_penalty",
    "mean_squared_error",
    "squared_error",
]


def squared_error(prediction: ArrayLike, target: ArrayLike) -> jax.Array:
    """Return ``sum (prediction - target)**2``.

    Args:
        prediction: any shape.
        target: the same shape.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> import jax.numpy as jnp
        >>> float(squared_error(jnp.array([1.0, 2.0]), jnp.array([0.0, 5.0])))
        10.0
    """
    _check_same_shape("squared_error", prediction, target)
    return jnp.sum(jnp.square(jnp.subtract(prediction, target)))


def mean_squared_error(prediction: ArrayLike, target: ArrayLike) -> jax.Array:
    """Return ``mean (prediction - target)**2``.

    Args:
        prediction: any shape.
        target: the same shape.

    Raises:
        ValueError: the shapes differ, or there is nothing to take the mean of.

    Example:
        >>> import jax.numpy as jnp
        >>> float(mean_squared_error(jnp.array([1.0, 2.0]), jnp.array([0.0, 5.0])))
        5.0
    """
    _check_same_shape("mean_squared_error", prediction, target)
    _check_not_empty("mean_squared_error", "prediction", prediction)
    return jnp.mean(jnp.square(jnp.subtract(prediction, target)))


def binary_cross_entropy(logits: ArrayLike, target: ArrayLike) -> jax.Array:
    """Return the mean over samples of ``-t log(p) - (1 - t) log(1 - p)`` with p = sigmoid(logit).

    Computed as ``t softplus(-logit) + (1 - t) softplus(logit)``, which neither overflows nor
    rounds a small loss to zero.

    Args:
        logits: any shape.
        target: the same shape: 0 or 1, or a probability between them; booleans too.

    Raises:
        ValueError: the shapes differ, or there is nothing to take the mean of.

    Example:
        >>> import jax.numpy as jnp
        >>> float(binary_cross_entropy(jnp.array([-1000.0, 1000.0]), jnp.array([1.0, 1.0])))
        500.0
    """
    _check_same_shape("binary_cross_entropy", logits, target, "logits")
    _check_not_empty("binary_cross_entropy", "logits", logits)
    z = jnp.asarray(logits)
    t = jnp.asarray(target).astype(jnp.result_type(z, jnp.float32))
    return jnp.mean(t * jax.nn.softplus(-z) + (1 - t) * jax.nn.softplus(z))


def categorical_cross_entropy(logits: ArrayLike, target: ArrayLike) -> jax.Array:
    """Return the mean over samples of ``-log p`` of the target class, with p = softmax(logits).

    Args:
        logits: shape ``(..., classes)``.
        target: class numbers, integers of shape ``(...)``; or one probability per class, such as
            one-hot rows of any dtype, of the shape of the logits. A class number out of
            ``0 .. classes - 1`` gives NaN.

    Raises:
        ValueError: the shapes do not fit, or there is nothing to take the mean of.

    Example:
        >>> import jax.numpy as jnp
        >>> logits = jnp.array([[0.0, 1000.0], [0.0, 0.0]])
        >>> float(categorical_cross_entropy(logits, jnp.array([1, 0])))  # log(2) / 2
        0.3465735912322998
        >>> float(categorical_cross_entropy(logits, jnp.array([[0.0, 1.0], [1.0, 0.0]])))
        0.3465735912322998
    """
    shape, target_shape = np.shape(logits), np.shape(target)
    is_integer = jnp.issubdtype(jnp.result_type(target), jnp.integer)
    one_per_class = target_shape == shape
    if not shape or not (one_per_class or (is_integer and target_shape == shape[:-1])):
        raise ValueError(
            f"categorical_cross_entropy: logits have shape {shape} and target has shape "
            f"{target_shape} and dtype {jnp.result_type(target)}; wanted logits (..., classes) "
            "with either integer class numbers (...) or one probability per class (..., classes)"
        )
    _check_not_empty("categorical_cross_entropy", "logits", logits)
    log_p = jax.nn.log_softmax(jnp.asarray(logits), axis=-1)
    if one_per_class:
        return -jnp.mean(jnp.sum(jnp.asarray(target).astype(log_p.dtype) * log_p, axis=-1))
    number = jnp.asarray(target).astype(jnp.int32)
    # A negative number would count from the last class.
    index = jnp.where(number < 0, shape[-1], number)[..., None]
    return -jnp.mean(jnp.take_along_axis(log_p, index, axis=-1, mode="fill"))


def l1_penalty(params: Any) -> jax.Array:
    """Return ``sum |w|`` over every number of a pytree; its gradient at 0 is 0.

    Example:
        >>> import jax.numpy as jnp
        >>> float(l1_penalty({"weight": jnp.array([3.0, -4.0]), "bias": jnp.array(1.0)}))
        8.0
    """
    # The derivative of jnp.abs at 0 is 1, which would push a param away from where it belongs.
    return _total(
        [
            jnp.sum(leaf * jax.lax.stop_gradient(jnp.sign(leaf)))
            for leaf in map(jnp.asarray, jax.tree.leaves(params))
        ]
    )


def l2_penalty(params: Any) -> jax.Array:
    """Return ``sum w**2`` over every number of a pytree (not its square root, and not its half).

    Example:
        >>> import jax.numpy as jnp
        >>> float(l2_penalty({"weight": jnp.array([3.0, -4.0]), "bias": jnp.array(1.0)}))
        26.0
    """
    return _total([jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(params)])


def _total(sums: list[jax.Array]) -> jax.Array:
    return sum(sums[1:], sums[0]) if sums else jnp.zeros(())


def _check_same_shape(
    loss: str, prediction: ArrayLike, target: ArrayLike, name: str = "prediction"
) -> None:
    if np.shape(prediction) != np.shape(target):
        raise ValueError(
            f"{loss}: {name} has shape {np.shape(prediction)} and target has shape "
            f"{np.shape(target)}; wanted the same shape"
        )


def _check_not_empty(loss: str, name: str, value: ArrayLike) -> None:
    if np.size(value) == 0:
        raise ValueError(f"{loss}: {name} has shape {np.shape(value)}: the mean of nothing")
