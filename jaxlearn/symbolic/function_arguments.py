"""The arguments of `function`, checked and brought to one form."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from jaxlearn.symbolic.errors import MissingInputError, UnusedInputError, made_at, warn_user
from jaxlearn.symbolic.graph import Constant, Variable, graph_inputs, replace_variables
from jaxlearn.symbolic.sharding import Placement, Spread
from jaxlearn.symbolic.shared import SharedVariable
from jaxlearn.symbolic.types import TensorType

__all__ = [
    "In",
    "Out",
    "OutputForm",
    "Param",
    "add_default_updates",
    "check_inputs",
    "fitting_update",
    "normal_givens",
    "normal_inputs",
    "normal_updates",
    "placement_of",
    "replaced",
]


class In:
    """An input of a function, with what else is known of it.

    Args:
        variable: the variable.
        name: the name by which a call may give it; the variable's own by default.
        value: what it is where a call does not give it.
        update: an expression that replaces that value after each call.
        mutable: no meaning here: what is given is never changed.
        strict: accept only an array of the very dtype.
        allow_downcast: accept what loses precision; None accepts Python floats where
            ``config.floatX`` is the dtype.
        autoname: take the variable's name where there is no other.
        implicit: no meaning here.
        borrow: no meaning here.
        shared: no meaning here.

    Example:
        >>> import jaxlearn.theano as theano
        >>> import jaxlearn.theano.tensor as T
        >>> x, y = T.dscalars("x", "y")
        >>> add = theano.function([x, In(y, value=1.0)], x + y)
        >>> float(add(2.0)), float(add(2.0, y=5.0))
        (3.0, 7.0)
    """

    def __init__(
        self,
        variable: Variable,
        name: str | None = None,
        value: Any = None,
        update: Any = None,
        mutable: bool | None = None,
        strict: bool = False,
        allow_downcast: bool | None = None,
        autoname: bool = True,
        implicit: bool | None = None,
        borrow: bool | None = None,
        shared: bool = False,
    ) -> None:
        self.variable = variable
        self.name = variable.name if name is None and autoname else name
        self.value = value
        self.update = update
        self.mutable = mutable
        self.strict = strict
        self.borrow = borrow
        self.allow_downcast = allow_downcast
        self.implicit = implicit

    def __str__(self) -> str:
        return f"In({self.variable})"

    def __repr__(self) -> str:
        return str(self)


class Param(In):
    """The older name of `In`, with the value as second argument.

    Args:
        variable: the variable.
        default: what it is where a call does not give it.
        name: the name by which a call may give it.
        mutable: no meaning here.
        strict: as `In` has it.
        allow_downcast: as `In` has it.
        implicit: no meaning here.
        borrow: no meaning here.
    """

    def __init__(
        self,
        variable: Variable,
        default: Any = None,
        name: str | None = None,
        mutable: bool = False,
        strict: bool = False,
        allow_downcast: bool | None = None,
        implicit: bool | None = None,
        borrow: bool | None = None,
    ) -> None:
        super().__init__(
            variable,
            name,
            default,
            mutable=mutable,
            strict=strict,
            allow_downcast=allow_downcast,
            implicit=implicit,
            borrow=borrow,
        )


class Out:
    """An output of a function.

    Args:
        variable: the expression to compute.
        borrow: no meaning here: what is returned is always the caller's own.
    """

    def __init__(self, variable: Any, borrow: bool = False) -> None:
        self.variable = variable
        self.borrow = borrow


def normal_inputs(inputs: Any, allow_downcast: bool | None) -> list[In]:
    """Return an `In` of its own for each input.

    Args:
        inputs: variables, `In`, or Theano's older ``(variable, value)`` and
            ``((variable, update), value)``.
        allow_downcast: what holds for the inputs that do not say it themselves.

    Raises:
        TypeError: ``inputs`` is no list, or an entry is no variable or a shared one or a constant.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, y = T.dscalars("x", "y")
        >>> [(entry.variable, entry.value) for entry in normal_inputs([x, (y, 1.0)], None)]
        [(x, None), (y, 1.0)]
    """
    if not isinstance(inputs, (list, tuple)):
        raise TypeError(
            f"inputs: got {inputs!r}, wanted a list of variables; for one input write `[{inputs}]`"
        )
    entries = []
    for i, entry in enumerate(inputs):
        if isinstance(entry, (list, tuple)):
            entry = In(*_older_input(entry))
        if not isinstance(entry, In):
            entry = In(entry) if isinstance(entry, Variable) else entry
        if not isinstance(entry, In) or not isinstance(entry.variable, Variable):
            raise TypeError(
                f"inputs: got {entry!r} ({type(entry).__name__}) at index {i}, "
                "wanted a variable or In(variable)"
            )
        if isinstance(entry.variable, SharedVariable):
            raise TypeError(
                f"inputs: {entry.variable} at index {i} is a shared variable, whose value is its "
                "own; leave it out, or replace it by an input: givens={shared: x}"
            )
        if isinstance(entry.variable, Constant):
            raise TypeError(f"inputs: {entry.variable} at index {i} is a constant")
        entry = copy.copy(entry)
        if entry.allow_downcast is None:
            entry.allow_downcast = allow_downcast
        entries.append(entry)
    return entries


def _older_input(entry: Sequence[Any]) -> tuple[Any, ...]:
    """Return the arguments of `In` for ``(variable, value)`` or ``((variable, update), value)``."""
    variable, *value = entry
    update = None
    if isinstance(variable, (list, tuple)):
        variable, update = variable
    return (variable, None, value[0] if value else None, update)


class OutputForm:
    """Which expressions to compute, and how to hand out their values.

    Args:
        outputs: what `function` was given.

    Attributes:
        variables: the expressions.
        keys: the keys of the dictionary to return, or None.
        is_one: whether to return the one value itself.

    Raises:
        TypeError: an output is no variable, or a key no string.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> OutputForm({"double": 2 * x, "same": x}).hand_out([6.0, 3.0])
        {'double': 6.0, 'same': 3.0}
    """

    def __init__(self, outputs: Any) -> None:
        self.keys: list[Any] | None = None
        self.is_one = False
        if outputs is None:
            entries: list[Any] = []
        elif isinstance(outputs, Mapping):
            for key in outputs:
                if not isinstance(key, str):
                    raise TypeError(f"outputs: got the key {key!r}, wanted strings as keys")
            self.keys = sorted(outputs)
            entries = [outputs[key] for key in self.keys]
        elif isinstance(outputs, (list, tuple)):
            entries = list(outputs)
        else:
            entries, self.is_one = [outputs], True
        self.variables = [self._variable(entry) for entry in entries]

    @staticmethod
    def _variable(entry: Any) -> Variable:
        variable = entry.variable if isinstance(entry, Out) else entry
        if not isinstance(variable, Variable):
            raise TypeError(
                f"outputs: got {variable!r} ({type(variable).__name__}), wanted a variable or "
                "Out(variable); a number becomes one by T.constant"
            )
        return variable

    def positions(self, subset: Sequence[Any]) -> list[int]:
        """Return where the values lie that a call asks for by ``output_subset``.

        Args:
            subset: the outputs' positions; or their keys, where a dictionary is returned.

        Raises:
            TypeError: it is no list or tuple.
            ValueError: there is no such output.
        """
        if not isinstance(subset, (list, tuple)):
            raise TypeError(f"output_subset: got {subset!r}, wanted a list of outputs")
        known = list(range(len(self.variables))) if self.keys is None else self.keys
        for one in subset:
            if one not in known:
                raise ValueError(
                    f"output_subset: there is no output {one!r}; they are "
                    f"{', '.join(map(repr, known)) or 'none'}"
                )
        return [known.index(one) for one in subset]

    def hand_out(self, values: list[Any], subset: Sequence[int] | None = None) -> Any:
        """Return the values as the caller asked for them.

        Args:
            values: all of them.
            subset: the positions of those to return, in a list or a dictionary.
        """
        if subset is not None:
            chosen = [values[i] for i in subset]
            return chosen if self.keys is None else {self.keys[i]: values[i] for i in subset}
        if self.is_one:
            return values[0]
        if self.keys is not None:
            return dict(zip(self.keys, values, strict=True))
        return values


def _pairs(argument: str, pairs: Any) -> list[tuple[Any, Any]]:
    if pairs is None:
        return []
    items = list(pairs.items() if isinstance(pairs, Mapping) else pairs)
    for item in items:
        if not isinstance(item, (list, tuple)) or len(item) != 2:
            raise ValueError(
                f"{argument}: got the entry {item!r}, wanted pairs (variable, expression) or a "
                "dictionary"
            )
    return [tuple(item) for item in items]


def normal_updates(updates: Any) -> dict[Any, Any]:
    """Return the new value of each shared variable, of the variable's type.

    Raises:
        TypeError: a target is no shared variable, or an update has another type than its target.
        ValueError: an entry is no pair, or a variable has two updates.

    Example:
        >>> import numpy as np
        >>> import jaxlearn.theano as theano
        >>> count = theano.shared(np.int64(0), "count")
        >>> normal_updates([(count, count + 1)])
        {count: Elemwise{add,no_inplace}.0}
    """
    normal: dict[Any, Any] = {}
    for variable, value in _pairs("updates", updates):
        if not isinstance(variable, SharedVariable):
            raise TypeError(f"updates: got {variable!r} as a target, wanted a shared variable")
        if variable in normal:
            raise ValueError(
                f"updates: {variable} has two: {normal[variable]} and {value}; which one is meant?"
            )
        normal[variable] = fitting_update(variable, value)
    return normal


def fitting_update(variable: Any, value: Any) -> Any:
    """Return an update as an expression of its variable's type.

    Raises:
        TypeError: it is of another type.

    Example:
        >>> import numpy as np
        >>> import jaxlearn.theano as theano
        >>> weights = theano.shared(np.zeros(2), "weights")
        >>> fitting_update(weights, [1.0, 2.0]).type
        TensorType(float64, vector)
    """
    try:
        new = value if isinstance(value, Variable) else variable.type.filter_variable(value)
    except (TypeError, ValueError, OverflowError) as error:
        new, reason = value, str(error)
    else:
        reason = f"it has type {new.type!r}"
        if new.type == variable.type:
            return new
    raise TypeError(
        f"updates: an update must have the type of its variable: {variable} has type "
        f"{variable.type!r}, its update is {new}: {reason}. {_fix(variable, new)}"
        f"{made_at(getattr(new, 'line', None))}"
    )


def _fix(variable: Any, new: Any) -> str:
    kind = getattr(new, "type", None)
    if not isinstance(kind, TensorType):
        return "Make it an expression of that type"
    if kind.ndim != variable.type.ndim:
        return f"It has {kind.ndim} axes instead of {variable.type.ndim}"
    if kind.dtype != variable.type.dtype:
        return f'Cast it: T.cast(update, "{variable.type.dtype}")'
    return "Only the broadcast flags differ: T.unbroadcast(update, axis) or T.patternbroadcast"


def normal_givens(givens: Any, inputs: Sequence[In], strict: bool) -> dict[Variable, Variable]:
    """Return what stands in place of which variable.

    Args:
        givens: a dictionary, or pairs.
        inputs: the inputs of the function, which cannot be replaced.
        strict: refuse another type than that of the variable replaced.

    Raises:
        TypeError: what to replace is no variable, or the types differ.
        ValueError: an entry is no pair, or a variable is replaced twice.
        RuntimeError: an input is replaced.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, y = T.dscalars("x", "y")
        >>> normal_givens({x: y}, [], strict=True)
        {x: y}
    """
    given: dict[Variable, Variable] = {}
    explicit = {entry.variable for entry in inputs}
    for old, new in _pairs("givens", givens):
        if not isinstance(old, Variable):
            raise TypeError(f"givens: got {old!r} as what to replace, wanted a variable")
        if old in given:
            raise ValueError(f"givens: {old} is replaced twice: by {given[old]} and by {new}")
        if old in explicit:
            raise RuntimeError(
                f"givens: {old} is an input of the function, and the value that a call gives it "
                "would be ignored; leave it out of inputs, or clone the expression: "
                "theano.clone(expression, replace={...})"
            )
        if not isinstance(new, Variable):
            new = old.type.filter_variable(new)
        if strict and new.type != old.type:
            try:
                new = old.type.filter_variable(new)
            except TypeError as error:
                raise TypeError(
                    f"givens: {old} has type {old.type!r}, and what replaces it: {error}"
                ) from None
        # A later replacement sees the earlier ones, as in Theano.
        given[old] = replace_variables([new], given, strict)[0] if given else new
    return given


def replaced(variable: Any, replacements: Mapping[Variable, Variable]) -> Any:
    """Return an expression with other variables in place of some.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, y = T.dscalars("x", "y")
        >>> float(replaced(x**2, {x: y}).eval({y: 3.0}))
        9.0
    """
    return (
        replace_variables([variable], replacements, strict=False)[0] if replacements else variable
    )


def placement_of(
    mesh: Any,
    shardings: dict[Any, Any],
    inputs: Sequence[In],
    replacements: dict[Variable, Variable],
) -> Placement | None:
    """Return where arrays lie; have replacements and expressions spread as they shall be.

    Args:
        mesh: the devices, or None.
        shardings: how some variables and expressions are spread.
        inputs: the inputs of the function.
        replacements: what stands in place of which variable; what this adds is what spreads them.

    Raises:
        ValueError: there are shardings and no mesh.

    Example:
        >>> import jax
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dmatrix("x")
        >>> placement = placement_of(jax.make_mesh((1,), ("rows",)), {}, [In(x)], {})
        >>> placement.spec_of_input(x) == jax.sharding.PartitionSpec("rows")
        True
        >>> placement_of(None, {}, [In(x)], {})
    """
    if mesh is None:
        if shardings:
            raise ValueError("shardings: given without mesh; give the mesh whose axes they name")
        return None
    given = {entry.variable for entry in inputs}
    placement = Placement(mesh, shardings)
    for old, new in list(replacements.items()):
        if not isinstance(old, SharedVariable) and old not in shardings:
            spec = placement.spec_of_input(old)
            replacements[old] = Spread(placement.mesh, spec, must=False)(new)
    for variable, spec in shardings.items():
        if variable not in given and not isinstance(variable, SharedVariable):
            new = replacements.get(variable, variable)
            replacements[variable] = Spread(placement.mesh, spec, must=True)(new)
    return placement


def add_default_updates(
    updates: dict[Any, Any],
    outputs: Sequence[Variable],
    left_out: bool | Sequence[Variable],
    replacements: Mapping[Variable, Variable],
) -> None:
    """Add the updates that the shared variables in use have of their own.

    Args:
        updates: the updates of the function; this adds to them.
        outputs: the expressions that the function computes.
        left_out: whether to add none; or the variables whose updates are not added.
        replacements: what stands in place of which variable.

    Raises:
        TypeError: ``left_out`` is of another kind, or an update of another type than its variable.

    Example:
        >>> import numpy as np
        >>> import jaxlearn.theano as theano
        >>> count = theano.shared(np.int64(0), "count")
        >>> count.default_update = count + 1
        >>> updates = {}
        >>> add_default_updates(updates, [count * 2], False, {})
        >>> list(updates)
        [count]
    """
    if not isinstance(left_out, (bool, list, tuple, set)):
        raise TypeError(
            f"no_default_updates: got {left_out!r}, "
            "wanted True, False or a list of shared variables"
        )
    if left_out is True:
        return
    excluded = set(left_out or ())
    while True:
        found = [
            variable
            for variable in graph_inputs([*outputs, *updates.values()])
            if isinstance(variable, SharedVariable)
            and getattr(variable, "default_update", None) is not None
            and variable not in updates
            and variable not in excluded
        ]
        if not found:
            return
        for variable in found:
            new = fitting_update(variable, variable.__dict__["default_update"])
            updates[variable] = replaced(new, replacements)


def check_inputs(inputs: Sequence[In], outputs: Sequence[Variable], policy: str) -> None:
    """Check that the outputs depend on all inputs, and on nothing else without a value.

    Args:
        inputs: the inputs of the function.
        outputs: all that it computes.
        policy: what to do about an input that nothing needs: "raise", "warn" or "ignore".

    Raises:
        MissingInputError: an output depends on a variable that is not given.
        UnusedInputError: nothing depends on an input, or it is given twice.
        ValueError: there is no such policy.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, y = T.dscalars("x", "y")
        >>> check_inputs([In(x), In(y)], [x + y], "raise")
        >>> check_inputs([In(x), In(y)], [2 * x], "ignore")
    """
    if policy not in ("raise", "warn", "ignore"):
        raise ValueError(f"on_unused_input: got {policy!r}, wanted 'raise', 'warn' or 'ignore'")
    seen: dict[Variable, int] = {}
    for i, entry in enumerate(inputs):
        if entry.variable in seen:
            raise UnusedInputError(
                f"inputs: {entry.variable} is given twice, at indices {seen[entry.variable]} and "
                f"{i}; one of the two values would be ignored"
            )
        seen[entry.variable] = i
    updates = [entry.update for entry in inputs if entry.update is not None]
    needed = graph_inputs([*outputs, *updates], set(seen))
    for variable in needed:
        if variable not in seen and not isinstance(variable, (Constant, SharedVariable)):
            raise MissingInputError(
                f"{variable} of {variable.type!r} is needed to compute the outputs, but it is not "
                "among the inputs and has no value; add it to inputs, or give it one: "
                f"givens={{{variable.name or 'variable'}: ...}}{made_at(variable.line)}"
            )
    for i, entry in enumerate(inputs):
        if entry.variable not in set(needed) and policy != "ignore":
            text = (
                f"inputs: nothing that the function computes depends on {entry.variable}, at index "
                f'{i}; leave it out, or say on_unused_input="ignore" (or "warn")'
                f"{made_at(entry.variable.line)}"
            )
            if policy == "raise":
                raise UnusedInputError(text)
            warn_user(text, UserWarning)
