"""Arguments under the names and at the positions that Theano gives them."""

import importlib

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
