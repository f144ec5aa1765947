"""Test values: expressions that are computed with example values while they are built."""

import warnings

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.test_values import get_test_value

ON = ["warn", "raise", "ignore"]


def example(kind=T.dvector, value=(1.0, 2.0), name="a"):
    variable = kind(name)
    variable.tag.test_value = np.asarray(value, variable.dtype)
    return variable


def computing(policy):
    return theano.config.change_flags(compute_test_value=policy)


def value_of(expression):
    return expression.tag.test_value


def test_nothing_is_computed_by_default():
    assert theano.config.compute_test_value == "off"
    a = example()
    assert not hasattr((a * 2).tag, "test_value")
    # Even what could not be computed.
    assert (a + np.ones(3)).type == T.dvector
    assert a[5].type == T.dscalar


@pytest.mark.parametrize("policy", ON)
def test_values_pass_through_every_operation(policy):
    a, state = example(), theano.shared(np.array([3.0, 4.0]))
    matrix = example(T.dmatrix, np.arange(6.0).reshape(2, 3), "matrix")
    scalar = example(T.dscalar, 3.0, "scalar")
    with computing(policy), warnings.catch_warnings():
        warnings.simplefilter("error")
        for expression, expected in [
            (a * 2, [2.0, 4.0]),
            (T.exp(a) + 1, np.exp([1.0, 2.0]) + 1),
            (state * a + 1, [4.0, 9.0]),
            (state * 2, [6.0, 8.0]),
            (T.constant(2.0) * 3, 6.0),
            (a[1:], [2.0]),
            (a[::-1].sum(), 3.0),
            (matrix.shape, [2, 3]),
            (matrix.reshape((3, 2)), np.arange(6.0).reshape(3, 2)),
            (matrix.T, np.arange(6.0).reshape(2, 3).T),
            (T.dot(matrix, matrix.T), [[5.0, 14.0], [14.0, 50.0]]),
            (matrix.argmax(axis=1), [2, 2]),
            (T.grad(scalar**2, scalar), 6.0),
            (T.grad((state * a).sum(), state), [1.0, 2.0]),
            (T.switch(a > 1, a, -a), [-1.0, 2.0]),
            (T.zeros((matrix.shape[1],)), np.zeros(3)),
            (T.concatenate([a, a]), [1.0, 2.0, 1.0, 2.0]),
            (T.cast(a, "int8"), [1, 2]),
        ]:
            found = value_of(expression)
            assert str(found.dtype) == expression.dtype
            np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_all_outputs_have_values():
    matrix = example(T.dmatrix, [[1.0, 3.0], [5.0, 2.0]])
    with computing("raise"):
        largest, where = T.max_and_argmax(matrix, axis=1)
    np.testing.assert_array_equal(value_of(largest), [3.0, 5.0])
    np.testing.assert_array_equal(value_of(where), [1, 0])


@pytest.mark.parametrize("policy", ON)
def test_errors_come_where_the_expression_is_written(policy):
    a = example()
    matrix = example(T.dmatrix, np.ones((2, 3)), "matrix")
    with computing(policy):
        with pytest.raises(ValueError, match=r"(?s)mis-match.*test_test_values\.py"):
            a + np.ones(3)
        with pytest.raises(ValueError, match=r"(?s)shapes do not fit in dot.*test_test_values\.py"):
            T.dot(matrix, matrix)
        with pytest.raises(IndexError, match="out of bounds"):
            a[5]


def test_an_input_without_a_value():
    a, b = example(), T.dvector("b")
    with computing("ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not hasattr((a * b).tag, "test_value")
    with computing("warn"):
        with pytest.warns(UserWarning, match="b of .* has no test value") as caught:
            product = a * b
        assert len(caught) == 1
        assert caught[0].filename == __file__
        assert not hasattr(product.tag, "test_value")
    with computing("raise"):
        with pytest.raises(ValueError, match="has no test value") as refusal:
            a * b
        lines = str(refusal.value).splitlines()
        assert lines[0] == (
            "Elemwise{mul,no_inplace}: b of TensorType(float64, vector) has no test value; set "
            "it: b.tag.test_value = ..."
        )
        assert "in test_an_input_without_a_value" in lines[1]
        assert lines[2].strip() == 'a, b = example(), T.dvector("b")'


def test_a_value_may_be_what_converts_without_loss():
    a = T.dvector("a")
    a.tag.test_value = [1, 2]
    with computing("raise"):
        np.testing.assert_array_equal(value_of(a * 2), [2.0, 4.0])
    single = T.fvector("single")
    single.tag.test_value = np.array([0.1, 0.2])
    with computing("raise"), pytest.raises(TypeError, match="could lose precision"):
        single * 2


@pytest.mark.parametrize("policy", ON)
@pytest.mark.parametrize("wrong", [np.ones((2, 2)), 1.0, [1j], np.array([1j])], ids=repr)
def test_a_wrong_value_is_refused(policy, wrong):
    a = T.dvector("a")
    a.tag.test_value = wrong
    with computing(policy), pytest.raises(TypeError, match="test value of a: got"):
        a * 2


def test_the_refusal_of_a_wrong_value_names_the_variable():
    a = T.dvector("a")
    a.tag.test_value = np.ones((2, 2))
    with computing("raise"), pytest.raises(TypeError) as refusal:
        a * 2
    lines = str(refusal.value).splitlines()
    assert lines[0] == (
        "the test value of a: got 2 dimensions (shape (2, 2)), wanted 1 "
        "(TensorType(float64, vector))"
    )
    assert lines[2].strip() == 'a = T.dvector("a")'


def test_building_goes_on_after_a_refusal():
    a, b = example(), T.dvector("b")
    with computing("raise"):
        for _ in range(2):
            with pytest.raises(ValueError, match="has no test value"):
                a * b
            with pytest.raises(IndexError):
                a[5]
            assert theano.config.compute_test_value == "raise"
            np.testing.assert_array_equal(value_of(a + 1), [2.0, 3.0])


def test_functions_are_made_and_called_as_ever():
    a, state = example(), theano.shared(0.0, "state")
    with computing("raise"):
        step = theano.function([a], a * 2 + state, updates={state: state + 1})
        for call in range(3):
            np.testing.assert_array_equal(step([1.0, 2.0, 3.0]), [2.0 + call, 4 + call, 6 + call])
    assert state.get_value() == 3.0


def test_a_new_shared_value_counts_at_once():
    state = theano.shared(np.array([1.0]))
    with computing("raise"):
        np.testing.assert_array_equal(value_of(state * 2), [2.0])
        state.set_value([1.0, 2.0])
        np.testing.assert_array_equal(value_of(state * 2), [2.0, 4.0])


def test_copies_have_values_of_their_own():
    a, b = example(), example(T.dvector, (5.0, 6.0), "b")
    with computing("raise"):
        doubled = a * 2
        copied = theano.clone(doubled, replace={a: b})
        np.testing.assert_array_equal(value_of(doubled), [2.0, 4.0])
        # The value of the old expression would be a wrong one, and none an error.
        np.testing.assert_array_equal(value_of(copied + 1), [11.0, 13.0])


def test_get_test_value():
    a = example()
    np.testing.assert_array_equal(get_test_value(a), [1.0, 2.0])
    assert get_test_value(T.constant(2.0)) == 2.0
    assert get_test_value(theano.shared(3.0)) == 3.0
    assert get_test_value(4.0) == 4.0
    np.testing.assert_array_equal(get_test_value(np.ones(2)), [1.0, 1.0])
    np.testing.assert_array_equal(get_test_value([1, 2]), [1, 2])
    integers = T.dvector("integers")
    integers.tag.test_value = [1, 2]
    assert get_test_value(integers).dtype == "float64"
    assert theano.gof.op.get_test_value is get_test_value
    with computing("raise"):
        np.testing.assert_array_equal(get_test_value(a * 2), [2.0, 4.0])


def test_get_test_value_refuses():
    with pytest.raises(AttributeError) as refusal:
        get_test_value(T.dvector("b"))
    lines = str(refusal.value).splitlines()
    assert lines[0] == (
        "b of TensorType(float64, vector) has no test value; set it: b.tag.test_value = ..."
    )
    assert lines[2].strip() == 'get_test_value(T.dvector("b"))'
    wrong = T.dvector("wrong")
    wrong.tag.test_value = np.ones((2, 2))
    with pytest.raises(TypeError, match="the test value of wrong: got 2 dimensions"):
        get_test_value(wrong)


def test_the_flag_takes_its_values_alone():
    with pytest.raises(ValueError, match="compute_test_value"):
        theano.config.compute_test_value = "maybe"
    assert theano.config.compute_test_value == "off"


def test_debug_values_are_one_tuple_or_none():
    x, y = T.dscalars("x", "y")
    x.tag.test_value = 3.0
    get = theano.gradient.get_debug_values
    assert get(x) == []
    with theano.config.change_flags(compute_test_value="ignore"):
        assert get(x, 2.0) == [(3.0, 2.0)]
        assert get(x, y) == []
    missing = r"y of TensorType\(float64, scalar\) has no test value"
    for flag, telling in (
        ("warn", pytest.warns(UserWarning, match=missing)),
        ("raise", pytest.raises(AttributeError, match=missing)),
    ):
        with theano.config.change_flags(compute_test_value=flag), telling:
            assert get(y) == []
