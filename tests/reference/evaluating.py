"""Ask an engine for its answers: the same code asks Theano when recording and jaxlearn in tests.

Many expressions go into one compiled function. When such a function fails, its cases are halved
until the one that fails stands alone.
"""

from __future__ import annotations

import contextlib
import warnings
from itertools import groupby

import numpy as np
from casebook import REALS


class Value:
    """An array with the type that was promised for it while the graph was built."""

    def __init__(self, dtype, broadcastable, array):
        self.dtype, self.broadcastable, self.array = dtype, broadcastable, array


# Exceptions that Theano keeps to itself; their base says as much.
PRIVATE = ("AsTensorError", "ComplexError")


def class_names(error):
    """The names of an exception's class and its bases."""
    names = [base.__name__ for base in type(error).__mro__]
    return [name for name in names if name not in PRIVATE]


class Raised:
    """An exception in the place of a value: its name, all its classes' names, and its text."""

    def __init__(self, name, when, classes=(), text=""):
        self.name, self.when, self.classes, self.text = name, when, classes, text

    @classmethod
    def by(cls, error, when):
        """What this error says, raised while the graph was built ("build") or ran ("run")."""
        classes = class_names(error)
        return cls(classes[0], when, classes, str(error))


class Answer:
    """What an engine makes of one case: outputs and gradients by name, or an exception."""

    def __init__(self, outputs=None, gradients=None, raised=None):
        self.outputs, self.gradients, self.raised = outputs or {}, gradients or {}, raised


class Graph:
    """A case's symbols and expressions in one engine."""

    def __init__(self, engine, case, shapes):
        theano, tensor = engine
        self.case, self.symbols = case, case.symbols(tensor)
        outputs = case.build(theano, tensor, self.symbols)
        self.outputs = {str(number): output for number, output in enumerate(outputs)}
        self.gradients = {}
        if shapes is not None and case.wrt:
            self.gradients = self.differentiate(theano, tensor, shapes)

    def cost(self, tensor, shapes):
        """The weighted sum of all floating outputs, None without one."""
        total = None
        for number, (output, shape) in enumerate(zip(self.outputs.values(), shapes)):  # noqa: B905
            if output.dtype in REALS:
                weights = self.case.weights(number, shape, output.dtype)
                term = (output * tensor.constant(weights)).sum()
                total = term if total is None else total + term
        return total

    def differentiate(self, theano, tensor, shapes):
        """The cost's gradients by name; together if that works, else each for itself."""
        cost = self.cost(tensor, shapes)
        if cost is None:
            return {}
        names = self.case.wrt
        try:
            made = theano.grad(cost, [self.symbols[name] for name in names])
            return {name: made[number] for number, name in enumerate(names)}
        except Exception:
            return {name: self.derivative(theano, cost, name) for name in names}

    def derivative(self, theano, cost, name):
        """One gradient, or what is raised in its place."""
        try:
            return theano.grad(cost, self.symbols[name])
        except Exception as error:
            return Raised.by(error, "build")

    def expressions(self, with_gradients):
        """Everything that has to be computed."""
        made = list(self.outputs.values())
        if with_gradients:
            made += [one for one in self.gradients.values() if not isinstance(one, Raised)]
        return made

    def answer(self, numbers, with_gradients):
        """Pair the graph's expressions with their numbers, taken off that iterator."""

        def valued(variable):
            if isinstance(variable, Raised):
                return variable
            return Value(variable.dtype, tuple(variable.broadcastable), next(numbers))

        outputs = {name: valued(output) for name, output in self.outputs.items()}
        if not with_gradients:
            return Answer(outputs)
        return Answer(outputs, {name: valued(one) for name, one in self.gradients.items()})


@contextlib.contextmanager
def float_x(theano, name):
    """``config.floatX`` set to this name for a while."""
    before = theano.config.floatX
    theano.config.floatX = name
    try:
        yield
    finally:
        theano.config.floatX = before


def calculate(engine, graphs, with_gradients, mode):
    """The answers of these graphs from one compiled function."""
    inputs, arrays, expressions = [], [], []
    for graph in graphs:
        inputs += graph.symbols.values()
        arrays += graph.case.arrays().values()
        expressions += graph.expressions(with_gradients)
    options = {} if mode is None else {"mode": mode}
    function = engine[0].function(inputs, expressions, on_unused_input="ignore", **options)
    numbers = iter([np.array(number) for number in function(*arrays)])
    return [graph.answer(numbers, with_gradients) for graph in graphs]


def run(engine, graphs, mode=None):
    """The answers of these graphs, from as few compiled functions as work."""
    if not graphs:
        return []
    try:
        return calculate(engine, graphs, True, mode)
    except Exception as error:
        if len(graphs) > 1:
            half = len(graphs) // 2
            return run(engine, graphs[:half], mode) + run(engine, graphs[half:], mode)
        raised = Raised.by(error, "run")
    (graph,) = graphs
    if not graph.gradients:
        return [Answer(raised=raised)]
    try:
        (answer,) = calculate(engine, graphs, False, mode)
    except Exception as error:
        return [Answer(raised=Raised.by(error, "run"))]
    answer.gradients = dict.fromkeys(graph.gradients, raised)
    return [answer]


def evaluate(engine, cases, shapes=None, mode=None, apart=()):
    """The answers of these cases, by name, all from one compiled function if that works.

    Args:
        engine: The modules ``theano`` and ``theano.tensor``, real or jaxlearn's.
        cases: What to ask.
        shapes: The shapes of each case's outputs, by its name: the gradients' weights need them.
            Without any, only the outputs are computed.
        mode: How to compile, the engine's own way when None.
        apart: The names of cases that get a function of their own, as they are known to fail.
    """
    answers = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for setting, some in groupby(cases, key=lambda case: case.float_x):
            with float_x(engine[0], setting):
                graphs = []
                for case in some:
                    try:
                        shape = None if shapes is None else shapes[case.name]
                        graphs.append(Graph(engine, case, shape))
                    except Exception as error:
                        answers[case.name] = Answer(raised=Raised.by(error, "build"))
                together = [graph for graph in graphs if graph.case.name not in apart]
                alone = [[graph] for graph in graphs if graph.case.name in apart]
                for group in (together, *alone):
                    for number, answer in enumerate(run(engine, group, mode)):
                        answers[group[number].case.name] = answer
    return answers


def evaluate_grid(engine, grid):
    """A grid's result types, or the names of the exceptions, as rows of lists."""
    theano, tensor = engine

    def cell(row, column):
        try:
            return grid.build(theano, tensor, row, column).dtype
        except Exception as error:
            return class_names(error)[0]

    with warnings.catch_warnings(), float_x(theano, grid.float_x):
        warnings.simplefilter("ignore")
        return {row: [cell(row, column) for column in grid.columns] for row in grid.rows}


def evaluate_program(engine, program):
    """A program's numbers by name."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return {name: np.asarray(number) for name, number in program.run(*engine).items()}


def build_all(engine, cases):
    """The names and expressions of the cases that can be built, nothing computed."""
    for case in cases:
        with warnings.catch_warnings(), float_x(engine[0], case.float_x):
            warnings.simplefilter("ignore")
            try:
                graph = Graph(engine, case, None)
            except Exception:
                continue
        yield case.name, list(graph.outputs.values())
