"""Loops that a generator of programs found, made small: what few write by hand."""

from casebook import Case, real

# What of the initial values the last steps see by themselves is no step's, and so has a gradient.
LOOKING_FAR_BACK = (
    "theano.scan(lambda p, q: T.sin(p * s + q), outputs_info=dict(initial=x, taps=[-3, -1]),"
    " n_steps=4, truncate_gradient={})[0]",
    "theano.scan(lambda p: T.sin(p * s), outputs_info=dict(initial=x, taps=[-2]), n_steps=3,"
    " truncate_gradient={})[0]",
    "theano.scan(lambda a, p, q: T.sin(p * a + q), x, dict(initial=x[::-1] * s, taps=[-1, -2]),"
    " truncate_gradient={})[0][-1]",
)


def truncated():
    for expression in LOOKING_FAR_BACK:
        for steps in (1, 2, 3):
            yield Case(expression.format(steps), x=real("float64", 4), s=real("float64"))


# Over x[4], v[4] and m[2, 3]: what does not depend on x has zeros for its product with v.
# Where a gradient is truncated, that product is not.
PRODUCTS = (
    "T.Rop(theano.scan(lambda a, t: T.sin(a * t), x, v[0], truncate_gradient=1)[0], x, v)",
    "T.Rop(theano.scan(lambda r, t: theano.scan(lambda a, u: T.sin(a * u), r, t,"
    " truncate_gradient=1)[0][-1], m, x[0], truncate_gradient=1)[0][-1] * x, x, v)",
    "T.Rop(theano.scan(lambda r: r.sum() * 2, m)[0], x, v)",
    "T.Rop([theano.scan(lambda a: a ** 2, x)[0], theano.scan(lambda r: r * 2, m)[0]], x, v)",
    "T.Rop(m * x.shape[0], x, v, return_disconnected='None')",
)


def products():
    for expression in PRODUCTS:
        vectors = {"x": real("float64", 4), "v": real("float64", 4)}
        yield Case(expression, wrt=(), **vectors, m=real("float64", 2, 3))


CASES = [*truncated(), *products()]
