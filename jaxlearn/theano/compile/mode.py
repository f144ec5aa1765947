"""Theano's ``theano.compile.mode``. XLA compiles every function in the same way here."""

from __future__ import annotations

from typing import Any

__all__ = ["FAST_COMPILE", "FAST_RUN", "Mode", "get_default_mode", "get_mode"]


class Mode:
    """How Theano was to compile a function. Accepted, and without a meaning here.

    Args:
        linker: Theano's way of running the graph.
        optimizer: Theano's set of graph optimisations.

    Example:
        >>> Mode(linker="py").excluding("fusion").including("fast_run")
        Mode(linker='py')
    """

    def __init__(self, linker: Any = None, optimizer: Any = "default", **_: Any) -> None:
        self.linker = linker
        self.optimizer = optimizer

    def __repr__(self) -> str:
        return f"Mode(linker={self.linker!r})"

    def including(self, *tags: str) -> Mode:
        """Return this mode."""
        return self

    def excluding(self, *tags: str) -> Mode:
        """Return this mode."""
        return self

    def requiring(self, *tags: str) -> Mode:
        """Return this mode."""
        return self


FAST_RUN = Mode("cvm", "fast_run")
FAST_COMPILE = Mode("py", "fast_compile")


def get_mode(orig_string: Any) -> Mode:
    """Return a mode by its name; they are all the same here.

    Example:
        >>> get_mode("FAST_RUN")
        Mode(linker='cvm')
    """
    return orig_string if isinstance(orig_string, Mode) else FAST_RUN


def get_default_mode() -> Mode:
    """Return the mode in which functions are compiled.

    Example:
        >>> get_default_mode()
        Mode(linker='cvm')
    """
    return FAST_RUN
