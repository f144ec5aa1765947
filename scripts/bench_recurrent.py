"""Time training steps of a recurrent net: ours, by hand, Theano, PyTensor and PyTorch.

An LSTM of 128 units over 100 steps of 32 sequences with 64 features, in float32: forward, backward
and update. Made by this project's `scan`; by hand with ``jax.lax.scan`` and ``jax.grad``, plainly,
with the weights' gradient taken out of the backward loop, and with ``jax.lax.split`` for the slices
of the gates besides; by Theano's and PyTensor's ``scan``; and by PyTorch's fused layer and a Python
loop over its cell, given the Pythons of environments that have them. All are measured in turns in
one run, and must come to the same cost::

    python scripts/bench_recurrent.py --theano PYTHON --pytensor PYTHON --torch PYTHON
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from benchmarking import Worker, interleave, print_table, serve, without_slow_kernels
from recurrent_programs import BATCH, HIDDEN, RATE, STEPS, Training, symbolic, weights

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as tensor
from jaxlearn import tune_process

OURS, PLAIN, APART = "ours", "lax.scan by hand", "by hand, weights' gradient apart"
CUT = "by hand, the same, and gates by lax.split"


def sliced(gates: Any) -> Any:
    """Return the four gates, as programs for Theano slice them."""
    return [gates[:, k * HIDDEN : (k + 1) * HIDDEN] for k in range(4)]


def cut(gates: Any) -> Any:
    """Return the same; their gradients are joined, and not padded and added up."""
    return jax.lax.split(gates, [HIDDEN] * 4, axis=1)


def cell(gates: Any, c: Any) -> tuple[Any, Any]:
    """Return the new state and memory."""
    i, f, g, o = gates
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def cost_of(
    params: Any, zeros: Any, constant: Any, x: Any, target: Any, four: Callable[[Any], Any] = sliced
) -> tuple[Any, Any]:
    """Return the cost and the states before each step.

    With zeros, the states are multiplied with weights that count as constant.
    """
    of_inputs, of_states, biases = params
    of_states = of_states if zeros is None else constant

    def advance(carry: Any, row: Any) -> Any:
        h, c = carry
        gates = row + h @ of_states + biases
        return cell(four(gates), c), h

    start = jnp.zeros((BATCH, HIDDEN), jnp.float32)
    rows = x @ of_inputs
    (h, _), states = jax.lax.scan(advance, (start, start), rows if zeros is None else rows + zeros)
    return ((h - target) ** 2).mean(), states


@jax.jit
def plain_step(params: Any, x: Any, target: Any) -> Any:
    """Return the cost and the new parameters, as anyone would write it."""
    (cost, _), slopes = jax.value_and_grad(cost_of, has_aux=True)(params, None, None, x, target)
    return cost, jax.tree.map(lambda value, slope: value - RATE * slope, params, slopes)


@partial(jax.jit, static_argnums=3)
def apart_step(params: Any, x: Any, target: Any, four: Callable[[Any], Any] = sliced) -> Any:
    """Return the same; the gradient by the states' weights is one product after the loop."""
    zeros = jnp.zeros((STEPS, BATCH, 4 * HIDDEN), jnp.float32)
    (cost, states), (slopes, by_rows) = jax.value_and_grad(cost_of, (0, 1), has_aux=True)(
        params, zeros, params[1], x, target, four
    )
    slopes[1] = jnp.tensordot(states, by_rows, ((0, 1), (0, 1)))
    return cost, jax.tree.map(lambda value, slope: value - RATE * slope, params, slopes)


def by_hand(step: Any) -> Any:
    """Return a step that keeps its parameters, and what starts anew."""
    params: list[Any] = []

    def reset() -> None:
        params[:] = map(jnp.asarray, weights())

    def train(x: Any, target: Any) -> Any:
        cost, params[:] = step(params, x, target)
        return np.asarray(cost)

    reset()
    return train, reset


def trainings() -> dict[str, Training]:
    """Return what is measured in a process with this project."""
    jax.block_until_ready(jnp.ones(1) + 1)
    return {
        OURS: Training(lambda: symbolic(theano, tensor)),
        PLAIN: Training(lambda: by_hand(plain_step)),
        APART: Training(lambda: by_hand(apart_step)),
        CUT: Training(lambda: by_hand(lambda *given: apart_step(*given, cut))),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="how often each peer is measured")
    for name in ("theano", "pytensor", "torch"):
        parser.add_argument(f"--{name}", metavar="PYTHON", help=f"a Python that has {name}")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        tune_process()
        serve(
            {
                f"{name} {what}": answer
                for name, training in trainings().items()
                for what, answer in training.served().items()
            }
        )
        return
    measured, results, compiled = {}, {}, {}
    for name, training in trainings().items():
        measured[name] = training.timer
        results[name] = training.served()["result"]
        compiled[name] = training.compile_seconds
    workers = [tuned := Worker()]
    for name in (OURS, PLAIN, APART, CUT):
        measured[f"tuned {name}"] = tuned.timer(f"{name} step")
        results[f"tuned {name}"] = tuned.timer(f"{name} result")
    script = str(Path(__file__).parent / "recurrent_programs.py")
    peers = {
        "Theano": (options.theano, "theano"),
        "PyTensor": (options.pytensor, "pytensor"),
        "PyTorch, fused layer": (options.torch, "torch"),
        "PyTorch, loop of cells": (options.torch, "torch-cells"),
    }
    for name, (python, library) in peers.items():
        if python is None:
            print(f"{name} is left out: no Python was given for it")
            continue
        workers.append(worker := Worker(library, python=python, script=script))
        measured[name], results[name] = worker.timer("step"), worker.timer("result")
        compiled[name] = worker.timer("compile")()
    seconds = interleave(measured, options.rounds, rest=0.1)
    for name, result in results.items():
        if not math.isclose(result(), results[PLAIN](), rel_tol=1e-4):
            raise SystemExit(f"{name} came to {result()}, and others to {results[PLAIN]()}")
    print_table(f"LSTM, {STEPS} steps, batch {BATCH}, ms a training step", seconds, OURS)
    for prefix in ("", "tuned "):
        ours, plain, apart, split = (
            statistics.median(seconds[f"{prefix}{name}"]) for name in (OURS, PLAIN, APART, CUT)
        )
        print(
            f"{prefix}ours takes {ours / min(plain, apart):.2f} times the better form by hand that "
            f"slices, {ours / split:.2f} times that with lax.split"
        )
    print("from the graph to the first result, in seconds:")
    for name, value in compiled.items():
        print(f"  {name}: {value:.2f}")
    for worker in workers:
        worker.stop()


if __name__ == "__main__":
    without_slow_kernels()
    sys.path.insert(0, str(Path(__file__).parent))
    main()
