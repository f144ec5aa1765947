"""Time calls of a compiled function, beside Theano, PyTensor and hand-written jitted steps.

The trivial training example is called with lists, with NumPy arrays and with ``trust_input``; the
logistic regression of 400 examples with its data passed at every call. All are measured in turns in
one run. Give the Python of an environment with Theano 1.0.5, and of one with PyTensor, to have them
measured too::

    python scripts/bench_function.py --theano PYTHON --pytensor PYTHON
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from benchmarking import (
    Timer,
    Worker,
    add_library_options,
    interleave,
    library_workers,
    print_table,
    serve,
    without_slow_kernels,
)
from theano_programs import CALLS, logistic, logistic_data, per_call, timers, trivial

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as tensor
from jaxlearn import tune_process

KINDS = ("lists", "arrays", "trust_input", "logistic")
OURS = "jaxlearn"


def trivial_step(weights: Any, x: Any, target: Any) -> tuple[Any, Any]:
    """Return the output and the new weights, in plain JAX."""
    x, target = x.astype("float64"), target.astype("float64")

    def cost(weights: Any) -> Any:
        return (target - (x * weights).sum()) ** 2

    return (x * weights).sum(), weights - 0.1 * jax.grad(cost)(weights)


def jitted() -> Callable[[], Any]:
    """Return a call of the jitted step, with NumPy arrays in and out."""
    step = jax.jit(trivial_step, donate_argnums=0)
    x, target = np.ones(4, "float32"), np.array(100.0, "float32")
    with jax.enable_x64(True):
        state = [jnp.array([0.1, 0.25, 0.15, 0.3])]

    def call() -> Any:
        with jax.enable_x64(True):
            y, state[0] = step(state[0], x, target)
            return np.asarray(y)

    return call


def jitted_packed() -> Callable[[], Any]:
    """Return a call of the step with inputs and state in one array, and all results in another."""

    def packed(given: Any) -> Any:
        y, weights = trivial_step(given[5:], given[:4], given[4])
        return jnp.concatenate([y.reshape(1), weights])

    step = jax.jit(packed)
    given = np.array([1, 1, 1, 1, 100, 0.1, 0.25, 0.15, 0.3])

    def call() -> Any:
        with jax.enable_x64(True):
            results = np.asarray(step(given))
        given[5:] = results[1:]
        return results[0]

    return call


def logistic_step(state: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """Return the predictions and losses, and the new weights, in plain JAX, finite."""

    def cost(state: Any) -> tuple[Any, Any]:
        activation = x @ state["w"] + state["b"]
        losses = y * jax.nn.softplus(-activation) + (1 - y) * jax.nn.softplus(activation)
        return losses.mean() + 0.01 * (state["w"] ** 2).sum(), (activation > 0, losses)

    slopes, outputs = jax.grad(cost, has_aux=True)(state)
    return outputs, jax.tree.map(lambda value, slope: value - 0.1 * slope, state, slopes)


def jitted_logistic() -> Callable[[], Any]:
    """Return a call of the jitted logistic regression, both outputs fetched."""
    step = jax.jit(logistic_step, donate_argnums=0)
    features, classes, weights = logistic_data()
    with jax.enable_x64(True):
        state = [{"w": jnp.array(weights), "b": jnp.zeros(())}]

    def call() -> Any:
        with jax.enable_x64(True):
            outputs, state[0] = step(state[0], features, classes)
            return [np.asarray(output) for output in outputs]

    return call


def own_timers() -> dict[str, Timer]:
    """Return what a process with this project measures."""
    mine = timers(theano, tensor)
    return {
        **mine,
        "jitted": per_call(jitted(), CALLS["trivial"]),
        "jitted, packed": per_call(jitted_packed(), CALLS["trivial"]),
        "jitted logistic": per_call(jitted_logistic(), CALLS["logistic"]),
    }


def compile_seconds(program: Callable[..., Any], *inputs: Any) -> float:
    """Return the time from the first line of a program to its first result."""
    started = time.perf_counter()
    program(theano, tensor)(*inputs)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=31, help="how often each peer is measured")
    add_library_options(parser)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        tune_process()
        serve(own_timers())
        return
    workers = {"tuned jaxlearn": Worker(), **library_workers(options)}
    mine = own_timers()
    by_hand = {"logistic": ["jitted logistic"]}
    titles = {
        "lists": "The trivial example's step, called with lists",
        "arrays": "The same, called with NumPy arrays",
        "trust_input": "The same, with trust_input",
        "logistic": "Logistic regression, 400 x 784, data passed at every call",
    }
    for kind in KINDS:
        measured = {OURS: mine[kind]}
        measured |= {name: worker.timer(kind) for name, worker in workers.items()}
        for name in by_hand.get(kind, ["jitted", "jitted, packed"]):
            measured[name] = mine[name]
            measured[f"tuned {name}"] = workers["tuned jaxlearn"].timer(name)
        print_table(titles[kind], interleave(measured, options.rounds), OURS, unit="us")
    for worker in workers.values():
        worker.stop()
    data = logistic_data()
    for name, program, inputs in (
        ("trivial example", trivial, ([1.0] * 4, 100.0)),
        ("logistic regression", logistic, data[:2]),
    ):
        seconds = [compile_seconds(program, *inputs) for _ in range(7)]
        print(
            f"{name}, from the graph to the first result: {1e3 * statistics.median(seconds):.0f} ms"
        )


if __name__ == "__main__":
    without_slow_kernels()
    sys.path.insert(0, str(Path(__file__).parent))
    main()
