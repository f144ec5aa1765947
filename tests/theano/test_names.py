"""Every name of Theano's tensors works here, or says what to use instead.

``names.tsv`` lists the public names of ``theano.tensor`` and ``theano.gradient`` of Theano 1.0.5
(but for ``nnet`` and ``signal``): those that programs use and that the documentation has come
first, with how many of 35 programs use each; then all others that are Theano's own.
"""

import csv
import importlib
from pathlib import Path

import pytest

from jaxlearn.theano import alias, replaced

LIST = Path(__file__).with_name("names.tsv")
ROWS = list(csv.DictReader(LIST.read_text().splitlines(), delimiter="\t"))
WORKS = [row["name"] for row in ROWS if row["status"] == "works"]
REPLACED = [row["name"] for row in ROWS if row["status"] == "replaced"]


@pytest.fixture(autouse=True)
def installed():
    alias.install()
    yield
    alias.uninstall()


def resolved(path):
    """What a name stands for, as ``from module import name`` has it."""
    module, _, name = path.rpartition(".")
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name != path:
            raise
    return getattr(importlib.import_module(module), name)


def refusal(path):
    """The text of the exception of ``from module import name``."""
    module, _, name = path.rpartition(".")
    with pytest.raises(ImportError) as caught:
        exec(f"from {module} import {name}")
    return str(caught.value)


def test_the_list_is_whole():
    assert {row["status"] for row in ROWS} == {"works", "replaced"}
    assert len({row["name"] for row in ROWS}) == len(ROWS) > 1000
    assert not [row["name"] for row in ROWS if int(row["clients"]) > 3 and row["name"] in REPLACED]


def test_names_that_work_are_here():
    missing = []
    for name in WORKS:
        try:
            found = resolved(name)
        except (AttributeError, ImportError) as error:
            missing.append(f"{name}: {error}")
        else:
            assert found is not None, name
    assert not missing, "\n".join(missing)


def test_names_that_are_replaced_say_by_what():
    for name in REPLACED:
        text = refusal(name)
        hint = replaced.HINTS.get(name) or replaced.HINTS.get(name.rpartition(".")[0])
        hint = hint or (name.startswith("theano.tensor.opt.") and replaced.REWRITING)
        assert hint, f"{name} has no hint"
        assert text.endswith(f" is not here: {hint}"), name


def test_names_that_are_replaced_are_no_attributes():
    for name in REPLACED:
        module, _, attribute = name.rpartition(".")
        if module not in replaced.HINTS:
            assert not hasattr(importlib.import_module(module), attribute), name


def test_every_hint_belongs_to_a_name_of_the_list():
    assert sorted(set(replaced.HINTS) - set(REPLACED)) == []


def test_what_theano_never_had_is_an_ordinary_error():
    import theano.tensor as tensor

    with pytest.raises(
        AttributeError, match=r"module 'jaxlearn.theano.tensor' has no attribute 'q"
    ):
        tensor.qqq  # noqa: B018
    with pytest.raises(ImportError, match=r"cannot import name 'qqq' from 'jaxlearn.theano"):
        exec("from theano.tensor import qqq")


def test_texts():
    import theano.tensor as tensor

    assert refusal("theano.tensor.send").startswith(
        "theano.tensor.send is not here: processes do not send arrays by hand here: give "
        "theano.function a mesh of devices"
    )
    with pytest.raises(
        AttributeError, match=r"^theano.tensor.opt.Canonizer is not here: it is a p"
    ):
        tensor.opt.Canonizer  # noqa: B018
    with pytest.raises(
        ModuleNotFoundError, match=r"^theano.tensor.blas_c is not here: write T.dot"
    ):
        importlib.import_module("theano.tensor.blas_c")


def test_every_exported_name_is_usable():
    for module in {row["name"].rpartition(".")[0] for row in ROWS}:
        if module not in replaced.HINTS:
            loaded = importlib.import_module(module)
            for name in loaded.__all__:
                assert getattr(loaded, name) is not None, f"{module}.{name}"


def test_inplace_operations_are_the_pure_ones():
    import theano.tensor as tensor

    assert tensor.inplace.exp_inplace is tensor.exp
    x = tensor.dmatrix("x")
    shared = tensor.inplace.add_inplace(x, tensor.inplace.fill_inplace(x, 1.0))
    assert shared.eval({x: [[1.0, 2.0]]}).tolist() == [[2, 3]]
    assert tensor.inplace.transpose_inplace(x).eval({x: [[1.0, 2.0]]}).tolist() == [[1], [2]]
