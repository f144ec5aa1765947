"""The exceptions of the symbolic face, and how their messages point at the user's own line."""

from __future__ import annotations

import contextlib
import linecache
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import jax

__all__ = [
    "AsTensorError",
    "ComplexError",
    "DisconnectedInputError",
    "MissingInputError",
    "NotFusedWarning",
    "NullTypeGradError",
    "SourceLine",
    "UnusedInputError",
    "VariantsWarning",
    "attributed_to",
    "made_at",
    "retold",
    "user_line",
    "warn_user",
]

# JAX calls us back while it traces.
_NOT_THE_USERS = tuple(
    f"{folder}{os.sep}" for folder in (Path(__file__).parent.parent, Path(jax.__file__).parent)
)


class AsTensorError(TypeError):
    """A value cannot be made a tensor variable."""


class ComplexError(NotImplementedError):
    """An operation has no meaning for complex numbers."""


class MissingInputError(ValueError):
    """A function, or an evaluation, needs a variable that it was not given."""


class UnusedInputError(ValueError):
    """A function was given an input that none of its outputs needs."""


class DisconnectedInputError(ValueError):
    """A gradient was asked for by a variable that the cost does not depend on."""


class NullTypeGradError(TypeError):
    """A gradient was asked for that is not defined."""


class VariantsWarning(UserWarning):
    """A function is compiled again and again, because a size in it keeps changing."""


class NotFusedWarning(UserWarning):
    """Calls that were to be one compiled program are made one by one."""


class SourceLine(NamedTuple):
    """A line of the user's program.

    Example:
        >>> SourceLine("train.py", 12, "build").where
        'train.py:12, in build'
    """

    file: str
    number: int
    function: str

    @property
    def where(self) -> str:
        """File, line number and function, as a reader looks for them."""
        place = "" if self.function == "<module>" else f", in {self.function}"
        return f"{self.file}:{self.number}{place}"

    @property
    def text(self) -> str:
        """The line itself, where its file can be read, else nothing."""
        return linecache.getline(self.file, self.number).strip()


class _Attributed(threading.local):
    line: SourceLine | None = None


_attributed = _Attributed()


@contextlib.contextmanager
def attributed_to(line: SourceLine | None) -> Iterator[None]:
    """Have whatever is made meanwhile belong to a line: to that of what it stands for.

    Example:
        >>> with attributed_to(SourceLine("train.py", 12, "<module>")):
        ...     user_line().where
        'train.py:12'
    """
    before, _attributed.line = _attributed.line, line
    try:
        yield
    finally:
        _attributed.line = before


def user_line() -> SourceLine | None:
    """Return the innermost line of the running program that is neither this package's nor JAX's.

    Example:
        >>> user_line() is not None
        True
    """
    if _attributed.line is not None:
        return _attributed.line
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if not code.co_filename.startswith(_NOT_THE_USERS):
            return SourceLine(code.co_filename, frame.f_lineno, code.co_name)
        frame = frame.f_back
    return None


def warn_user(text: str, category: type[Warning]) -> None:
    """Give a warning that points at the user's line.

    Example:
        >>> import warnings
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     warn_user("mind the step", UserWarning)
        >>> str(caught[0].message)
        'mind the step'
    """
    line = user_line() or SourceLine("<unknown>", 1, "")
    warnings.warn_explicit(text, category, line.file, line.number)


def made_at(line: SourceLine | None) -> str:
    r"""Return the end of a message that says where something was made, starting on a new line.

    Example:
        >>> made_at(SourceLine("train.py", 12, "<module>"))
        '\n  made at train.py:12'
        >>> made_at(None)
        ''
    """
    if line is None:
        return ""
    text = line.text
    return f"\n  made at {line.where}" + (f"\n    {text}" if text else "")


def retold(error: Exception, text: str) -> Exception:
    """Return an exception of the kind of another one, with a text that says more.

    Some kinds are not made from a text alone; then it is one of the nearest kind that is.

    Example:
        >>> retold(IndexError("index 3"), "x: index 3")
        IndexError('x: index 3')
        >>> unreadable = UnicodeDecodeError("ascii", b"x", 0, 1, "why")
        >>> retold(unreadable, "x is no text")
        UnicodeError('x is no text')
    """
    for kind in type(error).__mro__:
        # Whatever a kind demands to be made of, that is not to hide the error.
        with contextlib.suppress(Exception):
            if issubclass(kind, Exception):
                return kind(text)
    return error
