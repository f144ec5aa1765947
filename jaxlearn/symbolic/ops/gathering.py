"""Elements at arrays of indices: read, set and added to; and the check that they are there.

XLA would clamp an index out of bounds; so every index adds a check.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply

__all__: list[str] = []


def from_the_front(index: Any, size: int) -> Any:
    """Return indices as int64, the negative ones counted from the front."""
    numbers = as_int64(index)
    where: Any = np.where if isinstance(index, np.ndarray) else jnp.where
    return where(numbers < 0, numbers + size, numbers)


def as_int64(index: Any) -> Any:
    """Return indices of any integer dtype as int64."""
    if index.dtype == np.uint64:
        # Larger ones are out of bounds of anything; they must not become negative.
        index = index.clip(0, np.uint64(np.iinfo(np.int64).max))
    return index.astype(np.int64)


def _is_within(index: Any, size: int) -> Any:
    numbers = as_int64(index)
    return ((numbers >= -size) & (numbers < size)).all()


def check_bounds(
    lowering: Any, node: Apply, place: int, index: Any, axis: int, shape: Sequence[int]
) -> None:
    """Check that the indices at an input's place lie within an axis."""
    # The error outlives the trace; it must not hold on to what is traced.
    known = index if isinstance(index, np.ndarray) else None
    error = partial(out_of_bounds, node, place, axis, tuple(shape), known)
    lowering.check(_is_within(index, shape[axis]), error)


def out_of_bounds(
    node: Apply, place: int, axis: int, shape: tuple[int, ...], known: np.ndarray | None
) -> IndexError:
    """Return the error about an index; it names the wrong number where that is known."""
    name: Any = node.inputs[place]
    size = shape[axis]
    if known is not None:
        numbers = as_int64(known)
        name = numbers[(numbers < -size) | (numbers >= size)].flat[0]
    wanted = f"wanted {-size} to {size - 1}" if size else "that axis has no element"
    return IndexError(
        f"index {name} is out of bounds for axis {axis} of {node.inputs[0]}, which has shape "
        f"{shape}: {wanted}{made_at(node.line)}"
    )


# Gathering and scattering.


def _index(layout: Sequence[bool], arrays: Sequence[Any]) -> tuple[Any, ...]:
    following = iter(arrays)
    return tuple(next(following) if is_indexed else slice(None) for is_indexed in layout)


def gather_elements(layout: Sequence[bool], x: Any, *arrays: Any) -> Any:
    """Return the elements at arrays of indices, which stand for the axes of the layout."""
    return x.at[_index(layout, arrays)].get(mode="promise_in_bounds", wrap_negative_indices=False)


def add_elements(layout: Sequence[bool], x: Any, y: Any, *arrays: Any) -> Any:
    """Add to elements; where an index is repeated, all values are added."""
    place = x.at[_index(layout, arrays)]
    add = place.max if x.dtype == bool else place.add
    return add(y, mode="promise_in_bounds", wrap_negative_indices=False)


def _scatter(layout: Sequence[bool], x: Any, y: Any, *arrays: Any, **promises: Any) -> Any:
    options = {"mode": "promise_in_bounds", "wrap_negative_indices": False} | promises
    return x.at[_index(layout, arrays)].set(y, **options)


def _scatter_last(layout: Sequence[bool], x: Any, y: Any, *arrays: Any) -> Any:
    """Scatter where the order of writing is not defined: only the last to a place is written."""
    sizes = [size for size, is_indexed in zip(x.shape, layout, strict=True) if is_indexed]
    arrays = tuple(jnp.broadcast_arrays(*arrays))
    places = jnp.zeros(arrays[0].shape, np.int64)
    for size, array in zip(sizes, arrays, strict=True):
        places = places * size + array
    turns = jnp.arange(places.size, dtype=np.int64).reshape(places.shape)
    last = jnp.zeros(int(np.prod(sizes)), np.int64).at[places].max(turns)
    first = jnp.where(last[places] == turns, arrays[0], sizes[0])
    return _scatter(layout, x, y, first, *arrays[1:], mode="drop")


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def put_elements(layout: tuple[bool, ...], x: Any, y: Any, *arrays: Any) -> Any:
    """Set elements; where an index is repeated, the last value stays, as in NumPy.

    XLA writes in order on a CPU only. The derivative is Theano's: of an element that is set
    several times, each value gets the whole.
    """
    return lax.platform_dependent(
        x, y, *arrays, cpu=partial(_scatter, layout), default=partial(_scatter_last, layout)
    )


@put_elements.defjvp
def _put_jvp(layout: tuple[bool, ...], primals: Any, tangents: Any) -> Any:
    x, y, *arrays = primals
    tangent = _scatter(layout, *tangents[:2], *arrays, unique_indices=True)
    return put_elements(layout, x, y, *arrays), tangent
