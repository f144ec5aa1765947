"""The rest of ``theano.tensor.nnet`` that needs no image: activations and crossentropies."""

from casebook import COMPLEX, DTYPES, FLOATS, Case, given, real, unary_grids

COMPILED = True

ACTIVATIONS = (
    "T.nnet.elu(x)", "T.nnet.elu(x, 0.5)", "T.nnet.selu(x)", "T.nnet.hard_sigmoid(x)",
    "T.nnet.softsign(x)",
)  # fmt: skip
CROSSENTROPIES = (
    "T.nnet.crossentropy_softmax_1hot(x, y)[0]",
    "T.nnet.crossentropy_categorical_1hot(T.nnet.softmax(x), y)",
    "-T.sum(T.extra_ops.to_one_hot(y, 3) * T.log(T.nnet.softmax(x)), axis=1)",
    "T.nnet.categorical_crossentropy(T.nnet.softmax(x), T.extra_ops.to_one_hot(y, 3))",
)  # fmt: skip


def activations():
    for dtype in FLOATS:
        for expression in ACTIVATIONS:
            yield Case(expression, x=real(dtype, 3, 4, low=-4, high=4))
            yield Case(expression, x=given([-2.5, -1, 0, 0.5, 1, 2.5], dtype))
        yield Case("T.nnet.ultra_fast_sigmoid(x)", wrt=(), x=real(dtype, 3, 4, low=-4, high=4))


def rows():
    for dtype, big in (("float64", 800), ("float32", 200)):
        matrix = [[0, big, -big], [big, big, 1], [-big, -big, -big], [1, 2, 3]]
        labels = given([0, 2, 1, 1], "int64")
        for expression in CROSSENTROPIES:
            yield Case(expression, elementwise=True, x=given(matrix, dtype), y=labels)
            yield Case(expression, x=real(dtype, 4, 3), y=labels)
        yield Case("T.nnet.softmax_with_bias(x, y)", x=real(dtype, 2, 5), y=real(dtype, 5))
        numbers = given([-800, -40, -10, -1, 0, 1, 10, 40, 800], dtype)
        targets = given([0, 1, 0.5, 1, 1, 0.25, 0, 1, 0], dtype)
        yield Case("T.nnet.sigmoid_binary_crossentropy(x, y)", wrt="x", x=numbers, y=targets)


CASES = [*activations(), *rows()]
GRIDS = unary_grids(ACTIVATIONS, DTYPES[: -len(COMPLEX)])
