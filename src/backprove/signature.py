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
    forward, backward = parameters_of(cls.forward), parameters_of(cls.backward)
    keywords = [p for p in forward if p.kind is p.KEYWORD_ONLY]
    residuals = tuple(p.name for p in backward if p.kind is p.KEYWORD_ONLY)
    state = _names(cls, "state")
    parameters = [p for p in keywords if p.name not in (*state, *CONTEXT)]
    signature = Signature(
        inputs=tuple(p.name for p in forward if p.kind is p.POSITIONAL_OR_KEYWORD),
        parameters=tuple(p.name for p in parameters),
        optional=frozenset(p.name for p in parameters if p.default is None),
        state=state,
        context=tuple(p.name for p in keywords if p.name in CONTEXT),
        residuals=tuple(name for name in residuals if name != INPUT_GRAD),
        skips=INPUT_GRAD in residuals,
        teaching=not residuals and not bool(getattr(cls, "stateless", False)),
    )
    if not signature.teaching:
        _refuse_wrong_arguments(cls, forward, backward)
        _refuse_fixed_values(cls, parameters)
        _refuse_absent_state(cls, state, keywords)
        _refuse_unknown_residuals(cls, signature)
    return signature


def parameters_of(method: Any) -> list[inspect.Parameter]:
    """The parameters of a function or method, without self."""
    found = list(inspect.signature(method).parameters.values())
    return found[1:] if found and found[0].name == "self" else found


def _names(cls: type[Any], attribute: str) -> tuple[str, ...]:
    found = getattr(cls, attribute, ())
    if isinstance(found, str) or not all(isinstance(name, str) for name in found):
        raise ContractError(
            "{cls}.{attribute} must be a tuple of names, found {found!r}: write it as ({first!r},)",
            cls=cls.__name__,
            attribute=attribute,
            found=found,
            first=found if isinstance(found, str) else "name",
        )
    return tuple(found)


def _refuse_wrong_arguments(cls: type[Any], forward: Any, backward: Any) -> None:
    starred = [p.name for p in (*forward, *backward) if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if starred:
        raise ContractError(
            "{cls} takes any number of arguments (*{name}): write out the names of forward's "
            "inputs and parameters and of what backward needs",
            cls=cls.__name__,
            name=starred[0],
        )
    upstream = [p.name for p in backward if p.kind is not p.KEYWORD_ONLY]
    if len(upstream) != 1:
        raise ContractError(
            "{cls}.backward takes {found} positional arguments, expected one, the upstream "
            "gradient: write backward(self, dy, *, ...) and name what it needs after the star",
            cls=cls.__name__,
            found=len(upstream),
        )


def _refuse_fixed_values(cls: type[Any], parameters: list[inspect.Parameter]) -> None:
    for parameter in parameters:
        if parameter.default is not parameter.empty and parameter.default is not None:
            raise ContractError(
                "{cls}.forward gives {name} the value {value!r}, but keyword-only names are "
                "parameters that learn: set a fixed value on self in __init__",
                cls=cls.__name__,
                name=parameter.name,
                value=parameter.default,
            )


def _refuse_absent_state(cls: type[Any], state: tuple[str, ...], keywords: Any) -> None:
    for name in state:
        if name not in [p.name for p in keywords]:
            raise ContractError(
                "{cls} declares the running statistic {name}, which forward does not take: "
                "add it to forward's keyword-only names",
                cls=cls.__name__,
                name=name,
            )


def _refuse_unknown_residuals(cls: type[Any], signature: Signature) -> None:
    aux = _names(cls, "aux")
    given = (*signature.inputs, *signature.parameters, *signature.state, *signature.context)
    for name in signature.residuals:
        if name not in (*given, "y", *aux):
            raise ContractError(
                "{cls}.backward asks for {name}; it may ask for {known}. "
                "Declare any other value in `aux` and return it from forward beside y.",
                cls=cls.__name__,
                name=name,
                known=", ".join((*given, "y", *aux)),
            )
    clashing = [name for name in aux if name in (*given, "y")]
    if "y" in given and "y" in signature.residuals:
        clashing.append("y")
    for name in clashing:
        raise ContractError(
            "{cls} uses the name {name} twice: an input or parameter needs another name than "
            "the output y and the extras in `aux`",
            cls=cls.__name__,
            name=name,
        )
