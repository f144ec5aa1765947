"""The draws that `bench_random` times, for any library with Theano's names.

Run as ``PYTHON random_programs.py --worker MODULE`` it serves timings, under the Python and with
the library asked for: ``theano`` (Python 3.7) or ``pytensor``. It is written for Python 3.7, and
imports nothing of this project.
"""

from __future__ import annotations

import importlib
import sys
import time
from typing import Any, Callable, Dict  # noqa: UP035  (Python 3.7)

SIZE = (1000, 1000)


def timed(draw: Callable[[], Any]) -> Callable[[], float]:
    """Return a function that draws once and returns the seconds that it took."""

    def measure() -> float:
        started = time.perf_counter()
        draw()
        return time.perf_counter() - started

    return measure


def of_theano(theano: Any) -> Dict[str, Callable[[], float]]:  # noqa: UP006  (Python 3.7)
    """Return a timer of each kind of stream: a mask, of which one number is fetched."""
    mrg = importlib.import_module(f"{theano.__name__}.sandbox.rng_mrg").MRG_RandomStreams(1)
    numpy = importlib.import_module(f"{theano.__name__}.tensor.shared_randomstreams")
    masks = {
        "mrg": mrg.binomial(SIZE, p=0.5, dtype="float32"),
        "numpy": numpy.RandomStreams(1).binomial(SIZE, p=0.5, dtype="float32"),
    }
    return {name: timed(theano.function([], mask.sum())) for name, mask in masks.items()}


def of_pytensor(pytensor: Any) -> Dict[str, Callable[[], float]]:  # noqa: UP006  (Python 3.7)
    """Return a timer of its stream."""
    streams = importlib.import_module("pytensor.tensor.random.utils").RandomStream(1)
    mask = streams.bernoulli(0.5, size=SIZE).astype("float32")
    updates = dict(streams.updates())
    return {"numpy": timed(pytensor.function([], mask.sum(), updates=updates))}


if __name__ == "__main__":
    library = importlib.import_module(sys.argv[2])
    timers = (of_theano if library.__name__ == "theano" else of_pytensor)(library)
    for asked in sys.stdin:
        print(timers[asked.strip()](), flush=True)
