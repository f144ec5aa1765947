"""Programs out of the documents that jaxlearn started from, with the numbers they print."""

import numpy as np
from casebook import Program


def trivial_training(theano, tensor):
    """One neuron without a bias, float64 weights and float32 inputs, ten calls on Python lists."""
    x = tensor.fvector("x")
    target = tensor.fscalar("target")
    weights = theano.shared(np.asarray([0.1, 0.25, 0.15, 0.3]), "W")
    y = (x * weights).sum()
    cost = tensor.sqr(target - y)
    gradients = tensor.grad(cost, [weights])
    updates = [(weights, weights - (0.1 * gradients[0]))]
    f = theano.function([x, target], y, updates=updates)
    outputs, after = [], []
    for _ in range(10):
        outputs.append(f([1.0, 1.0, 1.0, 1.0], 100.0))
        after.append(weights.get_value())
    return {"outputs": outputs, "weights": after}


def summary(theano, tensor):
    """Symbols, functions, givens, gradients and shared variables, a few lines each."""
    numbers = {}
    x = tensor.lscalar("x")
    doubled = theano.function([x], x * 2)
    numbers["doubled"] = doubled(3)
    y, c = tensor.lscalar("y"), tensor.lscalar("c")
    replaced = theano.function([c], x * 2 + y, givens=[(x, c * 10), (y, np.int64(5))])
    numbers["replaced"] = replaced(2)
    matrix = tensor.dmatrix()
    numbers["exp"] = theano.function([matrix], tensor.exp(matrix))([[0, 1], [2, 3]])

    x, y = tensor.dscalars("x", "y")
    z = (x + 2 * y) ** 2
    numbers["by y"] = theano.function([x, y], tensor.grad(z, y))(1, 2)
    numbers["by x"] = theano.function([x, y], tensor.grad(z, x))(1, 2)

    x = tensor.lscalar("x")
    b = theano.shared(np.array([1, 2, 3, 4, 5]))
    f = theano.function([x], b * x)
    numbers["shared"] = f(2)
    numbers["value"] = b.get_value()
    b.set_value([10, 11, 12])
    numbers["longer or shorter"] = f(2)

    c = theano.shared(0)
    count = theano.function([], c, updates={c: c + 1})
    numbers["counted"] = [count(), count(), count()]
    numbers["count"] = c.get_value()
    return numbers


def minimising(theano, tensor):
    """A shared number walks towards the mean of a vector."""
    x = tensor.dvector("x")
    c = theano.shared(0.0)
    y = tensor.sum((x - c) ** 2)
    gradient = tensor.grad(y, c)
    f = theano.function([x], y, updates={c: c - 0.05 * gradient})
    costs, values = [], []
    for _ in range(3):
        costs.append(f([1, 2, 3, 4, 5]))
        values.append(c.get_value())
    return {"costs": costs, "values": values}


def logistic_regression(theano, tensor):
    """400 examples of 784 features, 10,000 steps of gradient descent.

    Theano's costs are not numbers during the first few hundred steps (it stabilises the gradients
    of this form, not ``log(1 - p_1)``), so only the later ones are kept.
    """
    random = np.random.RandomState(1)
    examples, features = 400, 784
    data = random.randn(examples, features), random.randint(size=examples, low=0, high=2)
    x, y = tensor.dmatrix("x"), tensor.dvector("y")
    w = theano.shared(random.randn(features), name="w")
    b = theano.shared(0.0, name="b")
    p_1 = 1 / (1 + tensor.exp(-tensor.dot(x, w) - b))
    prediction = p_1 > 0.5
    xent = -y * tensor.log(p_1) - (1 - y) * tensor.log(1 - p_1)
    cost = xent.mean() + 0.01 * (w**2).sum()
    gw, gb = tensor.grad(cost, [w, b])
    train = theano.function(
        inputs=[x, y],
        outputs=[prediction, xent, cost],
        updates=((w, w - 0.1 * gw), (b, b - 0.1 * gb)),
    )
    predict = theano.function(inputs=[x], outputs=prediction)
    numbers = {}
    for step in range(1, 10001):
        _, entropies, error = train(*data)
        if step in (1, 2, 10, 100, 1000, 10000):
            numbers[f"b after {step}"] = b.get_value()
            numbers[f"norm of w after {step}"] = np.linalg.norm(w.get_value())
        if step in (1000, 10000):
            numbers[f"cost at {step}"] = error
            numbers[f"mean xent at {step}"] = entropies.mean()
    numbers["right"] = (predict(data[0]) == data[1]).sum()
    return numbers


PROGRAMS = [
    Program(trivial_training),
    Program(summary),
    Program(minimising),
    Program(logistic_regression, tolerance=1e-6),
]
COMPILED = True
