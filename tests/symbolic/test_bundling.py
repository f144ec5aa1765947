"""Functions of the package, written out so that they run without it."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxlearn.symbolic.bundling import Bundle, literal, public_name
from jaxlearn.symbolic.ops import accumulation, elementwise, matrices


def executed(bundle):
    """What the helpers are, without a name of this package."""
    text = "\n".join([*sorted(bundle.imports), *bundle.definitions])
    assert "jaxlearn" not in text
    names = {}
    exec(text, names)
    return names


def test_public_functions_keep_their_names():
    names = [public_name(f) for f in (jnp.sum, jax.nn.softmax, jax.lax.scan, np.ceil)]
    assert names == ["jnp.sum", "jax.nn.softmax", "lax.scan", "np.ceil"]
    assert public_name(math.sqrt) is None
    bundle = Bundle()
    assert bundle.name_of(jnp.linalg.det, ()) == "jnp.linalg.det"
    assert (bundle.imports, bundle.definitions) == ({"import jax.numpy as jnp"}, [])


def test_literals_are_read_back():
    for value in (1, True, None, "a'b", 0.1, (1,), [1, (2.5, None)], math.inf):
        assert eval(literal(value)) == value
    assert literal([object()]) is None


def test_a_helper_brings_what_it_needs():
    bundle = Bundle()
    name = bundle.name_of(elementwise.ROWS["sigmoid"].on_arrays, ())
    sigmoid = executed(bundle)[name]
    x = jnp.linspace(-3.0, 3.0, 7)
    np.testing.assert_allclose(sigmoid(x), 1 / (1 + np.exp(-np.asarray(x))), rtol=1e-6)
    slope = jax.vmap(jax.grad(sigmoid))(x)
    np.testing.assert_allclose(slope, sigmoid(x) * (1 - sigmoid(x)), rtol=1e-5)


def test_a_name_that_is_taken_is_avoided():
    bundle = Bundle()
    name = bundle.name_of(elementwise.ROWS["sigmoid"].on_arrays, {"_sigmoid"})
    assert name == "_sigmoid_2"
    assert name in executed(bundle)
    assert bundle.name_of(elementwise.ROWS["sigmoid"].on_arrays, ()) == name


def test_a_method_takes_the_operations_parameters_along():
    op = accumulation.CumOp(1, "mul")
    bundle = Bundle()
    run = executed_method(bundle, op)
    np.testing.assert_array_equal(run(jnp.array([[1, 2], [3, 4]])), [[1, 2], [3, 12]])


def executed_method(bundle, op):
    name = bundle.name_of_method(op, op.function, ())
    return executed(bundle)[name]


def test_functions_of_python_are_imported():
    bundle = Bundle()
    fill = executed_method(bundle, matrices.FillDiagonal())
    assert "from itertools import pairwise" in bundle.imports
    with jax.enable_x64(True):
        np.testing.assert_array_equal(fill(jnp.zeros((2, 2)), 5.0, 0), np.diag([5.0, 5.0]))


def test_what_is_in_no_module_is_refused():
    with pytest.raises(TypeError, match="is not a function of a module"):
        Bundle().name_of(lambda x: x, ())


def test_only_what_a_module_can_import_has_an_imported_name():
    bundle = Bundle()
    assert bundle.imported_name(lambda x: x, ()) is None
    assert bundle.imported_name(functools.partial(jnp.sum, axis=0), ()) is None
    assert bundle.imported_name(executed_method, {"executed_method"}) == "executed_method_2"
    assert f"from {__name__} import executed_method as executed_method_2" in bundle.imports
