"""Subtensors: reading, setting and incrementing them, and the gradients of all three."""

from casebook import FLOATS, Case, given, real, whole

# Index expressions over x[5, 4, 3], with the names of what they need beside x.
BASIC = (
    "0", "-1", "4", "-5", "i", "-i", "i - 5", "i, j", "-1, j, 0", "i, :, j - 1", "..., 0",
    "0, ..., 1", "...", ":", ":, 1", ":, :, -1", "1:3", ":2", "2:", "-2:", ":-1", "1:-1", "::2",
    "1::2", "::-1", "4:0:-1", "3:1", "10:", ":10", "-10:2", "-10:10", "2:100:2", "100::-1", "::-2",
    ":, ::-1, 1:", "1:4:2, 0, ::-1", "i:", ":i", "i:i + 2", "i:i + 20", "-i:", "i:j", "j:i", "::i",
    "i::-1", "j:i:-1", "(i - 3):", ":(i - 10)", ":, i:", ":, j, i:", "None, :, :, :",
    ":, None, ...", "None, 0, None, :, :", "..., None", "0, None, 1, :", "None, ..., 0",
    "1:3, None, i, :", "i:i + 1", "0:1", "0:0", "slice(1, 3)", "(slice(None, None, -1), 0)",
    "x.shape[0] - 1", "x.shape[0] // 2:", ":x.shape[1] - 1", "i * 2:(i + 1) * 2",
    "(i + 1) * 2:(i + 2) * 2", "np.int64(2)", "T.constant(2)", "T.arange(5)[2]",
)  # fmt: skip

ADVANCED = (
    "[0, 2]", "[1]", "[-1, 0, -1]", "np.array([0, 3, 3])", "np.array([[0, 1], [2, 3]])", "k",
    "k[:2]", "-k", "k, k", "k, 0", "0, k", ":, k", ":, :, k % 3", "k, :, k % 3", "k, 1:3", "1:4, k",
    "1:4, k, :", "k, k, k % 3", "k.dimshuffle(0, 'x'), k.dimshuffle('x', 0)", "m", "m, 0", ":, m",
    "m, m", "m, k[:2]", "k, None", "None, k", "k, ..., 0", "..., k % 3", "k, i", "i, k",
    "i, :, k % 3", "k, :, i", "[0, 1], [1, 2]", "[0, 1], :, [1, 2]", ":, [0, 1], [1, 2]",
    "[[0], [1]], [[1, 2]]", "k[::-1]", "T.arange(3)", "[]", "np.zeros((0,), 'int64')",
    "1:, [0, 1], 0", "i, [0, 1]", "T.arange(x.shape[0])[::-1]", "k.repeat(2)",
    "0:2, [0, 1], [1, 2]", "::2, k, 1", "k, [1, 2, 3]",
)  # fmt: skip

MASKS = (
    "x > 0", "x[:, 0, 0] > 0", "(x > 0).nonzero()", "T.eq(x, x)", "x > 100", "b", "b.nonzero()",
    "b, 0", "b, 1:", "0, x[0, :, 0] > 0", ":, x[0, :, 0] > 0", "b, i", "~b",
    "np.array([True, False, True, False, True])", "(x[:, :, 0] > 0)", "(x[:, :, 0] > 0).nonzero()",
    "b.nonzero()[0]", "T.nonzero(b)[0]", "b & (x[:, 0, 0] > 0)", "T.neq(b, 0).nonzero()[0][:1]",
    "b, :, 0", "b, k[:1]",
)  # fmt: skip

READS = (
    "T.take(x, k)", "T.take(x, k, axis=1)", "T.take(x, m, axis=0)", "x.take(k, axis=0)",
    "x.take(0, axis=1)", "T.take(x, 2)", "T.take(x, i, axis=2)",
    "T.take(x, 2 * k, mode='wrap', axis=0)", "T.flatnonzero(x > 0)", "T.nonzero_values(x)",
    "x.nonzero_values()", "T.nonzero(x > 0)", "T.nonzero(x > 0, return_matrix=True)",
    "(x > 0).nonzero()[1]", "x[1][0][2]", "x[::-1][i]", "x[1:][0]", "x[:, 0][k]", "x[k][i]",
    "x[1:4][1:][0]", "x[::2][::-1]", "x[b][0]", "x[k][:, k]", "x[x > 0].sum()",
    "x[(x > 0).nonzero()].mean()", "x.T[k % 3]", "x[0].dimshuffle(1, 0)[k % 3]",
    "T.batched_dot(x, x.dimshuffle(0, 2, 1))[k, 0]", "x.reshape((-1, 3))[m]", "x[i] + x[j]",
    "x[i] * x[-1, ::-1]", "T.nnet.softmax(x[:, :, 0])[T.arange(5), k.repeat(2)[:5]]",
    "x.flatten()[7::-3]", "x[i:i + 2].sum(axis=0)", "x[i, j, 0]", "T.stack([x[0], x[-1]])",
    "x[T.argmax(x[:, 0, 0])]", "x.shape[1:]", "x.shape[::-1]", "x.shape[i]", "x[:, :, i:i + 1]",
    "x[T.cast(i, 'int8')]", "x[T.cast(i, 'uint8')]", "x[T.cast(k, 'uint8')]",
    "x[T.cast(k, 'int32'), :, T.cast(k, 'int8') % 3]", "x[T.cast(i, 'int8'):]",
    "T.max(x, axis=0)[k]",
)  # fmt: skip

# What is written, and by which expression, into x[index].
WRITES = ("T.set_subtensor(x[{}], {})", "T.inc_subtensor(x[{}], {})")
WRITTEN = (
    ("0", "y"), ("-1", "0"), ("i", "1.5"), ("i, j", "y[0]"), ("1:3", "y"), ("::2", "y"),
    ("::-1", "x"), (":, 1", "y[0]"), (":, 1", "2"), ("i:i + 2", "z"),
    ("i:i + 2", "T.addbroadcast(z[:, :1], 1)"), ("4:0:-1", "y"), ("10:", "0"), ("-10:10", "x * 2"),
    ("...", "1"), ("..., 0", "y[:, 0]"), ("0, 1, 2", "5"), ("i, :, 1:", "y[:, 1:]"), ("k", "0"),
    ("k", "y"), ("k", "w"), ("k, 0", "y[0]"), ("k, k", "1"), ("k, k", "w[:, 0]"),
    (":, k", "x[:, :3]"), (":, k", "2"), ("k, :, 0", "w[:, :, 0]"), ("m", "y"), ("[1, 1, 1]", "w"),
    ("[1, 1, 2]", "1"), ("[0, 2], [1, 3]", "z[:, 0]"), ("k, 1:3", "w[:, 1:3]"), ("x > 0", "0"),
    ("(x > 0).nonzero()", "1"), ("b", "0"), ("b.nonzero()", "2.5"), ("b", "y"), ("b, 0", "y[0]"),
    ("x > 0", "x[x > 0] * 2"), ("1:4, k", "y[:3]"), ("i, k", "y[:3]"), ("k, i", "y[0]"),
    ("k[:2]", "z"), ("[]", "1"), ("0:0", "1"), ("T.arange(5)", "x"),
    ("T.arange(3)", "T.arange(9).reshape((3, 3))[0]"), ("-k", "w"), ("i - 5", "y"),
    ("b, :, 0", "7"), ("k, :, k % 3", "1"), ("T.arange(5), :, 0", "3"),
)  # fmt: skip
REPEATED_ONCE = (
    "k",
    "k, 0",
    ":, k",
    "k, k",
    "k, :, 0",
    "m",
    "[1, 1, 1]",
    "k, 1:3",
    "1:4, k",
    "i, k",
    "k, i",
    "-k",
)

MORE_WRITES = (
    "T.set_subtensor(x[0][1], 5)", "T.inc_subtensor(x[1:][0], y)",
    "T.set_subtensor(T.set_subtensor(x[0], 0)[1], 1)", "T.inc_subtensor(x.T[0], 1)",
    "T.set_subtensor(x.reshape((20, 3))[k], 0)", "T.inc_subtensor(x[:, k][0], 1)",
    "T.set_subtensor(x[0], y) * T.inc_subtensor(x[0], y)", "T.set_subtensor(x[b][0], 1)",
    "T.set_subtensor(T.zeros_like(x)[k], x[0, 0, 0])", "T.inc_subtensor(T.zeros((5, 4, 3))[k], w)",
    "T.set_subtensor(x.flatten()[::2], 0)", "T.inc_subtensor(x.dimshuffle(1, 0, 2)[k], y[0])",
    "T.inc_subtensor(x[0, 0], x[1, 1])", "T.set_subtensor(x[:2], x[2:4])",
    "T.set_subtensor(x[0], x[1], inplace=False)", "T.set_subtensor(x[k][:, 0], 1)",
    "T.inc_subtensor(x[k][0], 1)", "T.set_subtensor(x[0], T.arange(3))",
    "T.inc_subtensor(T.zeros((4,), 'int64')[k], 1)",
    "T.inc_subtensor(T.zeros((5,), 'int64')[k], T.arange(3))",
    "T.set_subtensor(T.arange(5)[1:3], 7)", "T.inc_subtensor(T.arange(5)[k], k)",
)  # fmt: skip

FAILURES = (
    "x[7]", "x[-6]", "x[i + 5]", "x[0, 0, 3]", "x[k + 5]", "x[[0, 9]]", "x[-k - 6]",
    "x[0, 0, 0, 0]", "x[0.5]", "x[k * 0.5]", "x[y]", "x[b[:3]]", "x[[0, 1], [0, 1, 2]]",
    "x[..., 0, ...]", "T.set_subtensor(x[0], y[:2])", "T.set_subtensor(x, 1)",
    "T.set_subtensor(x + 1, 1)", "T.inc_subtensor(x[k], y[:2])", "T.set_subtensor(x[7], 1)",
    "T.inc_subtensor(x[k + 5], 1)", "T.set_subtensor(x[0:2], w)", "T.set_subtensor(x[0], z)",
    "T.set_subtensor(T.arange(5)[0], 0.5)", "T.take(x, 100)", "x[:, b]", "x[x > 0, 0]",
    "x[i, i + 3]", "x[1.0:]", "T.inc_subtensor(x[0, 0, 0, 0], 1)", "x[(x[:3] > 0)]",
    "x[b.dimshuffle(0, 'x')]", "x[None, 9, :, :]", "x[i:, 9]", "x[::0]", "x[T.constant(9)]",
    "x[{}]", "x[i:k]", "x[:1.5]",
)  # fmt: skip

# What Python itself asks of a thing, and a symbol cannot say.
PYTHON_ASKS = (
    "len(x)", "bool(x > 0)", "0 in x", "list(x)", "float(i)", "int(i)", "[1, 2, 3][i]",
    "list(range(i))", "1 if x > 0 else 2", "sum(x)", "max(i, j)", "0 < i < 3", "np.zeros(i)",
    "[one for one in i]", "round(i)",
)  # fmt: skip


def inputs(dtype="float64"):
    """The cast of the play: x and what indexes it or goes into it."""
    return {
        "x": real(dtype, 5, 4, 3),
        "y": real(dtype, 4, 3),
        "z": real(dtype, 2, 4, 3),
        "w": real(dtype, 3, 4, 3),
        "i": given(2, "int64"),
        "j": given(3, "int64"),
        "k": given([0, 3, 0], "int64"),
        "m": given([[0, 1], [3, 3]], "int64"),
        "b": given([1, 0, 1, 1, 0], "bool"),
    }


def needed(expression, dtype="float64", wrt=None):
    """A case with the inputs that its expression names."""
    names = set(compile(expression, "case", "eval").co_names)
    some = {name: spec for name, spec in inputs(dtype).items() if name in names}
    return Case(expression, wrt=wrt, **some)


def reads():
    for index in (*BASIC, *ADVANCED, *MASKS):
        yield needed(f"x[{index}]")
    for index in (*BASIC[::5], *ADVANCED[::4], *MASKS[::4]):
        yield needed(f"x[{index}]", "float32")
    for expression in READS:
        yield needed(expression)


def writes():
    for maker in WRITES:
        for index, value in WRITTEN:
            # Setting a place twice leaves either value there, so only increments repeat.
            if maker == WRITES[0] and index in REPEATED_ONCE and value[0] not in "0123456789":
                continue
            wrt = () if maker == WRITES[0] and is_mask(index) else None
            for dtype in FLOATS if index in ("k", "0", "1:3", "b", "i:i + 2") else FLOATS[1:]:
                yield needed(maker.format(index, value), dtype, wrt)
    for expression in MORE_WRITES:
        yield needed(expression)


def is_mask(index):
    """Whether this is a boolean mask: Theano fails on the gradient of setting one."""
    return (index[0] == "b" and "nonzero" not in index) or index == "x > 0"


def vectors():
    """One axis, other dtypes, and every way around the ends."""
    for dtype in ("int32", "uint8", "bool", "float16"):
        for expression in ("x[2]", "x[-1]", "x[1:4]", "x[::-1]", "x[[0, 0, 2]]", "x[x > 0]"):
            yield Case(expression, wrt=(), x=whole(dtype, 6))
    for dtype in ("int32", "uint8"):
        yield Case("T.inc_subtensor(x[[0, 0, 2]], 1)", x=whole(dtype, 6))
        yield Case("T.set_subtensor(x[1:3], 2)", x=whole(dtype, 6))
    for start in (-8, -6, -1, 0, 2, 6, 9):
        for stop in (-8, -5, 0, 3, 6, 9):
            for step in (1, 2, -1, -3):
                yield Case(
                    "x[a:b:c]",
                    x=real("float64", 6),
                    a=given(start, "int64"),
                    b=given(stop, "int64"),
                    c=given(step, "int64"),
                )
    for size in (0, 1):
        for expression in (
            "x[:]",
            "x[::-1]",
            "x[1:]",
            "x[:1]",
            "x[-1:]",
            "x[x > 0]",
            "x[x.nonzero()]",
        ):
            yield Case(expression, x=real("float64", size))


def declared():
    """Broadcastable axes, and which of them an index keeps."""
    for expression in (
        "x[0]", "x[:1]", "x[::-1]", "x[None, :, :]", "x[:, 0]", "x[:, None, :]", "x[0:0]",
        "x[[0, 0]]", "x[:, 1:]", "x[-1:]", "x[..., 1]", "T.set_subtensor(x[0], 1)",
        "T.inc_subtensor(x[:, [0, 0]], 1)", "x[0:1, 2:3]", "x[i:i + 1]", "x[1:]",
    ):  # fmt: skip
        more = {"i": given(0, "int64")} if "[i" in expression else {}
        yield Case(expression, x=real("float64", 1, 4).declared("TF"), **more)
    for dtype in FLOATS:
        yield Case("x[[0, 1]] + y", x=real(dtype, 3, 2), y=real(dtype, 2))
        yield Case(
            "T.inc_subtensor(x[[0, 0, 1]], y)",
            x=real(dtype, 3, 2),
            y=real(dtype, 1, 2).declared("TF"),
        )
        yield Case(
            "T.inc_subtensor(x[1:], y)", x=real(dtype, 3, 2), y=real(dtype, 1, 2).declared("TF")
        )
        yield Case(
            "T.set_subtensor(x[1:], y)", x=real(dtype, 3, 2), y=real(dtype, 2, 1).declared("FT")
        )
        yield Case(
            "T.set_subtensor(x[y > 0], y[y > 0])", wrt=(), x=real(dtype, 4), y=real(dtype, 4)
        )


def mixed():
    """What goes in has another dtype than what it goes into."""
    for expression in ("T.set_subtensor(x[1:3], y)", "T.inc_subtensor(x[[1, 1]], y)"):
        for first, second in (
            ("float64", "float32"), ("float64", "int64"), ("float32", "float64"),
            ("float32", "int8"), ("int64", "int8"), ("int8", "int64"), ("int64", "float32"),
            ("float32", "int64"),
        ):  # fmt: skip
            x = real(first, 4) if first in FLOATS else whole(first, 4)
            yield Case(expression, wrt="x" if first in FLOATS else (), x=x, y=whole(second, 2))


def failures():
    for expression in FAILURES + PYTHON_ASKS:
        yield needed(expression)


CASES = [*reads(), *writes(), *vectors(), *declared(), *mixed(), *failures()]
