"""Reductions: values as NumPy's, types and texts as Theano's, derivatives at ties and zeros."""

import itertools

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.errors import ComplexError
from jaxlearn.symbolic.ops import reductions
from jaxlearn.symbolic.types import DTYPES

NAMES = ["sum", "prod", "mean", "var", "std", "max", "min", "argmax", "argmin", "all", "any"]
AXES = [None, 0, -1, np.int64(1), (0, 2), [2, 0], (), (0, 0), np.array([0, 1])]
SHAPE = (2, 3, 4)


def tensor(dtype, ndim=3, name="x"):
    return T.TensorType(dtype, (False,) * ndim)(name)


def sample(dtype, shape=SHAPE):
    values = np.random.RandomState(3).uniform(0.6, 3.4, shape)
    if dtype == "bool":
        return values > 2
    sign = 1 if dtype.startswith("u") else np.where(values > 2, -1, 1)
    if dtype == "float16":
        values = values / 2  # whose product is a float16 too
    return np.asarray(values * sign + (values * 1j if dtype.startswith("c") else 0)).astype(dtype)


def expected(name, values, axis, keepdims):
    exact = values if values.dtype.kind in "fc" else values.astype("float64")
    if name == "mean":
        return exact.mean(axis, keepdims=keepdims)
    if name in ("var", "std"):
        square = (exact - exact.mean(axis, keepdims=True)) ** 2
        variance = square.mean(axis, keepdims=keepdims)
        return variance if name == "var" else np.sqrt(variance)
    if name.startswith("arg"):
        axes = tuple(range(values.ndim)) if axis is None else np.atleast_1d(axis) % values.ndim
        kept = [i for i in range(values.ndim) if i not in axes]
        last = values.transpose(*kept, *sorted(axes))
        found = getattr(last.reshape([values.shape[i] for i in kept] + [-1]), name)(-1)
        return np.expand_dims(found, tuple(axes)) if keepdims else found
    return getattr(np, name)(values, axis=axis, keepdims=keepdims)


def normal(axis, name):
    if axis is None or isinstance(axis, (int, np.integer)):
        return axis
    unique = tuple(dict.fromkeys(int(i) for i in axis))
    # An extreme over no axis is one over all, as in Theano.
    return None if not unique and ("max" in name or "min" in name) else unique


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_and_types_are_numpys(dtype):
    x, values = tensor(dtype), sample(dtype)
    ordered = [n for n in NAMES if dtype[0] != "c" or not n.startswith(("max", "min", "arg"))]
    # All ways to name axes for one dtype; for the others a few, which compile sooner.
    axes = AXES if dtype == "float64" else [None, 0, (0, 2)]
    cases = list(itertools.product(ordered, axes, [False, True]))
    outputs = [getattr(T, name)(x, axis=axis, keepdims=keep) for name, axis, keep in cases]
    tolerance = {"float16": 2e-2, "float32": 1e-5, "complex64": 1e-5}.get(dtype, 1e-12)
    answers = theano.function([x], outputs)(values)
    for (name, axis, keep), output, answer in zip(cases, outputs, answers, strict=True):
        want = np.asarray(expected(name, values, normal(axis, name), keep))
        assert answer.dtype == output.dtype, (name, axis)
        assert answer.shape == want.shape, (name, axis)
        assert all(n == 1 for n, flag in zip(want.shape, output.broadcastable, strict=True) if flag)
        np.testing.assert_allclose(answer, want, tolerance, tolerance, err_msg=f"{name} {axis}")


def test_dtypes_that_come_out():
    of = {
        "bool": ("int64", "float64", "bool"),
        "int8": ("int64", "float64", "int8"),
        "uint16": ("uint64", "float64", "uint16"),
        "float16": ("float16", "float16", "float16"),
        "float32": ("float32", "float32", "float32"),
        "complex64": ("complex64", "complex64", None),
    }
    for dtype, (total, average, extreme) in of.items():
        x = tensor(dtype)
        assert {x.sum().dtype, x.prod(axis=1).dtype} == {total}
        assert {x.mean().dtype, x.var(axis=0).dtype, x.std().dtype} == {average}
        assert {x.any().dtype, x.all(axis=1).dtype} == {"bool"}
        if extreme:
            assert {x.max().dtype, x.min(axis=1).dtype} == {extreme}
            assert {x.argmax().dtype, x.argmin(axis=1).dtype} == {"int64"}
    assert T.mean(T.iscalar()).dtype == "float64"
    # Theano's variance with ddof divides by an integer.
    assert T.var(T.fmatrix(), ddof=1).dtype == "float64"


def test_dtype_and_acc_dtype():
    x = tensor("int8", 1)
    big = np.full(300, 100, "int8")
    outputs = [
        T.sum(x, dtype="int8"),
        T.sum(x, acc_dtype="int8"),
        T.sum(x, dtype="float32"),
        T.mean(x, dtype="float32"),
        T.mean(x, dtype="int64"),
        T.prod(x[:2], dtype="floatX"),
    ]
    wanted = ["int8", "int64", "float32", "float32", "float64", "float64"]
    assert [output.dtype for output in outputs] == wanted
    assert [output.owner.op.acc_dtype for output in outputs[:3]] == ["int64", "int8", "int64"]
    answers = theano.function([x], outputs)(big)
    assert [float(a) for a in answers] == [48, 48, 30000, 100, 100, 10000]


def test_small_floats_are_accumulated_in_larger_ones():
    half, single = tensor("float16", 1), tensor("float32", 1)
    ones = np.ones(5000, "float16")
    assert float(half.sum().eval({half: ones})) == 5000
    assert float(half.mean().eval({half: 60 * ones})) == 60
    tenth = np.full(1_000_003, 0.1, "float32")
    assert single.sum().eval({single: tenth}) == np.float32(tenth.sum(dtype="float64"))


def test_texts_are_theanos():
    x = T.dmatrix("x")
    assert [str(v.owner.op) for v in (x.sum(), x.sum(0), x.sum(axis=(1, 0)))] == [
        "Sum{acc_dtype=float64}",
        "Sum{axis=[0], acc_dtype=float64}",
        "Sum{axis=[1, 0], acc_dtype=float64}",
    ]
    assert [str(v.owner.op) for v in (x.prod(), T.fvector().prod(axis=0))] == [
        "Prod{axis=None, dtype='float64', acc_dtype='float64'}",
        "Prod{axis=(0,), dtype='float32', acc_dtype='float64'}",
    ]
    assert [str(v.owner.op) for v in (x.all(), x.any(axis=(0, 1)))] == ["All", "Any{0, 1}"]
    assert [str(v.owner.op) for v in (x.max(), x.argmax(axis=-1))] == [
        "Max{axis=(0, 1)}",
        "Argmax{axis=(1,)}",
    ]
    named = [x.mean(), x.var(0), x.std(), x.max(), x.argmax(0)]
    assert list(map(str, named)) == ["mean", "var", "std", "max", "argmax"]


def test_keepdims_makes_broadcastable_axes():
    x = T.TensorType("float64", (True, False, False))("x")
    assert x.sum(axis=1, keepdims=True).broadcastable == (True, True, False)
    assert x.max(axis=(1, 2), keepdims=True).broadcastable == (True, True, True)
    assert x.sum(axis=1).broadcastable == (True, False)
    centered = x - x.mean(axis=2, keepdims=True)
    assert centered.broadcastable == (True, False, False)


def test_nan_and_order_of_ties():
    x = T.dvector("x")
    outputs = [T.max(x), T.min(x), T.argmax(x), T.argmin(x), T.any(x), T.all(x)]
    f = theano.function([x], outputs)
    assert [float(v) for v in f([1, np.nan, 3])][2:] == [1, 1, 1, 1]
    assert np.isnan(f([1, np.nan, 3])[:2]).all()
    assert [float(v) for v in f([2, 3, 3, 2, 0])] == [3, 0, 1, 4, 1, 0]


def test_extremes_of_unsigned_and_least_integers():
    x, y = tensor("uint8", 1), tensor("int8", 1)
    assert x.min().eval({x: np.array([7, 0, 255], "uint8")}) == 0
    assert x.argmin().eval({x: np.array([7, 0, 255], "uint8")}) == 1
    assert y.min().eval({y: np.array([7, -128], "int8")}) == -128
    assert y.argmin().eval({y: np.array([7, -128], "int8")}) == 1


def test_gradients_of_ties_and_zeros():
    x = T.dvector("x")
    gradients = theano.function(
        [x], [T.grad(f(x), x) for f in (T.max, T.min, T.ptp, T.prod, T.sum, T.mean)]
    )
    tied = gradients([1.0, 1.0, 3.0, 3.0])
    np.testing.assert_array_equal(tied[0], [0, 0, 1, 1])
    np.testing.assert_array_equal(tied[1], [1, 1, 0, 0])
    np.testing.assert_array_equal(tied[2], [-1, -1, 1, 1])
    np.testing.assert_array_equal(tied[3], [9, 9, 3, 3])
    np.testing.assert_array_equal(tied[4], [1, 1, 1, 1])
    np.testing.assert_array_equal(tied[5], [0.25] * 4)
    np.testing.assert_array_equal(gradients([0.0, 3.0, 4.0])[3], [12, 0, 0])
    np.testing.assert_array_equal(gradients([0.0, 0.0, 4.0])[3], [0, 0, 0])
    np.testing.assert_array_equal(gradients([1.0, np.nan])[0], [0, 0])


def test_second_derivative_of_a_product():
    x = T.dvector("x")
    hessian = theano.function([x], theano.gradient.hessian(T.prod(x), x))
    np.testing.assert_allclose(hessian([0.0, 3.0, 4.0]), [[0, 4, 3], [4, 0, 0], [3, 0, 0]])


@pytest.mark.parametrize("name", ["argmax", "argmin", "any", "all"])
def test_what_has_no_slope_has_the_gradient_zero(name):
    x, scale = T.dvector("x"), T.dscalar("scale")
    gradient = T.grad(getattr(T, name)(x) * scale, x)
    f = theano.function([x, scale], gradient, on_unused_input="ignore")
    np.testing.assert_array_equal(f([1.0, 2.0], 3.0), [0, 0])


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std", "max", "min"])
@pytest.mark.parametrize("axis", [None, 1, (0, 2)])
def test_gradients_agree_with_differences(name, axis):
    values = sample("float64")
    theano.gradient.verify_grad(
        lambda x: getattr(T, name)(x, axis=axis), [values], rng=np.random.RandomState(0)
    )


def test_gradients_by_integers_and_mixed_dtypes():
    i, x = T.lvector("i"), T.fvector("x")
    by_integers = T.grad(T.sum(i, dtype="float64"), i)
    assert by_integers.dtype == "float64"
    assert by_integers.eval({i: [1, 2]}).tolist() == [1, 1]
    assert T.grad(x.sum(), x).dtype == T.grad(x.prod(), x).dtype == "float32"
    assert T.grad(T.sum(x, dtype="float64"), x).dtype == "float64"


def test_empty():
    x = T.dmatrix("x")
    f = theano.function([x], [getattr(T, name)(x, axis=0) for name in ("sum", "prod", "all")])
    assert [answer.tolist() for answer in f(np.zeros((0, 2)))] == [[0, 0], [1, 1], [True, True]]
    g = theano.function([x], [T.max(x, axis=1), T.argmax(x, axis=1)])
    assert [answer.shape for answer in g(np.zeros((0, 2)))] == [(0,), (0,)]
    assert np.isnan(T.mean(x).eval({x: np.zeros((0, 2))}))


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin"])
def test_an_extreme_of_nothing_is_refused(name):
    x = T.dmatrix("x")
    f = theano.function([x], getattr(T, name)(x, axis=0))
    with pytest.raises(ValueError) as raised:
        f(np.zeros((0, 2)))
    assert "needs at least one element: axis 0 of x, of shape (0, 2), has length 0" in str(
        raised.value
    )
    assert "test_reductions.py" in str(raised.value)


def test_scalars():
    x = T.dscalar("x")
    f = theano.function([x], [getattr(T, name)(x) for name in NAMES])
    assert [float(answer) for answer in f(3.0)] == [3, 3, 3, 0, 0, 3, 3, 0, 0, 1, 1]


@pytest.mark.parametrize("name", NAMES)
def test_axes_that_are_not_there(name):
    reduce = getattr(T, name)
    x, scalar = T.dmatrix("x"), T.dscalar("s")
    for axis in (2, -3, (0, 2), np.array(2)):
        with pytest.raises(ValueError, match=r"wanted one from -2 to 1: x has 2 dimensions"):
            reduce(x, axis=axis)
    with pytest.raises(ValueError, match="wanted None: s has 0 dimensions"):
        reduce(scalar, axis=0)
    for axis in ("a", 0.5, (0, None), T.iscalar()):
        with pytest.raises(TypeError, match="wanted None, an integer, or a tuple of integers"):
            reduce(x, axis=axis)
    assert reduce(x, axis=T.constant(1)).ndim == 1


def test_refusals_of_dtypes():
    with pytest.raises(TypeError, match="acc_dtype: got float16, which cannot hold every float32"):
        T.sum(T.fvector("x"), acc_dtype="float16")
    with pytest.raises(TypeError, match="would drop the imaginary part of complex64"):
        T.sum(T.cvector("x"), dtype="float32")
    with pytest.raises(ComplexError, match=r"Max: got complex64: complex numbers have no order"):
        T.max(T.cvector("x"))
    with pytest.raises(TypeError, match="dtype: got 'fish'"):
        T.sum(T.fvector("x"), dtype="fish")


def test_variance_with_ddof_and_correction():
    x = T.dmatrix("x")
    values = np.random.RandomState(0).randn(3, 4)
    outputs = [
        T.var(x, axis=0, ddof=1),
        T.std(x, axis=1, ddof=2, keepdims=True),
        T.var(x, axis=1, corrected=True, keepdims=True),
        T.var(x, axis=0, ddof=1, corrected=True),
        T.var(x, ddof=1),
    ]
    wanted = [
        values.var(0, ddof=1),
        values.std(1, ddof=2, keepdims=True),
        values.var(1, keepdims=True),
        values.var(0, ddof=1),
        # Taken off each axis, as in Theano.
        values.var() * 12 / (2 * 3),
    ]
    for answer, want in zip(theano.function([x], outputs)(values), wanted, strict=True):
        np.testing.assert_allclose(answer, want, rtol=1e-12)


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("keepdims", [False, True])
def test_norms(axis, keepdims):
    x = T.dmatrix("x")
    values = np.random.RandomState(0).randn(3, 4)
    orders = [1, 2, 3, -1, 0.5]
    f = theano.function([x], [x.norm(order, axis, keepdims) for order in orders])
    for order, answer in zip(orders, f(values), strict=True):
        want = (abs(values) ** order).sum(axis, keepdims=keepdims) ** (1 / order)
        np.testing.assert_allclose(answer, want, rtol=1e-12)


def test_norms_that_are_none():
    x = T.dmatrix("x")
    with pytest.raises(NotImplementedError, match="L: got 0"):
        x.norm(0)
    with pytest.raises(NotImplementedError, match=r"L: got inf; use abs\(x\)\.max\(axis\)"):
        x.norm(np.inf)
    with pytest.raises(NotImplementedError, match=r"abs\(x\)\.min\(axis\)"):
        x.norm(-np.inf)


def test_max_and_argmax():
    x = T.dmatrix("x")
    largest, where = T.max_and_argmax(x, axis=1, keepdims=True)
    assert (str(largest.type), str(where.type)) == (
        "TensorType(float64, col)",
        "TensorType(int64, col)",
    )
    answers = theano.function([x], [largest, where])([[1, 5], [7, 2]])
    assert [answer.tolist() for answer in answers] == [[[5], [7]], [[1], [0]]]


def test_reduced_shapes_are_sizes():
    x = T.dmatrix("x")
    f = theano.function([x], [T.zeros((x.size,)), T.zeros((x.shape.max(), x.shape.sum()))])
    assert [answer.shape for answer in f(np.zeros((2, 5)))] == [(10,), (5, 7)]


@pytest.mark.parametrize("name", sorted(reductions.ROWS))
def test_each_row_computes_on_the_host_what_it_computes_on_the_device(name):
    x = tensor("int16")
    values = sample("int16")
    kind = reductions.Accumulation if name in ("Sum", "Prod") else reductions.Reduction
    for axes in (None, (0,), (2, 0)):
        output = kind(name, axes)(x)
        host = output.owner.op.host(output.owner, values)
        np.testing.assert_array_equal(host, output.eval({x: values}))
        assert host.dtype == output.dtype


def test_equal_reductions_are_equal():
    x = T.dmatrix("x")
    assert x.sum(0).owner.op == x.sum(axis=-2).owner.op
    assert x.sum(0).owner.op != x.sum(1).owner.op
    assert x.sum(0).owner.op != T.sum(x, 0, dtype="float32").owner.op
    assert x.max().owner.op != x.min().owner.op
