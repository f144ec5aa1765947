"""The vocabulary of operations: one file a family."""

# Variables have operators, which are operations: whichever is imported first, variables come first.
import jaxlearn.symbolic.variables  # noqa: F401

__all__: list[str] = []
