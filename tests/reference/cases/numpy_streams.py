"""Random numbers of NumPy's RandomState: each distribution, number for number."""

import importlib

import numpy as np
from casebook import Case, Program, given


def module(theano, name):
    return importlib.import_module(f"{theano.__name__}.{name}")


def streams(theano, seed=234):
    return module(theano, "tensor.shared_randomstreams").RandomStreams(seed)


def called(draw, times=2):
    """What some calls return, by call and place."""
    found = {}
    for call in range(times):
        for i, array in enumerate(draw()):
            found[f"{call}.{i}"] = array
    return found


def reals(theano, tensor):
    """Uniform and normal numbers, with bounds and moments that are tensors."""
    source = streams(theano)
    drawn = [
        source.uniform((2, 2)),
        source.uniform(),
        source.uniform([3], dtype="float32"),
        source.uniform(low=[0.0, 1.0], high=[[2.0], [3.0]]),
        source.uniform((2, -1), low=[0.0, 1.0], high=[[2.0], [3.0]]),
        source.uniform((1, 3), low=0, high=10),
        source.uniform((2,), low=0, high=10, dtype="int64"),
        source.normal((3,), avg=2, std=3),
        source.normal(avg=[1.0, 2.0], std=[0.1, 10.0]),
        source.normal((101,)),
        source.normal((2, 2), dtype="float32"),
    ]
    return called(theano.function([], drawn))


def whole_numbers(theano, tensor):
    """Counts, integers and choices."""
    source = streams(theano, 17)
    drawn = [
        source.binomial((5,), n=10, p=0.3),
        source.binomial(n=[1, 5, 100], p=0.5),
        source.binomial((3,), n=5, prob=0.5, dtype="float32"),
        source.binomial((2, 2), p=0.9, dtype="int8"),
        source.poisson((3,), lam=4),
        source.poisson((2,), lam=[1.0, 200.0]),
        source.random_integers((8,)),
        source.random_integers((8,), low=-2, high=5),
        source.random_integers(low=[0, 10], high=[5, 20]),
        source.random_integers((4,), low=0, high=2**40),
        source.random_integers((4,), low=0, high=100, dtype="int8"),
        source.choice((4,)),
        source.choice((4,), a=10),
        source.choice((4,), a=10, replace=False),
        source.choice((4,), a=3, p=[0.1, 0.1, 0.8]),
        source.choice((2, 2), a=[5.5, 6.5, 7.5], dtype="float64"),
    ]
    return called(theano.function([], drawn))


def rows(theano, tensor):
    """Permutations, shuffled rows and counts of outcomes."""
    source = streams(theano, 5)
    table = [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]]
    drawn = [
        source.permutation(n=5),
        source.permutation((2,), n=4),
        source.permutation((2, 1), n=4, dtype="int8"),
        source.shuffle_row_elements(tensor.constant([[1, 2, 3, 4], [5, 6, 7, 8]])),
        source.shuffle_row_elements(tensor.constant([1.5, 2.5, 3.5])),
        source.multinomial(),
        source.multinomial(n=1000000, pvals=[0.2, 0.3, 0.5]),
        source.multinomial((2,), n=10, pvals=[0.2, 0.3, 0.5]),
        source.multinomial(n=[10, 20], pvals=table),
        source.multinomial((3, -1), n=1000000, pvals=table),
        source.multinomial((2,), n=10, pvals=np.array([0.2, 0.8], "float32"), dtype="float32"),
        # A sum next to 1, above and below.
        source.multinomial(n=1000000, pvals=np.array([0.2, 0.3, 0.5]) * (1 + 4e-6)),
        source.multinomial(n=1000000, pvals=np.array([0.2, 0.3, 0.5]) * (1 - 4e-6)),
    ]
    return called(theano.function([], drawn))


def symbolic_sizes(theano, tensor):
    """Sizes and parameters that are inputs."""
    source = streams(theano, 3)
    x, n = tensor.dmatrix(), tensor.lscalar()
    draw = theano.function(
        [x, n],
        [
            source.uniform(x.shape),
            source.normal(avg=x, std=2.0),
            source.uniform((n, 2), high=x[0, 0]),
            source.permutation(n=n),
            source.binomial(x.shape, n=n, p=0.5),
            source.shuffle_row_elements(x),
        ],
    )
    x = np.arange(1.0, 7.0).reshape(2, 3)
    found = {}
    for call, (value, size) in enumerate(((x, 3), (x, 5), (x.T.copy(), 3))):
        for i, array in enumerate(draw(value, size)):
            found[f"{call}.{i}"] = array
    return found


def tutorial(theano, tensor):
    """What Theano's tutorial does with streams."""
    source = streams(theano)
    rv_u, rv_n = source.uniform((2, 2)), source.normal((2, 2))
    f = theano.function([], rv_u)
    g = theano.function([], rv_n, no_default_updates=True)
    nearly_zeros = theano.function([], rv_u + rv_u - 2 * rv_u)
    found = {"f": [f(), f()], "g": [g(), g()], "zeros": nearly_zeros(), "then": f()}
    state = rv_u.rng.get_value(borrow=True)
    state.seed(89234)
    rv_u.rng.set_value(state, borrow=True)
    found["one reseeded"] = f()
    source.seed(902340)
    found["all reseeded"] = [f(), g()]
    state_after_v0 = rv_u.rng.get_value().get_state()
    f()
    v1 = f()
    state = rv_u.rng.get_value(borrow=True)
    state.set_state(state_after_v0)
    rv_u.rng.set_value(state, borrow=True)
    f()
    found["again"] = [v1, f()]
    return found


def copied_state(theano, tensor):
    """The states of one model's streams, put into those of another."""

    def model(seed):
        source = streams(theano, seed)
        drawn = source.uniform((2,)) + source.normal((2,))
        return source, theano.function([], drawn)

    source1, f1 = model(123)
    source2, f2 = model(987)
    found = {"before": [f1(), f2()]}
    for i, (rng, _) in enumerate(source1.state_updates):
        source2.state_updates[i][0].set_value(rng.get_value())
    found["after"] = [f1(), f2()]
    source1[source1.state_updates[0][0]] = np.random.RandomState(3)
    found["set"] = f1()
    return found


def states_as_arguments(theano, tensor):
    """A state that is an input, updated from call to call, and one that is returned."""
    raw = module(theano, "tensor.raw_random")
    rng = raw.random_state_type()
    after, drawn = raw.uniform(rng, (2, 2))
    start = np.random.RandomState(4)
    f = theano.function([theano.In(rng, value=start, update=after, mutable=True)], drawn)
    g = theano.function([rng], [after, drawn])
    returned, first = g(np.random.RandomState(4))
    return {"kept": [f(), f()], "first": first, "next": returned.uniform(size=2)}


def gradients(theano, tensor):
    """A derivative of what is multiplied with a draw."""
    source = streams(theano, 3)
    w = theano.shared(np.array([1.0, 2.0, 3.0]))
    cost = (source.uniform((3,)) * w**2).sum()
    return {"slope": theano.function([], tensor.grad(cost, w))()}


PROGRAMS = [
    Program(run)
    for run in (
        reals,
        whole_numbers,
        rows,
        symbolic_sizes,
        tutorial,
        copied_state,
        states_as_arguments,
        gradients,
    )
]


def drawn_by_numpy(theano, tensor, x):
    raw = module(theano, "tensor.raw_random")
    state = theano.shared(np.random.RandomState(3))
    return [
        raw.normal(state, avg=x)[1],
        raw.uniform(state, (3,), dtype="float32")[1],
        raw.permutation(state, (2,), n=4, dtype="int8")[1],
        raw.multinomial(state, (2,), n=5, pvals=[0.25, 0.75])[1],
        raw.choice(state, (3,), a=7)[1],
        raw.random_integers(state, (3,), low=0, high=9)[1],
    ]


def lengths_of_one(theano, tensor, x):
    """Only a number 1 in a tuple or list tells that an axis has this length."""
    raw = module(theano, "tensor.raw_random")
    state = theano.shared(np.random.RandomState(11))
    sizes = [
        (1, 2),
        [np.int64(1), 2],
        (tensor.constant(1), 2),
        np.array([1, 2]),
        tensor.constant(np.array([1, 2])),
        x.shape,
        (1, x.shape[1]),
    ]
    return [
        *(raw.normal(state, size)[1] for size in sizes),
        raw.uniform(state, None, low=x, ndim=7)[1],
        raw.uniform(state, (1, -1), low=x)[1],
        raw.binomial(state, (1, 2))[1],
        raw.binomial(state, None, p=x)[1],
        raw.multinomial(state, (1, 2), pvals=[1.0])[1],
        raw.permutation(state, (1,), n=2)[1],
    ]


CASES = [
    Case(drawn_by_numpy, wrt=(), x=given([[1.0, 2.0], [3.0, 4.0]])),
    Case(lengths_of_one, wrt=(), x=given([[0.1, 0.2]]).declared("TF")),
]
