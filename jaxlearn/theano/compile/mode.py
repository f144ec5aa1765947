"""Theano's ``theano.compile.mode``. XLA compiles every function in the same way here."""

from __future__ import annotations

from typing import Any

__all__ = ["FAST_COMPILE", "FAST_RUN", "Mode", "get_default_mode", "get_mode"]


class Mode:
    """How Theano was to compile a function. Accepted, and without a meaning here.

    Args:
        linker: Theano's way of running the graph.
        optimizer: Theano's set of graph optimisations.

    Attributes:
        provided_linker: as given.
        provided_optimizer: as given.

    Example:
        >>> Mode(linker="py").excluding("fusion").including("fast_run")
        Mode(linker='py')
    """

    def __init__(self, linker: Any = None, optimizer: Any = "default") -> None:
        self.linker = self.provided_linker = linker
        self.optimizer = self.provided_optimizer = optimizer

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

    def register(self, *optimizations: Any) -> Mode:
        """Return this mode."""
        return self

    def clone(self, link_kwargs: Any = None, optimizer: Any = "", **options: Any) -> Mode:
        """Return a mode of the same linker.

        Args:
            link_kwargs: accepted as in Theano, without a meaning.
            optimizer: the new set of graph optimisations; the same by default.
            **options: accepted as in Theano, without a meaning.
        """
        return Mode(self.linker, optimizer or self.optimizer)


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
