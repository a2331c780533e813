"""What a target means: one of our operators, an object, a file, or a framework's operator."""

from __future__ import annotations

import re
from typing import Any

from backprove.check.definitions import definition
from backprove.check.references import LIBRARIES
from backprove.check.subject import Framework, filed, local
from backprove.errors import UsageError, unknown
from backprove.ops import find
from backprove.oracle.client import reference, require

FILE = re.compile(r"\.(py|ipynb)(::|$)|/")
ROOTS = {"paddle": "paddle", "torch": "torch", "jax": "jax"}


def subject_of(target: Any, given: dict[str, Any]) -> Any:
    """The subject for whatever `check` was given. Raises UsageError if it is nothing."""
    if not isinstance(target, str):
        return local(target, given)
    if FILE.search(target):
        return filed(target, given)
    library, colon, name = target.partition(":")
    if colon:
        return framework(library, name)
    cls = find(target)
    return local(cls, given, None if given else dict(cls.CASES[0].arguments))


def framework(library: str, name: str) -> Framework:
    """A framework's operator by its dotted name below the framework."""
    if library not in LIBRARIES:
        raise unknown("reference", library, LIBRARIES)
    last = name.rpartition(".")[2]
    cls = definition([last])
    if cls is None:
        raise UsageError(
            "no definition is known for {name}: say which operator it is with --against, "
            "such as --against paddle:nn.functional.leaky_relu",
            name=f"{library}:{name}",
        )
    known = cls.references.get(library, "")
    if f"{last}(" in known:
        expression = known
    else:
        expression = f"{ROOTS[library]}.{name}({', '.join(cls.signature.inputs)})"
    require(library)
    return Framework(library, name, expression, cls, reference(library))
