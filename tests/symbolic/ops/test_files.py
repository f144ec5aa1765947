"""Arrays that a function reads from a file."""

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.array([1.0, 2.0, 3.0]))
    return path


@pytest.mark.parametrize("mode", [None, "c", "r"])
def test_the_file_is_read_at_each_call(path, mode):
    y = T.dscalar("y")
    compute = theano.function([y], T.load(str(path), "float64", (False,), mode).sum() * y)
    assert compute(2.0) == 12
    np.save(path, np.array([4.0, 5.0]))
    assert compute(1.0) == 9


def test_it_may_be_part_of_an_update(path):
    total = theano.shared(np.zeros(3))
    step = theano.function([], updates=[(total, total + T.load(path, "float64", (False,)))])
    step()
    step()
    np.testing.assert_array_equal(total.get_value(), [2, 4, 6])


def test_what_the_file_holds_must_be_what_was_declared(path):
    with pytest.raises(TypeError, match="holds an array of dtype float64 with 1 axes, and Tensor"):
        T.load(path, "float32", (False,)).eval()
    with pytest.raises(TypeError, match=r"and TensorType\(float64, matrix\) was declared"):
        T.load(path, "float64", (False, False)).eval()
    with pytest.raises(FileNotFoundError):
        T.load(path.with_name("y.npy"), "float64", (False,)).eval()


def test_errors(path):
    with pytest.raises(ValueError, match="mmap_mode: got 'w', wanted None, 'c' or 'r'"):
        T.load(path, "float64", (False,), "w")
    with pytest.raises(TypeError, match="load: path: got p, wanted a string; to read another file"):
        T.LoadFromDisk("float64", (False,))(T.dscalar("p"))
