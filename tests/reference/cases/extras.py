"""Sorting, cumulation, counting and other helpers around the core."""

from casebook import COMPLEX, DTYPES, FLOATS, Case, given, real, unary_grids, whole

# Expressions over x[3, 3].
MATRIX = (
    "T.ptp(x)", "T.ptp(x, axis=0)", "x.ptp(axis=1)", "T.nlinalg.trace(x)", "x.trace()",
    "T.cumsum(x)", "T.cumsum(x, axis=0)", "T.cumsum(x, axis=1)", "x.cumsum()", "T.cumprod(x)",
    "T.cumprod(x, axis=1)", "x.cumprod(axis=0)", "T.extra_ops.cumsum(x, axis=0)",
    "(T.cumsum(x ** 2) ** 2).sum()", "T.sort(x)", "T.sort(x, axis=0)", "T.sort(x, axis=None)",
    "x.sort()", "T.argsort(x)", "T.argsort(x, axis=0)", "T.argsort(x, axis=None)", "x.argsort()",
    "T.bincount(T.cast(T.sqr(x).flatten(), 'int64'))", "T.sort(T.topk(x, 2, sorted=False))",
    "T.sort(T.argtopk(x, 2, axis=0, sorted=False), axis=0)",
)  # fmt: skip
# Expressions over x[2, 3, 4].
THREE = (
    "T.fill_diagonal(x[0], 5)", "T.fill_diagonal(x[0], x[1, 1, 1])",
    "T.extra_ops.fill_diagonal_offset(x[0], 1.0, 1)",
    "T.extra_ops.compress(np.array([True, False]), x, axis=0)",
    "T.extra_ops.compress(np.array([0, 1, 1]), x[0], axis=0)",
    "T.extra_ops.to_one_hot(T.arange(3), 4) * x[0]", "T.extra_ops.Unique()(T.cast(x * 2, 'int32'))",
    "T.extra_ops.searchsorted(T.sort(x[0, 0]), x[1, 1])", "T.mgrid[0:2, 0:3]", "T.ogrid[0:2, 0:3]",
    "T.vertical_stack(x[0], x[1])", "T.horizontal_stack(x[0], x[1])",
    "T.permute_row_elements(x[0], [3, 2, 0, 1])", "T.inverse_permutation(T.stack([2, 0, 1]))",
    "T.extra_ops.repeat(x, 1, axis=1)", "T.nlinalg.diag(x[0, 0])",
    "T.nlinalg.extract_diag(x[0, :, :3])", "T.nlinalg.alloc_diag(x[0, 0])",
)  # fmt: skip


def matrices():
    for dtype in FLOATS:
        for expression in MATRIX:
            yield Case(expression, x=real(dtype, 3, 3))
        for expression in THREE:
            yield Case(expression, x=real(dtype, 2, 3, 4))
    ties = given([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [-1.0, 0.0, -1.0]])
    for expression in ("T.sort(x)", "T.argsort(x, kind='mergesort')"):
        yield Case(expression, x=ties)
    # Theano divides by what is multiplied: its gradient of a product with a 0 is not a number.
    yield Case("T.cumprod(x)", wrt=(), x=ties)
    for dtype in ("int8", "int64", "uint8", "bool"):
        for expression in ("x.sort()", "x.argsort(kind='mergesort')"):
            yield Case(expression, x=whole(dtype, 5))
    for expression in ("T.cumsum(x)", "T.cumprod(x)"):
        yield Case(expression, x=whole("int64", 5))
    yield Case("T.inverse_permutation(T.arange(3)[::-1]) * x", x=real("float64", 3))


def close():
    for dtype in FLOATS:
        for expression in ("T.isclose(x, y)", "T.allclose(x, y)", "T.isclose(x, y, atol=0.5)"):
            yield Case(expression, x=real(dtype, 3, 4), y=real(dtype, 4))
            yield Case(expression, x=real(dtype, 3, 4), y=real(dtype))
        odd = given([float("nan"), float("inf"), -float("inf"), -0.0, 0.0, 1.0], dtype)
        yield Case("T.isclose(x, x)", x=odd)
        yield Case("T.isclose(x, x, equal_nan=True)", x=odd)
        near = given([1, 1 + 1e-6, 1 + 1e-4, 1e-9], dtype)
        yield Case("T.isclose(x, y)", x=near, y=given([1, 1, 1, 0], dtype))


def differences():
    """Only a vector's differences have a gradient."""
    for options in ("", ", n=2", ", n=1, axis=0"):
        yield Case(f"T.extra_ops.diff(x{options})", x=real("float64", 5))
        yield Case(f"T.extra_ops.diff(x{options})", wrt=(), x=real("float64", 3, 4))


CASES = [*matrices(), *close(), *differences()]
GRIDS = unary_grids(
    ["T.cumsum(x)", "T.cumprod(x)", "T.stack([x]).argsort()", "T.stack([x]).sort()"],
    DTYPES[: -len(COMPLEX)],
)
