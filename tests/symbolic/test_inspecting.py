"""Shapes in a graph, and what is the same for equal arrays and for objects of a class."""

import numpy as np
import pytest

import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.functions import FunctionGraph
from jaxlearn.theano.tensor.utils import hash_from_ndarray, shape_of_variables


def test_shapes_of_all_variables():
    x, y = T.dmatrix("x"), T.dvector("y")
    product = T.dot(x, y)
    both = T.concatenate([product, product])
    found = shape_of_variables(FunctionGraph([x, y], [both]), {x: (3, 4), y: (4,)})
    assert [found[v] for v in (x, y, product, both)] == [(3, 4), (4,), (3,), (6,)]


def test_each_input_needs_a_shape():
    x, y = T.dvectors("x", "y")
    with pytest.raises(ValueError, match="input_shapes: there is none for y"):
        shape_of_variables(FunctionGraph([x, y], [x + y]), {x: (3,)})


def test_hashes_tell_arrays_apart_by_all_that_they_are():
    arrays = [
        np.zeros(4),
        np.zeros((2, 2)),
        np.zeros(4, "float32"),
        np.ones(4),
        np.zeros(4, "int64"),
    ]
    assert len({hash_from_ndarray(array) for array in arrays}) == len(arrays)
    strided = np.arange(8.0)[::2]
    assert hash_from_ndarray(strided) == hash_from_ndarray(strided.copy())


def test_objects_of_a_class_have_one_hash():
    assert T.hashtype(T.dvector()) == T.hashtype(T.dmatrix())
    assert T.hashtype(T.dvector()) != T.hashtype(T.constant(1))
