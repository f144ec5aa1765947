"""Matrices: inverses, determinants, decompositions, linear systems, norms, hints.

Singular and eigenvectors are defined up to a sign, so what is compared of them is what is not:
magnitudes, and what they come to together.
"""

from functools import lru_cache

import casebook
from casebook import FLOATS, INTEGERS, Grid, build, given, real, whole

NL, SL = "T.nlinalg.", "T.slinalg."

# Far from singular, in float32 too.
REGULAR = [[4.0, 1.0, 0.5], [-1.0, 3.0, 0.25], [0.5, -0.75, 2.5]]
POSITIVE = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.5]]
# Each triangle is that of another positive definite matrix.
TWO_TRIANGLES = [[4.0, 1.0, 0.5], [-0.75, 3.0, 0.25], [0.25, 0.5, 2.5]]
SINGULAR = [[1.0, 2.0], [2.0, 4.0]]
INDEFINITE = [[1.0, 2.0], [2.0, 1.0]]
NAN = float("nan")

OF_REGULAR = (
    "det(x)", "matrix_inverse(x)", "pinv(x)", "trace(x)", "matrix_power(x, 1)",
    "matrix_power(x, 2)", "matrix_power(x, 5)", "matrix_power(x, 8)", "matrix_dot(x)",
    "matrix_dot(x, x.T, x)", "norm(x, None)", "norm(x, 'fro')", "norm(x, 'inf')",
    "norm(x, '-inf')", "norm(x, 1)", "norm(x, -1)", "norm(x[0], None)", "norm(x[0], 1)",
    "norm(x[0], 2)", "norm(x[0], 3)", "norm(x[0], 'inf')", "norm(x[0], '-inf')", "norm(x[0], 0)",
    "norm(x[0], -1)", "norm(x[0], -2)", "norm(x[0], 4)", "diag(x)", "diag(x[0])",
    "MatrixInverse()(x)", "Det()(x)", "MatrixPinv()(x)",
)  # fmt: skip
WITHOUT_GRADIENT = (
    "svd(x, compute_uv=False)", "svd(x, 1, 0)", "SVD(full_matrices=False, compute_uv=False)(x)",
    "qr(x)[0]", "qr(x)[1]", "qr(x, 'complete')", "qr(x, 'r')", "qr(x, mode='reduced')",
    "QRFull('reduced')(x)", "QRIncomplete('r')(x)", "tensorinv(x, 1)", "tensorinv(x, ind=1)",
    "TensorInv(1)(x)", "tensorsolve(x, x)",
)  # fmt: skip
# What is written after the prefix of a decomposition, over its outputs.
UNIQUE = (
    "(lambda u, s, v: [abs(u), s, abs(v), T.dot(u * s, v)])(*T.nlinalg.svd(x))",
    "(lambda u, s, v: T.dot(u * s, v))(*T.nlinalg.svd(x, full_matrices=False))",
    "(lambda q, r: [T.dot(q, r), abs(q), abs(r)])(*T.nlinalg.qr(x))",
    "(lambda w, v: [T.sort(w), T.dot(x, v) - v * w])(*T.nlinalg.eig(x + x.T))",
)  # fmt: skip
OF_SYMMETRIC = (
    "T.nlinalg.eigh(x)[0]", "T.nlinalg.eigh(x, 'U')[0]", "T.nlinalg.Eigh('L')(x)[0]",
    "(lambda w, v: v ** 2)(*T.nlinalg.eigh(x))",
    "(lambda w, v: T.dot(v * w, v.T))(*T.nlinalg.eigh(x))",
    "(lambda w, v: T.dot(v * T.exp(w), v.T))(*T.nlinalg.eigh(x))",
    "(lambda w, v: T.dot(v * T.log(w), v.T))(*T.nlinalg.eigh(x, 'U'))",
    "(lambda w, v: abs(v) + w)(*T.nlinalg.eigh(x, UPLO='U'))",
    "T.slinalg.cholesky(x)", "T.slinalg.Cholesky(lower=False)(x)",
    "T.slinalg.Cholesky(on_error='nan')(x)", "T.slinalg.Cholesky(lower=True)(x)",
    "2 * T.log(T.diag(T.slinalg.cholesky(x))).sum()",
    "T.slinalg.solve(x, T.slinalg.cholesky(x))",
)  # fmt: skip
SOLVERS = (
    "solve(A, b)", "solve_symmetric(A, b)", "solve_lower_triangular(A, b)",
    "solve_upper_triangular(A, b)", "Solve()(A, b)", "Solve('lower_triangular', lower=True)(A, b)",
    "Solve('upper_triangular')(A, b)", "Solve(A_structure='symmetric')(A, b)",
)  # fmt: skip

PRECISION = {
    "tolerance": (1e-5, 2e-3),
    "why": "float32 loses digits in the inverse, and LAPACKs differ",
}


LOOSE = {
    "float64": {"tolerance": (1e-10, 1), "why": "the matrix is far from orthogonal"},
    "float32": {"tolerance": (1e-3, 1), "why": "the matrix is far from orthogonal"},
}


@lru_cache(None)
def with_modules(text):
    """An expression that imports the modules it needs, which Theano leaves to its user.

    It may also use the names of theano.sandbox.linalg.
    """

    def expression(theano, tensor, **symbols):
        __import__(tensor.__name__ + ".slinalg")
        hints = __import__(theano.__name__ + ".sandbox.linalg", fromlist=["ops"])
        names = {name: getattr(hints, name) for name in ("ops", "psd", "spectral_radius_bound")}
        return build(text, theano, tensor, dict(names, **symbols))

    expression.__name__ = text
    return expression


def Case(text, **options):  # noqa: N802  (as every family writes its cases)
    """A case of the reference whose expression needs those modules."""
    return casebook.Case(with_modules(text), **options)


def functions():
    for dtype in FLOATS:
        for expression in OF_REGULAR if dtype == "float64" else OF_REGULAR[:12]:
            yield Case(NL + expression, x=given(REGULAR, dtype))
        for expression in WITHOUT_GRADIENT:
            if expression != "tensorsolve(x, x)":
                yield Case(NL + expression, wrt=(), x=given(REGULAR, dtype))
        for expression in UNIQUE:
            yield Case(expression, wrt=(), x=given(REGULAR, dtype))
        for expression in OF_SYMMETRIC:
            yield Case(expression, x=given(POSITIVE, dtype))
            if dtype == "float64":
                yield Case(expression, x=given(TWO_TRIANGLES))
        yield Case("x.trace()", x=real(dtype, 2, 3))
        yield Case("T.slinalg.expm(x)", x=given(REGULAR, dtype))
        yield Case("T.slinalg.expm(x)", x=given([[0.0, -1.0], [1.0, 0.0]], dtype))
        yield Case("T.slinalg.Expm()(x / 7)", x=given(POSITIVE, dtype))


def forms():
    """Matrices that are not square, large, empty, or have declared axes."""
    for shape in ((3, 2), (2, 3), (4, 1)):
        x = real("float64", *shape)
        for expression in ("pinv(x)", "matrix_dot(x, x.T)", "trace(x)", "norm(x, 1)"):
            yield Case(NL + expression, x=x)
        for expression in (
            "svd(x, compute_uv=False)", "qr(x, 'r')", "qr(x)", "qr(x, 'complete')", "qr(x, 'raw')",
            "svd(x, 0, 1)[1]",
        ):  # fmt: skip
            yield Case(NL + expression, wrt=(), x=x)
        yield Case(UNIQUE[1], wrt=(), x=x)
    large = real("float64", 12, 12)
    for expression in (
        "T.nlinalg.det(x)", "T.nlinalg.matrix_inverse(x + 12 * T.eye(12))",
        "T.slinalg.cholesky(T.dot(x, x.T) + T.eye(12))",
        "T.nlinalg.eigh(x + x.T)[0]", "T.slinalg.expm(x)", "T.slinalg.solve(x + 9 * T.eye(12), x)",
        "T.nlinalg.norm(x, 2) if x.ndim == 1 else T.nlinalg.norm(x, 'fro')",
    ):  # fmt: skip
        yield Case(expression, tolerance=(1e-11, 1e-8), why="sums of many terms", x=large)
    empty = real("float64", 0, 0)
    for expression in (
        "det(x)", "matrix_inverse(x)", "pinv(x)", "svd(x)", "qr(x)", "eigh(x)", "eig(x)",
        "matrix_dot(x, x)", "norm(x, 'fro')", "trace(x)",
    ):  # fmt: skip
        yield Case(NL + expression, wrt=(), x=empty)
    for expression in ("cholesky(x)", "expm(x)", "solve(x, x)", "kron(x, x)"):
        yield Case(SL + expression, wrt=(), x=empty)
    one = given([[2.0]]).declared("TT")
    for expression in (
        "det(x)", "matrix_inverse(x)", "pinv(x)", "svd(x)[1]", "qr(x, 'r')", "eigh(x)[0]",
        "eig(x)[0]", "tensorinv(x, 1)", "matrix_power(x, 3)", "norm(x, 1)",
    ):  # fmt: skip
        yield Case(NL + expression, wrt=(), x=one)
    for expression in (
        "cholesky(x)", "expm(x)", "solve(x, x)", "solve(x, x[0])", "eigvalsh(x, x)", "kron(x, x)",
        "solve_lower_triangular(x, x)",
    ):  # fmt: skip
        yield Case(SL + expression, wrt=(), x=one)


def systems():
    for dtype in FLOATS:
        for expression in SOLVERS if dtype == "float64" else SOLVERS[:4]:
            for shape in ((3,), (3, 2)):
                yield Case(SL + expression, A=given(REGULAR, dtype), b=real(dtype, *shape))
    column = real("float64", 3, 1).declared("FT")
    yield Case("T.slinalg.solve(A, b)", A=given(REGULAR), b=column)
    for structure in ("hermitian", "banded", "diagonal", "toeplitz"):
        expression = f"T.slinalg.Solve({structure!r})(A, b)"
        yield Case(expression, A=given(REGULAR), b=real("float64", 3))
    for first, second in (
        ("float32", "float64"), ("float64", "float32"), ("int32", "float64"), ("int8", "int8"),
        ("int64", "int64"), ("int16", "float32"),
    ):  # fmt: skip
        for expression in SOLVERS[:4]:
            small = "float32" in (first, second) or first == "int8"
            more = PRECISION if small else {}
            a = given([[4, 1], [1, 3]], first)
            yield Case(SL + expression, A=a, b=given([1, 2], second), **more)
    for dtype in FLOATS:
        a, b = given(TWO_TRIANGLES, dtype), given(POSITIVE, dtype)
        for expression in (
            "eigvalsh(a, b)", "eigvalsh(a, b, lower=False)", "Eigvalsh()(a, b)",
            "Eigvalsh(lower=False)(b, a)", "eigvalsh(b, a)",
        ):  # fmt: skip
            # Theano differentiates by the lower triangles, whichever it looks at.
            wrt = () if "lower=False" in expression else None
            yield Case(SL + expression, wrt=wrt, a=a, b=b)
        yield Case(
            "T.slinalg.CholeskyGrad()(x, T.slinalg.cholesky(x), dz)",
            wrt=(),
            x=given(POSITIVE, dtype),
            dz=real(dtype, 3, 3),
        )
        tall = (real(dtype, 5, 3), real(dtype, 5, 2))
        for place in (0, 1, 3):
            expression = f"T.nlinalg.lstsq()(a, b, -1)[{place}]"
            if dtype == "float64":
                yield Case(expression, wrt=(), a=tall[0], b=tall[1])
        for shape, right in (((6, 2, 3, 4), (6, 2)), ((2, 3, 3, 2), (2, 3))):
            yield Case(
                "T.nlinalg.tensorsolve(a, b)",
                wrt=(),
                a=real(dtype, *shape),
                b=real(dtype, *right),
                **LOOSE[dtype],
            )
        yield Case(
            "T.nlinalg.tensorsolve(a, b, axes=(1, 0))",
            wrt=(),
            a=real(dtype, 2, 3, 6),
            b=real(dtype, 6),
            **LOOSE[dtype],
        )
        yield Case("T.nlinalg.tensorinv(a)", wrt=(), a=real(dtype, 2, 3, 3, 2), **LOOSE[dtype])
        yield Case("T.nlinalg.tensorinv(a, ind=1)", wrt=(), a=real(dtype, 6, 3, 2), **LOOSE[dtype])


def products():
    for first, second in (
        ((2, 3), (3, 2)), ((2,), (2, 3)), ((2, 3), (2,)), ((2, 2, 2), (2, 3)), ((2, 3), (2, 2, 2)),
        ((2,), (2, 2, 2)), ((2, 2, 2), (3,)), ((2, 2, 2), (2, 1, 2)),
    ):  # fmt: skip
        yield Case(SL + "kron(a, b)", a=real("float64", *first), b=real("float64", *second))
    yield Case(SL + "kron(a, b)", a=real("float32", 2, 2), b=whole("int64", 1, 3))
    yield Case(SL + "kron(a, b)", a=whole("int8", 2, 2), b=whole("int8", 2, 1))
    row = real("float64", 1, 3).declared("TF")
    yield Case(SL + "kron(a, b)", a=row, b=real("float64", 2, 2))
    yield Case(SL + "kron(a, b)", a=row, b=row)
    for dtype in ("int8", "int32", "int64", "uint8"):
        square = given([[1, 2], [0, 1]], dtype)
        for expression in (
            "matrix_power(x, 3)", "trace(x)", "matrix_dot(x, x)", "norm(x, 1)", "norm(x, 'inf')",
            "norm(x, 'fro')", "norm(x[0], None)", "norm(x[0], 0)", "norm(x[0], 1)", "norm(x[0], 2)",
            "diag(x)",
        ):  # fmt: skip
            yield Case(NL + expression, x=square)
    hinted = given(POSITIVE)
    for expression in (
        "psd(x)", "psd(x).T + 1", "T.log(T.nlinalg.det(psd(x)))",
        "T.dot(T.nlinalg.matrix_inverse(psd(x)), T.sqr(x))", "spectral_radius_bound(x, 1)",
        "spectral_radius_bound(x, 4)", "ops.Hint(positive=True)(x)",
    ):  # fmt: skip
        yield Case(expression, x=hinted)


def complex_numbers():
    matrix = given([[2 + 1j, 0.5], [1 - 1j, 3]], "complex128")
    hermitian = given([[3, 0.5j], [-0.5j, 2]], "complex128")
    for expression in ("det(x)", "matrix_inverse(x)", "pinv(x)", "trace(x)", "norm(x, 'fro')"):
        yield Case(NL + expression, x=matrix)
    for expression in (
        "T.nlinalg.qr(x, 'r')", "T.slinalg.expm(x)", "T.slinalg.solve(x, x[0])",
        "T.slinalg.solve_lower_triangular(x, x[0])", "T.slinalg.kron(x, x)",
    ):  # fmt: skip
        yield Case(expression, x=matrix)
    for expression in (
        "T.slinalg.cholesky(x)", "T.slinalg.Cholesky(lower=False)(x)", "T.nlinalg.eigh(x)[0]",
        "T.nlinalg.eigh(x, 'U')[0]",
    ):  # fmt: skip
        yield Case(expression, x=hermitian)


def singular():
    """What has no answer, and what has one all the same."""
    two = given([1.0, 2.0])
    for name, matrix in (
        ("singular", SINGULAR), ("indefinite", INDEFINITE), ("rect", [[1.0, 2.0]]),
        ("nan", [[1.0, 0.5], [NAN, 4.0]]),
    ):  # fmt: skip
        x = given(matrix)
        for expression in (
            "det(x)", "matrix_inverse(x)", "tensorinv(x, 1)", "eig(x)[0].sum()",
            "eigh(x)[0]",
        ):  # fmt: skip
            if name == "nan" and expression == "eigh(x)[0]":
                continue
            yield Case(NL + expression, wrt=(), x=x)
        for expression in (
            "cholesky(x)", "Cholesky(on_error='nan')(x)", "Cholesky(lower=False)(x)",
            "eigvalsh(T.eye(2), x)", "eigvalsh(x, T.eye(2))",
        ):  # fmt: skip
            if name == "nan" and "False" in expression:
                continue
            yield Case(SL + expression, wrt=(), x=x)
        for expression in (SOLVERS[0], SOLVERS[2]):
            yield Case(SL + expression, wrt=(), A=x, b=two)
    yield Case("T.nlinalg.pinv(x)", x=given(SINGULAR), wrt=())
    yield Case("T.nlinalg.svd(x, compute_uv=False)", x=given(INDEFINITE), wrt=())
    yield Case("T.grad(T.nlinalg.matrix_inverse(x).sum(), x)", wrt=(), x=given(SINGULAR))
    yield Case("T.grad(T.slinalg.cholesky(x).sum(), x)", wrt=(), x=given(INDEFINITE))
    yield Case(
        "T.grad(T.slinalg.Cholesky(on_error='nan')(x).sum(), x)[0, 0]", wrt=(), x=given(INDEFINITE)
    )
    zero = given([[1.0, 2.0], [2.0, 0.0]])
    for expression in SOLVERS[:4]:
        yield Case(SL + expression, wrt=(), A=zero, b=two)
    for expression in (SOLVERS[0], SOLVERS[3]):
        yield Case(SL + expression, wrt=(), A=given(REGULAR), b=two)
        yield Case(SL + expression, wrt=(), A=given(INDEFINITE), b=given([1.0, NAN]))
    yield Case("T.nlinalg.tensorsolve(x, T.zeros((2, 2)))", wrt=(), x=real("float64", 2, 2, 3))
    yield Case("T.nlinalg.lstsq()(x, T.zeros(3), -1)[0]", wrt=(), x=given(SINGULAR))
    yield Case("T.slinalg.expm(x)", x=given([[NAN, 1.0], [0.0, 1.0]]))


def refused():
    """Other ranks and arguments."""
    for shape in ((2,), (2, 2, 2), ()):
        x = real("float64", *shape)
        for expression in (
            "det(x)", "matrix_inverse(x)", "pinv(x)", "svd(x)", "eig(x)", "eigh(x)", "qr(x)",
            "qr(x, 'r')",
        ):  # fmt: skip
            yield Case(NL + expression, x=x)
        for expression in ("cholesky(x)", "expm(x)", "eigvalsh(x, x)", "solve(x, T.zeros(2))"):
            yield Case(SL + expression, x=x)
    x = real("float64", 2, 2)
    for expression in (
        "T.slinalg.solve(x, x[0, 0])", "T.slinalg.solve(x, x.dimshuffle(0, 1, 'x'))",
        "T.slinalg.Solve('square')(x, x)", "T.slinalg.Cholesky(on_error='ignore')(x)",
        "T.nlinalg.Eigh('X')(x)", "T.nlinalg.qr(x, 'zigzag')", "T.nlinalg.norm(x, 2)",
        "T.nlinalg.norm(x, 0)", "T.nlinalg.norm(x, 'nuc')", "T.nlinalg.norm(x[0], 'fro')",
        "T.nlinalg.norm(x.dimshuffle(0, 1, 'x'), None)", "T.nlinalg.norm(x[0, 0], None)",
        "T.slinalg.kron(x[0], x[0])", "T.slinalg.kron(x, x[0, 0])",
        "T.nlinalg.matrix_power(x, 2.5)",
    ):  # fmt: skip
        yield Case(expression, x=x)
    for text in (
        "spectral_radius_bound(x, 0)", "spectral_radius_bound(x, 1.5)",
        "spectral_radius_bound(x[0], 2)",
    ):  # fmt: skip
        yield Case(text, x=x)


def solution_of(first, second):
    """The result type of a solution."""

    def expression(theano, tensor, x, y):
        solve = with_modules("T.slinalg.solve(x, y)")
        return solve(theano, tensor, x=x.dimshuffle("x", "x"), y=y.dimshuffle("x"))

    return expression, {"x": first, "y": second}


NUMBERS = (*INTEGERS, *FLOATS, "complex64", "complex128")
CASES = [
    *functions(), *forms(), *systems(), *products(), *complex_numbers(), *singular(), *refused(),
]  # fmt: skip
GRIDS = [Grid("solve", NUMBERS, NUMBERS, solution_of)]
