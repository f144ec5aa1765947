"""A compiled function written out as a Python module that needs only JAX and NumPy.

Each operation says in one expression what it computes (`graph.Op.source`). Here these expressions
are put together: short ones that are used once stand where they are used, the others get a name
(the user's own, where there is one) and a comment with the user's line. What the operations need
beyond public functions of JAX is copied from this package's own source into the module.

A gradient is written as ``jax.grad`` of a named loss function where it is just that: where `grad`
itself, applied to the cost, gives the very graph that stands in the function. Elsewhere each
operation is pulled back by ``jax.vjp``.

Shapes are not known here. What follows from them is written as it is (``x.shape[0]``) and is known
when JAX traces the module.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import keyword
import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from jaxlearn.symbolic.bundling import IMPORTS, Bundle, literal
from jaxlearn.symbolic.errors import SourceLine, made_at
from jaxlearn.symbolic.exporting import distinct_names
from jaxlearn.symbolic.gradient_recognition import Gradient, needed_inputs, recognized_gradients
from jaxlearn.symbolic.graph import Apply, Constant, Variable, graph_inputs
from jaxlearn.symbolic.lowering import Graph, constant_number, host_value
from jaxlearn.symbolic.ops.dimensions import DimShuffle
from jaxlearn.symbolic.ops.shaping import Shape
from jaxlearn.symbolic.own_gradients import OwnGradient, with_gradient
from jaxlearn.symbolic.shared import SharedVariable
from jaxlearn.symbolic.staging import StagedProgram
from jaxlearn.symbolic.types import is_discrete
from jaxlearn.symbolic.vector_jacobian_product import VectorJacobianProduct

__all__ = ["Writer", "function_source", "module_name", "scalar_text"]

_RESERVED = frozenset({"jax", "jnp", "lax", "np", "state", *keyword.kwlist, *dir(builtins)})
_MOST_INLINE = 40
_MOST_COLUMNS = 88


class Writer:
    """What the expressions of operations are written with, and what they need in the module.

    Args:
        graph: the graph to write.
        statics: the inputs that are known when the module is traced.

    Attributes:
        bundle: the helpers and imports that the expressions need.
        functions: the functions of the module so far, each after those that it needs.
        reserved: names that mean something in the whole module.
        locals: names that mean something in some function.
    """

    def __init__(
        self, graph: Graph, statics: Collection[Variable], outer: Writer | None = None
    ) -> None:
        self.bundle: Bundle = outer.bundle if outer else Bundle()
        self.functions: list[str] = outer.functions if outer else []
        self.reserved: set[str] = outer.reserved if outer else set(_RESERVED)
        self.locals: set[str] = outer.locals if outer else set()
        self._inner: dict[Any, str] = outer._inner if outer else {}
        self._texts: dict[str, str] = outer._texts if outer else {}
        self._is_differentiated: bool = outer._is_differentiated if outer else False
        self._graph = graph
        self._known = self._known_variables(statics)

    def function(self, function: Callable[..., Any]) -> str:
        """Return the name of a function: a public one of JAX, or a helper in the module."""
        return self.bundle.name_of(function, self.reserved | self.locals)

    def method(self, op: Any, method: Callable[..., Any]) -> str:
        """Return the name of a helper that is a method of an operation with its parameters."""
        return self.bundle.name_of_method(op, method, self.reserved | self.locals)

    def local_name(self, wanted: str, taken: Collection[str] = ()) -> str:
        """Return a name for a value in some function, which means nothing else in the module.

        Args:
            wanted: the name to have, if it is free.
            taken: other names that it must not have.
        """
        name = _fresh(wanted, {*taken, *self.reserved, *self.bundle.names})
        self.locals.add(name)
        return name

    def imported(self, function: Callable[..., Any]) -> str | None:
        """Return the name of a function of the user's, imported; None if it cannot be."""
        return self.bundle.imported_name(function, self.reserved | self.locals)

    def inner_function(
        self,
        name: str,
        inputs: Sequence[Variable],
        statics: Sequence[Variable],
        outputs: Sequence[Variable],
        as_tuple: bool = False,
    ) -> str:
        """Return the name of a function of the module that computes expressions.

        Args:
            name: what to call it.
            inputs: the variables that are its arguments.
            statics: those of them that are known when the module is traced.
            outputs: what it returns; of several, a tuple.
            as_tuple: return a tuple of one, too.
        """
        key = (name, as_tuple, self._is_differentiated, *inputs, *statics, *outputs)
        if key not in self._inner:
            graph = Graph(inputs, outputs)
            parameters: list[str] = []
            for wanted in distinct_names([v.name for v in inputs], "value"):
                parameters.append(self.local_name(wanted, parameters))
            writer = Writer(graph, statics, self)
            body = _Body(writer, graph, dict(zip(inputs, parameters, strict=True)), {})
            body.write(graph.nodes, [], outputs)
            results = [_quoted(ast.unparse(body.expression(output))) for output in outputs]
            is_one_in_tuple = as_tuple and len(results) == 1
            returned = f"({results[0]},)" if is_one_in_tuple else ", ".join(results)
            lines = [f"    {line}" for line in body.returning(returned)]
            text = "\n".join([f"({', '.join(parameters)}):", *lines])
            # What is differentiated is most often written as what is not.
            if text not in self._texts:
                self._texts[text] = _fresh(name, self.reserved | self.locals)
                self.reserved.add(self._texts[text])
                self.functions.append(f"def {self._texts[text]}{text}")
            self._inner[key] = self._texts[text]
        return self._inner[key]

    @contextlib.contextmanager
    def differentiating(self) -> Iterator[None]:
        """Have functions written as JAX has to see them where it differentiates them."""
        before, self._is_differentiated = self._is_differentiated, True
        try:
            yield
        finally:
            self._is_differentiated = before

    def node(self, node: Apply, names: Sequence[str]) -> str:
        """Return the expression of a node; one that JAX differentiates as its operation says.

        Args:
            node: the node.
            names: a name for each input.
        """
        text: str = node.op.source(node, names, self)
        # JAX differentiates a choice as it should.
        is_own = node.op.has_own_gradient and not node.op.branches(node)
        if not (self._is_differentiated and is_own):
            return text
        moving = [
            i
            for i, v in enumerate(node.inputs)
            if not (is_discrete(v.type.dtype) or isinstance(v, Constant) or self.is_known(v))
        ]
        rule = OwnGradient(node, moving)
        if rule.undefined or not moving:
            return text
        called = re.sub(r"\W", "_", _base_name(node.outputs[0]).removesuffix("_1"))
        statics = [v for v in rule.needed if self.is_known(v)]
        pull = self.inner_function(
            f"{called}_gradient", [*rule.needed, *rule.given], statics, rule.results, as_tuple=True
        )
        places = {v: i for i, v in reversed([*enumerate([*node.inputs, *node.outputs])])}
        kept = literal(tuple(places[v] for v in rule.needed))
        wanted = literal(tuple(rule.wanted))
        arguments = ", ".join(names)
        function = f"lambda {arguments}: {text}"
        call = f"{function}, {pull}, {kept}, {wanted}, [{arguments}]"
        return f"{self.function(with_gradient)}({call})"

    def dtype(self, dtype: str) -> str:
        """Return a dtype as JAX names it."""
        return f"jnp.{'bool_' if dtype == 'bool' else dtype}"

    def is_known(self, variable: Variable) -> bool:
        """Whether a variable is a number or an array of NumPy when the module is traced."""
        return self._graph.numbering[variable] in self._known

    def literal(self, value: Any) -> str:
        """Return a number as Python writes it."""
        return scalar_text(value)

    def raw(self, name: str) -> str:
        """Return the name of an input that is known, as it is: no array of JAX."""
        return f"{name}raw"

    def number(self, variable: Variable) -> Any:
        """Return the value of a constant scalar, whatever axes it got, or None."""
        return constant_number(variable)

    def constant(self, variable: Constant) -> str:
        """Return the expression of a constant array."""
        data, dtype = variable.data, variable.type.dtype
        if data.ndim == 0:
            return f"{self.dtype(dtype)}({scalar_text(data[()])})"
        if data.size == 0 or (data == data.flat[0]).all():
            number = scalar_text(data.flat[0] if data.size else 0)
            return f"jnp.full({data.shape}, {number}, {self.dtype(dtype)})"
        text = np.array2string(
            data, separator=", ", threshold=data.size + 1, formatter={"all": scalar_text}
        )
        return f"jnp.array({text}, {self.dtype(dtype)})"

    def size(self, variable: Variable, name: str) -> str:
        """Return the expression of integers that XLA must know.

        Raises:
            ValueError: they depend on the values of an array.
        """
        if self.is_known(variable):
            return self.raw(name)
        needed = [v for v in graph_inputs([variable]) if not isinstance(v, Constant)]
        is_fixed = all(isinstance(v, SharedVariable) for v in needed)
        value = host_value(variable, 0) if is_fixed else None
        if value is None:
            raise ValueError(
                f"source: {variable} is a size and depends on the values of an array, and XLA must "
                f"know it before it compiles{made_at(variable.line)}"
            )
        return str(literal(value.tolist() if value.ndim == 0 else tuple(value.tolist())))

    def _known_variables(self, statics: Collection[Variable]) -> set[int]:
        number = self._graph.numbering
        known = {number[variable] for variable in statics}
        for node in self._graph.nodes:
            for variable in node.inputs:
                if isinstance(variable, Constant) and _is_of_python(variable):
                    known.add(number[variable])
            if node.op.written_as_known(node, [number[v] in known for v in node.inputs]):
                known.update(number[v] for v in node.outputs)
        return known


def _is_of_python(constant: Constant) -> bool:
    """Whether a constant is what Python's own numbers are, or whole ones."""
    dtype = constant.type.dtype
    return is_discrete(dtype) or (dtype == "float64" and constant.type.ndim == 0)


def scalar_text(value: Any) -> str:
    """Return a number as Python writes it; of a float the shortest text that gives it back.

    Example:
        >>> scalar_text(np.float32(0.1)), scalar_text(np.inf), scalar_text(np.int8(3))
        ('0.1', 'jnp.inf', '3')
    """
    if isinstance(value, (complex, np.complexfloating)):
        return f"complex({scalar_text(value.real)}, {scalar_text(value.imag)})"
    if isinstance(value, (float, np.floating)):
        if np.isnan(value):
            return "jnp.nan"
        if np.isinf(value):
            return "jnp.inf" if value > 0 else "-jnp.inf"
        return repr(float(str(value)))
    return repr(value.item() if isinstance(value, np.generic) else value)


class _Unit:
    """What becomes one statement: a node, or a whole gradient.

    Attributes:
        makes: the variables that it computes.
    """

    def __init__(self, made: Apply | Gradient, writer: Writer, graph: Graph) -> None:
        self.made = made
        self._writer = writer
        self._graph = graph
        if isinstance(made, Gradient):
            forward = [output for node in made.forward for output in node.outputs]
            self.makes = [made.cost, *made.results, *forward]
        else:
            self.makes = made.outputs

    @cached_property
    def _written(self) -> tuple[str, dict[str, Variable]]:
        node: Any = self.made
        inputs = needed_inputs(node)
        place = Apply.of_types(node.op, inputs, [output.type for output in node.outputs])
        place.line = node.line
        for output, same in zip(node.outputs, place.outputs, strict=True):
            self._graph.numbering.identify(output, same)
        names = [f"_{i}_" for i in range(len(inputs))]
        text = self._writer.node(place, names)
        used = set(re.findall(r"\b_\d+_(?:raw)?\b", text))
        given = dict(zip(names, inputs, strict=True))
        return text, {name: given[name.removesuffix("raw")] for name in sorted(used, key=_place)}

    @property
    def text(self) -> str:
        """The expression of a node."""
        return self._written[0]

    @property
    def names(self) -> dict[str, Variable]:
        """What the names in the expression of a node mean."""
        return self._written[1]

    @property
    def needs(self) -> Sequence[Variable]:
        """The variables that the statement uses."""
        if isinstance(self.made, Gradient):
            return self.made.arguments
        return list(dict.fromkeys(self.names.values()))


def _place(name: str) -> int:
    return int(name.split("_")[1])


class _Body:
    """The statements of one function of the module.

    Args:
        writer: what expressions are written with.
        graph: the graph of which the function computes a part.
        given: the names of what is known at the start.
        names: names of expressions that have none, by number.
        ordered: the numbers of variables whose uses must keep their order.
    """

    def __init__(
        self,
        writer: Writer,
        graph: Graph,
        given: Mapping[Variable, str],
        names: Mapping[int, str],
        ordered: Collection[int] = (),
    ) -> None:
        self.lines: list[str] = []
        self._names = names
        self._writer = writer
        self._graph = graph
        self._taken = set(given.values())
        self._line: SourceLine | None = None
        self._ordered = set(ordered)
        self._last: tuple[str, int, Any] = ("", 0, None)
        self._waiting: dict[int, tuple[Variable, ast.expr]] = {}
        self._expressions: dict[int, ast.expr] = {
            graph.numbering[v]: ast.Name(name) for v, name in given.items()
        }

    def write(
        self, nodes: Sequence[Apply], gradients: Sequence[Gradient], outputs: Sequence[Variable]
    ) -> None:
        """Write what computes the outputs."""
        number = self._graph.numbering
        units = self._units(nodes, gradients)
        order = self._sorted(units, outputs)
        uses: Counter[int] = Counter(number[output] for output in outputs)
        for unit in order:
            uses.update(number[variable] for variable in unit.needs)
        kept = {number[v] for unit in order if not self._may_inline(unit) for v in unit.needs}
        for unit in order:
            if isinstance(unit.made, Gradient):
                self._write_gradient(unit.made, uses)
            else:
                self._write_node(unit, uses, kept)

    def returning(self, results: str) -> list[str]:
        """Return the statements, with one at the end that returns what an expression says."""
        name, start, tree = self._last
        if results == name:
            return [*self.lines[:start], *_wrapped("return ", tree)]
        return [*self.lines, f"return {results}"]

    def expression(self, variable: Variable) -> ast.expr:
        """Return the expression of an array."""
        writer = self._writer
        raw = self._raw(variable)
        if writer.is_known(variable) and not isinstance(variable, Constant):
            dtype, rank = writer.dtype(variable.type.dtype), variable.type.ndim
            if rank and _is_number_with_axes(variable):
                return _parsed(f"jnp.full({(1,) * rank}, _, {dtype})", {"_": raw})
            return _parsed(f"jnp.asarray(_, {dtype})", {"_": raw})
        if isinstance(variable, Constant):
            return _parsed(writer.constant(variable), {})
        return raw

    def _raw(self, variable: Variable) -> ast.expr:
        key = self._graph.numbering[variable]
        if key not in self._expressions:
            if not isinstance(variable, Constant):
                raise KeyError(f"{variable} is not computed")
            return _parsed(str(literal(variable.data.tolist())), {})
        return self._expressions[key]

    # The order of statements.

    def _units(self, nodes: Sequence[Apply], gradients: Sequence[Gradient]) -> list[_Unit]:
        number = self._graph.numbering
        inside = {number.key(n) for g in gradients for n in (*g.nodes, *g.inside)}
        left = [node for node in nodes if number.key(node) not in inside]
        units: list[Apply | Gradient] = [*left, *gradients]
        return [_Unit(made, self._writer, self._graph) for made in units]

    def _sorted(self, units: Sequence[_Unit], outputs: Sequence[Variable]) -> list[_Unit]:
        number = self._graph.numbering
        maker: dict[int, int] = {}
        for place, unit in enumerate(units):
            for variable in unit.makes:
                maker.setdefault(number[variable], place)
        order: list[_Unit] = []
        done: set[int] = set()
        stack = [(maker[number[v]], False) for v in reversed(outputs) if number[v] in maker]
        while stack:
            place, ready = stack.pop()
            if ready:
                order.append(units[place])
            elif place not in done:
                done.add(place)
                stack.append((place, True))
                stack.extend(
                    (maker[number[v]], False)
                    for v in reversed(units[place].needs)
                    if number[v] in maker and number[v] not in self._expressions
                )
        return order

    # Statements.

    def _may_inline(self, unit: _Unit) -> bool:
        made = unit.made
        return isinstance(made, Apply) and not isinstance(made.op, VectorJacobianProduct)

    def _write_node(self, unit: _Unit, uses: Counter[int], kept: set[int]) -> None:
        node: Any = unit.made
        number = self._graph.numbering
        arguments = {
            name: self._raw(variable) if name.endswith("raw") else self.expression(variable)
            for name, variable in unit.names.items()
        }
        tree = _parsed(unit.text, arguments)
        outputs = [output for output in node.outputs if uses[number[output]]]
        if len(node.outputs) == 1:
            (output,) = outputs
            is_short = len(ast.unparse(tree)) <= _MOST_INLINE
            once = uses[number[output]] == 1 and number[output] not in kept
            is_short = is_short and not _makes_tuple(node)
            if isinstance(tree, ast.Name) or (is_short and once and not self._called(output)):
                self._expressions[number[output]] = tree
                if self._uses_ordered(tree, unit):
                    self._waiting[number[output]] = (output, tree)
                return
        self._write_waiting(tree)
        targets = [self._new_name(v) if uses[number[v]] else "_" for v in node.outputs]
        self._assign(targets, tree, node.line, len(node.outputs) > 1 or _makes_tuple(node))
        for output, name in zip(node.outputs, targets, strict=True):
            if uses[number[output]]:
                self._expressions[number[output]] = ast.Name(name)

    def _uses_ordered(self, tree: ast.expr, unit: _Unit) -> bool:
        """Whether an expression uses a variable whose uses must keep their order."""
        number = self._graph.numbering
        if any(number[variable] in self._ordered for variable in unit.needs):
            return True
        inside = set(map(id, ast.walk(tree)))
        return any(id(waiting) in inside for _, waiting in self._waiting.values())

    def _write_waiting(self, tree: ast.expr) -> None:
        """Write what would come after a statement, though its order is before it."""
        inside = set(map(id, ast.walk(tree)))
        waiting, self._waiting = self._waiting, {}
        for key, (variable, expression) in waiting.items():
            if id(expression) in inside or self._expressions[key] is not expression:
                continue
            if any(
                id(expression) in set(map(id, ast.walk(other)))
                for _, other in waiting.values()
                if other is not expression
            ):
                continue
            name = self._new_name(variable)
            line = variable.owner.line if variable.owner else None
            self._assign([name], expression, line, False)
            self._expressions[key] = ast.Name(name)

    def _write_gradient(self, gradient: Gradient, uses: Counter[int]) -> None:
        number, writer = self._graph.numbering, self._writer
        made = [o for node in gradient.forward for o in node.outputs]
        extra = [v for v in made if uses[number[v]] and number[v] != number[gradient.cost]]
        # A mean is called so by the operation, not by the user.
        called = None if gradient.cost.name == "mean" else gradient.cost.name
        name = _fresh(called or "loss", self._taken | writer.reserved | writer.locals)
        parameters: dict[Variable, str] = {}
        for variable in gradient.arguments:
            wanted = self._name_of(variable)
            parameters[variable] = writer.local_name(wanted, parameters.values())
        loss = _Body(writer, self._graph, parameters, self._names, gradient.ordered)
        writer.reserved.add(name)
        with writer.differentiating():
            loss.write(gradient.inside, [], [gradient.cost, *extra])
        results = ast.unparse(loss.expression(gradient.cost))
        if extra:
            parts = ", ".join(ast.unparse(loss.expression(v)) for v in extra)
            results += f", ({parts},)" if len(extra) == 1 else f", ({parts})"
        writer.functions.append(
            "\n".join(
                [
                    f"def {name}({', '.join(parameters.values())}):",
                    '    """Return what is differentiated."""',
                    *(f"    {line}" for line in loss.returning(results)),
                ]
            )
        )
        self._call_gradient(gradient, name, extra, uses)

    def _call_gradient(
        self, gradient: Gradient, name: str, extra: Sequence[Variable], uses: Counter[int]
    ) -> None:
        number, writer = self._graph.numbering, self._writer
        wants_value = bool(uses[number[gradient.cost]])
        options = [name]
        if len(gradient.wrt) > 1:
            options.append(f"argnums={tuple(range(len(gradient.wrt)))}")
        if extra:
            options.append("has_aux=True")
        made = "jax.value_and_grad" if wants_value or extra else "jax.grad"
        # What is known goes as it is: the loss may need it as a size.
        arguments = {
            f"_{i}_": self._raw(v) if writer.is_known(v) else self.expression(v)
            for i, v in enumerate(gradient.arguments)
        }
        call: Any = _parsed(f"{made}({', '.join(options)})({', '.join(arguments)})", arguments)
        gradients = [
            writer.local_name(result.name or f"{self._name_of(variable)}_gradient", self._taken)
            for result, variable in zip(gradient.results, gradient.wrt, strict=True)
        ]
        self._taken.update(gradients)
        target = gradients[0] if len(gradients) == 1 else f"({', '.join(gradients)})"
        if made == "jax.value_and_grad":
            cost = self._new_name(gradient.cost, "_value") if wants_value else "_"
            extras = [self._new_name(v) for v in extra]
            if extras:
                inner = f"({', '.join(extras)},)" if len(extras) == 1 else f"({', '.join(extras)})"
                cost = f"({cost}, {inner})"
            target = f"{cost}, {target}"
            for variable, given in zip(extra, extras, strict=True):
                self._expressions[number[variable]] = ast.Name(given)
            if wants_value:
                self._expressions[number[gradient.cost]] = ast.Name(
                    cost if not extra else cost[1:].split(",")[0]
                )
        for result, given in zip(gradient.results, gradients, strict=True):
            self._expressions[number[result]] = ast.Name(given)
        line = gradient.nodes[-1].line
        if len(target) + len(ast.unparse(call.func)) + 8 > _MOST_COLUMNS:
            function = writer.local_name(f"{name}_gradient", self._taken)
            self._taken.add(function)
            self._assign([function], call.func, line, False)
            call.func = ast.Name(function)
        self._assign([target], call, line, False)

    def _assign(
        self, targets: Sequence[str], tree: ast.expr, line: SourceLine | None, unpack: bool
    ) -> None:
        if line is not None and line != self._line:
            text = f": {line.text}" if line.text else ""
            self.lines.append(f"# {Path(line.file).name}:{line.number}{text}")
        self._line = line
        left = ", ".join(targets)
        self._last = ("" if unpack else left, len(self.lines), tree)
        if unpack and len(targets) == 1:
            left = f"({left},)"
        self.lines.extend(_wrapped(f"{left} = ", tree))

    def _name_of(self, variable: Variable) -> str:
        expression = self._expressions.get(self._graph.numbering[variable])
        if isinstance(expression, ast.Name):
            return expression.id
        return _identifier(self._called(variable) or _base_name(variable))

    def _called(self, variable: Variable) -> str | None:
        return variable.name or self._names.get(self._graph.numbering[variable])

    def _new_name(self, variable: Variable, ending: str = "") -> str:
        called = self._called(variable)
        wanted = _identifier(called) + ending if called else _base_name(variable)
        name = self._writer.local_name(wanted, self._taken)
        self._taken.add(name)
        return name


def _is_number_with_axes(variable: Variable) -> bool:
    return variable.owner is not None and isinstance(variable.owner.op, DimShuffle)


def _makes_tuple(node: Apply) -> bool:
    """Whether the expression of a node with one output is a tuple all the same."""
    return isinstance(node.op, VectorJacobianProduct)


def _parsed(text: str, arguments: Mapping[str, ast.expr]) -> ast.expr:
    """Return the tree of an expression, other trees in place of some names."""
    return _Substituted(arguments).visit(ast.parse(text, mode="eval").body)  # type: ignore[no-any-return]


class _Substituted(ast.NodeTransformer):
    def __init__(self, arguments: Mapping[str, ast.expr]) -> None:
        self._arguments = arguments

    def visit_Name(self, node: ast.Name) -> Any:
        return self._arguments.get(node.id, node)

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        # A parameter hides the name that it is called with, but no other that is used inside.
        inner = dict(self._arguments)
        parameters = {arg.arg for arg in node.args.args}
        taken: set[str] = set()
        for name in _free_names(node.body) - parameters:
            taken |= _free_names(self._arguments[name]) if name in self._arguments else {name}
        for arg in node.args.args:
            given = self._arguments.get(arg.arg)
            shown = _fresh(given.id if isinstance(given, ast.Name) else "value", taken)
            taken.add(shown)
            inner[arg.arg] = ast.Name(shown)
            arg.arg = shown
        node.body = _Substituted(inner).visit(node.body)
        return node


def _free_names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def module_name(name: str) -> str:
    """Return how a module and the function in it are called, that are to have a name.

    Example:
        >>> module_name("my model"), module_name("lambda"), module_name("np"), module_name("2nd")
        ('my_model', 'lambda_', 'np_', '_2nd')
    """
    wanted = _identifier(name)
    return f"{wanted}_" if wanted in _RESERVED else wanted


def _identifier(name: str) -> str:
    return distinct_names([name], "")[0]


def _base_name(variable: Variable) -> str:
    node: Any = variable.owner
    if node is None:
        return "value"
    if isinstance(node.op, VectorJacobianProduct):
        return "gradient_1"
    name = getattr(node.op, "name", None) or type(node.op).__name__
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", re.sub(r"\W", "", name.partition("{")[0])).lower()
    return f"{words.strip('_')}_1"


def _fresh(wanted: str, taken: Collection[str]) -> str:
    name = _identifier(wanted)
    stem, _, number = name.rpartition("_")
    stem, count = (stem, int(number)) if number.isdigit() and stem else (name, 1)
    while name in taken:
        count += 1
        name = f"{stem}_{count}"
    return name


def _wrapped(start: str, tree: ast.expr, indent: int = 4) -> list[str]:
    """Return the lines of a statement, the arguments of a long call one a line."""
    text = _quoted(ast.unparse(tree))
    if len(start) + len(text) + indent <= _MOST_COLUMNS or not isinstance(tree, ast.Call):
        return [f"{start}{text}"]
    lines = [f"{start}{_quoted(ast.unparse(tree.func))}("]
    for part in (*tree.args, *tree.keywords):
        lines.append(f"    {_quoted(ast.unparse(part))},")
    return [*lines, ")"]


def _quoted(text: str) -> str:
    return re.sub(r"'([^'\"\\]*)'", r'"\1"', text)


def function_source(
    name: str,
    program: StagedProgram,
    inputs: Sequence[Variable],
    updated: Sequence[int],
    shaped: Callable[[list[Any]], Any],
    more_names: Collection[tuple[Variable, str]] = (),
) -> str:
    """Return a module that computes what a function does.

    Args:
        name: the name of the function.
        program: what one call computes: the outputs, then the new values of the inputs that have
            updates, then the new state.
        inputs: the variables of the inputs.
        updated: which inputs have updates; their values are part of the state.
        shaped: a function that makes what is returned of a list of the outputs.
        more_names: names of expressions that have none.

    Raises:
        ValueError: an operation, or a size, cannot be written.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> program = StagedProgram(Graph([x], [T.exp(x)]))
        >>> text = function_source("f", program, [x], [], lambda outputs: outputs[0])
        >>> print(text.splitlines()[-1])
            return jnp.exp(x), state
    """
    graph = program.graph
    held = [*program.state, *(inputs[i] for i in updated), *program.read]
    free = [variable for i, variable in enumerate(inputs) if i not in updated]
    statics = _static_inputs(graph, free)
    writer = Writer(graph, statics)
    keys = distinct_names([variable.name for variable in held], "shared")
    local: list[str] = []
    for wanted in (*keys, *distinct_names([v.name for v in free], "input")):
        local.append(writer.local_name(wanted, local))
    names = dict(zip([*held, *free], local, strict=True))
    writer.reserved.add(name)
    called = {graph.numbering[variable]: given for variable, given in more_names}
    body = _Body(writer, graph, names, called)
    gradients = recognized_gradients(graph, called)
    body.write(graph.nodes, gradients, graph.outputs)
    results = [_quoted(ast.unparse(body.expression(output))) for output in graph.outputs]
    plain = len(results) - len(program.state) - len(updated)
    new = [*results[plain + len(updated) :], *results[plain:][: len(updated)]]
    lines = [f"{names[v]} = state[{key!r}]" for key, v in zip(keys, held, strict=True)]
    used = {node.id for line in (*body.lines, *results) for node in _names_of(line)}
    lines = [line for line in lines if line.partition(" ")[0] in used]
    changes = dict(zip(keys, new, strict=False))
    return _module(
        name,
        writer.bundle,
        writer.functions,
        [names[variable] for variable in free],
        [names[variable] for variable in statics],
        [*map(_quoted, lines), *body.lines, *_return(_shown(shaped(results[:plain])), changes)],
        [f"{key}: {variable.type!r}" for key, variable in zip(keys, held, strict=True)],
        _has_wide_types(graph),
    )


def _static_inputs(graph: Graph, free: Sequence[Variable]) -> list[Variable]:
    """Return the inputs that must be known because sizes depend on them."""
    # A shape is known, whatever it is the shape of.
    shapes = [o for node in graph.nodes if isinstance(node.op, Shape) for o in node.outputs]
    found: dict[Variable, None] = {}
    for node in graph.nodes:
        for i in node.op.sizes(node):
            for variable in graph_inputs([node.inputs[i]], {*graph.inputs, *shapes}):
                if variable in free and is_discrete(variable.type.dtype) and not variable.type.ndim:
                    found[variable] = None
    return [variable for variable in free if variable in found]


def _names_of(line: str) -> list[ast.Name]:
    names = re.findall(r"[A-Za-z_]\w*", line.partition("#")[0])
    return [ast.Name(name) for name in names]


def _return(outputs: str, changes: Mapping[str, str]) -> list[str]:
    """Return the lines that return the outputs, and the state with its changes."""
    if not changes:
        return [f"return {outputs}, state"]
    entries = [f'"{key}": {value}' for key, value in changes.items()]
    line = f"return {outputs}, {{**state, {', '.join(entries)}}}"
    if len(line) + 4 <= _MOST_COLUMNS:
        return [line]
    return [f"return {outputs}, {{", "    **state,", *(f"    {entry}," for entry in entries), "}"]


def _shown(outputs: Any) -> str:
    """Return outputs, each an expression, in the structure in which they are returned."""
    if isinstance(outputs, dict):
        entries = ", ".join(f'"{key}": {value}' for key, value in outputs.items())
        return f"{{{entries}}}"
    return outputs if isinstance(outputs, str) else f"[{', '.join(outputs)}]"


def _has_wide_types(graph: Graph) -> bool:
    variables = [v for node in graph.nodes for v in (*node.inputs, *node.outputs)]
    dtypes = {v.type.dtype for v in (*variables, *graph.inputs, *graph.outputs)}
    return not dtypes.isdisjoint({"int64", "uint64", "float64", "complex128"})


def _imports(text: str, others: Collection[str]) -> str:
    """Return the import statements that a program needs, sorted as formatters have them."""
    used = {"jax"} | {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    statements = {IMPORTS[name] for name in IMPORTS if name in used}
    statements |= {line for line in others if line.split()[-1] in used}
    of_python = {line for line in statements if _package(line) in sys.stdlib_module_names}
    sections = [of_python, statements - of_python]
    ordered = [sorted(part, key=lambda line: (line[:4] == "from", line)) for part in sections]
    return "\n\n".join("\n".join(part) for part in ordered if part)


def _package(statement: str) -> str:
    return statement.split()[1].partition(".")[0]


def _module(
    name: str,
    bundle: Bundle,
    functions: Sequence[str],
    inputs: Sequence[str],
    statics: Sequence[str],
    lines: Sequence[str],
    state: Sequence[str],
    is_wide: bool,
) -> str:
    decorator = "@jax.jit"
    if statics:
        decorator = _quoted(f"@functools.partial(jax.jit, static_argnames={tuple(statics)!r})")
    held = "".join(f"\n    {line}" for line in state)
    document = [
        f'"""{name}: a pure function of JAX.',
        "",
        "It takes a state and the inputs, and returns the outputs and the new state. The state",
        f"is a dictionary of arrays{':' + held if held else ', here an empty one'}.",
        "",
        "Indices and assertions are not checked: JAX takes the nearest element instead, and moves",
        "a slice that would reach beyond the end.",
        '"""',
    ]
    body = [f"    {line}" for line in lines]
    start = [
        decorator,
        f"def {name}({', '.join(['state', *inputs])}):",
        '    """Return the outputs and the new state."""',
    ]
    main = "\n".join([*start, *body])
    definitions = [_quoted(text) for text in bundle.definitions]
    text = "\n\n\n".join([*definitions, *functions, main])
    head = ["\n".join(document), _imports(text, {"import functools", *bundle.imports})]
    if is_wide:
        head.append('# Theano computes in 64 bits.\njax.config.update("jax_enable_x64", True)')
    return "\n\n".join(head) + "\n\n\n" + text + "\n"
