"""Names that make tensor variables: a letter for the dtype, a word for the axes.

``T.dmatrix("x")`` is a matrix of float64, ``T.lscalars("a", "b")`` two scalars of int64. Without
a letter the dtype is ``config.floatX``, or what the argument ``dtype`` says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jaxlearn.symbolic.types import TensorType

__all__ = ["CONSTRUCTORS", "tensor"]

LETTERS = {
    "b": "int8",
    "w": "int16",
    "i": "int32",
    "l": "int64",
    "f": "float32",
    "d": "float64",
    "c": "complex64",
    "z": "complex128",
}
AXES = {
    "scalar": (),
    "vector": (False,),
    "row": (True, False),
    "col": (False, True),
    "matrix": (False, False),
    **{f"tensor{rank}": (False,) * rank for rank in range(3, 8)},
}
_PLURALS = {"matrix": "matrices"}


def tensor(
    dtype: Any = None,
    broadcastable: Any = (),
    name: str | None = None,
    shape: Any = None,
    sparse_grad: bool = False,
) -> Any:
    """Return a tensor variable of any dtype and axes.

    Args:
        dtype: the dtype, or ``"floatX"``; ``config.floatX`` if None.
        broadcastable: for each axis, whether its length is 1 and it broadcasts.
        name: a name for it.
        shape: no meaning here.
        sparse_grad: no meaning here: gradients are dense.

    Example:
        >>> tensor("float32", (False, True), name="x").type
        TensorType(float32, col)
    """
    return TensorType("floatX" if dtype is None else dtype, broadcastable)(name)


def _of_floatx(word: str) -> Callable[..., Any]:
    def constructor(name: str | None = None, dtype: str | None = None) -> Any:
        return TensorType("floatX" if dtype is None else dtype, AXES[word])(name)

    constructor.__name__ = constructor.__qualname__ = word
    constructor.__doc__ = (
        f"Return a {word} variable of ``config.floatX``, or of the dtype given.\n\n"
        "Args:\n    name: a name for it.\n    dtype: the dtype; ``config.floatX`` if None."
    )
    return constructor


def _several(name: str, constructor: Callable[..., Any]) -> Callable[..., Any]:
    def constructors(*names: Any, **options: Any) -> Any:
        only = names[0] if len(names) == 1 else None
        if isinstance(only, str) and len(only) == 1:
            return constructor(only, **options)
        if isinstance(only, int):
            names = (None,) * only
        elif isinstance(only, (str, list, tuple)):
            names = tuple(only)
        return [constructor(one, **options) for one in names]

    constructors.__name__ = constructors.__qualname__ = name
    constructors.__doc__ = (
        "Return several variables of one type, in a list; one by itself, if its name is one "
        "letter.\n\n"
        "Args:\n    *names: their names; or one list of them, one string with a letter for each, "
        "or how many, as one integer."
    )
    return constructors


def _all_constructors() -> dict[str, Callable[..., Any]]:
    made: dict[str, Callable[..., Any]] = {}
    for word, flags in AXES.items():
        made[word] = _of_floatx(word)
        for letter, dtype in LETTERS.items():
            made[letter + word] = TensorType(dtype, flags)
    for name in list(made):
        word = next(word for word in AXES if name.endswith(word))
        plural = name.removesuffix(word) + _PLURALS.get(word, word + "s")
        made[plural] = _several(plural, made[name])
    return made


CONSTRUCTORS = _all_constructors()
"""Every constructor by its name: ``scalar``, ``dmatrix``, ``lvectors`` and so on.

Example:
    >>> x, y = CONSTRUCTORS["dscalars"]("x", "y")
    >>> x.type
    TensorType(float64, scalar)
"""
