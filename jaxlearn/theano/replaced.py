"""Theano's names that are not here, and what to use instead of each.

A module of the facade that lacks some of Theano's names has `refusing` as its ``__getattr__``. So
``theano.tensor.send`` and ``from theano.tensor import send`` say what to do, and
``hasattr(theano.tensor, "send")`` is false.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

__all__ = ["HINTS", "REWRITING", "refusing"]

_MPI = (
    "processes do not send arrays by hand here: give theano.function a mesh of devices "
    "(mesh=jax.make_mesh(...)), of several machines after jax.distributed.initialize()"
)
_BLAS = "write T.dot, T.tensordot or T.outer; XLA chooses the routine of the matrix library"
REWRITING = (
    "it is a part of Theano's optimizer, and XLA is the optimizer here; leave it out, graphs are "
    "computed as they are written"
)
_SLICES = "a slice is no variable here: write it in the index, x[a:b], whose bounds may be symbolic"
_STRUCTURES = "operations have no C code here, and so no parameters of it; see theano.from_jax"
_CLOSE = "compare arrays with numpy.allclose, or variables with T.allclose"
_GRADIENT = "mark a gradient as missing with theano.gradient.grad_undefined(op, i, x)"
_MASKS = "it is no exception here: an index of the wrong kind raises TypeError or IndexError"
_INTERNAL = "it is a part of how Theano itself was built, and nothing here needs it"

# What to use instead, of which modules, and of which names in each.
_REPLACED = (
    (
        _MPI,
        "tensor tensor.io",
        "MPIRecv MPIRecvWait MPISend MPISendWait irecv isend mpi_cmps mpi_enabled mpi_keys "
        "mpi_send_wait_key mpi_tag_key recv send",
    ),
    (_MPI, "tensor", "key_to_cmp mpi_send_wait_cmp mpi_tag_cmp"),
    (_BLAS, "tensor", "blas_c blas_headers blas_scipy"),
    (
        _BLAS,
        "tensor.blas",
        "BatchedDot Dot22 Dot22Scalar Gemm GemmOptimizer GemmRelated Gemv Ger batched_dot "
        "blas_opt_inplace blas_optdb check_init_y gemm gemm_inplace gemm_no_inplace gemv "
        "gemv_inplace gemv_no_inplace ger ger_destructive have_fblas ldflags "
        "local_dimshuffle_lift local_dot22_to_dot22scalar local_dot22_to_ger_or_gemv "
        "local_dot_to_dot22 local_gemm_to_gemv local_gemm_to_ger local_inplace_gemm "
        "local_inplace_gemv local_inplace_ger local_print_as_we_go_along optdb res_is_a",
    ),
    (_BLAS, "tensor.blas_c", "CGemv"),
    (REWRITING, "tensor", "elemwise_cgen inc_code opt_uncanonicalize"),
    (
        _SLICES,
        "tensor tensor.type_other",
        "MakeSlice NoneConst NoneTypeT SliceConstant SliceType as_int_none_variable make_slice "
        "none_type_t slicetype",
    ),
    (_SLICES, "tensor.basic tensor.subtensor", "NoneConst"),
    (_SLICES, "tensor.subtensor", "make_slice"),
    (_STRUCTURES, "tensor", "ParamsType"),
    (_STRUCTURES, "tensor.extra_ops", "EnumList"),
    (_STRUCTURES, "tensor tensor.basic", "int32 int32_t"),
    (_STRUCTURES, "tensor.extra_ops", "int_t"),
    (_CLOSE, "tensor tensor.type", "values_eq_approx_always_true"),
    (
        _CLOSE,
        "tensor.type",
        "values_eq_approx values_eq_approx_remove_inf values_eq_approx_remove_inf_nan "
        "values_eq_approx_remove_nan",
    ),
    (_CLOSE, "tensor.basic", "_allclose"),
    (_CLOSE, "tensor tensor.basic", "check_equal_numpy"),
    (_GRADIENT, "tensor", "MethodNotDefined"),
    (_MASKS, "tensor tensor.subtensor", "AdvancedBooleanIndexingError AdvancedIndexingError"),
    ("write x[mask]", "tensor tensor.subtensor", "AdvancedBooleanSubtensor"),
    (
        "ask isinstance(op, T.AdvancedSubtensor) or T.AdvancedIncSubtensor",
        "tensor tensor.subtensor",
        "BaseAdvancedIncSubtensor BaseAdvancedSubtensor",
    ),
    ("call x[index]", "tensor tensor.subtensor", "as_index_variable make_constant"),
    (
        "x[a:b] follows NumPy for all a and b",
        "tensor tensor.subtensor",
        "get_canonical_form_slice",
    ),
    ("a shape that does not fit raises ValueError", "tensor tensor.basic", "ShapeError"),
    ("an empty constant is a constant here", "tensor tensor.basic", "EmptyConstantError"),
    ("choose the device with jax.default_device", "tensor tensor.basic", "register_transfer"),
    ("x.owner.op tells what computes x", "tensor tensor.basic", "constructor"),
    ("T.printing.debugprint shows any graph", "tensor tensor.subtensor", "SubtensorPrinter"),
    ("T.printing.debugprint shows any graph", "tensor.elemwise", "DimShufflePrinter"),
    ("T.printing.debugprint shows any graph", "tensor.opt", "MakeVectorPrinter"),
    ("multiply with T.prod", "tensor.elemwise", "MulWithoutZeros mul_without_zeros"),
    (
        "T.prod's own gradient is right for zeros too",
        "tensor.elemwise",
        "ProdWithoutZeros",
    ),
    ("ask x.ndim == 0", "tensor.sharedvar", "ScalarSharedVariable"),
    ("T.extra_ops.fill_diagonal is the function", "tensor.extra_ops", "fill_diagonal_"),
    ("use theano.get_mode", "gradient", "get_mode mode_not_slow"),
    ("import it from collections", "gradient", "OrderedDict"),
    ("all modes are one here; leave mode= out", "gradient", "DebugMode FAST_RUN"),
    ("theano.function compiles a gradient as anything else", "gradient", "grad_time"),
    (
        _INTERNAL,
        "tensor tensor.basic",
        "constant_cache get_scalar_constant_value_elemwises integer_types mod_check "
        "numpy_diagonal_return_view python_all python_any div_proxy alloc_validate_shape",
    ),
    ("T.grad of what T.nlinalg.eigh returns has its gradient", "tensor.nlinalg", "EighGrad"),
    (
        "T.grad of what T.slinalg.eigvalsh or expm returns has its gradient",
        "tensor.slinalg",
        "EigvalshGrad ExpmGrad",
    ),
    ("RandomStreams has all draws", "tensor.raw_random", "RandomStreamsBase"),
    (REWRITING, "tensor.raw_random", "optdb random_make_inplace"),
    (_INTERNAL, "tensor", "sparse_module_ref"),
    (
        _INTERNAL,
        "tensor tensor.subtensor",
        "adv_index_broadcastable_pattern check_advanced_indexing_dimensions check_and_reject_bool",
    ),
    (_INTERNAL, "tensor.subtensor", "sparse_module_ref"),
    (_INTERNAL, "tensor tensor.var", "TensorConstantSignature"),
    (_INTERNAL, "tensor.var", "equal_slices"),
    (_INTERNAL, "tensor.xlogx", "XlogX XlogY0 scalar_xlogx scalar_xlogy0"),
    (_INTERNAL, "tensor.extra_ops", "bartlett_ fill_diagonal_offset_"),
)

HINTS = {
    f"theano.{module}.{name}": hint
    for hint, modules, names in _REPLACED
    for module in modules.split()
    for name in names.split()
}
"""What to use instead of each name of Theano's that is not here."""

_OF_MODULES = {"theano.tensor.opt": REWRITING, "theano.tensor.blas": _BLAS}


def refusing(module: str) -> Callable[[str], NoReturn]:
    """Return the ``__getattr__`` of a module that lacks some of Theano's names.

    Args:
        module: the module's own name: ``"jaxlearn.theano.tensor"``.

    Example:
        >>> try:
        ...     refusing("jaxlearn.theano.tensor")("int32")
        ... except AttributeError as error:
        ...     print(str(error)[:51])
        theano.tensor.int32 is not here: operations have no
    """
    path = module.removeprefix("jaxlearn.")

    def refuse(name: str) -> NoReturn:
        hint = HINTS.get(f"{path}.{name}")
        if hint is None and not name.startswith("_"):
            hint = _OF_MODULES.get(path)
        if hint is None:
            raise AttributeError(
                f"module {module!r} has no attribute {name!r}", name=name, obj=sys.modules[module]
            )
        text = f"{path}.{name} is not here: {hint}"
        # `from ... import` would put a bare "cannot import name" in the place of an AttributeError.
        if _imports(sys._getframe(1)):
            raise ImportError(text, name=module)
        raise AttributeError(text)

    return refuse


def _imports(frame: FrameType) -> bool:
    """Whether a frame stands at a ``from ... import``."""
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] == "IMPORT_FROM"
