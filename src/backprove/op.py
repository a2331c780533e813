"""The operator contract: two pure functions with named residuals.

    class Tanh(Op):
        def forward(self, x): ...
        def backward(self, dy, *, y): ...            # keyword-only: what backward needs

    class Linear(Op):
        def forward(self, x, *, weight, bias): ...   # keyword-only: parameters
        def backward(self, dy, *, x, weight): ...    # -> dx, {"weight": dweight, "bias": dbias}

`backward` may ask for inputs, parameters, the output `y`, or an extra named in `aux`, which
`forward` returns beside `y`. Two more names have a meaning of their own: `training` (a bool) and
`key` (a key of `backprove.random`). Running statistics are named in `state`; `forward` takes
their old values and returns the new ones beside `y`.

A `backward` without keyword-only names, not marked `stateless = True`, is the teaching spelling:
`forward(self, inputs)` stores on `self` and `backward(self, grads)` reads from there. See `lift`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from backprove import lift, pure
from backprove.arrays import HALF, cast
from backprove.cases import Case
from backprove.counts import Cost
from backprove.errors import ContractError
from backprove.signature import Signature, read

Gradients = tuple[tuple[Any, ...], dict[str, Any]]
Initializer = Callable[[np.random.Generator, tuple[int, ...]], Any]


@dataclass(frozen=True)
class Parameter:
    """The shape of a parameter or running statistic, and how its first value is drawn."""

    shape: tuple[int, ...]
    initializer: Initializer


class Op:
    """An operator. Subclasses write `forward` and `backward`; everything else follows.

    `fwd` and `bwd` are the pure view that networks, engines, bridges, checker and counter use.
    `op(x)` and then `op.backward(dy)` work too, for reading and teaching.
    """

    aux: ClassVar[tuple[str, ...]] = ()
    state: ClassVar[tuple[str, ...]] = ()
    stateless: ClassVar[bool] = False
    aliases: ClassVar[tuple[str, ...]] = ()
    elementwise: ClassVar[bool] = False
    limits_at_infinity: ClassVar[bool] = False
    formula: ClassVar[str] = ""
    reference: ClassVar[str] = ""
    references: ClassVar[dict[str, str]] = {}
    CASES: ClassVar[Sequence[Case]] = ()
    signature: Signature
    forward: Callable[..., Any]
    backward: Callable[..., Any]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not (hasattr(cls, "forward") and hasattr(cls, "backward")):
            return
        cls.signature = read(cls)
        if "backward" in cls.__dict__ and not cls.stateless:
            wrapped = lift.explaining if cls.signature.teaching else pure.remembering
            cls.backward = wrapped(cls.__dict__["backward"])

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        missing = [name for name in ("forward", "backward") if not hasattr(cls, name)]
        if missing and (cls.fwd is Op.fwd or cls.bwd is Op.bwd):
            raise ContractError(
                "{cls} has no {missing}: write forward(self, x) and backward(self, dy, *, ...)",
                cls=cls.__name__,
                missing=" and no ".join(missing),
            )
        if (args or kwargs) and cls.__init__ is object.__init__:
            raise TypeError(f"{cls.__name__} takes no arguments")
        return super().__new__(cls)

    def fwd(self, *inputs: Any, **values: Any) -> tuple[Any, dict[str, Any]]:
        """The output and what backward needs: `y, saved = op.fwd(x, weight=w)`."""
        run = lift.fwd if self.signature.teaching else pure.fwd
        return run(self, inputs, values)

    def bwd(self, saved: dict[str, Any], dy: Any, *, input_grad: bool = True) -> Gradients:
        """The gradients: one for each input (None for whole numbers), and those of the parameters.

        Without `input_grad` the operator may leave the inputs' gradients out and give None.
        """
        run = lift.bwd if self.signature.teaching else pure.bwd
        return run(self, saved, dy, input_grad)

    def new_state(self, saved: dict[str, Any]) -> dict[str, Any]:
        """The running statistics after a forward pass, by name."""
        found: dict[str, Any] = saved.get("new_state", {})
        return found

    def parameters(self) -> dict[str, Parameter]:
        """Shape and initializer of every parameter. The teaching spelling has them in `params`."""
        sig, found = self.signature, lift.params_of(self)
        named = [k for k in found if sig.teaching or k in sig.parameters]
        return {k: Parameter(*lift.first_value(found[k])) for k in named}

    def states(self) -> dict[str, Parameter]:
        """Shape and initializer of every running statistic."""
        return {}

    def init(self, seed: int = 0, dtype: str = "float32") -> dict[str, Any]:
        """First values of all parameters and running statistics as NumPy arrays.

        Running statistics are float32 at least: the variance of float16 data may exceed float16.
        """
        rng = np.random.default_rng(seed)
        wide = "float32" if dtype in HALF else dtype
        params, states = self.parameters(), self.states()
        dtypes = {**dict.fromkeys(params, dtype), **dict.fromkeys(states, wide)}
        return {
            k: cast(p.initializer(rng, p.shape), dtypes[k]) for k, p in {**params, **states}.items()
        }

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the output for inputs of these shapes."""
        return shapes[0]

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """The compute of forward and backward for inputs of these shapes."""
        raise ContractError(
            "{cls} has no formula for its compute: write cost(self, *shapes)",
            cls=type(self).__name__,
        )

    def __call__(self, *inputs: Any, **values: Any) -> Any:
        """Run forward and remember what backward needs on this object."""
        if self.signature.teaching:
            return self.forward(*inputs, **values)
        return pure.call(self, inputs, values)

    def __repr__(self) -> str:
        shown = (f"{k}={v!r}" for k, v in vars(self).items() if not k.startswith("_"))
        return f"{type(self).__name__}({', '.join(shown)})"
