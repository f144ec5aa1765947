"""Which nodes of a graph are the gradient of a cost, and nothing else.

They are found by doing it again: `grad`, applied to the cost, must give the very nodes that stand
in the graph, and each operation on the way must have, by ``jax.grad`` of its expression, the same
gradient. Then `source` may write ``jax.grad`` of a loss function in their place.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Collection
from typing import Any

import jax
import jax.numpy as jnp

from jaxlearn.symbolic.gradients import walk_back
from jaxlearn.symbolic.graph import Apply, Constant, Variable, toposort
from jaxlearn.symbolic.lowering import Graph, constant_number
from jaxlearn.symbolic.ops import (
    contraction,
    dimensions,
    elementwise,
    indexing,
    joining,
    reductions,
    shaping,
)
from jaxlearn.symbolic.ops.dimensions import DimShuffle
from jaxlearn.symbolic.ops.elementwise import Elementwise
from jaxlearn.symbolic.types import is_discrete
from jaxlearn.symbolic.vector_jacobian_product import VectorJacobianProduct

__all__ = ["Gradient", "needed_inputs", "recognized_gradients"]


def _is_of_constants(node: Apply) -> bool:
    return all(isinstance(variable, Constant) for variable in node.inputs)


class Gradient:
    """Some nodes of a graph that are the gradient of a cost, and nothing else.

    Attributes:
        cost: the cost.
        wrt: the variables by which it is differentiated.
        results: the gradients.
        is_apart: whether each was asked for by itself.
        forward: the nodes on the way from those variables to the cost.
        inside: those nodes, and others that serve nothing else.
        nodes: the nodes that compute the gradients.
        arguments: the variables that the way depends on, those of ``wrt`` first.
        shared: the numbers of the variables with more than one use.
        ordered: the numbers of those whose uses must keep their order, because JAX adds
            up what flows back from them in that order.
    """

    def __init__(
        self,
        cost: Variable,
        wrt: list[Variable],
        results: list[Variable],
        is_apart: bool,
        graph: Graph,
        named: Collection[int],
    ) -> None:
        number = graph.numbering
        self._named = {*named, *(number[o] for n in graph.nodes for o in n.outputs if o.name)}
        self.cost, self.wrt, self.results, self.is_apart = cost, wrt, results, is_apart
        moved = {number[variable] for variable in wrt}
        self.forward: list[Apply] = []
        needed = {number.key(node) for node in toposort([cost], set(graph.inputs))}
        for node in graph.nodes:
            if number.key(node) in needed and any(number[v] in moved for v in node.inputs):
                self.forward.append(node)
                moved.update(number[output] for output in node.outputs)
        before = {number.key(node) for node in graph.nodes if number.key(node) in needed}
        keys = {number.key(node) for node in toposort(results)} - before
        # What is made of constants alone may serve other parts as well.
        self.nodes = [
            node for node in graph.nodes if number.key(node) in keys and not _is_of_constants(node)
        ]
        self.inside = self._with_own(graph, needed)
        computed = {number[output] for node in self.inside for output in node.outputs}
        arguments = {number[variable]: variable for variable in wrt}
        for node in self.inside:
            for variable in needed_inputs(node):
                if number[variable] not in computed and not isinstance(variable, Constant):
                    arguments.setdefault(number[variable], variable)
        self.arguments = list(arguments.values())
        leading, uses = {number[cost]}, Counter[int]()
        for node in reversed(self.forward):
            if any(number[output] in leading for output in node.outputs):
                used = [v for i, v in enumerate(node.inputs) if node.op.connected(node, i)]
                leading.update(number[variable] for variable in used)
                uses.update(number[variable] for variable in used if number[variable] in moved)
        self.shared = {key for key, count in uses.items() if count > 1}
        # The sum of two terms does not depend on their order, that of more does.
        self.ordered = {key for key, count in uses.items() if count > 2}

    def _with_own(self, graph: Graph, needed: Collection[Any]) -> list[Apply]:
        """Return the nodes on the way, and those without a name that serve nothing else."""
        number = graph.numbering
        inside = {number.key(node) for node in self.forward}
        pulling = {number.key(node) for node in self.nodes}
        used_outside = {number[variable] for variable in (*graph.outputs, *self.wrt)}
        for node in reversed(graph.nodes):
            key = number.key(node)
            made = [number[output] for output in node.outputs]
            if key in needed and used_outside.isdisjoint(made) and self._named.isdisjoint(made):
                inside.add(key)
            if key not in inside and key not in pulling:
                used_outside.update(number[variable] for variable in node.inputs)
        return [node for node in graph.nodes if number.key(node) in inside]


def recognized_gradients(graph: Graph, named: Collection[int]) -> list[Gradient]:
    """Return the parts of a graph that are the whole gradient of a cost.

    Args:
        graph: the graph.
        named: the numbers of expressions that have a name, which the module shall keep.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, w = T.dvectors("x", "w")
        >>> cost = T.sqr(T.dot(x, w))
        >>> (found,) = recognized_gradients(Graph([x, w], [T.grad(cost, w)]), [])
        >>> found.wrt, found.arguments
        ([w], [w, x])
    """
    found: list[Gradient] = []
    for node in graph.nodes:
        gradient = _gradient_from(graph, node, named)
        if gradient is not None:
            found.append(gradient)
    return found


def _gradient_from(graph: Graph, seed: Apply, named: Collection[int]) -> Gradient | None:
    """Return the gradient that starts with a one of the shape of a cost, if it is one."""
    is_filled = getattr(seed.op, "name", None) == "second" and seed.inputs[0].type.ndim == 0
    if not (is_filled and constant_number(seed.inputs[1]) == 1):
        return None
    number, cost = graph.numbering, seed.inputs[0]
    reached = {number[seed.outputs[0]]}
    wanted: dict[int, Variable] = {}
    passed: set[int] = set()
    for node in graph.nodes:
        if not any(number[variable] in reached for variable in node.inputs):
            continue
        reached.update(number[output] for output in node.outputs)
        if isinstance(node.op, VectorJacobianProduct):
            primal = node.op.primal(node)
            number.add_node(primal, set(graph.inputs))
            if any(number[v] in reached for v in node.inputs[len(primal.inputs) :]):
                behind = [_behind(node.inputs[i]) for i in node.op.wanted]
                wanted.update((number[variable], variable) for variable in behind)
                passed.update(number[output] for output in primal.outputs)
    wrt = [variable for key, variable in wanted.items() if key not in passed]
    places = {number[variable]: place for place, variable in enumerate(graph.inputs)}
    wrt.sort(key=lambda variable: places.get(number[variable], len(places)))
    there = {number[output] for node in graph.nodes for output in node.outputs}
    # A program asks for all at once, or for one after the other.
    for parts in ([wrt], [[variable] for variable in wrt]):
        totals = [walk_back(cost, part, {}, set()) for part in parts]
        results: list[Any] = [t.get(v) for t, part in zip(totals, parts, strict=True) for v in part]
        if not results or any(result is None for result in results):
            return None
        number.add(results)
        if all(number[result] in there for result in results):
            gradient = Gradient(cost, wrt, results, len(parts) > 1, graph, named)
            return gradient if _is_whole(gradient, graph) else None
    return None


def _behind(variable: Variable) -> Variable:
    """Return what a variable is, behind operations that leave a value and its gradient as it is."""
    while variable.owner is not None and variable.owner.op.transparent:
        variable = variable.owner.inputs[0]
    return variable


def _is_whole(gradient: Gradient, graph: Graph) -> bool:
    """Whether nothing else uses what the gradient is made of, and ``jax.grad`` has its dtypes."""
    number = graph.numbering
    keys = {number.key(node) for node in gradient.nodes}
    inner = {number[output] for node in gradient.nodes for output in node.outputs}
    if any(number[variable] in inner for variable in gradient.arguments):
        return False
    inner -= {number[result] for result in gradient.results}
    if any(number[output] in inner for output in graph.outputs):
        return False
    for node in graph.nodes:
        if number.key(node) not in keys:
            if any(number[variable] in inner for variable in node.inputs):
                return False
        elif isinstance(node.op, VectorJacobianProduct):
            dtypes = [node.inputs[i].type.dtype for i in node.op.wanted]
            if list(node.op.dtypes) != dtypes:
                return False
    if not all(_has_gradient_of_jax(node, gradient, graph) for node in gradient.forward):
        return False
    # What was built twice is computed once, and JAX pulls back through it once.
    together = [[r] for r in gradient.results] if gradient.is_apart else [gradient.results]
    if not all(_pulls_back_once(results, gradient, graph) for results in together):
        return False
    return all(r.type == v.type for r, v in zip(gradient.results, gradient.wrt, strict=True))


def _pulls_back_once(results: list[Variable], gradient: Gradient, graph: Graph) -> bool:
    number = graph.numbering
    keys = {number.key(node) for node in toposort(results)}
    pulled = Counter(
        number.key(node.op.primal(node))
        for node in gradient.nodes
        if isinstance(node.op, VectorJacobianProduct) and number.key(node) in keys
    )
    return max(pulled.values(), default=1) == 1


def _has_gradient_of_jax(node: Apply, gradient: Gradient, graph: Graph) -> bool:
    """Whether the expression of an operation has, by ``jax.grad``, its own gradient, to the bit."""
    if isinstance(node.op, VectorJacobianProduct):
        return False
    if node.op.has_own_gradient:
        return False
    numbers = [graph.numbering[variable] for variable in node.inputs]
    return all(
        _flows_back_once(node, i)
        for i, key in enumerate(numbers)
        if key in gradient.shared and node.op.connected(node, i)
    )


def _flows_back_once(node: Apply, i: int) -> bool:
    """Whether one term flows back to an input by JAX; several are not added up by themselves."""
    simple = (
        contraction.Contraction,
        indexing.Subtensor,
        indexing.AdvancedSubtensor,
        dimensions.DimShuffle,
        joining.Join,
        dimensions.Rebroadcast,
        shaping.Reshape,
        shaping.SpecifyShape,
    )
    if isinstance(node.op, elementwise.Elementwise):
        dtypes = tuple(variable.type.dtype for variable in node.inputs)
        return _is_one_term(node.op, dtypes, node.outputs[0].type.dtype, i)
    is_sum = isinstance(node.op, reductions.Reduction) and node.op.name == "Sum"
    return is_sum or node.op.transparent or isinstance(node.op, simple)


@functools.cache
def _is_one_term(op: Any, dtypes: tuple[str, ...], result: str, i: int) -> bool:
    with jax.enable_x64(True):
        given = [jnp.ones((1,), dtype) for dtype in op.computed_in(dtypes, result)]
        if is_discrete(str(given[i].dtype)):
            return True

        def of_one(value: Any) -> Any:
            return op.on_arrays(*given[:i], value, *given[i + 1 :])

        _, linear = jax.linearize(of_one, given[i])
        traced = jax.make_jaxpr(linear)(given[i]).jaxpr
    (tangent,) = traced.invars
    used = [v for equation in traced.eqns for v in equation.invars] + traced.outvars
    return sum(variable is tangent for variable in used) == 1


def needed_inputs(node: Apply) -> list[Variable]:
    """Return the inputs of a node; of elementwise ones without axes that come by themselves.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, y = T.dmatrix("x"), T.dvector("y")
        >>> needed_inputs((x + y).owner)
        [x, y]
    """
    if not isinstance(node.op, Elementwise):
        return list(node.inputs)
    bare = [_without_new_axes(variable) for variable in node.inputs]
    rank = node.outputs[0].type.ndim
    if all(variable.type.ndim < rank for variable in bare):
        return list(node.inputs)
    return bare


def _without_new_axes(variable: Variable) -> Variable:
    """Return what a variable is made of by new axes on the left alone."""
    while variable.owner is not None and isinstance(variable.owner.op, DimShuffle):
        order = variable.owner.op.new_order
        inner = variable.owner.inputs[0]
        if order != (("x",) * (len(order) - inner.type.ndim) + tuple(range(inner.type.ndim))):
            return variable
        variable = inner
    return variable
