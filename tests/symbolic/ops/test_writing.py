"""Setting and incrementing parts: NumPy's numbers, and gradients."""

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T

pytestmark = pytest.mark.usefixtures("strict")

X = np.arange(20.0).reshape(5, 4) - 7
ROWS = np.array([1, -1, 1])
COLUMNS = np.array([0, 3, 2])


PARTS = {
    "0": "v", "-1": "2", "i": "v", "i, 1": "9", "i, 1:": "v[1:]", "1:3": "v", "i:": "v",
    "i:i + 2": "x[:2]", "::2": "x[:3]", "::-2": "x[:3]", "::-1, ::-1": "x", "i::-1": "v",
    "::2, ::3": "7", ":, 0": "w", ":, i": "w", "...": "x * 2", "0:0": "3", "-i:": "x[:1]",
    "x.shape[0] - 1": "v", "r": "v", ":, c": "u", "r, c": "u", "r, 1": "5", "r, :2": "v[:2]",
    "1:3, c": "u", "i:, c": "1", "i, c": "u", "r, None": "v", "x > 0": "4", "x[:, 0] > 0": "v",
    "x[:, 0] > 0, 1": "2", ":, x[0] > -6": "w[:, None]", "x > 3": "x[x > 3] * 2",
    "x[:, 0] > 3, 1:": "v[1:]", "(x > 3).nonzero()": "1", "[1, 1]": "x[:2]", "[]": "1",
}  # fmt: skip


VALUES = {
    "x": X,
    "i": 2,
    "r": ROWS,
    "c": COLUMNS,
    "v": [1.0, 2.0, 3.0, 4.0],
    "w": [5.0, 6.0, 7.0, 8.0, 9.0],
    "u": [0.5, 1.5, 2.5],
}


@pytest.mark.parametrize(("index", "value"), PARTS.items())
def test_setting_and_incrementing(index, value, compute):
    arrays = {name: np.asarray(given) for name, given in VALUES.items()}
    place, new = eval(f"np.s_[{index}]", {"np": np, **arrays}), eval(value, dict(arrays))
    symbolic = value.replace("w[:, None]", "w.dimshuffle(0, 'x')")
    expected = X.copy()
    expected[place] = new
    found = compute(f"T.set_subtensor(x[{index}], {symbolic})", **VALUES)
    np.testing.assert_array_equal(found, expected)
    expected = X.copy()
    np.add.at(expected, place, new)
    found = compute(f"T.inc_subtensor(x[{index}], {symbolic})", **VALUES)
    np.testing.assert_array_equal(found, expected)


def test_the_last_of_repeated_indices_is_set_and_all_are_added():
    random = np.random.RandomState(0)
    rows = random.randint(-50, 50, 20_000)
    columns = random.randint(0, 7, 20_000)
    x, i, j, y = T.dmatrix("x"), T.lvector("i"), T.lvector("j"), T.dvector("y")
    values = random.randn(20_000)
    whole = random.randn(50, 7)
    given = {x: whole, i: rows, j: columns, y: values}
    expected = whole.copy()
    expected[rows, columns] = values
    np.testing.assert_array_equal(T.set_subtensor(x[i, j], y).eval(given), expected)
    expected = whole.copy()
    np.add.at(expected, (rows, columns), values)
    np.testing.assert_allclose(T.inc_subtensor(x[i, j], y).eval(given), expected, rtol=1e-12)
    tall = random.randn(20_000, 7)
    t = T.dmatrix("t")
    expected = whole.copy()
    expected[rows] = tall
    found = T.set_subtensor(x[i], t).eval({x: whole, i: rows, t: tall})
    np.testing.assert_array_equal(found, expected)


def test_writing_through_a_change_of_axes_or_shape():
    x, v = T.dmatrix("x"), T.dvector("v")
    expected = X.copy()
    expected[:2] = [[8], [9]]
    found = T.set_subtensor(x[:2].T, v).eval({x: X, v: [8.0, 9.0]})
    np.testing.assert_array_equal(found, expected.T)
    expected = X.copy()
    expected[0] = [8, 9, 8, 9]
    found = T.set_subtensor(x[0].reshape((2, 2)), v).eval({x: X, v: [8.0, 9.0]})
    np.testing.assert_array_equal(found, expected)
    found = T.inc_subtensor(x[:2].flatten(), 1).eval({x: X})
    np.testing.assert_array_equal(found[:2], X[:2] + 1)


# Gradients.


def weighted(y):
    weights = np.linspace(0.5, 2.0, 7)
    return (T.sqr(y.flatten()) * T.constant(np.resize(weights, 200))[: y.size]).sum()


@pytest.mark.parametrize(
    "index",
    ["0", "i", "i, 1", "i:", "i::-1", ":i:2", "::-2, i", "r", "r, c", ":, c", "r, :, None", "1:, c",
     "x > 0", "x[:, 0] > 0", "(x > 0).nonzero()", "i:, c", "[[0, 1], [1, 1]]", "x[:, 0] > 3, 1:"],
)  # fmt: skip
def test_gradients_agree_with_finite_differences(index):
    i, r, c = (T.constant(VALUES[name]) for name in "irc")
    names = {"i": i, "r": r, "c": c, "np": np}
    random = np.random.RandomState(0)

    def read(x):
        return weighted(eval(f"x[{index}]", {**names, "x": x}))

    def write(x):
        part = eval(f"x[{index}]", {**names, "x": x})
        incremented = weighted(T.inc_subtensor(part, T.sin(x[0, 0])))
        repeated = "r" in index or "[1, 1]" in index
        return incremented if repeated else incremented + weighted(T.set_subtensor(part, x[0, 1]))

    # Away from zero, so that no mask changes.
    theano.gradient.verify_grad(read, [X + 0.25], rng=random)
    theano.gradient.verify_grad(write, [X + 0.25], rng=random)


def test_gradient_by_what_is_written():
    x, y, i = T.dvector("x"), T.dvector("y"), T.lvector("i")
    given = {x: [1.0, 2.0, 3.0], y: [4.0, 5.0], i: [2, 0]}
    for write, by_x, by_y in (
        (T.set_subtensor, [0.0, 4.0, 0.0], [8.0, 10.0]),
        (T.inc_subtensor, [12.0, 4.0, 14.0], [14.0, 12.0]),
    ):
        cost = T.sqr(write(x[i], y)).sum()
        np.testing.assert_allclose(theano.grad(cost, x).eval(given), by_x, rtol=1e-12)
        np.testing.assert_allclose(theano.grad(cost, y).eval(given), by_y, rtol=1e-12)


def test_each_value_that_sets_one_element_gets_the_whole_gradient():
    # Theano's convention; the truth would be zero for all but the last.
    x, y, i = T.dvector("x"), T.dvector("y"), T.lvector("i")
    given = {x: [1.0, 2.0, 3.0], y: [4.0, 5.0], i: [1, 1]}
    cost = T.sqr(T.set_subtensor(x[i], y)).sum()
    assert theano.grad(cost, y).eval(given).tolist() == [10.0, 10.0]
    assert theano.grad(cost, x).eval(given).tolist() == [2.0, 0.0, 6.0]


def test_second_derivatives():
    x, i = T.dvector("x"), T.lscalar("i")
    cost = (T.set_subtensor(x[i:], x[:2] ** 3) * x).sum()
    value = np.array([2.0, 3.0, 5.0, 7.0])
    found = theano.gradient.hessian(cost, x).eval({x: value, i: 2})
    expected = np.diag([2.0 + 6 * 2 * 5, 2.0 + 6 * 3 * 7, 0, 0])
    expected[0, 2] = expected[2, 0] = 3 * 2**2
    expected[1, 3] = expected[3, 1] = 3 * 3**2
    np.testing.assert_allclose(found, expected, rtol=1e-12)


# Refusals.


@pytest.mark.parametrize(
    ("expression", "error", "text"),
    [
        ("T.set_subtensor(x, 0)", TypeError, "x must be the result of a subtensor"),
        ("T.set_subtensor(x[0], x)", TypeError, "got a value with 2 axes \\(x\\) for a part"),
        ("T.set_subtensor(x[x > 0], x)", TypeError, "got a value with 2 axes \\(x\\) for a part"),
        ("T.inc_subtensor(r[0], v[0])", TypeError, "got an increment of float64 .* of int64; cast"),
        ("T.set_subtensor(x[0], z)", TypeError, "got a value of complex128 .*; take real"),
    ],
)  # fmt: skip
def test_refusals(expression, error, text):
    names = {"x": T.dmatrix("x"), "v": T.dvector("v"), "r": T.lvector("r"), "z": T.zvector("z")}
    with pytest.raises(error, match=text):
        eval(expression, {"T": T, **names})
