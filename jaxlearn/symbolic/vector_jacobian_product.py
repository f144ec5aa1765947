"""The node of a gradient: `jax.vjp` of an operation's own function.

So no derivative is written by hand.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from jaxlearn.symbolic.gradient_types import dtype_of_gradient
from jaxlearn.symbolic.graph import (
    Apply,
    Op,
    Variable,
)
from jaxlearn.symbolic.ops.creation import zeros_like
from jaxlearn.symbolic.ops.elementwise import cast
from jaxlearn.symbolic.types import TensorType, is_discrete
from jaxlearn.symbolic.variables import as_variable

__all__ = ["ProductsApart", "VectorJacobianProduct", "vector_jacobian_product"]


class ProductsApart:
    """A function that sums products with some of its inputs, and whose gradients by them are apart.

    A loop multiplies a matrix in each step. Where the product gets a row of zeros added, the
    gradients by those rows and the other factors, of all steps, give the gradient by the matrix
    as one product.
    """

    def rows(self, wanted: Sequence[int], inputs: Sequence[Any]) -> list[Any]:
        """Return the zeros to add, for the products with wanted inputs."""
        raise NotImplementedError

    def with_rows(
        self, inputs: Sequence[Any], rows: Sequence[Any], constants: Sequence[Any]
    ) -> tuple[Any, Sequence[Any]]:
        """Return the outputs where the products have rows added, and their other factors.

        Args:
            inputs: the inputs, which are differentiated.
            rows: the rows to add.
            constants: the inputs once more, for the products: by these none are differentiated.
        """
        raise NotImplementedError

    def products(self, factors: Sequence[Any], gradients: Sequence[Any]) -> list[tuple[int, Any]]:
        """Return inputs and the gradients by them, given those by the rows."""
        raise NotImplementedError


class VectorJacobianProduct(Op):
    """The gradients of a node by some inputs, given the gradients by its outputs.

    Its inputs are those of the node, and then the given gradients.

    Args:
        op: the operation of the node.
        kinds: the types of its outputs.
        wanted: the inputs by which to differentiate.
        given: the outputs whose gradients are given; those of the others are zero.
        dtypes: the dtypes of the gradients.
    """

    parameters = ("op", "kinds", "wanted", "given", "dtypes")

    def __init__(
        self,
        op: Op,
        kinds: Sequence[TensorType],
        wanted: Sequence[int],
        given: Sequence[int],
        dtypes: Sequence[str],
    ) -> None:
        self.op = op
        self.kinds = tuple(kinds)
        self.wanted = tuple(wanted)
        self.given = tuple(given)
        self.dtypes = tuple(dtypes)

    def __str__(self) -> str:
        return f"Vjp{{{self.op}}}"

    def make_node(self, *inputs: Any) -> Apply:
        """Tell the types of the gradients."""
        variables = [as_variable(value) for value in inputs]
        kinds = [
            variables[i].type.clone(dtype)
            for i, dtype in zip(self.wanted, self.dtypes, strict=True)
        ]
        return Apply.of_types(self, variables, kinds)

    def primal(self, node: Apply) -> Apply:
        """Return the node that this one differentiates."""
        inputs = node.inputs[: len(node.inputs) - len(self.given)]
        primal = Apply.of_types(self.op, inputs, self.kinds)
        primal.line = node.line
        return primal

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the pullback of the operation's own function."""
        count = len(node.inputs) - len(self.given)
        function = lowering.bind(self.primal(node), values[:count])

        def pull(*arrays: Any) -> Any:
            _, pullback = self.vjp(function, arrays[:count])
            return pullback(arrays[count:])

        return pull

    def union(self, others: Sequence[VectorJacobianProduct]) -> VectorJacobianProduct:
        """Return one operation for all that some operations on the same node want and are given."""
        dtypes = {i: d for op in others for i, d in zip(op.wanted, op.dtypes, strict=True)}
        wanted = sorted(dtypes)
        given = sorted({i for op in others for i in op.given})
        return VectorJacobianProduct(
            self.op, self.kinds, wanted, given, [dtypes[i] for i in wanted]
        )

    def vjp(
        self, function: Callable[..., Any], inputs: Sequence[Any]
    ) -> tuple[tuple[Any, ...], Callable[[Sequence[Any]], tuple[Any, ...]]]:
        """Return the outputs of the function, and what pulls gradients back through it.

        A gradient of None stands for zero.
        """
        inputs = list(inputs)
        rows: Any = []
        if isinstance(function, ProductsApart):
            # Second derivatives choose other products of the same function.
            function = copy.copy(function)
            rows = function.rows(self.wanted, inputs)

        def of_wanted(rows: Any, *wanted: Any) -> tuple[tuple[Any, ...], Any]:
            arguments: list[Any] = list(inputs)
            factors: Sequence[Any] = ()
            for i, value in zip(self.wanted, wanted, strict=True):
                arguments[i] = value
            if isinstance(function, ProductsApart):
                outputs, factors = function.with_rows(arguments, rows, inputs)
            else:
                outputs = function(*arguments)
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            return tuple([outputs[i] for i in self.given]), (outputs, factors)

        wanted = [
            lax.convert_element_type(inputs[i], dtype)
            for i, dtype in zip(self.wanted, self.dtypes, strict=True)
        ]
        with self.op.tracing():
            given, pullback, (outputs, factors) = jax.vjp(of_wanted, rows, *wanted, has_aux=True)

        def pull(gradients: Sequence[Any]) -> tuple[Any, ...]:
            cotangents = [
                jnp.zeros(output.shape, output.dtype)
                if gradient is None
                else jnp.broadcast_to(gradient, output.shape)
                for output, gradient in zip(given, gradients, strict=True)
            ]
            with self.op.tracing():
                by_rows, *answers = pullback(tuple(cotangents))
                if isinstance(function, ProductsApart):
                    for i, more in function.products(factors, by_rows):
                        place = self.wanted.index(i)
                        answers[place] += lax.convert_element_type(more, self.dtypes[place])
            return tuple(answers)

        return outputs, pull

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write ``jax.vjp`` of the operation's own expression."""
        primal = self.primal(node)
        count = len(primal.inputs)
        with writer.differentiating():
            expression = primal.op.source(primal, inputs[:count], writer)
        if isinstance(primal.op, VectorJacobianProduct) and len(primal.outputs) == 1:
            expression = f"{expression}[0]"
        taken = [expression]
        if len(primal.outputs) > 1:
            # What has no gradient here is left out, so that none must be made up for it.
            taken = [f"({expression})[{i}]" for i in self.given]
            expression = taken[0] if len(taken) == 1 else f"({', '.join(taken)})"
        gradients = [
            _source_of_shape(
                inputs[count + place], node.inputs[count + place], primal.outputs[i], taken[place]
            )
            for place, i in enumerate(self.given)
        ]
        pulled = gradients[0] if len(gradients) == 1 else f"({', '.join(gradients)})"
        parameters = ", ".join(inputs[i] for i in self.wanted)
        values = ", ".join(
            inputs[i]
            if primal.inputs[i].type.dtype == dtype
            else f"{inputs[i]}.astype({writer.dtype(dtype)})"
            for i, dtype in zip(self.wanted, self.dtypes, strict=True)
        )
        return f"jax.vjp(lambda {parameters}: {expression}, {values})[1]({pulled})"

    def tracing(self) -> contextlib.AbstractContextManager[Any]:
        """Return the context of the operation that is differentiated."""
        return self.op.tracing()

    def connected(self, node: Apply, i: int) -> bool:
        """Second derivatives go through the inputs of the node and the given gradients."""
        count = len(node.inputs) - len(self.given)
        if i >= count:
            return True
        primal = self.primal(node)
        return self.op.connected(primal, i) and any(
            self.op.derivative_uses(primal, wanted, i) for wanted in self.wanted
        )

    def derivative_uses(self, node: Apply, i: int, j: int) -> bool:
        """What is pulled back is linear in the given gradients."""
        count = len(node.inputs) - len(self.given)
        return not (i >= count and j >= count)

    def gradient_dtype(self, node: Apply, i: int) -> str:
        """Return the dtype that the first gradient by this input has."""
        count = len(node.inputs) - len(self.given)
        if i >= count:
            return str(node.inputs[i].type.dtype)
        return self.op.gradient_dtype(self.primal(node), i)


def _source_of_shape(name: str, gradient: Any, output: Any, expression: str) -> str:
    if gradient.type.broadcastable == output.type.broadcastable:
        return name
    return f"jnp.broadcast_to({name}, {expression}.shape)"


def vector_jacobian_product(
    node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
) -> list[Variable | None]:
    """Return the gradients of a node by some inputs, given those by its outputs.

    Args:
        node: the node to differentiate.
        output_gradients: for each output its gradient, or None for zero.
        wanted: by which inputs.

    Returns:
        For each wanted input its gradient; None where the outputs do not depend on its values.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> vector_jacobian_product(T.exp(x).owner, [T.constant(1.0, dtype="float64")], [0])
        [Vjp{Elemwise{exp,no_inplace}}.0]
    """
    connected = [i for i in wanted if node.op.connected(node, i)]
    given = [
        i
        for i, gradient in enumerate(output_gradients)
        if gradient is not None and not is_discrete(node.outputs[i].type.dtype)
    ]
    results: dict[int, Variable] = {}
    if not given:
        results = {
            i: zeros_like(node.inputs[i], dtype_of_gradient(node.inputs[i])) for i in connected
        }
    elif connected:
        op = VectorJacobianProduct(
            node.op,
            [output.type for output in node.outputs],
            connected,
            given,
            [node.op.gradient_dtype(node, i) for i in connected],
        )
        gradients = [cast(output_gradients[i], node.outputs[i].type.dtype) for i in given]
        answers = op(*node.inputs, *gradients, return_list=True)
        results = dict(zip(connected, answers, strict=True))
    return [results.get(i) for i in wanted]
