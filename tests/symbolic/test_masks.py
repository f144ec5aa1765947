"""A mask of which only a reduction is needed is no stage of its own, and computes the same."""

import warnings

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.errors import NotFusedWarning
from jaxlearn.symbolic.graph import toposort
from jaxlearn.symbolic.masks import has_masks
from jaxlearn.symbolic.ops import elementwise, reductions
from jaxlearn.symbolic.rewrites import stabilized

RANDOM = np.random.RandomState(0)
VALUES = {
    "x": RANDOM.randn(6),
    "y": RANDOM.rand(6),
    "n": np.array([3, 0, -1, 0, 5, 2]),
    "m": np.array([True, False, True, True, False, False]),
    "X": RANDOM.randn(6, 4),
    "M": RANDOM.rand(6, 4) > 0.5,
    "a": np.array(1.5),
}
x, y = T.dvectors("x", "y")
n, m = T.lvector("n"), T.vector("m", "bool")
X, M = T.dmatrix("X"), T.matrix("M", "bool")
a = T.dscalar("a")
SYMBOLS = {"x": x, "y": y, "n": n, "m": m, "X": X, "M": M, "a": a}


@pytest.fixture(autouse=True, scope="module")
def quick_compiler():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def logistic(x):
    return 1 / (1 + np.exp(-x))


def crossentropy(p, t):
    return -(t * np.log(p) + (1 - t) * np.log(1 - p))


# An expression, and what it is in NumPy.
FORMS = {
    "sum": (x[m].sum(), lambda v: v.x[v.m].sum()),
    "mean": (x[m].mean(), lambda v: v.x[v.m].mean()),
    "prod": (x[m].prod(), lambda v: v.x[v.m].prod()),
    "max": (x[m].max(), lambda v: v.x[v.m].max()),
    "min": (x[m].min(), lambda v: v.x[v.m].min()),
    "max of integers": (n[m].max(), lambda v: v.n[v.m].max()),
    "min of integers": (n[n < 3].min(), lambda v: v.n[v.n < 3].min()),
    "var": (x[m].var(), lambda v: v.x[v.m].var()),
    "std": (X[M].std(), lambda v: v.X[v.M].std()),
    "norm": (x[m].norm(2), lambda v: np.linalg.norm(v.x[v.m])),
    "any": ((x[m] > 1).any(), lambda v: (v.x[v.m] > 1).any()),
    "all": (T.all(x[m] > -9), lambda v: True),
    "sum of int8 wraps not": (
        T.cast(n, "int8")[m].sum(dtype="int64"),
        lambda v: v.n[v.m].sum(),
    ),
    "squares": (T.sqr(x[m] - y[m]).mean(), lambda v: np.square(v.x - v.y)[v.m].mean()),
    "a factor": ((a * x[m] + 1).sum(), lambda v: (v.a * v.x[v.m] + 1).sum()),
    "its own mask": (T.log(x[x > 0]).sum(), lambda v: np.log(v.x[v.x > 0]).sum()),
    "crossentropy": (
        T.nnet.binary_crossentropy(T.nnet.sigmoid(x)[m], y[m]).mean(),
        lambda v: crossentropy(logistic(v.x), v.y)[v.m].mean(),
    ),
    "accuracy": (T.eq(n[m], 3).mean(), lambda v: (v.n[v.m] == 3).mean()),
    "rows": (X[m].mean(), lambda v: v.X[v.m].mean()),
    "rows, by column": (X[m].mean(axis=0), lambda v: v.X[v.m].mean(axis=0)),
    "rows, kept": (X[m].max(axis=0, keepdims=True), lambda v: v.X[v.m].max(0, keepdims=True)),
    "rows and a row": (
        (X[m] - X[0]).sum(axis=0),
        lambda v: (v.X[v.m] - v.X[0]).sum(axis=0),
    ),
    "columns": (X[:, M[0]].sum(axis=-1), lambda v: v.X[:, v.M[0]].sum(axis=-1)),
    "all axes": ((X[M] * a).sum(), lambda v: v.a * v.X[v.M].sum()),
    "nonzero": (n[n.nonzero()].prod(), lambda v: v.n[v.n != 0].prod()),
    "nonzero_values": (T.sqr(X.nonzero_values()).sum(), lambda v: np.square(v.X).sum()),
    "a shorter condition": (
        x[(n[:4] > 0).nonzero()].sum(),
        lambda v: v.x[:4][v.n[:4] > 0].sum(),
    ),
    "count": (m.nonzero()[0].shape[0], lambda v: v.m.sum()),
    "size": (n.nonzero()[0].size, lambda v: 4),
    "shape": (X[m].shape, lambda v: (3, 4)),
    "set": (T.set_subtensor(x[m], 2 * y[m]), lambda v: np.where(v.m, 2 * v.y, v.x)),
    "increased": (T.inc_subtensor(X[M], X[M] ** 2), lambda v: v.X + v.M * v.X**2),
    "rows set": (
        T.set_subtensor(X[m], X[m] * a),
        lambda v: np.where(v.m[:, None], v.a * v.X, v.X),
    ),
}  # fmt: skip
REAL = [name for name, (form, _) in FORMS.items() if form.dtype == "float64"]


class Named:
    def __init__(self, **values):
        self.__dict__.update(values)


def compiled(expressions):
    return theano.function(list(SYMBOLS.values()), expressions, on_unused_input="ignore")


def test_forms_are_what_numpy_computes_in_one_program():
    f = compiled([form for form, _ in FORMS.values()])
    for name, found in zip(FORMS, f(*VALUES.values()), strict=True):
        wanted = np.asarray(FORMS[name][1](Named(**VALUES)))
        assert found.shape == wanted.shape, name
        np.testing.assert_allclose(found, wanted, rtol=1e-12, err_msg=name)
    # For other masks the same program does.
    f(*(VALUES | {"m": ~VALUES["m"], "M": ~VALUES["M"]}).values())
    assert f.variants == 1


@pytest.mark.parametrize("name", FORMS)
def test_no_form_needs_a_stage(name):
    form, _ = FORMS[name]
    assert has_masks(toposort([form]))
    (rewritten,) = stabilized([form])
    assert rewritten.type == form.type
    assert not has_masks(toposort([rewritten]))


def test_gradients_agree_with_differences():
    wrt = {"x": x, "y": y, "X": X, "a": a}
    costs = [FORMS[name][0].sum() for name in REAL]
    slopes = [T.grad(cost, list(wrt.values()), disconnected_inputs="ignore") for cost in costs]
    f = compiled([slope for some in slopes for slope in some])
    found = iter(f(*VALUES.values()))
    assert f.variants == 1
    direction = {name: np.random.RandomState(1).randn(*VALUES[name].shape) for name in wrt}
    step = 1e-6
    for name in REAL:
        wanted = 0
        for side in (1, -1):
            moved = {key: VALUES[key] + side * step * direction[key] for key in wrt}
            wanted += side * np.sum(FORMS[name][1](Named(**VALUES | moved))) / (2 * step)
        slope = sum((next(found) * direction[key]).sum() for key in wrt)
        np.testing.assert_allclose(slope, wanted, rtol=1e-6, atol=1e-8, err_msg=name)


def test_what_the_mask_leaves_out_spoils_no_gradient():
    w = T.dscalar("w")
    cost = (w * T.log(x[m]) / T.sqrt(x[m]) + T.arccosh(x[m]) + T.log(x[m] - 1)).sum()
    slopes = T.grad(cost, [x, w])
    curved = T.grad(T.sqr(slopes[0]).sum() + slopes[1], [x, w])
    given = np.array([2.0, 0.0, 3.0, 4.0, -1.0, 1.0])
    f = theano.function([x, w, m], [cost, *slopes, *curved])
    found = f(given, 1.5, VALUES["m"])
    z = given[VALUES["m"]]
    by_w = np.log(z) / np.sqrt(z)
    by_both = (1 - np.log(z) / 2) / z**1.5
    by_x = 1.5 * by_both + (z**2 - 1) ** -0.5 + 1 / (z - 1)
    twice = 1.5 * (0.75 * np.log(z) - 2) / z**2.5 - z * (z**2 - 1) ** -1.5 - (z - 1) ** -2.0
    wanted = [
        (1.5 * by_w + np.arccosh(z) + np.log(z - 1)).sum(),
        by_x,
        by_w.sum(),
        2 * by_x * twice + by_both,
        2 * (by_x * by_both).sum(),
    ]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one[VALUES["m"]] if one.ndim else one, other, rtol=1e-12)
        if one.ndim:
            assert not one[~VALUES["m"]].any()


def test_nothing_is_selected():
    none = VALUES | {"m": np.zeros(6, bool)}
    names = ("sum", "prod", "any", "all", "mean", "set", "count", "rows, by column")
    f = compiled([FORMS[name][0] for name in names])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = [FORMS[name][1](Named(**none)) for name in names]
    for name, one, other in zip(names, f(*none.values()), wanted, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=name)
    for name in ("max", "min", "max of integers"):
        with pytest.raises(ValueError, match=r"needs at least one element: m selects none") as no:
            compiled(FORMS[name][0])(*none.values())
        assert "test_masks.py" in str(no.value)


def test_a_mask_of_another_shape_is_refused_as_ever():
    f = theano.function([x, m], x[m].sum())
    with pytest.raises(IndexError, match=r"the mask has shape \(2,\), and what it indexes has"):
        f(VALUES["x"], [True, False])
    f = theano.function([x, n], x[n.nonzero()].sum())
    assert float(f([1.0, 2.0], [1, 0, 0])) == 1.0
    with pytest.raises(IndexError, match="out of bounds"):
        f([1.0, 2.0], [1, 0, 1])


def test_division_by_zero_is_one_of_what_is_selected():
    f = theano.function([n, m], (7 // n[m]).sum())
    assert f([2, 0, 3], [True, False, True]) == 5
    with pytest.raises(ZeroDivisionError):
        f([2, 0, 3], [True, True, True])


@pytest.mark.parametrize(
    "form",
    [x[m][::-1], x[m].argmax(), (x[m] + y[n > 0]).sum(), T.dot(x[m], y[m]), X[m].sum(axis=1)],
)
def test_what_is_no_such_form_is_left(form):
    assert stabilized([form])[0] is form


def test_a_training_on_what_is_known_runs_as_one_program():
    random = np.random.RandomState(3)
    data, labels = random.randn(40, 5), (random.rand(40) > 0.5).astype("float64")
    known = random.rand(40) > 0.3
    rows, target, mask = T.dmatrix("rows"), T.dvector("target"), T.vector("mask", "bool")

    def training():
        w = theano.shared(np.zeros(5), "w")
        p = T.nnet.sigmoid(T.dot(rows, w))
        cost = T.nnet.binary_crossentropy(p[mask], target[mask]).mean()
        step = [(w, w - 0.5 * T.grad(cost, w))]
        return w, theano.function([rows, target, mask], cost, updates=step, name="train")

    weight, costs = np.zeros(5), []
    for _ in range(5):
        p = logistic(data[known] @ weight)
        costs.append(crossentropy(p, labels[known]).mean())
        weight = weight - 0.5 * data[known].T @ (p - labels[known]) / known.sum()
    with warnings.catch_warnings():
        warnings.simplefilter("error", NotFusedWarning)
        w, train = training()
        np.testing.assert_allclose(train.repeat(5, data, labels, known), costs, rtol=1e-12)
        np.testing.assert_allclose(w.get_value(), weight, rtol=1e-12)
        w, train = training()
        many = [np.stack([array] * 5) for array in (data, labels, known)]
        np.testing.assert_allclose(train.scan(*many), costs, rtol=1e-12)
    w, train = training()
    pure, state = train.as_jax(data, labels, known)
    names = {}
    text = train.source().replace('jax.config.update("jax_enable_x64", True)', "")
    exec(compile(text, "generated", "exec"), names)
    for function in (pure, names["train"]):
        with jax.enable_x64(True):
            cost, after = jax.jit(function)(state, data, labels, known)
        np.testing.assert_allclose(cost, costs[0], rtol=1e-12)
        first = -0.5 * data[known].T @ (0.5 - labels[known]) / known.sum()
        np.testing.assert_allclose(after["w"], first, rtol=1e-12)


def test_every_rule_is_of_an_operation_that_there_is():
    from jaxlearn.symbolic import masks

    named = {*elementwise.ROWS, *reductions.ROWS}
    classes = {"Shape", "AdvancedIncSubtensor", "AdvancedIncSubtensor1"}
    assert set(masks.RULES) <= named | classes
