"""Settings of the whole process that make small steps faster on a CPU.

None of them can be set for one function or one block of code, so a library must leave them alone.
A program may set them for itself, before JAX starts; the commands of jaxlearn do.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

import jax

__all__ = ["SETTINGS", "tune_process"]

_SMALL_LOOP_OPTION = "xla_cpu_small_while_loop_byte_threshold"
_SMALL_LOOP_BYTES = 20_000

# From glibc's malloc.h. 32 MiB is the largest threshold for mmap that glibc accepts, and what a
# training step works in is often larger; so mmap is not used at all.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
_TRIM_BYTES, _MMAP_COUNT = 2**31 - 1, 0

_tuned: tuple[str, ...] | None = None


def tune_process() -> tuple[str, ...]:
    """Set three things of the whole process that make small steps faster on a CPU.

    - ``XLA_FLAGS``: XLA compiles a loop whose body touches fewer than 20,000 bytes into a single
      kernel (1,024 by default). If the environment sets options of this kind, they are kept as
      they are. Processes that this one starts inherit the flag.
    - ``jax_cpu_enable_async_dispatch`` off: a call computes on the thread that made it, which
      saves the hand-over when its outputs are wanted at once.
    - on glibc, ``mallopt``: freed memory stays with the process, where large blocks would be mapped
      anew, page by page, at each step.

    Call it once, at the start of a program, before JAX makes an array or compiles anything.
    Importing jaxlearn never does this. A second call changes nothing. ``scripts/bench_process.py``
    measures what each setting gains.

    Returns:
        A line for each setting that was made.

    Raises:
        RuntimeError: JAX has started already; nothing was set.

    Example:
        Shown in a program of its own, because it has to come first::

            import jaxlearn

            for setting in jaxlearn.tune_process():
                print(setting)
    """
    global _tuned
    if _tuned is None:
        if _jax_has_started():
            raise RuntimeError(
                "tune_process: JAX has started already, and its settings can no longer change; "
                "call tune_process() before the first array is made or function compiled"
            )
        made = [setting() for setting in SETTINGS.values()]
        _tuned = tuple(line for line in made if line)
    return _tuned


def _jax_has_started() -> bool:
    # JAX has no public question for this, but it refuses to change the number of devices of a
    # CPU once it has started.
    name = "jax_num_cpu_devices"
    devices: int = getattr(jax.config, name)
    try:
        jax.config.update(name, devices + 1)
    except RuntimeError:
        return True
    jax.config.update(name, devices)
    return False


def _set_small_loops() -> str | None:
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_backend_extra_options" in flags:
        return None
    flag = f"--xla_backend_extra_options={_SMALL_LOOP_OPTION}={_SMALL_LOOP_BYTES}"
    os.environ["XLA_FLAGS"] = f"{flags} {flag}".strip()
    return f"XLA_FLAGS {flag}"


def _set_synchronous_dispatch() -> str:
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    return "jax_cpu_enable_async_dispatch False"


def _set_memory_allocation() -> str | None:
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return None  # not glibc: macOS, musl, Windows
    made = mallopt(_M_MMAP_MAX, _MMAP_COUNT) and mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)
    return f"mallopt M_MMAP_MAX {_MMAP_COUNT}, M_TRIM_THRESHOLD {_TRIM_BYTES}" if made else None


SETTINGS: dict[str, Callable[[], str | None]] = {
    "small loops": _set_small_loops,
    "synchronous dispatch": _set_synchronous_dispatch,
    "memory allocation": _set_memory_allocation,
}
"""What `tune_process` sets, each by a function that returns what it set, or None."""
