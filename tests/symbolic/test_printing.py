"""Formulas, trees and pictures of expressions; printing and asserting while a function runs."""

import io
import re
import shutil
from itertools import pairwise

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic import drawing, printing
from jaxlearn.symbolic.drawing import pydotprint
from jaxlearn.symbolic.ops.debugging import Assert, Print, assert_op
from jaxlearn.symbolic.printing import debugprint, min_informative_str, pp, pprint

x, y, z = T.dmatrices("x", "y", "z")
v = T.dvector("v")
s, t = T.dscalars("s", "t")
i, j = T.lscalars("i", "j")
iv = T.lvector("iv")
t3 = T.dtensor3("t3")
w = theano.shared(np.ones(3), "w")


# What Theano 1.0.5 prints for the same expressions.
@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (x, "x"),
        (x + y, "(x + y)"),
        ((x + y) * 2, "((x + y) * TensorConstant{2})"),
        (x - (y - z), "(x - (y - z))"),
        ((x * y) / z, "((x * y) / z)"),
        (x // y, "(x // y)"),
        (x % y, "mod(x, y)"),
        (x**y**z, "(x ** (y ** z))"),
        (-x * y, "((-x) * y)"),
        (abs(-x), "|(-x)|"),
        (1 - x, "(TensorConstant{1} - x)"),
        (x + 0.1, "(x + TensorConstant{0.1})"),
        (T.exp(T.log(x + y)), "exp(log((x + y)))"),
        (T.eq(x, y), "eq(x, y)"),
        (x >= y, "ge(x, y)"),
        (T.switch(x > 0, x, y), "switch(gt(x, TensorConstant{0}), x, y)"),
        (T.cast(x, "float32"), "float32(x)"),
        (T.fill(x, 1.0), "fill(x, TensorConstant{1.0})"),
        (w + 1, "(w + TensorConstant{1})"),
        (T.dmatrix() + 1, "(<TensorType(float64, matrix)> + TensorConstant{1})"),
        (x.T, "x.T"),
        (x + v, "(x + v)"),
        (v.dimshuffle(0, "x"), "DimShuffle{0, x}(v)"),
        (t3.dimshuffle(2, 0, 1), "DimShuffle{2, 0, 1}(t3)"),
        (x.sum(), "Sum{acc_dtype=float64}(x)"),
        (x.sum(axis=1, keepdims=True), "DimShuffle{0, x}(Sum{axis=[1], acc_dtype=float64}(x))"),
        (x.any(), "Any(neq(x, TensorConstant{0}))"),
        (x.size, "Prod{axis=None, dtype='int64', acc_dtype='int64'}(Shape(x))"),
        (x.norm(2), "(Sum{acc_dtype=float64}((|x| ** TensorConstant{2})) ** TensorConstant{0.5})"),
        (T.dot(x.T, v) + v, "((x.T \\dot v) + v)"),
        (T.batched_dot(t3, t3), "BatchedDot(t3, t3)"),
        (T.outer(v, v), "(DimShuffle{0, x}(v) \\dot v)"),
        (T.concatenate([x, y], axis=1), "join(TensorConstant{1}, x, y)"),
        (T.as_tensor_variable([i, j]), "[i, j]"),
        (T.alloc(1.0, i, j), "alloc(TensorConstant{1.0}, i, j)"),
        (x.reshape((i, j)), "Reshape{2}(x, [i, j])"),
        (v[iv], "AdvancedSubtensor1(v, iv)"),
        (T.set_subtensor(v[0], 1), "IncSubtensor{Set;int64}(v, TensorConstant{1}, Constant{0})"),
        (T.nnet.sigmoid(x), "sigmoid(x)"),
        (
            1 / (1 + T.exp(-T.dot(x, v) - s)),
            "(TensorConstant{1} / (TensorConstant{1} + exp(((-(x \\dot v)) - s))))",
        ),
    ],
)
def test_formulas_are_theanos(expression, text):
    assert pp(expression) == pprint(expression) == text


# Theano prints the dtypes of bounds, and numbers in the wrong order.
@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (v[0], "v[0]"),
        (v[-1], "v[-1]"),
        (v[1:3], "v[1:3]"),
        (v[:3], "v[:3]"),
        (v[2:], "v[2:]"),
        (v[::-1], "v[::-1]"),
        (v[i : i + j : 2], "v[i:(i + j):2]"),
        (x[0, i], "x[0, i]"),
        (x[1:3, 0], "x[1:3, 0]"),
        (t3[0, :, j], "t3[0, :, j]"),
        ((x + y)[0], "(x + y)[0]"),
        (x.shape[0] * 2, "(Shape(x)[0] * TensorConstant{2})"),
    ],
)
def test_formulas_of_indices(expression, text):
    assert pp(expression) == text


def test_formula_of_a_gradient():
    gradient = T.grad(T.tanh(s), s)
    assert pp(gradient).startswith("Vjp{Elemwise{tanh,no_inplace}}(s, ")
    both = T.grad(T.sum(x * y), [x, y])
    assert pp(both[0]).endswith(").0")
    assert pp(both[1]).endswith(").1")


def test_what_is_no_expression_has_no_formula():
    with pytest.raises(TypeError, match="got 3, wanted an expression"):
        pp(3)


def chain(length):
    result = s
    for _ in range(length):
        result = T.tanh(result) + t
    return result


def test_deep_graphs_print(monkeypatch):
    deep = chain(10_000)
    text = pp(deep)
    assert text.startswith("(tanh((tanh((")
    assert text.endswith(") + t)) + t)")
    assert len(text) == 1 + len("(tanh() + t)") * 10_000
    tree = debugprint(deep, file="str").splitlines()
    assert len(tree) == 30_001
    assert tree[101].startswith("(101) ")
    assert len(tree[20_000]) < 300
    assert len(min_informative_str(deep).splitlines()) == 30_001
    dot = pydotprint(deep, format="dot", return_image=True)
    assert dot.count(b"tanh") == 10_000
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ValueError, match="too large to be drawn without Graphviz; install it"):
        pydotprint(deep, return_image=True)


def test_a_formula_that_doubles_is_cut():
    wide = s
    for _ in range(40):
        wide = wide + wide
    text = pp(wide)
    assert len(text) == 1_000_003
    assert text.endswith("...")


TREE = """\
Elemwise{mul,no_inplace} [id A] ''   
 |Elemwise{exp,no_inplace} [id B] ''   
 | |Elemwise{add,no_inplace} [id C] 'a'   
 |   |x [id D]
 |   |y [id E]
 |Elemwise{add,no_inplace} [id C] 'a'   
"""  # noqa: W291  (as Theano has it)


def example():
    total = x + y
    total.name = "a"
    return T.exp(total) * total


def test_trees_are_theanos():
    expression = example()
    assert debugprint(expression, file="str") == TREE
    assert debugprint(expression.owner, file="str") == TREE
    assert debugprint([expression, x], file="str") == TREE + "x [id D]\n"
    assert debugprint(x, file="str") == "x [id A]\n"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"depth": 0}, ""),
        ({"depth": 1}, TREE.splitlines(True)[0]),
        ({"depth": 2}, "".join(TREE.splitlines(True)[k] for k in (0, 1, 5))),
        ({"stop_on_name": True}, "".join(TREE.splitlines(True)[k] for k in (0, 1, 2, 5))),
        ({"ids": "int"}, re.sub(r"id (.)", lambda m: f"id {ord(m[1]) - 65}", TREE)),
        ({"ids": ""}, re.sub(r"\[id .\]", "", TREE)),
    ],
)
def test_options_of_trees(options, text):
    assert debugprint(example(), file="str", **options) == text


def test_types_in_trees():
    text = debugprint(T.exp(x.sum(0)) + w, print_type=True, file="str")
    assert text == (
        "Elemwise{add,no_inplace} [id A] <TensorType(float64, vector)> ''   \n"
        " |Elemwise{exp,no_inplace} [id B] <TensorType(float64, vector)> ''   \n"
        " | |Sum{axis=[0], acc_dtype=float64} [id C] <TensorType(float64, vector)> ''   \n"
        " |   |x [id D] <TensorType(float64, matrix)>\n"
        " |w [id E] <TensorType(float64, vector)>\n"
    )


def test_ids_go_on_after_z():
    total = T.dscalar("s0")
    for k in range(1, 30):
        total = total + T.dscalar(f"s{k}")
    text = debugprint(total, file="str")
    assert "[id Z] ''" in text
    assert "[id BA] ''" in text
    assert text.endswith(" |s29 [id CG]\n")


def test_equal_constants_have_one_id():
    text = debugprint((s + 1) * (t + 1) * v[1], file="str")
    assert text.count("TensorConstant{1} [id E]") == 2
    assert "|Constant{1} [id " in text


def test_where_trees_go(capsys):
    expression = example()
    assert debugprint(expression) is None
    assert capsys.readouterr().out == TREE
    file = io.StringIO()
    assert debugprint(expression, file=file) is file
    assert file.getvalue() == TREE


def test_calls_that_go_on():
    expression = example()
    done = {}
    debugprint(expression, file="str", done=done)
    again = debugprint(expression, file="str", done=done)
    assert again == TREE.splitlines(True)[0]
    used = {}
    debugprint(expression, file="str", used_ids=used)
    assert debugprint(y, file="str", used_ids=used) == "y [id E]\n"


def test_trees_of_functions():
    f = theano.function([x], [T.exp(x) + w, T.sum(x)], updates=[(w, w + x.sum(0))])
    text = debugprint(f, file="str", print_storage=True)
    assert text == debugprint(f.maker.fgraph, file="str", print_storage=True)
    lines = text.splitlines()
    assert lines[0].startswith("Elemwise{add,no_inplace} [id A] ''   ")
    places = sorted(int(line.split("''   ")[1].split()[0]) for line in lines if "''" in line)
    assert places[0] == 0
    assert "w [id " in text
    assert "[array([1., 1., 1.])]" in text
    assert " |x [id " in text


def test_refusals_of_trees():
    with pytest.raises(TypeError, match="got 3, wanted an expression, a function, or a list"):
        debugprint(3)
    with pytest.raises(ValueError, match="ids: got 'foo'"):
        debugprint(x, ids="foo")


def test_min_informative_str():
    assert min_informative_str(T.dot(x, y) + T.dot(x, y)) == (
        "A. Elemwise{add,no_inplace}\n B. dot\n  C. x\n  D. y\n E. dot\n  <C>\n  <D>"
    )
    assert min_informative_str(example()).splitlines()[2:] == ["  C. a", " <C>"]


# Pictures.


def regression():
    b = theano.shared(0.0, "b")
    weights = theano.shared(np.zeros(3), "weights")
    p = T.nnet.sigmoid(T.dot(x, weights) + b)
    cost = T.nnet.binary_crossentropy(p, v).mean() + 0.01 * (weights**2).sum()
    slopes = T.grad(cost, [weights, b])
    updates = [(weights, weights - 0.1 * slopes[0]), (b, b - 0.1 * slopes[1])]
    return theano.function([x, v], [p > 0.5, cost], updates=updates)


@pytest.mark.parametrize(
    ("kind", "start"),
    [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("dot", b"digraph")],
)
def test_pictures_are_written(kind, start, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    f = regression()
    path = tmp_path / f"graph.{kind}"
    assert pydotprint(f, str(path.with_suffix("")), format=kind) is None
    assert capsys.readouterr().out == f"The output file is available at {path}\n"
    assert path.read_bytes().startswith(start)
    pydotprint(f, path, format=kind, print_output_file=False, high_contrast=False)
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == [path]


def test_what_the_boxes_say():
    text = pydotprint(regression(), format="dot", return_image=True).decode()
    for label in (
        r"x\nTensorType(float64, matrix)",
        r"weights\nTensorType(float64, vector)",
        r"weights UPDATE\nTensorType(float64, vector)",
        r"TensorType(bool, vector)",
        "TensorConstant{0.01}",
        "dot",
        "sigmoid",
        "Vjp{dot}",
    ):
        assert f'[label="{label}"' in text
    assert text.count("->") > 20
    short = pydotprint(
        T.exp(x), format="dot", return_image=True, var_with_name_simple=True, with_ids=True
    ).decode()
    assert '[label="x id=1"' in short
    whole = pydotprint(T.exp(x + y), format="dot", return_image=True, compact=False).decode()
    compact = pydotprint(T.exp(x + y), format="dot", return_image=True).decode()
    assert whole.count("TensorType(float64, matrix)") == 4
    assert compact.count("TensorType(float64, matrix)") == 3
    cut = pydotprint(x.sum(0), format="dot", return_image=True, max_label_size=10).decode()
    assert '[label="Sum{axi..."' in cut
    red = pydotprint(x.sum(0), format="dot", return_image=True, colorCodes={"Sum": "red"}).decode()
    assert 'fillcolor="red"' in red


def test_boxes_and_labels_do_not_overlap():
    outputs, _ = printing._outputs_and_order(regression())
    picture = drawing._Picture(outputs, {}, True, False, {}, 70, False)
    places, routes, levels = drawing._laid_out(picture)
    bands, width, height = drawing._bands(levels)
    for one, other in pairwise(bands):
        assert one[1] < other[0]
    for level in levels:
        for one, other in pairwise(sorted(level, key=lambda place: place.x)):
            assert one.x + one.width / 2 < other.x - other.width / 2
    assert all(0 < place.x < width for place in places)
    assert bands[-1][1] < height
    for arrow, route in zip(picture.arrows, routes, strict=True):
        assert [place.level for place in route] == list(range(route[0].level, route[-1].level + 1))
        assert (route[0], route[-1]) == (places[arrow.source], places[arrow.target])


def test_graphviz_draws_where_it_is_installed(tmp_path, monkeypatch):
    program = tmp_path / "dot"
    program.write_text(
        '#!/bin/sh\n[ "$1" = -Tfish ] && { echo no fish >&2; exit 1; }\necho $1; cat\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    drawn = pydotprint(T.exp(x), format="svg", return_image=True)
    assert drawn.startswith(b"-Tsvg\ndigraph {")
    with pytest.raises(ValueError, match="-Tfish failed: no fish"):
        pydotprint(T.exp(x), format="fish", return_image=True)


# Printing and asserting while a function runs.


def test_print_prints_in_each_call(capsys):
    f = theano.function([v], Print("hi", attrs=("__str__", "shape", "dtype", "sum"))(v) * 2)
    np.testing.assert_array_equal(f([1.0, 2.0]), [2, 4])
    line = "hi __str__ = [1. 2.]\nhi shape = (2,)\nhi dtype = float64\nhi sum = 3.0\n"
    assert capsys.readouterr().out == line
    f([1.0, 2.0])
    assert capsys.readouterr().out == line
    theano.function([s], theano.printing.Print("s")(s))(1.5)
    assert capsys.readouterr().out == "s __str__ = 1.5\n"


def test_print_of_constants_and_sizes(capsys):
    f = theano.function([v], Print("two")(T.constant(2.0)) * v)
    f([1.0])
    f([2.0])
    assert capsys.readouterr().out == "two __str__ = 2.0\n" * 2
    g = theano.function([v], T.zeros((Print("n")(v.shape[0]),)))
    g([1.0])
    g([1.0])
    g([1.0, 2.0])
    assert capsys.readouterr().out == "n __str__ = 1\n" * 2 + "n __str__ = 2\n"


def test_print_with_another_function():
    seen = []
    f = theano.function([v], Print("m", global_fn=lambda op, value: seen.append((op, value)))(v))
    f([1.0, 2.0])
    ((op, value),) = seen
    assert op.message == "m"
    assert isinstance(value, np.ndarray)
    np.testing.assert_array_equal(value, [1, 2])


def test_gradients_pass_through_print(capsys):
    gradient = T.grad((Print("g")(v) ** 2).sum(), v)
    np.testing.assert_array_equal(theano.function([v], gradient)([1.0, 2.0]), [2, 4])
    assert capsys.readouterr().out == "g __str__ = [1. 2.]\n"


def test_print_of_what_arrays_do_not_have():
    with pytest.raises(AttributeError, match="attrs: got 'nope', which NumPy's arrays do not have"):
        Print("m", attrs=["nope"])
    assert str(Print("m")) == "Print{message='m', attrs=('__str__',)}"


def test_assert():
    f = theano.function([v, s], Assert("s out of range")(v, s > 0, s < 2) * 2)
    np.testing.assert_array_equal(f([1.0, 2.0], 1.0), [2, 4])
    for wrong in (-1.0, 3.0):
        with pytest.raises(AssertionError) as raised:
            f([1.0, 2.0], wrong)
        lines = str(raised.value).splitlines()
        assert lines[0] == "s out of range"
        assert lines[1].startswith("  made at ")
        assert "test_printing.py" in lines[1]


def test_a_failed_assertion_changes_nothing():
    state = theano.shared(np.zeros(2))
    f = theano.function([v], updates=[(state, Assert("positive")(v, v.sum() > 0))])
    f([1.0, 2.0])
    with pytest.raises(AssertionError, match="positive"):
        f([-5.0, 2.0])
    np.testing.assert_array_equal(state.get_value(), [1, 2])


def test_conditions_that_are_known():
    assert Assert("m")(v, 1, np.array(True), True).eval({v: [1.0]}).tolist() == [1]
    assert assert_op(v).eval({v: [1.0]}).tolist() == [1]
    with pytest.raises(AssertionError, match="too long"):
        Assert("too long")(v, v.shape[0] < 2).eval({v: [1.0, 2.0]})
    with pytest.raises(TypeError, match=r"wanted a scalar; use T\.all"):
        Assert("m")(v, v > 0)


def test_gradients_pass_through_assert():
    checked = Assert("m")(v, s > 0)
    gradient = theano.function([v, s], T.grad((checked**2).sum(), v))
    np.testing.assert_array_equal(gradient([1.0, 2.0], 1.0), [2, 4])
    with pytest.raises(AssertionError):
        gradient([1.0, 2.0], -1.0)
    with pytest.raises(theano.gradient.DisconnectedInputError):
        T.grad(checked.sum(), s)
