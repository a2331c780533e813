"""A subject of a few lines whose stable step is known: gradient descent on least squares.

The loss is the mean of half squares, so its Hessian is X^T X / n and descent converges exactly
when the learning rate is below 2 / its largest eigenvalue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

ROWS, FEATURES = 40, 3
X = np.random.default_rng(3).normal(size=(ROWS, FEATURES)) * [1.0, 2.0, 0.5]
Y = X @ np.array([1.0, -2.0, 3.0])
STABLE = 2.0 / float(np.linalg.eigvalsh(X.T @ X / ROWS)[-1])


@dataclass(frozen=True)
class LeastSquares:
    """A program with one option: the learning rate. `broken` names how its step misbehaves."""

    learning_rate: float = 0.5 * STABLE
    total_steps: int = 200
    broken: str = ""

    def fingerprint(self) -> str:
        return f"least squares {self}"

    def step_work(self) -> float:
        return 1.0

    def to_job(self) -> dict[str, Any]:
        return dict(vars(self))

    def edited(self, **changes: Any) -> LeastSquares:
        return replace(self, **changes)

    def start(self, seed: int) -> Run:
        if self.broken == "start":
            raise FileNotFoundError("the data vanished")
        return Run(self, seed)


class Run:
    """One training from one seed."""

    def __init__(self, subject: LeastSquares, seed: int) -> None:
        self.subject, self.total_steps, self.step_count = subject, subject.total_steps, 0
        self.diverged_at: int | None = None
        self.parameters = {"weight": np.random.default_rng(seed).normal(size=FEATURES)}

    def step(self) -> float:
        self.step_count += 1
        if self.subject.broken == "step" and self.step_count == 5:
            raise RuntimeError("boom")
        error = X @ self.parameters["weight"] - Y
        self.parameters["weight"] = self.parameters["weight"] - self.subject.learning_rate * (
            X.T @ error / ROWS
        )
        loss = float(np.mean(error**2) / 2)
        if not np.isfinite(loss):
            self.diverged_at = self.step_count
        return loss

    @property
    def finished(self) -> bool:
        return self.diverged_at is not None or self.step_count >= self.total_steps

    def metric(self, held_out: bool = False) -> float | None:
        if held_out:
            return None
        error = X @ self.parameters["weight"] - Y
        return 1.0 - float(np.mean(error**2) / np.var(Y))


def from_job(job: dict[str, Any]) -> LeastSquares:
    return LeastSquares(**job)
