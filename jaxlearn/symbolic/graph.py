"""Expression graphs: variables, the nodes that apply operations to them, and walks over both.

A graph alternates two kinds of things. A `Variable` stands for a value; its ``owner`` is the
`Apply` node that computes it, or None for an input. An `Apply` node joins an `Op` to its input
variables and to the output variables it computes. Every walk here is a loop, never a recursion: a
graph may be tens of thousands of nodes deep.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from jaxlearn.symbolic.configuration import config
from jaxlearn.symbolic.errors import SourceLine, made_at, user_line

__all__ = [
    "Apply",
    "Constant",
    "Op",
    "Scratchpad",
    "Variable",
    "ancestors",
    "clone",
    "equal_computations",
    "graph_inputs",
    "is_same_graph",
    "replace_variables",
    "toposort",
    "variables_between",
]


class Scratchpad:
    """A place for a program's own notes on a variable, such as ``tag.test_value``.

    Example:
        >>> tag = Scratchpad()
        >>> tag.role = "weight"
        >>> tag.role
        'weight'
    """

    def __getattr__(self, name: str) -> Any:
        # Only asked for what is not there.
        raise AttributeError(f"this variable's tag has no {name!r}; set it with `tag.{name} = ...`")

    def __repr__(self) -> str:
        return f"scratchpad{self.__dict__}"

    def clear(self) -> None:
        """Forget all notes."""
        self.__dict__.clear()

    def update(self, other: Scratchpad) -> None:
        """Take over the notes of another tag."""
        self.__dict__.update(other.__dict__)


class Variable:
    """A value that is not known yet.

    Args:
        type: what values it may take.
        owner: the node that computes it; None for an input.
        index: which output of that node it is.
        name: what the user calls it.

    Attributes:
        line: the line of the user's program that made it.
    """

    def __init__(
        self,
        type: Any,  # noqa: A002  (Theano's name)
        owner: Apply | None = None,
        index: int | None = None,
        name: str | None = None,
    ) -> None:
        self.type = type
        self.owner = owner
        self.index = index
        self.name = name
        self.tag = Scratchpad()
        self.line: SourceLine | None = user_line() if owner is None else owner.line

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        if self.owner is not None:
            if len(self.owner.outputs) == 1:
                return f"{self.owner.op}.0"
            return f"{self.owner.op}.{self.index}"
        return f"<{self.type!r}>"

    def __repr__(self) -> str:
        return str(self)

    def clone(self) -> Variable:
        """Return a new variable of the same type and name, which nothing computes."""
        copied = self.__class__(self.type, None, None, self.name)
        copied.tag.update(self.tag)
        copied.line = self.line
        return copied

    def get_parents(self) -> list[Apply]:
        """Return the node that computes this variable, as a list of none or one."""
        return [] if self.owner is None else [self.owner]

    def eval(self, inputs_to_values: Mapping[Variable, Any] | None = None) -> Any:
        """Compute the value, given the values of the inputs it depends on.

        The compiled function is kept, so that a second call with the same inputs is quick.

        Raises:
            TypeError: ``inputs_to_values`` is not a dictionary with variables as keys.
            MissingInputError: an input has no value.
        """
        from jaxlearn.symbolic.functions import evaluate

        return evaluate(self, inputs_to_values)

    def __reduce__(self) -> Any:
        if self.owner is None:
            return _restore, (type(self),), _kept(self, {"_evaluators"})
        state = _kept(self, _FROM_OWNER)
        return _output_of, (self.owner, self.index), state


# What a pickle leaves out: what the owner gives back, and compiled functions.
_FROM_OWNER = {"owner", "index", "type", "_evaluators"}


def _kept(variable: Variable, left_out: Collection[str]) -> dict[str, Any]:
    return {key: value for key, value in variable.__dict__.items() if key not in left_out}


def _restore(kind: Any) -> Any:
    return kind.__new__(kind)


def _output_of(node: Apply, index: int) -> Variable:
    return node.outputs[index]


class Constant(Variable):
    """A variable whose value is known.

    Args:
        type: the type of the value.
        data: the value.
        name: what the user calls it.
    """

    def __init__(self, type: Any, data: Any, name: str | None = None) -> None:  # noqa: A002
        super().__init__(type, name=name)
        self.data = type.filter(data)

    def clone(self) -> Constant:
        """Return a constant of the same value."""
        return self.__class__(self.type, self.data, self.name)

    @property
    def value(self) -> Any:
        """The value; another name of ``data``."""
        return self.data

    def key(self) -> Any:
        """Return something that is equal for constants of equal type and value."""
        if isinstance(self.data, np.ndarray):
            return (self.type, self.data.shape, self.data.tobytes())
        return (self.type, id(self.data))


class Apply:
    """An operation applied to variables: a node of a graph.

    Args:
        op: the operation.
        inputs: the variables that it is applied to.
        outputs: the variables it computes, without an owner yet; the node becomes it.

    Attributes:
        line: the line of the user's program that made the node.
    """

    def __init__(self, op: Op, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        self.op = op
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.tag = Scratchpad()
        self.line = user_line()
        for index, output in enumerate(self.outputs):
            output.owner, output.index, output.line = self, index, self.line

    @classmethod
    def of_types(cls, op: Op, inputs: Sequence[Variable], types: Iterable[Any]) -> Apply:
        """Return a node with one new output of each type."""
        return cls(op, inputs, [_new_output(kind) for kind in types])

    def __str__(self) -> str:
        return f"{self.op}({', '.join(map(str, self.inputs))})"

    def __repr__(self) -> str:
        return str(self)

    @property
    def nin(self) -> int:
        """How many inputs there are."""
        return len(self.inputs)

    @property
    def nout(self) -> int:
        """How many outputs there are."""
        return len(self.outputs)

    @property
    def out(self) -> Variable:
        """The first output."""
        return self.outputs[0]

    def default_output(self) -> Variable:
        """Return the first output."""
        return self.outputs[0]

    def get_parents(self) -> list[Variable]:
        """Return the inputs."""
        return list(self.inputs)

    def clone(self) -> Apply:
        """Return another node of the same operation and inputs."""
        return self.clone_with_new_inputs(self.inputs)

    def clone_with_new_inputs(self, inputs: Sequence[Variable], strict: bool = True) -> Apply:
        """Return this node applied to other variables.

        Where the types of the inputs differ from those of now, the operation decides anew what
        it computes.

        Args:
            inputs: the variables to use instead.
            strict: refuse inputs of other types than those of now.
        """
        inputs = list(inputs)
        if strict:
            inputs = [
                old.type.filter_variable(new) if new.type != old.type else new
                for old, new in zip(self.inputs, inputs, strict=True)
            ]
        if all(new.type == old.type for old, new in zip(self.inputs, inputs, strict=True)):
            node = Apply.of_types(self.op, inputs, [output.type for output in self.outputs])
        else:
            node = self.op.make_node(*inputs)
        node.tag.update(self.tag)
        node.line = self.line
        for old, new in zip(self.outputs, node.outputs, strict=True):
            new.name, new.line = old.name, old.line
            new.tag.update(old.tag)
            new.tag.__dict__.pop("test_value", None)
        _compute_test_values(node)
        return node

    def __reduce__(self) -> Any:
        # Pickle goes depth first. Were the nodes below this one left to it, a chain of some
        # hundred would exhaust the stack; so they come first, in order, as the items of a list.
        below: Any = _BelowFirst(self) if not _pickling.below else []
        types = [output.type for output in self.outputs]
        # Its outputs are there before its inputs: the update of a random state is an output of the
        # node whose input that state is.
        state = (below, self.op, self.inputs, self.tag, self.line)
        return _node_of_types, (types,), state

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self.op, self.inputs, self.tag, self.line = state


def _new_output(kind: Any) -> Variable:
    output: Variable = kind.make_variable()
    return output


def _node_of_types(types: list[Any]) -> Apply:
    return Apply.of_types(Op(), [], types)


class _Pickling(threading.local):
    below = False


_pickling = _Pickling()


class _BelowFirst:
    """Pickles as the list of all nodes below one, in the order in which they are computed."""

    def __init__(self, node: Apply) -> None:
        self._node = node

    def __reduce__(self) -> Any:
        return list, (), None, self._nodes()

    def _nodes(self) -> Iterator[Apply | None]:
        _pickling.below = True
        try:
            yield from toposort(self._node.inputs)
            # A pickler asks for an item ahead of the one that it writes.
            yield None
            yield None
        finally:
            _pickling.below = False


class Op:
    """An operation on arrays: a pure JAX function with fixed parameters, and its type rule.

    Two operations of one class are equal if the attributes named in ``parameters`` are. An
    operation that is a row of a table has a ``name``, by which rules know it; what a user calls an
    operation is its ``label``.

    A subclass says in `make_node` what it accepts and what types come out, and in `function` what
    it computes. The rest has defaults:

    - `bind` makes the function of one place in a graph, where sizes must be known or an index
      must be checked;
    - `host` computes in NumPy what a size may be made from;
    - `tracing` is the context of JAX's settings in which derivatives of the function are traced;
    - `connected` tells the inputs that the outputs depend on in the sense of the gradient;
    - `gradient` is `jax.vjp` of the operation's own function.

    A subclass may say the last two as Theano's operations do: by ``connection_pattern(node)``, and
    by ``grad(inputs, output_gradients)`` or ``L_op(inputs, outputs, output_gradients)``.
    """

    parameters: tuple[str, ...] = ()
    linear = False
    """Whether the outputs are linear in the inputs, so that second derivatives do not exist."""
    transparent = False
    """Whether the output is the first input, and the gradient passes by as it is."""
    underived: tuple[int, ...] = ()
    """The inputs by which nobody has written the derivative."""
    staged = False
    """Whether the shapes of the outputs depend on data, so that `host` must compute them."""

    # The signatures of the next three are what mypy lets a subclass override with its own.

    def make_node(self, *inputs: Any, **options: Any) -> Apply:
        """Check the inputs and return a node with outputs of the right types."""
        raise NotImplementedError

    def function(self, *values: Any, **options: Any) -> Any:
        """Compute the output, or a tuple of outputs, with JAX."""
        raise NotImplementedError

    def host(self, *node_and_values: Any, **options: Any) -> Any:
        """Compute the output of a node with NumPy; return `NotImplemented` where it has no use."""
        return NotImplemented

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the function to trace at one place of a graph.

        Args:
            lowering: asks for sizes (``lowering.size``) and takes checks (``lowering.check``).
            node: the place.
            values: what the inputs are: a NumPy array where one is known now, else a tracer.
        """
        return self.function

    def tracing(self) -> contextlib.AbstractContextManager[Any]:
        """Return the context in which derivatives of the function are traced."""
        return contextlib.nullcontext()

    def fold(self, node: Apply, values: Sequence[Any]) -> Any:
        """Return what can be known now, as NumPy arrays, else `NotImplemented`."""
        if all(isinstance(value, np.ndarray) for value in values):
            return self.host(node, *values)
        return NotImplemented

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Return the Python expression of the output; of several, of a tuple of them.

        It may name ``jax``, ``jnp``, ``lax`` and ``np``.

        Args:
            node: the place.
            inputs: a name for each input.
            writer: names what else is needed (``source.Writer``).

        Raises:
            ValueError: it cannot be written.
        """
        if self.staged:
            variable = node.outputs[0]
            raise ValueError(
                f"source: the shape of {variable} depends on data, and XLA must know it; there is "
                f"no pure function of this{made_at(node.line)}"
            )
        return f"{writer.method(self, self.function)}({', '.join(inputs)})"

    def sizes(self, node: Apply) -> Sequence[int]:
        """Return the inputs that XLA must know before it compiles."""
        return ()

    def branches(self, node: Apply) -> Sequence[Sequence[int]]:
        """Return groups of inputs of which one is chosen; only that is computed.

        The first input, a scalar, chooses: the first group where it is not zero, else the second.
        """
        return ()

    def written_as_known(self, node: Apply, known: Sequence[bool]) -> bool:
        """Whether `source` writes what is known when it is traced.

        Args:
            node: the place.
            known: which inputs are known then.
        """
        return False

    def known_scalar(self, node: Apply) -> Variable | None:
        """Return a variable that has the value of the output, if that is one number, or None."""
        return None

    def known_length(self, node: Apply) -> int | None:
        """Return the length of the output's first axis, where the graph alone tells it, or None."""
        return None

    def connected(self, node: Apply, i: int) -> bool:
        """Whether the outputs depend on the values of input ``i``, not only on its shape."""
        pattern: Any = getattr(self, "connection_pattern", None)
        return pattern is None or any(pattern(node)[i])

    @property
    def has_own_gradient(self) -> bool:
        """Whether the gradient is another than what JAX makes of the function."""
        overridden = type(self).gradient is not Op.gradient and not self.transparent
        as_in_theano = hasattr(self, "L_op") or hasattr(self, "grad")
        return overridden or as_in_theano or bool(self.underived)

    def derivative_uses(self, node: Apply, i: int, j: int) -> bool:
        """Whether the derivative by input ``i`` depends on the values of input ``j``."""
        return not self.linear

    def gradient_dtype(self, node: Apply, i: int) -> str:
        """Return the dtype of the gradient by input ``i``."""
        dtype: str = node.inputs[i].type.dtype
        return dtype if np.dtype(dtype).kind in "fc" else str(node.outputs[0].type.dtype)

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return the gradients by the wanted inputs, given those by the outputs."""
        from jaxlearn.symbolic.gradient_types import grad_not_implemented
        from jaxlearn.symbolic.vector_jacobian_product import vector_jacobian_product

        if hasattr(self, "L_op") or hasattr(self, "grad"):
            return self._gradient_as_in_theano(node, output_gradients, wanted)
        derived = [i for i in wanted if i not in self.underived]
        answers = vector_jacobian_product(node, output_gradients, derived)
        found = dict(zip(derived, answers, strict=True))
        return [
            grad_not_implemented(self, i, node.inputs[i]) if i in self.underived else found[i]
            for i in wanted
        ]

    def _gradient_as_in_theano(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        from jaxlearn.symbolic.gradient_types import DisconnectedType

        given = [DisconnectedType()() if g is None else g for g in output_gradients]
        own: Any = self
        if hasattr(self, "L_op"):
            name, found = "L_op", own.L_op(node.inputs, node.outputs, given)
        else:
            name, found = "grad", own.grad(node.inputs, given)
        if len(found) != len(node.inputs):
            raise ValueError(
                f"{self}.{name} returned {len(found)} gradients, wanted one for each of the "
                f"{len(node.inputs)} inputs{made_at(node.line)}"
            )
        kinds = [getattr(found[i], "type", None) for i in wanted]
        return [
            None if isinstance(kind, DisconnectedType) else found[i]
            for i, kind in zip(wanted, kinds, strict=True)
        ]

    def __call__(
        self, *inputs: Any, name: str | None = None, return_list: bool = False, **options: Any
    ) -> Any:
        """Apply the operation; return its output variable, or the list of them.

        Args:
            *inputs: what it is applied to.
            name: a name for the first output.
            return_list: return a list, even of one output.
            **options: what else `make_node` takes, and inputs by the names that they have there.
        """
        node = self.make_node(*inputs, **options)
        if name is not None:
            node.outputs[0].name = name
        _compute_test_values(node)
        if len(node.outputs) == 1 and not return_list:
            return node.outputs[0]
        return list(node.outputs)

    def _key(self) -> tuple[Any, ...]:
        return (type(self), *(getattr(self, name) for name in self.parameters))

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Op) and self._key() == other._key())

    def __hash__(self) -> int:
        return hash(self._key())

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.parameters)
        return f"{type(self).__name__}{{{shown}}}" if shown else type(self).__name__

    def __repr__(self) -> str:
        return str(self)


def _compute_test_values(node: Apply) -> None:
    if config.compute_test_value != "off":
        from jaxlearn.symbolic.test_values import compute_test_values

        compute_test_values(node)


def toposort(
    outputs: Iterable[Variable],
    stop: Collection[Variable] = frozenset(),
    last_first: bool = False,
) -> list[Apply]:
    """Return the nodes that the outputs need, each after those that it needs itself.

    Args:
        outputs: where the walk starts.
        stop: variables that are taken as given, whatever computes them.
        last_first: for each node what its last input needs comes first, as in Theano.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> toposort([T.exp(x).sum()])
        [Elemwise{exp,no_inplace}(x), Sum{acc_dtype=float64}(Elemwise{exp,no_inplace}.0)]
    """
    order: list[Apply] = []
    done: set[int] = set()
    stop = set(stop)
    stack: list[tuple[Apply, bool]] = [
        (variable.owner, False)
        for variable in reversed(list(outputs))
        if variable.owner is not None and variable not in stop
    ]
    while stack:
        node, inputs_are_done = stack.pop()
        if inputs_are_done:
            order.append(node)
            continue
        if id(node) in done:
            continue
        done.add(id(node))
        stack.append((node, True))
        stack.extend(
            (variable.owner, False)
            for variable in (node.inputs if last_first else reversed(node.inputs))
            if variable.owner is not None
            and id(variable.owner) not in done
            and variable not in stop
        )
    return order


def variables_between(
    outputs: Iterable[Variable], stop: Collection[Variable] = frozenset()
) -> list[Variable]:
    """Return every variable that the outputs depend on, and themselves, inputs first.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> variables_between([T.exp(x)])
        [x, Elemwise{exp,no_inplace}.0]
    """
    outputs = list(outputs)
    found: dict[Variable, None] = {}
    for node in toposort(outputs, stop):
        found.update(dict.fromkeys(node.inputs))
        found.update(dict.fromkeys(node.outputs))
    found.update(dict.fromkeys(outputs))
    return list(found)


def graph_inputs(
    outputs: Iterable[Variable], stop: Collection[Variable] = frozenset()
) -> list[Variable]:
    """Return the variables that the outputs depend on and that nothing computes.

    Constants and shared variables are among them.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, y = T.dscalars("x", "y")
        >>> graph_inputs([x + y])
        [x, y]
    """
    stop = set(stop)
    return [v for v in variables_between(outputs, stop) if v.owner is None or v in stop]


def ancestors(
    variable_list: Iterable[Variable], blockers: Collection[Variable] | None = None
) -> list[Variable]:
    """Return every variable that some depend on, and themselves, in Theano's order.

    The walk goes depth first, and starts with the last of them.

    Args:
        variable_list: where the walk starts.
        blockers: variables beyond which it does not go.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> ancestors([T.exp(x)])
        [Elemwise{exp,no_inplace}.0, x]
    """
    found: dict[Variable, None] = {}
    blocked = set(blockers or ())
    stack = list(variable_list)
    while stack:
        variable = stack.pop()
        if variable not in found:
            found[variable] = None
            if variable.owner is not None and variable not in blocked:
                stack.extend(reversed(variable.owner.inputs))
    return list(found)


def replace_variables(
    outputs: Sequence[Variable],
    replacements: Mapping[Variable, Variable],
    strict: bool = True,
) -> list[Variable]:
    """Return the outputs with variables replaced, all at once.

    What does not depend on a replaced variable is shared with the old graph, not copied.

    Args:
        outputs: the expressions to change.
        replacements: what stands in place of which variable.
        strict: refuse a replacement of another type.

    Raises:
        TypeError: strict is set, and a replacement has another type.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, y = T.dscalars("x", "y")
        >>> replace_variables([T.exp(x) + y], {x: y})[0].owner.inputs
        [Elemwise{exp,no_inplace}.0, y]
    """
    current: dict[Variable, Variable] = {}
    for old, new in replacements.items():
        current[old] = old.type.filter_variable(new) if strict and new.type != old.type else new
    for node in toposort(outputs, replacements):
        inputs = [current.get(variable, variable) for variable in node.inputs]
        if all(new is old for new, old in zip(inputs, node.inputs, strict=True)):
            continue
        copied = node.clone_with_new_inputs(inputs, strict)
        for old, new in zip(node.outputs, copied.outputs, strict=True):
            current.setdefault(old, new)
    return [current.get(variable, variable) for variable in outputs]


def clone(
    output: Any,
    replace: Mapping[Variable, Any] | Iterable[tuple[Variable, Any]] | None = None,
    strict: bool = True,
    share_inputs: bool = True,
    copy_inputs: bool | None = None,
) -> Any:
    """Return a copy of an expression, with some variables in it replaced.

    Args:
        output: an expression, or a list of them.
        replace: what stands in place of which variable, as a dictionary or pairs; the
            replacements are made all at once.
        strict: refuse a replacement of another type.
        share_inputs: keep the very inputs of the old expression; otherwise they are copied too.
        copy_inputs: the older name of ``share_inputs``, with the same meaning.

    Raises:
        TypeError: strict is set, and a replacement has another type.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> float(clone(x**2, replace={x: x + 1}).eval({x: 2.0}))
        9.0
    """
    share_inputs = share_inputs if copy_inputs is None else copy_inputs
    outputs = list(output) if isinstance(output, (list, tuple)) else [output]
    pairs = dict(replace or {})
    replacements = {
        old: new if isinstance(new, Variable) else old.type.filter_variable(new)
        for old, new in pairs.items()
    }
    for variable in graph_inputs(outputs, set(replacements)):
        if not share_inputs and variable.owner is None and variable not in replacements:
            copied = variable.clone()
            replacements[variable] = copied
    if replacements or not share_inputs:
        copies = replace_variables(outputs, replacements, strict)
    else:
        copies = _copy_nodes(outputs)
    return copies if isinstance(output, (list, tuple)) else copies[0]


def _copy_nodes(outputs: Sequence[Variable]) -> list[Variable]:
    current: dict[Variable, Variable] = {}
    for node in toposort(outputs):
        copied = node.clone_with_new_inputs([current.get(v, v) for v in node.inputs])
        current.update(zip(node.outputs, copied.outputs, strict=True))
    return [current.get(variable, variable) for variable in outputs]


class Numbering:
    """Gives equal numbers to variables that compute the same thing.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> numbering = Numbering()
        >>> first, second, third = T.exp(x), T.exp(x), T.exp(-x)
        >>> numbering.add([first, second, third])
        >>> [numbering[v] == numbering[first] for v in (second, third)]
        [True, False]
    """

    def __init__(self) -> None:
        self._numbers: dict[Variable, int] = {}
        self._known: dict[Any, int] = {}

    def __getitem__(self, variable: Variable) -> int:
        number = self._numbers.get(variable)
        if number is None:
            key = variable.key() if isinstance(variable, Constant) else variable
            number = self._numbers[variable] = self._known.setdefault(key, len(self._known))
        return number

    def key(self, node: Apply) -> Any:
        """Return what is equal for nodes that compute the same."""
        return (node.op, tuple(self[variable] for variable in node.inputs))

    def identify(self, first: Variable, second: Variable) -> None:
        """Take two inputs for the same."""
        self._numbers[second] = self[first]

    def add(self, outputs: Iterable[Variable]) -> None:
        """Number all variables that the outputs depend on."""
        for node in toposort(outputs):
            self.add_node(node)

    def add_node(self, node: Apply, given: Collection[Variable] = ()) -> None:
        """Number the outputs of a node whose inputs are numbered, but for those that are given."""
        key = self.key(node)
        for output in node.outputs:
            if output not in given:
                number = self._known.setdefault((key, output.index), len(self._known))
                self._numbers[output] = number


def is_same_graph(
    var1: Variable,
    var2: Variable,
    givens: Mapping[Variable, Variable] | None = None,
    debug: bool = False,
) -> bool:
    """Whether two expressions apply the same operations to the same inputs.

    Args:
        var1: an expression.
        var2: another one.
        givens: which inputs of the two to take for the same.
        debug: no meaning here; there is one way to compare.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, y = T.dscalars("x", "y")
        >>> is_same_graph(x + y, x + y), is_same_graph(x + y, x - y)
        (True, False)
    """
    numbering = Numbering()
    for one, other in dict(givens or {}).items():
        numbering.identify(one, other)
    numbering.add([var1, var2])
    return numbering[var1] == numbering[var2]


def equal_computations(
    xs: Sequence[Variable],
    ys: Sequence[Variable],
    in_xs: Sequence[Variable] | None = None,
    in_ys: Sequence[Variable] | None = None,
) -> bool:
    """Whether some expressions compute the same as some others, each as its counterpart.

    Args:
        xs: expressions.
        ys: as many others.
        in_xs: inputs of the first.
        in_ys: as many inputs of the others, which are taken for the same.

    Raises:
        ValueError: there are not as many of the ones as of the others.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, y = T.dscalars("x", "y")
        >>> equal_computations([x + 1], [y + 1]), equal_computations([x + 1], [y + 1], [x], [y])
        (False, True)
    """
    for name, first, second in (("ys", xs, ys), ("in_ys", in_xs or [], in_ys or [])):
        if len(first) != len(second):
            raise ValueError(f"{name}: got {len(second)}, wanted as many as the {len(first)} first")
    numbering = Numbering()
    for one, other in zip(in_xs or [], in_ys or [], strict=True):
        numbering.identify(one, other)
    numbering.add([*xs, *ys])
    return all(numbering[x] == numbering[y] for x, y in zip(xs, ys, strict=True))
