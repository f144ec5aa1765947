"""Functions of this package written out, with all that they need, for a module without it.

A helper is taken from its file as a syntax tree; annotations and all but the first line of its
docstring go. Other functions and constants of the package that it names come along. A method of an
operation becomes a function, with the operation's parameters in place of ``self``'s attributes.
"""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import inspect
import sys
from collections.abc import Collection, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

__all__ = ["IMPORTS", "Bundle", "literal", "public_name"]

IMPORTS = {
    "jax": "import jax",
    "jnp": "import jax.numpy as jnp",
    "np": "import numpy as np",
    "lax": "from jax import lax",
}

_PUBLIC: tuple[tuple[str, Any], ...] = (
    ("jnp", jnp),
    ("lax", lax),
    ("jax.nn", jax.nn),
    ("jax.scipy.special", jax.scipy.special),
    ("jnp.linalg", jnp.linalg),
    ("jax", jax),
    ("np", np),
)


def public_name(value: Any) -> str | None:
    """Return how a program names a public function or module of JAX or NumPy, or None.

    Example:
        >>> public_name(jnp.tanh), public_name(jax.nn.softmax), public_name(len)
        ('jnp.tanh', 'jax.nn.softmax', None)
    """
    if value is functools.partial:
        return "jax.tree_util.Partial"
    for prefix, module in _PUBLIC:
        if value is module:
            return prefix
        name = getattr(value, "__name__", None)
        if name and not name.startswith("_") and getattr(module, name, None) is value:
            return f"{prefix}.{name}"
    return None


def literal(value: Any) -> str | None:
    """Return the text of a plain value, or None if it is not one.

    Example:
        >>> literal((1, None)), literal(np.dtype("int8")), literal(object())
        ('(1, None)', "np.dtype('int8')", None)
    """
    if isinstance(value, np.dtype):
        return f"np.dtype({value.name!r})"
    if isinstance(value, type) and issubclass(value, np.generic):
        return f"np.{value.__name__}"
    if isinstance(value, (bool, int, str, type(None))):
        return repr(value)
    if isinstance(value, float):
        return repr(value) if np.isfinite(value) else f"float({str(value)!r})"
    if isinstance(value, (tuple, list)):
        parts = [literal(part) for part in value]
        if None in parts:
            return None
        inside = ", ".join(map(str, parts))
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if len(parts) == 1 else f"({inside})"
    return None


class Bundle:
    """The helpers that a module needs, and its imports.

    Attributes:
        imports: the import statements.
        definitions: the helpers, each after those that it needs.
    """

    def __init__(self) -> None:
        self.imports: set[str] = set()
        self.definitions: list[str] = []
        self._names: dict[Any, str] = {}

    @property
    def names(self) -> Collection[str]:
        """The names of the helpers, and of what is imported."""
        return self._names.values()

    def name_of(self, function: Any, taken: Collection[str]) -> str:
        """Return the name by which the module calls a function.

        Args:
            function: a public function of JAX or NumPy, or a function of this package's modules.
            taken: names that a helper must not have.

        Raises:
            TypeError: it is neither.
        """
        public = public_name(function)
        if public is not None:
            self._use(public.partition(".")[0])
            return public
        inner = inspect.unwrap(function)
        key = (inner.__module__, inner.__qualname__)
        if key not in self._names:
            if "<locals>" in inner.__qualname__ or "." in inner.__qualname__:
                raise TypeError(f"{function!r} is not a function of a module")
            module = importlib.import_module(inner.__module__)
            self._define(key, inner.__name__, _definition(module, inner.__name__), module, taken)
        return self._names[key]

    def imported_name(self, function: Any, taken: Collection[str]) -> str | None:
        """Return the name by which the module calls any function that it can import, or None.

        Args:
            function: any function.
            taken: names that it must not have.
        """
        public = public_name(function)
        if public is not None:
            self._use(public.partition(".")[0])
            return public
        module, name = getattr(function, "__module__", None), getattr(function, "__name__", "")
        if (
            module in (None, "__main__")
            or getattr(sys.modules.get(module), name, None) is not function
        ):
            return None
        key = (module, name)
        if key not in self._names:
            self._names[key] = _distinct(name, {*taken, *self._names.values()})
            ending = "" if self._names[key] == name else f" as {self._names[key]}"
            self.imports.add(f"from {module} import {name}{ending}")
        return self._names[key]

    def name_of_method(self, op: Any, method: Any, taken: Collection[str]) -> str:
        """Return the name of a helper that is a method of an operation with its parameters.

        Args:
            op: the operation.
            method: one of its methods, whose ``self`` is nothing but a source of plain values.
            taken: names that a helper must not have.
        """
        key = (op, method.__name__)
        if key not in self._names:
            owner = next(c for c in type(op).__mro__ if method.__name__ in vars(c))
            module = importlib.import_module(owner.__module__)
            classes = _definition(module, owner.__name__)
            (tree,) = (
                node
                for node in classes.body
                if isinstance(node, ast.FunctionDef) and node.name == method.__name__
            )
            tree.args.args = tree.args.args[1:]
            filled = _Filled(op, self, taken).visit(tree)
            name = _snake(type(op).__name__)
            self._define(key, name, filled, module, taken)
        return self._names[key]

    def _use(self, name: str) -> None:
        self.imports.add(IMPORTS[name])

    def _define(
        self, key: Any, name: str, tree: Any, module: ModuleType, taken: Collection[str]
    ) -> None:
        chosen = self._names[key] = _distinct(name, {*taken, *self._names.values()})
        bare = _Bare().visit(tree)
        replaced: dict[str, str] = {name: chosen}
        local = _local_names(bare)
        for other in _names_in(bare):
            if other in local or other == name or other in dir(builtins):
                continue
            if not hasattr(module, other):
                continue
            replaced[other] = self._outer(other, getattr(module, other), module, taken)
        renamed = _Renamed(replaced).visit(bare)
        if isinstance(renamed, ast.FunctionDef):
            renamed.name = chosen
        self.definitions.append(_text_of(ast.fix_missing_locations(renamed)))
        for rule in _rules_of(module, name):
            self._define((module.__name__, rule.name), rule.name, rule, module, taken)

    def _outer(self, name: str, value: Any, module: ModuleType, taken: Collection[str]) -> str:
        """Return what a global name of a module is called, or is, in the bundle."""
        public = public_name(value)
        if public is not None:
            self._use(public.partition(".")[0])
            return public
        if getattr(value, "__module__", None) in sys.stdlib_module_names:
            self.imports.add(f"from {value.__module__} import {value.__name__}")
            return str(value.__name__)
        if isinstance(value, FunctionType) or hasattr(value, "__wrapped__"):
            return self.name_of(value, taken)
        text = literal(value)
        if text is None:
            raise TypeError(f"{module.__name__}.{name} = {value!r} cannot be written out")
        if "np." in text:
            self._use("np")
        return text


def _distinct(name: str, taken: Collection[str]) -> str:
    chosen, count = name, 1
    while chosen in taken:
        count += 1
        chosen = f"{name}_{count}"
    return chosen


def _snake(name: str) -> str:
    text = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return text.strip("_").removesuffix("_op")


@functools.cache
def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def _definition(module: ModuleType, name: str) -> Any:
    """Return a copy of the syntax tree of what a module calls a name."""
    for node in _tree(module).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            return ast.parse(ast.unparse(node)).body[0]
    raise TypeError(f"{module.__name__} does not define {name}")


def _rules_of(module: ModuleType, name: str) -> list[ast.FunctionDef]:
    """Return the functions that are decorated as the derivatives of another."""
    rules: list[ast.FunctionDef] = []
    functions = [node for node in _tree(module).body if isinstance(node, ast.FunctionDef)]
    for node in functions:
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Attribute) and ast.unparse(decorator.value) == name:
                rules.append(_definition(module, node.name))
    return rules


def _text_of(tree: ast.AST) -> str:
    """Return the text of a tree; `ast.unparse` puts a generator in parentheses of its own."""
    lines = [line.encode() for line in ast.unparse(tree).split("\n")]
    # From the end, so that the places of those before stay as they are.
    for place, column in sorted(_spare_parentheses(b"\n".join(lines).decode()), reverse=True):
        lines[place] = lines[place][:column] + lines[place][column + 1 :]
    return b"\n".join(lines).decode()


def _spare_parentheses(text: str) -> Iterator[tuple[int, int]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and [*map(type, node.args)] == [ast.GeneratorExp]:
            (generator,) = node.args
            is_spare = generator.end_col_offset != node.end_col_offset
            if is_spare and not node.keywords and generator.end_col_offset and generator.end_lineno:
                yield generator.lineno - 1, generator.col_offset
                yield generator.end_lineno - 1, generator.end_col_offset - 1


def _names_in(tree: ast.AST) -> list[str]:
    return list(dict.fromkeys(n.id for n in ast.walk(tree) if isinstance(n, ast.Name)))


def _local_names(tree: ast.AST) -> set[str]:
    stored = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and _is_stored(n)}
    arguments = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    functions = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    return stored | arguments | functions


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


class _Bare(ast.NodeTransformer):
    """Takes away annotations, and all but the first line of docstrings."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        # What only copies a name and a docstring has no use here.
        node.decorator_list = [d for d in node.decorator_list if "wraps" not in ast.unparse(d)]
        self.generic_visit(node)
        node.returns = None
        document = ast.get_docstring(node)
        if document is not None:
            first = ast.Expr(ast.Constant(document.partition("\n")[0]))
            node.body = [first, *node.body[1:]]
        return node

    def visit_arg(self, node: ast.arg) -> Any:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else None


class _Renamed(ast.NodeTransformer):
    """Puts other expressions in place of names."""

    def __init__(self, replaced: Mapping[str, str]) -> None:
        self._replaced = replaced

    def visit_Name(self, node: ast.Name) -> Any:
        if node.id in self._replaced and isinstance(node.ctx, ast.Load):
            return ast.parse(self._replaced[node.id], mode="eval").body
        return node


class _Filled(ast.NodeTransformer):
    """Puts the values of an operation's attributes in place of ``self.attribute``."""

    def __init__(self, op: Any, bundle: Bundle, taken: Collection[str]) -> None:
        self._op = op
        self._bundle = bundle
        self._taken = taken

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        self.generic_visit(node)
        if not (isinstance(node.value, ast.Name) and node.value.id == "self"):
            return node
        value = getattr(self._op, node.attr)
        text = literal(value)
        if text is None:
            bound = inspect.ismethod(value)
            text = (
                self._bundle.name_of_method(self._op, value, self._taken)
                if bound
                else self._bundle.name_of(value, self._taken)
            )
        return ast.parse(text, mode="eval").body
