"""Choices: what is not chosen is not computed."""

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.theano.ifelse import ifelse
from jaxlearn.theano.printing import Print


def test_only_what_is_chosen_is_computed(capsys):
    c, x = T.iscalar("c"), T.dvector("x")
    f = theano.function([c, x], ifelse(c, Print("then")(x * 2), Print("else")(x * 3)))
    assert f(1, [1.0]).tolist() == [2.0]
    assert capsys.readouterr().out.split()[0] == "then"
    assert f(0, [1.0]).tolist() == [3.0]
    assert capsys.readouterr().out.split()[0] == "else"


def test_what_both_branches_need_is_computed_once(capsys):
    c, x = T.iscalar("c"), T.dscalar("x")
    shared = Print("shared")(T.sqr(x))
    f = theano.function([c, x], [ifelse(c, shared + 1, shared + 2), shared])
    assert [float(value) for value in f(0, 3.0)] == [11.0, 9.0]
    assert capsys.readouterr().out.count("shared") == 1


def test_checks_of_the_other_branch_do_not_matter():
    c, i, x = T.iscalar("c"), T.lscalar("i"), T.dvector("x")
    total = theano.shared(np.array(0.0), "total")
    chosen = ifelse(c, x[i], ifelse(T.gt(x[0], 5), x[i + 1], x.sum()))
    f = theano.function([c, i, x], chosen, updates={total: total + chosen})
    assert float(f(0, 7, [1.0, 2.0])) == 3.0
    with pytest.raises(IndexError, match=r"index i is out of bounds for axis 0 of x.*shape \(2,\)"):
        f(1, 7, [1.0, 2.0])
    with pytest.raises(IndexError, match="out of bounds"):
        f(0, 7, [9.0, 2.0])
    assert float(total.get_value()) == 3.0


def test_branches_of_unlike_shapes():
    c, x = T.dscalar("c"), T.dvector("x")
    f = theano.function([c, x], [ifelse(c, x, x[:2]), T.grad(ifelse(c, x**2, x[:2]).sum(), x)])
    assert [value.tolist() for value in f(0.5, [1.0, 2.0, 3.0])] == [[1, 2, 3], [2, 4, 6]]
    assert [value.tolist() for value in f(0, [1.0, 2.0, 3.0])] == [[1, 2], [1, 1, 0]]


def test_gradients_and_shared_variables_in_branches():
    c, x = T.iscalar("c"), T.dvector("x")
    w, v = theano.shared(np.array(2.0), "w"), theano.shared(np.array(3.0), "v")
    first, second = ifelse(c, [w * x, x], [v * x**2, 2 * x])
    gradients = T.grad((first * second).sum(), [w, v, x])
    f = theano.function([c, x], [first, second, *gradients])
    assert [value.tolist() for value in f(1, [1.0, 2.0])] == [[2, 4], [1, 2], 5, 0, [4, 8]]
    assert [value.tolist() for value in f(0, [1.0, 2.0])] == [[3, 12], [2, 4], 0, 18, [18, 72]]


def test_choices_within_loops():
    x, k = T.dvector("x"), T.dscalar("k")

    def step(x_t, s):
        return ifelse(T.lt(x_t, 2.5), s + x_t * k, s * k)

    sums, _ = theano.scan(step, x, T.ones(()))
    f = theano.function([x, k], [sums, T.grad(sums[-1], k), T.grad(sums[-1], x)])
    sums_of, by_k, by_x = f([1.0, 2.0, 3.0], 3.0)
    # ((1 + k) + 2 k) k = k + 3 k**2
    assert sums_of.tolist() == [4, 10, 30]
    assert float(by_k) == 19.0
    assert by_x.tolist() == [9, 9, 0]


def test_a_condition_may_be_known_and_the_result_a_tuple():
    x = T.dscalar("x")
    pair = ifelse(np.array(0), (x, x + 1), (x + 2, x + 3))
    assert isinstance(pair, tuple)
    assert [float(one.eval({x: 1.0})) for one in pair] == [3.0, 4.0]
    (only,) = ifelse(x, [x], [x + 1])
    assert float(only.eval({x: 0.0})) == 1.0


def test_all_ways_out():
    c, x = T.iscalar("c"), T.dvector("x")
    w = theano.shared(np.array(1.0), "w")
    f = theano.function([c, x], ifelse(c, w * x, x**2), updates={w: ifelse(c, w + 1, w * 2)})
    state, rows = np.array([1, 0, 1], "int32"), np.arange(6.0).reshape(3, 2)
    plain, before = f.as_jax()
    namespace = {}
    # Only the module of its own sets the whole process to 64 bits.
    exec(f.source().replace('jax.config.update("jax_enable_x64", True)', ""), namespace)
    with jax.enable_x64(True):
        assert np.allclose(plain(before, 1, rows[2])[0], rows[2])
        assert np.allclose(namespace["function"](before, 0, rows[2])[0], rows[2] ** 2)
    one_by_one = [f(c, x).tolist() for c, x in zip(state, rows, strict=True)]
    assert float(w.get_value()) == 5.0
    w.set_value(1.0)
    assert f.scan(state, rows).tolist() == one_by_one
    assert float(w.get_value()) == 5.0


def test_errors():
    x, y, i = T.dvector("x"), T.dscalar("y"), T.lscalar("i")
    with pytest.raises(TypeError, match=r"condition: got x of .*vector\), wanted a scalar"):
        ifelse(x, y, y)
    with pytest.raises(TypeError, match=r"y is of .*float64, scalar\) and i of .*int64.*cast one"):
        ifelse(i, y, i)
    with pytest.raises(ValueError, match="got 1 and 2"):
        ifelse(i, [x], [x, x])


def test_a_size_that_is_chosen():
    c, x = T.iscalar("c"), T.dmatrix("x")
    size = ifelse(c, x.shape[0], x.shape[1] + 1)
    doubled, _ = theano.scan(lambda h: 2 * h, outputs_info=T.ones(()), n_steps=size)
    f = theano.function([c, x], [T.zeros((size,)), x[: size - 1], doubled])
    for choice, count in ((1, 2), (0, 4)):
        zeros, rows, powers = f(choice, np.ones((2, 3)))
        assert zeros.tolist() == [0.0] * count
        assert rows.shape == (min(count - 1, 2), 3)
        assert powers.tolist() == [2.0 ** (i + 1) for i in range(count)]
