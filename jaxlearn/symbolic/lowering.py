"""From a graph to a pure JAX function: one walk over the nodes, each traced once.

What is known while tracing (constants, shapes, whatever is computed from them alone) is folded with
NumPy, never traced. Where a size must stand and is not known, the walk is left by an exception that
names the variable; `staging` answers it and traces anew. Conditions that must hold when the
function runs are collected as flags.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import (
    Apply,
    Constant,
    Numbering,
    Variable,
    graph_inputs,
    replace_variables,
    toposort,
    variables_between,
)
from jaxlearn.symbolic.ops.dimensions import DimShuffle
from jaxlearn.symbolic.ops.pieces import Pieces, pieces_of
from jaxlearn.symbolic.own_gradients import OwnGradient, with_own_gradient
from jaxlearn.symbolic.vector_jacobian_product import VectorJacobianProduct

__all__ = [
    "Checking",
    "Graph",
    "InnerLowering",
    "Lowering",
    "SizeNeededError",
    "StageNeededError",
    "constant_number",
    "flags",
    "host_value",
]

_MOST_FOLDED = 1024
"""The most elements that a folded array has; a larger one is computed on the device."""


class SizeNeededError(Exception):
    """A size must be known before tracing can go on.

    Args:
        variable: the integers that must be known.
        host: computes them from the values of the graph's inputs, or returns `NotImplemented`.
    """

    def __init__(self, variable: Variable, host: Callable[[Sequence[Any]], Any]) -> None:
        super().__init__(f"{variable} must be known before compiling")
        self.variable = variable
        self.host = host


class StageNeededError(Exception):
    """Nodes whose shapes depend on data must be computed before tracing can go on.

    Args:
        nodes: all such nodes that can be computed now.
    """

    def __init__(self, nodes: Sequence[Apply]) -> None:
        super().__init__(f"{', '.join(map(str, nodes))} must be computed before compiling")
        self.nodes = list(nodes)


def _raised(question: SizeNeededError) -> np.ndarray:
    raise question


class Graph:
    """A graph made ready for tracing: its nodes in order, equal ones merged.

    Args:
        inputs: the variables whose values will be given.
        outputs: the variables to compute.
    """

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.numbering = Numbering()
        given = set(self.inputs)
        self.nodes: list[Apply] = []
        seen = set()
        for node in toposort(outputs, given):
            key = self.numbering.key(node)
            self.numbering.add_node(node, given)
            if key not in seen:
                seen.add(key)
                self.nodes.append(node)
        self.pullbacks = self._pullbacks()
        self.regions = self._regions()
        self.pieces = self._pieces()

    def _pullbacks(self) -> dict[Any, list[VectorJacobianProduct]]:
        """Return, by the node that they differentiate, the operations that need a pullback."""
        needed: dict[Any, list[VectorJacobianProduct]] = {}
        for node in self.nodes:
            if isinstance(node.op, VectorJacobianProduct):
                key = self.numbering.key(node.op.primal(node))
                needed.setdefault(key, []).append(node.op)
        return needed

    def _regions(self) -> dict[Region, list[Apply]]:
        """Return the nodes by where they are computed: always, or only in some branch.

        A region is the way to it: pairs of a node that chooses and the branch that it chooses.
        """
        if not any(node.op.branches(node) for node in self.nodes):
            return {(): self.nodes}
        number = self.numbering
        used: dict[int, Region] = {number[variable]: () for variable in self.outputs}
        regions: dict[Region, list[Apply]] = {(): []}
        for node in reversed(self.nodes):
            ways = [used[number[v]] for v in node.outputs if number[v] in used]
            here = functools.reduce(_common, ways) if ways else ()
            regions.setdefault(here, []).append(node)
            branch_of = {
                i: branch for branch, places in enumerate(node.op.branches(node)) for i in places
            }
            for i, variable in enumerate(node.inputs):
                way = (*here, (node, branch_of[i])) if i in branch_of else here
                key = number[variable]
                used[key] = _common(used[key], way) if key in used else way
        return {region: nodes[::-1] for region, nodes in regions.items()}

    def _pieces(self) -> dict[Apply, Pieces]:
        """Return, by node, the slices that may be cut together with it.

        Those with a pullback have a call of `jax.vjp` each.
        """
        found: dict[Apply, Pieces] = {}
        for nodes in self.regions.values():
            free = [node for node in nodes if self.numbering.key(node) not in self.pullbacks]
            found.update(pieces_of(free, self.numbering))
        return found


Region = tuple[tuple[Apply, int], ...]


def _common(first: Region, second: Region) -> Region:
    """Return the innermost region that holds two others."""
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return tuple(step for step, _ in same)


class Checking:
    """A function whose last output is a vector of flags: conditions that held in its inside.

    Args:
        function: the function.
        errors: for each flag what makes the exception to raise if it is false. The list is filled
            while the function is traced.
    """

    def __init__(self, function: Callable[..., Any], errors: list[Callable[[], Exception]]) -> None:
        self.function = function
        self.errors = errors

    def __call__(self, *arrays: Any) -> Any:
        """Call the function."""
        return self.function(*arrays)


class _Differentiated:
    """A call of `jax.vjp`, shared by a node and all nodes that differentiate it.

    XLA does not merge two equal loops; so nothing is computed twice here.

    Args:
        function: the bound function of the node.
        pullbacks: the operations that differentiate it.
        arrays: its inputs.
        numbering: tells equal gradients.

    Attributes:
        outputs: those of the node.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        pullbacks: Sequence[VectorJacobianProduct],
        arrays: Sequence[Any],
        numbering: Numbering,
    ) -> None:
        whole = pullbacks[0].union(pullbacks)
        self.outputs: Sequence[Any]
        self.outputs, self._pullback = whole.vjp(function, arrays)
        self._whole = whole
        self._numbering = numbering
        self._pulled: dict[Any, dict[int, Any]] = {}

    def pull(
        self, op: VectorJacobianProduct, variables: Sequence[Variable], gradients: Sequence[Any]
    ) -> list[Any]:
        """Return the gradients that one of the operations wants."""
        key = (op.given, *(self._numbering[variable] for variable in variables))
        if key not in self._pulled:
            given = dict(zip(op.given, gradients, strict=True))
            answers = self._pullback([given.get(i) for i in self._whole.given])
            self._pulled[key] = dict(zip(self._whole.wanted, answers, strict=True))
        return [self._pulled[key][i] for i in op.wanted]


class Lowering:
    """One walk over a graph, with values that are traced or known.

    Args:
        graph: what to walk over.
        sizes: the sizes that earlier walks asked for, in that order.
        staged: the outputs of the nodes that earlier walks asked for.
        answer: called with the question where a further size is needed; returns the size, or
            raises the question, which then ends the walk.

    Attributes:
        checks: pairs of a flag that must be true when the function runs, and what makes the
            exception to raise otherwise.
    """

    def __init__(
        self,
        graph: Graph,
        sizes: Sequence[np.ndarray] = (),
        staged: Mapping[Apply, Sequence[Any]] | None = None,
        answer: Callable[[SizeNeededError], np.ndarray] | None = None,
    ) -> None:
        self.graph = graph
        self.checks: list[tuple[Any, Callable[[], Exception]]] = []
        self._sizes = list(sizes)
        self._staged = dict(staged or {})
        self._answer = answer or _raised
        self._asked = 0
        self._answered: dict[Any, Any] = {}
        self._values: dict[int, Any] = {}
        self._bound: dict[Any, Callable[..., Any]] = {}
        self._shared: dict[Any, _Differentiated] = {}
        self._cut: dict[Pieces, dict[Apply, Any] | None] = {}

    def run(self, values: Sequence[Any]) -> list[Any]:
        """Return the values of the outputs, given those of the inputs."""
        number = self.graph.numbering
        for variable, value in zip(self.graph.inputs, values, strict=True):
            self._values[number[variable]] = value
        self._compute(())
        return [self._value(variable) for variable in self.graph.outputs]

    def _compute(self, region: Region) -> None:
        """Compute the nodes of a region."""
        number = self.graph.numbering
        for node in self.graph.regions.get(region, ()):
            if node.op.branches(node):
                outputs: Sequence[Any] = self._chosen(node, region)
            else:
                inputs = [self._value(variable) for variable in node.inputs]
                folded = self._folded(node, inputs)
                outputs = self._traced(node, inputs) if folded is None else folded
            for variable, output in zip(node.outputs, outputs, strict=True):
                self._values[number[variable]] = output

    def _chosen(self, node: Apply, region: Region) -> Sequence[Any]:
        """Return the values of the branch that a node chooses, and compute no other."""
        condition = self._value(node.inputs[0])
        wanted = [[node.inputs[i] for i in places] for places in node.op.branches(node)]
        regions = [(*region, (node, branch)) for branch in range(len(wanted))]
        if not isinstance(condition, np.ndarray):
            errors: list[list[Callable[[], Exception]]] = [[], []]

            def branch(i: int) -> tuple[list[Any], Any]:
                values, checks = self._apart(regions[i], wanted[i])
                errors[i] = [error for _, error in checks]
                return values, flags(checks)

            kinds = [jax.eval_shape(functools.partial(branch, i)) for i in range(2)]
            if kinds[0][0] == kinds[1][0]:
                return self._traced_choice(condition, branch, errors)
            condition = self.known(node.inputs[0], condition)
        taken = 0 if condition else 1
        self._compute(regions[taken])
        return [self._value(variable) for variable in wanted[taken]]

    def _traced_choice(
        self,
        condition: Any,
        branch: Callable[[int], tuple[list[Any], Any]],
        errors: Sequence[Sequence[Callable[[], Exception]]],
    ) -> list[Any]:
        counts = [len(one) for one in errors]

        def padded(i: int) -> tuple[list[Any], Any]:
            values, held = branch(i)
            others = jnp.ones(counts[1 - i], bool)
            return values, jnp.concatenate([held, others] if i == 0 else [others, held])

        values, held = lax.cond(
            lax.convert_element_type(condition, bool),
            functools.partial(padded, 0),
            functools.partial(padded, 1),
        )
        for i, error in enumerate([*errors[0], *errors[1]]):
            self.check(held[i], error)
        return list(values)

    def _apart(
        self, region: Region, wanted: Sequence[Variable]
    ) -> tuple[list[Any], list[tuple[Any, Callable[[], Exception]]]]:
        """Return values and checks of a region, and forget what was traced there."""
        kept = self._values, self._bound, self._shared, self._cut
        before = [dict(known) for known in kept], self.checks
        self.checks = []
        try:
            self._compute(region)
            return [jnp.asarray(self._value(variable)) for variable in wanted], self.checks
        finally:
            (self._values, self._bound, self._shared, self._cut), self.checks = before

    def _value(self, variable: Variable) -> Any:
        number = self.graph.numbering[variable]
        if number not in self._values and isinstance(variable, Constant):
            self._values[number] = variable.data
        return self._values[number]

    def _folded(self, node: Apply, inputs: Sequence[Any]) -> list[Any] | None:
        if any(isinstance(value, np.ndarray) and value.size > _MOST_FOLDED for value in inputs):
            return None
        folded = node.op.fold(node, inputs)
        if folded is NotImplemented:
            return None
        outputs = [np.asarray(value) for value in _as_tuple(folded)]
        small = all(output.size <= _MOST_FOLDED for output in outputs)
        return outputs if small or node.op.staged else None

    def _traced(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        if node.op.staged:
            if node not in self._staged:
                raise StageNeededError(self._stages_ready())
            return self._staged[node]
        arrays = [jnp.asarray(v) if isinstance(v, np.ndarray) else v for v in inputs]
        op: Any = node.op
        with jax.named_scope(_scope_name(node)):
            if isinstance(op, VectorJacobianProduct):
                count = len(inputs) - len(op.given)
                shared = self._differentiated(op.primal(node), inputs[:count], arrays[:count])
                pulled: Sequence[Any] = shared.pull(op, node.inputs[count:], arrays[count:])
                return pulled
            if self.graph.numbering.key(node) in self.graph.pullbacks:
                outputs: Sequence[Any] = self._differentiated(node, inputs, arrays).outputs
                return outputs
            piece = self._piece(node, arrays[0]) if node in self.graph.pieces else None
            if piece is not None:
                return [piece]
            function = self.bind(node, inputs)
            computed = self._with_own_gradient(node, function, inputs)
            return self._checked(function, _as_tuple(computed(*arrays)))

    def _piece(self, node: Apply, x: Any) -> Any:
        """Return a slice that is cut together with others; None if that cannot be."""
        pieces = self.graph.pieces[node]
        if pieces not in self._cut:
            self._cut[pieces] = pieces.cut(x)
        cut = self._cut[pieces]
        return None if cut is None else cut[node]

    def _with_own_gradient(
        self, node: Apply, function: Callable[..., Any], inputs: Sequence[Any]
    ) -> Callable[..., Any]:
        """Return the function of a node; one that JAX differentiates as the operation says."""
        if not node.op.has_own_gradient:
            return function
        known = {
            variable: value
            for variable, value in zip(node.inputs, inputs, strict=True)
            if isinstance(value, np.ndarray)
        }

        def computed(rule: OwnGradient, values: dict[Variable, Any]) -> list[Any]:
            graph = Graph([*rule.needed, *rule.given], rule.results)
            inner = InnerLowering(graph, self, {variable: variable for variable in node.inputs})
            found = inner.run([known.get(v, values[v]) for v in graph.inputs])
            held = flags(inner.checks).all()
            # A gradient cannot raise. What it should not have gone on with is seen to be no number.
            return [jnp.where(held, g, jnp.nan) for g in found] if inner.checks else found

        return with_own_gradient(node, lambda *arrays: _as_tuple(function(*arrays)), computed)

    def _differentiated(
        self, node: Apply, inputs: Sequence[Any], arrays: Sequence[Any]
    ) -> _Differentiated:
        """Return the one call of `jax.vjp` that a node shares with all that differentiate it."""
        key = self.graph.numbering.key(node)
        if key not in self._shared:
            function = self.bind(node, inputs)
            pullbacks = self.graph.pullbacks[key]
            shared = _Differentiated(function, pullbacks, arrays, self.graph.numbering)
            shared.outputs = self._checked(function, shared.outputs)
            self._shared[key] = shared
        return self._shared[key]

    def _checked(self, function: Callable[..., Any], outputs: Sequence[Any]) -> Sequence[Any]:
        """Take the flags off the outputs of a function that checks something in its inside."""
        if not isinstance(function, Checking):
            return outputs
        *outputs, held = outputs
        for i, error in enumerate(function.errors):
            self.check(held[i], error)
        return outputs

    def _stages_ready(self) -> list[Apply]:
        """Return the nodes to compute beforehand that need no other such node first."""
        key, given = self.graph.numbering.key, set(self.graph.inputs)
        waiting = [n for n in self.graph.nodes if n.op.staged and n not in self._staged]
        keys = {key(node) for node in waiting}
        return [
            node
            for node in waiting
            if not any(key(before) in keys for before in toposort(node.inputs, given))
        ]

    # What operations ask for.

    def bind(self, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the pure function of a node, made once for all nodes that are equal."""
        key = self.graph.numbering.key(node)
        if key not in self._bound:
            self._bound[key] = node.op.bind(self, node, values)
        return self._bound[key]

    def known(self, variable: Variable, value: Any = None) -> np.ndarray:
        """Return integers that must be known now.

        Args:
            variable: the variable; it may be an expression that is not part of the graph.
            value: what is known of it, if it is part.
        """
        if isinstance(value, np.ndarray):
            return value
        self.graph.numbering.add([variable])
        key = self.graph.numbering[variable]
        if key not in self._answered:
            host = self.host_program(variable)
            folded = host([None] * len(self.graph.inputs))
            if folded is not NotImplemented:
                self._answered[key] = folded
            else:
                if self._asked == len(self._sizes):
                    self._sizes.append(self._answer(SizeNeededError(variable, host)))
                self._answered[key] = self._sizes[self._asked]
                self._asked += 1
        return np.asarray(self._answered[key])

    def size(self, variable: Variable, value: Any = None) -> int:
        """Return one integer that must be known now."""
        return int(self.known(variable, value))

    def is_same_in_all_steps(self, variable: Variable) -> bool:
        """Whether a variable has one value, and not another in each step of a loop around."""
        return True

    def check(self, ok: Any, error: Callable[[], Exception]) -> None:
        """Have the call raise an exception if a flag is false when the function runs."""
        if isinstance(ok, (bool, np.bool_, np.ndarray)):
            if not ok:
                raise error()
            return
        self.checks.append((ok, error))

    def host_program(self, variable: Variable) -> Callable[[Sequence[Any]], Any]:
        """Return what computes a variable with NumPy, from what is known and the inputs."""
        number = self.graph.numbering
        inputs = set(self.graph.inputs)
        known = {n: v for n, v in self._values.items() if isinstance(v, np.ndarray)}
        known.update(self._answered)
        for node in toposort([variable], inputs):
            values = [known.get(number[v], self._traced_or_constant(v)) for v in node.inputs]
            folded = NotImplemented
            if all(value is not None for value in values):
                folded = node.op.fold(node, values)
            if folded is not NotImplemented:
                for output, value in zip(node.outputs, _as_tuple(folded), strict=True):
                    known[number[output]] = np.asarray(value)
        stop = {v for v in variables_between([variable], inputs) if number[v] in known}
        for constant in graph_inputs([variable], inputs | stop):
            if isinstance(constant, Constant):
                known[number[constant]] = constant.data
        steps = [
            (node, [number[v] for v in node.inputs], [number[v] for v in node.outputs])
            for node in toposort([variable], inputs | stop)
        ]
        return _host_program(
            steps, known, {number[v]: i for i, v in enumerate(self.graph.inputs)}, number[variable]
        )

    def _traced_or_constant(self, variable: Variable) -> Any:
        if isinstance(variable, Constant):
            return variable.data
        return self._values.get(self.graph.numbering[variable])


class InnerLowering(Lowering):
    """A walk over a graph that stands inside an operation of another graph.

    Args:
        graph: the inner graph.
        outer: the walk over the other one, which finds out sizes.
        places: for the inner inputs that are values of the outer graph, what they are there.
        rows: for those that are one row of a tensor of the outer graph after another, that tensor.
    """

    def __init__(
        self,
        graph: Graph,
        outer: Lowering,
        places: dict[Variable, Variable],
        rows: Mapping[Variable, Variable] | None = None,
    ) -> None:
        super().__init__(graph)
        self._outer = outer
        self._places = places
        self._rows = rows or {}

    def known(self, variable: Variable, value: Any = None) -> np.ndarray:
        """Return integers that must be known now, asking the outer walk where need be."""
        if isinstance(value, np.ndarray):
            return value
        host = self.host_program(variable)
        folded = host([None] * len(self.graph.inputs))
        if folded is not NotImplemented:
            return np.asarray(folded)
        used = self._used(variable)
        if used <= self._places.keys():
            return self._outer.known(self._outside(variable))
        return self._same_for_all_rows(variable, host, used)

    def is_same_in_all_steps(self, variable: Variable) -> bool:
        """Whether a variable is made of values of the outer graph that are."""
        is_outside = self._used(variable) <= self._places.keys()
        return is_outside and self._outer.is_same_in_all_steps(self._outside(variable))

    def _used(self, variable: Variable) -> set[Variable]:
        inputs = set(self.graph.inputs)
        return inputs.intersection(graph_inputs([variable], inputs))

    def _outside(self, variable: Variable) -> Variable:
        return replace_variables([variable], self._places, strict=False)[0]

    def _same_for_all_rows(
        self, variable: Variable, host: Callable[[Sequence[Any]], Any], used: set[Variable]
    ) -> np.ndarray:
        """Return a size that is made from rows, if it is the same for all of them.

        Raises:
            ValueError: it is not, or is made from what is known only when the function runs.
        """
        own = sorted(str(v) for v in used - self._places.keys() - self._rows.keys())
        if own:
            raise _size_of_a_step(variable, f"it depends on {own[0]}, which each step makes anew")
        outside = {**self._places, **self._rows}
        values: list[Any] = [
            self._outer.known(outside[v]) if v in used else None for v in self.graph.inputs
        ]
        rows = [v in used and v in self._rows for v in self.graph.inputs]
        count = min(len(tensor) for tensor, is_row in zip(values, rows, strict=True) if is_row)
        found = {}
        for step in range(count):
            size = host([v[step] if is_row else v for v, is_row in zip(values, rows, strict=True)])
            if size is NotImplemented:
                raise _size_of_a_step(variable, "it depends on values, not on sizes alone")
            found[np.asarray(size).tobytes()] = np.asarray(size)
        if len(found) != 1:
            sizes = ", ".join(str(size) for size in list(found.values())[:3]) or "none"
            raise _size_of_a_step(variable, f"it is {sizes}")
        return next(iter(found.values()))


def _size_of_a_step(variable: Variable, why: str) -> ValueError:
    from jaxlearn.symbolic.printing import short_formula

    return ValueError(
        f"{short_formula(variable)} is a size, and must be the same in all steps of a loop: XLA "
        f"must know it before it compiles; {why}; take as much in each step, and mask what is too "
        "much"
        f"{made_at(variable.line)}"
    )


def host_value(variable: Variable, number: int) -> np.ndarray | None:
    """Return what NumPy computes of an expression whose inputs are a number; None if it cannot.

    Shared variables have their own value.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> i = T.lscalar("i")
        >>> host_value((i + 1) * 20 - i * 20, 3)
        array(20)
    """
    inputs = [v for v in graph_inputs([variable]) if not isinstance(v, Constant)]
    values = [
        np.array(v.stored)
        if hasattr(v, "stored")
        else None
        if v.type.ndim
        else np.asarray(number, v.type.dtype)
        for v in inputs
    ]
    found = Lowering(Graph(inputs, [variable])).host_program(variable)(values)
    return None if found is NotImplemented else np.asarray(found)


def constant_number(variable: Variable) -> Any:
    """Return the value of a constant scalar, whatever axes and dtype it got, or None.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> constant_number(T.constant(2.5).dimshuffle("x"))
        np.float32(2.5)
    """
    dtype = variable.type.dtype
    while variable.owner is not None and (
        isinstance(variable.owner.op, DimShuffle)
        or getattr(variable.owner.op, "name", "").startswith("Cast{")
    ):
        variable = variable.owner.inputs[0]
    if isinstance(variable, Constant) and np.ndim(variable.data) == 0:
        return np.asarray(variable.data).astype(dtype)[()]
    return None


def _host_program(
    steps: Sequence[tuple[Apply, list[int], list[int]]],
    known: dict[int, np.ndarray],
    positions: dict[int, int],
    wanted: int,
) -> Callable[[Sequence[Any]], Any]:
    used = {wanted, *(source for _, sources, _ in steps for source in sources)} - known.keys()
    # Taking an array from a device takes time, and the others may be large.
    needed = {number: i for number, i in positions.items() if number in used}

    def compute(inputs: Sequence[Any]) -> Any:
        found = dict(known)
        for number, position in needed.items():
            if inputs[position] is not None:
                found[number] = np.asarray(inputs[position])
        for node, sources, targets in steps:
            if any(source not in found for source in sources):
                return NotImplemented
            outputs = node.op.host(node, *(found[source] for source in sources))
            if outputs is NotImplemented:
                return NotImplemented
            found.update(zip(targets, map(np.asarray, _as_tuple(outputs)), strict=True))
        return found.get(wanted, NotImplemented)

    return compute


def _as_tuple(outputs: Any) -> tuple[Any, ...]:
    return tuple(outputs) if isinstance(outputs, (tuple, list)) else (outputs,)


def _scope_name(node: Apply) -> str:
    # XLA's profiles then name Theano's operation.
    return str(getattr(node.op, "name", type(node.op).__name__)).replace("{", "_").strip("}")


def flags(checks: Sequence[tuple[Any, Callable[[], Exception]]]) -> Any:
    """Return all flags as one traced vector.

    Example:
        >>> import jax.numpy as jnp
        >>> flags([(jnp.array(True), ValueError), (jnp.array(False), ValueError)]).tolist()
        [True, False]
    """
    return jnp.stack([ok for ok, _ in checks]) if checks else jnp.zeros(0, bool)
