"""A graph inside a graph: one expression computed for each row of some tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax

from jaxlearn.symbolic.gradients import depends_on
from jaxlearn.symbolic.graph import Apply, Constant, Op, Variable, graph_inputs
from jaxlearn.symbolic.types import TensorType
from jaxlearn.symbolic.variables import as_variable

__all__ = ["MapRows", "map_rows"]


class MapRows(Op):
    """Expressions of some variables, computed for each row of tensors at once.

    Its inputs are the tensors, and then everything else that the expressions depend on.

    Args:
        rows: the variables that stand for one row.
        outer: what else the expressions depend on.
        outputs: the expressions.
    """

    parameters = ("rows", "outer", "outputs")

    def __init__(
        self, rows: Sequence[Variable], outer: Sequence[Variable], outputs: Sequence[Variable]
    ) -> None:
        self.rows = tuple(rows)
        self.outer = tuple(outer)
        self.outputs = tuple(outputs)

    def __str__(self) -> str:
        return "MapRows"

    def make_node(self, *inputs: Any) -> Apply:
        """Tell the types: those of the expressions, with an axis more."""
        variables = [as_variable(value) for value in inputs]
        kinds = [
            TensorType(output.type.dtype, (False, *output.type.broadcastable))
            for output in self.outputs
        ]
        return Apply.of_types(self, variables, kinds)

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the function of all rows."""
        from jaxlearn.symbolic.lowering import Checking, Graph, InnerLowering, flags

        count = len(self.rows)
        graph = Graph([*self.rows, *self.outer], self.outputs)
        places = dict(zip(self.outer, node.inputs[count:], strict=True))
        errors: list[Callable[[], Exception]] = []

        def compute(*arrays: Any) -> tuple[Any, ...]:
            def of_row(*row: Any) -> tuple[Any, ...]:
                inner = InnerLowering(graph, lowering, places)
                results = inner.run([*row, *arrays[count:]])
                errors[:] = [error for _, error in inner.checks]
                return (*results, flags(inner.checks))

            *results, held = jax.vmap(of_row)(*arrays[:count])
            return (*results, held.all(axis=0))

        return Checking(compute, errors)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write a function of one row, and ``jax.vmap`` of it."""
        count = len(self.rows)
        known = [writer.is_known(variable) for variable in node.inputs[count:]]
        statics = [v for v, is_known in zip(self.outer, known, strict=True) if is_known]
        function = writer.inner_function(
            "each_row", [*self.rows, *self.outer], statics, self.outputs
        )
        outer = [
            writer.raw(name) if is_known else name
            for name, is_known in zip(inputs[count:], known, strict=True)
        ]
        mapped = f"jax.vmap({function}"
        if outer:
            mapped += f", in_axes=({', '.join(['0'] * count + ['None'] * len(outer))})"
        return f"{mapped})({', '.join([*inputs[:count], *outer])})"

    def connected(self, node: Apply, i: int) -> bool:
        """Whether some expression depends on the values of an input."""
        return depends_on(self.outputs, (*self.rows, *self.outer)[i])


def map_rows(
    rows: Sequence[Variable], outputs: Sequence[Variable], tensors: Sequence[Any]
) -> list[Any]:
    """Return expressions computed for each row of some tensors.

    Args:
        rows: variables of the expressions that stand for one row each.
        outputs: the expressions.
        tensors: for each of ``rows`` the tensor whose rows it takes.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> row, matrix = T.dvector(), T.dmatrix()
        >>> total = map_rows([row], [row.sum()], [matrix])[0]
        >>> total.eval({matrix: [[1.0, 2.0], [3.0, 4.0]]}).tolist()
        [3.0, 7.0]
    """
    outer = [
        variable
        for variable in graph_inputs(outputs, set(rows))
        if variable not in rows and not isinstance(variable, Constant)
    ]
    result: list[Any] = MapRows(rows, outer, outputs)(*tensors, *outer, return_list=True)
    return result
