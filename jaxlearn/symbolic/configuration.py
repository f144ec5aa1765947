"""The flags that Theano's programs read and set: `config`, and where its values come from.

A flag's value is, in this order: what was assigned to it, what ``THEANO_FLAGS`` says, what the
files named by ``THEANORC`` say (``~/.theanorc`` without it), its default. The environment is read
once, when this module is imported.
"""

from __future__ import annotations

import configparser
import contextlib
import difflib
import functools
import os
import re
import shlex
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jax

__all__ = [
    "FLAGS",
    "AddConfigVar",
    "BoolParam",
    "ChangedFlags",
    "Config",
    "ConfigParam",
    "ConfigWarning",
    "DeviceWarning",
    "EnumStr",
    "FloatParam",
    "IntParam",
    "Section",
    "StrParam",
    "TypedParam",
    "change_flags",
    "config",
    "jax_device",
]


class ConfigWarning(UserWarning):
    """A flag was given that changes nothing."""


class DeviceWarning(ConfigWarning):
    """The device that was asked for is not there."""


# What a flag may be -----------------------------------------------------------------------------


class ConfigParam:
    """A flag: its default, and the values it takes.

    Args:
        default: the value of a flag that nobody set, or a function that computes it when it is
            first read.
        filter: returns the value to keep for a value that was given, or raises ValueError. A flag
            without it takes anything.
        allow_override: whether a program may assign to it.
    """

    wanted = ""
    fullname = ""
    doc = ""
    in_c_key = False

    def __init__(
        self,
        default: Any,
        filter: Callable[[Any], Any] | None = None,  # noqa: A002 - Theano's name
        allow_override: bool = True,
    ) -> None:
        self.default = default
        self.filter = filter
        self.allow_override = allow_override


class EnumStr(ConfigParam):
    """A flag that takes one of a few texts, of which the first is its default."""

    def __init__(
        self,
        default: str,
        *options: str,
        convert: Callable[[Any], Any] | None = None,
        allow_override: bool = True,
    ) -> None:
        self.all = (default, *options)
        self.wanted = _one_of(self.all)

        def one_of_all(value: Any) -> Any:
            value = convert(value) if convert else value
            if value not in self.all:
                raise ValueError(f"wanted {self.wanted}")
            return value

        super().__init__(default, one_of_all, allow_override)


class TypedParam(ConfigParam):
    """A flag that takes what ``mytype`` makes a value of, if ``is_valid`` likes that value."""

    def __init__(
        self,
        default: Any,
        mytype: Callable[[Any], Any],
        is_valid: Callable[[Any], bool] | None = None,
        allow_override: bool = True,
        wanted: str = "",
    ) -> None:
        self.mytype = mytype
        self.wanted = wanted or f"what {getattr(mytype, '__name__', mytype)} takes"
        self.wanted += " that is_valid accepts" if is_valid else ""

        def valid(value: Any) -> Any:
            try:
                value = mytype(value)
            except (TypeError, ValueError):
                raise ValueError(f"wanted {self.wanted}") from None
            if is_valid is not None and not is_valid(value):
                raise ValueError(f"wanted {self.wanted}")
            return value

        super().__init__(default, valid, allow_override)


def StrParam(  # noqa: N802 - Theano's name
    default: Any, is_valid: Callable[[Any], bool] | None = None, allow_override: bool = True
) -> TypedParam:
    """A flag that takes text.

    Example:
        >>> StrParam("").default
        ''
    """
    return TypedParam(default, str, is_valid, allow_override, "text")


def IntParam(  # noqa: N802 - Theano's name
    default: Any, is_valid: Callable[[Any], bool] | None = None, allow_override: bool = True
) -> TypedParam:
    """A flag that takes a whole number.

    Example:
        >>> IntParam(8, lambda number: number > 0).default
        8
    """
    return TypedParam(default, int, is_valid, allow_override, "a whole number")


def FloatParam(  # noqa: N802 - Theano's name
    default: Any, is_valid: Callable[[Any], bool] | None = None, allow_override: bool = True
) -> TypedParam:
    """A flag that takes a number.

    Example:
        >>> FloatParam(0.5).default
        0.5
    """
    return TypedParam(default, float, is_valid, allow_override, "a number")


def BoolParam(  # noqa: N802 - Theano's name
    default: Any, is_valid: Callable[[Any], bool] | None = None, allow_override: bool = True
) -> TypedParam:
    """A flag that is on or off.

    Example:
        >>> BoolParam(True).default
        True
    """
    return TypedParam(default, _as_bool, is_valid, allow_override, "True or False")


def _as_bool(value: Any) -> bool:
    if value in ("True", "true", "1", True):
        return True
    if value in ("False", "false", "0", False):
        return False
    raise ValueError


def _as_float_dtype(value: Any) -> Any:
    return f"float{value}" if value in ("16", "32", "64") else value


_MODES = ("Mode", "DebugMode", "FAST_RUN", "NanGuardMode", "FAST_COMPILE", "DEBUG_MODE")


def _as_mode(value: Any) -> Any:
    if value in _MODES or (hasattr(value, "linker") and hasattr(value, "optimizer")):
        return value
    raise ValueError


def _as_lazy(value: Any) -> bool | None:
    return None if value in ("None", None) else _as_bool(value)


def _as_device(value: Any) -> str:
    # "gpu" is Theano's name before 0.10 for what "cuda" was afterwards.
    if isinstance(value, str) and re.fullmatch(r"cpu|(cuda|gpu|opencl).*", value):
        return value
    raise ValueError


def _as_device_or_none(value: Any) -> str:
    return value if value == "" else _as_device(value)


def _one_of(options: Iterable[str]) -> str:
    *first, last = map(repr, options)
    return f"{', '.join(first)} or {last}" if first else last


# The flags --------------------------------------------------------------------------------------

_DNN_CHOICES = ("guess_once", "guess_on_shape_change", "time_once", "time_on_shape_change")
_NUMPY_ERRORS = ("ignore", "warn", "raise", "call", "print", "log")
_DEVICES = "'cpu', 'cuda', 'cuda0', 'cuda1' ..."
_TEST_VALUE = ("off", "ignore", "warn", "raise", "pdb")

FLAGS: dict[str, Any] = {
    # Those that mean something here.
    "floatX": EnumStr("float64", "float32", "float16", convert=_as_float_dtype),
    "device": TypedParam("cpu", _as_device, wanted=_DEVICES),
    "force_device": False,
    "mode": TypedParam("Mode", _as_mode, wanted=f"{_one_of(_MODES)}, or a Mode"),
    "cast_policy": ("custom", "numpy+floatX"),
    "int_division": ("int", "raise", "floatX"),
    "compute_test_value": _TEST_VALUE,
    "print_test_value": False,
    "pickle_test_value": True,
    "warn_float64": ("ignore", "warn", "raise", "pdb"),
    "on_unused_input": ("raise", "warn", "ignore"),
    "exception_verbosity": ("low", "high"),
    "traceback.limit": 8,
    # Those of Theano 1.0.5 that are only remembered.
    "deterministic": ("default", "more"),
    "init_gpu_device": TypedParam("", _as_device_or_none, wanted=_DEVICES),
    "conv.assert_shape": False,
    "print_global_stats": False,
    "contexts": "",
    "print_active_device": True,
    "gpuarray.sync": ConfigParam(False),
    "gpuarray.preallocate": 0.0,
    "gpuarray.sched": ("default", "multi", "single"),
    "gpuarray.single_stream": True,
    "cuda.root": "",
    "cuda.include_path": "",
    "dnn.conv.workmem": ConfigParam(True),
    "dnn.conv.workmem_bwd": ConfigParam(True),
    "dnn.conv.algo_bwd": ConfigParam(True),
    "dnn.conv.algo_fwd": (
        *("small", "none", "large", "fft", "fft_tiling", "winograd", "winograd_non_fused"),
        *_DNN_CHOICES,
    ),
    "dnn.conv.algo_bwd_data": (
        *("none", "deterministic", "fft", "fft_tiling", "winograd", "winograd_non_fused"),
        *_DNN_CHOICES,
    ),
    "dnn.conv.algo_bwd_filter": (
        *("none", "deterministic", "fft", "small", "winograd_non_fused", "fft_tiling"),
        *_DNN_CHOICES,
    ),
    "dnn.conv.precision": ("as_input_f32", "as_input", "float16", "float32", "float64"),
    "dnn.base_path": "",
    "dnn.include_path": "",
    "dnn.library_path": "",
    "dnn.bin_path": "",
    "dnn.enabled": ("auto", "True", "False", "no_check"),
    "magma.include_path": "",
    "magma.library_path": "",
    "magma.enabled": False,
    "assert_no_cpu_op": ("ignore", "warn", "raise", "pdb"),
    "cxx": "",  # Theano searched for a C++ compiler; none is used here
    "linker": ("cvm", "c|py", "py", "c", "c|py_nogc", "vm", "vm_nogc", "cvm_nogc"),
    "allow_gc": True,
    "optimizer": (
        *("o4", "o3", "o2", "o1", "unsafe", "fast_run", "fast_compile", "merge", "None"),
    ),
    "optimizer_verbose": False,
    "on_opt_error": ("warn", "raise", "pdb", "ignore"),
    "nocleanup": False,
    "tensor.cmp_sloppy": 0,
    "tensor.local_elemwise_fusion": True,
    "gpu.local_elemwise_fusion": True,
    "lib.amdlibm": False,
    "gpuelemwise.sync": True,
    "traceback.compile_limit": 0,
    "experimental.unpickle_gpu_on_cpu": False,
    "numpy.seterr_all": (*_NUMPY_ERRORS, "None"),
    "numpy.seterr_divide": ("None", *_NUMPY_ERRORS),
    "numpy.seterr_over": ("None", *_NUMPY_ERRORS),
    "numpy.seterr_under": ("None", *_NUMPY_ERRORS),
    "numpy.seterr_invalid": ("None", *_NUMPY_ERRORS),
    "warn.ignore_bug_before": (
        *("0.9", "None", "all", "0.3", "0.4", "0.4.1", "0.5", "0.6", "0.7", "0.8", "0.8.1"),
        *("0.8.2", "0.10", "1.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4", "1.0.5"),
    ),
    "warn.argmax_pushdown_bug": False,
    "warn.gpusum_01_011_0111_bug": False,
    "warn.sum_sum_bug": False,
    "warn.sum_div_dimshuffle_bug": False,
    "warn.subtensor_merge_bug": False,
    "warn.gpu_set_subtensor1": False,
    "warn.vm_gc_bug": False,
    "warn.signal_conv2d_interface": False,
    "warn.reduce_join": False,
    "warn.inc_set_subtensor1": False,
    "warn.round": False,
    "warn.inc_subtensor1_opt": True,
    "compute_test_value_opt": _TEST_VALUE,
    "unpickle_function": True,
    "reoptimize_unpickled_function": False,
    "openmp": False,
    "openmp_elemwise_minsize": 200_000,
    "check_input": True,
    "cache_optimizations": False,
    "unittests.rseed": "666",
    "NanGuardMode.nan_is_error": True,
    "NanGuardMode.inf_is_error": True,
    "NanGuardMode.big_is_error": True,
    "NanGuardMode.action": ("raise", "warn", "pdb"),
    "optimizer_excluding": "",
    "optimizer_including": "",
    "optimizer_requiring": "",
    "DebugMode.patience": 10,
    "DebugMode.check_c": False,  # True in Theano where there is a C++ compiler
    "DebugMode.check_py": True,
    "DebugMode.check_finite": True,
    "DebugMode.check_strides": 0,
    "DebugMode.warn_input_not_reused": True,
    "DebugMode.check_preallocated_output": "",
    "DebugMode.check_preallocated_output_ndim": 4,
    "profiling.time_thunks": True,
    "profiling.n_apply": 20,
    "profiling.n_ops": 20,
    "profiling.output_line_width": 512,
    "profiling.min_memory_size": 1024,
    "profiling.min_peak_memory": False,
    "profiling.destination": "stderr",
    "profiling.debugprint": False,
    "profiling.ignore_first_call": False,
    "optdb.position_cutoff": float("inf"),
    "optdb.max_use_ratio": 8.0,
    "gcc.cxxflags": "",
    "cmodule.warn_no_version": False,
    "cmodule.remove_gxx_opt": False,
    "cmodule.compilation_warning": False,
    "cmodule.preload_cache": False,
    "cmodule.age_thresh_use": 2_073_600,
    "cmodule.debug": False,
    "blas.ldflags": "",
    "blas.check_openmp": True,
    "metaopt.verbose": 0,
    "metaopt.optimizer_excluding": "",
    "metaopt.optimizer_including": "",
    "profile": False,
    "profile_optimizer": False,
    "profile_memory": False,
    "vm.lazy": TypedParam(None, _as_lazy, wanted="None, True or False"),
    "warn.identify_1pexp_bug": False,
    "on_shape_error": ("warn", "raise"),
    "tensor.insert_inplace_optimizer_validate_nb": -1,
    "experimental.local_alloc_elemwise": True,
    "experimental.local_alloc_elemwise_assert": True,
    "scan.allow_gc": False,
    "scan.allow_output_prealloc": True,
    "scan.debug": False,
    "compile.wait": 5,
    "compile.timeout": 120,
    "cycle_detection": ("regular", "fast"),
    "check_stack_trace": ("off", "log", "warn", "raise"),
    "compiledir_format": (
        "compiledir_%(short_platform)s-%(processor)s-%(python_version)s-%(python_bitwidth)s"
    ),
    "base_compiledir": TypedParam("~/.theano", os.path.expanduser, wanted="a path"),
    "compiledir": ConfigParam(
        lambda: os.path.join(config.base_compiledir, "compiledir"), os.path.expanduser
    ),
    "gpuarray.cache_path": ConfigParam(
        lambda: os.path.join(config.compiledir, "gpuarray_kernels"), os.path.expanduser
    ),
    "ctc.root": "",
    # Those of earlier Theanos, which stand in old .theanorc files and THEANO_FLAGS.
    "nvcc.compiler_bindir": "",
    "nvcc.fastmath": False,
    "nvcc.flags": "",
    "lib.cnmem": 0.0,
    "cublas.lib": "cublas",
    "pycuda.init": False,
    "enable_initial_driver_test": True,
    "op.set_flops": False,
    "ProfileMode.n_apply_to_print": 15,
    "ProfileMode.n_ops_to_print": 20,
    "ProfileMode.min_memory_size": 1024,
    "ProfileMode.profile_memory": False,
}
"""Each flag and its default, whose type is the flag's; of a tuple, the first of what it takes."""


def _param(default: Any) -> ConfigParam:
    """The flag that a row of the table means."""
    match default:
        case ConfigParam():
            return default
        case tuple():
            return EnumStr(*default)
        case bool():
            return BoolParam(default)
        case int():
            return IntParam(default)
        case float():
            return FloatParam(default)
        case _:
            return StrParam(default)


# Where a value comes from -----------------------------------------------------------------------


def _parse_flags(text: str) -> dict[str, str]:
    """What ``THEANO_FLAGS`` sets: ``a=1,b.c='x,y'``."""
    splitter = shlex.shlex(text, posix=True)
    splitter.whitespace = ","
    splitter.whitespace_split = True
    values: dict[str, str] = {}
    try:
        items = list(splitter)
    except ValueError as error:
        raise ValueError(f"THEANO_FLAGS: {error} in {text}") from error
    for item in items:
        name, equals, value = item.partition("=")
        if equals:
            values[name.strip()] = value.strip()
        elif name.strip():
            _warn(f"THEANO_FLAGS: {name.strip()!r} has no value, and is ignored; wanted name=value")
    return values


def _read_files(environ: Mapping[str, str]) -> list[tuple[str, configparser.ConfigParser]]:
    """The files that set flags, the one that counts most first."""
    names = environ.get("THEANORC")
    if names is None:
        # On Windows a name that starts with a dot is hard to give to a file, and .txt is easy.
        names = "~/.theanorc" + (f"{os.pathsep}~/.theanorc.txt" if os.name == "nt" else "")
    # These may be used in a file's values, as in base_compiledir = %(TMPDIR)s/theano.
    user = environ.get("USER", os.path.basename(os.path.expanduser("~")))
    known = {"USER": user, "PID": str(os.getpid())}
    known |= {name: environ.get(name, "") for name in ("LSCRATCH", "TMPDIR", "TEMP", "TMP")}
    files = []
    for name in reversed(names.split(os.pathsep)):
        path = os.path.expanduser(name)
        parser = configparser.ConfigParser({key: _escaped(value) for key, value in known.items()})
        try:
            parser.read(path)
        except (configparser.Error, UnicodeDecodeError) as error:
            raise ValueError(
                f"{path}: cannot be read: {error}; wanted lines like 'floatX = float32' "
                "below a line [global], and 'ldflags = ...' below a line [blas]"
            ) from error
        files.append((path, parser))
    return files


def _escaped(value: str) -> str:
    return value.replace("%", "%%")


# The flags as attributes ------------------------------------------------------------------------


class Section:
    """The flags whose names start alike, as attributes: ``config.blas.ldflags``."""

    # A value is kept in the instance's own dictionary, so that reading it is a plain look-up.

    def __init__(self, root: Config, prefix: str) -> None:
        vars(self).update(_root=root, _prefix=prefix)

    def __getattr__(self, name: str) -> Any:
        # Reached only for what has no value: a wrong name, or a default that is read first.
        if name.startswith("_"):
            raise AttributeError(name)
        return self._root._compute_default(self._prefix + name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._root._assign(self._prefix + name, value)

    def __dir__(self) -> list[str]:
        flags = (flag.removeprefix(self._prefix) for flag in self._root._names(self._prefix))
        return sorted({*super().__dir__(), *(flag.split(".")[0] for flag in flags)})

    def __str__(self) -> str:
        """A table of the flags: name, value, who set it, what it takes."""
        rows = [("flag", "value", "set by", "takes")]
        for name in self._root._names(self._prefix):
            value, origin = self._root._get(name)
            takes = self._root._flags[name].wanted
            rows.append((name, str(value), origin, takes))
        widths = [min(40, max(len(row[column]) for row in rows)) for column in range(3)]
        return "\n".join("  ".join([*map(str.ljust, row, widths), row[3]]).rstrip() for row in rows)


class Config(Section):
    """All flags of Theano, as attributes.

    Reading an unknown name raises AttributeError and names the flag that was perhaps meant.
    Assigning to one keeps the value, as Theano does.

    Args:
        environ: where ``THEANO_FLAGS`` and ``THEANORC`` are looked up.

    Example:
        >>> flags = Config({"THEANO_FLAGS": "floatX=float32,blas.ldflags=-lopenblas"})
        >>> flags.floatX, flags.blas.ldflags
        ('float32', '-lopenblas')
    """

    _flags: dict[str, ConfigParam]
    _origins: dict[str, str]
    _given: dict[str, str]
    _files: list[tuple[str, configparser.ConfigParser]]

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        super().__init__(self, "")
        given = _parse_flags(environ.get("THEANO_FLAGS", ""))
        vars(self).update(_flags={}, _origins={}, _given=given, _files=_read_files(environ))
        for name, default in FLAGS.items():
            self._add(name, _param(default))
        for name in given:
            if name not in FLAGS:
                _warn(f"THEANO_FLAGS: {self._unknown(name)}")

    def change_flags(
        self, args: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), **flags: Any
    ) -> ChangedFlags:
        """Other values for a while: in a ``with`` block, or as a decorator in each call.

        Args:
            args: values by the flags' names.
            flags: further values; ``blas__ldflags`` stands for ``blas.ldflags``.

        Example:
            >>> with config.change_flags({"traceback.limit": 1}, floatX="float32"):
            ...     config.floatX, config.traceback.limit
            ('float32', 1)
            >>> config.floatX
            'float64'
        """
        named = {name.replace("__", "."): value for name, value in flags.items()}
        return ChangedFlags(self, {**dict(args), **named})

    def _names(self, prefix: str) -> list[str]:
        return [name for name in self._flags if name.startswith(prefix)]

    def _add(self, name: str, param: ConfigParam) -> None:
        self._place(name)
        for value, origin in self._given_value(name):
            self._put(name, _checked(name, param, value, origin), origin)
        self._flags[name] = param

    def _given_value(self, name: str) -> list[tuple[str, str]]:
        """The value that the environment gives a flag, and where; or nothing."""
        if name in self._given:
            return [(self._given[name], "THEANO_FLAGS")]
        section, _, option = (name if "." in name else f"global.{name}").rpartition(".")
        for path, parser in self._files:
            if parser.has_option(section, option):
                try:
                    return [(parser.get(section, option), path)]
                except configparser.InterpolationError:
                    # A % that stands for itself, as in compiledir_format.
                    return [(parser.get(section, option, raw=True), path)]
        return []

    def _compute_default(self, name: str) -> Any:
        if name not in self._flags:
            raise AttributeError(self._unknown(name))
        param = self._flags[name]
        default = param.default() if callable(param.default) else param.default
        value = _checked(name, param, default, "default")
        self._put(name, value, "default")
        return value

    def _get(self, name: str) -> tuple[Any, str]:
        section, attribute = self._place(name)
        return getattr(section, attribute), self._origins[name]

    def _assign(self, name: str, value: Any) -> None:
        section, attribute = self._place(name)
        param = self._flags.get(name)
        if param is not None:
            if not param.allow_override:
                raise RuntimeError(
                    f"config.{name} cannot be assigned to; set it in THEANO_FLAGS or ~/.theanorc"
                )
            value = _checked(name, param, value, "assignment")
        elif isinstance(vars(section).get(attribute), Section):
            raise ValueError(f"config.{name} holds flags, and is none: {self._names(name + '.')}")
        elif self._nearest(name):
            _warn(f"{self._unknown(name)} The value is kept, and nothing reads it.")
        self._put(name, value, "assignment")

    def _put(self, name: str, value: Any, origin: str) -> None:
        section, attribute = self._place(name)
        vars(section)[attribute] = value
        self._origins[name] = origin

    def _place(self, name: str) -> tuple[Section, str]:
        """The section that holds a flag, made if need be, and the flag's name in it."""
        section: Section = self
        *sections, attribute = name.split(".")
        for position, part in enumerate(sections):
            prefix = ".".join(sections[: position + 1]) + "."
            section = vars(section).setdefault(part, Section(self, prefix))
        return section, attribute

    def _nearest(self, name: str) -> str:
        lower = {flag.lower(): flag for flag in self._flags}
        near = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.8)
        near += [flag for flag in lower if flag.endswith(f".{name.lower()}")]
        return lower[near[0]] if near else ""

    def _unknown(self, name: str) -> str:
        nearest = self._nearest(name)
        hint = f"did you mean {nearest!r}?" if nearest else "print(config) lists all flags."
        return f"config has no flag {name!r}; {hint}"


def _checked(name: str, param: ConfigParam, value: Any, origin: str) -> Any:
    """The value to keep for one that was given."""
    if param.filter is None:
        return value
    try:
        return param.filter(value)
    except (TypeError, ValueError) as error:
        source = "" if origin in ("assignment", "default") else f" from {origin}"
        raise ValueError(f"config.{name}: got {value!r}{source}, {error}") from error


def _warn(text: str) -> None:
    warnings.warn(text, ConfigWarning, stacklevel=4)


class ChangedFlags(contextlib.ContextDecorator):
    """What `Config.change_flags` returns: for ``with``, or to decorate a function."""

    def __init__(self, root: Config, values: Mapping[str, Any]) -> None:
        for name in values:
            if name not in root._flags:
                raise AttributeError(f"change_flags: {root._unknown(name)}")
        self._root, self._values = root, values
        # A list, because a decorated function may call itself.
        self._before: list[dict[str, tuple[Any, str]]] = []

    def __enter__(self) -> None:
        self._before.append({name: self._root._get(name) for name in self._values})
        try:
            for name, value in self._values.items():
                self._root._assign(name, value)
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *exception: object) -> None:
        for name, (value, origin) in self._before.pop().items():
            self._root._put(name, value, origin)


config: Config = Config()
"""The flags of this process."""


def change_flags(
    args: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), **flags: Any
) -> ChangedFlags:
    """Other values of `config`'s flags for a while: `Config.change_flags`.

    Example:
        >>> @change_flags(compute_test_value="ignore")
        ... def policy():
        ...     return config.compute_test_value
        >>> policy(), config.compute_test_value
        ('ignore', 'off')
    """
    return config.change_flags(args, **flags)


def AddConfigVar(  # noqa: N802 - Theano's name
    name: str, doc: str, configparam: ConfigParam, root: Config = config, in_c_key: bool = True
) -> None:
    """Add a flag of a program's own to `config`; ``THEANO_FLAGS`` and the files may set it.

    Args:
        name: with dots for sections: ``"mylibrary.level"``.
        doc: what the flag is for.
        configparam: its default and its values: `EnumStr`, `StrParam`, `IntParam`, `FloatParam`,
            `BoolParam` or `ConfigParam`.
        root: the flags to add it to.
        in_c_key: kept, and without a meaning here.

    Raises:
        AttributeError: there is such a flag already.

    Example:
        >>> AddConfigVar("mylibrary.level", "how much to print", IntParam(1))
        >>> config.mylibrary.level
        1
    """
    for taken in root._flags:
        if f"{taken}.".startswith(f"{name}.") or name.startswith(f"{taken}."):
            raise AttributeError(f"AddConfigVar: {name!r} is taken: there is a flag {taken!r}")
    configparam.fullname, configparam.doc, configparam.in_c_key = name, doc, in_c_key
    root._add(name, configparam)


# Devices ----------------------------------------------------------------------------------------


def jax_device() -> jax.Device | None:
    """The device that ``config.device`` asks for; None, to leave it to JAX, if nobody set it.

    ``cuda``, ``gpu`` and ``opencl`` mean JAX's first GPU; a number behind them chooses another.
    If it is not there, a `DeviceWarning` says so, once, and the answer is the CPU; with
    ``config.force_device`` it is an error.

    Raises:
        RuntimeError: the device is not there, and ``config.force_device`` is set.

    Example:
        >>> with change_flags(device="cpu"):
        ...     jax_device().platform
        'cpu'
    """
    asked, origin = config._get("device")
    return None if origin == "default" else _find_device(asked, config.force_device)


@functools.cache
def _find_device(asked: str, required: bool) -> jax.Device:
    devices = _devices("cpu" if asked == "cpu" else "gpu")
    number = re.search(r"\d*$", asked)
    position = int((number and number[0]) or 0)
    if position < len(devices):
        return devices[position]
    there = ", ".join(map(str, jax.local_devices()))
    absent = f"config.device: {asked!r} was asked for, but JAX has only {there} here"
    if required:
        raise RuntimeError(f"{absent}; config.force_device forbids to compute on another device")
    fallback = (_devices("cpu") or jax.local_devices())[0]
    advice = "" if devices else "; `pip install 'jaxlearn[gpu]'` adds JAX's support for GPUs"
    warnings.warn(f"{absent}: computing on {fallback}{advice}", DeviceWarning, stacklevel=3)
    return fallback


def _devices(platform: str) -> list[jax.Device]:
    try:
        devices: list[jax.Device] = jax.local_devices(backend=platform)
    except RuntimeError:
        return []
    return devices
