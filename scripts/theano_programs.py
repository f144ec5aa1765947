"""The programs that `bench_function` and `bench_loops` time, for any library with Theano's names.

Run as ``PYTHON theano_programs.py --worker MODULE`` it serves timings of single calls, under the
Python and with the library asked for: ``theano`` (Python 3.7) or ``pytensor``. With ``MINIBATCHES``
as a further argument it serves those of whole loops of calls. It is written for Python 3.7, and
imports nothing of this project.
"""

from __future__ import annotations

import importlib
import sys
import time
from typing import Any, Callable  # noqa: UP035  (Python 3.7)

import numpy as np

CALLS = {"trivial": 1000, "logistic": 100}
STEPS = {"trivial": 10000, "celsius": 10000, "logistic": 500}
BATCH = 20


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


def celsius(theano: Any, tensor: Any) -> Any:
    """Return the training function of the neuron that learns Fahrenheit from Celsius."""
    degrees = np.arange(-50.0, 50.0)
    x, target = theano.shared(degrees, "x"), theano.shared(degrees * 9 / 5 + 32, "target")
    weight, bias = theano.shared(1.0, "weight"), theano.shared(0.0, "bias")
    loss = tensor.sqr(weight * x + bias - target).mean()
    slopes = tensor.grad(loss, [weight, bias])
    updates = [(p, p - 1e-3 * slope) for p, slope in zip([weight, bias], slopes)]  # noqa: B905
    return theano.function([], loss, updates=updates)


def perceptron_data(minibatches: int) -> tuple[Any, Any, list[Any]]:
    """Return made-up pictures, their classes, and the weights and biases to start from."""
    rng = np.random.RandomState(0)
    pictures = rng.rand(minibatches * BATCH, 784)
    classes = rng.randint(0, 10, minibatches * BATCH)
    weights = [rng.uniform(-0.07, 0.07, (784, 500)), rng.uniform(-0.1, 0.1, (500, 10))]
    return pictures, classes, [weights[0], np.zeros(500), weights[1], np.zeros(10)]


def perceptron(theano: Any, tensor: Any, minibatches: int) -> Any:
    """Return the training function of a perceptron with 500 hidden units, of a minibatch."""
    pictures, classes, start = perceptron_data(minibatches)
    stored_x, stored_y = theano.shared(pictures), theano.shared(classes)
    params = [theano.shared(value) for value in start]
    index, x, y = tensor.lscalar("index"), tensor.dmatrix("x"), tensor.lvector("y")
    hidden = tensor.tanh(tensor.dot(x, params[0]) + params[1])
    chances = softmax(tensor)(tensor.dot(hidden, params[2]) + params[3])
    cost = -tensor.mean(tensor.log(chances)[tensor.arange(y.shape[0]), y])
    slopes = tensor.grad(cost, params)
    part = slice(index * BATCH, (index + 1) * BATCH)
    return theano.function(
        [index],
        cost,
        updates=[(p, p - 0.01 * slope) for p, slope in zip(params, slopes)],  # noqa: B905
        givens={x: stored_x[part], y: stored_y[part]},
    )


def softmax(tensor: Any) -> Any:
    """Return the library's softmax of rows."""
    if hasattr(tensor, "nnet"):
        return tensor.nnet.softmax
    special = importlib.import_module(tensor.__name__ + ".special")
    return lambda scores: special.softmax(scores, axis=1)


class Loop:
    """Many calls of a training function.

    Attributes:
        function: the function.
        given: the inputs that every call gets.
        rows: the one input that each call gets a row of, or None.
        steps: how many calls.
        result: a number that tells what the last run came to.
    """

    def __init__(self, function: Any, steps: int, given: Any = (), rows: Any = None) -> None:
        self.function = function
        self.given = given
        self.rows = rows
        self.steps = steps
        self.result = 0.0
        # What is trained is of floats; the data stays as it is.
        self._start = [(p, p.get_value()) for p in trained(function)]

    def calls(self) -> list[Any]:
        """Make the calls one by one; return all outputs."""
        if self.rows is None:
            return [self.function(*self.given) for _ in range(self.steps)]
        return [self.function(row) for row in self.rows]

    def timer(self, run: Callable[[], Any]) -> Callable[[], float]:
        """Return a function that starts anew, makes all steps, and returns the seconds of one."""

        def timed() -> float:
            for variable, value in self._start:
                variable.set_value(value)
            started = time.perf_counter()
            run()
            seconds = time.perf_counter() - started
            self.result = total([variable.get_value() for variable, _ in self._start])
            return seconds / self.steps

        return timed


def trained(function: Any) -> list[Any]:
    """Return the shared variables that a function updates, whatever its library."""
    if hasattr(function, "updates"):
        return list(function.updates)
    return [entry.variable for entry in function.maker.inputs if entry.update is not None]


def total(values: Any) -> float:
    """Return one number for many, to compare what two runs came to."""
    return float(sum((np.asarray(value) ** 2).sum() for value in values))


def loops(theano: Any, tensor: Any, minibatches: int) -> dict[str, Loop]:
    """Return the loops that are measured, by name."""
    features, classes, _ = logistic_data()
    return {
        "trivial": Loop(
            trivial(theano, tensor),
            STEPS["trivial"],
            (np.ones(4, "float32"), np.array(100.0, "float32")),
        ),
        "celsius": Loop(celsius(theano, tensor), STEPS["celsius"]),
        "logistic": Loop(logistic(theano, tensor), STEPS["logistic"], (features, classes)),
        "perceptron": Loop(
            perceptron(theano, tensor, minibatches), minibatches, rows=np.arange(minibatches)
        ),
    }


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


def result_of(job: Any) -> Callable[[], float]:
    """Return a function that tells what the last run of a loop, or the like, came to."""

    def result() -> float:
        return float(job.result)

    return result


def main() -> None:
    """Serve timings of the library that the command line names, until nobody asks."""
    theano = importlib.import_module(sys.argv[2])
    tensor = importlib.import_module(sys.argv[2] + ".tensor")
    if len(sys.argv) > 3:
        made = loops(theano, tensor, int(sys.argv[3]))
        served = {name: loop.timer(loop.calls) for name, loop in made.items()}
        served.update({name + " result": result_of(loop) for name, loop in made.items()})
    else:
        served = timers(theano, tensor)
    for name in sys.stdin:
        print(served[name.strip()](), flush=True)


if __name__ == "__main__":
    main()
