"""Every operation of the tables is held against Theano by some recorded case."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import casebook
import evaluating

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.symbolic.graph import toposort
from jaxlearn.symbolic.ops import elementwise, neural, reductions

TABLES = {
    "elementwise": set(elementwise.ROWS),
    "reductions": set(reductions.ROWS),
    "neural": set(neural.ROW_FUNCTIONS),
}


def applied_names():
    names = set()
    for family in casebook.family_names():
        for _, expressions in evaluating.build_all((theano, T), casebook.family(family).cases):
            for node in toposort(expressions):
                names.add(getattr(node.op, "name", type(node.op).__name__))
    return names


def test_no_row_is_without_a_case():
    names = applied_names()
    without = {table: sorted(rows - names) for table, rows in TABLES.items() if rows - names}
    assert not without
