"""Reading parts: the numbers of NumPy, the refusals of NumPy and Theano."""

import pickle

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T

pytestmark = pytest.mark.usefixtures("strict")

X = np.arange(20.0).reshape(5, 4) - 7
ROWS = np.array([1, -1, 1])
COLUMNS = np.array([0, 3, 2])


@pytest.mark.parametrize(
    "index",
    ["0", "-1", "i", "i, 2", "1, -i", ":, i", "..., i", "i, ...", "i, ::-2", "1:3, i", "()", "...",
     "None, :, :", ":, None, i", "..., None", "r", "r, c", "r, :", ":, r", "r, 1", "1, r", "i, r",
     "r, ::2", "1:3, r", "::-1, r", "i:, r", "r, None", "None, r", "r, None, c", "[0, 2]", "[]",
     "[[0], [1]], [0, 1, 2]", "r[:, None], c", "np.array([[1, 2], [0, 4]])", "x > 0", "x[:, 0] > 0",
     "x[:, 0] > 0, 1", "x[:, 0] > 0, 1:", ":, x[0] > -6", "~(x > 0)", "x > 100",
     "x[:, 0] > 0, None", "np.array([True, False, True, False, True])", "1, x[0] > -6",
     "x[:, 0] > 3, [1, 2]"],
)  # fmt: skip
def test_reading_a_matrix(index, same_as_numpy):
    expression = f"x[{index}]".replace("r[:, None]", "r.reshape((3, 1))")
    values = {"x": X, "i": 2, "r": ROWS, "c": COLUMNS}
    same_as_numpy(expression, **values)


def test_nodes_pickle():
    x, i, rows = T.dmatrix("x"), T.lscalar("i"), T.lvector("rows")
    parts = [T.set_subtensor(x[i:, 0], 1), x[rows, 1:, None], T.inc_subtensor(x[x > 0], 1)]
    values = {"x": X, "i": 2, "rows": ROWS}
    for part in parts:
        again = pickle.loads(pickle.dumps(part))
        inputs = {v: values[v.name] for v in theano.gof.graph.inputs([again]) if v.name}
        old = {v: values[v.name] for v in theano.gof.graph.inputs([part]) if v.name}
        np.testing.assert_array_equal(again.eval(inputs), part.eval(old))


def test_shapes_are_indexed_before_compiling():
    x, n = T.dmatrix("x"), T.lscalar("n")
    assert T.zeros((x.shape[1], x.shape[-2])).eval({x: X}).shape == (4, 5)
    assert T.zeros((x.shape[n],)).eval({x: X, n: 1}).shape == (4,)
    assert x.shape[::-1].eval({x: X}).tolist() == [4, 5]
    assert T.alloc(0.0, T.set_subtensor(x.shape[0], n)[0], 2).eval({x: X, n: 3}).shape == (3, 2)
    assert T.zeros((x.shape[[1, 0]][0],)).eval({x: X}).shape == (4,)


def test_taking(compute):
    for options, expected in (
        ("i", X.take(2)),
        ("r", X.take(ROWS)),
        ("r, axis=0", X.take(ROWS, 0)),
        ("c, axis=1", X.take(COLUMNS, 1)),
        ("c, axis=-1", X.take(COLUMNS, 1)),
        ("i, 1", X.take(2, 1)),
        ("[[0, 1], [2, 2]], axis=1", X.take([[0, 1], [2, 2]], 1)),
        ("9 * r, axis=0, mode='wrap'", X.take(9 * ROWS, 0, mode="wrap")),
        ("9 * r, axis=1, mode='clip'", X.take(9 * ROWS, 1, mode="clip")),
        ("99 * r, mode='clip'", X.take(99 * ROWS, mode="clip")),
        ("[]", X.take(np.zeros(0, int))),
    ):
        found = compute(f"x.take({options})", x=X, i=2, r=ROWS, c=COLUMNS)
        np.testing.assert_array_equal(found, expected)


def test_an_index_has_no_gradient():
    x, i = T.dvector("x"), T.dscalar("i")
    cost = x[T.cast(i, "int64")] ** 2
    with pytest.raises(theano.gradient.DisconnectedInputError):
        theano.grad(cost, i)


@pytest.mark.parametrize(
    ("expression", "error", "text"),
    [
        ("x[0, 0, 0]", IndexError, "too many indices: got 3, for a tensor with 2 axes"),
        ("x[..., ...]", IndexError, "an index can only have a single Ellipsis"),
        ("x[1.0]", TypeError, "index must be integers or a boolean mask"),
        ("x[[0.5]]", TypeError, "index must be integers or a boolean mask"),
        ("x[v]", TypeError, "index must be integers or a boolean mask: got v of"),
        ("x[v[0]]", TypeError, "index must be integers or a boolean mask"),
        ("x[v[0]:]", TypeError, "wanted an integer"),
        ("x[1.0:]", TypeError, r"index: got 1.0 \(float\), wanted an integer"),
        ("x[r:]", ValueError, "index: got r with 1 axes, wanted a scalar"),
        ("x[True]", TypeError, r"make it a NumPy array first: x\[numpy.array\(\[True, False\]\)\]"),
        ("x[[True, False]]", TypeError, "Python bools are no index"),
        ("x['a']", TypeError, "cannot make a tensor of 'a'"),
        ("x.take(v)", TypeError, "index must be integers"),
        ("x.take(r, axis=2)", IndexError, "axis: got 2, wanted -2 to 1"),
        ("x.take(r, mode='none')", ValueError, "mode: got 'none', wanted 'raise', 'wrap'"),
    ],
)  # fmt: skip
def test_refusals_while_building(expression, error, text):
    names = {"x": T.dmatrix("x"), "v": T.dvector("v"), "r": T.lvector("r")}
    with pytest.raises(error, match=text):
        eval(expression, {"T": T, **names})
