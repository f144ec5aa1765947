"""`scan` and its kin: loops as their user writes them, made into the operations of `ops.scan`.

The user's function is called once, with variables that stand for what one step gets; what it
returns is the graph of a step. What in that graph depends on no such variable is the same in every
step: it is computed once, before the loop, and is handed in.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxlearn.symbolic.configuration import change_flags, config
from jaxlearn.symbolic.errors import AsTensorError, MissingInputError, made_at, user_line
from jaxlearn.symbolic.graph import (
    Constant,
    Variable,
    graph_inputs,
    replace_variables,
    toposort,
)
from jaxlearn.symbolic.ops.creation import zeros
from jaxlearn.symbolic.ops.dimensions import shape_padleft
from jaxlearn.symbolic.ops.elementwise import ROWS
from jaxlearn.symbolic.ops.joining import concatenate
from jaxlearn.symbolic.ops.scan import Body, Chunks, Scan, While
from jaxlearn.symbolic.printing import short_formula
from jaxlearn.symbolic.rewrites import stabilized
from jaxlearn.symbolic.shared import OrderedUpdates, SharedVariable
from jaxlearn.symbolic.types import TensorType, is_discrete
from jaxlearn.symbolic.variables import as_tensor_variable, as_variable

__all__ = ["foldl", "foldr", "map", "reduce", "scan", "scan_checkpoints", "until"]


class until:  # noqa: N801  (Theano's name)
    """The condition that ends a loop, as the function of `scan` returns it.

    Args:
        condition: a scalar; the step in which it is not zero is the last.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> powers, _ = scan(lambda p: (p * 2, until(p > 5)), outputs_info=T.ones(()), n_steps=99)
        >>> powers.eval().tolist()
        [2.0, 4.0, 8.0, 16.0]
    """

    def __init__(self, condition: Any) -> None:
        self.condition = _tensor("until", condition)
        if self.condition.ndim:
            raise TypeError(
                f"until: got {short_formula(self.condition)} of {self.condition.type!r}, wanted a "
                f"scalar; use T.all(...) or T.any(...){made_at(self.condition.line)}"
            )

    def __repr__(self) -> str:
        return f"until({short_formula(self.condition)})"


def scan(
    fn: Callable[..., Any],
    sequences: Any = None,
    outputs_info: Any = None,
    non_sequences: Any = None,
    n_steps: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
    profile: Any = False,
    allow_gc: bool | None = None,
    strict: bool = False,
    return_list: bool = False,
) -> tuple[Any, OrderedUpdates]:
    """Apply a function step by step, handing on what it returns; return what all steps returned.

    The function gets, in this order: one row of each sequence (of a sequence with several taps,
    one for each), what the outputs that recur were at their taps, and the non-sequences. It returns
    outputs, updates of shared variables, and an `until`, or any of these; of several a tuple or a
    list. It is called once, to learn what a step is.

    Args:
        fn: the function.
        sequences: a tensor over whose first axis the loop goes, or a list of them. A dictionary
            ``{"input": tensor, "taps": [-1, 0, 1]}`` gives each step rows around its own.
        outputs_info: for each output how it recurs: None where it does not; the value before the
            first step; or a dictionary ``{"initial": values, "taps": [-3, -1]}``, whose initial
            values are as many as the taps reach back, the newest last (for ``[-1]``, the default,
            it is the value itself).
        non_sequences: what every step gets the same. What the function uses besides, shared
            variables or other expressions, need not be listed.
        n_steps: how many steps, an integer or an integer scalar; by default as many as the
            shortest sequence has. XLA compiles one program for each number.
        truncate_gradient: through how many steps from the last a gradient flows; -1 for all.
        go_backwards: go over the sequences from their last row to the first.
        mode: no meaning here: XLA compiles every loop.
        name: a name for the loop, which errors then say.
        profile: no meaning here.
        allow_gc: no meaning here.
        strict: refuse shared variables that the function uses and that are not listed.
        return_list: return a list even of one output.

    Returns:
        The outputs, each with a new first axis, one row a step, and without the initial values: one
        variable, a list of them, or None if there are none; and the updates of the shared variables
        that the steps update, to hand to ``function``.

    Raises:
        ValueError: there is neither a number of steps nor a sequence; a dictionary has an unknown
            key; an output does not fit its initial state; the function returns something else than
            variables; or, when the compiled function runs: a sequence is too short, or a step
            changes the shape of what recurs.
        TypeError: an argument is of the wrong kind, or the function takes other arguments.
        IndexError: a sequence has no axis; or, when the compiled function runs, ``n_steps`` is
            negative.
        MissingInputError: ``strict`` is set, and a shared variable is used that is not listed.

    Example:
        >>> import jaxlearn.theano as theano
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> sums, updates = theano.scan(lambda x_t, s: s + x_t, x, T.zeros(()))
        >>> theano.function([x], sums, updates=updates)([1.0, 2.0, 3.0]).tolist()
        [1.0, 3.0, 6.0]

    Source: Theano's documentation, "scan - Looping in Theano".
    """
    return _scanned(
        fn,
        sequences,
        outputs_info,
        non_sequences,
        n_steps,
        truncate_gradient,
        go_backwards,
        name,
        strict,
        return_list,
    )


def _scanned(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any,
    n_steps: Any,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    name: str | None = None,
    strict: bool = False,
    return_list: bool = False,
    checkpoints: bool = False,
) -> tuple[Any, OrderedUpdates]:
    """Return what `scan` does; with checkpoints each step is computed anew for the gradient."""
    _check_settings(fn, truncate_gradient)
    rows, arguments = _sequence_rows(_as_list(sequences), go_backwards)
    recurring = [_recurrence(entry, i) for i, entry in enumerate(_as_list(outputs_info))]
    arguments += [variable for one in recurring if one for variable in one.recent]
    others = [
        _tensor(f"non_sequences: entry {i}", value)
        for i, value in enumerate(_as_list(non_sequences))
    ]
    _check_arguments(fn, [*arguments, *others])
    returned = _Returned(fn(*arguments, *others), others)
    count = _number_of_steps(n_steps, [tensor for _, tensor in rows], returned.condition)

    if not recurring:
        recurring = [None] * len(returned.outputs)
    if len(recurring) != len(returned.outputs):
        returns = "1 output" if len(returned.outputs) == 1 else f"{len(returned.outputs)} outputs"
        raise ValueError(
            f"outputs_info: got {'1 entry' if len(recurring) == 1 else f'{len(recurring)} entries'}"
            f", and fn returns {returns}; please provide None as outputs_info for any output that "
            f"does not feed back into scan (i.e. it behaves like a map){made_at(user_line())}"
        )
    # The user's step has its test values already; what stands in for other variables has none.
    with change_flags(compute_test_value="off"):
        made = _Loop(name, rows, recurring, others, returned, (truncate_gradient, checkpoints))
    if strict:
        made.refuse_what_is_not_in([*others, *(tensor for _, tensor in rows)])
    outputs, updates = made.applied(count)
    if len(outputs) > 1 or return_list:
        return outputs, updates
    return (outputs[0] if outputs else None), updates


def _check_settings(fn: Any, truncate_gradient: Any) -> None:
    if not callable(fn):
        raise TypeError(
            f"fn: got {fn!r} ({type(fn).__name__}), wanted a function that returns the expressions "
            f"of one step{made_at(user_line())}"
        )
    steps = truncate_gradient
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < -1:
        raise TypeError(
            f"truncate_gradient: got {steps!r}, wanted a Python integer: through how many steps "
            f"from the last a gradient flows, or -1 for all{made_at(user_line())}"
        )


def _check_arguments(fn: Callable[..., Any], arguments: Sequence[Variable]) -> None:
    """Raise if a function does not take what a step gets."""
    try:
        signature = inspect.signature(fn)
    except (TypeError, ValueError):  # of some functions written in C there is none
        return
    try:
        signature.bind(*arguments)
    except TypeError as error:
        given = ", ".join([short_formula(v) for v in arguments]) or "no arguments"
        raise TypeError(
            f"fn: {error}; it takes {signature}, and scan calls it with {given}: the rows of the "
            "sequences, then the recurrent outputs at their taps, then the non-sequences"
            f"{made_at(user_line())}"
        ) from None


def _tensor(argument: str, value: Any) -> Any:
    """Return a value as a variable; the error says which argument it was."""
    try:
        return as_variable(value)
    except AsTensorError as error:
        raise AsTensorError(f"{argument}: {error}{made_at(user_line())}") from None


def _check_keys(argument: str, entry: Mapping[str, Any], allowed: tuple[str, str]) -> None:
    unknown = [key for key in entry if key not in allowed]
    if unknown:
        raise ValueError(
            f"{argument} has the unknown key {unknown[0]!r}: {entry}; wanted no others than "
            f"{allowed[0]!r} and {allowed[1]!r}{made_at(user_line())}"
        )


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


# What a step gets.


def _taps(argument: str, entry: Mapping[str, Any], default: int) -> list[int]:
    taps = entry.get("taps", default)
    if taps is None:
        taps = default
    taps = list(taps) if isinstance(taps, (list, tuple, np.ndarray)) else [taps]
    if not all(isinstance(tap, (int, np.integer)) for tap in taps):
        raise TypeError(
            f"{argument}: got the taps {taps}, wanted whole numbers{made_at(user_line())}"
        )
    return [int(tap) for tap in taps]


def _place(tap: int) -> str:
    return f"[t{tap:+d}]" if tap else "[t]"


def _sequence_rows(
    sequences: Sequence[Any], go_backwards: bool
) -> tuple[list[tuple[Variable, Variable]], list[Variable]]:
    """Return pairs of what stands for a row and of the tensor that the rows come from."""
    pairs: list[tuple[Variable, Variable]] = []
    for i, entry in enumerate(sequences):
        argument = f"sequences: entry {i}"
        settings = entry if isinstance(entry, dict) else {"input": entry}
        if settings.get("input") is None:
            raise ValueError(
                f"{argument} is {entry!r}, wanted a tensor, or a dictionary with a tensor under "
                f"'input'{made_at(user_line())}"
            )
        _check_keys(argument, settings, ("input", "taps"))
        tensor = _tensor(argument, settings["input"])
        if not tensor.ndim:
            raise IndexError(
                f"{argument}, {short_formula(tensor)} of {tensor.type!r}, has no axis to go over; "
                f"a value that stays the same is a non-sequence{made_at(user_line())}"
            )
        taps = _taps(argument, settings, 0)
        if not taps:
            raise ValueError(
                f"{argument} has no taps: {settings}; wanted at least one, as [0] for the row of "
                f"the step{made_at(user_line())}"
            )
        first, last = min([0, *taps]), max([0, *taps])
        for tap in taps:
            start, stop = tap - first, tap - last
            shifted = tensor[start : stop or None] if start or stop else tensor
            shifted = shifted[::-1] if go_backwards else shifted
            row = shifted.type.clone(broadcastable=shifted.broadcastable[1:]).make_variable()
            row.name = (tensor.name or f"sequence_{i}") + _place(tap)
            _give_test_value(row, shifted, 0)
            pairs.append((row, shifted))
    return pairs, [row for row, _ in pairs]


def _give_test_value(variable: Variable, tensor: Variable, index: int | None) -> None:
    if config.compute_test_value == "off":
        return
    from jaxlearn.symbolic.test_values import get_test_value

    try:
        value = get_test_value(tensor)
    except AttributeError:
        return
    variable.tag.__dict__["test_value"] = value if index is None else value[index]


class _Recurrence(NamedTuple):
    """An output that recurs.

    Attributes:
        initial: its values before the first step, stacked.
        taps: how far back a step looks.
        recent: what stands for what it sees there.
        name: of the initial state.
    """

    initial: Variable
    taps: tuple[int, ...]
    recent: list[Variable]
    name: str


def _recurrence(entry: Any, i: int) -> _Recurrence | None:
    if entry is None:
        return None
    argument = f"outputs_info: entry {i}"
    settings = entry if isinstance(entry, dict) else {"initial": entry}
    _check_keys(argument, settings, ("initial", "taps"))
    if settings.get("initial") is None:
        if settings.get("taps") is not None:
            raise ValueError(
                f"{argument} has taps and no initial state: {settings}; if you are using slices of "
                "an output you need to provide an initial state for it, under 'initial'"
                f"{made_at(user_line())}"
            )
        return None
    state = _tensor(argument, settings["initial"])
    taps = _taps(argument, settings, -1)
    if not taps or max(taps) >= 0:
        raise ValueError(
            f"{argument} has the taps {taps}; all the tap values must be smaller than 0: a step "
            f"sees only what earlier steps made{made_at(user_line())}"
        )
    if taps == [-1]:
        stacked, kind = shape_padleft(state), state.type
    elif not state.ndim:
        raise ValueError(
            f"{argument} has the taps {taps} and the initial state {short_formula(state)}, a "
            f"scalar; wanted {-min(taps)} values along a first axis, the newest last"
            f"{made_at(user_line())}"
        )
    else:
        stacked, kind = state, state.type.clone(broadcastable=state.broadcastable[1:])
    recent = []
    for tap in taps:
        variable = kind.make_variable()
        variable.name = (state.name or f"output_{i}") + _place(tap)
        _give_test_value(variable, stacked, tap - min(taps))
        recent.append(variable)
    return _Recurrence(stacked, tuple(taps), recent, short_formula(state))


# What a step returns.


class _Returned:
    """What the user's function returned, taken apart.

    Args:
        value: what it returned.
        others: the non-sequences. What these are made of is no part of a step, so that a draw of
            random numbers among them is drawn once.

    Attributes:
        outputs: the outputs.
        updates: the updates of shared variables, those included that come by themselves.
        condition: the condition that ends the loop, or None.
    """

    def __init__(self, value: Any, others: Sequence[Variable]) -> None:
        self.outputs: list[Variable] = []
        self.updates: dict[Any, Variable] = {}
        self.condition: Variable | None = None
        if isinstance(value, until):
            raise ValueError(
                f"scan: fn returns {value!r} alone; return outputs or updates beside it"
                f"{made_at(value.condition.line)}"
            )
        if (
            _is_updates(value)
            or isinstance(value, Variable)
            or not isinstance(value, (tuple, list))
        ):
            parts: list[Any] = [value]
        else:
            parts = list(value)
        if parts and isinstance(parts[-1], until):
            self.condition = parts.pop().condition
        if any(_is_updates(part) or isinstance(part, (list, tuple)) for part in parts):
            for part in parts:
                self._take(part)
        else:
            self._take(parts)
        self._add_default_updates({variable for variable in others if variable.owner})

    def _take(self, part: Any) -> None:
        if _is_updates(part):
            for variable, new in dict(part).items():
                self._take_update(variable, new)
            return
        for output in part if isinstance(part, (list, tuple)) else [part]:
            if isinstance(output, until):
                raise ValueError(
                    f"scan: fn returns {output!r} before the end; return one `until`, as the last: "
                    f"outputs, updates, until(condition){made_at(output.condition.line)}"
                )
            if not isinstance(output, Variable):
                raise ValueError(
                    f"scan: fn returns {output!r} ({type(output).__name__}); the return value may "
                    "only be made of lists, tuples, or dictionaries containing Theano variables "
                    "(or `theano.scan_module.until` objects for conditions); make a variable of a "
                    f"constant with `tensor.constant`{made_at(user_line())}"
                )
            self.outputs.append(as_tensor_variable(output))

    def _take_update(self, variable: Any, new: Any) -> None:
        if not isinstance(variable, SharedVariable):
            raise TypeError(
                f"scan: fn returns an update of {variable!r}, wanted a shared variable; what a "
                "step hands on to the next otherwise is an output with an initial state in "
                f"outputs_info{made_at(user_line())}"
            )
        new = _tensor(f"scan: fn returns as the update of {variable}", new)
        try:
            self.updates[variable] = variable.type.filter_variable(new)
        except TypeError as error:
            raise TypeError(
                f"scan: fn returns as the update of {variable}: {error}; cast it, or give the "
                f"shared variable that type{made_at(new.line)}"
            ) from None

    def _add_default_updates(self, others: set[Variable]) -> None:
        condition = [] if self.condition is None else [self.condition]
        while True:
            found = [
                variable
                for variable in graph_inputs(
                    [*self.outputs, *self.updates.values(), *condition], others
                )
                if isinstance(variable, SharedVariable)
                and getattr(variable, "default_update", None) is not None
                and variable not in self.updates
            ]
            if not found:
                return
            for variable in found:
                self.updates[variable] = variable.__dict__["default_update"]


def _is_updates(value: Any) -> bool:
    if isinstance(value, Mapping):
        return True
    return (
        isinstance(value, (list, tuple))
        and len(value) > 0
        and all(
            isinstance(pair, (list, tuple))
            and len(pair) == 2
            and isinstance(pair[0], SharedVariable)
            for pair in value
        )
    )


def _number_of_steps(n_steps: Any, tensors: Sequence[Any], condition: Any) -> Any:
    if n_steps is None:
        if not tensors:
            raise ValueError(
                "scan: no information about the number of steps provided; either provide a value "
                "for n_steps argument of scan or provide an input sequence"
                f"{made_at(user_line())}"
            )
        count = tensors[0].shape[0]
        for tensor in tensors[1:]:
            count = ROWS["minimum"](count, tensor.shape[0])
        return count
    count = _tensor("n_steps", n_steps)
    if count.ndim or not is_discrete(count.dtype):
        # Theano, too, tells symbols and numbers apart here.
        kind = ValueError if isinstance(n_steps, Variable) else TypeError
        raise kind(
            f"n_steps: got {short_formula(count)} of {count.type!r}, wanted an integer scalar; "
            f"cast it: T.cast(..., 'int64'){made_at(user_line())}"
        )
    return count.astype("int64")


class _Loop:
    """A loop, ready to be applied.

    Args:
        name: what the user calls it.
        rows: pairs of what stands for a row and its tensor.
        recurring: for each output how it recurs, or None.
        others: the non-sequences.
        returned: what the function returned.
        settings: through how many steps from the last a gradient flows, and whether each step is
            computed anew for it.
    """

    def __init__(
        self,
        name: str | None,
        rows: Sequence[tuple[Variable, Variable]],
        recurring: Sequence[_Recurrence | None],
        others: Sequence[Variable],
        returned: _Returned,
        settings: tuple[int, bool],
    ) -> None:
        self._name, self._rows, self._settings = name, list(rows), settings
        self._order = [one is not None for one in recurring]
        self._numbers = tuple([i for i, one in enumerate(recurring) if one])
        self._states = [one for one in recurring if one]
        self._shared = list(returned.updates)
        pairs = list(zip(recurring, returned.outputs, strict=True))
        states = [output for one, output in pairs if one]
        plain = [output for one, output in pairs if not one]
        condition = [] if returned.condition is None else [returned.condition]
        self._kinds = len(states), len(plain)
        carried = [variable.type.make_variable(variable.name) for variable in self._shared]
        outputs = [*states, *plain, *returned.updates.values(), *condition]
        # A non-sequence stays as it is, even if it is made of what the steps update.
        held = {v: v.type.make_variable(v.name) for v in others if v.owner}
        outputs = replace_variables(outputs, held)
        outputs = replace_variables(outputs, dict(zip(self._shared, carried, strict=True)))
        self._held = {held[variable]: variable for variable in held}
        recent = [variable for one in self._states for variable in one.recent]
        outputs, recent = self._of_one_type(outputs, recent)
        self._close(stabilized(outputs), recent, carried, bool(condition))

    def _of_one_type(
        self, outputs: list[Variable], recent: list[Variable]
    ) -> tuple[list[Variable], list[Variable]]:
        """Make each recurrent output and its initial state of one type, or refuse.

        An axis broadcasts in the one only if it does in the other.
        """
        replaced: dict[Variable, Variable] = {}
        for i, (one, output) in enumerate(zip(self._states, outputs, strict=False)):
            kind, new = one.recent[0].type, output.type
            if not isinstance(new, TensorType) or kind.dtype != new.dtype:
                raise ValueError(self._misfit(i, output, "dtype", kind.dtype, new.dtype))
            if kind.ndim != new.ndim:
                raise ValueError(
                    self._misfit(i, output, "number of dimensions", kind.ndim, new.ndim)
                )
            flags = [a and b for a, b in zip(kind.broadcastable, new.broadcastable, strict=True)]
            if tuple(flags) != kind.broadcastable:
                for variable in one.recent:
                    copied = kind.clone(broadcastable=flags).make_variable(variable.name)
                    replaced[variable] = copied
        if not replaced:
            return outputs, recent
        # The states have fewer axes that broadcast now, and so may what is made of them.
        changed = replace_variables(outputs, replaced, strict=False)
        self._states = [
            one._replace(recent=[replaced.get(v, v) for v in one.recent]) for one in self._states
        ]
        return self._of_one_type(changed, [replaced.get(v, v) for v in recent])

    def _misfit(self, i: int, output: Variable, what: str, old: Any, new: Any) -> str:
        one, number = self._states[i], self._numbers[i]
        return (
            f"{self._name or 'scan'}: the initial state (`outputs_info` in scan nomenclature) of "
            f"variable {one.name} has {what} {old} in each step, while the result of the inner "
            f"function (`fn`), output {number}, {short_formula(output)}, has {what} {new}. "
            + (
                "This can happen if the inner function of scan results in an upcast or downcast; "
                f"cast the one or the other, for example the initial state to {new}"
                if what == "dtype"
                else "What a step makes must be like what it gets: for a state that is a vector "
                "the initial state is a vector, and with taps other than [-1] a matrix of its "
                "values before the first step"
            )
            + made_at(output.line)
        )

    def _close(
        self,
        outputs: list[Variable],
        recent: Sequence[Variable],
        carried: Sequence[Variable],
        is_conditional: bool,
    ) -> None:
        """Cut the step's graph off from the graph around it."""
        stand_ins = [row for row, _ in self._rows]
        same = _same_in_all_steps(outputs, {*stand_ins, *recent, *carried})
        fixed = [variable.type.make_variable(variable.name) for variable in same]
        outputs = replace_variables(outputs, dict(zip(same, fixed, strict=True)))
        self._outer = replace_variables(same, self._held)
        states, plain = self._kinds
        condition = outputs.pop() if is_conditional else None
        self._body = Body(
            rows=tuple(stand_ins),
            taps=tuple(one.taps for one in self._states),
            recent=tuple(recent),
            carried=tuple(carried),
            fixed=tuple(fixed),
            states=tuple(outputs[:states]),
            plain=tuple(outputs[states : states + plain]),
            new_carried=tuple(outputs[states + plain :]),
            condition=condition,
            numbers=self._numbers,
        )

    def refuse_what_is_not_in(self, listed: Sequence[Variable]) -> None:
        """Raise if the steps use shared variables that are not listed.

        Raises:
            MissingInputError: they do.
        """
        for variable in graph_inputs(self._outer, set(listed)):
            if variable not in listed and isinstance(variable, SharedVariable):
                raise MissingInputError(
                    f"{self._name or 'scan'} is missing an input: {variable}; strict is set, so "
                    "all shared variables that fn uses must be among the sequences and "
                    "non_sequences: add it to non_sequences, or leave strict out"
                    f"{made_at(user_line())}"
                )

    def applied(self, n_steps: Any) -> tuple[list[Variable], OrderedUpdates]:
        """Return the outputs, in the order of the user's function, and the updates."""
        inputs = [
            *(tensor for _, tensor in self._rows),
            *(one.initial for one in self._states),
            *self._shared,
            *self._outer,
        ]
        body, last = self._body, None
        if body.condition is not None:
            last = While(body, self._name, *self._settings)(n_steps, *inputs, return_list=True)
            n_steps, body = last[0], body._replace(condition=None)
        outputs: list[Variable] = []
        if last is None or any(self._kinds):
            loop = Scan(body, self._name, *self._settings)
            outputs = loop(n_steps, *inputs, return_list=True)
        states, plain = self._kinds
        finals = outputs[2 * states + plain :] if last is None else last[1 + states :]
        updates = OrderedUpdates()
        for variable, new in zip(self._shared, finals, strict=True):
            updates[variable] = new
        recurrent, others = iter(outputs[:states]), iter(outputs[states : states + plain])
        return [next(recurrent if recurs else others) for recurs in self._order], updates


def _same_in_all_steps(outputs: Sequence[Variable], moving: set[Variable]) -> list[Variable]:
    """Return what the outputs are made of and that depends on nothing that moves.

    Constants, and what is made of constants alone, stay in the step.
    """
    given, moving, known = set(moving), set(moving), set()
    nodes = toposort(outputs, given)
    for node in nodes:
        if not moving.isdisjoint(node.inputs):
            moving.update(node.outputs)
        elif all(isinstance(v, Constant) or v in known for v in node.inputs):
            known.update(node.outputs)
    used = [v for node in nodes if node.outputs[0] in moving for v in node.inputs]
    fixed = dict.fromkeys([*used, *outputs])
    return [
        variable
        for variable in fixed
        if variable not in moving and variable not in known and not isinstance(variable, Constant)
    ]


# Loops of one kind.


def scan_checkpoints(
    fn: Callable[..., Any],
    sequences: Any = None,
    outputs_info: Any = None,
    non_sequences: Any = None,
    name: str | None = "checkpointscan_fn",
    n_steps: Any = None,
    save_every_N: int = 10,  # noqa: N803  (Theano's name)
    padding: bool = True,
) -> tuple[Any, OrderedUpdates]:
    """Make the steps of `scan`, but keep only every N-th; the gradient computes the rest anew.

    It then needs memory for the steps that are kept and for N more, and takes the time of one more
    loop.

    Args:
        fn: as for `scan`.
        sequences: tensors, without taps.
        outputs_info: for each output its initial state, without taps: all outputs must recur.
        non_sequences: as for `scan`.
        name: a name for the loop.
        n_steps: as for `scan`.
        save_every_N: how many steps there are from one that is kept to the next.
        padding: whether the number of steps may be no multiple of that; the last step is then kept
            as well.

    Returns:
        For each output the steps that are kept, and the updates of shared variables.

    Raises:
        RuntimeError: an output does not recur, or a sequence or an output has taps.
        ValueError: ``save_every_N`` is no number above 0; or, when the function runs: a sequence is
            too short, or, without padding, the number of steps is no multiple.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> sums, _ = scan_checkpoints(
        ...     lambda x, s: s + x, T.arange(6.0), T.zeros(()), save_every_N=2
        ... )
        >>> sums.eval().tolist()
        [1.0, 6.0, 15.0]

    Source: Theano's documentation, "scan - Looping in Theano", "Reducing Scan's memory usage".
    """
    tensors = [as_tensor_variable(tensor) for tensor in _untapped("sequences", sequences)]
    states = [as_tensor_variable(state) for state in _untapped("outputs_info", outputs_info)]
    every = save_every_N
    if isinstance(every, bool) or not isinstance(every, (int, np.integer)) or every < 1:
        raise ValueError(
            f"save_every_N: got {every!r}, wanted a Python integer above 0{made_at(user_line())}"
        )
    count = _number_of_steps(n_steps, tensors, None)
    names = [short_formula(tensor) for tensor in tensors]
    chunks = Chunks(int(every), padding, names)(count, *[tensor.shape[0] for tensor in tensors])

    def chunked(tensor: Any) -> Any:
        tensor = tensor[:count]
        if padding:
            # As Theano does: the steps that are too many get zeros.
            missing = zeros((chunks * every - count, *tensor.shape[1:]), tensor.dtype)
            tensor = concatenate([tensor, missing])
        tail = [tensor.shape[i] for i in range(1, tensor.ndim)]
        return tensor.reshape((chunks, every, *tail), tensor.ndim + 1)

    def steps(*arguments: Any) -> Any:
        first, second = len(tensors), len(tensors) + len(states)
        outputs, updates = scan(
            fn,
            list(arguments[:first]),
            list(arguments[first:second]),
            list(arguments[second:]),
            every,
            name=name,
            return_list=True,
        )
        return [output[-1] for output in outputs], updates

    return _scanned(
        steps,
        [chunked(tensor) for tensor in tensors],
        states,
        non_sequences,
        chunks,
        name=name,
        checkpoints=True,
    )


def _untapped(argument: str, values: Any) -> list[Any]:
    entries = _as_list(values)
    for i, entry in enumerate(entries):
        if isinstance(entry, dict) or entry is None:
            raise RuntimeError(
                f"scan_checkpoints: {argument} has {entry!r} at index {i}; it does not work with "
                f"taps, nor with outputs that do not recur: wanted a tensor{made_at(user_line())}"
            )
    return entries


def map(  # noqa: A001  (Theano's name)
    fn: Callable[..., Any],
    sequences: Any,
    non_sequences: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """Apply a function to each row of some sequences; no step sees what another made.

    Args:
        fn: as for `scan`.
        sequences: as for `scan`.
        non_sequences: as for `scan`.
        truncate_gradient: as for `scan`.
        go_backwards: as for `scan`.
        mode: no meaning here.
        name: a name for the loop.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> squares, _ = map(lambda x: x**2, T.arange(4))
        >>> squares.eval().tolist()
        [0, 1, 4, 9]
    """
    return scan(
        fn,
        sequences,
        [],
        non_sequences,
        truncate_gradient=truncate_gradient,
        go_backwards=go_backwards,
        mode=mode,
        name=name,
    )


def reduce(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """Apply a function row by row, and return what the last step made.

    Args:
        fn: as for `scan`.
        sequences: as for `scan`.
        outputs_info: as for `scan`.
        non_sequences: as for `scan`.
        go_backwards: as for `scan`.
        mode: no meaning here.
        name: a name for the loop.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> total, _ = reduce(lambda x, s: x + s, T.arange(4.0), T.zeros(()))
        >>> total.eval().item()
        6.0
    """
    outputs, updates = scan(
        fn,
        sequences,
        outputs_info,
        non_sequences,
        go_backwards=go_backwards,
        truncate_gradient=-1,
        mode=mode,
        name=name,
    )
    if isinstance(outputs, list):
        return [output[-1] for output in outputs], updates
    return (None if outputs is None else outputs[-1]), updates


def foldl(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """Apply a function from the first row to the last, and return what the last step made.

    Args:
        fn: as for `scan`.
        sequences: as for `scan`.
        outputs_info: as for `scan`.
        non_sequences: as for `scan`.
        mode: no meaning here.
        name: a name for the loop.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> start = T.constant(0, dtype="int64")
        >>> number, _ = foldl(lambda digit, n: 10 * n + digit, T.arange(4), start)
        >>> number.eval().item()
        123
    """
    return reduce(fn, sequences, outputs_info, non_sequences, False, mode, name)


def foldr(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
    """Apply a function from the last row to the first, and return what the last step made.

    Args:
        fn: as for `scan`.
        sequences: as for `scan`.
        outputs_info: as for `scan`.
        non_sequences: as for `scan`.
        mode: no meaning here.
        name: a name for the loop.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> start = T.constant(0, dtype="int64")
        >>> number, _ = foldr(lambda digit, n: 10 * n + digit, T.arange(4), start)
        >>> number.eval().item()
        3210
    """
    return reduce(fn, sequences, outputs_info, non_sequences, True, mode, name)
