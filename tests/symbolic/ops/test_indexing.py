"""Indexing: the numbers, types and refusals of NumPy and Theano, in reading, writing, gradients."""

import pickle

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.ops import choosing, gathering, indexing, nonzero

X = np.arange(20.0).reshape(5, 4) - 7
CUBE = np.arange(24.0).reshape(2, 3, 4)
ROWS = np.array([1, -1, 1])
COLUMNS = np.array([0, 3, 2])


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def compute(expression, **values):
    """The value of a text in which ``x`` and other names stand for variables of these values."""
    variables = {name: variable_of(name, value) for name, value in values.items()}
    built = eval(expression, {"T": T, "np": np, "theano": theano, **variables})
    given = {variables[name]: np.asarray(value) for name, value in values.items()}
    result = built.eval({v: g for v, g in given.items() if v in theano.gof.graph.inputs([built])})
    assert result.dtype == built.dtype
    assert all(
        not flag or n == 1 for flag, n in zip(built.broadcastable, result.shape, strict=True)
    )
    return result


def variable_of(name, value):
    array = np.asarray(value)
    return T.TensorType(array.dtype, [False] * array.ndim)(name)


def numpy_of(expression, **values):
    arrays = {name: np.asarray(value) for name, value in values.items()}
    return eval(expression, {"np": np, **arrays})


# Reading.


SLICES = (
    "i:", ":i", "i::-1", ":i:-1", "i:3", "1:i", "i:i + 2", "i::2", "i::-2", ":i:2", ":, i:",
    "i:, ::-1", "-3:i:2", "i:-9:-3", "::2, :i", "2:i, 1", "..., i:",
)  # fmt: skip


def test_slices_are_clipped_as_in_numpy():
    x, i = T.dmatrix("x"), T.lscalar("i")
    read = theano.function([x, i], [eval(f"x[{index}]", {"x": x, "i": i}) for index in SLICES])
    for start in (-6, -5, -4, -1, 0, 1, 3, 4, 5, 8):
        for index, found in zip(SLICES, read(X, start), strict=True):
            expected = eval(f"x[{index}]", {"x": X, "i": start})
            np.testing.assert_array_equal(found, expected, err_msg=f"x[{index}], i={start}")


@pytest.mark.parametrize("step", [-7, -2, -1, 1, 2, 7])
def test_a_symbolic_step(step):
    for index in ("::s", "3:0:s", "1:4:s", ":, ::s"):
        np.testing.assert_array_equal(
            compute(f"x[{index}]", x=X, s=step), numpy_of(f"x[{index}]", x=X, s=step)
        )


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
def test_reading_a_matrix(index):
    expression = f"x[{index}]".replace("r[:, None]", "r.reshape((3, 1))")
    values = {"x": X, "i": 2, "r": ROWS, "c": COLUMNS}
    np.testing.assert_array_equal(compute(expression, **values), numpy_of(expression, **values))


@pytest.mark.parametrize(
    "index",
    ["r, :, c", ":, r, c", "0, :, c", "i, :, c", "r, 1", "r, :, 1", "..., c", "r, ..., c",
     "r, i:, c", "r, None, c % 3", ":, 1, c", ":, i, c", "i:, r, 1:3", "r, r, c",
     "None, r, c % 3", ":, None, c % 3", "0, x[0] > 5", "x[:, :, 0] > 5", "x[:, :, 0] > 5, 1",
     ":, x[0] > 5", "x[:, 0, 0] > 1, :, 0"],
)  # fmt: skip
def test_the_axes_of_arrays_go_where_numpy_puts_them(index):
    values = {"x": CUBE, "i": 1, "r": [1, -1, 0], "c": COLUMNS}
    expression = f"x[{index}]"
    np.testing.assert_array_equal(compute(expression, **values), numpy_of(expression, **values))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint32", "int64", "uint64"])
def test_indices_of_any_integer_dtype(dtype):
    tall = np.arange(600.0).reshape(300, 2)
    i, vector = T.scalar("i", dtype), T.vector("v", dtype)
    last = min(np.iinfo(dtype).max, 299)
    x = T.dmatrix("x")
    np.testing.assert_array_equal(x[i].eval({x: tall, i: last}), tall[last])
    np.testing.assert_array_equal(x[i:].eval({x: tall, i: last}), tall[last:])
    indices = np.array([last, 1], dtype)
    np.testing.assert_array_equal(x[vector].eval({x: tall, vector: indices}), tall[indices])


def test_broadcast_flags():
    r, x, c = T.drow(), T.dmatrix(), T.lcol()
    i = T.lscalar()
    kept = [r[0:1], r[:], r[::2], r[::-1], r[0:5], r[::i], r[0:], r[0:1, 1:]]
    assert [part.broadcastable for part in kept] == [(True, False)] * len(kept)
    lost = [r[1:], r[i:], r[:i], r[:0], r[-1:], r[0:-1], r[0:1:-1], x[0:1], x[i : i + 1]]
    assert [part.broadcastable for part in lost] == [(False, False)] * len(lost)
    assert x[[0]].broadcastable == (True, False)
    assert x[None, :, :].broadcastable == (True, False, False)
    assert x[c, T.lrow()].broadcastable == (False, False)
    assert x[c, 0].broadcastable == (False, False)
    assert x[c].broadcastable == (False, True, False)
    assert x[T.lvector(), None].broadcastable == (False, True, False)
    assert T.set_subtensor(r[0, 1:], 0).broadcastable == (True, False)


def test_operations_print_as_theanos():
    x, i, j = T.dmatrix("x"), T.lscalar("i"), T.iscalar("j")
    assert str(x[i].owner) == "Subtensor{int64}(x, i)"
    assert str(x[1:3].owner) == "Subtensor{int64:int64:}(x, Constant{1}, Constant{3})"
    assert str(x[:, ::j].owner.op) == "Subtensor{::, ::int32}"
    assert x[i:, j].owner.op.idx_list == (
        slice(T.lscalar, None, None),
        T.iscalar,
    )
    assert str(T.set_subtensor(x[i, 1:], 0).owner.op) == "IncSubtensor{Set;int64, int64::}"
    assert str(T.inc_subtensor(x[i], 0).owner.op) == "IncSubtensor{Inc;int64}"
    assert str(x[[0, 1]].owner.op) == "AdvancedSubtensor1"
    written = T.set_subtensor(x[[0, 1]], 0).owner.op
    assert str(written) == "AdvancedIncSubtensor1{no_inplace,set}"
    assert written.set_instead_of_inc
    assert not written.inplace
    assert x[...].owner.op == indexing.Subtensor(x[:, :].owner.op.idx_list)


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


def test_taking():
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


def test_where_elements_are_not_zero():
    x = T.dmatrix("x")
    value = X * (X % 3 != 0)
    for found, expected in zip(x.nonzero(), value.nonzero(), strict=True):
        np.testing.assert_array_equal(found.eval({x: value}), expected)
    matrix = x.nonzero(return_matrix=True)
    assert (matrix.dtype, matrix.ndim) == ("int64", 2)
    np.testing.assert_array_equal(matrix.eval({x: value}), np.stack(value.nonzero()))
    np.testing.assert_array_equal(T.flatnonzero(x).eval({x: value}), np.flatnonzero(value))
    np.testing.assert_array_equal(T.nonzero_values(x).eval({x: value}), value[value != 0])


def test_choosing():
    rows = np.array([0, 4, 1, 1])
    x, a = T.dmatrix("x"), T.lvector("a")
    np.testing.assert_array_equal(choosing.choose(a, x).eval({x: X, a: rows}), np.choose(rows, X))
    for mode in ("wrap", "clip"):
        found = choosing.choose(a, x, mode=mode).eval({x: X, a: 7 * rows - 5})
        np.testing.assert_array_equal(found, np.choose(7 * rows - 5, X, mode=mode))
    gradient = theano.grad(choosing.choose(a, x).sum(), x).eval({x: X, a: rows})
    expected = np.zeros_like(X)
    expected[rows, np.arange(4)] = 1
    np.testing.assert_array_equal(gradient, expected)


def test_permuting_rows():
    orders = np.array([[2, 0, 1], [0, 2, 1]])
    values = np.array([[5.0, 6.0, 7.0], [8.0, 9.0, 10.0]])
    x, y = T.dmatrix("x"), T.lmatrix("y")
    permuted = choosing.permute_row_elements(x, y)
    expected = np.take_along_axis(values, orders, 1)
    np.testing.assert_array_equal(permuted.eval({x: values, y: orders}), expected)
    back = choosing.permute_row_elements(permuted, y, inverse=True)
    np.testing.assert_array_equal(back.eval({x: values, y: orders}), values)
    inverse = choosing.inverse_permutation(y)
    np.testing.assert_array_equal(inverse.eval({y: orders}), np.argsort(orders, 1))


# Writing.

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
def test_setting_and_incrementing(index, value):
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


@pytest.mark.parametrize("shape", [(1000,), (40, 25), (10, 10, 10)])
def test_repeated_indices_where_the_order_of_writing_is_not_defined(shape):
    random = np.random.RandomState(1)
    place = tuple(random.randint(0, length, 5000) for length in shape[:2])
    layout = tuple(axis < 2 for axis in range(len(shape)))
    whole, values = random.randn(*shape), random.randn(5000, *shape[2:])
    expected = whole.copy()
    expected[place] = values
    with jax.enable_x64(True):
        found = jax.jit(lambda x, y, *index: gathering._scatter_last(layout, x, y, *index))(
            whole, values, *place
        )
    np.testing.assert_array_equal(found, expected)


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


def test_a_mask_without_axes():
    x, b = T.dmatrix("x"), T.scalar("b", "bool")
    for flag in (True, False):
        np.testing.assert_array_equal(x[b].eval({x: X, b: flag}), X[np.array(flag)])
        found = T.set_subtensor(x[b], 1).eval({x: X, b: flag})
        np.testing.assert_array_equal(found, np.ones_like(X) if flag else X)


def test_a_masked_write_needs_no_stage_of_its_own():
    x, v = T.dmatrix("x"), T.dvector("v")
    for part, value in (
        (x[x > 0], 0),
        (x[(x > 0).nonzero()], 0),
        (x[x[:, 0] > 0], v),
        (x[x > 0], x[0, 0]),
    ):
        operations = {
            type(node.op)
            for node in theano.gof.graph.io_toposort([x, v], [T.set_subtensor(part, value)])
        }
        assert nonzero.Nonzero not in operations
    operations = theano.gof.graph.io_toposort([x, v], [T.set_subtensor(x[x > 0], v)])
    assert nonzero.Nonzero in {type(node.op) for node in operations}


def test_a_smaller_mask_by_its_nonzero_elements():
    x, m = T.dmatrix("x"), T.matrix("m", "bool")
    mask = X[:3, :2] > -5
    expected = X.copy()
    expected[mask.nonzero()] = 0
    np.testing.assert_array_equal(
        T.set_subtensor(x[m.nonzero()], 0).eval({x: X, m: mask}), expected
    )
    larger = np.zeros((6, 5), bool)
    larger[:3, :2] = mask
    np.testing.assert_array_equal(
        T.set_subtensor(x[m.nonzero()], 0).eval({x: X, m: larger}), expected
    )
    larger[5, 0] = True
    with pytest.raises(IndexError, match="out of bounds"):
        T.set_subtensor(x[m.nonzero()], 0).eval({x: X, m: larger})


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


def test_an_index_has_no_gradient():
    x, i = T.dvector("x"), T.dscalar("i")
    cost = x[T.cast(i, "int64")] ** 2
    with pytest.raises(theano.gradient.DisconnectedInputError):
        theano.grad(cost, i)


# Refusals.


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
        ("T.nonzero(v[0])", ValueError, "a scalar, wanted a tensor with axes"),
        ("T.set_subtensor(x, 0)", TypeError, "x must be the result of a subtensor"),
        ("T.set_subtensor(x[0], x)", TypeError, "got a value with 2 axes \\(x\\) for a part"),
        ("T.set_subtensor(x[x > 0], x)", TypeError, "got a value with 2 axes \\(x\\) for a part"),
        ("T.inc_subtensor(r[0], v[0])", TypeError, "got an increment of float64 .* of int64; cast"),
        ("T.set_subtensor(x[0], z)", TypeError, "got a value of complex128 .*; take real"),
    ],
)  # fmt: skip
def test_refusals_while_building(expression, error, text):
    names = {"x": T.dmatrix("x"), "v": T.dvector("v"), "r": T.lvector("r"), "z": T.zvector("z")}
    with pytest.raises(error, match=text):
        eval(expression, {"T": T, **names})


WRONG_INDEX = (
    "index {} is out of bounds for axis {} of x, which has shape (5, 4): wanted {} to {}\n  made at"
)


@pytest.mark.parametrize(
    ("expression", "where"),
    [
        ("x[5]", (5, 0, -5, 4)),
        ("x[0, -5]", (-5, 1, -4, 3)),
        ("x[i]", ("i", 0, -5, 4)),
        ("x[1:, i]", ("i", 1, -4, 3)),
        ("x[[0, 7]]", (7, 0, -5, 4)),
        ("x[r]", ("r", 0, -5, 4)),
        ("x[:, r]", ("r", 1, -4, 3)),
        ("x[[0, 1], r[:2]]", ("Subtensor{:int64:}.0", 1, -4, 3)),
        ("T.set_subtensor(x[i], 0)", ("i", 0, -5, 4)),
        ("T.inc_subtensor(x[r], 0)", ("r", 0, -5, 4)),
        ("T.set_subtensor(x[r, 0], 0)", ("r", 0, -5, 4)),
        ("theano.grad(x[r].sum(), x)", ("r", 0, -5, 4)),
    ],
)
def test_indices_out_of_bounds(expression, where):
    with pytest.raises(IndexError) as raised:
        compute(expression, x=X, i=-6, r=[0, 9, 1])
    assert WRONG_INDEX.format(*where) in str(raised.value)


def test_an_index_out_of_bounds_changes_no_shared_variable():
    weights = theano.shared(X.copy(), "weights")
    i = T.lscalar("i")
    step = theano.function([i], [], updates=[(weights, T.inc_subtensor(weights[i], 1))])
    with pytest.raises(IndexError, match="index i is out of bounds for axis 0 of weights"):
        step(5)
    np.testing.assert_array_equal(weights.get_value(), X)
    step(-5)
    np.testing.assert_array_equal(weights.get_value()[0], X[0] + 1)


@pytest.mark.parametrize(
    ("expression", "error", "text"),
    [
        ("x[::s]", ValueError, "slice step cannot be zero"),
        ("x[::0]", ValueError, "slice step cannot be zero"),
        ("x[r, r[:2]]", IndexError, "x have shapes (3,), (2,), which do not broadcast together"),
        ("x[m]", IndexError, "the mask has shape (3,), and what it indexes has shape (5, 4), "
         "wanted (5,) for axes 0"),
        ("x[:, m]", IndexError, "wanted (4,) for axes 1"),
        ("T.set_subtensor(x[m], 0)", IndexError, "the mask has shape (3,)"),
        ("T.set_subtensor(x[0], u)", ValueError, "could not broadcast u of shape (3,) into the "
         "selected part of x, which has shape (4,)"),
        ("T.inc_subtensor(x[r], u)", ValueError, "into the selected part of x, which has shape "
         "(3, 4)"),
        ("T.inc_subtensor(x[x > 0], u)", ValueError, "could not broadcast u of shape (3,)"),
    ],
)  # fmt: skip
def test_refusals_when_it_runs(expression, error, text):
    values = {"x": X, "s": 0, "r": [0, 1, 2], "m": np.array([True, False, True]), "u": np.ones(3)}
    with pytest.raises(error) as raised:
        compute(expression, **values)
    assert text in str(raised.value)
    assert "made at" in str(raised.value)


def test_a_number_that_names_no_choice():
    x, a = T.dmatrix("x"), T.lvector("a")
    text = "invalid entry in choice array: a must be 0 to 4, for 5 choices"
    with pytest.raises(ValueError, match=text):
        choosing.choose(a, x).eval({x: X, a: [0, 5, 1, 1]})
    with pytest.raises(ValueError, match="shape mismatch: the numbers a have shape"):
        choosing.choose(a, x).eval({x: X, a: [0, 1]})


def test_a_permutation_out_of_bounds():
    x, y = T.dmatrix("x"), T.lmatrix("y")
    permuted = choosing.permute_row_elements(x, y)
    with pytest.raises(IndexError, match="index y is out of bounds for axis 1 of x"):
        permuted.eval({x: X[:1], y: [[0, 1, 2, 9]]})
    with pytest.raises(ValueError, match="has length 4 in its last axis"):
        permuted.eval({x: X[:1], y: [[0, 1, 2]]})
