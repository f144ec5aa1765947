"""Diagonals, stacked matrices and grids."""

import jax
import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.theano.tensor import extra_ops, nlinalg


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def test_a_trace_is_the_sum_of_the_diagonal():
    x = T.dmatrix("x")
    values = np.arange(6.0).reshape(2, 3)
    trace, slope = theano.function([x], [x.trace(), T.grad(nlinalg.trace(x), x)])(values)
    assert trace == np.trace(values)
    assert slope.tolist() == np.eye(2, 3).tolist()
    with pytest.raises(ValueError, match="diagonal"):
        nlinalg.trace(T.dvector())


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (5, 2), (0, 3)])
def test_diagonals_are_filled_in_matrices_of_every_form(shape):
    a, v, k = T.dmatrix("a"), T.dscalar("v"), T.lscalar("k")
    filled = [T.fill_diagonal(a, v), extra_ops.fill_diagonal_offset(a, v, k)]
    slopes = T.grad((filled[1] ** 2).sum() / 2, [a, v])
    values = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    run = theano.function([a, v, k], [*filled, *slopes])
    for offset in (0, 1, -1, -9):
        main, beside, by_a, by_v = run(values, 7.0, offset)
        np.testing.assert_array_equal(main, np.where(np.eye(*shape) == 1, 7, values))
        chosen = np.eye(*shape, offset) == 1
        np.testing.assert_array_equal(beside, np.where(chosen, 7, values))
        np.testing.assert_array_equal(by_a, np.where(chosen, 0, values))
        assert by_v == 7 * chosen.sum()


def test_the_diagonal_of_more_axes_needs_them_of_one_length():
    a = T.dtensor3("a")
    filled = T.fill_diagonal(a, 1)
    answer = filled.eval({a: np.zeros((3, 3, 3))})
    wanted = np.zeros((3, 3, 3))
    np.fill_diagonal(wanted, 1)
    np.testing.assert_array_equal(answer, wanted)
    with pytest.raises(ValueError, match=r"a has shape \(2, 2, 3\); all axes") as error:
        filled.eval({a: np.zeros((2, 2, 3))})
    assert "test_matrices.py" in str(error.value)


def test_wrong_fillings_are_refused():
    f, v = T.fmatrix("f"), T.fvector("v")
    with pytest.raises(TypeError, match="fill_diagonal: got v of"):
        T.fill_diagonal(v, 1)
    with pytest.raises(TypeError, match="wanted a scalar that float32 can hold; cast it"):
        T.fill_diagonal(f, T.dscalar("d"))
    with pytest.raises(TypeError, match="wanted a scalar that float32 can hold"):
        T.fill_diagonal(f, v)
    with pytest.raises(TypeError, match=r"fill_diagonal_offset: got t of .* wanted a matrix"):
        extra_ops.fill_diagonal_offset(T.ftensor3("t"), 1, 0)
    with pytest.raises(TypeError, match="offset: got"):
        extra_ops.fill_diagonal_offset(f, 1, 0.5)


def test_matrices_are_stacked_and_nothing_else():
    x, y = T.dmatrix("x"), T.dmatrix("y")
    values = {x: np.ones((2, 3)), y: np.zeros((2, 3))}
    assert T.vertical_stack(x, y).eval(values).shape == (4, 3)
    assert T.horizontal_stack(x, y, x).eval(values).shape == (2, 9)
    for wrong in ((), (x,), (x, T.dvector())):
        with pytest.raises(TypeError, match=r"vertical_stack: got .*wanted two matrices or more"):
            T.vertical_stack(*wrong)


def test_grids_are_numpys():
    n = T.lscalar("n")
    dense = T.mgrid[1:n, 0:4:2, :3]
    sparse = T.ogrid[1:n, 0:4:2, :3]
    assert [part.broadcastable for part in sparse] == [
        (False, True, True),
        (True, False, True),
        (True, True, False),
    ]
    answers = theano.function([n], [*dense, *sparse])(4)
    wanted = [*np.mgrid[1:4, 0:4:2, :3], *np.ogrid[1:4, 0:4:2, :3]]
    for answer, want in zip(answers, wanted, strict=True):
        np.testing.assert_array_equal(answer, want)
    assert T.mgrid[0:3][0].eval().tolist() == [0, 1, 2]
    with pytest.raises(NotImplementedError, match="give the distance of two points as the step"):
        T.mgrid[0:1:5j]
