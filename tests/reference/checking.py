"""Hold an engine's answers against the recorded ones."""

from __future__ import annotations

import numpy as np
from casebook import REALS
from evaluating import Raised, Value

# The relative errors allowed forward and in gradients.
TOLERANCES = {
    "float64": (1e-12, 1e-9),
    "complex128": (1e-12, 1e-9),
    "float32": (1e-5, 1e-3),
    "complex64": (1e-5, 1e-3),
    "float16": (1e-2, 1e-2),
}
# Theano leaves a gradient in the dtype of the widest thing it came through, and zeros in floatX;
# with this, a gradient in its input's own dtype, rounded to that, is right as well.
EITHER_DTYPE = True
# Theano checks some arguments by bare assertions: these say the same, and say it better.
INSTEAD_OF_ASSERTIONS = {"TypeError", "ValueError"}


def letters(flags):
    """Broadcastable flags as Theano users read them: "TF" for a row."""
    return "".join("FT"[flag] for flag in flags)


def compare_numbers(expected, found, tolerance, elementwise=False):
    """What is wrong with an array of numbers; an empty text if nothing is."""
    if expected.shape != found.shape:
        return f"shape {found.shape} instead of {expected.shape}"
    if expected.dtype != found.dtype:
        return f"the array's dtype is {found.dtype} instead of {expected.dtype}"
    if expected.dtype.kind in "biu":
        wrong = expected != found
    else:
        with np.errstate(all="ignore"):
            same = (expected == found) | (np.isnan(expected) & np.isnan(found))
            finite = np.isfinite(expected) & np.isfinite(found)
            size = np.abs(expected)
            if not elementwise:
                size = np.max(size, where=np.isfinite(expected), initial=0)
            wrong = ~(same | (finite & (np.abs(expected - found) <= tolerance * size)))
    if not np.any(wrong):
        return ""
    places = list(map(tuple, np.argwhere(wrong)))
    shown = "; ".join(
        f"{list(map(int, place))}: {found[place]!r} instead of {expected[place]!r}"
        for place in places[:3]
    )
    return f"{len(places)} of {expected.size} numbers differ by more than {tolerance:g}: {shown}"


def narrowed(expected, found, own):
    """The expected gradient as its input's own dtype has it, if that is what was found."""
    if EITHER_DTYPE and own == found.dtype != expected.dtype and own in REALS:
        return Value(own, expected.broadcastable, expected.array.astype(own))
    return expected


def compare_values(what, expected, found, tolerance, elementwise):
    """The complaints about one output or gradient."""
    complaints = []
    if found.dtype != expected.dtype:
        complaints.append(f"{what} is {found.dtype} instead of {expected.dtype}")
    if found.broadcastable != expected.broadcastable:
        flags = letters(found.broadcastable), letters(expected.broadcastable)
        complaints.append(f"{what} is broadcastable {flags[0]!r} instead of {flags[1]!r}")
    if not complaints:
        wrong = compare_numbers(expected.array, found.array, tolerance, elementwise)
        complaints += [f"{what}: {wrong}"] if wrong else []
    return complaints


def tolerances(case, dtype):
    """The relative errors allowed: those of the least precise number that takes part."""
    if case.tolerance or dtype not in TOLERANCES:
        return case.tolerance or (0, 0)
    taking_part = [dtype, *(spec.dtype for spec in case.inputs.values())]
    return max(TOLERANCES[one] for one in taking_part if one in TOLERANCES)


def compare_raised(what, expected, found):
    """The complaints where one side or both raise."""
    if not isinstance(expected, Raised):
        return [f"{what} raises {found.name} ({found.when}): {found.text.splitlines()[:3]}"]
    if not isinstance(found, Raised):
        return [f"{what} raises nothing instead of {expected.name} ({expected.when})"]
    allowed = {expected.name}
    if (expected.name, expected.when) == ("AssertionError", "build"):
        allowed |= INSTEAD_OF_ASSERTIONS
    if not allowed & set(found.classes):
        return [f"{what} raises {found.name}: {found.text[:200]!r} instead of {expected.name}"]
    return []


def compare(case, expected, found):
    """The complaints about one case: an empty list when the engine answers as Theano did."""
    if expected.raised or found.raised:
        return compare_raised("it", expected.raised, found.raised)
    return [
        *compare_part(case, "output", expected.outputs, found.outputs),
        *compare_part(case, "gradient by", expected.gradients, found.gradients),
    ]


def compare_part(case, what, expected, found):
    """The complaints about all outputs or all gradients of a case."""
    if list(expected) != list(found):
        return [f"{what}: there are {list(found)} instead of {list(expected)}"]
    complaints = []
    for name, value in expected.items():
        other, title = found[name], f"{what} {name}"
        if isinstance(value, Raised) or isinstance(other, Raised):
            complaints += compare_raised(title, value, other)
            continue
        if name in case.inputs:
            value = narrowed(value, other, case.inputs[name].dtype)
        tolerance = tolerances(case, value.dtype)[name in case.inputs]
        complaints += compare_values(title, value, other, tolerance, case.elementwise)
    return complaints


def compare_grids(grid, expected, found):
    """The complaints about a grid, one a cell."""
    return [
        f"{grid.name} at {row}, {column}: {found[row][place]} instead of {expected[row][place]}"
        for row in grid.rows
        for place, column in enumerate(grid.columns)
        if found[row][place] != expected[row][place]
    ]


def fails_at_run(answer):
    """Whether some part of a recorded answer is an exception of the compiled function."""
    parts = (answer.raised, *answer.outputs.values(), *answer.gradients.values())
    return any(isinstance(part, Raised) and part.when == "run" for part in parts)


def count(answer):
    """How many values or exceptions an answer holds."""
    return 1 if answer.raised else len(answer.outputs) + len(answer.gradients)


def report(title, complaints):
    """One readable message about the cases of a group that fail, by name."""
    lines = [f"{len(complaints)} cases of {title} differ from Theano:"]
    for name, wrong in complaints.items():
        lines.append(f"  {name}")
        lines += [f"      {one}" for one in wrong]
    return "\n".join(lines)


def compare_program(program, expected, found):
    """The complaints about a program's numbers."""
    if list(expected.outputs) != list(found):
        return [f"it names {list(found)} instead of {list(expected.outputs)}"]
    wrong = {
        name: compare_numbers(value.array, found[name], program.tolerance)
        for name, value in expected.outputs.items()
    }
    return [f"{name}: {text}" for name, text in wrong.items() if text]
