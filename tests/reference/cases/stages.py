"""Shapes that depend on data, alone, in one another, and as further sizes, with gradients."""

import re

from casebook import Case, given

INPUTS = {
    "x": given([0.0, 1.5, -2.0, 0.0, 3.0, 1.5]),
    "m": given([1, 0, 1, 1, 0, 1], "bool"),
    "n": given([2, 0, 1, 3, 0, 2], "int64"),
    "X": given([[1, 0, 2], [0, 0, -1], [3, 0, 1], [0, 2, 0], [1, 1, 1], [0, 0, 4]]),
}

EXPRESSIONS = (
    "x[m]", "x.nonzero()[0]", "X.nonzero()", "T.flatnonzero(X)", "x[x > 0][x[x > 0] > 2]",
    "x[m][m[m]]", "X[m][:, 1:]", "X[m, 1]", "X[X > 0]", "X[m].sum(axis=1)", "X[m].T",
    "T.dot(X[m], X[0])", "T.dot(X[m].T, X[m])", "T.zeros((m.sum(),))", "T.zeros((m.sum(), 2))",
    "T.ones((x.nonzero()[0].shape[0],))", "T.arange(x.nonzero()[0].shape[0])",
    "T.arange(m.sum()) * 2", "T.alloc(x[1], m.sum(), 2)", "T.eye(m.sum())", "x[:m.sum()]",
    "x[m.sum():]", "x[n.sum() - 6:]", "X.reshape((m.sum() - 2, -1))", "T.repeat(x, n)",
    "T.repeat(X, n, axis=0)", "T.repeat(x, n)[::-1]", "T.repeat(x, n).sum()",
    "T.repeat(x[m], n[m])", "T.repeat(x, m.sum())", "x.repeat(n.max())", "T.tile(x, 2)[m.sum():]",
    "T.tile(x[m], 2)", "T.extra_ops.Unique()(n)", "T.extra_ops.Unique(True, True, True)(n)",
    "T.extra_ops.Unique()(x)[1:]", "T.extra_ops.Unique()(x).sum()",
    "T.extra_ops.Unique()(n)[m[:4]]", "T.extra_ops.Unique()(n[n > 0])",
    "x[T.extra_ops.Unique()(n)]", "T.extra_ops.Unique()(X.flatten()).nonzero()[0]",
    "T.sort(T.extra_ops.Unique()(n))[::-1].nonzero()[0]", "T.extra_ops.bincount(n)",
    "T.extra_ops.bincount(n, minlength=6)", "T.extra_ops.bincount(n, weights=x)",
    "T.extra_ops.bincount(n)[n]", "T.extra_ops.bincount(n[m])",
    "T.extra_ops.bincount(n).nonzero()[0]", "T.zeros((T.extra_ops.bincount(n).shape[0], 2))",
    "T.extra_ops.compress(m, x)", "T.extra_ops.compress(m, X, axis=0)",
    "T.extra_ops.compress(n > 1, X, axis=0).sum(axis=0)", "T.extra_ops.compress(m, x).mean()",
    "x[m].shape", "x[m].size", "X[m].shape[0] * 2", "T.zeros(X[m].shape)", "T.zeros_like(X[m])",
    "T.ones_like(x[m]) + 1", "T.concatenate([x[m], x[~m]])", "T.stack([x[m], x[m] * 2])",
    "T.join(0, X[m], X[:1])", "T.concatenate([x[m], T.zeros((n.sum(),))]).sum()",
    "T.set_subtensor(x[m], x[m][::-1])", "T.inc_subtensor(x[m], x[m] * 2)",
    "T.set_subtensor(X[m], X[:4])", "T.set_subtensor(X[m, 0], x[m])",
    "T.inc_subtensor(X[m][:, 0], 1)", "T.set_subtensor(x[x.nonzero()], T.arange(4.))",
    "T.set_subtensor(T.zeros((m.sum(),))[n[m] % 4], x[m])", "x[m].mean()", "x[m].var()",
    "x[m].max()", "x[m].argmax()", "T.argsort(x[m])", "T.sort(x[m])", "x[m].cumsum()",
    "T.extra_ops.cumsum(x[m])", "T.sqr(x[m] - x[m].mean()).sum()", "T.nnet.softmax(X[m])",
    "T.log(x[x > 0]).sum()", "T.log(x[x > 0])", "(x[m] * x[~m][0]).sum()", "x[m].dot(x[m])",
    "T.outer(x[m], x)", "x[m][-1]", "x[m][1:3]", "x[m][:m.sum() // 2]", "x[n[m]]", "x[n][m]",
    "x[m.nonzero()[0][1:]]", "x[m.nonzero()[0]] * m.nonzero()[0]", "T.switch(m, x, 0)[m]",
    "(x[m] > 0).nonzero()[0]", "x[m][(x[m] > 0).nonzero()]", "X[X.sum(axis=1) > 1].mean(axis=0)",
    "X[:, X.sum(axis=0) > 3]", "X[m][:, X.sum(axis=0) > 3]",
    "T.tensordot(X[m], X[m], [[0], [0]])", "T.nonzero_values(X) * 2", "T.diag(x[m])",
    "x[m][1:] - x[m][:-1]", "T.extra_ops.to_one_hot(n[m], 4)",
    "T.extra_ops.to_one_hot(n, n.max() + 1)", "T.eq(n[m].dimshuffle(0, 'x'), n[m]).sum(axis=1)",
    "x[m].reshape((2, -1))", "x[m].reshape((m.sum(), 1))",
    "x[m].dimshuffle('x', 0) + T.zeros((2, 1)).sum()", "T.dot(X[m], X.T)[:, m]", "x[m].norm(2)",
    "abs(x[m]).max()", "T.clip(x[m], 0, 1).prod()", "X[m].max(axis=1)", "X[m].argmax(axis=1)",
    "T.eq(X[m].argmax(axis=1), n[m] % 3).mean()", "X[T.arange(6), n % 3][m]",
    "X[m.nonzero()[0], n[m] % 3].sum()",
    "-T.log(T.nnet.softmax(X)[T.arange(6), n % 3])[m].mean()",
    "T.nnet.categorical_crossentropy(T.nnet.softmax(X)[m], n[m] % 3).mean()",
    "T.nnet.binary_crossentropy(T.nnet.sigmoid(x[m]), m[m] * 1.0).sum()",
    "T.mean(T.sqr(X[m] - X[m].mean(axis=0)))", "(X[m] - X.mean(axis=0))[:, 0]",
    "T.sum(X[m] * x[m].dimshuffle(0, 'x'))", "T.sum(X[m] * x.dimshuffle(0, 'x')[m])",
    "x[m].sum() / m.sum()", "X[m].sum(axis=0) / m.sum()", "(X * m.dimshuffle(0, 'x'))[m].sum()",
    "X[X > 0].mean()", "X[(X > 0).nonzero()].var()", "X[(X > 0).nonzero()[0]].sum()",
    "X[(X > 0).nonzero()[0], (X > 0).nonzero()[1]].sum()",
    "T.sqr(X[T.neq(X, 0).nonzero()]).sum()", "T.any(x[m] > 2)", "T.all(x[m] >= -2)",
    "(x[m] + X[m, 1]).sum()", "(x[m] + X[m, 1:2].flatten()).sum()", "T.minimum(x[m], 1).min()",
    "x[m].ptp()", "x[x > 100].sum()", "x[x > 100].prod()", "x[x > 100]", "x[x > 100].shape",
    "T.set_subtensor(x[x > 100], x[x > 100] * 2)", "X[m].flatten().sum()", "x[m & (n > 1)].sum()",
    "T.cast(x[m], 'int32').sum()", "n[m].sum()", "n[m].mean()", "n[m].max()", "n[m].prod()",
    "(n[m] // 2).sum()", "(n[m] % 2).sum()", "T.cast(n, 'int8')[m].max()",
    "T.cast(n, 'uint8')[m].min()", "m[m].sum()", "x[m][0]", "x[m].sum(dtype='float32')",
    "T.cast(x, 'float32')[m].mean()", "T.cast(x, 'float32')[m].sum(acc_dtype='float64')",
)  # fmt: skip


def case(expression):
    """The expression over those of the inputs that it names."""
    named = {k: v for k, v in INPUTS.items() if re.search(rf"(?<![\w.']){k}(?![\w'])", expression)}
    # Theano 1.0.5 differentiates no write under a mask, no repetition by an array, and no Unique.
    has_gradient = not re.search(r"_subtensor\(|repeat\(|Unique", expression)
    return Case(expression, wrt=None if has_gradient else (), **named)


CASES = [case(expression) for expression in EXPRESSIONS]
