"""Loops that draw: a random state, and other shared variables, that each step updates."""

import importlib

import numpy as np
from casebook import Program, random_for

# Theano's draws on the CPU are those of its C code.
COMPILED = True


def kind(source):
    """What source of random numbers it is."""
    return type(source).__name__


def numbers(name, *shape):
    """The same numbers on every machine, from -1 to 1."""
    return 2 * random_for(name).random_sample(shape) - 1


def streams(theano, name, seed=1234):
    """A source of random numbers."""
    paths = {
        "RandomStreams": "tensor.shared_randomstreams",
        "MRG_RandomStreams": "sandbox.rng_mrg",
    }
    module = importlib.import_module(f"{theano.__name__}.{paths[name]}")
    return getattr(module, name)(seed)


def of_both_kinds(program):
    """A program with the one and with the other source of random numbers."""

    def made(kind):
        def run(theano, tensor):
            return program(theano, tensor, lambda seed=1234: streams(theano, kind, seed))

        run.__name__ = f"{program.__name__} of {kind}"
        return Program(run)

    return [made("RandomStreams"), made("MRG_RandomStreams")]


def coin_flips(theano, tensor, source):
    """A walk by coin flips, in which a shared variable counts the heads."""
    flips = source()
    heads = theano.shared(np.int64(0), "heads")
    n = tensor.iscalar("n")

    def step(place):
        flip = flips.binomial((), p=0.4, dtype="int64")
        return place + 2 * flip - 1, {heads: heads + flip}

    start = tensor.as_tensor_variable(np.asarray(3, "int64"))
    places, updates = theano.scan(step, outputs_info=start, n_steps=n)
    walk = theano.function([n], places, updates=updates)
    peek = theano.function([n], places)
    found = {"first": walk(12), "heads": heads.get_value(), "second": walk(9)}
    found["all heads"] = heads.get_value()
    found["peek"], found["peek again"] = peek(9), peek(9)
    found["third"] = walk(2)
    return found


def gibbs_chain(theano, tensor, source):
    """Units that switch one another on and off, ten times."""
    draws = source()
    w = theano.shared(numbers("w", 5, 3), "w")
    visible, hidden = theano.shared(numbers("visible", 5)), theano.shared(numbers("hidden", 3))

    def step(v):
        mean = tensor.nnet.sigmoid(tensor.dot(v, w) + hidden)
        h = draws.binomial(size=mean.shape, n=1, p=mean)
        mean = tensor.nnet.sigmoid(tensor.dot(h, w.T) + visible)
        return draws.binomial(size=mean.shape, n=1, p=mean, dtype=theano.config.floatX)

    sample = tensor.dmatrix("sample")
    values, updates = theano.scan(step, outputs_info=sample, n_steps=10)
    chain = theano.function([sample], [values[-1], values], updates=updates)
    found = {}
    for call in ("first", "second"):
        found[f"{call}: last"], found[f"{call}: all"] = chain(np.zeros((2, 5)))
    return found


def masks(theano, tensor, source):
    """A mask that is drawn in each step, and one that all steps get; and the gradients."""
    x, w = tensor.dmatrix("x"), tensor.dmatrix("w")
    values = [numbers("x", 4, 3), numbers("weights", 3, 3)]
    found = {}
    for name in ("in each step", "once"):
        draws = source()
        if name == "once":
            mask = draws.binomial(size=(3,), p=0.5, dtype="float64")
            steps, updates = theano.scan(
                lambda row, h, same: tensor.tanh(tensor.dot(h, w) + row) * same, x, x[0], mask
            )
        else:
            steps, updates = theano.scan(
                lambda row, h: (
                    tensor.tanh(tensor.dot(h, w) + row)
                    * draws.binomial(size=(3,), p=0.5, dtype="float64")  # noqa: B023
                ),
                x,
                x[0],
            )
        gradients = []
        # Theano differentiates no loop that takes a state of NumPy's generator along.
        if name == "once" or kind(draws) == "MRG_RandomStreams":
            gradients = tensor.grad(tensor.sqr(steps).sum(), [x, w])
        f = theano.function([x, w], [steps, *gradients], updates=updates)
        for call in ("first", "second"):
            for part, value in zip(("steps", "by x", "by w"), f(*values)):  # noqa: B905
                found[f"{name}: {call} {part}"] = value
    return found


def loops_in_loops(theano, tensor, source):
    """Draws in the steps of a loop inside of the steps of a loop; and a loop that draws decide."""
    draws = source(99)

    def outer(before):
        inner, updates = theano.scan(
            lambda t: t + draws.uniform((), low=-1.0, high=1.0), None, before, n_steps=3
        )
        return inner[-1] + draws.uniform(()), updates

    steps, updates = theano.scan(outer, None, np.float64(1), n_steps=4)
    f = theano.function([], steps, updates=updates)
    waiting = source(7)
    waits, waited = theano.scan(
        lambda t: (
            t + 1,
            theano.scan_module.until(tensor.gt(waiting.uniform(()), 0.9)),
        ),
        outputs_info=np.float64(0),
        n_steps=200,
    )
    g = theano.function([], waits[-1], updates=waited)
    return {"nested": [f(), f()], "waits": [g() for _ in range(4)]}


def held(theano, tensor):
    """Non-sequences that are made of what the steps update."""
    count = theano.shared(np.int64(1), "count")
    found = {}
    for name, others in (("made of it", [count * 10]), ("itself", [count]), ("none", [])):

        def step(before, *same):
            return before + sum(same, count * 100), {count: count + 1}

        start = tensor.as_tensor_variable(np.asarray(0, "int64"))
        steps, updates = theano.scan(step, None, start, others, n_steps=3)
        f = theano.function([], steps, updates=updates)
        found[name] = [f(), f()]
        found[name + ": count"] = count.get_value()
    return found


PROGRAMS = [
    *(
        program
        for one in (coin_flips, gibbs_chain, masks, loops_in_loops)
        for program in of_both_kinds(one)
    ),
    Program(held),
]
