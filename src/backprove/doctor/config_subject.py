"""A subject made from a configuration: the training steps are those of `backprove train`.

Steps run operator by operator in NumPy, so nothing is compiled anew for an edit, everything can
be looked at, and a snapshot is exact. Data are loaded once and shared by all edited subjects
whose [data] table is the same.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from backprove.doctor.config_run import ConfigRun
from backprove.doctor.data_files import Stamp, stamp
from backprove.doctor.edits import Edit
from backprove.doctor.judging import judged
from backprove.doctor.refusals import refuse_settings, refuse_trivial
from backprove.doctor.spec import Spec, changed
from backprove.train.build import build_model
from backprove.train.build_data import Data, build_data
from backprove.train.inputs import checked, inputs_of

PROBE = 2000
_LOADED: dict[tuple[bytes, Stamp], Data] = {}
_MOST_LOADED = 4


class Rows(NamedTuple):
    """Rows as the network takes them, before the transforms, and their targets."""

    x: Any
    y: Any


class ConfigSubject:
    """A training that a configuration describes; see `subject.Subject`.

    `loaded` are its data, if they are at hand.

    Raises what building raises (UsageError, DataError, ShapeError), and DataError for data from
    which nothing can be learned: a single row, one class, targets that are all equal.
    """

    def __init__(self, spec: Spec, loaded: Data | None = None) -> None:
        refuse_settings(spec)
        self.spec = copy.deepcopy(spec)
        data = self._data = _load(spec) if loaded is None else loaded
        refuse_trivial(data)
        task = data.train.task
        model = build_model(judged(spec, task, data.train.y), task, len(data.train))
        train = checked(data.train, model.net, model.loss, "train_data")
        self.train = Rows(*inputs_of(train, model.net, model.loss))
        rest = data.validation or (data.test if data.test is not data.train else None)
        self.held_out: Rows | None = None
        if rest is not None:
            rest = checked(rest, model.net, model.loss, "eval_data")
            self.held_out = Rows(*inputs_of(rest, model.net, model.loss))
        self.task, self.classes = task, data.train.classes
        self.metric_name = model.metrics[0].name if model.metrics else "loss"
        self.has_held_out = self.held_out is not None

    def start(self, seed: int) -> ConfigRun:
        """A new training from a seed. The data and their split stay those of the spec."""
        spec = changed(self.spec, {"training.seed": seed, "training.engine": "numpy"})
        model = build_model(judged(spec, self.task, self.train.y), self.task, len(self.train.x))
        return ConfigRun(model, spec, self.train, self.held_out, PROBE)

    def edited(self, edit: Edit | Mapping[str, Any]) -> ConfigSubject:
        """The same program with one edit applied."""
        changes = edit.changes if isinstance(edit, Edit) else edit
        spec = changed(self.spec, changes)
        return ConfigSubject(spec, self._data if _key(spec) == _key(self.spec) else None)


def _key(spec: Spec) -> bytes:
    """What the data depend on."""
    return msgspec.json.encode([spec.data, spec.mistakes, spec.training.seed])


def _load(spec: Spec) -> Data:
    key = _key(spec), stamp(spec.data.name)
    if key not in _LOADED:
        while len(_LOADED) >= _MOST_LOADED:
            del _LOADED[next(iter(_LOADED))]
        _LOADED[key] = build_data(spec)
    return _LOADED[key]
