"""MRG31k3p: against its recurrences in Python's own integers, and what its operations refuse."""

import itertools

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.ops import mrg

M1, M2 = 2**31 - 1, 2**31 - 21069


def stepped(state):
    """The recurrences as the paper has them: the next state and the number drawn."""
    x1, x2, x3, y1, y2, y3 = map(int, state)
    x = (2**22 * x2 + (2**7 + 1) * x3) % M1
    y = (2**15 * y1 + (2**15 + 1) * y3) % M2
    return [x, x1, x2, y, y1, y2], (x - y) % M1 or M1


def drawn_by_hand(states, size):
    states, numbers = [list(map(int, row)) for row in states], []
    for i in range(size):
        stream = i % len(states)
        states[stream], number = stepped(states[stream])
        numbers.append(number)
    return np.array(states), np.array(numbers)


def some_states(count):
    return np.random.RandomState(count).randint(0, M2, (count, 6)).astype("int32")


@pytest.mark.parametrize(("streams", "size"), [(1, 7), (3, 3), (5, 2), (4, 24), (4, 27), (7, 1)])
def test_the_recurrences_are_stepped(streams, size):
    states = some_states(streams)
    after, fractions = mrg.MRGUniform.new(theano.shared(states), None, "float64", (size,))
    found = theano.function([], [after, fractions])()
    expected_states, numbers = drawn_by_hand(states, size)
    np.testing.assert_array_equal(found[0], expected_states)
    np.testing.assert_array_equal(found[1], numbers / 2**31)


def test_only_those_that_count_step_their_streams():
    states, count = some_states(4), T.lscalar()
    kind = T.TensorType("float64", (False,))
    drawn = mrg.MRGUniform(kind)(theano.shared(states), [11], count)
    f = theano.function([count], drawn)
    for number in (0, 3, 4, 9, 11):
        after, fractions = f(number)
        expected, numbers = drawn_by_hand(states, number)
        np.testing.assert_array_equal(after, expected)
        np.testing.assert_array_equal(fractions[:number], numbers / 2**31)
    assert f.variants == 1


@pytest.mark.parametrize("exponent", [72, 134])
def test_states_are_skipped_as_by_the_power_of_a_matrix(exponent):
    first = np.array([[0, 2**22, 2**7 + 1], [1, 0, 0], [0, 1, 0]], object)
    second = np.array([[2**15, 0, 2**15 + 1], [1, 0, 0], [0, 1, 0]], object)
    for _ in range(exponent):
        first, second = first.dot(first) % M1, second.dot(second) % M2
    state = np.array([1, 20, 300, 4000, 50000, 600000], object)
    expected = [*(first.dot(state[:3]) % M1), *(second.dot(state[3:]) % M2)]
    skip = {72: mrg.ff_2p72, 134: mrg.ff_2p134}[exponent]
    assert skip(state.astype("int64")).tolist() == expected


def test_many_streams_start_one_behind_the_other():
    states = mrg.spaced_states([1, 2, 3, 4, 5, 6], 100)
    for one, other in itertools.pairwise(states):
        np.testing.assert_array_equal(mrg.ff_2p72(one), other)


def test_a_draw_without_elements_leaves_the_states():
    states, x = some_states(3), T.dmatrix()
    drawn = mrg.MRGUniform.new(theano.shared(states), None, "float32", x.shape)
    after, fractions = theano.function([x], drawn)(np.zeros((0, 4)))
    assert fractions.shape == (0, 4)
    np.testing.assert_array_equal(after, states)


def test_fractions_map_over_an_axis():
    states, x = some_states(3), T.fmatrix()
    after, fractions = mrg.MRGUniform.new(x.astype("int32"), None, "float64", (5,))
    pure, _ = theano.function([x], [after, fractions]).as_jax()
    rows = np.stack([states % 1000, states % 999]).astype("float32")
    with jax.enable_x64(True):
        found = jax.vmap(lambda row: pure({}, row)[0])(rows)
    for i in (0, 1):
        np.testing.assert_array_equal(found[1][i], drawn_by_hand(rows[i], 5)[1] / 2**31)


def test_what_cannot_be_drawn_is_told():
    states = theano.shared(some_states(2))
    with pytest.raises(TypeError, match="got dtype int32, wanted float16, float32 or float64"):
        mrg.MRGUniform.new(states, None, "int32", (3,))
    with pytest.raises(TypeError, match="wanted an int32 matrix"):
        mrg.MRGUniform.new(T.dmatrix("x"), None, "float32", (3,))
    with pytest.raises(ValueError, match=r"say how many axes there are: ndim="):
        mrg.MRGUniform.new(states, None, "float32", T.lvector("s"))
    with pytest.raises(TypeError, match="wanted a tuple or a vector of integers"):
        mrg.MRGUniform.new(states, None, "float32", T.dvector("s"))
    size = T.lvector("s")
    f = theano.function([size], mrg.MRGUniform.new(states, 1, "float32", size)[1])
    with pytest.raises(ValueError, match="none below 0"):
        f([-1])
    with pytest.raises(ValueError, match="wanted 1 lengths"):
        f([2, 2])


def test_outcomes_must_have_their_fractions():
    p, u, n = T.dmatrix("p"), T.dvector("u"), T.lscalar("n")
    f = theano.function([p, u, n], mrg.MultinomialFromUniform("int64")(p, u, n))
    with pytest.raises(ValueError, match="u has 3 elements, wanted one for each of the 2 rows"):
        f(np.ones((2, 2)) / 2, [0.1, 0.2, 0.3], 1)
    g = theano.function([p, u], mrg.ChoiceFromUniform("int64")(p, u, 3))
    with pytest.raises(ValueError, match="p has 2 outcomes in a row, and 3 different ones"):
        g(np.ones((1, 2)) / 2, [0.1, 0.2, 0.3])
    with pytest.raises(NotImplementedError, match="replace: got True"):
        mrg.ChoiceFromUniform("int64", replace=True)
    with pytest.raises(NotImplementedError, match=r"pvals: got .* with 1 axes, wanted 2"):
        mrg.MultinomialFromUniform("int64")([0.5, 0.5], u)
