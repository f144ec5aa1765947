"""Optax's optimizers in Theano's programs: as by hand in plain JAX, their state in the open."""

import pickle
import subprocess
import sys
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.errors import DisconnectedInputError

RANDOM = np.random.RandomState(23)
INPUTS, TARGETS = RANDOM.randn(12, 3), RANDOM.randn(12, 2)
START = {
    "W": RANDOM.randn(3, 2),
    "b": RANDOM.randn(2),
    "scale": RANDOM.uniform(0.5, 1.5, ()),
}


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def start(dtype="float64"):
    return {name: value.astype(dtype) for name, value in START.items()}


def program(dtype="float64"):
    """Return the params, the inputs and the cost of a small regression."""
    params = {name: theano.shared(value, name) for name, value in start(dtype).items()}
    x, target = T.matrix("x", dtype), T.matrix("target", dtype)
    outputs = params["scale"] * T.tanh(T.dot(x, params["W"]) + params["b"])
    return params, [x, target], T.sqr(outputs - target).mean()


def data(dtype="float64"):
    return INPUTS.astype(dtype), TARGETS.astype(dtype)


def plain_cost(params, x, target):
    outputs = params["scale"] * jnp.tanh(x @ params["W"] + params["b"])
    return ((outputs - target) ** 2).mean()


def by_hand(optimizer, steps=50, dtype="float64", **options):
    """Return the params and the state after training in plain JAX."""
    with (
        jax.enable_x64(True),
        jax.numpy_dtype_promotion("standard"),
        jax.numpy_rank_promotion("allow"),
    ):
        params = jax.tree.map(jnp.asarray, start(dtype))
        state = optimizer.init(params)

        @jax.jit
        def step(params, state):
            value, slopes = jax.value_and_grad(plain_cost)(params, *data(dtype))
            given = {"value": value} if options.get("value") else {}
            changes, state = optimizer.update(slopes, state, params, **given)
            return optax.apply_updates(params, changes), state

        for _ in range(steps):
            params, state = step(params, state)
        return jax.tree.map(as_numpy, (params, state))


def as_numpy(leaf):
    is_key = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(leaf) if is_key else leaf)


def trained(optimizer, steps=50, dtype="float64"):
    params, inputs, cost = program(dtype)
    updates = theano.optax_updates(cost, params, optimizer)
    step = theano.function(inputs, cost, updates=updates)
    for _ in range(steps):
        step(*data(dtype))
    return params, list(updates)[len(params) :]


def schedule_chain():
    return optax.chain(
        optax.clip_by_global_norm(0.5),
        optax.scale_by_adam(),
        optax.scale_by_schedule(lambda count: -0.1 / (1 + count)),
    )


def labelled():
    labels = {"W": "adam", "b": "sgd", "scale": "sgd"}
    return optax.multi_transform({"adam": optax.adam(0.05), "sgd": optax.sgd(0.1, 0.5)}, labels)


OPTIMIZERS = {
    "nesterov": lambda: optax.sgd(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: optax.adam(0.05),
    "adamw": lambda: optax.adamw(0.05, weight_decay=0.1),
    "rmsprop": lambda: optax.rmsprop(0.02, momentum=0.5, centered=True),
    "chain": schedule_chain,
    "cosine": lambda: optax.adam(optax.cosine_decay_schedule(0.1, 40)),
    "labelled": labelled,
    "masked": lambda: optax.chain(
        optax.masked(optax.add_decayed_weights(0.1), {"W": True, "b": False, "scale": False}),
        optax.sgd(0.1),
    ),
    "adafactor": lambda: optax.adafactor(0.05, min_dim_size_to_factor=2),
    "schedule_free": lambda: optax.contrib.schedule_free_adamw(0.05),
    "noise": lambda: optax.chain(optax.add_noise(0.1, 0.5, jax.random.key(3)), optax.sgd(0.1)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fifty_steps_are_those_of_plain_jax(name):
    params, state = trained(OPTIMIZERS[name]())
    wanted, wanted_state = by_hand(OPTIMIZERS[name]())
    for key, param in params.items():
        assert param.get_value().dtype == "float64"
        assert not np.allclose(wanted[key], START[key], rtol=1e-3)
        np.testing.assert_allclose(param.get_value(), wanted[key], rtol=1e-11, atol=1e-12)
    leaves = jax.tree.leaves(wanted_state)
    assert len(leaves) == len(state)
    for variable, leaf in zip(state, leaves, strict=True):
        assert variable.get_value().dtype == leaf.dtype
        np.testing.assert_allclose(variable.get_value(), leaf, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["nesterov", "adamw", "chain", "cosine"])
def test_float32_stays_float32(name):
    params, state = trained(OPTIMIZERS[name](), dtype="float32")
    wanted, wanted_state = by_hand(OPTIMIZERS[name](), dtype="float32")
    for key, param in params.items():
        assert param.get_value().dtype == "float32"
        np.testing.assert_allclose(param.get_value(), wanted[key], rtol=1e-5, atol=1e-6)
    for variable, leaf in zip(state, jax.tree.leaves(wanted_state), strict=True):
        assert variable.get_value().dtype == leaf.dtype


def test_the_value_of_the_cost_is_given_where_it_is_asked_for():
    optimizer = optax.polyak_sgd()
    params, _ = trained(optimizer)
    wanted, _ = by_hand(optimizer, value=True)
    for key, param in params.items():
        np.testing.assert_allclose(param.get_value(), wanted[key], rtol=1e-11, atol=1e-12)
    plateau = optax.chain(optax.sgd(0.1), optax.contrib.reduce_on_plateau(patience=1, rtol=0.5))
    params, _ = trained(plateau, dtype="float32")
    wanted, _ = by_hand(plateau, dtype="float32", value=True)
    for key, param in params.items():
        np.testing.assert_allclose(param.get_value(), wanted[key], rtol=1e-5, atol=1e-6)


def test_without_a_line_search_lbfgs_runs():
    optimizer = optax.lbfgs(0.1, memory_size=3, linesearch=None)
    params, _ = trained(optimizer, steps=10)
    wanted, _ = by_hand(optimizer, steps=10)
    for key, param in params.items():
        np.testing.assert_allclose(param.get_value(), wanted[key], rtol=1e-9, atol=1e-10)


# The state.


def names(updates):
    return [variable.name for variable in updates]


def test_the_state_is_named_after_its_part_and_param():
    params, _, cost = program()
    listed = [params["W"], params["b"], params["scale"]]
    assert names(theano.optax_updates(cost, listed, optax.adam(0.1))) == [
        *("W", "b", "scale", "scale_by_adam.count"),
        *("scale_by_adam.mu.W", "scale_by_adam.mu.b", "scale_by_adam.mu.scale"),
        *("scale_by_adam.nu.W", "scale_by_adam.nu.b", "scale_by_adam.nu.scale"),
    ]
    one = theano.optax_updates(cost, params["W"], optax.sgd(0.1, 0.9), name="generator")
    assert names(one) == ["W", "generator.trace.trace.W"]
    assert names(theano.optax_updates(cost, {"weights": listed[:1]}, schedule_chain())) == [
        *("W", "scale_by_adam.count", "scale_by_adam.mu.W", "scale_by_adam.nu.W"),
        "scale_by_schedule.count",
    ]


def test_names_are_distinct():
    params, _, cost = program()
    twice = optax.chain(optax.scale_by_adam(), optax.scale_by_adam(), optax.scale(-0.1))
    assert names(theano.optax_updates(cost, [params["b"]], twice)) == [
        *("b", "scale_by_adam.count", "scale_by_adam.mu.b", "scale_by_adam.nu.b"),
        *("scale_by_adam.count.2", "scale_by_adam.mu.b.2", "scale_by_adam.nu.b.2"),
    ]
    unnamed = theano.shared(np.ones(2))
    found = names(theano.optax_updates(T.sqr(unnamed).sum(), [unnamed], optax.adam(0.1)))
    assert found == [None, "scale_by_adam.count", "scale_by_adam.mu.0", "scale_by_adam.nu.0"]


def test_the_state_has_the_dtypes_and_flags_of_the_params():
    column = theano.shared(np.ones((3, 1)), "column", broadcastable=(False, True))
    half = theano.shared(np.ones((1, 3), "float32"), "half")
    cost = T.sqr(column).sum() + T.sqr(half).sum()
    updates = theano.optax_updates(cost, [column, half], optax.adam(0.1))
    types = {variable.name: variable.type for variable in updates}
    assert types["scale_by_adam.count"] == T.iscalar
    assert types["scale_by_adam.mu.column"] == column.type == T.dcol
    assert types["scale_by_adam.nu.half"] == half.type == T.fmatrix
    theano.function([], updates=updates)()
    np.testing.assert_allclose(column.get_value(), 0.9)


def test_a_learning_rate_in_the_state_can_be_set():
    w = theano.shared(np.array([2.0, -1.0]), "w")
    optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=0.5)
    updates = theano.optax_updates(T.sqr(w).sum() / 2, [w], optimizer)
    (rate,) = (v for v in updates if v.name.endswith("hyperparams.learning_rate"))
    step = theano.function([], updates=updates)
    step()
    assert w.get_value().tolist() == [1.0, -0.5]
    rate.set_value(0.25)
    step()
    assert w.get_value().tolist() == [0.75, -0.375]


def test_functions_with_the_same_updates_share_the_state():
    optimizer = optax.adam(0.05)
    params, (x, target), cost = program()
    updates = theano.optax_updates(cost, params, optimizer)
    step = theano.function([x, target], updates=updates)
    rows = T.lvector("rows")
    inputs = theano.shared(INPUTS)
    chosen = theano.function(
        [rows], cost, updates=updates, givens={x: inputs[rows], target: TARGETS}
    )
    for _ in range(25):
        step(*data())
        chosen(range(12))
    wanted, _ = by_hand(optimizer)
    for key, param in params.items():
        np.testing.assert_allclose(param.get_value(), wanted[key], rtol=1e-11, atol=1e-12)
    (count,) = (v for v in updates if v.name == "scale_by_adam.count")
    assert int(count.get_value()) == 50


def test_they_join_other_updates():
    w, calls = theano.shared(np.array(2.0), "w"), theano.shared(np.array(0), "calls")
    drawn = theano.shared(np.array(1.0), "drawn")
    drawn.default_update = drawn + 1
    updates = theano.optax_updates(T.sqr(w) * drawn, [w], optax.sgd(0.25))
    step = theano.function([], updates=updates + {calls: calls + 1})
    step()
    assert (float(w.get_value()), int(calls.get_value()), float(drawn.get_value())) == (1.0, 1, 2.0)
    step()
    assert float(w.get_value()) == 0.0


@pytest.mark.parametrize("name", ["adamw", "chain", "labelled", "noise", "cosine"])
def test_a_pickled_function_goes_on_exactly(name):
    params, inputs, cost = program()
    step = theano.function(
        inputs, cost, updates=theano.optax_updates(cost, params, OPTIMIZERS[name]())
    )
    for _ in range(3):
        step(*data())
    again = pickle.loads(pickle.dumps(step))
    costs = [float(step(*data())) for _ in range(5)]
    assert [float(again(*data())) for _ in range(5)] == costs


def test_a_pickled_function_goes_on_in_another_process(tmp_path):
    params, inputs, cost = program()
    step = theano.function(
        inputs, cost, updates=theano.optax_updates(cost, params, OPTIMIZERS["cosine"]())
    )
    step(*data())
    path = tmp_path / "step.pkl"
    path.write_bytes(pickle.dumps((step, data())))
    code = (
        "import pathlib, pickle, sys; step, data = pickle.loads(pathlib.Path(sys.argv[1])."
        "read_bytes()); print([float(step(*data)) for _ in range(3)])"
    )
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str([float(step(*data())) for _ in range(3)])


def test_gradients_can_be_given():
    optimizer = optax.adam(0.05)
    params, inputs, cost = program()
    slopes = [T.clip(slope, -0.1, 0.1) for slope in T.grad(cost, list(params.values()))]
    gradients = dict(zip(params, slopes, strict=True))
    updates = theano.optax_updates(None, params, optimizer, gradients=gradients)
    step = theano.function(inputs, updates=updates)
    for _ in range(50):
        step(*data())
    wanted, _ = by_hand(optax.chain(optax.clip(0.1), optimizer))
    for key, param in params.items():
        np.testing.assert_allclose(param.get_value(), wanted[key], rtol=1e-11, atol=1e-12)


def test_gradients_take_the_dtypes_of_the_params():
    w = theano.shared(np.array([2.0], "float32"), "w")
    updates = theano.optax_updates(
        None, [w], optax.sgd(0.5), gradients=[T.constant([2.0], dtype="float64")]
    )
    theano.function([], updates=updates)()
    assert w.get_value() == np.array([1.0], "float32")
    assert w.get_value().dtype == "float32"
    # Theano's rules make a float64 cost of float32 params and int32 data.
    cost = (w * T.ivector("i")).sum()
    assert cost.dtype == "float64"
    assert theano.optax_updates(cost, [w], optax.polyak_sgd())[w].type == w.type


def test_no_setting_of_jax_changes_and_nothing_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained(optax.adam(0.1), steps=1)
    assert jnp.ones(2).dtype == "float32"


# What is refused.


def refused(kind, *arguments, **options):
    with pytest.raises(kind) as error:
        theano.optax_updates(*arguments, **options)
    return str(error.value)


def test_wrong_params_are_refused():
    w, i = theano.shared(np.ones(2), "w"), theano.shared(np.ones(2, "int64"), "i")
    x, cost, sgd = T.dvector("x"), T.sqr(w).sum(), optax.sgd(0.1)
    assert refused(TypeError, T.sum(x), [x], sgd) == (
        "params: got x (TensorVariable), wanted a shared variable: theano.shared(value)"
    )
    assert refused(TypeError, cost, [w, i], sgd).startswith(
        "params: i has type TensorType(int64, vector), wanted floating-point numbers; "
        'make it of value.astype("float64")\n  made at '
    )
    assert refused(ValueError, cost, [w, w], sgd).startswith("params: w is given twice\n  made at ")
    assert refused(ValueError, cost, [], sgd) == "params: there is no shared variable in them"
    other = theano.shared(np.ones(2), "other")
    text = refused(DisconnectedInputError, cost, [w, other], sgd)
    assert text.startswith("grad: other is not part of the graph of the cost")


def test_a_wrong_cost_is_refused():
    w, sgd = theano.shared(np.ones(2), "w"), optax.sgd(0.1)
    assert refused(TypeError, T.sqr(w), [w], sgd).startswith("cost must be a scalar: got ")
    assert refused(ValueError, None, [w], sgd) == (
        "cost: got None and no gradients, wanted one of the two"
    )
    assert refused(TypeError, 3.0, [w], sgd, gradients=[w]) == (
        "cost: got 3.0, wanted a symbolic scalar; take its sum or mean"
    )


def test_wrong_gradients_are_refused():
    w, sgd = theano.shared(np.ones(2), "w"), optax.sgd(0.1)
    assert refused(ValueError, None, [w], sgd, gradients=[w, w]).startswith(
        "gradients: got the structure PyTreeDef([*, *]), wanted one for each param: "
    )
    assert refused(TypeError, None, [w], sgd, gradients=[1.0]) == (
        "gradients: got 1.0 for w, wanted an expression"
    )
    text = refused(TypeError, None, [w], sgd, gradients=[w.sum()])
    assert text.startswith("gradients: got Sum{")
    assert (
        "of TensorType(float64, scalar) for w of TensorType(float64, vector), wanted real numbers "
        "of the same rank\n  made at "
    ) in text


def test_what_is_no_optimizer_is_refused():
    w = theano.shared(np.ones(2), "w")
    assert refused(TypeError, T.sqr(w).sum(), [w], 0.1) == (
        "optimizer: got 0.1 (float), wanted one of optax, such as optax.adam(1e-3)"
    )


@pytest.mark.parametrize(
    "search", [optax.scale_by_backtracking_linesearch(5), optax.scale_by_zoom_linesearch(5)]
)
def test_a_line_search_is_refused(search):
    w = theano.shared(np.ones(2), "w")
    text = refused(NotImplementedError, T.sqr(w).sum(), [w], optax.chain(optax.sgd(0.1), search))
    assert text.startswith(
        "optimizer: it evaluates the cost at other params than those it is given"
    )
    assert "jaxlearn.train" in text


def test_what_the_optimizer_refuses_is_told_at_once():
    w = theano.shared(np.ones(2), "w")
    text = refused(TypeError, None, [w], optax.polyak_sgd(), gradients=[2 * w])
    assert text.startswith("optimizer: it does not take these params: TypeError: ")
    assert text.endswith("; give the cost too")
    text = refused(TypeError, T.sqr(w).sum(), [w], optax.adam(0.1, mu_dtype="bfloat16"))
    assert text.startswith("optimizer: its state[0].mu[0] is of bfloat16, wanted one of bool, ")

    def update(gradients, state, params=None):
        return gradients, jnp.concatenate([state, state])

    growing = optax.GradientTransformation(lambda params: jnp.zeros(3), update)
    assert refused(TypeError, T.sqr(w).sum(), [w], growing) == (
        "optimizer: its state has shape (3,) at first and (6,) after an update, and a shared "
        "variable keeps its rank"
    )
