"""Slices that make up an array, as the gates of a recurrent net do.

JAX's gradient of a slice is an array as large as the whole, zero outside; the gradients of several
are added up. Cut all at once, they have one gradient: theirs, joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jax import lax

from jaxlearn.symbolic.graph import Apply, Constant, Numbering
from jaxlearn.symbolic.ops.index_patterns import WHOLE, filled

__all__ = ["Pieces", "pieces_of"]


class Pieces:
    """Constant indices into one axis of one variable.

    Args:
        axis: the axis.
        indices: by the node that reads it, what stands there in the index: an integer or a slice.
    """

    def __init__(self, axis: int, indices: dict[Apply, int | slice]) -> None:
        self.axis = axis
        self.indices = indices

    def cut(self, x: Any) -> dict[Apply, Any] | None:
        """Return what each node reads; None if they do not read each element, and only once."""
        everything = range(x.shape[self.axis])
        places = {}
        for node, index in self.indices.items():
            if isinstance(index, int) and index not in range(-len(everything), len(everything)):
                return None
            found = everything[index]
            places[node] = range(found, found + 1) if isinstance(found, int) else found
        nodes = sorted(places, key=lambda node: places[node].start)
        starts = [*(places[node].start for node in nodes), len(everything)]
        ends = [0, *(places[node].stop for node in nodes)]
        if starts != ends:
            return None
        parts = lax.split(x, [len(places[node]) for node in nodes], self.axis)
        return {
            node: lax.squeeze(part, [self.axis]) if isinstance(self.indices[node], int) else part
            for node, part in zip(nodes, parts, strict=True)
        }


def pieces_of(nodes: Sequence[Apply], numbering: Numbering) -> dict[Apply, Pieces]:
    """Return, by node, the slices that may be cut at once: where there are several of a variable.

    Args:
        nodes: those of a graph, without equal ones.
        numbering: tells equal variables.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> numbering = Numbering()
        >>> numbering.add(parts := [x[:2], x[2:5], x[::2]])
        >>> pieces = pieces_of([part.owner for part in parts], numbering)
        >>> [part.owner in pieces for part in parts]
        [True, True, False]
    """
    together: dict[tuple[int, int], Pieces] = {}
    for node in nodes:
        found = _constant_index(node)
        if found is not None:
            axis, index = found
            key = numbering[node.inputs[0]], axis
            together.setdefault(key, Pieces(axis, {})).indices[node] = index
    several = [pieces for pieces in together.values() if len(pieces.indices) > 1]
    return {node: pieces for pieces in several for node in pieces.indices}


def _constant_index(node: Apply) -> tuple[int, int | slice] | None:
    """Return the axis and the index of a node that indexes one axis by constants."""
    from jaxlearn.symbolic.ops.indexing import Subtensor

    if not isinstance(node.op, Subtensor):
        return None
    numbers = [v.data.item() if isinstance(v, Constant) else None for v in node.inputs[1:]]
    axes = [axis for axis, entry in enumerate(node.op.pattern) if entry != WHOLE]
    if None in numbers or len(axes) != 1:
        return None
    index = filled(node.op.pattern, numbers)[axes[0]]
    is_strided = isinstance(index, slice) and index.step not in (None, 1)
    return None if is_strided else (axes[0], index)
