"""Operations with a gradient of their own, where JAX differentiates what they are a part of.

`gradients.grad` asks each operation of a graph for its gradient. But the steps of a loop are
differentiated by JAX, and JAX knows nothing but functions. So the function of an operation with a
gradient of its own gets a rule, `jax.custom_vjp`: it computes the graph of that gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxlearn.symbolic.configuration import change_flags
from jaxlearn.symbolic.errors import NullTypeGradError, attributed_to, made_at
from jaxlearn.symbolic.gradient_types import DisconnectedType, NullType
from jaxlearn.symbolic.graph import Apply, Constant, Variable, graph_inputs
from jaxlearn.symbolic.types import is_discrete

__all__ = ["OwnGradient", "with_gradient", "with_own_gradient"]


class OwnGradient:
    """The graph of an operation's own gradient.

    Args:
        node: the place of the operation.
        wanted: by which inputs.

    Attributes:
        wanted: those of them that the outputs depend on.
        results: the gradients by them.
        needed: the inputs and outputs of the node that these are made of.
        given: what stands for the gradients by the outputs, but for those of whole numbers.
        undefined: what to raise if a gradient flows back, as that by some input is not defined.

    Raises:
        ValueError: the gradient has another rank than the input, or is made of other variables.
    """

    def __init__(self, node: Apply, wanted: Sequence[int]) -> None:
        gradients = [
            None if is_discrete(output.type.dtype) else output.type.make_variable("gradient")
            for output in node.outputs
        ]
        self._node = node
        self.given: list[Variable] = [gradient for gradient in gradients if gradient is not None]
        self.undefined: NullTypeGradError | None = None
        connected = [
            i
            for i in wanted
            if self.given
            and not is_discrete(node.inputs[i].type.dtype)
            and node.op.connected(node, i)
        ]
        with attributed_to(node.line), change_flags(compute_test_value="off"):
            found = node.op.gradient(node, gradients, connected) if connected else []
            pairs = zip(connected, found, strict=True)
            made = {i: self._of_input(i, gradient) for i, gradient in pairs}
        self.wanted = [i for i in connected if made[i] is not None]
        self.results = [gradient for gradient in made.values() if gradient is not None]
        around = dict.fromkeys([*node.inputs, *node.outputs])
        used = graph_inputs(self.results, {*around, *self.given})
        self.needed = [v for v in around if v in used and not isinstance(v, Constant)]
        for variable in used:
            if not (isinstance(variable, Constant) or variable in (*around, *self.given)):
                raise ValueError(
                    f"{node.op}: its gradient depends on {variable}, which is no input of it; "
                    "within a loop it must be: give it to the operation as one more input"
                    f"{made_at(node.line)}"
                )

    def _of_input(self, i: int, gradient: Any) -> Variable | None:
        from jaxlearn.symbolic.ops.elementwise import cast
        from jaxlearn.symbolic.printing import short_formula

        node, variable = self._node, self._node.inputs[i]
        name = short_formula(variable)
        if gradient is None or isinstance(gradient.type, DisconnectedType):
            return None
        if isinstance(gradient.type, NullType):
            self.undefined = self.undefined or NullTypeGradError(
                f"the gradient by {name} is not defined: {gradient.type.why_null}"
                f"{made_at(node.line)}"
            )
            return None
        if gradient.type.ndim != variable.type.ndim:
            raise ValueError(
                f"{node.op}: its gradient by input {i}, {name} of {variable.type!r}, is of "
                f"{gradient.type!r}, wanted as many axes as the input has{made_at(node.line)}"
            )
        return cast(gradient, variable.type.dtype)  # type: ignore[no-any-return]


def with_own_gradient(
    node: Apply,
    function: Callable[..., tuple[Any, ...]],
    computed: Callable[[OwnGradient, dict[Variable, Any]], Sequence[Any]],
) -> Callable[..., tuple[Any, ...]]:
    """Return the function of a node such that JAX differentiates it as the operation says.

    Args:
        node: the place of the operation.
        function: of the inputs; it returns the outputs, and may return more.
        computed: computes a gradient, given the values of what it is made of.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> from jaxlearn.symbolic.gradient_markers import grad_scale
        >>> node = grad_scale(T.dscalar("x"), 5.0).owner
        >>> def computed(rule, values):
        ...     return [5.0 * values[rule.given[0]]]
        >>> made = with_own_gradient(node, lambda x: (x,), computed)
        >>> float(jax.grad(lambda x: made(x)[0] ** 2)(3.0))
        30.0
    """

    def forward(*inputs: Any) -> tuple[Any, Any]:
        arrays = [array.value for array in inputs]
        # Not the function itself: the second derivative follows the same rule.
        outputs = made(*arrays)
        rule = OwnGradient(node, [i for i, array in enumerate(inputs) if array.perturbed])
        values = dict(zip([*node.inputs, *node.outputs], [*arrays, *outputs], strict=False))
        shapes = [jnp.shape(array) for array in arrays]

        def pull(gradients: Sequence[Any], *kept: Any) -> list[Any]:
            if rule.undefined and not all(map(_is_nothing, gradients)):
                raise rule.undefined
            known = [*zip(rule.needed, kept, strict=True)]
            known += zip(rule.given, _floating(gradients[: len(node.outputs)]), strict=True)
            answers: list[Any] = [None] * len(arrays)
            found = computed(rule, dict(known))
            for i, answer in zip(rule.wanted, found, strict=True):
                if jnp.shape(answer) != shapes[i]:
                    raise ValueError(
                        f"{node.op}: its gradient by input {i}, {node.inputs[i]}, has shape "
                        f"{jnp.shape(answer)}, wanted that of the input, {shapes[i]}"
                        f"{made_at(node.line)}"
                    )
                answers[i] = answer
            return answers

        return outputs, jax.tree_util.Partial(pull, *[values[v] for v in rule.needed])

    def backward(pull: Any, gradients: Sequence[Any]) -> tuple[Any, ...]:
        kept = pull.args
        return tuple(pull.func(gradients, *kept))

    made = jax.custom_vjp(function)
    made.defvjp(forward, backward, symbolic_zeros=True)
    return made


def _floating(gradients: Sequence[Any]) -> list[Any]:
    """Return the gradients by what is no whole number; those that are zero as arrays of zeros."""
    return [
        jnp.zeros(gradient.shape, gradient.dtype) if _is_nothing(gradient) else gradient
        for gradient in gradients
        if gradient.dtype != jax.dtypes.float0
    ]


def _is_nothing(gradient: Any) -> bool:
    """Whether no gradient comes back, as to whole numbers, or from what nothing depends on."""
    is_zero = isinstance(gradient, jax.custom_derivatives.SymbolicZero)
    return is_zero or bool(gradient.dtype == jax.dtypes.float0)


def with_gradient(
    function: Callable[..., Any],
    pullback: Callable[..., Sequence[Any]],
    kept: Sequence[int],
    wanted: Sequence[int],
    inputs: Sequence[Any],
) -> Any:
    """Return what a function makes of some inputs, such that JAX differentiates it by a pullback.

    Args:
        function: the function.
        pullback: makes the gradients by some inputs, of inputs and outputs, and of the gradients
            by the outputs.
        kept: which of the inputs, and then of the outputs, it gets.
        wanted: by which inputs it makes the gradients; those by the others are zero.
        inputs: the inputs.

    Example:
        >>> def twice(x):
        ...     return with_gradient(lambda x: x, lambda g: (2 * g,), (), (0,), [x])
        >>> float(twice(3.0)), float(jax.grad(twice)(3.0))
        (3.0, 2.0)
    """
    made = jax.custom_vjp(function)

    def forward(*inputs: Any) -> tuple[Any, Any]:
        outputs = made(*inputs)
        values = (*inputs, *(outputs if isinstance(outputs, (tuple, list)) else (outputs,)))
        return outputs, [values[i] for i in kept]

    def backward(values: Sequence[Any], gradients: Any) -> tuple[Any, ...]:
        several = gradients if isinstance(gradients, (tuple, list)) else (gradients,)
        floating = [g for g in several if g.dtype != jax.dtypes.float0]
        found = dict(zip(wanted, pullback(*values, *floating), strict=True))
        return tuple([found.get(i) for i in range(len(inputs))])

    made.defvjp(forward, backward)
    return made(*inputs)
