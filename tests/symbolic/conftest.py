"""What the tests of expressions share."""

import jax
import pytest


@pytest.fixture
def strict():
    """JAX refuses to promote dtypes and ranks: all casts stand in the graph."""
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield
