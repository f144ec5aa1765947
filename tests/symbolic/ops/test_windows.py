"""Windows: slices take what NumPy's take, wherever they start and however they step."""

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T

pytestmark = pytest.mark.usefixtures("strict")

X = np.arange(20.0).reshape(5, 4) - 7


SLICES = (
    "i:", ":i", "i::-1", ":i:-1", "i:3", "1:i", "i:i + 2", "i::2", "i::-2", ":i:2", ":, i:",
    "i:, ::-1", "-3:i:2", "i:-9:-3", "::2, :i", "2:i, 1", "..., i:",
)  # fmt: skip


def test_slices_are_clipped_as_in_numpy():
    x, i = T.dmatrix("x"), T.lscalar("i")
    read = theano.function([x, i], [eval(f"x[{index}]", {"x": x, "i": i}) for index in SLICES])
    for start in (-6, -5, -4, -1, 0, 1, 3, 4, 5, 8):
        for index, found in zip(SLICES, read(X, start), strict=True):
            expected = eval(f"x[{index}]", {"x": X, "i": start})
            np.testing.assert_array_equal(found, expected, err_msg=f"x[{index}], i={start}")


@pytest.mark.parametrize("step", [-7, -2, -1, 1, 2, 7])
def test_a_symbolic_step(step, same_as_numpy):
    for index in ("::s", "3:0:s", "1:4:s", ":, ::s"):
        same_as_numpy(f"x[{index}]", x=X, s=step)
