"""Where functions have corners, edges and holes: ties, zeros, NaN and infinity."""

from casebook import FLOATS, Case, given

COMPILED = True
NAN, INFINITY = float("nan"), float("inf")


def kinks():
    """Ties, edges and zeros: which gradient does Theano give?"""
    ties = [1.0, 2.0, 0.0, -1.0, 3.0]
    other = [1.0, 1.0, 0.0, -1.0, 4.0]
    for dtype in FLOATS:
        for expression in (
            "T.maximum(x, y)", "T.minimum(x, y)", "T.maximum(x, x)", "T.minimum(x, x)",
            "T.switch(T.eq(x, y), x, y)", "T.switch(x > y, x, y)", "T.clip(x, y, 2)",
            "T.clip(2 * x, x, y)", "x * T.eq(x, y)", "x % (y + 5)", "x // (y + 5)",
        ):  # fmt: skip
            yield Case(expression, x=given(ties, dtype), y=given(other, dtype))
        for expression in (
            "abs(x)", "T.sgn(x)", "T.sqr(x)", "T.sqrt(x)", "T.maximum(x, 0)", "T.maximum(0, x)",
            "T.minimum(x, 1)", "T.clip(x, 0, 1)", "T.clip(x, -1, 0)", "T.clip(x, 1, 0)",
            "T.nnet.relu(x)", "T.nnet.relu(x, 0.2)", "x ** 2", "x ** 1", "x ** 0", "x ** 3",
            "x ** 0.5", "T.switch(x > 0, x, 0)", "T.switch(x, x, 1)", "T.floor(x)", "T.round(x)",
            "T.trunc(x)", "x % 1", "x % 2", "T.inv(x)", "T.log(x)", "T.arctan2(x, x)",
            "T.sqrt(T.sqr(x))", "x * (x > 0)", "abs(x) ** 1.5", "T.arcsin(x)", "T.arccosh(x)",
            "T.arctanh(x)", "T.log1p(x)", "1 / x",
        ):  # fmt: skip
            yield Case(expression, x=given([-1.0, 0.0, 0.5, 1.0, 2.0], dtype))
        yield Case("x ** y", x=given([0, 0, 1, 2], dtype), y=given([1, 2, 0, -1], dtype))
        yield Case("x ** y", x=given([-1, -2, -3], dtype), y=given([2, 3, 0.5], dtype))
        yield Case("x % y", x=given([-3, 3, -3.5, 1], dtype), y=given([2, -2, 2, 0], dtype))
        yield Case("x // y", x=given([-3, 3, -3.5, 1], dtype), y=given([2, -2, 2, 0], dtype))
        yield Case("x / y", x=given([-3, 3, 0, 1], dtype), y=given([0, -0.0, 0, 2], dtype))
        for expression in ("T.round(x)", "T.round(x, mode='half_away_from_zero')", "T.iround(x)"):
            yield Case(expression, x=given([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.49], dtype))


def not_finite():
    """NaN, infinity and negative zero."""
    odd = [NAN, INFINITY, -INFINITY, -0.0, 0.0, 1.0]
    for dtype in FLOATS:
        for expression in (
            "T.isnan(x)", "T.isinf(x)", "T.maximum(x, 0)", "T.minimum(0, x)", "T.clip(x, -1, 1)",
            "abs(x)", "T.sgn(x)", "T.exp(x)", "T.tanh(x)", "T.nnet.sigmoid(x)", "x < 1",
            "T.switch(T.isnan(x), 0, x)", "x.sum()", "x.max()", "x.min()", "x.argmax()",
            "x.argmin()", "x ** 0", "T.nnet.softplus(x)", "T.floor(x)", "T.sqrt(x)", "T.log(x)",
            "T.inv(x)", "x // 2", "x % 2", "T.any(x > 0)", "T.sqr(x)", "T.erf(x)",
        ):  # fmt: skip
            wrt = () if "imum" in expression else None
            yield Case(expression, wrt=wrt, x=given(odd, dtype))


CASES = [*kinks(), *not_finite()]
