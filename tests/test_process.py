"""Settings of the whole process: made on request, before JAX starts, and never on import."""

import subprocess
import sys

import pytest

import jaxlearn


def run(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": "", **environment},
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_importing_sets_nothing():
    code = """
import os, sys
import jax
before = dict(os.environ)
settings = dict(jax.config.values)
import jaxlearn
assert os.environ == before
assert jax.config.values == settings
print(*[name for name in ("matplotlib", "optax", "tqdm") if name in sys.modules])
"""
    assert run(code) == []


def test_it_sets_what_it_says_and_only_once():
    code = """
import os, jax, jaxlearn
said = jaxlearn.tune_process()
assert said == jaxlearn.tune_process()
assert any(line == "jax_cpu_enable_async_dispatch False" for line in said), said
assert jax.config.jax_num_cpu_devices == -1
jax.numpy.ones(3)
assert said == jaxlearn.tune_process()
print(os.environ["XLA_FLAGS"])
"""
    option = "xla_cpu_small_while_loop_byte_threshold=20000"
    assert run(code) == [f"--xla_backend_extra_options={option}"]
    flags = run(code, XLA_FLAGS="--xla_cpu_enable_fast_math=false")
    assert flags == [
        "--xla_cpu_enable_fast_math=false",
        f"--xla_backend_extra_options={option}",
    ]


def test_a_users_own_option_stays():
    code = "import os, jaxlearn; jaxlearn.tune_process(); print(os.environ['XLA_FLAGS'])"
    flag = "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=500"
    assert run(code, XLA_FLAGS=flag) == [flag]


def test_training_learns_the_same_in_a_tuned_process():
    code = """
import sys, jaxlearn
from jaxlearn import celsius
if sys.argv[1:] == ["tuned"]:
    jaxlearn.tune_process()
params = celsius.train_neuron().params
print(abs(float(params["weight"]) - 1.8) < 1e-6, abs(float(params["bias"]) - 32) < 1e-6)
"""
    assert run(code.replace("sys.argv[1:]", "['tuned']")) == ["True", "True"]


def test_it_refuses_once_jax_has_started():
    code = """
import os, jax, jaxlearn
jax.numpy.ones(3)
try:
    jaxlearn.tune_process()
except RuntimeError as error:
    assert "JAX has started already" in str(error), error
    assert "call tune_process() before the first array is made" in str(error), error
assert "XLA_FLAGS" not in os.environ
assert jax.config.jax_num_cpu_devices == -1
print("refused")
"""
    assert run(code) == ["refused"]


def test_it_refuses_here():
    jaxlearn.models.init_linear_neuron(__import__("jax").random.key(0))
    with pytest.raises(RuntimeError, match="tune_process: JAX has started already"):
        jaxlearn.tune_process()
