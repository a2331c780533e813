"""scikit-learn's MLPClassifier: `partial_fit` an epoch at a time. It has ReLU, no LeakyReLU, and
draws its first weights itself; the given ones replace them after one step."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier


class Peer:
    """`partial_fit` takes the samples in the given order, a batch at a time."""

    def __init__(self, work: Any) -> None:
        arrays = work.arrays
        self.net = MLPClassifier(
            work.sizes[1:-1], alpha=0.0, batch_size=work.batch_size, shuffle=False, max_iter=1,
            learning_rate_init=work.learning_rate, random_state=0,
        )  # fmt: skip
        self.size = work.batch_size
        self.x, self.y = arrays["x"].astype(np.float32) / 255, arrays["y"]
        self.net.partial_fit(self.x[: self.size], self.y[: self.size], classes=np.arange(10))
        for i in range(len(work.sizes) - 1):
            self.net.coefs_[i][...] = arrays[f"weight{i}"]
            self.net.intercepts_[i][...] = arrays[f"bias{i}"]

    def epoch(self, order: Any) -> None:
        self.net.partial_fit(self.x[order], self.y[order])

    def predict(self, x: Any) -> Any:
        return self.net.predict_proba(x.astype(np.float32) / 255)


def versions() -> dict[str, str]:
    return {"sklearn": sklearn.__version__, "numpy": np.__version__}
