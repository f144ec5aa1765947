"""The functions of a program written out as modules of plain JAX, with their state beside them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jaxlearn.symbolic.functions import Function
from jaxlearn.symbolic.source import module_name

__all__ = ["Ported", "port"]


class Ported(NamedTuple):
    """What became of a function.

    Attributes:
        function: the function.
        name: what its module and the function in it are called.
        reason: why there is no module; None if there is one.
    """

    function: Function
    name: str
    reason: str | None


def port(functions: Sequence[Function], folder: str | Path, program: str) -> list[Ported]:
    """Write a module for each function, its state, and a README that says what belongs to what.

    The state is what the shared variables are now. It is written as NumPy's ``.npz``.

    Args:
        functions: the functions.
        folder: where to write; it is made if it is not there.
        program: what the README calls the program that the functions come from.

    Example:
        >>> import tempfile
        >>> import jaxlearn.theano as theano
        >>> import jaxlearn.theano.tensor as T
        >>> x, w = T.dscalar("x"), theano.shared(3.0, "w")
        >>> scale = theano.function([x], w * x, name="scale")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     written = port([scale], folder, "train.py")
        ...     sorted(path.name for path in Path(folder).iterdir())
        ['README.md', 'scale.npz', 'scale.py']
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    ported = []
    for function, name in zip(functions, _names(functions), strict=True):
        try:
            text = function.source(name)
        except (TypeError, ValueError, NotImplementedError) as error:
            ported.append(Ported(function, name, str(error)))
            continue
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
        np.savez(folder / f"{name}.npz", **_state(function))  # type: ignore[arg-type]
        ported.append(Ported(function, name, None))
    (folder / "README.md").write_text(_readme(ported, program), encoding="utf-8")
    return ported


def _state(function: Function) -> dict[str, np.ndarray]:
    return function.as_jax()[1]


def _names(functions: Sequence[Function]) -> list[str]:
    """Return for each function its name, or that of the variable it is assigned to, or its line."""
    names: list[str] = []
    for function in functions:
        line = function.line
        assigned = re.match(r"(?:\w+\.)*(\w+)\s*=[^=]", line.text) if line else None
        wanted = function.name or (assigned[1] if assigned else None)
        wanted = wanted or (f"function_line_{line.number}" if line else "function")
        wanted = module_name(wanted)
        name, count = wanted, 1
        while name in names:
            count += 1
            name = f"{wanted}_{count}"
        names.append(name)
    return names


# The README.


def _readme(ported: Sequence[Ported], program: str) -> str:
    parts = [
        f"# {program} as plain JAX",
        "Each module holds one compiled function of the program as a pure function "
        "`(state, *inputs) -> (outputs, state)`. It needs JAX and NumPy, nothing else. Beside it "
        "lies the state that the program ended with, a dictionary of arrays. Importing a module "
        "turns JAX's 64-bit types on, if the function has any.",
    ]
    written = [entry for entry in ported if entry.reason is None]
    if written:
        parts += ["## How to run one", _example(written[0])]
    parts += [_section(entry) for entry in ported]
    shared = _shared_by_several(written)
    if shared:
        parts += [
            "## State that several functions have",
            "In the program these are one variable. Here each function has its own copy: hand on "
            "what one returns to the others.",
            "\n".join(shared),
        ]
    return "\n\n".join(parts) + "\n"


def _example(entry: Ported) -> str:
    arguments = ", ".join(["state", *_input_names(entry)])
    return "\n".join(
        [
            "```python",
            "import numpy as np",
            f"from {entry.name} import {entry.name}",
            "",
            f'state = dict(np.load("{entry.name}.npz"))',
            f"outputs, state = {entry.name}({arguments})",
            "```",
        ]
    )


def _section(entry: Ported) -> str:
    function = entry.function
    line = function.line
    place = f", made at {Path(line.file).name}:{line.number}" if line else ""
    title = f"## {entry.name}"
    if entry.reason is not None:
        return f"{title}\n\nNot written{place}:\n\n```text\n{entry.reason}\n```"
    inputs = [
        f"- input `{name}`: {variable.type!r}"
        for name, variable in zip(_input_names(entry), _free_inputs(function), strict=True)
    ]
    outputs = [
        f"- output `{entry.variable}`: {entry.variable.type!r}" for entry in function.maker.outputs
    ]
    state = [
        f"- state `{name}`: {array.dtype}{list(array.shape)}"
        for name, array in _state(function).items()
    ]
    listed = "\n".join([*inputs, *outputs, *state])
    return f"{title}\n\nModule `{entry.name}.py`, state `{entry.name}.npz`{place}.\n\n{listed}"


def _free_inputs(function: Function) -> list[Any]:
    return [entry.variable for entry in function.inputs if entry.update is None]


def _input_names(entry: Ported) -> list[str]:
    return [str(v.name or f"input_{i}") for i, v in enumerate(_free_inputs(entry.function))]


def _shared_by_several(written: Sequence[Ported]) -> list[str]:
    users: dict[Any, list[str]] = defaultdict(list)
    for entry in written:
        function = entry.function
        names = list(_state(function))
        updated = len(function.updates)
        own = sum(i.update is not None for i in function.inputs)
        of_shared = [*names[:updated], *names[updated + own :]]
        for variable, name in zip(function.get_shared(), of_shared, strict=True):
            users[variable].append(f'`{entry.name}`\'s `state["{name}"]`')
    return [f"- {' is '.join(places)}" for places in users.values() if len(places) > 1]
