"""State that lasts: saved to a file that is whole at every moment, and loaded where it fits.

The files are safetensors: many tools read and write them, and loading one runs no code.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets
import stat
import zlib
from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

__all__ = ["load", "save"]

_VERSION = "1"

# What the metadata holds of our own; a file of another tool has none of it.
_METADATA = ("jaxlearn_version", "jaxlearn_encodings", "jaxlearn_checksum")

# The format's codes of dtypes, and ours. Complex numbers are stored as pairs: not every version of
# the format has them, and none has complex128.
_DTYPES = {
    "BOOL": "bool",
    "I8": "int8",
    "I16": "int16",
    "I32": "int32",
    "I64": "int64",
    "U8": "uint8",
    "U16": "uint16",
    "U32": "uint32",
    "U64": "uint64",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
}
_COMPLEX = ("complex64", "complex128")

_LISTED = 10


@runtime_checkable
class _Shared(Protocol):
    """A variable with a name and a value, such as Theano's shared variables."""

    @property
    def name(self) -> str | None: ...

    def get_value(self) -> Any: ...

    def set_value(self, value: Any, /) -> None: ...


@runtime_checkable
class _Function(Protocol):
    """A compiled function that knows its shared variables."""

    def get_shared(self) -> list[Any]: ...


def save(path: str | os.PathLike[str], state: Any) -> None:
    """Write a state to a safetensors file.

    At every moment the path holds the old file or the new one, whole, even if the process is
    killed or the power fails: the new file is written beside the old one, brought to the disk,
    and only then renamed. What a killed save leaves (``.NAME.*.tmp``) the next save to the same
    path removes; one that is still being written, by another thread or process, stays. A new file
    has the permissions of any new file, a replaced one those it had. A link is followed. This
    needs a POSIX system: it locks files with ``fcntl``.

    The names in the file are those of the shared variables, or the places in the pytree:
    ``params.layers.0.weight``. Complex numbers are stored as pairs along a new last axis, and
    typed keys of ``jax.random`` as their data; the file's metadata says so, and holds a checksum.

    Args:
        path: where to write.
        state: a pytree of arrays, numbers and typed keys, such as the params or the ``state``
            that `jaxlearn.train` returns; or a list, tuple or set of shared variables; or a
            compiled function, which stands for all its shared variables. Arrays may be of any
            dtype of bool, integers, float16, bfloat16, float32, float64, complex64 and
            complex128, and may lie on several devices of this process.

    Raises:
        TypeError: something that is not numbers; the message says where.
        ValueError: a shared variable without a name, two things of one name, an array of which
            this process holds only a part.
        OSError: the file cannot be written; the old one stays.

    Example:
        >>> import os, tempfile
        >>> import numpy as np
        >>> params = {"weight": np.array([1.5, 2.5]), "bias": np.array(0.5)}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "params.safetensors")
        ...     save(path, params)
        ...     load(path, like=params)
        {'bias': array(0.5), 'weight': array([1.5, 2.5])}
    """
    shared = _shared_variables("state", state)
    if shared is None:
        leaves = _named_leaves("state", state)
    else:
        leaves = {name: _value_of(variable) for name, variable in shared.items()}
    _write(os.fsdecode(path), _to_bytes(leaves))


def load(path: str | os.PathLike[str], like: Any = None) -> Any:
    """Read a safetensors file, and return or set the state in it.

    Nothing is converted: every name, shape and dtype must be as ``like`` has it. Files of other
    tools load as well, if they fit. A file that `save` wrote is checked against its checksum.

    Args:
        path: the file.
        like: what the state looks like. A pytree with arrays, numbers or `jax.ShapeDtypeStruct`
            as leaves; or shared variables, or a compiled function, as for `save`: their values
            are set, all of them or, after an error, none.

    Returns:
        For a pytree, one of the same structure with NumPy arrays, which keep 64 bits whatever JAX
        is set to; where ``like`` has a Python number or a typed key, so has the result. For shared
        variables and functions, ``like`` itself. Without ``like``, a dict of all that is in the
        file by name: NumPy arrays, and typed keys.

    Raises:
        ValueError: the file is damaged, or no safetensors file; or it does not fit: the message
            lists names that are missing or too many, and shapes and dtypes that differ.
        TypeError: there is something in ``like`` that is not numbers.
        OSError: the file is not there, or cannot be read.

    Example:
        >>> import os, tempfile
        >>> import numpy as np
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "state.safetensors")
        ...     save(path, {"layers": [np.float32([1, 2]), np.float32([3])], "steps": 10})
        ...     load(path, {"layers": [np.zeros(2, "float32"), np.zeros(1, "float32")], "steps": 0})
        ...     load(path)["layers.1"]
        {'layers': [array([1., 2.], dtype=float32), array([3.], dtype=float32)], 'steps': 10}
        array([3.], dtype=float32)
    """
    path = os.fsdecode(path)
    shared = None if like is None else _shared_variables("like", like)
    found = _read(path)
    if like is None:
        return found
    if shared is not None:
        values = {name: _value_of(variable) for name, variable in shared.items()}
        _check_fit(path, found, values)
        _set_all(shared, values, found)
        return like
    leaves = _named_leaves("like", like)
    _check_fit(path, found, leaves)
    restored = [_as_in(leaf, found[name]) for name, leaf in leaves.items()]
    return jax.tree.unflatten(jax.tree.structure(like), restored)


def _shared_variables(argument: str, state: Any) -> dict[str, _Shared] | None:
    """Return the shared variables that stand for a state, by name; None if it is a pytree."""
    if isinstance(state, _Function):
        given = state.get_shared()
    elif isinstance(state, (list, tuple, set, frozenset)) and any(
        isinstance(element, _Shared) for element in state
    ):
        given = list(state)
    else:
        return None
    # Two functions may have variables in common.
    variables = list({id(variable): variable for variable in given}.values())
    named: dict[str, _Shared] = {}
    for i, variable in enumerate(variables):
        if not isinstance(variable, _Shared):
            raise TypeError(
                f"{argument}: got {type(variable).__name__} among shared variables; "
                "wanted shared variables only, or none"
            )
        if not variable.name:
            raise ValueError(
                f"{argument}: shared variable {i} ({variable}, {_describe(_value_of(variable))}) "
                "has no name; set its .name, by which the file knows it"
            )
        if variable.name in named:
            raise ValueError(
                f"{argument}: two shared variables are named {variable.name!r}; "
                "set their .name to different ones"
            )
        named[variable.name] = variable
    return named


def _value_of(variable: _Shared) -> Any:
    """Return the value of a shared variable; of a generator of random numbers, its words."""
    value = variable.get_value()
    if isinstance(value, np.random.RandomState):
        return variable.get_value(return_internal_type=True)  # type: ignore[call-arg]
    return value


def _named_leaves(argument: str, tree: Any) -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        name = jax.tree_util.keystr(path, simple=True, separator=".") or "state"
        if name in leaves:
            raise ValueError(
                f"{argument}: two leaves would be named {name!r} in the file; "
                "use dict keys without a dot"
            )
        if isinstance(leaf, _Shared):
            raise TypeError(
                f"{argument}: {name} is a shared variable; give a list of shared variables, "
                "which are known by their names"
            )
        leaves[name] = leaf
    return leaves


def _to_bytes(leaves: dict[str, Any]) -> bytes:
    from safetensors.numpy import save

    arrays: dict[str, NDArray[Any]] = {}
    encodings: dict[str, str] = {}
    for name, leaf in leaves.items():
        if name == "__metadata__":
            raise ValueError("state: safetensors keeps the name '__metadata__' for itself")
        arrays[name], encoding = _to_plain(name, leaf)
        if encoding is not None:
            encodings[name] = encoding
    text = json.dumps(encodings)
    values = (_VERSION, text, _checksum(arrays, text))
    return save(arrays, dict(zip(_METADATA, values, strict=True)))


def _to_plain(name: str, leaf: Any) -> tuple[NDArray[Any], str | None]:
    """Return a leaf as an array that the format has, and how to make the leaf of it again."""
    if isinstance(leaf, jax.Array):
        _check_here(name, leaf)
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            data = np.asarray(jax.random.key_data(leaf), order="C")
            return data, f"key {jax.random.key_impl(leaf)}"
    elif not isinstance(leaf, (np.ndarray, np.generic, bool, int, float, complex)):
        raise TypeError(
            f"state: {name} is of type {type(leaf).__name__}; wanted an array or a number"
        )
    # safetensors 0.8 writes wrong numbers, without a word, for an array that is not contiguous.
    array = np.asarray(leaf, order="C")
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.name in _COMPLEX:
        return np.stack((array.real, array.imag), axis=-1), "complex"
    if array.dtype.name not in _DTYPES.values():
        raise TypeError(
            f"state: {name} has dtype {array.dtype}; "
            f"wanted one of {', '.join((*_DTYPES.values(), *_COMPLEX))}"
        )
    return array, None


def _check_here(name: str, array: jax.Array) -> None:
    if isinstance(array, jax.core.Tracer):
        raise TypeError(f"state: {name} is being traced; save outside of compiled functions")
    if array.is_deleted():
        raise ValueError(
            f"state: {name} was given to a call that took over its memory; "
            "save the state that the call returned"
        )
    if not (array.is_fully_addressable or array.is_fully_replicated):
        raise ValueError(
            f"state: {name} lies in part with other processes; gather it first, with "
            "jax.experimental.multihost_utils.process_allgather(state, tiled=True)"
        )


def _checksum(arrays: dict[str, NDArray[Any]], encodings: str) -> str:
    """Return a checksum of names, dtypes, shapes and data."""
    total = zlib.crc32(encodings.encode())
    for name in sorted(arrays):
        total = zlib.crc32(f"{name} {_describe(arrays[name])}".encode(), total)
        total = zlib.crc32(arrays[name].reshape(-1).view(np.uint8).data, total)
    return f"{total:08x}"


def _read(path: str) -> dict[str, Any]:
    from safetensors import SafetensorError, deserialize

    with open(path, "rb") as file:
        content = file.read()
    try:
        tensors = deserialize(content)
    except SafetensorError as error:
        raise ValueError(
            f"load: {path} is not a safetensors file, or is damaged ({error}); give a file that "
            "jaxlearn.save wrote, or another tool in this format"
        ) from None
    arrays = {name: _array(path, name, tensor) for name, tensor in sorted(dict(tensors).items())}
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    metadata: dict[str, str] = header.get("__metadata__") or {}
    if not metadata.keys() & set(_METADATA):
        return arrays
    # A damaged key must not make the file look like one of another tool.
    version, encodings, checksum = (metadata.get(key, "") for key in _METADATA)
    if version not in ("", _VERSION):
        raise ValueError(
            f"load: {path} is of format version {version}, and this jaxlearn reads {_VERSION}; "
            "use a newer jaxlearn"
        )
    if not version or checksum != _checksum(arrays, encodings):
        raise ValueError(
            f"load: {path} is damaged, or was changed by another tool: what is in it does not "
            "match its checksum; use another copy"
        )
    decoders = json.loads(encodings)
    return {name: _from_plain(name, array, decoders.get(name)) for name, array in arrays.items()}


def _array(path: str, name: str, tensor: dict[str, Any]) -> NDArray[Any]:
    if tensor["dtype"] not in _DTYPES:
        raise ValueError(
            f"load: {name} in {path} has dtype {tensor['dtype']}; "
            f"wanted one of {', '.join(_DTYPES.values())}"
        )
    flat = np.frombuffer(tensor["data"], np.dtype(_DTYPES[tensor["dtype"]]))
    return flat.reshape(tensor["shape"])


def _from_plain(name: str, array: NDArray[Any], encoding: str | None) -> Any:
    if encoding is None:
        return array
    if encoding == "complex":
        return array.view(np.result_type(array, np.complex64)).reshape(array.shape[:-1])
    implementation = encoding.removeprefix("key ")
    try:
        return jax.random.wrap_key_data(jnp.asarray(array), impl=implementation)
    except ValueError as error:
        raise ValueError(f"load: {name} is a key that this JAX does not know: {error}") from None


def _check_fit(path: str, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    problems = []
    for name, leaf in wanted.items():
        description = _describe(leaf)
        if description is None:
            raise TypeError(
                f"like: {name} is of type {type(leaf).__name__}; "
                "wanted an array, a number or jax.ShapeDtypeStruct"
            )
        if name not in found:
            problems.append(f"{name}: not in the file, wanted {description}")
        elif _describe(found[name]) != description:
            problems.append(f"{name}: {_describe(found[name])} in the file, wanted {description}")
    problems += [f"{name}: in the file, not in `like`" for name in found if name not in wanted]
    if problems:
        more = [f"and {len(problems) - _LISTED} more"] if len(problems) > _LISTED else []
        raise ValueError(
            "\n  ".join(
                [
                    f"load: {path} does not fit `like`; nothing was changed:",
                    *problems[:_LISTED],
                    *more,
                ]
            )
            + "\nload(path) without `like` returns all that is in the file"
        )


def _describe(leaf: Any) -> str | None:
    """Return dtype and shape as text; None for what has none."""
    if isinstance(leaf, (bool, int, float, complex)):
        leaf = np.asarray(leaf)
    if not (hasattr(leaf, "dtype") and hasattr(leaf, "shape")):
        return None
    return f"{leaf.dtype.name}{list(leaf.shape)}"


def _as_in(like: Any, value: Any) -> Any:
    is_python = isinstance(like, (bool, int, float, complex)) and not isinstance(like, np.generic)
    return type(like)(value.item()) if is_python else value


def _set_all(
    variables: dict[str, _Shared], old: dict[str, Any], new: dict[str, NDArray[Any]]
) -> None:
    try:
        for name, variable in variables.items():
            variable.set_value(new[name])
    except BaseException:
        for name, variable in variables.items():
            variable.set_value(old[name])
        raise


def _write(path: str, content: bytes) -> None:
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    mode = _kept_mode(target)
    _remove_leftovers(folder, name)
    try:
        with _temporary_file(folder, name) as temporary:
            if mode is not None:
                os.chmod(temporary, mode)
            with open(temporary, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        _sync_folder(folder)
    except OSError as error:
        # The system names the temporary file, or none.
        raise OSError(error.errno, error.strerror, path) from error


def _kept_mode(path: str) -> int | None:
    """Return the permissions of the file to replace; None if there is none."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "Not a regular file", path)
    # A rename would replace a file that its owner has protected.
    if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(errno.EACCES, "The file is read-only", path)
    return stat.S_IMODE(mode)


@contextlib.contextmanager
def _temporary_file(folder: str, name: str) -> Iterator[str]:
    """Make a file in a folder that no other save touches, and remove it unless it was renamed."""
    while True:
        temporary = os.path.join(folder, f".{name}.{secrets.token_hex(8)}.tmp")
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
        try:
            _lock(descriptor, wait=True)
            # Another save may have removed it before it was locked.
            if os.path.exists(temporary):
                yield temporary
                return
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            os.close(descriptor)


def _remove_leftovers(folder: str, name: str) -> None:
    """Remove the temporary files of saves that were killed.

    Who writes one holds a lock on it, which the system takes back when the process ends.
    """
    pattern = re.compile(rf"\.{re.escape(name)}\.[0-9a-f]{{16}}\.tmp")
    for entry in filter(pattern.fullmatch, os.listdir(folder)):
        leftover = os.path.join(folder, entry)
        # It may be gone by now, or belong to another user.
        with contextlib.suppress(OSError):
            descriptor = os.open(leftover, os.O_RDWR)
            try:
                if _lock(descriptor, wait=False):
                    os.unlink(leftover)
            finally:
                os.close(descriptor)


def _lock(descriptor: int, wait: bool) -> bool:
    """Lock a file until it is closed; return whether it could be done."""
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sync_folder(folder: str) -> None:
    # Without this a power failure may undo the renaming.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
