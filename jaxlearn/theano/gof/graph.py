"""Theano's ``theano.gof.graph``: variables, nodes, and walks over them."""

from typing import Any

from jaxlearn.symbolic.graph import (
    Apply,
    Constant,
    Variable,
    ancestors,
    is_same_graph,
    toposort,
    variables_between,
)

__all__ = [
    "Apply",
    "Constant",
    "Variable",
    "ancestors",
    "inputs",
    "io_toposort",
    "is_same_graph",
    "list_of_nodes",
    "variables",
]


def inputs(variable_list: list[Variable], blockers: list[Variable] | None = None) -> list[Variable]:
    """Return the variables that others depend on and that nothing computes.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x, y = T.dscalars("x", "y")
        >>> inputs([x + y])
        [x, y]
    """
    return [variable for variable in ancestors(variable_list, blockers) if variable.owner is None]


def io_toposort(
    inputs: list[Variable],
    outputs: list[Variable],
    orderings: dict[Apply, list[Apply]] | None = None,
    clients: dict[Any, list[Any]] | None = None,
) -> list[Apply]:
    """Return the nodes between inputs and outputs, in the order of computation.

    It is Theano's own order: programs give a function the inputs as a walk over it finds them.

    Args:
        inputs: where the walk ends.
        outputs: where it starts.
        orderings: must be empty: no node here must run before another for what it does besides.
        clients: must be None.

    Raises:
        ValueError: one of the last two is given.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> io_toposort([x], [T.exp(x)])
        [Elemwise{exp,no_inplace}(x)]
    """
    if orderings:
        raise ValueError(
            "io_toposort: orderings: nodes only compute, and the order in which they do is free; "
            "leave it out"
        )
    if clients is not None:
        raise ValueError(
            "io_toposort: clients: it is not filled in here; the clients of x are the nodes that "
            "have x among their inputs: [n for n in io_toposort(inputs, outputs) if x in n.inputs]"
        )
    return toposort(outputs, set(inputs), last_first=True)


def list_of_nodes(inputs: list[Variable], outputs: list[Variable]) -> list[Apply]:
    """Return the nodes between inputs and outputs.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> len(list_of_nodes([x], [T.exp(x) + 1]))
        2
    """
    return toposort(outputs, set(inputs))


def variables(i: list[Variable], o: list[Variable]) -> list[Variable]:
    """Return the variables between inputs and outputs, and themselves.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> x = T.dscalar("x")
        >>> variables([x], [T.exp(x)])
        [x, Elemwise{exp,no_inplace}.0]
    """
    return variables_between(o, set(i))
