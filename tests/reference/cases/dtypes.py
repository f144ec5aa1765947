"""Result dtypes: every pair of dtypes, Python and NumPy constants, casts, and unary functions.

The numbers of the value cases are chosen to come out alike however C or NumPy get there: mixed
signed and unsigned operands are not negative, quotients are exact, nothing is divided by zero
(``kinks.py`` does that), no negative float becomes unsigned.
"""

from casebook import COMPLEX, DTYPES, REALS, Case, Grid, given, unary_grids

UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
SIGNED = ("int8", "int16", "int32", "int64")

PAIRS = (
    "x + y", "x - y", "x * y", "x / y", "x // y", "x % y", "x ** y", "T.true_div(x, y)",
    "T.int_div(x, y)", "T.eq(x, y)", "T.neq(x, y)", "x < y", "x <= y", "x > y", "x >= y",
    "T.maximum(x, y)", "T.minimum(x, y)", "x & y", "x | y", "x ^ y", "T.second(x, y)",
    "T.switch(x, y, y)", "T.switch(y > 0, x, y)", "T.add(x, y, x)", "T.mul(y, x, x)",
    "T.stack([x, y])", "T.outer(T.stack([x]), T.stack([y]))", "T.dot(T.stack([x]), T.stack([y]))",
    "T.join(0, T.stack([x]), T.stack([y]))", "T.zeros((2,), x.dtype) + y", "T.arange(x, y)",
)  # fmt: skip
# What complex numbers come to here is nobody's business.
REAL_PAIRS = (
    "T.arctan2(x, y)", "T.clip(x, y, y)", "T.set_subtensor(T.stack([x, x])[0], y)",
)  # fmt: skip

UNARY = (
    "-x", "abs(x)", "~x", "T.sgn(x)", "T.sqr(x)", "T.sqrt(x)", "T.exp(x)", "T.exp2(x)",
    "T.expm1(x)", "T.log(x)", "T.log2(x)", "T.log10(x)", "T.log1p(x)", "T.inv(x)", "T.sin(x)",
    "T.cos(x)", "T.tan(x)", "T.arcsin(x)", "T.arccos(x)", "T.arctan(x)", "T.sinh(x)", "T.cosh(x)",
    "T.tanh(x)", "T.arcsinh(x)", "T.arccosh(x)", "T.arctanh(x)", "T.floor(x)", "T.ceil(x)",
    "T.trunc(x)", "T.round(x)", "T.iround(x)", "T.deg2rad(x)", "T.rad2deg(x)", "T.isnan(x)",
    "T.isinf(x)", "T.erf(x)", "T.erfc(x)", "T.nnet.sigmoid(x)", "T.nnet.softplus(x)",
    "T.nnet.relu(x)", "T.nnet.softmax(T.stack([x, x]))", "T.zeros_like(x)", "T.ones_like(x)",
    "T.zeros_like(x, 'int8')", "x.sum()", "x.sum(dtype='float64')", "x.sum(acc_dtype='float64')",
    "x.prod()", "x.mean()", "x.mean(dtype='float32')", "x.var()", "x.std()", "x.max()", "x.min()",
    "x.argmax()", "x.any()", "x.all()", "x.norm(2)", "x.norm(1)", "T.arange(x)", "x.shape",
    "x.size", "T.dot(T.stack([x]), T.stack([x]))", "T.stack([x, x]).argmax(axis=0)",
    "T.stack([x, x]).sum(axis=0)", "T.stack([x, x]).prod(axis=0)", "T.stack([x, x]).mean(axis=0)",
    "T.max_and_argmax(T.stack([x]))[1]", "T.eye(2, dtype=x.dtype)", "T.zeros((2,), x.dtype)",
    "T.stack([x, 1])", "T.stack([x, 0.5])", "T.stack([x])[T.stack([x])]", "T.arange(5)[x]",
    "T.arange(5)[:x]", "T.zeros((x, 2))", "T.alloc(0, x)", "T.as_tensor_variable(0.5) * x",
    "T.tile(T.stack([x]), 2)", "T.zeros((2, 2))[x]", "T.arange(4).reshape((x, 2))",
    "T.mean(T.stack([x]), acc_dtype='float64')", "T.grad(T.sum(x * 0.5), x)",
    "T.grad(T.exp(x).sum(), x)", "T.grad(T.sqr(x), x)", "T.grad(x, x)", "T.grad(x.mean(), x)",
)  # fmt: skip

# Python's own constants, NumPy's scalars and small arrays.
CONSTANTS = (
    "1", "127", "128", "300", "-1", "-129", "40000", "2**31", "2**40", "2**63", "0.5", "0.1", "1.0",
    "1e30", "1e300", "float('inf')", "1j", "True", "np.bool_(True)", "np.int8(1)", "np.int32(1)",
    "np.int64(1)", "np.uint8(200)", "np.uint64(1)", "np.float16(0.5)", "np.float32(0.5)",
    "np.float64(0.1)", "np.complex64(1)", "np.array(1)", "np.array(0.5)", "np.array([1, 2])",
    "np.array([0.5])", "np.array([1], 'int8')", "[1, 2]", "[0.5]", "(1, 2.5)", "T.constant(1)",
    "T.constant(0.1)", "T.constant(300, dtype='int64')",
)  # fmt: skip

BESIDE_CONSTANTS = (
    "x + c", "c + x", "x - c", "c - x", "x * c", "c * x", "x / c", "c / x", "x // c", "c // x",
    "x % c", "c % x", "x ** c", "c ** x", "x < c", "T.eq(x, c)", "T.maximum(x, c)",
    "T.switch(x, x, c)", "T.minimum(c, x)", "T.clip(x, c, c)", "x & c", "T.add(x, c)",
)  # fmt: skip


def pairs():
    for expression in (*PAIRS, *REAL_PAIRS):
        dtypes = DTYPES if expression in PAIRS else DTYPES[: -len(COMPLEX)]
        yield Grid(
            expression,
            dtypes,
            dtypes,
            lambda row, column, text=expression: (text, {"x": row, "y": column}),
        )


def beside_constants():
    for setting in ("float64", "float32"):
        for expression in BESIDE_CONSTANTS:
            constants = [text for text in CONSTANTS if text != "1j" or expression[2] not in "/%"]
            yield Grid(
                expression,
                constants,
                DTYPES,
                lambda row, column, text=expression: (with_constant(text, row), {"x": column}),
                setting,
            )


def with_constant(expression, constant):
    """The expression with its c replaced."""
    words = expression.replace("clip", "CLIP").replace("switch", "SWITCH")
    return words.replace("c", f"({constant})").replace("CLIP", "clip").replace("SWITCH", "switch")


def casts():
    for expression in ("T.cast(x, {})", "x.astype({})"):
        yield Grid(
            expression,
            DTYPES,
            (*DTYPES, "floatX"),
            lambda row, column, text=expression: (text.format(repr(column)), {"x": row}),
        )


def constants():
    """What a constant becomes when it stands alone."""
    scalars = [text for text in CONSTANTS if text[0] not in "[(T" or text == "True"]
    scalars = [text for text in scalars if text != "np.bool_(True)"]
    arrays = ("np.array([1, 2])", "np.array([0.5])", "np.array([1], 'int8')", "np.zeros((0, 2))")
    lists = ("[1, 2]", "[0.5]", "(1, 2.5)", "[]", "[[1, 2], [3, 4.5]]", "[True]", "np.bool_(True)")
    makers = ("T.constant({})", "T.as_tensor_variable({})", "theano.shared({})", "T.stack([{}, 1])")
    for setting in ("float64", "float32"):
        for name, rows, columns in (
            ("scalar constants", scalars, makers),
            ("array constants", arrays, makers[:3]),
            ("list constants", lists, makers[:2]),
        ):
            yield Grid(name, rows, columns, lambda row, column: (column.format(row), {}), setting)


FIRST = {
    "bool": [0, 1, 1, 0, 1, 0],
    "signed": [-7, -3, 0, 2, 5, 7],
    "unsigned": [7, 3, 0, 2, 5, 9],
    "real": [-7.5, -3, 0, 2, 5.5, 7],
    "positive": [7.5, 3, 0, 2, 5.5, 7],
    "complex": [-1 + 2j, 3, 0, 2j, 1 - 1j, 4],
}
SECOND = {
    "bool": [1, 1, 1, 1, 1, 1],
    "signed": [2, -2, 4, -4, 1, 8],
    "unsigned": [2, 1, 4, 2, 1, 8],
    "real": [2, -2, 0.5, -0.5, 4, 8],
    "positive": [2, 4, 0.5, 0.5, 4, 8],
    "complex": [2, -2j, 1 + 1j, 4, 1j, 0.5],
}
EXPONENTS = [2, 0, 3, 1, 1, 2]


def kind(dtype, other, bases=False):
    """Which row of the tables suits this dtype beside the other one."""
    if dtype == "bool":
        return "bool"
    if dtype in COMPLEX:
        return "complex"
    if dtype in REALS:
        return "positive" if bases else "real"
    return "unsigned" if dtype in UNSIGNED or other in UNSIGNED else "signed"


def is_defined(expression, first, second):
    """Whether Theano gives this pair a value that its C and its Python agree on."""
    if expression == "x - y" and (first in UNSIGNED) != (second in UNSIGNED):
        return False
    if set(COMPLEX) & {first, second}:
        return expression in ("x + y", "x - y", "x * y", "x / y", "T.eq(x, y)")
    if expression == "x & y":
        return not {"bool", "uint64", *REALS} & {first, second}
    return True


def values():
    for expression in (
        "x + y", "x - y", "x * y", "x / y", "x // y", "x % y", "x ** y", "x < y", "T.eq(x, y)",
        "T.maximum(x, y)", "x & y",
    ):  # fmt: skip
        power = expression == "x ** y"
        for first in DTYPES:
            for second in DTYPES:
                if is_defined(expression, first, second):
                    bases = FIRST[kind(first, second, power)]
                    others = EXPONENTS if power else SECOND[kind(second, first)]
                    yield Case(expression, wrt=(), x=given(bases, first), y=given(others, second))


def cast_values():
    for first in (*DTYPES[:-2],):
        for second in DTYPES:
            numbers = [0, 1, 2, 5, 100] if first in UNSIGNED else [-7, -1, 0, 1, 100]
            if first in REALS:
                numbers = [0, 0.4, 1.5, 2.5, 99.9] + [-1.5] * (second not in UNSIGNED)
            yield Case(f"T.cast(x, {second!r})", x=given(numbers, first))
    for second in ("int8", "uint8", "int16"):
        yield Case(f"T.cast(x, {second!r})", x=given([300, -1, 128, 70000, 255], "int64"))


def constant_values():
    for expression in (
        "x + 300", "x * 0.1", "x + 2**40", "x / 3", "x // 3", "x * np.float32(0.1)", "x ** 2",
        "x * np.float64(0.1)", "x + np.array([0.1, 0.2, 0.3])", "3 / (x + 2)", "0.1 * x + 1",
        "x > 0.1", "T.eq(x * 0.1, 0.1)", "T.switch(x > 1, 0.1, x)", "T.constant(0.1) + x",
        "T.mean(x)", "T.sqrt(x) * 0.3", "T.exp(x) / 7", "x.sum() * 0.1", "T.clip(x, 0.1, 1.7)",
    ):  # fmt: skip
        for dtype in ("int8", "int32", "int64", "uint8", "float16", "float32", "float64"):
            for setting in ("float64", "float32"):
                yield Case(expression, float_x=setting, x=given([0, 1, 2], dtype))


GRIDS = [
    *pairs(),
    *beside_constants(),
    *unary_grids(UNARY, DTYPES[: -len(COMPLEX)]),
    *casts(),
    *constants(),
]
CASES = [*values(), *cast_values(), *constant_values()]
