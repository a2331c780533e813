"""What the doctor examines: something that is built from a seed, stepped, observed and edited.

`Subject` and `Run` are all that the doctor asks of a program; `ConfigSubject` is the one that a
configuration describes. Inputs x are always what the network itself is given (transforms done,
floating); nothing that a run hands out may be written to.
"""

from __future__ import annotations

from typing import Any, Protocol, Self

from backprove.doctor.layers import Layer, Values
from backprove.doctor.spec import Spec
from backprove.train.watch import Place

Tree = dict[str, Any]


class Run(Protocol):
    """One training from one seed.

    step_count    steps done; total_steps all steps of the training
    diverged_at   the step, counted from 1, whose loss was NaN or infinite; None if none was.
                  That step changes nothing and ends the run
    gradients     the gradients that the last step used, previous the parameters before it
    layers        the linear maps of a chain, from the input to the output
    """

    seed: int
    step_count: int
    total_steps: int
    diverged_at: int | None
    layers: list[Layer]
    gradients: Tree
    previous: Tree

    @property
    def finished(self) -> bool:
        """Whether all steps are done, or the run has diverged."""
        ...

    @property
    def parameters(self) -> Tree:
        """All parameters by name."""
        ...

    @parameters.setter
    def parameters(self, values: Tree) -> None: ...

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        ...

    @property
    def has_held_out(self) -> bool:
        """Whether there are rows that are not trained on."""
        ...

    @property
    def probe_data(self) -> tuple[Any, Any]:
        """(x, y) of at most 2000 training rows, always the same."""
        ...

    def probes(self, rows: int) -> tuple[Any, Any]:
        """The first rows of `probe_data`, at most so many."""
        ...

    def step(self, rate_scale: float = 1.0) -> float:
        """One optimizer step; its loss. `rate_scale` multiplies the learning rate of this one."""
        ...

    def batch(self, step: int) -> tuple[Any, Any]:
        """(x, y) of the step with this number, counted from 0."""
        ...

    def metric(self, held_out: bool = False) -> float:
        """Accuracy or R2 on at most 2000 training rows, or on held-out rows; NaN if diverged."""
        ...

    def outputs(self, x: Any) -> Any:
        """The network's answers in evaluation mode."""
        ...

    def loss_on(self, x: Any, y: Any, params: Tree | None = None) -> float:
        """The loss in evaluation mode."""
        ...

    def loss_of(self, outputs: Any, y: Any) -> float:
        """The training loss of given outputs."""
        ...

    def gradient(
        self, x: Any, y: Any, params: Tree | None = None, dtype: str = "float32"
    ) -> tuple[float, Tree]:
        """(loss, gradient of every parameter) in training mode, as the next step would see it."""
        ...

    def hessian_vector(self, v: Tree, x: Any, y: Any, dtype: str = "float64") -> Tree:
        """The Hessian of that loss times v."""
        ...

    def activations(self, x: Any, training: bool = False) -> list[Values]:
        """What each layer computes, before and behind its activation."""
        ...

    def input_gradient(self, part: str, x: Any, y: Any, params: Tree) -> Any:
        """The gradient of the loss by what the part of this name is given."""
        ...

    @property
    def plain_descent(self) -> bool:
        """Whether a step is learning rate times gradient, and nothing random is in the network."""
        ...

    @property
    def divisors(self) -> Tree | None:
        """What Adam divides the gradient by; None with other optimizers, or before a step."""
        ...

    def first_not_finite(self) -> Place | None:
        """Where the next step first meets NaN or infinity: operator, and what of it."""
        ...

    def snapshot(self) -> Any:
        """All that the run is, to come back to bit for bit."""
        ...

    def restore(self, snapshot: Any) -> None:
        """Go back to a snapshot of this run, or of one with the same seed and program."""
        ...


class Subject(Protocol):
    """A program that can be trained again, and again with something changed."""

    spec: Spec
    has_held_out: bool
    metric_name: str

    def start(self, seed: int) -> Run:
        """A new training: first values, order of the rows and masks all follow from the seed."""
        ...

    def edited(self, edit: Any) -> Self:
        """The same program with an `edits.Edit`, or with {dotted key: value}, applied."""
        ...
