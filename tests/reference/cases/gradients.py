"""The gradient functions themselves: grad and its options, second derivatives, Lop, Rop and kin."""

from collections import OrderedDict

import numpy as np
from casebook import FLOATS, Case, given, real, whole

# Costs over x[3, 4] whose gradient is differentiated again.
COSTS = (
    "(x ** 3).sum()", "T.exp(x).sum()", "T.tanh(x).sum()", "T.log(T.sqr(x) + 1).sum()",
    "T.nnet.sigmoid(x).sum()", "T.nnet.softplus(x).sum()", "(x * x.T.T).sum()",
    "T.sqrt(T.sqr(x).sum()) ** 3", "(1 / (1 + T.sqr(x))).sum()", "T.sin(x).sum() * T.cos(x).sum()",
    "T.sqr(x.sum(axis=0)).sum()", "T.dot(x, x.T).sum()", "T.sqr(T.dot(x, x.T)).sum()", "T.var(x)",
    "T.mean(T.sqr(x - x.mean(axis=0)))", "T.nnet.softmax(x)[:, 0].sum()",
    "T.log(T.nnet.softmax(x)).sum()", "T.sqr(T.nnet.softmax(x)).sum()", "x.max()",
    "T.maximum(x, x ** 2).sum()", "abs(x ** 3).sum()", "T.clip(x ** 2, 0.5, 2).sum()",
    "T.switch(x > 0, x ** 3, x ** 2).sum()", "(x[0] * x[1] ** 2).sum()",
    "T.sqr(x[1:, ::2]).sum() * x[0, 0]", "(x[[0, 0, 2]] ** 3).sum()",
    "T.sqr(T.inc_subtensor(x[1], x[0] ** 2)).sum()",
    "T.sqr(T.set_subtensor(x[1], x[0] ** 2)).sum()",
    "T.sqr(x.reshape((2, 6)).dimshuffle(1, 0)[::2]).sum()",
    "(T.concatenate([x, x ** 2]) ** 2).sum()", "T.sqr(T.stack([x, x * 2])).sum()",
    "(x ** 2.5 * (x > 0)).sum()", "(T.sqr(x) ** x).sum()", "T.arctan2(x, T.sqr(x) + 1).sum()",
    "T.erf(x).sum()", "T.log1p(T.sqr(x)).sum()", "T.tanh(T.dot(x, T.tanh(x.T))).sum()",
    "T.batched_dot(x, x).sum()", "T.tensordot(x, x, axes=[[0, 1], [0, 1]])",
    "T.sqr(T.tile(x, (2, 1))).sum()", "(T.repeat(x, 2, axis=0) ** 3).sum()",
)  # fmt: skip

# Uses of grad; x[3], y[3], i an integer, m[2, 3].
OPTIONS = (
    "T.grad(T.sqr(x).sum(), x)", "theano.grad(T.sqr(x).sum(), x)",
    "theano.gradient.grad(T.sqr(x).sum(), x)", "T.grad((x * y).sum(), [x, y])",
    "T.grad((x * y).sum(), (x, y))", "T.grad(cost=T.exp(x).sum(), wrt=x)",
    "T.grad((x * y).sum(), [x])[0]", "T.grad(T.sqr(x).sum(), [x, x])",
    "(lambda h: T.grad(T.sqr(h).sum(), h))(T.tanh(2 * x))",
    "(lambda h: T.grad(T.sqr(h).sum() + x.sum(), [h, x]))(T.tanh(2 * x))",
    "(lambda h: T.grad((h * x).sum(), [x, h]))(x ** 2)", "(lambda h: T.grad(h.sum(), h))(x * y)",
    "(lambda c: T.grad(c, c))(T.sqr(x).sum())", "(lambda h: T.grad(T.grad(h ** 3, h), h))(x.sum())",
    "(lambda h: T.grad((h * x).sum(), x, consider_constant=[h]))(T.exp(x))",
    "T.grad((x * y).sum(), x, consider_constant=[y])",
    "T.grad((theano.gradient.consider_constant(x) * x).sum(), x)",
    "(lambda h: T.grad(None, x, known_grads={h: 3 * h}))(T.exp(x))",
    "(lambda h: T.grad(h.sum(), x, known_grads={h: h}))(T.sin(x))",
    "(lambda h: T.grad(T.sqr(h).sum(), [x, h], known_grads={h: T.ones_like(h)}))(T.sin(x))",
    "(lambda h: T.grad(None, [h], known_grads={h: 2 * y}))(T.exp(x))",
    "T.grad(x.sum(), y, disconnected_inputs='ignore')",
    "T.grad(x.sum(), y, disconnected_inputs='warn')",
    "T.grad(x.sum(), [x, y], disconnected_inputs='ignore')", "T.grad(x.sum() * i, [x, i])",
    "T.grad((x * i).sum(), i)", "T.grad((x[i] * i).sum(), i)",
    "T.grad((x ** 2).sum() * T.cast(i, 'float64'), i)", "T.grad(x[i], x)",
    "T.grad(T.switch(i > 1, x, 2 * x).sum(), [x, i])",
    "T.grad(x.sum(), m, disconnected_inputs='ignore')", "T.grad(x.sum() + 0 * m.sum(), m)",
    "T.grad(T.dot(m, x).sum(), [m, x])", "T.grad((x * 0).sum(), x)",
    "T.grad(x.shape[0] * x.sum(), x)", "T.grad(x.sum(), x, add_names=False)",
    "T.grad(x.sum(), x, null_gradients='return')",
    "T.grad(x.sum() * y.sum(), y, return_disconnected='zero')",
    "T.grad(x.sum(), y, disconnected_inputs='ignore', return_disconnected='zero')",
    "int(T.grad(x.sum(), y, disconnected_inputs='ignore', return_disconnected='None') is None)",
    "int(type(T.grad(x.sum(), [x])) is list)", "int(type(T.grad(x.sum(), (x,))) is tuple)",
    "theano.gradient.grad_clip(x, -0.1, 0.1) * y",
    "T.grad(theano.gradient.grad_clip(x * 3, -0.5, 0.7).sum() * 2, x)",
    "T.grad((theano.gradient.grad_clip(x, -1, 1) ** 2).sum(), x)",
    "T.grad((theano.gradient.disconnected_grad(x) * x).sum(), x)",
    "T.grad((theano.gradient.zero_grad(x) * x).sum(), x)",
    "T.grad(theano.gradient.zero_grad(x).sum(), x)",
    "T.grad((theano.gradient.grad_scale(x, 0.5) * x).sum(), x)",
    "theano.gradient.disconnected_grad(x) * y", "theano.gradient.zero_grad(x) * y",
    "theano.gradient.grad_scale(x, 3.0) * y", "theano.gradient.disconnected_grad(x ** 2) + x",
    "(lambda h: theano.subgraph_grad([x], [h], cost=T.sqr(h).sum())[0])(T.exp(x))",
    "(lambda h: theano.subgraph_grad([x], [h], cost=T.sqr(h).sum())[1])(T.exp(x))",
    "T.sum(T.grad((x * y).sum() ** 2, x) * y)", "T.grad(T.grad((x ** 2 * y).sum(), x).sum(), y)",
    "T.grad(T.sqr(T.grad(T.sin(x).sum(), x)).sum(), x)",
    "T.grad(T.grad(T.grad((x ** 4).sum(), x).sum(), x).sum(), x)",
    "T.grad(theano.shared(np.arange(3.0)).dot(x), x)", "T.grad((x + np.ones(3)).sum(), x)",
    "T.grad(T.constant(2.0) * x[0], x)",
    "(lambda w: T.grad(T.sqr(T.dot(m, w) - 1).sum(), w))(theano.shared(np.arange(3.0)))",
    "(lambda w: T.grad((w * x).sum(), w))(theano.shared(np.float64(2)))",
)  # fmt: skip

FAILURES = (
    "T.grad(x, x)", "T.grad(x * 2, y)", "T.grad(x.sum(), y)", "T.grad(x.sum(), [x, y])",
    "T.grad(i, i)", "T.grad(i * 2, i)", "T.grad(T.cast(x.sum(), 'int32'), x)",
    "T.grad(T.argmax(x), x)", "T.grad((x > 0).sum(), x)", "T.grad(x.sum(), 3)",
    "T.grad(x.sum(), 'x')", "T.grad(x.sum(), y, disconnected_inputs='nonsense')", "T.grad(None, x)",
    "T.grad(T.sum(x.shape[0] * 1.5), x)", "T.grad(y[i].sum(), i)", "T.grad(m.sum(axis=0), m)",
    "T.grad(T.sqr(x).sum(), T.sqr(x))", "T.grad(x.sum(), [])", "T.grad(x.sum(), x + 0)",
    "theano.gradient.jacobian(m, m)", "theano.gradient.hessian(x, x)",
    "theano.gradient.hessian(m.sum(), m)", "theano.gradient.hessian(x.sum(), y)",
    "theano.gradient.jacobian(x * 2, y)", "T.Rop(x, y, y)", "T.Rop(x * 2, x, m)",
    "T.Lop(x * 2, y, x)", "T.grad(T.grad(x.sum(), x).sum(), x)",
    "T.grad(x.sum(), y, return_disconnected='nonsense', disconnected_inputs='ignore')",
    "T.grad(theano.gradient.disconnected_grad(x).sum(), x)",
    "T.grad((x * y).sum(), x, consider_constant=[x])", "T.grad((y * T.argmax(x)).sum(), x)",
    "T.grad((T.cast(x, 'int32') * y).sum(), x)",
)  # fmt: skip

# Functions of x (and y, of the same shape) for the products with Jacobians.
MAPS = (
    "x ** 2", "T.exp(x)", "T.tanh(x) * y", "x * y + T.sin(x)", "T.nnet.sigmoid(x)", "T.dot(x, x.T)",
    "x.sum(axis=0)", "x.sum()", "x.T", "x.dimshuffle(1, 'x', 0)", "x.reshape((3, 2))", "x[0]",
    "x[:, ::-1]", "T.concatenate([x, y])", "T.nnet.softmax(x)", "T.maximum(x, y)", "x / y",
    "T.sqr(x).mean(axis=1)", "x[[0, 0, 1]]", "T.join(1, x, x ** 2)", "T.stack([x, y * x])",
    "x.max(axis=1)", "x.prod(axis=1)", "T.set_subtensor(x[0], y[1])",
    "T.inc_subtensor(x[0], y[1] ** 2)", "T.switch(x > 0, x, y)", "T.log(T.sqr(x) + 1)",
    "T.cast(x, 'float64')", "T.alloc(x[0, 0], 2, 2)", "T.dot(x, T.dot(y.T, x))", "T.clip(x, -1, 1)",
    "abs(x)", "x - x.mean(axis=1, keepdims=True)", "T.sqrt(T.sqr(x) + 1)", "x.flatten()",
    "T.diagonal(T.dot(x, y.T))", "x ** 3 / 2", "T.zeros_like(x) + x",
    "T.tensordot(x, y, axes=[[0, 1], [0, 1]])", "T.batched_dot(x, y)",
)  # fmt: skip
# Rop is missing in Theano for these.
NO_ROP = ("x.max(axis=1)", "x.prod(axis=1)", "T.diagonal(T.dot(x, y.T))", "T.batched_dot(x, y)")

JACOBIANS = (
    "theano.gradient.jacobian(x ** 2, x)", "theano.gradient.jacobian(T.tanh(T.dot(m, x)), x)",
    "theano.gradient.jacobian(T.dot(m, x), [x, m])", "theano.gradient.jacobian(x.sum(), x)",
    "theano.gradient.jacobian(T.nnet.softmax(x)[0], x)", "T.jacobian(x * y, y)",
    "theano.gradient.jacobian(x * y, (x, y))", "theano.gradient.jacobian(x[1:] * x[:-1], x)",
    "theano.gradient.jacobian(x * 2, y, disconnected_inputs='ignore')",
    "theano.gradient.hessian((x ** 3).sum(), x)", "T.hessian((x ** 2).sum() * y.sum(), x)",
    "theano.gradient.hessian(T.exp(x).sum() ** 2, x)",
    "theano.gradient.hessian((x * y).sum() ** 2, [x, y])",
    "theano.gradient.hessian(T.nnet.sigmoid(T.dot(m, x)).sum(), x)",
    "theano.gradient.jacobian(T.grad((x ** 3).sum(), x), x)",
    "theano.gradient.hessian(x[0] * x[1] + x[2] ** 2, x)",
)  # fmt: skip


def known_gradients(theano, tensor, x, y):
    """Two intermediate gradients that are given, one of them for something disconnected from y."""
    square, product = x**2, x * y
    known = OrderedDict([(square, y), (product, x * 2)])
    return theano.grad(None, [x, y], known_grads=known)


def constant_factor(theano, tensor, x, y):
    """What only enters by a constant is disconnected, and may be ignored."""
    factor = y * x
    cost = (factor * x).sum()
    return theano.grad(cost, [x, y], consider_constant=[factor], disconnected_inputs="ignore")


def gradient_of_a_part(theano, tensor, x, y):
    """The gradient goes on from what is already known at a later place."""
    inner = x * 2
    outer = tensor.sin(inner)
    return theano.subgraph_grad([inner], [outer], start=OrderedDict([(outer, y)]))[0]


def disconnected_marker(theano, tensor, x, y):
    """A disconnected gradient can be asked for as such."""
    made = theano.grad(x.sum(), y, disconnected_inputs="ignore", return_disconnected="Disconnected")
    return int(type(made.type).__name__ == "DisconnectedType")


def logistic_layer(theano, tensor, m):
    """A neuron's gradients by its weights and its bias."""
    w, b = theano.shared(np.arange(3.0)), theano.shared(0.0)
    chance = tensor.nnet.sigmoid(tensor.dot(m, w) + b)
    cost = tensor.nnet.binary_crossentropy(chance, 1).mean()
    return theano.grad(cost, [w, b])


def two_layers(theano, tensor, m):
    """The gradients of a small network with a softmax, by its four parameters."""
    w = theano.shared(np.linspace(-1, 1, 12).reshape(3, 4))
    v = theano.shared(np.linspace(-1, 1, 8).reshape(4, 2))
    b, c = theano.shared(np.zeros(4)), theano.shared(np.ones(2))
    hidden = tensor.tanh(tensor.dot(m, w) + b)
    chances = tensor.nnet.softmax(tensor.dot(hidden, v) + c)
    cost = tensor.nnet.categorical_crossentropy(chances, np.array([0, 1])).mean()
    cost += 0.01 * (w**2).sum() + 0.01 * abs(v).sum()
    return theano.grad(cost, [w, v, b, c])


def play(expression, wrt=None, dtype="float64", low=-2.0, high=2.0):
    """A case with those of x, y, i and m that its expression names."""
    cast = {
        "x": real(dtype, 3, low=low, high=high),
        "y": real(dtype, 3, low=low, high=high),
        "i": given(2, "int64"),
        "m": real(dtype, 2, 3, low=low, high=high),
    }
    pending, names = [compile(expression, "case", "eval")], set()
    while pending:
        code = pending.pop()
        names.update(code.co_names)
        pending += [part for part in code.co_consts if hasattr(part, "co_names")]
    return Case(expression, wrt=wrt, **{name: one for name, one in cast.items() if name in names})


def second():
    for cost in COSTS:
        for dtype in FLOATS:
            yield Case(f"T.grad({cost}, x)", x=real(dtype, 3, 4, low=0.3, high=1.7))
        yield Case(
            f"T.grad(T.sqr(T.grad({cost}, x)).sum(), x)",
            wrt=(),
            x=real("float64", 3, 4, low=-1.7, high=1.7),
        )


def options():
    for expression in OPTIONS:
        yield play(expression, wrt=())
    for expression in FAILURES:
        yield play(expression, wrt=())
    for dtype in ("int8", "int32", "bool", "uint8"):
        yield Case("T.grad((x * y).sum(), [x, y])", wrt=(), x=whole(dtype, 3), y=real("float64", 3))
        yield Case("T.grad((x * y).sum(), [x, y])", wrt=(), x=whole(dtype, 3), y=real("float32", 3))


def written_out():
    two = {"x": real("float64", 3), "y": real("float64", 3)}
    for function in (known_gradients, constant_factor, gradient_of_a_part, disconnected_marker):
        yield Case(function, wrt=(), **two)
    for function in (logistic_layer, two_layers):
        yield Case(function, wrt=(), m=real("float64", 2, 3))


def products():
    for expression in MAPS:
        inputs = {"x": real("float64", 2, 3), "y": real("float64", 2, 3)}
        if expression not in NO_ROP:
            yield Case(f"T.Rop({expression}, x, y)", wrt=(), **inputs)
        yield Case(f"(lambda f: T.Lop(f, x, T.cos(f)))({expression})", wrt=(), **inputs)
        yield Case(f"(lambda f: T.Lop(f, [x], f))({expression})", wrt=(), **inputs)
    yield Case("T.Rop([x * y, x + y], [x, y], [y, x])", wrt=(), **inputs)
    yield Case("T.Lop([x * y, x + y], [x, y], [y, x])", wrt=(), **inputs)
    yield Case("T.Rop(T.grad((x ** 3).sum(), x), x, y)", wrt=(), **inputs)
    yield Case("T.Rop(T.Rop(T.exp(x), x, y), x, y)", wrt=(), **inputs)
    yield Case("theano.gradient.Rop(x * 2, [x], [y])", wrt=(), **inputs)
    yield Case("theano.gradient.Lop(x * 2, x, y, consider_constant=[y])", wrt=(), **inputs)
    yield Case("T.Lop(x * y, y, x, disconnected_inputs='ignore')", wrt=(), **inputs)


def whole_matrices():
    for expression in JACOBIANS:
        yield play(expression, wrt=())


CASES = [*second(), *options(), *written_out(), *products(), *whole_matrices()]
