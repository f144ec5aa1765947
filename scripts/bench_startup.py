"""Time what a new process spends before it is useful: imports, and `jaxlearn celsius` in parts.

Every measurement is a new process; the peers take turns. Run it as
``python scripts/bench_startup.py``.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarking import interleave, print_table, without_slow_kernels

# Prints the seconds that each part of the command takes, in the order in which they happen.
PARTS = """
import time
started = time.perf_counter()
def part(name):
    global started
    now = time.perf_counter()
    print(name, now - started, sep="\\t")
    started = now
import jax
part("import jax")
from jaxlearn import celsius, plotting, tune_process
import optax, tqdm.auto
part("import jaxlearn, matplotlib, optax, tqdm")
tune_process()
before = celsius.initial_params()
part("start JAX, draw the first params")
result = celsius.train_neuron()
now = time.perf_counter()
print("prepare and check the training", now - started - result.seconds - result.compile_seconds,
      sep="\\t")
print("compile 10,000 steps", result.compile_seconds, sep="\\t")
print("run 10,000 steps", result.seconds, sep="\\t")
started = now
celsius.mean_squared_error(before), celsius.mean_squared_error(result.params)
part("compute the loss before and after")
figure = plotting.new_figure()
celsius.plot(figure.subplots(), before, result.params)
plotting.save_figure(figure, "celsius.png")
part("draw and write the picture")
"""


def import_seconds(module: str) -> float:
    """Return how long a new process takes to import a module."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    return float(_python("-c", code, folder="."))


def parts(folder: str) -> dict[str, float]:
    """Return the seconds of each part of the command."""
    rows = (line.split("\t") for line in _python("-c", PARTS, folder=folder).splitlines())
    return {name: float(seconds) for name, seconds in rows}


def _python(*arguments: str, folder: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, cwd=folder).stdout


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11, help="how often each is measured")
    options = parser.parse_args()
    imports = {
        module: lambda module=module: import_seconds(module) for module in ("jax", "jaxlearn")
    }
    seconds = interleave(imports, options.rounds)
    print_table("import in a new process", seconds, "jax")
    with tempfile.TemporaryDirectory() as folder:
        runs = [parts(str(Path(folder))) for _ in range(options.rounds)]
    print("\njaxlearn celsius in a new process, medians in ms")
    for name in runs[0]:
        print(f"{name:42}{1e3 * statistics.median(run[name] for run in runs):9.1f}")
    whole = [sum(run.values()) for run in runs]
    print(f"{'all of it, after Python started':42}{1e3 * statistics.median(whole):9.1f}")


if __name__ == "__main__":
    without_slow_kernels()
    main()
