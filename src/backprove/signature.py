"""What the signatures of an operator's `forward` and `backward` declare.

Read once, when the class is created, so that a wrong name is refused there and not in the middle
of a training run.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from backprove.errors import ContractError

CONTEXT = ("key", "training")
INPUT_GRAD = "input_grad"


@dataclass(frozen=True)
class Signature:
    """The names that an operator works with.

    inputs      positional parameters of forward (data)
    parameters  keyword-only parameters of forward that learn
    optional    parameters that may be absent (they have the default None)
    state       keyword-only parameters of forward that are running statistics
    context     "key" and "training", if forward asks for them
    residuals   keyword-only parameters of backward
    skips       backward takes `input_grad` and can leave the inputs' gradients out
    teaching    forward stores on self and backward reads from there
    """

    inputs: tuple[str, ...]
    parameters: tuple[str, ...]
    optional: frozenset[str]
    state: tuple[str, ...]
    context: tuple[str, ...]
    residuals: tuple[str, ...]
    skips: bool
    teaching: bool


def read(cls: type[Any]) -> Signature:
    """Read both signatures of an operator class. Raises ContractError for a name that is not there.

    A method that takes *args is an operator made of operators, which brings its own pure view.
    """
    forward = _parameters(cls.forward)
    backward = _parameters(cls.backward)
    keywords = [p for p in forward if p.kind is p.KEYWORD_ONLY]
    residuals = tuple(p.name for p in backward if p.kind is p.KEYWORD_ONLY)
    stateless = bool(getattr(cls, "stateless", False))
    state = tuple(getattr(cls, "state", ()))
    parameters = [p for p in keywords if p.name not in (*state, *CONTEXT)]
    signature = Signature(
        inputs=tuple(p.name for p in forward if p.kind is p.POSITIONAL_OR_KEYWORD),
        parameters=tuple(p.name for p in parameters),
        optional=frozenset(p.name for p in parameters if p.default is None),
        state=state,
        context=tuple(p.name for p in keywords if p.name in CONTEXT),
        residuals=tuple(name for name in residuals if name != INPUT_GRAD),
        skips=INPUT_GRAD in residuals,
        teaching=not residuals and not stateless,
    )
    _refuse_unknown_residuals(cls, signature)
    return signature


def _parameters(method: Any) -> list[inspect.Parameter]:
    found = list(inspect.signature(method).parameters.values())
    return found[1:] if found and found[0].name == "self" else found


def _refuse_unknown_residuals(cls: type[Any], signature: Signature) -> None:
    aux = tuple(cls.__dict__.get("aux", getattr(cls, "aux", ())))
    known = (*signature.inputs, *signature.parameters, *signature.state, *signature.context)
    known = (*known, "y", *aux)
    for name in signature.residuals:
        if name not in known:
            raise ContractError(
                "{cls}.backward asks for {name}; it may ask for {known}. "
                "Declare any other value in `aux` and return it from forward beside y.",
                cls=cls.__name__,
                name=name,
                known=", ".join(known),
            )
