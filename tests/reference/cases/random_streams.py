"""Random numbers: MRG31k3p and what is drawn with it, number for number."""

import importlib
import zlib

import numpy as np
from casebook import Case, Program, given, real

# Theano's draws on the CPU are those of its C code.
COMPILED = True


def module(theano, name):
    return importlib.import_module(f"{theano.__name__}.{name}")


def streams(theano, seed=12345):
    return module(theano, "sandbox.rng_mrg").MRG_RandomStreams(seed)


def told(array):
    """A few numbers of a large array, and what tells the others: exact, and short to store."""
    array = np.asarray(array)
    bits = zlib.crc32(np.ascontiguousarray(array).tobytes())
    return [float(bits), float(array.mean(dtype="float64")), *map(float, array.ravel()[-3:])]


def sizes_and_streams(theano, tensor):
    """Draws of one round and of many, with a last one that not all streams are in."""
    found = {}
    for seed, dtype in ((12345, "float64"), ([1, 20, 300, 4000, 50000, 600000], "float32")):
        source = streams(theano, seed)
        cases = [((4,), None), ((7, 13), None), ((200, 200), None), ((5, 1), 3)]
        drawn = [source.uniform(size, dtype=dtype, nstreams=n) for size, n in cases]
        draw = theano.function([], drawn)
        for call in range(3):
            found[f"{dtype} call {call}"] = np.array([told(array) for array in draw()])
        states = [variable.get_value() for variable, _, _, _ in source.updates()]
        found[f"{dtype} states"] = np.array([told(array) for array in states])
        found[f"{dtype} next"] = source.rstate
    return found


def a_million(theano, tensor):
    """A mask as large as a layer, twice."""
    draw = theano.function([], streams(theano, 42).binomial((1000, 1000), p=0.3, dtype="float32"))
    return {"first": told(draw()), "second": told(draw())}


def half_precision(theano, tensor):
    """float16 keeps the low bits of what is drawn."""
    source = streams(theano, 3)
    return {"fractions": theano.function([], source.uniform((30,), dtype="float16"))()}


def bounds(theano, tensor):
    """Bounds that are tensors, sizes that are symbolic."""
    source = streams(theano, 5)
    x, n = tensor.dmatrix(), tensor.lscalar()
    low, high = tensor.dvector(), tensor.dmatrix()
    draw = theano.function(
        [x, n, low, high],
        [
            source.uniform(x.shape),
            source.uniform((n, 3), low=-1, high=2),
            source.uniform((2, 3), low=low, high=high),
            source.uniform((2, 3), dtype="float32"),
            source.uniform(()),
            source.binomial(x.shape, p=high, dtype="int8"),
            source.binomial((n,), p=0.9),
        ],
        allow_input_downcast=True,
    )
    arguments = [[0, 1, 2], [[3, 4, 5], [6, 7, 8]]]
    first, second = draw(np.zeros((2, 3)), 4, *arguments), draw(np.zeros((2, 3)), 2, *arguments)
    return {str(i): array for i, array in enumerate([*first, *second])}


def bell_curves(theano, tensor):
    """Normal draws of even and odd size, and truncated ones, again and again."""
    source = streams(theano, 9)
    n = tensor.lscalar()
    some = theano.function([n], source.normal((n, 2), avg=tensor.constant([1.0, 100.0])))
    draw = theano.function(
        [],
        [
            source.normal((5,), avg=3, std=0.1),
            source.normal((3, 100), avg=1.0, std=2.0, truncate=True),
            source.truncated_normal((77,), nstreams=5),
        ],
    )
    found = {"some": some(3), "others": some(4)}
    for call in range(3):
        for i, array in enumerate(draw()):
            found[f"{call}.{i}"] = array.ravel()[:8]
            found[f"{call}.{i} sum"] = array.sum()
    states = [variable.get_value()[:6] for variable, _, _, _ in source.updates()]
    found["states"] = np.concatenate(states)
    return found


def outcomes(theano, tensor):
    """Counts of outcomes, and outcomes without replacement."""
    source = streams(theano, 17)
    p = tensor.dmatrix()
    draw = theano.function(
        [p],
        [
            source.multinomial(pvals=p),
            source.multinomial(n=20, pvals=p, dtype="float32"),
            source.multinomial(pvals=p * 0.5),
            source.choice(size=3, p=p, replace=False),
            source.multinomial_wo_replacement(n=2, pvals=p),
        ],
    )
    numbers = 1.0 + np.arange(20.0).reshape(4, 5) % 7
    numbers = numbers / numbers.sum(1)[:, None]
    return {f"{call}.{i}": array for call in range(3) for i, array in enumerate(draw(numbers))}


def seeded_again(theano, tensor):
    """A seed given later, and the streams of draws made after it."""
    source = streams(theano, 23)
    first, second = source.uniform((3,)), source.normal((4,))
    draw = theano.function([], [first, second])
    found = {"before 0": draw()[0], "before 1": draw()[1]}
    source.seed(99)
    found["after 0"], found["after 1"] = draw()
    source.seed()
    found["again 0"], found["again 1"] = draw()
    found["later"] = theano.function([], source.uniform((2,)))()
    return found


def shared_state(theano, tensor):
    """Two functions of one draw, one of which leaves the state as it is."""
    source = streams(theano, 31)
    drawn = source.uniform((2,))
    draw = theano.function([], drawn)
    peek = theano.function([], drawn, no_default_updates=True)
    other = theano.function([], drawn - drawn + drawn)
    w = theano.shared(np.array([1.0, 2.0]))
    slope = theano.function([], tensor.grad((w * drawn).sum(), w))
    found = [peek(), peek(), draw(), peek(), other(), slope(), draw()]
    return {str(i): array for i, array in enumerate(found)}


def sizes_of_any_integers(theano, tensor):
    """Small integers are lengths, too; and which axes are 1 for good."""
    source, n = streams(theano, 5), tensor.wscalar()
    drawn = [
        source.normal((n, 2), nstreams=2),
        source.normal(tensor.stack([n, n]), nstreams=2),
        source.normal((tensor.constant(1), 2), nstreams=2),
        source.normal(np.int64(1), nstreams=2),
        source.truncated_normal((n,), std=2, nstreams=3),
        source.choice(size=1, p=np.array([[1.0], [1.0]]), replace=False, nstreams=2),
    ]
    found = {str(i): array for i, array in enumerate(theano.function([n], drawn)(3))}
    for i, one in enumerate(drawn):
        found[f"{i} is one"] = np.array(one.broadcastable, "int8")
    return found


PROGRAMS = [
    Program(sizes_and_streams, tolerance=1e-15),
    Program(a_million, tolerance=1e-15),
    Program(half_precision, tolerance=1e-15),
    Program(bounds, tolerance=1e-15),
    Program(bell_curves),
    Program(outcomes),
    Program(seeded_again),
    Program(shared_state),
    Program(sizes_of_any_integers),
]

# Three streams that belong to the seed 7.
STATES = given(
    [
        [7, 7, 7, 7, 7, 7],
        [94502994, 391405947, 587729329, 2137564249, 343312693, 987714120],
        [1018006627, 1501822394, 844613070, 485239883, 1294597639, 960907655],
    ],
    "int32",
)
# Sums that a modulus takes away to 0, and the largest number that can be drawn.
EDGES = given(
    [
        [5, 1717964745, 218175339, 1, 2, 3],
        [4, 5, 6, 0, 2, 0],
        [5, 67110400, 0, 1, 2, 3],
        [4, 0, 0, 0, 1, 0],
    ],
    "int32",
)
FRACTIONS = real("float64", 4, low=0, high=1)


def fractions(dtype, size):
    def drawn(theano, tensor, x):
        new, sample = module(theano, "sandbox.rng_mrg").mrg_uniform.new(x, None, dtype, size)
        return [sample, new]

    drawn.__name__ = f"mrg_uniform {dtype} {size}"
    return drawn


def counts(theano, tensor, p, u):
    return module(theano, "sandbox.multinomial").MultinomialFromUniform("float64")(p, u, 2)


def choices(theano, tensor, p, u):
    return module(theano, "sandbox.multinomial").ChoiceFromUniform(odtype="int64")(p, u, 2)


CASES = [
    *(Case(fractions(dtype, (4, 2)), x=STATES) for dtype in ("float64", "float32", "float16")),
    *(Case(fractions(dtype, (4,)), x=EDGES) for dtype in ("float64", "float32")),
    Case(fractions("float64", (2,)), x=STATES),
    Case(
        counts, p=given([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]]), u=real("float64", 4, low=0, high=1)
    ),
    Case(counts, p=given([[0.1, 0.2], [0.5, -0.5]]), u=given([0.5, 0.25, 0.15, 0.4])),
    Case(choices, wrt=(), p=given([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]]), u=FRACTIONS),
]
