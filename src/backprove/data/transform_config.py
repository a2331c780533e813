"""Transforms as plain values, for configuration files and checkpoints, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from backprove.data.augment import Elastic, RandomAffine
from backprove.data.deform import Deform
from backprove.data.transforms import Compose, Flatten, Normalize, ToTensor, Transform
from backprove.errors import UsageError, unknown

TRANSFORMS: dict[str, Any] = {
    cls.__name__: cls for cls in (ToTensor, Normalize, Flatten, RandomAffine, Elastic, Deform)
}


def to_config(transform: Transform) -> list[dict[str, Any]]:
    """One mapping a step: its `name` and its arguments, of numbers, lists and None only.

    Raises UsageError for a transform that is not of this package.
    """
    steps = transform.steps if isinstance(transform, Compose) else (transform,)
    return [_described(step) for step in steps]


def _described(step: Any) -> dict[str, Any]:
    if TRANSFORMS.get(type(step).__name__) is not type(step):
        raise UsageError(
            "expected transforms out of {known} to be saved, found {found!r}: "
            "apply your own transform to the data beforehand",
            known=", ".join(TRANSFORMS),
            found=step,
        )
    values = {field.name: getattr(step, field.name) for field in fields(step)}
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}
    return {"name": type(step).__name__, **plain}


def from_config(steps: Iterable[Mapping[str, Any]], *, check: bool = True) -> Compose:
    """The transforms of such mappings, their names in any spelling ("ToTensor", "to_tensor").

    Raises UsageError for an unknown name or argument.
    """
    return Compose([_built(dict(step)) for step in steps], check=check)


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _built(arguments: dict[str, Any]) -> Transform:
    wanted = str(arguments.pop("name", ""))
    table = {_plain(known): known for known in TRANSFORMS}
    if _plain(wanted) not in table:
        raise unknown("transform", wanted, TRANSFORMS)
    name = table[_plain(wanted)]
    known = [field.name for field in fields(TRANSFORMS[name])]
    for argument in arguments:
        if argument not in known:
            raise unknown("argument", f"{name}.{argument}", known or ("name",))
    given = {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}
    try:
        built: Transform = TRANSFORMS[name](**given)
    except TypeError as error:
        raise UsageError(
            "expected the arguments {known} for {name}, found {found}: {reason}",
            known=", ".join(known),
            name=name,
            found=", ".join(arguments) or "none",
            reason=str(error),
        ) from error
    return built
