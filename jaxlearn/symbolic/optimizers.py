"""Optax's optimizers as updates of shared variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.gradients import grad
from jaxlearn.symbolic.graph import Variable
from jaxlearn.symbolic.ops.elementwise import cast
from jaxlearn.symbolic.ops.from_jax import from_jax
from jaxlearn.symbolic.shared import OrderedUpdates, TensorSharedVariable
from jaxlearn.symbolic.types import DTYPES, TensorType, is_complex, is_discrete, upcast

if TYPE_CHECKING:
    import optax

__all__ = ["optax_updates"]

Path = tuple[Any, ...]


def optax_updates(
    cost: Any,
    params: Any,
    optimizer: optax.GradientTransformation,
    gradients: Any = None,
    name: str | None = None,
) -> OrderedUpdates:
    """Return the updates of shared variables by an optax optimizer, to minimise a cost.

    The state of the optimizer lives in shared variables of its own, whose updates are among those
    returned. They are named after the part of the optimizer and the param that they belong to,
    such as ``scale_by_adam.mu.W``, and are read, set, saved and pickled as any others are. Each
    call of this function makes a new state; functions made with the same updates share it.

    All is computed as in plain JAX with 64-bit types on: float64 params have float64 moments, and
    float32 params float32 ones. An optimizer that takes the value of the cost gets it.

    Args:
        cost: a scalar expression; None where ``gradients`` are given, and the optimizer does not
            ask for the value of the cost.
        params: floating-point shared variables: a list, or any pytree of them. What names the
            params to optax, such as the labels of ``optax.partition``, has the same structure.
        optimizer: any optax optimizer, but one with a line search.
        gradients: the gradients by the params, in their structure, where they are not simply those
            of the cost. They are cast to the dtypes of the params.
        name: put before the names of the state, to tell it from that of another optimizer.

    Raises:
        TypeError: a param is not a floating-point shared variable, the optimizer is not one of
            optax, the cost is not a scalar, or a part of the state is not an array that a tensor
            can hold.
        ValueError: there are no params, one is given twice, the gradients are not one for each
            param, or there is neither a cost nor gradients.
        DisconnectedInputError: the cost does not depend on a param.
        NotImplementedError: the optimizer does a line search.

    Example:
        >>> import numpy as np
        >>> import optax
        >>> import jaxlearn.theano as theano
        >>> import jaxlearn.theano.tensor as T
        >>> w = theano.shared(np.array([5.0, -3.0]), "w")
        >>> cost = T.sqr(w).sum()
        >>> updates = optax_updates(cost, [w], optax.adam(0.1))
        >>> list(updates)
        [w, scale_by_adam.count, scale_by_adam.mu.w, scale_by_adam.nu.w]
        >>> step = theano.function([], cost, updates=updates)
        >>> float(step()), w.get_value().round(6).tolist()
        (34.0, [4.9, -2.9])

    Source: DeepMind et al., "The DeepMind JAX Ecosystem" (2020), https://optax.readthedocs.io.
    """
    variables, structure = jax.tree.flatten(params)
    _check_params(variables)
    _check_optimizer(optimizer)
    if cost is None and gradients is None:
        raise ValueError("cost: got None and no gradients, wanted one of the two")
    if gradients is None:
        slopes = grad(cost, variables)
    else:
        slopes = _check_gradients(gradients, variables, structure)
    slopes = [
        cast(slope, variable.type.dtype) for slope, variable in zip(slopes, variables, strict=True)
    ]
    options = {} if cost is None else {"value": _value(cost, variables)}

    with jax.enable_x64(True):
        values = jax.tree.map(lambda v: jnp.array(v.stored), params)
        state, wrap = _without_keys(optimizer.init(values))
        update = _update_function(optimizer, wrap)
        _check_update(update, values, state, options)
    held = _as_shared(state, params, name)

    types = jax.tree.map(lambda v: v.type, (params, held))
    operation = from_jax(update, "optax", output_types=types)
    new = operation(jax.tree.unflatten(structure, slopes), held, params, **options)
    targets = jax.tree.leaves((params, held))
    return OrderedUpdates(zip(targets, jax.tree.leaves(new), strict=True))


# What is given.


def _check_params(variables: Sequence[Any]) -> None:
    if not variables:
        raise ValueError("params: there is no shared variable in them")
    for i, variable in enumerate(variables):
        if not isinstance(variable, TensorSharedVariable):
            raise TypeError(
                f"params: got {variable!r} ({type(variable).__name__}), wanted a shared variable: "
                "theano.shared(value)"
            )
        if is_discrete(variable.type.dtype) or is_complex(variable.type.dtype):
            raise TypeError(
                f"params: {variable} has type {variable.type!r}, wanted floating-point numbers; "
                f'make it of value.astype("float64"){made_at(variable.line)}'
            )
        if variable in variables[:i]:
            raise ValueError(f"params: {variable} is given twice{made_at(variable.line)}")


def _check_optimizer(optimizer: Any) -> None:
    import optax

    if not isinstance(optimizer, optax.GradientTransformation):
        raise TypeError(
            f"optimizer: got {optimizer!r} ({type(optimizer).__name__}), wanted one of optax, such "
            "as optax.adam(1e-3)"
        )


def _check_gradients(gradients: Any, variables: Sequence[Any], structure: Any) -> list[Any]:
    slopes, found = jax.tree.flatten(gradients)
    if found != structure:
        raise ValueError(
            f"gradients: got the structure {found}, wanted one for each param: {structure}"
        )
    for slope, variable in zip(slopes, variables, strict=True):
        if not isinstance(getattr(slope, "type", None), TensorType):
            raise TypeError(f"gradients: got {slope!r} for {variable}, wanted an expression")
        if slope.type.ndim != variable.type.ndim or is_complex(slope.type.dtype):
            raise TypeError(
                f"gradients: got {slope} of {slope.type!r} for {variable} of {variable.type!r}, "
                f"wanted real numbers of the same rank{made_at(slope.line)}"
            )
    return slopes


def _value(cost: Any, variables: Sequence[Any]) -> Any:
    if not isinstance(cost, Variable) or not isinstance(cost.type, TensorType) or cost.type.ndim:
        raise TypeError(f"cost: got {cost!r}, wanted a symbolic scalar; take its sum or mean")
    return cast(cost, upcast(*(variable.type.dtype for variable in variables)))


# The update, as a pure JAX function.


def _update_function(
    optimizer: optax.GradientTransformation, wrap: Callable[[Any], Any]
) -> Callable[..., tuple[Any, Any]]:
    def update(gradients: Any, state: Any, params: Any, **options: Any) -> tuple[Any, Any]:
        import optax

        extended = optax.with_extra_args_support(optimizer)
        changes, new_state = extended.update(
            gradients, wrap(state), params, grad=gradients, value_fn=_line_search, **options
        )
        plain, _ = _without_keys(new_state)
        kept = jax.tree.map(lambda new, old: jnp.asarray(new).astype(old.dtype), plain, state)
        return optax.apply_updates(params, changes), kept

    return update


def _line_search(*_: Any, **__: Any) -> Any:
    raise NotImplementedError(
        "optimizer: it evaluates the cost at other params than those it is given (a line search), "
        "and a symbolic cost is computed once a step; take one without a line search, such as "
        "optax.adam or optax.lbfgs(linesearch=None) with a learning rate, or train a JAX function: "
        "jaxlearn.train"
    )


def _check_update(
    update: Callable[..., Any], params: Any, state: Any, options: dict[str, Any]
) -> None:
    """Trace one update now, so that what the optimizer refuses is refused where it is given."""
    value = {name: jnp.zeros((), variable.type.dtype) for name, variable in options.items()}
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        try:
            _, new = jax.eval_shape(lambda *given: update(*given, **value), params, state, params)
        except (TypeError, ValueError) as error:
            hint = "; give the cost too" if not options else ""
            raise TypeError(
                f"optimizer: it does not take these params: {type(error).__name__}: {error}{hint}"
            ) from error
    for (path, old), leaf in zip(
        jax.tree_util.tree_leaves_with_path(state), jax.tree.leaves(new), strict=True
    ):
        if old.shape != leaf.shape:
            raise TypeError(
                f"optimizer: its state{jax.tree_util.keystr(path)} has shape {old.shape} at first "
                f"and {leaf.shape} after an update, and a shared variable keeps its rank"
            )


# The state, as shared variables.


def _without_keys(state: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return a state with the data of typed keys in their place, and what makes keys of it."""
    leaves, structure = jax.tree.flatten(state)
    kinds = [
        str(jax.random.key_impl(leaf))
        if jnp.issubdtype(getattr(leaf, "dtype", np.float64), jax.dtypes.prng_key)
        else None
        for leaf in leaves
    ]

    def wrap(plain: Any) -> Any:
        return jax.tree.unflatten(
            structure,
            [
                leaf if kind is None else jax.random.wrap_key_data(leaf, impl=kind)
                for leaf, kind in zip(jax.tree.leaves(plain), kinds, strict=True)
            ],
        )

    plain = [
        leaf if kind is None else jax.random.key_data(leaf)
        for leaf, kind in zip(leaves, kinds, strict=True)
    ]
    return jax.tree.unflatten(structure, plain), wrap


def _as_shared(state: Any, params: Any, prefix: str | None) -> Any:
    """Return a state with a shared variable in place of each array."""
    of_params = jax.tree_util.tree_leaves_with_path(params)
    leaves, structure = jax.tree_util.tree_flatten_with_path(state)
    taken: set[str] = set()
    variables = []
    for path, leaf in leaves:
        array = np.asarray(leaf)
        if str(array.dtype) not in DTYPES:
            raise TypeError(
                f"optimizer: its state{jax.tree_util.keystr(path)} is of {array.dtype}, wanted one "
                f"of {', '.join(DTYPES)}"
            )
        own, param = _param_of(path, array, of_params)
        words = [*([] if prefix is None else [prefix]), *_words(state, path, own)]
        if param is not None and param.name:
            words.append(param.name)
        elif param is not None:
            words.extend(_text(key) for key in path[own:])
        flags = (False,) * array.ndim if param is None else param.type.broadcastable
        kind = TensorType(array.dtype.name, flags)
        variables.append(
            TensorSharedVariable(_distinct(".".join(words), taken), kind, array, strict=False)
        )
    return jax.tree.unflatten(structure, variables)


def _param_of(path: Path, array: Any, of_params: Sequence[Any]) -> tuple[int, Any]:
    """Return the param that a part of the state belongs to, and where its path in that begins."""
    for param_path, param in of_params:
        own = len(path) - len(param_path)
        if own >= 0 and path[own:] == param_path and array.shape == param.stored.shape:
            return own, param
    return len(path), None


def _words(state: Any, path: Path, stop: int) -> list[str]:
    """Return the innermost part of an optimizer that a path goes through, and the way from there.

    Positions in a chain say nothing to a reader, and are left out.
    """
    words: list[str] = []
    node = state
    for key in path[:stop]:
        if isinstance(key, jax.tree_util.GetAttrKey):
            words = [_snake_case(type(node).__name__), key.name]
            node = getattr(node, key.name)
        elif isinstance(key, jax.tree_util.DictKey):
            words.append(str(key.key))
            node = node[key.key]
        elif isinstance(key, jax.tree_util.SequenceKey):
            node = node[key.idx]
        else:
            words.append(_text(key))
    return words or ["state"]


def _text(key: Any) -> str:
    return str(key).strip("[].'\"")


def _snake_case(name: str) -> str:
    """Return the name of a class of states as that of what makes them."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.removesuffix("State")).lower()


def _distinct(name: str, taken: set[str]) -> str:
    number, chosen = 1, name
    while chosen in taken:
        number += 1
        chosen = f"{name}.{number}"
    taken.add(chosen)
    return chosen
