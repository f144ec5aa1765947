"""Products that sum over an axis: dot, tensordot, batched_dot, outer."""

from casebook import FLOATS, Case, real, whole

SIZES = {1: (3,), 2: (4, 3), 3: (2, 4, 3), 0: ()}
RIGHTS = {1: (3,), 2: (3, 5), 3: (2, 3, 5), 0: ()}

TENSORDOTS = (
    ("T.tensordot(x, y, axes=1)", (2, 3), (3, 4)),
    ("T.tensordot(x, y, axes=2)", (2, 3, 4), (3, 4, 5)),
    ("T.tensordot(x, y)", (2, 3, 4), (3, 4, 5)), ("T.tensordot(x, y, axes=0)", (2,), (3,)),
    ("T.tensordot(x, y, axes=[[1], [0]])", (2, 3), (3, 4)),
    ("T.tensordot(x, y, [[0, 1], [1, 0]])", (2, 3, 4), (3, 2, 5)),
    ("T.tensordot(x, y, axes=[[2, 0], [0, 2]])", (2, 3, 4), (4, 5, 2)),
    ("T.tensordot(x, y, axes=([1], [1]))", (2, 3), (4, 3)),
    ("T.tensordot(x, y, axes=[1, 0])", (2, 3), (3, 4)),
    ("T.tensordot(x, y, axes=[[0], [0]])", (3,), (3,)), ("T.tensordot(x, y, 1)", (2, 3, 4), (4,)),
    ("T.tensordot(x, y, axes=[[], []])", (2,), (3,)),
)  # fmt: skip

BATCHED = (
    ("T.batched_dot(x, y)", (2, 3, 4), (2, 4, 5)), ("T.batched_dot(x, y)", (2, 3, 4), (2, 4)),
    ("T.batched_dot(x, y)", (2, 3), (2, 3)), ("T.batched_dot(x, y)", (2, 3), (2, 3, 4)),
    ("T.batched_dot(x, y)", (2,), (2, 3)), ("T.batched_dot(x, y)", (2,), (2,)),
    ("T.batched_dot(x, y)", (2, 3), (2,)), ("T.batched_dot(x, y)", (0, 3, 4), (0, 4, 5)),
    ("T.batched_tensordot(x, y, [[1], [1]])", (2, 3, 4), (2, 3, 5)),
    ("T.batched_tensordot(x, y, axes=1)", (2, 3, 4), (2, 4, 5)),
    ("T.batched_tensordot(x, y, [[1, 2], [2, 1]])", (2, 3, 4), (2, 4, 3)),
    ("T.batched_dot(x, y).sum(axis=0)", (2, 3, 4), (2, 4, 5)),
    ("T.batched_dot(x.dimshuffle(0, 2, 1), y)", (2, 4, 3), (2, 4, 5)),
)  # fmt: skip

OTHERS = (
    ("T.outer(x, y)", (3,), (4,)), ("T.outer(x, y)", (2, 3), (4,)),
    ("T.outer(x, y)", (2, 2), (3, 2)), ("x.dot(y)", (3,), (3,)), ("x.dot(y)", (2, 3), (3, 4)),
    ("x.dot(y)", (2, 3), (3,)), ("x.T.dot(y)", (3, 2), (3, 4)), ("T.dot(x, y.T)", (2, 3), (4, 3)),
    ("T.dot(x, y) + 1", (2, 3), (3, 4)), ("T.dot(T.dot(x, y), x)", (2, 3), (3, 2)),
    ("T.nnet.sigmoid(T.dot(x, y))", (2, 3), (3, 4)), ("T.dot(x, y).sum(axis=0)", (2, 3), (3, 4)),
    ("T.dot(x, y) ** 2", (3,), (3,)), ("(x * y).sum()", (2, 3), (2, 3)),
    ("T.sqr(T.dot(x, y) - 1).mean()", (4, 3), (3,)), ("T.dot(x[0], y[:, 1])", (2, 3), (3, 4)),
    ("T.dot(x, T.dot(y, x.T))", (2, 3), (3, 3)), ("-2 * T.dot(x, y) / 3", (2, 3), (3, 4)),
    ("T.dot(x, y) * 0.5 + T.dot(x, y)", (2, 3), (3, 4)), ("T.dot(0.5, x) + y", (3,), (3,)),
    ("T.dot(x, 2) * y", (2, 3), (2, 3)), ("T.dot(np.ones((2, 3)), x) + y", (3, 4), (4,)),
    ("T.dot(x, np.arange(3.0)) + y", (2, 3), (2,)),
)  # fmt: skip

MISMATCHES = (
    ("T.dot(x, y)", (2, 3), (4, 3)), ("T.dot(x, y)", (3,), (4,)), ("T.dot(x, y)", (2, 3), (2,)),
    ("T.tensordot(x, y, 1)", (2, 3), (4, 3)), ("T.batched_dot(x, y)", (2, 3, 4), (2, 3, 5)),
    ("T.tensordot(x, y, axes=[[5], [0]])", (2, 3), (3, 4)),
    ("T.tensordot(x, y, axes=3)", (2, 3), (3, 4)), ("T.batched_dot(x, y)", (), (2,)),
    ("T.dot(x, y)", (2, 2, 3), (2, 2)), ("T.batched_dot(x, y)", (2, 2, 2, 2), (2, 2)),
    ("T.tensordot(x, y, axes=[[0, 1], [0]])", (2, 3), (2, 4)),
)  # fmt: skip


def ranks():
    for left in SIZES:
        for right in RIGHTS:
            for dtype in FLOATS:
                x, y = real(dtype, *SIZES[left]), real(dtype, *RIGHTS[right])
                yield Case("T.dot(x, y)", x=x, y=y)


def tables():
    for expression, first, second in TENSORDOTS + BATCHED + OTHERS:
        for dtype in FLOATS:
            yield Case(expression, x=real(dtype, *first), y=real(dtype, *second))
    for expression, first, second in MISMATCHES:
        yield Case(expression, x=real("float64", *first), y=real("float64", *second))


def mixed():
    for first, second in (
        ("float32", "float64"), ("int32", "float32"), ("int64", "int64"), ("int8", "int32"),
        ("int32", "float64"), ("uint8", "int8"), ("bool", "float32"), ("int8", "int8"),
        ("float16", "float16"), ("float16", "float32"),
    ):  # fmt: skip
        for expression in (
            "T.dot(x, y)",
            "T.tensordot(x, y, 1)",
            "T.dot(x, y[:, 0])",
            "T.outer(x[0], y[0])",
        ):
            x, y = (
                real(dtype, *shape) if dtype.startswith("float") else whole(dtype, *shape)
                for dtype, shape in ((first, (2, 3)), (second, (3, 2)))
            )
            yield Case(
                expression,
                tolerance=(1e-2, 1e-2) if "float16" in (first, second) else None,
                why="float16 keeps 3 decimal digits",
                x=x,
                y=y,
            )


def shapes():
    """Empty and single axes, and declared ones."""
    for first, second in (
        ((0, 3), (3, 2)),
        ((2, 0), (0, 3)),
        ((0,), (0,)),
        ((1, 1), (1, 1)),
        ((1, 3), (3, 1)),
    ):
        yield Case("T.dot(x, y)", x=real("float64", *first), y=real("float64", *second))
    x = real("float64", 1, 3).declared("TF")
    for expression in (
        "T.dot(x, y)", "T.dot(x, y[:, 0])", "T.dot(y.T, x.T)", "T.dot(x, x.T)", "T.dot(x.T, x)",
        "T.dot(x, y[:, :1])", "T.tensordot(x, y, 1)",
        "T.batched_dot(x.dimshuffle(0, 'x', 1), y.dimshuffle('x', 0, 1))",
    ):  # fmt: skip
        more = {"y": real("float64", 3, 2)} if "y" in expression else {}
        yield Case(expression, x=x, **more)


CASES = [*ranks(), *tables(), *mixed(), *shapes()]
