"""What Theano's functions, classes and methods take, these take here, or it is said why not.

``signatures.tsv`` holds the signatures of Theano 1.0.5, as ``scripts/record_signatures.py`` found
them: of each public name of ``jaxlearn.theano`` that can be called, and of the members of the
classes that programs use most. ``...`` stands for a default that is no literal, ``absent`` for a
name that Theano has not, and ``attribute`` for a member that is no method. Where there is a
difference, its last column says why; what a ``**keyword`` of Theano's takes is not in its
signature, and so tested elsewhere.
"""

import ast
import csv
import importlib
import inspect
import pkgutil
from pathlib import Path

import numpy as np
import pytest

import jaxlearn.theano
from jaxlearn.symbolic.graph import Op

LINES = Path(__file__).with_name("signatures.tsv").read_text().splitlines()
ROWS = {row["name"]: row for row in csv.DictReader(LINES[1:], delimiter="\t")}
Parameter = inspect.Parameter
ANY = object()


@pytest.fixture(scope="module")
def instances():
    """For each class whose members are asked for, one of it."""
    theano, tensor = jaxlearn.theano, jaxlearn.theano.tensor
    x, state = tensor.dmatrix("x"), theano.shared(np.zeros(2), "state")
    return {
        "theano.Apply": tensor.exp(x).owner,
        "theano.Constant": tensor.constant(1.0),
        "theano.Mode": theano.Mode(),
        "theano.OrderedUpdates": theano.OrderedUpdates(),
        "theano.Variable": theano.Variable(x.type),
        "theano.compile.Function": theano.function([x], x),
        "theano.compile.SharedVariable": theano.shared([1, 2]),
        "theano.sandbox.rng_mrg.MRG_RandomStreams": theano.sandbox.rng_mrg.MRG_RandomStreams(),
        "theano.tensor.TensorConstant": tensor.constant(1.0),
        "theano.tensor.TensorType": x.type,
        "theano.tensor.TensorVariable": x,
        "theano.tensor.shared_randomstreams.RandomStreams": (
            tensor.shared_randomstreams.RandomStreams()
        ),
        "theano.tensor.sharedvar.TensorSharedVariable": state,
    }


def resolved(path):
    module, _, name = f"jaxlearn.{path}".rpartition(".")
    return getattr(importlib.import_module(module), name)


def parameters_of(thing):
    """The parameters of ours that a call fills."""
    if isinstance(thing, Op):
        # A call of one hands on what it is given.
        thing = thing.make_node
    if inspect.isclass(thing):
        if issubclass(thing, BaseException):
            return [Parameter("args", Parameter.VAR_POSITIONAL)]
        if thing.__init__ is object.__init__:
            return []
        return list(inspect.signature(thing.__init__).parameters.values())[1:]
    return list(inspect.signature(thing).parameters.values())


def parameters_in(text):
    """The parameters that a signature of the table has."""
    arguments = ast.parse(f"def f{text}: pass").body[0].args
    defaults = [ANY if ast.unparse(d) == "..." else ast.literal_eval(d) for d in arguments.defaults]
    names = [argument.arg for argument in arguments.args]
    defaults = [Parameter.empty] * (len(names) - len(defaults)) + defaults
    found = [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=default)
        for name, default in zip(names, defaults, strict=True)
    ]
    if arguments.vararg:
        found.append(Parameter(arguments.vararg.arg, Parameter.VAR_POSITIONAL))
    return found


def same_default(theirs, ours):
    if ours is Parameter.empty:
        return False
    if isinstance(theirs, (list, tuple)) and isinstance(ours, (list, tuple)):
        return list(theirs) == list(ours)
    return theirs is ANY or (theirs == ours and type(theirs) in (type(ours), int, bool))


def differences(theirs, ours):
    """What a call that is right for Theano finds otherwise here."""
    places = [p for p in ours if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    takes_more = any(p.kind is p.VAR_POSITIONAL for p in ours)
    takes_any_name = any(p.kind is p.VAR_KEYWORD for p in ours)
    by_name = {p.name: p for p in ours if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    found = []
    for i, parameter in enumerate(theirs):
        name, is_private = parameter.name, parameter.name.startswith("_")
        if parameter.kind is parameter.VAR_POSITIONAL:
            found += [] if takes_more or len(places) > i else [f"*{name} is not taken"]
            continue
        at_place = places[i] if i < len(places) else None
        if at_place is None and not takes_more and not is_private:
            found.append(f"argument {i} ({name}) is not taken by position")
        if at_place is not None and at_place.name != name and not is_private:
            found.append(f"argument {i} is {at_place.name}, not {name}")
        if name not in by_name and not takes_any_name and not is_private:
            found.append(f"{name} is not taken by name")
        if parameter.default is not Parameter.empty and name in by_name:
            default = by_name[name].default
            if not same_default(parameter.default, default):
                found.append(f"{name} is {default!r} by default, not {parameter.default!r}")
    count = len(theirs)
    varies = any(p.kind is p.VAR_POSITIONAL for p in theirs)
    needed = [] if varies else [p for p in places[count:] if p.default is Parameter.empty]
    return found + [f"{p.name} must be given" for p in needed]


def found_differences(row, instances):
    name, text = row["name"], row["signature"]
    holder, _, member = name.rpartition(".")
    if text == "absent":
        return []
    if holder in instances:
        if not hasattr(instances[holder], member):
            return ["it is not here"]
        thing = getattr(instances[holder], member)
    else:
        thing = resolved(name)
    return [] if text == "attribute" else differences(parameters_in(text), parameters_of(thing))


def test_every_difference_is_listed_with_its_reason(instances):
    found = {name: found_differences(row, instances) for name, row in ROWS.items()}
    wrong = [
        f"{name}: Theano has {ROWS[name]['signature']}; {'; '.join(texts)}"
        for name, texts in found.items()
        if texts and not ROWS[name]["difference"]
    ]
    assert not wrong, "\n" + "\n".join(wrong)
    assert [name for name, row in ROWS.items() if row["difference"] and not found[name]] == []


def test_the_table_has_every_name_that_can_be_called():
    modules = [
        info.name
        for info in pkgutil.walk_packages(jaxlearn.theano.__path__, "jaxlearn.theano.")
        if not info.name.endswith((".alias", ".replaced"))
    ]
    missing = []
    for module in ("jaxlearn.theano", *modules):
        loaded = importlib.import_module(module)
        names = [name for name in loaded.__all__ if callable(getattr(loaded, name))]
        paths = [f"{module.removeprefix('jaxlearn.')}.{name}" for name in names]
        missing += [path for path in paths if path not in ROWS]
    assert not missing, "record them: see scripts/record_signatures.py\n" + "\n".join(missing)


def test_what_a_function_has_not_says_what_to_use_instead(instances):
    refused = [name for name, row in ROWS.items() if row["difference"].startswith("refused: ")]
    assert len(refused) > 3
    for name in refused:
        holder, _, member = name.rpartition(".")
        with pytest.raises(AttributeError, match=rf"^function\.{member} is not here: \w"):
            getattr(instances[holder], member)


def test_what_counts_as_a_difference():
    def ours(x, axis=None, *, dtype="int64"):
        pass

    def found(text):
        return differences(parameters_in(text), parameters_of(ours))

    assert found("(x, axis=None)") == []
    assert found("(x, axis=...)") == []
    assert found("(x, axis=0)") == ["axis is None by default, not 0"]
    assert found("(y)") == ["argument 0 is x, not y", "y is not taken by name"]
    assert found("(x, axis=None, dtype='int64')") == ["argument 2 (dtype) is not taken by position"]
    assert found("()") == ["x must be given"]
    assert found("(*inputs)") == []
    assert found("(x, axis=None, *rest)") == ["*rest is not taken"]
