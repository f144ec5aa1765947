"""The README: its examples run, and what it shows exists."""

import ast
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


@cache
def run(example):
    """What an example does in a process of its own, where warnings are errors."""
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", example],
            cwd=folder,
            text=True,
            capture_output=True,
            check=False,
        )


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_examples_run(example):
    assert run(example).returncode == 0, run(example).stderr


def test_there_are_examples_of_both_faces():
    assert len(EXAMPLES) == 4


def test_the_example_of_the_theano_face_prints_theanos_numbers():
    done = run(EXAMPLES[2])
    outputs, weights = done.stdout.splitlines()
    first = [0.8, 80.16, 96.032, 99.2064]
    assert [round(value, 9) for value in ast.literal_eval(outputs)[:4]] == first
    assert weights == "[24.89999746 25.04999746 24.94999746 25.09999746]"


def test_the_first_example_learns():
    done = run(EXAMPLES[0])
    weight = re.search(r"'weight': Array\(([\d.]+)", done.stdout).group(1)
    bias = re.search(r"'bias': Array\(([\d.]+)", done.stdout).group(1)
    assert abs(float(weight) - 1.8) < 1e-6
    assert abs(float(bias) - 32) < 1e-6


def test_what_it_shows_exists():
    for path in re.findall(r"\]\(([\w/.]+)\)", README):
        assert (ROOT / path).is_file(), path
    for path in re.findall(r"`(scripts/[\w.]+\.py)`", README):
        assert (ROOT / path).is_file(), path
    tree = re.search(r"^jaxlearn/\n(.*?)^tests/", README, flags=re.DOTALL | re.MULTILINE).group(1)
    listed = set(re.findall(r"^  (\w+\.py) ", tree, flags=re.MULTILINE))
    found = {path.name for path in (ROOT / "jaxlearn").glob("*.py") if "__" not in path.name}
    assert listed == found


def test_every_figure_has_a_script_and_is_shown():
    for figure in (ROOT / "figures").iterdir():
        assert (ROOT / "scripts" / f"plot_{figure.stem}.py").is_file()
        assert f"figures/{figure.name}" in README
