"""Fourier transforms, and positions in arrays."""

from importlib import import_module

from casebook import FLOATS, Case, given, real, whole

# Over x[2, 6] and x[2, 3, 4].
FORWARD = (
    "fft.rfft(x)", "fft.rfft(x, norm='ortho')", "fft.rfft(x, norm='no_norm')",
    "fft.rfft(x) ** 2", "fft.rfft_op(x)",
)  # fmt: skip
# Over frequencies x[2, 3, 2] and x[2, 4, 3, 2].
BACKWARD = (
    "fft.irfft(x)", "fft.irfft(x, is_odd=True)", "fft.irfft(x, norm='ortho')",
    "fft.irfft(x, norm='no_norm', is_odd=True)", "fft.irfft(x, 'ortho', True) ** 2",
    "fft.irfft_op(x)",
)  # fmt: skip
RAVELED = (
    "T.ravel_multi_index((i % 2, j), (2, 6))", "T.ravel_multi_index((i % 2, j), (2, 6), order='F')",
    "T.ravel_multi_index((i, j), (2, 4), mode='wrap')",
    "T.ravel_multi_index((i, j - 2), (2, 4), mode='clip')",
    "T.ravel_multi_index((i - 3, j - 2), (2, 4), mode='wrap', order='F')",
    "T.ravel_multi_index((i, j), (2, 3))", "T.ravel_multi_index((i, j, i), (2, 3))",
    "T.ravel_multi_index((i, 2), (6, 3))", "T.extra_ops.RavelMultiIndex('clip')(i, j, [4, 4])",
)  # fmt: skip


def transform(text, **options):
    """A case over ``fft``, which Theano has as a module that must be imported."""

    def expression(theano, tensor, **symbols):
        return eval(text, {"fft": import_module(f"{tensor.__name__}.fft"), **symbols})

    expression.__name__ = text
    return Case(expression, **options)


def transforms():
    for dtype in FLOATS:
        for expression in FORWARD:
            yield transform(expression, x=real(dtype, 2, 6))
            yield transform(expression, x=real(dtype, 2, 3, 5))
        for expression in BACKWARD:
            yield transform(expression, x=real(dtype, 2, 3, 2))
            yield transform(expression, x=real(dtype, 2, 4, 3, 2))
    x = real("float64", 2, 6)
    yield transform("fft.rfft_op(x, [4])", wrt=(), x=x)
    yield transform("fft.irfft(fft.rfft(x))", x=x)
    yield transform("fft.irfft(fft.rfft(x[:, :5]), is_odd=True)", x=x)
    yield transform("fft.rfft(x)", wrt=(), x=real("float64", 1, 4).declared("TF"))
    yield transform("fft.rfft(x)", wrt=(), x=real("float64", 0, 4))
    yield transform("fft.rfft(x)", x=real("float64", 6))
    yield transform("fft.rfft(x)", x=real("float64", 2, 0))
    yield transform("fft.rfft(x, norm='other')", x=x)
    yield transform("fft.irfft(fft.rfft(x), is_odd='yes')", x=x)


def positions():
    for dtype in ("int64", "int8"):
        i = whole(dtype, 4, low=0, high=6)
        yield Case("T.unravel_index(i, (2, 3))", i=i)
        yield Case("T.unravel_index(i, d, ndim=3)", i=i, d=given([2, 1, 4], "int64"))
        yield Case("T.unravel_index(i, (6,))", i=i)
        yield Case("T.extra_ops.UnravelIndex(2)(i, [2, 3])", i=i)
        for expression in RAVELED:
            yield Case(expression, i=i, j=whole(dtype, 4, low=0, high=6))
    yield Case("T.unravel_index(i, (2, 3))", i=whole("int64", 2, 3, low=0, high=6))
    yield Case("T.unravel_index(i, (2, 3))", i=whole("int64", 0))
    yield Case("T.unravel_index(i, (2, 3))", i=given(5, "int64"))
    for wrong in (6, -1):
        yield Case("T.unravel_index(i, (2, 3))", i=given([wrong], "int64"))
    yield Case("T.unravel_index(i, d)", i=given([1], "int64"), d=given([2, 3], "int64"))
    yield Case("T.unravel_index(i, 6)", i=given([1], "int64"))
    yield Case("T.unravel_index(i, (2, 3), order='K')", i=given([1], "int64"))
    yield Case("T.unravel_index(i, (2, 3))", wrt=(), i=given([1.0]))
    row, column = whole("int64", 2, 1, low=0, high=2), whole("int64", 1, 3, low=0, high=3)
    yield Case("T.ravel_multi_index((i, j), (2, 3))", i=row.declared("FT"), j=column.declared("TF"))
    yield Case("T.ravel_multi_index((i, j), (2, 3), mode='other')", i=row, j=column)
    yield Case("T.ravel_multi_index((i, j), (2, 3))", i=given([0], "int64"), j=given([-1], "int64"))


def windows():
    for count in (-2, 0, 1, 2, 5, 6):
        yield Case("T.bartlett(m)", m=given(count, "int64"))
        yield Case(f"T.bartlett({count}) * x.sum()", x=real("float64", 3))
    yield Case("T.bartlett(m)", wrt=(), m=given(2.5))
    yield Case("T.extra_ops.bartlett(m)", m=given([2], "int64"))


CASES = [*transforms(), *positions(), *windows()]
