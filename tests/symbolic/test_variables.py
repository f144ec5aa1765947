"""Variables: operators and methods beside NumPy's, and what Python may not ask of a symbol."""

import operator
from math import ceil, floor, trunc

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.errors import AsTensorError, ComplexError, MissingInputError

RANDOM = np.random.RandomState(3)
X = RANDOM.uniform(0.5, 3, (3, 4))
SINGLE = RANDOM.uniform(0.5, 3, 4).astype("float32")
WHOLE = RANDOM.randint(1, 9, (3, 4))
TINY = RANDOM.randint(1, 9, 4).astype("int8")

x, whole = T.dmatrix("x"), T.lmatrix("whole")
single, tiny = T.fvector("single"), T.bvector("tiny")
v, s, i = T.dvector("v"), T.dscalar("s"), T.lscalar("i")
VALUES = {x: X, whole: WHOLE, single: SINGLE, tiny: TINY}


def computed(expressions):
    """Return the values of many expressions, compiled as one function."""
    inputs = list(VALUES)
    return theano.function(inputs, expressions, on_unused_input="ignore")(*VALUES.values())


def check_equal(cases):
    """Compare (expression, expected value) pairs; the type of an expression is its value's."""
    results = computed([expression for expression, _ in cases])
    for (expression, expected), result in zip(cases, results, strict=True):
        assert str(result.dtype) == expression.dtype, expression
        tolerance = {2: 1e-2, 4: 1e-5}.get(result.dtype.itemsize, 1e-12)
        assert result.shape == np.shape(expected), expression
        np.testing.assert_allclose(
            result, expected, rtol=tolerance, atol=tolerance, err_msg=str(expression)
        )


# Operators.

ARITHMETIC = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge]
LOGIC = [operator.and_, operator.or_, operator.xor]


@pytest.mark.parametrize("variable", [x, whole, single, tiny], ids=str)
def test_operators_with_numbers_and_arrays_on_either_side(variable):
    value = VALUES[variable]
    wide = value.astype("float64")
    others = [
        2,
        2.5,
        np.float32(1.5),
        np.float64(2.5),
        np.int8(2),
        np.int64(3),
        np.float64(1.1) * np.ones(4),
        np.arange(1, 5, dtype="int8"),
        np.arange(1, 5),
        np.array(2.0),
        list(range(1, 5)),
        (1.5, 2.5, 3.5, 4.5),
    ]
    cases = []
    for other in others:
        exact = np.asarray(other, "float64")
        for operation in ARITHMETIC + COMPARISONS:
            if operation is operator.pow and variable is tiny:
                continue  # int8 overflows; the reference cases hold those
            cases.append((operation(variable, other), operation(wide, exact)))
            cases.append((operation(other, variable), operation(exact, wide)))
    check_equal(cases)


def test_dtypes_of_operators():
    for other, of_single, of_tiny in [
        (2, "float32", "int8"),
        (2.5, "float32", "float32"),
        (0.1, "float64", "float64"),
        (np.float32(2), "float32", "float32"),
        (np.float64(2), "float64", "float64"),
        (np.int64(2), "float64", "int64"),
        (np.ones(4, "float32"), "float32", "float32"),
        (np.ones(4), "float64", "float64"),
        (np.ones(4, "int8"), "float32", "int8"),
        ([1.0, 2.0, 3.0, 4.0], "float64", "float64"),
        (1j, "complex128", "complex128"),
    ]:
        for operation in (operator.add, operator.sub, operator.mul):
            assert operation(single, other).dtype == operation(other, single).dtype == of_single
            assert operation(tiny, other).dtype == operation(other, tiny).dtype == of_tiny
    assert (tiny / 2).dtype == (2 / tiny).dtype == "float64"
    assert (whole / 2).dtype == (whole / whole).dtype == "float64"
    assert (tiny // 2).dtype == (tiny % 2).dtype == "int8"
    assert (tiny < 2).dtype == (single < 2).dtype == "bool"


def test_unary_operators():
    check_equal(
        [
            (-x, -X),
            (abs(1 - x), abs(1 - X)),
            (-tiny, -TINY),
            (abs(-whole), WHOLE),
            (~whole, ~WHOLE),
            (~(x > 1), ~(X > 1)),
            (ceil(x), np.ceil(X)),
            (floor(x), np.floor(X)),
            (trunc(-x), np.trunc(-X)),
            (x.__pow__(2), X**2),
        ]
    )


def test_logic():
    cases = []
    for operation in LOGIC:
        cases.append((operation(whole, 3), operation(WHOLE, 3)))
        cases.append((operation(3, whole), operation(3, WHOLE)))
        cases.append((operation(x > 1, x < 2), operation(X > 1, X < 2)))
        cases.append(
            (operation(np.array([True, False] * 2), x > 1), operation([True, False] * 2, X > 1))
        )
    check_equal(cases)


def test_division_of_negative_integers_rounds_down():
    value = np.array([-7, 7, -8, 8, 0])
    n = T.lvector("n")
    results = theano.function([n], [n // 3, n % 3, 3 // (n + 1), 3 % (n + 1), *divmod(n, -3)])(
        value
    )
    expected = [value // 3, value % 3, 3 // (value + 1), 3 % (value + 1), *divmod(value, -3)]
    for result, wanted in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, wanted)
    quotient, remainder = divmod(7, n)
    results = theano.function([n], [quotient, remainder])(value[:4])
    np.testing.assert_array_equal(results, divmod(7, value[:4]))


def test_comparisons_are_expressions_and_equality_is_identity():
    check_equal(
        [
            (T.eq(whole, 3), WHOLE == 3),
            (T.neq(whole, 3), WHOLE != 3),
            (T.eq(x, X), np.full(X.shape, True)),
        ]
    )
    same = x
    assert x == same
    assert x != whole
    assert (x == T.dmatrix("x")) is False
    assert (x == 1) is False
    assert (x != 1) is True
    assert {x: "x", whole: "whole"}[x] == "x"
    assert x in [whole, x]
    assert x not in [whole, 1, None]
    assert [whole, x].index(x) == 1
    assert hash(x) == hash(same)
    assert len({x, same, whole}) == 2


def test_matrix_products():
    left, right = RANDOM.randn(2, 3), RANDOM.randn(4, 2)
    check_equal(
        [
            (x @ right, X @ right),
            (x @ x.T, X @ X.T),
            (x.dot(right), X @ right),
            (T.dot(left, x), left @ X),
        ]
    )


@pytest.mark.parametrize("wrong", ["text", None, object()], ids=["text", "None", "object"])
def test_operators_refuse_what_is_no_tensor(wrong):
    for operation in (operator.add, operator.mul, operator.truediv, operator.lt):
        with pytest.raises(TypeError):
            operation(x, wrong)
        with pytest.raises(TypeError):
            operation(wrong, x)


def test_complex_numbers_have_no_remainder():
    c = T.zvector("c")
    for remainder in (lambda: c % 2, lambda: x % 1j, lambda: 1j % x, lambda: 1j // x):
        with pytest.raises((TypeError, ComplexError)):
            remainder()
    with pytest.raises(ComplexError, match="complex numbers have no remainder"):
        c % 2


def test_arrays_change_in_place_into_expressions():
    total = np.float64(0)
    total += v.sum()
    assert total.type == T.dscalar
    array = np.ones(4)
    array += single
    assert array.type == T.dvector
    named = v
    named += 1
    assert named is not v
    assert v.owner is None


# NumPy's functions.


def test_numpys_functions_build_expressions():
    cases = []
    for function in (
        np.exp,
        np.log,
        np.log2,
        np.log10,
        np.log1p,
        np.expm1,
        np.exp2,
        np.sqrt,
        np.square,
        np.reciprocal,
        np.negative,
        np.absolute,
        np.abs,
        np.sign,
        np.floor,
        np.ceil,
        np.trunc,
        np.rint,
        np.sin,
        np.cos,
        np.tan,
        np.arctan,
        np.sinh,
        np.cosh,
        np.tanh,
        np.arcsinh,
        np.deg2rad,
        np.rad2deg,
        np.isnan,
        np.isinf,
    ):
        cases.append((function(x), function(X)))
    for function in (np.arcsin, np.arccos, np.arctanh):
        cases.append((function(x / 4), function(X / 4)))
    cases.append((np.arccosh(x + 1), np.arccosh(X + 1)))
    for function in (
        np.add,
        np.subtract,
        np.multiply,
        np.divide,
        np.true_divide,
        np.floor_divide,
        np.remainder,
        np.mod,
        np.power,
        np.maximum,
        np.minimum,
        np.arctan2,
        np.less,
        np.less_equal,
        np.greater,
        np.greater_equal,
        np.equal,
        np.not_equal,
    ):
        cases.append((function(x, 1.5), function(X, 1.5)))
        cases.append((function(np.full(4, 2.0), x), function(np.full(4, 2.0), X)))
    for function in (np.bitwise_and, np.bitwise_or, np.bitwise_xor):
        cases.append((function(whole, 3), function(WHOLE, 3)))
    check_equal(cases)
    assert np.exp(single).dtype == "float32"
    assert np.exp(tiny).dtype == "float32"


def test_numpys_functions_of_complex_numbers():
    check_equal([(np.conj(x), X), (np.real(x), X), (np.imag(x), np.zeros_like(X))])


def test_numpys_shaping_functions_ask_the_methods():
    check_equal(
        [
            (np.transpose(x), X.T),
        ]
    )


def test_numpys_other_functions_are_refused():
    for function in (
        lambda: np.isnat(x),
        lambda: np.multiply.reduce(x),
        lambda: np.add.outer(x, x),
        lambda: np.add(x, 1, out=np.zeros((3, 4))),
        lambda: np.add(x, 1, where=np.array([True])),
    ):
        with pytest.raises(TypeError):
            function()
    with pytest.raises(TypeError) as refusal:
        np.isnat(x)
    assert str(refusal.value) == (
        "np.isnat cannot build an expression of x; use a function of theano.tensor"
    )


# Methods, as NumPy has them.

METHODS = [
    ("sum", (), {}),
    ("sum", (0,), {}),
    ("sum", (-1,), {}),
    ("sum", ((0, 1),), {}),
    ("sum", (), {"axis": 1, "keepdims": True}),
    ("prod", (), {}),
    ("prod", (1,), {}),
    ("mean", (), {}),
    ("mean", (0,), {}),
    ("mean", (), {"axis": 1, "keepdims": True}),
    ("var", (), {}),
    ("var", (0,), {}),
    ("var", (0,), {"ddof": 1}),
    ("std", (), {}),
    ("std", (), {"axis": 1, "keepdims": True}),
    ("max", (), {}),
    ("max", (0,), {}),
    ("max", (), {"axis": 1, "keepdims": True}),
    ("min", (), {}),
    ("min", (1,), {}),
    ("argmax", (), {}),
    ("argmax", (0,), {}),
    ("argmin", (), {}),
    ("argmin", (1,), {}),
    ("any", (), {}),
    ("any", (0,), {}),
    ("all", (1,), {}),
    ("ptp", (), {}),
    ("ptp", (0,), {}),
    ("cumsum", (), {}),
    ("cumsum", (1,), {}),
    ("cumprod", (0,), {}),
    ("sort", (), {}),
    ("sort", (0,), {}),
    ("argsort", (), {}),
    ("argsort", (0,), {}),
    ("trace", (), {}),
    ("diagonal", (), {}),
    ("diagonal", (1,), {}),
    ("diagonal", (-1,), {}),
    ("reshape", ((4, 3),), {}),
    ("reshape", ((-1,),), {}),
    ("reshape", ((2, -1),), {}),
    ("reshape", ((2, 3, 2),), {}),
    ("flatten", (), {}),
    ("ravel", (), {}),
    ("transpose", (), {}),
    ("transpose", (0, 1), {}),
    ("transpose", ((1, 0),), {}),
    ("swapaxes", (0, 1), {}),
    ("repeat", (2,), {}),
    ("repeat", (2, 0), {}),
    ("repeat", (3,), {"axis": 1}),
    ("clip", (1, 2), {}),
    ("clip", (0.7, 1.5), {}),
    ("astype", ("float32",), {}),
    ("astype", ("int8",), {}),
    ("astype", ("complex64",), {}),
    ("round", (), {}),
    ("take", ([0, 2],), {}),
    ("take", ([0, 2], 1), {}),
    ("take", (1, 0), {}),
    ("take", ([[5, 1], [0, 3]],), {}),
    ("take", ([0, -1], 0), {"mode": "wrap"}),
    ("take", ([0, 9], 0), {"mode": "clip"}),
    ("nonzero", (), {}),
    ("dot", (np.arange(8.0).reshape(4, 2),), {}),
    ("dot", (np.arange(4.0),), {}),
    ("conj", (), {}),
    ("conjugate", (), {}),
    ("copy", (), {}),
    ("squeeze", (), {}),
]


@pytest.mark.parametrize("variable", [x, whole], ids=str)
def test_methods_are_numpys(variable):
    value, cases, absent = VALUES[variable], [], []
    for name, args, options in METHODS:
        if name == "round" and variable is whole:
            continue  # Theano rounds no integers.
        if not hasattr(variable, name):
            absent.append(name)
            continue
        result = getattr(variable, name)(*args, **options)
        if name in ("ptp", "sort"):  # NumPy's arrays lack the one, and are changed by the other
            expected = getattr(np, name)(value, *args, **options)
        else:
            expected = getattr(value, name)(*args, **options)
        if isinstance(result, (list, tuple)):
            cases.extend(zip(result, expected, strict=True))
        else:
            cases.append((result, expected))
    check_equal(cases)
    assert not absent


UNARY_METHODS = (
    *("exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "sqrt", "floor", "ceil", "trunc"),
    *("sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh", "arcsinh", "deg2rad", "rad2deg"),
)


def test_unary_methods_are_numpys_functions():
    cases = [(getattr(x, name)(), getattr(np, name)(X)) for name in UNARY_METHODS]
    cases += [((x / 4).arcsin(), np.arcsin(X / 4)), ((x + 1).arccosh(), np.arccosh(X + 1))]
    check_equal(cases)


def test_theanos_own_methods():
    cases = [
        (x.dimshuffle(1, "x", 0), X.T[:, None, :]),
        (x.dimshuffle((1, 0)), X.T),
        (x.fill(2), np.full_like(X, 2)),
        (x.zeros_like(), np.zeros_like(X)),
        (x.ones_like(), np.ones_like(X)),
        (x.zeros_like(dtype="int8"), np.zeros(X.shape, "int8")),
        (x.flatten(2), X),
        (x.dimshuffle(0, 1, "x").flatten(2), X),
        (x.norm(2), np.sqrt((X**2).sum())),
        (x.norm(1, axis=0), abs(X).sum(axis=0)),
        (x.nonzero_values(), X.ravel()),
        (x.sum(axis=0, keepdims=True).squeeze(), X.sum(axis=0)),
        (x.mean(dtype="float32"), np.float32(X.mean())),
        (whole.sum(dtype="float64"), float(WHOLE.sum())),
        (x.argmax(axis=1, keepdims=True), X.argmax(axis=1)[:, None]),
        (x.round(), np.rint(X)),
        (x.transpose(None), X.T),
        # In Theano the condition is the one that is asked.
        ((x[:, 0] > 1.5).compress(x, 0), X.compress(X[:, 0] > 1.5, 0)),
        ((x[0] > 1.5).compress(x, axis=1), X.compress(X[0] > 1.5, axis=1)),
    ]
    check_equal(cases)
    assert x.copy(name="copied").name == "copied"
    assert x.copy() is not x
    assert x.get_parents() == []
    assert (x + 1).get_parents()[0].inputs[0] is x


def test_methods_refuse_axes_that_are_not_there():
    for call in (
        lambda: x.sum(axis=2),
        lambda: x.max(axis=-3),
        lambda: x.dimshuffle(0),
        lambda: x.dimshuffle(0, 2),
        lambda: x.astype("foo"),
        lambda: x[0, 0, 0],
        lambda: x[s],
        lambda: x["a"],
    ):
        with pytest.raises((ValueError, TypeError, IndexError)):
            call()


# What a variable is.


def test_attributes():
    assert (x.name, x.owner, x.index) == ("x", None, None)
    assert (x.ndim, x.dtype, x.broadcastable) == (2, "float64", (False, False))
    assert T.drow("r").broadcastable == (True, False)
    assert x.T.type == T.dmatrix
    assert T.drow("r").T.type == T.dcol
    assert x.shape.type == T.lvector
    for variable in (s, v, x):
        assert variable.size.type == T.lscalar
    assert (x + 1).owner.inputs[0] is x
    assert (x + 1).index == 0
    assert x.type == T.dmatrix
    x.tag.note = "here"
    assert x.tag.note == "here"
    assert not hasattr(x.tag, "another")
    with pytest.raises(AttributeError) as refusal:
        x.tag.another  # noqa: B018
    assert str(refusal.value) == (
        "this variable's tag has no 'another'; set it with `tag.another = ...`"
    )
    with pytest.raises(AttributeError):
        x.nothing  # noqa: B018
    renamed = x + 1
    renamed.name = "renamed"
    assert str(renamed) == repr(renamed) == "renamed"


def test_texts_are_theanos():
    for variable, text in [
        (x, "x"),
        (T.dvector(), "<TensorType(float64, vector)>"),
        (x + 1, "Elemwise{add,no_inplace}.0"),
        (x.shape, "Shape.0"),
        (T.constant(1), "TensorConstant{1}"),
        (T.constant([1, 2, 3]), "TensorConstant{[1 2 3]}"),
        (T.constant(np.ones(5)), "TensorConstant{(5,) of 1.0}"),
        (T.constant(0.1), "TensorConstant{0.1}"),
        (T.constant(0.1, name="rate"), "rate"),
    ]:
        assert str(variable) == repr(variable) == text


def test_sizes_and_shapes():
    t = T.dtensor3("t")
    results = theano.function([t, s], [t.size, t.shape, t.shape[1], t.T.shape, s.size, s.shape])(
        np.zeros((2, 3, 4)), 1.0
    )
    for result, expected in zip(results, [24, [2, 3, 4], 3, [4, 3, 2], 1, []], strict=True):
        np.testing.assert_array_equal(result, expected)
        assert result.dtype == "int64"


def test_shapes_can_be_iterated_over():
    rows, columns = x.shape
    assert theano.function([x], [rows, columns])(X) == [3, 4]
    assert [variable.type for variable in T.dtensor3().shape[1:]] == [T.lscalar] * 2
    assert len(list(T.stack([s, s]))) == 2
    assert len(list(T.as_tensor_variable([s, 1.0, s]))) == 3
    assert [float(item.eval()) for item in T.constant([1.0, 2.0])] == [1.0, 2.0]


# What Python asks of values.


def test_python_may_not_ask_for_a_truth_value():
    def choose():
        return 1 if x > 0 else 2

    with pytest.raises(TypeError) as refusal:
        choose()
    lines = str(refusal.value).splitlines()
    assert lines[0] == (
        "Variables do not support boolean operations: the value of Elemwise{gt,no_inplace}.0 is "
        "known only when a function runs. Instead of `if`, `and`, `or`, `not` use "
        "T.switch(condition, a, b) or ifelse, `&`, `|`, `~`; to ask whether there is a variable "
        "at all use `is not None`"
    )
    assert lines[1].endswith("in choose")
    assert lines[2].strip() == "return 1 if x > 0 else 2"
    for ask in (
        lambda: bool(x > 0),
        lambda: not T.eq(x, 0),
        lambda: (x > 0).any() and s,
        lambda: T.scalar(dtype="bool") or s,
        lambda: 0 < x < 1,
        lambda: assert_(x > 0),
        lambda: max(x, s),
    ):
        with pytest.raises(TypeError, match="do not support boolean operations"):
            ask()


def assert_(condition):
    assert condition


@pytest.mark.parametrize(
    "given",
    [
        T.matrix(),
        T.matrix().sum() + 1,
        T.matrix().shape[0],
        T.constant(0),
        theano.shared(np.zeros(3)),
        theano.shared(np.False_),
    ],
)
def test_python_may_ask_whether_there_is_a_variable(given):
    assert given
    assert (None or given) is given


def test_python_may_not_iterate():
    with pytest.raises(TypeError) as refusal:
        for _ in v:
            pass
    lines = str(refusal.value).splitlines()
    assert lines[0] == (
        "v of TensorType(float64, vector) cannot be iterated over: its length is known only when "
        "a function runs. Instead of `for` use theano.scan, or index it: "
        "`[x[i] for i in range(n)]`"
    )
    assert 'v, s, i = T.dvector("v"), T.dscalar("s"), T.lscalar("i")' in lines[2]
    for ask in (
        lambda: list(x.T),
        lambda: [*v],
        lambda: sum(v),
        lambda: dict(zip(v, v, strict=True)),
        lambda: list(s),
    ):
        with pytest.raises(TypeError):
            ask()


def test_python_may_not_ask_for_a_length():
    with pytest.raises(TypeError) as refusal:
        len(v)
    assert str(refusal.value).splitlines()[0] == (
        "v has no len(): its length is known only when a function runs; use v.shape[0], which is "
        "symbolic too"
    )


def test_python_may_not_look_into_a_symbol():
    with pytest.raises(TypeError) as refusal:
        1 in v  # noqa: B015
    assert str(refusal.value).splitlines()[0] == (
        "`in` cannot look into v: its elements are known only when a function runs; use "
        "T.any(T.eq(v, value))"
    )


def test_a_symbol_is_no_number():
    for convert in (float, complex, range):
        with pytest.raises(TypeError):
            convert(i)
    with pytest.raises(TypeError):
        [1, 2][i]
    with pytest.raises(TypeError):
        v[0] = 1
    with pytest.raises(TypeError):
        del v[0]
    with pytest.raises(TypeError):
        v(1)


# Evaluation.


def test_eval():
    np.testing.assert_array_equal((v * 2).eval({v: [1.0, 2.0]}), [2.0, 4.0])
    assert T.constant(2).eval() == 2
    assert (theano.shared(2.0) * 2).eval() == 4.0
    assert (s * i).eval({s: 1.5, i: 2}) == 3.0
    product = s * 2
    for value in (1.0, 2.0):
        assert product.eval({s: value}) == 2 * value
    assert (product + 1).eval({product: 5.0}) == 6.0


def test_eval_refuses():
    with pytest.raises(MissingInputError, match=r"v of TensorType.* is needed"):
        (v * 2).eval()
    with pytest.raises(TypeError, match="eval: got the key 'v', wanted the variable itself"):
        (v * 2).eval({"v": [1.0]})
    with pytest.raises(ValueError, match="nothing that the function computes depends on s"):
        (v * 2).eval({v: [1.0], s: 1.0})
    with pytest.raises(TypeError, match=r"got an array of complex128"):
        (v * 2).eval({v: np.ones(2, complex)})


# Values as variables.


def test_as_tensor_variable():
    assert T.as_tensor_variable(x) is x
    assert T.as_tensor_variable((x + 1).owner).owner.inputs[0] is x
    shared = theano.shared(np.ones(2))
    assert T.as_tensor_variable(shared) is shared
    for value, dtype, flags in [
        (1, "int8", ()),
        (0.1, "float64", ()),
        ([1, 2], "int64", (False,)),
        (np.ones((1, 2), "float32"), "float32", (True, False)),
        (np.bool_(True), "bool", ()),
        ([s, 1.0], "float64", (False,)),
        ([s, s, s], "float64", (False,)),
        ([v, v], "float64", (False, False)),
    ]:
        made = T.as_tensor_variable(value)
        assert made.type == T.TensorType(dtype, flags)
    assert T.as_tensor_variable(1, name="one").name == "one"
    assert T.as_tensor_variable(v, ndim=2).type == T.drow
    assert T.as_tensor_variable(T.drow("r"), ndim=1).type == T.dvector
    np.testing.assert_array_equal(T.as_tensor_variable([s, 2.0]).eval({s: 1.0}), [1.0, 2.0])


def test_what_is_no_tensor():
    for value, text in [
        (
            True,
            "cannot make a tensor of True: write np.array(True) if a constant is wanted. If it "
            "came from `==` or `!=` between variables, use T.eq or T.neq",
        ),
        ("a", "cannot make a tensor of 'a' (str): got 'a', wanted a number or an array of numbers"),
        (
            None,
            "cannot make a tensor of None (NoneType): got None, wanted a number or an array of "
            "numbers",
        ),
        (
            theano.shared([1]),
            "cannot make a tensor of <Generic>, a variable of type Generic",
        ),
    ]:
        with pytest.raises(AsTensorError) as refusal:
            T.as_tensor_variable(value)
        assert str(refusal.value) == text
    for value in (object(), {}, np.array(["a"]), np.array([None]), [[1], [2, 3]], [s, "a"]):
        with pytest.raises(TypeError):
            T.as_tensor_variable(value)
    for value, ndim in ((x, 1), (np.ones((2, 3)), 1)):
        with pytest.raises(ValueError, match=r"ndim: got 1, but .* has 2 axes"):
            T.as_tensor_variable(value, ndim=ndim)
    assert issubclass(AsTensorError, TypeError)
    assert T.AsTensorError is AsTensorError


def test_constants_are_copies():
    array = np.ones(2)
    made = T.constant(array)
    total = v + array
    array[0] = 5
    np.testing.assert_array_equal(made.data, [1.0, 1.0])
    np.testing.assert_array_equal(made.value, [1.0, 1.0])
    np.testing.assert_array_equal(total.eval({v: [0.0, 0.0]}), [1.0, 1.0])
    result = made.eval()
    result[0] = 7
    np.testing.assert_array_equal(made.eval(), [1.0, 1.0])


def test_constants_are_looked_up_in():
    table = np.arange(20.0).reshape(10, 2)
    made = T.constant(table)
    check_equal(
        [
            (made[tiny], table[TINY]),
            (made[whole], table[WHOLE]),
            (made[tiny[0]], table[TINY[0]]),
            (made[1 : tiny[0]], table[1 : TINY[0]]),
            (made.take(whole, axis=0), table[WHOLE]),
            (made[made[:, 0] > 4], table[table[:, 0] > 4]),
        ]
    )


def test_constants_cannot_hold_more_axes_than_asked_for():
    with pytest.raises(ValueError, match="ndim: got 1, but the value has 2 axes"):
        T.constant(np.ones((2, 3)), ndim=1)
    for value in ("a", None, object(), [[1], [2, 3]]):
        with pytest.raises((TypeError, ValueError)):
            T.constant(value)


def test_small_methods_of_theanos_variables():
    x = T.dmatrix("x")
    assert x.transfer("cpu") is x
    assert T.constant(3).dimshuffle("x").get_scalar_constant_value() == 3
    assert T.constant([1, 2]).equals([1, 2])
    assert not T.constant([1, 2]).equals([1, 3])
    assert not T.constant(1).equals(x)
    node = (x + 1).owner
    copied = node.clone()
    assert copied is not node
    assert (copied.op, copied.inputs) == (node.op, node.inputs)
    assert x.type.make_constant(np.ones((1, 2))).type == x.type
    assert x.type.value_zeros((2, 3)).shape == (2, 3)
    assert x.type.convert_variable(T.row("r", "float64")).type == x.type
    assert x.type.convert_variable(T.dvector()) is None


def test_keywords_that_mean_nothing_here_are_taken():
    x = T.TensorType("float64", (False,), sparse_grad=True)("x")
    assert T.AdvancedSubtensor1(sparse_grad=True)(x, [1]).eval({x: [1.0, 2.0]}).tolist() == [2]
    assert T.Reshape(1, name="flat")(x, [2]).eval({x: [1.0, 2.0]}).tolist() == [1, 2]
    index, count = T.get_idx_list(x[1:].owner.inputs, x[1:].owner.op.idx_list, get_count=True)
    assert (str(index), count) == ("(slice(Constant{1}, None, None),)", 2)
    assert T.min_informative_str(x, indent_level=1) == " A. x"
    with pytest.raises(TypeError, match="choose: out: got x, wanted None; use what is returned"):
        T.choose([0], [x], out=x)
