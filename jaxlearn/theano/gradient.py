"""Theano's ``theano.gradient``."""

from jaxlearn.symbolic.errors import DisconnectedInputError, NullTypeGradError
from jaxlearn.symbolic.gradient_checking import VerifyGradError, numeric_grad, verify_grad
from jaxlearn.symbolic.gradient_markers import (
    DisconnectedGrad,
    GradClip,
    GradScale,
    UndefinedGrad,
    ViewOp,
    ZeroGrad,
    consider_constant,
    disconnected_grad,
    grad_clip,
    grad_scale,
    undefined_grad,
    zero_grad,
)
from jaxlearn.symbolic.gradient_types import (
    DisconnectedType,
    NullType,
    grad_not_implemented,
    grad_undefined,
)
from jaxlearn.symbolic.gradients import format_as, grad, subgraph_grad
from jaxlearn.symbolic.jacobians import Lop, Rop, hessian, jacobian
from jaxlearn.symbolic.test_values import get_debug_values
from jaxlearn.theano.replaced import refusing

__getattr__ = refusing(__name__)

ConsiderConstant = ZeroGrad
GradientError = VerifyGradError
consider_constant_ = ZeroGrad()
disconnected_grad_ = DisconnectedGrad()
disconnected_type = DisconnectedType()
null_type = NullType()
undefined_grad_ = UndefinedGrad()
zero_grad_ = ZeroGrad()

__all__ = [
    "ConsiderConstant",
    "DisconnectedGrad",
    "DisconnectedInputError",
    "DisconnectedType",
    "GradClip",
    "GradScale",
    "GradientError",
    "Lop",
    "NullType",
    "NullTypeGradError",
    "Rop",
    "UndefinedGrad",
    "VerifyGradError",
    "ViewOp",
    "ZeroGrad",
    "consider_constant",
    "consider_constant_",
    "disconnected_grad",
    "disconnected_grad_",
    "disconnected_type",
    "format_as",
    "get_debug_values",
    "grad",
    "grad_clip",
    "grad_not_implemented",
    "grad_scale",
    "grad_undefined",
    "hessian",
    "jacobian",
    "null_type",
    "numeric_grad",
    "subgraph_grad",
    "undefined_grad",
    "undefined_grad_",
    "verify_grad",
    "zero_grad",
    "zero_grad_",
]
