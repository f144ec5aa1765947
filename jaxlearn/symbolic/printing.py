"""Expressions as text.

`pp` writes an expression as a formula, and `debugprint` as a tree, one line a node. Both walk
iteratively: a graph may be deeper than Python's stack. `drawing` makes pictures.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jaxlearn.symbolic.graph import Apply, Constant, Variable
from jaxlearn.symbolic.ops import contraction, creation, dimensions, elementwise, indexing, joining
from jaxlearn.symbolic.ops.index_patterns import IndexConstant

__all__ = ["debugprint", "min_informative_str", "pp", "pprint", "short_formula"]


# Formulas.

_INFIX = {"add": "+", "sub": "-", "mul": "*", "true_div": "/", "int_div": "//", "pow": "**"}

_LONGEST = 1_000_000
"""The most characters of a formula. One with shared parts may have more than there are atoms."""

Part = str | Variable


def pp(variable: Variable) -> str:
    r"""Return an expression as a formula.

    Every infix operation stands in brackets. Parts that are used twice are written twice; what is
    longer than a million characters ends in ``...``.

    Args:
        variable: any expression.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, w = T.dmatrix("x"), T.dvector("w")
        >>> pp(T.tanh(T.dot(x, w)) * 2)
        '(tanh((x \\dot w)) * TensorConstant{2})'
    """
    if not isinstance(variable, Variable):
        raise TypeError(f"got {variable!r}, wanted an expression")
    return _formula(variable, _LONGEST)


def short_formula(variable: Variable, longest: int = 60) -> str:
    """Return an expression as a formula for a message: with plain numbers, cut where it is long.

    Args:
        variable: any expression.
        longest: the most characters.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dvector("x")
        >>> short_formula(x + 1), short_formula(x + x * x * x, 10)
        ('(x + 1)', '(x + ((x *...')
    """
    text = re.sub(r"TensorConstant\{([^{}]*)\}", r"\1", _formula(variable, 4 * longest))
    return text if len(text) <= longest else text[:longest] + "..."


def _formula(variable: Variable, longest: int) -> str:
    pieces: list[str] = []
    length = 0
    waiting: list[Part] = [variable]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Variable):
            waiting.extend(reversed(_parts(part)))
            continue
        pieces.append(part)
        length += len(part)
        if length > longest:
            return "".join(pieces)[:longest] + "..."
    return "".join(pieces)


def pprint(variable: Variable) -> str:
    """Return an expression as a formula; another name of `pp`.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> pprint(T.exp(T.dscalar("x")))
        'exp(x)'
    """
    return pp(variable)


def _parts(variable: Variable) -> list[Part]:
    node = variable.owner
    if node is None:
        return [str(variable)]
    form = _FORMS.get(type(node.op))
    if form is not None:
        return form(node)
    position = f".{variable.index}" if len(node.outputs) > 1 else ""
    return [*_call(str(node.op), node.inputs), position]


def _call(name: str, arguments: Iterable[Part]) -> list[Part]:
    return [f"{name}(", *_separated(arguments), ")"]


def _separated(parts: Iterable[Part]) -> Iterator[Part]:
    for i, part in enumerate(parts):
        if i:
            yield ", "
        yield part


def _infix(symbol: str, node: Apply) -> list[Part]:
    first, second = node.inputs
    return ["(", first, f" {symbol} ", second, ")"]


def _elementwise(node: Apply) -> list[Part]:
    op: Any = node.op
    name = op.name
    if name in _INFIX:
        return _infix(_INFIX[name], node)
    if name == "neg":
        return ["(-", node.inputs[0], ")"]
    if name == "abs_":
        return ["|", node.inputs[0], "|"]
    if name.startswith("Cast{"):
        name = name[5:-1]
    return _call("fill" if name == "second" else name, node.inputs)


def _dimshuffle(node: Apply) -> list[Part]:
    op: Any = node.op
    order = list(op.new_order)
    rank = len(op.input_broadcastable)
    if order == ["x"] * (len(order) - rank) + list(range(rank)):
        # What broadcasting adds by itself is not shown.
        return [node.inputs[0]]
    if order == [1, 0]:
        return [node.inputs[0], ".T"]
    return _call(f"DimShuffle{{{', '.join(map(str, order))}}}", node.inputs)


def _subtensor(node: Apply) -> list[Part]:
    x, *index = node.inputs
    numbers: Iterator[Part] = (
        str(number.data) if isinstance(number, Constant) else number for number in index
    )

    def entry(pattern: Any) -> list[Part]:
        if pattern is None:
            return ["None"]
        if not isinstance(pattern, slice):
            return [next(numbers)]
        start, stop = (
            [] if bound is None else [next(numbers)] for bound in (pattern.start, pattern.stop)
        )
        return [*start, ":", *stop, *([] if pattern.step is None else [":", next(numbers)])]

    op: Any = node.op
    entries = [entry(pattern) for pattern in op.idx_list]
    inside = [part for i, parts in enumerate(entries) for part in ([", "] if i else []) + parts]
    return [x, "[", *inside, "]"]


def _join(node: Apply) -> list[Part]:
    op: Any = node.op
    return _call("join", [f"TensorConstant{{{op.axis}}}", *node.inputs])


_FORMS: dict[type, Callable[[Apply], list[Part]]] = {
    contraction.Dot: lambda node: _infix("\\dot", node),
    creation.Alloc: lambda node: _call("alloc", node.inputs),
    elementwise.Elementwise: _elementwise,
    indexing.Subtensor: _subtensor,
    dimensions.DimShuffle: _dimshuffle,
    joining.Join: _join,
    joining.MakeVector: lambda node: ["[", *_separated(node.inputs), "]"],
}
"""How an operation is written that is not a function call."""


# Trees.

_DEEPEST = 100
"""Levels of indentation that are written out. Beyond, a number stands for the outer ones."""


def debugprint(
    obj: Any,
    depth: int = -1,
    print_type: bool = False,
    file: Any = None,
    ids: str = "CHAR",
    stop_on_name: bool = False,
    done: dict[Apply, str] | None = None,
    print_storage: bool = False,
    print_clients: bool = False,
    used_ids: dict[Any, str] | None = None,
) -> Any:
    """Print an expression, or the graph of a function, as a tree with one line a node.

    A line has the operation, the node's id and the variable's name; in a function's graph also
    the place of the node in the order of computation. What stands below a node is printed where
    the node occurs first.

    Args:
        obj: an expression, a node, a function, or a list of them.
        depth: how many levels to print; -1 for all.
        print_type: print the type of each variable.
        file: where to print to; ``"str"`` to have the text returned; None for the standard output.
        ids: how to write the ids: ``"CHAR"`` for letters, ``"int"`` for numbers, ``"id"`` for
            Python's, or ``""`` for none.
        stop_on_name: print nothing below a variable that has a name.
        done: the nodes below which nothing is to be printed, as an earlier call has filled it in.
        print_storage: print the values of shared variables.
        print_clients: accepted as in Theano, without a meaning.
        used_ids: the ids given so far, as an earlier call has filled it in.

    Returns:
        The text, the file, or None.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, y = T.dscalars("x", "y")
        >>> print(debugprint(T.exp(x * y) + x, file="str").replace("   ", ""))
        Elemwise{add,no_inplace} [id A] ''
         |Elemwise{exp,no_inplace} [id B] ''
         | |Elemwise{mul,no_inplace} [id C] ''
         ||x [id D]
         ||y [id E]
         |x [id D]
        <BLANKLINE>
    """
    if ids not in ("CHAR", "int", "id", ""):
        raise ValueError(f"ids: got {ids!r}, wanted 'CHAR', 'int', 'id' or ''")
    tree = _Tree(ids, print_type, print_storage, stop_on_name, done, used_ids)
    lines: list[str] = []
    for item in obj if isinstance(obj, (list, tuple)) else [obj]:
        outputs, order = _outputs_and_order(item)
        for output in outputs:
            lines.extend(tree.lines(output, order, depth))
    text = "".join(line + "\n" for line in lines)
    if file == "str":
        return text
    (sys.stdout if file is None else file).write(text)
    return file


def _outputs_and_order(obj: Any) -> tuple[list[Variable], dict[Apply, int]]:
    """Return the expressions of an object, and in a function's graph the nodes' places."""
    if isinstance(obj, Variable):
        return [obj], {}
    if isinstance(obj, Apply):
        return [obj.outputs[0]], {}
    graph = obj.maker.fgraph if hasattr(obj, "maker") else obj
    if not hasattr(graph, "toposort"):
        raise TypeError(f"got {obj!r}, wanted an expression, a function, or a list of them")
    return list(graph.outputs), {node: i for i, node in enumerate(graph.toposort())}


class _Tree:
    """Writes trees that share their ids."""

    def __init__(
        self,
        ids: str,
        print_type: bool,
        print_storage: bool,
        stop_on_name: bool,
        done: dict[Apply, str] | None,
        used_ids: dict[Any, str] | None,
    ) -> None:
        self.ids = ids
        self.print_type = print_type
        self.print_storage = print_storage
        self.stop_on_name = stop_on_name
        self.done = {} if done is None else done
        self.used_ids = {} if used_ids is None else used_ids

    def lines(self, root: Variable, order: Mapping[Apply, int], depth: int) -> Iterator[str]:
        """Return the lines of an expression."""
        # A variable, what stands before it, what stands before those below it, and its level.
        waiting = [(root, "", "", 0)] if depth else []
        while waiting:
            variable, before, before_inputs, level = waiting.pop()
            outer = f"({level})" if level > _DEEPEST else ""
            yield outer + before + self._line(variable, order)
            node = variable.owner
            if node is None or node in self.done:
                continue
            self.done[node] = self._id(variable)
            named = self.stop_on_name and variable.name is not None and level > 0
            if named or level + 1 == depth:
                continue
            for i, below in reversed(list(enumerate(node.inputs))):
                after = "  " if i == len(node.inputs) - 1 else " |"
                inner = (before_inputs + after)[-2 * _DEEPEST :]
                waiting.append((below, before_inputs + " |", inner, level + 1))

    def _line(self, variable: Variable, order: Mapping[Apply, int]) -> str:
        node = variable.owner
        kind = f" <{variable.type}>" if self.print_type else ""
        storage = f" {_storage(variable)}" if self.print_storage else ""
        if node is None:
            return f"{variable} {self._id(variable)}{kind}{storage}"
        which = f".{variable.index}" if len(node.outputs) > 1 else ""
        name = "" if variable.name is None else variable.name
        place = order.get(node, "")
        return f"{node.op}{which} {self._id(variable)}{kind} '{name}'   {place}{storage}"

    def _id(self, variable: Variable) -> str:
        key: Any = variable if variable.owner is None else variable.owner
        if isinstance(variable, Constant) and not isinstance(variable, IndexConstant):
            # Equal constants are one, as Theano has them.
            key = variable.key()
        if key not in self.used_ids:
            count = len(self.used_ids)
            texts = {"CHAR": _letters(count), "int": str(count), "id": str(id(key))}
            self.used_ids[key] = f"[id {texts[self.ids]}]" if self.ids else ""
        return self.used_ids[key]


def _letters(number: int) -> str:
    letters = chr(ord("A") + number % 26)
    return letters if number < 26 else _letters(number // 26) + letters


def _storage(variable: Any) -> str:
    return f"[{variable.get_value()!r}]" if hasattr(variable, "get_value") else "[None]"


def min_informative_str(obj: Variable, indent_level: int = 0) -> str:
    """Return an expression as a tree with one letter a variable, and the names of variables.

    A named variable is not looked into; one that occurs again is written as its letter.

    Args:
        obj: the expression.
        indent_level: how far to the right the tree starts.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, y = T.dscalars("x", "y")
        >>> print(min_informative_str(T.exp(x) + x * y))
        A. Elemwise{add,no_inplace}
         B. Elemwise{exp,no_inplace}
          C. x
         D. Elemwise{mul,no_inplace}
          <C>
          E. y
    """
    letters: dict[Variable, str] = {}
    lines = []
    waiting = [(obj, indent_level)]
    while waiting:
        variable, level = waiting.pop()
        indent = " " * min(level, 2 * _DEEPEST)
        if variable in letters:
            lines.append(f"{indent}<{letters[variable]}>")
            continue
        letters[variable] = _letters(len(letters))
        node = variable.owner if variable.name is None else None
        lines.append(f"{indent}{letters[variable]}. {variable if node is None else node.op}")
        if node is not None:
            waiting.extend((below, level + 1) for below in reversed(node.inputs))
    return "\n".join(lines)
