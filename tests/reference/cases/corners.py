"""Corners that random expressions found: conversions that do not fit, flags, dtypes, divisions."""

from casebook import Case, given, real

COMPILED = True

BEYOND = [-1.5, -300.2, 300.7, 255.5, 256.0, 70000.0, -70000.0]


def conversions():
    """Floats that do not fit into an integer: its lowest bits stay."""
    for before in ("float32", "float64"):
        for after in ("int8", "uint8", "int16", "uint16", "int32", "int64"):
            yield Case(f"T.cast(x, '{after}')", wrt=(), x=given(BEYOND, before))
        yield Case("T.cast(x, 'uint32')", wrt=(), x=given([-1.5, 300.7, 70000.0], before))
    for into in ("uint8", "int16"):
        for expression in ("T.set_subtensor(y[1:8], x)", "T.set_subtensor(y[[1, 3, 5]], x[:3])"):
            yield Case(expression, wrt=(), x=given(BEYOND), y=given([7] * 9, into))


def divisions():
    """Integers divided by zero, and what only looks like it."""
    for expression in ("x // y", "x % y"):
        for dtype in ("int8", "int64", "uint8"):
            yield Case(expression, x=given([3, 0, 1], dtype), y=given([1, 0, 2], dtype))
            yield Case(expression, x=given([], dtype), y=given(0, dtype))
        yield Case(expression, wrt=(), x=given([3, 0, 1]), y=given([1, 0, 2], "int64"))


def flags():
    """What broadcasts of what an index gives."""
    for expression in (
        "x[0, [0]]", "x[[0]]", "x[:, [0]]", "x[:, None, [0]]", "x[[0], [1]]", "x[k, 1:]", "x[k]",
        "x[:, k]", "x[k, k]", "x[1:, k]", "x[k.dimshuffle('x', 0), k]", "x[None, [0]]",
        "x[np.array([[0], [1]]), 0]", "T.take(x, [0])", "T.take(x, k, axis=1)",
    ):  # fmt: skip
        yield Case(expression, x=real("float64", 3, 2), k=given([1], "int64").declared("T"))


def dtypes():
    """Dtypes are combined two at a time, from the left; triangles of bool and of bytes."""
    yield Case("T.clip(x, -1, y)", x=given([1, 7], "uint8"), y=given([2.5, 1.5], "float16"))
    for dtype in ("bool", "uint8", "int8", "float32"):
        for expression in ("T.triu(x)", "T.triu(x, 1)", "T.tril(x)"):
            yield Case(expression, wrt=(), x=given([[1, 1], [1, 0]], dtype))


CASES = [*conversions(), *divisions(), *flags(), *dtypes()]
