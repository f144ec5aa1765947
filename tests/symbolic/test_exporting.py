"""A function as a pure JAX function: what JAX does with it, its state, and what it refuses."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.experimental import checkify

import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
from jaxlearn.theano.tensor.opt import Assert

i = T.lscalar("i")
x, y = T.dscalars("x", "y")
v = T.dvector("v")
m = T.dmatrix("m")
fs = T.fscalar("fs")
fv = T.fvector("fv")
fm = T.fmatrix("fm")


@pytest.fixture
def wide():
    """64-bit types are on."""
    with jax.enable_x64(True):
        yield


def shared(value, name=None, dtype="float64"):
    return theano.shared(np.asarray(value, dtype), name)


def refusal(kind, call, *args, **kwargs):
    with pytest.raises(kind) as caught:
        call(*args, **kwargs)
    assert type(caught.value) is kind
    return str(caught.value)


def close(found, wanted, tolerance=1e-12):
    assert jax.tree.structure(found) == jax.tree.structure(wanted)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def network(seed=0, dtype="float64"):
    """Return a training function of a small network, its loss, and its weights."""
    random = np.random.RandomState(seed)
    w1 = shared(random.randn(3, 4), "w1", dtype)
    b1 = shared(np.zeros(4), "b1", dtype)
    w2 = shared(random.randn(4), "w2", dtype)
    rows, targets = T.matrix("rows", dtype=dtype), T.vector("targets", dtype=dtype)
    loss = T.sqr(T.dot(T.tanh(T.dot(rows, w1) + b1), w2) - targets).mean()
    weights = [w1, b1, w2]
    rate = np.asarray(0.1, dtype)
    updates = [(w, w - rate * g) for w, g in zip(weights, T.grad(loss, weights), strict=True)]
    return theano.function([rows, targets], loss, updates=updates), (rows, targets), loss, weights


def batch(dtype="float64"):
    random = np.random.RandomState(7)
    return random.randn(5, 3).astype(dtype), random.randn(5).astype(dtype)


# What JAX does with one.


def test_the_pure_function_computes_what_calls_do(wide):
    f, _, _, weights = network()
    pure, state = f.as_jax()
    assert sorted(state) == ["b1", "w1", "w2"]
    assert all(type(value) is np.ndarray for value in state.values())
    before = {w.name: w.get_value() for w in weights}
    rows, targets = batch()
    for run in (pure, jax.jit(pure)):
        now, losses = state, []
        for _ in range(3):
            loss, now = run(now, rows, targets)
            losses.append(float(loss))
        # The function that it was made of has not noticed.
        close({w.name: w.get_value() for w in weights}, before)
        wanted = network()[0]
        np.testing.assert_allclose(losses, [wanted(rows, targets) for _ in range(3)], rtol=1e-13)
        for variable in wanted.get_shared():
            np.testing.assert_allclose(now[variable.name], variable.get_value(), rtol=1e-13)
    # Nor does the pure function notice what happens to it.
    f(rows, targets)
    weights[0].set_value(np.zeros((3, 4)))
    assert float(pure(state, rows, targets)[0]) == losses[0]


@pytest.mark.parametrize("around", [lambda function: function, jax.jit], ids=["plain", "jit"])
def test_grad_is_theanos_grad(wide, around):
    f, inputs, loss, weights = network()
    pure, state = f.as_jax()
    given = batch()
    wanted = theano.function(list(inputs), T.grad(loss, [*weights, *inputs]))(*given)
    slopes, *others = around(
        jax.grad(lambda state, *given: pure(state, *given)[0], argnums=(0, 1, 2))
    )(state, *given)
    close([slopes[w.name] for w in weights] + others, [jnp.asarray(value) for value in wanted])


def test_an_ensemble_trains_as_its_members_do(wide):
    given = batch()
    members = [network(seed) for seed in range(8)]
    pure, _ = members[0][0].as_jax()
    states = [member[0].as_jax()[1] for member in members]
    together = {name: np.stack([state[name] for state in states]) for name in states[0]}
    step = jax.jit(jax.vmap(pure, in_axes=(0, None, None)))
    for _ in range(4):
        losses, together = step(together, *given)
    for k, (f, *_) in enumerate(members):
        for _ in range(4):
            loss = f(*given)
        np.testing.assert_allclose(losses[k], loss, rtol=1e-12)
        for variable in f.get_shared():
            np.testing.assert_allclose(together[variable.name][k], variable.get_value(), rtol=1e-12)


def minibatches():
    data = np.random.RandomState(1).randn(12, 2)
    stored, total = shared(data, "data"), shared(np.zeros(2), "total")
    f = theano.function(
        [i], m.sum(), updates={total: total * 0.5 + m.sum(axis=0)}, givens={m: stored[i * 4 :][:4]}
    )
    sliced = theano.function(
        [i],
        m.sum(),
        updates={total: total * 0.5 + m.sum(axis=0)},
        givens={m: stored[i * 4 : (i + 1) * 4]},
    )
    return data, sliced, f


def test_a_scan_over_minibatches(wide):
    data, f, _ = minibatches()
    pure, state = f.as_jax(0)
    final, sums = jax.jit(lambda state: lax.scan(lambda *a: pure(*a)[::-1], state, jnp.arange(3)))(
        state
    )
    parts = data.reshape(3, 4, 2).sum(axis=1)
    np.testing.assert_allclose(sums, parts.sum(axis=1), rtol=1e-13)
    np.testing.assert_allclose(
        final["total"], 0.25 * parts[0] + 0.5 * parts[1] + parts[2], rtol=1e-13
    )
    np.testing.assert_array_equal(final["data"], data)


def test_shard_map():
    code = """
import jax, numpy as np
from jax.sharding import Mesh, PartitionSpec as P
import jaxlearn.theano as theano
import jaxlearn.theano.tensor as T
rows, targets = T.fmatrix("rows"), T.fvector("targets")
w = theano.shared(np.float32([0.5, -1.0, 2.0]), "w")
loss = T.sqr(T.dot(rows, w) - targets).mean()
slope = T.grad(loss, w)
f = theano.function([rows, targets], [loss, slope])
forward = theano.function([rows, targets], loss)
mesh = Mesh(np.array(jax.devices()), ("data",))

def parallel(f, **options):
    pure, state = f.as_jax()
    def step(state, rows, targets):
        return jax.lax.pmean(pure(state, rows, targets)[0], "data")
    specs = {"in_specs": (P(), P("data"), P("data")), "out_specs": P()}
    return jax.jit(jax.shard_map(step, mesh=mesh, **specs, **options)), state

random = np.random.RandomState(0)
given = random.randn(16, 3).astype("float32"), random.randn(16).astype("float32")
value, slope = f(*given)
step, state = parallel(f, check_vma=False)
for found, wanted in zip(step(state, *given), (value, slope), strict=True):
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
step, state = parallel(forward)
np.testing.assert_allclose(step(state, *given), value, rtol=1e-5)
np.testing.assert_allclose(jax.grad(step)(state, *given)["w"], slope, rtol=1e-5)
print(len(jax.devices()))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": "",
            "JAX_PLATFORMS": "cpu",
            "PYTHONPATH": ":".join(path for path in sys.path if path),
            "XLA_FLAGS": "--xla_force_host_platform_device_count=8",
        },
    )
    assert done.stdout == "8\n", done.stderr


def test_export(wide):
    f, *_ = network()
    pure, state = f.as_jax()
    given = batch()
    exported = jax.export.export(jax.jit(pure))(state, *given)
    loaded = jax.export.deserialize(exported.serialize())
    loss, after = loaded.call(state, *given)
    np.testing.assert_allclose(loss, f(*given), rtol=1e-13)
    for variable in f.get_shared():
        np.testing.assert_allclose(after[variable.name], variable.get_value(), rtol=1e-13)


def test_strict_promotion(wide):
    f, *_ = network()
    pure, state = f.as_jax()
    double, _ = theano.function([x, i], x * 2 + i).as_jax()
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        loss, _ = jax.jit(pure)(state, *batch())
        assert float(jax.jit(double)({}, 2, 1)[0]) == 5.0
    np.testing.assert_allclose(loss, f(*batch()), rtol=1e-13)


# 32-bit programs, where 64-bit types are off.

WHOLE_INSIDE = {
    "chosen by argmax": lambda: (fm[T.arange(fm.shape[0]), T.argmax(fm, axis=1)] ** 2).sum(),
    "a row by argmin": lambda: (fm[T.argmin(fm[:, 0])] ** 2).sum(),
    "times its length": lambda: (fm**2 * T.cast(fm.shape[0], "float32")).sum(),
    "sorted": lambda: (T.sort(fm, axis=1)[:, 1] ** 2).sum(),
    "rows in order": lambda: (fm[T.argsort(fm[:, 0])][:2] ** 3).sum(),
    "means": lambda: (fm.mean(axis=0) ** 2).sum(),
    "classes": lambda: -T.log(T.nnet.softmax(fm))[T.arange(3), np.array([1, 0, 1])].mean(),
    "set": lambda: (T.set_subtensor(fm[T.argmax(fm[:, 1])], fm[0] * 2) ** 2).sum(),
}


@pytest.mark.parametrize("name", WHOLE_INSIDE)
def test_32_bit_programs_beside_32_bit_code(name):
    value = WHOLE_INSIDE[name]()
    f = theano.function([fm], [value, T.grad(value, fm)])
    given = np.array([[1, 2], [4, 3], [0, 5]], "float32")
    wanted, slope = f(given)
    pure, state = theano.function([fm], value).as_jax()

    def compute(given):
        return pure(state, given)[0]

    assert jnp.ones(1).dtype == "float32"
    for run in (compute, jax.jit(compute)):
        found = run(given)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
    for run in (jax.grad(compute), jax.jit(jax.grad(compute)), jax.grad(jax.jit(compute))):
        found = run(given)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, slope, rtol=1e-5)
    assert jnp.ones(1).dtype == "float32"


def test_a_32_bit_network_trains_beside_32_bit_code():
    f, *_ = network(dtype="float32")
    pure, state = f.as_jax()
    given = batch("float32")
    final, losses = lax.scan(lambda state, _: pure(state, *given)[::-1], state, length=4)
    close(np.asarray(losses), np.stack([f(*given) for _ in range(4)]), 1e-5)
    for variable in f.get_shared():
        close(np.asarray(final[variable.name]), variable.get_value(), 1e-5)


def test_64_bit_numbers_inside_where_64_bit_types_are_on(wide):
    value = fm.prod() + T.cast((T.cast(fm, "float64") ** 2).sum(), "float32")
    given = np.array([[1, 2], [4, 3]], "float32")
    wanted = theano.function([fm], T.grad(value, fm))(given)
    pure, state = theano.function([fm], value).as_jax()
    found = jax.jit(jax.grad(lambda given: pure(state, given)[0]))(given)
    close(np.asarray(found), wanted, 1e-5)


# State and inputs.


def test_names_of_the_state(wide):
    variables = [
        shared(k, name) for k, name in enumerate(["W", "W_2", "W", None, "learning rate", "2nd"])
    ]
    total = sum(variable * 10.0**k for k, variable in enumerate(variables))
    f = theano.function([theano.In(x, value=7.0, update=x + 1)], x + total)
    pure, state = f.as_jax()
    assert {name: float(value) for name, value in state.items()} == {
        "x": 7,
        "W": 0,
        "W_2": 1,
        "W_3": 2,
        "shared_4": 3,
        "learning_rate": 4,
        "_2nd": 5,
    }
    assert pure.names == list(state)
    output, after = pure(state)
    assert float(output) == float(f()) == 543217.0
    assert float(after["x"]) == 8.0
    assert {name: value for name, value in after.items() if name != "x"} == {
        name: value for name, value in state.items() if name != "x"
    }


def test_inputs_by_name_by_default_and_with_updates(wide):
    f = theano.function(
        [theano.In(x, value=1.0, update=x * 2), y, theano.In(i, name="count", value=3)],
        {"sum": x + y, "count": i},
        name="with defaults",
    )
    pure, state = f.as_jax()
    assert pure.__name__ == "with_defaults"
    f["count"] = 5
    outputs, state = jax.jit(pure)(state, y=1.0)
    assert {name: float(value) for name, value in outputs.items()} == {"sum": 2, "count": 3}
    outputs, state = jax.jit(pure)(state, y=1.0, count=4)
    assert {name: float(value) for name, value in outputs.items()} == {"sum": 3, "count": 4}
    outputs, state = pure(state, 10.0, 1.0)
    assert float(outputs["sum"]) == 11.0
    assert float(state["x"]) == 20.0
    assert f["x"] == 1.0
    assert "missing input 1 (y)" in refusal(TypeError, pure, state)
    assert "there is no input 'z'" in refusal(TypeError, pure, state, y=1.0, z=1.0)
    assert "got 4 arguments, wanted at most 3" in refusal(TypeError, pure, state, 1.0, 1.0, 1, 1)


def test_forms_of_outputs(wide):
    for outputs, kind in ((x * 2, jax.Array), ([x * 2], list), ({"a": x * 2}, dict), (None, list)):
        pure, state = theano.function([x], outputs, on_unused_input="ignore").as_jax()
        assert isinstance(pure(state, 1.0)[0], kind)


def test_python_numbers_fit_as_in_a_call(wide):
    pure, _ = theano.function(
        [x, i, T.bscalar("b")], [x, i, T.cast(x, "int8")], on_unused_input="ignore"
    ).as_jax()
    for run in (pure, jax.jit(pure)):
        found, _ = run({}, 2, 3, 4)
        assert [value.dtype.name for value in found] == ["float64", "int64", "int8"]
        with pytest.raises(TypeError):
            run({}, 2, 3.5, 4)
    assert refusal(TypeError, jax.jit(pure), {}, 2, 3.5, 4) == (
        "input i: got dtype float64, wanted int64; convert it: x.astype(...)"
    )


def test_refused_states_and_inputs(wide):
    w = shared([1.0, 2.0], "w")
    pure, state = theano.function([fv], (w * fv).sum(), updates={w: w * 2}).as_jax()
    given = np.ones(2, "float32")
    assert refusal(TypeError, pure, {"v": 1.0}, given) == (
        "state: got the names ['v'], wanted ['w'], as the state that as_jax returned has them"
    )
    assert refusal(TypeError, pure, {"w": jnp.ones((2, 2))}, given) == (
        "state['w']: got shape (2, 2), wanted one of TensorType(float64, vector)"
    )
    assert refusal(TypeError, pure, {"w": np.ones((2, 2))}, given) == (
        "state['w']: got 2 dimensions (shape (2, 2)), wanted 1 (TensorType(float64, vector))"
    )
    assert refusal(TypeError, pure, state, [1e300]).startswith(
        "input fv: got [1e+300], and storing it as TensorType(float32, vector) would lose precision"
    )
    lossy, _ = theano.function([fv], fv * 2, allow_input_downcast=True).as_jax()
    np.testing.assert_array_equal(lossy({}, [0.1])[0], np.float32([0.1]) * 2)
    assert refusal(TypeError, pure, state, jnp.ones(2)) == (
        "input fv: got dtype float64, wanted float32; convert it: x.astype(...)"
    )
    assert refusal(TypeError, pure, state, jnp.ones((2, 1), "float32")) == (
        "input fv: got shape (2, 1), wanted one of TensorType(float32, vector)"
    )


def test_64_bit_state_where_64_bit_types_are_off():
    w = shared(0.1, "w")
    count = theano.shared(np.array(2**40), "count")
    hint = "while 64-bit types are off, wanted {}; use `with jax.enable_x64(True):`"
    pure, state = theano.function([fs], w * 2, updates={w: w + fs}).as_jax()
    assert refusal(TypeError, pure, state, 1.0) == (
        f"state['w']: got dtype float64 {hint.format('float64')}"
    )
    assert refusal(TypeError, jax.jit(pure), state, 1.0) == (
        f"state['w']: got dtype float32 {hint.format('float64')}"
    )
    pure, state = theano.function([fs], fs, updates={count: count + 1}).as_jax()
    assert refusal(TypeError, pure, state, 1.0) == (
        f"state['count']: got dtype int64 {hint.format('int64')}"
    )
    pure, state = theano.function([x], x * 2).as_jax()
    assert refusal(TypeError, pure, state, 0.1) == (
        f"input x: got dtype float64 {hint.format('float64')}"
    )
    with jax.enable_x64(True):
        assert float(jax.jit(pure)(state, 0.1)[0]) == 0.2


# Sizes.


def test_sizes_that_are_known(wide):
    pure, _ = theano.function([i, x], T.alloc(x, i, 2)).as_jax()
    assert pure({}, 3, jnp.float64(1.5))[0].shape == (3, 2)
    assert pure({}, jnp.int64(4), 1.5)[0].shape == (4, 2)
    assert jax.jit(lambda x: pure({}, 3, x))(1.5)[0].shape == (3, 2)
    pure, _ = theano.function([m], m.reshape((m.shape[1], m.shape[0]))).as_jax()
    assert jax.jit(pure)({}, np.ones((2, 3)))[0].shape == (3, 2)
    pure, _ = theano.function([v], T.arange(T.cast(T.exp(v).sum(), "int64"))).as_jax([0.0, 1.0])
    for run in (pure, jax.jit(pure)):
        np.testing.assert_array_equal(run({}, np.array([0.0, 1.0]))[0], [0, 1, 2])


def test_sizes_that_only_a_compiled_stage_can_tell(wide):
    part = T.cast(T.nnet.sigmoid(v).sum() * 2, "int64")
    pure, _ = theano.function([v], T.zeros((part,)) + v.sum()).as_jax([1.0, 1.0, 1.0])
    for run in (pure, jax.jit(pure)):
        np.testing.assert_array_equal(run({}, np.ones(3))[0], np.full(4, 3.0))


def test_an_unknown_size():
    f = theano.function([i], T.zeros((i, 2)), name="make zeros")
    pure, state = f.as_jax()
    with jax.enable_x64(True):
        text = refusal(ValueError, jax.jit(pure), state, 3)
        lines = text.splitlines()
        assert lines[0] == (
            "make_zeros: i must be known when this is traced, because it is a size, or a size "
            "depends on it; give what it depends on as a NumPy array or a Python number, not one "
            "of JAX's, or fix all sizes by an example of the inputs: f.as_jax(*inputs)"
        )
        assert "test_exporting.py" in lines[1]
        assert lines[2].strip() == 'i = T.lscalar("i")'
        pure, state = f.as_jax(3)
        assert jax.jit(pure)(state, 3)[0].shape == (3, 2)
        text = refusal(
            ValueError, jax.jit(theano.function([i], T.arange(i * 2)).as_jax()[0]), {}, 3
        )
        assert "test_exporting.py" in text


def test_shapes_that_depend_on_data():
    f = theano.function([fv], fv.nonzero()[0] + T.shape(fv)[0], name="find")
    for pure, state in (f.as_jax(), f.as_jax([1.0, 0.0])):
        for run in (pure, jax.jit(pure)):
            lines = refusal(ValueError, run, state, np.ones(2, "float32")).splitlines()
            assert lines[0].startswith("find: the shape of ")
            assert lines[0].endswith(
                " depends on data, and XLA must know it; there is no pure function of this"
            )
            assert "test_exporting.py" in lines[1]


# Checks.


def test_checks_become_those_of_checkify(wide):
    data = shared([1.0, 2.0, 3.0], "data")
    f = theano.function([i, x], Assert("x {must} be positive")(data[i] * x, x > 0))
    pure, state = f.as_jax(checkify=True)
    checked = checkify.checkify(jax.jit(pure))
    error, (output, _) = checked(state, 2, 0.5)
    assert error.get() is None
    assert float(output) == 1.5
    error, _ = checked(state, 3, 0.5)
    assert "out of bounds for axis 0 of data, which has shape (3,)" in error.get()
    assert "test_exporting.py" in error.get()
    error, _ = checked(state, 2, -0.5)
    assert "x {must} be positive" in error.get()


def test_without_checkify_checks_are_left_out(wide):
    data = shared([1.0, 2.0, 3.0], "data")
    pure, state = theano.function([i], Assert("too large")(data[i], i < 2)).as_jax()
    assert float(jax.jit(pure)(state, 2)[0]) == 3.0


def test_a_call_within_a_traced_function_names_the_way():
    x, held = T.fmatrix("x"), theano.shared(np.ones((2, 2), "float32"), "held")
    compute = theano.function([x], x.sum() + held.sum())
    way = r"call the pure function of a compiled function, f\.as_jax\(\), with arrays"
    array = r"got float32\[2, 2\], an array that JAX is tracing, wanted numbers; within "
    nested = "got a list with an array in it that JAX is tracing, wanted numbers; within "
    calls = [
        (compute, rf"input 0 \(x\): {array}"),
        (lambda value: compute([value[0], value[1]]), rf"input 0 \(x\): {nested}"),
        (held.set_value, rf"held\.set_value: {array}"),
        (theano.shared, array),
        (T.constant, array),
    ]
    for call, text in calls:
        with pytest.raises(TypeError, match=f"{text}.*{way}"):
            jax.jit(call)(np.ones((2, 2), "float32"))
    assert held.get_value().tolist() == [[1, 1], [1, 1]]
    pure, state = compute.as_jax()
    with pytest.raises(TypeError, match=f"input x: got a tuple with an array .*{way}"):
        jax.jit(pure)(state, (np.ones((2, 2), "float32"),))
