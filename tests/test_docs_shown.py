"""What the documentation shows of the command is what the command prints."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from backprove.oracle.client import installed
from test_readme import blocks

DOCS = Path(__file__).parents[1] / "docs"
FILE = re.compile(r"`(\w+\.py)`[^`]*\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WRITTEN = re.compile(r'Path\("(\w+\.py)"\)\.write_text\("""(.*?)"""\)', re.DOTALL)
SECONDS = re.compile(r"\d+\.\d+(?= ?(?:s\b|秒))")
FULL_LINES = ("CI", "BUILD_NUMBER")  # where these are set, pytest does not shorten its summary
PYTEST = [sys.executable, "-m", "pytest", "-p", "backprove.pytest_plugin", "-p", "no:cacheprovider"]


def shown() -> list[tuple[str, str, str]]:
    """(language, page, block) of each command that is shown with what it prints."""
    pages = sorted(DOCS.glob("*/*.md"))
    found = [
        (p.parent.name, p.name, b) for p in pages for b in blocks(p.read_text("utf-8"), "console")
    ]
    return [one for one in found if len(output(one[2])) > 0]


def output(block: str) -> list[str]:
    """The lines behind the command."""
    lines = block.splitlines()[1:]
    return [] if any(line.startswith("$ ") for line in lines) else lines


def pattern(lines: list[str]) -> str:
    """What must be printed; a line "..." stands for any lines, numbers of seconds for any."""
    parts = []
    for line in lines:
        part = "[0-9.]+".join(map(re.escape, SECONDS.split(line)))
        parts.append("(?:.*\n)*?" if line == "..." else part + "\n")
    return "".join(parts)


def files(language: str, page: str) -> dict[str, str]:
    """The files that the page tells the reader to save, or writes."""
    text = (DOCS / language / page).read_text(encoding="utf-8")
    return {name: code for name, code in [*FILE.findall(text), *WRITTEN.findall(text)]}


@pytest.mark.parametrize(("language", "page", "block"), shown(), ids=lambda v: v.split("\n")[0])
def test_a_command_prints_what_is_shown(language, page, block, tmp_path) -> None:
    words = shlex.split(block.splitlines()[0].removeprefix("$ "))
    for library in ("paddle", "torch", "jax"):
        if library in block and not installed(library):
            pytest.skip(f"{library} is not installed")
    for name, code in files(language, page).items():
        (tmp_path / name).write_text(code, encoding="utf-8")
    program = {"backprove": [sys.executable, "-m", "backprove"], "pytest": PYTEST}[words[0]]
    environment = {name: value for name, value in os.environ.items() if name not in FULL_LINES}
    environment |= {"BACKPROVE_LANG": language, "PYTHONUTF8": "1", "COLUMNS": "80"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    found = subprocess.run(
        [*program, *words[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        cwd=tmp_path,
        env=environment,
        check=False,
    )
    assert found.returncode in (0, 1), found.stdout
    expected = output(block)
    printed = "".join(line.rstrip() + "\n" for line in found.stdout.splitlines())
    assert re.fullmatch(pattern(expected) + "\n*", printed), printed


def test_pages_show_what_is_printed() -> None:
    """Both languages show the same commands, and the pages of both verbs are among them."""
    commands = {
        language: [
            (page, block.splitlines()[0]) for lang, page, block in shown() if lang == language
        ]
        for language in ("en", "zh")
    }
    assert commands["en"] == commands["zh"]
    assert {"check.md", "cost.md"} <= {page for page, _ in commands["en"]}
