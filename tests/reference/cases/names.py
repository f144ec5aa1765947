"""Functions that few programs name: of two arguments, of indices, of logarithms and windows."""

from casebook import COMPLEX, DTYPES, Case, Grid, given, real, unary_grids, whole

# Theano has a gradient by the second argument only, or none.
OF_TWO = {"T.jv(x, y)": ["y"], "T.iv(x, y)": ["y"]}
UNDERIVED = ("T.gammainc(x, y)", "T.gammaincc(x, y)", "T.gammau(x, y)", "T.gammal(x, y)")
LOGARITHMS = ("T.xlogx.xlogy0(x, y)", "x * T.xlogx.xlogx(y)")
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


CASES = list(special())
GRIDS = [
    *unary_grids(["T.xlogx.xlogx(x)", "T.jv(1, x)", "T.gammainc(x, x)"], DTYPES[: -len(COMPLEX)]),
    Grid(
        "binary",
        ["T.iv(x, y)", "T.xlogx.xlogy0(x, y)"],
        ["int8", "int32", "float16", "float32", "float64"],
        lambda row, column: (row, {"x": "int16", "y": column}),
    ),
]
