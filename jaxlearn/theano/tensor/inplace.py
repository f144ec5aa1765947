"""Theano's ``theano.tensor.inplace``: pure here, as all operations are."""

from jaxlearn.symbolic.ops.dimensions import transpose as transpose_inplace
from jaxlearn.symbolic.ops.elementwise import ROWS

_BY_NAME = {f"{name}_inplace": row for name, row in ROWS.items() if name.isidentifier()}
_BY_NAME["fill_inplace"] = ROWS["second"]
globals().update(_BY_NAME)

__all__ = ["transpose_inplace"]
__all__ += sorted(_BY_NAME)
