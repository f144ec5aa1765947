"""Dot products: all ranks, dtypes and axes as NumPy's, types as Theano's, refusals."""

import itertools

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.ops.contraction import Dot, Tensordot

DTYPES = [
    "bool",
    "int8",
    "uint8",
    "int16",
    "int64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]


def tensor(ndim, dtype="float64", name="x"):
    return T.TensorType(dtype, (False,) * ndim)(name)


def random(*shape):
    return np.random.RandomState(sum(shape)).standard_normal(shape)


@pytest.mark.parametrize("rank", range(5))
def test_dot_of_all_ranks_is_numpys(rank):
    for other in range(5):
        first, second = [2, 3, 4, 5][:rank], [6, 7, 2, 3][:other]
        if rank and other:
            second[-2 if other > 1 else 0] = first[-1]
        a, b = tensor(rank, name="a"), tensor(other, name="b")
        product = T.dot(a, b)
        left, right = random(*first), random(*second)
        answer = product.eval({a: left, b: right})
        want = np.dot(left, right)
        assert product.ndim == want.ndim
        np.testing.assert_allclose(answer, want, rtol=1e-12, atol=1e-14)
        if rank and other:
            host = product.owner.op.host(product.owner, left, right)
            np.testing.assert_allclose(host, want, rtol=1e-12, atol=1e-14)


def test_dtypes_are_the_upcast():
    lefts = [tensor(2, dtype, "a") for dtype in DTYPES]
    rights = [tensor(2, dtype, "b") for dtype in DTYPES]
    products = [T.dot(a, b) for a, b in itertools.product(lefts, rights)]
    values = [np.ones((2, 3), dtype) for dtype in DTYPES], [np.ones((3, 2), d) for d in DTYPES]
    answers = theano.function(lefts + rights, products)(*values[0], *values[1])
    wanted = [left.dot(right) for left, right in itertools.product(*values)]
    for product, answer, want in zip(products, answers, wanted, strict=True):
        assert str(answer.dtype) == product.dtype == str(want.dtype)
        np.testing.assert_array_equal(answer, want)


def test_small_integers_wrap_around():
    x = tensor(2, "int8")
    assert T.dot(x, x).eval({x: np.full((2, 2), 100, "int8")}).tolist() == [[32, 32], [32, 32]]


def test_broadcastable_flags_are_theanos():
    cases = [
        ((True, False), (False, False), (True, False)),
        ((False, True), (True, False), (False, False)),
        ((False, False), (False, True), (False, True)),
        ((True, False), (False,), (True,)),
        ((True,), (True,), ()),
        ((True, False, False), (False, True), (True, False, True)),
        ((False, False, False), (True, False, False), (False, False, True, False)),
    ]
    for first, second, want in cases:
        a, b = T.TensorType("float64", first)(), T.TensorType("float64", second)()
        assert T.dot(a, b).broadcastable == want
    column, row = T.col("c"), T.row("r")
    assert T.dot(column, row).eval({column: [[1], [2]], row: [[3, 4]]}).tolist() == [[3, 4], [6, 8]]
    t, u = T.TensorType("float64", (True, False, False))(), T.tensor3()
    assert T.batched_dot(t, u).broadcastable == (True, False, False)


def test_text_and_operators():
    x, v = T.dmatrix("x"), T.dvector("v")
    assert str(T.dot(x, v)) == "dot.0"
    assert str(T.batched_dot(x, x).owner.op) == "BatchedDot"
    values = np.arange(4.0).reshape(2, 2)
    given = {x: values, v: [1.0, 2.0]}
    want = values @ [1.0, 2.0]
    for product in (x.dot(v), x @ v, T.dot(x, [1.0, 2.0]), T.dot(values, v)):
        used = {
            key: value for key, value in given.items() if key in theano.gof.graph.inputs([product])
        }
        np.testing.assert_array_equal(product.eval(used), want)


@pytest.mark.parametrize(
    "axes",
    [
        1,
        0,
        [[1], [0]],
        [[1, 2], [0, 1]],
        [[2, 1], [1, 0]],
        [1, 0],
        [-1, 1],
        ((2,), (1,)),
        [[-2], [-3]],
    ],
)
def test_tensordot_is_numpys(axes):
    a, b = tensor(3, name="a"), tensor(3, name="b")
    left = random(3, 4, 5)
    right = random(5, 3, 2) if axes == 1 else random(4, 5, 6)
    answer = T.tensordot(a, b, axes=axes).eval({a: left, b: right})
    np.testing.assert_allclose(answer, np.tensordot(left, right, axes), rtol=1e-12, atol=1e-14)


def test_tensordot_of_two_axes_is_the_default():
    a, b = tensor(3, name="a"), tensor(2, name="b")
    left, right = random(3, 4, 5), random(4, 5)
    np.testing.assert_allclose(
        T.tensordot(a, b).eval({a: left, b: right}), np.tensordot(left, right), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("first", "second", "formula"),
    [
        ((3,), (3,), "b,b->b"),
        ((3, 4), (3, 4), "bi,bi->b"),
        ((3,), (3, 2, 4), "b,bxy->bxy"),
        ((3, 2, 4), (3,), "bxy,b->bxy"),
        ((3, 2, 4), (3, 4), "bxi,bi->bx"),
        ((3, 4), (3, 4, 5), "bi,biy->by"),
        ((3, 2, 4), (3, 4, 5), "bxi,biy->bxy"),
        ((3, 2, 6, 4), (3, 4), "bxwi,bi->bxw"),
        ((3, 2, 6, 4), (3, 4, 5), "bxwi,biy->bxwy"),
        ((3, 2, 4), (3, 6, 4, 5), "bxi,bwiy->bxwy"),
    ],
)
def test_batched_dot(first, second, formula):
    a, b = tensor(len(first), "float32", "a"), tensor(len(second), "float64", "b")
    left, right = random(*first).astype("float32"), random(*second)
    product = T.batched_dot(a, b)
    answer = product.eval({a: left, b: right})
    assert product.dtype == str(answer.dtype) == "float64"
    np.testing.assert_allclose(answer, np.einsum(formula, left, right), rtol=1e-12, atol=1e-14)


def test_batched_tensordot():
    a, b = tensor(3, name="a"), tensor(3, name="b")
    left, right = random(2, 3, 4), random(2, 4, 3)
    outputs = [
        T.batched_tensordot(a, b, 1),
        T.batched_tensordot(a, b, [[1, 2], [2, 1]]),
        T.batched_tensordot(a, b, [1, 2]),
        T.batched_tensordot(a, b, 0),
    ]
    formulas = ["bij,bjk->bik", "bij,bji->b", "bij,bki->bjk", "bij,bkl->bijkl"]
    answers = theano.function([a, b], outputs)(left, right)
    for answer, formula in zip(answers, formulas, strict=True):
        np.testing.assert_allclose(answer, np.einsum(formula, left, right), rtol=1e-12, atol=1e-14)
    node = outputs[1].owner
    np.testing.assert_allclose(node.op.host(node, left, right), answers[1], rtol=1e-12, atol=1e-14)


def test_outer():
    v, w, x, s = T.dvector("v"), T.lvector("w"), T.dmatrix("x"), T.dscalar("s")
    assert T.outer(v, w).eval({v: [1, 2], w: [3, 4]}).tolist() == [[3, 4], [6, 8]]
    assert T.outer(x, v).eval({x: np.ones((2, 2)), v: [1, 2, 3]}).shape == (4, 3)
    assert T.outer(s, v).broadcastable == (True, False)
    assert T.outer(s, s).eval({s: 3.0}).tolist() == [[9]]


def test_gradients_agree_with_differences():
    for make, shapes in [
        (T.dot, [(3, 4), (4, 2)]),
        (T.dot, [(3, 4), (4,)]),
        (T.dot, [(4,), (4,)]),
        (T.dot, [(2, 3, 4), (5, 4, 2)]),
        (lambda a, b: T.tensordot(a, b, [[2, 0], [1, 0]]), [(2, 3, 4), (2, 4, 3)]),
        (T.batched_dot, [(2, 3, 4), (2, 4, 5)]),
        (T.outer, [(2,), (3,)]),
    ]:
        values = [random(*shape) for shape in shapes]
        theano.gradient.verify_grad(make, values, rng=np.random.RandomState(0))


def test_gradient_dtypes():
    f, d, i = T.fmatrix("f"), T.dmatrix("d"), T.lmatrix("i")
    assert [T.grad(T.dot(f, d).sum(), v).dtype for v in (f, d)] == ["float64", "float64"]
    assert [T.grad(T.batched_dot(f, d).sum(), v).dtype for v in (f, d)] == ["float64", "float64"]
    assert [T.grad(T.tensordot(f, d, 1).sum(), v).dtype for v in (f, d)] == ["float32", "float64"]
    assert T.grad(T.dot(f, f).sum(), f).dtype == "float32"
    gradient = T.grad(T.dot(i, d).sum(), i)
    assert gradient.dtype == "float64"
    values = {i: np.ones((2, 2), "int64"), d: np.array([[1.0, 2.0], [3.0, 4.0]])}
    np.testing.assert_array_equal(gradient.eval(values), [[3, 7], [3, 7]])


def test_lengths_that_differ():
    x, v = T.dmatrix("x"), T.dvector("v")
    f = theano.function([x, v], T.dot(x, v))
    with pytest.raises(ValueError) as raised:
        f(np.ones((2, 3)), np.ones(2))
    text = str(raised.value)
    assert text.startswith(
        "shapes do not fit in dot: x has shape (2, 3), v has shape (2,); "
        "axis 1 of the first has length 3, axis 0 of the second has length 2\n"
        "  make these two lengths agree, or transpose one of them\n"
        "  made at "
    )
    assert "test_contraction.py" in text
    a, b = tensor(3, name="a"), tensor(3, name="b")
    g = theano.function([a, b], T.batched_dot(a, b))
    with pytest.raises(ValueError, match="axis 0 of the first has length 3, axis 0 of the second"):
        g(np.ones((3, 2, 2)), np.ones((2, 2, 2)))
    w = T.dvector("w")
    with pytest.raises(ValueError, match="shapes do not fit in dot: v has shape"):
        T.dot(v, w).eval({v: [1.0], w: [1.0, 2.0, 3.0]})


def test_empty():
    a, b = T.dmatrix("a"), T.dmatrix("b")
    answer = T.dot(a, b).eval({a: np.ones((2, 0)), b: np.ones((0, 3))})
    np.testing.assert_array_equal(answer, np.zeros((2, 3)))


def test_refusals():
    t, u, s = tensor(3, name="t"), tensor(3, name="u"), T.dscalar("s")
    for axes, message in [
        (4, "axes: got 4, wanted 0 to 3"),
        (-1, "axes: got -1, wanted 0 to 3"),
        ([[1], [5]], "axes: got 5, wanted 0 to 2: u has 3 dimensions"),
        ([[1, 0], [0]], "axes: got 2 axes of t and 1 of u, wanted as many"),
        ("ab", "axes: got 'ab', wanted an integer"),
        ([[1]], "wanted an integer, or axes of a and axes of b"),
        ([[0, 0], [0, 1]], r"axes: got \[0, 0\] of t, wanted each axis once"),
    ]:
        with pytest.raises(ValueError, match=message):
            T.tensordot(t, u, axes)
    with pytest.raises(ValueError, match="axes: got 0, which is the batch's axis of t"):
        T.batched_tensordot(t, u, [[0], [1]])
    with pytest.raises(TypeError, match="got the scalar s, wanted a tensor"):
        T.batched_dot(s, u)
    with pytest.raises(TypeError, match="wanted a vector or a matrix"):
        Dot()(t, u)


def test_equal_products_are_equal():
    t = tensor(3)
    assert T.tensordot(t, t, [[0], [0]]).owner.op == Tensordot((0,), (0,))
    assert Tensordot((0,), (0,)) != Tensordot((0,), (1,))
    assert Dot() == Dot()
