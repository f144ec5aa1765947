"""The README: its examples run, and what it shows exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_examples_run(example, tmp_path):
    command = [sys.executable, "-W", "error", "-c", example]
    done = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_there_is_an_example_of_the_functional_face():
    assert len(EXAMPLES) == 2


def test_the_first_example_learns(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", EXAMPLES[0]],
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=True,
    )
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
