"""``import theano`` means this package: in a process that asks for it, and in no other.

A finder at the front of ``sys.meta_path`` answers each import of ``theano`` or ``theano.X`` with
the very module ``jaxlearn.theano.X``. So there is one copy of each class, whichever name a program
imports it by, and pickles load under either name.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from jaxlearn.theano.replaced import HINTS

__all__ = ["AliasFinder", "install", "uninstall"]


class AliasFinder(MetaPathFinder):
    """Makes one package importable by another name, too.

    Args:
        alias: the other name, of the whole package: ``"theano"``.
        package: the package's own name: ``"jaxlearn.theano"``.
    """

    def __init__(self, alias: str, package: str) -> None:
        self.alias = alias
        self.package = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Answer an import of the alias or of a module below it; leave all others alone."""
        if fullname != self.alias and not fullname.startswith(f"{self.alias}."):
            return None
        name = self.package + fullname.removeprefix(self.alias)
        found = importlib.util.find_spec(name)
        if found is None:
            # None would send the import on to the next finder, and to a real package of that name.
            raise ModuleNotFoundError(self._lacks(fullname), name=fullname)
        spec = ModuleSpec(fullname, _AliasLoader(name, self), origin=found.origin)
        spec.submodule_search_locations = found.submodule_search_locations
        return spec

    def modules(self) -> Iterator[tuple[str, ModuleType]]:
        """The modules that were imported by the alias, with the names they have by it."""
        for fullname, module in list(sys.modules.items()):
            name = self.package + fullname.removeprefix(self.alias)
            if f"{fullname}.".startswith(f"{self.alias}.") and module is sys.modules.get(name):
                yield fullname, module

    def share_loaded(self) -> None:
        """Give every module of the package that is loaded its name by the alias.

        The import system, if it were to load it by that name, would put the module in the place of
        a function of the same name: ``theano.tensor.sort`` is both.
        """
        for name, module in list(sys.modules.items()):
            if name == self.package or name.startswith(f"{self.package}."):
                sys.modules.setdefault(self.alias + name.removeprefix(self.package), module)

    def _lacks(self, fullname: str) -> str:
        if fullname in HINTS:
            return f"{fullname} is not here: {HINTS[fullname]}"
        parent = fullname.rpartition(".")[0]
        folders = sys.modules[self.package + parent.removeprefix(self.alias)].__path__
        there = [info.name for info in pkgutil.iter_modules(folders) if info.name[0] != "_"]
        return (
            f"{self.package} has no module {fullname!r}; "
            f"the modules of {parent} here are: {', '.join(there) or 'none'}"
        )


class _AliasLoader(Loader):
    """Loads a module by loading another, and returning that very module."""

    def __init__(self, name: str, finder: AliasFinder) -> None:
        self.name = name
        self.finder = finder

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self.name)
        self.own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # Between create_module and this call, the import system writes the alias's spec to the
        # module; of what a module knows about itself, it leaves all else as it is.
        module.__spec__ = self.own_spec
        self.finder.share_loaded()


_finder = AliasFinder("theano", "jaxlearn.theano")


def install() -> None:
    """Make ``import theano`` mean ``jaxlearn.theano`` in this process, submodules and all.

    A real Theano that is installed, but not imported yet, is hidden. A second call changes nothing.

    Raises:
        ImportError: another ``theano`` is imported already.

    Example:
        >>> install()
        >>> import theano, jaxlearn.theano
        >>> theano is jaxlearn.theano
        True
        >>> uninstall()
    """
    imported = sys.modules.get("theano")
    if imported is not None and imported is not sys.modules.get("jaxlearn.theano"):
        place = getattr(imported, "__file__", None) or "an unknown place"
        raise ImportError(
            f"jaxlearn.theano.install: another theano is imported already, from {place}; "
            "call install() before anything imports theano",
            name="theano",
        )
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def uninstall() -> None:
    """Undo `install`: the next ``import theano`` finds a real Theano, or none.

    Example:
        >>> install()
        >>> uninstall()
        >>> import sys
        >>> "theano" in sys.modules
        False
    """
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for fullname, _ in _finder.modules():
        del sys.modules[fullname]
