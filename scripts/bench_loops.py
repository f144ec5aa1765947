"""Time loops of training steps: fused by `repeat` and `scan`, called one by one, and by others.

Four trainings in float64, each with all its outputs kept and all parameters fetched at the end: the
README's trivial example, the Celsius neuron, Theano's logistic regression, and an epoch of a
perceptron over minibatches that are slices of a shared array. They are made by this project's
fused loops and by single calls; by hand with ``jax.lax.scan``, jitted and with no further tricks;
by Theano's and PyTensor's own loops of calls, given the Pythons of environments that have them; and
in C, where that is short. All are measured in turns in one run, and must come to the same
parameters. What is called "tuned" runs in a process of its own, after `jaxlearn.tune_process`::

    python scripts/bench_loops.py --theano PYTHON --pytensor PYTHON
"""

from __future__ import annotations

import argparse
import ctypes
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from bench_function import logistic_step, trivial_step
from bench_training import C_SOURCE, gradient_step
from benchmarking import (
    Timer,
    Worker,
    add_library_options,
    c_library,
    interleave,
    library_workers,
    print_table,
    serve,
    without_slow_kernels,
)
from theano_programs import (
    BATCH,
    STEPS,
    Loop,
    logistic_data,
    loops,
    perceptron_data,
    result_of,
    total,
)

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as tensor
from jaxlearn import datasets, tune_process

FUSED, CALLED, BY_HAND = "fused", "one by one", "lax.scan by hand"
KINDS = ("trivial", "celsius", "logistic", "perceptron")

TRIVIAL_C = """
void trivial(double *weights, double *outputs, const float *x, float target, size_t steps) {
    for (size_t step = 0; step < steps; step++) {
        double y = 0;
        for (size_t i = 0; i < 4; i++) y += x[i] * weights[i];
        outputs[step] = y;
        for (size_t i = 0; i < 4; i++) weights[i] += 0.1 * 2 * (target - y) * x[i];
    }
}
"""


def perceptron_step(params: Any, index: Any, pictures: Any, classes: Any) -> tuple[Any, Any]:
    """Return the loss of a minibatch, and the new params, in plain JAX."""
    x = jax.lax.dynamic_slice_in_dim(pictures, index * BATCH, BATCH)
    y = jax.lax.dynamic_slice_in_dim(classes, index * BATCH, BATCH)

    def cost(params: Any) -> Any:
        hidden = jnp.tanh(x @ params[0] + params[1])
        chances = jax.nn.log_softmax(hidden @ params[2] + params[3])
        return -chances[jnp.arange(BATCH), y].mean()

    loss, slopes = jax.value_and_grad(cost)(params)
    return loss, jax.tree.map(lambda value, slope: value - 0.01 * slope, params, slopes)


class Job:
    """A training without shared variables.

    Args:
        run: makes all steps, and returns the parameters.
        steps: how many there are.

    Attributes:
        result: a number that tells what the last run came to.
    """

    def __init__(self, run: Callable[[], Any], steps: int) -> None:
        self.result = 0.0
        self._run = run
        self._steps = steps

    def timer(self) -> float:
        """Make all steps; return the seconds of one."""
        started = time.perf_counter()
        params = self._run()
        seconds = time.perf_counter() - started
        self.result = total(jax.tree.leaves(params))
        return seconds / self._steps


def by_hand(step: Callable[..., Any], first: Any, steps: int, *data: Any, rows: Any = None) -> Job:
    """Return a training by ``lax.scan``."""
    with jax.enable_x64(True):
        first, rows, data = jax.tree.map(jnp.asarray, (first, rows, data))

    @jax.jit
    def train(first: Any, rows: Any, *data: Any) -> Any:
        def advance(params: Any, row: Any) -> Any:
            given = data if row is None else (row, *data)
            return step(params, *given)[::-1]

        return jax.lax.scan(advance, first, rows, length=steps)

    def run() -> Any:
        with jax.enable_x64(True):
            return jax.tree.map(np.asarray, train(first, rows, *data))[0]

    return Job(run, steps)


def jobs_by_hand(minibatches: int) -> dict[str, Job]:
    """Return all trainings by ``lax.scan``."""
    features, classes, weights = logistic_data()
    pictures, labels, params = perceptron_data(minibatches)
    ones, target = np.ones(4, "float32"), np.array(100.0, "float32")
    neuron = {"weight": np.array(1.0), "bias": np.array(0.0)}
    return {
        "trivial": by_hand(
            trivial_step, np.array([0.1, 0.25, 0.15, 0.3]), STEPS["trivial"], ones, target
        ),
        "celsius": by_hand(gradient_step, neuron, STEPS["celsius"], *datasets.celsius_fahrenheit()),
        "logistic": by_hand(
            logistic_step,
            {"w": weights, "b": np.array(0.0)},
            STEPS["logistic"],
            features,
            classes,
        ),
        "perceptron": by_hand(
            perceptron_step, params, minibatches, pictures, labels, rows=np.arange(minibatches)
        ),
    }


def jobs_in_c(folder: str) -> dict[str, Job]:
    """Return the trainings that are short in C; none where there is no gcc."""
    library = c_library(C_SOURCE + TRIVIAL_C, folder)
    if library is None:
        return {}
    array, floats = (np.ctypeslib.ndpointer(dtype) for dtype in (np.float64, np.float32))
    library.train.argtypes = [*[array] * 4, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_double]
    library.trivial.argtypes = [array, array, floats, ctypes.c_float, ctypes.c_size_t]
    celsius, fahrenheit = datasets.celsius_fahrenheit()
    ones = np.ones(4, np.float32)

    def trivial() -> Any:
        weights, outputs = np.array([0.1, 0.25, 0.15, 0.3]), np.empty(STEPS["trivial"])
        library.trivial(weights, outputs, ones, 100.0, STEPS["trivial"])
        return weights

    def neuron() -> Any:
        params, losses = np.array([1.0, 0.0]), np.empty(STEPS["celsius"])
        library.train(params, losses, celsius, fahrenheit, 100, STEPS["celsius"], 1e-3)
        return params

    return {"trivial": Job(trivial, STEPS["trivial"]), "celsius": Job(neuron, STEPS["celsius"])}


def fused(loop: Loop) -> Callable[[], Any]:
    """Return a run of a loop as one compiled program."""
    if loop.rows is None:
        return lambda: loop.function.repeat(loop.steps, *loop.given)
    return lambda: loop.function.scan(loop.rows)


def own_timers(minibatches: int) -> dict[str, Timer]:
    """Return what a process with this project measures: timers, and what they came to."""
    served: dict[str, Timer] = {}
    whole, single = loops(theano, tensor, minibatches), loops(theano, tensor, minibatches)
    for kind, job in jobs_by_hand(minibatches).items():
        served |= {
            f"{kind} {FUSED}": whole[kind].timer(fused(whole[kind])),
            f"{kind} {FUSED} result": result_of(whole[kind]),
            f"{kind} {CALLED}": single[kind].timer(single[kind].calls),
            f"{kind} {CALLED} result": result_of(single[kind]),
            f"{kind} {BY_HAND}": job.timer,
            f"{kind} {BY_HAND} result": result_of(job),
        }
    return served


def check(kind: str, results: Mapping[str, float]) -> None:
    """Refuse a run in which the peers do not come to the same parameters."""
    for name, result in results.items():
        if not math.isclose(result, results[BY_HAND], rel_tol=1e-8):
            raise SystemExit(f"{kind}: {name} came to {result}, and others to {results[BY_HAND]}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="how often each peer is measured")
    parser.add_argument("--minibatches", type=int, default=500, help="those of the perceptron")
    add_library_options(parser)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        tune_process()
        serve(own_timers(options.minibatches))
        return
    count = str(options.minibatches)
    tuned = Worker("--minibatches", count)
    workers = library_workers(options, [count])
    mine = own_timers(options.minibatches)
    titles = {
        "trivial": f"The trivial example, {STEPS['trivial']:,} steps, us each",
        "celsius": f"The Celsius neuron, {STEPS['celsius']:,} full-batch steps, us each",
        "logistic": f"Logistic regression, 400 x 784, {STEPS['logistic']} steps, us each",
        "perceptron": f"784-500-10 perceptron, {count} minibatches of {BATCH}, us each",
    }
    with tempfile.TemporaryDirectory() as folder:
        in_c = jobs_in_c(folder)
        for kind in KINDS:
            ways = (FUSED, CALLED, BY_HAND)
            measured = {way: mine[f"{kind} {way}"] for way in ways}
            results = {way: mine[f"{kind} {way} result"] for way in ways}
            for way in (FUSED, BY_HAND):
                measured[f"tuned {way}"] = tuned.timer(f"{kind} {way}")
                results[f"tuned {way}"] = tuned.timer(f"{kind} {way} result")
            for name, worker in workers.items():
                measured[name] = worker.timer(kind)
                results[name] = worker.timer(f"{kind} result")
            if kind in in_c:
                measured["C, gcc -O3 -march=native"] = in_c[kind].timer
                results["C, gcc -O3 -march=native"] = result_of(in_c[kind])
            seconds = interleave(measured, options.rounds, rest=0.1, warm=True)
            check(kind, {name: result() for name, result in results.items()})
            print_table(titles[kind], seconds, FUSED, unit="us")
            ratio = statistics.median(seconds[FUSED]) / statistics.median(seconds[BY_HAND])
            print(f"fused takes {ratio:.2f} times as long as lax.scan by hand\n")
    for worker in (tuned, *workers.values()):
        worker.stop()


if __name__ == "__main__":
    without_slow_kernels()
    sys.path.insert(0, str(Path(__file__).parent))
    main()
