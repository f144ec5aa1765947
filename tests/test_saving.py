"""State that lasts: round trips, files that are whole at every moment, what is refused."""

import io
import json
import os
import pickle
import random
import resource
import socket
import stat
import subprocess
import sys
import textwrap
import threading
import zipfile

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import safetensors.numpy

import jaxlearn.theano as theano
from jaxlearn import load, models, save, saving, train
from jaxlearn.training import Shuffle, TrainingState

RANDOM = np.random.RandomState(0)
X = RANDOM.randn(40, 3)
TARGET = X @ [1.0, -2.0, 0.5] + 0.25

DTYPES = [
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
]


def linear(params, x, target):
    return jnp.mean((x @ params["weight"] + params["bias"] - target) ** 2)


def zeros():
    return {"weight": np.zeros(3), "bias": np.zeros(())}


def bits(leaf):
    if isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return str(jax.random.key_impl(leaf)), bits(jax.random.key_data(leaf))
    array = np.asarray(leaf)
    return array.dtype.name, array.shape, array.tobytes()


def assert_same_bits(first, second):
    assert jax.tree.structure(first) == jax.tree.structure(second)
    assert [bits(leaf) for leaf in jax.tree.leaves(first)] == [
        bits(leaf) for leaf in jax.tree.leaves(second)
    ]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.safetensors"


def run(script, *arguments):
    code = textwrap.dedent(script)
    command = [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def answer(process):
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    return output


def test_importing_jaxlearn_does_not_import_safetensors():
    done = run("import sys, jaxlearn; print('safetensors' in sys.modules)")
    assert answer(done).strip() == "False"


class TestRoundTrips:
    @pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (5,), (2, 3)])
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_every_dtype_and_shape(self, dtype, shape, path):
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        data = RANDOM.randint(0, 2 if dtype == "bool" else 256, size).astype("uint8")
        array = np.frombuffer(data.tobytes(), dtype).reshape(shape)
        save(path, {"x": array})
        for loaded in (load(path), load(path, {"x": jax.ShapeDtypeStruct(shape, dtype)})):
            assert_same_bits(loaded, {"x": array})
            assert type(loaded["x"]) is np.ndarray
            assert loaded["x"].flags.writeable

    def test_what_is_not_a_number_stays_what_it_is(self, path):
        special = np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324, 1.0])
        given = [special, special.astype("float32"), special.view("complex128")]
        save(path, given)
        assert_same_bits(load(path, given), given)

    def test_arrays_that_are_not_contiguous_or_of_the_other_byte_order(self, path):
        matrix = np.arange(12.0).reshape(3, 4)
        given = {
            "transposed": matrix.T,
            "every other": matrix[::2, ::-1],
            "broadcast": np.broadcast_to(np.float32(3), (2, 5)),
            "other order": matrix.astype(">f8"),
            "complex": (matrix + 1j).T,
            "scalar": np.float32(2.5),
        }
        save(path, given)
        loaded = load(path, given)
        for name, array in given.items():
            np.testing.assert_array_equal(loaded[name], array)
            assert loaded[name].dtype.isnative

    def test_python_numbers_come_back_as_such(self, path):
        given = {"steps": 7, "rate": 0.1, "on": True, "z": 1 + 2j, "large": -(2**62), "none": None}
        save(path, given)
        like = {"steps": 0, "rate": 0.0, "on": False, "z": 0j, "large": 0, "none": None}
        loaded = load(path, like)
        assert loaded == given
        assert all(type(loaded[name]) is type(given[name]) for name in given)
        assert load(path)["rate"].dtype == np.float64

    @pytest.mark.parametrize("shape", [(), (3,)])
    @pytest.mark.parametrize("implementation", ["threefry2x32", "rbg", "unsafe_rbg"])
    def test_typed_keys(self, implementation, shape, path):
        key = jax.random.key(3, impl=implementation)
        key = jax.random.split(key, shape) if shape else key
        save(path, {"key": key})
        like = jax.eval_shape(lambda: {"key": key})
        for loaded in (load(path), load(path, {"key": key}), load(path, like)):
            assert_same_bits(loaded, {"key": key})
        draw = jax.vmap(jax.random.normal) if shape else jax.random.normal
        np.testing.assert_array_equal(draw(load(path)["key"]), draw(key))

    def test_structures_and_their_names(self, path):
        given = {
            "layers": [{"weight": jnp.ones((2, 3)), "bias": None}, (np.int8(1), [])],
            "state": TrainingState({"w": 1.0}, (), Shuffle(jax.random.key(0), np.arange(3), 2), 5),
        }
        save(path, given)
        assert list(load(path)) == [
            "layers.0.weight",
            "layers.1.0",
            "state.params.w",
            "state.shuffle.key",
            "state.shuffle.order",
            "state.shuffle.position",
            "state.steps",
        ]
        assert_same_bits(load(path, given), given)

    def test_a_single_array_and_nothing_at_all(self, path):
        save(path, jnp.arange(3))
        assert_same_bits(load(path, jnp.zeros(3, "int32")), np.arange(3, dtype="int32"))
        save(path, {"nothing": ()})
        assert load(path) == {}
        assert load(path, {"nothing": ()}) == {"nothing": ()}

    def test_64_bits_are_kept_where_jax_has_them_off(self, path):
        third = np.array([1 / 3])
        with jax.enable_x64(True):
            given = {"float": jnp.asarray(third), "int": jnp.asarray([2**40 + 1])}
        save(path, given)
        assert jnp.zeros(1).dtype == np.float32
        assert_same_bits(load(path, given), {"float": third, "int": np.array([2**40 + 1])})

    def test_another_tool_reads_the_file(self, path):
        save(path, {"layers": [np.float32([1, 2]), np.complex64([3 + 4j])]})
        read = safetensors.numpy.load_file(path)
        np.testing.assert_array_equal(read["layers.0"], np.float32([1, 2]))
        np.testing.assert_array_equal(read["layers.1"], np.float32([[3, 4]]))

    @pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
    def test_a_file_of_another_tool(self, metadata, path):
        safetensors.numpy.save_file(
            {"layers.0": np.float32([1, 2]), "count": np.array(3)}, path, metadata
        )
        like = {"layers": [jnp.zeros(2)], "count": 0}
        assert_same_bits(load(path, like), {"layers": [np.float32([1, 2])], "count": 3})
        variables = [theano.shared(np.zeros(2, "float32"), "layers.0"), theano.shared(0, "count")]
        load(path, variables)
        assert [variable.get_value().tolist() for variable in variables] == [[1, 2], 3]


def schedule():
    return optax.warmup_cosine_decay_schedule(0.0, 0.1, 5, 50)


OPTIMIZERS = {
    "rate": 0.05,
    "adam": optax.adam(1e-2),
    "momentum": optax.sgd(schedule(), momentum=0.9, nesterov=True),
    "chain": optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule())),
    "hyperparams": optax.inject_hyperparams(optax.rmsprop)(learning_rate=schedule()),
    "parts": optax.partition(
        {"fast": optax.adam(1e-1), "slow": optax.sgd(1e-3)}, {"weight": "fast", "bias": "slow"}
    ),
}


class TestTraining:
    @pytest.mark.parametrize(
        ("name", "batch_size"), [*((name, None) for name in OPTIMIZERS), ("rate", 7), ("chain", 7)]
    )
    def test_a_loaded_training_goes_on_with_the_same_bits(self, name, batch_size, path):
        def fit(params, steps, **options):
            data, optimizer = (X, TARGET), OPTIMIZERS[name]
            return train(linear, params, data, steps, optimizer, progress=False, **options)

        key = {"batch_size": batch_size, "key": jax.random.key(5)} if batch_size else {}
        whole = fit(zeros(), 30, **key)
        save(path, fit(zeros(), 13, **key).state)
        # What a new process can make without the file.
        like = fit(zeros(), 0, **key).state
        rest = fit(load(path, like), 17, batch_size=batch_size)
        assert_same_bits(rest.params, whole.params)
        assert_same_bits(rest.state, whole.state)
        assert rest.losses.tobytes() == whole.losses[13:].tobytes()

    def test_the_state_of_a_line_search(self, path):
        params = jax.tree.map(jnp.float32, zeros())
        optimizer = optax.lbfgs(memory_size=3)
        state = optimizer.init(params)
        save(path, (params, state))
        loaded = load(path, jax.eval_shape(lambda: (params, optimizer.init(params))))
        assert_same_bits(loaded, jax.device_get((params, state)))

    def test_params_of_every_precision(self, path):
        for dtype in ("float32", "float64"):
            params = models.init_multilayer_perceptron(jax.random.key(0), [3, 4, 1], dtype)
            save(path, params)
            assert_same_bits(load(path, params), jax.device_get(params))


def counter(floatX="float32"):  # noqa: N803
    total = theano.shared(np.arange(3, dtype=floatX), "total")
    calls = theano.shared(0, "calls")
    x = theano.tensor.TensorType(floatX, [False])("x")
    f = theano.function([x], total * 2, updates=[(total, total + x), (calls, calls + 1)])
    return f, total, calls


class TestSharedVariables:
    @pytest.mark.parametrize("kind", [list, tuple, set])
    def test_by_name(self, kind, path):
        f, total, calls = counter()
        f(np.float32([1, 1, 1]))
        save(path, kind([total, calls]))
        _, other_total, other_calls = counter()
        variables = kind([other_calls, other_total])
        assert load(path, variables) is variables
        np.testing.assert_array_equal(other_total.get_value(), np.float32([1, 2, 3]))
        assert other_calls.get_value() == 1
        assert_same_bits(load(path), {"calls": np.array(1), "total": np.float32([1, 2, 3])})

    def test_a_function_stands_for_its_shared_variables_and_uses_the_loaded_values(self, path):
        f, total, _ = counter("float64")
        for _ in range(3):
            f([0.1, 0.2, 0.3])
        save(path, f)
        g, other_total, other_calls = counter("float64")
        g([9.0, 9.0, 9.0])
        assert load(path, g) is g
        assert bits(other_total.get_value()) == bits(total.get_value())
        assert other_calls.get_value() == 3
        np.testing.assert_array_equal(g([0.1, 0.2, 0.3]), f([0.1, 0.2, 0.3]))
        assert bits(other_total.get_value()) == bits(total.get_value())

    def test_variables_of_several_functions_may_overlap(self, path):
        f, total, calls = counter()
        save(path, [*f.get_shared(), total, calls])
        assert set(load(path)) == {"total", "calls"}

    def test_a_pytree_and_shared_variables_read_each_others_files(self, path):
        save(path, {"total": np.float32([7, 8, 9]), "calls": 4})
        _, total, calls = counter()
        load(path, [total, calls])
        assert total.get_value().tolist() == [7, 8, 9]
        save(path, [total, calls])
        assert load(path, {"total": jnp.zeros(3), "calls": 0})["calls"] == 4

    @pytest.mark.parametrize(
        ("saved", "text"),
        [
            (
                {"total": np.zeros(4, "float32"), "calls": 1},
                "total: float32[4] in the file, wanted float32[3]",
            ),
            (
                {"total": np.zeros(3), "calls": 1},
                "total: float64[3] in the file, wanted float32[3]",
            ),
            ({"calls": 1}, "total: not in the file, wanted float32[3]"),
            (
                {"total": np.zeros(3, "float32"), "calls": 1, "epoch": 2},
                "epoch: in the file, not in `like`",
            ),
        ],
    )
    def test_what_does_not_fit_changes_nothing(self, saved, text, path):
        _, total, calls = counter()
        save(path, saved)
        with pytest.raises(ValueError) as caught:
            load(path, [calls, total])
        assert str(caught.value) == (
            f"load: {path} does not fit `like`; nothing was changed:\n  {text}\n"
            "load(path) without `like` returns all that is in the file"
        )
        assert total.get_value().tolist() == [0, 1, 2]
        assert calls.get_value() == 0

    @pytest.mark.parametrize("failure", [RuntimeError("no room"), KeyboardInterrupt()])
    def test_a_value_that_cannot_be_set_puts_all_back(self, failure, path):
        class Failing:
            name = "w"

            def get_value(self):
                return np.zeros(2)

            def set_value(self, value):
                if value.any():
                    raise failure

        _, total, calls = counter()
        save(path, {"total": np.float32([7, 8, 9]), "calls": 4, "w": np.ones(2)})
        with pytest.raises(type(failure)):
            load(path, [total, calls, Failing()])
        assert total.get_value().tolist() == [0, 1, 2]
        assert calls.get_value() == 0

    def test_names_are_needed_and_distinct(self, path):
        w = theano.shared(np.zeros((2, 3)), "w")
        unnamed = theano.shared(np.zeros((4, 5)))
        for give in (save, load):
            argument = "state" if give is save else "like"
            with pytest.raises(ValueError) as caught:
                give(path, [w, unnamed])
            assert str(caught.value) == (
                f"{argument}: shared variable 1 (<TensorType(float64, matrix)>, float64[4, 5]) "
                "has no name; set its .name, by which the file knows it"
            )
            with pytest.raises(ValueError) as caught:
                give(path, {w, theano.shared(1.0, "w")})
            assert str(caught.value) == (
                f"{argument}: two shared variables are named 'w'; set their .name to different ones"
            )
            with pytest.raises(TypeError) as caught:
                give(path, [w, np.zeros(2)])
            assert str(caught.value) == (
                f"{argument}: got ndarray among shared variables; "
                "wanted shared variables only, or none"
            )
        assert not path.exists()

    def test_python_objects_are_refused(self, path):
        words = theano.shared(["a", "b"], "words")
        with pytest.raises(TypeError, match=r"^state: words is of type list; wanted an array"):
            save(path, [words])
        save(path, {"words": 1})
        with pytest.raises(TypeError, match=r"^like: words is of type list; wanted an array"):
            load(path, [words])

    def test_in_other_pytrees_they_are_refused(self, path):
        with pytest.raises(TypeError) as caught:
            save(path, {"layer": theano.shared(1.0, "w")})
        assert str(caught.value) == (
            "state: layer is a shared variable; give a list of shared variables, "
            "which are known by their names"
        )


class TestWhatCannotBeSaved:
    @pytest.mark.parametrize(
        ("state", "kind", "text"),
        [
            (
                {"a": [1, "b"]},
                TypeError,
                "state: a.1 is of type str; wanted an array or a number",
            ),
            (
                {"a": {1.0}},
                TypeError,
                "state: a is of type set; wanted an array or a number",
            ),
            (
                {"a": np.array(["b"])},
                TypeError,
                f"state: a has dtype <U1; wanted one of {', '.join(DTYPES)}",
            ),
            (
                {"a": 2**70},
                TypeError,
                f"state: a has dtype object; wanted one of {', '.join(DTYPES)}",
            ),
            (
                {"a.b": 1, "a": {"b": 2}},
                ValueError,
                "state: two leaves would be named 'a.b' in the file; use dict keys without a dot",
            ),
            (
                {"__metadata__": 1},
                ValueError,
                "state: safetensors keeps the name '__metadata__' for itself",
            ),
        ],
    )
    def test_it_is_named_and_nothing_is_written(self, state, kind, text, path):
        with pytest.raises(kind) as caught:
            save(path, state)
        assert str(caught.value) == text
        assert os.listdir(path.parent) == []

    @pytest.mark.parametrize("make", [jnp.ones, lambda _: jax.random.key(0)])
    def test_an_array_that_was_donated(self, make, path):
        array = make(3)
        array.delete()
        with pytest.raises(ValueError) as caught:
            save(path, {"w": array})
        assert str(caught.value) == (
            "state: w was given to a call that took over its memory; "
            "save the state that the call returned"
        )

    def test_a_donated_state_still_says_what_the_file_looks_like(self, path):
        array = jnp.ones(3)
        save(path, {"w": array})
        array.delete()
        assert_same_bits(load(path, {"w": array}), {"w": np.ones(3, "float32")})

    def test_inside_a_compiled_function(self, path):
        def step(x):
            save(path, {"x": x})
            return x

        with pytest.raises(TypeError) as caught:
            jax.jit(step)(1.0)
        text = "state: x is being traced; save outside of compiled functions"
        assert str(caught.value).startswith(text)


def test_arrays_over_several_devices_and_processes(tmp_path):
    script = """
        import sys
        import jax, numpy as np
        from jax.sharding import Mesh, NamedSharding, PartitionSpec
        from jaxlearn import load, save

        address, process, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
        jax.config.update("jax_num_cpu_devices", 2)
        jax.distributed.initialize(address, 2, process)
        values = np.arange(8.0, dtype="float32")

        def placed(devices, *axes):
            sharding = NamedSharding(Mesh(np.array(devices), "x"), PartitionSpec(*axes))
            return jax.make_array_from_callback((8,), sharding, lambda index: values[index])

        path = f"{folder}/{process}.safetensors"
        own = {"sharded": placed(jax.local_devices(), "x"), "copies": placed(jax.devices())}
        assert len(own["sharded"].sharding.device_set) == 2
        assert not own["copies"].is_fully_addressable
        save(path, own)
        for array in load(path, own).values():
            np.testing.assert_array_equal(array, values)
        try:
            save(path, {"w": placed(jax.devices(), "x")})
        except ValueError as error:
            print(error)
    """
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    processes = [run(script, address, process, tmp_path) for process in range(2)]
    for process in processes:
        assert answer(process).strip() == (
            "state: w lies in part with other processes; gather it first, with "
            "jax.experimental.multihost_utils.process_allgather(state, tiled=True)"
        )


class TestWhatDoesNotFit:
    def test_every_difference_is_listed(self, path):
        save(path, {"a": np.zeros(3), "b": 1, "c": jax.random.key(0), "d": np.zeros(2, "int8")})
        like = {
            "a": np.zeros((3, 1)),
            "b": 1.0,
            "c": jax.random.key(0, impl="rbg"),
            "e": jax.ShapeDtypeStruct((2,), "bfloat16"),
        }
        with pytest.raises(ValueError) as caught:
            load(path, like)
        assert str(caught.value).splitlines() == [
            f"load: {path} does not fit `like`; nothing was changed:",
            "  a: float64[3] in the file, wanted float64[3, 1]",
            "  b: int64[] in the file, wanted float64[]",
            "  c: key<fry>[] in the file, wanted key<rbg>[]",
            "  e: not in the file, wanted bfloat16[2]",
            "  d: in the file, not in `like`",
            "load(path) without `like` returns all that is in the file",
        ]

    def test_of_very_many_ten_are_listed(self, path):
        save(path, {})
        with pytest.raises(ValueError) as caught:
            load(path, list(range(25)))
        assert len(str(caught.value).splitlines()) == 13
        assert "  and 15 more\n" in str(caught.value)

    def test_like_without_numbers(self, path):
        save(path, {"a": 1})
        with pytest.raises(TypeError) as caught:
            load(path, {"a": "b"})
        assert str(caught.value) == (
            "like: a is of type str; wanted an array, a number or jax.ShapeDtypeStruct"
        )

    def test_another_optimizers_state(self, path):
        params = zeros()
        save(path, optax.adam(0.1).init(params))
        with pytest.raises(ValueError, match=r"0\.trace\.bias: not in the file, wanted float32"):
            load(path, optax.sgd(0.1, momentum=0.9).init(jax.tree.map(jnp.float32, params)))


def some_state():
    return {
        "weight": np.linspace(0, 1, 6).reshape(2, 3),
        "half": jnp.ones(2, "bfloat16"),
        "z": np.complex64([1 + 2j]),
        "key": jax.random.key(1),
        "steps": 3,
    }


def foreign_files():
    archive, arrays = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "text")
    np.savez(arrays, a=np.zeros(3))
    return {
        "empty": b"",
        "text": b"a text that somebody wrote, longer than a header's length\n" * 9,
        "pickle": pickle.dumps({"a": np.zeros(3)}),
        "png": b"\x89PNG\r\n\x1a\n" + bytes(range(200)),
        "zip": archive.getvalue(),
        "npz": arrays.getvalue(),
        "json": b'{"a": 1}',
        "zeros": bytes(100),
    }


class TestDamage:
    @pytest.mark.parametrize("name", foreign_files())
    def test_foreign_files(self, name, path):
        path.write_bytes(foreign_files()[name])
        _, total, calls = counter()
        for like in (None, {"a": 1}, [total, calls]):
            with pytest.raises(ValueError) as caught:
                load(path, like)
            text = str(caught.value)
            assert text.startswith(f"load: {path} is not a safetensors file, or is damaged (")
            assert text.endswith(
                "); give a file that jaxlearn.save wrote, or another tool in this format"
            )

    def test_no_file_and_a_folder(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="none"):
            load(tmp_path / "none")
        with pytest.raises(IsADirectoryError, match=tmp_path.name):
            load(tmp_path)

    def test_a_file_that_was_cut(self, path):
        save(path, some_state())
        content = path.read_bytes()
        for length in range(0, len(content), 3):
            path.write_bytes(content[:length])
            with pytest.raises(ValueError, match="is not a safetensors file, or is damaged"):
                load(path)
        path.write_bytes(content + b"\0")
        with pytest.raises(ValueError, match="is not a safetensors file, or is damaged"):
            load(path)

    def test_every_byte_matters(self, path):
        """Each byte of the file in turn is changed: no wrong number is ever loaded."""
        state = some_state()
        save(path, state)
        expected = load(path)
        content = path.read_bytes()
        header = 8 + int.from_bytes(content[:8], "little")
        generator = random.Random(0)
        harmless = 0
        for place in range(len(content)):
            damaged = bytearray(content)
            damaged[place] ^= generator.randrange(1, 256)
            path.write_bytes(damaged)
            try:
                loaded = load(path)
            except ValueError:
                continue
            # A space that separates became another kind of space.
            assert place < header
            assert_same_bits(loaded, expected)
            harmless += 1
        assert harmless < 5

    def test_a_changed_number_is_noticed(self, path):
        f, total, calls = counter()
        save(path, f)
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        with pytest.raises(ValueError) as caught:
            load(path, f)
        assert str(caught.value) == (
            f"load: {path} is damaged, or was changed by another tool: what is in it does not "
            "match its checksum; use another copy"
        )
        assert total.get_value().tolist() == [0, 1, 2]
        assert calls.get_value() == 0

    def test_a_newer_format(self, path):
        save(path, {"a": 1})
        content = path.read_bytes().replace(b'"jaxlearn_version":"1"', b'"jaxlearn_version":"2"')
        path.write_bytes(content)
        with pytest.raises(ValueError) as caught:
            load(path)
        assert str(caught.value) == (
            f"load: {path} is of format version 2, and this jaxlearn reads 1; use a newer jaxlearn"
        )

    def test_a_dtype_that_numpy_does_not_have(self, path):
        header = json.dumps({"a": {"dtype": "F8_E5M2", "shape": [2], "data_offsets": [0, 2]}})
        path.write_bytes(len(header).to_bytes(8, "little") + header.encode() + b"\0\0")
        with pytest.raises(ValueError, match=r"^load: a in .* has dtype F8_E5M2; wanted one of "):
            load(path)


class TestWriting:
    def test_permissions_of_new_and_replaced_files(self, path):
        before = os.umask(0o027)
        try:
            save(path, {"a": 1})
        finally:
            os.umask(before)
        assert path.stat().st_mode & 0o777 == 0o640
        path.chmod(0o604)
        save(path, {"a": 2})
        assert path.stat().st_mode & 0o777 == 0o604
        assert load(path, {"a": 0}) == {"a": 2}

    def test_a_link_is_followed(self, tmp_path):
        (tmp_path / "deep").mkdir()
        target, link = tmp_path / "deep" / "target", tmp_path / "link"
        link.symlink_to(target)
        for value in (1, 2):  # the target is made, then replaced
            save(link, {"a": value})
            assert link.is_symlink()
            assert load(target, {"a": 0}) == {"a": value}
        assert sorted(os.listdir(tmp_path)) == ["deep", "link"]
        assert os.listdir(tmp_path / "deep") == ["target"]

    def test_paths_of_every_kind(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for path in ("plain", os.fsencode("bytes"), tmp_path / "a [name]* of signs"):
            save(path, {"a": 1})
            assert load(path, {"a": 0}) == {"a": 1}
        assert len(os.listdir(tmp_path)) == 3

    def test_places_that_cannot_be_written(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"'.*/none'"):
            save(tmp_path / "none" / "state", {"a": 1})
        (tmp_path / "file").write_text("a text")
        with pytest.raises(NotADirectoryError, match=r"'.*/file/state'"):
            save(tmp_path / "file" / "state", {"a": 1})
        with pytest.raises(OSError, match=r"Not a regular file: '.*'"):
            save(tmp_path, {"a": 1})
        with pytest.raises(OSError, match="Not a regular file: '/dev/null'"):
            save("/dev/null", {"a": 1})
        (tmp_path / "file").chmod(0o444)
        with pytest.raises(PermissionError, match=r"The file is read-only: '.*/file'"):
            save(tmp_path / "file", {"a": 1})
        assert (tmp_path / "file").read_text() == "a text"
        assert os.listdir(tmp_path) == ["file"]

    def test_a_disk_without_room(self, path):
        save(path, {"a": np.zeros(10)})
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
        try:
            with pytest.raises(OSError, match=f"too large: '{path}'"):
                save(path, {"a": np.ones(100_000)})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert_same_bits(load(path), {"a": np.zeros(10)})
        assert os.listdir(path.parent) == [path.name]

    def test_what_a_power_failure_would_undo_is_on_the_disk_first(self, path, monkeypatch):
        events = []
        fsync, replace = os.fsync, os.replace

        def recorded_fsync(descriptor):
            is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            size = 0 if is_folder else os.fstat(descriptor).st_size
            events.append("folder" if is_folder else f"file of {size} bytes")
            fsync(descriptor)

        def recorded_replace(source, target):
            events.append("replace")
            replace(source, target)

        monkeypatch.setattr(saving.os, "fsync", recorded_fsync)
        monkeypatch.setattr(saving.os, "replace", recorded_replace)
        save(path, {"a": np.zeros(1000)})
        assert events == [f"file of {path.stat().st_size} bytes", "replace", "folder"]

    @pytest.mark.parametrize("call", ["fsync", "replace", "chmod"])
    def test_an_interrupt_leaves_the_old_file_alone(self, call, path, monkeypatch):
        def interrupted(*arguments):
            raise KeyboardInterrupt

        save(path, {"a": 1})
        with monkeypatch.context() as patched:
            patched.setattr(saving.os, call, interrupted)
            with pytest.raises(KeyboardInterrupt):
                save(path, {"a": 2})
        assert os.listdir(path.parent) == [path.name]
        assert load(path, {"a": 0}) == {"a": 1}

    def test_what_killed_saves_left_is_removed_and_nothing_else(self, tmp_path):
        left = tmp_path / ".state.0123456789abcdef.tmp"
        others = [".state.tmp", ".state.mine.tmp", ".state2.0123456789abcdef.tmp", "notes.tmp"]
        for name in (left, *(tmp_path / other for other in others)):
            name.write_text("half a file")
        save(tmp_path / "state", {"a": 1})
        assert set(os.listdir(tmp_path)) == {"state", *others}

    def test_what_another_save_is_writing_is_left_alone(self, path, monkeypatch):
        replace = os.replace

        def save_within(temporary, target):
            monkeypatch.setattr(saving.os, "replace", replace)
            save(path, {"a": 2})
            replace(temporary, target)

        monkeypatch.setattr(saving.os, "replace", save_within)
        save(path, {"a": 1})
        assert load(path, {"a": 0}) == {"a": 1}
        assert os.listdir(path.parent) == [path.name]

    def test_a_new_file_that_was_taken_for_a_leftover_is_made_anew(self, path, monkeypatch):
        lock = saving._lock
        waits = []

        def removed_before_locked(descriptor, wait):
            waits.append(wait)
            if waits == [True]:
                saving._remove_leftovers(str(path.parent), path.name)
            return lock(descriptor, wait)

        monkeypatch.setattr(saving, "_lock", removed_before_locked)
        save(path, {"a": 1})
        assert waits == [True, False, True]
        assert load(path, {"a": 0}) == {"a": 1}
        assert os.listdir(path.parent) == [path.name]

    def test_threads_that_save_at_once(self, path):
        def save_often(number):
            for _ in range(20):
                save(path, {"a": np.full(1000 * number, number)})

        threads = [threading.Thread(target=save_often, args=(i,)) for i in range(1, 5)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            if path.exists():
                array = load(path)["a"]
                assert (array == len(array) // 1000).all()
        for thread in threads:
            thread.join()
        assert len(load(path)["a"]) in (1000, 2000, 3000, 4000)
        assert os.listdir(path.parent) == [path.name]


# Children save one state after the other; they are killed, or left to finish beside each other.
# The states are NumPy arrays, so that JAX starts no threads and processes may fork.
CHILDREN = """
    import os, random, signal, sys, time
    import numpy as np
    import safetensors.numpy
    from jaxlearn import load, save

    def save_in_place(path, state):
        with open(path, "wb") as file:
            file.write(safetensors.numpy.save(state))

    write = {"save": save, "save_in_place": save_in_place}[sys.argv[1]]
    path, kills = sys.argv[2], int(sys.argv[3])
    states = [{"a": np.full(20_000 + 99 * i, i), "b": np.full(30, i)} for i in range(4)]

    def start(rounds):
        child = os.fork()
        if not child:
            for i in range(rounds):
                write(path, random.choice(states))
            os._exit(0)
        return child

    def is_whole():
        try:
            found = load(path)
        except ValueError:
            return False
        return any(all(np.array_equal(found[k], state[k]) for k in state) for state in states)

    def leftovers():
        return len(os.listdir(os.path.dirname(path))) - 1

    write(path, states[0])
    began = time.perf_counter()
    for state in states:
        write(path, state)
    seconds = (time.perf_counter() - began) / len(states)

    broken = interrupted = 0
    for _ in range(kills):
        left = leftovers()
        child = start(1_000_000)
        time.sleep(random.uniform(0, 4 * seconds) + 0.002)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        broken += not is_whole()
        interrupted += leftovers() > 0
    write(path, states[0])
    print(broken, interrupted, leftovers())

    children = [start(20) for _ in range(3)]
    while children:
        broken += not is_whole()
        done, status = os.waitpid(children[-1], os.WNOHANG)
        if done:
            assert status == 0
            children.pop()
    print(broken, leftovers())
"""


class TestKilledProcesses:
    def test_the_file_is_whole_whenever_a_save_is_killed(self, path):
        """And while several processes save at once."""
        killed, at_once = answer(run(CHILDREN, "save", path, 300)).splitlines()
        broken, interrupted, left = map(int, killed.split())
        assert broken == left == 0
        assert interrupted > 30  # it was killed while writing, that often
        assert at_once == "0 0"

    def test_the_same_shows_that_writing_in_place_is_not_safe(self, path):
        killed, _ = answer(run(CHILDREN, "save_in_place", path, 100)).splitlines()
        assert int(killed.split()[0]) > 0
