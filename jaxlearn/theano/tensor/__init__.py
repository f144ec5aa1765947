"""Theano's ``theano.tensor``."""

from jaxlearn.symbolic.configuration import config
from jaxlearn.symbolic.gradient_checking import numeric_grad, verify_grad
from jaxlearn.symbolic.gradient_markers import consider_constant
from jaxlearn.symbolic.gradient_types import DisconnectedType, grad_not_implemented, grad_undefined
from jaxlearn.symbolic.gradients import grad
from jaxlearn.symbolic.graph import Apply, Constant, Op, Variable
from jaxlearn.symbolic.jacobians import Lop, Rop, hessian, jacobian
from jaxlearn.symbolic.ops.shaping import Shape, SpecifyShape
from jaxlearn.symbolic.printing import min_informative_str, pprint
from jaxlearn.symbolic.types import GenericType as Generic
from jaxlearn.symbolic.types import Type
from jaxlearn.symbolic.variables import TensorOperators
from jaxlearn.theano import compile, gof, printing  # noqa: A004
from jaxlearn.theano import scalar as scal
from jaxlearn.theano.replaced import refusing
from jaxlearn.theano.tensor import (
    basic,
    blas,
    elemwise,
    extra_ops,
    fft,
    inplace,
    io,
    nlinalg,
    nnet,
    opt,
    raw_random,
    shared_randomstreams,
    sharedvar,
    slinalg,
    subtensor,
    type,  # noqa: A004
    type_other,
    utils,
    var,
    xlogx,
)
from jaxlearn.theano.tensor import sort as sort
from jaxlearn.theano.tensor.basic import *  # type: ignore[no-redef]  # noqa: F403
from jaxlearn.theano.tensor.basic import __all__ as _names_of_basic
from jaxlearn.theano.tensor.elemwise import CAReduce, Elemwise, Sum
from jaxlearn.theano.tensor.extra_ops import (
    DiffOp,
    bartlett,
    ravel_multi_index,
    unravel_index,
)
from jaxlearn.theano.tensor.io import LoadFromDisk, load
from jaxlearn.theano.tensor.subtensor import *  # noqa: F403
from jaxlearn.theano.tensor.subtensor import __all__ as _names_of_subtensor
from jaxlearn.theano.tensor.type import Tensor

__getattr__ = refusing(__name__)

_shared = sharedvar.shared
_tensor_py_operators = TensorOperators

__all__ = [
    "Apply",
    "CAReduce",
    "Constant",
    "DiffOp",
    "DisconnectedType",
    "Elemwise",
    "Generic",
    "LoadFromDisk",
    "Lop",
    "Op",
    "Rop",
    "Shape",
    "SpecifyShape",
    "Sum",
    "Tensor",
    "Type",
    "Variable",
    "bartlett",
    "basic",
    "blas",
    "compile",
    "config",
    "consider_constant",
    "elemwise",
    "extra_ops",
    "fft",
    "gof",
    "grad",
    "grad_not_implemented",
    "grad_undefined",
    "hessian",
    "inplace",
    "io",
    "jacobian",
    "load",
    "min_informative_str",
    "nlinalg",
    "nnet",
    "numeric_grad",
    "opt",
    "pprint",
    "printing",
    "ravel_multi_index",
    "raw_random",
    "scal",
    "shared_randomstreams",
    "sharedvar",
    "slinalg",
    "subtensor",
    "type",
    "type_other",
    "unravel_index",
    "utils",
    "var",
    "verify_grad",
    "xlogx",
]
__all__ += sorted({*_names_of_basic, *_names_of_subtensor})
