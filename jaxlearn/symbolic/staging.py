"""Compiling a graph once per set of sizes, and computing those sizes before the step.

XLA must know every size before it compiles. Where tracing meets a size that depends on an input's
value, it asks (`lowering.SizeNeededError`); the answer is computed on the host before each call,
and there is one program per distinct answer. Where the shapes themselves come from data
(``nonzero``), the arrays are computed by a compiled stage of their own, and enter the next one as
inputs. Which questions come up depends on the shapes of the inputs and on earlier answers, so plans
form a tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from jaxlearn.symbolic.errors import VariantsWarning, made_at, warn_user
from jaxlearn.symbolic.graph import Apply, Variable
from jaxlearn.symbolic.lowering import (
    Graph,
    Lowering,
    SizeNeededError,
    StageNeededError,
    flags,
)
from jaxlearn.symbolic.packing import PackedStep, kind_of
from jaxlearn.symbolic.sharding import Placement, ShardedStep

__all__ = ["StagedProgram", "Variant"]

_MANY_VARIANTS = 20


class _Question:
    """What must be known before a program can be compiled, and how to find it out."""

    def __init__(
        self,
        variable: Variable,
        find: Callable[[Sequence[Any]], Any],
        nodes: Sequence[Apply] = (),
    ) -> None:
        self.variable = variable
        self.find = find
        self.nodes = nodes


class Variant:
    """The pure function of a graph for one set of shapes and sizes.

    Attributes:
        function: ``(state, inputs) -> (outputs, new state, flags)`` of tuples of arrays, jitted;
            ``flags`` is a vector of conditions that must hold. Its inputs are those of a call, then
            the outputs of stages, then the values of the variables that are only read.
        results: the shapes and dtypes of what it returns.
        errors: for each flag, what makes the exception to raise if it is false.
        sizes: pairs of a variable and the value that the function takes it to have.
        staged: the variables that must be computed on the host before each call.
        step: the function compiled for single calls, once there was one.
        loops: the function compiled for many calls in one, by what kind of many.
    """

    def __init__(self) -> None:
        self.function: Any = None
        self.results: Any = None
        self.errors: list[Callable[[], Exception]] = []
        self.sizes: list[tuple[Variable, np.ndarray]] = []
        self.staged: list[Variable] = []
        self.step: PackedStep | ShardedStep | None = None
        self.loops: dict[Any, Any] = {}

    def failed(self, held: np.ndarray) -> None:
        """Raise the exception of the first flag that is false."""
        raise self.errors[int(np.argmin(held))]()


class _Plan:
    """A node of the tree: a variant, or a question and what follows each answer."""

    def __init__(self, answers: Sequence[tuple[Variable, Any]] = ()) -> None:
        self.answers = list(answers)
        self.question: _Question | None = None
        self.next: dict[Any, _Plan] = {}
        self.variant: Variant | None = None


class _Staged:
    """Marks an answer that is the outputs of some nodes, traced as further inputs."""

    def __init__(self, nodes: Sequence[Apply]) -> None:
        self.nodes = list(nodes)


class StagedProgram:
    """A compiled function of a graph's inputs, whatever sizes it turns out to need.

    Args:
        graph: the graph. Its inputs are the variables of the state, the inputs of a call, and the
            variables that are only read; its outputs are those of a call, and then the new state.
        state: the shared variables whose values are replaced.
        read: the shared variables whose values are only read.
        name: for warnings and profiles.
        placement: where arrays lie on a mesh of devices; None for one device.

    Attributes:
        variants: how many programs have been compiled, for different shapes and sizes.
        quick: the quickest form of the step that ran last, if it has one and no size had to be
            found out before it.
    """

    def __init__(
        self,
        graph: Graph,
        state: Sequence[Any] = (),
        read: Sequence[Any] = (),
        name: str = "function",
        placement: Placement | None = None,
    ) -> None:
        self.graph = graph
        self.placement = placement
        self.state = list(state)
        self.read = list(read)
        self.name = name
        self.variants = 0
        self.quick: Any = None
        self._plans: dict[Any, _Plan] = {}
        self._has_warned = False

    def __call__(self, inputs: Sequence[Any]) -> list[np.ndarray]:
        """Replace the values of the state, and return the outputs.

        64-bit types must be on. Nothing has changed if this raises.

        Raises:
            Exception: a check of the graph failed; what it is, is the operation's choice.
        """
        state = [variable.stored for variable in self.state]
        read = [variable.stored for variable in self.read]
        variant, staged = self.variant(state, inputs, read)
        inputs = (*inputs, *staged)
        if variant.step is None:
            variant.step = self._step(variant, inputs)
            self.variants += 1
        self.quick = None if variant.sizes or variant.staged else variant.step.quick
        return variant.step(inputs)

    def _step(self, variant: Variant, inputs: Sequence[Any]) -> PackedStep | ShardedStep:
        if self.placement is None:
            return PackedStep(variant.function, self.state, inputs, self.read, variant.failed)
        return ShardedStep(
            variant.function, self.state, self.given, self.read, variant.failed, self.placement
        )

    @property
    def given(self) -> list[Variable]:
        """The inputs of a call."""
        return self.graph.inputs[len(self.state) : len(self.graph.inputs) - len(self.read)]

    def variant(
        self, state: Sequence[Any], inputs: Sequence[Any], read: Sequence[Any]
    ) -> tuple[Variant, Sequence[Any]]:
        """Return the variant for some values, and the outputs of the stages that it needs.

        64-bit types must be on.
        """
        arrays = (*state, *inputs, *read)
        plan = self._plans.setdefault(tuple([array.shape for array in arrays]), _Plan())
        staged: tuple[Any, ...] = ()
        while plan.variant is None:
            if plan.question is None:
                plan = self._explored(plan, arrays, staged)
            else:
                plan, more = self._follow(plan, plan.question, arrays)
                staged = (*staged, *more)
        return plan.variant, staged

    def _follow(
        self, plan: _Plan, question: _Question, values: Sequence[Any]
    ) -> tuple[_Plan, Sequence[Any]]:
        """Answer the question of a plan; return the next plan, and the outputs of its stage."""
        answer = question.find(values)
        if isinstance(answer, tuple):
            shapes = tuple(array.shape for array in answer)
            return self._next(plan, shapes, _Staged(question.nodes)), answer
        return self._next(plan, (answer.shape, answer.tobytes()), answer), ()

    def _next(self, plan: _Plan, key: Any, answer: Any) -> _Plan:
        if key not in plan.next:
            question: Any = plan.question
            plan.next[key] = _Plan([*plan.answers, (question.variable, answer)])
            self._count_variants(plan)
        return plan.next[key]

    def _count_variants(self, plan: _Plan) -> None:
        if len(plan.next) > _MANY_VARIANTS and not self._has_warned:
            self._has_warned = True
            variable = plan.question.variable if plan.question else None
            warn_user(
                f"{self.name} has been compiled for {len(plan.next)} values of {variable}, which "
                "is a size, and XLA compiles once per size; pad the data, or round the size up"
                f"{made_at(variable.line if variable is not None else None)}",
                VariantsWarning,
            )

    def _explored(self, plan: _Plan, values: Sequence[Any], staged: Sequence[Any]) -> _Plan:
        """Trace the function of a plan.

        Sizes that come up and that the host can compute are answered at once, from the values of
        this call; each makes a further plan.

        Returns:
            The plan that now has its variant, or a question that must be answered first.
        """
        here, variant = plan, Variant()

        def answer(need: SizeNeededError) -> np.ndarray:
            nonlocal here
            found = need.host(values)
            if found is NotImplemented:
                raise need
            size = np.asarray(found)
            here.question = self._size_question(need)
            here = self._next(here, (size.shape, size.tobytes()), size)
            return size

        variant.function = jax.jit(self._traced(lambda: here.answers, answer, variant))
        count, last = len(self.state), len(values) - len(self.read)
        kinds = [kind_of(a) for a in (*values[:last], *staged, *values[last:])]
        try:
            variant.results = jax.eval_shape(
                variant.function, tuple(kinds[:count]), tuple(kinds[count:])
            )
        except SizeNeededError as need:
            here.question = self._size_question(need)
        except StageNeededError as need:
            here.question = self._stage_question(need)
        else:
            for variable, found in here.answers:
                if isinstance(found, _Staged):
                    variant.staged.append(variable)
                else:
                    variant.sizes.append((variable, found))
            here.variant = variant
        # What is traced lives as long as the function, and must not keep the values of this call.
        values = ()
        return here

    def _traced(
        self,
        answers: Callable[[], Sequence[tuple[Variable, Any]]],
        answer: Callable[[SizeNeededError], np.ndarray],
        variant: Variant,
    ) -> Callable[..., Any]:
        count, read = len(self.state), len(self.read)
        given = len(self.graph.inputs) - count - read

        def traced(state: Any, inputs: Any) -> Any:
            staged = iter(inputs[given : len(inputs) - read])
            known = [found for _, found in answers()]
            outputs_of = {
                node: [next(staged) for _ in node.outputs]
                for stage in known
                if isinstance(stage, _Staged)
                for node in stage.nodes
            }
            sizes = [size for size in known if not isinstance(size, _Staged)]
            lowering = Lowering(self.graph, sizes, outputs_of, answer)
            values = lowering.run([*state, *inputs[:given], *inputs[len(inputs) - read :]])
            variant.errors = [error for _, error in lowering.checks]
            outputs = len(values) - count
            return tuple(values[:outputs]), tuple(values[outputs:]), flags(lowering.checks)

        traced.__name__ = re.sub(r"\W", "_", self.name)
        return traced

    def _size_question(self, need: SizeNeededError) -> _Question:
        stage: list[StagedProgram] = []

        def find(values: Sequence[Any]) -> np.ndarray:
            answer = NotImplemented if stage else need.host(values)
            if answer is NotImplemented:
                if not stage:
                    stage.append(StagedProgram(Graph(self.graph.inputs, [need.variable])))
                answer = stage[0](values)[0]
            return np.asarray(answer)

        return _Question(need.variable, find)

    def _stage_question(self, need: StageNeededError) -> _Question:
        inputs = [variable for node in need.nodes for variable in node.inputs]
        stage = StagedProgram(Graph(self.graph.inputs, inputs))

        def find(values: Sequence[Any]) -> tuple[np.ndarray, ...]:
            found = iter(stage(values))
            outputs: list[Any] = []
            for node in need.nodes:
                answer = node.op.host(node, *(next(found) for _ in node.inputs))
                outputs.extend(answer if isinstance(answer, (tuple, list)) else (answer,))
            return tuple(np.asarray(output) for output in outputs)

        return _Question(need.nodes[0].outputs[0], find, need.nodes)
