"""Patterns of indices: which axes of a part broadcast, how they print, what is no index."""

import pytest

import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.ops import indexing

pytestmark = pytest.mark.usefixtures("strict")


def test_broadcast_flags():
    r, x, c = T.drow(), T.dmatrix(), T.lcol()
    i = T.lscalar()
    kept = [r[0:1], r[:], r[::2], r[::-1], r[0:5], r[::i], r[0:], r[0:1, 1:]]
    assert [part.broadcastable for part in kept] == [(True, False)] * len(kept)
    lost = [r[1:], r[i:], r[:i], r[:0], r[-1:], r[0:-1], r[0:1:-1], x[0:1], x[i : i + 1]]
    assert [part.broadcastable for part in lost] == [(False, False)] * len(lost)
    assert x[[0]].broadcastable == (True, False)
    assert x[None, :, :].broadcastable == (True, False, False)
    assert x[c, T.lrow()].broadcastable == (False, False)
    assert x[c, 0].broadcastable == (False, False)
    assert x[c].broadcastable == (False, True, False)
    assert x[T.lvector(), None].broadcastable == (False, True, False)
    assert T.set_subtensor(r[0, 1:], 0).broadcastable == (True, False)


def test_operations_print_as_theanos():
    x, i, j = T.dmatrix("x"), T.lscalar("i"), T.iscalar("j")
    assert str(x[i].owner) == "Subtensor{int64}(x, i)"
    assert str(x[1:3].owner) == "Subtensor{int64:int64:}(x, Constant{1}, Constant{3})"
    assert str(x[:, ::j].owner.op) == "Subtensor{::, ::int32}"
    assert x[i:, j].owner.op.idx_list == (
        slice(T.lscalar, None, None),
        T.iscalar,
    )
    assert str(T.set_subtensor(x[i, 1:], 0).owner.op) == "IncSubtensor{Set;int64, int64::}"
    assert str(T.inc_subtensor(x[i], 0).owner.op) == "IncSubtensor{Inc;int64}"
    assert str(x[[0, 1]].owner.op) == "AdvancedSubtensor1"
    written = T.set_subtensor(x[[0, 1]], 0).owner.op
    assert str(written) == "AdvancedIncSubtensor1{no_inplace,set}"
    assert written.set_instead_of_inc
    assert not written.inplace
    assert x[...].owner.op == indexing.Subtensor(x[:, :].owner.op.idx_list)
