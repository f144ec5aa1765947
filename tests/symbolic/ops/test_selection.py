"""Selections: the dtype and the shape of what is written, and what does not fit."""

import numpy as np
import pytest

import jaxlearn.theano.tensor as T

pytestmark = pytest.mark.usefixtures("strict")

X = np.arange(20.0).reshape(5, 4) - 7


def test_a_value_takes_the_dtype_of_the_whole():
    x, n, s = T.fvector("x"), T.lvector("n"), T.dscalar("s")
    single = T.inc_subtensor(x[1:], s)
    assert single.dtype == "float32"
    np.testing.assert_array_equal(single.eval({x: [1, 2], s: 0.5}), [1, 2.5])
    np.testing.assert_array_equal(T.set_subtensor(n[0], s).eval({n: [1, 2], s: 5.7}), [5, 2])
    np.testing.assert_array_equal(T.inc_subtensor(n[[0, 0]], s).eval({n: [1, 2], s: 1.7}), [3, 2])
    flags = T.vector("flags", "bool")
    found = T.inc_subtensor(flags[[0, 0]], flags[1:]).eval({flags: [False, True, False]})
    np.testing.assert_array_equal(found, [True, True, False])


@pytest.mark.parametrize(
    ("expression", "error", "text"),
    [
        ("x[::s]", ValueError, "slice step cannot be zero"),
        ("x[::0]", ValueError, "slice step cannot be zero"),
        ("x[r, r[:2]]", IndexError, "x have shapes (3,), (2,), which do not broadcast together"),
        ("T.set_subtensor(x[0], u)", ValueError, "could not broadcast u of shape (3,) into the "
         "selected part of x, which has shape (4,)"),
        ("T.inc_subtensor(x[r], u)", ValueError, "into the selected part of x, which has shape "
         "(3, 4)"),
        ("T.inc_subtensor(x[x > 0], u)", ValueError, "could not broadcast u of shape (3,)"),
    ],
)  # fmt: skip
def test_refusals_when_it_runs(expression, error, text, compute):
    values = {"x": X, "s": 0, "r": [0, 1, 2], "u": np.ones(3)}
    with pytest.raises(error) as raised:
        compute(expression, **values)
    assert text in str(raised.value)
    assert "made at" in str(raised.value)
