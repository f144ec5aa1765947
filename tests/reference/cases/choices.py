"""Choices between expressions, and their gradients."""

import importlib

from casebook import FLOATS, Case, given, real


def ifelse(theano):
    return importlib.import_module(theano.__name__ + ".ifelse").ifelse


def one_of_two(theano, tensor, c, x, y):
    """The gradient is zero by what is not chosen."""
    return ifelse(theano)(c, x * y, tensor.exp(x) - y)


def of_one_operand(theano, tensor, c, x, y):
    """Only one branch depends on y."""
    return ifelse(theano)(tensor.gt(c, 1), x.sum(), tensor.sqr(y).sum())


def several(theano, tensor, c, x, y):
    """Lists, and a choice within a choice."""
    choose = ifelse(theano)
    first, second = choose(c, [x + y, choose(tensor.eq(c, 2), x, y)], [x - y, y])
    return [first, second]


def two_refused(theano, tensor, c, x, y):
    """Types must agree."""
    return ifelse(theano)(c, x, y.sum())


def vector_refused(theano, tensor, c, x, y):
    """The condition is a scalar."""
    return ifelse(theano)(x, x, y)


CASES = [
    Case(
        expression,
        wrt=("x", "y"),
        c=given(condition, kind),
        x=real(dtype, 3),
        y=real(dtype, 3),
    )
    for expression in (one_of_two, of_one_operand, several)
    for dtype in FLOATS
    for condition, kind in ((0, "int8"), (1, "int64"), (2, "int32"), (0.5, "float64"))
] + [
    Case(expression, c=given(1, "int8"), x=real("float64", 3), y=real("float64", 3))
    for expression in (two_refused, vector_refused)
]
