"""Sums, products, means, extremes and their kin, over every sort of axis."""

from casebook import FLOATS, Case, given, real, sample, whole

SHAPES = ((3, 4), (2, 3, 4), (5,), (), (1, 3))
AXES = {
    (): ("None", "[]"),
    (5,): ("None", "0", "-1", "(0,)"),
    (3, 4): ("None", "0", "1", "-1", "-2", "[0]", "(0, 1)", "[1, 0]", "(-1, 0)", "[]"),
    (1, 3): ("None", "0", "1", "(0, 1)"),
    (2, 3, 4): ("None", "0", "1", "-1", "(0, 2)", "[1, 2]", "(0, 1, 2)", "[-1, -3]"),
}
FLOATING = ("sum", "prod", "mean", "var", "std", "max", "min")
LOGICAL = ("any", "all")
POSITIONS = ("argmax", "argmin")

# Expressions over a matrix x.
MORE = (
    "T.sum(x)", "T.sum(x, 0)", "T.mean(x, 1)", "T.max(x, axis=1)", "T.min(x, axis=[0])",
    "T.prod(x, axis=0, no_zeros_in_input=True)", "T.max_and_argmax(x, axis=1)",
    "T.max_and_argmax(x)", "T.max_and_argmax(x, axis=(0, 1))", "T.max_and_argmax(x, keepdims=True)",
    "T.max_and_argmax(x, axis=0, keepdims=True)", "T.argmax(x, axis=-1)", "T.argmin(x, axis=0)",
    "T.sum(x, axis=0, keepdims=True) + x", "x - x.mean(axis=0)",
    "(x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)", "x.sum(axis=0).sum()",
    "x.sum(axis=1).max()", "T.sqr(x).mean()", "x.max() - x.min()",
    "x.max(axis=0, keepdims=True) * x", "T.var(x, axis=0, ddof=1)", "T.std(x, axis=0, ddof=1)",
    "T.var(x, corrected=True)", "T.sum(x, dtype='float64')", "T.sum(x, dtype='float32')",
    "T.mean(x, dtype='float32')", "T.mean(x, dtype='float64')", "T.sum(x, acc_dtype='float64')",
    "T.prod(x, dtype='float64')", "T.mean(x, acc_dtype='float64', axis=0)",
    "T.sum(x, dtype='int64')", "T.sum(x > 0)", "T.mean(x > 0)", "T.sum(x > 0, axis=0) * x",
    "T.any(x > 1)", "T.all(x < 3, axis=0)", "T.any(x > 0, axis=1, keepdims=True)", "x.norm(2)",
    "x.norm(1)", "x.norm(2, axis=0)", "x.norm(1, axis=1)", "x.norm(2, axis=1, keepdims=True)",
    "x.norm(3)", "T.exp(x).sum(axis=1, keepdims=True)", "T.log(T.exp(x).sum(axis=1))",
    "(x * (x > 0)).sum() / (x > 0).sum()", "x.sum() / x.shape[0]", "T.sqrt(T.sqr(x).sum(axis=0))",
    "T.prod(x + 3, axis=(0, 1), keepdims=True)", "x.any()", "x.all(axis=0)",
    "T.max(x, axis=0, keepdims=True)", "T.min(x, axis=1, keepdims=True)", "T.sum([x, x])",
    "T.sum(x.T, axis=0)", "T.mean([1.0, 2.0, 4.0]) * x",
)  # fmt: skip

FAILURES = (
    "x.sum(axis=2)", "x.sum(axis=-3)", "x.max(axis=2)", "x.argmax(axis=2)", "x.sum(axis=0.5)",
    "x.mean(axis=2)", "x.sum(dtype='nonsense')", "x.any(axis=3)", "x.prod(axis=[5])",
    "x.var(axis=2)", "x.sum(axis=x)",
)  # fmt: skip


def along_axes():
    for name in FLOATING + LOGICAL + POSITIONS:
        for shape in SHAPES:
            for axis in AXES[shape]:
                if name in POSITIONS and (axis[0] in "([" or not shape):
                    continue
                for keep in ("", ", keepdims=True"):
                    if keep and axis == "[]":
                        continue
                    expression = f"x.{name}(axis={axis}{keep})"
                    if name in LOGICAL:
                        yield Case(expression, x=whole("bool", *shape))
                        continue
                    # The deviation of single numbers is 0, where it has no slope.
                    wrt = () if name == "std" and (axis == "[]" or not shape) else None
                    for dtype in FLOATS if shape == (3, 4) else FLOATS[1:]:
                        yield Case(expression, wrt=wrt, x=real(dtype, *shape))


def other_dtypes():
    for dtype in ("bool", "int8", "int32", "int64", "uint8", "uint32", "float16"):
        for name in FLOATING + LOGICAL + POSITIONS:
            for axis in ("None", "0"):
                if name in ("max", "min", "argmin") and dtype == "bool":
                    continue
                yield Case(
                    f"x.{name}(axis={axis})",
                    tolerance=(2e-2, 2e-2) if dtype == "float16" else None,
                    why="float16 keeps 3 decimal digits",
                    wrt=(),
                    x=sample(dtype, 3, 4),
                )
    for dtype in ("int8", "uint8", "int16"):
        yield Case("x.sum()", x=given([100, 100, 100], dtype))
        yield Case("x.sum(dtype=x.dtype)", x=given([100, 20, 3], dtype))
        yield Case("x.prod()", x=given([100, 100, 100], dtype))
        yield Case("x.mean()", x=given([100, 101, 100], dtype))
    yield Case("x.mean()", x=given([0.1] * 1000, "float32"))
    yield Case("x.sum()", x=given([2.0**-10] * 3000, "float16"))
    yield Case("x.max()", x=given([1, 0, 1], "bool"))


def more():
    for expression in MORE:
        for dtype in FLOATS:
            yield Case(expression, x=real(dtype, 3, 3))


def declared():
    for name in ("sum", "max", "mean", "prod"):
        for options in (
            "axis=0",
            "axis=1",
            "axis=None",
            "axis=0, keepdims=True",
            "axis=1, keepdims=True",
        ):
            yield Case(f"x.{name}({options})", x=real("float64", 1, 4).declared("TF"))


def empty():
    """What a reduction makes of nothing."""
    for shape in ((0,), (0, 3), (3, 0)):
        for axis in ("None", "0", "-1"):
            for name in ("sum", "prod", "mean", "any", "all"):
                yield Case(
                    f"x.{name}(axis={axis})",
                    wrt=() if name == "mean" else None,
                    x=real("float64", *shape),
                )
    for name in ("max", "min", "argmax", "argmin"):
        yield Case(f"x.{name}()", wrt=(), x=real("float64", 0))
        yield Case(f"x.{name}(axis=1)", wrt=(), x=real("float64", 0, 3))


def ties():
    """Extremes that are reached more than once, and zeros under a product."""
    matrix = [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [-1.0, 0.0, -1.0]]
    for dtype in FLOATS:
        for expression in (
            "x.max()", "x.min()", "x.max(axis=0)", "x.max(axis=1)", "x.min(axis=1, keepdims=True)",
            "x.argmax()", "x.argmin()", "x.argmax(axis=1)", "x.argmin(axis=1)", "x.argmax(axis=0)",
            "T.max_and_argmax(x, axis=1)", "T.max_and_argmax(x)", "x.prod()", "x.prod(axis=0)",
            "x.prod(axis=1)", "abs(x).sum()", "x.var(axis=1)", "x.std(axis=1)", "x.norm(2, axis=1)",
            "x.norm(1)",
        ):  # fmt: skip
            yield Case(expression, x=given(matrix, dtype))
    zeros = [[0.0, 0.0, 2.0], [0.0, 3.0, 2.0], [1.0, 2.0, 3.0]]
    for expression in ("x.prod()", "x.prod(axis=1)", "x.prod(axis=0)", "x.std(axis=0)"):
        yield Case(expression, x=given(zeros))


def failures():
    for expression in FAILURES:
        yield Case(expression, x=real("float64", 3, 4))


CASES = [
    *along_axes(),
    *other_dtypes(),
    *more(),
    *declared(),
    *empty(),
    *ties(),
    *failures(),
]
