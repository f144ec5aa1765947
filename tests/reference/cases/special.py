"""Special functions: gamma, Bessel and error functions and their inverses."""

from casebook import COMPLEX, DTYPES, FLOATS, Case, real, unary_grids

# Each function with the range of numbers it is asked about.
UNARY = {
    "T.erfinv(x)": (-0.9, 0.9),
    "T.erfcinv(x)": (0.1, 1.9),
    "T.erfcx(x)": (-1, 3),
    "T.gamma(x)": (0.5, 4),
    "T.gammaln(x)": (0.5, 4),
    "T.psi(x)": (0.5, 4),
    "T.j0(x)": (0.5, 4),
    "T.j1(x)": (0.5, 4),
    "T.i0(x)": (0.5, 2),
    "T.i1(x)": (0.5, 2),
}
# Theano has no gradient for these.
WITHOUT_GRADIENT = {
    "T.tri_gamma(x)": (0.5, 4),
    "T.chi2sf(x, 3.0)": (0.5, 2),
}


def functions():
    for dtype in FLOATS:
        for shape in ((), (3, 4)):
            for expression, (low, high) in UNARY.items():
                yield Case(expression, x=real(dtype, *shape, low=low, high=high))
            for expression, (low, high) in WITHOUT_GRADIENT.items():
                yield Case(expression, wrt=(), x=real(dtype, *shape, low=low, high=high))


CASES = list(functions())
GRIDS = unary_grids([*UNARY, *WITHOUT_GRADIENT], DTYPES[: -len(COMPLEX)])
