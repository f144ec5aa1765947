"""What the benchmarks share: peers measured in turns, worker processes, C, a table of medians."""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

Timer = Callable[[], float]


def timer(function: Callable[[], object]) -> Timer:
    """Return a function that calls the given one and returns the seconds that it took."""

    def timed() -> float:
        started = time.perf_counter()
        function()
        return time.perf_counter() - started

    return timed


def interleave(
    timers: Mapping[str, Timer], rounds: int, rest: float = 0.0, warm: bool = False
) -> dict[str, list[float]]:
    """Measure the peers in turns, so that what slows the machine for a while slows them all.

    Args:
        timers: what measures each peer once.
        rounds: how often each is measured.
        rest: seconds to wait before each; the threads of a BLAS spin for a while after their work.
        warm: measure each twice in its turn, and count the second, which finds its memory cached.
    """
    seconds: dict[str, list[float]] = {name: [] for name in timers}
    for timed in timers.values():
        timed()
    for _ in range(rounds):
        for name, timed in timers.items():
            time.sleep(rest)
            if warm:
                timed()
            seconds[name].append(timed())
    return seconds


class Worker:
    """A process of its own that measures on request, for settings that a process has for life.

    By default it runs this very script with ``--worker``; there `serve` answers.
    """

    def __init__(self, *arguments: str, python: str = sys.executable, script: str = "") -> None:
        """Start the process, with arguments that tell the script what to serve."""
        self._process = subprocess.Popen(
            [python, script or sys.argv[0], "--worker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def timer(self, name: str) -> Timer:
        """Return a timer that asks the process."""

        def timed() -> float:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            print(name, file=self._process.stdin, flush=True)
            return float(self._process.stdout.readline())

        return timed

    def stop(self) -> None:
        """End the process."""
        self._process.communicate()


def add_library_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that `library_workers` reads."""
    parser.add_argument("--theano", metavar="PYTHON", help="a Python that has Theano 1.0.5")
    parser.add_argument("--pytensor", metavar="PYTHON", help="a Python that has PyTensor")


def library_workers(
    options: argparse.Namespace, arguments: Sequence[str] = ()
) -> dict[str, Worker]:
    """Start a process for each library that a Python was given for.

    Args:
        options: the script's options.
        arguments: what ``theano_programs.py`` gets after the name of the library.
    """
    script = str(Path(__file__).parent / "theano_programs.py")
    started = {}
    for name, python in (("Theano", options.theano), ("PyTensor", options.pytensor)):
        if python is None:
            print(f"{name} is left out: no --{name.lower()} was given")
        else:
            started[name] = Worker(name.lower(), *arguments, python=python, script=script)
    return started


def c_library(source: str, folder: str) -> ctypes.CDLL | None:
    """Compile C with all optimization for this machine; return None where there is no gcc."""
    if shutil.which("gcc") is None:
        return None
    path, library = Path(folder) / "source.c", Path(folder) / "source.so"
    path.write_text(source)
    flags = ["-O3", "-march=native", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, str(path), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


def serve(timers: Mapping[str, Timer]) -> None:
    """Answer the questions of a `Worker` until it stops asking."""
    for name in sys.stdin:
        print(timers[name.strip()](), flush=True)


def print_table(
    title: str, seconds: Mapping[str, list[float]], reference: str, unit: str = "ms"
) -> None:
    """Print the median and the fastest of each peer, and its ratio to the reference."""
    scale, digits = {"ms": (1e3, 3), "us": (1e6, 2)}[unit]
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for heading in (f"median {unit}", f"fastest {unit}", f"times {reference}"):
        table.add_column(heading, justify="right")
    base = statistics.median(seconds[reference])
    for name, values in seconds.items():
        median = statistics.median(values)
        table.add_row(
            name,
            f"{scale * median:.{digits}f}",
            f"{scale * min(values):.{digits}f}",
            f"{median / base:.2f}",
        )
    Console(width=100).print(table)


def without_slow_kernels() -> None:
    """Start the script anew if OpenBLAS was told to use the kernels of an older processor."""
    if os.environ.pop("OPENBLAS_CORETYPE", None) is not None:
        os.execv(sys.executable, [sys.executable, *sys.argv])
