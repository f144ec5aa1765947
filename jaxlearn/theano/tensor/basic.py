"""Theano's ``theano.tensor.basic``: tensors and what is computed with them."""

from jaxlearn.symbolic.constructors import CONSTRUCTORS, tensor
from jaxlearn.symbolic.errors import AsTensorError
from jaxlearn.symbolic.groups import DTYPE_GROUPS, TOLERANCES, TYPE_GROUPS
from jaxlearn.symbolic.inspecting import hashtype
from jaxlearn.symbolic.ops.accumulation import cumprod, cumsum
from jaxlearn.symbolic.ops.choosing import (
    Choose,
    PermuteRowElements,
    choose,
    inverse_permutation,
    permute_row_elements,
)
from jaxlearn.symbolic.ops.closeness import allclose, isclose
from jaxlearn.symbolic.ops.contraction import (
    Dot,
    batched_dot,
    batched_tensordot,
    dot,
    outer,
    tensordot,
)
from jaxlearn.symbolic.ops.conveniences import (
    ceil_intdiv,
    check_and_normalize_axes,
    cov,
    default,
    divmod,  # noqa: A004
    extract_constant,
    is_flat,
    largest,
    numpy_scalar,
    power,
    smallest,
    transfer,
)
from jaxlearn.symbolic.ops.counting import bincount
from jaxlearn.symbolic.ops.creation import (
    Alloc,
    Arange,
    alloc,
    arange,
    eye,
    fill,
    full,
    full_like,
    identity_like,
    ones,
    ones_like,
    tri,
    tril,
    triu,
    zeros,
    zeros_like,
)
from jaxlearn.symbolic.ops.diagonals import AllocateDiagonal, ExtractDiagonal, diag, diagonal
from jaxlearn.symbolic.ops.dimensions import (
    DimShuffle,
    addbroadcast,
    patternbroadcast,
    shape_padaxis,
    shape_padleft,
    shape_padright,
    squeeze,
    swapaxes,
    transpose,
    unbroadcast,
)
from jaxlearn.symbolic.ops.elementwise import (
    ROWS,
    cast,
    clip,
    iround,
    isinf,
    isnan,
    round,  # noqa: A004
)
from jaxlearn.symbolic.ops.grids import mgrid, ogrid
from jaxlearn.symbolic.ops.indexing import take
from jaxlearn.symbolic.ops.joining import concatenate, join, split, stack, stacklists
from jaxlearn.symbolic.ops.kinds import (
    AllocEmpty,
    Argmax,
    Default,
    Eye,
    Flatten,
    Join,
    MaxAndArgmax,
    Mean,
    ScalarFromTensor,
    Split,
    TensorFromScalar,
    Tile,
    Tri,
)
from jaxlearn.symbolic.ops.kinds import RebroadcastAxes as Rebroadcast
from jaxlearn.symbolic.ops.matrices import (
    fill_diagonal,
    fill_diagonal_offset,
    horizontal_stack,
    vertical_stack,
)
from jaxlearn.symbolic.ops.nonzero import Nonzero, flatnonzero, nonzero, nonzero_values
from jaxlearn.symbolic.ops.reductions import (
    all,  # noqa: A004
    any,  # noqa: A004
    argmax,
    argmin,
    make_keep_dims,
    max,  # noqa: A004
    max_and_argmax,
    mean,
    min,  # noqa: A004
    norm,
    prod,
    ptp,
    std,
    sum,  # noqa: A004
    var,
)
from jaxlearn.symbolic.ops.repeating import repeat, roll, tile
from jaxlearn.symbolic.ops.shaping import (
    Reshape,
    flatten,
    reshape,
    shape,
    specify_shape,
    tensor_copy,
)
from jaxlearn.symbolic.ops.sorting import argsort, argtopk, sort, topk, topk_and_argtopk
from jaxlearn.symbolic.ops.static_values import (
    NotScalarConstantError,
    get_scalar_constant_value,
    get_vector_length,
)
from jaxlearn.symbolic.ops.writing import inc_subtensor, set_subtensor
from jaxlearn.symbolic.types import TensorType
from jaxlearn.symbolic.variables import (
    TensorConstant,
    TensorVariable,
    as_tensor_variable,
    constant,
)
from jaxlearn.theano.replaced import refusing

__getattr__ = refusing(__name__)

ARange = Arange
AllocDiag = AllocateDiagonal
ExtractDiag = ExtractDiagonal
as_tensor = as_tensor_variable
join_ = join
makeKeepDims = make_keep_dims  # noqa: N816  (Theano's name)
scalar_from_tensor = ScalarFromTensor()
setdefault = default
tensor_from_scalar = TensorFromScalar()

_OTHER_NAMES = {
    "abs": "abs_",
    "bitwise_and": "and_",
    "bitwise_not": "invert",
    "bitwise_or": "or_",
    "bitwise_xor": "xor",
    "floor_div": "int_div",
    "isinf_": "isinf",
    "isnan_": "isnan",
    "square": "sqr",
    "where": "switch",
}
_ELSEWHERE = (
    "isinf",
    "isnan",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "softplus",
    "softsign",
    "ultra_fast_sigmoid",
    "xlogx",
    "xlogy0",
)
_BY_NAME = {
    **CONSTRUCTORS,
    **DTYPE_GROUPS,
    **TOLERANCES,
    **TYPE_GROUPS,
    **{name: row for name, row in ROWS.items() if "{" not in name and name not in _ELSEWHERE},
    **{name: ROWS[row] for name, row in _OTHER_NAMES.items()},
}
globals().update(_BY_NAME)

__all__ = [
    "ARange",
    "Alloc",
    "AllocDiag",
    "AllocEmpty",
    "Argmax",
    "AsTensorError",
    "Choose",
    "Default",
    "DimShuffle",
    "Dot",
    "ExtractDiag",
    "Eye",
    "Flatten",
    "Join",
    "MaxAndArgmax",
    "Mean",
    "Nonzero",
    "NotScalarConstantError",
    "PermuteRowElements",
    "Rebroadcast",
    "Reshape",
    "ScalarFromTensor",
    "Split",
    "TensorConstant",
    "TensorFromScalar",
    "TensorType",
    "TensorVariable",
    "Tile",
    "Tri",
    "addbroadcast",
    "all",
    "allclose",
    "alloc",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "argtopk",
    "as_tensor",
    "as_tensor_variable",
    "batched_dot",
    "batched_tensordot",
    "bincount",
    "cast",
    "ceil_intdiv",
    "check_and_normalize_axes",
    "choose",
    "clip",
    "concatenate",
    "constant",
    "cov",
    "cumprod",
    "cumsum",
    "default",
    "diag",
    "diagonal",
    "divmod",
    "dot",
    "extract_constant",
    "eye",
    "fill",
    "fill_diagonal",
    "fill_diagonal_offset",
    "flatnonzero",
    "flatten",
    "full",
    "full_like",
    "get_scalar_constant_value",
    "get_vector_length",
    "hashtype",
    "horizontal_stack",
    "identity_like",
    "inc_subtensor",
    "inverse_permutation",
    "iround",
    "is_flat",
    "isclose",
    "isinf",
    "isnan",
    "join",
    "join_",
    "largest",
    "makeKeepDims",
    "max",
    "max_and_argmax",
    "mean",
    "mgrid",
    "min",
    "nonzero",
    "nonzero_values",
    "norm",
    "numpy_scalar",
    "ogrid",
    "ones",
    "ones_like",
    "outer",
    "patternbroadcast",
    "permute_row_elements",
    "power",
    "prod",
    "ptp",
    "repeat",
    "reshape",
    "roll",
    "round",
    "scalar_from_tensor",
    "set_subtensor",
    "setdefault",
    "shape",
    "shape_padaxis",
    "shape_padleft",
    "shape_padright",
    "smallest",
    "sort",
    "specify_shape",
    "split",
    "squeeze",
    "stack",
    "stacklists",
    "std",
    "sum",
    "swapaxes",
    "take",
    "tensor",
    "tensor_copy",
    "tensor_from_scalar",
    "tensordot",
    "tile",
    "topk",
    "topk_and_argtopk",
    "transfer",
    "transpose",
    "tri",
    "tril",
    "triu",
    "unbroadcast",
    "var",
    "vertical_stack",
    "zeros",
    "zeros_like",
]
__all__ += sorted(_BY_NAME)
