"""Gradients: values, what is refused, and where Theano's convention holds."""

import warnings

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.errors import DisconnectedInputError, NullTypeGradError
from jaxlearn.symbolic.gradient_checking import VerifyGradError
from jaxlearn.symbolic.graph import Apply, Op
from jaxlearn.theano import gradient

RANDOM = np.random.RandomState(3)


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def test_gradients_of_many_expressions_are_the_closed_forms():
    x, matrix = T.dvector("x"), T.dmatrix("m")
    value, square = np.array([0.3, -1.2, 2.0]), RANDOM.randn(3, 3)
    cases = [
        ((x**3).sum(), x, 3 * value**2),
        (T.exp(x).prod(), x, np.full(3, np.exp(value.sum()))),
        (T.dot(x, T.dot(matrix, x)), x, (square + square.T) @ value),
        (T.dot(x, T.dot(matrix, x)), matrix, np.outer(value, value)),
        ((x.dimshuffle("x", 0) * matrix).sum(), x, square.sum(0)),
        (x[1] * x[2], x, np.array([0, value[2], value[1]])),
        (T.nnet.softmax(x)[0, 1], x, _softmax_slope(value, 1)),
        (T.log(T.exp(x).sum()), x, np.exp(value) / np.exp(value).sum()),
        (T.concatenate([x, 2 * x]).sum(), x, np.full(3, 3.0)),
        (x.reshape((3, 1)).T.sum() * x.shape[0], x, np.full(3, 3.0)),
        (T.set_subtensor(x[:2], 0.0).sum(), x, np.array([0.0, 0.0, 1.0])),
        (abs(x).max(), x, np.array([0.0, 0.0, 1.0])),
    ]
    slopes = [T.grad(cost, wrt) for cost, wrt, _ in cases]
    found = theano.function([x, matrix], slopes)(value, square)
    for (cost, wrt, wanted), slope in zip(cases, found, strict=True):
        np.testing.assert_allclose(slope, wanted, rtol=1e-12, err_msg=f"{cost} by {wrt}")


def _softmax_slope(value, i):
    p = np.exp(value) / np.exp(value).sum()
    return p[i] * (np.eye(len(value))[i] - p)


def test_higher_derivatives():
    x = T.dscalar("x")
    derivatives = [T.sin(x)]
    for _ in range(4):
        derivatives.append(T.grad(derivatives[-1], x))
    found = theano.function([x], derivatives)(0.7)
    wanted = [np.sin(0.7), np.cos(0.7), -np.sin(0.7), -np.cos(0.7), np.sin(0.7)]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_jacobian_hessian_and_products_of_them():
    x, v, u = T.dvector("x"), T.dvector("v"), T.dvector("u")
    weights = RANDOM.randn(4, 3)
    y = T.tanh(T.dot(weights, x))
    value, column, row = RANDOM.randn(3), RANDOM.randn(3), RANDOM.randn(4)
    jacobian = (1 - np.tanh(weights @ value) ** 2)[:, None] * weights
    found = theano.function(
        [x, v, u],
        [
            T.jacobian(y, x),
            T.Rop(y, x, v),
            T.Lop(y, x, u),
            T.hessian((y**2).sum(), x),
            T.hessian((x**3).sum(), x),
            T.jacobian(x.sum(), x),
            T.jacobian(T.dot(x, x) * x, [x])[0],
        ],
    )(value, column, row)
    np.testing.assert_allclose(found[0], jacobian, rtol=1e-12)
    np.testing.assert_allclose(found[1], jacobian @ column, rtol=1e-12)
    np.testing.assert_allclose(found[2], row @ jacobian, rtol=1e-12)
    np.testing.assert_allclose(found[3], _hessian_of_squares(weights, value), rtol=1e-10)
    np.testing.assert_allclose(found[4], np.diag(6 * value), rtol=1e-12)
    np.testing.assert_allclose(found[5], np.ones(3))
    wanted = value @ value * np.eye(3) + 2 * np.outer(value, value)
    np.testing.assert_allclose(found[6], wanted, rtol=1e-12)


def _hessian_of_squares(weights, value):
    t = np.tanh(weights @ value)
    second = 2 * (1 - t**2) * (1 - 3 * t**2)
    return (weights * second[:, None]).T @ weights


def test_jacobian_of_an_indexed_vector_is_checked_and_sized_by_its_inputs():
    x, n = T.dvector("x"), T.lscalar("n")
    jacobian = theano.function([x, n], T.jacobian(x[T.arange(n)] ** 2, x))
    np.testing.assert_array_equal(jacobian([1.0, 2.0, 3.0], 2), [[2, 0, 0], [0, 4, 0]])
    with pytest.raises(IndexError, match="out of bounds"):
        jacobian([1.0, 2.0], 3)


def test_by_intermediate_expressions_and_known_gradients():
    x, y = T.dscalars("x", "y")
    inner = x * y
    cost = inner**2 + x
    by_inner, by_x = T.grad(cost, [inner, x])
    known = T.grad(None, x, known_grads={inner: T.constant(10.0)})
    both = T.grad(cost, x, known_grads={inner: T.constant(10.0)})
    values = theano.function([x, y], [by_inner, by_x, known, both], on_unused_input="ignore")(2, 3)
    np.testing.assert_allclose(values, [12.0, 37.0, 30.0, 31.0])


def test_consider_constant_disconnects_what_lies_behind():
    x = T.dscalar("x")
    inner = T.exp(x)
    slope = T.grad(inner * x, x, consider_constant=[inner])
    assert float(slope.eval({x: 2.0})) == pytest.approx(np.exp(2.0), rel=1e-12)


def test_markers():
    x = T.dscalar("x")
    cases = [
        (x * gradient.disconnected_grad(x), 3.0),
        (x * gradient.zero_grad(x), 3.0),
        (x * gradient.consider_constant(x), 3.0),
        (gradient.grad_clip(x * 10, -2, 2), 20.0 / 2),
        (gradient.grad_clip(x, -0.5, 0.5), 0.5),
    ]
    slopes = theano.function([x], [T.grad(cost, x) for cost, _ in cases])(3.0)
    np.testing.assert_allclose(slopes, [wanted for _, wanted in cases])
    with pytest.raises(NullTypeGradError, match="the gradient by x is not defined"):
        T.grad(gradient.undefined_grad(x), x)
    with pytest.raises(ValueError, match="wanted the upper one at least as large"):
        gradient.grad_clip(x, 1, -1)


def test_kinks_as_in_theano():
    x, y = T.dvector("x"), T.dvector("y")
    costs = [abs(x), T.maximum(x, y), T.minimum(x, y), T.clip(x, 0.0, 1.0), T.sqr(x)]
    slopes = [T.grad(cost.sum(), x) for cost in costs]
    slopes += [T.grad(T.maximum(x, y).sum(), y), T.grad(x.max(), x)]
    found = theano.function([x, y], slopes)([0.0, 1.0, 1.0], [0.0, 1.0, 2.0])
    wanted = [
        [0, 1, 1],
        [1, 1, 0],
        [1, 1, 1],
        [1, 1, 1],
        [0, 2, 2],
        [0, 0, 1],
        [0, 1, 1],
    ]
    np.testing.assert_array_equal(found, wanted)


def test_integers_count_as_reals():
    i, y = T.ivector("i"), T.dvector("y")
    by_i = T.grad((i * y).sum(), i)
    whole = T.grad((i * i).sum(), i)
    values = theano.function([i, y], [by_i, whole])(np.array([1, 2], "int32"), [1.5, 2.0])
    np.testing.assert_array_equal(values, [[1.5, 2.0], [0.0, 0.0]])
    assert by_i.dtype == whole.dtype == "float64"


def test_gradients_are_named_and_come_as_they_were_asked_for():
    x, y = T.dscalars("x", "y")
    cost = x * y
    cost.name = "cost"
    assert T.grad(cost, x).name == "(dcost/dx)"
    assert T.grad(cost, x, add_names=False).name is None
    assert isinstance(T.grad(cost, [x, y]), list)
    assert isinstance(T.grad(cost, (x, y)), tuple)


def test_a_graph_of_a_gradient_takes_givens_and_clones():
    x, y = T.dscalars("x", "y")
    slope = T.grad(x**3, x)
    assert float(theano.function([y], slope, givens={x: 2 * y})(1.0)) == pytest.approx(12.0)
    assert float(theano.clone(slope, {x: y + 1}).eval({y: 1.0})) == pytest.approx(12.0)


def test_disconnected_inputs():
    x, z = T.dvectors("x", "z")
    cost = x.sum()
    with pytest.raises(DisconnectedInputError) as refused:
        T.grad(cost, z)
    text = str(refused.value)
    assert text.startswith("grad: z is not part of the graph of the cost")
    assert 'disconnected_inputs="ignore" gives zeros' in text
    assert "test_gradients.py" in text
    with pytest.warns(UserWarning, match="z is not part of the graph"):
        T.grad(cost, z, disconnected_inputs="warn")
    zeros = T.grad(cost, z, disconnected_inputs="ignore")
    np.testing.assert_array_equal(zeros.eval({z: [1.0, 2.0]}), [0.0, 0.0])
    ask = {"disconnected_inputs": "ignore"}
    assert T.grad(cost, z, return_disconnected="None", **ask) is None
    kind = T.grad(cost, z, return_disconnected="Disconnected", **ask).type
    assert isinstance(kind, gradient.DisconnectedType)
    for hidden in (x.shape[0] * 1.0, T.zeros_like(x).sum(), T.grad(x.sum(), x).sum()):
        with pytest.raises(DisconnectedInputError):
            T.grad(hidden, x)


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda x: T.grad(x, x), TypeError, "cost must be a scalar: got x of TensorType"),
        (lambda x: T.grad(x.sum(), 3), TypeError, "wrt: got 3, wanted a symbolic variable"),
        (lambda x: T.grad(3.0, x), TypeError, "cost: got 3.0, wanted a symbolic scalar"),
        (lambda x: T.grad(None, x), ValueError, "cost: got None and no known_grads"),
        (
            lambda x: T.grad(x.sum(), x, disconnected_inputs="x"),
            ValueError,
            "disconnected_inputs: got 'x', wanted one of 'raise', 'warn', 'ignore'",
        ),
        (
            lambda x: T.grad(T.cast(x.sum(), "complex128"), x),
            NotImplementedError,
            "the gradient of a complex number is not defined",
        ),
        (
            lambda x: T.jacobian(x.dimshuffle(0, "x"), x),
            TypeError,
            "jacobian expects a scalar or a vector",
        ),
        (lambda x: T.hessian(x.sum(), x.sum()), TypeError, "hessian expects a .list of. vector"),
        (
            lambda x: T.Lop([x, x], x, [x]),
            ValueError,
            "eval_points: got 1, wanted one for each of 2 expressions",
        ),
        (
            lambda x: theano.subgraph_grad([x], [x]),
            ValueError,
            "subgraph_grad: give start or cost, or both",
        ),
    ],
)
def test_refusals(call, kind, text):
    with pytest.raises(kind, match=text):
        call(T.dvector("x"))


def test_subgraph_grad_walks_piece_by_piece():
    x, w1, w2 = T.dscalars("x", "w1", "w2")
    hidden = T.tanh(w1 * x)
    cost = (w2 * hidden) ** 2
    (by_w2,), (by_hidden,) = theano.subgraph_grad([w2], [hidden], cost=cost)
    (by_w1,), _ = theano.subgraph_grad([w1], [x], start={hidden: by_hidden})
    pieces = theano.function([x, w1, w2], [by_w1, by_w2])(0.5, 0.3, 2.0)
    whole = theano.function([x, w1, w2], T.grad(cost, [w1, w2]))(0.5, 0.3, 2.0)
    np.testing.assert_allclose(pieces, whole, rtol=1e-12)


def test_verify_grad_accepts_what_is_right_and_names_what_is_wrong():
    theano.gradient.verify_grad(T.tanh, [np.array([0.1, -0.5])], rng=np.random.RandomState(1))

    def wrong(x):
        return x * gradient.disconnected_grad(x)

    with pytest.raises(VerifyGradError, match=r"the gradient by argument 0 at \(0,\) is"):
        theano.gradient.verify_grad(wrong, [np.array([0.7])], rng=np.random.RandomState(1))

    def length(x):
        return T.sqrt(x**2)

    point = [np.array([[0.7, 0.5], [0.25, 0.0]])]
    with pytest.raises(VerifyGradError, match=r"at \(1, 1\) is nan"):
        theano.gradient.verify_grad(length, point, rng=np.random.RandomState(1))
    with pytest.raises(TypeError, match="rng: got None"):
        theano.gradient.verify_grad(T.tanh, [np.array([0.1])])


def test_an_operation_and_its_gradient_share_one_forward_computation():
    x = T.dvector("x")
    weights = theano.shared(RANDOM.randn(3, 3))
    cost = T.dot(weights, x).sum() ** 2
    step = theano.function([x], [cost, T.grad(cost, x), T.grad(cost, x) + 1])
    step([1.0, 2.0, 3.0])
    nodes = [str(node.op) for node in step._program.graph.nodes]
    assert nodes.count("dot") == 1
    assert nodes.count("Vjp{dot}") == 1


class Squared(Op):
    """Counts how often its function is traced."""

    traced = 0

    def make_node(self, x):
        return Apply.of_types(self, [x], [x.type])

    def function(self, x):
        Squared.traced += 1
        return x * x


def test_the_forward_computation_is_traced_once_for_value_and_gradient():
    x = T.dvector("x")
    y = Squared()(x)
    f = theano.function([x], [y, T.grad(y.sum(), x)])
    value, slope = f([1.0, 3.0])
    np.testing.assert_array_equal([value, slope], [[1.0, 9.0], [2.0, 6.0]])
    assert Squared.traced == 1


def test_warnings_are_not_given_for_nothing():
    x = T.dscalar("x")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theano.function([x], T.grad(x**2, x))(1.0)


def test_a_view_of_a_programs_own_has_the_gradient_that_it_says():
    class Doubled(theano.gradient.ViewOp):
        def grad(self, args, g_outs):
            return [2 * g for g in g_outs]

    class Disconnected(theano.gradient.ViewOp):
        def grad(self, args, g_outs):
            return [T.DisconnectedType()() for _ in g_outs]

        def connection_pattern(self, node):
            return [[False]]

    x = T.dscalar("x")
    assert T.grad(Doubled()(x**2), x).eval({x: 3.0}) == 12
    assert T.grad(x * Disconnected()(x), x).eval({x: 3.0}) == 3
    with pytest.raises(DisconnectedInputError):
        T.grad(Disconnected()(x), x)
    # As programs have Theano take such an operation out again: there is nothing to take out.
    removal = theano.gof.OpRemove(Disconnected)
    assert theano.tensor.opt.register_canonicalize(removal, name="remove") is removal


def test_rewrites_of_programs_are_left_out():
    calls = []

    @T.opt.register_specialize("my tag")
    @theano.gof.local_optimizer([T.exp])
    def rewrite(node):
        calls.append(node)

    assert T.exp(0.0).eval() == 1
    assert rewrite(None) is None
    assert calls == [None]


def test_numeric_gradients():
    def f(x, y):
        return (x * y**2).sum()

    x, y = np.array([1.0, -2.0]), np.array([[0.5], [3.0]])
    found = T.numeric_grad(f, [x, y]).gf
    np.testing.assert_allclose(found[0], np.full(2, (y**2).sum()), rtol=1e-6)
    np.testing.assert_allclose(found[1], 2 * y * x.sum(), rtol=1e-6)
    slopes = T.numeric_grad(f, [x, y], out_type="float32")
    exact = [np.full(2, (y**2).sum()), 2 * y * x.sum()]
    exact[1][1, 0] += 1
    where, place, absolute, relative = slopes.max_err(exact, 1e-4, 1e-4)
    assert (where, place) == (1, 1)
    assert absolute == pytest.approx(1, abs=0.01)
    assert relative == pytest.approx(1 / 11, rel=0.05)
    with pytest.raises(TypeError, match="pt: got dtype int64, wanted floating point numbers"):
        T.numeric_grad(f, np.array([1, 2]))


def test_results_are_formatted_as_they_were_asked_for():
    assert theano.gradient.format_as(False, True, [1]) == (1,)
    with pytest.raises(ValueError, match="format_as: got 2 outputs, wanted one, or use_list=True"):
        theano.gradient.format_as(False, False, (1, 2))
    with pytest.raises(ValueError, match="got use_list and use_tuple"):
        theano.gradient.format_as(True, True, 1)
