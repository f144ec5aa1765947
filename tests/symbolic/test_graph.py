"""Graphs: walks, copies, replacement, comparison and pickles, and that none of them recurses."""

import copy
import gc
import pickle
import sys
import weakref

import numpy as np
import pytest

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.graph import (
    Numbering,
    ancestors,
    graph_inputs,
    is_same_graph,
    replace_variables,
    toposort,
    variables_between,
)
from jaxlearn.symbolic.printing import pp
from jaxlearn.theano.gof import graph as theanos

x, y, z = T.dscalars("x", "y", "z")
v = T.dvector("v")
m = T.dmatrix("m")
single = T.fscalar("single")


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


# Nodes.


def test_a_node_joins_an_operation_to_variables():
    total = T.exp(x) + y
    node = total.owner
    assert node.op == T.add
    assert node.inputs == [T.exp(x).owner.outputs[0], y] or node.inputs[1] is y
    assert node.outputs == [total]
    assert (node.nin, node.nout, node.out, node.default_output()) == (2, 1, total, total)
    assert total.index == 0
    assert total.get_parents() == [node]
    assert x.get_parents() == []
    assert str(node) == "Elemwise{add,no_inplace}(Elemwise{exp,no_inplace}.0, y)"
    assert node.inputs[0].owner.inputs == [x]
    again = node.clone_with_new_inputs([y, y]).out
    assert again is not total
    assert again.owner.inputs == [y, y]


def test_operations_are_equal_if_their_parameters_are():
    assert T.exp(x).owner.op == T.exp(y).owner.op == T.exp
    assert v.sum().owner.op == v.sum().owner.op
    assert hash(v.sum().owner.op) == hash(v.sum().owner.op)
    assert m.sum(axis=0).owner.op != m.sum(axis=1).owner.op
    assert T.exp(x).owner.op != T.log(x).owner.op


# Walks.


def test_toposort_puts_every_node_after_those_that_it_needs():
    shared_part = T.exp(x)
    outputs = [T.log(shared_part + y), shared_part * 2]
    order = toposort(outputs)
    assert len(order) == len(set(order)) == 4
    seen = set()
    for node in order:
        for variable in node.inputs:
            assert variable.owner is None or variable.owner in seen
        seen.add(node)
    assert {output.owner for output in outputs} <= seen
    assert [str(node.op) for node in toposort([T.exp(T.log(x))])] == [
        "Elemwise{log,no_inplace}",
        "Elemwise{exp,no_inplace}",
    ]
    assert toposort([x]) == []


def test_walks_stop_where_they_are_told_to():
    inner = T.exp(x)
    outer = T.log(inner + y)
    assert len(toposort([outer])) == 3
    assert len(toposort([outer], {inner})) == 2
    assert toposort([outer], {outer}) == []
    assert set(graph_inputs([outer], {inner})) == {inner, y}
    assert set(ancestors([outer], [inner])) == {outer, outer.owner.inputs[0], inner, y}


def test_inputs_and_ancestors():
    state = theano.shared(1.0, "state")
    inner = T.exp(x)
    product = inner * y
    outer = product + state + 3
    found = graph_inputs([outer])
    assert len(found) == len(set(found)) == 4
    assert {x, y, state} < set(found)
    (number,) = set(found) - {x, y, state}
    assert isinstance(number, theano.Constant)
    assert number.data == 3
    assert graph_inputs([x, x * y]) == [x, y]
    assert set(theanos.inputs([outer])) == set(found)
    assert set(ancestors([product])) == {x, inner, y, product}
    assert {inner, outer, x} < set(theanos.ancestors([outer]))
    for variable in variables_between([outer]):
        assert variable in theanos.ancestors([outer])


def test_theanos_walks_between_inputs_and_outputs():
    inner = T.exp(x)
    total = inner + y
    outer = T.log(total)
    assert [node.op for node in theanos.io_toposort([x, y], [outer])] == [
        inner.owner.op,
        total.owner.op,
        outer.owner.op,
    ]
    assert theanos.io_toposort([total], [outer]) == [outer.owner]
    assert set(theanos.list_of_nodes([x, y], [outer])) == {inner.owner, total.owner, outer.owner}
    assert set(theanos.variables([x, y], [outer])) == {x, y, inner, total, outer}


def test_the_last_inputs_nodes_come_first_as_in_theano():
    first, second, third = T.exp(x), T.log(y), T.sqrt(x)
    middle = T.switch(first, second, third)
    last = first * middle
    theano_says = [node.owner for node in (third, second, first, middle, last)]
    assert theanos.io_toposort([x, y], [last]) == theano_says
    assert theano.gof.FunctionGraph([x, y], [last], clone=False).toposort() == theano_says
    assert theanos.io_toposort([x, y], [second, last]) == [
        node.owner for node in (second, third, first, middle, last)
    ]


def test_walks_by_owner_find_all_weights():
    # This is how old programs look for what to train.
    weights = [theano.shared(np.ones((3, 3)), f"w{k}") for k in range(3)]
    output = m
    for weight in weights:
        output = T.tanh(T.dot(output, weight))
    found, waiting = [], [output]
    while waiting:
        variable = waiting.pop()
        if isinstance(variable, theano.compile.SharedVariable):
            found.append(variable)
        if variable.owner:
            waiting.extend(variable.owner.inputs)
    assert set(found) == set(weights)


# Copies.


def test_a_clone_is_a_copy_of_all_nodes():
    total = T.exp(x) + y
    total.name = "total"
    total.tag.note = "here"
    copied = theano.clone(total)
    assert copied is not total
    assert copied.owner is not total.owner
    assert copied.owner.inputs[0] is not total.owner.inputs[0]
    assert set(graph_inputs([copied])) == {x, y}
    assert (copied.name, copied.tag.note) == ("total", "here")
    assert copied.eval({x: 0.0, y: 2.0}) == 3.0


def test_replacements_are_made_all_at_once():
    difference = x - y * 2
    swaps = [{x: y, y: x}, [(x, y), (y, x)], ((x, y), (y, x))]
    for replace in swaps:
        assert pp(theano.clone(difference, replace=replace)) == "(y - (x * TensorConstant{2}))"
    assert theano.clone(x * 2, replace={x: x + 1}).eval({x: 3.0}) == 8.0
    doubled = x * 2
    assert theano.clone(doubled + 1, replace={doubled: doubled * 3}).eval({x: 1.0}) == 7.0
    assert theano.clone(doubled + 1, replace={doubled: y}).eval({y: 1.0}) == 2.0
    assert theano.clone(doubled, replace={doubled: y}) is y
    power = T.exp(doubled)
    both = theano.clone(power + doubled, replace={power: y, doubled: x})
    assert pp(both) == "(y + x)"
    assert theano.clone(doubled, replace={y: x}).eval({x: 2.0}) == 4.0


def test_what_clone_takes_and_returns():
    doubled, state = x * 2, theano.shared(1.0, "state")
    several = theano.clone([doubled, x], replace={x: y})
    assert isinstance(several, list)
    assert pp(several[0]) == "(y * TensorConstant{2})"
    assert several[1] is y
    assert theano.clone(state * 2, replace={state: x}).eval({x: 3.0}) == 6.0
    assert theano.clone(doubled, replace={x: np.array(3.0)}).eval() == 6.0
    assert theano.clone(doubled, replace={x: state}).eval() == 2.0


def test_clones_check_types_if_strict():
    doubled = x * 2
    for other in (single, v):
        with pytest.raises(TypeError, match="wanted a variable of type"):
            theano.clone(doubled, replace={x: other})
        loose = theano.clone(doubled, replace={x: other}, strict=False)
        assert loose.type == other.type
    row = theano.clone(m * 2, replace={m: T.drow("row")})
    assert row.type == T.dmatrix


def test_clones_may_have_inputs_of_their_own():
    state = theano.shared(1.0, "state")
    copied = theano.clone(x * state, share_inputs=False)
    new = next(variable for variable in graph_inputs([copied]) if variable.name == "x")
    assert new is not x
    assert new.type == x.type
    assert {variable.name for variable in graph_inputs([copied])} == {"x", "state"}
    assert copied.eval({new: 3.0}) == 3.0


def test_replacing_keeps_what_is_not_touched():
    kept = T.exp(y)
    (replaced,) = replace_variables([kept + x], {x: z})
    assert replaced.owner.inputs[0] is kept
    assert replaced.owner.inputs[1] is z
    (same,) = replace_variables([kept], {x: z})
    assert same is kept
    vector = replace_variables([x * 2], {x: v}, strict=False)[0]
    assert vector.type == T.dvector
    with pytest.raises(TypeError):
        replace_variables([x * 2], {x: v})


# Comparison.


def test_same_graphs():
    for first, second, same in [
        (x, x, True),
        (x, y, False),
        (x + y, x + y, True),
        (x + y, y + x, False),
        (x + 1, x + 1, True),
        (x + 1, x + 2, False),
        (x + 1, x + 1.0, False),
        (x + 1, y + 1, False),
        (T.exp(x) + T.exp(x), T.exp(x) * 2, False),
        (m.sum(axis=0), m.sum(axis=1), False),
        (m.sum(axis=0), m.sum(axis=0), True),
        (T.grad(T.exp(x * y), x), T.grad(T.exp(x * y), x), True),
    ]:
        assert is_same_graph(first, second) is same
        assert theanos.is_same_graph(first, second) is same
    for givens in ({x: y}, {y: x}, [(x, y)]):
        assert is_same_graph(x + 1, y + 1, givens=givens)
    assert not is_same_graph(x + z, y + y, givens={x: y})


def test_numbering_merges_what_computes_the_same():
    first, second, other = T.exp(x + 1), T.exp(x + 1), T.exp(x + 2)
    numbering = Numbering()
    numbering.add([first, second, other])
    assert numbering[first] == numbering[second]
    assert numbering[first] != numbering[other]


# Pickles and deep copies.


def test_pickles_keep_names_tags_and_structure():
    inner = T.exp(x)
    inner.name = "inner"
    inner.tag.note = {"rate": 0.1}
    # One node computes both slopes.
    slope = T.grad(y * z, [y, z])[1]
    assert slope.index == 1
    outputs = [inner + y, inner * 2, slope]
    for one, another, second, given in (
        pickled([*outputs, x]),
        copy.deepcopy([*outputs, x]),
    ):
        copied = one.owner.inputs[0]
        assert copied is another.owner.inputs[0]
        assert copied is not inner
        assert copied.owner.inputs == [given]
        assert (copied.name, copied.tag.note, given.name) == ("inner", {"rate": 0.1}, "x")
        assert one.owner.inputs[1].name == "y"
        assert second.index == 1
        assert second.owner.outputs[1] is second
        assert second.type == T.dscalar
        assert one.eval(dict.fromkeys(graph_inputs([one]), 1.5)) == np.exp(1.5) + 1.5
        (y_2,) = [variable for variable in graph_inputs([second]) if variable.name == "y"]
        (z_2,) = [variable for variable in graph_inputs([second]) if variable.name == "z"]
        assert theano.function([y_2, z_2], second)(2.5, 4.0) == 2.5


def test_pickles_keep_constants_and_types():
    number = T.constant(np.array([0.1, 1e300]), name="number")
    for copied in (pickled(number), copy.deepcopy(number)):
        assert copied.type == number.type
        assert copied.name == "number"
        np.testing.assert_array_equal(copied.data, number.data)
    assert pickled(T.dcol) == T.dcol
    assert pickled(x.type) == x.type
    assert pickled(T.exp) == T.exp
    assert pickled(m.sum(axis=1).owner).op == m.sum(axis=1).owner.op


def test_pickles_keep_gradients_and_state():
    state = theano.shared(np.array([1.0, 2.0]), "state")
    cost = T.sum(T.tanh(state * x) ** 2)
    slope = T.grad(cost, state)
    cost_2, slope_2, state_2, x_2 = pickled((cost, slope, state, x))
    assert {*graph_inputs([slope_2])} >= {state_2, x_2}
    expected = slope.eval({x: 0.7})
    np.testing.assert_allclose(slope_2.eval({x_2: 0.7}), expected, rtol=1e-14)
    np.testing.assert_allclose(
        expected, 2 * np.tanh([0.7, 1.4]) * 0.7 / np.cosh([0.7, 1.4]) ** 2, rtol=1e-12
    )
    state_2.set_value([0.0, 0.0])
    assert cost_2.eval({x_2: 0.7}) == 0.0
    assert cost.eval({x: 0.7}) > 0.1


def test_old_protocols_pickle_as_well():
    total = T.exp(x) + 1
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        copied = pickle.loads(pickle.dumps(total, protocol))
        assert pp(copied) == pp(total)


# A chain of 10,000 nodes. Python's recursion limit stays what it is by default.

LENGTH = 10_000


@pytest.fixture(scope="module")
def chain():
    assert sys.getrecursionlimit() <= 1100
    start = T.dscalar("start")
    return start, lengthened(start)


def lengthened(value):
    for k in range(LENGTH // 2):
        value = (value + 0.5) * (2.0 if k % 2 else 0.5)
    return value


def test_a_long_chain_is_walked(chain):
    start, output = chain
    assert len(toposort([output])) == LENGTH
    assert start in graph_inputs([output])
    assert len(ancestors([output])) > LENGTH
    assert is_same_graph(output, output)
    assert len(theanos.io_toposort([start], [output])) == LENGTH


def test_a_long_chain_is_cloned(chain):
    start, output = chain
    for copied in (
        theano.clone(output, replace={start: x}),
        theano.clone(output, share_inputs=False),
        theano.clone(output),
    ):
        assert len(toposort([copied])) == LENGTH
        assert copied is not output
    assert not is_same_graph(theano.clone(output, replace={start: x}), output)
    assert is_same_graph(theano.clone(output), output)


def test_a_long_chain_is_printed(chain):
    _, output = chain
    text = theano.printing.debugprint(output, file="str")
    assert len(text.splitlines()) > LENGTH
    assert "start" in text
    formula = pp(output)
    assert formula.count("+") == LENGTH // 2
    assert formula.startswith("(")


def test_a_long_chain_is_pickled(chain):
    _, output = chain
    copied = pickled(output)
    assert len(toposort([copied])) == LENGTH
    assert is_same_graph(
        copied, output, givens={graph_inputs([copied])[0]: graph_inputs([output])[0]}
    )
    pair = pickled([output, output.owner.inputs[0]])
    assert pair[0].owner.inputs[0] is pair[1]


def test_a_long_chain_is_copied_deeply(chain):
    _, output = chain
    copied = copy.deepcopy(output)
    assert len(toposort([copied])) == LENGTH
    assert copied is not output


def test_a_long_chain_is_differentiated_compiled_and_run(chain):
    start, output = chain
    slope = T.grad(output, start)
    assert len(toposort([slope])) >= LENGTH
    value, derivative = theano.function([start], [output, slope])(0.3)
    np.testing.assert_allclose(value, lengthened(0.3), rtol=1e-12)
    assert derivative == 1.0


def test_a_long_chain_under_a_function_is_pickled():
    state = theano.shared(1.0, "state")
    output = state
    for _ in range(2000):
        output = output + 1.0
    function = theano.function([], output, updates={state: output})
    function_2, state_2 = pickled((function, state))
    assert function_2() == 2001.0
    assert (state.get_value(), state_2.get_value()) == (1.0, 2001.0)


def test_a_long_chain_is_freed():
    start = T.dscalar("start")
    seen = weakref.ref(start)
    output = start
    for _ in range(2 * LENGTH):
        output = output + 1.0
    del start, output
    gc.collect()
    assert seen() is None


def test_a_wide_graph_is_no_chain():
    total = T.add(*[x * k for k in range(300)])
    assert theano.function([x], total)(2.0) == 2.0 * sum(range(300))
    doubled = x
    for _ in range(60):
        doubled = doubled + doubled
    # A walk that forgets what it has seen would take 2**60 steps.
    assert doubled.eval({x: 1.0}) == 2.0**60
    assert len(toposort([pickled(doubled)])) == 60
    assert len(toposort([copy.deepcopy(doubled)])) == 60
    assert T.grad(doubled, x).eval({x: 1.0}) == 2.0**60
