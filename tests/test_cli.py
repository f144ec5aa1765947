"""The commands, as a person runs them: in a process of their own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("jaxlearn")


def run(*arguments, folder):
    return subprocess.run(
        [COMMAND, *arguments], cwd=folder, text=True, capture_output=True, timeout=120, check=False
    )


def test_celsius_learns_reports_and_draws(tmp_path):
    done = run("celsius", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    before, after, training, picture = done.stdout.splitlines()
    number = r"-?\d[\d.e+-]*"
    assert re.fullmatch(
        rf"before +Fahrenheit = {number} \* Celsius [+-] {number} +loss {number}", before
    )
    equation, loss = re.fullmatch(r"after +(.*?) +loss (.*)", after).groups()
    assert equation == "Fahrenheit = 1.8 * Celsius + 32"
    assert float(loss) < 1e-12
    assert re.fullmatch(
        rf"training +10,000 steps, learning rate 0\.001: {number} ms, after {number} ms to compile",
        training,
    )
    assert picture == "picture   celsius.png"
    assert (tmp_path / "celsius.png").read_bytes().startswith(b"\x89PNG")


def test_celsius_takes_its_options(tmp_path):
    options = ["--steps", "3", "--learning-rate", "1e-4", "--seed", "7", "--output", "a.svg"]
    done = run("celsius", *options, folder=tmp_path)
    assert done.returncode == 0
    assert "3 steps, learning rate 0.0001" in done.stdout
    assert "Celsius" in (tmp_path / "a.svg").read_text()
    assert done.stdout.splitlines()[0] != run("celsius", folder=tmp_path).stdout.splitlines()[0]


def test_no_steps_draw_the_untrained_neuron(tmp_path):
    done = run("celsius", "--steps", "0", folder=tmp_path)
    before, after, *_ = done.stdout.splitlines()
    assert before.removeprefix("before") == after.removeprefix("after ")
    assert (tmp_path / "celsius.png").exists()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ["--output", "nowhere/a.png"],
            "argument --output: nowhere/a.png: the folder nowhere does not exist; create it first",
        ),
        (["--output", "a.doc"], "argument --output: a.doc: cannot write a .doc file; wanted"),
        (["--steps", "-1"], "argument --steps: got '-1', wanted a whole number, 0 or more"),
        (["--steps", "ten"], "argument --steps: got 'ten', wanted a whole number, 0 or more"),
        (["--learning-rate", "0"], "argument --learning-rate: got '0', wanted a number above 0"),
        (
            ["--learning-rate", "nan"],
            "argument --learning-rate: got 'nan', wanted a number above 0",
        ),
    ],
)
def test_wrong_arguments_stop_it_before_training(arguments, text, tmp_path):
    done = run("celsius", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"jaxlearn celsius: error: {text}" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_window_without_a_display_stops_it_before_training(tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    done = run("celsius", "--show", folder=tmp_path)
    assert done.returncode == 2
    assert "error: argument --show: there is no window to show it in" in done.stderr
    assert not list(tmp_path.iterdir())


def test_divergence_is_told_in_one_line(tmp_path):
    done = run("celsius", "--learning-rate", "0.01", folder=tmp_path)
    assert done.returncode == 1
    assert re.fullmatch(
        r"jaxlearn celsius: training stopped: the loss is inf at step \d+; "
        r"try a --learning-rate below 0\.01\n",
        done.stderr,
    )
    assert not list(tmp_path.iterdir())


def test_help_names_the_commands_and_the_defaults(tmp_path):
    assert "celsius" in run("--help", folder=tmp_path).stdout
    assert "(default: 10000)" in run("celsius", "--help", folder=tmp_path).stdout
    assert run(folder=tmp_path).returncode == 2
    module = [sys.executable, "-m", "jaxlearn", "--help"]
    assert subprocess.run(module, cwd=tmp_path, capture_output=True, check=True).stdout
