"""Arrays made from nothing but sizes: ranges, zeros, ones, eyes, and what is like another."""

from casebook import DTYPES, FLOATS, Case, Grid, given, real

RANGES = (
    "T.arange(5)", "T.arange(0)", "T.arange(2, 7)", "T.arange(2, 11, 3)", "T.arange(11, 2, -3)",
    "T.arange(5, 2)", "T.arange(2, 5, -1)", "T.arange(0.0, 1.0, 0.25)", "T.arange(1.5)",
    "T.arange(0, 1, 0.3)", "T.arange(1, 0, -0.3)", "T.arange(5, dtype='float32')",
    "T.arange(5, dtype='int8')", "T.arange(2.5, dtype='int64')", "T.arange(0, 3, dtype='float64')",
    "T.arange(0.5, 3)", "T.arange(3.0)", "T.arange(np.int8(5))", "T.arange(np.float32(3))",
    "T.arange(T.constant(5))", "T.arange(-3, 3)", "T.arange(-3)", "T.arange(1, 2, 0.1)",
)  # fmt: skip

FILLED = (
    "T.zeros((2, 3))", "T.ones((2, 3))", "T.zeros(3)", "T.ones(())", "T.zeros(())",
    "T.zeros((0, 2))", "T.ones((1, 3))", "T.zeros((1, 1), 'int32')", "T.ones(4, dtype='bool')",
    "T.zeros((2, 2), dtype='float32')", "T.ones([2, 3], dtype='int8')", "T.eye(3)", "T.eye(2, 3)",
    "T.eye(3, 2, 1)", "T.eye(3, k=-1)", "T.eye(3, dtype='int32')", "T.eye(1)", "T.alloc(0, 3)",
    "T.alloc(0.5, 2, 2)", "T.alloc(np.float32(0.1), 2)", "T.alloc([1, 2], 3, 2)",
    "T.alloc(1, 1, 3)", "T.constant([[1, 2], [3, 4]])", "T.constant(np.ones((2, 1, 2)))",
    "T.constant(3) + T.constant(4.5)", "T.as_tensor_variable([1, 2, 3])",
    "T.as_tensor_variable(np.eye(2, dtype='float32'))", "T.identity_like(T.zeros((2, 2)))",
    "T.zeros((2, 3)).shape", "T.ones((2, 3)).sum()", "T.zeros((2, T.constant(3)))",
    "T.ones((np.int64(2), 1))", "T.tri(3)", "T.tri(3, 4, 1)", "T.tri(3, k=-1, dtype='int32')",
    "T.constant(1.5, dtype='float32')", "T.constant(2, name='two')", "T.constant([])",
    "T.as_tensor_variable(3)", "T.as_tensor_variable(1.5)",
    "T.as_tensor_variable(np.zeros((1, 3)))", "T.as_tensor_variable([[1.5, 2], [3, 4]])",
    "T.stack([1, 2, 3])", "T.stack([1.5, 2])", "T.concatenate([[1, 2], [3.5]])",
    "theano.shared(np.arange(3.0)) * 2", "theano.shared(3) + 1",
    "theano.shared(np.float32(0.5)) * 2", "theano.shared(np.zeros((1, 2)))",
    "theano.shared(np.zeros((1, 2)), broadcastable=(True, False))", "theano.shared(np.array(1.5))",
    "theano.shared(np.array([True, False]))", "theano.shared(2.5)",
    "theano.shared(np.ones((2, 2), 'float32')).T",
)  # fmt: skip

LIKE = (
    "T.zeros_like(x)", "T.ones_like(x)", "T.zeros_like(x, dtype='int64')",
    "T.ones_like(x, dtype='float32')", "T.zeros_like(x[0])", "x.zeros_like()",
    "T.ones_like(x, opt=True)", "T.fill(x, 7)", "T.fill(x, x[0, 0])", "T.second(x, 0.5)",
    "T.alloc(1.0, *x.shape)", "T.zeros(x.shape)", "T.ones(x.shape, x.dtype)",
    "T.zeros((x.shape[0], 2))", "T.zeros((x.shape[1], x.shape[0]), dtype=x.dtype)",
    "T.eye(x.shape[0])", "T.eye(x.shape[0], x.shape[1], 1)", "T.arange(x.shape[0])",
    "T.arange(x.shape[1], dtype='float32')", "T.arange(x.size)", "T.arange(1, x.shape[1] + 1) * x",
    "T.arange(x.shape[0]) / x.shape[0]", "T.arange(x.shape[0] * 2, 0, -1)",
    "T.identity_like(x[:2, :2])", "T.eye(3)[:2] * x", "T.alloc(0, x.shape[0], 1)",
    "T.ones_like(x.shape)", "T.zeros_like(x) + 1", "T.tril(T.ones((3, 3))) * x[0]",
    "T.zeros((x.shape[0], 1))", "T.ones(x.shape[:1])", "T.ones_like(x).sum(axis=0)",
    "x.shape[0] * T.ones((2,))",
)  # fmt: skip

SIZED = (
    "T.arange(n)", "T.arange(n, 9)", "T.arange(1, n + 2)", "T.arange(n, 0, -1)",
    "T.arange(0, 12, n)", "T.arange(n) * 2.5", "T.zeros((n, 2))", "T.ones((n, n), 'float32')",
    "T.alloc(0.5, n)", "T.alloc(1, 2, n, 1)", "T.eye(n)", "T.eye(n, 2)", "T.eye(5, n, n)",
    "T.zeros((n, n - 3))", "T.arange(n).reshape((n, 1))", "T.arange(n).sum()",
    "T.arange(2 * n).reshape((2, n)).sum(axis=0)", "T.arange(n, dtype='float32')", "T.tri(n)",
    "T.zeros([n, 1])", "T.arange(n % 2 + 1)", "T.arange(n)[::-1]", "T.arange(T.maximum(n, 5))",
    "T.arange(T.switch(n > 2, 4, 1))", "T.arange(T.cast(n, 'float64') / 2)", "T.arange(n // 2)",
    "T.arange(-n, n)",
)  # fmt: skip

FAILURES = (
    "T.zeros((-1, 2))", "T.zeros((2.5, 2))", "T.arange('a')", "T.zeros('a')", "T.arange(0, 5, 0)",
    "T.alloc(1, 2.5)", "T.constant('a')", "T.as_tensor_variable(None)", "T.as_tensor_variable('a')",
    "T.constant(None)", "T.as_tensor_variable(object())", "T.as_tensor_variable({})",
    "T.TensorType('float65', ())()", "T.as_tensor_variable(True)", "T.zeros((2,), dtype='float65')",
    "T.vector(dtype='str')", "T.constant(T.vector())", "T.matrix() + T.tensor3() + 'a'",
    "T.as_tensor_variable(T.vector(), ndim=0)", "T.as_tensor_variable(T.dscalar(), ndim=2)",
)  # fmt: skip


def written_out():
    for expression in RANGES + FILLED:
        yield Case(expression)
    for expression in (*RANGES[7:12], *FILLED[:4], *FILLED[18:25], *FILLED[-12:]):
        yield Case(expression, float_x="float32")
    for expression in FAILURES:
        yield Case(expression)


def like():
    for expression in LIKE:
        for dtype in FLOATS:
            yield Case(expression, wrt=(), x=real(dtype, 2, 3))
    for expression in LIKE[::3]:
        yield Case(expression, wrt=(), x=real("float64", 1, 3).declared("TF"))
        yield Case(expression, wrt=(), float_x="float32", x=real("float64", 2, 3))


def sized():
    for expression in SIZED:
        for dtype in ("int64", "int8", "uint8"):
            if dtype == "uint8" and "-" in expression:
                continue
            yield Case(expression, n=given(3, dtype))


def ranges_by_floats():
    for dtype in FLOATS:
        yield Case("T.arange(x)", wrt=(), x=given(2.5, dtype))
        yield Case(
            "T.arange(x, y, z)",
            wrt=(),
            x=given(0.5, dtype),
            y=given(2, dtype),
            z=given(0.25, dtype),
        )
        yield Case("T.arange(x) * y", wrt="xy", x=given(2.5, dtype), y=given(3, dtype))
        yield Case("T.alloc(x, 3, 2)", x=real(dtype))
        yield Case("T.alloc(x, 2, 3)", x=real(dtype, 3))


GRIDS = [
    Grid(
        "T.arange(x, y)",
        DTYPES,
        DTYPES,
        lambda row, column: ("T.arange(x, y)", {"x": row, "y": column}),
        setting,
    )
    for setting in ("float64", "float32")
]
CASES = [*written_out(), *like(), *sized(), *ranges_by_floats()]
