"""Time masks of a million elements: `MRG_RandomStreams`, `RandomStreams` and ``jax.random``.

Each mask is float32 and is summed up in the same program. All are measured in turns in one run.
Give the Python of an environment with Theano 1.0.5, and of one with PyTensor, to have them measured
too::

    python scripts/bench_random.py --theano PYTHON --pytensor PYTHON
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
from benchmarking import (
    Worker,
    add_library_options,
    interleave,
    print_table,
    timer,
    without_slow_kernels,
)
from random_programs import SIZE, of_theano

import jaxlearn.theano as theano
from jaxlearn.symbolic.mrg_streams import MRG_RandomStreams

OURS = "jaxlearn, MRG_RandomStreams"


def jax_mask() -> Callable[[], Any]:
    """Return a draw of a mask by JAX, which takes a new key each time."""

    def draw(key: Any) -> tuple[Any, Any]:
        key, subkey = jax.random.split(key)
        return jax.random.bernoulli(subkey, 0.5, SIZE).astype("float32").sum(), key

    step, key = jax.jit(draw, donate_argnums=0), [jax.random.key(1)]

    def call() -> Any:
        total, key[0] = step(key[0])
        return np.asarray(total)

    return call


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=101, help="how often each is measured")
    add_library_options(parser)
    options = parser.parse_args()
    script = str(Path(__file__).parent / "random_programs.py")
    mine, workers = of_theano(theano), []
    measured = {
        OURS: mine["mrg"],
        "jax.random.bernoulli": timer(jax_mask()),
        "jaxlearn, RandomStreams": mine["numpy"],
    }
    for name, python, kinds in (
        ("Theano", options.theano, {"mrg": "MRG_RandomStreams", "numpy": "RandomStreams"}),
        ("PyTensor", options.pytensor, {"numpy": "RandomStream"}),
    ):
        if python is None:
            print(f"{name} is left out: no --{name.lower()} was given")
            continue
        workers.append(Worker(name.lower(), python=python, script=script))
        for kind, shown in kinds.items():
            measured[f"{name}, {shown}"] = workers[-1].timer(kind)
    print_table("A mask of 1000 x 1000", interleave(measured, options.rounds), OURS)
    for worker in workers:
        worker.stop()
    streams = MRG_RandomStreams(1)
    creation = interleave({OURS: timer(lambda: streams.uniform(SIZE))}, 31)
    print_table("Making the 15360 streams of a draw", creation, OURS)


if __name__ == "__main__":
    without_slow_kernels()
    sys.path.insert(0, str(Path(__file__).parent))
    main()
