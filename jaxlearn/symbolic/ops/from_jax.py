"""Any pure JAX function as an operation: a way from plain JAX into expressions."""

from __future__ import annotations

import contextlib
import functools
import itertools
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxlearn.symbolic.bundling import literal
from jaxlearn.symbolic.configuration import config
from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Constant, Op, Variable
from jaxlearn.symbolic.pickling import dump_with_functions
from jaxlearn.symbolic.shared import SharedVariable
from jaxlearn.symbolic.types import DTYPES, TensorType
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["FromJax", "from_jax"]

Shape = tuple[int, ...]

_MOST_TRIES = 256
"""How many sets of lengths are tried to find the types of the outputs."""

_MADE_UP = 24
"""The shortest length that is made up: with many divisors, and longer than most filters."""

# What a function raises where lengths do not agree with one another, or with what it needs.
_REFUSALS = (TypeError, ValueError, IndexError, AssertionError, ZeroDivisionError)

# What JAX raises where an array's values are asked for; no other shape changes that.
_VALUES_NEEDED = (
    jax.errors.ConcretizationTypeError,
    jax.errors.NonConcreteBooleanIndexError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
)


class _Array:
    """Stands in the arguments of a function where an array comes in."""


class _OutputError(TypeError):
    """A function returned what is no array."""


class FromJax(Op):
    """A pure JAX function of some arrays, with all else that it is called with.

    Two are equal if the function, the structure of the arguments and what is static in them are;
    where one of these cannot be hashed, an operation is equal only to itself.

    Args:
        fn: the function.
        label: what messages and printed graphs call it.
        arguments: the positional and the keyword arguments, with `_Array` in place of each array.
        output_types: the types of the outputs, in a pytree of the outputs' structure; None to
            find them out.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        label: str,
        arguments: tuple[tuple[Any, ...], dict[str, Any]],
        output_types: Any = None,
    ) -> None:
        self.fn = fn
        self.label = label
        self.arguments = arguments
        self.output_types = output_types
        self._leaves, self._structure = jax.tree.flatten(arguments)
        # What is equal as a number may be told apart by the function: 1, 1.0 and True.
        static = tuple((type(leaf), repr(leaf), leaf) for leaf in self._leaves)
        types = jax.tree.flatten(output_types)
        self._identity: Any = (fn, label, self._structure, static, tuple(types[0]), types[1])
        try:
            hash(self._identity)
        except TypeError:
            self._identity = object()

    def _key(self) -> tuple[Any, ...]:
        return (type(self), self._identity)

    def __str__(self) -> str:
        return f"FromJax{{{self.label}}}"

    def __reduce__(self) -> Any:
        made_of = (self.fn, self.label, self.arguments, self.output_types)
        try:
            return _restored, (dump_with_functions(made_of),)
        except Exception as error:
            raise pickle.PicklingError(
                f"{self}: the function, or a static argument of it, cannot be pickled: "
                f"{type(error).__name__}: {error}. Give what does not pickle by an importable "
                "function, or save only the values of the shared variables"
            ) from error

    def make_node(self, *inputs: Any) -> Apply:
        """Find out the types of the outputs."""
        variables = [as_tensor_variable(value) for value in inputs]
        return Apply.of_types(self, variables, self.types(variables)[0])

    def tracing(self) -> contextlib.AbstractContextManager[Any]:
        """Have JAX's standard promotion of dtypes and ranks, which the function may rely on."""
        stack = contextlib.ExitStack()
        stack.enter_context(jax.numpy_dtype_promotion("standard"))
        stack.enter_context(jax.numpy_rank_promotion("allow"))
        return stack

    def connected(self, node: Apply, i: int) -> bool:
        """No gradient flows to integers."""
        return np.dtype(node.inputs[i].type.dtype).kind in "fc"

    def function(self, *values: Any) -> Any:
        """Call the function."""
        return tuple(jax.tree.leaves(self._call(values)))

    def _call(self, arrays: Sequence[Any]) -> Any:
        """Return the outputs of the function, each an array."""
        remaining = iter(arrays)
        leaves = [next(remaining) if leaf is _Array else leaf for leaf in self._leaves]
        args, kwargs = jax.tree.unflatten(self._structure, leaves)
        with self.tracing():
            returned = self.fn(*args, **kwargs)
            outputs = jax.tree.leaves_with_path(returned)
            if not outputs:
                raise _OutputError(f"it returned {returned!r}, wanted arrays")
            checked = [_as_array(jax.tree_util.keystr(path), leaf) for path, leaf in outputs]
        return jax.tree.unflatten(jax.tree.structure(returned), checked)

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the function, with its outputs checked against the types of its place."""

        def compute(*arrays: Any) -> Any:
            try:
                returned = self._call(arrays)
            except _OutputError as error:
                raise TypeError(f"{self}: {error}{made_at(node.line)}") from None
            except _REFUSALS as error:
                given = _described(node.inputs, [array.shape for array in arrays])
                raise ValueError(
                    f"{self}: got {given}, which it does not take: {_first_line(error)}"
                    f"{made_at(node.line)}"
                ) from error
            self._check_outputs(node, returned)
            return tuple(jax.tree.leaves(returned))

        return compute

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write a call of the function, which the module imports.

        Raises:
            ValueError: the function cannot be imported, or what it is called with be written.
        """
        name = writer.imported(self.fn)
        if name is None:
            raise ValueError(
                f"source: {self} calls {self.fn!r}, which a module cannot import by name; define "
                f"it by `def` in a module, and import it from there{made_at(node.line)}"
            )
        remaining = iter(inputs)
        leaves = [next(remaining) if leaf is _Array else self._text(leaf) for leaf in self._leaves]
        args, kwargs = jax.tree.unflatten(self._structure, map(_Text, leaves))
        given = [_written(value) for value in args]
        given += [f"{key}={_written(value)}" for key, value in kwargs.items()]
        call = f"{name}({', '.join(given)})"
        structure = self.types(node.inputs)[1]
        if jax.tree_util.treedef_is_leaf(structure):
            return call
        return f"jax.tree.leaves({call}){'[0]' if len(node.outputs) == 1 else ''}"

    def _text(self, leaf: Any) -> str:
        text = literal(leaf)
        if text is None:
            raise ValueError(
                f"source: {self} is called with {leaf!r}, which cannot be written out; give it in "
                "a function of its own"
            )
        return text

    def _check_outputs(self, node: Apply, returned: Any) -> None:
        structure: Any = jax.tree.structure(returned)
        wanted: Any = jax.tree.structure(self.output_types)
        if self.output_types is not None and structure != wanted:
            raise TypeError(
                f"output_types: {self} returned {structure}, but the types have the structure "
                f"{wanted}{made_at(node.line)}"
            )
        leaves = jax.tree.leaves(returned)
        if len(leaves) != len(node.outputs):
            raise TypeError(
                f"{self}: it returned {len(leaves)} arrays, but {len(node.outputs)} when the "
                "expression was built; the number of outputs must not depend on lengths"
                f"{made_at(node.line)}"
            )
        for i, (leaf, output) in enumerate(zip(leaves, node.outputs, strict=True)):
            if not _fits(leaf, output.type):
                raise TypeError(
                    f"{self}: output {i} is {leaf.dtype}{list(leaf.shape)}, wanted "
                    f"{output.type!r}, its type in the graph; say what it is: "
                    f"from_jax(..., output_types=...){made_at(node.line)}"
                )

    # The types of the outputs. JAX tells them from the inputs' lengths, which are not all known.

    def types(self, variables: Sequence[Any]) -> tuple[list[TensorType], Any]:
        """Return the types of the outputs, and the structure that they are in.

        Raises:
            TypeError: the function takes none of the shapes that are tried, or does not return
                arrays.
        """
        if self.output_types is not None:
            types, structure = jax.tree.flatten(self.output_types)
            return types, structure
        shapes, outputs = self._first_accepted(variables)
        # An axis is of length 1 for good if it stays so where all lengths are others.
        others = [_doubled(v, shape) for v, shape in zip(variables, shapes, strict=True)]
        try:
            again = jax.tree.leaves(self._evaluated(variables, others))
        except _REFUSALS:
            again = []
        leaves, structure = jax.tree.flatten(outputs)
        if [leaf.ndim for leaf in leaves] == [leaf.ndim for leaf in again]:
            flags = [
                [a == b == 1 for a, b in zip(leaf.shape, other.shape, strict=True)]
                for leaf, other in zip(leaves, again, strict=True)
            ]
        else:
            flags = [[False] * leaf.ndim for leaf in leaves]
        kinds = [
            TensorType(leaf.dtype.name, flag) for leaf, flag in zip(leaves, flags, strict=True)
        ]
        return kinds, structure

    def _first_accepted(self, variables: Sequence[Any]) -> tuple[list[Shape], Any]:
        known = [_known_shape(variable) for variable in variables]
        lengths = {length for array in _enclosed_arrays(self.fn) for length in array.shape}
        for shapes in itertools.islice(_shapes_to_try(known, lengths), _MOST_TRIES):
            try:
                return shapes, self._evaluated(variables, shapes)
            except _OutputError as error:
                raise TypeError(f"{self}: {error}") from None
            except _VALUES_NEEDED as error:
                raise TypeError(
                    f"{self}: it needs the values of an array while it is traced: "
                    f"{_first_line(error)}. What is not an array, a Python number too, is given to "
                    "it as it is"
                ) from error
            except _REFUSALS as error:
                refusal, tried = error, shapes
        fix = "Give it other inputs"
        if any(length is None for shape in known for length in shape):
            fix = (
                "No shape that was tried for its inputs fits. Give an input an example of the "
                "right shape: x.tag.test_value = np.zeros(shape, dtype); or say what comes out: "
                "from_jax(..., output_types=...)"
            )
        given = _described(variables, tried)
        raise TypeError(
            f"{self}: got {given}, which it does not take: {_first_line(refusal)}. {fix}"
        ) from refusal

    def _evaluated(self, variables: Sequence[Any], shapes: Sequence[Shape]) -> Any:
        with jax.enable_x64(True):
            arrays = [
                jax.ShapeDtypeStruct(shape, variable.type.dtype)
                for variable, shape in zip(variables, shapes, strict=True)
            ]
            # A new function each time: JAX keeps what it traced of a function that it knows.
            return jax.eval_shape(lambda *arrays: self._call(arrays), *arrays)


class _Text:
    """Stands in the arguments of a function where its source has this text."""

    def __init__(self, text: str) -> None:
        self.text = text


def _written(value: Any) -> str:
    """Return a pytree of texts as Python writes it."""
    if isinstance(value, _Text):
        return value.text
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_written(v)}" for key, v in value.items()) + "}"
    inside = ", ".join(map(_written, value)) if isinstance(value, (list, tuple)) else ""
    if isinstance(value, list):
        return f"[{inside}]"
    if type(value) is tuple:
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if value is None:
        return "None"
    raise ValueError(
        f"source: {value!r} in the arguments of a function of from_jax cannot be written out; "
        "give lists, tuples and dictionaries"
    )


def _restored(made_of: bytes) -> FromJax:
    return FromJax(*pickle.loads(made_of))


def _as_array(path: str, leaf: Any) -> Any:
    if isinstance(leaf, Variable):
        raise _OutputError(
            f"it returned the symbolic variable {leaf}{_at(path)}; it must compute with what it is "
            "given: make the variable an argument"
        )
    try:
        array = jnp.asarray(leaf)
    except (TypeError, ValueError):
        raise _OutputError(f"it returned {leaf!r}{_at(path)}, wanted arrays") from None
    if str(array.dtype) not in DTYPES:
        raise _OutputError(
            f"it returned an array of {array.dtype}{_at(path)}, wanted one of {', '.join(DTYPES)}"
        )
    return array


def _at(path: str) -> str:
    return f" at {path}" if path else ""


def _fits(array: Any, kind: TensorType) -> bool:
    return (
        str(array.dtype) == kind.dtype
        and array.ndim == kind.ndim
        and all(
            length == 1 or not flag
            for length, flag in zip(array.shape, kind.broadcastable, strict=True)
        )
    )


def _known_shape(variable: Any) -> tuple[int | None, ...]:
    if isinstance(variable, Constant):
        return tuple(variable.data.shape)
    if isinstance(variable, SharedVariable):
        return tuple(variable.stored.shape)
    example = np.shape(getattr(variable.tag, "test_value", 0))
    if variable.type.ndim and len(example) == variable.type.ndim:
        return example
    return tuple(1 if flag else None for flag in variable.type.broadcastable)


def _enclosed_arrays(fn: Any) -> list[Any]:
    """Return the arrays that a function brings with it: a module's, a closure's, a partial's."""
    parts = [fn]
    while isinstance(fn, functools.partial):
        parts += [fn.args, fn.keywords]
        fn = fn.func
    parts += [getattr(fn, "__self__", None)]
    with contextlib.suppress(ValueError):  # a cell that is still empty
        parts += [cell.cell_contents for cell in getattr(fn, "__closure__", None) or ()]
    # An iterator, which JAX does not look into and warns of, is a leaf.
    leaves = jax.tree.leaves(parts, is_leaf=lambda part: isinstance(part, Iterator))
    return [leaf for leaf in leaves if isinstance(leaf, (np.ndarray, jax.Array))]


def _shapes_to_try(
    known: Sequence[tuple[int | None, ...]], further: set[int]
) -> Iterator[list[Shape]]:
    """Return the inputs' shapes, with lengths in place of those that are not known.

    First all are different; then all the same; then each is that one, one that is known, or one of
    the further ones.
    """
    lengths = further | {length for shape in known for length in shape if length is not None}
    made_up = (length for length in itertools.count(_MADE_UP, 12) if length not in lengths)
    unknown = sum(length is None for shape in known for length in shape)
    same = next(made_up)
    yield _filled(known, [same, *itertools.islice(made_up, max(unknown - 1, 0))])
    if unknown:
        candidates = [same, *sorted(lengths)]
        yield from (
            _filled(known, chosen) for chosen in itertools.product(candidates, repeat=unknown)
        )


def _filled(known: Sequence[tuple[int | None, ...]], lengths: Sequence[int]) -> list[Shape]:
    remaining = iter(lengths)
    return [
        tuple(next(remaining) if length is None else length for length in shape) for shape in known
    ]


def _doubled(variable: Any, shape: Shape) -> Shape:
    """Return a shape with all lengths doubled that may be others; so sums and parts still fit."""
    if isinstance(variable, Constant):
        return shape
    return tuple(
        length if flag else 2 * length
        for length, flag in zip(shape, variable.type.broadcastable, strict=True)
    )


def _described(variables: Sequence[Any], shapes: Sequence[Shape]) -> str:
    return ", ".join(
        f"{variable} {variable.type.dtype}{list(shape)}"
        for variable, shape in zip(variables, shapes, strict=True)
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {text}".rstrip(".: ")


def from_jax(
    fn: Callable[..., Any], name: str | None = None, output_types: Any = None
) -> Callable[..., Any]:
    """Return a pure JAX function as one of symbolic variables.

    It is called as ``fn`` is, with pytrees of arguments. What is a symbolic variable in them, or
    an array of NumPy or JAX, is an input of the operation; ``fn`` gets a traced array in its
    place. All else is static, and ``fn`` gets it as it is: Python numbers, strings, None,
    functions. So ``axis=1`` works, and ``0.5`` has the weak type that it has in plain JAX.

    What comes out has the structure that ``fn`` returns, with a symbolic variable in place of each
    array. Its gradient is JAX's, by the function's own rule where it has one (``jax.custom_vjp``,
    ``jax.custom_jvp``). No gradient flows to integers. The function is traced with 64-bit types
    on, and with JAX's standard promotion of dtypes and ranks.

    The dtypes and ranks of the outputs are found out with ``jax.eval_shape``. The lengths that it
    needs are those of shared variables and constants, and those of ``tag.test_value`` where a
    variable has one; others are made up, and several are tried where lengths must agree. The
    lengths when a function runs may be any others. An output axis is broadcastable where its
    length is 1 whatever those of the inputs are.

    A key of ``jax.random`` has no dtype that a tensor has: keep its ``jax.random.key_data`` in a
    shared variable, and use ``jax.random.wrap_key_data`` inside the function.

    Args:
        fn: a pure function of arrays that returns a pytree of arrays.
        name: what messages and printed graphs call it; the function's own name by default.
        output_types: the types of the outputs, as a pytree of `TensorType` (``T.dmatrix``,
            ``x.type``) in the structure that ``fn`` returns; None to find them out.

    Raises:
        TypeError: ``fn`` is not a function, an argument is a typed key, the function returns
            other things than arrays, or no shape that is tried fits it.
        ValueError: when a function runs: ``fn`` does not take the shapes of that call.

    Example:
        >>> import jax
        >>> import numpy as np
        >>> import jaxlearn.theano as theano
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dmatrix("x")
        >>> y = from_jax(jax.lax.cumlogsumexp)(x, axis=1)
        >>> y.eval({x: np.zeros((1, 2))}).round(4).tolist()
        [[0.0, 0.6931]]
        >>> T.grad(y[0, 1], x).eval({x: np.zeros((1, 2))}).tolist()
        [[0.5, 0.5]]
        >>> def drawn(key, like):
        ...     key, use = jax.random.split(jax.random.wrap_key_data(key))
        ...     return jax.random.normal(use, like.shape), jax.random.key_data(key)
        >>> key = theano.shared(np.asarray(jax.random.key_data(jax.random.key(0))), "key")
        >>> noise, next_key = from_jax(drawn)(key, x)
        >>> draw = theano.function([x], noise, updates={key: next_key})
        >>> bool((draw(np.zeros((2, 2))) == draw(np.zeros((2, 2)))).any())
        False
    """
    if not callable(fn):
        raise TypeError(f"fn: got {fn!r} ({type(fn).__name__}), wanted a function of arrays")
    for kind in jax.tree.leaves(output_types):
        if not isinstance(kind, TensorType):
            raise TypeError(
                f"output_types: got {kind!r}, wanted a TensorType, such as T.dmatrix or x.type"
            )
    name = name or _name_of(fn)

    def operation(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = jax.tree.flatten((args, kwargs))
        marked = [_Array if _is_array(leaf) else leaf for leaf in leaves]
        op = FromJax(fn, name, jax.tree.unflatten(structure, marked), output_types)
        variables = [_as_input(op, leaf) for leaf in leaves if _is_array(leaf)]
        kinds, output_structure = op.types(variables)
        node = Apply.of_types(op, variables, kinds)
        if config.compute_test_value != "off":
            from jaxlearn.symbolic.test_values import compute_test_values

            compute_test_values(node)
        return jax.tree.unflatten(output_structure, node.outputs)

    operation.__name__ = operation.__qualname__ = name
    operation.__module__ = getattr(fn, "__module__", operation.__module__)
    operation.__doc__ = getattr(fn, "__doc__", None)
    operation.__dict__["__wrapped__"] = fn
    return operation


def _name_of(fn: Any) -> str:
    while isinstance(fn, functools.partial):
        fn = fn.func
    return str(getattr(fn, "__name__", type(fn).__name__))


def _is_array(leaf: Any) -> bool:
    return isinstance(leaf, (Variable, np.ndarray, np.generic, jax.Array))


def _as_input(op: FromJax, leaf: Any) -> Any:
    if isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        raise TypeError(
            f"{op}: got the typed key {leaf}, which no tensor can hold, and which would be the "
            "same in each call; give jax.random.key_data(key), as a shared variable to be updated, "
            "and use jax.random.wrap_key_data inside the function"
        )
    return as_tensor_variable(leaf)
