"""Expressions that change what flows back through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax import lax

from jaxlearn.symbolic.gradient_types import grad_undefined
from jaxlearn.symbolic.graph import (
    Apply,
    Op,
    Variable,
)
from jaxlearn.symbolic.ops.creation import zeros_like
from jaxlearn.symbolic.ops.elementwise import cast, clip
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "DisconnectedGrad",
    "GradClip",
    "GradScale",
    "UndefinedGrad",
    "ViewOp",
    "ZeroGrad",
    "consider_constant",
    "disconnected_grad",
    "grad_clip",
    "grad_scale",
    "undefined_grad",
    "zero_grad",
]


class _Marker(Op):
    """The same value, with a gradient of its own."""

    def make_node(self, x: Any) -> Apply:
        """Tell the type of the output."""
        variable = as_tensor_variable(x)
        return Apply.of_types(self, [variable], [variable.type])

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the value."""
        return inputs[0]

    def function(self, x: Any) -> Any:
        """Return the value."""
        return x

    def host(self, node: Apply, x: np.ndarray) -> Any:
        """Return the value."""
        return x


class _Stopped(_Marker):
    """The same value, which JAX takes for a constant."""

    function = staticmethod(lax.stop_gradient)
    has_own_gradient = False

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write JAX's own name of this."""
        return f"lax.stop_gradient({inputs[0]})"


class DisconnectedGrad(_Stopped):
    """The same value, through which no gradient flows."""

    def connected(self, node: Apply, i: int) -> bool:
        """Nothing flows back."""
        return False


class ZeroGrad(_Stopped):
    """The same value, whose gradient is zero."""

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return zeros."""
        return [zeros_like(node.inputs[i]) for i in wanted]


class UndefinedGrad(_Marker):
    """The same value, whose gradient is not defined."""

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return undefined gradients."""
        return [grad_undefined(self, i, node.inputs[i]) for i in wanted]


class ViewOp(_Marker):
    """The same value, with a gradient that a subclass may define as Theano's operations do.

    A subclass may define ``grad(inputs, output_gradients)``, which returns the list of gradients,
    and ``connection_pattern(node)``, which returns whether each input is connected to each output.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> class Reversed(ViewOp):
        ...     def grad(self, inputs, output_gradients):
        ...         return [-output_gradients[0]]
        >>> x = T.dscalar("x")
        >>> float(T.grad(Reversed()(x) ** 2, x).eval({x: 3.0}))
        -6.0
    """

    def grad(self, inputs: Sequence[Any], output_gradients: Sequence[Any]) -> list[Any]:
        """Return the gradients by the outputs as those by the inputs."""
        return list(output_gradients)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return that the input is connected to the output."""
        return [[True]]


class GradClip(_Marker):
    """The same value, whose gradient is clipped.

    Args:
        clip_lower_bound: the smallest element that flows back.
        clip_upper_bound: the largest one.
    """

    parameters = ("clip_lower_bound", "clip_upper_bound")

    def __init__(self, clip_lower_bound: float, clip_upper_bound: float) -> None:
        self.clip_lower_bound = clip_lower_bound
        self.clip_upper_bound = clip_upper_bound
        if not clip_upper_bound >= clip_lower_bound:
            raise ValueError(
                f"grad_clip: got bounds {clip_lower_bound} and {clip_upper_bound}, "
                "wanted the upper one at least as large as the lower one"
            )

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return the clipped gradient."""
        gradient: Any = output_gradients[0]
        bounds = (self.clip_lower_bound, self.clip_upper_bound)
        return [cast(clip(gradient, *bounds), gradient.dtype)]


class GradScale(_Marker):
    """The same value, whose gradient is multiplied by a number.

    Args:
        multiplier: the number.
    """

    parameters = ("multiplier",)

    def __init__(self, multiplier: float) -> None:
        self.multiplier = multiplier

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return the multiplied gradient."""
        gradient: Any = output_gradients[0]
        return [cast(self.multiplier * gradient, gradient.dtype)]


def disconnected_grad(x: Any) -> Any:
    """Return an expression through which no gradient flows: the cost does not depend on it.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> float(T.grad(x * disconnected_grad(x), x).eval({x: 3.0}))
        3.0
    """
    return DisconnectedGrad()(x)


def consider_constant(x: Any) -> Any:
    """Return an expression whose gradient is zero.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> float(T.grad(x * consider_constant(x), x).eval({x: 3.0}))
        3.0
    """
    return ZeroGrad()(x)


def zero_grad(x: Any) -> Any:
    """Return an expression whose gradient is zero.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> float(T.grad(zero_grad(x), x).eval({x: 3.0}))
        0.0
    """
    return ZeroGrad()(x)


def undefined_grad(x: Any) -> Any:
    """Return an expression whose gradient is not defined: `grad` through it raises.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> T.grad(undefined_grad(x), x, null_gradients="return").type
        NullType
    """
    return UndefinedGrad()(x)


def grad_clip(x: Any, lower_bound: float, upper_bound: float) -> Any:
    """Return an expression whose gradient is clipped to a range, element by element.

    Raises:
        ValueError: the upper bound is smaller than the lower one.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> float(T.grad(grad_clip(5 * x, -1, 1), x).eval({x: 3.0}))
        5.0
    """
    return GradClip(lower_bound, upper_bound)(x)


def grad_scale(x: Any, multiplier: float) -> Any:
    """Return an expression whose gradient is multiplied by a number.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> float(T.grad(grad_scale(x, 0.5), x).eval({x: 3.0}))
        0.5
    """
    return GradScale(multiplier)(x)
