"""Training on several devices, of one process or of many.

JAX does all of it. `jaxlearn.train` takes a ``jax.sharding.Mesh``, an array of devices whose axes
have names: the rows of the data are spread over the mesh's first axis, and each device holds all
params, or the part of them that ``params_spec`` gives it. The program stays the same; XLA splits it
and adds the sums over devices that it needs. So any loss is right, and the numbers are those of
one device, up to the rounding of sums.

On one host, whose GPUs JAX finds by itself::

    mesh = jax.make_mesh((jax.device_count(),), ("data",))
    result = jaxlearn.train(loss, params, data, steps, optimizer, mesh=mesh)

``result.params`` are JAX arrays on these devices. ``np.asarray``, pickle, ``float`` and models take
them as any others.

On several hosts, or in several processes, every process runs the same program, and it begins with::

    jax.distributed.initialize("host0:1234", 2, process, heartbeat_timeout_seconds=10)

where ``process`` is 0 on the first and 1 on the second. From there on ``jax.devices()`` are the
devices of all processes. Each process gives `jaxlearn.train` the same arguments, all of the data
among them, and its devices take their part. Each gets the whole result.

When a process is lost, the training of the others ends, too, within ``heartbeat_timeout_seconds``,
which JAX sets to 100 by default. If the broken connection is noticed first, it ends by an
exception. If the silence is noticed first, JAX ends the process and writes why: ``The following
tasks are unhealthy`` and the lost process's number, or, if process 0 is gone, ``the leader task was
preempted/died``. So save the state now and then: train in parts, and give `jaxlearn.save`
``result.state`` after each, in one of the processes. Then start all of them again, and go on from
what `jaxlearn.load` returns.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec
from numpy.typing import NDArray

__all__ = [
    "Layout",
    "check_entries",
    "divisors_around",
    "gather",
    "mesh_for_any_program",
    "uneven_axis",
]

Tree = TypeVar("Tree")


def gather(tree: Tree) -> Tree:
    """Return a tree with NumPy arrays, whole, in place of JAX's, wherever their parts lie.

    ``np.asarray`` and pickle do by themselves for arrays of this process's devices, and for arrays
    that each device holds whole. This is for params that ``params_spec`` spread over the devices of
    several processes: every process must call it, because each sends its part to the others. Keys
    of ``jax.random`` stay as they are.

    Example:
        >>> import jax.numpy as jnp
        >>> gather({"weight": jnp.array([1.0, 2.0])})
        {'weight': array([1., 2.], dtype=float32)}
    """
    whole: Tree = jax.tree.map(_gather_leaf, tree)
    return whole


def is_within_reach(leaf: Any) -> bool:
    """Say whether this process can read the whole array without the other processes.

    Example:
        >>> is_within_reach(np.zeros(3))
        True
    """
    return not isinstance(leaf, jax.Array) or leaf.is_fully_addressable or leaf.is_fully_replicated


def divisors_around(rows: int, parts: int) -> list[int]:
    """Return the next numbers of equal parts, below and above a number, that rows can be cut in.

    Example:
        >>> divisors_around(100, 8), divisors_around(7, 3), divisors_around(3, 8)
        ([5, 10], [1, 7], [3])
    """
    divisors = [number for number in range(1, rows + 1) if rows % number == 0]
    below = [number for number in divisors if number <= parts]
    above = [number for number in divisors if number >= parts]
    return sorted({*below[-1:], *above[:1]})


def mesh_for_any_program(mesh: Any) -> Mesh:
    """Return a mesh of the same devices and names, whose axes have the type ``Auto``.

    An explicit axis, which ``jax.make_mesh`` makes in newer versions, would ask every operation of
    a program to say how its results are spread.

    Raises:
        TypeError: it is no ``jax.sharding.Mesh``.

    Example:
        >>> mesh = mesh_for_any_program(jax.make_mesh((1,), ("data",)))
        >>> mesh.axis_types == (AxisType.Auto,)
        True
    """
    if not isinstance(mesh, Mesh):
        raise TypeError(
            f"mesh: got {mesh!r}, wanted a jax.sharding.Mesh, such as "
            'jax.make_mesh((jax.device_count(),), ("data",))'
        )
    kinds = (AxisType.Auto,) * len(mesh.axis_names)
    return Mesh(mesh.devices, mesh.axis_names, axis_types=kinds)


def check_entries(given: str, spec: PartitionSpec, rank: int, mesh: Mesh) -> None:
    """Check that an array may have a spec, whatever its lengths.

    Args:
        given: the start of a message: which spec was given for what.
        spec: how the array is to be spread.
        rank: how many axes the array has.
        mesh: the devices.

    Raises:
        ValueError: the spec has more entries than the array has axes, or the mesh has no axis of a
            name in it.

    Example:
        >>> mesh = jax.make_mesh((1,), ("data",))
        >>> check_entries("weight", PartitionSpec(None, "data"), 2, mesh)
        >>> check_entries("weight", PartitionSpec("rows"), 2, mesh)
        Traceback (most recent call last):
        ValueError: weight: the mesh has no axis 'rows', it has 'data'
    """
    if len(spec) > rank:
        raise ValueError(f"{given}: wanted no more entries than it has axes")
    for unknown in {name for entry in spec for name in _names(entry)} - set(mesh.axis_names):
        raise ValueError(
            f"{given}: the mesh has no axis {unknown!r}, it has "
            f"{', '.join(map(repr, mesh.axis_names))}"
        )


def uneven_axis(
    shape: Sequence[int], spec: PartitionSpec, mesh: Mesh
) -> tuple[int, int] | tuple[None, None]:
    """Return the first axis that the devices cannot share evenly, and how many devices they are.

    Example:
        >>> uneven_axis((3, 4), PartitionSpec("data"), jax.make_mesh((1,), ("data",)))
        (None, None)
    """
    for axis, (length, entry) in enumerate(zip(shape, spec, strict=False)):
        parts = math.prod(mesh.shape[name] for name in _names(entry))
        if length % parts:
            return axis, parts
    return None, None


def _names(entry: Any) -> tuple[Any, ...]:
    return entry if isinstance(entry, tuple) else () if entry is None else (entry,)


class Layout:
    """How the arrays of a training are spread over the devices of a mesh.

    Args:
        mesh: the devices. The rows of data are spread over its first axis. All arrays lie on a
            mesh of the same devices and names, whose axes have the type ``Auto``.
        params_spec: a ``jax.sharding.PartitionSpec`` for all params, or a pytree of them whose
            leaves stand for the params below them; None, there or in the tree, is for params that
            each device holds whole. The optimizer's arrays of a param's shape follow that param.

    Raises:
        TypeError: the mesh is no ``Mesh``, or the specs are no ``PartitionSpec``.

    Example:
        >>> layout = Layout(jax.make_mesh((1,), ("data",)))
        >>> x, target = layout.place_data((np.zeros((6, 2)), np.zeros(6)))
        >>> x.sharding.spec == PartitionSpec("data")
        True
    """

    def __init__(self, mesh: Any, params_spec: Any = None) -> None:
        self.mesh = mesh_for_any_program(mesh)
        for leaf in jax.tree.leaves(params_spec, is_leaf=_is_spec):
            if not _is_spec(leaf):
                raise TypeError(
                    f"params_spec: got {leaf!r}, wanted a jax.sharding.PartitionSpec, or None"
                )
        self._params_spec = params_spec
        self._rows_axis = mesh.axis_names[0]
        self._whole = NamedSharding(self.mesh, PartitionSpec())
        self._rows = NamedSharding(self.mesh, PartitionSpec(self._rows_axis))
        processes = {device.process_index for device in mesh.devices.flat}
        self.spans_processes = len(processes) > 1
        self._specs: dict[str, tuple[tuple[int, ...], PartitionSpec]] = {}

    def place_data(self, data: Any, batch_size: int | None = None) -> Any:
        """Spread the rows over the devices; minibatches are drawn from rows that each has whole.

        Raises:
            ValueError: rows, or a batch size, that the devices cannot share evenly; data that
                differ between the processes.

        Example:
            >>> layout = Layout(jax.make_mesh((1,), ("data",)))
            >>> layout.place_data((np.zeros(6),), batch_size=2)[0].sharding.spec == PartitionSpec()
            True
        """
        self._check_rows(data, batch_size)
        sharding = self._rows if batch_size is None else self._whole
        return jax.tree_util.tree_map_with_path(
            lambda path, leaf: self._place(f"data{jax.tree_util.keystr(path)}", leaf, sharding),
            data,
        )

    def place_params(self, params: Any) -> Any:
        """Put each param on the devices as its spec says, and remember it for `place_state`.

        Raises:
            ValueError: specs that do not fit the params, or params that differ between the
                processes.

        Example:
            >>> layout = Layout(jax.make_mesh((1,), ("data",)), PartitionSpec("data"))
            >>> params = layout.place_params({"weight": np.zeros(3)})
            >>> params["weight"].sharding.spec == PartitionSpec("data")
            True
        """
        leaves = jax.tree_util.tree_leaves_with_path(params)
        for (path, leaf), spec in zip(leaves, self._spec_of_each(params), strict=True):
            name = jax.tree_util.keystr(path)
            self._check_spec(f"params{name}", leaf.shape, spec)
            self._specs[name] = leaf.shape, spec
        return self._place_tree("params", params)

    def place_state(self, name: str, state: Any) -> Any:
        """Put a state on the devices, arrays that belong to a param as `place_params` put that one.

        They belong to it if their path ends with the param's path, and their shape is the param's.

        Raises:
            ValueError: states that differ between the processes; the message has the name.

        Example:
            >>> layout = Layout(jax.make_mesh((1,), ("data",)), PartitionSpec("data"))
            >>> params = layout.place_params({"weight": np.zeros(3)})
            >>> state = layout.place_state("momentum", ({"weight": np.zeros(3)}, np.int32(0)))
            >>> state[0]["weight"].sharding.spec == PartitionSpec("data")
            True
        """
        return self._place_tree(name, state)

    def constrain_batch(self, batch: Any) -> Any:
        """Within a program: spread the rows of a batch over the devices.

        Example:
            >>> layout = Layout(jax.make_mesh((1,), ("data",)))
            >>> jax.jit(layout.constrain_batch)(jnp.ones(2)).tolist()
            [1.0, 1.0]
        """
        return jax.lax.with_sharding_constraint(batch, self._rows)

    def constrain_state(self, state: Any) -> Any:
        """Within a program: keep a state where `place_state` put it, so that it fits the next call.

        Example:
            >>> layout = Layout(jax.make_mesh((1,), ("data",)))
            >>> jax.jit(layout.constrain_state)(jnp.ones(2)).tolist()
            [1.0, 1.0]
        """
        return jax.tree_util.tree_map_with_path(
            lambda path, leaf: jax.lax.with_sharding_constraint(leaf, self._sharding(path, leaf)),
            state,
        )

    def agree(self, seconds: float) -> float:
        """Return the longest of the processes' times: all must make the same number of steps.

        Example:
            >>> Layout(jax.make_mesh((1,), ("data",))).agree(0.5)
            0.5
        """
        if not self.spans_processes:
            return seconds
        each = NamedSharding(self.mesh, PartitionSpec(self.mesh.axis_names))
        times = jax.make_array_from_callback(
            (self.mesh.size,), each, lambda _: np.array([seconds], np.float32)
        )
        return float(jnp.max(times))

    @contextlib.contextmanager
    def explaining(self) -> Iterator[None]:
        """Add to an error from the devices what to do if it comes from a process that is gone.

        Example:
            >>> with Layout(jax.make_mesh((1,), ("data",))).explaining():
            ...     total = jnp.sum(jnp.arange(3))
        """
        try:
            yield
        except jax.errors.JaxRuntimeError as error:
            if self.spans_processes:
                error.add_note(
                    f"train: this is process {jax.process_index()} of {jax.process_count()}, whose "
                    "devices train together. If the connection to another one broke, that one is "
                    "gone or cannot be reached: start all of them again, and go on from the last "
                    "saved state"
                )
            raise

    def check_same(self, name: str, value: NDArray[Any]) -> None:
        """Refuse a value that differs between the processes.

        Raises:
            ValueError: it differs.

        Example:
            >>> Layout(jax.make_mesh((1,), ("data",))).check_same("steps", np.array(3))
        """
        if not self.spans_processes:
            return
        content = f"{value.dtype} {value.shape} ".encode() + value.tobytes()
        digest = np.frombuffer(hashlib.blake2b(content).digest(), np.uint8)
        try:
            # JAX compares what it is told to replicate; of the value itself it would send all.
            jax.device_put(digest, self._whole)
        except AssertionError:
            raise ValueError(
                f"{name}: process {jax.process_index()} of {jax.process_count()} was given other "
                "values than another process; give every process the same (all of the data, too: "
                "its devices take their part), and draw first params from the same seed"
            ) from None

    def _check_rows(self, data: Any, batch_size: int | None) -> None:
        devices = self.mesh.shape[self._rows_axis]
        axis = f"the {devices} devices of the mesh's axis {self._rows_axis!r}"
        if batch_size is not None:
            if batch_size % devices:
                below = batch_size - batch_size % devices
                choices = f"{below} or {below + devices}" if below else f"{devices}"
                raise ValueError(
                    f"batch_size: {batch_size} rows do not divide evenly among {axis}; "
                    f"take {choices}"
                )
            return
        for path, leaf in jax.tree_util.tree_leaves_with_path(data):
            rows = leaf.shape[0]
            if rows % devices:
                choices = " or ".join(map(str, divisors_around(rows, devices)))
                cut = f", or leave out the last {rows % devices} rows" if rows > devices else ""
                raise ValueError(
                    f"data{jax.tree_util.keystr(path)}: {rows} rows do not divide evenly among "
                    f"{axis}; use a mesh with {choices} along that axis{cut}"
                )

    def _place_tree(self, name: str, tree: Any) -> Any:
        return jax.tree_util.tree_map_with_path(
            lambda path, leaf: self._place(
                f"{name}{jax.tree_util.keystr(path)}", leaf, self._sharding(path, leaf)
            ),
            tree,
        )

    def _place(self, name: str, leaf: Any, sharding: NamedSharding) -> Any:
        is_spread = isinstance(leaf, jax.Array) and not leaf.is_fully_addressable
        if is_spread or not self.spans_processes:
            return _put(leaf, sharding)
        if _is_key(leaf):
            return _map_key(lambda numbers: self._place(name, numbers, sharding), leaf)
        host = np.asarray(leaf)
        self.check_same(name, host)
        return jax.make_array_from_callback(host.shape, sharding, lambda index: host[index])

    def _sharding(self, path: tuple[Any, ...], leaf: Any) -> NamedSharding:
        """Return a param's own sharding for the param, and for arrays that are named like it."""
        for start in range(len(path) + 1):
            shape, spec = self._specs.get(jax.tree_util.keystr(path[start:]), (None, None))
            if spec is not None and shape == jnp.shape(leaf):
                return NamedSharding(self.mesh, spec)
        return self._whole

    def _spec_of_each(self, params: Any) -> list[PartitionSpec]:
        specs: list[PartitionSpec] = []

        def repeat_below(spec: PartitionSpec | None, below: Any) -> None:
            specs.extend([spec or PartitionSpec()] * len(jax.tree.leaves(below)))

        try:
            jax.tree.map(repeat_below, self._params_spec, params, is_leaf=_is_spec)
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"params_spec: does not fit the params: {error}; wanted one PartitionSpec, or a "
                "tree of them like the params'"
            ) from None
        return specs

    def _check_spec(self, name: str, shape: tuple[int, ...], spec: PartitionSpec) -> None:
        given = f"params_spec: {spec} for {name} of shape {shape}"
        check_entries(given, spec, len(shape), self.mesh)
        axis, parts = uneven_axis(shape, spec, self.mesh)
        if axis is not None:
            raise ValueError(
                f"{given}: its axis {axis} does not divide evenly among {parts} devices; "
                "leave it whole with None"
            )


def _is_spec(leaf: Any) -> bool:
    return leaf is None or isinstance(leaf, PartitionSpec)


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _map_key(function: Callable[[Any], Any], key: jax.Array) -> jax.Array:
    numbers = function(jax.random.key_data(key))
    moved: jax.Array = jax.random.wrap_key_data(numbers, impl=jax.random.key_impl(key))
    return moved


def _put(leaf: Any, sharding: NamedSharding) -> Any:
    if _is_key(leaf):  # JAX does not put them on the devices of other processes
        return _map_key(lambda numbers: _put(numbers, sharding), leaf)
    if isinstance(leaf, jax.Array) and leaf.sharding == sharding:
        return leaf
    # A copy: the caller may overwrite a NumPy array.
    return jax.device_put(leaf, sharding, may_alias=False)


def _gather_leaf(leaf: Any) -> Any:
    if not isinstance(leaf, jax.Array) or _is_key(leaf):
        return leaf
    if not is_within_reach(leaf) and isinstance(leaf.sharding, NamedSharding):
        leaf = _put(leaf, NamedSharding(leaf.sharding.mesh, PartitionSpec()))
    return np.asarray(leaf)
