"""`Function.source`: the module is run, and gives the pure function's numbers bit for bit."""

import re
import subprocess
import sys
from math import prod

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.ops.from_jax import from_jax
from jaxlearn.theano.sandbox.rng_mrg import MRG_RandomStreams

WIDE = 'jax.config.update("jax_enable_x64", True)'
RULES = "A,B,C4,D,E,F,I,N,NPY,PT,RET,RUF,SIM,UP,W"
# Lines of the user's in comments may be long, and names are the user's.
NOT_OURS = "D105,D107,E501,A001,A002,N803,N806,N816,D103"


def executed(text):
    """What a generated module defines. It would set 64-bit types for the whole process."""
    names = {}
    exec(compile(text.replace(WIDE, ""), "generated", "exec"), names)
    return names


def module_of(function):
    """The text of a function's module, in which ruff finds nothing once it has formatted it."""
    text = function.source()
    formatted = ruff("format", "-", text=text)
    options = ["--select", RULES, "--ignore", NOT_OURS, "--output-format", "concise"]
    ruff(
        "check", *options, "--config", "lint.pydocstyle.convention = 'google'", "-", text=formatted
    )
    return text


def ruff(command, *options, text):
    program = [sys.executable, "-m", "ruff", command, "--isolated", *options]
    # Elsewhere, so that what lies here does not count as the module's own package.
    done = subprocess.run(program, input=text, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def assert_same(function, *args):
    """The module gives the bits of the pure function, and the numbers of the call."""
    (pure, state), text = function.as_jax(*args), module_of(function)
    with jax.enable_x64(WIDE in text):
        expected = jax.jit(pure)(state, *args)
        found = executed(text)[function.name](state, *args)
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    outputs = function(*args)
    called = [*jax.tree.leaves(outputs), *map(function.as_jax()[1].get, sorted(state))]
    for one, other, third in zip(*map(jax.tree.leaves, (expected, found)), called, strict=True):
        one, other, third = map(np.asarray, (one, other, third))
        assert (one.dtype, one.shape) == (other.dtype, other.shape) == (third.dtype, third.shape)
        assert one.tobytes() == other.tobytes()
        # The inputs of a call come packed, so that XLA may fuse otherwise.
        np.testing.assert_allclose(other, third, rtol=1e-6 if one.dtype == np.float32 else 1e-13)
    return text


def is_gradient(text):
    return "jax.grad(" in text or "jax.value_and_grad(" in text


def numbers(*shape, seed=0):
    return np.random.RandomState(seed).randn(*shape)


def descent(cost, params, **options):
    return [
        (param, param - 0.1 * slope)
        for param, slope in zip(params, T.grad(cost, params, **options), strict=True)
    ]


# Training programs.


def test_logistic_regression_is_a_loss_and_its_gradient():
    x, y = T.dmatrix("x"), T.dvector("y")
    w, b = theano.shared(numbers(7), "w"), theano.shared(0.0, "b")
    chance = 1 / (1 + T.exp(-T.dot(x, w) - b))
    entropy = -y * T.log(chance) - (1 - y) * T.log(1 - chance)
    cost = entropy.mean() + 0.01 * (w**2).sum()
    train = theano.function(
        [x, y], [chance > 0.5, entropy], updates=descent(cost, [w, b]), name="train"
    )
    text = assert_same(train, numbers(40, 7), (numbers(40) > 0).astype(float))
    assert "jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)" in text
    assert "jax.vjp" not in text


def test_a_perceptron_whose_weights_are_used_many_times():
    x = T.dmatrix("x")
    w = theano.shared(numbers(7), "w")
    error = T.tanh((x * w).sum(1)) - T.dot(x, w)
    cost = (error**2).mean() + (w**2).sum() + abs(w).sum() + T.dot(T.exp(w), w)
    cost.name = "cost"
    text = assert_same(
        theano.function([x], cost, updates=descent(cost, [w]), name="train"), numbers(40, 7)
    )
    assert "jax.value_and_grad(cost)(w, x)" in text


def test_what_jax_adds_up_in_another_order_is_left_as_it_is():
    # JAX's derivative of tanh is a sum of two terms, each of which would be added on its own.
    x = T.dmatrix("x")
    w = theano.shared(numbers(7), "w")
    cost = T.sqr(T.dot(x, w)).mean() + (w**2).sum() + T.tanh(w).sum()
    text = assert_same(
        theano.function([x], cost, updates=descent(cost, [w]), name="train"), numbers(40, 7)
    )
    assert not is_gradient(text)
    assert "jax.vjp" in text


def test_an_autoencoder_with_tied_weights():
    x = T.dmatrix("x")
    weights = theano.shared(0.3 * numbers(7, 3), "W")
    hidden, visible = theano.shared(np.zeros(3), "b"), theano.shared(np.zeros(7), "b_prime")
    code = T.nnet.sigmoid(T.dot(x, weights) + hidden)
    z = T.nnet.sigmoid(T.dot(code, weights.T) + visible)
    cost = T.mean(-T.sum(x * T.log(z) + (1 - x) * T.log(1 - z), axis=1))
    train = theano.function(
        [x], cost, updates=descent(cost, [weights, hidden, visible]), name="train"
    )
    text = assert_same(train, numbers(40, 7) ** 2 % 1)
    assert "jax.value_and_grad(loss, argnums=(0, 1, 2))" in text


def test_two_costs_are_two_losses():
    x, z = T.dmatrix("x"), T.dmatrix("z")
    maker, judge = theano.shared(0.3 * numbers(3, 7), "G"), theano.shared(0.3 * numbers(7), "D")
    fake = T.nnet.sigmoid(T.dot(T.tanh(T.dot(z, maker)), judge))
    real = T.nnet.sigmoid(T.dot(x, judge))
    of_d, of_g = -T.log(real).mean() - T.log(1 - fake).mean(), -T.log(fake).mean()
    train = theano.function(
        [x, z], [of_d, of_g], updates=descent(of_g, [maker]) + descent(of_d, [judge]), name="train"
    )
    text = assert_same(train, numbers(40, 7), numbers(40, 3))
    assert text.count("jax.value_and_grad(") == 2


def test_momentum_over_layers():
    x, y, rate = T.dmatrix("x"), T.ivector("y"), T.dscalar("rate")
    weights = [
        theano.shared(0.3 * numbers(*shape), f"W{i}")
        for i, shape in enumerate([(7, 9), (9, 8), (8, 4)])
    ]
    biases = [theano.shared(np.zeros(n), f"b{i}") for i, n in enumerate([9, 8, 4])]
    h = x
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        h = T.nnet.relu(T.dot(h, weight) + bias)
    chances = T.nnet.softmax(T.dot(h, weights[-1]) + biases[-1])
    cost = T.nnet.categorical_crossentropy(chances, y).mean()
    cost += 1e-3 * sum((weight**2).sum() for weight in weights)
    updates = []
    for param in weights + biases:
        velocity = theano.shared(np.zeros_like(param.get_value()), f"velocity_{param.name}")
        step = 0.9 * velocity - rate * T.grad(cost, param)
        updates += [(velocity, step), (param, param + step)]
    errors = T.mean(T.neq(T.argmax(chances, axis=1), y))
    train = theano.function([x, y, rate], [cost, errors], updates=updates, name="train")
    text = assert_same(train, numbers(40, 7), np.arange(40, dtype=np.int32) % 4, 0.1)
    assert "jax.value_and_grad(loss, argnums=(0, 1, 2, 3, 4, 5), has_aux=True)" in text


def test_float32():
    x = T.fmatrix("x")
    w = theano.shared(numbers(7).astype(np.float32), "w")
    cost = T.sqr(T.dot(x, w) - 1).mean()
    updates = [(w, w - np.float32(0.1) * T.grad(cost, w))]
    text = assert_same(
        theano.function([x], cost, updates=updates, name="train"), numbers(4, 7).astype(np.float32)
    )
    assert "jax.value_and_grad(loss)" in text


def matrix_and_weights():
    x = T.dmatrix("x")
    w = theano.shared(numbers(7), "w")
    return x, w, T.tanh(T.dot(x, w))


def intermediate(x, w, h):
    return T.grad((h**3).sum(), [h, w])


def by_an_expression(x, w, h):
    return T.grad((h**3).sum(), h)


def considered_constant(x, w, h):
    return T.grad((h * T.dot(x, w)).sum(), w, consider_constant=[h])


def zero_gradient(x, w, h):
    return T.grad((theano.gradient.consider_constant(h) * T.dot(x, w)).sum(), w)


def disconnected(x, w, h):
    return T.grad((theano.gradient.disconnected_grad(h) * T.dot(x, w)).sum(), w)


def clipped(x, w, h):
    cost = (theano.gradient.grad_clip(T.dot(x, w) * 3, -0.5, 0.5) ** 2).sum()
    return [cost, T.grad(cost, w)]


def scaled(x, w, h):
    return T.grad((theano.gradient.grad_scale(h, 0.5) ** 2).sum(), w)


def given_gradient(x, w, h):
    return T.grad(None, w, known_grads={h: x[:, 0]})


def of_a_gradient(x, w, h):
    slope = T.grad((h**2).sum(), w)
    return [slope, T.grad((slope**2).sum(), w)]


def wide_cost(x, w, h):
    return T.grad((T.cast(h, "float32") ** 2).sum(acc_dtype="float64"), w)


def rows(x, w, h):
    return theano.gradient.jacobian(h, w)


@pytest.mark.parametrize(
    "made",
    [
        intermediate,
        by_an_expression,
        considered_constant,
        zero_gradient,
        disconnected,
        clipped,
        scaled,
        given_gradient,
        of_a_gradient,
        wide_cost,
        rows,
    ],
)
def test_other_gradients_have_the_same_numbers(made):
    x, w, h = matrix_and_weights()
    assert_same(theano.function([x], made(x, w, h), name="slopes"), numbers(5, 7))


# The module.


def test_the_module_says_where_its_expressions_come_from():
    x, y = T.dvectors("x", "y")
    both = T.tanh(x * y)
    text = assert_same(
        theano.function([x, y], [both, both.sum()], name="f"), numbers(3), numbers(3, seed=1)
    )
    assert re.search(r"# test_source.py:\d+: both = T.tanh\(x \* y\)\n    tanh_1 = jnp", text)


def test_a_minibatch_is_a_slice_of_fixed_length():
    data = theano.shared(numbers(20, 3), "data")
    x, index = T.dmatrix("x"), T.lscalar("index")
    batch = theano.function(
        [index], x.sum(0), givens={x: data[index * 5 : (index + 1) * 5]}, name="batch"
    )
    text = assert_same(batch, 2)
    assert "x = lax.dynamic_slice_in_dim(data, index * 5, 5, axis=0)" in text


@pytest.mark.parametrize(
    "dtype",
    [
        *("bool", "int8", "uint8", "int64", "uint64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    ],
)
def test_constants_of_each_dtype(dtype):
    values = np.array([[0, 1, 2], [3, 0, 1]]).astype(dtype)
    outputs = [T.constant(values), T.constant(values[1, 0]), T.constant(values[:0]) + values[:0]]
    assert_same(theano.function([], outputs, name="constants"))


def test_constants_that_are_not_finite():
    x = T.dvector("x")
    outputs = [x + np.array([np.inf, -np.inf, np.nan]), T.minimum(x, np.inf), x * -np.inf]
    assert_same(theano.function([x], outputs, name="f"), numbers(3))


def test_names_that_mean_something_else():
    names = ("jnp", "jax", "state", "lambda", "sum", "f", "learning rate", "1st", "x", "x")
    inputs = [T.dscalar(name) for name in names]
    shared = [theano.shared(float(i), name) for i, name in enumerate((*names, "_0_"))]
    total = sum(inputs) + sum(shared)
    f = theano.function(inputs, total, updates=[(v, v + i) for i, v in enumerate(shared)], name="f")
    assert_same(f, *range(10))


def test_inputs_and_shared_variables_without_names():
    x, y, w = T.dvector(), T.dvector(), theano.shared(numbers(3))
    text = assert_same(
        theano.function([x, y], [x + y], updates=[(w, w * x)], name="f"), numbers(3), numbers(3)
    )
    assert "def f(state, input_0, input_1):" in text


@pytest.mark.parametrize("form", [dict, list, tuple, "one", None])
def test_outputs_in_each_form(form):
    x, w = T.dvector("x"), theano.shared(numbers(3), "w")
    outputs = {
        dict: {"first": x * 2, "second": x.sum()},
        list: [],
        tuple: (x * 2, x * 2, x, w),
        "one": x,
        None: None,
    }[form]
    f = theano.function([x], outputs, updates=[(w, w + x)], name="f")
    assert_same(f, numbers(3))


def test_updates_use_the_old_values():
    a, b = theano.shared(1.0, "a"), theano.shared(2.0, "b")
    assert_same(theano.function([], a - b, updates=[(a, b), (b, a + b)], name="swap"))


def test_an_input_with_an_update_is_state():
    x, count = T.dscalar("x"), T.dscalar("count")
    f = theano.function([x, theano.In(count, value=3.0, update=count + x)], count * 2, name="f")
    text = assert_same(f, 2.0)
    assert "def f(state, x):" in text


def test_sizes_are_computed_by_python():
    x, n = T.dmatrix("x"), T.lscalar("n")
    outputs = [
        x.reshape((x.shape[0] * 2, -1)),
        T.alloc(1.5, T.maximum(n % 3, 2), x.shape[1]),
        T.arange(0, n // 2),
        T.zeros((T.cast(T.ceil(x.shape[0] * 0.7), "int64"),)),
        T.tile(x, (n, 1)),
        T.concatenate([x.shape, [n]]),
    ]
    text = assert_same(theano.function([x, n], outputs, name="f"), numbers(4, 6), 5)
    assert '@functools.partial(jax.jit, static_argnames=("n",))' in text


# What cannot be written.


def refused(f):
    with pytest.raises(ValueError, match="source") as caught:
        f.source()
    return str(caught.value)


def test_a_size_that_the_loss_needs_too_stays_a_size():
    x, w = T.dmatrix("x"), T.dvector("w")
    n = (2 * x).shape[0]
    above = T.eye(n, n, 1)
    cost = (T.dot(T.dot(above, x), w) * T.eye(n)[0]).sum()
    function = theano.function([x, w], [cost, T.grad(cost, w), above], name="f")
    assert is_gradient(assert_same(function, numbers(3, 2), numbers(2)))


def test_noise_on_a_weight_and_a_gradient_that_is_stopped():
    x, w = T.dmatrix("x"), theano.shared(np.array([1.0, -2.0]), "w")
    noisy = w + MRG_RandomStreams(3).normal(w.shape, std=0.1)
    stopped = theano.gradient.disconnected_grad(w)
    cost = T.sqr(T.dot(x, noisy) * stopped.sum()).sum()
    function = theano.function([x], cost, updates=[(w, w - 0.1 * T.grad(cost, w))], name="f")
    text = assert_same(function, numbers(3, 2))
    assert is_gradient(text)
    # Nothing flows back to a constant, so nothing is written about it.
    assert "undefined_grad_gradient" not in text


def test_a_shape_that_depends_on_data_is_refused():
    x = T.dvector("x")
    text = refused(theano.function([x], x.nonzero_values()))
    assert re.fullmatch(
        r"source: the shape of Nonzero\{axis=None\}\.0 depends on data, and XLA must know it; "
        r"there is no pure function of this\n +made at .*test_source\.py:\d+.*",
        text,
        re.DOTALL,
    )


def test_a_size_that_depends_on_data_is_refused():
    x = T.lvector("x")
    largest = x.max()
    largest.name = "largest"
    text = refused(theano.function([x], T.zeros((largest,))))
    assert "source: largest is a size and depends on the values of an array, and XLA" in text
    assert "test_source.py" in text


def test_a_size_that_only_jax_computes_of_a_number_is_refused():
    n = T.lscalar("n")
    text = refused(theano.function([n], T.zeros((T.cast(T.sqrt(n), "int64"),))))
    assert "is a size and depends on the values of an array" in text


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8"])
def test_lengths_of_all_integer_types_are_written(dtype):
    n = T.scalar("n", dtype)
    f = theano.function([n], T.ones(T.stack([n, 2])), name="f")
    with jax.enable_x64(True):
        ones, _ = executed(module_of(f))["f"]({}, 3)
    assert ones.shape == f(3).shape == (3, 2)


@pytest.mark.parametrize("shape", [(), (2, 3)])
def test_sums_and_products_of_a_shape_are_sizes(shape):
    x = T.TensorType("float64", (False,) * len(shape))("x")
    made = [T.zeros((x.shape.prod(),)), T.zeros((x.shape.sum(),)), x.shape.prod() * x.sum()]
    f = theano.function([x], made, name="f")
    assert [np.shape(array) for array in f(np.ones(shape))] == [(prod(shape),), (sum(shape),), ()]
    assert_same(f, numbers(*shape))


def test_a_function_that_cannot_be_imported_is_refused():
    x = T.dvector("x")
    text = refused(theano.function([x], from_jax(lambda x: x * 2, name="twice")(x)))
    assert "source: FromJax{twice} calls <function" in text
    assert "which a module cannot import by name; define it by `def` in a module" in text
    assert "test_source.py" in text


def test_a_function_that_can_be_imported_is():
    x = T.dmatrix("x")
    outputs = [
        from_jax(jax.nn.gelu)(x, approximate=False),
        from_jax(jax.numpy.linalg.slogdet)(x.dot(x.T))[1],
        from_jax(in_a_tree)({"a": [x, 2.0]}),
    ]
    text = assert_same(theano.function([x], outputs, name="f"), numbers(3, 4))
    assert f"from {__name__} import in_a_tree" in text
    assert 'in_a_tree({"a": [x, 2.0]})' in text


def in_a_tree(tree):
    return tree["a"][0] * tree["a"][1]


def test_what_is_printed_is_printed(capfd):
    x = T.dvector("x")
    f = theano.function([x], theano.printing.Print("x is", attrs=("shape", "sum"))(x) * 2, name="f")
    text, state = module_of(f), f.as_jax()[1]
    executed(text)["f"](state, np.ones(2))
    jax.effects_barrier()
    assert capfd.readouterr().out == "x is shape = (2,)\nx is sum = 2.0\n"


def test_what_prints_by_a_function_is_refused():
    x = T.dvector("x")
    shown = theano.printing.Print("x", global_fn=print)(x)
    text = refused(theano.function([x], shown * 2))
    assert "prints by the function <built-in function print>, which cannot be written" in text
    assert "leave global_fn out" in text


@pytest.mark.parametrize(
    ("name", "called"),
    [("lambda", "lambda_"), ("np", "np_"), ("my model", "my_model"), ("2nd", "_2nd")],
)
def test_a_function_may_have_any_name(name, called):
    x = T.dvector("x")
    text = module_of(theano.function([x], x * 2, name=name))
    with jax.enable_x64(True):
        outputs, _ = executed(text)[called]({}, np.ones(3))
    assert outputs.tolist() == [2, 2, 2]


def test_names_of_helpers_and_of_variables_are_not_mixed_up():
    x = T.dvector("x")
    y = T.erfcx(x)
    y.name = "erfcx"
    assert_same(theano.function([x], [y, y * 2], name="named_like_a_helper"), numbers(5))
    given = T.dvector("erfcx")
    assert_same(theano.function([given], T.erfcx(given) + 1, name="given"), numbers(5))
    w = theano.shared(numbers(5), "erfcx")
    cost = (T.erfcx(w) * T.erfcx(x)).sum()
    assert_same(
        theano.function([x], cost, updates=[(w, w - T.grad(cost, w))], name="train"), numbers(5)
    )
    m, step = T.dmatrix("m"), T.dvector("step")
    rows, _ = theano.scan(lambda row, step: T.erfcx(row) + step, m, step)
    rows.name = "scan"
    loop = theano.function([m, step], [rows, rows * 2], name="loop")
    assert_same(loop, numbers(4, 5), numbers(5))
