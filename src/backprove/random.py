"""Random numbers from keys: the same bits on every array library.

Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
1, 2, 3", SC 2011) turns a key and a counter into 64 random bits. Nothing is kept between calls:
an operator that needs randomness is given a key, so a training run in NumPy and the compiled one
in JAX drop the same units.

A key is an array of two uint32 (or of two whole numbers in a PyTorch or Paddle tensor). PyTorch
has no arithmetic of uint32: there words are int64, cut to 32 bits where they grow.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from backprove.arrays import cast, library, namespace

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA
_UNIT = 2.0**-24
_WORD = 0xFFFFFFFF


def key(seed: int) -> Any:
    """The key of a seed, a whole number in [0, 2**64)."""
    return np.array([seed >> 32 & 0xFFFFFFFF, seed & 0xFFFFFFFF], dtype=np.uint32)


def fold_in(key: Any, data: Any) -> Any:
    """A new key from a key and a whole number below 2**32: a step, the place of a layer."""
    key = words(key)
    xp = namespace(key)
    word = xp.asarray(data, dtype=key.dtype)
    return xp.stack(threefry(key, xp.zeros_like(word), word))


def words(key: Any) -> Any:
    """The key as an array that computes with words of 32 bits: NumPy's in place of Paddle's."""
    if library(key) == "paddle":
        return np.asarray(key).astype(np.uint32)
    return cast(key, "int64") if library(key) == "torch" else key


def threefry(key: Any, c0: Any, c1: Any) -> tuple[Any, Any]:
    """Threefry-2x32-20 of the counter words c0, c1 (arrays of one shape, of the key's dtype)."""
    with np.errstate(over="ignore"):
        ks = (key[0], key[1], key[0] ^ key[1] ^ _literal(_PARITY, key))
        x0, x1 = _word(c0 + ks[0]), _word(c1 + ks[1])
        for block in range(5):
            for rotation in _ROTATIONS[block % 2]:
                x0 = _word(x0 + x1)
                x1 = _rotate(x1, rotation) ^ x0
            x0 = _word(x0 + ks[(block + 1) % 3])
            x1 = _word(x1 + ks[(block + 2) % 3] + _literal(block + 1, key))
    return x0, x1


def _word(x: Any) -> Any:
    """The lowest 32 bits, which is all that uint32 has."""
    return x & _WORD if library(x) == "torch" else x


def _literal(value: int, like: Any) -> Any:
    return namespace(like).asarray(value, dtype=like.dtype)


def _rotate(x: Any, bits: int) -> Any:
    return _word(x << _literal(bits, x)) | (x >> _literal(32 - bits, x))


def uniform(key: Any, shape: tuple[int, ...], like: Any) -> Any:
    """Uniform numbers in [0, 1), multiples of 2**-24, as an array of the library of `like`.

    The dtype is that of `like`; half precision should be asked for as float32.
    """
    key = words(key)
    xp = namespace(key)
    size = prod(shape)
    half = (size + 1) // 2
    counter = xp.arange(half, dtype=key.dtype)
    x0, x1 = threefry(key, xp.zeros_like(counter), counter)
    bits = xp.concat([x0, x1])[:size]
    bits = bits >> _literal(8, bits)
    if library(like) == library(key):
        return xp.reshape(xp.astype(bits, like.dtype) * _UNIT, shape)
    target = namespace(like)
    values = np.reshape(np.asarray(bits).astype(np.float64) * _UNIT, shape)
    return target.asarray(values, dtype=like.dtype)
