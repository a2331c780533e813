"""Threefry: the published answers, the same bits on every library, and uniform numbers."""

from __future__ import annotations

import jax
import jax.extend.random
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import support
from backprove import random

WORD = st.integers(0, 2**32 - 1)
KEY = random.key(20240229)


def words(*values):
    """An array of uint32."""
    return np.array(values, dtype=np.uint32)


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2, (0x1CB996FC, 0xBB002BE7)),
        ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
    ],
)
@pytest.mark.parametrize("asarray", [np.asarray, jnp.asarray], ids=["numpy", "jax"])
def test_known_answers_of_random123(counter, key, expected, asarray) -> None:
    c0, c1 = (asarray(words(c)) for c in counter)
    found = random.threefry(asarray(words(*key)), c0, c1)
    assert tuple(int(x[0]) for x in found) == expected


@settings(deadline=None)
@given(st.tuples(WORD, WORD), st.lists(st.tuples(WORD, WORD), min_size=1, max_size=8))
def test_threefry_is_the_one_of_jax(key, counters) -> None:
    c0, c1 = np.array(counters, dtype=np.uint32).T
    ours = np.concatenate(random.threefry(words(*key), c0, c1))
    theirs = jax.extend.random.threefry_2x32(words(*key), np.concatenate([c0, c1]))
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2,), (7,), (3, 5), (2, 0, 3), (4, 4, 4)])
def test_numpy_and_jax_draw_the_same_bits(shape) -> None:
    like = np.zeros(1, np.float32)
    first = random.uniform(KEY, shape, like)
    second = random.uniform(jnp.asarray(KEY), shape, jnp.zeros(1, jnp.float32))
    traced = jax.jit(lambda key: random.uniform(key, shape, jnp.zeros(1, jnp.float32)))(KEY)
    assert first.shape == shape and first.dtype == np.float32
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, traced)
    np.testing.assert_array_equal(first, random.uniform(KEY, shape, np.zeros(1)))


@pytest.mark.parametrize(
    ("library", "key"),
    [
        ("torch", "np.array(words, dtype=np.uint32)"),
        ("torch", "torch.tensor(words)"),
        ("paddle", "np.array(words, dtype=np.uint32)"),
        ("paddle", "paddle.to_tensor(words)"),
    ],
)
def test_tensors_get_the_same_numbers(library, key) -> None:
    uniform = "__import__('importlib').import_module('backprove.random').uniform"
    x = np.zeros(1, np.float32)
    found = support.ask(library).evaluate(
        f"{uniform}({key}, (3, 5), x)", {"x": x}, {"words": [int(w) for w in KEY]}
    )["y"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, random.uniform(KEY, (3, 5), x))


def test_folding_in_is_the_same_in_both_and_traced() -> None:
    found = random.fold_in(KEY, 7)
    assert found.dtype == np.uint32 and found.shape == (2,)
    np.testing.assert_array_equal(found, random.fold_in(jnp.asarray(KEY), 7))
    np.testing.assert_array_equal(found, jax.jit(random.fold_in)(jnp.asarray(KEY), 7))
    assert len({tuple(random.fold_in(KEY, i)) for i in range(1000)}) == 1000


@settings(deadline=None)
@given(st.integers(0, 2**64 - 1))
def test_a_seed_is_split_into_two_words(seed) -> None:
    high, low = map(int, random.key(seed))
    assert (high << 32) + low == seed


def test_nothing_is_kept_between_calls() -> None:
    like = np.zeros(1)
    first = random.uniform(KEY, (10,), like)
    random.uniform(random.fold_in(KEY, 1), (10,), like)
    np.testing.assert_array_equal(first, random.uniform(KEY, (10,), like))


DRAWN = 200_000


def drawn(key=KEY):
    """Many numbers of one key."""
    return random.uniform(key, (DRAWN,), np.zeros(1))


def test_numbers_are_multiples_of_two_to_the_minus_24_below_1() -> None:
    x = drawn()
    assert x.min() >= 0.0 and x.max() < 1.0
    np.testing.assert_array_equal(x * 2**24, np.floor(x * 2**24))


@pytest.mark.parametrize("seed", range(5))
def test_numbers_are_uniform(seed) -> None:
    x = drawn(random.key(seed))
    assert stats.kstest(x, "uniform").pvalue > 1e-4
    cells = np.bincount((x * 256).astype(int), minlength=256)
    assert stats.chisquare(cells).pvalue > 1e-4


def test_every_bit_is_set_half_the_time() -> None:
    x = (drawn() * 2**24).astype(np.uint32)
    for bit in range(24):
        ones = int(np.sum(x >> np.uint32(bit) & np.uint32(1)))
        assert abs(ones - DRAWN / 2) < 5 * np.sqrt(DRAWN) / 2, bit


def test_neighbours_halves_and_keys_are_independent() -> None:
    x = drawn()
    others = [np.roll(x, 1), np.roll(x, DRAWN // 2)]
    others += [drawn(random.fold_in(KEY, i)) for i in (0, 1)] + [drawn(random.key(20240230))]
    for other in others:
        assert abs(np.corrcoef(x, other)[0, 1]) < 5 / np.sqrt(DRAWN)


def test_pairs_fill_the_square() -> None:
    x = drawn()
    cells = np.histogram2d(x[::2], x[1::2], bins=16, range=[[0, 1], [0, 1]])[0]
    assert stats.chisquare(cells.ravel()).pvalue > 1e-4
