"""Types: the dtypes of constants, what a type stores and refuses, and the constructors."""

import math

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.constructors import CONSTRUCTORS
from jaxlearn.symbolic.types import DTYPES, generic, upcast, upgrade_to_float

NAN, INFINITY = float("nan"), float("inf")

# The dtypes of constants.

INTEGERS = [
    (0, "int8"),
    (127, "int8"),
    (128, "int16"),
    (-128, "int8"),
    (-129, "int16"),
    (32767, "int16"),
    (32768, "int32"),
    (2**31 - 1, "int32"),
    (2**31, "int64"),
    (2**63 - 1, "int64"),
    (2**63, "uint64"),
]
FLOATS = [
    (1.0, "float32", "float32"),
    (0.5, "float32", "float32"),
    (0.1, "float64", "float32"),
    (16777217.0, "float64", "float32"),
    (1e300, "float64", "float32"),
    (NAN, "float64", "float32"),
    (INFINITY, "float32", "float32"),
]
KEEP_THEIRS = [
    (np.float64(1), "float64"),
    (np.float32(0.1), "float32"),
    (np.float16(1), "float16"),
    (np.int64(1), "int64"),
    (np.bool_(True), "bool"),
    (1j, "complex128"),
    ([1, 2], "int64"),
    ([1.0, 2.0], "float64"),
    ([1, 2.5], "float64"),
    ([True, False], "bool"),
    ([1j, 2], "complex128"),
    ([np.float32(1), np.float32(2)], "float32"),
    ([np.ones(2), np.ones(2)], "float64"),
    (np.array([1, 2], "int8"), "int8"),
    (np.array([1, 2], "float16"), "float16"),
]


@pytest.mark.parametrize("floatx", ["float64", "float32"])
def test_constants_take_the_smallest_dtype_that_holds_them(floatx):
    with theano.config.change_flags(floatX=floatx):
        for value, dtype in INTEGERS:
            assert T.constant(value).dtype == dtype, value
            assert T.constant(value).data == value
        for value, at_float64, at_float32 in FLOATS:
            expected = at_float64 if floatx == "float64" else at_float32
            assert T.constant(value).dtype == expected, value
            with np.errstate(over="ignore"):
                data = np.asarray(value, expected)
            np.testing.assert_array_equal(T.constant(value).data, data)
        for value, dtype in KEEP_THEIRS:
            assert T.constant(value).dtype == dtype, value
        assert T.constant([]).dtype == floatx


def test_constants_decide_the_dtype_of_a_sum():
    single, small = T.fvector("single"), T.bvector("small")
    results = [
        (1, "float32", "int8"),
        (128, "float32", "int16"),
        (32768, "float64", "int32"),
        (2**31, "float64", "int64"),
        (1.0, "float32", "float32"),
        (0.1, "float64", "float64"),
    ]
    for value, with_single, with_small in results:
        assert (single + value).dtype == (value + single).dtype == with_single
        assert (small + value).dtype == (value + small).dtype == with_small
    with theano.config.change_flags(floatX="float32"):
        assert (single + 0.1).dtype == (small + 0.1).dtype == "float32"


def test_length_one_axes_of_constants_broadcast():
    assert T.constant(np.ones((1, 2, 1))).broadcastable == (True, False, True)
    assert T.constant([5]).broadcastable == (True,)
    assert T.constant([[]]).broadcastable == (True, False)
    assert T.constant(1.0, ndim=2).broadcastable == (True, True)
    assert T.constant(1, dtype="float32").dtype == "float32"


def test_upcasting_is_numpys_for_arrays():
    for first in DTYPES:
        assert upgrade_to_float(first) in (
            "float16",
            "float32",
            "float64",
            "complex64",
            "complex128",
        )
        for second in DTYPES:
            assert upcast(first, second) == str(np.result_type(np.dtype(first), np.dtype(second)))
    with theano.config.change_flags(cast_policy="numpy+floatX", floatX="float32"):
        assert upcast("int64", "float32") == "float32"
        assert upcast("int64", "float64") == "float64"


# Types as values.


def test_equal_types_are_one_key():
    vector = T.TensorType("float64", (False,))
    assert vector == T.TensorType("float64", [0], name="other") == T.dvector
    assert hash(vector) == hash(T.TensorType("float64", [0], name="other"))
    assert vector not in (T.TensorType("float32", (False,)), T.TensorType("float64", (True,)))
    assert vector != generic
    assert {vector: 1}[T.dvector] == 1


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ([], "scalar"),
        ([0], "vector"),
        ([1], "(True,)"),
        ([0, 0], "matrix"),
        ([1, 0], "row"),
        ([0, 1], "col"),
        ([1, 1], "(True, True)"),
        ([0] * 3, "3D"),
        ([1, 0, 0], "(True, False, False)"),
        ([0] * 4, "4D"),
        ([0] * 5, "5D"),
        ([0] * 6, "6D"),
        ([0] * 7, "7D"),
    ],
)
def test_types_print_as_theanos(flags, text):
    kind = T.TensorType("int32", flags)
    assert str(kind) == repr(kind) == f"TensorType(int32, {text})"
    assert kind.ndim == len(flags)
    assert kind.broadcastable == tuple(map(bool, flags))
    assert kind.numpy_dtype == np.int32


def test_a_named_type_prints_its_name():
    assert str(T.TensorType("int32", [], name="count")) == "count"
    assert str(generic) == "Generic"


def test_floatx_is_read_when_the_type_is_made():
    before = T.TensorType("floatX", [])
    with theano.config.change_flags(floatX="float32"):
        assert T.TensorType("floatX", []).dtype == "float32"
        assert T.scalar().dtype == T.tensor("floatX", []).dtype == "float32"
        assert T.dscalar().dtype == before.dtype == "float64"


@pytest.mark.parametrize("dtype", ["foo", "object", "str", "datetime64[s]", "float128"])
def test_no_other_dtypes(dtype):
    with pytest.raises(TypeError, match=r"dtype: got '.*', wanted one of bool, int8, .* or floatX"):
        T.TensorType(dtype, [])


def test_clones_of_types_change_one_thing():
    vector = T.TensorType("int32", [False])
    assert vector.clone() == vector
    assert vector.clone(dtype="float32") == T.fvector
    assert vector.clone(broadcastable=[False, True]) == T.icol


def test_a_type_makes_variables():
    for variable in (T.ivector("count"), T.ivector(name="count"), T.ivector.make_variable("count")):
        assert variable.type == T.ivector
        assert variable.name == "count"
        assert variable.owner is None
    assert T.ivector().name is None


def test_every_value_of_a_row_is_one_of_a_matrix():
    assert T.fmatrix.is_super(T.frow)
    assert not T.frow.is_super(T.fmatrix)
    assert not T.fmatrix.is_super(T.dmatrix)
    assert not T.fmatrix.is_super(T.fvector)
    assert T.dmatrix.filter_variable(T.drow("r")).type == T.dmatrix
    with pytest.raises(TypeError, match=r"got m of type TensorType\(float64, matrix\)"):
        T.drow.filter_variable(T.dmatrix("m"))
    with pytest.raises(TypeError, match=r"wanted a variable of type TensorType\(float32, vector\)"):
        T.fvector.filter_variable(T.dvector("v"))
    assert T.fvector.filter_variable([1.0, 2.0]).type == T.fvector


def test_equality_of_values():
    eq, close = T.dvector.values_eq, T.dvector.values_eq_approx
    assert eq(np.array([1.0, np.nan]), np.array([1.0, np.nan]))
    assert not eq(np.array([1.0]), np.array([1.0 + 1e-9]))
    assert close(np.array([1.0, np.nan]), np.array([1.0 + 1e-9, np.nan]))
    assert not close(np.array([1.0]), np.array([1.1]))


# What a type stores. Each row says, for every dtype in the order of COLUMNS, what Theano 1.0.5
# does with a value: . it is stored, T TypeError, X whatever error NumPy's conversion raises.

COLUMNS = [
    "bool",
    "int8",
    "uint8",
    "int16",
    "int32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]
STORED = [
    (1, "............"),
    (1.0, "............"),
    (True, "............"),
    (-1, "T.T...T....."),
    (300, "TTT........."),
    (2**40, "TTTTT..T...."),
    (2**70, "TXXXXXXT...."),
    (0.1, "TTTTTTTTT.T."),
    (1e300, "XXXXXXXTT.T."),
    (NAN, "XXXXXXX....."),
    (INFINITY, "XXXXXXX....."),
    (1 + 2j, "TTTTTTTTTT.."),
    (np.float64(0.1), "TTTTTTTTT.T."),
    (np.float32(0.1), "TTTTTTTT...."),
    (np.int64(3), "T..........."),
    (np.int8(3), "T..........."),
    (np.bool_(True), "............"),
    (np.array(0.1), "TTTTTTTTT.T."),
    (np.array(1.0), "TTTTTTTTT.T."),
    (np.array(0.1, "float32"), "TTTTTTTT...."),
    (np.array(0.1, "float16"), "TTTTTTT....."),
    (np.array(3), "TTTTT.TTT.T."),
    (np.array(3, "int32"), "TTTT..TTT.T."),
    (np.array(3, "int8"), "T.T...T....."),
    (np.array(True), "............"),
    (np.array(3, "uint8"), "TT.........."),
    (np.array(3, "uint64"), "TTTTTT.TT.T."),
    (np.array(1j), "TTTTTTTTTTT."),
    ("a", "XXXXXXXXXXXX"),
    (None, "TTTTTTTTTTTT"),
    ([], "TTTTTTTTTTTT"),
    ([1], "TTTTTTTTTTTT"),
]
STORED_WITH_LOSS = [
    (300, "............"),
    (0.1, "............"),
    (1e300, "XXXXXXX....."),
    (NAN, "XXXXXXX....."),
    (INFINITY, "XXXXXXX....."),
    (1 + 2j, "TTTTTTTTTT.."),
    (np.float64(0.1), "............"),
    (np.array(0.1), "............"),
    (np.array(3), "............"),
    ([1], "TTTTTTTTTTTT"),
]


def check_outcomes(value, expected, **options):
    for dtype, code in zip(COLUMNS, expected, strict=True):
        kind = T.TensorType(dtype, [])
        if code == ".":
            stored = kind.filter(value, **options)
            assert type(stored) is np.ndarray
            assert stored.dtype == dtype
        else:
            refusals = TypeError if code == "T" else (TypeError, ValueError, OverflowError)
            with pytest.raises(refusals):
                kind.filter(value, **options)


@pytest.mark.parametrize(("value", "expected"), STORED, ids=lambda value: repr(value))
def test_what_each_dtype_stores(value, expected):
    check_outcomes(value, expected)


def test_what_each_dtype_stores_without_loss_is_unchanged():
    for value, expected in STORED:
        for dtype, code in zip(COLUMNS, expected, strict=True):
            if code == "." and not isinstance(value, float):
                stored = T.TensorType(dtype, []).filter(value)
                if np.dtype(dtype).kind in "iub" or isinstance(value, (int, np.ndarray)):
                    assert np.asarray(stored, "complex128") == np.asarray(value, dtype)


def test_a_python_float_passes_where_the_dtype_is_floatx():
    with theano.config.change_flags(floatX="float32"):
        check_outcomes(0.1, "TTTTTTTT..T.")
        check_outcomes(0.1, "TTTTTTTTT.T.", allow_downcast=False)
        assert T.fscalar.filter(0.1) == np.float32(0.1)
        # An array keeps its dtype, and so does a list's element.
        check_outcomes(np.array(0.1), "TTTTTTTTT.T.")
        with pytest.raises(TypeError, match="would lose precision"):
            T.fvector.filter([0.1])


@pytest.mark.parametrize(("value", "expected"), STORED_WITH_LOSS, ids=lambda value: repr(value))
def test_what_each_dtype_stores_where_loss_is_allowed(value, expected):
    check_outcomes(value, expected, allow_downcast=True)


def test_loss_that_is_allowed_is_a_cast():
    assert T.bscalar.filter(300, allow_downcast=True) == np.array(300).astype("int8")
    assert T.lscalar.filter(2.9, allow_downcast=True) == 2
    assert T.fscalar.filter(0.1, allow_downcast=True) == np.float32(0.1)
    np.testing.assert_array_equal(T.ivector.filter([0.5, -1.5], allow_downcast=True), [0, -1])


def test_strict_takes_arrays_of_the_very_dtype_alone():
    for value, _ in STORED:
        passes = str(value.dtype) if isinstance(value, np.ndarray) else None
        expected = "".join("." if dtype == passes else "T" for dtype in COLUMNS)
        check_outcomes(value, expected, strict=True)
    with pytest.raises(TypeError, match=r"strict is set: got float64\[2\], wanted .* float32"):
        T.fvector.filter(np.ones(2), strict=True)
    with pytest.raises(TypeError, match=r"strict is set: got \[1\.0\] \(list\)"):
        T.fvector.filter([1.0], strict=True)


SEQUENCES = [
    ([1, 2], "int8 int64 float32 float64 complex128"),
    ([1.0, 2.0], "int8 int64 float32 float64 complex128"),
    ((1, 2), "int8 int64 float32 float64 complex128"),
    ([0.1], "float64 complex128"),
    ([1, 2.5], "float32 float64 complex128"),
    ([300], "int64 float32 float64 complex128"),
    ([2**40], "int64 float32 float64 complex128"),
    ([True, False], "int8 int64 float32 float64 complex128"),
    ([], "int8 int64 float32 float64 complex128"),
    ([NAN], "float32 float64 complex128"),
    ([np.float64(0.1), 1], "float64 complex128"),
    ([np.float32(0.1), 1], "float32 float64 complex128"),
    ([1j], "complex128"),
    (range(3), "int8 int64 float32 float64 complex128"),
    (np.arange(3), "int64 float64 complex128"),
    (np.arange(3, dtype="int32"), "int64 float64 complex128"),
    (np.array([1.0]), "float64 complex128"),
    (np.ones(2, "float32"), "float32 float64 complex128"),
    (np.zeros(0), "float64 complex128"),
    (np.arange(3, dtype=">f8"), "float64 complex128"),
    ([[1], [2, 3]], ""),
    ([[1.0]], ""),
    (["a"], ""),
    (3, ""),
    (np.ones((2, 1)), ""),
    ([np.ones(2), np.ones(2)], ""),
]


@pytest.mark.parametrize(("value", "dtypes"), SEQUENCES, ids=lambda value: repr(value))
def test_what_each_vector_stores(value, dtypes):
    for dtype in ("int8", "int64", "float32", "float64", "complex128"):
        kind = T.TensorType(dtype, [False])
        if dtype in dtypes.split():
            stored = kind.filter(value)
            assert stored.dtype == np.dtype(dtype)
            np.testing.assert_array_equal(stored, np.array(value, dtype))
        else:
            with pytest.raises((TypeError, ValueError)):
                kind.filter(value)


def test_a_list_of_arrays_is_a_matrix():
    rows = [np.array([1.0, 2.0]), np.array([3.0, 4.0])]
    np.testing.assert_array_equal(T.dmatrix.filter(rows), [[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(T.dmatrix.filter(tuple(rows)), [[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(TypeError, match="got 2 dimensions"):
        T.dvector.filter(rows)


def test_arrays_of_the_right_type_are_not_copied():
    value = np.ones(3)
    assert T.dvector.filter(value) is value


def test_refusals_say_what_would_help():
    with pytest.raises(TypeError) as refusal:
        T.fvector.filter(np.array([0.1]))
    assert str(refusal.value) == (
        "got an array of float64, and storing it as TensorType(float32, vector) could lose "
        'precision; convert it (`.astype("float32")`), or allow the loss '
        "(`allow_downcast=True` in shared and In, `allow_input_downcast=True` in function)"
    )
    with pytest.raises(TypeError) as refusal:
        T.fvector.filter([0.1])
    assert str(refusal.value) == (
        "got [0.1], and storing it as TensorType(float32, vector) would lose precision; pass an "
        'array of dtype float32 (`np.asarray(value, "float32")`), or allow the loss '
        "(`allow_downcast=True` in shared and In, `allow_input_downcast=True` in function)"
    )
    with pytest.raises(TypeError) as refusal:
        T.dmatrix.filter([1.0])
    assert str(refusal.value) == (
        "got 1 dimensions (shape (1,)), wanted 2 (TensorType(float64, matrix))"
    )
    with pytest.raises(TypeError) as refusal:
        T.dcol.filter(np.ones((3, 2)))
    assert str(refusal.value) == (
        "got shape (3, 2), wanted length 1 in axis 1, which TensorType(float64, col) declares "
        "broadcastable"
    )
    with pytest.raises(TypeError, match=r"got the symbolic variable x, wanted numbers; .*\.eval"):
        T.dscalar.filter(T.dscalar("x"))


def test_broadcastable_axes_want_length_one():
    assert T.drow.filter(np.ones((1, 3))).shape == (1, 3)
    assert T.dcol.filter([[1.0], [2.0]]).shape == (2, 1)
    for kind, shape in [(T.drow, (3, 1)), (T.drow, (0, 3)), (T.dcol, (1, 3))]:
        with pytest.raises(TypeError, match="declares broadcastable"):
            kind.filter(np.ones(shape))


def test_validity_is_strict():
    assert T.fvector.is_valid_value(np.ones(2, "float32"))
    for value in ([1.0], np.ones(2), 1, np.ones((2, 2), "float32"), "a"):
        assert not T.fvector.is_valid_value(value)


# Constructors.

LETTERS = {
    "b": "int8",
    "w": "int16",
    "i": "int32",
    "l": "int64",
    "f": "float32",
    "d": "float64",
    "c": "complex64",
    "z": "complex128",
}
FLAGS = {
    "scalar": (),
    "vector": (False,),
    "row": (True, False),
    "col": (False, True),
    "matrix": (False, False),
    "tensor3": (False,) * 3,
    "tensor4": (False,) * 4,
    "tensor5": (False,) * 5,
    "tensor6": (False,) * 6,
    "tensor7": (False,) * 7,
}


def plural(word):
    return "matrices" if word == "matrix" else word + "s"


def test_there_are_all_constructors():
    words = [*FLAGS, *map(plural, FLAGS)]
    assert set(CONSTRUCTORS) == {letter + word for letter in ["", *LETTERS] for word in words}
    assert all(getattr(T, name) is constructor for name, constructor in CONSTRUCTORS.items())


@pytest.mark.parametrize("floatx", ["float64", "float32"])
def test_constructors_make_what_their_names_say(floatx):
    with theano.config.change_flags(floatX=floatx):
        for letter, dtype in {"": floatx, **LETTERS}.items():
            for word, flags in FLAGS.items():
                kind = T.TensorType(dtype, flags)
                single, several = getattr(T, letter + word), getattr(T, letter + plural(word))
                made = [single("x"), single(name="x"), *several("x", "x")]
                assert all(variable.type == kind for variable in made)
                assert [variable.name for variable in made] == ["x"] * 4
                unnamed = [single(), *several(3), *several(None, None)]
                assert all(variable.type == kind for variable in unnamed)
                assert [variable.name for variable in unnamed] == [None] * 6


def test_constructors_without_a_letter_take_a_dtype():
    for word, flags in FLAGS.items():
        assert getattr(T, word)("x", dtype="int32").type == T.TensorType("int32", flags)
        assert getattr(T, word)("x", "int32").type == T.TensorType("int32", flags)
    assert T.scalar(dtype="bool").dtype == "bool"


def test_plurals_by_names_and_by_count():
    x, y = T.dscalars("x", "y")
    assert (x.name, y.name) == ("x", "y")
    assert isinstance(T.dscalars("x", "y"), list)
    assert len(T.lmatrices(4)) == 4
    # One name makes the variable itself, not a list of one.
    assert T.dscalars("x").name == "x"


def test_tensor_takes_any_dtype_and_flags():
    made = T.tensor("int8", [0, 1, 0], name="x")
    assert made.type == T.TensorType("int8", (False, True, False))
    assert made.name == "x"
    assert T.tensor(dtype="bool", broadcastable=(False,)).type == T.TensorType("bool", (False,))


def test_clones_of_variables_are_new_inputs():
    x = T.dvector("x")
    x.tag.role = "input"
    copied = (x + 1).clone()
    assert copied.owner is None
    assert copied.type == T.dvector
    copied = x.clone()
    assert copied is not x
    assert (copied.name, copied.type, copied.tag.role) == ("x", T.dvector, "input")


def test_a_symbol_is_no_python_number():
    for convert in (float, complex, math.sqrt, range):
        with pytest.raises(TypeError):
            convert(T.dscalar("x"))
