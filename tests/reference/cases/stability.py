"""Expressions that overflow as they stand, and that Theano rewrites until they do not."""

import re

from casebook import Case, given, real

COMPILED = True

SIGMOIDS = (
    "1 / (1 + T.exp(-x))", "1.0 / (1.0 + T.exp(-x))", "T.inv(1 + T.exp(-x))", "1 / (T.exp(-x) + 1)",
    "1 / (1 + T.exp(x))", "T.nnet.sigmoid(x)", "1 - T.nnet.sigmoid(x)", "1 - 1 / (1 + T.exp(-x))",
    "T.log(1 / (1 + T.exp(-x)))", "T.log(1 - 1 / (1 + T.exp(-x)))", "T.log(T.nnet.sigmoid(x))",
    "T.log(1 - T.nnet.sigmoid(x))", "T.log1p(-T.nnet.sigmoid(x))", "T.log(1 + T.exp(x))",
    "T.log1p(T.exp(x))", "T.log(T.exp(x) + 1)", "T.log(1 + T.exp(-x))", "T.nnet.softplus(x)",
    "-T.log(T.nnet.sigmoid(-x))", "T.log(T.nnet.sigmoid(x)) * 2 - T.log(1 - T.nnet.sigmoid(x))",
    "-x * T.log(1 / (1 + T.exp(-x)))", "T.nnet.sigmoid(x) * (1 - T.nnet.sigmoid(x))",
)  # fmt: skip
ENTROPIES = (
    "T.nnet.binary_crossentropy(T.nnet.sigmoid(x), y)",
    "-y * T.log(1 / (1 + T.exp(-x))) - (1 - y) * T.log(1 - 1 / (1 + T.exp(-x)))",
    "-y * T.log(T.nnet.sigmoid(x)) - (1 - y) * T.log(1 - T.nnet.sigmoid(x))",
    "T.nnet.binary_crossentropy(1 / (1 + T.exp(-x)), y).mean()",
    "-(y * T.log(T.nnet.sigmoid(x)) + (1 - y) * T.log1p(-T.nnet.sigmoid(x))).sum()",
)  # fmt: skip
SMALL = (
    "T.log(1 + x)", "T.log(x + 1)", "T.log(1 - x)", "T.exp(x) - 1", "T.log1p(x)", "T.expm1(x)",
    "T.log(1.0 + x) * 2", "(T.exp(x) - 1) / 2",
)  # fmt: skip
ROWS = (
    "T.nnet.softmax(x)", "T.log(T.nnet.softmax(x))", "T.nnet.logsoftmax(x)",
    "T.log(T.sum(T.exp(x), axis=1))", "T.log(T.exp(x).sum(axis=0))", "T.log(T.sum(T.exp(x)))",
    "T.log(T.sum(T.exp(x), axis=1, keepdims=True))",
    "-T.mean(T.log(T.nnet.softmax(x))[T.arange(y.shape[0]), y])",
    "T.log(T.nnet.softmax(x))[T.arange(y.shape[0]), y]",
    "T.nnet.categorical_crossentropy(T.nnet.softmax(x), y)",
    "T.nnet.categorical_crossentropy(T.nnet.softmax(x), y).mean()",
    "-T.log(T.nnet.softmax(x)[T.arange(y.shape[0]), y])",
    "x - T.log(T.sum(T.exp(x), axis=1, keepdims=True))",
    "T.exp(x) / T.exp(x).sum(axis=1, keepdims=True)",
)  # fmt: skip

EXTREMES = {
    "float64": [-800, -40, -10, -1, -1e-20, 0, 1e-20, 1, 10, 40, 800],
    "float32": [-200, -40, -10, -1, -1e-20, 0, 1e-20, 1, 10, 40, 200],
}
TINY = [-1e-3, -1e-8, -1e-20, 0, 1e-20, 1e-12, 1e-5, 0.5]

# Theano itself leaves these unstable, forward or in the gradient: only small numbers are asked.
UNSTABLE = (
    "T.inv(1 + T.exp(-x))", "T.log(1 - 1 / (1 + T.exp(-x)))", "T.log1p(-T.nnet.sigmoid(x))",
    "T.log(1 + T.exp(-x))",
    "-y * T.log(1 / (1 + T.exp(-x))) - (1 - y) * T.log(1 - 1 / (1 + T.exp(-x)))",
    "T.nnet.binary_crossentropy(1 / (1 + T.exp(-x)), y).mean()",
    "-(y * T.log(T.nnet.sigmoid(x)) + (1 - y) * T.log1p(-T.nnet.sigmoid(x))).sum()",
)  # fmt: skip
MILD = [-3, -2, -1, -0.5, -0.1, 0, 0.1, 0.5, 1, 2, 3]
# Theano's sigmoid is flat where it is within 1e-8 of 1: nothing is asked there.
FLAT = (
    "T.nnet.sigmoid(x)", "1 - T.nnet.sigmoid(x)", "1 - 1 / (1 + T.exp(-x))",
    "T.log(T.nnet.sigmoid(x))", "-T.log(T.nnet.sigmoid(-x))",
    "T.nnet.sigmoid(x) * (1 - T.nnet.sigmoid(x))",
)  # fmt: skip
NO_GRADIENT = ("T.log(T.exp(x).sum(axis=0))", "T.log(T.sum(T.exp(x)))")


def along():
    for dtype, numbers in EXTREMES.items():
        for expression in SIGMOIDS:
            some = MILD if expression in UNSTABLE else numbers
            if expression in FLAT:
                some = [
                    number for number in numbers if abs(number) in (0, 1, 10) or abs(number) > 40
                ]
            yield Case(expression, elementwise=expression not in FLAT, x=given(some, dtype))
        for expression in ENTROPIES:
            targets = [0, 1, 0.5, 1, 0, 1, 0.25, 0, 1, 0, 1]
            x, y = given(MILD if expression in UNSTABLE else numbers, dtype), given(targets, dtype)
            yield Case(expression, wrt="x", elementwise=True, x=x, y=y)
        for expression in SMALL:
            yield Case(expression, elementwise=True, x=given(TINY, dtype))


def rows():
    for dtype, big in (("float64", 800), ("float32", 200)):
        matrix = [[0, big, -big], [big, big, 1], [-big, -big, -big], [1, 2, 3]]
        for expression in ROWS:
            labels = {"y": given([0, 2, 1, 1], "int64")} if re.search(r"\by\b", expression) else {}
            wrt = () if expression in NO_GRADIENT else None
            yield Case(expression, wrt=wrt, elementwise=True, x=given(matrix, dtype), **labels)
            yield Case(expression, x=real(dtype, 4, 3), **labels)


CASES = [*along(), *rows()]
