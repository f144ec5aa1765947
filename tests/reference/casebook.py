"""What a case of the reference is, and how its numbers are made.

A case is an expression, written as its user would write it, and the arrays that go in. Both
engines read the same cases: Theano 1.0.5 when the answers are recorded, jaxlearn when it is held
against them. So this file and everything under ``cases/`` also runs on Python 3.7.
"""

from __future__ import annotations

import importlib.util
import json
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent

INTEGERS = tuple(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64))
REALS = ("float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
DTYPES = ("bool", *INTEGERS, *REALS, *COMPLEX)
FLOATS = ("float32", "float64")


def random_for(text):
    """A source of random numbers that belongs to this text, the same on every machine."""
    return np.random.RandomState(zlib.crc32(text.encode()))


def shown(values):
    """A few numbers in full, many by their checksum."""
    if values.size > 12:
        return f"{zlib.crc32(values.tobytes()):08x}"
    return json.dumps(values.tolist() if values.dtype.kind != "c" else str(values.tolist()))


class Input:
    """An input array: its type, and the recipe for its numbers."""

    def __init__(self, dtype, shape, low=0, high=0, values=None):
        self.dtype, self.shape, self.low, self.high, self.values = dtype, shape, low, high, values
        self.broadcastable = (False,) * len(shape)

    def declared(self, letters):
        """The same input, its broadcastable axes marked: "TF" for a row."""
        copy = Input(self.dtype, self.shape, self.low, self.high, self.values)
        copy.broadcastable = tuple(letter == "T" for letter in letters)
        return copy

    def array(self, random):
        """The numbers: only arithmetic that rounds alike on every machine."""
        if self.values is not None:
            return self.values
        if np.dtype(self.dtype).kind in "biu":
            return np.asarray(random.randint(self.low, self.high, self.shape)).astype(self.dtype)
        numbers = self.low + (self.high - self.low) * random.random_sample(self.shape)
        if self.dtype in COMPLEX:
            numbers = numbers + 1j * random.random_sample(self.shape)
        return np.asarray(numbers).astype(self.dtype)

    def __str__(self):
        text = f"{self.dtype}{list(self.shape)}"
        if True in self.broadcastable:
            text += "".join("FT"[flag] for flag in self.broadcastable)
        if self.values is not None:
            return text + f"={shown(self.values)}"
        return text + f"({self.low:g}..{self.high:g})"


def real(dtype, *shape, low=-2.0, high=2.0):
    """Floating or complex numbers between low and high."""
    return Input(dtype, shape, low, high)


def whole(dtype, *shape, low=None, high=None):
    """Whole numbers from low up to, not including, high."""
    if dtype == "bool":
        return Input(dtype, shape, 0, 2)
    first = (0 if dtype.startswith("u") else -5) if low is None else low
    return Input(dtype, shape, first, 6 if high is None else high)


def sample(dtype, *shape):
    """Numbers that suit the dtype."""
    return whole(dtype, *shape) if np.dtype(dtype).kind in "biu" else real(dtype, *shape)


def given(values, dtype="float64"):
    """These very numbers."""
    array = np.asarray(values).astype(dtype)
    return Input(dtype, array.shape, values=array)


def type_of(tensor, dtype, broadcastable):
    """A symbol's type."""
    return tensor.TensorType(dtype, broadcastable)


class Case:
    """One expression over some inputs.

    Args:
        expression: Source text over the names of the inputs and theano, T and np; or a function
            of theano, its tensor module and the symbols. It makes one expression or a list.
        wrt: The names of the inputs to differentiate by. By default the real floating ones.
        float_x: ``config.floatX`` while the expression is made.
        tolerance: The relative errors allowed forward and in gradients, where the usual do not fit.
        why: The reason for that tolerance.
        elementwise: Each number has to hold relative to itself, not to the largest of its array.
        inputs: By name, in order.
    """

    def __init__(
        self,
        expression,
        wrt=None,
        float_x="float64",
        tolerance=None,
        why="",
        elementwise=False,
        **inputs,
    ):
        self.expression, self.float_x, self.inputs = expression, float_x, inputs
        self.tolerance, self.why, self.elementwise = tolerance, why, elementwise
        text = expression if isinstance(expression, str) else expression.__name__
        described = ", ".join(f"{name}: {spec}" for name, spec in inputs.items())
        self.name = f"{text} | {described}"
        if wrt is not None:
            self.name += " | by " + " ".join(wrt)
        if float_x != "float64":
            self.name += f" | floatX={float_x}"
        if wrt is None:
            wrt = [name for name, spec in inputs.items() if spec.dtype in REALS]
        self.wrt = list(wrt)

    def arrays(self):
        """The inputs' numbers, by name."""
        random = random_for(self.name)
        return {name: spec.array(random) for name, spec in self.inputs.items()}

    def symbols(self, tensor):
        """New symbols for the inputs, by name."""
        return {
            name: type_of(tensor, spec.dtype, spec.broadcastable)(name)
            for name, spec in self.inputs.items()
        }

    def build(self, theano, tensor, symbols):
        """The expressions, as a list."""
        made = build(self.expression, theano, tensor, symbols)
        made = made if isinstance(made, (list, tuple)) else [made]
        return [tensor.as_tensor_variable(one) for one in made]

    def weights(self, index, shape, dtype):
        """The fixed numbers that make one cost of output number `index`."""
        numbers = random_for(f"{self.name} weight {index}").random_sample(shape)
        return np.asarray(0.5 + numbers).astype(dtype)


def build(expression, theano, tensor, symbols):
    """What the expression makes of the symbols."""
    if callable(expression):
        return expression(theano, tensor, **symbols)
    return eval(expression, {"theano": theano, "T": tensor, "np": np, **symbols})


class Grid:
    """A table of result types: one expression a cell, over scalars, never compiled.

    Args:
        name: Of the table.
        rows: The labels of the rows.
        columns: The labels of the columns.
        cell: From a row's and a column's label to an expression and the dtypes of its scalars.
        float_x: ``config.floatX`` while the expressions are made.
    """

    def __init__(self, name, rows, columns, cell, float_x="float64"):
        self.name = name if float_x == "float64" else f"{name} | floatX={float_x}"
        self.rows, self.columns, self.cell, self.float_x = rows, columns, cell, float_x

    def build(self, theano, tensor, row, column):
        """The expression of one cell."""
        expression, dtypes = self.cell(row, column)
        symbols = {name: type_of(tensor, dtype, ())(name) for name, dtype in dtypes.items()}
        return build(expression, theano, tensor, symbols)


def unary_grids(expressions, dtypes=DTYPES):
    """The result types of functions of a scalar x, at both settings of ``config.floatX``."""
    return [
        Grid("unary", expressions, dtypes, lambda row, column: (row, {"x": column}), setting)
        for setting in ("float64", "float32")
    ]


class Program:
    """A whole program out of a document: a function that returns the numbers it comes to, by name.

    Args:
        run: From theano and its tensor module to a dictionary of numbers.
        tolerance: The relative error allowed.
    """

    def __init__(self, run, tolerance=1e-12):
        self.name, self.run, self.tolerance = run.__name__, run, tolerance


class Family:
    """One file of ``cases/``: its cases, its grids and its programs, each list perhaps empty."""

    def __init__(self, path):
        spec = importlib.util.spec_from_file_location(f"reference_{path.stem}", str(path))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.name = path.stem
        self.cases = list(getattr(module, "CASES", ()))
        self.grids = list(getattr(module, "GRIDS", ()))
        self.programs = list(getattr(module, "PROGRAMS", ()))
        self.compiled = getattr(module, "COMPILED", False)
        names = [entry.name for entry in (*self.cases, *self.grids, *self.programs)]
        twice = sorted({name for name in names if names.count(name) > 1}) if names else []
        assert not twice, f"{path}: more than one case is called {twice}"


def family_names():
    """The names of all families."""
    return sorted(path.stem for path in (HERE / "cases").glob("*.py"))


def family(name):
    """One family, read from its file."""
    return Family(HERE / "cases" / f"{name}.py")
