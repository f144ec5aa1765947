"""Theano's names at Theano's paths, for programs written for Theano.

``import jaxlearn.theano as theano`` and ``import jaxlearn.theano.tensor as T`` are all that a
program needs to change; ``jaxlearn run program.py`` runs it without a change.
"""

from jaxlearn.symbolic.configuration import change_flags, config
from jaxlearn.symbolic.function_arguments import In, Out, Param
from jaxlearn.symbolic.functions import function
from jaxlearn.symbolic.gradients import grad, subgraph_grad
from jaxlearn.symbolic.graph import Apply, Constant, Op, Variable, clone
from jaxlearn.symbolic.jacobians import Lop, Rop
from jaxlearn.symbolic.ops.contraction import dot_of_either as dot
from jaxlearn.symbolic.ops.from_jax import from_jax
from jaxlearn.symbolic.optimizers import optax_updates
from jaxlearn.symbolic.printing import debugprint as dprint
from jaxlearn.symbolic.printing import pp, pprint
from jaxlearn.symbolic.scanning import (
    foldl,
    foldr,
    map,  # noqa: A004
    reduce,
    scan,
    scan_checkpoints,
)
from jaxlearn.symbolic.shared import OrderedUpdates, shared
from jaxlearn.symbolic.types import Type, generic
from jaxlearn.theano import (
    alias,
    compile,  # noqa: A004
    configparser,
    gof,
    gradient,
    ifelse,
    printing,
    sandbox,
    scalar,
    scan_module,
    tensor,
    updates,
    version,
)
from jaxlearn.theano.alias import install, uninstall
from jaxlearn.theano.compile.mode import FAST_COMPILE, FAST_RUN, Mode, get_mode

__version__ = version.version

__all__ = [
    "FAST_COMPILE",
    "FAST_RUN",
    "Apply",
    "Constant",
    "In",
    "Lop",
    "Mode",
    "Op",
    "OrderedUpdates",
    "Out",
    "Param",
    "Rop",
    "Type",
    "Variable",
    "alias",
    "change_flags",
    "clone",
    "compile",
    "config",
    "configparser",
    "dot",
    "dprint",
    "foldl",
    "foldr",
    "from_jax",
    "function",
    "generic",
    "get_mode",
    "gof",
    "grad",
    "gradient",
    "ifelse",
    "install",
    "map",
    "optax_updates",
    "pp",
    "pprint",
    "printing",
    "reduce",
    "sandbox",
    "scalar",
    "scan",
    "scan_checkpoints",
    "scan_module",
    "shared",
    "subgraph_grad",
    "tensor",
    "uninstall",
    "updates",
    "version",
]
