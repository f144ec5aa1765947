"""What all tests share: a program is compiled once."""

import atexit
import shutil
import tempfile

import jax
import pytest


def pytest_configure(config):
    """Keep compiled programs for this run. Each worker has its own: JAX does not lock them."""
    folder = tempfile.mkdtemp(prefix="compiled")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    jax.config.update("jax_compilation_cache_dir", folder)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


_lists: list[list[str]] = []


def _note(event, seconds, **_):
    if event == "/jax/core/compile/backend_compile_duration":
        for compiled in _lists:
            compiled.append(event)


# JAX has no way to take a listener away again.
jax.monitoring.register_event_duration_secs_listener(_note)


@pytest.fixture
def compilations():
    """A list that grows by one for each program that XLA compiles."""
    compiled: list[str] = []
    _lists.append(compiled)
    yield compiled
    _lists.remove(compiled)
