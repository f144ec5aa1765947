"""Time what each setting of `jaxlearn.tune_process` gains: alone, and together with the others.

Each setting lives in a process of its own, and the processes are asked in turns. Run it as
``python scripts/bench_process.py``.
"""

from __future__ import annotations

import argparse
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from benchmarking import Timer, Worker, interleave, print_table, serve, timer, without_slow_kernels

from jaxlearn import Step, celsius, losses, models, objective
from jaxlearn.process import SETTINGS

CALLS = 200


def celsius_steps() -> Timer:
    """10,000 steps of the Celsius neuron, as one program."""
    return lambda: celsius.train_neuron().seconds


def fetched_calls() -> Timer:
    """Calls of a logistic regression's step, 400 x 784 in float64, the loss fetched each time."""
    random = np.random.RandomState(0)
    x, target = random.randn(400, 784), random.randint(0, 2, 400).astype(float)
    error = objective(models.logistic_regression, losses.binary_cross_entropy)

    def gradient_step(params: Any, x: jax.Array, target: jax.Array) -> tuple[jax.Array, Any]:
        loss, gradient = jax.value_and_grad(error)(params, x, target)
        return loss, jax.tree.map(lambda param, slope: param - 0.1 * slope, params, gradient)

    step = Step(gradient_step, donate=False)
    params = models.init_logistic_regression(jax.random.key(0), 784, dtype="float64")
    with jax.enable_x64(True):
        data = jnp.asarray(x), jnp.asarray(target)

    def calls() -> None:
        state = params
        for _ in range(CALLS):
            loss, state = step(state, *data)
            float(loss)

    return timer(calls)


def large_states() -> Timer:
    """50 calls of a step whose state is 8 arrays of 1 MB, each new state a new array."""

    def decay(state: list[jax.Array]) -> tuple[tuple[()], list[jax.Array]]:
        return (), [array * 0.99 for array in state]

    step, first = Step(decay, donate=False), [jnp.ones(2**18)] * 8

    def calls() -> None:
        state = first
        for _ in range(50):
            _, state = step(state)
        jax.block_until_ready(state)

    return timer(calls)


WORKLOADS = {
    "10,000 Celsius steps in one program": celsius_steps,
    f"{CALLS} fetched calls of a logistic regression step": fetched_calls,
    "50 calls of a step with 8 MB of state": large_states,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="how often each peer is measured")
    parser.add_argument("--worker", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker is not None:
        for setting in options.worker:
            SETTINGS[setting]()
        serve({workload: make() for workload, make in WORKLOADS.items()})
        return
    workers = {"no setting": Worker()}
    workers |= {f"{setting} alone": Worker(setting) for setting in SETTINGS}
    workers |= {
        f"all but {setting}": Worker(*(other for other in SETTINGS if other != setting))
        for setting in SETTINGS
    }
    workers["all"] = Worker(*SETTINGS)
    for workload in WORKLOADS:
        timers = {name: worker.timer(workload) for name, worker in workers.items()}
        print_table(workload, interleave(timers, options.rounds), "no setting")
    for worker in workers.values():
        worker.stop()


if __name__ == "__main__":
    without_slow_kernels()
    main()
