"""Every operation comes out the same by all ways out of a compiled function, bit for bit.

The single call is held against Theano by `test_reference`. Here one case of every operation, with
its gradients, is held against the single call: `as_jax`, `source`, `repeat` and `scan`.
"""

import importlib
import pkgutil
import re
import sys
from functools import cache
from pathlib import Path

import jax
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import casebook
import evaluating
import storing
from casebook import Case, given, real

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic import gradient_markers, ops
from jaxlearn.symbolic.graph import Op, toposort
from jaxlearn.symbolic.ops import elementwise, neural, reductions
from jaxlearn.symbolic.ops.from_jax import from_jax
from jaxlearn.symbolic.ops.mapping import map_rows
from jaxlearn.symbolic.ops.nonzero import Selected
from jaxlearn.symbolic.ops.scan import Counted, Scan, While
from jaxlearn.symbolic.vector_jacobian_product import VectorJacobianProduct
from jaxlearn.theano.ifelse import ifelse

GROUP = 40


def own_function(theano, tensor, x):
    """Plain JAX inside of an expression."""
    return from_jax(jax.nn.gelu)(x)


def mapped(theano, tensor, x):
    """An expression of each row."""
    row = tensor.dvector()
    return map_rows([row], [tensor.sqr(row).sum()], [x])[0]


# Functions of matrices that Theano has no gradient of.
DIFFERENTIABLE_HERE = (
    "T.nlinalg.svd(x)",
    "T.nlinalg.qr(x)[0]",
    "T.nlinalg.qr(x, 'r')",
    "T.nlinalg.tensorinv(x, 1)",
    "T.nlinalg.tensorsolve(x, x[0])",
    "T.nlinalg.lstsq()(x, x[0], -1)[0]",
)


def chosen(theano, tensor, x):
    """One of two expressions, of which only that is computed."""
    return ifelse(x.sum() > 0, x * 2, x - 1)


def doubled_until_large(theano, tensor, x):
    """A loop that a condition ends, of which only the last step is wanted."""
    total = theano.shared(1.0)

    def step():
        new = 2 * total + x.sum()
        return {total: new}, theano.scan_module.until(new > 50)

    return list(theano.scan(step, n_steps=20)[1].values())


def ended_inside(theano, tensor, x):
    """A loop that a condition ends, in the steps of a loop."""

    def last_power(a):
        def step(power):
            new = power * (1 + a**2)
            return new, theano.scan_module.until(new > 3)

        return theano.scan(step, outputs_info=tensor.exp(a), n_steps=20)[0][-1]

    return theano.scan(last_power, x)[0]


def selected(theano, tensor, x):
    """Masks, as they are where only a reduction of what they select is needed."""
    return [Selected()(x > 0, x), Selected(0, exact=False)(x[:2], x)]


# Operations that no case of the reference needs, most of them because Theano has none such.
MORE_CASES = [
    Case(chosen, x=real("float64", 3)),
    Case(doubled_until_large, wrt=(), x=real("float64", 3)),
    Case(ended_inside, x=real("float64", 3)),
    Case(
        "theano.scan_checkpoints(lambda a, t: a * t, x, T.exp(x[0]), save_every_N=2)[0]",
        x=real("float64", 5),
    ),
    Case(own_function, x=real("float64", 3, 4)),
    Case(mapped, x=real("float64", 3, 4)),
    Case(selected, x=real("float64", 3, 4)),
    Case("theano.printing.Print('seen', attrs=('shape',))(x) * 2", x=real("float64", 4)),
    Case("theano.gradient.ViewOp()(x) ** 2", x=real("float64", 4)),
    Case("T.cast(x, 'bool')", x=given([0, 2, 0, 1], "int64")),
    *(Case(expression, x=real("float64", 3, 3)) for expression in DIFFERENTIABLE_HERE),
]

# How many counts there are is the largest number plus one, which only the data tell.
SIZES_FROM_DATA = ("T.bincount(T.cast(T.sqr(x).flatten(), 'int64'))",)

# XLA fuses the same operations otherwise where inputs come packed into one buffer, as they do in a
# call, and its float32 approximations differ by the loop that they are in. Other dtypes must agree
# bit for bit.
LAST_BITS = {"float32": 16 * np.finfo("float32").eps}

# A module multiplies rows and weights step by step; a call does it for all steps at once.
LAST_BITS_OF_LOOPS = {**LAST_BITS, "float64": 64 * np.finfo("float64").eps}

STAGED = "how many elements there are depends on the data, so that there is no pure function"
INNER = "it finds out a size, and stands in no graph"
NOT_HELD = {
    "LoadFromDisk": STAGED,
    "Nonzero": STAGED,
    "UniqueIndices": STAGED,
    "RepeatIndices": STAGED,
    "SliceLength": INNER,
    "ArangeLength": INNER,
    "UndefinedGrad": "it is there to have no gradient; its value is that of any marker",
    "Indexing": "it is what the operations on a part of a tensor have in common",
    "Counted": "it stands in gradients only, and these are held",
    "Contraction": "it is what the products have in common",
    "MatrixOperation": "it is what the functions of matrices have in common",
    "Transparent": "it is what operations have in common whose output is their first input",
    "RebroadcastAxes": "it makes a Rebroadcast",
}


def label(op):
    """What tells an operation from others: its row, or else its class."""
    if isinstance(op, VectorJacobianProduct):
        return f"gradient of {label(op.op)}"
    is_row = isinstance(op, (elementwise.Elementwise, reductions.Reduction, neural.RowFunction))
    return op.name if is_row else type(op).__name__


def labels(graph):
    """The operations of a case."""
    return {label(node.op) for node in toposort(graph.expressions(True))}


def has_sizes_from_data(graph, found):
    """Whether a case has no pure function: so is a loop with all steps that a condition ends."""
    counts = [
        node.inputs[0].owner
        for node in toposort(graph.expressions(True))
        if isinstance(getattr(node.op, "op", node.op), Scan)
        and not isinstance(getattr(node.op, "op", node.op), Counted)
    ]
    ended = any(maker is not None and isinstance(maker.op, While) for maker in counts)
    return ended or any(NOT_HELD.get(name) == STAGED for name in found)


def all_labels():
    """Every operation that there is."""
    tables = (elementwise.Elementwise, reductions.Reduction, neural.RowFunction)
    names = [module.name for module in pkgutil.iter_modules(ops.__path__, f"{ops.__name__}.")]
    found = {*elementwise.ROWS, *reductions.ROWS, *neural.ROW_FUNCTIONS}
    for module in (*map(importlib.import_module, names), gradient_markers):
        for name, value in vars(module).items():
            is_here = isinstance(value, type) and value.__module__ == module.__name__
            if is_here and issubclass(value, Op) and not issubclass(value, tables):
                found.add(name)
    return {name for name in found if not name.startswith("_")}


def cases():
    """The cases of the reference that have numbers, with the shapes of their outputs."""
    for name in casebook.family_names():
        answers, _ = storing.load(name)
        seen = set()
        for case in casebook.family(name).cases:
            answer = answers[case.name]
            if not answer.raised and case.expression not in (*seen, *SIZES_FROM_DATA):
                seen.add(case.expression)
                yield case, [value.array.shape for value in answer.outputs.values()]
    for case in MORE_CASES:
        (answer,) = evaluating.evaluate((theano, T), [case]).values()
        yield case, [value.array.shape for value in answer.outputs.values()]


@cache
def graphs():
    """One graph for each operation and each gradient of one, that of the first case with it."""
    seen, chosen = set(), []
    for case, shapes in cases():
        with evaluating.float_x(theano, case.float_x):
            try:
                graph = evaluating.Graph((theano, T), case, shapes)
            except Exception:
                continue
        found = labels(graph)
        if found - seen and not has_sizes_from_data(graph, found):
            chosen.append(graph)
            seen |= found
    return chosen


def allowed(graph):
    """By dtype, how far the numbers of a case may differ."""
    return LAST_BITS_OF_LOOPS if "Scan" in labels(graph) else LAST_BITS


def joined(start):
    """One function of a group of cases, its inputs, and what one call of it returns."""
    group = graphs()[start : start + GROUP]
    inputs = [symbol for graph in group for symbol in graph.symbols.values()]
    arrays = [array for graph in group for array in graph.case.arrays().values()]
    expressions = [one for graph in group for one in graph.expressions(True)]
    names = [(graph.case.name, allowed(graph)) for graph in group for _ in graph.expressions(True)]
    function = theano.function(inputs, expressions, on_unused_input="ignore", name="group")
    return function, arrays, names, [np.array(value) for value in function(*arrays)]


def differences(names, expected, found):
    """The cases whose numbers are not the same bits."""
    wrong = {}
    for (name, bits), one, other in zip(names, expected, map(np.asarray, found), strict=True):
        if one.dtype != other.dtype or one.shape != other.shape:
            wrong[name] = f"{other.dtype}{other.shape} instead of {one.dtype}{one.shape}"
        elif one.tobytes() != np.ascontiguousarray(other).tobytes():
            most = bits.get(one.dtype.name, 0) * np.max(np.abs(one), initial=0)
            if not np.all(np.abs(one - other) <= most):
                wrong[name] = f"{other} instead of {one}"
    return wrong


def executed(text):
    """What a generated module defines. It would set 64-bit types for the whole process."""
    names = {}
    setting = 'jax.config.update("jax_enable_x64", True)'
    exec(compile(text.replace(setting, ""), "generated", "exec"), names)
    return names


def with_statics(text, arrays):
    """The arrays, but Python's numbers for those that the module must know when it is traced."""
    names = re.search(r"^def group\(state, (.*)\):$", text, re.MULTILINE)[1].split(", ")
    static = re.search(r"static_argnames=(\(.*\))\)$", text, re.MULTILINE)
    known = eval(static[1]) if static else ()
    return [
        array.item() if name in known else array for name, array in zip(names, arrays, strict=True)
    ]


def as_jax(function, arrays):
    """The outputs of the pure function."""
    pure, state = function.as_jax(*arrays)
    with jax.enable_x64(True):
        return jax.jit(pure)(state, *arrays)[0]


def from_source(function, arrays):
    """The outputs of the generated module."""
    text, state = function.source(), function.as_jax()[1]
    with jax.enable_x64(True):
        return executed(text)["group"](state, *with_statics(text, arrays))[0]


@pytest.fixture(autouse=True, scope="module")
def quick_compiler():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("start", range(0, len(graphs()), GROUP))
def test_all_ways_give_the_same_numbers(start):
    function, arrays, names, expected = joined(start)
    stacked = [np.stack([array, array]) for array in arrays]
    found = {
        "as_jax": as_jax(function, arrays),
        "source": from_source(function, arrays),
        "repeat": [value[0] for value in function.repeat(2, *arrays)],
        "scan": [value[1] for value in function.scan(*stacked)],
    }
    wrong = {way: differences(names, expected, values) for way, values in found.items()}
    assert not {way: what for way, what in wrong.items() if what}


def test_no_operation_is_left_out():
    held = {name for graph in graphs() for name in labels(graph)}
    assert all_labels() - held == set(NOT_HELD)
