"""`diagnose(model, data)`: the doctor for a model in Python."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from backprove.doctor.experiments import Told
from backprove.doctor.from_model import spec_of
from backprove.doctor.run import BUDGET, examine
from backprove.findings import Result
from backprove.train.model import Model


def diagnose(
    model: Model,
    data: Any,
    *,
    batch_size: int = 64,
    epochs: int = 1,
    shuffle: bool = True,
    budget: str = BUDGET,
    workers: int | None = None,
    told: Told | None = None,
) -> Result:
    """Why does `model.fit(data, batch_size, epochs)` fail? Proved by training it again.

    data      a Dataset or (x, y)
    budget    "60s", "2m", or "20x" for multiples of the training's own work
    workers   processes that train at the same time; as many as cores by default

    The model itself is neither trained nor changed. Raises UsageError for a network that is not a
    chain of linear layers, activations, normalisation and dropout.
    """
    with TemporaryDirectory(prefix="backprove-") as folder:
        spec = spec_of(
            model, data, Path(folder), batch_size=batch_size, epochs=epochs, shuffle=shuffle
        )
        return examine(spec, name="model", budget=budget, workers=workers, told=told)
