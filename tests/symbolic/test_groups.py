"""Groups of dtypes and types."""

import numpy as np

import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.types import DTYPES


def test_dtypes_are_grouped_by_kind():
    assert sorted(T.all_dtypes) == sorted(DTYPES)
    for dtype in DTYPES:
        kind = np.dtype(dtype).kind
        assert (dtype in T.discrete_dtypes) is (kind in "biu")
        assert (dtype in T.continuous_dtypes) is (kind in "fc")
        assert (dtype in T.integer_dtypes) is (kind in "iu")
        assert (dtype in T.int_dtypes) is (kind == "i")
        assert (dtype in T.uint_dtypes) is (kind == "u")
        assert (dtype in T.float_dtypes) is (kind == "f")
        assert (dtype in T.complex_dtypes) is (kind == "c")


def test_types_are_grouped_by_rank():
    assert T.float_matrix_types == (T.fmatrix, T.dmatrix)
    assert T.int_vector_types == (T.bvector, T.wvector, T.ivector, T.lvector)
    assert T.complex_types == T.complex_scalar_types == (T.cscalar, T.zscalar)
    assert T.float32_atol == T.float32_rtol == 1e-5
