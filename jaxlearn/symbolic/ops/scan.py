"""Loops of expressions: one step's graph, applied again and again by one compiled loop.

`Scan` keeps what every step made, and has a gradient; how many steps it makes is a size. `While`
keeps only the last, stops where a condition says so, and finds out how many steps that took. A loop
that stops by itself and whose steps are all wanted is a `While` that counts and then a `Scan` of so
many steps. `Counted` stands for a `While` where JAX differentiates it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.bundling import literal
from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Constant, Op, Variable, toposort
from jaxlearn.symbolic.lowering import Checking, Graph, InnerLowering, flags
from jaxlearn.symbolic.ops.contraction import Dot
from jaxlearn.symbolic.ops.debugging import Transparent
from jaxlearn.symbolic.ops.recurrences import loop, loop_counted, loop_until
from jaxlearn.symbolic.types import TensorType, is_discrete
from jaxlearn.symbolic.variables import as_tensor_variable, as_variable
from jaxlearn.symbolic.vector_jacobian_product import ProductsApart, vector_jacobian_product

__all__ = [
    "Body",
    "Chunks",
    "Counted",
    "LastStep",
    "Scan",
    "While",
    "last_step",
    "reached_back",
    "untruncated",
]


class Body(NamedTuple):
    """The graph of one step of a loop. No variable of it belongs to any other graph.

    Attributes:
        rows: what the step gets of each sequence.
        taps: for each recurrent output how far back the step looks, as negative numbers, the
            nearest last.
        recent: what it sees there, for one output after another.
        carried: the values of shared variables that the step replaces.
        fixed: what every step gets the same.
        states: the recurrent outputs.
        plain: the other outputs.
        new_carried: the new values of those shared variables.
        condition: whether this step is the last; None where none says so.
        numbers: which of the outputs that the user's function returns the recurrent ones are.
    """

    rows: tuple[Variable, ...]
    taps: tuple[tuple[int, ...], ...]
    recent: tuple[Variable, ...]
    carried: tuple[Variable, ...]
    fixed: tuple[Variable, ...]
    states: tuple[Variable, ...]
    plain: tuple[Variable, ...]
    new_carried: tuple[Variable, ...]
    condition: Variable | None = None
    numbers: tuple[int, ...] = ()

    def described(self, state: int) -> str:
        """Say which recurrent output one is, and what the user wrote for it."""
        from jaxlearn.symbolic.printing import short_formula

        number = self.numbers[state] if self.numbers else state
        return f"output {number} of fn, {short_formula(self.states[state])}"

    @property
    def inputs(self) -> list[Variable]:
        """What the step gets."""
        return [*self.rows, *self.recent, *self.carried, *self.fixed]

    @property
    def outputs(self) -> list[Variable]:
        """What the step makes, but for the condition."""
        return [*self.states, *self.plain, *self.new_carried]

    def split(self, values: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
        """Return the sequences, initial states, carried and fixed values, of an operation's inputs.

        The first of those is the number of steps, and is left out.
        """
        rest = list(values[1:])
        parts = []
        for part in (self.rows, self.taps, self.carried, self.fixed):
            parts.append(rest[: len(part)])
            rest = rest[len(part) :]
        return parts[0], parts[1], parts[2], parts[3]


class _Loop(Op):
    """What the loops have in common.

    Their inputs are the number of steps, the sequences, the initial states, what is carried, and
    what is fixed.

    Args:
        body: the graph of one step.
        label: what the user calls the loop.
        truncate: through how many steps from the last a gradient flows; -1 for all.
        checkpoints: whether each step is computed anew for the gradient, which then needs memory
            for the states only.
    """

    parameters = ("body", "label", "truncate", "checkpoints")

    def __init__(
        self,
        body: Body,
        label: str | None = None,
        truncate: int = -1,
        checkpoints: bool = False,
    ) -> None:
        self.body = body
        self.label = label or "scan_fn"
        self.truncate = truncate
        self.checkpoints = checkpoints

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.label}}}"

    @cached_property
    def _moving(self) -> list[bool]:
        """For each input, whether the gradient of some output by it may be other than zero."""
        reaching = reached_back(self.body.outputs)
        rows, recent, carried, fixed = (
            [v in reaching for v in part]
            for part in (self.body.rows, self.body.recent, self.body.carried, self.body.fixed)
        )
        ends = [0, *accumulate(map(len, self.body.taps))]
        initial = [any(recent[start:end]) for start, end in pairwise(ends)]
        return [False, *rows, *initial, *carried, *fixed]

    def __getstate__(self) -> dict[str, Any]:
        return {key: self.__dict__[key] for key in self.parameters}

    def connected(self, node: Apply, i: int) -> bool:
        """Whether some output depends on the values of an input."""
        return self._moving[i] and not is_discrete(node.inputs[i].type.dtype)

    def _tensors(self, node: Apply) -> dict[Variable, Variable]:
        """Return what the rows are rows of."""
        return dict(zip(self.body.rows, self.body.split(node.inputs)[0], strict=True))

    def _sequences(self, node: Apply, values: Sequence[Any]) -> list[tuple[Variable, Any]]:
        """Return the sequences, as variables and values."""
        variables, arrays = self.body.split(node.inputs)[0], self.body.split(values)[0]
        return list(zip(variables, arrays, strict=True))

    def _too_short(
        self, node: Apply, variable: Variable, rows: int, n_steps: str = ""
    ) -> Callable[[], Exception]:
        """Return what makes the error of a sequence that has too few rows."""
        from jaxlearn.symbolic.printing import short_formula

        return lambda: ValueError(
            f"{self.label}: sequence is shorter than the required number of steps: "
            f"{short_formula(variable)} has {_counted(rows, 'row')}, n_steps is "
            f"{n_steps or 'larger'}; give more rows, or leave n_steps out: there are then as many "
            f"steps as rows{made_at(node.line)}"
        )

    def _negative(self, node: Apply, n_steps: Any) -> Callable[[], Exception]:
        """Return what makes the error of a number of steps below zero."""
        return lambda: IndexError(
            f"{self.label} was asked to run for a negative number of steps: n_steps is {n_steps}; "
            f"go over rows from the last to the first by go_backwards=True{made_at(node.line)}"
        )

    def _check_initial(self, node: Apply, values: Sequence[Any]) -> None:
        """Refuse initial states that are too short."""
        from jaxlearn.symbolic.printing import short_formula

        variables, initial = self.body.split(node.inputs)[1], self.body.split(values)[1]
        for variable, rows, taps in zip(variables, initial, self.body.taps, strict=True):
            if len(rows) < -min(taps):
                raise ValueError(
                    f"{self.label}: outputs_info: the initial state {short_formula(variable)} has "
                    f"{_counted(len(rows), 'row')}, wanted {-min(taps)}: so many steps back do the "
                    f"taps {list(taps)} reach{made_at(node.line)}"
                )

    def _check_states(self, node: Apply, inputs: Sequence[Any], states: Sequence[Any]) -> None:
        """Refuse a step that changes the shape of a state."""
        body, place = self.body, 0
        for i, (taps, after) in enumerate(zip(body.taps, states, strict=False)):
            recent, before = body.recent[place], inputs[len(body.rows) + place]
            place += len(taps)
            if jnp.shape(before) != jnp.shape(after):
                raise ValueError(
                    f"{self.label}: {body.described(i)}, has shape {jnp.shape(after)} after a "
                    f"step, and had shape {jnp.shape(before)} before it, as {recent}; what recurs "
                    "keeps its shape: let it begin with the shape that it ends with, and write "
                    "into it by set_subtensor instead of adding to it"
                    f"{made_at(body.states[i].line)}"
                )


class Scan(_Loop):
    """A number of steps; what each made is kept.

    Its outputs are the recurrent outputs and the others of all steps, stacked, then the recurrent
    outputs of the last step, then what it carried.
    """

    def make_node(self, *inputs: Any) -> Apply:
        """Tell the types: those of the step's outputs, with an axis more, and without."""
        variables = [as_variable(value) for value in inputs]
        body = self.body
        kinds = [
            TensorType(v.type.dtype, (False, *v.type.broadcastable))
            for v in (*body.states, *body.plain)
        ]
        last = [v.type for v in (*body.states, *body.new_carried)]
        return Apply.of_types(self, variables, [*kinds, *last])

    def sizes(self, node: Apply) -> Sequence[int]:
        """XLA must know how many steps there are."""
        return (0,)

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the function of the whole loop."""
        count = node.inputs[0]
        ends_by_itself = count.owner is not None and isinstance(count.owner.op, While)
        if ends_by_itself and not lowering.is_same_in_all_steps(count):
            raise ValueError(
                f"{self.label} ends by itself, in the steps of another loop: how many steps it "
                "makes is a size, and must be the same in all steps of a loop, as XLA must know "
                "it before it compiles; use only the last row, [-1], of outputs that have an "
                f"initial state{made_at(node.line)}"
            )
        n_steps = lowering.size(count, values[0])
        if n_steps < 0:
            raise self._negative(node, n_steps)()
        self._check_initial(node, values)
        for variable, rows in self._sequences(node, values):
            if len(rows) < n_steps:
                raise self._too_short(node, variable, len(rows), str(n_steps))()
        return _Steps(self, node, lowering, n_steps)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write a function of one step, and a loop of it."""
        step, arguments = _written(self, node, inputs, writer, self.body.outputs)
        n_steps = writer.size(node.inputs[0], inputs[0])
        rest = "" if self.truncate < 0 else f", {self.truncate}"
        rest += ", checkpoints=True" if self.checkpoints else ""
        first = "[0]" if len(node.outputs) == 1 else ""
        arguments = f"{step}, {n_steps}, {arguments}, {self.body.taps}{rest}"
        return f"{writer.function(loop)}({arguments}){first}"


class While(_Loop):
    """Steps until one says that it is the last; only what the last made is kept.

    Its outputs are the number of steps, the recurrent outputs of the last, and what it carried.
    """

    def make_node(self, *inputs: Any) -> Apply:
        """Tell the types: those of the step's outputs."""
        variables = [as_variable(value) for value in inputs]
        kinds = [v.type for v in (*self.body.states, *self.body.new_carried)]
        return Apply.of_types(self, variables, [TensorType("int64", ()), *kinds])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the function of the whole loop."""
        body, limit = self.body, values[0]
        self._check_initial(node, values)
        known = limit if isinstance(limit, np.ndarray) else "below 0"
        lowering.check(limit >= 0, self._negative(node, known))
        for variable, rows in self._sequences(node, values):
            lowering.check(limit <= len(rows), self._too_short(node, variable, len(rows)))
        graph = Graph(body.inputs, _outputs_of_while(body))
        places = dict(zip(body.fixed, body.split(node.inputs)[3], strict=True))
        errors: list[Callable[[], Exception]] = []
        at = len(body.rows) + len(body.recent)

        def step(*inputs: Any) -> list[Any]:
            failed, inputs = inputs[at], (*inputs[:at], *inputs[at + 1 :])
            inner = InnerLowering(graph, lowering, places, self._tensors(node))
            *results, is_done = inner.run(inputs)
            self._check_states(node, inputs, results)
            errors[:] = [error for _, error in inner.checks]
            if errors:
                held = flags(inner.checks)
                failed = jnp.where(held.all(), failed, jnp.argmin(held).astype(failed.dtype))
            count = len(body.states)
            is_last = lax.convert_element_type(is_done, bool) | (failed >= 0)
            return [*results[:count], failed, *results[count:], is_last]

        def compute(*arrays: Any) -> tuple[Any, ...]:
            rows, initial, carried, fixed = body.split(arrays)
            nothing_failed = np.array(-1, np.int32)
            steps, *results = loop_until(
                step, arrays[0], rows, initial, [nothing_failed, *carried], fixed, body.taps
            )
            failed = results.pop(len(body.states))
            held = jnp.arange(len(errors), dtype=failed.dtype) != failed
            return (lax.convert_element_type(steps, np.int64), *results, held)

        return Checking(compute, errors)

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return the gradients of as many steps as were made."""
        body = self.body._replace(condition=None)
        counted = Counted(body, self.label, self.truncate, self.checkpoints).make_node(
            node.outputs[0], *node.inputs[1:], node.inputs[0]
        )
        counted.line = node.line
        kept = len(body.states) + len(body.plain)
        return vector_jacobian_product(counted, [None] * kept + list(output_gradients[1:]), wanted)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write a function of one step, and a loop of it."""
        step, arguments = _written(self, node, inputs, writer, _outputs_of_while(self.body))
        first = "[0]" if len(node.outputs) == 1 else ""
        arguments = f"{step}, {inputs[0]}, {arguments}, {self.body.taps}"
        return f"{writer.function(loop_until)}({arguments}){first}"


class Counted(Scan):
    """As many steps as a `While` made; it stands for that where a gradient is wanted.

    Its inputs are those of a `Scan`, and then the most steps that there may be. XLA cannot know how
    many steps a loop makes that stands in the steps of another, and ends by itself; then the most
    are compiled, and what all steps made is not kept.
    """

    def connected(self, node: Apply, i: int) -> bool:
        """Whether some output depends on the values of an input."""
        return i < len(node.inputs) - 1 and super().connected(node, i)

    def sizes(self, node: Apply) -> Sequence[int]:
        """XLA must know how many steps there may be."""
        return (len(node.inputs) - 1,)

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the function of the whole loop."""
        if lowering.is_same_in_all_steps(node.inputs[0]):
            return super().bind(lowering, node, values)
        body, limit = self.body, lowering.size(node.inputs[-1], values[-1])
        graph = Graph(body.inputs, body.outputs)
        places = dict(zip(body.fixed, body.split(node.inputs)[3], strict=True))

        def step(*inputs: Any) -> list[Any]:
            # What these steps would check, those of the loop that ended by itself have checked.
            return InnerLowering(graph, lowering, places, self._tensors(node)).run(inputs)

        def compute(*arrays: Any) -> tuple[Any, ...]:
            parts = body.split(arrays)
            last = loop_counted(
                step, limit, arrays[0], *parts, body.taps, self.truncate, self.checkpoints
            )
            return (*[None] * (len(body.states) + len(body.plain)), *last)

        return compute

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write a function of one step, and a loop of it."""
        step, arguments = _written(self, node, inputs, writer, self.body.outputs)
        limit = writer.size(node.inputs[-1], inputs[-1])
        rest = "" if self.truncate < 0 else f", {self.truncate}"
        rest += ", checkpoints=True" if self.checkpoints else ""
        not_kept = literal((None,) * (len(self.body.states) + len(self.body.plain)))
        call = f"{step}, {limit}, {inputs[0]}, {arguments}, {self.body.taps}{rest}"
        return f"({not_kept} + {writer.function(loop_counted)}({call}))"


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" + ("" if count == 1 else "s")


def _outputs_of_while(body: Body) -> list[Variable]:
    assert body.condition is not None
    return [*body.states, *body.new_carried, body.condition]


def reached_back(outputs: Sequence[Variable]) -> set[Variable]:
    """Return the variables on whose values some output depends, not only on their shapes.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, y = T.dvectors("x", "y")
        >>> reached = reached_back([x.sum() + y.shape[0]])
        >>> x in reached, y in reached
        (True, False)
    """
    reaching = set(outputs)
    for node in reversed(toposort(outputs)):
        if not reaching.isdisjoint(node.outputs):
            reaching.update(v for i, v in enumerate(node.inputs) if node.op.connected(node, i))
    return reaching


def untruncated(outputs: Sequence[Variable], given: Collection[Variable]) -> list[Variable]:
    """Return expressions with every truncation of a gradient taken out of their loops.

    Args:
        outputs: the expressions.
        given: variables that stay what they are.

    Example:
        >>> import jaxlearn.theano as theano
        >>> import jaxlearn.theano.tensor as T
        >>> s = T.dscalar("s")
        >>> powers, _ = theano.scan(lambda p: p * s, None, s, n_steps=3, truncate_gradient=1)
        >>> whole = untruncated([powers[-1]], [s])[0]
        >>> [float(T.grad(last, s).eval({s: 2.0})) for last in (powers[-1], whole)]
        [8.0, 32.0]
    """
    current: dict[Variable, Variable] = {}
    for node in toposort(outputs, given):
        inputs = [current.get(v, v) for v in node.inputs]
        op = _untruncated(node.op) if isinstance(node.op, _Loop) else node.op
        if op is not node.op:
            changed = op.make_node(*inputs)
            changed.line = node.line
        elif any(new is not old for new, old in zip(inputs, node.inputs, strict=True)):
            changed = node.clone_with_new_inputs(inputs)
        else:
            continue
        current.update(zip(node.outputs, changed.outputs, strict=True))
    return [current.get(v, v) for v in outputs]


def _untruncated(op: _Loop) -> _Loop:
    """Return a loop that cuts no gradient off, in its steps neither; the same if it does not."""
    body, states = op.body, len(op.body.states)
    last = states + len(body.plain)
    outputs = tuple(untruncated(body.outputs, set(body.inputs)))
    if op.truncate < 0 and all(new is old for new, old in zip(outputs, body.outputs, strict=True)):
        return op
    body = body._replace(
        states=outputs[:states], plain=outputs[states:last], new_carried=outputs[last:]
    )
    return type(op)(body, op.label, checkpoints=op.checkpoints)


class _StepLowering(InnerLowering):
    """A walk over a step in which some products take other weights, and get a row added.

    Args:
        graph: the step's graph.
        outer: the walk over the graph around it.
        places: what the fixed variables are there.
        rows: of what the rows are rows there.
        changed: for those products, by node, the weights, and the row to add or None.

    Attributes:
        factors: by node, what the weights are multiplied with.
        products: by node, the product.
    """

    def __init__(
        self,
        graph: Graph,
        outer: Any,
        places: Any,
        rows: Any,
        changed: dict[Apply, tuple[Any, Any]],
    ) -> None:
        super().__init__(graph, outer, places, rows)
        self._changed = changed
        self.factors: dict[Apply, Any] = {}
        self.products: dict[Apply, Any] = {}

    def _traced(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        if node not in self._changed:
            return super()._traced(node, inputs)
        position = _position_of_weights(node, self._places)
        weights, row = self._changed[node]
        self.factors[node] = inputs[1 if position == 0 else 0]
        pair = (weights, inputs[1]) if position == 0 else (inputs[0], weights)
        (product,) = super()._traced(node, pair)
        self.products[node] = product
        return [product if row is None else product + row]


def _position_of_weights(node: Apply, fixed: Any) -> int | None:
    """Return which input of a product is a matrix that stays the same in all steps."""
    if isinstance(node.op, Dot):
        for i, variable in enumerate(node.inputs):
            if variable in fixed and variable.type.ndim == 2 and node.inputs[1 - i] not in fixed:
                return i
    return None


def _row_added_to(graph: Graph, product: Variable, rows: Sequence[Variable]) -> int | None:
    """Return the row that a product is added to, if both serve nothing else: its position.

    What changes the one then changes the sum as what changes the other does.
    """
    number = graph.numbering
    uses = Counter(number[v] for node in graph.nodes for v in node.inputs)
    uses.update(number[v] for v in graph.outputs)
    sums = {
        number[v]: node
        for node in graph.nodes
        for v in node.inputs
        if getattr(node.op, "name", "") == "add"
    }

    def is_part(variable: Variable, of: Variable) -> bool:
        return uses[number[variable]] == 1 and variable.type == of.type

    top = product
    while number[top] in sums and is_part(top, sums[number[top]].outputs[0]):
        top = sums[number[top]].outputs[0]
    places = {number[row]: i for i, row in enumerate(rows)}
    makers = {number[node.outputs[0]]: node for node in sums.values()}
    parts = [top]
    while parts:
        part = parts.pop()
        if number[part] in places:
            return places[number[part]]
        maker = makers.get(number[part])
        parts += [v for v in maker.inputs if is_part(v, part)] if maker else []
    return None


class _Steps(Checking, ProductsApart):
    """The function of a `Scan`.

    Two things are done otherwise than one step after another, because they are many times quicker
    at once. Products of rows and weights do not wait for the loop. And the gradient by weights that
    multiply a state is one product after the backward loop: JAX would add up an array as large as
    the weights in each step.

    Args:
        op: the loop.
        node: its place.
        lowering: the walk over the graph around it.
        n_steps: how many steps.
    """

    def __init__(self, op: Scan, node: Apply, lowering: Any, n_steps: int) -> None:
        super().__init__(self._all, [])
        self._op, self._node, self._lowering, self._n_steps = op, node, lowering, n_steps
        self._chosen: list[Apply] = []
        self._slots: list[tuple[Apply | None, int | None]] = []
        body = op.body
        self._places = dict(zip(body.fixed, body.split(node.inputs)[3], strict=True))
        self._tensors = op._tensors(node)
        early = _products_of_rows(body)
        self._before = Graph([*body.rows, *body.fixed], early)
        self._graph = Graph(
            [*body.rows, *early, *body.recent, *body.carried, *body.fixed], body.outputs
        )
        # What stands in a branch of a choice does not leave it.
        self._weighted = [
            node
            for node in self._graph.regions[()]
            if _position_of_weights(node, self._places) is not None
            and self._graph.numbering.key(node) not in self._graph.pullbacks
        ]
        rows = [*body.rows, *early]
        self._row_of = {
            node: _row_added_to(self._graph, node.outputs[0], rows) for node in self._weighted
        }

    def _all(self, *arrays: Any) -> tuple[Any, ...]:
        outputs: tuple[Any, ...] = self._run(arrays)[0]
        return outputs

    def _run(
        self, arrays: Sequence[Any], zeros: Sequence[Any] = (), weights: Sequence[Any] = ()
    ) -> tuple[tuple[Any, ...], list[Any]]:
        """Return the outputs, and the factors of the chosen products.

        Args:
            arrays: the inputs.
            zeros: what is added to the chosen products, or to the rows that they are added to.
            weights: what the chosen products take as their weights.
        """
        body, op = self._op.body, self._op
        chosen = self._chosen if weights else []
        rows, initial, carried, fixed = body.split(arrays)
        rows = [values[: self._n_steps] for values in rows]
        early, errors, held_before = self._products_of_rows(rows, fixed)
        rows = [*rows, *early]
        own: dict[Any, Any] = {}
        for (node, row), values in zip(self._slots, zeros, strict=bool(zeros)):
            if row is None:
                own[node] = values
            else:
                rows[row] = rows[row] + values
        given, end = len(rows), len(rows) + len(own)

        def step(*inputs: Any) -> list[Any]:
            last = len(inputs) - len(chosen)
            added = dict(zip(own, inputs[given:end], strict=True))
            changed = {
                node: (values, added.get(node))
                for node, values in zip(chosen, inputs[last:], strict=True)
            }
            inputs = (*inputs[:given], *inputs[end:last])
            inner = _StepLowering(self._graph, self._lowering, self._places, self._tensors, changed)
            results = inner.run(inputs)
            op._check_states(self._node, [*inputs[: len(body.rows)], *inputs[given:]], results)
            self.errors[:] = [*errors, *(error for _, error in inner.checks)]
            factors = [inner.factors[node] for node in chosen]
            last = len(results) - len(body.carried)
            return [*results[:last], *factors, flags(inner.checks), *results[last:]]

        outputs = loop(
            step,
            self._n_steps,
            [*rows, *own.values()],
            initial,
            carried,
            [*fixed, *weights],
            body.taps,
            op.truncate,
            op.checkpoints,
        )
        kept = len(body.states) + len(body.plain)
        factors, held = outputs[kept : kept + len(chosen)], outputs[kept + len(chosen)]
        rest = outputs[kept + len(chosen) + 1 :]
        all_held = jnp.concatenate([held_before, held.all(axis=0)])
        return (*outputs[:kept], *rest, all_held), list(factors)

    def _products_of_rows(
        self, rows: Sequence[Any], fixed: Sequence[Any]
    ) -> tuple[Sequence[Any], list[Callable[[], Exception]], Any]:
        """Return the products of rows and weights, of all steps at once, and what they check."""
        errors: list[Callable[[], Exception]] = []
        if not self._before.outputs:
            return [], errors, jnp.zeros(0, bool)

        def of_row(*row: Any) -> tuple[Any, Any]:
            inner = InnerLowering(self._before, self._lowering, self._places)
            results = inner.run([*row, *fixed])
            errors[:] = [error for _, error in inner.checks]
            return results, flags(inner.checks)

        results, held = jax.vmap(of_row)(*rows)
        return results, errors, held.all(axis=0)

    # The gradient by weights.

    def rows(self, wanted: Sequence[int], inputs: Sequence[Any]) -> list[Any]:
        """Return zeros for the products with weights by which the gradient is wanted.

        Products that are added to one row share one array of zeros, which is added to that row.
        """
        weighted = self._weighted if self._n_steps else []
        self._chosen = [n for n in weighted if self._weights_of(n)[1] in wanted]
        shapes: dict[Any, Any] = {}
        for node, shape in zip(self._chosen, self._shapes(inputs), strict=True):
            shapes[self._slot(node)] = shape
        self._slots = list(shapes)
        return [jnp.zeros((self._n_steps, *s.shape), s.dtype) for s in shapes.values()]

    def _slot(self, node: Apply) -> tuple[Apply | None, int | None]:
        row = self._row_of[node]
        return (node, None) if row is None else (None, row)

    def with_rows(
        self, inputs: Sequence[Any], rows: Sequence[Any], constants: Sequence[Any]
    ) -> tuple[Any, Sequence[Any]]:
        """Return the outputs where those products take constant weights, and their factors."""
        weights = [constants[self._weights_of(node)[1]] for node in self._chosen]
        return self._run(inputs, rows, weights)

    def products(self, factors: Sequence[Any], gradients: Sequence[Any]) -> list[tuple[int, Any]]:
        """Return the inputs that are weights, and the gradients by them."""
        results = []
        by_slot = dict(zip(self._slots, gradients, strict=True))
        for node, factor in zip(self._chosen, factors, strict=True):
            gradient = by_slot[self._slot(node)]
            position, place = self._weights_of(node)
            factor = lax.convert_element_type(factor, gradient.dtype)
            if position:
                axes = tuple(range(factor.ndim - 1))
                pair = factor, gradient
            else:
                axes = (0, *range(2, factor.ndim))
                pair = gradient, factor
            product = lax.dot_general(
                *pair, ((axes, axes), ((), ())), precision=lax.Precision.HIGHEST
            )
            results.append((place, product))
        return results

    def _weights_of(self, node: Apply) -> tuple[int, int]:
        """Return which input of a product its weights are, and which of the loop."""
        position = _position_of_weights(node, self._places)
        assert position is not None
        body = self._op.body
        first = 1 + len(body.rows) + len(body.taps) + len(body.carried)
        return position, first + body.fixed.index(node.inputs[position])

    def _shapes(self, arrays: Sequence[Any]) -> list[Any]:
        """Return the shapes and dtypes of the chosen products."""
        body = self._op.body

        def step(*inputs: Any) -> list[Any]:
            rows, initial, carried, fixed = body.split(inputs)
            rows = [values[: max(self._n_steps, 1)] for values in rows]
            early, _, _ = self._products_of_rows(rows, fixed)
            recent = [
                values[tap - min(taps)]
                for values, taps in zip(initial, body.taps, strict=True)
                for tap in taps
            ]
            weights = [inputs[self._weights_of(node)[1]] for node in self._chosen]
            changed = {n: (values, None) for n, values in zip(self._chosen, weights, strict=True)}
            inner = _StepLowering(self._graph, self._lowering, self._places, self._tensors, changed)
            firsts = [values[0] for values in (*rows, *early)]
            inner.run([*firsts, *recent, *carried, *fixed])
            return [inner.products[node] for node in self._chosen]

        shapes: list[Any] = jax.eval_shape(step, *arrays)
        return shapes


def _products_of_rows(body: Body) -> list[Variable]:
    """Return the products of a step that wait for nothing but its rows."""
    late = _depending([*body.recent, *body.carried], body.outputs)
    return [
        node.outputs[0]
        for node in toposort(body.outputs)
        if _position_of_weights(node, body.fixed) is not None
        and node.outputs[0] not in late
        and not isinstance(node.inputs[0], Constant)
        and not isinstance(node.inputs[1], Constant)
    ]


def _depending(variables: Sequence[Variable], outputs: Sequence[Variable]) -> set[Variable]:
    """Return what depends on some variables, and they themselves."""
    found = set(variables)
    for node in toposort(outputs):
        if not found.isdisjoint(node.inputs):
            found.update(node.outputs)
    return found


def _written(
    op: Any, node: Apply, inputs: Sequence[str], writer: Any, outputs: Sequence[Variable]
) -> tuple[str, str]:
    """Return the name of the function of one step, and the other arguments of the loop."""
    known = [writer.is_known(variable) for variable in op.body.split(node.inputs)[3]]
    statics = [v for v, is_known in zip(op.body.fixed, known, strict=True) if is_known]
    name = re.sub(r"\W", "_", f"{op.label}_step")
    step = writer.inner_function(name, op.body.inputs, statics, outputs, as_tuple=True)
    rows, initial, carried, fixed = op.body.split(inputs)
    fixed = [
        writer.raw(name) if is_known else name for name, is_known in zip(fixed, known, strict=True)
    ]
    parts = [f"[{', '.join(part)}]" for part in (rows, initial, carried, fixed)]
    return step, ", ".join(parts)


class Chunks(Op):
    """How many times a number of steps goes into another.

    Its inputs are the number of all steps, and the numbers of rows of the sequences.

    Args:
        every: how many steps a chunk has.
        padding: whether the last chunk may be short of steps.
        names: of the sequences.

    Raises:
        ValueError: when the function runs: the last chunk is short and may not be, or a sequence
            has too few rows.

    Example:
        >>> [int(Chunks(3, True, [])(steps).eval()) for steps in (6, 7)]
        [2, 3]
    """

    parameters = ("every", "padding", "names")

    def __init__(self, every: int, padding: bool, names: Sequence[str]) -> None:
        self.every = every
        self.padding = padding
        self.names = tuple(names)

    def make_node(self, *inputs: Any) -> Apply:
        """A whole number comes out."""
        variables = [as_tensor_variable(value) for value in inputs]
        return Apply.of_types(self, variables, [TensorType("int64", ())])

    def connected(self, node: Apply, i: int) -> bool:
        """A number of steps has no gradient."""
        return False

    def function(self, *values: Any) -> Any:
        """Divide, and round up; what is not to be rounded is refused on the host."""
        return -(-values[0].astype(np.int64) // self.every)

    def host(self, node: Apply, *values: Any) -> Any:
        """Check the numbers, and divide."""
        steps, every = int(values[0]), self.every
        for name, rows in zip(self.names, values[1:], strict=True):
            if rows < steps:
                raise ValueError(
                    "scan_checkpoints: sequence is shorter than the required number of steps: "
                    f"{name} has {_counted(int(rows), 'row')}, n_steps is {steps}"
                    f"{made_at(node.line)}"
                )
        if steps % every and not self.padding:
            raise ValueError(
                f"scan_checkpoints: there are {_counted(steps, 'step')}, which is no multiple of "
                f"save_every_N={every}, and padding is off; set padding=True, or give a number of "
                f"steps such as n_steps={steps - steps % every}{made_at(node.line)}"
            )
        return np.int64(-(-steps // every))

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the division."""
        if writer.is_known(node.inputs[0]):
            return f"-(-{writer.raw(inputs[0])} // {self.every})"
        return f"-(-{inputs[0]}.astype(jnp.int64) // {self.every})"

    def written_as_known(self, node: Apply, known: Sequence[bool]) -> bool:
        """It is a number of Python if the number of steps is."""
        return known[0]


class LastStep(Transparent):
    """What the last step made, once there was one."""

    def make_node(self, last: Any, n_steps: Any) -> Apply:
        """The type is that of what the step made."""
        variables = [as_tensor_variable(last), as_tensor_variable(n_steps)]
        return Apply.of_types(self, variables, [variables[0].type])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the first input; it is checked that there was a step."""
        lowering.check(
            values[1] > 0,
            lambda: IndexError(
                f"index -1 is out of bounds: {_described_last(node.inputs[0])}; n_steps, or the "
                f"number of rows of the sequences, is 0{made_at(node.line)}"
            ),
        )
        return self.function


def _described_last(last: Variable) -> str:
    """Say that a loop made no step, in the user's words, of an output of its last step."""
    node: Any = last.owner
    if node is None or not isinstance(node.op, _Loop) or last.index is None:
        return f"there is no last step of {last}"
    body = node.op.body
    before = 1 if isinstance(node.op, While) else len(body.states) + len(body.plain)
    described = body.described(last.index - before)
    return f"{node.op.label} made no step, and so there is no last row of {described}"


def last_step(steps: Variable) -> Any:
    """Return the last row of a recurrent output without the others; None if this is not one.

    Example:
        >>> import jaxlearn.theano as theano
        >>> import jaxlearn.theano.tensor as T
        >>> sums, _ = theano.scan(lambda x, s: s + x, T.dvector("x"), T.zeros(()))
        >>> last_step(sums)
        LastStep.0
        >>> last_step(T.dvector("x"))
    """
    node = steps.owner
    if node is None or not isinstance(node.op, Scan):
        return None
    states, index = len(node.op.body.states), steps.index or 0
    if index >= states:
        return None
    count = node.inputs[0]
    last = node.outputs[states + len(node.op.body.plain) + index]
    if count.owner is not None and isinstance(count.owner.op, While):
        # How many steps that takes need not be known, as it must be for all of them.
        last = count.owner.outputs[1 + index]
    return LastStep()(last, count)
