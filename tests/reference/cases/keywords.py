"""Arguments under the names and at the positions that Theano gives them."""

import importlib
import re

import numpy as np
from casebook import Case, given, real, whole

# Over x[3, 4] and y[3, 4], and the square matrix z.
EXPRESSIONS = (
    "T.isnan(a=x / (x - x))", "T.isinf(a=1 / (x - x))", "x.dot(right=y.T)",
    "theano.dot(l=x, r=y.T)",
    "T.flatten(x, outdim=1)", "T.stack([x, y], axis=-1)", "T.sum(input=x, axis=0, keepdims=True)",
    "T.nlinalg.matrix_inverse(x=z)", "T.nlinalg.det(x=z)",
    "T.nlinalg.diag(x=z)",
    "theano.clone(x * y, {y: x}, copy_inputs=True)",
    "T.switch(T.gt(x, y), x, y, return_list=True)[0]", "T.opt.assert_op(value=x)",
    "T.tensor_from_scalar(s=T.scalar_from_tensor(t=x.sum()))", "T.nlinalg.svd(a=z, compute_uv=0)",
    "T.AdvancedSubtensor()(x, T.constant([0, 2]), T.constant([1, 1]))",
    "T.AdvancedIncSubtensor()(x, y[0, :2], T.constant([0, 0]), T.constant([1, 1]))",
    "T.AdvancedIncSubtensor(set_instead_of_inc=True)(x, y[0, :2], T.constant([0, 2]), [1, 1])",
    "T.AdvancedBooleanIncSubtensor(False, True)(x, T.constant(2.0), x > 0)",
)  # fmt: skip
# Arguments that the cases of the other families leave at their defaults.
OPTIONS = (
    "T.all(x > y, axis=0, keepdims=True)", "T.any(x > y, 1, True)",
    "T.argmax(x, axis=1, keepdims=True)", "T.argmin(x, 0, True)", "T.argmax(x, keepdims=True)",
    "T.allclose(x, x * 1.001, rtol=0.01)", "T.allclose(x, x + 0.001, atol=0.01)",
    "T.allclose(x / (x - x), x / (x - x), equal_nan=True)", "T.isclose(x, x * 1.1, rtol=0.2)",
    "T.as_tensor_variable(x, name='given', ndim=3)", "T.constant([1.0, 2.0], ndim=1, dtype='int8')",
    "T.constant(int(T.is_flat(x, ndim=2)))", "T.constant(int(T.is_flat(x, outdim=1)))",
    "T.bincount(T.cast(abs(x), 'int64').flatten(), minlength=9, assert_nonneg=True)",
    "T.extra_ops.searchsorted(T.sort(x[0]), y[0], side='right')",
    "T.extra_ops.searchsorted(x[0], y[0], sorter=T.argsort(x[0]))",
    "x[0].searchsorted(y[1], 'right', x[0].argsort())",
    "T.extra_ops.to_one_hot(T.cast([1, 0, 2], 'int32'), 3, dtype='int8')",
    "T.permute_row_elements(x, T.constant([2, 0, 3, 1]), inverse=1)",
    "T.sort(T.argtopk(x, 2, sorted=False, idx_dtype='int32'))",
    "T.sort(T.topk(x, 2, axis=0, sorted=False, idx_dtype='int16'), 0)",
    "T.sort(T.topk_and_argtopk(x, 2, 0, False, 'int32')[1], 0)",
    # Theano's gradient of the next one is wrong: it goes to the elements across the diagonal.
    "T.dot(x.T, y).diagonal(-1, 1, 0)",
    "x.argsort(axis=0)", "x.argsort(axis=None)", "x.argsort(0, 'mergesort')",
    "T.cast(x > 0, 'int64').choose(T.stack([x, y, x]), mode='wrap')",
    "x.nonzero(return_matrix=True)", "T.nonzero(x, return_matrix=True)",
    "x.ones_like(dtype='int8')",
    "x.zeros_like(dtype='float32')", "T.zeros_like(x, opt=True)", "T.ones_like(x, opt=True)",
    "T.zeros_like(x, 'int8')", "theano.clone(x + y, {y: x}, strict=False)",
    "theano.clone(x + y, share_inputs=True)",
    "theano.gradient.jacobian(x.sum(1) * y.sum(1), x, consider_constant=[y])",
    "theano.gradient.hessian((x[0] * y[0]).sum(), x[0], [y], disconnected_inputs='ignore')",
)  # fmt: skip
DIFFERENTIABLE = (
    "T.mean(x, 0, keepdims=True)", "T.mean(x, op=False)", "x.mean(1, 'float32')",
    "x.mean(0, acc_dtype='float64')", "T.std(x, 0, keepdims=True)", "T.std(x, 1, corrected=True)",
    "T.var(x, 0, 1, keepdims=True)", "T.var(x, axis=1, ddof=1, corrected=True)",
    "x.std(axis=0, ddof=1)", "x.var(1, 1, True, True)", "x.std(corrected=True)",
    "x.norm(2, axis=0, keepdims=True)", "x.norm(L=1, axis=1)", "T.prod(x, 0, acc_dtype='float64')",
    "x.prod(1, dtype='float64', acc_dtype='float64')", "T.prod(x, 0, no_zeros_in_input=True)",
    "T.sum(x, acc_dtype='float64', dtype='float32')",
    "T.diag(T.dot(x, y.T), k=1)", "T.diag(x[0], -1)", "T.dot(x.T, y).diagonal(offset=1)",
    "T.inc_subtensor(x[0], y[1], set_instead_of_inc=True)",
    "T.inc_subtensor(x[0], y[1], False, True)",
    "T.sort(x, axis=0, kind='mergesort')", "x.sort(axis=0)", "x.sort(None, 'heapsort')",
    "T.tile(x, (2, 1), ndim=3)", "T.tile(x[0], 2, ndim=2)",
    "T.constant([0, 1, 1]).compress(x, axis=0)",
    "x.copy(name='copied')", "x.cumsum(axis=1)", "x.cumprod(axis=0)", "x.cumsum()",
    "x.round(mode='half_away_from_zero')", "T.round(x, mode='half_to_even')", "x.round()",
    "x.take([1, 5], axis=1, mode='wrap')", "x.take([1, 15, -20], 1, 'clip')",
    "T.flatten(x, ndim=None)", "T.repeat(x, 2, axis=1)", "x.repeat(2)", "T.roll(x, 1, axis=0)",
    "T.shape_padaxis(x, axis=1)", "T.join(1, x, y)",
    "T.concatenate(tensor_list=[x, y], axis=1)", "T.tensordot(x, y, axes=[[0, 1], [0, 1]])",
    "x.clip(a_min=-1, a_max=1)", "T.transpose(x, axes=(1, 0))",
    "T.reshape(x, newshape=(2, 6), ndim=2)", "x.reshape(shape=(2, 6), ndim=2)",
    "T.swapaxes(y=x, axis1=0, axis2=1)", "x.swapaxes(axis1=0, axis2=1)",
)  # fmt: skip
GRADIENTS = (
    "T.largest(x, y)", "T.largest(x, y, y * x)", "T.smallest(x, y)", "T.smallest(x, y, y * x)",
)  # fmt: skip
REDUCTIONS = ("add", "mul", "maximum", "minimum")


def reduction(name, axis):
    def reduced(theano, T, x):  # noqa: N803
        operation = getattr(T, name)
        return T.elemwise.CAReduce(scalar_op=operation.scalar_op, axis=axis)(x)

    reduced.__name__ = f"CAReduce({name}, {axis})"
    return reduced


def accumulation(name, **options):
    def reduced(theano, T, x):  # noqa: N803
        return T.elemwise.CAReduceDtype(getattr(T, name).scalar_op, 1, **options)(x)

    reduced.__name__ = f"CAReduceDtype({name}, {options})"
    return reduced


def module(package, name):
    return importlib.import_module(f"{package.__name__}.{name}")


def of_matrices(theano, T, z):  # noqa: N803
    slinalg = module(T, "slinalg")
    return [slinalg.expm(A=z), slinalg.cholesky(x=T.dot(z, z.T))]


def ordered(theano, T, x):  # noqa: N803
    sort = module(T, "sort")
    return [
        sort.SortOp("mergesort")(x),
        sort.SortOp(kind="quicksort", order=None)(x, axis=0),
        sort.ArgSortOp("mergesort")(x, 0),
        T.sort(sort.TopKOp(axis=-1, sorted=False)(x, kth=2)[0]),
        T.sort(sort.TopKOp(0, False, "int32", True, False)(x, 2), axis=0),
    ]


def modulo(theano, T, A, s, B):  # noqa: N803
    random = module(theano, "sandbox.rng_mrg")
    first, second = T.constant(2147483647), T.constant(2147462579)
    return random.DotModulo()(A, s, first, B, s, second)


def cases():
    square = {"z": real("float64", 3, 3)}
    pair = {"x": real("float64", 3, 4), "y": real("float64", 3, 4)}
    for expression in EXPRESSIONS:
        inputs = square if "z" in expression else pair
        yield Case(expression, wrt=(), **inputs)
    for expression in OPTIONS:
        yield Case(expression, wrt=(), **pair)
    for expression in DIFFERENTIABLE:
        needed = [name for name in pair if re.search(rf"\b{name}\b(?!=)", expression)]
        yield Case(expression, **{name: pair[name] for name in needed})
    yield Case(of_matrices, wrt=(), **square)
    for expression in GRADIENTS:
        yield Case(expression, **pair)
    ties = {"x": given([1, 2, 3, np.nan]), "y": given([1, 3, 2, 3])}
    for expression in GRADIENTS[::2]:
        yield Case(expression, **ties)
    for name in REDUCTIONS:
        for axis in (None, 0, (1,)):
            yield Case(reduction(name, axis), wrt=(), x=whole("int8", 3, 4))
        yield Case(reduction(name, 1), wrt=(), x=real("float32", 3, 4))
    for name in ("and_", "or_"):
        yield Case(reduction(name, 0), wrt=(), x=whole("bool", 3, 4))
    yield Case(accumulation("add"), wrt=(), x=whole("int8", 3, 4))
    yield Case(accumulation("mul", dtype="float32"), wrt=(), x=whole("int8", 3, 4))
    yield Case(accumulation("add", acc_dtype="float64"), wrt=(), x=real("float32", 3, 4))
    yield Case(ordered, wrt=(), x=whole("int64", 3, 4))
    large = {"low": 0, "high": 2**31}
    yield Case(
        modulo,
        wrt=(),
        A=whole("int64", 3, 3, **large),
        s=whole("int32", 3, low=0, high=2**31 - 1),
        B=whole("int64", 3, 3, **large),
    )


CASES = list(cases())
COMPILED = True
