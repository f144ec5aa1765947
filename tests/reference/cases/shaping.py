"""Functions that only move numbers about: reshape, dimshuffle, join, split, tile and their kin."""

from casebook import FLOATS, Case, given, real, whole

# Expressions over x[2, 3, 4].
THREE = (
    "x.reshape((6, 4))", "x.reshape((24,))", "x.reshape((4, 3, 2))", "x.reshape((2, -1))",
    "x.reshape((-1,))", "x.reshape((-1, 4))", "x.reshape([3, 8])", "x.reshape((x.shape[0], -1))",
    "x.reshape((x.shape[0] * x.shape[1], x.shape[2]))", "x.reshape(x.shape)",
    "x.reshape((1, 2, 3, 4))", "x.reshape((2, 3, 4, 1))", "x.reshape((24, 1))",
    "x.reshape((x.size,))", "x.reshape((x.shape[0], x.shape[1] * x.shape[2]))",
    "x.reshape((2, 12), ndim=2)", "T.reshape(x, (4, 6))", "T.reshape(x, x.shape, ndim=3)",
    "x.reshape(T.stack([6, 4]), ndim=2)", "x.reshape(T.stack([x.shape[0], 12]))",
    "x.reshape((-1, x.shape[2]))", "x.reshape((x.shape[0] + 1, -1))", "x.reshape(np.array([6, 4]))",
    "x.flatten()", "x.flatten(1)", "x.flatten(2)", "x.flatten(3)", "x.flatten(ndim=2)",
    "T.flatten(x, 2)", "T.flatten(x, ndim=1)", "x.ravel()", "x.dimshuffle(2, 0, 1)",
    "x.dimshuffle(2, 1, 0)", "x.dimshuffle(0, 'x', 1, 2)", "x.dimshuffle('x', 0, 1, 2)",
    "x.dimshuffle(0, 1, 2, 'x')", "x.dimshuffle([1, 0, 2])", "x.dimshuffle((2, 'x', 0, 'x', 1))",
    "T.DimShuffle((False, False, False), (1, 2, 0))(x)", "x.T", "x.transpose()",
    "x.transpose(1, 0, 2)", "x.transpose((2, 0, 1))", "x.transpose([0, 2, 1])", "T.transpose(x)",
    "T.transpose(x, (1, 2, 0))", "x.swapaxes(0, 2)", "x.swapaxes(1, 2)", "x.swapaxes(-1, 0)",
    "T.swapaxes(x, 0, 1)", "T.shape_padleft(x)", "T.shape_padleft(x, 2)", "T.shape_padright(x)",
    "T.shape_padright(x, 2)", "T.shape_padaxis(x, 0)", "T.shape_padaxis(x, 1)",
    "T.shape_padaxis(x, -1)", "T.unbroadcast(x, 0)", "x.dimshuffle(0, 'x', 1, 2).squeeze()",
    "x.dimshuffle('x', 0, 1, 2, 'x').squeeze()", "T.squeeze(x.dimshuffle(0, 1, 'x', 2))",
    "x[:1].squeeze()", "T.addbroadcast(x[:1], 0)", "T.addbroadcast(x[:, :1, :1], 1, 2) + x",
    "T.patternbroadcast(x[:1], (True, False, False))",
    "T.unbroadcast(x.dimshuffle('x', 0, 1, 2), 0)", "T.tile(x, (1, 2, 1))", "T.tile(x, (2, 1, 2))",
    "T.tile(x, (2,))", "T.tile(x, 2)", "T.tile(x, (2, 1, 1, 2))", "T.tile(x, (1, 1, 1))",
    "x.repeat(2, axis=0)", "x.repeat(2, axis=2)", "x.repeat(2)", "T.repeat(x, 3, axis=1)",
    "T.repeat(x, x.shape[0], axis=1)", "x.repeat(0, axis=1)", "x.shape", "x.shape[0]",
    "x.shape[-1]", "x.size", "x.ndim", "x.shape.prod()", "x.shape[0] * x.shape[1] + 1",
    "T.shape(x)", "x.shape[1:].sum()", "T.prod(x.shape)", "x.shape[0] / x.shape[1] * x",
    "T.cast(x.shape[0], x.dtype) / 7 - x", "T.stack(x.shape)", "T.stack([x.shape[0], 1])",
    "x.shape[0] * x", "x / x.shape[2]", "T.roll(x, 1)", "T.roll(x, 1, axis=0)",
    "T.roll(x, -1, axis=1)", "T.roll(x, 2, axis=2)", "T.roll(x, 5, axis=2)",
    "T.roll(x, x.shape[0], axis=2)", "T.roll(x, -7, axis=2)", "T.concatenate([x, x], axis=0)",
    "T.concatenate([x, 2 * x, x], axis=1)", "T.concatenate((x, x), axis=-1)", "T.concatenate([x])",
    "T.join(0, x, x)", "T.join(1, x, x * 2)", "T.join(-1, x, x)", "T.join(2, x, x[:, :, :1])",
    "T.join(T.constant(1), x, x)", "T.join(0, x)", "T.stack([x, x])", "T.stack([x, 2 * x], axis=1)",
    "T.stack([x, x], axis=-1)", "T.stack([x], axis=2)", "T.stack(x, x)",
    "T.stack([x[0, 0, 0], x[1, 1, 1]])", "T.stack([x[0], x[1], 0 * x[0]])",
    "T.stacklists([[x[0, 0], x[0, 1]], [x[1, 0], x[1, 1]]])",
    "T.as_tensor_variable([x[0, 0, 0], 1, x[0, 1, 0]])", "T.as_tensor_variable([x[0], x[1]])",
    "T.split(x, [1, 2], 2, axis=1)", "T.split(x, [1, 3], n_splits=2, axis=2)",
    "T.split(x, [2, 0, 1], 3, axis=1)", "T.split(x, T.stack([1, 1]), 2, axis=0)",
    "T.alloc(x[0, 0], 2, 4)", "T.alloc(x[0, 0, 0], 3, 2)", "T.alloc(x, 2, 2, 3, 4)",
    "T.alloc(x[0], x.shape[0], 3, 4)", "T.alloc(x[0, 0, 0], x.shape[1], 2)", "T.diagonal(x[0])",
    "x[0].diagonal()", "T.diag(x[0, 0])", "T.diag(x[0])", "T.diagonal(x[0, :, :3], offset=1)",
    "T.tril(x[0])", "T.triu(x[0], 1)", "T.tril(x[0], -1)", "x[0].flatten().dimshuffle('x', 0)",
    "x.flatten(2).T.flatten()", "x.copy()", "T.second(x, x + 1)", "T.zeros_like(x).shape", "x.T.T",
    "x.reshape((4, 6)).dimshuffle(1, 0).reshape((2, 3, 4))",
    "T.unbroadcast(T.ones((1, 4)), 0) * x[0, :1]", "T.nonzero(x[0, 0] > 0)", "T.flatten(x)",
    "T.tensordot(x, x, axes=3)", "x.reshape((2, 3, 2, 2)).sum(axis=-1)",
    "T.specify_shape(x, (2, 3, 4))", "T.Rebroadcast((0, False))(x)",
    "T.opt.assert_op(x, T.eq(x.shape[0], 2))",
)  # fmt: skip

FAILURES = (
    "x.reshape((5, 5))", "x.reshape((-1, 5))", "x.reshape((-1, -1))",
    "x.reshape((x.shape[0] + 1, 4))", "x.dimshuffle(0, 1)", "x.dimshuffle(0, 0, 1, 2)",
    "x.dimshuffle(0, 1, 3)", "x.flatten(0)", "x.flatten(5)", "T.join(0, x, x[:, :1])",
    "T.join(3, x, x)", "T.join(0, x, x[0])", "T.concatenate([], axis=0)", "T.stack([])",
    "T.stack([x, x[0]])", "T.addbroadcast(x, 0)", "T.addbroadcast(x, 5)", "x.transpose(0, 1)",
    "T.split(x, [1, 1], 2, axis=1)", "x.repeat(2, axis=5)", "T.alloc(x, 2)",
    "T.alloc(x[0], 2, 2, 4)", "x.reshape(2.5)", "x.reshape((2.0, 12))",
    "T.specify_shape(x, (2, 3, 5))", "T.shape_padaxis(x, 9)",
    "T.opt.assert_op(x, T.eq(x.shape[0], 3))", "x.reshape('a')", "T.join(0, x[0], x[0, :2, :3])",
    "T.concatenate(x)", "T.unbroadcast(x, 7)", "T.patternbroadcast(x, (True, False, False))",
)  # fmt: skip


def three():
    for expression in THREE:
        yield Case(expression, x=real("float64", 2, 3, 4))
    for expression in THREE[::4]:
        yield Case(expression, x=real("float32", 2, 3, 4))
    for expression in THREE[1::9]:
        yield Case(expression, wrt=(), x=whole("int32", 2, 3, 4))


def symbolic():
    """Sizes and shifts that arrive as numbers."""
    n, m = given(3, "int64"), given(4, "int64")
    for expression in (
        "x.reshape((n, m))", "x.reshape((n, -1))", "x.reshape((-1, m))", "x.reshape((m, n)).T",
        "T.tile(x, n)", "T.repeat(x, n)", "T.roll(x, n)", "T.alloc(x[0], n, m)",
        "T.alloc(x, n, 12)", "x[:n * m].reshape((m, n))", "T.split(x, T.stack([n, 12 - n]), 2)",
        "x.reshape((n, m)).repeat(n, axis=1)", "T.tile(x, (n, m))", "x.reshape((n, 2, -1), ndim=3)",
        "T.reshape(x, T.stack([n, m]), ndim=2)", "T.concatenate([x, x[:n]])",
        "T.zeros((n, m)) + x[0]", "T.roll(x, -n)", "T.tile(x.dimshuffle('x', 0), (m, 1))",
    ):  # fmt: skip
        names = set(compile(expression, "case", "eval").co_names)
        sizes = {name: size for name, size in (("n", n), ("m", m)) if name in names}
        yield Case(expression, x=real("float64", 12), **sizes)


def several():
    """More than one input, other shapes and dtypes."""
    for dtype in FLOATS:
        x, y = real(dtype, 2, 3), real(dtype, 4, 3)
        yield Case("T.concatenate([x, y], axis=0)", x=x, y=y)
        yield Case("T.join(0, x, y, x)", x=x, y=y)
        yield Case("T.concatenate([x.T, y.T], axis=1)", x=x, y=y)
        yield Case("T.stack([x, y[:2]])", x=x, y=y)
        yield Case("T.concatenate([x.flatten(), y.flatten()])", x=x, y=y)
    for first, second in (
        ("float32", "float64"), ("int32", "float32"), ("int8", "int64"), ("bool", "int8"),
        ("float32", "int64"),
    ):  # fmt: skip
        for expression in ("T.concatenate([x, y])", "T.stack([x, y])", "T.join(0, y, x, [1])"):
            x, y = (
                whole(dtype, 3) if dtype not in FLOATS else real(dtype, 3)
                for dtype in (first, second)
            )
            yield Case(expression, x=x, y=y)
    flags = real("float64", 1, 3).declared("TF")
    for expression in (
        "T.concatenate([x, x], axis=0)", "T.concatenate([x, x], axis=1)", "T.stack([x, x])", "x.T",
        "x.dimshuffle(1)", "x.flatten()", "x.reshape((3, 1))", "x.reshape((1, 3))",
        "T.unbroadcast(x, 0)", "x.squeeze()", "T.tile(x, (2, 1))", "x.repeat(2, axis=0)",
        "T.addbroadcast(x, 0)", "x.dimshuffle(1, 'x', 0)", "x.reshape((1, -1))", "x.flatten(2)",
        "x.swapaxes(0, 1)", "T.roll(x, 1, axis=1)", "x.shape", "T.alloc(x, 4, 3)",
        "T.patternbroadcast(x, (False, False))", "T.shape_padleft(x)", "x.transpose()",
        "T.join(0, x, T.ones((2, 3)))", "x[0].dimshuffle('x', 0)", "x.reshape((3,))",
    ):  # fmt: skip
        yield Case(expression, x=flags)
    for shape in ((0,), (0, 3), (2, 0, 3)):
        for expression in (
            "x.flatten()", "x.T", "T.concatenate([x, x])", "T.stack([x, x])", "x.shape", "x.size",
            "T.tile(x, 2)", "x.reshape((-1, 3))", "x.dimshuffle('x', *range(x.ndim))",
        ):  # fmt: skip
            yield Case(expression, x=real("float64", *shape))
    for expression in (
        "x.flatten()", "x.dimshuffle('x')", "x.dimshuffle('x', 'x')", "x.reshape((1, 1))",
        "T.stack([x, x])", "x.shape", "x.ndim", "T.shape_padright(x, 2)", "T.tile(x, 3)",
        "x.reshape(())", "x.reshape((1,))", "T.alloc(x, 2, 3)", "x.T", "x.squeeze()", "x.repeat(3)",
    ):  # fmt: skip
        yield Case(expression, x=real("float64"))
    yield Case("x.reshape(())", x=real("float64", 1))
    yield Case("x.dimshuffle()", x=real("float64", 1).declared("T"))
    yield Case("T.diag(x)", x=real("float64", 4))
    yield Case(
        "T.basic.choose(x, [y, 2 * y])", wrt=(), x=given([0, 1, 1], "int64"), y=real("float64", 3)
    )
    for expression in (
        "T.repeat(x, [1, 2, 0], axis=1)", "T.repeat(x, T.stack([2, 0]), axis=0)",
        "T.diagonal(x, axis1=1, axis2=2)",
    ):  # fmt: skip
        yield Case(expression, wrt=(), x=real("float64", 2, 3, 4))


def failures():
    for expression in FAILURES:
        yield Case(expression, x=real("float64", 2, 3, 4))


CASES = [*three(), *symbolic(), *several(), *failures()]
