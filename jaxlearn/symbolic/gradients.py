"""Derivatives of expressions, as expressions.

`grad` walks a graph backwards and adds, for each operation on the way, a node that applies
`jax.vjp` of that operation's own function. So a gradient prints, clones and takes ``givens`` like
any other expression, and can be differentiated again; no derivative is written by hand. Before the
walk the cost is rewritten into its numerically stable form (`rewrites`), because the gradient of an
unstable form is unstable too.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.configuration import config
from jaxlearn.symbolic.errors import (
    DisconnectedInputError,
    NullTypeGradError,
    made_at,
    warn_user,
)
from jaxlearn.symbolic.graph import (
    Apply,
    Op,
    Variable,
    replace_variables,
    toposort,
)
from jaxlearn.symbolic.rewrites import stabilized
from jaxlearn.symbolic.types import TensorType, Type, is_complex, is_discrete, is_float
from jaxlearn.symbolic.variables import (
    TensorOperators,
    as_tensor_variable,
    as_variable,
    constant,
)

__all__ = [
    "DisconnectedType",
    "GradClip",
    "GradScale",
    "Lop",
    "NullType",
    "Rop",
    "VectorJacobianProduct",
    "ViewOp",
    "consider_constant",
    "disconnected_grad",
    "format_as",
    "grad",
    "grad_clip",
    "grad_not_implemented",
    "grad_scale",
    "grad_undefined",
    "hessian",
    "jacobian",
    "numeric_grad",
    "subgraph_grad",
    "undefined_grad",
    "vector_jacobian_product",
    "verify_grad",
    "walk_back",
    "zero_grad",
]


class NullType(Type):
    """The type of a gradient that is not defined.

    Args:
        why_null: why it is not.
    """

    def __init__(self, why_null: str = "no reason was given") -> None:
        self.why_null = why_null

    def __repr__(self) -> str:
        return "NullType"

    def make_variable(self, name: str | None = None) -> Variable:
        """Return a gradient that is not defined."""
        return Variable(self, name=name)


class DisconnectedType(Type):
    """The type of a gradient by something that the cost does not depend on."""

    def __repr__(self) -> str:
        return "DisconnectedType"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DisconnectedType)

    def __hash__(self) -> int:
        return hash(DisconnectedType)

    def make_variable(self, name: str | None = None) -> Variable:
        """Return a gradient that does not exist."""
        return Variable(self, name=name)


class ProductsApart:
    """A function that sums products with some of its inputs, and whose gradients by them are apart.

    A loop multiplies a matrix in each step. Where the product gets a row of zeros added, the
    gradients by those rows and the other factors, of all steps, give the gradient by the matrix
    as one product.
    """

    def rows(self, wanted: Sequence[int], inputs: Sequence[Any]) -> list[Any]:
        """Return the zeros to add, for the products with wanted inputs."""
        raise NotImplementedError

    def with_rows(
        self, inputs: Sequence[Any], rows: Sequence[Any], constants: Sequence[Any]
    ) -> tuple[Any, Sequence[Any]]:
        """Return the outputs where the products have rows added, and their other factors.

        Args:
            inputs: the inputs, which are differentiated.
            rows: the rows to add.
            constants: the inputs once more, for the products: by these none are differentiated.
        """
        raise NotImplementedError

    def products(self, factors: Sequence[Any], gradients: Sequence[Any]) -> list[tuple[int, Any]]:
        """Return inputs and the gradients by them, given those by the rows."""
        raise NotImplementedError


class VectorJacobianProduct(Op):
    """The gradients of a node by some inputs, given the gradients by its outputs.

    Its inputs are those of the node, and then the given gradients.

    Args:
        op: the operation of the node.
        kinds: the types of its outputs.
        wanted: the inputs by which to differentiate.
        given: the outputs whose gradients are given; those of the others are zero.
        dtypes: the dtypes of the gradients.
    """

    parameters = ("op", "kinds", "wanted", "given", "dtypes")

    def __init__(
        self,
        op: Op,
        kinds: Sequence[TensorType],
        wanted: Sequence[int],
        given: Sequence[int],
        dtypes: Sequence[str],
    ) -> None:
        self.op = op
        self.kinds = tuple(kinds)
        self.wanted = tuple(wanted)
        self.given = tuple(given)
        self.dtypes = tuple(dtypes)

    def __str__(self) -> str:
        return f"Vjp{{{self.op}}}"

    def make_node(self, *inputs: Any) -> Apply:
        """Tell the types of the gradients."""
        variables = [as_variable(value) for value in inputs]
        kinds = [
            variables[i].type.clone(dtype)
            for i, dtype in zip(self.wanted, self.dtypes, strict=True)
        ]
        return Apply.of_types(self, variables, kinds)

    def primal(self, node: Apply) -> Apply:
        """Return the node that this one differentiates."""
        inputs = node.inputs[: len(node.inputs) - len(self.given)]
        primal = Apply.of_types(self.op, inputs, self.kinds)
        primal.line = node.line
        return primal

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the pullback of the operation's own function."""
        count = len(node.inputs) - len(self.given)
        function = lowering.bind(self.primal(node), values[:count])

        def pull(*arrays: Any) -> Any:
            _, pullback = self.vjp(function, arrays[:count])
            return pullback(arrays[count:])

        return pull

    def union(self, others: Sequence[VectorJacobianProduct]) -> VectorJacobianProduct:
        """Return one operation for all that some operations on the same node want and are given."""
        dtypes = {i: d for op in others for i, d in zip(op.wanted, op.dtypes, strict=True)}
        wanted = sorted(dtypes)
        given = sorted({i for op in others for i in op.given})
        return VectorJacobianProduct(
            self.op, self.kinds, wanted, given, [dtypes[i] for i in wanted]
        )

    def vjp(
        self, function: Callable[..., Any], inputs: Sequence[Any]
    ) -> tuple[tuple[Any, ...], Callable[[Sequence[Any]], tuple[Any, ...]]]:
        """Return the outputs of the function, and what pulls gradients back through it.

        A gradient of None stands for zero.
        """
        inputs = list(inputs)
        rows: Any = []
        if isinstance(function, ProductsApart):
            # Second derivatives choose other products of the same function.
            function = copy.copy(function)
            rows = function.rows(self.wanted, inputs)

        def of_wanted(rows: Any, *wanted: Any) -> tuple[tuple[Any, ...], Any]:
            arguments: list[Any] = list(inputs)
            factors: Sequence[Any] = ()
            for i, value in zip(self.wanted, wanted, strict=True):
                arguments[i] = value
            if isinstance(function, ProductsApart):
                outputs, factors = function.with_rows(arguments, rows, inputs)
            else:
                outputs = function(*arguments)
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            return tuple([outputs[i] for i in self.given]), (outputs, factors)

        wanted = [
            lax.convert_element_type(inputs[i], dtype)
            for i, dtype in zip(self.wanted, self.dtypes, strict=True)
        ]
        with self.op.tracing():
            given, pullback, (outputs, factors) = jax.vjp(of_wanted, rows, *wanted, has_aux=True)

        def pull(gradients: Sequence[Any]) -> tuple[Any, ...]:
            cotangents = [
                jnp.zeros(output.shape, output.dtype)
                if gradient is None
                else jnp.broadcast_to(gradient, output.shape)
                for output, gradient in zip(given, gradients, strict=True)
            ]
            with self.op.tracing():
                by_rows, *answers = pullback(tuple(cotangents))
                if isinstance(function, ProductsApart):
                    for i, more in function.products(factors, by_rows):
                        place = self.wanted.index(i)
                        answers[place] += lax.convert_element_type(more, self.dtypes[place])
            return tuple(answers)

        return outputs, pull

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write ``jax.vjp`` of the operation's own expression."""
        primal = self.primal(node)
        count = len(primal.inputs)
        with writer.differentiating():
            expression = primal.op.source(primal, inputs[:count], writer)
        if isinstance(primal.op, VectorJacobianProduct) and len(primal.outputs) == 1:
            expression = f"{expression}[0]"
        taken = [expression]
        if len(primal.outputs) > 1:
            # What has no gradient here is left out, so that none must be made up for it.
            taken = [f"({expression})[{i}]" for i in self.given]
            expression = taken[0] if len(taken) == 1 else f"({', '.join(taken)})"
        gradients = [
            _source_of_shape(
                inputs[count + place], node.inputs[count + place], primal.outputs[i], taken[place]
            )
            for place, i in enumerate(self.given)
        ]
        pulled = gradients[0] if len(gradients) == 1 else f"({', '.join(gradients)})"
        parameters = ", ".join(inputs[i] for i in self.wanted)
        values = ", ".join(
            inputs[i]
            if primal.inputs[i].type.dtype == dtype
            else f"{inputs[i]}.astype({writer.dtype(dtype)})"
            for i, dtype in zip(self.wanted, self.dtypes, strict=True)
        )
        return f"jax.vjp(lambda {parameters}: {expression}, {values})[1]({pulled})"

    def tracing(self) -> contextlib.AbstractContextManager[Any]:
        """Return the context of the operation that is differentiated."""
        return self.op.tracing()

    def connected(self, node: Apply, i: int) -> bool:
        """Second derivatives go through the inputs of the node and the given gradients."""
        count = len(node.inputs) - len(self.given)
        if i >= count:
            return True
        primal = self.primal(node)
        return self.op.connected(primal, i) and any(
            self.op.derivative_uses(primal, wanted, i) for wanted in self.wanted
        )

    def derivative_uses(self, node: Apply, i: int, j: int) -> bool:
        """What is pulled back is linear in the given gradients."""
        count = len(node.inputs) - len(self.given)
        return not (i >= count and j >= count)

    def gradient_dtype(self, node: Apply, i: int) -> str:
        """Return the dtype that the first gradient by this input has."""
        count = len(node.inputs) - len(self.given)
        if i >= count:
            return str(node.inputs[i].type.dtype)
        return self.op.gradient_dtype(self.primal(node), i)


def _source_of_shape(name: str, gradient: Any, output: Any, expression: str) -> str:
    if gradient.type.broadcastable == output.type.broadcastable:
        return name
    return f"jnp.broadcast_to({name}, {expression}.shape)"


def vector_jacobian_product(
    node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
) -> list[Variable | None]:
    """Return the gradients of a node by some inputs, given those by its outputs.

    Args:
        node: the node to differentiate.
        output_gradients: for each output its gradient, or None for zero.
        wanted: by which inputs.

    Returns:
        For each wanted input its gradient; None where the outputs do not depend on its values.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> vector_jacobian_product(T.exp(x).owner, [T.constant(1.0, dtype="float64")], [0])
        [Vjp{Elemwise{exp,no_inplace}}.0]
    """
    from jaxlearn.symbolic.ops.creation import zeros_like

    connected = [i for i in wanted if node.op.connected(node, i)]
    given = [
        i
        for i, gradient in enumerate(output_gradients)
        if gradient is not None and not is_discrete(node.outputs[i].type.dtype)
    ]
    results: dict[int, Variable] = {}
    if not given:
        results = {
            i: zeros_like(node.inputs[i], _gradient_dtype(node.inputs[i])) for i in connected
        }
    elif connected:
        op = VectorJacobianProduct(
            node.op,
            [output.type for output in node.outputs],
            connected,
            given,
            [node.op.gradient_dtype(node, i) for i in connected],
        )
        gradients = [_of_type(output_gradients[i], node.outputs[i]) for i in given]
        answers = op(*node.inputs, *gradients, return_list=True)
        results = dict(zip(connected, answers, strict=True))
    return [results.get(i) for i in wanted]


def _of_type(gradient: Any, output: Any) -> Any:
    from jaxlearn.symbolic.ops.elementwise import cast

    return cast(gradient, output.type.dtype)


def grad(
    cost: Any,
    wrt: Any,
    consider_constant: Iterable[Variable] | None = None,
    disconnected_inputs: str = "raise",
    add_names: bool = True,
    known_grads: Mapping[Variable, Variable] | None = None,
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
) -> Any:
    """Return the gradient of a scalar expression, as expressions.

    Args:
        cost: a scalar expression; None where ``known_grads`` starts the walk.
        wrt: a variable, or a list of them; expressions on the way to the cost too.
        consider_constant: expressions through which no gradient flows.
        disconnected_inputs: what to do about a variable that the cost does not depend on:
            ``"raise"``, ``"warn"`` or ``"ignore"``.
        add_names: name each gradient after its cost and variable, where both have names.
        known_grads: gradients by some expressions, given instead of computed.
        return_disconnected: what the gradient by such a variable is: ``"zero"``, ``"None"`` or
            ``"Disconnected"`` (a variable of `DisconnectedType`).
        null_gradients: what to do about gradients that are not defined: ``"raise"`` or
            ``"return"``.

    Returns:
        One expression, or a list of them if ``wrt`` is one.

    Raises:
        TypeError: the cost is not a real scalar, or an argument is no variable.
        DisconnectedInputError: the cost does not depend on a variable.
        NullTypeGradError: a gradient is not defined.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> slope = grad(x**3, x)
        >>> float(slope.eval({x: 2.0})), float(grad(slope, x).eval({x: 2.0}))
        (12.0, 12.0)

    Source: Theano's documentation, "Symbolic gradient".
    """
    _one_of("disconnected_inputs", disconnected_inputs, ("raise", "warn", "ignore"))
    _one_of("return_disconnected", return_disconnected, ("zero", "None", "Disconnected"))
    _one_of("null_gradients", null_gradients, ("raise", "return"))
    one = not isinstance(wrt, (list, tuple))
    variables = [wrt] if one else list(wrt)
    for variable in variables:
        if not isinstance(variable, Variable):
            raise TypeError(f"wrt: got {variable!r}, wanted a symbolic variable")
    gradients = dict(known_grads or {})
    if cost is not None:
        _check_cost(cost)
    elif not gradients:
        raise ValueError("cost: got None and no known_grads, wanted one of the two")

    found = walk_back(cost, variables, gradients, set(_as_list(consider_constant)))
    results = []
    for variable in variables:
        gradient = found.get(variable)
        if gradient is None:
            gradient = _disconnected(cost, variable, disconnected_inputs, return_disconnected)
        elif isinstance(gradient.type, NullType) and null_gradients == "raise":
            raise NullTypeGradError(
                f"the gradient by {variable} is not defined: {gradient.type.why_null}"
                f"{made_at(variable.line)}"
            )
        elif add_names and cost is not None and cost.name and variable.name:
            gradient.name = f"(d{cost.name}/d{variable.name})"
        results.append(gradient)
    if one:
        return results[0]
    return tuple(results) if isinstance(wrt, tuple) else results


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]


def _one_of(name: str, value: Any, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise ValueError(f"{name}: got {value!r}, wanted one of {', '.join(map(repr, allowed))}")


def _check_cost(cost: Any) -> None:
    if not isinstance(cost, Variable):
        raise TypeError(f"cost: got {cost!r}, wanted a symbolic scalar")
    if isinstance(cost.type, NullType):
        raise ValueError(f"cost: it is not defined: {cost.type.why_null}")
    if not isinstance(cost.type, TensorType) or cost.type.ndim:
        raise TypeError(
            f"cost must be a scalar: got {cost} of {cost.type!r}; take its sum or mean"
            f"{made_at(cost.line)}"
        )
    if is_complex(cost.type.dtype):
        raise NotImplementedError(
            f"cost: got {cost} of {cost.type!r}; the gradient of a complex number is not defined"
        )


def _disconnected(cost: Any, variable: Variable, action: str, answer: str) -> Any:
    from jaxlearn.symbolic.ops.creation import zeros_like

    text = (
        f"grad: {variable} is not part of the graph of the cost"
        f"{'' if cost is None else f' {cost}'}, or only by its shape or through an index, so "
        "there is no gradient by it; if that is meant, "
        f'disconnected_inputs="ignore" gives zeros{made_at(variable.line)}'
    )
    if action == "raise":
        raise DisconnectedInputError(text)
    if action == "warn":
        warn_user(text, UserWarning)
    if answer == "None":
        return None
    if answer == "Disconnected":
        return DisconnectedType()()
    return zeros_like(variable, _gradient_dtype(variable))


def _gradient_dtype(variable: Any) -> str:
    dtype: str = variable.type.dtype
    return str(config.floatX) if is_discrete(dtype) else dtype


def walk_back(
    cost: Any,
    wrt: Sequence[Variable],
    known: dict[Variable, Variable],
    constants: set[Variable],
) -> dict[Variable, Any]:
    """Return the gradient of the cost by every variable between it and those wanted.

    Args:
        cost: a scalar expression, or None.
        wrt: the variables wanted.
        known: gradients that are given.
        constants: variables through which no gradient flows.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> y = T.exp(x)
        >>> list(walk_back(y**2, [x], {}, set()))
        [Elemwise{pow,no_inplace}.0, Elemwise{exp,no_inplace}.0, x]
    """
    from jaxlearn.symbolic.ops.creation import ones_like

    starts = [*known, *([] if cost is None else [cost])]
    fixed = {*wrt, *known, *constants}
    starts = [start if start in fixed else stabilized([start], fixed)[0] for start in starts]
    terms: dict[Variable, list[Any]] = {variable: [value] for variable, value in known.items()}
    if cost is not None and cost not in known:
        root = starts[-1]
        terms[root] = [ones_like(root, _gradient_dtype(root))]
    nodes = toposort(starts, constants)
    reaching = _reaching(nodes, wrt, constants)
    totals: dict[Variable, Any] = {}
    for node in reversed(nodes):
        wanted = [i for i, variable in enumerate(node.inputs) if variable in reaching]
        output_gradients = [_total(output, terms, totals) for output in node.outputs]
        if not wanted or all(gradient is None for gradient in output_gradients):
            continue
        for gradient in output_gradients:
            if gradient is not None and isinstance(gradient.type, NullType):
                output_gradients = [gradient]
        if isinstance(getattr(output_gradients[0], "type", None), NullType):
            answers = [output_gradients[0]] * len(wanted)
        else:
            answers = node.op.gradient(node, output_gradients, wanted)
        # JAX adds up what flows to a variable in reverse order of its use, and so does this: a
        # gradient written as `jax.grad` then has the same bits.
        for i, answer in reversed(list(zip(wanted, answers, strict=True))):
            if answer is not None and node.inputs[i] not in known:
                terms.setdefault(node.inputs[i], []).append(answer)
    for variable in (*wrt, *starts):
        _total(variable, terms, totals)
    return totals


def _total(variable: Variable, terms: Mapping[Variable, list[Any]], totals: dict[Any, Any]) -> Any:
    if variable not in totals:
        parts = terms.get(variable, [])
        undefined = [part for part in parts if isinstance(part.type, NullType)]
        if undefined:
            totals[variable] = undefined[0]
        else:
            total = parts[0] if parts else None
            for part in parts[1:]:
                total = total + part
            totals[variable] = total
    return totals[variable]


def _reaching(
    nodes: Sequence[Apply], wrt: Sequence[Variable], constants: set[Variable]
) -> set[Variable]:
    """Return the variables on a way from one of those wanted, in the order of computation."""
    reaching = set(wrt)
    for node in nodes:
        if any(
            variable in reaching and node.op.connected(node, i)
            for i, variable in enumerate(node.inputs)
        ):
            reaching.update(output for output in node.outputs if output not in constants)
    return reaching


def depends_on(outputs: Sequence[Variable], variable: Variable) -> bool:
    """Whether any output depends on the values of a variable, not only on its shape.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> depends_on([x.sum()], x), depends_on([x.shape], x)
        (True, False)
    """
    reaching = _reaching(toposort(outputs), [variable], set())
    return any(output in reaching for output in outputs)


def subgraph_grad(
    wrt: Any,
    end: Any,
    start: Mapping[Variable, Variable] | None = None,
    cost: Any = None,
    details: bool = False,
) -> Any:
    """Return the gradients by ``wrt`` and by ``end``, stopping at ``end``.

    Args:
        wrt: the variables whose gradients are wanted.
        end: the expressions at which the walk stops.
        start: gradients by some expressions, from which the walk starts.
        cost: a scalar from which it starts too.
        details: return also the gradients that come from ``start`` and from ``cost`` alone.

    Returns:
        Two lists, the gradients by ``wrt`` and by ``end``; with ``details`` two more, those by
        ``wrt`` from ``start`` and from ``cost``.

    Raises:
        ValueError: neither ``start`` nor ``cost`` is given.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, w = T.dscalars("x", "w")
        >>> y = w * x
        >>> by_w, by_y = subgraph_grad([w], [y], cost=y**2 + w)
        >>> float(by_w[0].eval({x: 2.0, w: 3.0})), float(by_y[0].eval({x: 2.0, w: 3.0}))
        (1.0, 12.0)
    """
    wrt, end = _as_list(wrt), _as_list(end)
    if start is None and cost is None:
        raise ValueError("subgraph_grad: give start or cost, or both")
    from jaxlearn.symbolic.ops.creation import zeros_like

    def gradients(known: Mapping[Variable, Variable], cost: Any) -> list[Any]:
        # What lies behind an end is not walked; the end itself is reached.
        ends = {variable: variable.clone() for variable in end}
        starts = list(known)
        moved = replace_variables([*starts, *([] if cost is None else [cost])], ends)
        new_known = {moved[i]: known[start] for i, start in enumerate(starts)}
        by = [ends.get(variable, variable) for variable in (*wrt, *end)]
        found = grad(
            None if cost is None else moved[-1],
            by,
            known_grads=new_known,
            disconnected_inputs="ignore",
            return_disconnected="None",
        )
        back = {copied: variable for variable, copied in ends.items()}
        given = [value for value in found if value is not None]
        restored = iter(replace_variables(given, back))
        return [
            zeros_like(variable) if value is None else next(restored)
            for variable, value in zip((*wrt, *end), found, strict=True)
        ]

    both = gradients(dict(start or {}), cost)
    result = [both[: len(wrt)], both[len(wrt) :]]
    if details:
        result.append(gradients(dict(start), None)[: len(wrt)] if start else [])
        result.append(gradients({}, cost)[: len(wrt)] if cost is not None else [])
    return tuple(result)


def Lop(  # noqa: N802  (Theano's name)
    f: Any,
    wrt: Any,
    eval_points: Any,
    consider_constant: Iterable[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Return the product of a row vector and the Jacobian of ``f`` by ``wrt``.

    Args:
        f: an expression, or a list of them.
        wrt: a variable, or a list of them.
        eval_points: the row vectors, each of the shape of its expression.
        consider_constant: expressions through which no gradient flows.
        disconnected_inputs: as for `grad`.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, v = T.dvectors("x", "v")
        >>> Lop(x**2, x, v).eval({x: [1.0, 2.0], v: [3.0, 4.0]}).tolist()
        [6.0, 16.0]
    """
    expressions, points = _as_list(f), [as_tensor_variable(p) for p in _as_list(eval_points)]
    if len(expressions) != len(points):
        raise ValueError(
            f"eval_points: got {len(points)}, wanted one for each of {len(expressions)} expressions"
        )
    known = dict(zip(expressions, points, strict=True))
    return grad(None, wrt, consider_constant, disconnected_inputs, known_grads=known)


def Rop(  # noqa: N802  (Theano's name)
    f: Any,
    wrt: Any,
    eval_points: Any,
    disconnected_outputs: str = "raise",
    return_disconnected: str = "zero",
) -> Any:
    """Return the product of the Jacobian of ``f`` by ``wrt`` and a column vector.

    The row-vector product is linear in its row vector; its own row-vector product, taken by that,
    is the column-vector product.

    Args:
        f: an expression, or a list of them.
        wrt: a variable, or a list of them.
        eval_points: the column vectors, each of the shape of its variable.
        disconnected_outputs: what to do about an expression that does not depend on ``wrt``:
            ``"raise"``, ``"warn"`` or ``"ignore"``.
        return_disconnected: what its product is: ``"zero"``, ``"None"`` or ``"Disconnected"``.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, v = T.dvectors("x", "v")
        >>> Rop(x**2, x, v).eval({x: [1.0, 2.0], v: [3.0, 4.0]}).tolist()
        [6.0, 16.0]

    Source: J. Townsend, "A new trick for calculating Jacobian vector products" (2017).
    """
    variables, points = _as_list(wrt), [as_tensor_variable(p) for p in _as_list(eval_points)]
    if len(variables) != len(points):
        raise ValueError(
            f"eval_points: got {len(points)}, wanted one for each of {len(variables)} variables"
        )
    results = []
    for expression in _as_list(f):
        row = expression.type()
        products = grad(
            None,
            variables,
            known_grads={expression: row},
            disconnected_inputs="ignore",
            return_disconnected="None",
        )
        known = {p: v for p, v in zip(products, points, strict=True) if p is not None}
        if not known:
            results.append(
                _disconnected(expression, variables[0], disconnected_outputs, return_disconnected)
            )
            continue
        result = grad(None, row, known_grads=known)
        # The row vector is gone from the product's value, but not yet from its graph.
        results.append(replace_variables([result], {row: _zeros_of(expression)})[0])
    return results if isinstance(f, (list, tuple)) else results[0]


def _zeros_of(expression: Any) -> Any:
    from jaxlearn.symbolic.ops.creation import zeros_like

    return zeros_like(expression)


def jacobian(
    expression: Any,
    wrt: Any,
    consider_constant: Iterable[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Return the gradients of each element of a vector, one row an element.

    Args:
        expression: a scalar or vector expression.
        wrt: a variable, or a list of them.
        consider_constant: expressions through which no gradient flows.
        disconnected_inputs: as for `grad`.

    Returns:
        For each variable an expression with one axis more than it has.

    Raises:
        TypeError: the expression has more than one axis.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> jacobian(x**2, x).eval({x: [1.0, 2.0]}).tolist()
        [[2.0, 0.0], [0.0, 4.0]]
    """
    from jaxlearn.symbolic.ops.creation import eye
    from jaxlearn.symbolic.ops.mapping import map_rows

    if not isinstance(expression, TensorOperators) or expression.ndim > 1:
        raise TypeError(
            f"jacobian expects a scalar or a vector as expression: got {expression} of "
            f"{getattr(expression, 'type', type(expression).__name__)!r}; flatten it"
        )
    if expression.ndim == 0:
        return grad(expression, wrt, consider_constant, disconnected_inputs)
    row: Any = expression.type("row")
    vector: Any = expression
    products = grad(
        None,
        _as_list(wrt),
        consider_constant,
        disconnected_inputs,
        known_grads={vector: row},
    )
    rows = eye(expression.shape[0], dtype=expression.dtype)
    results = map_rows([row], products, [rows])
    return results if isinstance(wrt, (list, tuple)) else results[0]


def hessian(
    cost: Any,
    wrt: Any,
    consider_constant: Iterable[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Return the second derivatives of a scalar by a vector, as a matrix.

    Args:
        cost: a scalar expression.
        wrt: a vector, or a list of them.
        consider_constant: expressions through which no gradient flows.
        disconnected_inputs: as for `grad`.

    Raises:
        TypeError: ``wrt`` is not a vector, or the cost not a scalar.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> hessian((x**3).sum(), x).eval({x: [1.0, 2.0]}).tolist()
        [[6.0, 0.0], [0.0, 12.0]]
    """
    _check_cost(cost)
    results = []
    for variable in _as_list(wrt):
        if not isinstance(variable, TensorOperators) or variable.ndim != 1:
            raise TypeError(
                f"hessian expects a (list of) vector variable as wrt: got {variable} of "
                f"{getattr(variable, 'type', None)!r}"
            )
        first = grad(cost, variable, consider_constant, disconnected_inputs)
        results.append(jacobian(first, variable, consider_constant, "ignore"))
    return results if isinstance(wrt, (list, tuple)) else results[0]


# Expressions that change what flows back through them.


class _Marker(Op):
    """The same value, with a gradient of its own."""

    def make_node(self, x: Any) -> Apply:
        """Tell the type of the output."""
        variable = as_tensor_variable(x)
        return Apply.of_types(self, [variable], [variable.type])

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the value."""
        return inputs[0]

    def function(self, x: Any) -> Any:
        """Return the value."""
        return x

    def host(self, node: Apply, x: np.ndarray) -> Any:
        """Return the value."""
        return x


class DisconnectedGrad(_Marker):
    """The same value, through which no gradient flows."""

    function = staticmethod(lax.stop_gradient)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write JAX's own name of this."""
        return f"lax.stop_gradient({inputs[0]})"

    def connected(self, node: Apply, i: int) -> bool:
        """Nothing flows back."""
        return False


class ZeroGrad(_Marker):
    """The same value, whose gradient is zero."""

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return zeros."""
        from jaxlearn.symbolic.ops.creation import zeros_like

        return [zeros_like(node.inputs[i]) for i in wanted]


class UndefinedGrad(_Marker):
    """The same value, whose gradient is not defined."""

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return undefined gradients."""
        return [grad_undefined(self, i, node.inputs[i]) for i in wanted]


class ViewOp(_Marker):
    """The same value, with a gradient that a subclass may define as Theano's operations do.

    A subclass may define ``grad(inputs, output_gradients)``, which returns the list of gradients,
    and ``connection_pattern(node)``, which returns whether each input is connected to each output.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> class Reversed(ViewOp):
        ...     def grad(self, inputs, output_gradients):
        ...         return [-output_gradients[0]]
        >>> x = T.dscalar("x")
        >>> float(grad(Reversed()(x) ** 2, x).eval({x: 3.0}))
        -6.0
    """

    def grad(self, inputs: Sequence[Any], output_gradients: Sequence[Any]) -> list[Any]:
        """Return the gradients by the outputs as those by the inputs."""
        return list(output_gradients)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return that the input is connected to the output."""
        return [[True]]


class GradClip(_Marker):
    """The same value, whose gradient is clipped.

    Args:
        clip_lower_bound: the smallest element that flows back.
        clip_upper_bound: the largest one.
    """

    parameters = ("clip_lower_bound", "clip_upper_bound")

    def __init__(self, clip_lower_bound: float, clip_upper_bound: float) -> None:
        self.clip_lower_bound = clip_lower_bound
        self.clip_upper_bound = clip_upper_bound
        if not clip_upper_bound >= clip_lower_bound:
            raise ValueError(
                f"grad_clip: got bounds {clip_lower_bound} and {clip_upper_bound}, "
                "wanted the upper one at least as large as the lower one"
            )

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return the clipped gradient."""
        from jaxlearn.symbolic.ops.elementwise import cast, clip

        gradient: Any = output_gradients[0]
        bounds = (self.clip_lower_bound, self.clip_upper_bound)
        return [cast(clip(gradient, *bounds), gradient.dtype)]


class GradScale(_Marker):
    """The same value, whose gradient is multiplied by a number.

    Args:
        multiplier: the number.
    """

    parameters = ("multiplier",)

    def __init__(self, multiplier: float) -> None:
        self.multiplier = multiplier

    def gradient(
        self, node: Apply, output_gradients: Sequence[Variable | None], wanted: Sequence[int]
    ) -> list[Variable | None]:
        """Return the multiplied gradient."""
        from jaxlearn.symbolic.ops.elementwise import cast

        gradient: Any = output_gradients[0]
        return [cast(self.multiplier * gradient, gradient.dtype)]


def disconnected_grad(x: Any) -> Any:
    """Return an expression through which no gradient flows: the cost does not depend on it.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> float(grad(x * disconnected_grad(x), x).eval({x: 3.0}))
        3.0
    """
    return DisconnectedGrad()(x)


def consider_constant(x: Any) -> Any:
    """Return an expression whose gradient is zero.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> float(grad(x * consider_constant(x), x).eval({x: 3.0}))
        3.0
    """
    return ZeroGrad()(x)


def zero_grad(x: Any) -> Any:
    """Return an expression whose gradient is zero.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> float(grad(zero_grad(x), x).eval({x: 3.0}))
        0.0
    """
    return ZeroGrad()(x)


def undefined_grad(x: Any) -> Any:
    """Return an expression whose gradient is not defined: `grad` through it raises.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> grad(undefined_grad(x), x, null_gradients="return").type
        NullType
    """
    return UndefinedGrad()(x)


def grad_clip(x: Any, lower_bound: float, upper_bound: float) -> Any:
    """Return an expression whose gradient is clipped to a range, element by element.

    Raises:
        ValueError: the upper bound is smaller than the lower one.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> float(grad(grad_clip(5 * x, -1, 1), x).eval({x: 3.0}))
        5.0
    """
    return GradClip(lower_bound, upper_bound)(x)


def grad_scale(x: Any, multiplier: float) -> Any:
    """Return an expression whose gradient is multiplied by a number.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> float(grad(grad_scale(x, 0.5), x).eval({x: 3.0}))
        0.5
    """
    return GradScale(multiplier)(x)


def grad_not_implemented(op: Any, x_pos: int, x: Any, comment: str = "") -> Variable:
    """Return a gradient that says: nobody has written it.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> grad_not_implemented("my op", 0, T.dscalar("x")).type.why_null
        'the gradient of my op by input 0 (x) is not implemented'
    """
    text = f"the gradient of {op} by input {x_pos} ({x}) is not implemented"
    return NullType(f"{text}: {comment}" if comment else text).make_variable()


def grad_undefined(op: Any, x_pos: int, x: Any, comment: str = "") -> Variable:
    """Return a gradient that says: mathematics does not define it.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> grad_undefined("my op", 0, T.dscalar("x")).type.why_null
        'the gradient of my op by input 0 (x) is not defined'
    """
    text = f"the gradient of {op} by input {x_pos} ({x}) is not defined"
    return NullType(f"{text}: {comment}" if comment else text).make_variable()


def format_as(use_list: bool, use_tuple: bool, outputs: Any) -> Any:
    """Return one or several things as a list, as a tuple, or as the only one of them.

    Args:
        use_list: return a list.
        use_tuple: return a tuple.
        outputs: one thing, or a list or tuple of them.

    Raises:
        ValueError: both a list and a tuple are wanted, or neither and there are several things.

    Example:
        >>> format_as(True, False, 1), format_as(False, True, [1, 2]), format_as(False, False, [1])
        ([1], (1, 2), 1)
    """
    if use_list and use_tuple:
        raise ValueError("format_as: got use_list and use_tuple, wanted one of the two")
    several = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    if use_list or use_tuple:
        return list(several) if use_list else tuple(several)
    if len(several) != 1:
        raise ValueError(f"format_as: got {len(several)} outputs, wanted one, or use_list=True")
    return several[0]


class numeric_grad:  # noqa: N801  (Theano's name)
    """The gradient of a function of arrays by finite differences.

    Args:
        f: a function of as many arrays as there are points; it returns a number.
        pt: an array, or a list of them: where.
        eps: the step; by default one that suits the least precise dtype.
        out_type: the dtype of what ``f`` returns, if that is less precise than the points.

    Attributes:
        gf: the gradient by each point; that by the only one if ``pt`` is an array.

    Raises:
        TypeError: a point has no floating point numbers.

    Example:
        >>> numeric_grad(lambda x: (x**2).sum(), np.array([1.0, 3.0])).gf.round(4).tolist()
        [2.0, 6.0]
    """

    def __init__(
        self, f: Callable[..., Any], pt: Any, eps: float | None = None, out_type: Any = None
    ) -> None:
        points = [np.array(point) for point in (pt if isinstance(pt, (list, tuple)) else [pt])]
        for point in points:
            if not is_float(str(point.dtype)):
                raise TypeError(f"pt: got dtype {point.dtype}, wanted floating point numbers")
        sizes = [point.dtype.itemsize for point in points]
        sizes += [] if out_type is None else [np.dtype(out_type).itemsize]
        step = eps or _STEPS[min(sizes)]
        base = np.asarray(f(*points)).item()
        slopes = [np.zeros_like(point) for point in points]
        for point, slope in zip(points, slopes, strict=True):
            for index in np.ndindex(point.shape):
                kept = point[index]
                point[index] += step
                actual = float(point[index]) - float(kept)
                slope[index] = (np.asarray(f(*points)).item() - base) / actual
                point[index] = kept
        self.gf = slopes if isinstance(pt, (list, tuple)) else slopes[0]

    @staticmethod
    def abs_rel_err(a: Any, b: Any) -> tuple[Any, Any]:
        """Return the absolute and the relative difference of two arrays."""
        absolute = np.abs(a - b)
        return absolute, absolute / np.maximum(np.abs(a) + np.abs(b), 1e-8)

    def max_err(self, g_pt: Any, abs_tol: float, rel_tol: float) -> tuple[int, int, float, float]:
        """Return where a gradient differs most from this one.

        Args:
            g_pt: the gradient: an array, or a list of them.
            abs_tol: what absolute difference is allowed.
            rel_tol: what relative difference is allowed.

        Returns:
            Which array, which of its elements, and the absolute and the relative difference there.
        """
        given = g_pt if isinstance(g_pt, (list, tuple)) else [g_pt]
        own = self.gf if isinstance(self.gf, list) else [self.gf]
        worst: tuple[float, tuple[int, int, float, float]] = (-1.0, (0, 0, 0.0, 0.0))
        for i, (a, b) in enumerate(zip(given, own, strict=True)):
            absolute, relative = self.abs_rel_err(np.ravel(a), np.ravel(b))
            share = np.minimum(absolute / abs_tol, relative / rel_tol)
            if share.size and share.max() > worst[0]:
                k = int(share.argmax())
                worst = (float(share[k]), (i, k, float(absolute[k]), float(relative[k])))
        return worst[1]


_STEPS = {2: 1e-1, 4: 3e-4, 8: 1e-7}
"""Steps of finite differences, by the bytes of a number."""


class VerifyGradError(AssertionError):
    """A gradient and its finite differences do not agree."""


def verify_grad(
    fun: Callable[..., Any],
    pt: Sequence[Any],
    n_tests: int = 2,
    rng: Any = None,
    eps: float | None = None,
    out_type: str | None = None,
    abs_tol: float | None = None,
    rel_tol: float | None = None,
    mode: Any = None,
    cast_to_output_type: bool = False,
    no_debug_ref: bool = True,
) -> None:
    """Compare the gradient of a function with finite differences, and raise where they differ.

    The output is projected on a random vector, so that one gradient checks all of it.

    Args:
        fun: builds an expression of as many variables as there are points.
        pt: the arrays at which to compare.
        n_tests: how many random projections to try.
        rng: a ``numpy.random.RandomState`` that makes them.
        eps: the step of the differences.
        out_type: the dtype of the output, if it is another than that of the points.
        abs_tol: the absolute error allowed.
        rel_tol: the relative error allowed; each element must keep one of the two.
        mode: no meaning here.
        cast_to_output_type: no meaning here.
        no_debug_ref: no meaning here.

    Raises:
        TypeError: a point is not an array of floats.
        VerifyGradError: the gradients differ; the message says where, and by how much.

    Example:
        >>> import numpy as np
        >>> import jaxlearn.theano.tensor as T
        >>> verify_grad(T.tanh, [np.array([0.1, 0.5])], rng=np.random.RandomState(0))
    """
    from jaxlearn.symbolic.functions import function

    if rng is None:
        raise TypeError("rng: got None, wanted a numpy.random.RandomState; runs must be repeatable")
    points = [np.array(p) for p in pt]
    for i, point in enumerate(points):
        if not is_float(str(point.dtype)):
            raise TypeError(f"pt[{i}]: got dtype {point.dtype}, wanted floating point numbers")
    variables = [
        TensorType(p.dtype, [n == 1 for n in p.shape])(f"input {i}") for i, p in enumerate(points)
    ]
    output = as_tensor_variable(fun(*variables))
    narrowest = min(points, key=lambda p: p.dtype.itemsize, default=np.zeros(1)).dtype
    step = eps or _STEPS[narrowest.itemsize]
    tolerances = {2: (5e-2, 5e-2), 4: (5e-4, 5e-4), 8: (1e-4, 1e-4)}[narrowest.itemsize]
    allowed = (abs_tol or tolerances[0], rel_tol or tolerances[1])
    shape = function(variables, output.shape, on_unused_input="ignore")(*points)
    for _ in range(n_tests):
        weights = constant((rng.random_sample(tuple(shape)) + 0.5).astype(output.dtype))
        cost = (output * weights.as_type(output.type.clone(weights.dtype))).sum()
        compute = function(variables, cost, on_unused_input="ignore")
        slopes = function(
            variables, grad(cost, variables, disconnected_inputs="ignore"), on_unused_input="ignore"
        )(*points)
        _compare(compute, points, slopes, step, allowed)


def _compare(
    compute: Callable[..., Any],
    points: list[np.ndarray],
    slopes: Sequence[np.ndarray],
    step: float,
    allowed: tuple[float, float],
) -> None:
    base = float(compute(*points))
    for i, (point, slope) in enumerate(zip(points, slopes, strict=True)):
        for index in np.ndindex(point.shape):
            moved = [p.copy() for p in points]
            moved[i][index] += step
            actual = float(moved[i][index]) - float(point[index])
            difference = (float(compute(*moved)) - base) / actual
            given = float(slope[index])
            error = abs(given - difference)
            relative = error / max(abs(given) + abs(difference), 1e-8)
            if not (error <= allowed[0] or relative <= allowed[1]):
                raise VerifyGradError(
                    f"verify_grad: the gradient by argument {i} at {index} is {given}, finite "
                    f"differences say {difference}: absolute error {error:.3g} (allowed "
                    f"{allowed[0]}), relative error {relative:.3g} (allowed {allowed[1]})"
                )
