"""A program that two processes run together; test_devices.py starts them, and kills one."""

import pickle
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.sharding import PartitionSpec

from jaxlearn import DivergenceError, load, losses, models, objective, save, train
from jaxlearn.devices import gather

STEPS = 40

RANDOM = np.random.RandomState(0)
X = RANDOM.randn(32, 4)
DATA = X, X[:, :1] ** 2
OPTIMIZER = optax.adam(1e-2)

error = objective(models.multilayer_perceptron, losses.mean_squared_error)


def first_params():
    return models.init_multilayer_perceptron(jax.random.key(0), [4, 8, 1], "float64")


def train_on(state, steps, **options):
    """Go on from a state, or start, if it is None."""
    if state is None:
        state, options = first_params(), {"key": jax.random.key(5), **options}
    options = {"batch_size": 8, "progress": False, **options}
    return train(error, state, DATA, steps, OPTIMIZER, **options).state


def train_in_parts(path, total, mesh, is_writer):
    state = load(path, train_on(None, 0)) if path.exists() else None
    steps = state.steps if state else 0
    print("from step", steps, flush=True)
    for _ in range(steps, total, STEPS):
        state = train_on(state, STEPS, mesh=mesh)
        if is_writer:
            save(path, state)
    return state


def check_spread_params(mesh):
    """Params that no process holds whole train, gather and pickle, and divergence is found."""
    full = {"progress": False}
    alone = train(error, first_params(), DATA, 30, OPTIMIZER, **full)
    spec = [{"weight": PartitionSpec(None, "data"), "bias": None}, None]
    together = train(
        error, first_params(), DATA, 30, OPTIMIZER, mesh=mesh, params_spec=spec, **full
    )
    weight = together.params[0]["weight"]
    assert not weight.is_fully_addressable
    assert weight.addressable_shards[0].data.shape == (4, 2)
    with pytest.raises(ValueError, match=r"gather\(state\), which every process must call"):
        pickle.dumps(together.state)
    whole = gather(together.state)
    for array, expected in zip(
        jax.tree.leaves(whole.params), jax.tree.leaves(alone.params), strict=True
    ):
        np.testing.assert_allclose(array, expected, rtol=0, atol=1e-12)
    saved = pickle.loads(pickle.dumps(whole))
    rest = train(error, saved, DATA, 1, OPTIMIZER, mesh=mesh, params_spec=spec, **full)
    assert rest.state.steps == 31

    def root(params, x):
        return jnp.mean(jnp.sqrt(jnp.abs(params * x)))

    for spec in (None, PartitionSpec("data")):
        options = {"mesh": mesh, "params_spec": spec, **full}
        start = np.zeros(4)
        with pytest.raises(DivergenceError, match="no longer finite after step 0") as caught:
            train(root, start, (np.ones((4, 4)),), 1, 0.1, **options)
        np.testing.assert_array_equal(caught.value.params, start)


def check_different_arguments(mesh, process):
    options = {"mesh": mesh, "progress": False}
    text = f"process {process} of 2 was given other values than another process; give every"
    params = jax.tree.map(lambda leaf: np.asarray(leaf) + process * 1e-15, first_params())
    for name, arguments in (
        ("data[1]", (error, first_params(), (X, DATA[1] + process * 1e-12), 5, 0.1)),
        ("params[0]['bias']", (error, params, DATA, 5, 0.1)),
        ("steps, batch_size, optimizer", (error, first_params(), DATA, 5 + process, 0.1)),
    ):
        with pytest.raises(ValueError) as caught:
            train(*arguments, **options)
        assert str(caught.value).startswith(f"{name}: {text}")
    spread = jax.device_put(X.astype("float32"), jax.NamedSharding(mesh, PartitionSpec("data")))
    with pytest.raises(ValueError, match=r"data\[0\]: spread over the devices of several proc"):
        train(error, first_params(), (spread, spread), 5, 0.1, **options)


def main(process, port, path, total):
    jax.config.update("jax_num_cpu_devices", 2)
    jax.distributed.initialize(
        f"127.0.0.1:{port}", 2, process, initialization_timeout=60, heartbeat_timeout_seconds=6
    )
    mesh = jax.make_mesh((4,), ("data",))
    state = train_in_parts(path, total, mesh, is_writer=process == 0)
    save(path.with_name(f"state{process}"), state)
    check_spread_params(mesh)
    check_different_arguments(mesh, process)
    print("all is well", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
