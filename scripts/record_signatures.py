"""Record the arguments that Theano 1.0.5's functions, classes and methods take.

Run it with a Python that has the real Theano (``theano==1.0.5 "numpy<1.19" "scipy<1.6"``, so
Python 3.6 to 3.8)::

    python scripts/record_signatures.py            # writes tests/theano/signatures.tsv
    python scripts/record_signatures.py --check    # only says what would change

The table itself says of which names: to record another, append a line that holds it alone. The
members of the classes of ``MEMBERS_OF`` come by themselves, but for those by which Theano
generated C code and watched what it made. In a signature ``...`` stands for a
default that is no literal. Of an operation it is that of ``make_node``, which a call goes to.
"""

from __future__ import annotations

import argparse
import ast
import datetime
import importlib
import inspect
import platform
import re
import sys
import warnings
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parent.parent / "tests" / "theano" / "signatures.tsv"
COLUMNS = ["name", "signature", "difference"]
MEMBERS_OF = (
    "theano.Apply",
    "theano.Constant",
    "theano.Mode",
    "theano.OrderedUpdates",
    "theano.Variable",
    "theano.compile.Function",
    "theano.compile.SharedVariable",
    "theano.sandbox.rng_mrg.MRG_RandomStreams",
    "theano.tensor.TensorConstant",
    "theano.tensor.TensorType",
    "theano.tensor.TensorVariable",
    "theano.tensor.shared_randomstreams.RandomStreams",
    "theano.tensor.sharedvar.TensorSharedVariable",
)
LEFT_OUT = re.compile("_|c_|.*construction_observer")


def resolved(path: str) -> Any:
    """What a dotted name stands for."""
    parts = path.split(".")
    for count in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        for part in parts[count:]:
            thing = getattr(thing, part)
        return thing
    raise AttributeError(path)


def default_of(value: Any) -> str:
    """A default as a literal, or ``...``."""
    try:
        same = ast.literal_eval(repr(value)) == value
    except (ValueError, SyntaxError):
        same = False
    return repr(value) if same else "..."


def text_of(function: Any, skipped: int = 0) -> str:
    """The signature of a function, but for its first parameters, as Python writes it."""
    parts = []
    for parameter in list(inspect.signature(function).parameters.values())[skipped:]:
        text = parameter.name
        if parameter.kind is parameter.VAR_POSITIONAL:
            text = "*" + text
        elif parameter.kind is parameter.VAR_KEYWORD:
            text = "**" + text
        elif parameter.default is not parameter.empty:
            text += "=" + default_of(parameter.default)
        parts.append(text)
    return "(" + ", ".join(parts) + ")"


def member_signature(kind: type, name: str) -> str:
    """What stands in the table for a member of a class."""
    member = inspect.getattr_static(kind, name)
    if isinstance(member, (staticmethod, classmethod)):
        return text_of(getattr(kind, name))
    return text_of(member, skipped=1) if inspect.isfunction(member) else "attribute"


def signature_of(path: str) -> str:
    """What stands in the table for a name."""
    from theano import Op  # type: ignore[import-not-found]

    holder, _, name = path.rpartition(".")
    if holder in MEMBERS_OF:
        kind = resolved(holder)
        return member_signature(kind, name) if hasattr(kind, name) else "absent"
    try:
        thing = resolved(path)
    except AttributeError:
        return "absent"
    if inspect.isclass(thing):
        if issubclass(thing, BaseException) or thing.__init__ is object.__init__:
            return "(*args)" if issubclass(thing, BaseException) else "()"
        return text_of(thing.__init__, skipped=1)
    if isinstance(thing, Op):
        return text_of(thing.make_node)
    return text_of(thing) if callable(thing) else "attribute"


def public_members(path: str) -> list[str]:
    """The public names of a class of Theano's."""
    return [f"{path}.{name}" for name in dir(resolved(path)) if not LEFT_OUT.match(name)]


def rows() -> tuple[list[str], dict[str, list[str]]]:
    """The table's comments, and its rows by name."""
    lines = TABLE.read_text().splitlines()
    comments = [line for line in lines if line.startswith("#")]
    cells = [(line + "\t\t").split("\t")[:3] for line in lines[len(comments) + 1 :]]
    return comments, {row[0]: row for row in cells}


def main() -> int:
    """Ask Theano for all signatures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    import theano

    _, before = rows()
    names = sorted({*before, *(name for path in MEMBERS_OF for name in public_members(path))})
    after = {name: [name, signature_of(name), before.get(name, ["", "", ""])[2]] for name in names}
    changed = [name for name in names if after[name] != before.get(name)]
    if options.check:
        print("\n".join([*changed, f"{len(changed)} differences"]))
        return bool(changed)
    comment = (
        f"# Theano {theano.__version__} under Python {platform.python_version()}, "
        f"{datetime.date.today()}; made by scripts/record_signatures.py"
    )
    lines = [comment, "\t".join(COLUMNS), *("\t".join(after[name]) for name in names)]
    TABLE.write_text("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
