"""Theano's flags: their values, where these come from, and what a wrong one is told."""

import os
import re
import warnings

import jax
import pytest

from jaxlearn.symbolic.configuration import (
    FLAGS,
    AddConfigVar,
    BoolParam,
    Config,
    ConfigParam,
    ConfigWarning,
    DeviceWarning,
    EnumStr,
    FloatParam,
    IntParam,
    StrParam,
    change_flags,
    config,
    jax_device,
)


@pytest.fixture
def fresh():
    """Flags that no environment sets."""
    return Config({"THEANORC": ""})


def read(flags, name):
    for part in name.split("."):
        flags = getattr(flags, part)
    return flags


def from_files(folder, *texts):
    names = [folder / f"rc{number}" for number in range(len(texts))]
    for name, text in zip(names, texts, strict=True):
        name.write_text(text)
    return os.pathsep.join(map(str, names))


# Values


def test_the_flags_that_programs_read_have_theanos_defaults(fresh):
    assert (fresh.floatX, fresh.device, fresh.mode) == ("float64", "cpu", "Mode")
    assert (fresh.optimizer, fresh.linker, fresh.allow_gc) == ("o4", "cvm", True)
    assert (fresh.cast_policy, fresh.int_division) == ("custom", "int")
    assert (fresh.compute_test_value, fresh.on_unused_input) == ("off", "raise")
    assert (fresh.traceback.limit, fresh.openmp, fresh.profile) == (8, False, False)
    assert (fresh.blas.ldflags, fresh.dnn.conv.algo_fwd, fresh.vm.lazy) == ("", "small", None)
    assert (fresh.gpuarray.preallocate, fresh.optdb.position_cutoff) == (0.0, float("inf"))
    assert (fresh.scan.allow_gc, fresh.warn.inc_subtensor1_opt) == (False, True)
    assert (fresh.nvcc.fastmath, fresh.lib.cnmem, fresh.unittests.rseed) == (False, 0.0, "666")


def test_every_default_may_be_given_as_text(fresh):
    text = ",".join(f"{name}='{read(fresh, name)}'" for name in FLAGS)
    given = Config({"THEANORC": "", "THEANO_FLAGS": text})
    for name, default in FLAGS.items():
        value = read(fresh, name)
        expected = str(value) if type(default) is ConfigParam else value
        assert read(given, name) == expected, name


def test_a_deleted_value_is_the_default_again(fresh):
    fresh.floatX = "float32"
    del fresh.floatX
    assert fresh.floatX == "float64"


def test_flags_take_what_theano_takes(fresh):
    fresh.floatX = "32"
    assert fresh.floatX == "float32"
    for text, value in (("true", True), ("0", False), (1, True), ("False", False)):
        fresh.openmp = text
        assert fresh.openmp is value
    fresh.traceback.limit = "3"
    fresh.lib.cnmem = "0.8"
    assert (fresh.traceback.limit, fresh.lib.cnmem) == (3, 0.8)
    fresh.vm.lazy = "None"
    assert fresh.vm.lazy is None
    for device in ("cuda", "cuda1", "gpu", "gpu0", "opencl0:1", "cpu"):
        fresh.device = device
        assert fresh.device == device


def test_a_mode_object_is_a_mode(fresh):
    class Mode:
        linker = optimizer = None

    fresh.mode = mode = Mode()
    assert fresh.mode is mode


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("floatX", "float23", "got 'float23', wanted 'float64', 'float32' or 'float16'"),
        ("floatX", None, "got None, wanted 'float64', 'float32' or 'float16'"),
        ("cast_policy", "numpy", "got 'numpy', wanted 'custom' or 'numpy+floatX'"),
        ("allow_gc", "yes", "got 'yes', wanted True or False"),
        ("openmp_elemwise_minsize", "many", "got 'many', wanted a whole number"),
        ("device", "tpu", "got 'tpu', wanted 'cpu', 'cuda', 'cuda0', 'cuda1' ..."),
        ("device", 0, "got 0, wanted 'cpu', 'cuda', 'cuda0', 'cuda1' ..."),
        ("mode", "fast", "got 'fast', wanted 'Mode', 'DebugMode', 'FAST_RUN', "),
    ],
)
def test_a_bad_value_is_refused_and_changes_nothing(name, value, text, fresh):
    before = read(fresh, name)
    with pytest.raises(ValueError, match=rf"^config\.{name}: {re.escape(text)}"):
        setattr(fresh, name, value)
    assert read(fresh, name) == before


def test_an_unknown_flag_names_the_one_that_was_meant(fresh):
    with pytest.raises(AttributeError, match=r"has no flag 'floatx'; did you mean 'floatX'"):
        _ = fresh.floatx
    with pytest.raises(AttributeError, match=r"'blas\.ldflag'; did you mean 'blas\.ldflags'\?"):
        _ = fresh.blas.ldflag
    with pytest.raises(AttributeError, match=r"'ldflags'; did you mean 'blas\.ldflags'\?"):
        _ = fresh.ldflags
    with pytest.raises(AttributeError, match=r"'zzz'; print\(config\) lists all flags\.$"):
        _ = fresh.zzz
    assert not hasattr(fresh, "__array__")


def test_assigning_an_unknown_flag_keeps_it_and_warns_of_a_slip(fresh):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fresh.my_own = 3
        fresh.blas.zzz = 4
    assert (fresh.my_own, fresh.blas.zzz) == (3, 4)
    with pytest.warns(ConfigWarning, match=r"did you mean 'floatX'\? The value is kept") as caught:
        fresh.floatx = "float32"
    assert caught[0].filename == __file__
    assert (fresh.floatx, fresh.floatX) == ("float32", "float64")


def test_a_section_is_no_flag(fresh):
    with pytest.raises(ValueError, match=r"^config\.vm holds flags, and is none: \['vm\.lazy'\]$"):
        fresh.vm = 3
    assert fresh.vm.lazy is None


def test_it_prints_and_lists_its_flags(fresh):
    fresh.floatX = "float32"
    table = str(fresh)
    assert re.search(
        r"^flag +value +set by +takes\n"
        r"floatX +float32 +assignment +'float64', 'float32' or 'float16'\n"
        r"device +cpu +default +'cpu', 'cuda', ",
        table,
    )
    assert len(table.splitlines()) == len(FLAGS) + 1
    assert [line.split()[0] for line in str(fresh.blas).splitlines()] == [
        "flag",
        "blas.ldflags",
        "blas.check_openmp",
    ]
    assert {"floatX", "blas", "dnn", "compiledir", "change_flags"} <= set(dir(fresh))
    assert {"ldflags", "check_openmp"} <= set(dir(fresh.blas))


# The environment


def test_theano_flags_are_read_as_theano_reads_them():
    flags = "floatX=float32, device = cpu,blas.ldflags='-L/lib,x -lm',floatX=float16,"
    given = Config({"THEANORC": "", "THEANO_FLAGS": flags})
    assert (given.floatX, given.blas.ldflags) == ("float16", "-L/lib,x -lm")
    assert "THEANO_FLAGS" in str(given).splitlines()[1]


def test_theano_flags_with_slips_warn():
    with pytest.warns(ConfigWarning, match=r"^THEANO_FLAGS: 'floatX' has no value, and is ignored"):
        assert Config({"THEANORC": "", "THEANO_FLAGS": "floatX"}).floatX == "float64"
    with pytest.warns(ConfigWarning, match=r"^THEANO_FLAGS: .*'floatx'; did you mean 'floatX'\?$"):
        assert Config({"THEANORC": "", "THEANO_FLAGS": "floatx=float32"}).floatX == "float64"


def test_files_set_flags_and_the_last_file_counts(tmp_path, monkeypatch):
    first = "[global]\nfloatX = float32\nopenmp = true\n[dnn.conv]\nalgo_fwd = large\n"
    second = (
        "[global]\nfloatX = float16\nbase_compiledir = %(TMPDIR)s/theano\n"
        "compiledir_format = %(platform)s\n[blas]\nldflags = -lfoo\n[unknown]\nflag = 1\n"
    )
    files = from_files(tmp_path, first, second)
    given = Config({"THEANORC": files, "TMPDIR": "/scratch/%d"})
    assert (given.floatX, given.openmp, given.dnn.conv.algo_fwd) == ("float16", True, "large")
    assert (given.blas.ldflags, given.compiledir_format) == ("-lfoo", "%(platform)s")
    assert given.base_compiledir == "/scratch/%d/theano"

    # The order of precedence: assignment, THEANO_FLAGS, files.
    given = Config({"THEANORC": files, "THEANO_FLAGS": "floatX=float64"})
    assert (given.floatX, given.openmp) == ("float64", True)
    given.openmp = False
    assert given.openmp is False

    # Without THEANORC, the file in the home folder.
    (tmp_path / ".theanorc").write_text(first)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert Config({}).floatX == "float32"


def test_a_bad_value_is_told_where_it_came_from(tmp_path):
    with pytest.raises(ValueError, match=r"^config\.floatX: got 'f' from THEANO_FLAGS, wanted 'fl"):
        Config({"THEANORC": "", "THEANO_FLAGS": "floatX=f"})
    with pytest.raises(ValueError, match=r"^THEANO_FLAGS: No closing quotation in blas\.ldfl"):
        Config({"THEANORC": "", "THEANO_FLAGS": "blas.ldflags='-lx"})
    file = from_files(tmp_path, "[blas]\ncheck_openmp = maybe\n")
    with pytest.raises(ValueError) as caught:
        Config({"THEANORC": file})
    assert (
        str(caught.value)
        == f"config.blas.check_openmp: got 'maybe' from {file}, wanted True or False"
    )


def test_a_file_without_sections_is_told_how_to_look(tmp_path):
    file = from_files(tmp_path, "floatX = float32\n")
    with pytest.raises(ValueError, match=r"(?s)rc0: cannot be read: .*wanted lines like 'floatX"):
        Config({"THEANORC": file})


# For a while


def test_change_flags_holds_for_a_block(fresh):
    with fresh.change_flags({"blas.ldflags": "-lx"}, floatX="float32", traceback__limit=1):
        assert (fresh.blas.ldflags, fresh.floatX, fresh.traceback.limit) == ("-lx", "float32", 1)
    assert (fresh.blas.ldflags, fresh.floatX, fresh.traceback.limit) == ("", "float64", 8)
    assert "assignment" not in str(fresh)


def test_change_flags_undoes_itself_after_an_error(fresh):
    with pytest.raises(KeyError), fresh.change_flags(floatX="float32"):
        raise KeyError
    with pytest.raises(ValueError, match=r"^config\.openmp"):
        fresh.change_flags(floatX="float32", openmp="maybe").__enter__()
    assert fresh.floatX == "float64"
    with pytest.raises(AttributeError, match=r"^change_flags: .*did you mean 'floatX'\?$"):
        fresh.change_flags(floatx="float32")


def test_change_flags_decorates_a_function_that_calls_itself():
    @change_flags(compute_test_value="raise")
    def depth(number):
        """Count down."""
        config.compute_test_value = "warn"
        return depth(number - 1) if number else config.compute_test_value

    assert (depth(2), config.compute_test_value) == ("warn", "off")
    assert (depth.__name__, depth.__doc__) == ("depth", "Count down.")


# A program's own flags


def test_a_program_adds_flags():
    root = Config({"THEANORC": "", "THEANO_FLAGS": "nvcc.flags=,openmp=1"})
    root._given["mine.level"] = "5"
    AddConfigVar("mine.level", "", IntParam(1, lambda level: level < 9), root)
    AddConfigVar("mine.deep.name", "what it is for", StrParam("a"), root)
    AddConfigVar("mine.rate", "", FloatParam(0), root)
    AddConfigVar("mine.on", "", BoolParam(lambda: root.openmp), root, in_c_key=False)
    AddConfigVar("mine.choice", "", EnumStr("a", "b", convert=str.lower), root)
    AddConfigVar("mine.fixed", "", ConfigParam(1, lambda value: value + 1, False), root)
    assert (root.mine.level, root.mine.deep.name, root.mine.rate) == (5, "a", 0.0)
    assert (root.mine.on, root.mine.fixed) == (True, 2)
    root.mine.choice = "B"
    assert root.mine.choice == "b"
    with pytest.raises(ValueError, match=r"got 10, wanted a whole number that is_valid accepts$"):
        root.mine.level = 10
    with pytest.raises(RuntimeError, match=r"^config\.mine\.fixed cannot be assigned to; set it "):
        root.mine.fixed = 3
    with pytest.raises(AttributeError, match=r"^AddConfigVar: 'mine' is taken: there is a flag '"):
        AddConfigVar("mine", "", StrParam(""), root)
    root._given["mine.bad"] = "x"
    with pytest.raises(ValueError, match=r"mine\.bad: got 'x' from THEANO_FLAGS, wanted a number$"):
        AddConfigVar("mine.bad", "", FloatParam(0), root)
    assert not hasattr(root.mine, "bad")
    with pytest.raises(AttributeError, match=r"^AddConfigVar: 'floatX' is taken"):
        AddConfigVar("floatX", "", StrParam(""), root)
    with pytest.raises(AttributeError, match=r"'floatX\.x' is taken: there is a flag 'floatX'$"):
        AddConfigVar("floatX.x", "", StrParam(""), root)


# Devices


def test_a_device_that_nobody_asked_for_is_left_to_jax():
    assert jax_device() is None


def test_cpu_is_jaxs_cpu():
    with change_flags(device="cpu"):
        assert jax_device() == jax.local_devices(backend="cpu")[0]
    assert jax_device() is None


def test_an_absent_device_is_told_once_and_the_cpu_computes():
    asked = "cuda77"
    with change_flags(device=asked):
        with pytest.warns(DeviceWarning) as caught:
            device = jax_device()
        assert device.platform == "cpu"
        assert re.match(
            r"config\.device: 'cuda77' was asked for, but JAX has only .+ here: "
            r"computing on \S+(; `pip install 'jaxlearn\[gpu\]'` adds JAX's support for GPUs)?$",
            str(caught[0].message),
        )
        assert jax_device() is device


def test_force_device_makes_it_an_error():
    with (
        change_flags(device="gpu99", force_device=True),
        pytest.raises(RuntimeError, match=r"'gpu99' was asked for, .*config\.force_device forbids"),
    ):
        jax_device()
