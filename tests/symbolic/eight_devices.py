"""Functions on eight devices; test_devices.py runs these tests in a process that has them."""

import pickle
import re

import jax
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T

jax.config.update("jax_num_cpu_devices", 8)

RANDOM = np.random.RandomState(0)
X = RANDOM.randn(96, 16)
Y = (X[:, 0] > 0).astype("float64")
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}


def eight():
    return jax.make_mesh((8,), ("data",))


def logistic(dtype="float64", **options):
    """A logistic regression by Theano's tutorial: the function, and its shared variables."""
    with theano.config.change_flags(floatX=dtype):
        x, y = T.matrix("x"), T.vector("y")
        w = theano.shared(np.linspace(-1, 1, 16).astype(dtype), "w")
        b = theano.shared(np.zeros((), dtype), "b")
        probability = 1 / (1 + T.exp(-T.dot(x, w) - b))
        cost = T.nnet.binary_crossentropy(probability, y).mean() + 0.01 * (w**2).sum()
        gradients = T.grad(cost, [w, b])
        rate = np.asarray(0.1, dtype)
        f = theano.function(
            [x, y],
            cost,
            updates=[(p, p - rate * g) for p, g in zip((w, b), gradients, strict=True)],
            name="train",
            **options,
        )
    return f, w, b


def perceptron(mesh=None, shardings=None):
    """Minibatches by givens, of data that are shared."""
    rows, labels = theano.shared(X, "rows"), theano.shared(Y, "labels")
    index, x, y = T.lscalar("index"), T.matrix("x"), T.vector("y")
    start = np.random.RandomState(3)
    hidden = theano.shared(start.randn(16, 8) / 4, "hidden")
    output = theano.shared(start.randn(8) / 4, "output")
    cost = T.sqr(T.dot(T.tanh(T.dot(x, hidden)), output) - y).mean()
    params = [hidden, output]
    return theano.function(
        [index],
        cost,
        updates=[(p, p - 0.1 * g) for p, g in zip(params, T.grad(cost, params), strict=True)],
        givens={x: rows[index * 24 : (index + 1) * 24], y: labels[index * 24 : (index + 1) * 24]},
        mesh=mesh,
        shardings=shardings({v.name: v for v in (*params, x, y)}) if shardings else None,
    ), params


def compiled_text(f, *inputs):
    """The text of the program that a call with such inputs runs."""
    f(*inputs)
    (plan,) = f._program._plans.values()
    while plan.variant is None:
        (plan,) = plan.next.values()
    with jax.enable_x64(True):
        return (
            plan.variant.step.lowered([np.asarray(value) for value in inputs]).compile().as_text()
        )


def operations(name, text):
    return re.findall(rf"^.* = .* {name}(?:-start)?\(", text, re.MULTILINE)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_numbers_are_those_of_one_device(dtype):
    x, y = X.astype(dtype), Y.astype(dtype)
    one, w, b = logistic(dtype)
    many, w8, b8 = logistic(dtype, mesh=eight())
    for _ in range(20):
        np.testing.assert_allclose(many(x, y), one(x, y), rtol=TOLERANCE[dtype])
    np.testing.assert_allclose(w8.get_value(), w.get_value(), rtol=0, atol=TOLERANCE[dtype])
    np.testing.assert_allclose(
        many.repeat(50, x, y), one.repeat(50, x, y), rtol=5 * TOLERANCE[dtype]
    )
    np.testing.assert_allclose(b8.get_value(), b.get_value(), rtol=0, atol=5 * TOLERANCE[dtype])
    assert w8.get_value().dtype == dtype


def test_a_step_tells_its_gradients_in_one_all_reduce():
    f, *_ = logistic("float64", mesh=eight())
    found = operations("all-reduce", compiled_text(f, X, Y))
    # What the cost sums over rows can go with the gradients, or by itself before them.
    assert len([line for line in found if "f64[16]" in line]) == 1
    assert len(found) <= 2
    for other in ("all-gather", "all-to-all", "collective-permute"):
        assert not operations(other, compiled_text(f, X, Y)), other


@pytest.mark.parametrize("whole", [True, False])
def test_minibatches_by_givens_and_a_whole_epoch(whole):
    one, params = perceptron()
    specs = None if whole else lambda v: {v["hidden"]: P(None, "model"), v["output"]: P("model")}
    mesh = eight() if whole else jax.make_mesh((4, 2), ("data", "model"))
    many, params8 = perceptron(mesh, specs)
    order = np.array([0, 3, 1, 2])
    expected = [float(one(i)) for i in order] + one.scan(order).tolist()
    found = [float(many(i)) for i in order] + many.scan(order).tolist()
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    for new, old in zip(params8, params, strict=True):
        np.testing.assert_allclose(new.get_value(), old.get_value(), rtol=0, atol=1e-12)
    many(0)
    spec = P() if whole else P(None, "model")
    assert params8[0].stored.sharding.is_equivalent_to(NamedSharding(mesh, spec), 2)


def test_a_batch_by_givens_is_spread():
    f, _ = perceptron(eight())
    text = compiled_text(f, 0)
    assert "f64[3,8]" in text  # 24 rows of 8 hidden units, on 8 devices
    assert operations("all-reduce", text)


def test_a_batch_that_does_not_divide_stays_whole_and_right():
    data = theano.shared(X, "data")
    n, x = T.lscalar("n"), T.matrix("x")
    f = theano.function([n], x.sum(), givens={x: data[:n]}, mesh=eight())
    for count in (16, 5):
        np.testing.assert_allclose(f(count), X[:count].sum(), rtol=1e-12)


def test_expressions_can_be_spread_and_must_then_divide():
    x = T.matrix("x")
    hidden = T.tanh(x)
    hidden.name = "hidden"
    specs = {x: P(), hidden: P("data")}
    f = theano.function([x], hidden.sum(), mesh=eight(), shardings=specs)
    assert "f64[2,16]" in compiled_text(f, X[:16])
    np.testing.assert_allclose(f(X[:16]), np.tanh(X[:16]).sum(), rtol=1e-12)
    with pytest.raises(ValueError, match=r"does not divide evenly along axis 0 among 8 devices"):
        f(X[:5])


def test_functions_on_a_mesh_and_on_one_device_share_variables():
    w = theano.shared(np.arange(4.0), "w")
    x = T.matrix("x")
    many = theano.function([x], T.dot(x, w).sum(), updates={w: w + x.sum(0)}, mesh=eight())
    one = theano.function([], w.sum(), updates={w: w * 2})
    large = theano.shared(np.ones((64, 64)), "large")
    both = theano.function([x], x.sum() * large.sum(), updates={large: large + 1}, mesh=eight())
    read = theano.function([], large.sum())
    rows = np.ones((8, 4))
    assert (float(many(rows)), float(one()), float(many(rows))) == (48.0, 38.0, 8 * 76.0)
    assert float(both(rows)) == 32 * 4096.0
    assert float(read()) == 8192.0
    assert float(both(rows)) == 32 * 8192.0
    w.set_value(np.zeros(4))
    assert float(many(rows)) == 0.0


def test_checks_hold_and_leave_the_state():
    w = theano.shared(np.zeros(4), "w")
    x, i = T.matrix("x"), T.lscalar("i")
    f = theano.function([x, i], x[i].sum(), updates={w: w + 1}, mesh=eight())
    for call in (lambda: f(np.ones((8, 4)), 9), lambda: f.repeat(3, np.ones((8, 4)), 9)):
        with pytest.raises(IndexError, match="index i is out of bounds for axis 0 of x"):
            call()
        assert w.get_value().tolist() == [0, 0, 0, 0]


def test_as_jax_of_a_function_on_a_mesh():
    f, *_ = logistic(mesh=eight())
    pure, state = f.as_jax()
    with jax.enable_x64(True):
        cost, _ = jax.jit(pure)(state, X, Y)
    np.testing.assert_allclose(cost, f(X, Y), rtol=1e-12)


def test_inputs_that_do_not_divide_are_refused():
    f, w, _ = logistic(mesh=eight())
    before = w.get_value()
    with pytest.raises(ValueError) as raised:
        f(X[:13], Y[:13])
    assert str(raised.value).splitlines()[0] == (
        "x of shape (13, 16) does not divide evenly along axis 0 among 8 devices; pad it, or let "
        "every device have it whole: shardings={x: PartitionSpec()}"
    )
    assert (w.get_value() == before).all()


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"mesh": 8}, TypeError, "mesh: got 8, wanted a jax.sharding.Mesh, such as jax.make_mesh"),
        ({"shardings": {"v": P()}}, ValueError, "shardings: given without mesh"),
        (
            {"mesh": eight, "shardings": {"v": "data"}},
            TypeError,
            "shardings: got 'data' for v, wanted a jax.sharding.PartitionSpec",
        ),
        (
            {"mesh": eight, "shardings": {"v": P("rows")}},
            ValueError,
            "for v of TensorType(float64, matrix): the mesh has no axis 'rows', it has 'data'",
        ),
        (
            {"mesh": eight, "shardings": {"v": P("data", None, None)}},
            ValueError,
            "for v of TensorType(float64, matrix): wanted no more entries than it has axes",
        ),
    ],
)
def test_arguments_that_make_no_sense(options, error, text):
    v = T.matrix("v")
    given = {key: value() if value is eight else value for key, value in options.items()}
    if "shardings" in given:
        given["shardings"] = {v: given["shardings"]["v"]}
    with pytest.raises(error, match=re.escape(text)):
        theano.function([v], v.sum(), **given)


def test_a_function_on_a_mesh_does_not_pickle():
    f, *_ = logistic(mesh=Mesh(np.array(jax.devices()), ("data",)))
    with pytest.raises(TypeError, match="train is on a mesh of devices, which belong to this"):
        pickle.dumps(f)
