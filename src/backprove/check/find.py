"""What a target means: one of our operators, an object, a file, or a framework's operator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from backprove.check.calls import Call, call_of, direct
from backprove.check.definitions import definition, meaning
from backprove.check.documented import documented
from backprove.check.framework import Framework
from backprove.check.references import LIBRARIES
from backprove.check.subject import filed, local
from backprove.errors import UsageError, unknown
from backprove.ops import find
from backprove.oracle.client import reference, require
from backprove.oracle.names import spelled_out
from backprove.targets.constructor import build, described, unknown_argument
from backprove.targets.dotted import synonym
from backprove.targets.place import find as read

FILE = re.compile(r"\.(py|ipynb)(::|$)|/")


def subject_of(target: Any, given: dict[str, Any], names: Sequence[str] = ()) -> Any:
    """The subject for whatever `check` was given. Raises UsageError if it is nothing.

    `names` are those of the operator that a framework's one stands for.
    """
    if not isinstance(target, str):
        return local(target, given)
    if FILE.search(target):
        return filed(target, given)
    read(target, given)
    library, colon, name = target.partition(":")
    if colon:
        return framework(library, name, given, names)
    cls = find(target)
    return local(cls, given, None if given else dict(cls.CASES[0].arguments))


def framework(
    library: str, name: str, given: dict[str, Any], names: Sequence[str] = ()
) -> Framework:
    """A framework's operator by its dotted name below the framework."""
    if library not in LIBRARIES:
        raise unknown("reference", library, LIBRARIES)
    require(library)
    worker, path = reference(library), spelled_out(library, name)
    last = path.rpartition(".")[2]
    cls = definition(names) or meaning(library, last)
    if cls is None:
        worker.ask("names:described", library=library, name=path)
        raise UsageError(
            "no definition is known for {name}: say which operator it is with --against, "
            "such as --against paddle:nn.functional.leaky_relu",
            name=f"{library}:{name}",
        )
    cls = documented(library, cls)
    known = cls.references.get(library, "")
    if known and direct(known, last):
        call = Call(known)
    else:
        found = worker.ask("names:described", library=library, name=path)
        call = call_of(library, path, found, cls)
    arguments = named(given, cls)
    if arguments:
        build(cls, {**dict(cls.CASES[0].arguments), **arguments})
    return Framework(library, name, call, cls, worker, arguments)


def named(given: dict[str, Any], cls: Any) -> dict[str, Any]:
    """The arguments under the names of the definition. Raises UsageError for one without."""
    takes = described(cls)
    names = [*takes["needed"], *takes["defaults"]]
    pairs = {word: word if word in names else synonym(word, names) for word in given}
    for word, known in pairs.items():
        if not known:
            raise unknown_argument(word, names, cls.__name__)
    return {pairs[word]: value for word, value in given.items()}
