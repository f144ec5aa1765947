"""The package as a whole: which way imports run, public JAX only, docstrings that run."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import jaxlearn

PACKAGE = Path(jaxlearn.__file__).parent
MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages([str(PACKAGE)], "jaxlearn.")
    if "__" not in info.name
)

# What each module may import of jaxlearn. A module that is not listed may import none of it.
MAY_IMPORT = {
    "jaxlearn": {
        "datasets",
        "devices",
        "losses",
        "models",
        "process",
        "saving",
        "steps",
        "training",
    },
    "jaxlearn.models": {"arguments"},
    "jaxlearn.steps": {"arguments"},
    "jaxlearn.training": {"arguments", "devices", "steps"},
    "jaxlearn.celsius": {"datasets", "losses", "models", "plotting", "steps", "training"},
    "jaxlearn.cli": {
        "celsius",
        "datasets",
        "devices",
        "plotting",
        "process",
        "symbolic",
        "theano",
        "training",
    },
    "jaxlearn.__main__": {"cli"},
    "jaxlearn.symbolic": {"arguments", "devices", "steps", "symbolic"},
    "jaxlearn.theano": {"symbolic", "theano"},
}

# Packages whose modules may import one another: the table speaks of each as a whole.
LAYERS = ("jaxlearn.symbolic", "jaxlearn.theano")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_imports_run_one_way_and_jax_is_public(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    module = ".".join(("jaxlearn", *parts)).removesuffix(".__init__")
    ours = {name.split(".")[1] for name in imported(path) if name.startswith("jaxlearn.")}
    layer = next((layer for layer in LAYERS if f"{module}.".startswith(f"{layer}.")), module)
    assert ours <= MAY_IMPORT.get(layer, set())
    for name in imported(path):
        assert not re.search(r"(^|\.)_src|^jaxlib|^jax\.interpreters", name), name


def test_the_functional_face_knows_nothing_of_symbols():
    code = (
        "import sys, jaxlearn, jaxlearn.cli; "
        "print([n for n in sys.modules if n.startswith(('jaxlearn.symbolic', 'jaxlearn.theano'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_name_of_the_map_is_there():
    for module in ("jaxlearn", *MODULES):
        loaded = importlib.import_module(module)
        for name in loaded.__all__:
            assert hasattr(loaded, name), f"{module}.{name}"


@pytest.mark.parametrize("module", MODULES)
def test_docstrings_run(module):
    failed, _ = doctest.testmod(importlib.import_module(module))
    assert failed == 0


def test_every_public_function_has_an_example():
    without = []
    for module in MODULES:
        loaded = importlib.import_module(module)
        for name in loaded.__all__:
            thing = getattr(loaded, name)
            is_own = inspect.isfunction(thing) and thing.__module__ == module
            if is_own and "Example:" not in (thing.__doc__ or ""):
                without.append(f"{module}.{name}")
    # A window waits for a person, and main for a command line.
    assert without == ["jaxlearn.cli.main", "jaxlearn.plotting.show_window"]
