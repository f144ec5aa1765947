"""Training on several devices, of one process and of two, in processes that have them."""

import contextlib
import importlib.util
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import jax
import numpy as np
import pytest

from jaxlearn import load
from jaxlearn.devices import Layout

FOLDER = Path(__file__).parent
PROGRAM = FOLDER / "two_processes.py"


@pytest.mark.parametrize("program", ["eight_devices.py", "symbolic/eight_devices.py"])
def test_on_eight_devices(program):
    command = ["-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", program]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=FOLDER,
        text=True,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\d passed in ", done.stdout), done.stdout


@contextlib.contextmanager
def two_processes(path, total):
    """Start the program twice; yield the processes, and end what is left of them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    processes = [
        subprocess.Popen(
            [sys.executable, PROGRAM, str(process), str(port), str(path), str(total)],
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for process in (0, 1)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def wait_for(path, process):
    started = time.monotonic()
    while not path.exists():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() - started < 120, "nothing was saved"
        time.sleep(0.05)


# What ends the other process: JAX's own watch, or a connection that broke, whichever comes first.
LOST = {
    1: r"tasks are unhealthy \(stopped sending heartbeats\):\s+\S*\b1\s",
    0: r"leader task was\s+preempted/died",
}
BROKEN = r"train: this is process \d of 2, whose devices train together\. .*start all of them again"


def test_an_error_of_the_devices_says_what_to_do_where_another_process_may_be_gone():
    layout = Layout(jax.make_mesh((1,), ("data",)))
    for spans_processes in (False, True):
        layout.spans_processes = spans_processes
        lost = pytest.raises(jax.errors.JaxRuntimeError, match="closed by peer")
        with lost as caught, layout.explaining():
            raise jax.errors.JaxRuntimeError("Connection closed by peer")
        notes = getattr(caught.value, "__notes__", [])
        assert [bool(re.match("train: this is process 0 of 1", note)) for note in notes] == (
            [True] * spans_processes
        )


@pytest.mark.parametrize("lost", [1, 0])
def test_a_lost_process_ends_the_other_soon_and_both_go_on_from_the_last_save(lost, tmp_path):
    path = tmp_path / "state"
    with two_processes(path, 10**9) as processes:
        wait_for(path, processes[0])
        processes[lost].send_signal(signal.SIGKILL)
        killed = time.monotonic()
        output = processes[1 - lost].communicate(timeout=60)[0]
        assert time.monotonic() - killed < 20
        assert processes[1 - lost].returncode != 0
        assert re.search(f"{LOST[lost]}|{BROKEN}", output), output
    if lost == 0:
        return  # that they go on does not depend on which was lost
    program = load_program()
    steps = load(path, program.train_on(None, 0)).steps
    total = steps + program.STEPS
    with two_processes(path, total) as processes:
        for process in processes:
            output = process.communicate(timeout=120)[0]
            assert process.returncode == 0, output
            assert f"from step {steps}\n" in output
            assert "all is well\n" in output
    alone = program.train_on(None, total)
    for process in (0, 1):
        params = load(tmp_path / f"state{process}", program.train_on(None, 0)).params
        for array, expected in zip(
            jax.tree.leaves(params), jax.tree.leaves(alone.params), strict=True
        ):
            np.testing.assert_allclose(array, expected, rtol=0, atol=1e-12)


def load_program():
    spec = importlib.util.spec_from_file_location("two_processes", PROGRAM)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program
