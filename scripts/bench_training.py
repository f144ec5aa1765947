"""Time the 10,000 Celsius steps in float64: pure Python, NumPy, C, and compiled steps.

Every peer makes the same full-batch gradient steps on 100 samples and keeps the loss of each. They
are measured in turns in one run. The peers called "tuned" run in a process of their own, after
`jaxlearn.tune_process`, as `jaxlearn celsius` does. Run it as ``python scripts/bench_training.py``.
"""

from __future__ import annotations

import argparse
import ctypes
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import numpy as np
from benchmarking import (
    Timer,
    Worker,
    c_library,
    interleave,
    print_table,
    serve,
    timer,
    without_slow_kernels,
)

from jaxlearn import Step, celsius, datasets, tune_process
from jaxlearn.steps import SHORT_SUMS

STEPS, RATE = celsius.STEPS, celsius.LEARNING_RATE
REPEAT, TRAIN = "tuned step.repeat, short sums", "tuned train()"

C_SOURCE = """
#include <stddef.h>
void train(double *params, double *losses, const double *x, const double *target,
           size_t samples, size_t steps, double rate) {
    double weight = params[0], bias = params[1];
    for (size_t step = 0; step < steps; step++) {
        double loss = 0, weight_gradient = 0, bias_gradient = 0;
        for (size_t i = 0; i < samples; i++) {
            double difference = weight * x[i] + bias - target[i];
            loss += difference * difference;
            weight_gradient += difference * x[i];
            bias_gradient += difference;
        }
        losses[step] = loss / samples;
        weight -= rate * 2 * weight_gradient / samples;
        bias -= rate * 2 * bias_gradient / samples;
    }
    params[0] = weight; params[1] = bias;
}
"""


def pure_python() -> tuple[float, float]:
    """Train with Python's own numbers."""
    x, target = (values.tolist() for values in datasets.celsius_fahrenheit())
    samples, losses = len(x), []
    weight, bias = (float(celsius.initial_params()[name]) for name in ("weight", "bias"))
    for _ in range(STEPS):
        differences = [weight * a + bias - b for a, b in zip(x, target, strict=True)]
        losses.append(sum(d * d for d in differences) / samples)
        weight -= RATE * 2 * sum(d * a for d, a in zip(differences, x, strict=True)) / samples
        bias -= RATE * 2 * sum(differences) / samples
    return weight, bias


def numpy() -> tuple[float, float]:
    """Train with NumPy, its sums of products as dot products."""
    x, target = datasets.celsius_fahrenheit()
    samples, losses = len(x), np.empty(STEPS)
    weight, bias = (float(celsius.initial_params()[name]) for name in ("weight", "bias"))
    for step in range(STEPS):
        difference = weight * x + bias - target
        losses[step] = difference @ difference / samples
        weight -= RATE * 2 * float(difference @ x) / samples
        bias -= RATE * 2 * float(difference.sum()) / samples
    return weight, bias


def compiled_c(folder: str) -> Callable[[], tuple[float, float]] | None:
    """Compile the C loop; None where there is no gcc."""
    library = c_library(C_SOURCE, folder)
    if library is None:
        return None
    train = library.train
    array = np.ctypeslib.ndpointer(np.float64)
    train.argtypes = [*[array] * 4, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_double]
    train.restype = None
    x, target = datasets.celsius_fahrenheit()
    first = celsius.initial_params()

    def run() -> tuple[float, float]:
        params, losses = np.array([first["weight"], first["bias"]]), np.empty(STEPS)
        train(params, losses, x, target, len(x), STEPS, RATE)
        return float(params[0]), float(params[1])

    return run


def gradient_step(params: Any, x: jax.Array, target: jax.Array) -> tuple[jax.Array, Any]:
    """Return the loss, and the params after a step of plain gradient descent."""
    loss, gradient = jax.value_and_grad(celsius.objective)(params, x, target)
    return loss, jax.tree.map(lambda param, slope: param - RATE * slope, params, gradient)


def on_device() -> Any:
    """Return the data as JAX arrays in float64."""
    with jax.enable_x64(True):
        return jax.tree.map(jax.numpy.asarray, datasets.celsius_fahrenheit())


def repeated(options: dict[str, str] | None) -> Callable[[], tuple[float, float]]:
    """Return a training in one compiled program."""
    step = Step(gradient_step, donate=False, compiler_options=options)
    data, first = on_device(), celsius.initial_params()

    def run() -> tuple[float, float]:
        losses, params = step.repeat(first, STEPS, *data)
        np.asarray(losses)
        return float(params["weight"]), float(params["bias"])

    return run


def looped(
    step: Callable[..., tuple[jax.Array, Any]], x64: AbstractContextManager[Any]
) -> Callable[[], tuple[float, float]]:
    """Return a training that calls a compiled step in a Python loop."""
    data, first = on_device(), celsius.initial_params()

    def run() -> tuple[float, float]:
        params, losses = first, []
        with x64:
            for _ in range(STEPS):
                loss, params = step(params, *data)
                losses.append(loss)
            jax.block_until_ready((losses, params))
        return float(params["weight"]), float(params["bias"])

    return run


def tuned_timers() -> dict[str, Timer]:
    """Return what the tuned process measures; train() reports its own time, without compiling."""
    tune_process()
    return {REPEAT: timer(repeated(SHORT_SUMS)), TRAIN: lambda: celsius.train_neuron().seconds}


def check(name: str, run: Callable[[], tuple[float, float]]) -> None:
    """Refuse a peer that does not learn what the others do."""
    weight, bias = run()
    if not (abs(weight - 1.8) < 1e-6 and abs(bias - 32) < 1e-6):
        raise SystemExit(f"{name} ended at weight {weight}, bias {bias}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="how often each peer is measured")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        serve(tuned_timers())
        return
    with tempfile.TemporaryDirectory() as folder:
        peers = {
            "pure Python": pure_python,
            "NumPy": numpy,
            "jitted step in a Python loop": looped(jax.jit(gradient_step), jax.enable_x64(True)),
            "Step in a Python loop": looped(Step(gradient_step, donate=False), nullcontext()),
            "step.repeat": repeated(None),
            "step.repeat, short sums": repeated(SHORT_SUMS),
        }
        c = compiled_c(folder)
        if c is not None:
            peers["C, gcc -O3 -march=native"] = c
        for name, run in peers.items():
            check(name, run)
        worker = Worker()
        timers = {name: timer(run) for name, run in peers.items()}
        timers["train()"] = lambda: celsius.train_neuron().seconds
        timers |= {name: worker.timer(name) for name in (REPEAT, TRAIN)}
        seconds = interleave(timers, options.rounds)
        worker.stop()
    compiling = [celsius.train_neuron().compile_seconds for _ in range(5)]
    reference = "NumPy" if c is None else "C, gcc -O3 -march=native"
    print_table(f"{STEPS:,} Celsius steps, float64", seconds, reference)
    print(f"compiling train()'s loop, not counted above: {1e3 * sorted(compiling)[2]:.0f} ms")


if __name__ == "__main__":
    without_slow_kernels()
    main()
