"""Record what Theano 1.0.5 answers to every case of ``tests/reference/cases``.

Run it with a Python that has the real Theano (``theano==1.0.5 "numpy<1.19" "scipy<1.6"``, so
Python 3.6 to 3.8) and, for the families marked ``COMPILED``, a C++ compiler::

    python scripts/record_reference.py [FAMILY ...]            # writes tests/reference/answers
    python scripts/record_reference.py --check [FAMILY ...]    # only says what would change

Theano's default mode generates C code, about a second for every new op and dtype. Families with
thousands of those are recorded from Theano's Python implementations of the same ops instead; a
family that sets ``COMPILED = True`` is recorded in the default mode. Either way the graphs are
optimised as they are by default. ``--python`` and ``--compiled`` say it for all families: what
changes between the two is where Theano's own implementations differ. Elementwise operations are not
fused: so few different pieces of C are needed, and float32 is rounded where the expression says.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

REFERENCE = Path(__file__).resolve().parent.parent / "tests" / "reference"
GROUP = 30
FLAGS = "on_unused_input=ignore,compute_test_value=off,exception_verbosity=low"


def record(family: Any, compiled: bool) -> tuple[Any, Any]:
    """All answers and grids of a family, asked of the Theano of this process."""
    import theano  # type: ignore[import-not-found]
    from evaluating import (  # type: ignore[import-not-found]
        Answer,
        Value,
        evaluate,
        evaluate_grid,
        evaluate_program,
    )

    # A rewrite of Theano's that fails is left out by Theano, and its answer stays right.
    logging.getLogger("theano").setLevel(logging.CRITICAL)
    engine = (theano, theano.tensor)
    mode = theano.compile.get_default_mode() if compiled else theano.Mode(linker="py")
    mode = mode.excluding("fusion")
    answers = {}
    for start in range(0, len(family.cases), GROUP):
        cases = family.cases[start : start + GROUP]
        forward = evaluate(engine, cases, mode=mode)
        shapes = {
            name: [value.array.shape for value in answer.outputs.values()]
            for name, answer in forward.items()
        }
        complete = evaluate(engine, cases, shapes=shapes, mode=mode)
        answers.update({case.name: complete[case.name] for case in cases})
        print(f"{family.name}: {len(answers)} of {len(family.cases)}", file=sys.stderr)
    for program in family.programs:
        numbers = evaluate_program(engine, program)
        answers[program.name] = Answer(
            {
                name: Value(array.dtype.name, (False,) * array.ndim, array)
                for name, array in numbers.items()
            }
        )
    return answers, {grid.name: evaluate_grid(engine, grid) for grid in family.grids}


def differences(family: Any, answers: Any, grids: Any) -> list[str]:
    """What these answers say that the recorded ones do not."""
    from checking import compare, compare_grids, compare_program  # type: ignore[import-not-found]
    from storing import load  # type: ignore[import-not-found]

    before, before_grids = load(family.name)
    changed = [
        f"{name}: only recorded or only asked"
        for name in (before.keys() ^ answers.keys()) | (before_grids.keys() ^ grids.keys())
    ]
    for case in family.cases:
        if case.name in before:
            wrong = compare(case, before[case.name], answers[case.name])
            changed += [f"{case.name}: {one}" for one in wrong]
    for program in family.programs:
        if program.name in before:
            numbers = {key: one.array for key, one in answers[program.name].outputs.items()}
            wrong = compare_program(program, before[program.name], numbers)
            changed += [f"{program.name}: {one}" for one in wrong]
    for grid in family.grids:
        if grid.name in before_grids:
            changed += compare_grids(grid, before_grids[grid.name], grids[grid.name])
    return changed


def record_here(name: str, compiled: bool, check: bool) -> int:
    """Record or check one family in this process."""
    from casebook import family as read  # type: ignore[import-not-found]
    from storing import save

    family = read(name)
    answers, grids = record(family, compiled)
    for case_name, answer in answers.items():
        raised = [answer.raised, *answer.outputs.values(), *answer.gradients.values()]
        for one in raised:
            if getattr(one, "when", None) is not None:
                says = " / ".join(one.text.splitlines()[:2])[:160]
                print(f"{case_name}: {one.name} ({one.when}): {says}", file=sys.stderr)
    if not check:
        save(name, answers, grids)
        return 0
    changed = differences(family, answers, grids)
    print("\n".join([*changed, f"{name}: {len(changed)} differences"]))
    return bool(changed)


def main() -> int:
    """Record the families, each in a process with the flags it needs."""
    sys.path.insert(0, str(REFERENCE))
    from casebook import family, family_names

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("families", nargs="*", help="all of them when none is named")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    parser.add_argument("--python", action="store_true", help="Python implementations for all")
    parser.add_argument("--compiled", action="store_true", help="C implementations for all")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    failed = 0
    for name in options.families or family_names():
        compiled = (family(name).compiled or options.compiled) and not options.python
        if options.here:
            failed |= record_here(name, compiled, options.check)
            continue
        command = [sys.executable, __file__, "--here", name]
        command += ["--check"] if options.check else []
        command += ["--compiled"] if compiled else ["--python"]
        flags = FLAGS if compiled else FLAGS + ",cxx=,linker=py"
        environment = dict(os.environ, THEANO_FLAGS=flags, PYTHONHASHSEED="0")
        failed |= subprocess.run(command, env=environment, check=False).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main())
