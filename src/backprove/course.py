"""Running a learner's chapter file as it is.

The course's files say `from nndl.op import Op`, and the package `nndl` is a folder that each
chapter carries. While such a file runs, and only if no `nndl` can be found, a stand-in is
importable in its place. Nothing named `nndl` is installed, so a chapter's own folder always wins.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from backprove.errors import UsageError
from backprove.lift import is_operator

PACKAGE = "nndl"


class Op:
    """The base class that the course's operators inherit from: calling one runs `forward`."""

    def __call__(self, *inputs: Any) -> Any:
        return self.forward(*inputs)

    def forward(self, *inputs: Any) -> Any:
        """The output for the inputs; to be written by the learner."""
        raise NotImplementedError(f"{type(self).__name__} has no forward yet")

    def backward(self, *grads: Any) -> Any:
        """The gradient of the inputs for the output's gradient; to be written by the learner."""
        raise NotImplementedError(f"{type(self).__name__} has no backward yet")


class _StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `nndl` and `nndl.op`. It stands last, so a real package is found before it."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in (PACKAGE, f"{PACKAGE}.op"):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=name == PACKAGE)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["Op"] = Op
        module.__doc__ = "Stands in for the course's package while a chapter file runs."


@contextmanager
def stand_in(folder: Path) -> Iterator[None]:
    """Within the block, `folder` is first on the import path and `nndl` can be imported."""
    finder = _StandIn()
    before = {name for name in sys.modules if name.partition(".")[0] == PACKAGE}
    sys.path.insert(0, str(folder))
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        sys.path.remove(str(folder))
        for name in [n for n in sys.modules if n.partition(".")[0] == PACKAGE]:
            if name not in before:
                del sys.modules[name]


def load_operator(place: str) -> Any:
    """The operator class of "FILE.py" or "FILE.py::Class", its file run with the stand-in.

    Without a name it is the last class of the file that has forward and backward. Raises
    UsageError if the file or the class is not there.
    """
    name, _, wanted = place.partition("::")
    path = Path(name).resolve()
    if not path.is_file():
        raise UsageError("there is no file {path}: check the path", path=name)
    with stand_in(path.parent):
        module = _run(path)
    classes = {
        key: value
        for key, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__ and is_operator(value)
    }
    if wanted and wanted not in classes:
        raise UsageError(
            "{path} has no class {wanted} with forward and backward; it has {found}",
            path=name,
            wanted=wanted,
            found=", ".join(classes) or "none",
        )
    if not classes:
        raise UsageError(
            "{path} has no class with forward and backward: write both methods", path=name
        )
    return classes[wanted] if wanted else list(classes.values())[-1]


def framework_of(place: str) -> str | None:
    """The framework that a learner's file imports: "paddle" or "torch"; None for NumPy alone.

    Raises UsageError if the file is not there or is no Python.
    """
    name = place.partition("::")[0]
    try:
        tree = ast.parse(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError("there is no file {path}: check the path", path=name) from error
    except (SyntaxError, ValueError) as error:
        raise UsageError("{path} is not Python: {reason}", path=name, reason=str(error)) from error
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return next((library for library in ("paddle", "torch") if library in found), None)


def _run(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("learners_file", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
