"""`diagnose(model, data)`: the doctor for a model in Python."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from backprove.doctor.experiments import Told
from backprove.doctor.from_model import spec_of
from backprove.doctor.run import BUDGET, examine
from backprove.errors import UsageError
from backprove.findings import Result
from backprove.train.inputs import refuse_unknown
from backprove.train.model import Model


@refuse_unknown
def diagnose(
    model: Model,
    data: Any,
    *,
    batch_size: int = 64,
    epochs: int = 1,
    shuffle: bool = True,
    budget: str | float = BUDGET,
    workers: int | None = None,
    told: Told | None = None,
) -> Result:
    """Why does `model.fit(data, batch_size, epochs)` fail? Proved by training it again.

    data      a Dataset or (x, y)
    budget    seconds, "60s", "2m", or "20x" for multiples of the training's own work
    workers   processes that train at the same time; as many as cores by default

    The model itself is neither trained nor changed. Raises UsageError for a network that is not a
    chain of linear layers, activations, normalisation and dropout, and where there is no room to
    keep the data for the re-runs.
    """
    if not isinstance(model, Model):
        raise UsageError(
            "expected a Model with its loss and optimizer, found {found}: write "
            "Model(net).prepare(optimizer, loss)",
            found=type(model).__name__,
        )
    try:
        folder = TemporaryDirectory(prefix="backprove-")
        spec = spec_of(
            model, data, Path(folder.name), batch_size=batch_size, epochs=epochs, shuffle=shuffle
        )
    except OSError as error:
        raise UsageError(
            "cannot keep the data for the re-runs in a temporary folder ({reason}): free some "
            "space, or set TMPDIR to a folder that can be written to",
            reason=error.strerror or str(error),
        ) from error
    with folder:
        return examine(spec, name="model", budget=budget, workers=workers, told=told)
