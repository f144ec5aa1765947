"""`RandomStreams`: states, loops, errors and threads; the numbers are held by the reference."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import jaxlearn
import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.errors import NullTypeGradError
from jaxlearn.symbolic.ops import random_draws
from jaxlearn.symbolic.random_states import RandomStateSharedVariable, RandomStateType
from jaxlearn.symbolic.random_streams import RandomStreams


def generator(seed, place=0):
    """The generator of draw number `place` of streams with a seed."""
    seeds = np.random.RandomState(seed)
    return np.random.RandomState([int(seeds.randint(2**30)) for _ in range(place + 1)][-1])


def test_many_calls_in_one_draw_what_numpy_draws():
    streams, x = RandomStreams(3), T.dmatrix("x")
    f = theano.function([x], [streams.normal(avg=x), streams.permutation(n=5)])
    means = np.arange(24.0).reshape(4, 3, 2)
    normals, permutations = f.scan(means)
    first, second = generator(3), generator(3, 1)
    for i in range(4):
        np.testing.assert_array_equal(normals[i], first.normal(means[i]))
        np.testing.assert_array_equal(permutations[i], second.permutation(5))
    normals, permutations = f.repeat(2, means[0])
    for i in range(2):
        np.testing.assert_array_equal(normals[i], first.normal(means[0]))
        np.testing.assert_array_equal(permutations[i], second.permutation(5))


def test_an_odd_number_of_normals_leaves_one_for_the_next_call():
    f = theano.function([], RandomStreams(3).normal((3,)))
    random = generator(3)
    for _ in range(3):
        np.testing.assert_array_equal(f(), random.normal(size=3))


def test_draws_map_over_an_axis():
    x = T.dvector("x")
    pure, state = theano.function([x], RandomStreams(3).normal(avg=x)).as_jax()
    rows = np.arange(6.0).reshape(2, 3)
    with jax.enable_x64(True):
        found = jax.vmap(lambda row: pure(state, row)[0])(rows)
    for row, drawn in zip(rows, found, strict=True):
        np.testing.assert_array_equal(drawn, generator(3).normal(row))


def test_givens_and_clones_keep_the_generator():
    x = T.dvector("x")
    drawn = RandomStreams(3).uniform((2,), high=x)
    f = theano.function([], drawn, givens={x: np.array([1.0, 2.0])})
    random = generator(3)
    np.testing.assert_array_equal(f(), random.uniform(0, [1.0, 2.0]))
    scaled = RandomStreams(3).uniform((2,)) * x
    cloned = theano.function([], theano.clone(scaled, replace={x: T.constant([3.0, 4.0])}))
    random = generator(3)
    for _ in range(2):
        np.testing.assert_array_equal(cloned(), random.uniform(size=2) * [3.0, 4.0])


def test_a_failed_draw_is_numpys_error_and_leaves_the_state():
    p, streams = T.dscalar("p"), RandomStreams(3)
    w = theano.shared(np.zeros(3000), "w")
    f = theano.function([p], streams.binomial((2,), n=9, p=p), updates={w: w + p})
    with pytest.raises(ValueError, match=r"p > 1(.|\n)*made at .*test_random_streams"):
        f(1.5)
    with pytest.raises(ValueError, match=r"in step 1: .*p > 1"):
        f.scan([0.5, 2.0, 0.5])
    assert w.get_value().sum() == 0
    np.testing.assert_array_equal(f(0.5), generator(3).binomial(9, 0.5, 2))


def test_parameters_that_do_not_fit_are_refused():
    streams, x = RandomStreams(3), T.dvector("x")
    with pytest.raises(ValueError, match="scale < 0"):
        theano.function([], streams.normal((2,), std=-1.0))()
    with pytest.raises(ValueError, match="broadcast"):
        theano.function([x], streams.uniform((3,), low=x))([1.0, 2.0])
    with pytest.raises(ValueError, match="wanted at least 2, as many as a parameter has axes"):
        streams.uniform((3,), low=[[0.0, 1.0]])
    with pytest.raises(ValueError, match="ndim: got 2, wanted 1"):
        streams.uniform((3,), ndim=2)
    with pytest.raises(ValueError, match="ndim: got 1, wanted 0"):
        streams.uniform((), low=x, ndim=1)
    with pytest.raises(ValueError, match="none has an axis 2 from the right; give the length"):
        streams.uniform((-1, 3), low=x)
    n = T.lscalar("n")
    with pytest.raises(ValueError, match=r"got n=-1, wanted 0 or more(.|\n)*made at .*test_random"):
        theano.function([n], streams.permutation((2,), n))(-1)
    with pytest.raises(TypeError, match="wanted a variable for a RandomState"):
        random_draws.uniform(x, (2,))
    with pytest.raises(TypeError, match="wanted a scalar"):
        streams.permutation(n=[4, 5])
    with pytest.raises(TypeError, match="a scalar, wanted a vector"):
        streams.multinomial(pvals=0.5)
    with pytest.raises(ValueError, match=r"add up to 2\.1"):
        theano.function([], streams.multinomial(pvals=[0.8, 0.8, 0.5]))()


def test_parameters_have_no_gradient():
    a = T.dscalar("a")
    with pytest.raises(NullTypeGradError, match="no gradient goes through draws"):
        theano.grad(RandomStreams(3).normal((3,), avg=a).sum(), a)


def test_a_shared_generator_is_kept_as_a_copy():
    random = np.random.RandomState(1)
    rng = theano.shared(random, "rng")
    assert isinstance(rng, RandomStateSharedVariable)
    assert rng.type == RandomStateType()
    assert rng.type != T.TensorType("uint32", (False,))
    assert T.TensorType("uint32", (False,)) != rng.type
    random.seed(5)
    rng.get_value(borrow=True).seed(6)
    assert rng.get_value().uniform() == np.random.RandomState(1).uniform()
    with pytest.raises(TypeError, match=r"rng\.set_value: got 5, wanted a numpy.random.RandomStat"):
        rng.set_value(5)
    with pytest.raises(TypeError, match="cannot be zero"):
        rng.zero()


def test_a_generator_is_saved_and_pickled(tmp_path):
    drawn = RandomStreams(3).normal((3,))
    drawn.rng.name = "rng"
    f = theano.function([], drawn)
    f()
    jaxlearn.save(tmp_path / "state.safetensors", f)
    copied = pickle.loads(pickle.dumps(f))
    expected = f()
    np.testing.assert_array_equal(copied(), expected)
    jaxlearn.load(tmp_path / "state.safetensors", f)
    np.testing.assert_array_equal(f(), expected)


def drawn_apart(random, centre, size):
    return centre + random.laplace(size=size)


def drawn_in_pairs(random, centre, size):
    return centre + random.laplace(size=(*size, 2))


def test_a_function_of_ones_own_draws():
    streams, x = RandomStreams(3), T.dscalar("x")
    op = random_draws.RandomFunction(drawn_apart, T.dvector)
    f = theano.function([x], streams.gen(op, (3,), x))
    np.testing.assert_array_equal(f(2.0), 2.0 + generator(3).laplace(size=3))
    pairs = random_draws.RandomFunction(drawn_in_pairs, T.dmatrix, ndim_added=1)
    g = theano.function([], streams.gen(pairs, (3,), 2.0))
    np.testing.assert_array_equal(g(), 2.0 + generator(3, 1).laplace(size=(3, 2)))
    h = theano.function([x], streams.gen(pairs, (3,), x))
    with pytest.raises(ValueError, match="the shape of one draw must be known"):
        h(2.0)


def test_states_given_to_a_function_come_back():
    rng = random_draws.RandomStateType().make_variable("rng")
    after, drawn = random_draws.normal(rng, (3,))
    f = theano.function([theano.In(rng, value=np.random.RandomState(4), update=after)], drawn)
    random = np.random.RandomState(4)
    for _ in range(2):
        np.testing.assert_array_equal(f(), random.normal(size=3))
    assert f["rng"].normal() == random.normal()
    assert f.as_jax()[1]["rng"].shape == (628,)


def test_a_jacobian_goes_past_draws():
    x = T.dvector("x")
    f = theano.function([x], T.jacobian(T.exp(x * RandomStreams(5).normal((2,))), x))
    normal = theano.function([], RandomStreams(5).normal((2,)))
    for _ in range(2):
        drawn = normal()
        np.testing.assert_allclose(f([1.0, 2.0]), np.diag(drawn * np.exp([1.0, 2.0] * drawn)))


PROGRAM = """
import os, sys
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:int(sys.argv[1])])
import numpy as np
import jaxlearn.theano as theano, jaxlearn.theano.tensor as T
streams, x = T.shared_randomstreams.RandomStreams(3), T.dmatrix()
many = [streams.normal(avg=x) for _ in range(3)]
f = theano.function([x], many)
means = np.arange(9e4).reshape(300, 300)
first, again = f(means), f.repeat(2, means, outputs="last")
print(all(abs(array.mean() - means.mean()) < 0.1 for array in [*first, *again]))
"""


@pytest.mark.parametrize("cores", [1, 2])
def test_large_draws_do_not_wait_for_one_another(cores):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(cores)],
        capture_output=True,
        text=True,
        timeout=120,
        env=dict(os.environ, PYTHONPATH=str(Path(jaxlearn.__file__).parent.parent)),
        check=False,
    )
    assert done.stdout == "True\n", done.stderr
