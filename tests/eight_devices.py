"""Training on eight devices; test_devices.py runs these tests in a process that has them."""

import pickle
import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.sharding import AxisType, Mesh, PartitionSpec

from jaxlearn import DivergenceError, Step, celsius, losses, models, objective, train, training
from jaxlearn.devices import Layout, gather

jax.config.update("jax_num_cpu_devices", 8)

RANDOM = np.random.RandomState(0)
X = RANDOM.randn(96, 4)
TARGET = X[:, :1] ** 2 + 0.1 * RANDOM.randn(96, 1)
LINE = X[:, 0], 1.8 * X[:, 0] + 32
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}

squared = losses.mean_squared_error
line_error = objective(models.linear_neuron, squared)
error = objective(models.multilayer_perceptron, squared)


def perceptron(dtype="float64"):
    return models.init_multilayer_perceptron(jax.random.key(0), [4, 8, 1], dtype)


def neuron(dtype="float64"):
    return models.init_linear_neuron(jax.random.key(0), dtype)


def eight():
    return jax.make_mesh((8,), ("data",))


def four_by_two():
    return jax.make_mesh((4, 2), ("data", "model"))


SPEC = [
    {"weight": PartitionSpec(None, "model"), "bias": PartitionSpec("model")},
    {"weight": PartitionSpec("model"), "bias": None},
]


def fit(*arguments, **options):
    return train(*arguments, progress=False, **options)


def assert_close(tree, expected, tolerance):
    """Compare each array by the size of its largest number: small ones are sums of large ones."""

    def check(array, expected):
        expected = np.asarray(expected)
        assert array.dtype == expected.dtype
        np.testing.assert_allclose(array, expected, rtol=0, atol=tolerance * np.abs(expected).max())

    jax.tree.map(check, tree, expected)


def assert_same(tree, expected):
    jax.tree.map(np.testing.assert_array_equal, tree, expected)


def by_hand(loss, params, data, steps, optimizer):
    """Train by plain JAX on one device, without jaxlearn."""
    with jax.enable_x64(True):
        params, data = jax.tree.map(jnp.asarray, (params, data))
        state = optimizer.init(params)

        @jax.jit
        def step(params, state):
            value, gradient = jax.value_and_grad(loss)(params, *data)
            updates, state = optimizer.update(gradient, state, params)
            return value, optax.apply_updates(params, updates), state

        history = []
        for _ in range(steps):
            value, params, state = step(params, state)
            history.append(float(value))
    return params, np.array(history)


def with_penalty(params, x, target):
    return error(params, x, target) + 0.1 * losses.l2_penalty(params)


def sum_of_squares(params, x, target):
    return jnp.sum((models.multilayer_perceptron(params, x) - target) ** 2) / 50


@pytest.mark.parametrize("loss", [with_penalty, sum_of_squares])
def test_any_loss_gives_the_numbers_of_plain_jax_on_one_device(loss):
    optimizer = optax.adam(1e-2)
    params, history = by_hand(loss, perceptron(), (X, TARGET), 100, optimizer)
    result = fit(loss, perceptron(), (X, TARGET), 100, optimizer, mesh=eight())
    assert_close(result.params, params, 1e-12)
    assert_close(result.losses, history, 1e-12)


@pytest.mark.parametrize(
    ("model", "batch_size", "dtype"),
    [
        ("neuron", None, "float32"),
        ("neuron", None, "float64"),
        ("neuron", 16, "float64"),
        ("perceptron", None, "float32"),
        ("perceptron", 16, "float64"),
        ("perceptron, sharded", None, "float64"),
        ("perceptron, sharded", 16, "float32"),
    ],
)
def test_the_numbers_are_those_of_one_device(model, batch_size, dtype):
    options = {} if batch_size is None else {"batch_size": batch_size, "key": jax.random.key(3)}
    if model == "neuron":
        arguments = line_error, neuron(dtype), LINE, 100, 0.05
        spread = {"mesh": eight()}
    else:
        arguments = error, perceptron(dtype), (X, TARGET), 100, optax.adam(1e-2)
        spread = {"mesh": eight()}
    if "sharded" in model:
        spread = {"mesh": four_by_two(), "params_spec": SPEC}
    one = fit(*arguments, **options)
    many = fit(*arguments, **options, **spread)
    assert_close(many.params, one.params, TOLERANCE[dtype])
    assert_close(many.losses, one.losses, TOLERANCE[dtype])


def test_a_saved_state_goes_on_with_a_mesh_and_without():
    options, key = {"batch_size": 16}, {"key": jax.random.key(3)}
    task, mesh = (X, TARGET), eight()
    whole = fit(error, perceptron(), task, 90, optax.adam(1e-2), mesh=mesh, **options, **key)
    part = fit(error, perceptron(), task, 30, optax.adam(1e-2), mesh=mesh, **options, **key)
    assert_same(part.losses, whole.losses[:30])
    saved = pickle.loads(pickle.dumps(part.state))
    rest = fit(error, saved, task, 60, optax.adam(1e-2), mesh=mesh, **options)
    assert_same(rest.params, whole.params)
    assert_same(rest.losses, whole.losses[30:])
    for state, devices in ((saved, 1), (part.state, 8)):
        rest = fit(error, state, task, 60, optax.adam(1e-2), **options)
        assert_close(rest.params, whole.params, 1e-12)
        assert len(jax.tree.leaves(rest.params)[0].sharding.device_set) == devices


@pytest.mark.parametrize("axis_type", [AxisType.Auto, AxisType.Explicit])
def test_what_users_do_with_the_params(axis_type):
    mesh = Mesh(np.array(jax.devices()), ("data",), axis_types=(axis_type,))
    result = fit(line_error, neuron(), LINE, 2000, 0.1, mesh=mesh)
    sharding = result.params["weight"].sharding
    assert list(sharding.mesh.devices) == jax.devices()
    assert result.params["weight"].sharding.is_fully_replicated
    assert celsius.equation(result.params) == "Fahrenheit = 1.8 * Celsius + 32"
    assert isinstance(np.asarray(result.params["bias"]), np.ndarray)
    assert_same(pickle.loads(pickle.dumps(result)).params, result.params)
    assert_same(gather(result.params), jax.device_get(result.params))
    with jax.enable_x64(True):
        prediction = jax.jit(models.linear_neuron)(result.params, LINE[0])
        np.testing.assert_allclose(prediction, LINE[1], rtol=1e-6)
        rows = jax.device_put(LINE[0], jax.NamedSharding(sharding.mesh, PartitionSpec("data")))
        prediction = jax.jit(models.linear_neuron)(result.params, rows)
        np.testing.assert_allclose(prediction, LINE[1], rtol=1e-6)


def test_params_and_the_optimizers_arrays_lie_where_the_spec_says():
    mesh = four_by_two()
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(1e-2))
    result = fit(error, perceptron(), (X, TARGET), 3, optimizer, mesh=mesh, params_spec=SPEC)
    moments = result.state.optimizer_state[1][0]
    for tree in (result.params, moments.mu, moments.nu):
        assert tree[0]["weight"].addressable_shards[0].data.shape == (4, 4)
        assert tree[0]["bias"].addressable_shards[0].data.shape == (4,)
        assert tree[1]["weight"].addressable_shards[0].data.shape == (4, 1)
        assert tree[1]["bias"].sharding.is_fully_replicated
    assert moments.count.sharding.is_fully_replicated
    assert jax.tree.map(jnp.shape, pickle.loads(pickle.dumps(result.state)).params) == (
        jax.tree.map(jnp.shape, perceptron())
    )
    rest = fit(error, result.state, (X, TARGET), 3, optimizer, mesh=mesh, params_spec=SPEC)
    assert rest.params[0]["weight"].sharding == result.params[0]["weight"].sharding
    whole = fit(error, perceptron(), (X, TARGET), 6, optimizer)
    assert_close(rest.params, whole.params, 1e-12)
    one_spec = PartitionSpec("data")
    result = fit(squared, np.zeros(96), (X[:, 0],), 3, 0.1, mesh=mesh, params_spec=one_spec)
    assert result.params.addressable_shards[0].data.shape == (24,)


def test_params_may_have_nothing_in_some_places():
    params = {"weight": np.zeros(()), "bias": np.zeros(()), "scale": None}
    spec = {"weight": PartitionSpec(), "bias": None, "scale": None}
    result = fit(line_error, params, LINE, 1, 0.1, mesh=eight(), params_spec=spec)
    assert result.params["scale"] is None


def test_the_rows_are_spread_and_minibatches_drawn_from_whole_data():
    layout = Layout(eight())
    x, target = layout.place_data((X, TARGET))
    assert x.addressable_shards[3].data.shape == (12, 4)
    assert target.addressable_shards[3].data.shape == (12, 1)
    assert_same(x.addressable_shards[3].data, X[36:48].astype("float32"))
    assert layout.place_data((X,), batch_size=16)[0].addressable_shards[3].data.shape == (96, 4)


def test_divergence_is_found_as_on_one_device():
    def diverge(**spread):
        with pytest.raises(DivergenceError) as caught:
            fit(line_error, neuron(), LINE, 5000, 1.5, **spread)
        return caught.value

    one, many = diverge(), diverge(mesh=eight())
    assert str(many) == str(one)
    assert many.step == one.step > 50
    assert_close(many.losses[:-1], one.losses[:-1], 1e-9)
    assert_close(many.params, one.params, 1e-9)
    assert isinstance(many.params["weight"], np.ndarray)
    copy = pickle.loads(pickle.dumps(many))
    assert str(copy) == str(many)


def test_the_bar_counts_every_step(capsys):
    train(line_error, neuron(), LINE, 234, 0.05, mesh=eight())
    assert "234/234" in capsys.readouterr().err


class Recorded(Step):
    """A step that keeps what it was called with."""

    def repeat(self, state, n, *inputs, capacity=None):
        Recorded.last = self
        self.arguments = state, capacity, np.int32(n), *inputs
        return super().repeat(state, n, *inputs, capacity=capacity)


COLLECTIVE = re.compile(
    r" = (.*?) (all-reduce|all-gather|reduce-scatter|all-to-all|collective-permute)(?:-start)?\("
)


def collectives(monkeypatch, *arguments, **options):
    """Return the operations between devices that XLA makes of a training, and where they stand."""
    monkeypatch.setattr(training, "Step", Recorded)
    fit(*arguments, mesh=eight(), **options)
    step = Recorded.last
    assert step._compiled_repeat._cache_size() == 1, "the stretches did not share one program"
    with jax.enable_x64(True):
        text = step._compiled_repeat.lower(*step.arguments).compile().as_text()
    found = []
    for block in re.split(r"\n\n", text):
        found += [(block.splitlines()[0], *groups) for groups in COLLECTIVE.findall(block)]
    bodies = re.findall(r" while\(.*body=%?([\w.-]+)", text)
    return [(is_body(place, bodies), operands, kind) for place, operands, kind in found]


def is_body(place, bodies):
    return place.split()[0].lstrip("%") in bodies


@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("model", ["neuron", "perceptron", "penalty and clipped gradient"])
def test_a_step_asks_the_other_devices_once(model, batch_size, monkeypatch):
    options = {} if batch_size is None else {"batch_size": batch_size, "key": jax.random.key(3)}
    clipped = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(1e-2))
    arguments = {
        "neuron": (line_error, neuron(), LINE, 300, 0.05),
        "perceptron": (error, perceptron(), (X, TARGET), 300, optax.adam(1e-2)),
        "penalty and clipped gradient": (with_penalty, perceptron(), (X, TARGET), 300, clipped),
    }[model]
    ((is_in_loop, operands, kind),) = collectives(monkeypatch, *arguments, **options)
    assert is_in_loop
    assert kind == "all-reduce"
    # The loss and each param's gradient, in one tuple.
    assert operands.count("[") == (3 if model == "neuron" else 5)


def test_a_loss_that_needs_a_sum_before_the_next_needs_more_reductions(monkeypatch):
    def spread_of(param, x):
        return jnp.sum((x - jnp.mean(param * x)) ** 4) + param**2

    arguments = spread_of, np.float64(1), (X[:, 0],), 20, 1e-4
    found = collectives(monkeypatch, *arguments)
    assert len(found) > 1
    assert {kind for _, _, kind in found} == {"all-reduce"}
    assert_close(fit(*arguments, mesh=eight()).losses, fit(*arguments).losses, 1e-12)


UNEVEN = X[:90], TARGET[:90]


@pytest.mark.parametrize(
    ("change", "kind", "text"),
    [
        (
            {"mesh": 8},
            TypeError,
            "mesh: got 8, wanted a jax.sharding.Mesh, such as "
            'jax.make_mesh((jax.device_count(),), ("data",))',
        ),
        (
            {"data": UNEVEN},
            ValueError,
            "data[0]: 90 rows do not divide evenly among the 8 devices of the mesh's axis 'data'; "
            "use a mesh with 6 or 9 along that axis, or leave out the last 2 rows",
        ),
        (
            {"data": (X[:3], TARGET[:3])},
            ValueError,
            "data[0]: 3 rows do not divide evenly among the 8 devices of the mesh's axis 'data'; "
            "use a mesh with 3 along that axis",
        ),
        (
            {"data": UNEVEN, "batch_size": 20, "key": 3},
            ValueError,
            "batch_size: 20 rows do not divide evenly among the 8 devices of the mesh's axis "
            "'data'; take 16 or 24",
        ),
        (
            {"batch_size": 4, "key": 3},
            ValueError,
            "batch_size: 4 rows do not divide evenly among the 8 devices of the mesh's axis "
            "'data'; take 8",
        ),
        (
            {"mesh": None, "params_spec": SPEC},
            ValueError,
            "params_spec: given without mesh; give the mesh whose axes it names",
        ),
        (
            {"params_spec": "data"},
            TypeError,
            "params_spec: got 'data', wanted a jax.sharding.PartitionSpec, or None",
        ),
        (
            {"params_spec": [{"weight": PartitionSpec("model"), "bias": None}, None]},
            ValueError,
            "for params[0]['weight'] of shape (4, 8): the mesh has no axis 'model', it has 'data'",
        ),
        (
            {"params_spec": [{"weight": PartitionSpec("data"), "bias": None}, None]},
            ValueError,
            "for params[0]['weight'] of shape (4, 8): its axis 0 does not divide evenly among "
            "8 devices; leave it whole with None",
        ),
        (
            {"params_spec": PartitionSpec(None, "data")},
            ValueError,
            "for params[0]['bias'] of shape (8,): wanted no more entries than it has axes",
        ),
        (
            {"params_spec": [None]},
            ValueError,
            "params_spec: does not fit the params: ",
        ),
    ],
)
def test_what_does_not_fit_is_refused(change, kind, text):
    arguments = {"loss": error, "params": perceptron(), "data": (X, TARGET), "steps": 5}
    arguments |= {"optimizer": 0.1, "mesh": eight()} | change
    if "key" in arguments:
        arguments["key"] = jax.random.key(arguments["key"])
    with pytest.raises(kind) as caught:
        fit(**arguments)
    assert text in str(caught.value)


def test_bad_data_are_refused_as_on_one_device():
    bad = X.copy()
    bad[7, 2] = np.nan
    with pytest.raises(ValueError, match=r"data\[0\]: nan in row 7, column 2 \(1 of 384 values"):
        fit(error, perceptron(), (bad, TARGET), 5, 0.1, mesh=eight())
    numbers = np.r_[np.arange(95), 2**40]
    with pytest.raises(ValueError, match=r"data\[1\]: a number in row 95 does not fit int32"):
        fit(error, perceptron("float32"), (X, numbers), 5, 0.1, mesh=eight())


def test_what_the_caller_holds_is_left_alone():
    params, x, target = jax.tree.map(np.array, perceptron()), X.copy(), TARGET.copy()
    kept = jax.tree.map(np.array, params)
    result = fit(error, params, (x, target), 0, 0.1, mesh=eight())
    jax.tree.map(lambda leaf: leaf.fill(7.0), params)
    assert_same(result.params, kept)
    result = fit(error, kept, (x, target), 10, 0.1, mesh=eight())
    assert_same((x, target), (X, TARGET))
    after = jax.tree.map(np.array, result.state.params)
    fit(error, result.state, (x, target), 10, 0.1, mesh=eight())
    assert_same(result.state.params, after)
    assert jnp.ones(2).dtype == jnp.float32
