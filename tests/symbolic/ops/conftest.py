"""What the tests of indexing share: expressions as texts, which NumPy computes as well."""

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T


@pytest.fixture
def compute():
    """Computes a text in which ``x`` and other names stand for variables of given values."""
    return _compute


@pytest.fixture
def same_as_numpy():
    """Checks that a text has the same value with arrays as with variables of these values."""

    def check(expression, **values):
        arrays = {name: np.asarray(value) for name, value in values.items()}
        expected = eval(expression, {"np": np, **arrays})
        np.testing.assert_array_equal(_compute(expression, **values), expected)

    return check


def _compute(expression, **values):
    variables = {name: _variable_of(name, value) for name, value in values.items()}
    built = eval(expression, {"T": T, "np": np, "theano": theano, **variables})
    given = {variables[name]: np.asarray(value) for name, value in values.items()}
    result = built.eval({v: g for v, g in given.items() if v in theano.gof.graph.inputs([built])})
    assert result.dtype == built.dtype
    assert all(
        not flag or n == 1 for flag, n in zip(built.broadcastable, result.shape, strict=True)
    )
    return result


def _variable_of(name, value):
    array = np.asarray(value)
    return T.TensorType(array.dtype, [False] * array.ndim)(name)
