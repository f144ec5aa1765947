"""A compiled function on the devices of a mesh: what lies where, and the step that keeps it there.

JAX does all of it: arrays are put on the mesh as their specs say, and XLA splits the program and
adds what the devices must tell one another. So the numbers are those of one device, up to the
rounding of sums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jax import lax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jaxlearn.devices import check_entries, mesh_for_any_program, uneven_axis
from jaxlearn.symbolic.errors import made_at
from jaxlearn.symbolic.graph import Apply, Op, Variable
from jaxlearn.symbolic.variables import as_tensor_variable

__all__ = ["Placement", "ShardedStep", "Spread"]


class Placement:
    """Where the arrays of a function lie on a mesh.

    Args:
        mesh: the devices.
        specs: the specs of inputs and shared variables that are not laid out by default: inputs
            are spread by rows over the mesh's first axis, shared variables are whole on each
            device.

    Raises:
        TypeError: the mesh is no ``jax.sharding.Mesh``, or a spec no ``PartitionSpec``.
        ValueError: a spec does not fit its variable or the mesh.

    Example:
        >>> import jaxlearn.theano.tensor as T
        >>> placement = Placement(jax.make_mesh((1,), ("data",)), {})
        >>> placement.spec_of_input(T.dmatrix()) == PartitionSpec("data")
        True
    """

    def __init__(self, mesh: Any, specs: Mapping[Any, Any]) -> None:
        self.mesh = mesh_for_any_program(mesh)
        for variable, spec in specs.items():
            _check_spec(self.mesh, variable, spec)
        self.rows_axis = mesh.axis_names[0]
        self._specs = dict(specs)

    def spec_of_input(self, variable: Variable) -> PartitionSpec:
        """Return how an input is spread: as its spec says, else by rows."""
        flags = variable.type.broadcastable
        by_rows = PartitionSpec(self.rows_axis) if flags and not flags[0] else PartitionSpec()
        spec: PartitionSpec = self._specs.get(variable, by_rows)
        return spec

    def input(self, variable: Variable, value: Any) -> jax.Array:
        """Return the value of an input on the mesh."""
        return self._put(variable, value, self.spec_of_input(variable))

    def rows(self, variable: Variable, values: Any) -> jax.Array:
        """Return the values of an input for many calls, stacked, on the mesh."""
        spec = PartitionSpec(None, *self.spec_of_input(variable))
        return self._put(variable, values, spec)

    def variable(self, variable: Any) -> jax.Array:
        """Return the value of a shared variable on the mesh."""
        spec = self._specs.get(variable, PartitionSpec())
        variable.stored = self._put(variable, variable.stored, spec)
        placed: jax.Array = variable.stored
        return placed

    def sharding(self, variable: Any) -> NamedSharding:
        """Return how a shared variable is spread."""
        return NamedSharding(self.mesh, self._specs.get(variable, PartitionSpec()))

    def _put(self, variable: Variable, value: Any, spec: PartitionSpec) -> jax.Array:
        sharding = NamedSharding(self.mesh, spec)
        if isinstance(value, jax.Array) and value.sharding == sharding:
            same: jax.Array = value
            return same
        _check_lengths(self.mesh, variable, value.shape, spec)
        if isinstance(value, jax.Array) and not value.is_fully_addressable:
            moved: jax.Array = jax.device_put(value, sharding)
            return moved
        # Every process has the whole; its devices take their part.
        whole = np.array(value)
        return jax.make_array_from_callback(whole.shape, sharding, lambda index: whole[index])


def _check_spec(mesh: Mesh, variable: Any, spec: Any) -> None:
    if not isinstance(spec, PartitionSpec):
        raise TypeError(
            f"shardings: got {spec!r} for {variable}, wanted a jax.sharding.PartitionSpec"
        )
    given = f"shardings: {spec} for {variable} of {variable.type!r}"
    check_entries(given, spec, variable.type.ndim, mesh)


def _check_lengths(
    mesh: Mesh, variable: Variable, shape: Sequence[int], spec: PartitionSpec
) -> None:
    axis, parts = uneven_axis(shape, spec, mesh)
    if axis is not None:
        raise ValueError(
            f"{variable} of shape {tuple(shape)} does not divide evenly along axis {axis} "
            f"among {parts} devices; pad it, or let every device have it whole: "
            f"shardings={{{variable}: PartitionSpec()}}{made_at(variable.line)}"
        )


class Spread(Op):
    """The same array, spread over the devices of a mesh.

    Args:
        mesh: the devices.
        spec: how it is spread.
        must: whether it is an error if it does not divide evenly; else it stays as it is then.
    """

    linear = True

    parameters = ("mesh", "spec", "must")

    def __init__(self, mesh: Mesh, spec: PartitionSpec, must: bool) -> None:
        self.mesh = mesh
        self.spec = spec
        self.must = must

    def __str__(self) -> str:
        return f"Spread{{{', '.join(map(str, self.spec))}}}"

    def make_node(self, *inputs: Any) -> Apply:
        """Tell the type: the array's."""
        (x,) = map(as_tensor_variable, inputs)
        return Apply.of_types(self, [x], [x.type])

    def bind(self, lowering: Any, node: Apply, values: Sequence[Any]) -> Callable[..., Any]:
        """Return the constraint, if the array divides evenly."""
        (x,) = values
        if self.must:
            _check_lengths(self.mesh, node.inputs[0], x.shape, self.spec)
        divides = uneven_axis(x.shape, self.spec, self.mesh) == (None, None)
        return self.function if divides else lambda x: x

    def function(self, x: Any) -> Any:
        """Tell XLA how the array is spread."""
        return lax.with_sharding_constraint(x, NamedSharding(self.mesh, self.spec))

    def source(self, node: Apply, inputs: Sequence[str], writer: Any) -> str:
        """Write the array itself: a module of plain JAX is for any devices."""
        return inputs[0]


class ShardedStep:
    """A compiled step for arrays of one set of shapes, on a mesh.

    Arguments as for `packing.PackedStep`, and the place of everything.

    Attributes:
        quick: None; there is no quicker form.
    """

    quick = None

    def __init__(
        self,
        function: Callable[..., Any],
        state: Sequence[Any],
        inputs: Sequence[Variable],
        read: Sequence[Any],
        failed: Callable[[np.ndarray], Any],
        placement: Placement,
    ) -> None:
        self._state = state
        self._inputs = inputs
        self._read = read
        self._failed = failed
        self._placement = placement
        whole = NamedSharding(placement.mesh, PartitionSpec())
        kept = tuple(placement.sharding(variable) for variable in state)
        self._run = jax.jit(function, out_shardings=(whole, kept, whole))

    def lowered(self, inputs: Sequence[Any]) -> Any:
        """Return the step lowered for some inputs, whose compiled text can be read."""
        return self._run.lower(*self._arguments(inputs))

    def __call__(self, inputs: Sequence[Any]) -> list[np.ndarray]:
        """Run the step: replace the variables' values, return the outputs."""
        outputs, state, flags = self._run(*self._arguments(inputs))
        held = np.asarray(flags)
        if not held.all():
            self._failed(held)
        results = [np.array(output) for output in outputs]
        jax.block_until_ready(state)
        for variable, new in zip(self._state, state, strict=True):
            variable.stored = new
        return results

    def _arguments(self, inputs: Sequence[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        place = self._placement
        known = len(self._inputs)
        given = [
            *(place.input(v, value) for v, value in zip(self._inputs, inputs, strict=False)),
            *inputs[known:],
        ]
        state = tuple([place.variable(variable) for variable in self._state])
        return state, (*given, *[place.variable(variable) for variable in self._read])
