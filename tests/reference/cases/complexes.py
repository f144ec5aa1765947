"""Complex numbers: values and types; Theano has no useful gradients by them."""

from casebook import COMPLEX, DTYPES, Case, Grid, real, unary_grids

COMPLEX_UNARY = (
    "-x", "abs(x)", "T.sqr(x)", "T.sqrt(x)", "T.exp(x)", "T.log(x)", "T.sin(x)", "T.cos(x)",
    "T.tanh(x)", "T.inv(x)", "x.real", "x.imag", "T.real(x)", "T.imag(x)", "T.conj(x)",
    "T.angle(x)", "x.sum()", "x.prod()", "x.mean()", "T.zeros_like(x)", "T.ones_like(x)",
    "T.stack([x, 1])", "T.stack([x])[0]", "x.shape", "T.sgn(x)", "T.floor(x)", "T.isnan(x)",
    "T.arange(5)[x]", "T.zeros((x, 2))", "T.dot(T.stack([x]), T.stack([x]))",
)  # fmt: skip


def complex_numbers():
    for dtype in ("complex64", "complex128"):
        for expression in (
            "x + y", "x * y", "x - 2", "x / y", "T.real(x)", "T.imag(x)", "T.conj(x)", "abs(x)",
            "x.real", "x.imag", "T.angle(x)", "T.exp(x)", "T.sqr(x)", "x ** 2", "-x", "T.eq(x, x)",
            "T.neq(x, y)", "x.sum()", "T.complex(T.real(x), T.imag(y))", "T.dot(x, y.T)",
            "x.prod()", "x.mean()", "x[1:] * 1j", "T.sqrt(x)", "T.sgn(x)", "T.log(x)", "T.sin(x)",
        ):  # fmt: skip
            yield Case(expression, wrt=(), x=real(dtype, 2, 3), y=real(dtype, 2, 3))
    yield Case("T.complex(x, y)", wrt=(), x=real("float64", 3), y=real("float64", 3))
    yield Case(
        "T.complex_from_polar(x, y)", wrt=(), x=real("float64", 3, low=0.1), y=real("float64", 3)
    )
    for expression in ("T.real(x)", "T.imag(x)", "T.conj(x)"):
        yield Case(expression, wrt=(), x=real("float64", 3))


PARTS = ("x.real", "T.real(x)", "T.imag(x)", "T.conj(x)", "T.angle(x)")
CASES = list(complex_numbers())
GRIDS = [
    *unary_grids(COMPLEX_UNARY, COMPLEX),
    Grid("parts", PARTS, DTYPES, lambda row, column: (row, {"x": column})),
]
