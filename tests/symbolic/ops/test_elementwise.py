"""Every row of the table: its value in closed form, its derivative by differences, its refusals."""

import math
import pickle
import re
from fractions import Fraction

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.errors import ComplexError, NullTypeGradError
from jaxlearn.symbolic.ops import special
from jaxlearn.symbolic.ops.elementwise import ROWS, cast

REAL = np.array([-3.2, -1.5, -0.4, 0.3, 0.8, 1.9, 4.7])
OTHER = np.array([1.3, -0.7, 2.2, -1.1, 0.6, 3.4, -2.3])
INSIDE = np.array([-0.95, -0.5, -0.05, 0.01, 0.3, 0.7, 0.99])
POSITIVE = np.array([0.02, 0.3, 1.0, 1.7, 4.2, 11.5, 30.25])
WHOLE = np.array([-7, -2, 0, 1, 5, 6, 12])
TRUE = np.array([True, False, True, True, False, False, True])
COMPLEX = REAL + 1j * OTHER


def each(function):
    """A function of Python numbers as one of arrays."""
    return np.vectorize(function, otypes=[float])


def bessel(order, sign):
    """The power series, summed exactly (DLMF 10.2.2 and 10.25.2)."""

    def value(x):
        half = Fraction(x) / 2
        term = half**order / math.factorial(order)
        total, k = Fraction(0), 0
        while abs(term) > Fraction(1, 10**30) or k < abs(x):
            total += term
            k += 1
            term *= sign * half * half / (k * (k + order))
        return float(total)

    return each(value)


def bessel_of_any_order(sign):
    """The power series for positive x, all but its first factor summed exactly."""

    def value(order, x):
        square, step = Fraction(x) ** 2 / 4, Fraction(order)
        term = total = Fraction(1)
        k = 0
        while abs(term) > Fraction(1, 10**30) or k < abs(x) + abs(order):
            k += 1
            term *= sign * square / (k * (k + step))
            total += term
        return (x / 2) ** order / math.gamma(order + 1) * float(total)

    return each(value)


def digamma(x):
    """By recurrence up to where the asymptotic series converges (DLMF 5.11.2)."""
    total = 0.0
    while x < 30:
        total, x = total - 1 / x, x + 1
    return total + math.log(x) - 1 / (2 * x) - 1 / (12 * x**2) + 1 / (120 * x**4) - 1 / (252 * x**6)


def trigamma(x):
    """By recurrence up to where the asymptotic series converges (DLMF 5.15.8)."""
    total = 0.0
    while x < 30:
        total, x = total + 1 / x**2, x + 1
    return total + 1 / x + 1 / (2 * x**2) + 1 / (6 * x**3) - 1 / (30 * x**5) + 1 / (42 * x**7)


def upper_gamma(k, x):
    """For whole k (DLMF 8.4.10)."""
    return math.exp(-x) * sum(x**i / math.factorial(i) for i in range(int(k)))


def ultra_fast_sigmoid(x):
    size = abs(x) / 2
    if size < 1.7:
        bent = 1.5 * size / (1 + size)
    else:
        bent = min(0.935409070603099 + 0.0458812946797165 * (size - 1.7), 0.99505475368673)
    return (1 + math.copysign(bent, x)) / 2


def half_away(x):
    return math.copysign(math.floor(abs(x) + 0.5), x)


def softplus(x):
    return np.logaddexp(0, x)


def scaled_erfc(x):
    """For positive x by the continued fraction (DLMF 7.9.1) where erfc itself is too small."""
    if x < 20:
        return math.exp(x * x) * math.erfc(x)
    fraction = 0.0
    for k in range(50, 0, -1):
        fraction = k / 2 / (x + fraction)
    return 1 / math.sqrt(math.pi) / (x + fraction)


ORDERS = np.array([0.0, 1.0, 0.5, -0.5, -2.3, 7.25, 30.0])
DEGREES = np.array([1.0, 2.0, 3.0, 4.0, 6.0, 9.0, 25.0])
ROUNDED = np.array([-2.5, -1.5, -0.5, 0.4, 0.5, 2.5, 3.7])

# For each row the values in closed form, and its inputs.
VALUES = {
    "add": (np.add, REAL, OTHER),
    "sub": (np.subtract, REAL, OTHER),
    "mul": (np.multiply, REAL, OTHER),
    "true_div": (np.divide, REAL, OTHER),
    "int_div": (np.floor_divide, REAL, OTHER),
    "mod": (lambda x, y: x - y * np.floor(x / y), REAL, OTHER),
    "pow": (np.power, POSITIVE, OTHER),
    "neg": (np.negative, REAL),
    "abs_": (np.abs, REAL),
    "sgn": (np.sign, REAL),
    "sqr": (lambda x: x * x, REAL),
    "sqrt": (np.sqrt, POSITIVE),
    "inv": (lambda x: 1 / x, REAL),
    "clip": (lambda x, low, high: np.minimum(np.maximum(x, low), high), REAL, OTHER - 4, OTHER + 1),
    "maximum": (np.maximum, REAL, OTHER),
    "minimum": (np.minimum, REAL, OTHER),
    "floor": (np.floor, REAL),
    "ceil": (np.ceil, REAL),
    "trunc": (np.trunc, REAL),
    "round_half_to_even": (np.round, ROUNDED),
    "round_half_away_from_zero": (each(half_away), ROUNDED),
    "exp": (np.exp, REAL),
    "exp2": (lambda x: 2**x, REAL),
    "expm1": (np.expm1, REAL / 1e3),
    "log": (np.log, POSITIVE),
    "log2": (np.log2, POSITIVE),
    "log10": (np.log10, POSITIVE),
    "log1p": (np.log1p, REAL / 1e3),
    "sin": (np.sin, REAL),
    "cos": (np.cos, REAL),
    "tan": (np.tan, INSIDE),
    "arcsin": (np.arcsin, INSIDE),
    "arccos": (np.arccos, INSIDE),
    "arctan": (np.arctan, REAL),
    "arctan2": (np.arctan2, REAL, OTHER),
    "sinh": (np.sinh, REAL),
    "cosh": (np.cosh, REAL),
    "tanh": (np.tanh, REAL),
    "arcsinh": (np.arcsinh, REAL),
    "arccosh": (np.arccosh, 1 + POSITIVE),
    "arctanh": (np.arctanh, INSIDE),
    "deg2rad": (lambda x: x * np.pi / 180, REAL),
    "rad2deg": (lambda x: x * 180 / np.pi, REAL),
    "erf": (each(math.erf), REAL),
    "erfc": (each(math.erfc), REAL),
    "erfcx": (each(scaled_erfc), np.array([-2.5, -0.2, 0.0, 1e-3, 0.7, 6.3, 40.0])),
    # Of the inverses, the arguments are computed.
    "erfinv": (lambda x: INSIDE, each(math.erf)(INSIDE)),
    "erfcinv": (lambda x: REAL, each(math.erfc)(REAL)),
    "gamma": (each(math.gamma), np.array([-2.5, -0.3, 0.1, 1.0, 2.5, 7.0, 20.0])),
    "gammaln": (each(math.lgamma), POSITIVE),
    "psi": (each(digamma), POSITIVE),
    "tri_gamma": (each(trigamma), POSITIVE),
    "chi2sf": (each(lambda x, k: upper_gamma(k / 2, x / 2)), POSITIVE, 2 * DEGREES),
    "gammainc": (each(lambda k, x: 1 - upper_gamma(k, x)), DEGREES, POSITIVE),
    "gammaincc": (each(upper_gamma), DEGREES, POSITIVE),
    "gammau": (each(lambda k, x: upper_gamma(k, x) * math.gamma(k)), DEGREES, POSITIVE),
    "gammal": (each(lambda k, x: (1 - upper_gamma(k, x)) * math.gamma(k)), DEGREES, POSITIVE),
    "jv": (bessel_of_any_order(-1), ORDERS, POSITIVE),
    "iv": (bessel_of_any_order(1), ORDERS, POSITIVE),
    "xlogx": (lambda x: x * np.log(x), POSITIVE),
    "xlogy0": (lambda x, y: x * np.log(y), REAL, POSITIVE),
    "j0": (bessel(0, -1), np.array([-3.0, 0.0, 0.5, 2.4, 14.0, 24.9, 31.0])),
    "j1": (bessel(1, -1), np.array([-3.0, 0.0, 0.5, 3.8, 14.0, 24.9, 31.0])),
    "i0": (bessel(0, 1), REAL),
    "i1": (bessel(1, 1), REAL),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), REAL),
    "ultra_fast_sigmoid": (each(ultra_fast_sigmoid), 2 * REAL),
    "softplus": (softplus, REAL),
    "softsign": (lambda x: x / (1 + abs(x)), REAL),
    "sigmoid_binary_crossentropy": (
        lambda x, y: y * softplus(-x) + (1 - y) * softplus(x),
        REAL,
        np.abs(INSIDE),
    ),
    "real": (lambda x: x.real, COMPLEX),
    "imag": (lambda x: x.imag, COMPLEX),
    "conj": (lambda x: x.real - 1j * x.imag, COMPLEX),
    "angle": (lambda x: np.arctan2(x.imag, x.real), COMPLEX),
    "complex": (lambda x, y: x + 1j * y, REAL, OTHER),
    "complex_from_polar": (lambda x, y: x * np.exp(1j * y), POSITIVE, OTHER),
    "switch": (np.where, TRUE, REAL, OTHER),
    "second": (lambda x, y: y, REAL, OTHER),
    "eq": (np.equal, REAL, REAL[::-1].copy()),
    "neq": (np.not_equal, REAL, REAL[::-1].copy()),
    "lt": (np.less, REAL, OTHER),
    "le": (np.less_equal, REAL, OTHER),
    "gt": (np.greater, REAL, OTHER),
    "ge": (np.greater_equal, REAL, OTHER),
    "isnan": (np.isnan, np.array([np.nan, np.inf, -np.inf, 0.0, 1.0, -1.0, np.nan])),
    "isinf": (np.isinf, np.array([np.nan, np.inf, -np.inf, 0.0, 1.0, -1.0, np.nan])),
    "invert": (np.invert, WHOLE),
    "and_": (np.bitwise_and, WHOLE, WHOLE[::-1].copy()),
    "or_": (np.bitwise_or, WHOLE, WHOLE[::-1].copy()),
    "xor": (np.bitwise_xor, WHOLE, WHOLE[::-1].copy()),
    **{
        f"Cast{{{dtype}}}": (lambda x, dtype=dtype: x.astype(dtype), np.abs(WHOLE) / 2)
        for dtype in ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")
    },
    "Cast{uint64}": (lambda x: x.astype("uint64"), np.abs(WHOLE)),
    **{
        f"Cast{{{dtype}}}": (lambda x, dtype=dtype: x.astype(dtype), REAL)
        for dtype in ("float16", "float32", "float64", "complex64", "complex128")
    },
}
# Where differences straddle a jump, are coarse for the dtype, or step out of where it is defined.
NO_DIFFERENCES = (
    *("round_half_to_even", "round_half_away_from_zero", "erfcinv", "erfcx", "j0", "j1"),
    *("Cast{float16}", "Cast{float32}", "Cast{complex64}"),
)


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def symbols(arrays):
    return [T.TensorType(array.dtype, (False,) * array.ndim)() for array in arrays]


def compiled(costs):
    """One function of the inputs of all rows."""
    inputs = {name: symbols(VALUES[name][1:]) for name in costs}
    flat = [variable for name in costs for variable in inputs[name]]
    outputs = [make(*inputs[name]) for name, make in costs.items()]
    return theano.function(flat, outputs, on_unused_input="ignore")


def test_every_row_is_here():
    assert set(VALUES) == set(ROWS)


def test_values_are_those_of_the_closed_forms():
    answers = compiled(ROWS)(*(array for name in ROWS for array in VALUES[name][1:]))
    for name, answer in zip(ROWS, answers, strict=True):
        want, *arrays = VALUES[name]
        wanted = np.asarray(want(*arrays))
        np.testing.assert_allclose(answer, wanted, rtol=1e-12, atol=2e-15, err_msg=name)
        node = ROWS[name](*symbols(arrays)).owner
        assert str(answer.dtype) == node.outputs[0].dtype, name
        host = ROWS[name].host(node, *arrays)
        if host is not NotImplemented:
            np.testing.assert_allclose(host, wanted, rtol=1e-12, err_msg=f"{name} on the host")
            assert host.dtype == answer.dtype


def by_floats(name):
    """A row's inputs by which it can be differentiated."""
    arrays, without = VALUES[name][1:], ROWS[name].underived
    return [i for i, array in enumerate(arrays) if array.dtype == float and i not in without]


def cost(name):
    def make(*inputs):
        answer = ROWS[name](*inputs)
        return (answer.real if answer.dtype.startswith("complex") else answer).sum()

    return make


def slope(name, i):
    return lambda *inputs: T.grad(cost(name)(*inputs), inputs[i], disconnected_inputs="ignore")


def test_derivatives_are_those_of_central_differences():
    rows = {
        name: cost(name)
        for name, row in ROWS.items()
        if by_floats(name)
        and name not in NO_DIFFERENCES
        and row(*symbols(VALUES[name][1:])).dtype in ("float64", "complex128")
    }
    assert len(rows) > 55
    places = [(name, i) for name in rows for i in by_floats(name)]
    arrays = {name: VALUES[name][1:] for name in rows}
    inputs = {name: symbols(arrays[name]) for name in rows}
    flat = [variable for name in rows for variable in inputs[name]]
    gradients = [slope(name, i)(*inputs[name]) for name, i in places]
    found = theano.function(flat, gradients, on_unused_input="ignore")(
        *(array for name in rows for array in arrays[name])
    )
    # The element-wise answers at points that are moved, for all rows at once.
    moved = compiled({name: ROWS[name] for name in rows})
    step = 1e-6
    for place in range(3):
        ahead, behind = (
            moved(
                *(
                    array + sign * step if i == place and i in by_floats(name) else array
                    for name in rows
                    for i, array in enumerate(arrays[name])
                )
            )
            for sign in (1, -1)
        )
        differences = dict(zip(rows, zip(ahead, behind, strict=True), strict=True))
        for (name, i), gradient in zip(places, found, strict=True):
            if i == place:
                wanted = np.real(np.subtract(*differences[name])) / (2 * step)
                np.testing.assert_allclose(
                    gradient, wanted, rtol=1e-6, atol=1e-7, err_msg=f"{name} by input {i}"
                )


def test_derivatives_of_special_functions_in_closed_form():
    x = T.dvector("x")
    wanted = {
        "erfcx": lambda x: 2 * x * each(scaled_erfc)(x) - 2 / math.sqrt(math.pi),
        "j0": lambda x: -bessel(1, -1)(x),
        "j1": lambda x: bessel(0, -1)(x) - np.where(x == 0, 0.5, bessel(1, -1)(x) / (x + (x == 0))),
    }
    points = np.array([-3.0, 0.0, 1e-3, 0.5, 3.8, 20.0, 31.0])
    first = theano.function([x], [T.grad(ROWS[name](x).sum(), x) for name in wanted])
    for name, answer in zip(wanted, first(points), strict=True):
        # The closed form of erfcx cancels for large x.
        np.testing.assert_allclose(answer, wanted[name](points), rtol=1e-11, err_msg=name)
    # Near 2 an argument has few digits left.
    slope = T.grad(T.erfcinv(x).sum(), x).eval({x: each(math.erfc)(REAL)})
    np.testing.assert_allclose(slope, -math.sqrt(math.pi) / 2 * np.exp(REAL**2), rtol=1e-4)
    np.testing.assert_allclose(slope[1:-1], -math.sqrt(math.pi) / 2 * np.exp(REAL[1:-1] ** 2))
    second = T.grad(T.grad(T.j0(x).sum(), x).sum(), x)
    np.testing.assert_allclose(
        second.eval({x: points}), -wanted["j1"](points), rtol=1e-11, atol=1e-15
    )


def test_bessel_functions_of_any_order():
    x = np.array([1e-5, 0.3, 2.0, 7.7, 15.0, 24.0, 60.0, 700.0])
    order, at = T.dvectors("order", "at")
    compute = theano.function([order, at], [T.jv(order, at), T.iv(order, at)])

    def answers(number, x):
        return compute(np.full(x.shape, number), x)

    # Half orders have closed forms (DLMF 10.49), and whole ones mirror (10.4.1 and 10.27.1).
    root = np.sqrt(2 / (np.pi * x))
    np.testing.assert_allclose(
        answers(0.5, x), [root * np.sin(x), root * np.sinh(x)], rtol=1e-12, atol=1e-15
    )
    np.testing.assert_allclose(
        answers(-0.5, x), [root * np.cos(x), root * np.cosh(x)], rtol=1e-12, atol=1e-15
    )
    for number in (1.0, 2.0, 9.0):
        for sign, positive, negative, left in zip(
            ((-1) ** number, 1), answers(number, x), answers(-number, x), answers(number, -x),
            strict=True,
        ):  # fmt: skip
            np.testing.assert_array_equal(negative, sign * positive)
            np.testing.assert_array_equal(left, (-1) ** number * positive)
    # Recurrences tie all orders together (DLMF 10.6.1 and 10.29.1).
    for number in (-3.7, 0.25, 4.5, 55.5, 400.25):
        for sign, below, here, above in zip(
            (1, -1), answers(number - 1, x), answers(number, x), answers(number + 1, x), strict=True
        ):
            wide = np.isfinite(below) & np.isfinite(above)
            difference = below + sign * above - 2 * number / x * here
            size = np.abs(below) + np.abs(above)
            assert np.all(np.abs(difference[wide]) <= 1e-11 * size[wide]), number
    np.testing.assert_array_equal(answers(0.0, np.zeros(1)), [[1], [1]])
    np.testing.assert_array_equal(answers(2.5, np.zeros(1)), [[0], [0]])
    np.testing.assert_array_equal(answers(-1.5, np.zeros(1)), [[-np.inf], [np.inf]])
    for number, place in ((0.5, -1.0), (1.0, np.nan), (np.nan, 1.0), (5000.0, 5001.0)):
        assert np.isnan(answers(number, np.array([place]))).all()
    assert answers(5000.0, np.array([2.0]))[1] == 0
    assert answers(3.0, np.array([3e3]))[1] == np.inf


def test_bessel_functions_are_derived_by_their_argument_only():
    order, x = T.dscalars("order", "x")
    slope = T.grad(T.jv(order, x), x)
    assert slope.eval({order: 0.0, x: 2.0}) == pytest.approx(-bessel(1, -1)(2.0), rel=1e-13)
    curve = T.grad(T.grad(T.iv(order, x), x), x)
    expected = (bessel(0, 1)(2.0) + bessel(2, 1)(2.0)) / 2
    assert curve.eval({order: 0.0, x: 2.0}) == pytest.approx(expected, rel=1e-13)
    wanted = "the gradient of Elemwise{jv,no_inplace} by input 0 (order) is not implemented"
    with pytest.raises(NullTypeGradError, match=re.escape(wanted)):
        T.grad(T.jv(order, x), order)
    with pytest.raises(NotImplementedError, match="the derivative by the order is not implemented"):
        jax.grad(special.jv)(0.5, 2.0)


def test_products_with_a_logarithm_at_zero():
    x, y = T.dvectors("x", "y")
    first = theano.function([x], [T.xlogx.xlogx(x), T.grad(T.xlogx.xlogx(x).sum(), x)])
    np.testing.assert_array_equal(first([0.0, 1.0]), [[0.0, 0.0], [-np.inf, 1.0]])
    product = T.xlogx.xlogy0(x, y)
    second = theano.function([x, y], [product, *T.grad(product.sum(), [x, y])])
    np.testing.assert_array_equal(second([0.0, 0.0, 2.0], [0.0, 1.0, 1.0])[0], [0.0, 0.0, 0.0])
    np.testing.assert_array_equal(second([0.0, 2.0], [1.0, 1.0])[1:], [[0.0, 0.0], [0.0, 2.0]])


def test_special_functions_keep_their_precision_far_out():
    x = T.dvector("x")
    far = np.array([1e3, 1e8, 1e100])
    # The leading terms of the asymptotic expansions, where they are exact.
    np.testing.assert_allclose(
        T.erfcx(x).eval({x: far}), (1 - 1 / (2 * far * far)) / far / math.sqrt(math.pi), rtol=1e-11
    )
    small = np.array([1e-10, 1e-100, 1e-300])
    back = each(math.erfc)(T.erfcinv(x).eval({x: small}))
    np.testing.assert_allclose(back, small, rtol=1e-11)
    assert T.erfcx(x).eval({x: [-30.0]})[0] == np.inf
    np.testing.assert_allclose(T.j0(x).eval({x: [40.0, -40.0]}), [bessel(0, -1)(40.0)] * 2)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_special_functions_are_exact_in_narrow_dtypes(dtype):
    x = T.TensorType(dtype, (False,))("x")
    points = np.array([0.5, 1.5, 3.0], dtype)
    outputs = theano.function([x], [T.j0(x), T.j1(x), T.erfcx(x), T.gamma(x)])(points)
    wanted = bessel(0, -1), bessel(1, -1), each(scaled_erfc), each(math.gamma)
    for answer, want in zip(outputs, wanted, strict=True):
        assert answer.dtype == dtype
        np.testing.assert_allclose(
            answer, want(points.astype(float)), rtol=4 * np.finfo(dtype).eps, atol=0
        )


def test_more_than_two_are_taken_in_turn():
    x, y, z = T.dvectors("x", "y", "z")
    values = {x: [1.0, 5.0], y: [2.0, 4.0], z: [3.0, 3.0]}
    assert T.add(x, y, z).eval(values).tolist() == [6.0, 12.0]
    assert T.maximum(x, y, z).eval(values).tolist() == [3.0, 5.0]


def test_every_row_tells_what_it_computes():
    for name, row in ROWS.items():
        first, _, second = row.__doc__.splitlines()
        assert first.startswith("Return "), name
        assert first.endswith(", element by element."), name
        assert "dtype" in second, name
        assert max(len(first), len(second)) < 110
    assert T.exp.__doc__.startswith("Return e to the power x, element by element.")


def test_rows_are_pickled_by_name():
    for row in ROWS.values():
        assert pickle.loads(pickle.dumps(row)) is row


# Refusals.


def refusal(kind, build):
    with pytest.raises(kind) as caught:
        build()
    return str(caught.value)


def test_wrong_dtypes_are_refused_with_what_was_given():
    b, i, f, z = T.bvector("b"), T.ivector("i"), T.fvector("f"), T.zvector("z")
    flag = T.TensorType("bool", (False,))("flag")
    cases = [
        (lambda: -flag, "neg: got bool, which has no such operation; cast it to an integer type"),
        (lambda: flag - flag, "sub: got bool, which has no such operation"),
        (lambda: T.sgn(z), "sgn: got complex128, wanted real numbers; given z of"),
        (lambda: T.clip(z, 0, 1), "clip: got complex128, int8, int8, wanted real numbers"),
        (lambda: T.floor(z), "floor: got complex128, wanted real numbers"),
        (lambda: T.j0(z), "j0: got complex128, wanted real numbers"),
        (lambda: T.round(i), "round_half_to_even: got int32, wanted floating point numbers"),
        (lambda: T.iround(flag), "round_half_to_even: got bool, wanted floating point numbers"),
        (lambda: b & f, "and_: got int8, float32, wanted all integers or all bool"),
        (lambda: i | flag, "or_: got int32, bool, wanted all integers or all bool"),
        (lambda: T.complex(z, f), "complex: got complex128, float32, wanted real numbers"),
        (lambda: cast(z, "float64"), "would drop the imaginary part; take real(x), imag(x)"),
        (lambda: T.exp(f, f), "exp: got 2 arguments, wanted 1"),
        (lambda: cast(f, "float31"), "dtype: got 'float31'"),
        (lambda: T.isclose(flag, f), "isclose: got flag of TensorType(bool, vector)"),
    ]
    for build, text in cases:
        assert text in refusal(TypeError, build)
    assert "complex numbers have no remainder" in refusal(ComplexError, lambda: z % 2)
    assert "mode: got 'up'" in refusal(ValueError, lambda: T.round(f, "up"))


def test_lengths_that_differ_are_refused_with_the_shapes_and_the_line():
    x, y = T.dmatrix("x"), T.dmatrix("y")
    total = x + y  # the line
    text = refusal(ValueError, lambda: total.eval({x: np.ones((2, 3)), y: np.ones((2, 4))}))
    assert "Input dimension mis-match in axis 1 of Elemwise{add,no_inplace}" in text
    assert "x has shape (2, 3), y has shape (2, 4)" in text
    assert "make the shapes agree" in text
    assert "test_elementwise.py" in text
    assert "total = x + y  # the line" in text


def test_an_axis_that_is_not_declared_does_not_broadcast():
    x, y = T.dmatrix("x"), T.dmatrix("y")
    values = {x: np.ones((2, 3)), y: np.ones((2, 1))}
    text = refusal(ValueError, lambda: (x * y).eval(values))
    assert "mis-match in axis 1" in text
    assert "T.addbroadcast(x, 1), or a type such as T.row, T.col" in text
    assert (x * T.addbroadcast(y, 1)).eval(values).shape == (2, 3)
    assert (x * T.dvector("v")).broadcastable == (False, False)


def test_isclose_and_allclose_are_numpys():
    x, y = T.dvectors("x", "y")
    nan, inf = np.nan, np.inf
    a = np.array([1.0, 1.0, 1.0, nan, inf, inf, 0.0, nan])
    b = np.array([1.0, 1 + 1e-6, 1.1, nan, inf, -inf, 1e-9, 1.0])
    for options in ({}, {"equal_nan": True}, {"rtol": 0.5}, {"atol": 0.2, "rtol": 0}):
        answers = theano.function([x, y], [T.isclose(x, y, **options), T.allclose(x, y, **options)])
        each_one, together = answers(a, b)
        assert each_one.tolist() == np.isclose(a, b, **options).tolist(), options
        assert each_one.dtype == together.dtype == bool
        assert bool(together) is bool(np.allclose(a, b, **options))


def test_forward_derivatives_leave_out_what_does_not_change():
    bases, exponents = np.array([-2.0, 0.0, 3.0]), np.array([3.0, 2.0, -1.0])
    power = ROWS["pow"].on_arrays
    with jax.enable_x64(True):
        _, by_base = jax.jvp(lambda x: power(x, exponents), (bases,), (np.ones(3),))
        _, by_exponent = jax.jvp(lambda y: power(bases[2:], y), (exponents[2:],), (np.ones(1),))
        _, constant = jax.jvp(lambda x: power(x, exponents), (bases,), (np.zeros(3),))
    np.testing.assert_allclose(by_base, [12.0, 0.0, -1 / 9], rtol=1e-15)
    np.testing.assert_allclose(by_exponent, np.log(3) / 3, rtol=1e-15)
    np.testing.assert_array_equal(constant, 0)
