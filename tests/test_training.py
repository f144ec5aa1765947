"""Training: what it learns, how it goes on, where it stops, what it refuses."""

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxlearn import DivergenceError, losses, models, objective, train
from jaxlearn.training import TrainingState, _is_quick

RANDOM = np.random.RandomState(0)
X = RANDOM.randn(60, 3)
TARGET = X @ [1.0, -2.0, 0.5] + 0.25 + 0.1 * RANDOM.randn(60)


def linear(params, x, target):
    return jnp.mean((x @ params["weight"] + params["bias"] - target) ** 2)


def zeros(dtype="float64"):
    return {"weight": np.zeros(3, dtype), "bias": np.zeros((), dtype)}


def fit(*arguments, **options):
    return train(*arguments, progress=False, **options)


def assert_same(first, second):
    jax.tree.map(np.testing.assert_array_equal, first, second)


def test_full_batch_gradient_descent_is_numpys():
    result = fit(linear, zeros(), (X, TARGET), 50, 0.1)
    weight, bias, expected = np.zeros(3), 0.0, []
    for _ in range(50):
        difference = X @ weight + bias - TARGET
        expected.append((difference**2).mean())
        weight = weight - 0.1 * 2 * X.T @ difference / 60
        bias = bias - 0.1 * 2 * difference.mean()
    np.testing.assert_allclose(result.losses, expected, rtol=1e-12)
    np.testing.assert_allclose(result.params["weight"], weight, rtol=1e-12)
    np.testing.assert_allclose(result.params["bias"], bias, rtol=1e-12)
    assert result.losses.dtype == np.float64
    assert result.state.steps == 50
    assert result.seconds > 0
    assert result.compile_seconds > 0


def test_it_ends_at_the_least_squares_solution():
    result = fit(linear, zeros(), (X, TARGET), 3000, 0.1)
    solution = np.linalg.lstsq(np.c_[X, np.ones(60)], TARGET, rcond=None)[0]
    np.testing.assert_allclose(result.params["weight"], solution[:3], rtol=1e-10)
    np.testing.assert_allclose(result.params["bias"], solution[3], rtol=1e-10)


OPTIMIZERS = {
    "adam": optax.adam(1e-2),
    "momentum, clipped": optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.05, momentum=0.9)),
    "schedule": optax.sgd(optax.cosine_decay_schedule(0.1, 40)),
    "weight decay": optax.adamw(1e-2, weight_decay=0.1),
    "plateau": optax.chain(optax.sgd(0.1), optax.contrib.reduce_on_plateau(patience=2)),
    "line search": optax.lbfgs(),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_any_optax_optimizer_does_what_it_does_by_hand(name):
    optimizer = optax.with_extra_args_support(OPTIMIZERS[name])
    result = fit(linear, zeros(), (X, TARGET), 20, OPTIMIZERS[name])
    with jax.enable_x64(True):

        def error(params):
            return linear(params, X, TARGET)

        @jax.jit
        def step(params, state):
            value, gradient = jax.value_and_grad(error)(params)
            updates, state = optimizer.update(
                gradient, state, params, value=value, grad=gradient, value_fn=error
            )
            return value, optax.apply_updates(params, updates), state

        params = jax.tree.map(jnp.asarray, zeros())
        state, expected = optimizer.init(params), []
        for _ in range(20):
            value, params, state = step(params, state)
            expected.append(float(value))
    np.testing.assert_allclose(result.losses, expected, rtol=1e-6)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), result.params, params)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize("optimizer", ["rate", "adam"])
def test_going_on_from_a_state_gives_the_same_bits(optimizer, batch_size, dtype):
    optimizer = {"rate": 0.05, "adam": optax.adam(1e-2)}[optimizer]
    params = models.init_multilayer_perceptron(jax.random.key(0), [3, 5, 1], dtype)
    error = objective(models.multilayer_perceptron, losses.mean_squared_error)
    data = X, TARGET[:, None]
    options = {"batch_size": batch_size}
    key = {} if batch_size is None else {"key": jax.random.key(5)}
    whole = fit(error, params, data, 333, optimizer, **options, **key)
    parts = [fit(error, params, data, 1, optimizer, **options, **key)]
    for steps in (0, 132, 200):
        parts.append(fit(error, parts[-1].state, data, steps, optimizer, **options))
    assert_same(parts[-1].params, whole.params)
    assert_same(np.concatenate([part.losses for part in parts]), whole.losses)
    assert_same(parts[-1].state.optimizer_state, whole.state.optimizer_state)
    assert parts[-1].state.steps == 333
    assert {leaf.dtype.name for leaf in jax.tree.leaves(whole.params)} == {dtype}


@pytest.mark.parametrize("batch_size", [None, 7])
def test_a_pickled_state_goes_on_with_the_same_bits(batch_size):
    options = {} if batch_size is None else {"batch_size": batch_size}
    key = {} if batch_size is None else {"key": jax.random.key(5)}
    optimizer = optax.adam(0.1)
    whole = fit(linear, zeros(), (X, TARGET), 60, optimizer, **options, **key)
    half = fit(linear, zeros(), (X, TARGET), 30, optimizer, **options, **key)
    copy = pickle.loads(pickle.dumps(half))
    assert_same(copy.params, half.params)
    assert_same(copy.losses, half.losses)
    assert copy.state.steps == 30
    rest = fit(linear, copy.state, (X, TARGET), 30, optimizer, **options)
    assert_same(rest.params, whole.params)
    assert_same(rest.losses, whole.losses[30:])


@pytest.mark.parametrize("stretch", [1, 7, 100])
def test_the_numbers_do_not_depend_on_where_stretches_are_cut(stretch, monkeypatch):
    whole = fit(linear, zeros(), (X, TARGET), 300, 0.05)
    monkeypatch.setattr("jaxlearn.training._STRETCH_CAPACITY", stretch)
    cut = fit(linear, zeros(), (X, TARGET), 300, 0.05)
    assert_same(cut.losses, whole.losses)
    assert_same(cut.params, whole.params)


def test_minibatches_use_each_row_once_per_pass_in_a_new_order():
    rows = np.arange(10.0)

    def pick(params, row):
        return jnp.mean(params * row)

    # The gradient by the param is the mean of the batch's rows.
    key = jax.random.key(2)
    state = fit(pick, np.float64(0), (rows,), 0, 1.0, batch_size=2, key=key).state
    seen = []
    for _ in range(15):
        before = float(state.params)
        state = fit(pick, state, (rows,), 1, 1.0, batch_size=2).state
        position = int(state.shuffle.position)
        batch = np.asarray(state.shuffle.order)[position - 2 : position]
        np.testing.assert_allclose(before - float(state.params), batch.mean())
        seen.append(batch)
    passes = np.array(seen).reshape(3, 10)
    for order in passes:
        assert sorted(order) == list(range(10))
    assert len({tuple(order) for order in passes}) == 3


def test_rows_that_fill_no_batch_wait_for_the_next_shuffle():
    result = fit(linear, zeros(), (X, TARGET), 2, 0.1, batch_size=25, key=jax.random.key(0))
    assert int(result.state.shuffle.position) == 50
    result = fit(linear, result.state, (X, TARGET), 1, 0.1, batch_size=25)
    assert int(result.state.shuffle.position) == 25


def test_different_keys_give_different_minibatches():
    first, again, other = (
        fit(linear, zeros(), (X, TARGET), 20, 0.1, batch_size=5, key=jax.random.key(seed)).losses
        for seed in (0, 0, 1)
    )
    assert_same(first, again)
    assert (first != other).any()


def test_a_classifier_learns_from_minibatches_of_integers():
    centers = np.array([[3.0, 0.0], [0.0, 3.0], [-3.0, -3.0]])
    number = RANDOM.randint(0, 3, 300)
    x = (centers[number] + RANDOM.randn(300, 2)).astype(np.float32)
    result = fit(
        objective(models.logistic_regression, losses.categorical_cross_entropy),
        models.init_logistic_regression(jax.random.key(0), 2, classes=3),
        (x, number),
        500,
        optax.adam(0.05),
        batch_size=32,
        key=jax.random.key(1),
    )
    predicted = np.argmax(models.logistic_regression(result.params, x), axis=1)
    assert (predicted == number).mean() > 0.95
    assert result.losses.dtype == np.float32


def test_what_the_caller_holds_is_left_alone():
    params = jax.tree.map(jnp.asarray, zeros("float32"))
    x, target = X.copy(), TARGET.copy()
    result = fit(linear, params, (x, target), 10, 0.1)
    assert_same(params, zeros("float32"))
    assert_same((x, target), (X, TARGET))
    kept = jax.tree.map(np.array, result.state)
    fit(linear, result.state, (x, target), 10, 0.1)
    assert_same(jax.tree.map(np.asarray, result.state), kept)
    assert jnp.ones(2).dtype == jnp.float32
    assert jax.config.jax_enable_x64 is False


def test_params_and_data_are_any_pytrees():
    def error(params, pair, offset):
        return jnp.mean((params[0] * pair["x"] + params[1][0] - pair["t"] - offset) ** 2)

    x = np.arange(5.0)
    data = {"x": x, "t": 2 * x + 1}, np.zeros(5)
    result = fit(error, (np.float64(0), [np.float64(0)]), data, 2000, 0.05)
    np.testing.assert_allclose(result.params[0], 2, rtol=1e-6)
    np.testing.assert_allclose(result.params[1][0], 1, rtol=1e-6)


def test_short_stretches_of_slow_steps_hold_no_more_than_their_losses(monkeypatch):
    monkeypatch.setattr("jaxlearn.training.next_stretch", lambda *_: 1)
    monkeypatch.setattr("jaxlearn.training._is_quick", lambda *_: False)
    monkeypatch.setattr("jaxlearn.training._FIRST_STRETCH", 1)
    fit(linear, zeros(), (X, TARGET), 5, 0.1)
    before = live_bytes()
    result = fit(linear, zeros(), (X, TARGET), 30, 0.1)
    assert result.losses.shape == (30,)
    assert live_bytes() - before < 2 * 8 * 10_000


def live_bytes():
    return sum(array.nbytes for array in jax.live_arrays())


@pytest.mark.parametrize(
    ("function", "quick"),
    [
        (lambda x: jnp.sum(x**2), True),
        (lambda x: jnp.outer(x, x).sum(), False),
        (lambda x: jax.lax.fori_loop(0, 9, lambda _, y: y + x.sum(), 0.0), False),
        (lambda x: jax.jit(lambda: jax.lax.while_loop(lambda y: y < 9, jnp.exp, x[0]))(), False),
    ],
)
def test_a_quick_step_has_few_numbers_and_no_loops(function, quick):
    assert _is_quick(jax.make_jaxpr(function)(jnp.ones(100)).jaxpr) is quick


def test_a_slow_step_on_little_data_shows_its_progress(monkeypatch):
    def slow(param, x):
        return jax.lax.fori_loop(0, 20_000, lambda _, y: jnp.cos(y), param * x[0]) ** 2

    stretches = []
    monkeypatch.setattr(
        "jaxlearn.training.next_stretch", lambda count, seconds: stretches.append(count) or 100
    )
    fit(slow, np.float32(1), (np.ones(1),), 0, 0.1)
    assert stretches == []
    fit(slow, np.float32(1), (np.ones(1),), 250, 0.1)
    assert stretches == [100, 100, 50]


def test_long_sums_stay_accurate_in_float32():
    # On the lowest versions a plain float32 loop over these two million numbers is 6e-4 off.
    def tenth(param, x):
        return jnp.mean(0.1 + x[0] * jnp.arange(2_000_000, dtype=jnp.float32)) * param

    result = fit(tenth, np.float32(1), (np.zeros(1),), 1, 0.1)
    np.testing.assert_allclose(result.losses, [0.1], rtol=1e-6)


def test_params_of_16_bits_train():
    params = models.init_weighted_sum(jax.random.key(0), 3, "bfloat16")
    error = objective(models.weighted_sum, losses.mean_squared_error)
    data = X.astype("float32"), (TARGET - 0.25).astype("float32")
    result = fit(error, params, data, 300, 0.1)
    assert result.params["weight"].dtype == jnp.bfloat16
    np.testing.assert_allclose(
        result.params["weight"].astype("float32"), [1.0, -2.0, 0.5], atol=0.1
    )


def test_no_steps_return_the_params():
    result = fit(linear, zeros(), (X, TARGET), 0, 0.1)
    assert_same(result.params, zeros())
    assert result.losses.shape == (0,)


def test_the_bar_counts_every_step(capsys):
    train(linear, zeros(), (X, TARGET), 1234, 0.1)
    shown = capsys.readouterr().err
    assert "1234/1234" in shown
    assert "loss=" in shown


class TestDivergence:
    def diverge(self, steps, rate=1.5):
        with pytest.raises(DivergenceError) as error:
            fit(linear, zeros(), (X, TARGET), steps, rate)
        return error.value

    def test_it_stops_at_the_first_loss_that_is_not_finite(self):
        error = self.diverge(10_000)
        assert str(error) == (
            f"train: the loss is inf at step {error.step}, with learning rate 1.5; "
            "try a smaller one; the params of the last finite loss are in .params"
        )
        assert error.learning_rate == 1.5
        assert len(error.losses) == error.step + 1
        assert np.isfinite(error.losses[:-1]).all()
        before = fit(linear, zeros(), (X, TARGET), error.step - 1, 1.5)
        assert_same(error.losses[:-2], before.losses)
        assert_same(error.params, before.params)
        with jax.enable_x64(True):
            np.testing.assert_allclose(linear(error.params, X, TARGET), error.losses[-2], rtol=1e-9)

    @pytest.mark.parametrize("stretch", [1, 2, 3, 50])
    def test_wherever_the_stretches_are_cut(self, stretch, monkeypatch):
        expected = self.diverge(2000)
        assert expected.step > 50
        monkeypatch.setattr("jaxlearn.training._STRETCH_CAPACITY", stretch)
        found = self.diverge(2000)
        assert found.step == expected.step
        assert_same(found.losses, expected.losses)
        assert_same(found.params, expected.params)

    def test_steps_count_on_from_a_state(self):
        expected = self.diverge(2000).step
        state = fit(linear, zeros(), (X, TARGET), 100, 1.5).state
        with pytest.raises(DivergenceError, match=rf"inf at step {expected}, "):
            fit(linear, state, (X, TARGET), 2000, 1.5)

    def test_params_that_are_bad_after_the_last_step(self):
        def root(params, x):
            return jnp.mean(jnp.sqrt(jnp.abs(params * x)))

        with pytest.raises(DivergenceError) as error:
            fit(root, np.float64(0), (np.ones(3),), 1, 0.1)
        assert str(error.value).startswith(
            "train: the params are no longer finite after step 0, with learning rate 0.1"
        )
        assert float(error.value.params) == 0

    def test_a_first_loss_that_is_not_finite(self):
        with pytest.raises(DivergenceError) as error:
            fit(lambda p, x: jnp.mean(jnp.log(p * x)), np.float64(-1), (np.ones(3),), 5, 0.1)
        assert str(error.value) == (
            "train: the loss is nan at step 0, with learning rate 0.1; look at the initial "
            "params, the data and the loss; the params are in .params"
        )
        assert float(error.value.params) == -1

    def test_the_error_survives_pickling(self):
        error = self.diverge(2000)
        copy = pickle.loads(pickle.dumps(error))
        assert str(copy) == str(error)
        assert_same(copy.params, error.params)

    def test_an_optimizer_that_hides_its_learning_rate(self):
        with pytest.raises(DivergenceError, match="with the given optimizer; ") as error:
            fit(linear, zeros(), (X, TARGET), 5000, optax.sgd(1.5))
        assert error.value.learning_rate is None


BAD = X.copy()
BAD[7, 2] = np.nan
BAD[9, 0] = np.inf


@pytest.mark.parametrize(
    ("change", "kind", "text"),
    [
        (
            {"data": (X, TARGET[:59])},
            ValueError,
            "data: different numbers of rows: data[0] has 60, data[1] has 59; "
            "wanted one row per sample",
        ),
        (
            {"data": (BAD, TARGET)},
            ValueError,
            "data[0]: nan in row 7, column 2 (2 of 180 values are not finite, as float64); "
            "remove or replace such rows",
        ),
        (
            {"data": (X, np.r_[TARGET[:-1], -np.inf])},
            ValueError,
            "data[1]: -inf in row 59 (1 of 60 values are not finite, as float64); "
            "remove or replace such rows",
        ),
        (
            {"data": (X * 1e300, TARGET), "params": zeros("float32")},
            ValueError,
            "data[0]: inf in row 0, column 0 (180 of 180 values are not finite, as float32); "
            "remove or replace such rows",
        ),
        (
            {"data": X},
            TypeError,
            "data: got ndarray, wanted a tuple of arrays: (x, target), or (x,)",
        ),
        (
            {"data": (X, np.r_[np.arange(59), 2**40]), "params": zeros("float32")},
            ValueError,
            "data[1]: a number in row 59 does not fit int32, which float32 params train with; "
            "start from float64 params",
        ),
        ({"data": (X, 3.0)}, ValueError, "data[1]: a single number, wanted one row per sample"),
        ({"data": ()}, TypeError, "data: there is no array in it"),
        ({"data": (X[:0], TARGET[:0])}, ValueError, "data: data[0], data[1] have no rows"),
        (
            {"optimizer": "adamm"},
            TypeError,
            "optimizer: got 'adamm', wanted a learning rate such as 1e-3, "
            "or an optax optimizer such as optax.adam(1e-3)",
        ),
        (
            {"optimizer": None},
            TypeError,
            "optimizer: got None, wanted a learning rate such as 1e-3, "
            "or an optax optimizer such as optax.adam(1e-3)",
        ),
        (
            {"optimizer": -0.1},
            ValueError,
            "optimizer: got learning rate -0.1, wanted a finite number above 0",
        ),
        ({"steps": -1}, ValueError, "steps: got -1, wanted a whole number, 0 or more"),
        (
            {"params": {"weight": np.arange(3), "bias": 0.0}},
            TypeError,
            "params['weight']: dtype int64, wanted floating-point (write 1.0 for 1)",
        ),
        ({"loss": None}, TypeError, "loss: got None, wanted a function (params, *data) -> scalar"),
        ({"steps": 2.5}, TypeError, "steps: got 2.5, wanted a whole number, 0 or more"),
        ({"data": (X, TARGET.astype(str))}, TypeError, "data[1]: dtype <U32, wanted numbers"),
        ({"params": {"weight": "a"}}, TypeError, "params['weight']: dtype <U1, wanted numbers"),
        ({"params": {}}, TypeError, "params: there is no array in them to train"),
        (
            {"batch_size": 61, "key": jax.random.key(0)},
            ValueError,
            "batch_size: got 61, wanted a whole number, 1 to 60, the rows of the data",
        ),
        (
            {"batch_size": 5},
            ValueError,
            "key: needed with batch_size, to shuffle; give jax.random.key(seed)",
        ),
        (
            {"key": jax.random.key(0)},
            ValueError,
            "key: given without batch_size; the full batch is not shuffled",
        ),
    ],
)
def test_bad_input_is_refused(change, kind, text):
    arguments = {"loss": linear, "params": zeros(), "data": (X, TARGET), "steps": 5}
    with pytest.raises(kind) as error:
        fit(**(arguments | {"optimizer": 0.1} | change))
    assert str(error.value) == text


def test_shapes_that_do_not_fit_are_named_by_the_loss():
    error = objective(models.weighted_sum, losses.mean_squared_error)
    with pytest.raises(
        ValueError, match=r"prediction has shape \(60,\) and target has shape \(60, 1"
    ):
        fit(error, {"weight": np.zeros(3)}, (X, TARGET[:, None]), 5, 0.1)


def test_a_loss_that_is_not_one_number():
    with pytest.raises(
        TypeError, match=r"loss: returned ShapeDtypeStruct\(shape=\(60,\).*wanted one"
    ):
        fit(lambda params, x, target: x @ params["weight"] - target, zeros(), (X, TARGET), 5, 0.1)


def test_states_that_do_not_belong_are_refused():
    full = fit(linear, zeros(), (X, TARGET), 1, 0.1).state
    batches = fit(linear, zeros(), (X, TARGET), 1, 0.1, batch_size=5, key=jax.random.key(0)).state
    assert isinstance(full, TrainingState)
    for state, data, options, text in (
        (full, (X, TARGET), {"optimizer": optax.adam(0.1)}, "belongs to another optimizer"),
        (full, (X, TARGET), {"batch_size": 5}, "got 5, but the state .* trained on the full batch"),
        (batches, (X, TARGET), {}, "got None, but the state to go on from was trained on minib"),
        (
            batches,
            (X, TARGET),
            {"batch_size": 5, "key": jax.random.key(0)},
            "key: the state to go on from has its own; leave key out",
        ),
        (batches, (X[:9], TARGET[:9]), {"batch_size": 5}, "data: 9 rows, but the state .* on 60"),
    ):
        with pytest.raises(ValueError, match=text):
            fit(linear, state, data, 5, **({"optimizer": 0.1} | options))
