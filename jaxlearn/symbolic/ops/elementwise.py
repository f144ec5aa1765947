"""Operations that work on each element by itself: one row an operation.

A row is a name, the public JAX function, the rule that tells from the inputs' dtypes the dtype
that comes out, and a few words on what it computes; and, where it is not that dtype, what it is
computed in. The words and the rule make the row's documentation, which ``help(T.exp)`` shows.

Inputs of smaller rank get new axes on the left; an axis broadcasts only where it is declared
broadcastable. Where Theano's derivative differs from JAX's, the function is a small one of this
file that carries its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy import special as jsp

from jaxlearn.symbolic.configuration import config
from jaxlearn.symbolic.errors import ComplexError, made_at, retold
from jaxlearn.symbolic.graph import Apply, Op, Variable
from jaxlearn.symbolic.ops import special
from jaxlearn.symbolic.ops.dimensions import dimshuffle
from jaxlearn.symbolic.types import (
    DTYPES,
    TensorType,
    is_complex,
    is_discrete,
    is_float,
    upcast,
    upgrade_to_float,
)
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = [
    "ROWS",
    "Elementwise",
    "cast",
    "clip",
    "convert",
    "iround",
    "isinf",
    "isnan",
    "round",
    "row",
]

Dtypes = tuple[str, ...]


# What comes out of a row, by what goes in.


def _upcast(dtypes: Dtypes) -> str:
    """The dtype is the smallest one that holds the values of all inputs."""
    return upcast(*dtypes)


def _no_bool(dtypes: Dtypes) -> str:
    """The dtype is the smallest one that holds the values of all inputs; bool is refused."""
    if upcast(*dtypes) == "bool":
        raise TypeError("got bool, which has no such operation; cast it to an integer type first")
    return upcast(*dtypes)


def _real(dtypes: Dtypes) -> str:
    """The dtype is the smallest one that holds the values of all inputs; complex is refused."""
    if any(is_complex(dtype) for dtype in dtypes):
        raise TypeError(f"got {', '.join(dtypes)}, wanted real numbers")
    return upcast(*dtypes)


def _signed(dtypes: Dtypes) -> str:
    """The dtype is the input's; bool and complex are refused."""
    _real(dtypes)
    return _no_bool(dtypes)


def _float(dtypes: Dtypes) -> str:
    """Of integers the dtype is float32, or float64 from 32 bits on; else it is the input's."""
    return upcast(*map(upgrade_to_float, dtypes))


def _real_float(dtypes: Dtypes) -> str:
    """Of integers the dtype is float32, or float64 from 32 bits on; complex is refused."""
    _real(dtypes)
    return _float(dtypes)


def _only_float(dtypes: Dtypes) -> str:
    """The dtype is the input's, which must be a float's."""
    if not all(is_float(dtype) for dtype in dtypes):
        raise TypeError(f"got {', '.join(dtypes)}, wanted floating point numbers")
    return upcast(*dtypes)


def _quotient(dtypes: Dtypes) -> str:
    """The dtype is the smallest one that holds all inputs' values; of integers, floatX."""
    return config.floatX if all(map(is_discrete, dtypes)) else upcast(*dtypes)


def _power(dtypes: Dtypes) -> str:
    """The dtype is the smallest one that holds the values of all inputs; of bool, int8."""
    return "int8" if upcast(*dtypes) == "bool" else upcast(*dtypes)


def _truth(dtypes: Dtypes) -> str:
    """The dtype is bool."""
    return "bool"


def _bitwise(dtypes: Dtypes) -> str:
    """The dtype is the smallest one that holds all inputs', all integers or all bool."""
    all_bool = all(dtype == "bool" for dtype in dtypes)
    all_integer = all(is_discrete(dtype) and dtype != "bool" for dtype in dtypes)
    if not (all_bool or all_integer):
        raise TypeError(f"got {', '.join(dtypes)}, wanted all integers or all bool")
    return upcast(*dtypes)


def _chosen(dtypes: Dtypes) -> str:
    """The dtype is the smallest one that holds the values of y and z."""
    return upcast(*dtypes[1:])


def _of_second(dtypes: Dtypes) -> str:
    """The dtype is that of y."""
    return dtypes[1]


def _magnitude(dtypes: Dtypes) -> str:
    """The dtype is the input's; of complex numbers, that of their parts."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtypes[0], dtypes[0])


def _conjugate(dtypes: Dtypes) -> str:
    """The dtype is the input's; of bool, int8."""
    return "int8" if dtypes[0] == "bool" else dtypes[0]


def _double(dtypes: Dtypes) -> str:
    """The dtype is float64."""
    return "float64"


def _real_double(dtypes: Dtypes) -> str:
    """The dtype is float64; complex is refused."""
    _real(dtypes)
    return "float64"


def _complex(dtypes: Dtypes) -> str:
    """The dtype is complex64; complex128 where an input has 64 bits or is a 32-bit integer."""
    _real(dtypes)
    parts = upgrade_to_float(upcast(*dtypes))
    return "complex128" if parts == "float64" else "complex64"


def _to(dtype: str) -> Callable[[Dtypes], str]:
    def rule(dtypes: Dtypes) -> str:
        if is_complex(dtypes[0]) and not is_complex(dtype):
            raise TypeError(
                f"casting {dtypes[0]} to {dtype} would drop the imaginary part; "
                "take real(x), imag(x) or abs(x) first"
            )
        return dtype

    rule.__doc__ = f"The dtype is {dtype}; complex numbers become no real ones."
    return rule


# What a row computes in, by what goes in and what comes out.


def _in_result(dtypes: Dtypes, result: str) -> Dtypes:
    return (result,) * len(dtypes)


def _in_common(dtypes: Dtypes, result: str) -> Dtypes:
    return (str(np.result_type(*dtypes)),) * len(dtypes)


def _as_given(dtypes: Dtypes, result: str) -> Dtypes:
    return dtypes


def _choice_in_result(dtypes: Dtypes, result: str) -> Dtypes:
    return (dtypes[0], result, result)


def _in_parts(dtypes: Dtypes, result: str) -> Dtypes:
    return (_magnitude((result,)),) * len(dtypes)


def _in_widest(dtypes: Dtypes, result: str) -> Dtypes:
    return ("complex128" if is_complex(dtypes[0]) else "float64",)


# Functions whose derivative Theano defines otherwise than JAX, or that JAX lacks.


def _with_derivatives(*derivatives: Callable[..., Any] | None) -> Callable[..., Any]:
    """Give a function the derivatives ``(tangent, answer, *inputs) -> tangent``, one an input."""

    def decorate(function: Callable[..., Any]) -> Any:
        decorated = jax.custom_jvp(function)

        def along(inputs: Any, tangents: Any) -> tuple[Any, Any]:
            answer = decorated(*inputs)
            # What does not change is left out: zero times a derivative that is NaN would be NaN.
            parts = [
                derivative(tangent, answer, *inputs)
                for derivative, tangent in zip(derivatives, tangents, strict=True)
                if derivative and not isinstance(tangent, jax.custom_derivatives.SymbolicZero)
            ]
            return answer, sum(parts[1:], parts[0]) if parts else jnp.zeros_like(answer)

        decorated.defjvp(along, symbolic_zeros=True)
        return decorated

    return decorate


def _where(condition: Any, value: Any) -> Any:
    return jnp.where(condition, value, jnp.zeros((), value.dtype))


@_with_derivatives(lambda t, answer, x: t * jnp.sign(x))
def _absolute_real(x: Any) -> Any:
    return jnp.abs(x)


def _absolute(x: Any) -> Any:
    return _absolute_real(x) if np.dtype(x.dtype).kind == "f" else jnp.abs(x)


# Of two equal inputs the first gets the whole derivative, as in Theano.
@_with_derivatives(
    lambda t, answer, x, y: _where(x == answer, t),
    lambda t, answer, x, y: _where(x != answer, t),
)
def _maximum(x: Any, y: Any) -> Any:
    return jnp.maximum(x, y)


@_with_derivatives(
    lambda t, answer, x, y: _where(x == answer, t),
    lambda t, answer, x, y: _where(x != answer, t),
)
def _minimum(x: Any, y: Any) -> Any:
    return jnp.minimum(x, y)


@_with_derivatives(
    lambda t, answer, x, low, high: _where((x >= low) & (x <= high), t),
    lambda t, answer, x, low, high: _where(x < low, t),
    lambda t, answer, x, low, high: _where(x > high, t),
)
def _clip(x: Any, low: Any, high: Any) -> Any:
    # Not jnp.clip: Theano gives the lower limit where the limits are crossed.
    return jnp.where(x < low, low, jnp.where(x > high, high, x))


# The factors are chosen, not the products: zero times infinity would be left of those.
@_with_derivatives(
    lambda t, answer, x, y: t * _where(y != 0, y * jnp.power(x, y - jnp.ones((), y.dtype))),
    lambda t, answer, x, y: t * _where(x != 0, jnp.log(x) * answer),
)
def _float_power(x: Any, y: Any) -> Any:
    return jnp.power(x, y)


def _raise_to(x: Any, y: Any) -> Any:
    if np.dtype(x.dtype).kind in "iu":
        # Theano's C code raises through double precision, and so must negative exponents.
        return _integer_power(x, y)
    return _float_power(x, y)


def _integer_power(x: Any, y: Any) -> Any:
    return jnp.where(
        y >= 0, jnp.power(x, jnp.maximum(y, 0)), jnp.where(abs(x) == 1, x ** abs(y), 0)
    )


def _second_of(x: Any, y: Any) -> Any:
    return jnp.broadcast_to(y, jnp.broadcast_shapes(x.shape, y.shape))


def _switch(condition: Any, chosen: Any, other: Any) -> Any:
    return jnp.where(lax.convert_element_type(condition, bool), chosen, other)


def _round_half_away(x: Any) -> Any:
    return jnp.trunc(x + jnp.copysign(jnp.asarray(0.5, x.dtype), x))


def _floor_divide(x: Any, y: Any) -> Any:
    x, y = lax.stop_gradient(x), lax.stop_gradient(y)
    # Theano's C code has infinity where a float is divided by zero; jnp.floor_divide has NaN.
    return jnp.floor(x / y) if np.dtype(x.dtype).kind == "f" else jnp.floor_divide(x, y)


@_with_derivatives(
    lambda t, answer, x, y: jnp.broadcast_to(t, answer.shape),
    lambda t, answer, x, y: -t * jnp.floor(x / y),
)
def _float_remainder(x: Any, y: Any) -> Any:
    return jnp.mod(x, y)


def _remainder(x: Any, y: Any) -> Any:
    return _float_remainder(x, y) if np.dtype(x.dtype).kind == "f" else jnp.mod(x, y)


@_with_derivatives(lambda t, answer, x: t * answer * jax.nn.sigmoid(-x))
def _sigmoid(x: Any) -> Any:
    # JAX takes answer * (1 - answer), which is zero where the answer rounds to one.
    return jax.nn.sigmoid(x)


@_with_derivatives(lambda t, answer, x: t / jnp.square(1 + jnp.abs(x)))
def _softsign(x: Any) -> Any:
    # The derivative of the quotient is a difference, of which nothing is left for large x.
    return x / (1 + jnp.abs(x))


@_with_derivatives(lambda t, answer, x: t * (1 + jnp.log(x)))
def _xlogx(x: Any) -> Any:
    return jnp.where(x == 0, jnp.zeros((), x.dtype), x * jnp.log(x))


@_with_derivatives(
    lambda t, answer, x, y: t * jnp.broadcast_to(jnp.log(y), answer.shape),
    lambda t, answer, x, y: t * (x / y),
)
def _xlogy0(x: Any, y: Any) -> Any:
    return jnp.where(x == 0, jnp.zeros((), x.dtype), x * jnp.log(y))


def _ultra_fast_sigmoid(x: Any) -> Any:
    # Theano's: a rational function, then a straight line, then a constant, in place of tanh(x / 2).
    size = jnp.abs(x) / 2
    line = 0.935409070603099 + 0.0458812946797165 * (size - 1.7)
    bent = jnp.where(
        size < 1.7, 1.5 * size / (1 + size), jnp.where(size < 3, line, 0.99505475368673)
    )
    return (1 + jnp.where(x < 0, -bent, bent)) / 2


@_with_derivatives(
    lambda t, answer, x, y: t * (jax.nn.sigmoid(x) - y),
    lambda t, answer, x, y: jnp.broadcast_to(-t * x, answer.shape),
)
def _sigmoid_crossentropy(x: Any, y: Any) -> Any:
    positive = lax.convert_element_type(x > 0, x.dtype)
    return jax.nn.softplus(-jnp.abs(x)) + x * (positive - y)


def _from_polar(length: Any, angle: Any) -> Any:
    return lax.complex(length * jnp.cos(angle), length * jnp.sin(angle))


def _none(i: int, j: int) -> bool:
    """For linear functions: the derivatives are constant."""
    return False


def _others(i: int, j: int) -> bool:
    """For products: the derivative by a factor is made of the others."""
    return i != j


def _wraps(before: Any, after: str) -> bool:
    """Whether a conversion is one of floats to integers that hold few of them."""
    small = ("int8", "int16", "uint8", "uint16", "uint32")
    return np.dtype(before).kind == "f" and after in small


def _wrapped(x: Any, dtype: Any) -> Any:
    """Return floats as small integers; of one that does not fit the lowest bits, as in C.

    XLA would return the integer that is next to it.
    """
    wide = np.int64 if np.dtype(dtype) == np.uint32 else np.int32
    return lax.convert_element_type(lax.convert_element_type(x, wide), dtype)


def convert(x: Any, dtype: str) -> Any:
    """Return an array of JAX in another dtype, converted as Theano's C code does.

    Example:
        >>> convert(np.array([255.0, 256.0, -1.0]), "uint8").tolist()
        [255, 0, 255]
    """
    return _wrapped(x, dtype) if _wraps(x.dtype, dtype) else lax.convert_element_type(x, dtype)


def _converter(dtype: str) -> Callable[[Any], Any]:
    def function(x: Any) -> Any:
        return convert(x, dtype)

    return function


def _numpy_clip(x: Any, low: Any, high: Any) -> Any:
    return np.where(x < low, low, np.where(x > high, high, x))


def _numpy_second(x: Any, y: Any) -> Any:
    return np.broadcast_to(y, np.broadcast_shapes(x.shape, y.shape))


OPERATORS = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} * {}",
    "true_div": "{} / {}",
    "neg": "-{}",
    "eq": "{} == {}",
    "neq": "{} != {}",
    "lt": "{} < {}",
    "le": "{} <= {}",
    "gt": "{} > {}",
    "ge": "{} >= {}",
    "invert": "~{}",
    "and_": "{} & {}",
    "or_": "{} | {}",
    "xor": "{} ^ {}",
}
"""How Python writes the rows that have an operator; it means the very same function of JAX."""

_DIVISIONS = ("int_div", "mod")

OF_NUMBERS = {name: OPERATORS[name] for name in OPERATORS if name != "invert"} | {
    "int_div": "{} // {}",
    "mod": "{} % {}",
    "abs_": "abs({})",
    "minimum": "min({}, {})",
    "maximum": "max({}, {})",
    "clip": "min(max({}, {}), {})",
    "switch": "{1} if {0} else {2}",
    "sqr": "{} ** 2",
    "floor": "np.floor({})",
    "ceil": "np.ceil({})",
}
"""How Python writes the rows of its own numbers."""


class Elementwise(Op):
    """An operation on each element by itself.

    Args:
        name: what Theano calls it.
        function: the JAX function of arrays of one rank and of the dtypes computed in.
        result: the rule for the dtype that comes out; its docstring becomes part of the row's.
        summary: what it computes of x, or of x, y and z.
        computed_in: the rule for the dtypes that the function gets.
        numpy: the NumPy function that does the same, where NumPy has one.
        arity: how many inputs there are; None for two or more.
        ignores: inputs of which only the shape matters.
        underived: inputs by which there is no derivative.
        uses: whether the derivative by one input depends on another; by default it may.
    """

    parameters = ("name",)

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        result: Callable[[Dtypes], str],
        summary: str,
        *,
        computed_in: Callable[[Dtypes, str], Dtypes] = _in_result,
        numpy: Callable[..., Any] | None = None,
        arity: int | None = 1,
        ignores: tuple[int, ...] = (),
        underived: tuple[int, ...] = (),
        uses: Callable[[int, int], bool] | None = None,
    ) -> None:
        self.name = name
        self.on_arrays = function
        self.result = result
        self.__doc__ = f"Return {summary}, element by element.\n\n{result.__doc__}"
        self.computed_in = computed_in
        self.numpy = numpy
        self.arity = arity
        self.ignores = ignores
        self.underived = underived
        self.uses = uses

    def __str__(self) -> str:
        return (
            f"Elemwise{{{self.name}}}"
            if "{" in self.name
            else f"Elemwise{{{self.name},no_inplace}}"
        )

    def __reduce__(self) -> Any:
        return row, (self.name,)

    @property
    def scalar_op(self) -> Elementwise:
        """The operation on one element; old programs read its ``name``."""
        return self

    def make_node(self, *inputs: Any) -> Apply:
        """Check the inputs, bring them to one rank, and tell the type of the output."""
        if self.arity is not None and len(inputs) != self.arity:
            raise TypeError(f"{self.name}: got {len(inputs)} arguments, wanted {self.arity}")
        variables = _of_one_rank([as_tensor_variable(value) for value in inputs])
        try:
            dtype = self.result(tuple(variable.type.dtype for variable in variables))
        except (TypeError, ComplexError) as error:
            raise retold(error, f"{self.name}: {error}; given {_types(variables)}") from None
        flags = zip(*(variable.type.broadcastable for variable in variables), strict=True)
        return Apply.of_types(self, variables, [TensorType(dtype, [all(flag) for flag in flags])])

    def __call__(
        self, *inputs: Any, name: str | None = None, return_list: bool = False, **options: Any
    ) -> Any:
        """Apply the operation; more than two inputs of a two-input operation are taken in turn."""
        while self.arity is None and len(inputs) > 2:
            inputs = (super().__call__(*inputs[:2]), *inputs[2:])
        return super().__call__(*inputs, name=name, return_list=return_list, **options)

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the function with the dtypes of its place, once the lengths are seen to agree."""
        _check_lengths(node, values)
        result = node.outputs[0].type.dtype
        dtypes = self.computed_in(tuple(v.type.dtype for v in node.inputs), result)
        if self.name in _DIVISIONS and is_discrete(result):
            _check_divisor(lowering, node, values)

        def compute(*arrays: Any) -> Any:
            # What a row takes as it is given may be a float in an integer's place: a gradient.
            if self.computed_in is not _as_given:
                arrays = tuple(map(_in_dtype, arrays, dtypes))
            answer = self.on_arrays(*arrays)
            return answer if answer.dtype == result else lax.convert_element_type(answer, result)

        return compute

    def host(self, node: Apply, *values: np.ndarray) -> Any:
        """Compute with NumPy, in the dtypes of the place."""
        if self.numpy is None:
            return NotImplemented
        _check_lengths(node, values)
        result = node.outputs[0].type.dtype
        dtypes = self.computed_in(tuple(v.type.dtype for v in node.inputs), result)
        if self.name in _DIVISIONS and is_discrete(result) and _divides_by_zero(values):
            raise _division_by_zero(node)
        with np.errstate(all="ignore"):
            answer = self.numpy(*(v.astype(d) for v, d in zip(values, dtypes, strict=True)))
            return np.asarray(answer).astype(result)

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write an operator or the function, with the casts that its place needs."""
        result = node.outputs[0].type.dtype
        given = tuple(variable.type.dtype for variable in node.inputs)
        if self.name.startswith("Cast{"):
            if not writer.is_known(node.outputs[0]):
                return self.conversion_source(inputs[0], given[0], result, writer)
            number: str = writer.raw(inputs[0])
            return f"int({number})" if is_float(given[0]) and is_discrete(result) else number
        if writer.is_known(node.outputs[0]):
            return OF_NUMBERS[self.name].format(*map(writer.raw, inputs))
        dtypes = self.computed_in(given, result)
        operator = OPERATORS.get(self.name)
        if operator is not None:
            return self._infix(operator, node, inputs, dtypes, writer)
        if self.name == "second":
            return self._fill_source(node, inputs, writer)
        if self.name == "pow" and is_float(dtypes[0]) and writer.number(node.inputs[1]) == 2:
            base = self._arguments(node, inputs, dtypes, True, writer)[0]
            return f"jnp.square({base})"
        function = writer.function(self.on_arrays)
        arguments = self._arguments(node, inputs, dtypes, "." in function, writer)
        text = f"{function}({', '.join(arguments)})"
        kinds = [
            jax.ShapeDtypeStruct((1,) * variable.type.ndim, dtype)
            for variable, dtype in zip(node.inputs, dtypes, strict=True)
        ]
        with jax.enable_x64(True):
            natural = jax.eval_shape(self.on_arrays, *kinds).dtype
        return text if natural == result else f"{text}.astype({writer.dtype(result)})"

    @staticmethod
    def conversion_source(text: str, before: str, after: str, writer: Any) -> str:
        """Write what `convert` does.

        Args:
            text: the expression of the array.
            before: its dtype.
            after: the dtype that is wanted.
            writer: names what is needed.
        """
        if _wraps(before, after):
            return f"{writer.function(_wrapped)}({text}, {writer.dtype(after)})"
        return text if before == after else f"{text}.astype({writer.dtype(after)})"

    def _arguments(
        self,
        node: Apply,
        inputs: Sequence[str],
        dtypes: Sequence[str],
        of_jax: bool,
        writer: Any,
    ) -> list[str]:
        """Return the arguments of the function, in the dtypes of its place."""
        numbers = [writer.number(variable) for variable in node.inputs]
        # A function of JAX takes numbers of Python, which take on the dtype of the arrays.
        bare = of_jax and None in numbers
        arguments = []
        for name, variable, dtype, number in zip(inputs, node.inputs, dtypes, numbers, strict=True):
            same = variable.type.dtype == dtype
            if number is not None and (bare or not same):
                text = writer.literal(np.asarray(number).astype(dtype)[()])
                arguments.append(text if bare else f"{writer.dtype(dtype)}({text})")
            else:
                arguments.append(name if same else f"{name}.astype({writer.dtype(dtype)})")
        return arguments

    def _fill_source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        model, dtype = inputs[0], node.outputs[0].type.dtype
        number = writer.number(node.inputs[1])
        if number is not None and node.inputs[0].type.ndim == node.outputs[0].type.ndim:
            return f"jnp.full_like({model}, {writer.literal(number)}, {writer.dtype(dtype)})"
        return f"{writer.function(self.on_arrays)}({', '.join(inputs)})"

    def _infix(
        self,
        operator: str,
        node: Apply,
        inputs: Sequence[str],
        dtypes: Sequence[str],
        writer: Any,
    ) -> str:
        known = [writer.is_known(variable) for variable in node.inputs]
        numbers = [writer.number(variable) for variable in node.inputs]
        plain = [a or b is not None for a, b in zip(known, numbers, strict=True)]
        # Beside an array, a Python number takes on the array's dtype.
        bare = writer.is_known(node.outputs[0]) or not all(plain)
        texts = []
        for i, name in enumerate(inputs):
            if bare and numbers[i] is not None:
                texts.append(writer.literal(np.asarray(numbers[i]).astype(dtypes[i])[()]))
            elif bare and known[i]:
                texts.append(writer.raw(name))
            elif node.inputs[i].type.dtype == dtypes[i]:
                texts.append(name)
            else:
                texts.append(f"{name}.astype({writer.dtype(dtypes[i])})")
        return operator.format(*texts)

    def written_as_known(self, node: Apply, known: Sequence[bool]) -> bool:
        """Arithmetic of numbers of Python is, and their conversion to another type."""
        if not all(known):
            return False
        result = node.outputs[0].type.dtype
        if self.name.startswith("Cast{"):
            given = node.inputs[0].type.dtype
            widens = is_discrete(given) or node.outputs[0].type.ndim == 0
            holds_all = is_discrete(result) and np.can_cast(given, result)
            return widens and (holds_all or result in ("int32", "int64", "float32", "float64"))
        if node.outputs[0].type.ndim:
            return False
        dtypes = {result, *(variable.type.dtype for variable in node.inputs)}
        exact = all(is_discrete(dtype) or dtype == "float64" for dtype in dtypes)
        return exact and self.name in OF_NUMBERS

    def known_scalar(self, node: Apply) -> Variable | None:
        """Return the input of a cast."""
        return node.inputs[0] if self.name.startswith("Cast{") else None

    def connected(self, node: Apply, i: int) -> bool:
        """Whether the values of input ``i`` matter."""
        return i not in self.ignores

    def derivative_uses(self, node: Apply, i: int, j: int) -> bool:
        """Whether the derivative by input ``i`` depends on the values of input ``j``."""
        return self.uses is None or self.uses(i, j)

    def gradient_dtype(self, node: Apply, i: int) -> str:
        """Return the dtype that input ``i`` is computed in: Theano embeds integers in the reals."""
        dtypes = tuple(variable.type.dtype for variable in node.inputs)
        dtype = self.computed_in(dtypes, node.outputs[0].type.dtype)[i]
        return str(node.outputs[0].type.dtype) if is_discrete(dtype) else dtype


def _in_dtype(array: Any, dtype: str) -> Any:
    return array if array.dtype == dtype else lax.convert_element_type(array, dtype)


def _of_one_rank(variables: list[Any]) -> list[Any]:
    rank = max(variable.type.ndim for variable in variables)
    return [
        variable
        if variable.type.ndim == rank
        else dimshuffle(
            variable, ["x"] * (rank - variable.type.ndim) + list(range(variable.type.ndim))
        )
        for variable in variables
    ]


def _types(variables: Sequence[Variable]) -> str:
    return ", ".join(f"{variable} of {variable.type!r}" for variable in variables)


def _check_lengths(node: Apply, values: Sequence[Any]) -> None:
    for axis in range(node.outputs[0].type.ndim):
        lengths = {
            value.shape[axis]
            for variable, value in zip(node.inputs, values, strict=True)
            if not variable.type.broadcastable[axis]
        }
        if len(lengths) > 1:
            raise ValueError(_mismatch(node, values, axis, lengths))


def _divides_by_zero(values: Sequence[Any]) -> Any:
    """Whether some quotient of integers has none; of no elements there is no quotient."""
    is_empty = 0 in (*values[0].shape, *values[1].shape)
    return np.False_ if is_empty else (values[1] == np.zeros((), values[1].dtype)).any()


def _check_divisor(lowering: Any, node: Apply, values: Sequence[Any]) -> None:
    # XLA would return -1 for the quotient, and the dividend for what is left.
    lowering.check(~_divides_by_zero(values), partial(_division_by_zero, node))


def _division_by_zero(node: Apply) -> ZeroDivisionError:
    return ZeroDivisionError(
        f"integer division by zero in {node}: an element of {node.inputs[1]} is 0; of floats the "
        f"quotient would be infinite{made_at(node.line)}"
    )


def _mismatch(node: Apply, values: Sequence[Any], axis: int, lengths: set[int]) -> str:
    shapes = ", ".join(
        f"{variable} has shape {tuple(value.shape)}"
        for variable, value in zip(node.inputs, values, strict=True)
    )
    hint = "make the shapes agree"
    if 1 in lengths:
        hint = (
            "an axis of length 1 broadcasts only if it is declared so: "
            f"T.addbroadcast(x, {axis}), or a type such as T.row, T.col or T.TensorType"
        )
    return (
        f"Input dimension mis-match in axis {axis} of {node.op}: {shapes}\n"
        f"  {hint}{made_at(node.line)}"
    )


def _comparison(
    name: str, function: Callable[..., Any], summary: str, numpy: Callable[..., Any]
) -> Elementwise:
    return Elementwise(
        name, function, _truth, f"whether {summary}", computed_in=_in_common, numpy=numpy, arity=2
    )


def _conversion(dtype: str) -> Elementwise:
    return Elementwise(
        f"Cast{{{dtype}}}",
        _converter(dtype),
        _to(dtype),
        f"x as {dtype}",
        computed_in=_as_given,
        numpy=np.asarray,
        uses=_none,
    )


ROWS = {
    row.name: row
    for row in (
        # Arithmetic.
        Elementwise("add", jnp.add, _upcast, "x + y", numpy=np.add, arity=None, uses=_none),
        Elementwise("sub", jnp.subtract, _no_bool, "x - y", numpy=np.subtract, arity=2, uses=_none),
        Elementwise(
            "mul", jnp.multiply, _upcast, "x * y", numpy=np.multiply, arity=None, uses=_others
        ),
        Elementwise(
            "true_div", jnp.true_divide, _quotient, "x / y", numpy=np.true_divide, arity=2,
            uses=lambda i, j: (i, j) != (0, 0),
        ),
        Elementwise(
            "int_div", _floor_divide, _upcast, "x / y rounded down to a whole number",
            numpy=np.floor_divide, arity=2,
        ),
        Elementwise(
            "mod", _remainder, _upcast, "what x / y leaves; it has the sign of y",
            numpy=np.mod, arity=2,
        ),
        Elementwise("pow", _raise_to, _power, "x to the power y", arity=2),
        Elementwise("neg", jnp.negative, _no_bool, "-x", numpy=np.negative, uses=_none),
        Elementwise(
            "abs_", _absolute, _magnitude, "the absolute value", computed_in=_as_given,
            numpy=np.abs,
        ),
        Elementwise("sgn", jnp.sign, _signed, "the sign: -1, 0 or 1", numpy=np.sign),
        Elementwise("sqr", jnp.square, _upcast, "the square", numpy=np.square),
        Elementwise("sqrt", jnp.sqrt, _float, "the square root; of -1, NaN", numpy=np.sqrt),
        Elementwise("inv", jnp.reciprocal, _float, "1 / x", numpy=np.reciprocal),
        Elementwise(
            "clip", _clip, _real, "x, or the limit of the two that it lies beyond",
            numpy=_numpy_clip, arity=3,
        ),
        Elementwise(
            "maximum", _maximum, _upcast, "the larger of two; NaN where one is",
            numpy=np.maximum, arity=None,
        ),
        Elementwise(
            "minimum", _minimum, _upcast, "the smaller of two; NaN where one is",
            numpy=np.minimum, arity=None,
        ),
        # Rounding.
        Elementwise("floor", jnp.floor, _real_float, "x rounded down", numpy=np.floor),
        Elementwise("ceil", jnp.ceil, _real_float, "x rounded up", numpy=np.ceil),
        Elementwise("trunc", jnp.trunc, _real_float, "x rounded towards zero", numpy=np.trunc),
        Elementwise(
            "round_half_to_even", jnp.round, _only_float, "x rounded, halves to even numbers",
            numpy=np.round,
        ),
        Elementwise(
            "round_half_away_from_zero", _round_half_away, _only_float,
            "x rounded, halves away from zero",
        ),
        # Exponentials and logarithms.
        Elementwise("exp", jnp.exp, _float, "e to the power x", numpy=np.exp),
        Elementwise("exp2", jnp.exp2, _float, "2 to the power x", numpy=np.exp2),
        Elementwise("expm1", jnp.expm1, _float, "exp(x) - 1, exact near 0", numpy=np.expm1),
        Elementwise("log", jnp.log, _float, "the natural logarithm", numpy=np.log),
        Elementwise("log2", jnp.log2, _float, "the logarithm to base 2", numpy=np.log2),
        Elementwise("log10", jnp.log10, _float, "the logarithm to base 10", numpy=np.log10),
        Elementwise("log1p", jnp.log1p, _float, "log(1 + x), exact near 0", numpy=np.log1p),
        # Angles, in radians.
        Elementwise("sin", jnp.sin, _float, "the sine", numpy=np.sin),
        Elementwise("cos", jnp.cos, _float, "the cosine", numpy=np.cos),
        Elementwise("tan", jnp.tan, _float, "the tangent", numpy=np.tan),
        Elementwise("arcsin", jnp.arcsin, _float, "the angle whose sine is x, in -1 to 1"),
        Elementwise("arccos", jnp.arccos, _float, "the angle whose cosine is x, in -1 to 1"),
        Elementwise("arctan", jnp.arctan, _float, "the angle whose tangent is x"),
        Elementwise("arctan2", jnp.arctan2, _float, "the angle of the point (y, x)", arity=2),
        Elementwise("sinh", jnp.sinh, _float, "the hyperbolic sine"),
        Elementwise("cosh", jnp.cosh, _float, "the hyperbolic cosine"),
        Elementwise("tanh", jnp.tanh, _float, "the hyperbolic tangent"),
        Elementwise("arcsinh", jnp.arcsinh, _float, "the inverse of sinh"),
        Elementwise("arccosh", jnp.arccosh, _float, "the inverse of cosh, for x from 1 on"),
        Elementwise("arctanh", jnp.arctanh, _float, "the inverse of tanh, for x in -1 to 1"),
        Elementwise("deg2rad", jnp.deg2rad, _real_float, "degrees as radians"),
        Elementwise("rad2deg", jnp.rad2deg, _real_float, "radians as degrees"),
        # Special functions.
        Elementwise("erf", jsp.erf, _real_float, "the error function"),
        Elementwise("erfc", jsp.erfc, _real_float, "1 - erf(x), exact where that is small"),
        Elementwise("erfcx", special.erfcx, _real_float, "exp(x ** 2) * erfc(x)"),
        Elementwise("erfinv", jsp.erfinv, _real_float, "the inverse of erf, for x in -1 to 1"),
        Elementwise("erfcinv", special.erfcinv, _real_float, "the inverse of erfc, for 0 to 2"),
        Elementwise("gamma", jsp.gamma, _real_float, "the gamma function"),
        Elementwise("gammaln", jsp.gammaln, _real_float, "the logarithm of abs(gamma(x))"),
        Elementwise("psi", jsp.digamma, _real_float, "the derivative of gammaln"),
        Elementwise(
            "tri_gamma", special.tri_gamma, _real_float, "the derivative of psi, for positive x"
        ),
        Elementwise(
            "chi2sf", special.chi2sf, _real_double,
            "how much of a chi squared distribution of k degrees of freedom lies above x", arity=2,
        ),
        Elementwise(
            "gammainc", jsp.gammainc, _real_float,
            "the share of the gamma function of x that its integral up to y makes", arity=2,
        ),
        Elementwise(
            "gammaincc", jsp.gammaincc, _real_float,
            "the share of the gamma function of x that its integral from y on makes", arity=2,
        ),
        Elementwise(
            "gammau", special.gammau, _real_float,
            "the integral from y on that the whole of is the gamma function of x", arity=2,
        ),
        Elementwise(
            "gammal", special.gammal, _real_float,
            "the integral up to y that the whole of is the gamma function of x", arity=2,
        ),
        Elementwise(
            "jv", special.jv, _real_float, "the Bessel function J of order x at y", arity=2,
            underived=(0,),
        ),
        Elementwise(
            "iv", special.iv, _real_float, "the modified Bessel function I of order x at y",
            arity=2, underived=(0,),
        ),
        Elementwise("xlogx", _xlogx, _float, "x * log(x), and 0 where x is 0"),
        Elementwise(
            "xlogy0", _xlogy0, _float, "x * log(y), and 0 where x is 0", arity=2
        ),
        Elementwise("j0", special.j0, _real_float, "the Bessel function J of order 0"),
        Elementwise("j1", special.j1, _real_float, "the Bessel function J of order 1"),
        Elementwise("i0", jsp.i0, _real_float, "the modified Bessel function I of order 0"),
        Elementwise("i1", jsp.i1, _real_float, "the modified Bessel function I of order 1"),
        # Of neural networks.
        Elementwise("sigmoid", _sigmoid, _float, "1 / (1 + exp(-x))"),
        Elementwise(
            "ultra_fast_sigmoid", _ultra_fast_sigmoid, _real_float,
            "a piecewise rational approximation of sigmoid, within 0.03 of it",
        ),
        Elementwise("softplus", jax.nn.softplus, _real_float, "log(1 + exp(x)), without overflow"),
        Elementwise("softsign", _softsign, _real_float, "x / (1 + abs(x))"),
        Elementwise(
            "sigmoid_binary_crossentropy", _sigmoid_crossentropy, _real_float,
            "the crossentropy of sigmoid(x) with the probability y, without overflow", arity=2,
        ),
        # Complex numbers.
        Elementwise("real", jnp.real, _magnitude, "the real part", computed_in=_as_given),
        Elementwise("imag", jnp.imag, _magnitude, "the imaginary part", computed_in=_as_given),
        Elementwise(
            "conj", jnp.conj, _conjugate, "x with its imaginary part negated", numpy=np.conj
        ),
        Elementwise(
            "angle", jnp.angle, _double, "the angle of a complex number with the real axis",
            computed_in=_in_widest,
        ),
        Elementwise(
            "complex", lax.complex, _complex, "the number of real part x and imaginary part y",
            computed_in=_in_parts, arity=2,
        ),
        Elementwise(
            "complex_from_polar", _from_polar, _complex, "the number of length x and angle y",
            computed_in=_in_parts, arity=2,
        ),
        # Choosing.
        Elementwise(
            "switch", _switch, _chosen, "y where x is true, else z", computed_in=_choice_in_result,
            arity=3, numpy=np.where,
        ),
        Elementwise(
            "second", _second_of, _of_second, "y, in the shape that x and y have together",
            computed_in=_as_given, arity=2, ignores=(0,), numpy=_numpy_second, uses=_none,
        ),
        # Comparisons and logic.
        _comparison("eq", jnp.equal, "x == y", np.equal),
        _comparison("neq", jnp.not_equal, "x != y", np.not_equal),
        _comparison("lt", jnp.less, "x < y", np.less),
        _comparison("le", jnp.less_equal, "x <= y", np.less_equal),
        _comparison("gt", jnp.greater, "x > y", np.greater),
        _comparison("ge", jnp.greater_equal, "x >= y", np.greater_equal),
        Elementwise(
            "isnan", jnp.isnan, _truth, "whether x is NaN", computed_in=_as_given, numpy=np.isnan
        ),
        Elementwise(
            "isinf", jnp.isinf, _truth, "whether x is infinite", computed_in=_as_given,
            numpy=np.isinf,
        ),
        Elementwise("invert", jnp.invert, _bitwise, "x with all bits changed", numpy=np.invert),
        Elementwise(
            "and_", jnp.bitwise_and, _bitwise, "bitwise x & y", numpy=np.bitwise_and, arity=None
        ),
        Elementwise(
            "or_", jnp.bitwise_or, _bitwise, "bitwise x | y", numpy=np.bitwise_or, arity=None
        ),
        Elementwise(
            "xor", jnp.bitwise_xor, _bitwise, "bitwise x ^ y", numpy=np.bitwise_xor, arity=None
        ),
        *map(_conversion, DTYPES),
    )
}  # fmt: skip
"""Every operation on single elements, by name."""


def row(name: str) -> Elementwise:
    """Return the operation of a name.

    Example:
        >>> row("exp")
        Elemwise{exp,no_inplace}
    """
    return ROWS[name]


def isinf(a: Any) -> Any:
    """Return, for each element, whether it is infinite.

    Example:
        >>> isinf([1.0, float("inf")]).eval().tolist()
        [False, True]
    """
    return ROWS["isinf"](a)


def isnan(a: Any) -> Any:
    """Return, for each element, whether it is NaN.

    Example:
        >>> isnan([1.0, float("nan")]).eval().tolist()
        [False, True]
    """
    return ROWS["isnan"](a)


def iround(a: Any, mode: str | None = None) -> Any:
    """Return each element rounded to a whole number, as int64.

    Raises:
        ValueError: there is no such mode; they are those of `round`.
        TypeError: the elements are no floats.

    Example:
        >>> iround([0.5, 1.5, 2.4]).eval().tolist()
        [0, 2, 2]
    """
    return cast(round(a, mode), "int64")


def cast(x: Any, dtype: str) -> Any:
    """Return an expression converted to another dtype; itself, if it has that dtype.

    Args:
        x: any tensor expression.
        dtype: one of Theano's dtypes, or ``"floatX"``.

    Raises:
        TypeError: a complex number would lose its imaginary part, or there is no such dtype.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> cast(T.lscalar("n"), "float32").dtype
        'float32'
    """
    variable = as_tensor_variable(x)
    wanted = TensorType(dtype, ()).dtype
    return variable if variable.type.dtype == wanted else ROWS[f"Cast{{{wanted}}}"](variable)


def clip(x: Any, min: Any, max: Any) -> Any:  # noqa: A002  (Theano's names)
    """Return each element, or the limit that it lies beyond.

    Example:
        >>> clip([1.0, 5.0, 9.0], 2.0, 8.0).eval().tolist()
        [2.0, 5.0, 8.0]
    """
    return ROWS["clip"](x, min, max)


def round(a: Any, mode: str | None = None) -> Any:  # noqa: A001  (Theano's name)
    """Return each element rounded to a whole number, as a float.

    Args:
        a: a tensor of floats.
        mode: where halves go: ``"half_to_even"``, as in NumPy and by default, or
            ``"half_away_from_zero"``.

    Raises:
        ValueError: there is no such mode.
        TypeError: the elements are no floats.

    Example:
        >>> round([0.5, 1.5, 2.4]).eval().tolist()
        [0.0, 2.0, 2.0]
        >>> round([0.5, 1.5, 2.4], "half_away_from_zero").eval().tolist()
        [1.0, 2.0, 2.0]
    """
    name = f"round_{mode or 'half_to_even'}"
    if name not in ROWS:
        raise ValueError(f"mode: got {mode!r}, wanted 'half_to_even' or 'half_away_from_zero'")
    return ROWS[name](a)
