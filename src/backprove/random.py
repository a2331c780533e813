"""Random numbers from keys: the same bits on every array library.

Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
1, 2, 3", SC 2011) turns a key and a counter into 64 random bits. Nothing is kept between calls:
an operator that needs randomness is given a key, so a training run in NumPy and the compiled one
in JAX drop the same units.

A key is an array of two uint32 (or of two whole numbers in a PyTorch or Paddle tensor).
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from backprove.arrays import library, namespace

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA
_UNIT = 2.0**-24


def key(seed: int) -> Any:
    """The key of a seed, a whole number in [0, 2**64)."""
    return np.array([seed >> 32 & 0xFFFFFFFF, seed & 0xFFFFFFFF], dtype=np.uint32)


def fold_in(key: Any, data: Any) -> Any:
    """A new key from a key and a whole number below 2**32: a step, the place of a layer."""
    key = words(key)
    xp = namespace(key)
    word = xp.asarray(data, dtype=xp.uint32)
    return xp.stack(threefry(key, xp.zeros_like(word), word))


def words(key: Any) -> Any:
    """The key as an array that computes with uint32: NumPy's in place of PyTorch's and Paddle's."""
    plain = library(key) in ("torch", "paddle")
    return np.asarray(key).astype(np.uint32) if plain else key


def threefry(key: Any, c0: Any, c1: Any) -> tuple[Any, Any]:
    """Threefry-2x32-20 of the counter words c0, c1 (uint32 arrays of one shape)."""
    xp = namespace(key)
    with np.errstate(over="ignore"):
        parity = xp.asarray(_PARITY, dtype=xp.uint32)
        ks = (key[0], key[1], key[0] ^ key[1] ^ parity)
        x0, x1 = c0 + ks[0], c1 + ks[1]
        for block in range(5):
            for rotation in _ROTATIONS[block % 2]:
                x0 = x0 + x1
                x1 = _rotate(xp, x1, rotation) ^ x0
            x0 = x0 + ks[(block + 1) % 3]
            x1 = x1 + ks[(block + 2) % 3] + xp.asarray(block + 1, dtype=xp.uint32)
    return x0, x1


def _rotate(xp: Any, x: Any, bits: int) -> Any:
    left = xp.asarray(bits, dtype=xp.uint32)
    right = xp.asarray(32 - bits, dtype=xp.uint32)
    return (x << left) | (x >> right)


def uniform(key: Any, shape: tuple[int, ...], like: Any) -> Any:
    """Uniform numbers in [0, 1), multiples of 2**-24, as an array of the library of `like`.

    The dtype is that of `like`; half precision should be asked for as float32.
    """
    key = words(key)
    xp = namespace(key)
    size = prod(shape)
    half = (size + 1) // 2
    counter = xp.arange(half, dtype=xp.uint32)
    x0, x1 = threefry(key, xp.zeros_like(counter), counter)
    bits = xp.concat([x0, x1])[:size]
    bits = bits >> xp.asarray(8, dtype=xp.uint32)
    if library(like) == library(key):
        return xp.reshape(xp.astype(bits, like.dtype) * _UNIT, shape)
    target = namespace(like)
    values = np.reshape(np.asarray(bits).astype(np.float64) * _UNIT, shape)
    return target.asarray(values, dtype=like.dtype)
