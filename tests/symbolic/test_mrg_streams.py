"""`MRG_RandomStreams`: states, updates and loops; the numbers are held by the reference."""

import pickle

import numpy as np
import pytest

import jaxlearn
import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.errors import NullTypeGradError
from jaxlearn.symbolic.mrg_streams import MRG_RandomStreams


def trained(seed=7):
    """A step with dropout: its function and its state."""
    streams = MRG_RandomStreams(seed)
    w = theano.shared(np.ones(4), "w")
    mask = streams.binomial((4,), p=0.5, dtype="float64")
    drawn = [mask, streams.uniform((3,), nstreams=2), streams.normal((5,), truncate=True)]
    step = theano.function([], drawn, updates={w: w + mask})
    return step, [w, *(entry[0] for entry in streams.state_updates)]


def test_many_calls_in_one_draw_what_a_loop_draws():
    one, state = trained()
    other, other_state = trained()
    calls = [one() for _ in range(6)]
    for i, stacked in enumerate(other.repeat(6)):
        np.testing.assert_allclose(stacked, [call[i] for call in calls], rtol=1e-14)
    for mine, its in zip(state, other_state, strict=True):
        np.testing.assert_array_equal(mine.get_value(), its.get_value())


def test_two_draws_of_one_function_differ():
    streams = MRG_RandomStreams(1)
    first, second = theano.function([], [streams.uniform((9,)), streams.uniform((9,))])()
    assert not np.any(first == second)


def test_givens_and_clones_keep_the_streams():
    x = T.dvector("x")
    drawn = MRG_RandomStreams(5).uniform((2,)) + x
    expected = theano.function([x], drawn, no_default_updates=True)([1.0, 2.0])
    given = theano.function([], drawn, givens={x: np.array([1.0, 2.0])}, no_default_updates=True)
    cloned = theano.clone(drawn, replace={x: T.constant([1.0, 2.0])})
    np.testing.assert_array_equal(given(), expected)
    np.testing.assert_array_equal(theano.function([], cloned)(), expected)


def test_states_are_saved_and_pickled(tmp_path):
    step, state = trained()
    for i, variable in enumerate(state):
        variable.name = f"state {i}"
    jaxlearn.save(tmp_path / "state.safetensors", state)
    copied = pickle.loads(pickle.dumps(step))
    expected = step()
    for one, other in zip(copied(), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    jaxlearn.load(tmp_path / "state.safetensors", state)
    for one, other in zip(step(), expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("seed", "error", "text"),
    [
        (0, ValueError, "got 0, which would stay 0 for ever"),
        (2**31 - 21069, ValueError, "less than 2147462579"),
        (-1, ValueError, "wanted more than 0"),
        ([0, 0, 0, 1, 1, 1], ValueError, "the first 3 values are 0"),
        ([1, 1, 1, 0, 0, 0], ValueError, "the last 3 values are 0"),
        ([2**31 - 1, 1, 1, 1, 1, 1], ValueError, "first 3 values must be .* less than 2147483647"),
        ([1, 1, 1, 2**31 - 21069, 1, 1], ValueError, "last 3 values .* less than 2147462579"),
        ([1, 2, 3], TypeError, "wanted 1 integer or 6 integers"),
        (1.5, TypeError, "wanted 1 integer or 6 integers"),
    ],
)
def test_seeds_that_do_not_fit_are_refused(seed, error, text):
    with pytest.raises(error, match=text):
        MRG_RandomStreams(seed)
    streams = MRG_RandomStreams(3)
    with pytest.raises(error, match=text):
        streams.seed(seed)
    assert streams.rstate.tolist() == [3] * 6


def test_arguments_that_do_not_fit_are_refused():
    streams, p = MRG_RandomStreams(3), T.dmatrix("p")
    for call, error, text in [
        (lambda: streams.uniform(5), TypeError, r"of one length write \(5,\)"),
        (lambda: streams.uniform((0, 3)), ValueError, "a length of 0 or less"),
        (lambda: streams.uniform((3,), low=p), NotImplementedError, "have 2 axes"),
        (lambda: streams.uniform((3,), dtype="int32"), TypeError, "cast what is drawn"),
        (lambda: streams.uniform((3,), nstreams=0), ValueError, "nstreams: got 0"),
        (lambda: streams.uniform((3,), nstreams=1.5), TypeError, "nstreams: got 1.5"),
        (lambda: streams.binomial((3,), n=2), NotImplementedError, "got n=2, wanted 1"),
        (lambda: streams.normal(None), ValueError, "size: got None"),
        (lambda: streams.normal([2, -1]), ValueError, "a length of 0 or less"),
        (lambda: streams.multinomial(), TypeError, "pvals is missing"),
        (lambda: streams.multinomial(pvals=[0.5]), NotImplementedError, "has 1 axes"),
        (lambda: streams.multinomial(size=3, pvals=p), ValueError, "got size=3"),
        (lambda: streams.choice(p=p), NotImplementedError, "use multinomial"),
        (lambda: streams.choice(a=3, p=p, replace=False), TypeError, "got a=3"),
        (lambda: streams.choice(replace=False), TypeError, "p is missing"),
        (lambda: streams.choice(p=p, replace=False, ndim=2), ValueError, "got ndim=2"),
        (lambda: streams.multinomial_wo_replacement(3, pvals=p), ValueError, "got size=3"),
    ]:
        with pytest.raises(error, match=text):
            call()
    assert streams.rstate.tolist() == [3] * 6
    assert streams.state_updates == []


def test_parameters_of_a_draw_have_no_gradient():
    a, p, streams = T.dscalar("a"), T.dmatrix("p"), MRG_RandomStreams(3)
    for cost, wrt in [
        (streams.uniform((3,), high=a).sum(), a),
        (streams.binomial((3,), p=a, dtype="float64").sum(), a),
        (streams.normal((3,), avg=a).sum(), a),
        (streams.multinomial(pvals=p, dtype="float64").sum(), p),
    ]:
        with pytest.raises(NullTypeGradError, match="is not defined"):
            theano.grad(cost, wrt)


def test_a_deviation_that_is_a_number_does_not_widen_float32():
    with theano.config.change_flags(floatX="float32"):
        assert MRG_RandomStreams(3).truncated_normal((2,), std=2).dtype == "float32"
        wide = MRG_RandomStreams(3).truncated_normal((2,), std=T.constant(2.0, dtype="float64"))
        assert wide.dtype == "float64"


def test_a_draw_notes_how_many_streams_were_asked_for():
    streams = MRG_RandomStreams(3)
    streams.truncated_normal((2,))
    streams.truncated_normal((2,), nstreams=4)
    assert [count for _, _, _, count in streams.updates()] == [None, None, 4, 4]


def test_streams_of_old_gpu_programs_are_these():
    from jaxlearn.theano.sandbox.cuda.rng_curand import CURAND_RandomStreams

    assert CURAND_RandomStreams is theano.sandbox.rng_mrg.MRG_RandomStreams
