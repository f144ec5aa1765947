"""The recurrent net that `bench_recurrent` times, for Theano, PyTensor and PyTorch.

Run as ``PYTHON recurrent_programs.py --worker MODULE`` it serves timings of training steps, under
the Python and with the library asked for: ``theano`` (Python 3.7), ``pytensor``, ``torch`` (its
fused layer) or ``torch-cells`` (a Python loop over its cell). It imports nothing of this project.
"""

from __future__ import annotations

import importlib
import sys
import time
from typing import Any, Callable  # noqa: UP035  (Python 3.7)

import numpy as np

STEPS, BATCH, HIDDEN, FEATURES = 100, 32, 128, 64
RATE = 0.1
TRAININGS = 5


def data() -> tuple[Any, Any]:
    """Return sequences, and what the last state of each should be."""
    rng = np.random.RandomState(0)
    x = rng.randn(STEPS, BATCH, FEATURES).astype("float32")
    return x, 0.5 * rng.randn(BATCH, HIDDEN).astype("float32")


def weights() -> list[Any]:
    """Return the weights of the inputs, those of the states, and the biases, to start from."""
    rng = np.random.RandomState(1)
    shapes = [(FEATURES, 4 * HIDDEN), (HIDDEN, 4 * HIDDEN), (4 * HIDDEN,)]
    return [(0.1 * rng.randn(*shape)).astype("float32") for shape in shapes]


def lstm(theano: Any, tensor: Any) -> tuple[Any, list[Any]]:
    """Return the training function of an LSTM, and its parameters."""
    sigmoid = tensor.nnet.sigmoid if hasattr(tensor, "nnet") else tensor.sigmoid
    x, target = tensor.ftensor3("x"), tensor.fmatrix("target")
    params = [theano.shared(value) for value in weights()]
    of_inputs, of_states, biases = params

    def step(x_t: Any, h: Any, c: Any) -> list[Any]:
        gates = tensor.dot(x_t, of_inputs) + tensor.dot(h, of_states) + biases
        parts = [gates[:, k * HIDDEN : (k + 1) * HIDDEN] for k in range(4)]
        c = sigmoid(parts[1]) * c + sigmoid(parts[0]) * tensor.tanh(parts[2])
        return [sigmoid(parts[3]) * tensor.tanh(c), c]

    start = tensor.zeros((x.shape[1], HIDDEN), dtype="float32")
    (h, _), _ = theano.scan(step, sequences=x, outputs_info=[start, start])
    cost = tensor.sqr(h[-1] - target).mean()
    slopes = tensor.grad(cost, params)
    rate = np.float32(RATE)
    updates = [(p, p - rate * slope) for p, slope in zip(params, slopes)]  # noqa: B905
    return theano.function([x, target], cost, updates=updates), params


class Training:
    """Some training steps, from the same weights each time.

    Attributes:
        compile_seconds: how long it took to make the step and run it once.
        result: the cost in the last step.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self.result = 0.0
        started = time.perf_counter()
        self._step, self._reset = make()
        self._step(*data())
        self.compile_seconds = time.perf_counter() - started

    def timer(self) -> float:
        """Train; return the seconds that a step took."""
        x, target = data()
        self._reset()
        started = time.perf_counter()
        for _ in range(TRAININGS):
            cost = self._step(x, target)
        seconds = (time.perf_counter() - started) / TRAININGS
        self.result = float(cost)
        return seconds

    def served(self) -> dict[str, Callable[[], float]]:
        """Return what a worker answers."""
        return {
            "step": self.timer,
            "result": lambda: self.result,
            "compile": lambda: self.compile_seconds,
        }


def symbolic(theano: Any, tensor: Any) -> Any:
    """Return the step of a library with Theano's names, and what starts anew."""
    train, params = lstm(theano, tensor)

    def reset() -> None:
        for param, value in zip(params, weights()):  # noqa: B905
            param.set_value(value)

    return train, reset


def of_torch(fused: bool) -> Any:
    """Return the step of PyTorch, and what starts anew."""
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(2)
    layer = (torch.nn.LSTM if fused else torch.nn.LSTMCell)(FEATURES, HIDDEN)
    names = [f"{name}_l0" if fused else name for name in ("weight_ih", "weight_hh", "bias_ih")]
    params = [getattr(layer, name) for name in names]
    unused = getattr(layer, "bias_hh_l0" if fused else "bias_hh").requires_grad_(False)

    def reset() -> None:
        with torch.no_grad():
            unused.zero_()
            for param, value in zip(params, weights()):  # noqa: B905
                param.copy_(torch.from_numpy(value.T))

    def train(x: Any, target: Any) -> float:
        sequences, wanted = torch.from_numpy(x), torch.from_numpy(target)
        if fused:
            last = layer(sequences)[0][-1]
        else:
            state = (torch.zeros(BATCH, HIDDEN), torch.zeros(BATCH, HIDDEN))
            for row in sequences:
                state = layer(row, state)
            last = state[0]
        cost = ((last - wanted) ** 2).mean()
        for param, slope in zip(params, torch.autograd.grad(cost, params)):  # noqa: B905
            with torch.no_grad():
                param -= RATE * slope
        return float(cost)

    reset()
    return train, reset


def main() -> None:
    """Serve timings of the library that the command line names, until nobody asks."""
    library = sys.argv[2]
    if library.startswith("torch"):
        training = Training(lambda: of_torch(library == "torch"))
    else:
        theano = importlib.import_module(library)
        tensor = importlib.import_module(library + ".tensor")
        training = Training(lambda: symbolic(theano, tensor))
    served = training.served()
    for name in sys.stdin:
        print(served[name.strip()](), flush=True)


if __name__ == "__main__":
    main()
