"""``import theano`` means jaxlearn.theano, where it was asked for."""

import importlib
import pickle
import subprocess
import sys
import types

import pytest

import jaxlearn.theano
from jaxlearn.theano import alias


@pytest.fixture
def installed():
    alias.install()
    yield
    alias.uninstall()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package ``real_package``, known as ``other_name``, too."""
    for file, text in {
        "real_package/__init__.py": "from real_package import inner\n__all__ = ['inner']\n",
        "real_package/inner/__init__.py": "class Thing:\n    pass\n",
        "real_package/inner/deep.py": "count = globals().get('count', 0) + 1\n",
        "real_package/broken.py": "import nothing_of_this_name\n",
    }.items():
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    finder = alias.AliasFinder("other_name", "real_package")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    before = set(sys.modules)
    yield finder
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_theano_is_this_package(installed):
    import theano
    import theano.alias as by_other_name

    assert theano is jaxlearn.theano
    assert by_other_name is alias
    assert theano.__name__ == theano.__spec__.name == "jaxlearn.theano"
    assert importlib.util.find_spec("theano") is not None


@pytest.mark.parametrize("name", ["sort", "var"])
def test_a_module_does_not_take_the_place_of_a_function_of_its_name(installed, name):
    function = getattr(jaxlearn.theano.tensor, name)
    module = importlib.import_module(f"theano.tensor.{name}")
    assert isinstance(module, types.ModuleType)
    assert callable(function)
    assert getattr(importlib.import_module("theano.tensor"), name) is function


def test_a_second_install_changes_nothing_and_uninstall_undoes_it():
    alias.install()
    alias.install()
    assert [type(finder) for finder in sys.meta_path].count(alias.AliasFinder) == 1
    importlib.import_module("theano.alias")
    alias.uninstall()
    alias.uninstall()
    assert not [name for name in sys.modules if name.split(".")[0] == "theano"]
    assert sys.modules["jaxlearn.theano"] is jaxlearn.theano


def test_install_refuses_beside_another_theano(monkeypatch):
    another = types.ModuleType("theano")
    another.__file__ = "/lib/theano/__init__.py"
    monkeypatch.setitem(sys.modules, "theano", another)
    with pytest.raises(ImportError) as caught:
        alias.install()
    assert str(caught.value) == (
        "jaxlearn.theano.install: another theano is imported already, from "
        "/lib/theano/__init__.py; call install() before anything imports theano"
    )


def test_a_module_that_is_not_there_is_told_with_those_that_are(installed):
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module("theano.no_such_module.below")
    start = "jaxlearn.theano has no module 'theano.no_such_module'; the modules of theano here are:"
    assert str(caught.value).startswith(start)
    assert " alias" in str(caught.value)
    assert caught.value.name == "theano.no_such_module"


def test_every_form_of_import_gives_the_same_modules(package):
    import other_name
    import other_name.inner.deep as deep_too
    import real_package.inner.deep
    from other_name import inner
    from other_name.inner import deep
    from other_name.inner.deep import count

    assert other_name is real_package
    assert inner is real_package.inner
    assert deep is deep_too is real_package.inner.deep
    assert count == 1
    names = {}
    exec("from other_name import *", names)
    assert names["inner"] is inner


def test_modules_keep_what_they_know_about_themselves(package):
    real = importlib.import_module("real_package.inner")
    known = {name: value for name, value in vars(real).items() if name.startswith("__")}
    importlib.import_module("other_name.inner")
    assert {name: getattr(real, name) for name in known} == known
    assert real.__spec__ is known["__spec__"]
    assert real.__spec__.name == real.__package__ == "real_package.inner"


def test_find_spec_answers_before_an_import(package):
    spec = importlib.util.find_spec("other_name.inner.deep")
    assert spec.name == "other_name.inner.deep"
    assert spec.origin.endswith("deep.py")
    assert "real_package.inner.deep" not in sys.modules
    assert importlib.util.find_spec("other_name.inner").submodule_search_locations
    with pytest.raises(ModuleNotFoundError, match="the modules of other_name here are: broken, in"):
        importlib.util.find_spec("other_name.missing")


def test_reload_runs_the_one_module_again(package):
    deep = importlib.import_module("other_name.inner.deep")
    assert importlib.reload(deep) is deep
    assert deep.count == 2
    assert sys.modules["other_name.inner.deep"] is sys.modules["real_package.inner.deep"]


def test_pickles_load_by_both_names(package):
    thing = importlib.import_module("other_name.inner").Thing
    data = pickle.dumps(thing(), protocol=0)
    assert b"real_package.inner" in data
    assert type(pickle.loads(data)) is thing
    by_alias = data.replace(b"real_package.inner", b"other_name.inner")
    assert type(pickle.loads(by_alias)) is thing


def test_a_module_that_fails_is_not_left_behind(package):
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'nothing_of_this_name'$"):
        importlib.import_module("other_name.broken")
    assert "other_name.broken" not in sys.modules


def test_the_finder_lists_only_what_came_by_the_alias(package):
    importlib.import_module("other_name.inner.deep")
    assert sorted(name for name, _ in package.modules()) == [
        "other_name",
        "other_name.inner",
        "other_name.inner.deep",
    ]


def test_importing_jaxlearn_installs_nothing(tmp_path):
    (tmp_path / "theano.py").write_text("real = True\n")
    program = (
        "import jaxlearn, jaxlearn.theano.alias as alias, sys\n"
        "assert 'theano' not in sys.modules\n"
        "alias.install()\n"  # and then it comes before a real theano
        "import theano.alias\n"
        "assert theano.alias is alias\n"
        "alias.uninstall()\n"
        "import theano\n"
        "assert theano.real\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=120)
