"""JAX functions as operations: values, gradients, types, and training beside plain JAX."""

import contextlib
import functools
import pickle

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.errors import AsTensorError, DisconnectedInputError
from jaxlearn.symbolic.graph import is_same_graph

RANDOM = np.random.RandomState(11)


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


@contextlib.contextmanager
def plain_jax():
    """The settings of a plain JAX program that computes in float64."""
    with (
        jax.enable_x64(True),
        jax.numpy_dtype_promotion("standard"),
        jax.numpy_rank_promotion("allow"),
    ):
        yield


def shared(value, name=None):
    return theano.shared(np.asarray(value), name)


def product(x, w, scale=1.0):
    return scale * (x @ w)


def mean_and_rest(x):
    return {"mean": x.mean(), "rest": [x - x.mean(), None], "count": x.size}


@theano.from_jax
def decorated(x):
    """Three times x."""
    return 3 * x


@jax.custom_vjp
def clipped(x):
    return jnp.sin(x)


def _clipped_forward(x):
    return jnp.sin(x), x


def _clipped_backward(x, g):
    # Seven times the derivative; and a product that only standard promotion allows.
    return (7 * g * jnp.cos(x) * jnp.ones(1, "int32"),)


clipped.defvjp(_clipped_forward, _clipped_backward)


@jax.custom_jvp
def steep(x):
    return jnp.sign(x)


@steep.defjvp
def _steep_jvp(primals, tangents):
    return steep(*primals), 5.0 * tangents[0] * primals[0]


def recurrent(weights, xs, start):
    def step(h, x):
        h = jnp.tanh(x @ weights["in"] + h @ weights["hidden"])
        return h, h

    _, states = lax.scan(step, start, xs)
    return states @ weights["out"]


def test_a_function_of_lax_gives_its_values_and_gradient():
    x = T.dmatrix("x")
    value = RANDOM.randn(3, 4)
    y = theano.from_jax(lax.cumlogsumexp)(x, axis=1)
    assert y.type == x.type
    found, slope = theano.function([x], [y, T.grad(y[:, -1].sum(), x)])(value)
    np.testing.assert_allclose(found, np.logaddexp.accumulate(value, axis=1), rtol=1e-12)
    softmax = np.exp(value) / np.exp(value).sum(1, keepdims=True)
    np.testing.assert_allclose(slope, softmax, rtol=1e-12)


def test_outputs_have_the_structure_that_the_function_returns():
    x = T.dvector("x")
    y = theano.from_jax(mean_and_rest)(x)
    assert sorted(y) == ["count", "mean", "rest"]
    assert y["rest"][1] is None
    assert (y["mean"].type, y["count"].type) == (T.dscalar, T.lscalar)
    outputs = [y["mean"], y["rest"][0], y["count"]]
    mean, rest, count = theano.function([x], outputs)([1.0, 2.0, 6.0])
    assert (float(mean), rest.tolist(), int(count)) == (3.0, [-2.0, -1.0, 3.0], 3)


def test_arrays_anywhere_are_inputs_and_all_else_is_static():
    def function(pair, *, options, scale):
        first, second = pair
        assert options["none"] is None
        assert isinstance(scale, float)
        return getattr(jnp, options["how"])(first * second, axis=options["axis"]) * scale

    x = T.fmatrix("x")
    y = theano.from_jax(function)(
        [x, np.array([1.0, 2.0], "float32")],
        options={"how": "sum", "axis": 1, "none": None},
        scale=0.5,
    )
    # As in plain JAX, a Python number does not widen float32.
    assert y.type == T.fvector
    assert len(y.owner.inputs) == 2
    assert y.eval({x: np.ones((3, 2), "float32")}).tolist() == [1.5, 1.5, 1.5]
    numpy_number = theano.from_jax(product)(x, x.T, np.float64(2))
    assert numpy_number.type == T.dmatrix


def test_standard_promotion_holds_inside():
    x, i = T.dmatrix("x"), T.ivector("i")
    y = theano.from_jax(lambda x, i: x + i)(x, i)
    assert y.type == T.dmatrix
    assert y.eval({x: np.ones((2, 2)), i: [1, 2]}).tolist() == [[2, 3], [2, 3]]


def test_no_setting_of_jax_changes():
    x = T.dvector("x")
    y = theano.from_jax(jnp.sin)(x)
    theano.function([x], T.grad(y.sum(), x))([1.0])
    assert jnp.ones(2).dtype == "float32"
    with pytest.raises(ValueError, match="strict"):
        jnp.ones(2) + jnp.ones(2, "int32")


# Types.


def test_lengths_of_calls_are_free():
    x, w = T.dmatrix("x"), shared(np.eye(3), "w")
    y = theano.from_jax(product)(x, w)
    f = theano.function([x], y)
    assert f(np.ones((2, 3))).shape == (2, 3)
    assert f(np.ones((5, 3))).shape == (5, 3)
    w.set_value(np.ones((4, 6)))
    assert f(np.ones((5, 4))).shape == (5, 6)


def _loss(weights, x, targets):
    hidden = jnp.tanh(x @ weights["first"]) @ weights["second"]
    return -jnp.take_along_axis(jax.nn.log_softmax(hidden), targets[:, None], 1).mean()


def test_types_are_found_where_lengths_must_agree():
    a, b, v = T.dmatrix("a"), T.fmatrix("b"), T.dvector("v")
    assert theano.from_jax(jnp.matmul)(a, b).type == T.dmatrix
    assert theano.from_jax(jnp.linalg.inv)(a).type == T.dmatrix
    assert theano.from_jax(lambda a, v: a @ v)(a, v).type == T.dvector
    weights = {"first": shared(np.ones((5, 7), "float32")), "second": shared(np.ones((7, 3)))}
    assert theano.from_jax(_loss)(weights, b, T.lvector()).type == T.dscalar
    image, filters = T.ftensor4(), shared(np.ones((8, 3, 5, 5), "float32"))
    convolved = theano.from_jax(lax.conv_general_dilated)(image, filters, (1, 1), "VALID")
    assert convolved.type == T.ftensor4


def test_an_example_helps_where_lengths_are_not_found():
    x = T.dmatrix("x")
    images = theano.from_jax(lambda x: x.reshape(-1, 28, 28), name="images")
    with pytest.raises(TypeError) as error:
        images(x)
    assert str(error.value).startswith(
        "FromJax{images}: got x float64[24, 24], which it does not take: TypeError: "
    )
    assert str(error.value).endswith(
        ". No shape that was tried for its inputs fits. Give an input an example of the right "
        "shape: x.tag.test_value = np.zeros(shape, dtype); or say what comes out: "
        "from_jax(..., output_types=...)"
    )
    typed = theano.from_jax(images.__wrapped__, output_types=T.dtensor3)(x)
    x.tag.test_value = np.zeros((2, 784))
    assert typed.type == images(x).type == T.dtensor3
    assert typed.eval({x: np.ones((3, 784))}).shape == (3, 28, 28)


def test_an_axis_broadcasts_where_its_length_is_always_1():
    def total(x):
        return x.sum(1, keepdims=True)

    x, column, one = T.dmatrix(), T.dcol(), shared(np.ones((1, 4)))
    assert theano.from_jax(total)(x).type == T.dcol
    assert theano.from_jax(total)(column).type == T.dcol
    assert theano.from_jax(jnp.sin)(column).type == T.dcol
    assert theano.from_jax(jnp.sin)(x).type == T.dmatrix
    # It is of length 1 now, and may be another later.
    assert theano.from_jax(jnp.sin)(one).type == T.dmatrix
    assert theano.from_jax(jnp.sin)(np.ones((1, 4))).type == T.drow
    # What cannot be tried at other lengths is not declared.
    fixed = theano.from_jax(lambda x: x.reshape(1, 4))
    assert fixed(one).type == T.dmatrix


def test_outputs_that_do_not_fit_their_types_are_refused():
    x = T.dvector("x")

    def shrinking(x):
        return x.astype("float32") if x.shape[0] < 5 else x

    y = theano.from_jax(shrinking)(x)
    assert y.eval({x: np.ones(9)}).tolist() == [1.0] * 9
    with pytest.raises(TypeError) as error:
        y.eval({x: [1.0]})
    assert (
        "FromJax{shrinking}: output 0 is float32[1], wanted TensorType(float64, vector), its type "
        "in the graph; say what it is: from_jax(..., output_types=...)\n  made at "
    ) in str(error.value)
    assert "test_from_jax.py" in str(error.value)

    wrong_rank = theano.from_jax(jnp.sin, output_types=T.dmatrix)(x)
    with pytest.raises(TypeError, match=r"output 0 is float64\[1\], wanted TensorType\(float64, m"):
        wrong_rank.eval({x: [1.0]})
    wrong_flag = theano.from_jax(lambda x: x[None], output_types=T.dcol)(x)
    with pytest.raises(TypeError, match=r"output 0 is float64\[1, 2\], wanted .*float64, col"):
        wrong_flag.eval({x: [1.0, 2.0]})
    structure = theano.from_jax(jnp.sin, output_types=[T.dvector])(x)[0]
    with pytest.raises(TypeError, match=r"output_types: FromJax{sin} returned PyTreeDef\(\*\), b"):
        structure.eval({x: [1.0]})
    several = theano.from_jax(lambda x: list(x) if len(x) < 5 else [x], name="several")(x)[0]
    with pytest.raises(TypeError, match="several}: it returned 2 arrays, but 1 when the expressio"):
        several.eval({x: [1.0, 2.0]})


def test_shapes_that_a_function_refuses_when_it_runs_are_named():
    x, w = T.dmatrix("x"), shared(np.eye(3), "w")
    y = theano.from_jax(product)(x, w)
    with pytest.raises(ValueError) as error:
        y.eval({x: np.ones((2, 4))})
    assert str(error.value).startswith(
        "FromJax{product}: got x float64[2, 4], w float64[3, 3], which it does not take: TypeError:"
    )
    assert "made at" in str(error.value)
    assert "theano.from_jax(product)(x, w)" in str(error.value)


def test_arguments_that_cannot_be_are_refused():
    x = T.dvector("x")
    with pytest.raises(TypeError) as error:
        theano.from_jax(3)
    assert str(error.value) == "fn: got 3 (int), wanted a function of arrays"
    with pytest.raises(TypeError) as error:
        theano.from_jax(jnp.sin, output_types="float64")
    assert str(error.value) == (
        "output_types: got 'float64', wanted a TensorType, such as T.dmatrix or x.type"
    )
    with pytest.raises(
        TypeError, match=r"FromJax{product}: got w float64\[2, 2\], .*TypeError: .*"
    ):
        theano.from_jax(functools.partial(product, scale=2))(shared(np.eye(2), "w"), w=None)
    with pytest.raises(TypeError) as error:
        theano.from_jax(jnp.sum)(x, axis=T.iscalar("axis"))
    assert str(error.value).startswith(
        "FromJax{sum}: it needs the values of an array while it is traced: "
    )
    assert str(error.value).endswith(
        "What is not an array, a Python number too, is given to it as it is"
    )
    with pytest.raises(TypeError) as error:
        theano.from_jax(jax.random.normal)(jax.random.key(0))
    assert "FromJax{normal}: got the typed key" in str(error.value)
    assert "give jax.random.key_data(key), as a shared variable" in str(error.value)
    with pytest.raises(AsTensorError, match="cannot make a tensor of"):
        theano.from_jax(jnp.sin)(np.array(["text"]))


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda x: None, "it returned None, wanted arrays"),
        (lambda x: {"a": x, "b": "text"}, "it returned 'text' at ['b'], wanted arrays"),
        (lambda x: x.astype("bfloat16"), "it returned an array of bfloat16, wanted one of bool, "),
        (
            lambda x: jax.random.key(0),
            "it returned an array of key<fry>, wanted one of bool, ",
        ),
        (
            lambda x: [T.dscalar("s")],
            "it returned the symbolic variable s at [0]; it must compute with what it is given: "
            "make the variable an argument",
        ),
    ],
)
def test_what_is_no_array_is_not_returned(function, text):
    x = T.dvector("x")
    with pytest.raises(TypeError) as error:
        theano.from_jax(function, "f")(x)
    assert str(error.value).startswith(f"FromJax{{f}}: {text}")
    y = jax.tree.leaves(theano.from_jax(function, "f", output_types=T.dvector)(x))[0]
    with pytest.raises(TypeError) as error:
        y.eval({x: [1.0]})
    assert str(error.value).startswith(f"FromJax{{f}}: {text}")


def test_an_error_of_another_kind_comes_as_it_is():
    def broken(x):
        raise KeyError("nobody")

    with pytest.raises(KeyError, match="nobody"):
        theano.from_jax(broken)(T.dvector())


# Gradients.


def _smooth(x, w):
    return jnp.sin(x) * w.sum() + jnp.cumsum(x * x), (x * w).sum()


def test_gradients_of_every_kind_are_jaxs():
    x, w, v = T.dvectors("x", "w", "v")
    values = [RANDOM.randn(4) for _ in range(3)]
    first, second = theano.from_jax(_smooth)(x, w)
    cost = first.sum() + second**2
    outputs = [
        *T.grad(cost, [x, w]),
        T.jacobian(first, x),
        T.hessian(cost, x),
        T.Rop(first, x, v),
        T.Lop(first, x, v),
        T.grad(T.grad(T.grad(cost, x).sum(), x).prod(), w),
    ]
    found = theano.function([x, w, v], outputs)(*values)

    def plain_cost(x, w):
        first, second = _smooth(x, w)
        return first.sum() + second**2

    def deep(x, w):
        return jax.grad(lambda x: jax.grad(plain_cost)(x, w).sum())(x).prod()

    with plain_jax():
        x, w, v = map(jnp.asarray, values)

        def only_first(x):
            return _smooth(x, w)[0]

        wanted = [
            *jax.grad(plain_cost, (0, 1))(x, w),
            jax.jacobian(only_first)(x),
            jax.hessian(plain_cost)(x, w),
            jax.jvp(only_first, (x,), (v,))[1],
            jax.vjp(only_first, x)[1](v)[0],
            jax.grad(deep, 1)(x, w),
        ]
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)


def test_no_gradient_flows_to_integers():
    table, indices = T.dmatrix("table"), T.lvector("indices")
    rows, count = theano.from_jax(lambda t, i: (t[i], i.sum()))(table, indices)
    slope = T.grad(rows.sum() + count, table)
    found = slope.eval({table: np.ones((3, 2)), indices: [0, 0, 2]})
    assert found.tolist() == [[2.0, 2.0], [0.0, 0.0], [1.0, 1.0]]
    with pytest.raises(DisconnectedInputError, match="indices is not part of the graph of the"):
        T.grad(rows.sum(), indices)
    x = T.dvector("x")
    order = theano.from_jax(jnp.argsort)(x)
    assert T.grad((order * x).sum(), x).eval({x: [2.0, 1.0]}).tolist() == [1.0, 0.0]
    assert T.grad(order.sum(), x).eval({x: [2.0, 1.0]}).tolist() == [0.0, 0.0]


def test_a_functions_own_rules_are_used():
    x, v = T.dvectors("x", "v")
    value = np.array([0.3, -2.0])
    y = theano.from_jax(clipped)(x)
    assert y.owner.op.label == "clipped"
    slope = T.grad(y.sum(), x)
    # Of the derivative, which is a rule no more, JAX takes the derivative as it is.
    second = T.grad(slope.sum(), x)
    z = theano.from_jax(steep)(x)
    outputs = [y, slope, second, T.grad(z.sum(), x), T.Rop(z, x, v)]
    found = theano.function([x, v], outputs)(value, [2.0, 3.0])
    wanted = [np.sin(value), 7 * np.cos(value), -7 * np.sin(value), 5 * value, [3.0, -30.0]]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_a_function_and_its_gradient_are_traced_together():
    traced = []

    def counted(x):
        traced.append(x.shape)
        return jnp.tanh(x)

    x = T.dvector("x")
    y = theano.from_jax(counted)(x)
    cost = y.sum()
    f = theano.function([x], [cost, T.grad(cost, x)])
    traced.clear()
    f([1.0, 2.0])
    f([3.0, 4.0])
    assert traced == [(2,)]
    f([3.0])
    assert traced == [(2,), (1,)]


# Operations as such.


def test_operations_of_one_function_and_equal_static_arguments_are_equal():
    x, w = T.dmatrix("x"), T.dmatrix("w")
    first, again, other = (theano.from_jax(product)(x, w, scale=s) for s in (2.0, 2.0, 3.0))
    assert is_same_graph(first, again)
    assert not is_same_graph(first, other)
    # Equal as numbers, and not the same to the function.
    assert not is_same_graph(first, theano.from_jax(product)(x, w, scale=2))
    assert first.owner.op == again.owner.op
    assert hash(first.owner.op) == hash(again.owner.op)
    typed = theano.from_jax(product, output_types=T.dmatrix)(x, w, scale=2.0)
    assert typed.owner.op != first.owner.op


def test_what_cannot_be_hashed_is_equal_only_to_itself():
    class Unhashable:
        __hash__ = None

        def __eq__(self, other):
            return True

    x = T.dvector("x")
    operation = theano.from_jax(lambda x, extra: 2 * x)
    first, second = operation(x, Unhashable()), operation(x, Unhashable())
    assert first.owner.op == first.owner.op
    assert first.owner.op != second.owner.op
    assert T.grad((first + second).sum(), x).eval({x: [1.0]}).tolist() == [4.0]


def test_it_prints_and_keeps_the_name_and_words_of_the_function():
    x = T.dvector("x")
    assert str(decorated(x)) == "FromJax{decorated}.0"
    assert decorated.__doc__ == "Three times x."
    assert theano.pp(decorated(x)) == "FromJax{decorated}(x)"
    assert str(theano.from_jax(functools.partial(jnp.sum, axis=0))(x)) == "FromJax{sum}.0"
    assert str(theano.from_jax(jnp.sum, name="total")(x)) == "FromJax{total}.0"


def test_it_is_cloned_with_inputs_of_another_type():
    x, single = T.dvector("x"), T.fvector("single")
    y = theano.from_jax(jnp.sin)(x)
    assert theano.clone(y, {x: single}, strict=False).type == T.fvector
    f = theano.function([single], y, givens={x: T.cast(single, "float64")})
    np.testing.assert_allclose(f(np.array([2.0], "float32")), np.sin([2.0]), rtol=1e-12)


def test_test_values_are_computed_and_used():
    with theano.config.change_flags(compute_test_value="raise"):
        x = T.dmatrix("x")
        x.tag.test_value = np.ones((2, 784))
        y = theano.from_jax(lambda x: x.reshape(-1, 28, 28))(x)
        assert y.tag.test_value.shape == (2, 28, 28)
        z = theano.from_jax(lambda y: y.reshape(-1, 784).sum(1))(y)
        assert z.tag.test_value.tolist() == [784.0, 784.0]


def _through_pickle(f):
    return pickle.loads(pickle.dumps(f))


@pytest.mark.parametrize(
    "operation",
    [
        theano.from_jax(clipped),
        theano.from_jax(jnp.sin),
        theano.from_jax(functools.partial(product, np.ones((3, 3)), scale=2.0)),
        decorated,
        theano.from_jax(lambda x: (lambda y: y + x)(1) * 2, output_types=T.dvector),
    ],
)
def test_pickled_functions_compute_the_same(operation):
    x = T.dvector("x")
    y = operation(x)
    f = theano.function([x], [y, T.grad(y.sum(), x)])
    for one, other in zip(_through_pickle(f)(np.ones(3)), f(np.ones(3)), strict=True):
        assert one.tolist() == other.tolist()


def test_static_arguments_are_pickled():
    x = T.dvector("x")

    def call(x, how, activation):
        return activation(getattr(jnp, how)(x, **{"axis": 0}))

    y = theano.from_jax(call)(x, "sum", jax.nn.relu)
    f = _through_pickle(theano.function([x], y))
    assert float(f([1.0, 2.0])) == 3.0


def test_what_does_not_pickle_is_said():
    x = T.dvector("x")
    lines = (line for line in ["one"])
    y = theano.from_jax(lambda x: x if lines else -x, name="read")(x)
    with pytest.raises(pickle.PicklingError) as error:
        pickle.dumps(theano.function([x], y))
    assert str(error.value) == (
        "FromJax{read}: the function, or a static argument of it, cannot be pickled: TypeError: "
        "cannot pickle 'generator' object. Give what does not pickle by an importable function, "
        "or save only the values of the shared variables"
    )


# Training.


def _trained(cost, params, rate, steps, inputs=(), values=()):
    updates = [(p, p - rate * g) for p, g in zip(params, T.grad(cost, params), strict=True)]
    step = theano.function(list(inputs), cost, updates=updates)
    return [float(step(*values)) for _ in range(steps)]


def _trained_in_plain_jax(cost, params, rate, steps):
    costs = []
    with plain_jax():
        params = jax.tree.map(jnp.asarray, params)
        step = jax.jit(jax.value_and_grad(cost))
        for _ in range(steps):
            value, slopes = step(params)
            params = jax.tree.map(lambda p, g: p - rate * g, params, slopes)
            costs.append(float(value))
    return costs, params


def test_a_recurrent_network_trains_as_in_plain_jax():
    start = {
        "in": RANDOM.randn(2, 5),
        "hidden": RANDOM.randn(5, 5) / 3,
        "out": RANDOM.randn(5, 1),
    }
    inputs, targets = RANDOM.randn(7, 4, 2), RANDOM.randn(7, 4, 1)
    initial = np.zeros((4, 5))
    x = T.dtensor3("x")
    weights = {name: shared(value, name) for name, value in start.items()}
    outputs = theano.from_jax(recurrent)(weights, x, initial)
    cost = T.sqr(outputs - targets).mean()
    costs = _trained(cost, list(weights.values()), 0.1, 20, [x], [inputs])

    def plain_cost(weights):
        return ((recurrent(weights, inputs, initial) - targets) ** 2).mean()

    wanted, trained = _trained_in_plain_jax(plain_cost, start, 0.1, 20)
    assert costs[-1] < 0.7 * costs[0]
    np.testing.assert_allclose(costs, wanted, rtol=1e-12)
    for name, weight in weights.items():
        np.testing.assert_allclose(weight.get_value(), trained[name], rtol=1e-11, atol=1e-12)


def test_an_equinox_module_trains_as_in_plain_jax():
    with plain_jax():
        start = eqx.nn.MLP(3, 1, 8, 2, key=jax.random.key(5), dtype="float64")
    inputs, targets = RANDOM.randn(16, 3), RANDOM.randn(16, 1)

    def predict(module, x):
        return jax.vmap(module)(x)

    x, target = T.dmatrix("x"), T.dmatrix("target")
    module = jax.tree.map(lambda leaf: shared(leaf) if eqx.is_array(leaf) else leaf, start)
    params = [leaf for leaf in jax.tree.leaves(module) if isinstance(leaf, theano.Variable)]
    assert len(params) == 6
    cost = T.sqr(theano.from_jax(predict)(module, x) - target).mean()
    costs = _trained(cost, params, 0.2, 20, [x, target], [inputs, targets])

    arrays, rest = eqx.partition(start, eqx.is_array)

    def plain_cost(arrays):
        return ((predict(eqx.combine(arrays, rest), inputs) - targets) ** 2).mean()

    wanted, trained = _trained_in_plain_jax(plain_cost, arrays, 0.2, 20)
    assert costs[-1] < 0.9 * costs[0]
    np.testing.assert_allclose(costs, wanted, rtol=1e-12)
    for param, leaf in zip(params, jax.tree.leaves(trained), strict=True):
        np.testing.assert_allclose(param.get_value(), leaf, rtol=1e-11, atol=1e-12)
    again = _through_pickle(theano.function([x], theano.from_jax(predict)(module, x)))
    with plain_jax():
        wanted = predict(eqx.combine(trained, rest), jnp.asarray(inputs))
    np.testing.assert_allclose(again(inputs), wanted, rtol=1e-11)


def test_a_module_can_be_the_function_itself():
    module = eqx.nn.Linear(3, 2, key=jax.random.key(0))
    x = T.fvector("x")
    value = RANDOM.randn(3).astype("float32")
    y = theano.from_jax(module)(x)
    assert str(y) == "FromJax{Linear}.0"
    # What the function brings with it tells which lengths to try.
    for function in (
        module.__call__,
        lambda x: module(x),
        functools.partial(eqx.nn.Linear.__call__, module),
    ):
        assert theano.from_jax(function)(x).type == T.fvector
    wanted = np.asarray(module.weight) @ value + np.asarray(module.bias)
    np.testing.assert_allclose(y.eval({x: value}), wanted, rtol=1e-5)


def test_a_function_with_its_own_rule_trains_by_that_rule():
    weight, inputs, targets = RANDOM.randn(3), RANDOM.randn(8, 3), RANDOM.randn(8)
    w = shared(weight, "w")
    cost = T.sqr(theano.from_jax(clipped)(T.dot(inputs, w)) - targets).mean()
    costs = _trained(cost, [w], 0.01, 20)

    def plain_cost(w):
        return ((clipped(inputs @ w) - targets) ** 2).mean()

    wanted, trained = _trained_in_plain_jax(plain_cost, weight, 0.01, 20)
    np.testing.assert_allclose(costs, wanted, rtol=1e-12)
    np.testing.assert_allclose(w.get_value(), trained, rtol=1e-12)
    # Not by the derivative of the sine, which is a seventh of it.
    seventh, _ = _trained_in_plain_jax(
        lambda w: ((jnp.sin(inputs @ w) - targets) ** 2).mean(), weight, 0.07, 20
    )
    np.testing.assert_allclose(costs, seventh, rtol=1e-12)


def test_random_numbers_come_of_a_key_that_is_shared():
    def drawn(key, like):
        key, use = jax.random.split(jax.random.wrap_key_data(key))
        return jax.random.normal(use, like.shape), jax.random.key_data(key)

    x = T.dvector("x")
    key = shared(jax.random.key_data(jax.random.key(3)), "key")
    noise, next_key = theano.from_jax(drawn)(key, x)
    draw = theano.function([x], noise, updates={key: next_key})
    found = [draw(np.zeros(5)) for _ in range(3)]
    with plain_jax():
        plain = jax.random.key(3)
        for one in found:
            plain, use = jax.random.split(plain)
            np.testing.assert_array_equal(one, jax.random.normal(use, (5,)))
