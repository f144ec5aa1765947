"""The two programs that `bench_function` times, for any library with Theano's names.

Run as ``PYTHON theano_programs.py --worker MODULE`` it serves timings of them, under the Python
and with the library asked for: ``theano`` (Python 3.7) or ``pytensor``. So it is written for
Python 3.7, and imports nothing of this project.
"""

from __future__ import annotations

import importlib
import sys
import time
from typing import Any, Callable  # noqa: UP035  (Python 3.7)

import numpy as np

CALLS = {"trivial": 1000, "logistic": 100}


def trivial(theano: Any, tensor: Any) -> Any:
    """Return the trivial training example's function."""
    x, target = tensor.fvector("x"), tensor.fscalar("target")
    weights = theano.shared(np.asarray([0.1, 0.25, 0.15, 0.3]), "W")
    y = (x * weights).sum()
    cost = tensor.sqr(target - y)
    gradient = tensor.grad(cost, [weights])[0]
    return theano.function([x, target], y, updates=[(weights, weights - 0.1 * gradient)])


def logistic_data() -> tuple[Any, Any, Any]:
    """Return 400 examples of 784 features, their classes, and the weights to start from."""
    rng = np.random.RandomState(0)
    return rng.randn(400, 784), rng.randint(0, 2, 400).astype("float64"), rng.randn(784)


def logistic(theano: Any, tensor: Any) -> Any:
    """Return the logistic regression's training function."""
    x, y = tensor.dmatrix("x"), tensor.dvector("y")
    w = theano.shared(logistic_data()[2], name="w")
    b = theano.shared(0.0, name="b")
    p_1 = 1 / (1 + tensor.exp(-tensor.dot(x, w) - b))
    xent = -y * tensor.log(p_1) - (1 - y) * tensor.log(1 - p_1)
    cost = xent.mean() + 0.01 * (w**2).sum()
    gw, gb = tensor.grad(cost, [w, b])
    updates = [(w, w - 0.1 * gw), (b, b - 0.1 * gb)]
    return theano.function([x, y], [p_1 > 0.5, xent], updates=updates)


def per_call(call: Callable[[], Any], count: int) -> Callable[[], float]:
    """Return a function that calls another often, and returns the seconds that one call took."""

    def timed() -> float:
        started = time.perf_counter()
        for _ in range(count):
            call()
        return (time.perf_counter() - started) / count

    return timed


def timers(theano: Any, tensor: Any) -> dict[str, Callable[[], float]]:
    """Return what is measured, by name."""
    step, trusting = trivial(theano, tensor), trivial(theano, tensor)
    trusting.trust_input = True
    x, target = np.ones(4, "float32"), np.array(100.0, "float32")
    train = logistic(theano, tensor)
    features, classes, _ = logistic_data()
    return {
        "lists": per_call(lambda: step([1.0, 1.0, 1.0, 1.0], 100.0), CALLS["trivial"]),
        "arrays": per_call(lambda: step(x, target), CALLS["trivial"]),
        "trust_input": per_call(lambda: trusting(x, target), CALLS["trivial"]),
        "logistic": per_call(lambda: train(features, classes), CALLS["logistic"]),
    }


def main() -> None:
    """Serve timings of the library that the command line names, until nobody asks."""
    theano = importlib.import_module(sys.argv[2])
    served = timers(theano, importlib.import_module(sys.argv[2] + ".tensor"))
    for name in sys.stdin:
        print(served[name.strip()](), flush=True)


if __name__ == "__main__":
    main()
