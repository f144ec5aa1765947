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
from jaxlearn.symbolic.packing import PackedStep

__all__ = ["StagedProgram"]

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


class _Plan:
    """A node of the tree: a compiled program, or a question and what follows each answer."""

    def __init__(self, answers: Sequence[Any]) -> None:
        self.answers = list(answers)
        self.question: _Question | None = None
        self.next: dict[Any, _Plan] = {}
        self.step: PackedStep | None = None


class _Compiling:
    """How far a program has come while it is traced: the plan it is for, and its checks."""

    def __init__(self, plan: _Plan) -> None:
        self.plan = plan
        self.errors: list[Callable[[], Exception]] = []


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
    ) -> None:
        self.graph = graph
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
        variables = (*self.state, *self.read)
        shapes = tuple([a.shape for a in inputs] + [v.stored.shape for v in variables])
        root = plan = self._plans.setdefault(shapes, _Plan(()))
        while plan.question is not None or plan.step is None:
            if plan.question is None:
                plan = self._compiled(plan, inputs)
            else:
                plan, inputs = self._follow(plan, inputs)
        self.quick = plan.step.quick if plan is root else None
        return plan.step(inputs)

    def _follow(self, plan: _Plan, inputs: Sequence[Any]) -> tuple[_Plan, Sequence[Any]]:
        """Answer the question of a plan; return the next plan, and its inputs."""
        question: Any = plan.question
        answer = question.find(self._values(inputs))
        if isinstance(answer, tuple):
            shapes = tuple(array.shape for array in answer)
            return self._next(plan, shapes, _Staged(question.nodes)), (*inputs, *answer)
        return self._next(plan, (answer.shape, answer.tobytes()), answer), inputs

    def _next(self, plan: _Plan, key: Any, answer: Any) -> _Plan:
        if key not in plan.next:
            plan.next[key] = _Plan([*plan.answers, answer])
            self._count_variants(plan)
        return plan.next[key]

    def _values(self, inputs: Sequence[Any]) -> list[Any]:
        """Return the values of the graph's inputs, in its order."""
        given = len(self.graph.inputs) - len(self.state) - len(self.read)
        state = [variable.stored for variable in self.state]
        return [*state, *inputs[:given], *(variable.stored for variable in self.read)]

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

    def _compiled(self, plan: _Plan, inputs: Sequence[Any]) -> _Plan:
        """Compile the program of a plan.

        Sizes that come up and that the host can compute are answered at once, from the values of
        this call; each makes a further plan.

        Returns:
            The plan that now has the compiled step, or a question that must be answered first.
        """
        values = self._values(inputs)
        compiling = _Compiling(plan)

        def answer(need: SizeNeededError) -> np.ndarray:
            found = need.host(values)
            if found is NotImplemented:
                raise need
            size = np.asarray(found)
            here = compiling.plan
            here.question = self._size_question(need)
            compiling.plan = self._next(here, (size.shape, size.tobytes()), size)
            return size

        def fail(held: np.ndarray) -> None:
            raise compiling.errors[int(np.argmin(held))]()

        traced = self._traced(compiling, answer)
        try:
            step = PackedStep(traced, self.state, inputs, self.read, fail)
        except SizeNeededError as need:
            compiling.plan.question = self._size_question(need)
        except StageNeededError as need:
            compiling.plan.question = self._stage_question(need)
        else:
            compiling.plan.step = step
            self.variants += 1
        return compiling.plan

    def _traced(
        self, compiling: _Compiling, answer: Callable[[SizeNeededError], np.ndarray]
    ) -> Callable[..., Any]:
        count, read = len(self.state), len(self.read)
        given = len(self.graph.inputs) - count - read

        def traced(state: Any, inputs: Any) -> Any:
            staged = iter(inputs[given : len(inputs) - read])
            answers = compiling.plan.answers
            outputs_of = {
                node: [next(staged) for _ in node.outputs]
                for stage in answers
                if isinstance(stage, _Staged)
                for node in stage.nodes
            }
            sizes = [size for size in answers if not isinstance(size, _Staged)]
            lowering = Lowering(self.graph, sizes, outputs_of, answer)
            values = lowering.run([*state, *inputs[:given], *inputs[len(inputs) - read :]])
            compiling.errors = [error for _, error in lowering.checks]
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
