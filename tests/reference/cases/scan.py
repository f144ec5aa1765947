"""Loops: what `scan` and its kin take, what they return, and what flows back through them."""

import numpy as np
from casebook import FLOATS, Case, Program, given, random_for, real, whole

# Expressions over x[6] and s, a scalar.
SCALAR_STATES = (
    "theano.scan(lambda a: a ** 2, x)[0]",
    "theano.scan(lambda a: [a ** 2, a + s], x)[0]",
    "theano.scan(fn=lambda a: (a ** 2,), sequences=[x])[0]",
    "theano.scan(lambda a, b: a * b + s, [x, x[1:4]])[0]",
    "theano.scan(lambda a, t: a * t, [x, x[::-1]], None, [])[0]",
    "theano.scan(lambda a, t: a * t + s, x, s)[0]",
    "theano.scan(lambda t: t * t / 2, outputs_info=s, n_steps=3)[0]",
    "theano.scan(lambda t: [t * t / 2], outputs_info=[s], n_steps=3, return_list=True)[0]",
    "theano.scan(lambda t: t * t, outputs_info=[dict(initial=s)], n_steps=2)[0]",
    "theano.scan(lambda t: t * t, outputs_info=[dict(initial=s, taps=None)], n_steps=2)[0]",
    "theano.scan(lambda a, t: a * t, dict(input=x, taps=None), s)[0]",
    "theano.scan(lambda a, t, b, c: a * t + b * c, x, s, non_sequences=[s, x[2]])[0]",
    "theano.scan(lambda a, t, b: a * t + b, x, s, x[0])[0]",
    "theano.scan(lambda a, t: a * t + s, [x], [s], n_steps=4)[0]",
    "theano.scan(lambda a, t: a * t + s, [x], [s], n_steps=T.constant(3))[0]",
    "theano.scan(lambda a, t: a * t + s, [x], [s], n_steps=x.shape[0] - 1)[0]",
    "theano.scan(lambda a, t: a * t + s, [x], [s], n_steps=1)[0]",
    "theano.scan(lambda a: a * s, [x], n_steps=1)[0]",
    "theano.scan(lambda a, t: [a + t, a * t], x, [s, None], n_steps=1)[0]",
    "theano.scan(lambda a, t: a * t + s, [x], [s], go_backwards=True)[0]",
    "theano.scan(lambda a, t: a * t + s, [x], [s], n_steps=4, go_backwards=True)[0]",
    "theano.scan(lambda a: a * s, x, go_backwards=True)[0]",
    "theano.scan(lambda a, t: a * t + s, [x], [s], name='a_name', profile=False)[0]",
    "theano.scan(lambda a, t, b: a * t + b, [x], [s], [s], strict=True)[0]",
    "theano.scan(lambda a, b, c: a - 2 * b + 3 * c, dict(input=x, taps=[-1, 0, 1]))[0]",
    "theano.scan(lambda a, b, c: a - 2 * b + 3 * c, dict(input=x, taps=[1, -2, 0]))[0]",
    "theano.scan(lambda a, b: a - 2 * b, dict(input=x, taps=[1, 3]))[0]",
    "theano.scan(lambda a, b: a - 2 * b, dict(input=x, taps=[-3, -1]))[0]",
    "theano.scan(lambda a: a * s, dict(input=x, taps=2))[0]",
    "theano.scan(lambda a: a * s, dict(input=x, taps=[-2]))[0]",
    "theano.scan(lambda a, b: a - 2 * b, dict(input=x, taps=[-1, 1]), go_backwards=True)[0]",
    "theano.scan(lambda a, b: a - 2 * b, dict(input=x, taps=[-1, 1]), n_steps=2)[0]",
    "theano.scan(lambda a, b, c: a - b * c, [dict(input=x, taps=[0, 2]), x])[0]",
    "theano.scan(lambda p, q: p * q + s, outputs_info=dict(initial=x, taps=[-3, -1]),"
    " n_steps=4)[0]",
    "theano.scan(lambda p, q: p - 2 * q, outputs_info=dict(initial=x, taps=[-1, -2]),"
    " n_steps=4)[0]",
    "theano.scan(lambda p: p * s, outputs_info=dict(initial=x[:2], taps=[-2]), n_steps=5)[0]",
    "theano.scan(lambda a, t: [a * t, a + t, t], x, [None, s, None])[0]",
    "theano.scan(lambda a, t: [a * t, a + t, t], x, [None, dict(initial=s), dict()])[0]",
    "theano.scan(lambda a, t, u: [a, a + t, u - t, t, u], x, [None, s, x[1], None, None])[0]",
    "theano.scan(lambda a, p, q, u: [p * u, a, q - u * a], x,"
    " [dict(initial=x, taps=[-2, -1]), None, s])[0]",
    "theano.scan(lambda a, t: a * t, theano.scan(lambda a, t: a + t, x, s)[0], s)[0]",
    "theano.scan(lambda a, t: t + theano.scan(lambda b, u: u * b + a, x, a)[0].sum(), x, s)[0]",
    "theano.scan(lambda a: theano.scan(lambda b: a * b + s, x)[0], x)[0]",
    "theano.scan(lambda a, t: T.switch(a > 0, a * t, t - s), x, s)[0]",
    "theano.map(lambda a: a ** 2 + s, x)[0]",
    "theano.map(lambda a, b, c: [a * b, a + c], [x, x[::-1]], [s], go_backwards=True)[0]",
    "theano.reduce(lambda a, t: a * t + s, x, s)[0]",
    "theano.reduce(lambda a, t, u: [a * t, a + u * t], x, [s, s ** 2])[0]",
    "theano.reduce(lambda a, t, b: a * t - b, x, s, [x[0]], go_backwards=True)[0]",
    "theano.foldl(lambda a, t: t / 2 + a, x, s)[0]",
    "theano.foldr(lambda a, t, b: t / b + a, x, s, T.exp(s))[0]",
    "theano.scan(lambda a, t: a * t, x, s)[0][-1]",
    "theano.scan(lambda a, t: a * t, x, s)[0][-3:]",
    "theano.scan(lambda a, t: a * t, x, s)[0][1:4:2]",
    "theano.scan(lambda t: T.cos(t), outputs_info=s, n_steps=20)[0][-1]",
    "theano.clone(theano.scan(lambda a, t: a * t + s, x, s)[0], replace={s: x.sum()})",
    "theano.clone(theano.scan(lambda a, t: a * t + s, x, s)[0], replace={x: x * s})",
)  # fmt: skip

# Those whose steps a condition ends, and by what to differentiate them: Theano cannot do it where
# there are both rows and a state.
UNTIL = (
    ("theano.scan(lambda t: (t * 2, theano.scan_module.until(t > 9)), outputs_info=s,"
     " n_steps=50)[0]", ["s"]),
    ("theano.scan(lambda a, t: (a + t, theano.scan_module.until(a + t > 3)), x, s)[0]", ()),
    ("theano.scan(lambda a, t: ([a * t, t], theano.scan_module.until(a > 1.5)), x, [s,"
     " None])[0]", ()),
    ("theano.scan(lambda a: ([a * s], theano.scan_module.until(a > 1.5)), x)[0]", ["x", "s"]),
    ("theano.scan(lambda t: (t * s, {}, theano.scan_module.until(t > 9)), None,"
     " x[0] ** 2 + 1, n_steps=9)[0][-1]", ["x", "s"]),
    ("theano.scan(lambda t: (t / s, {}, theano.scan_module.until(t > 9)), None,"
     " x[0] ** 2 + 1, n_steps=30)[0]", ["x", "s"]),
)  # fmt: skip

# Expressions over m[5, 3], v[3] and w[3, 3].
VECTOR_STATES = (
    "theano.scan(lambda r: r * v, m)[0]",
    "theano.scan(lambda r, h: T.tanh(r + h), m, v)[0]",
    "theano.scan(lambda r, h: [T.tanh(r + h), h.sum(), h[:2]], m, [v, None, None])[0]",
    "theano.scan(lambda h: h * v, outputs_info=dict(initial=m, taps=[-4]), n_steps=6)[0]",
    "theano.scan(lambda p, q: p + q * v, outputs_info=dict(initial=m[:2], taps=[-2, -1]),"
    " n_steps=6)[0]",
    "theano.scan(lambda h: T.dot(h, w) + h, outputs_info=m, n_steps=3)[0]",
    "theano.scan(lambda r: (r ** 2).sum(), m)[0]",
    "theano.scan(lambda i, t: m[i, i % 3] + t, T.arange(5), v[0])[0]",
    "theano.scan(lambda i: m[i, :] * v[i % 3], T.arange(m.shape[0]))[0]",
    "theano.scan(lambda i, h: T.set_subtensor(h[i], v[i] * h.sum()), T.arange(3), v)[0]",
    "theano.scan(lambda i, r, h: T.inc_subtensor(h[i % 3], r), [T.arange(5), m], w)[0]",
    "theano.scan(lambda r, h: T.nnet.softmax(T.dot(h, w) + r), m, T.shape_padleft(v))[0]",
    "theano.scan(lambda r, h: h + r, m, T.zeros((3,)))[0]",
    "theano.scan(lambda r, h: h + T.shape_padleft(r), m, T.zeros((1, 3)))[0]",
    "theano.scan(lambda h: T.dot(h, w), outputs_info=T.eye(3), n_steps=4)[0]",
    "theano.scan(lambda r, h: h * w + r.dimshuffle(0, 'x'), m, w)[0]",
    "theano.scan(lambda c: c.sum() * v[0], m.T)[0]",
    "theano.scan(lambda r: theano.scan(lambda e, t: e * t, r, v[0])[0], m)[0]",
    "theano.scan(lambda r: theano.reduce(lambda e, t: e * t, r, v[0])[0], m)[0]",
    "theano.scan(lambda h: theano.scan(lambda k: T.tanh(T.dot(k, w)), outputs_info=h,"
    " n_steps=2)[0][-1],"
    " outputs_info=v, n_steps=3)[0]",
    "theano.scan(lambda r, h: T.tanh(h + theano.shared(np.arange(3.0)) * r), m, v)[0]",
    "theano.scan(lambda i: T.switch(T.eq(i, 1), v, w[i]), T.arange(3))[0]",
    "theano.scan(lambda r, h: h + r.max() + r[T.argmax(r)], m, v)[0]",
    "theano.scan(lambda k: T.tensordot(k, w, 1) / 2, outputs_info=T.stack([w, m[:3]]),"
    " n_steps=2)[0]",
)  # fmt: skip

# What a step makes of a state h and of weights w[3, 3], u[3, 3], and v[3]. The state is a vector.
PRODUCTS_OF_VECTORS = (
    "T.dot(h, w)", "T.dot(w, h)", "T.dot(h, w.T)", "T.dot(T.dot(h, w), w)", "T.dot(w, T.dot(h, w))",
    "T.dot(h, w) + w.sum()", "T.dot(h, w) * w[0]", "T.dot(h, w) + T.dot(u, h)",
    "T.dot(h, T.exp(w))",
    "T.dot(h, v) * h", "T.dot(h, h) * v", "T.dot(w, v) + h", "T.dot(T.dot(w, u), h)",
    "T.dot(T.outer(h, v), h) + T.dot(h * v, w)", "T.dot(T.dot(h, w), T.outer(h, v))",
)  # fmt: skip
# The state is a matrix[2, 3].
PRODUCTS_OF_MATRICES = (
    "T.dot(h, w)", "T.dot(h, w.T)", "T.dot(T.dot(h, w), w)", "T.dot(h, w) + w[0]",
    "T.dot(w, h.T).T",
    "T.dot(T.dot(h, w), u)", "T.dot(w.T, T.dot(h, u).T).T", "T.dot(h, v).dimshuffle(0, 'x') * h",
    "T.dot(T.dot(h, h.T), h)", "T.dot(h, w)[:, ::-1]", "T.dot(h, w) + T.dot(v, w)",
)  # fmt: skip
# What a step makes of the rows r[3], too.
PRODUCTS_OF_ROWS = (
    "T.dot(r, w) + h", "T.dot(w, r) * h", "T.dot(r, w) + T.dot(h, w)",
    "T.dot(T.tanh(r), w) * r + h",
    "T.dot(r, v) * h", "T.dot(r, T.dot(w, u)) + T.dot(h, u)", "T.dot(T.dot(r, w), u) + h",
)  # fmt: skip


def loops():
    for dtype in FLOATS:
        for expression in SCALAR_STATES:
            if dtype == "float32" and "sum()" not in expression and "[-1]" not in expression:
                continue
            yield Case(expression, float_x=dtype, x=real(dtype, 6), s=real(dtype))
    for expression in VECTOR_STATES:
        yield Case(
            expression, m=real("float64", 5, 3), v=real("float64", 3), w=real("float64", 3, 3)
        )
    for expression, wrt in UNTIL:
        yield Case(expression, wrt, x=real("float64", 6), s=given(0.75))


def products():
    """The gradient by weights is made in a way of its own."""
    for step in PRODUCTS_OF_VECTORS:
        expression = f"theano.scan(lambda h: T.tanh({step}), None, h0, n_steps=3)[0]"
        yield Case(expression, **weights("float64", h0=real("float64", 3)))
    for step in PRODUCTS_OF_MATRICES:
        expression = f"theano.scan(lambda h: T.tanh({step}), None, h0, n_steps=3)[0]"
        yield Case(expression, **weights("float64", h0=real("float64", 2, 3)))
    for step in PRODUCTS_OF_ROWS:
        expression = f"theano.scan(lambda r, h: T.tanh({step}), rows, v)[0]"
        yield Case(expression, **weights("float64", rows=real("float64", 4, 3)))
    yield Case(
        "theano.scan(lambda r, h: T.tanh(T.dot(r, w) + T.dot(h, u) + v), rows, h0)[0]",
        **weights("float64", rows=real("float64", 4, 2, 3), h0=real("float64", 2, 3)),
    )
    recurrence = "theano.scan(lambda r, h: T.tanh(T.dot(r, w) + T.dot(h, u)), rows, v)[0]"
    for wanted in (("w",), ("u",), ("rows",), ("w", "u")):
        yield Case(recurrence, wrt=wanted, **weights("float64", rows=real("float64", 4, 3)))
    yield Case(recurrence, float_x="float32", **weights("float32", rows=real("float32", 4, 3)))
    narrow = "theano.scan(lambda r, h: T.tanh(T.dot(r, w) + T.dot(u, h)), rows, h0)[0]"
    yield Case(
        narrow,
        **weights("float32", rows=real("float32", 4, 3), h0=real("float64", 3)),
    )
    yield Case(
        "theano.scan(lambda h: T.cast(T.dot(h, w), 'float32'), None, h0, n_steps=3)[0]",
        h0=real("float32", 3),
        w=real("float64", 3, 3),
    )
    for step in (
        "T.dot(k, w)",
        "T.tensordot(k, w, [[2], [1]])",
        "T.batched_dot(k, T.stack([w, u]))",
    ):
        yield Case(
            f"theano.scan(lambda k: T.tanh({step}), outputs_info=k0, n_steps=3)[0]",
            **weights("float64", k0=real("float64", 2, 4, 3)),
        )


def weights(dtype, **inputs):
    return dict(inputs, w=real(dtype, 3, 3), u=real(dtype, 3, 3), v=real(dtype, 3))


# Gradients that are an expression themselves: over rows[5, 3], h0[3] and w[3, 3]. Most second
# derivatives of loops that Theano 1.0.5 makes are wrong; those are held against JAX, elsewhere.
RECURRENCE = "theano.scan(lambda r, h: T.tanh(T.dot(h, w) + r), rows, h0{})[0]"
OF_GRADIENTS = (
    "T.grad(T.sqr(T.grad(T.sqr(h[-1]).sum(), rows)).sum(), [w, h0])",
    "T.jacobian(h[-1], h0)",
    "T.jacobian(h[:, 0], h0)",
    "T.Rop(h, w, w ** 2)",
    "T.Rop(h, [w, h0, rows], [w ** 2, T.ones_like(h0), rows / 2])",
    "T.Lop(h, [w, h0], T.ones_like(h) * 0.5)",
)


def of_recurrence(settings, expression):
    def build(theano, tensor, rows, h0, w):
        names = {"theano": theano, "T": tensor, "rows": rows, "h0": h0, "w": w}
        names["h"] = eval(RECURRENCE.format(settings), dict(names))
        return eval(expression, names)

    build.__name__ = f"{expression}{settings}"
    return build


def gradients():
    inputs = {
        "rows": real("float64", 5, 3),
        "h0": real("float64", 3),
        "w": real("float64", 3, 3),
    }
    for expression in OF_GRADIENTS:
        yield Case(of_recurrence("", expression), wrt=(), **inputs)
    for steps in (-1, 1, 3, 5, 50):
        settings = f", truncate_gradient={steps}"
        yield Case(of_recurrence(settings, "h"), **inputs)
        yield Case(of_recurrence(settings, "h[-1]"), **inputs)
    yield Case(of_recurrence(", truncate_gradient=2, go_backwards=True", "h"), **inputs)
    of_x = {"x": real("float64", 4), "s": real("float64")}
    yield Case(
        "T.grad(T.grad(theano.scan(lambda t: t ** 2 * s, None, s, n_steps=3)[0][-1], s), s)",
        wrt=(),
        **of_x,
    )
    for expression in (
        "theano.scan(lambda a: T.grad(T.sqr(a * s) * a, a), x)[0]",
        "theano.scan(lambda i: T.grad(T.exp(x * s)[i], x), T.arange(4))[0]",
        "theano.scan(lambda a: T.grad(theano.scan(lambda b, t: t * b + a, x, a)[0][-1], a), x)[0]",
        "theano.scan(lambda t: t - 0.1 * T.grad((t ** 2 - s) ** 2, t), None, T.exp(s),"
        " n_steps=4)[0]",
        "T.grad(theano.scan(lambda a, t: T.sin(a * t), x, s)[0].sum(), [x, s])",
        "T.grad(theano.scan(lambda a, t: T.sin(a * t), x, s)[0].sum(), s, consider_constant=[x])",
        "theano.scan(lambda a, t: theano.gradient.disconnected_grad(t) * a, x, s)[0]",
        "theano.scan(lambda a, t: theano.gradient.grad_clip(t * a, -0.1, 0.1), x, s)[0]",
        "theano.scan(lambda a, t: theano.gradient.grad_scale(t * a, 2), x, s)[0]",
        "theano.scan(lambda a, t: theano.gradient.zero_grad(t) * a, x, s)[0]",
        "theano.scan(lambda a, t: theano.gradient.consider_constant(t) * a, x, s)[0]",
    ):
        yield Case(expression, **of_x)


# Expressions over k[5], whole numbers, and n, a scalar one.
WHOLE = (
    "theano.scan(lambda a, t: a + t, k, n)[0]",
    "theano.scan(lambda a, t: [a * t, a > t], k, [n, None])[0]",
    "theano.scan(lambda t: t * 2, outputs_info=n, n_steps=n)[0]",
    "theano.scan(lambda p, q: p + q, outputs_info=dict(initial=k[:2], taps=[-2, -1]),"
    " n_steps=9)[0]",
    "theano.scan(lambda a: a % 3, k, n_steps=n)[0]",
    "theano.scan(lambda a, t: (a + t, theano.scan_module.until(T.eq(a, 1))), k, n)[0]",
    "theano.reduce(lambda a, t: T.maximum(a, t), k, n)[0]",
    "theano.scan(lambda a, t: a * t, T.cast(k, 'float32'), T.cast(n, 'float32'))[0]",
    "theano.scan(lambda a, t: T.xor(a > 2, t), k, T.gt(n, 1))[0]",
)


def kinds():
    for dtype in ("int64", "int32", "int8"):
        for expression in WHOLE:
            yield Case(expression, k=whole(dtype, 5), n=given(3, dtype))
    for expression in (
        "theano.scan(lambda z, t: z * t, c, c[0])[0]",
        "theano.scan(lambda z: abs(z), c)[0]",
    ):
        yield Case(expression, wrt=(), c=real("complex128", 4))


# What Theano refuses, over x[6], s, a scalar, and m[5, 3].
REFUSED = (
    "theano.scan(lambda t: t * 2, outputs_info=s)[0]",
    "theano.scan(lambda a: a, s)[0]",
    "theano.scan(lambda a: 1.0, x)[0]",
    "theano.scan(lambda a: 'text', x)[0]",
    "theano.scan(lambda a: [a, None], x)[0]",
    "theano.scan(lambda a: theano.scan_module.until(a > 1), x)[0]",
    "theano.scan(lambda a, t: a + t, x, [s, None])[0]",
    "theano.scan(lambda a, t: [a + t, a], x, [s])[0]",
    "theano.scan(lambda a, t: a + t, x, dict(initial=x, taps=[0]))[0]",
    "theano.scan(lambda a, t: a + t, x, dict(initial=x, taps=[1]))[0]",
    "theano.scan(lambda a, t: a + t, x, dict(taps=[-1]))[0]",
    "theano.scan(lambda a, t: a + t, x, T.cast(s, 'float32'))[0]",
    "theano.scan(lambda a, t: a + t, x, np.int64(0))[0]",
    "theano.scan(lambda a, t: a + t.sum(), x, x)[0]",
    "theano.scan(lambda a, t: T.stack([a, t]), x, s)[0]",
    "theano.scan(lambda a, t: a + t, x, s, n_steps=7)[0]",
    "theano.scan(lambda t: t + 1, outputs_info=s, n_steps=-2)[0]",
    "theano.scan(lambda t: t + 1, outputs_info=s, n_steps=T.cast(s * 0 - 2, 'int64'))[0]",
    "theano.scan(lambda t: t + 1, outputs_info=s, n_steps=2.5)[0]",
    "theano.scan(lambda t: t + 1, outputs_info=s, n_steps=s)[0]",
    "theano.scan(lambda a: a * s, x, strict=True)[0]",
    "theano.scan(lambda a: a * theano.shared(2.0), x, strict=True)[0]",
    "theano.scan(lambda i: x[i], T.arange(7))[0]",
    "theano.scan(lambda a, r: a + r[0], [x, m], n_steps=6)[0]",
    "theano.scan(lambda a, h: T.concatenate([h, T.shape_padleft(a)]), x, x)[0]",
    "theano.scan(lambda a: theano.tensor.opt.Assert('too large')(a, a < 0), x)[0]",
    "theano.scan(lambda a, b: a, x)[0]",
)


def refused():
    for expression in REFUSED:
        yield Case(expression, wrt=(), x=real("float64", 6), s=given(0.75), m=real("float64", 5, 3))


CASES = [*loops(), *products(), *gradients(), *kinds(), *refused()]


def numbers(name, *shape):
    """The same numbers on every machine, from -1 to 1."""
    return 2 * random_for(name).random_sample(shape) - 1


def powers_and_polynomials(theano, tensor):
    """Powers, polynomials in two ways, and a series that ends by itself."""
    k, a, x = tensor.iscalar("k"), tensor.dvector("a"), tensor.dscalar("x")
    products, updates = theano.scan(
        lambda before, base: before * base, None, tensor.ones_like(a), a, n_steps=k
    )
    power = theano.function([a, k], products[-1], updates=updates)
    terms, _ = theano.scan(lambda c, i, x: c * x**i, [a, tensor.arange(999)], None, x)
    horner, _ = theano.foldr(lambda c, value, x: value * x + c, a, tensor.zeros_like(x), x)
    polynomial = theano.function([a, x], [terms.sum(), horner])
    series, _ = theano.scan(
        lambda p, most: (p * 3, theano.scan_module.until(p * 3 > most)),
        outputs_info=tensor.constant(1.0, dtype="float64"),
        non_sequences=x,
        n_steps=1024,
    )
    return {
        "powers": [power([0.5, 1.0, -2.0], n) for n in (1, 2, 7)],
        "polynomial": polynomial([1.5, 0.0, -2.0, 0.25], 3.0),
        "series": theano.function([x], series)(500.0),
    }


def sums_and_places(theano, tensor):
    """Triangular numbers, and values put at places of a matrix."""
    last = tensor.iscalar("last")
    sums, _ = theano.scan(
        lambda number, total: number + total,
        sequences=tensor.arange(last),
        outputs_info=tensor.as_tensor_variable(np.asarray(0, "int64")),
    )
    places, values = tensor.imatrix("places"), tensor.dvector("values")
    model = tensor.dmatrix("model")

    def put(place, value, model):
        zeros = tensor.zeros_like(model)
        return tensor.set_subtensor(zeros[place[0], place[1]], value)

    put_all, _ = theano.scan(put, [places, values], None, model)
    return {
        "sums": theano.function([last], sums)(15),
        "places": theano.function([places, values, model], put_all)(
            np.array([[1, 1], [0, 2]], "int32"), [42.0, 50.0], np.zeros((2, 3))
        ),
    }


def derivatives_by_hand(theano, tensor):
    """Jacobian and Hessian, one row in each step."""
    x = tensor.dvector("x")
    y = x**2 * x.sum()
    rows, _ = theano.scan(lambda i, y, x: tensor.grad(y[i], x), tensor.arange(3), None, [y, x])
    slopes = tensor.grad((x**3).sum() * x[0], x)
    second, _ = theano.scan(
        lambda i, g, x: tensor.grad(g[i], x), tensor.arange(slopes.shape[0]), None, [slopes, x]
    )
    return {
        "jacobian": theano.function([x], rows)([1.0, -2.0, 3.0]),
        "hessian": theano.function([x], second)([1.0, -2.0, 3.0]),
    }


def counters(theano, tensor):
    """Shared variables that steps update, in every form in which a function can say so."""
    found = {}
    k = tensor.iscalar("k")
    forms = {
        "dictionary": lambda a, b: {a: a + 1, b: b * 2},
        "pairs": lambda a, b: [(a, a + 1), (b, b * 2)],
        "outputs and dictionary": lambda a, b: (a * b, {a: a + 1, b: b * 2}),
        "outputs and pairs": lambda a, b: ([a * b, b, a], [(a, a + b), (b, b * 2)]),
        "all three": lambda a, b: ([a], {a: a + b}, theano.scan_module.until(a > 4)),
        "updates and until": lambda a, b: ({b: a + b}, theano.scan_module.until(b > 4)),
    }
    for name, form in forms.items():
        a, b = theano.shared(1, "a"), theano.shared(3, "b")
        outputs, updates = theano.scan(lambda: form(a, b), n_steps=k, return_list=True)  # noqa: B023
        f = theano.function([k], outputs, updates=updates)
        for i, value in enumerate(f(3)):
            found[f"{name}: output {i}"] = value
        f(2)
        found[f"{name}: values"] = [a.get_value(), b.get_value()]

    class Step:
        def __init__(self, factor):
            self.factor = factor

        def advance(self, before):
            return before * self.factor

    weight = theano.shared(1.5)
    steps, _ = theano.scan(Step(weight).advance, outputs_info=np.float64(2), n_steps=k)
    f = theano.function([k], steps)
    found["method"] = f(3)
    weight.set_value(-1.0)
    found["other weight"] = f(3)
    n = theano.shared(np.int64(2))
    steps, _ = theano.scan(lambda t: t + 1, None, tensor.zeros((2,)), n_steps=n)
    f = theano.function([], steps, updates={n: n + 1})
    found["shared n_steps"] = np.concatenate([f(), f()])
    y, z = tensor.dscalars("y", "z")
    sums, _ = theano.scan(lambda i, t: t + i * y, tensor.arange(3), tensor.zeros_like(y))
    found["givens"] = theano.function([z], sums, givens={y: z**2})(3.0)
    found["inner counts"] = inner_counts(theano, k)
    return found


def inner_counts(theano, k):
    """Count in the steps of a loop inside of the steps of a loop."""
    count = theano.shared(np.int64(0))

    def outer(before):
        inner, updates = theano.scan(
            lambda t: (t + count, {count: count + 1}), None, before, n_steps=2
        )
        return inner[-1], updates

    steps, updates = theano.scan(outer, None, np.float64(1), n_steps=k)
    f = theano.function([k], steps, updates=updates)
    return [*f(3), *f(1), count.get_value()]


def signals(theano, tensor):
    """Short loops over matrices: norms, a trace, and recurrences with taps."""
    found = {}
    x, w, v = tensor.dmatrix("x"), tensor.dmatrix("w"), tensor.dmatrix("v")
    b, u = tensor.dvector("b"), tensor.dmatrix("u")
    values = {name: numbers(f"signal {name}", 3, 3) for name in "xwvu"}
    values["b"] = numbers("signal b", 3)
    hidden, _ = theano.scan(lambda r: tensor.tanh(tensor.dot(r, w) + b), x)
    norms, _ = theano.scan(lambda r: tensor.sqrt(tensor.sqr(r).sum()), x)
    columns, _ = theano.scan(lambda c: tensor.sqrt(tensor.sqr(c).sum()), x.T)
    trace, _ = theano.scan(lambda i, total: total + x[i, i], tensor.arange(3), np.float64(0))
    both_ways, _ = theano.scan(
        lambda y, p, before: tensor.tanh(
            tensor.dot(before, w) + tensor.dot(y, u) + tensor.dot(p, v)
        ),
        [x, x[::-1]],
        b,
    )
    two_back, _ = theano.scan(
        lambda older, old: (
            tensor.dot(older, u) + tensor.dot(old, v) + tensor.tanh(tensor.dot(old, w) + b)
        ),
        None,
        {"initial": x, "taps": [-2, -1]},
        n_steps=5,
    )
    outputs = [hidden, norms, columns, trace, both_ways, two_back]
    weights = [w, u, v, b, x]
    for output in (both_ways, two_back):
        outputs += tensor.grad(tensor.sqr(output).sum(), weights)
    f = theano.function([x, w, v, b, u], outputs)
    for i, value in enumerate(f(*[values[name] for name in "xwvbu"])):
        found[str(i)] = value
    return found


# Networks over sequences[4, 5, 3] (time, batch, features) of unlike lengths, a few steps of
# gradient descent each.


def trained(theano, tensor, parameters, step, states):
    """The costs and the weights of three steps of training.

    Args:
        theano: the engine.
        tensor: its tensors.
        parameters: the weights by name, NumPy arrays.
        step: from a row, its mask as a column, the states and the weights to the new states.
        states: how many states of 4 units there are.
    """
    x, mask, y = tensor.dtensor3("x"), tensor.dmatrix("mask"), tensor.dvector("y")
    weights = {name: theano.shared(value, name) for name, value in sorted(parameters.items())}

    def masked(row, is_there, *before):
        is_there = is_there.dimshuffle(0, "x")
        after = step(row, before, weights)
        return [is_there * a + (1 - is_there) * b for a, b in zip(after, before)]  # noqa: B905

    zeros = tensor.zeros((x.shape[1], 4))
    steps, _ = theano.scan(masked, [x, mask], [zeros] * states, return_list=True)
    prediction = tensor.dot(steps[0][-1], weights["out"])
    cost = tensor.sqr(prediction - y).mean()
    wanted = [weights[name] for name in sorted(weights)]
    gradients = tensor.grad(cost, wanted)
    updates = [(w, w - 0.3 * g) for w, g in zip(wanted, gradients)]  # noqa: B905
    train = theano.function([x, mask, y], [cost, prediction], updates=updates)
    data = numbers("sequences", 4, 5, 3)
    lengths = np.array([4, 2, 3, 4, 1])
    there = (np.arange(4)[:, None] < lengths).astype("float64")
    found = {"costs": [train(data, there, numbers("targets", 5))[0] for _ in range(3)]}
    found.update({w.name: w.get_value() for w in wanted})
    return found


def weights_of(gates):
    """Weights for rows, for the state and for neither, of some gates, and of the output."""
    found = {"out": numbers("out", 4)}
    for gate in gates:
        found["w" + gate] = numbers("w" + gate, 3, 4)
        found["u" + gate] = numbers("u" + gate, 4, 4)
        found["b" + gate] = numbers("b" + gate, 4)
    return found


def vanilla_network(theano, tensor):
    """A recurrent network of tanh units."""

    def step(row, before, w):
        (h,) = before
        return [tensor.tanh(tensor.dot(row, w["wh"]) + tensor.dot(h, w["uh"]) + w["bh"])]

    return trained(theano, tensor, weights_of("h"), step, 1)


def gated_network(theano, tensor):
    """A gated recurrent unit."""

    def step(row, before, w):
        (h,) = before

        def gate(name, h):
            return tensor.dot(row, w["w" + name]) + tensor.dot(h, w["u" + name]) + w["b" + name]

        update, reset = tensor.nnet.sigmoid(gate("z", h)), tensor.nnet.sigmoid(gate("r", h))
        return [(1 - update) * h + update * tensor.tanh(gate("h", reset * h))]

    return trained(theano, tensor, weights_of("zrh"), step, 1)


def long_memory_network(theano, tensor):
    """A network of long short-term memory; its four gates share one matrix each."""
    parts = [weights_of(gate) for gate in "ifoc"]
    parameters = {"out": parts[0]["out"]}
    for kind in "wub":
        arrays = [part[kind + gate] for part, gate in zip(parts, "ifoc")]  # noqa: B905
        parameters[kind] = np.concatenate(arrays, axis=-1)

    def step(row, before, w):
        h, c = before
        all_gates = tensor.dot(row, w["w"]) + tensor.dot(h, w["u"]) + w["b"]
        i, f, o, new = [all_gates[:, 4 * k : 4 * k + 4] for k in range(4)]
        i, f, o = [tensor.nnet.sigmoid(gate) for gate in (i, f, o)]
        c = f * c + i * tensor.tanh(new)
        return [o * tensor.tanh(c), c]

    return trained(theano, tensor, parameters, step, 2)


PROGRAMS = [
    Program(powers_and_polynomials),
    Program(sums_and_places),
    Program(derivatives_by_hand),
    Program(counters),
    Program(signals, tolerance=1e-11),
    Program(vanilla_network, tolerance=1e-11),
    Program(gated_network, tolerance=1e-11),
    Program(long_memory_network, tolerance=1e-11),
]
