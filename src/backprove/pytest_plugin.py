"""The pytest plug-in: operators are collected as tests.

    pytest --backprove FILE.py              every operator of the file, as `backprove check` does
    backprove_files = operators/*.py        (configuration) the same without the option
    @pytest.mark.backprove(axis=0)          an operator class in a test module, with arguments

pytest loads this module at every start, so it imports nothing of backprove before there is
something to check.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from backprove.findings import Result

SUFFIXES = (".py", ".ipynb")
SETTINGS = ("against", "convention", "seed")
MARKER = (
    "backprove(against='exact', convention='', seed=0, **arguments): check this operator class; "
    "the arguments are those of its constructor"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options and the configuration keys; the option counts where both are given."""
    group = parser.getgroup("backprove")
    group.addoption(
        "--backprove", action="store_true", help="check the operators of the files that are named"
    )
    group.addoption(
        "--backprove-against",
        metavar="NAMES",
        help="references with commas: exact, paddle, torch, jax (default: exact)",
    )
    group.addoption(
        "--backprove-convention",
        metavar="NAME",
        help="whose gradient at kinks is declared: backprove, paddle, torch, jax",
    )
    parser.addini("backprove_files", "files whose operators are checked", "args", default=[])
    parser.addini("backprove_against", "references with commas", default="exact")
    parser.addini("backprove_convention", "whose gradient at kinks is declared", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[Any], list[Any]]:
    """Collect the operators of a file. A file that is no test file is not imported here."""
    found = yield
    if not _is_chosen(file_path, parent):
        return found
    return [*(c for c in found if not isinstance(c, pytest.Module)), _file(file_path, parent)]


def _file(path: Path, parent: pytest.Collector) -> Any:
    return OperatorFile.from_parent(parent, path=path)


def _is_chosen(path: Path, parent: pytest.Collector) -> bool:
    """Whether the operators of the file are asked for; test files have the marker for that."""
    config = parent.config
    if path.suffix not in SUFFIXES or _matches(path, config.getini("python_files")):
        return False
    if _matches(path, config.getini("backprove_files")):
        return True
    if not config.getoption("backprove"):
        return False
    return parent.session.isinitpath(path) or _has_operators(path)


def _matches(path: Path, patterns: list[str]) -> bool:
    return any(path.match(pattern) for pattern in patterns)


def _has_operators(path: Path) -> bool:
    """Whether a file that is only in a folder that was named speaks of both methods."""
    text = path.read_bytes()
    return b"def forward" in text and b"def backward" in text


def pytest_pycollect_makeitem(collector: Any, name: str, obj: object) -> OperatorItem | None:
    """A class of a test module that carries the marker."""
    if not isinstance(collector, pytest.Module) or not isinstance(obj, type):
        return None
    marks = [m for m in getattr(obj, "pytestmark", []) if m.name == "backprove"]
    if not marks or obj.__module__ != collector.obj.__name__:
        return None
    item: OperatorItem = OperatorItem.from_parent(
        collector, name=name, target=_target(collector.path, name), given=dict(marks[0].kwargs)
    )
    item.add_marker("backprove")
    return item


def _target(path: Path, name: str) -> str:
    """The operator as `backprove check` is told it, from the working folder where it lies in it."""
    here = Path.cwd()
    return f"{path.relative_to(here) if path.is_relative_to(here) else path}::{name}"


class OperatorFile(pytest.File):
    """A file or notebook; each of its operators is an item."""

    def collect(self) -> Iterator[OperatorItem]:
        """Run the file in a process of its own and ask what it holds."""
        from backprove.errors import BackproveError, UsageError
        from backprove.targets import Sandbox, find

        try:
            with Sandbox(find(str(self.path))) as box:
                names = box.names
            if not names:
                raise UsageError(
                    "{path} has no class with forward and backward: write both methods",
                    path=str(self.path),
                )
        except BackproveError as error:
            raise self.CollectError(str(error)) from None
        for name in names:
            yield OperatorItem.from_parent(self, name=name, target=_target(self.path, name))


class OperatorItem(pytest.Item):
    """The check of one operator.

    `target` is what `backprove check` is given, `given` are the keywords of the marker.
    """

    def __init__(
        self,
        *,
        target: str,
        given: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.target, self.given = target, given or {}

    def runtest(self) -> None:
        """Check the operator. Raises AssertionError with the findings in words."""
        from backprove.check.assertion import failure_text

        result = self._checked()
        self._report(result)
        if result.exit_code:
            raise AssertionError(failure_text(result))

    def _checked(self) -> Result:
        from backprove.check.references import references_of
        from backprove.check.run import check

        given = dict(self.given)
        chosen = {name: given.pop(name, None) for name in SETTINGS}
        against = chosen["against"] or self._setting("against")
        return check(
            self.target,
            references_of(against),
            convention=chosen["convention"] or self._setting("convention"),
            seed=chosen["seed"] or 0,
            **given,
        )

    def _setting(self, name: str) -> str:
        """The option, else the configuration."""
        option = self.config.getoption(f"backprove_{name}")
        return str(option or self.config.getini(f"backprove_{name}"))

    def _report(self, result: Result) -> None:
        """The codes as properties of the case, and what is told for information as a section."""
        from backprove.finding_view import finding_text

        self.user_properties += [("code", finding.code) for finding in result.findings]
        told = [finding_text(f) for f in result.findings if f.level == "info"]
        if told:
            self.add_report_section("call", "backprove", "\n\n".join(told))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What went wrong in words; a fault of backprove keeps its traceback."""
        from backprove.errors import BackproveError

        if isinstance(excinfo.value, AssertionError | BackproveError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """File and name for the headings of reports."""
        return self.path, None, self.name
