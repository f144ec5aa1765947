"""Elementwise operations: values, broadcasting, operators."""

from casebook import FLOATS, Case, real, sample, whole

# Each function with the range of numbers it is asked about.
UNARY = {
    "-x": (-2, 2),
    "+x": (-2, 2),
    "abs(x)": (-2, 2),
    "T.neg(x)": (-2, 2),
    "T.abs_(x)": (-2, 2),
    "T.sgn(x)": (-2, 2),
    "T.sqr(x)": (-2, 2),
    "T.square(x)": (-2, 2),
    "T.sqrt(x)": (0.1, 4),
    "T.inv(x)": (0.2, 3),
    "T.exp(x)": (-3, 3),
    "T.exp2(x)": (-3, 3),
    "T.expm1(x)": (-1, 1),
    "T.log(x)": (0.1, 4),
    "T.log2(x)": (0.1, 4),
    "T.log10(x)": (0.1, 4),
    "T.log1p(x)": (-0.5, 4),
    "T.sin(x)": (-4, 4),
    "T.cos(x)": (-4, 4),
    "T.tan(x)": (-1.2, 1.2),
    "T.arcsin(x)": (-0.9, 0.9),
    "T.arccos(x)": (-0.9, 0.9),
    "T.arctan(x)": (-4, 4),
    "T.sinh(x)": (-3, 3),
    "T.cosh(x)": (-3, 3),
    "T.tanh(x)": (-3, 3),
    "T.arcsinh(x)": (-3, 3),
    "T.arccosh(x)": (1.1, 4),
    "T.arctanh(x)": (-0.9, 0.9),
    "T.floor(x)": (-4, 4),
    "T.ceil(x)": (-4, 4),
    "T.trunc(x)": (-4, 4),
    "T.round(x)": (-4, 4),
    "T.round(x, mode='half_to_even')": (-4, 4),
    "T.round(x, mode='half_away_from_zero')": (-4, 4),
    "T.iround(x)": (-4, 4),
    "T.iround(x, mode='half_away_from_zero')": (-4, 4),
    "x.round()": (-4, 4),
    "T.deg2rad(x)": (-200, 200),
    "T.rad2deg(x)": (-4, 4),
    "T.isnan(x)": (-4, 4),
    "T.isinf(x)": (-4, 4),
    "T.erf(x)": (-2, 2),
    "T.erfc(x)": (-2, 2),
    "T.nnet.sigmoid(x)": (-5, 5),
    "T.nnet.softplus(x)": (-5, 5),
    "T.nnet.relu(x)": (-2, 2),
    "T.nnet.relu(x, 0.1)": (-2, 2),
    "T.zeros_like(x)": (-2, 2),
    "T.ones_like(x)": (-2, 2),
    "T.identity_like(x)": (-2, 2),
    "T.second(x, 3.0)": (-2, 2),
    "T.fill(x, 3.0)": (-2, 2),
    "T.tensor_copy(x)": (-2, 2),
    "T.clip(x, -1, 1)": (-2, 2),
    "x.clip(0, 1)": (-2, 2),
    "T.switch(x > 0, x, -2 * x)": (-2, 2),
    "T.where(x > 0, x ** 2, 0)": (-2, 2),
    "T.maximum(x, 0)": (-2, 2),
    "T.minimum(0.5, x)": (-2, 2),
    "x + 1": (-2, 2),
    "1 + x": (-2, 2),
    "x + 0.5": (-2, 2),
    "x - 3": (-2, 2),
    "3 - x": (-2, 2),
    "2.0 * x": (-2, 2),
    "x * 2": (-2, 2),
    "x / 3": (-2, 2),
    "3 / x": (0.2, 2),
    "x // 2": (-9, 9),
    "7 // x": (1, 4),
    "x % 3": (-9, 9),
    "7 % x": (1, 4),
    "T.mod(x, 0.7)": (-4, 4),
    "x ** 2": (-2, 2),
    "x ** 3": (-2, 2),
    "x ** -1": (0.2, 2),
    "x ** 0.5": (0.2, 2),
    "x ** 1.7": (0.2, 2),
    "x ** 0": (-2, 2),
    "2 ** x": (-2, 2),
    "0.5 ** x": (-2, 2),
    "T.pow(x, 2)": (-2, 2),
    "x < 0.5": (-2, 2),
    "0.5 <= x": (-2, 2),
    "T.sqrt(T.exp(x) + T.sqr(x)) * T.tanh(x) - 1 / (2 + T.cos(x))": (-2, 2),
}
POWERS = ("2 ** x", "0.5 ** x")
ONLY_MATRICES = ("T.identity_like(x)",)
SHAPES = ((), (5,), (3, 4), (2, 1, 3))

BINARY = {
    "x + y": (-2, 2),
    "x - y": (-2, 2),
    "x * y": (-2, 2),
    "x / y": (0.3, 2),
    "x // y": (0.3, 5),
    "x % y": (0.3, 5),
    "x ** y": (0.3, 3),
    "T.add(x, y, x)": (-2, 2),
    "T.sub(x, y)": (-2, 2),
    "T.mul(x, y, y)": (-2, 2),
    "T.true_div(x, y)": (0.3, 2),
    "T.int_div(x, y)": (0.3, 5),
    "T.mod(x, y)": (0.3, 5),
    "T.pow(x, y)": (0.3, 2),
    "T.maximum(x, y)": (-2, 2),
    "T.minimum(x, y)": (-2, 2),
    "T.arctan2(x, y)": (-2, 2),
    "T.eq(x, y)": (-2, 2),
    "T.neq(x, y)": (-2, 2),
    "x < y": (-2, 2),
    "x <= y": (-2, 2),
    "T.gt(x, y)": (-2, 2),
    "T.ge(x, y)": (-2, 2),
    "T.switch(x < y, x, y)": (-2, 2),
    "T.clip(x, y - 1, y + 1)": (-2, 2),
    "T.second(x, y)": (-2, 2),
    "T.nnet.sigmoid(x) * T.exp(-y) + x * y ** 2": (-2, 2),
    "T.nnet.binary_crossentropy(T.nnet.sigmoid(x), T.nnet.sigmoid(y))": (-2, 2),
}

# Two shapes with the axes that are declared broadcastable.
BROADCASTS = (
    (real, (3, 4), "FF", (3, 4), "FF"),
    (real, (3, 4), "FF", (4,), "F"),
    (real, (), "", (2, 3, 4), "FFF"),
    (real, (1, 4), "TF", (3, 1), "FT"),
    (real, (3, 1), "FT", (3, 4), "FF"),
    (real, (2, 1, 4), "FTF", (3, 1), "FT"),
    (real, (1, 1), "TT", (2, 3), "FF"),
    (real, (1,), "F", (1,), "F"),
    (real, (0, 3), "FF", (3,), "F"),
    (real, (0,), "F", (), ""),
)


def unary():
    for expression, (low, high) in UNARY.items():
        for dtype in FLOATS:
            shapes = ((3, 4),) if expression in ONLY_MATRICES else SHAPES
            for shape in shapes:
                yield Case(
                    expression,
                    tolerance=(1e-12, 1e-8)
                    if expression in POWERS and dtype == "float64"
                    else None,
                    why="Theano takes the logarithm of a small integer or of 0.5 in float32",
                    x=real(dtype, *shape, low=low, high=high),
                )


def empty():
    for expression in ("T.exp(x)", "x + 1", "T.clip(x, 0, 1)", "T.nnet.sigmoid(x)"):
        for shape in ((0,), (3, 0), (0, 1, 2)):
            yield Case(expression, x=real("float64", *shape))


def binary():
    for expression, (low, high) in BINARY.items():
        for dtype in FLOATS:
            some = BROADCASTS if dtype == "float64" else BROADCASTS[1:4]
            for maker, first, flags, second, more_flags in some:
                x = maker(dtype, *first, low=low, high=high).declared(flags)
                y = maker(dtype, *second, low=low, high=high).declared(more_flags)
                yield Case(expression, x=x, y=y)


def undeclared():
    """A size of 1 that was not declared broadcastable does not broadcast."""
    pairs = (((3, 4), (1, 4)), ((3, 4), (3, 1)), ((1,), (3,)), ((2, 3), (3, 3)))
    for expression in ("x + y", "T.maximum(x, y)", "T.exp(x * y)", "T.switch(x < y, x, y)"):
        for first, second in pairs:
            yield Case(expression, x=real("float64", *first), y=real("float64", *second))


def arrays():
    """NumPy arrays, Python numbers and lists beside symbols."""
    expressions = (
        "x + np.ones((3, 4), x.dtype)",
        "np.ones((3, 4), x.dtype) * x",
        "np.arange(4, dtype=x.dtype) - x",
        "x * np.arange(3, dtype=x.dtype)[:, None]",
        "x + np.float32(0.1)",
        "np.float32(0.1) + x",
        "np.float64(0.1) * x",
        "x * np.asarray(0.1)",
        "x + [1.5, 2.5, 3.5, 4.5]",
        "x + np.ones((1, 4), x.dtype)",
        "x * True",
        "x + np.int64(3)",
        "x / np.array([1, 2, 3, 4])",
        "x - T.constant(0.1)",
        "x - T.constant(2)",
        "x * T.constant(np.ones((1, 1, 4), x.dtype))",
        "T.switch(np.array([True, False, True, False]), x, 0)",
        "T.maximum(x, np.array([0.1, 0.2, 0.3, 0.4], x.dtype))",
        "T.stack([x[0], np.ones(4, x.dtype)])",
    )
    for expression in expressions:
        for dtype in FLOATS:
            yield Case(expression, x=real(dtype, 3, 4))
            yield Case(expression, float_x="float32", x=real(dtype, 3, 4))


def integers():
    """Integer and boolean inputs, value by value."""
    singles = (
        "-x", "abs(x)", "T.sgn(x)", "T.sqr(x)", "x + 1", "3 - x", "x * 2", "x // 2", "x % 3",
        "x // -2", "x % -3", "x / 2", "x ** 2", "x < 2", "T.eq(x, 1)", "T.clip(x, 0, 2)",
        "T.clip(x, -1.5, 1.5)", "T.exp(x)", "T.sqrt(abs(x))", "T.inv(x + 10)", "T.floor(x)",
        "T.ceil(x)", "T.round(x)", "T.iround(x)", "T.tanh(x)", "T.isnan(x)", "T.isinf(x)",
        "T.zeros_like(x)", "T.ones_like(x)", "~x", "T.switch(x, 2, 3)", "T.nnet.sigmoid(x)",
        "T.maximum(x, 1)", "T.minimum(x, 1.5)", "T.cast(x, 'float32')",
    )  # fmt: skip
    pairs = (
        "x + y", "x - y", "x * y", "x & y", "x | y", "x ^ y", "T.and_(x, y)", "T.or_(x, y)",
        "T.xor(x, y)", "T.maximum(x, y)", "T.minimum(x, y)", "T.eq(x, y)", "T.neq(x, y)", "x < y",
        "x >= y", "T.switch(x, x, y)", "T.second(x, y)", "x / (y + 10)", "x // (y * 2 + 1)",
        "x % (y * 2 + 1)",
    )  # fmt: skip
    for dtype in ("bool", "int8", "int32", "int64", "uint8"):
        for expression in singles:
            yield Case(expression, x=whole(dtype, 3, 4))
        for expression in pairs:
            yield Case(expression, x=whole(dtype, 3, 4), y=whole(dtype, 4))
    for expression in ("T.and_(x, 3)", "5 & x", "x | 1", "6 | x", "x ^ 5", "5 ^ x", "T.invert(x)"):
        for dtype in ("int8", "int64", "uint8"):
            yield Case(expression, x=whole(dtype, 6))
    for expression in ("x & (x > 0)", "T.xor(x > 0, x)", "T.and_(x > 1, x < 3)", "~(x > 0)"):
        yield Case(expression, x=whole("int32", 6))


def mixed():
    """Operands of different dtypes.

    Theano's generated C is wrong about uint32 beside a negative int32; its Python, which is what
    is recorded here, is right.
    """
    couples = (
        ("float32", "float64"), ("int8", "float32"), ("int32", "float32"), ("int64", "float32"),
        ("int8", "int32"), ("uint8", "int8"), ("bool", "float64"), ("bool", "int8"),
        ("int16", "float32"), ("float16", "float32"), ("float16", "float64"), ("uint32", "int32"),
    )  # fmt: skip
    expressions = (
        "x + y", "x * y", "x - y", "x / (y + 10)", "T.maximum(x, y)", "x < y", "x ** 2 + y",
        "T.switch(x > 0, x, y)", "T.clip(x, 0, y)", "T.add(x, y, x)",
    )  # fmt: skip
    for expression in expressions:
        for first, second in couples:
            yield Case(expression, x=sample(first, 3, 2), y=sample(second, 2))
            if expression[2] in "*<" or "switch" in expression:
                yield Case(expression, x=sample(second, 2, 3), y=sample(first, 3))


def half():
    """float16, with room for its rounding."""
    for expression in ("x + y", "x * y", "T.exp(x)", "T.tanh(x) * y", "x.sum() + y", "x ** 2 / 3"):
        yield Case(
            expression,
            x=real("float16", 3, 4, low=0.5, high=2),
            y=real("float16", 4),
            tolerance=(1e-2, 2e-2),
            why="float16 keeps 3 decimal digits, and a gradient sums a few of them",
        )


def by_integers():
    """Gradients by integer inputs, and of outputs that do not vary."""
    for expression in ("x * y", "T.switch(x, y, 0)", "x.sum() * y", "y[x]", "T.exp(x) + y"):
        for dtype in ("int64", "bool", "uint8"):
            yield Case(expression, wrt="xy", x=whole(dtype, 3, low=0, high=3), y=real("float64", 3))
    for expression in (
        "x > y", "T.floor(x) * y", "T.cast(x, 'int32') * y", "T.eq(x, y) * y", "T.sgn(x) * y",
        "T.zeros_like(x) + y", "T.ones_like(x) * y", "T.round(x) * y", "T.isnan(x) * y",
        "x.shape[0] * y", "T.second(x, y)", "T.iround(x) * y", "(x // 0.3) * y", "x.argmax() * y",
        "T.switch(x > 0, y, 1)", "T.cast(x, 'float32')", "T.ceil(x) + y",
    ):  # fmt: skip
        yield Case(expression, wrt="xy", x=real("float64", 3), y=real("float64", 3))


def sizes():
    """Functions that look along the last axis."""
    for dtype in FLOATS:
        for shape in ((2, 5), (1, 3), (4, 1)):
            yield Case("T.nnet.softmax(x)", x=real(dtype, *shape))
            yield Case("T.nnet.logsoftmax(x)", x=real(dtype, *shape))
        yield Case("T.nnet.softmax(x)", x=real(dtype, 5))


CASES = [
    *unary(),
    *empty(),
    *binary(),
    *undeclared(),
    *arrays(),
    *integers(),
    *mixed(),
    *half(),
    *by_integers(),
    *sizes(),
]
