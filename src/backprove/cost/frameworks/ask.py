"""Asking the framework's process to count a network in a user's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from backprove.cost.conventions import find
from backprove.cost.frameworks.inputs import parse
from backprove.cost.frameworks.result import result_of
from backprove.cost.frameworks.tools import BY_RULES
from backprove.cost.table import CostResult
from backprove.course import framework_of
from backprove.errors import DataError, ShapeError, UsageError
from backprove.oracle.client import reference

OUT_OF_MEMORY = ("ResourceExhausted", "MemoryError", "memory's size is 0", "can't allocate memory")
"""Words of the frameworks for a network that is too large, or has no memory yet."""
CONVENTIONS = {
    "torch": ("headline", "strict", "torch", "fvcore", "thop", "ptflops", "calflops"),
    "paddle": ("headline", "strict", "paddle"),
}
"""Those of each library: a tool is reproduced where it reads the networks."""
NAMES = {"torch": "PyTorch", "paddle": "Paddle"}


def cost_of_file(
    place: str,
    inputs: str | None = None,
    *,
    arguments: dict[str, Any] | None = None,
    abstract: bool = False,
    optimizer: Any = None,
    loss: Any = None,
    convention: str = "headline",
) -> CostResult:
    """What the Paddle or PyTorch network of "FILE.py::NAME" costs, from what it executes.

    The file runs in a process of its own. `inputs` are shapes with all axes, see `inputs.parse`;
    `arguments` are those that the class or function NAME is called with. An abstract count goes by
    shapes alone and allocates nothing.

    Raises UsageError if there is no such file or network, or if building it fails; ShapeError if
    it does not run on these inputs.
    """
    library = framework_of(place)
    if library is None:
        raise UsageError(
            "{path} imports neither paddle nor torch: give a file with a network of one of them",
            path=place.partition("::")[0],
        )
    find(convention)
    refuse_other_library(convention, library)
    given, keywords = parse(inputs)
    file, mark, name = place.partition("::")
    absolute = f"{Path(file).resolve()}{mark}{name}"
    texts = {name: repr(value) for name, value in (arguments or {}).items()}
    request = {"place": absolute, "inputs": given, "keywords": keywords, "arguments": texts}
    tool = convention if convention in BY_RULES else ""
    found = reference(library).ask("count", **request, abstract=abstract, tool=tool)
    if "failed" in found:
        raise failure(found, place, inputs or "", abstract, tool)
    shapes = [tuple(i["shape"]) for i in [*given, *keywords.values()]]
    return result_of(found, library, place, shapes, optimizer, loss, convention)


def refuse_other_library(convention: str, library: str) -> None:
    """Raise UsageError for a tool that does not read networks of this library."""
    if convention not in CONVENTIONS[library]:
        raise UsageError(
            "{tool} does not read networks of {library}, so there is nothing that it prints: "
            "choose --convention {known}",
            tool=convention if convention != "paddle" else "paddle.flops",
            library=NAMES[library],
            known=", ".join(CONVENTIONS[library]),
        )


def failure(
    found: dict[str, Any], place: str, shapes: str, abstract: bool = False, tool: str = ""
) -> Exception:
    """The error for the stage at which counting failed."""
    path, _, name = place.partition("::")
    reason = found["reason"]
    if found["failed"] == "tool":
        return UsageError(
            "{tool} gives no number for {place} ({reason}): choose another --convention",
            tool=tool if tool != "paddle" else "paddle.flops",
            place=place,
            reason=reason,
        )
    if found["failed"] == "watched":
        return DataError(
            "{place} cannot be counted: Paddle does not let the values that it keeps for backward "
            "be watched while forward takes a gradient of its own ({reason})",
            place=place,
            reason=reason,
        )
    if any(word in reason for word in OUT_OF_MEMORY) and not abstract:
        return DataError(
            "{place} does not fit into memory ({reason}): count it with --abstract, which "
            "allocates nothing",
            place=place,
            reason=reason,
        )
    if found["failed"] == "load":
        return DataError("running {path} raised {reason}: correct it", path=path, reason=reason)
    if found["failed"] == "missing":
        return UsageError(
            "{path} has no network {name!r}; it has {found}",
            path=path,
            name=name,
            found=reason or "-",
        )
    if found["failed"] == "build":
        return UsageError(
            "{name} of {path} does not make a network ({reason}): give its arguments as "
            "--with name=value, or name a function without arguments that returns the network",
            name=name or "the class",
            path=path,
            reason=reason,
        )
    if found["failed"] == "function":
        return ShapeError(
            "{name} of {path}, a function that takes the inputs, raised or gave no output on "
            "shapes {shapes} ({reason}): check --input, or give the arguments of a function that "
            "makes a network as --with name=value",
            name=name,
            path=path,
            shapes=shapes,
            reason=reason,
        )
    if found["failed"] == "dtype":
        return UsageError("unknown dtype {dtype!r} in --input", dtype=reason)
    if found["failed"] == "backward":
        return DataError("the backward pass of {place} raised {reason}", place=place, reason=reason)
    if abstract:
        return ShapeError(
            "{place} raised {reason} on shapes {shapes} without values: check --input, or count "
            "it without --abstract",
            place=place,
            reason=reason,
            shapes=shapes,
        )
    return ShapeError(
        "{place} raised {reason} on inputs of shape {shapes}: check --input and the network",
        place=place,
        reason=reason,
        shapes=shapes,
    )
