"""Watching one training: `observe(subject, seed)`, or an `Observer` driven from another loop.

    observer = Observer(run)
    while not run.finished:
        observer.after(run.step())
    trace = observer.trace()

Nothing is written to the run: its parameters, optimizer, statistics and random state are those
of a run that nobody watched, bit for bit.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from backprove.doctor.curvature import Curvature
from backprove.doctor.head_probe import ROWS, head_view
from backprove.doctor.kill_probe import KillProbe
from backprove.doctor.landscape import gradient_noise, preconditioned_sharpness, sharpness
from backprove.doctor.layer_view import network_view
from backprove.doctor.plateaus import constant_losses
from backprove.doctor.sampling import LEAST, SHARE, sampled
from backprove.doctor.subject import Run, Subject
from backprove.doctor.trace import Broken, Record, StepRecord, Trace
from backprove.doctor.update_probe import UpdateProbe
from backprove.doctor.views import NAN, UpdateView

Tree = dict[str, Any]

MOST_PROBES = 1000
"""At most so many rows are probed for silent units, and `FEWEST_PROBES` where steps are cheap."""

FEWEST_PROBES = 192

MEASURE_PRICE = 6.0
"""What measuring the curvature of a step costs, in steps: a gradient, a forward pass, and
sums over all parameters."""

LOOKS = 0.25
"""The share of the watching that goes into the layers; the rest measures curvature."""

THOROUGH = 0.5
"""The share of a training that the doctor spends on watching the one that it has to explain."""


class Observer:
    """Collects the trace of a run; call `after(loss)` after each of its steps.

    share: what watching may cost, relative to the training. A little is spent on short runs in
    any case. Beyond the default the first updates are tested (`update_probe`), and metric,
    largest curvature and noise of the batches are taken at the start.
    """

    def __init__(self, run: Run, *, share: float = SHARE, curvature: bool = True) -> None:
        self.run = run
        self._batch_size, total = len(run.batch(0)[0]), run.total_steps
        rows = int(LOOKS * share * total * 3 * self._batch_size / LEAST)
        rows = min(MOST_PROBES, max(FEWEST_PROBES, rows))
        self._x, self._y = run.probes(rows)
        self._looks = sampled(
            total, max(1.0, len(self._x) / (3 * self._batch_size)), 6, LOOKS * share
        )
        self._measured = (
            sampled(total, MEASURE_PRICE, 40, (1 - LOOKS) * share) if curvature else frozenset()
        )
        self._curve = Curvature(run)
        self._started = time.perf_counter()
        self._losses: list[float] = []
        self._records: list[Record] = [self._record({}, {})]
        self._curvature: list[StepRecord] = []
        self._broken: Broken | None = None
        self._first_metric = run.metric() if share > SHARE else NAN
        self._updates = UpdateProbe(run) if share > SHARE else None
        outputs = run.outputs(self._x[:ROWS])
        self._head = head_view(run.loss_of, outputs, self._y[:ROWS], self._kind())
        self._floors: dict[str, float] = {}
        if share > SHARE:
            y = run.probe_data[1]
            shape = (len(y), *np.shape(outputs)[1:])
            self._floors = constant_losses(run.loss_of, shape, y, self._kind())
        self._kills = KillProbe(run) if share > SHARE else None
        self._sharpness, self._noise = self._landscape() if share > SHARE else (NAN, NAN)
        self._end = (NAN, NAN)

    def after(self, loss: float) -> None:
        """Look at the step that was just done; `loss` is what it returned."""
        self._losses.append(loss)
        run, step = self.run, len(self._losses) - 1
        if run.diverged_at is not None:
            self._broken = self._where()
            self._last()
            return
        if self._updates is not None:
            self._updates.after(step)
        if self._kills is not None:
            self._kills.after(step)
        if step in self._measured:
            self._curvature.append(self._curve.measure(step, loss))
        if step in self._looks and not run.finished:
            self._look()
        if run.finished:
            self._last()

    def trace(self, *, final: bool = True) -> Trace:
        """What was seen so far; `final` asks for the metric now."""
        run = self.run
        held_out = run.metric(held_out=True) if final and self._has_held_out() else None
        return Trace(
            seed=run.seed, steps=len(self._losses), losses=list(self._losses),
            records=list(self._records), curvature=list(self._curvature), broken=self._broken,
            metric=run.metric() if final else NAN, held_out=held_out,
            first_metric=self._first_metric, batch_size=self._batch_size,
            total_steps=run.total_steps, seconds=time.perf_counter() - self._started,
            sharpness=self._sharpness, noise_scale=self._noise,
            head=self._head, updates=self._updates.view() if self._updates else UpdateView(),
            end_sharpness=self._end[0], preconditioned=self._end[1], floors=self._floors,
            kills=self._kills.kills if self._kills else [],
        )  # fmt: skip

    def _has_held_out(self) -> bool:
        return bool(getattr(self.run, "has_held_out", False))

    def _kind(self) -> str:
        """The class of the output activation, "" for none."""
        return self.run.layers[-1].kind if self.run.layers else ""

    def _landscape(self) -> tuple[float, float]:
        """(largest curvature, noise scale) before the first step."""
        rows = slice(0, FEWEST_PROBES // 2)
        return sharpness(self.run, self._x[rows], self._y[rows]), gradient_noise(self.run)

    def _look(self) -> None:
        before, after = self.run.previous, self.run.parameters
        changes = {k: after[k] - before[k] for k in after}
        self._records.append(self._record(self.run.gradients, changes))

    def _last(self) -> None:
        """The state at the end, once; after a broken step nothing has changed."""
        if self._records[-1].step != self.run.step_count:
            self._look()
        if self._kills is not None and self.run.diverged_at is None:
            rows = slice(0, FEWEST_PROBES // 2)
            x, y = self._x[rows], self._y[rows]
            self._end = sharpness(self.run, x, y), preconditioned_sharpness(self.run, x, y)

    def _record(self, gradients: Tree, changes: Tree) -> Record:
        run = self.run
        values = run.activations(self._x)
        return network_view(run.step_count, values, run.parameters, gradients, changes)

    def _where(self) -> Broken:
        place = self.run.first_not_finite()
        x, _ = self.run.batch(self.run.step_count)
        values = self.run.activations(x, training=True)
        low, high = _range_before(values)
        name = "" if place is None else str(getattr(place, "name", place))
        operator = "" if place is None else str(getattr(place, "operator", ""))
        return Broken(len(self._losses), name, operator, low, high)


def observe(
    subject: Subject, seed: int = 0, *, share: float = SHARE, curvature: bool = True
) -> Trace:
    """Train the subject once from a seed and watch it."""
    run = subject.start(seed)
    observer = Observer(run, share=share, curvature=curvature)
    while not run.finished:
        observer.after(run.step())
    return observer.trace()


def _range_before(values: Any) -> tuple[float, float]:
    """The range of the last pre-activations that were all finite."""
    low, high = math.nan, math.nan
    for v in values:
        z = np.asarray(v.before)
        if not np.all(np.isfinite(z)):
            break
        low, high = float(z.min()), float(z.max())
    return low, high
