"""What all tests share: a program is compiled once."""

import tempfile

import jax


def pytest_configure(config):
    """Keep compiled programs for this run. Each worker has its own: JAX does not lock them."""
    folder = tempfile.TemporaryDirectory(prefix="compiled")
    config.add_cleanup(folder.cleanup)
    jax.config.update("jax_compilation_cache_dir", folder.name)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
