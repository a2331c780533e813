"""Transforms of batches, alike in NumPy and in a jitted JAX function."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backprove import random
from backprove.data import load
from backprove.data.transform_config import from_config, to_config
from backprove.data.transforms import (
    Compose,
    Elastic,
    Flatten,
    Normalize,
    RandomAffine,
    ToTensor,
    refuse_lost_contrast,
)
from backprove.errors import BackproveError, DataError, ShapeError, UsageError

BYTES = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4) * 8


def alike(transform: Any, x: Any, **options: Any) -> Any:
    """The result in NumPy, after asserting that a jitted JAX function gives the same."""
    expected = transform(x, **options)
    jitted = jax.jit(lambda x: transform(x, **options))(jnp.asarray(x))
    assert isinstance(expected, np.ndarray)
    assert jitted.dtype == expected.dtype
    np.testing.assert_allclose(jitted, expected, rtol=3e-7, atol=3e-7)
    return expected


def test_to_tensor_scales_bytes_only() -> None:
    found = alike(ToTensor(), BYTES)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, BYTES.astype(np.float32) / 255)
    floating = np.array([[0.5, 300.0]], np.float32)
    np.testing.assert_array_equal(alike(ToTensor(), floating), floating)


def test_normalize_by_one_number() -> None:
    found = alike(Normalize(127.5, 127.5), np.array([[0, 255]], np.uint8))
    assert found.tolist() == [[-1.0, 1.0]]
    assert found.dtype == np.float32


def test_normalize_by_feature() -> None:
    x = np.array([[1.0, 10.0], [3.0, 30.0]], np.float32)
    found = alike(Normalize((2.0, 20.0), (1.0, 10.0)), x)
    assert found.tolist() == [[-1.0, -1.0], [1.0, 1.0]]
    with pytest.raises(ShapeError, match=r"as it has 2 numbers, found the shape \(2, 3\)"):
        Normalize((2.0, 20.0), 1.0)(np.ones((2, 3)))


def test_normalize_keeps_the_floating_dtype() -> None:
    for dtype in (np.float16, np.float32, np.float64):
        assert Normalize(0.5, 2.0)(np.ones((1, 2), dtype)).dtype == dtype


def test_normalize_fitted_to_training_data() -> None:
    iris = load("iris").x
    found = Normalize.fit(iris, per_feature=True)(iris)
    np.testing.assert_allclose(found.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(found.std(axis=0), 1.0, atol=1e-5)
    whole = Normalize.fit(iris)
    assert whole.mean == pytest.approx(iris.mean(), rel=1e-5)
    constant = Normalize.fit(np.array([[1.0, 5.0], [3.0, 5.0]]), per_feature=True)
    assert constant.std == (1.0, 1.0)
    assert constant.mean == (2.0, 5.0)


@pytest.mark.parametrize(
    ("mean", "std"), [(0.0, 0.0), (0.0, -1.0), (float("nan"), 1.0), (0.0, (1.0, 0.0)), ((), 1.0)]
)
def test_normalize_refuses_numbers_that_cannot_be(mean: Any, std: Any) -> None:
    with pytest.raises(UsageError, match="Normalize expected finite numbers"):
        Normalize(mean, std)


def test_flatten() -> None:
    assert alike(Flatten(), BYTES).shape == (2, 16)


def test_compose_goes_in_order_and_joins() -> None:
    inner = Compose([ToTensor(), Normalize(0.5, 0.5)])
    whole = Compose([inner, Flatten()])
    assert whole.steps == (ToTensor(), Normalize(0.5, 0.5), Flatten())
    found = alike(whole, BYTES)
    np.testing.assert_allclose(found, (BYTES.reshape(2, 16) / 255 - 0.5) / 0.5, atol=1e-6)
    assert not whole.random
    assert Compose([RandomAffine(5), ToTensor()]).random


def test_compose_gives_each_random_step_a_key_of_its_own() -> None:
    x = load("mnist", "test").x[:2].astype(np.float32)
    key = random.key(3)
    twice = Compose([RandomAffine(30), RandomAffine(30)])
    by_hand = RandomAffine(30)(x, key=random.fold_in(key, 0), training=True)
    by_hand = RandomAffine(30)(by_hand, key=random.fold_in(key, 1), training=True)
    np.testing.assert_array_equal(twice(x, key=key, training=True), by_hand)


def test_compose_takes_a_function_of_the_users_own() -> None:
    def noise(x: Any, *, key: Any = None, training: bool = False) -> Any:
        return x + random.uniform(key, x.shape, x) if training else x

    chain = Compose([ToTensor(), noise])
    assert chain.random
    assert np.all(chain(BYTES, key=random.key(1), training=True) >= BYTES / 255 - 1e-6)
    np.testing.assert_array_equal(chain(BYTES), ToTensor()(BYTES))


@pytest.mark.parametrize("steps", [[ToTensor], ["to_tensor"], [ToTensor(), None]])
def test_compose_refuses_what_is_no_transform(steps: Any) -> None:
    with pytest.raises(UsageError, match="Compose expected a list of transforms"):
        Compose(steps)


@pytest.mark.parametrize(
    "steps",
    [
        [ToTensor(), Normalize(127.5, 127.5)],
        [ToTensor(), Flatten(), Normalize(33.3, 78.6)],
        [ToTensor(), Normalize(0.5, 0.5), Normalize(127.5, 127.5)],
        [ToTensor(), Normalize((127.5, 127.5), (127.5, 127.5))],
        [Compose([ToTensor()]), Normalize(127.5, 127.5)],
    ],
)
def test_scaling_twice_is_refused(steps: Any) -> None:
    with pytest.raises(UsageError, match="contrast-lost"):
        Compose(steps)
    assert len(Compose(steps, check=False).steps) >= 2


@pytest.mark.parametrize(
    "steps",
    [
        [Normalize(127.5, 127.5)],
        [ToTensor(), Normalize(0.5, 0.5)],
        [ToTensor(), Normalize(0.1307, 0.3081)],
        [ToTensor(), Normalize(0.5, 0.5), Normalize(0.1, 2.0)],
        [RandomAffine(10), Elastic(), ToTensor(), Normalize(0.5, 0.5)],
        [ToTensor(), Normalize(0.0, 0.3), RandomAffine(10)],
        [ToTensor(), Normalize(0.5, 0.5), RandomAffine(10, fill=None)],
        [ToTensor(), Normalize(0.5, 0.5), RandomAffine(10, fill=-1.0)],
    ],
)
def test_sound_lists_are_taken(steps: Any) -> None:
    assert Compose(steps).steps == tuple(steps)
    refuse_lost_contrast(Compose(steps), load("mnist", "test").x)


def test_the_refused_list_loses_the_contrast_indeed() -> None:
    x = load("mnist", "test").x
    bad = Compose([ToTensor(), Normalize(127.5, 127.5)], check=False)
    assert bad(x).std() == pytest.approx(0.0024, abs=2e-4)
    assert Normalize(127.5, 127.5)(x).std() == pytest.approx(0.61, abs=0.02)
    with pytest.raises(DataError, match="contrast-lost"):
        refuse_lost_contrast(bad, x)


def test_data_scaled_before_are_found_by_looking() -> None:
    scaled = load("mnist", "test").x.astype(np.float32) / 255
    with pytest.raises(DataError, match=r"found 0\.0024 \(before: 0\.31\)"):
        refuse_lost_contrast(Normalize(127.5, 127.5), scaled)


def test_flat_data_are_not_the_transforms_fault() -> None:
    flat = np.full((10, 4), 0.5) + 1e-3 * np.eye(10, 4)
    refuse_lost_contrast(Normalize(0.0, 1.0), flat)
    refuse_lost_contrast(ToTensor(), np.zeros((3, 4), np.uint8))


def test_moving_behind_a_shifted_background_is_refused() -> None:
    with pytest.raises(UsageError, match="expected RandomAffine before Normalize"):
        Compose([ToTensor(), Normalize(0.5, 0.5), RandomAffine(10)])


def test_to_configuration_and_back() -> None:
    chain = Compose(
        [
            Elastic(20.0, 5.0),
            RandomAffine(10, (0.1, 0.2), (0.9, 1.1), 5, fill=None),
            ToTensor(),
            Flatten(),
            Normalize((0.1, 0.2), 0.3),
        ]
    )
    written = to_config(chain)
    assert written[0] == {"name": "Elastic", "alpha": 20.0, "sigma": 5.0, "fill": 0.0}
    assert written[-1] == {"name": "Normalize", "mean": [0.1, 0.2], "std": 0.3}
    assert from_config(written) == chain
    assert from_config(to_config(ToTensor())) == Compose([ToTensor()])


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([{"name": "Normalise", "mean": 0, "std": 1}], "did you mean 'Normalize'"),
        ([{"mean": 0}], "unknown transform ''"),
        ([{"name": "Normalize", "mean": 0, "stdev": 1}], "unknown argument 'Normalize.stdev'"),
        ([{"name": "Normalize", "mean": 0}], "arguments mean, std for Normalize, found mean"),
        ([{"name": "ToTensor", "scale": 2}], "unknown argument 'ToTensor.scale'"),
        ([{"name": "ToTensor"}, {"name": "Normalize", "mean": 127.5, "std": 127.5}], "contrast"),
    ],
)
def test_wrong_configurations_are_refused(steps: Any, words: str) -> None:
    with pytest.raises(BackproveError) as caught:
        from_config(steps)
    assert words in str(caught.value)


def test_a_foreign_transform_cannot_be_saved() -> None:
    with pytest.raises(UsageError, match="to be saved"):
        to_config(Compose([ToTensor(), lambda x, **_: x]))
