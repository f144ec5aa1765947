"""Functions that few programs name: of two arguments, of indices, of logarithms and windows."""

from casebook import COMPLEX, DTYPES, Case, Grid, given, real, unary_grids, whole

# Theano has a gradient by the second argument only, or none.
OF_TWO = {"T.jv(x, y)": ["y"], "T.iv(x, y)": ["y"]}
UNDERIVED = ("T.gammainc(x, y)", "T.gammaincc(x, y)", "T.gammau(x, y)", "T.gammal(x, y)")
LOGARITHMS = ("T.xlogx.xlogy0(x, y)", "x * T.xlogx.xlogx(y)")
# Over x[3, 4] and y[3, 4].
OTHERS = (
    "T.largest(x, y)", "T.largest(x, y, y * x)", "T.smallest(x, y)", "T.smallest(x, y, y * x)",
    "T.power(abs(x), y)", "T.cov(x)", "T.cov(x, y)", "T.cov(x, rowvar=False)",
    "T.cov(x, bias=True)", "T.cov(x, ddof=2)", "T.divmod(x, y)", "T.isnan_(x)",
    "T.isinf_(x)", "T.join_(1, x, y)", "T.default(x, y)", "T.transfer(x, 'cpu')",
    "T.tensor_from_scalar(T.scalar_from_tensor(x.sum()))",
)  # fmt: skip
# Operations made of Theano's classes.
CLASSES = (
    "T.Join()(0, x, y)", "T.Reshape(1)(x, [12])", "T.Flatten()(x)", "T.Tile(2)(x, [2, 1])",
    "T.Eye('int8')(3, 4, 1)", "T.Tri('float32')(3, 3, 0)", "T.MaxAndArgmax([0])(x)",
    "T.Argmax([1])(x)", "T.Split(2)(x, 0, [1, 2])[1]", "T.Dot()(x, y.T)", "T.Shape()(x)",
    "T.SpecifyShape()(x, [3, 4])", "T.ARange('int64')(0, 5, 2)", "T.AllocDiag()(x[0])",
    "T.ExtractDiag()(x)", "T.Alloc()(x[0], 2, 4)", "T.extra_ops.RepeatOp(0)(x, 2)",
    "T.extra_ops.cpu_contiguous(x)", "T.extra_ops.CpuContiguous()(x)",
    "T.extra_ops.FillDiagonalOffset()(x, y[0, 0], 1)", "T.extra_ops.Bartlett()(4)",
    "T.elemwise.Elemwise(T.exp.scalar_op)(x)", "T.Choose('wrap')([0, 1, 0, 1], x[:2])",
    "T.advanced_subtensor1(x, [0, 2, 0])", "T.advanced_subtensor(x, [0, 1], [2, 2])",
    "T.advanced_set_subtensor1(x, y[:2], [2, 0])", "T.advanced_inc_subtensor1(x, y[:2], [2, 2])",
    "T.advanced_set_subtensor(x, y[0, :2], [2, 0], [1, 1])",
    "T.advanced_inc_subtensor(x, y[0, :2], [2, 2], [1, 1])", "T.makeKeepDims(x, x.sum(1), 1)",
    "T.AllocDiag()(x)", "T.AllocDiag(1)(x)", "T.AllocDiag(-2, 2, 0)(x)", "T.AllocDiag(1, 0, 2)(x)",
    "T.choose([0, 1, 0, 1], x[:2], None, 'clip')", "T.opt.make_vector(x.shape[0], y.shape[1])",
)  # fmt: skip
RANGE = {"low": 0.1, "high": 9}


def special():
    square = real("float64", 3, 4, **RANGE)
    pairs = [
        (square, square),
        (real("float64", 4, low=0, high=3), square),
        (real("float32", 3, 1, **RANGE).declared("FT"), real("float32", 1, 4, **RANGE)),
        (real("float64", 0), real("float64", 0)),
    ]
    for i, (x, y) in enumerate(pairs):
        y = y.declared("TF") if i == 2 else y
        for expression, wrt in OF_TWO.items():
            yield Case(expression, wrt=wrt, x=x, y=y)
        for expression in UNDERIVED:
            yield Case(expression, wrt=(), x=x, y=y)
        for expression in LOGARITHMS:
            yield Case(expression, x=x, y=y)
    orders = given([float("nan"), 0.5, -2, -1, 0, 1, 2, 3, 0.5, -0.5, -1.5, 12, 40, 40])
    places = given([1, -1, -3, 0.5, 0, 30, 60, -0.1, 7, 8, 0, 5, 3, 90])
    for expression, wrt in OF_TWO.items():
        yield Case(expression, wrt=wrt, x=orders, y=places, elementwise=True)
    x, y = whole("int8", 5, low=1, high=5), whole("int64", 5, low=1, high=5)
    for expression in (*OF_TWO, *UNDERIVED, *LOGARITHMS):
        yield Case(expression, wrt=(), x=x, y=y)
    zeros = given([0, 0, 1, 2])
    yield Case("T.xlogx.xlogx(x)", x=zeros)
    yield Case("T.xlogx.xlogy0(x, y)", x=zeros, y=given([1, 3, 0, 3]))


def others():
    for expression in OTHERS:
        yield Case(expression, wrt=(), x=real("float64", 3, 4), y=real("float64", 3, 4))
    for expression in ("T.largest(x, y)", "T.smallest(x, y, x)", "T.power(x, y)"):
        yield Case(expression, x=whole("int8", 4, low=0), y=whole("int64", 4, low=0))
    for expression in ("T.ceil_intdiv(x, y)", "T.divmod(x, y)"):
        yield Case(expression, x=whole("int32", 2, 5), y=whole("int64", 5, low=1))
    for expression in ("T.cov(x, fweights=[1, 1])", "T.largest(x, x, x)"):
        yield Case(expression, wrt=(), x=real("float32", 2, 3))
    for expression in CLASSES:
        yield Case(expression, wrt=(), x=real("float64", 3, 4), y=real("float64", 3, 4))


CASES = [*special(), *others()]
GRIDS = [
    *unary_grids(["T.xlogx.xlogx(x)", "T.jv(1, x)", "T.gammainc(x, x)"], DTYPES[: -len(COMPLEX)]),
    Grid(
        "binary",
        ["T.iv(x, y)", "T.xlogx.xlogy0(x, y)"],
        ["int8", "int32", "float16", "float32", "float64"],
        lambda row, column: (row, {"x": "int16", "y": column}),
    ),
]
