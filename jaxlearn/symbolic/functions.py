"""`function`: what a user calls. It converts inputs, runs the compiled step, keeps the state."""

from __future__ import annotations

import contextlib
import copy
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from jaxlearn.arguments import whole_number
from jaxlearn.symbolic.configuration import config
from jaxlearn.symbolic.containers import FunctionContainers
from jaxlearn.symbolic.errors import SourceLine, made_at, retold, user_line
from jaxlearn.symbolic.function_arguments import (
    In,
    Out,
    OutputForm,
    add_default_updates,
    check_inputs,
    fitting_update,
    normal_givens,
    normal_inputs,
    normal_updates,
    placement_of,
    replaced,
)
from jaxlearn.symbolic.graph import Variable, graph_inputs, toposort
from jaxlearn.symbolic.loops import Calls, CheckFailedError, Loop, quick_repeat
from jaxlearn.symbolic.lowering import Graph
from jaxlearn.symbolic.packing import MISFIT
from jaxlearn.symbolic.random_states import RandomStateType, state_of
from jaxlearn.symbolic.rewrites import stabilized
from jaxlearn.symbolic.sharding import Placement
from jaxlearn.symbolic.shared import SharedClone, SharedVariable
from jaxlearn.symbolic.staging import StagedProgram
from jaxlearn.symbolic.types import TensorType

if TYPE_CHECKING:
    from jax.sharding import Mesh

__all__ = ["Function", "evaluate", "function", "recorded_functions"]


def function(
    inputs: Sequence[Any],
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: bool | Sequence[Variable] = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
    mesh: Mesh | None = None,
    shardings: Mapping[Any, Any] | None = None,
) -> Function:
    """Return a compiled function that computes expressions and updates shared variables.

    It is compiled at its first call, for the shapes of that call.

    Args:
        inputs: the variables that a call gives values to, each a variable or an `In`.
        outputs: what a call returns: None, an expression, or a list, tuple or dictionary of them.
        mode: no meaning here; XLA compiles everything.
        updates: new values of shared variables, as a dictionary or pairs. They are computed from
            the old values, all at once.
        givens: what stands in place of which variable, as a dictionary or pairs.
        no_default_updates: whether to leave out the shared variables' own updates; or a list of
            the variables whose updates are left out.
        accept_inplace: no meaning here.
        name: a name for messages.
        rebuild_strict: refuse givens of other types than the variables they replace.
        allow_input_downcast: accept inputs that lose precision; None accepts Python floats where
            ``config.floatX`` is the dtype.
        profile: no meaning here; JAX's own profiler sees the function.
        on_unused_input: what to do about an input that nothing needs: ``"raise"``, ``"warn"`` or
            ``"ignore"``; by default what ``config.on_unused_input`` says.
        mesh: the devices that share the work, as a ``jax.sharding.Mesh``. The rows of each input
            are spread over its first axis, and so are those of what ``givens`` puts in place of a
            variable that is no shared one; each device has all of every shared variable.
        shardings: how other variables, inputs and expressions are spread, by variable, as
            ``jax.sharding.PartitionSpec``; what they do not name is laid out as said above.

    Raises:
        TypeError: an argument is not of the kind described, or an update of another type than its
            variable or input.
        MissingInputError: an output depends on a variable that is not given.
        UnusedInputError: nothing depends on an input, or it is given twice.
        ValueError: a shared variable has two updates.

    Example:
        >>> import numpy as np
        >>> import jaxlearn.theano as theano
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> total = theano.shared(np.array(0.0), "total")
        >>> add = theano.function([x], total + x, updates={total: total + x})
        >>> float(add(2.0)), float(add(3.0)), float(total.get_value())
        (2.0, 5.0, 5.0)

    Source: Theano's documentation, "function - defines theano.function".
    """
    given_inputs = normal_inputs(inputs, allow_input_downcast)
    form = OutputForm(outputs)
    new_values = normal_updates(updates)
    replacements = normal_givens(givens, given_inputs, rebuild_strict)
    names = [(new, old.name) for old, new in replacements.items()]
    placement = placement_of(mesh, dict(shardings or {}), given_inputs, replacements)
    wanted = [replaced(variable, replacements) for variable in form.variables]
    for entry in given_inputs:
        if entry.update is not None:
            update = fitting_update(entry.variable, entry.update)
            entry.update = replaced(update, replacements)
    new_values = {variable: replaced(value, replacements) for variable, value in new_values.items()}
    add_default_updates(new_values, wanted, no_default_updates, replacements)
    policy = on_unused_input or config.on_unused_input
    check_inputs(given_inputs, [*wanted, *new_values.values()], policy)
    wanted, new_values = _with_originals(given_inputs, wanted, new_values)
    made = Function(given_inputs, form, wanted, new_values, name, names, placement)
    for record in _records:
        record.append(made)
    return made


def _with_originals(
    inputs: list[In], outputs: list[Any], updates: Mapping[Any, Any]
) -> tuple[list[Any], dict[Any, Any]]:
    """Return outputs and updates with the originals for clones; those of the inputs are changed."""
    updated = [entry for entry in inputs if entry.update is not None]
    wanted = [*outputs, *updates.values(), *(entry.update for entry in updated)]
    clones: dict[Variable, Variable] = {
        v: v.original for v in graph_inputs(wanted) if isinstance(v, SharedClone)
    }
    new_values: dict[Any, Any] = {}
    for variable, value in updates.items():
        original = variable.original if isinstance(variable, SharedClone) else variable
        if original in new_values:
            raise ValueError(
                f"updates: {original} has two updates, its own and that of a clone of it"
                f"{made_at(original.line)}"
            )
        new_values[original] = replaced(value, clones)
    for entry in updated:
        entry.update = replaced(entry.update, clones)
    return [replaced(output, clones) for output in outputs], new_values


_records: list[list[Function]] = []


@contextlib.contextmanager
def recorded_functions() -> Iterator[list[Function]]:
    """Give a list of the functions that `function` makes while this context lasts.

    Those that ``variable.eval()`` makes for itself are not in it.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> with recorded_functions() as made:
        ...     double = function([x], x * 2, name="double")
        >>> made
        [<jaxlearn function double>]
    """
    record: list[Function] = []
    _records.append(record)
    try:
        yield record
    finally:
        _records.remove(record)


# Contexts with 64-bit types on that nobody is in. Making one takes longer than entering it, and one
# that is entered twice at a time would leave JAX's setting changed.
_free_contexts: list[Any] = []


def _in_64_bits(quick: Callable[..., Any], *arguments: Any) -> Any:
    try:
        context = _free_contexts.pop()
    except IndexError:
        context = jax.enable_x64(True)
    with context:
        result = quick(*arguments)
    _free_contexts.append(context)
    return result


class Function(FunctionContainers):
    """A compiled function; `function` makes it.

    Calling it with one value per input, by position or name, returns what its outputs are; then
    the shared variables that it updates have their new values. If a call raises, they have their
    old ones.

    Attributes:
        name: what it was called when it was made.
        trust_input: if true, inputs are taken as they are: arrays of the right dtype and rank, or
            results that are wrong.
        variants: how many programs have been compiled, for different shapes and sizes.
    """

    def __init__(
        self,
        inputs: list[In],
        form: OutputForm,
        outputs: Sequence[Any],
        updates: Mapping[Any, Any],
        name: str | None = None,
        given_names: Sequence[tuple[Any, str | None]] = (),
        placement: Placement | None = None,
    ) -> None:
        self._placement = placement
        self.name = name
        self.trust_input = False
        self._given_names = [(variable, given) for variable, given in given_names if given]
        self.inputs = inputs
        self.updates = dict(updates)
        self._form = form
        self._outputs = list(outputs)
        self._line = user_line()
        self._defaults = [entry.value for entry in inputs]
        self._set_for_one_call = {}
        self._prepare()

    def _prepare(self) -> None:
        updated_inputs = [entry for entry in self.inputs if entry.update is not None]
        wanted = [
            *self._outputs,
            *(entry.update for entry in updated_inputs),
            *self.updates.values(),
        ]
        given = [entry.variable for entry in self.inputs]
        stable = stabilized(wanted, given)
        used = [v for v in graph_inputs(stable, set(given)) if isinstance(v, SharedVariable)]
        self._updated = list(self.updates)
        for variable in (*self._updated, *used):
            if not isinstance(variable.type, TensorType):
                variable.on_device()
        self._read = [variable for variable in used if variable not in self.updates]
        self._input_updates = [i for i, entry in enumerate(self.inputs) if entry.update is not None]
        graph = Graph([*self._updated, *given, *self._read], stable)
        self._program = StagedProgram(
            graph, self._updated, self._read, self.name or "function", self._placement
        )
        self._prints = any(getattr(node.op, "prints", False) for node in graph.nodes)
        self._states = [
            i
            for i, variable in enumerate(self._outputs)
            if isinstance(variable.type, RandomStateType)
        ]
        is_strict = any(entry.strict for entry in self.inputs)
        self._is_one = self._form.is_one
        self._quick: Any = None
        self._repeats: dict[tuple[int, str], Any] = {}
        # What a quick call returns is then what this function returns.
        self._is_plain = not (
            self._prints
            or self._input_updates
            or self._states
            or is_strict
            or self._form.keys is not None
        )
        self._converters = [
            functools.partial(
                entry.variable.type.filter,
                strict=entry.strict,
                allow_downcast=entry.allow_downcast,
            )
            for entry in self.inputs
        ]

    def __repr__(self) -> str:
        return f"<jaxlearn function {self.name or 'without a name'}>"

    @property
    def line(self) -> SourceLine | None:
        """The line of the user's program that made it."""
        return self._line

    @property
    def variants(self) -> int:
        """How many programs have been compiled, for different shapes and sizes."""
        return self._program.variants

    def __call__(
        self, *args: Any, output_subset: Sequence[Any] | None = None, **kwargs: Any
    ) -> Any:
        """Compute the outputs and update the shared variables.

        Args:
            *args: the inputs, in order.
            output_subset: the outputs to return, by position, in a list; or by key, where the
                function returns a dictionary. All are computed, and all updates are made.
            **kwargs: inputs by name.

        Raises:
            TypeError: an input is missing, unknown, given twice, or does not fit its variable.
            ValueError: there is no such output.
        """
        subset = None if output_subset is None else self._form.positions(output_subset)
        quick = self._quick
        if quick is not None and subset is None and not kwargs:
            outputs = _in_64_bits(quick, args, self._is_one, self.trust_input)
            if outputs is not MISFIT:
                return outputs
        values = self._converted(args, kwargs)
        with jax.enable_x64(True):
            outputs = self._program(values)
        self._quick = self._program.quick if self._is_plain else None
        if self._prints:
            jax.effects_barrier()
        for i in reversed(self._input_updates):
            self._defaults[i] = outputs.pop()
        for i in self._states:
            outputs[i] = state_of(outputs[i])
        if self._set_for_one_call:
            self._forget_values_of_one_call()
        return self._form.hand_out(outputs, subset)

    # Many calls in one.

    def repeat(
        self,
        n: int,
        /,
        *args: Any,
        outputs: str = "all",
        progress: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Call the function ``n`` times with the same inputs, as one compiled program.

        It returns what a Python loop of ``n`` calls would, stacked, and leaves the shared variables
        as that loop would. An input with an update of its own that is not given takes on its new
        value from call to call.

        Args:
            n: how many calls.
            *args: the inputs, as in a call.
            outputs: ``"all"``, to have each output with a new first axis of length ``n``; or
                ``"last"``, for the outputs of the last call.
            progress: show a bar. The calls then run in stretches of about half a second; after
                Ctrl-C the shared variables are those after a whole number of calls.
            **kwargs: inputs by name.

        Raises:
            TypeError: an input is missing, unknown, given twice, or does not fit its variable.
            ValueError: ``n`` is negative, or 0 where the last outputs are wanted.
            Exception: a check of the function failed, in the step that the message names. The
                shared variables are then as before all calls.

        Warns:
            NotFusedWarning: shapes depend on data, so that no one program can make these calls;
                they are made one by one.

        Example:
            >>> import numpy as np
            >>> import jaxlearn.theano as theano
            >>> count = theano.shared(np.array(0), "count")
            >>> step = theano.function([], count * count, updates={count: count + 1})
            >>> step.repeat(4).tolist(), int(count.get_value())
            ([0, 1, 4, 9], 4)
        """
        least = 1 if outputs == "last" else 0
        count = whole_number("n", n, least=least)
        _check_wanted(outputs)
        is_quick = self._is_plain and count > 0 and not (progress or self._set_for_one_call)
        try:
            if is_quick and not kwargs:
                result = self._repeated(self._repeats.get((count, outputs)), args)
                if result is not MISFIT:
                    return result
            given, values = self._given(args, kwargs)
            if is_quick:
                with jax.enable_x64(True):
                    quick = quick_repeat(self._program, values, count, outputs == "last")
                self._repeats[count, outputs] = quick
                result = self._repeated(quick, values)
                if result is not MISFIT:
                    return result
        except CheckFailedError:
            # The long way says which check, and in which call.
            given, values = self._given(args, kwargs)
        return self._run_loop(count, given, dict(enumerate(values)), {}, outputs, progress)

    def scan(
        self, /, *args: Any, outputs: str = "all", progress: bool = False, **kwargs: Any
    ) -> Any:
        """Call the function once per row of its inputs, as one compiled program.

        It returns what a Python loop over the rows would, stacked, and leaves the shared variables
        as that loop would. What is not given keeps its default in all calls, or takes on its new
        value from call to call if it has an update.

        Args:
            *args: for each input an array with one axis more; call ``i`` gets row ``i``.
            outputs: ``"all"``, to have each output with a new first axis, one row per call; or
                ``"last"``, for the outputs of the last call.
            progress: show a bar, as `repeat` does.
            **kwargs: inputs by name.

        Raises:
            TypeError: an input is missing, unknown, given twice, or does not fit its variable.
            ValueError: no input is given, or they have different numbers of rows, or none.
            Exception: a check of the function failed, in the step that the message names. The
                shared variables are then as before all calls.

        Warns:
            NotFusedWarning: shapes depend on data, so that no one program can make these calls;
                they are made one by one.

        Example:
            >>> import numpy as np
            >>> import jaxlearn.theano as theano
            >>> import jaxlearn.theano.tensor as T
            >>> x = T.dscalar("x")
            >>> total = theano.shared(np.array(0.0), "total")
            >>> add = theano.function([x], total + x, updates={total: total + x})
            >>> add.scan([1.0, 2.0, 3.0]).tolist(), float(total.get_value())
            ([1.0, 3.0, 6.0], 6.0)
        """
        given, values = self._given(args, kwargs, rows=True)
        if not given:
            raise ValueError(f"{self._who()}.scan: no input is given; use repeat(n)")
        lengths = {self._input_name(i): len(values[i]) for i in sorted(given)}
        if len(set(lengths.values())) > 1 or not min(lengths.values()):
            listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
            raise ValueError(
                f"{self._who()}.scan: {listed} rows, wanted as many of each, one per call"
            )
        rows = {i: values[i] for i in given}
        fixed = {i: value for i, value in enumerate(values) if i not in given}
        return self._run_loop(min(lengths.values()), given, fixed, rows, outputs, progress)

    def _repeated(self, quick: Any, values: Sequence[Any]) -> Any:
        """Return the outputs of many calls, or `MISFIT`, with nothing changed."""
        if quick is None:
            return MISFIT
        return _in_64_bits(quick, values, self._is_one, self.trust_input)

    def _given(
        self, args: Sequence[Any], kwargs: Mapping[str, Any], rows: bool = False
    ) -> tuple[set[int], list[Any]]:
        """Return which inputs are given, and the values of all; of those given, their rows."""
        given = {*range(len(args)), *(self._position(name) for name in kwargs)}
        values = self._arranged(args, kwargs)
        for i, entry in enumerate(self.inputs):
            convert = self._converters[i]
            if rows and i in given:
                kind = entry.variable.type
                stacked = TensorType(kind.dtype, (False, *kind.broadcastable))
                convert = functools.partial(
                    stacked.filter, strict=entry.strict, allow_downcast=entry.allow_downcast
                )
            what = "scan: the rows, one per call, of input" if rows and i in given else "input"
            values[i] = self._convert(i, convert, values[i], what)
        return given, values

    def _run_loop(
        self,
        count: int,
        given: set[int],
        fixed: dict[int, Any],
        rows: dict[int, Any],
        outputs: str,
        progress: bool,
    ) -> Any:
        _check_wanted(outputs)
        updated = self._input_updates
        carried = [i for i in updated if i not in given]
        # What is given to the first call has the shape of the new values, the default need not.
        defaults = [rows[i][0] if i in rows else fixed[i] for i in updated]
        fixed = {i: value for i, value in fixed.items() if i not in carried}
        calls = Calls(count, fixed, rows, carried, updated, defaults)
        with jax.enable_x64(True):
            loop = Loop(self._program, calls, outputs == "last")
            try:
                loop.run(progress)
            except KeyboardInterrupt:
                self._store(loop)
                raise
            if self._prints:
                jax.effects_barrier()
        self._store(loop)
        self._forget_values_of_one_call()
        return self._form.hand_out(loop.outputs)

    def _store(self, loop: Any) -> None:
        if not loop.done:
            return
        loop.store()
        for i, value in zip(self._input_updates, loop.defaults, strict=True):
            self._defaults[i] = np.array(value)

    # The way to plain JAX.

    def as_jax(self, *example: Any, checkify: bool = False) -> tuple[Any, dict[str, np.ndarray]]:
        """Return a pure JAX function that computes the same, and the state that it starts from.

        The function is ``(state, *inputs) -> (outputs, state)``. The state is a dictionary that
        holds, by name, the values of all shared variables that this function reads or updates, and
        of the inputs that have updates. So it can be given to ``jax.jit``, ``grad``, ``vmap``,
        ``lax.scan``, ``shard_map`` and ``jax.export``. 64-bit types must be on where it is traced
        and run, if the state or an input has one; and also where JAX refuses to transform what has
        only 32-bit ones, because there are 64-bit numbers inside (`prod` has). Where the function
        has gradients in it, ``shard_map`` needs ``check_vma=False``.

        Sizes that depend on values must be known while it is traced: those are that follow from
        shapes, or from inputs that are given as NumPy arrays or Python numbers. A pure function
        cannot raise, either: without ``checkify`` assertions are left out, and an index out of
        bounds gives what JAX makes of it.

        Args:
            *example: values of the inputs. The sizes that they make hold for all calls.
            checkify: make ``jax.experimental.checkify`` checks of index bounds and assertions. The
                function then must be called through ``checkify.checkify``.

        Returns:
            The function, and the present state as NumPy arrays.

        Example:
            >>> import jax, numpy as np
            >>> import jaxlearn.theano as theano
            >>> import jaxlearn.theano.tensor as T
            >>> x = T.fscalar("x")
            >>> w = theano.shared(np.float32(3.0), "w")
            >>> f = theano.function([x], w * x, updates={w: w + x})
            >>> pure, state = f.as_jax()
            >>> output, state = jax.jit(pure)(state, 2.0)
            >>> float(output), float(state["w"]), float(w.get_value())
            (6.0, 5.0, 3.0)
            >>> grad = jax.grad(lambda state, x: pure(state, x)[0])
            >>> float(grad(state, 2.0)["w"])
            2.0
        """
        from jaxlearn.symbolic.exporting import PureFunction

        pure = PureFunction(
            self._program,
            [entry.variable for entry in self.inputs],
            self._converters,
            self._input_updates,
            functools.partial(self._arranged_with, list(self._defaults)),
            self._form.hand_out,
            self._converted(example, {}) if example else None,
            checkify,
        )
        defaults = [
            self._convert(i, self._converters[i], self._defaults[i]) for i in self._input_updates
        ]
        values = [v.stored for v in self._updated] + defaults + [v.stored for v in self._read]
        return pure, dict(zip(pure.names, map(np.array, values), strict=True))

    def source(self, name: str | None = None) -> str:
        """Return a Python module that computes the same and needs only JAX and NumPy.

        It holds one function, `(state, *inputs) -> (outputs, state)`, as `as_jax` returns it, with
        your names, and comments that say which of your lines an expression came from. A function
        that was given to `from_jax` is imported from where it is.

        Args:
            name: what to call the function; by default the name that this one has.

        Raises:
            ValueError: a size, or a shape, depends on the values of an array; or an operation
                calls a function that a module cannot import.

        Example:
            >>> import jaxlearn.theano as theano
            >>> import jaxlearn.theano.tensor as T
            >>> x = T.dvector("x")
            >>> f = theano.function([x], T.tanh(x) * 2, name="double")
            >>> print(f.source().splitlines()[-1])
                return jnp.tanh(x) * 2.0, state
        """
        from jaxlearn.symbolic.source import function_source, module_name

        return function_source(
            module_name(name or self.name or "function"),
            self._program,
            [entry.variable for entry in self.inputs],
            self._input_updates,
            self._form.hand_out,
            self._given_names,
        )

    def _arranged_with(
        self,
        defaults: Sequence[Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        updated: Sequence[Any],
    ) -> list[Any]:
        """Return the values of all inputs, those that have updates from elsewhere by default."""
        defaults = list(defaults)
        for i, value in zip(self._input_updates, updated, strict=True):
            defaults[i] = value
        return self._arranged(args, kwargs, defaults)

    # Inputs.

    def _converted(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        values = list(args)
        if kwargs or len(args) != len(self.inputs):
            values = self._arranged(args, kwargs)
        if self.trust_input:
            return [np.asarray(value) for value in values]
        for i, convert in enumerate(self._converters):
            values[i] = self._convert(i, convert, values[i])
        return values

    def _convert(
        self, i: int, convert: Callable[[Any], Any], value: Any, what: str = "input"
    ) -> Any:
        try:
            return convert(value)
        except (TypeError, ValueError, OverflowError) as error:
            variable = self.inputs[i].variable
            text = f"{self._who()}: {what} {i} ({variable}): {error}{made_at(variable.line)}"
            raise retold(error, text) from None

    def _who(self) -> str:
        if self.name:
            return self.name
        return f"function made at {self._line.where}" if self._line else "function"

    def _arranged(
        self, args: Sequence[Any], kwargs: Mapping[str, Any], defaults: Sequence[Any] | None = None
    ) -> list[Any]:
        defaults = self._defaults if defaults is None else defaults
        if len(args) > len(self.inputs):
            raise TypeError(
                f"{self._who()}: got {len(args)} arguments, wanted at most {len(self.inputs)}: "
                f"{self._signature()}"
            )
        missing = object()
        values = [*args, *([missing] * (len(self.inputs) - len(args)))]
        for name, value in kwargs.items():
            i = self._position(name)
            if values[i] is not missing:
                raise TypeError(f"{self._who()}: input {i} ({name}) is given twice")
            values[i] = value
        for i, entry in enumerate(self.inputs):
            if values[i] is missing:
                if defaults[i] is None:
                    raise TypeError(
                        f"{self._who()}: missing input {i} ({entry.variable}); the inputs are "
                        f"{self._signature()}"
                    )
                values[i] = defaults[i]
        return values

    def _position(self, key: Any) -> int:
        """Return which input has a name, or is a variable."""
        found = [i for i, entry in enumerate(self.inputs) if key in (entry.name, entry.variable)]
        if len(found) != 1:
            problem = f"there is no input {key!r}" if not found else f"{key!r} names several inputs"
            raise TypeError(f"{self._who()}: {problem}; the inputs are {self._signature()}")
        return found[0]

    def _signature(self) -> str:
        return f"({', '.join(map(self._input_name, range(len(self.inputs))))})"

    def _input_name(self, i: int) -> str:
        entry = self.inputs[i]
        return entry.name or str(entry.variable)

    # What programs read of a function.

    def get_shared(self) -> list[Any]:
        """Return the shared variables that the function reads or updates."""
        return [*self._updated, *self._read]

    @property
    def maker(self) -> Maker:
        """What the function was made of, as old programs read it."""
        return Maker(self)

    def copy(
        self,
        share_memory: bool = False,
        swap: Mapping[Any, Any] | None = None,
        delete_updates: bool = False,
        name: str | None = None,
        profile: Any = None,
    ) -> Function:
        """Return a function that computes the same; its outputs come in a list, as in Theano.

        Args:
            share_memory: no meaning here.
            swap: shared variables to use instead of which ones.
            delete_updates: leave out all updates.
            name: a name for the copy.
            profile: no meaning here.

        Raises:
            ValueError: a variable to swap is not used by this function, or its type differs.
        """
        exchange = dict(swap or {})
        for old, new in exchange.items():
            if old not in self.get_shared():
                raise ValueError(f"swap: {old} is not a shared variable of {self._who()}")
            if not isinstance(new, SharedVariable):
                raise ValueError(f"swap: got {new} for {old}, wanted a shared variable")
            if old.type != new.type:
                raise ValueError(f"swap: {old} has type {old.type!r}, and {new} has {new.type!r}")
        outputs = [replaced(output, exchange) for output in self._outputs]
        updates = {} if delete_updates else self.updates
        new_updates = {
            exchange.get(variable, variable): replaced(value, exchange)
            for variable, value in updates.items()
        }
        inputs = [copy.copy(entry) for entry in self.inputs]
        for i, entry in enumerate(inputs):
            entry.value = self._set_for_one_call.get(i, self._defaults[i])
        form = copy.copy(self._form)
        form.is_one = False
        return Function(
            inputs,
            form,
            outputs,
            new_updates,
            name or f"{self.name} copy",
            self._given_names,
            self._placement,
        )

    def __copy__(self) -> Function:
        return self.copy()

    def free(self) -> None:
        """Drop the compiled programs; the next call compiles anew."""
        self._prepare()

    def __getstate__(self) -> dict[str, Any]:
        if self._placement is not None:
            raise TypeError(
                f"{self._who()} is on a mesh of devices, which belong to this process; pickle its "
                "shared variables, or save them, and make the function anew"
            )
        made_again = {
            "_converters",
            "_input_updates",
            "_is_one",
            "_is_plain",
            "_prints",
            "_program",
            "_quick",
            "_read",
            "_repeats",
            "_states",
            "_updated",
        }
        return {key: value for key, value in self.__dict__.items() if key not in made_again}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare()


def _check_wanted(outputs: str) -> None:
    if outputs not in ("all", "last"):
        raise ValueError(f"outputs: got {outputs!r}, wanted 'all' or 'last'")


class Maker:
    """What a function was made of.

    Attributes:
        inputs: its inputs, as `In`.
        outputs: the expressions that it computes, as `Out`.
        fgraph: its graph.
        name: what it was called.
        mode: ``config.mode``; it has no meaning.
    """

    def __init__(self, made: Function) -> None:
        self.inputs = made.inputs
        self.outputs = [Out(variable) for variable in made._outputs]
        self.name = made.name
        self.fgraph = FunctionGraph(
            [entry.variable for entry in made.inputs],
            [*made._outputs, *made.updates.values()],
        )
        self.mode = config.mode


class FunctionGraph:
    """The graph between some inputs and outputs.

    Args:
        inputs: the inputs.
        outputs: the outputs.
        features: no meaning here: nothing changes the graph.
        clone: no meaning here, for the same reason.
        update_mapping: which output, by number, is the update of which input.

    Attributes:
        inputs: the inputs.
        outputs: the outputs, those of updates after the others.
        update_mapping: as given.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> FunctionGraph([x], [T.exp(x)]).toposort()
        [Elemwise{exp,no_inplace}(x)]
    """

    def __init__(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        features: Any = None,
        clone: bool = True,
        update_mapping: Mapping[int, int] | None = None,
    ) -> None:
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.update_mapping = update_mapping

    def toposort(self) -> list[Any]:
        """Return the nodes in the order of computation."""
        return toposort(self.outputs, set(self.inputs), last_first=True)

    @property
    def apply_nodes(self) -> set[Any]:
        """All nodes."""
        return set(self.toposort())

    @property
    def variables(self) -> set[Any]:
        """All variables."""
        from jaxlearn.symbolic.graph import variables_between

        return set(variables_between(self.outputs, set(self.inputs)))


def evaluate(variable: Variable, inputs_to_values: Mapping[Any, Any] | None = None) -> Any:
    """Compute an expression, given the values of its inputs; `Variable.eval` calls this.

    Raises:
        TypeError: ``inputs_to_values`` is not a dictionary with variables as keys.
        MissingInputError: an input has no value.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> evaluate(x**2, {x: 3.0})
        array(9.)
    """
    given = dict(inputs_to_values or {})
    for key in given:
        if not isinstance(key, Variable):
            raise TypeError(f"eval: got the key {key!r}, wanted the variable itself")
    kept: dict[Any, Function] = variable.__dict__.setdefault("_evaluators", {})
    inputs = tuple(sorted(given, key=id))
    if inputs not in kept:
        kept[inputs] = function(list(inputs), variable)
        for record in _records:
            record.pop()
    return kept[inputs](*(given[key] for key in inputs))
