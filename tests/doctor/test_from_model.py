"""A model and its data become a configuration that trains exactly as `fit` does."""

from __future__ import annotations

import numpy as np
import pytest

from backprove import ops
from backprove.data import Dataset, load
from backprove.data.transforms import Compose, Normalize
from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.from_model import spec_of
from backprove.errors import UsageError
from backprove.initializers import KaimingNormal, Uniform
from backprove.net import Residual, Sequential
from backprove.optim import Adam, ClipByNorm, Momentum
from backprove.optim.schedules import Cosine
from backprove.train.metrics import R2, Accuracy
from backprove.train.model import Model


def classifier() -> tuple[Model, Dataset]:
    start = {"weight_init": KaimingNormal(), "bias_init": Uniform(-0.1, 0.1)}
    net = Sequential(
        ops.Dropout(0.05),
        ops.Linear(4, 8, **start),
        ops.BatchNorm1D(8, momentum=0.5),
        ops.LeakyReLU(0.3),
        ops.Dropout(0.1),
        ops.Linear(8, 6, **start),
        ops.BatchNorm1D(6, momentum=0.5),
        ops.Tanh(),
        ops.Dropout(0.1),
        ops.Linear(6, 3, **start),
    )
    model = Model(net, engine="numpy", seed=4)
    model.prepare(
        Adam(Cosine(0.01, 20), betas=(0.8, 0.9), weight_decay=0.01, clip=ClipByNorm(0.5)),
        ops.CrossEntropy(label_smoothing=0.1),
        [Accuracy()],
        transforms=Compose([Normalize([5.0, 3.0, 4.0, 1.0], 2.0)]),
    )
    return model, load("iris")


def regressor() -> tuple[Model, tuple]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 3)).astype(np.float32)
    model = Model(Sequential(ops.Linear(3, 5, bias=False), ops.Linear(5, 1, bias=False)))
    model = Model(model.net, engine="numpy", seed=1)
    model.prepare(Momentum(0.01), "mse", R2(), accumulate_grad_batches=2)
    return model, (x, x.sum(1, keepdims=True))


@pytest.mark.parametrize("made", [classifier, regressor])
def test_the_configuration_trains_as_the_model_does(made, tmp_path) -> None:
    model, data = made()
    spec = spec_of(model, data, tmp_path, batch_size=16, epochs=2)
    run = ConfigSubject(spec).start(model.seed)
    losses = [run.step() for _ in range(run.total_steps)]
    history = model.fit(data, batch_size=16, epochs=2, verbose=0)
    assert losses == history.step_losses
    for name, value in run.parameters.items():
        assert np.array_equal(value, model.state_dict()[name])


@pytest.mark.parametrize(
    "parts",
    [
        (Residual(ops.Linear(4, 4)), ops.Linear(4, 3)),
        (ops.Linear(4, 4), ops.Tanh(), ops.BatchNorm1D(4), ops.Linear(4, 3)),
        (ops.Linear(4, 4), ops.Linear(4, 3, bias=False)),
        (ops.Linear(4, 4, weight_init=lambda rng, shape: rng.normal(size=shape)),),
        (ops.Tanh(),),
    ],
)
def test_other_networks_are_refused_in_words(parts, tmp_path) -> None:
    with pytest.raises(UsageError, match="a chain of linear layers"):
        spec_of(Model(Sequential(*parts)), (np.ones((6, 4)), np.arange(6) % 3), tmp_path)


def test_a_metric_or_schedule_of_ones_own_is_refused(tmp_path) -> None:
    class Own(Accuracy):
        """A metric that no configuration knows."""

    model, data = classifier()
    model.metrics = [Own()]
    with pytest.raises(UsageError, match="to write into a configuration"):
        spec_of(model, data, tmp_path)
