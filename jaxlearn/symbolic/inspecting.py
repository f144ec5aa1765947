"""What programs ask about graphs, arrays and types before they compute."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxlearn.symbolic.functions import FunctionGraph, function
from jaxlearn.symbolic.graph import Variable, variables_between

__all__ = ["hash_from_ndarray", "hashtype", "shape_of_variables"]


def shape_of_variables(
    fgraph: FunctionGraph, input_shapes: Mapping[Variable, tuple[int, ...]]
) -> dict[Variable, tuple[int, ...]]:
    """Return the shape of every tensor in a graph, given those of its inputs.

    Args:
        fgraph: the graph.
        input_shapes: for each input its shape. The values are taken to be zeros, where a shape
            depends on them.

    Raises:
        ValueError: an input has no shape here.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dmatrix("x")
        >>> y = x[:, :2].T
        >>> shape_of_variables(FunctionGraph([x], [y]), {x: (3, 4)})[y]
        (2, 3)
    """
    for variable in fgraph.inputs:
        if variable not in input_shapes:
            raise ValueError(f"input_shapes: there is none for {variable}")
    variables = [
        variable
        for variable in variables_between([*fgraph.inputs, *fgraph.outputs])
        if hasattr(variable.type, "broadcastable")
    ]
    zeros = [np.zeros(input_shapes[v], v.type.dtype) for v in fgraph.inputs]
    shapes: list[Any] = [variable.shape for variable in variables]  # type: ignore[attr-defined]
    found = function(fgraph.inputs, shapes, on_unused_input="ignore")(*zeros)
    return {v: tuple(shape.tolist()) for v, shape in zip(variables, found, strict=True)}


def hash_from_ndarray(data: Any) -> str:
    """Return a text that is the same for arrays of equal dtype, shape and elements.

    Example:
        >>> hash_from_ndarray(np.zeros(2)) == hash_from_ndarray(np.zeros(2))
        True
        >>> hash_from_ndarray(np.zeros(2)) == hash_from_ndarray(np.zeros((2, 1)))
        False
    """
    array = np.ascontiguousarray(data)
    kind = f"{array.dtype.str} {np.shape(data)} "
    return hashlib.sha256(kind.encode() + array.tobytes()).hexdigest()


def hashtype(self: Any) -> int:
    """Return a number that is the same for all objects of one class.

    Example:
        >>> hashtype("one") == hashtype("other")
        True
    """
    kind = type(self)
    return hash((kind.__module__, kind.__qualname__))
