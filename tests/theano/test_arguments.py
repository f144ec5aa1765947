"""What arguments that only Theano's programs give mean here, and what is refused.

Which arguments there are is checked against Theano's signatures in ``test_signatures.py``, and
numbers against its own in the reference family ``keywords``.
"""

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.theano.gof import graph
from jaxlearn.theano.sandbox.rng_mrg import DotModulo, MRG_RandomStreams
from jaxlearn.theano.tensor import elemwise, nlinalg, sharedvar, subtensor
from jaxlearn.theano.tensor.sort import ArgSortOp, SortOp, TopKOp

NAN, INFINITY = float("nan"), float("inf")


def text_of(kind, call, *args, **kwargs):
    with pytest.raises(kind) as caught:
        call(*args, **kwargs)
    return str(caught.value)


def test_inputs_take_strict_and_allow_downcast_where_theano_has_them():
    x = T.fscalar("x")
    loose = theano.In(x, None, None, None, None, False, True)
    assert (loose.strict, loose.allow_downcast, loose.borrow) == (False, True, None)
    assert theano.function([loose], x)(np.float64(0.1)).dtype == np.float32
    older = theano.Param(x, 2.0, "given", True, False, True, None, False)
    assert (older.value, older.name, older.mutable) == (2.0, "given", True)
    assert (older.strict, older.allow_downcast, older.borrow) == (False, True, False)


def test_shared_variables_are_made_of_their_class():
    kind = T.TensorType("float32", (False,))
    made = sharedvar.TensorSharedVariable("w", kind, np.ones(2, "float32"), True, None)
    assert (made.name, made.type, made.strict) == ("w", kind, True)
    with pytest.raises(TypeError, match="strict is set"):
        made.set_value([1.0])
    text = text_of(
        ValueError, sharedvar.TensorSharedVariable, "v", kind, [1.0], False, None, made.container
    )
    assert text.endswith("cannot keep one value here; use the one variable in both places")
    assert sharedvar.load_shared_variable(val=np.ones(2)).get_value().tolist() == [1, 1]


@pytest.mark.parametrize("axis", [None, 0, (1,)])
def test_reductions_are_made_of_what_joins_two_elements(axis):
    x = T.dmatrix("x")
    values = np.array([[1.0, 5.0, 2.0], [4.0, 2.0, 3.0]])
    for name, expected in (("add", np.sum), ("mul", np.prod), ("maximum", np.max)):
        made = elemwise.CAReduce(scalar_op=getattr(T, name).scalar_op, axis=axis)
        assert isinstance(made, elemwise.CAReduce)
        assert isinstance(made(x).owner.op, elemwise.CAReduce)
        np.testing.assert_allclose(made(input=x).eval({x: values}), expected(values, axis=axis))
    summed = elemwise.CAReduceDtype(T.add.scalar_op, axis, "float32")
    assert summed(x).dtype == "float32"
    assert isinstance(summed(x).owner.op, elemwise.CAReduceDtype)
    assert not isinstance(x.max().owner.op, elemwise.CAReduceDtype)


def test_reductions_tell_what_joins_two_elements():
    x = T.dvector("x")
    for made, name in ((x.sum(), "add"), (x.max(), "maximum"), ((x > 0).all(), "and_")):
        assert made.owner.op.scalar_op is getattr(T, name).scalar_op
        assert isinstance(made.owner.op.scalar_op, type(T.add.scalar_op))
    assert not hasattr(x.argmax().owner.op, "scalar_op")


def test_reductions_of_other_operations_are_refused():
    text = text_of(TypeError, elemwise.CAReduce, T.sub.scalar_op)
    assert text.startswith(
        "CAReduce: scalar_op: got Elemwise{sub,no_inplace}, wanted the scalar_op"
    )
    assert text.endswith("as theano.scan, or theano.from_jax of a function of JAX")
    assert text_of(TypeError, elemwise.CAReduce, max).startswith(
        "CAReduce: scalar_op: got <built-i"
    )
    text = text_of(TypeError, elemwise.CAReduceDtype, T.maximum.scalar_op)
    assert "wanted the scalar_op of T.add, T.mul; " in text
    bits = elemwise.CAReduce(T.or_.scalar_op, 0)
    assert bits(T.constant(np.array([False, True]))).eval()
    text = text_of(TypeError, bits, T.ivector("bits"))
    assert text.startswith("CAReduce: got bits of TensorType(int32, vector), wanted bool: the bits")


def test_sorting_operations_take_an_axis_where_they_are_called():
    values = np.array([[3, 1], [1, 2]])
    assert SortOp("quicksort")(values, 0).eval().tolist() == [[1, 1], [3, 2]]
    assert SortOp("quicksort", None, 0)(values).eval().tolist() == [[1, 1], [3, 2]]
    assert ArgSortOp("mergesort")(input=values, axis=-1).eval().tolist() == [[1, 0], [0, 1]]
    assert SortOp("heapsort")(values).owner.op.kind == "heapsort"
    assert "SortOp: got axis 2" in text_of(ValueError, SortOp("quicksort"), values, 2)
    largest = TopKOp(-1, False, "int32", True, True)
    found, places = largest(inp=values, kth=1)
    assert (found.eval().tolist(), places.dtype) == ([[3], [2]], "int32")


def test_operations_of_indices_are_made_of_their_class():
    x, i = T.dmatrix("x"), T.lvector("i")
    assert isinstance(x[i, i].owner.op, subtensor.AdvancedSubtensor)
    assert isinstance(T.inc_subtensor(x[i, i], 1).owner.op, subtensor.AdvancedIncSubtensor)
    chosen = T.set_subtensor(x[x > 0], 1)
    assert isinstance(chosen.owner.op, subtensor.AdvancedBooleanIncSubtensor)
    assert not isinstance(chosen.owner.op, subtensor.AdvancedIncSubtensor)
    given = {x: [[1.0, -2.0]], i: [0, 0]}
    added = subtensor.AdvancedIncSubtensor()(x, 5.0, i, i)
    assert added.eval(given).tolist() == [[11.0, -2.0]]
    replaced = subtensor.AdvancedIncSubtensor(set_instead_of_inc=True)(x, 5.0, i, i)
    assert replaced.eval(given).tolist() == [[5.0, -2.0]]
    masked = subtensor.AdvancedBooleanIncSubtensor(False, True)(x, 5.0, x > 0)
    assert masked.eval({x: given[x]}).tolist() == [[5.0, -2.0]]
    pattern = x[T.lscalar()].owner.op.idx_list
    change = subtensor.IncSubtensor(pattern, False, True, destroyhandler_tolerate_aliased=())
    assert change(x, 5.0, T.constant(0, dtype="int64")).eval({x: given[x]}).tolist() == [[5.0, 5.0]]


def test_the_diagonal_of_nlinalg_is_of_a_vector_or_a_matrix():
    assert nlinalg.diag([1, 2]).eval().tolist() == [[1, 0], [0, 2]]
    assert nlinalg.diag([[1, 2], [3, 4]]).eval().tolist() == [1, 4]
    for x in (T.dscalar("x"), T.dtensor3("x")):
        text = text_of(TypeError, nlinalg.diag, x)
        assert text.startswith(
            f"nlinalg.diag: got x of {x.type!r}, wanted a vector or a matrix; T.d"
        )
    assert T.diag(T.dtensor3()).ndim == 2


def test_two_names_of_one_argument():
    x, y = T.dtensor3("x"), T.dscalar("y")
    assert T.flatten(x, outdim=2).ndim == T.flatten(x, ndim=2).ndim == 2
    assert text_of(ValueError, T.flatten, x, 2, outdim=2).endswith("its older name; give ndim")
    assert theano.clone(y * 2, copy_inputs=True).owner.inputs[0] is y
    assert theano.clone(y * 2, copy_inputs=False).owner.inputs[0] is not y


def test_names_of_several_variables():
    # As Theano 1.0.5 answers.
    for names in (("x", "yz"), (["x", "yz"],), (("x", "yz"),)):
        assert [variable.name for variable in T.dvectors(*names)] == ["x", "yz"]
    assert [variable.name for variable in T.vectors("xyz")] == ["x", "y", "z"]
    assert T.iscalars("x").name == "x"
    assert [variable.name for variable in T.dscalars(1)] == [None]
    assert T.dscalars() == T.dscalars(0) == T.dscalars([]) == []
    assert T.tensor("int8", (True,), sparse_grad=True).type == T.TensorType("int8", (True,))


def test_stacks_take_tensors_by_name():
    x = T.dvector("x")
    assert T.stack(tensors=[x, x], axis=1).eval({x: [1.0, 2.0]}).tolist() == [[1, 1], [2, 2]]
    assert text_of(TypeError, T.stack, [x, x], dim=1).startswith("stack: got dim, wanted a list")
    assert text_of(TypeError, T.stack, [x], tensors=[x]).startswith("stack: got tensors, wanted")


def test_arguments_without_a_meaning_here_are_refused_where_they_would_have_one():
    text = text_of(TypeError, theano.shared, [1, 2], broadcastable=(True,))
    assert text.startswith("shared: broadcastable: got (True,) for [1, 2], a Python object without")
    rows = [[0.0, 1.0]]
    assert len(T.nnet.crossentropy_softmax_1hot(rows, [1], return_list=True)) == 2
    with pytest.raises(TypeError, match="unexpected keyword argument 'axis'"):
        T.nnet.crossentropy_softmax_1hot(rows, [1], axis=0)


def test_walks_refuse_what_they_do_not_do():
    x = T.dvector("x")
    y = T.exp(x)
    assert graph.io_toposort([x], [y], {}, None) == [y.owner]
    text = text_of(ValueError, graph.io_toposort, [x], [y], {y.owner: []})
    assert text.endswith("the order in which they do is free; leave it out")
    text = text_of(ValueError, graph.io_toposort, [x], [y], clients={})
    assert text.startswith("io_toposort: clients: it is not filled in here; the clients of x are")
    assert graph.variables(i=[x], o=[y]) == [x, y]
    assert graph.is_same_graph(var1=y, var2=T.exp(x), debug=True)


def test_draws_take_a_target():
    matrix = [[0.5, 0.5]]
    for draw, arguments in (
        ("uniform", {"size": (2,)}),
        ("binomial", {"size": (2,)}),
        ("normal", {"size": (2,)}),
        ("truncated_normal", {"size": (2,)}),
        ("multinomial", {"pvals": matrix}),
        ("choice", {"p": matrix, "replace": False}),
        ("multinomial_wo_replacement", {"pvals": matrix}),
    ):
        drawn = [
            getattr(MRG_RandomStreams(3), draw)(**arguments, **more).eval()
            for more in ({}, {"target": "cpu"})
        ]
        np.testing.assert_array_equal(*drawn)


def test_a_poisson_distribution_needs_its_mean():
    streams = T.shared_randomstreams.RandomStreams(1)
    text = text_of(TypeError, streams.poisson, (3,))
    assert text == "poisson: lam is missing: say which number is expected, lam=1.0"


def test_products_modulo_a_number_are_exact():
    most = 2**31 - 1
    matrix = np.array([[most, most - 1, most - 2], [5, 7, 11]])
    vector = np.array([most - 1, most - 3, most - 4], "int32")
    found = DotModulo()(matrix, vector, most, matrix[:1], vector, 2147462579)
    products = [
        sum(a * b for a, b in zip(r, vector.tolist(), strict=True)) for r in matrix.tolist()
    ]
    expected = [products[0] % most, products[1] % most, products[0] % 2147462579]
    assert found.eval().tolist() == expected
    assert found.dtype == "int32"


@pytest.mark.parametrize(
    ("a", "b", "equal", "near"),
    [
        ([1.0], [1.0], True, True),
        ([NAN, INFINITY], [NAN, INFINITY], True, True),
        ([1.0], [1.0 + 1e-6], False, True),
        ([1.0], [1.0 + 1e-4], False, False),
        ([1.0], [[1.0]], False, False),
        ([1.0, NAN], [1.0, 2.0], False, False),
    ],
)
def test_values_of_a_type_are_compared(a, b, equal, near):
    # As Theano 1.0.5 answers.
    a, b = np.array(a), np.array(b)
    assert T.TensorType.values_eq(a, b) is equal
    assert T.TensorType.values_eq_approx(a, b) is near


def test_how_values_of_a_type_are_compared():
    equal, near = T.TensorType.values_eq, T.TensorType.values_eq_approx
    a, single = np.ones(1), np.ones(1, "float32")
    assert (equal(a, single), near(a, single)) == (False, False)
    assert equal(a, single, force_same_dtype=False)
    assert near(np.array([1.0, INFINITY]), np.array([1.0, 2.0]), allow_remove_inf=True)
    assert not near(np.array([1.0, 2.0]), np.array([1.0, INFINITY]), True)
    assert near(np.array([1.0, NAN]), np.array([1.0, 2.0]), allow_remove_nan=True)
    assert near(a, a + 0.1, rtol=0.2)
    assert near(a, a + 0.1, atol=0.2)
    half = np.ones(1, "float16")
    assert near(half, half + np.float16(2e-3))
    assert not near(half, half + np.float16(5e-3))
    assert not near(np.zeros(1), np.full(1, 1e-7))
    assert near(np.zeros(1, "complex64"), np.full(1, 5e-6, "complex64"))


def test_states_of_generators_are_compared():
    # As Theano 1.0.5 answers.
    kind, one, other = T.raw_random.random_state_type().type, *map(np.random.RandomState, (1, 1))
    for same in (kind.values_eq, kind.values_eq_approx):
        assert same(one, other)
        one.normal()
        assert not same(one, other)
        other.normal()


def test_names_of_inputs_go_to_the_operation():
    x = T.dmatrix("x")
    assert nlinalg.MatrixInverse()(x, return_list=True)[0].owner.inputs == [x]
    doubled = T.add(x, x, x, name="tripled")
    assert doubled.name == "tripled"
    with pytest.raises(TypeError, match="unexpected keyword argument 'q'"):
        T.exp(x, q=1)


def test_modes_are_cloned():
    mode = theano.Mode("py", optimizer="fast_run")
    assert mode.clone(link_kwargs={"allow_gc": False}).provided_optimizer == "fast_run"
    assert mode.clone(optimizer="fast_compile").provided_optimizer == "fast_compile"
    assert mode.register("anything") is mode
    with pytest.raises(TypeError, match="unexpected keyword argument 'lnker'"):
        theano.Mode(lnker="py")


def test_updates_are_joined_with_none():
    updates = theano.OrderedUpdates()
    updates.update(None)
    assert len(updates) == 0


@pytest.mark.parametrize("shape", [(2, 3), (3, 2)])
def test_full_matrices_of_singular_vectors_have_no_gradient(shape):
    x = T.dmatrix("x")
    for part in (0, 1):
        slope = theano.function([x], T.grad(nlinalg.svd(x)[part].sum(), x))
        with pytest.raises(NotImplementedError) as caught:
            slope(np.ones(shape))
        first, place = str(caught.value).splitlines()[:2]
        assert first == (
            "the gradient of SVD{full_matrices=True, compute_uv=True} does not exist where x has "
            f"shape {shape}: the full matrices u and v are not determined by one that is not "
            "square; use full_matrices=False, or compute_uv=False for the singular values alone"
        )
        assert "test_arguments.py" in place
    values = nlinalg.svd(x, compute_uv=False)
    given = np.arange(6.0).reshape(shape) + 1
    u, _, v = np.linalg.svd(given, full_matrices=False)
    np.testing.assert_allclose(T.grad(values.sum(), x).eval({x: given}), u @ v, rtol=1e-9)


def test_qr_that_jax_cannot_derive_says_so(monkeypatch):
    # Newer versions of JAX derive more of it, so that of this one is taken away.
    def underived(x):
        raise NotImplementedError("no rule")

    x = T.dmatrix("x")
    slope = theano.function([x], T.grad(nlinalg.qr(x, "complete")[0].sum(), x))
    monkeypatch.setattr("jax.jvp", lambda function, primals, tangents: underived(primals))
    with pytest.raises(NotImplementedError) as caught:
        slope(np.ones((3, 2)))
    assert str(caught.value).splitlines()[0] == (
        "the gradient of QRFull{mode='complete'} does not exist where x has shape (3, 2): JAX has "
        "it for a square matrix, and by mode='reduced' or 'r' for one of more rows than columns"
    )
