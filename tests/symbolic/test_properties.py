"""Expressions drawn at random compute what NumPy does: values, dtypes, flags and gradients.

An expression is text, so that a failure can be read; it is evaluated twice, with names that mean
jaxlearn's operations and with the same names of NumPy. Compiling takes most of the time: so each
example draws many expressions over the same inputs, and all go into one compiled function.
"""

import warnings

import jax
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T

EXPRESSIONS = 15
TOLERANCES = {"float32": 1e-4, "float64": 1e-11}
quickly = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # Each step of shrinking would compile anew.
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True, scope="module")
def quick_compiler():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


# What the names in an expression mean.


def put(x, index, value):
    return T.set_subtensor(x[index], value)


def numpy_put(x, index, value):
    changed = x.copy()
    changed[index] = value
    return changed


def increase(x, index, value):
    return T.inc_subtensor(x[index], value)


def numpy_increase(x, index, value):
    changed = x.copy()
    np.add.at(changed, index, value)
    return changed


UNARY = {
    name: (getattr(T, name), getattr(np, other))
    for name, other in (
        ("abs_", "abs"), ("arctan", "arctan"), ("arcsinh", "arcsinh"), ("ceil", "ceil"),
        ("cos", "cos"), ("deg2rad", "deg2rad"), ("exp", "exp"), ("exp2", "exp2"),
        ("expm1", "expm1"), ("floor", "floor"), ("isnan", "isnan"), ("isinf", "isinf"),
        ("log", "log"), ("log10", "log10"), ("log1p", "log1p"), ("log2", "log2"),
        ("round", "round"), ("sgn", "sign"), ("sin", "sin"), ("sinh", "sinh"), ("sqr", "square"),
        ("sqrt", "sqrt"), ("tan", "tan"), ("tanh", "tanh"), ("trunc", "trunc"),
    )
}  # fmt: skip
SMOOTH = ("arctan", "arcsinh", "cos", "exp", "expm1", "log", "log1p", "sin", "sqr", "sqrt", "tanh")
# These give the dtype that NumPy gives; of integers, the others may not.
SAME_DTYPE = ("abs_", "isnan", "isinf", "sqr")
BINARY = {
    "maximum": (T.maximum, np.maximum),
    "minimum": (T.minimum, np.minimum),
    "arctan2": (T.arctan2, np.arctan2),
}
OTHERS = {
    "switch": (T.switch, np.where),
    "put": (put, numpy_put),
    "increase": (increase, numpy_increase),
    "s_": (np.s_, np.s_),
    "cast": (T.cast, lambda x, dtype: np.asarray(x).astype(dtype)),
    "cumsum": (T.cumsum, np.cumsum),
    "diff": (T.extra_ops.diff, np.diff),
    "dot": (T.dot, np.dot),
    "join": (lambda axis, *parts: T.join(axis, *parts), lambda axis, *p: np.concatenate(p, axis)),
    "repeat": (T.repeat, np.repeat),
    "roll": (T.roll, np.roll),
    "sort": (T.sort, np.sort),
    "stack": (T.stack, np.stack),
    "tile": (T.tile, np.tile),
    "mean": (T.mean, np.mean),
    "std": (T.std, np.std),
    "var": (T.var, np.var),
}
MEANINGS = UNARY | BINARY | OTHERS
SYMBOLIC = {name: meanings[0] for name, meanings in MEANINGS.items()}
NUMERIC = {name: meanings[1] for name, meanings in MEANINGS.items()}


def in_numpy(text, arrays):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        # The mean of no element is NaN; NumPy warns of it.
        warnings.simplefilter("ignore")
        return np.asarray(eval(text, NUMERIC | arrays))


def wider(array):
    """An array in which nothing is rounded to single precision."""
    return array.astype("float64") if array.dtype.kind == "f" else array


# Drawing.

LENGTHS = st.sampled_from((0, 1, 1, 2, 2, 3, 4))
SHAPES = st.lists(LENGTHS, max_size=4).map(tuple)
DTYPES = st.sampled_from(
    ("float64", "float32", "int8", "int16", "int32", "int64", "uint8", "uint16", "bool")
)
SPECIAL = (np.nan, np.inf, -np.inf, -0.0)


@st.composite
def values(draw, dtype, shape, special=False):
    kind = np.dtype(dtype).kind
    if kind == "b":
        element = st.booleans()
    elif kind in "iu":
        element = st.integers(0 if kind == "u" else -3, 5)
    else:
        element = st.integers(-12, 12).map(lambda quarters: quarters / 4)
        element = element | st.sampled_from(SPECIAL) if special else element
    size = int(np.prod(shape))
    return np.array(draw(st.lists(element, min_size=size, max_size=size)), dtype).reshape(shape)


@st.composite
def generic(draw, shape, name):
    """Real numbers between 0.5 and 2 that lie at no kink, others for each name."""
    random = np.random.RandomState([ord(name), draw(st.integers(0, 2**31))])
    return 0.5 + 1.5 * random.random_sample(shape)


@st.composite
def partners(draw, shape):
    """A shape that broadcasts to another one."""
    lost = draw(st.integers(0, len(shape)))
    return tuple(1 if draw(st.integers(0, 3)) == 0 else length for length in shape[lost:])


def symbol(draw, name, array, declared=False):
    """A symbol for an array; which of its axes of length 1 broadcast is drawn, or they all do."""
    flags = [length == 1 and (declared or draw(st.booleans())) for length in array.shape]
    return T.TensorType(array.dtype.name, flags)(name)


def check(texts, symbols, arrays, exact_dtype=lambda text: True):
    """Compile all expressions as one function, and hold their numbers against NumPy's."""
    expressions = [T.as_tensor_variable(eval(text, SYMBOLIC | symbols)) for text in texts]
    names = list(symbols)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        f = theano.function(list(symbols.values()), expressions, on_unused_input="ignore")
        answers = f(*[arrays[name] for name in names])
    wide = {name: wider(array) for name, array in arrays.items()}
    for text, expression, found in zip(texts, expressions, answers, strict=True):
        wanted = in_numpy(text, arrays)
        note = f"{text} with {arrays}"
        assert found.shape == wanted.shape, note
        assert found.dtype.name == expression.dtype, note
        assert all(
            length == 1 for length, flag in zip(found.shape, expression.broadcastable, strict=True)
            if flag
        ), note  # fmt: skip
        if exact_dtype(text):
            assert found.dtype == wanted.dtype, note
        if wanted.dtype.kind in "biu":
            np.testing.assert_array_equal(found, wanted, note)
        else:
            tolerance = TOLERANCES["float64" if found.dtype == "float64" else "float32"]
            precise = in_numpy(text, wide)
            scale = np.max(np.abs(precise), initial=0, where=np.isfinite(precise))
            np.testing.assert_allclose(
                found, precise, rtol=tolerance, atol=tolerance * scale, err_msg=note
            )


# Elementwise.


@st.composite
def elementwise(draw, names, dtypes):
    one, other, third = (draw(st.sampled_from(names)) for _ in range(3))
    form = draw(st.integers(0, 5))
    if form == 0:
        return f"{draw(st.sampled_from(sorted(UNARY)))}({one})"
    if form == 1:
        return f"{draw(st.sampled_from(sorted(BINARY)))}({one}, {other})"
    if form == 2:
        return f"switch({one} > {third}, {one}, {other})"
    if form == 3:
        return f"{one} {draw(st.sampled_from(('<', '<=', '>', '>=')))} {other}"
    operator = draw(st.sampled_from(("+", "*", "-")))
    if form == 4:
        return f"{one} {operator} {other}"
    return f"({one} {operator} {other}) * {third}"


def refused(text, dtypes):
    """What Theano refuses, or computes in another dtype than NumPy."""
    names = [name for name in dtypes if name in text.replace("arctan", "").replace("abs_", "")]
    kinds = {np.dtype(dtypes[name]).kind for name in names}
    if "- " in text:
        return "b" in kinds
    if text.split("(")[0] in UNARY:
        return kinds != {"f"} and text.split("(")[0] not in ("abs_", "isnan", "isinf")
    return "arctan2" in text and kinds != {"f"}


@quickly
@given(st.data())
def test_elementwise(data):
    shape = data.draw(SHAPES)
    names = ("p", "q", "r")
    dtypes = {name: data.draw(DTYPES) for name in names}
    special = data.draw(st.booleans())
    shapes = [shape, data.draw(partners(shape)), data.draw(partners(shape))]
    arrays = {
        name: data.draw(values(dtypes[name], one, special))
        for name, one in zip(names, shapes, strict=True)
    }
    symbols = {name: symbol(data.draw, name, array, True) for name, array in arrays.items()}
    drawn = [data.draw(elementwise(names, dtypes)) for _ in range(2 * EXPRESSIONS)]
    texts = [text for text in drawn if not refused(text, dtypes)][:EXPRESSIONS]
    check(texts, symbols, arrays)


# Reductions.


@st.composite
def axes(draw, rank):
    if rank == 0 or draw(st.integers(0, 3)) == 0:
        return "None"
    numbers = draw(st.lists(st.integers(0, rank - 1), min_size=1, max_size=rank, unique=True))
    numbers = [number - rank if draw(st.booleans()) else number for number in numbers]
    return str(numbers[0]) if len(numbers) == 1 else str(tuple(numbers))


@st.composite
def reductions(draw, shape):
    axis, keep = draw(axes(len(shape))), draw(st.booleans())
    name = draw(st.sampled_from(("sum", "prod", "any", "all", "max", "min", "mean", "var", "std")))
    inner = draw(st.sampled_from(("p", "p", "(p + p)", "p[..., None]", "p.T", "(p > 0)")))
    if inner in ("p[..., None]", "p.T"):
        axis = "None"
    if 0 in shape and name in ("max", "min"):
        name = "sum"
    if name in ("mean", "var", "std"):
        return f"{name}({inner}, axis={axis}, keepdims={keep})"
    return f"({inner}).{name}(axis={axis}, keepdims={keep})"


@quickly
@given(st.data())
def test_reductions(data):
    shape = data.draw(SHAPES)
    array = data.draw(values(data.draw(DTYPES), shape, data.draw(st.booleans())))
    symbols = {"p": symbol(data.draw, "p", array)}
    texts = [data.draw(reductions(shape)) for _ in range(EXPRESSIONS)]
    check(texts, symbols, {"p": array}, lambda text: text[:3] not in ("mea", "var", "std"))


# Indexing. Vectors k1 to k4 index axes of those lengths; m and mm are masks of the first axes.


@st.composite
def slices(draw, length):
    bounds = st.none() | st.integers(-length - 2, length + 2)
    start, stop = draw(bounds), draw(bounds)
    step = draw(st.sampled_from((None, None, 1, 2, -1, -2, 3)))
    parts = ["" if part is None else str(part) for part in (start, stop)]
    if draw(st.integers(0, 5)) == 0:
        parts[0] = "i"
    return ":".join(parts) + ("" if step is None else f":{step}")


@st.composite
def indices(draw, shape, written=False, repeated=True):
    """An index of an array of some shape.

    Args:
        draw: makes the choices.
        shape: the shape of the array.
        written: whether the index is to select what is written: then it makes no new axes, which
            Theano would keep, and leaves more than the array itself.
        repeated: whether it may select an element twice.
    """
    if written and not shape:
        return None
    axes, items = list(shape), []
    if shape and draw(st.integers(0, 5)) == 0:
        rank = draw(st.integers(1, min(2, len(shape))))
        items, axes = ["m" * rank], axes[rank:]
    is_masked = bool(items)
    for length in axes[: draw(st.integers(0, len(axes)))]:
        kind = draw(st.integers(0, 6))
        if kind <= 1 and length:
            numbers = (str(draw(st.integers(-length, length - 1))), f"i % {length}")
            items.append(draw(st.sampled_from(numbers)))
        elif kind == 2 and length and repeated and not is_masked:
            numbers = draw(st.lists(st.integers(-length, length - 1), min_size=2, max_size=2))
            items.append(draw(st.sampled_from((f"k{length}", str(numbers)))))
        else:
            items.append(draw(slices(length)))
    # Theano 1.0.5 takes no new axis alone.
    if items and not written and draw(st.integers(0, 4)) == 0:
        items.insert(draw(st.integers(0, len(items))), "None")
    if items and draw(st.integers(0, 4)) == 0:
        items.append("...")
    return ", ".join(items) or (":" if written else "...")


def cast_of_indexing(data, dtypes):
    """Arrays, and symbols for them, that an index may name."""
    shape = data.draw(SHAPES)
    arrays = {"p": data.draw(values(data.draw(dtypes), shape)), "i": np.array(1)}
    for length in range(1, 5):
        numbers = st.lists(st.integers(-length, length - 1), min_size=2, max_size=2)
        arrays[f"k{length}"] = np.array(data.draw(numbers))
    if shape:
        arrays["m"] = data.draw(values("bool", shape[:1]))
    if len(shape) > 1:
        arrays["mm"] = data.draw(values("bool", shape[:2]))
    return shape, arrays, {n: symbol(data.draw, n, array) for n, array in arrays.items()}


@quickly
@given(st.data())
def test_reading_a_part(data):
    shape, arrays, symbols = cast_of_indexing(data, DTYPES)
    texts = [f"p[{data.draw(indices(shape))}]" for _ in range(EXPRESSIONS)]
    check(texts, symbols, arrays)


@quickly
@given(st.data())
def test_writing_a_part(data):
    shape, arrays, symbols = cast_of_indexing(data, st.sampled_from(("float64", "int32", "uint8")))
    texts = []
    for _ in range(EXPRESSIONS if shape else 0):
        verb = data.draw(st.sampled_from(("put", "increase")))
        index = data.draw(indices(shape, written=True))
        part = f"p[{index}]"
        value = data.draw(st.sampled_from(("2", part, f"{part} + {part}", f"{part}[..., ::-1]")))
        if value.endswith("::-1]") and in_numpy(part, arrays).ndim == 0:
            value = part
        texts.append(f"{verb}(p, s_[{index}], {value})")
    check(texts, symbols, arrays)


# Shapes.


@st.composite
def shapings(draw, shape):
    rank, size = len(shape), int(np.prod(shape))
    axis = draw(st.integers(-rank, rank - 1)) if rank else 0
    order = draw(st.permutations(range(rank)))
    forms = ["p.reshape((-1,))", "p.flatten()", "stack([p, q])", "tile(p.flatten(), 2)", "p.T"]
    forms += [f"p.reshape(({size}, 1))", f"repeat(p, {draw(st.integers(0, 3))})", "cumsum(p)"]
    if rank:
        shift, times = draw(st.integers(-5, 5)), draw(st.integers(0, 3))
        forms += [
            f"p.transpose({', '.join(map(str, order))})",
            f"repeat(p, {times}, axis={axis})",
            f"roll(p, {shift}, axis={axis})",
            f"join({axis}, p, q)",
            f"join({axis}, p, q[:1], p)" if axis in (0, -rank) else f"join({axis}, q, p, q)",
            f"stack([p, q], axis={axis})",
            f"cumsum(p, axis={axis})",
            f"diff(p, axis={axis})",
            f"sort(p, axis={axis})",
            f"p.swapaxes({axis}, {draw(st.integers(-rank, rank - 1))})",
            f"p.sum(axis={axis})[..., None]",
        ]
        forms += ["dot(p, q.T)"] if rank in (1, 2) else []
    return draw(st.sampled_from(forms))


@quickly
@given(st.data())
def test_changing_the_shape(data):
    shape = data.draw(SHAPES)
    dtype = data.draw(st.sampled_from(("float64", "float32", "int64", "uint64")))
    arrays = {name: data.draw(values(dtype, shape)) for name in ("p", "q")}
    symbols = {name: symbol(data.draw, name, array) for name, array in arrays.items()}
    texts = [data.draw(shapings(shape)) for _ in range(EXPRESSIONS)]
    check(texts, symbols, arrays)


# Gradients.


@st.composite
def differentiable(draw, shape):
    """An expression of reals that is smooth near numbers that differ from one another."""
    part = f"p[{draw(indices(shape))}]"
    index = draw(indices(shape, written=True, repeated=False))
    axis = draw(axes(len(shape)))
    name = draw(st.sampled_from(SMOOTH))
    forms = [
        part,
        f"{name}({part})",
        f"{name}(p) * q",
        "p ** q",
        "arctan2(p, q)",
        "maximum(p, q) / q",
        "switch(p > q, p * p, q)",
        f"p.sum(axis={axis}) ** 2",
        f"p.prod(axis={axis})",
        f"sqr({draw(shapings(shape))})",
    ]
    if index is not None:
        forms += [
            f"put(p * q, s_[{index}], q[{index}])",
            f"increase(p, s_[{index}], sqr(q[{index}]))",
        ]
    if shape and 0 not in shape:
        forms += [f"p.max(axis={axis})", f"p.min(axis={axis})", "increase(p, s_[[0, 0]], q[:1])"]
        forms += [f"mean({name}(p), axis={axis})", f"var(p, axis={axis})"]
    return draw(st.sampled_from(forms))


def weighted(text, arrays):
    """The sum of the elements of an expression, each with a weight of its own."""
    found = in_numpy(text, arrays)
    return (found * weights(found.shape)).sum()


def weights(shape):
    return np.cos(np.arange(int(np.prod(shape)))).reshape(shape)


@quickly
@given(st.data())
def test_gradients_agree_with_differences(data):
    shape, arrays, symbols = cast_of_indexing(data, st.just("float64"))
    for name in ("p", "q"):
        arrays[name] = data.draw(generic(shape, name))
        symbols[name] = symbol(data.draw, name, arrays[name], True)
    direction = {name: data.draw(generic(shape, name)) - 1 for name in ("p", "q")}
    texts = [data.draw(differentiable(shape)) for _ in range(EXPRESSIONS)]
    gradients = []
    for text in texts:
        cost = (eval(text, SYMBOLIC | symbols) * weights(in_numpy(text, arrays).shape)).sum()
        gradients += T.grad(cost, [symbols["p"], symbols["q"]], disconnected_inputs="ignore")
    f = theano.function(list(symbols.values()), gradients, on_unused_input="ignore")
    slopes = f(*[arrays[name] for name in symbols])
    step = 1e-5
    ahead, behind = (
        arrays | {name: arrays[name] + size * direction[name] for name in direction}
        for size in (step, -step)
    )
    for text, by_p, by_q in zip(texts, slopes[::2], slopes[1::2], strict=True):
        found = (by_p * direction["p"]).sum() + (by_q * direction["q"]).sum()
        wanted = (weighted(text, ahead) - weighted(text, behind)) / (2 * step)
        note = f"{text} with {arrays}"
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6, err_msg=note)
