"""Every case of every operator as a point of a vector space, for the tests of the bridges.

The vector holds the floating inputs and parameters. First derivatives are ours, run by NumPy;
second derivatives are central differences of them.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

import support


class Point:
    def __init__(self, cls, case) -> None:
        self.built = built = support.build(cls, case)
        self.case, self.op, self.dy = case, built.op, np.asarray(built.dy)
        self.given = {**dict(zip(self.op.signature.inputs, built.inputs, strict=True))}
        self.given |= built.values
        self.names = [
            k
            for k, v in self.given.items()
            if np.asarray(v).dtype == np.float64 and k not in self.op.signature.state
        ]

    @cached_property
    def z(self) -> np.ndarray:
        return self.flat(self.given)

    def flat(self, found) -> np.ndarray:
        return np.concatenate([np.ravel(found[k]) for k in self.names])

    def placed(self, z, reshape=np.reshape) -> tuple[list, dict]:
        """Inputs and named values at z."""
        given, start = dict(self.given), 0
        for name in self.names:
            shape = np.shape(given[name])
            size = int(np.prod(shape))
            given[name] = reshape(z[start : start + size], shape)
            start += size
        return [given.pop(k) for k in self.op.signature.inputs], given

    def value(self, z) -> np.ndarray:
        inputs, values = self.placed(z)
        return np.asarray(self.op.fwd(*inputs, **values)[0])

    def gradient(self, z, dy=None) -> np.ndarray:
        inputs, values = self.placed(z)
        _, saved = self.op.fwd(*inputs, **values)
        by_input, by_name = self.op.bwd(saved, self.dy if dy is None else dy)
        return self.flat({**dict(zip(self.op.signature.inputs, by_input, strict=True)), **by_name})

    def second(self, step: float = 1e-5) -> np.ndarray:
        """The matrix of second derivatives of sum(dy * y)."""
        rows = []
        for e in np.eye(self.z.size) * step:
            rows.append((self.gradient(self.z + e) - self.gradient(self.z - e)) / (2 * step))
        return np.stack(rows)

    def request(self) -> dict:
        """The same for a worker."""
        pairs = [[k, v] for k, v in self.given.items()]
        return {
            "name": type(self.op).__name__,
            "arguments": self.case.arguments,
            "given": {"inputs": pairs, "dy": self.dy},
        }

    def direction(self) -> dict:
        rng = np.random.default_rng(11)
        return {k: rng.standard_normal(np.shape(self.given[k])) for k in self.names}


def near(found, expected, relative: float = 1e-12) -> None:
    """Equal but for rounding, against the largest of the numbers."""
    found, expected = np.asarray(found, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    scale = 1.0 + float(np.max(np.abs(expected), initial=0.0))
    np.testing.assert_allclose(found, expected, rtol=0, atol=relative * scale)
