"""The README in both languages: the same headings, and examples that run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backprove.oracle.client import installed

ROOT = Path(__file__).parents[1]
FILES = ["README.md", "README.zh-CN.md"]


def headings(text: str) -> list[int]:
    """The levels of the headings, in their order, outside code blocks."""
    outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [len(m) for m in re.findall(r"^(#+) ", outside, flags=re.MULTILINE)]


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of a language; "" for those without one."""
    found = re.findall(r"^```([^\n]*)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    return [body for name, body in found if name == language]


def test_both_have_the_same_headings_and_code() -> None:
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in FILES)
    assert headings(english) == headings(chinese)
    assert blocks(english, "python") == blocks(chinese, "python")
    assert "README.zh-CN.md" in english and "README.md" in chinese


@pytest.mark.parametrize("number", [0, 1, 2])
def test_examples_run(number, tmp_path) -> None:
    code = blocks((ROOT / FILES[0]).read_text(encoding="utf-8"), "python")[number]
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert found.returncode == 0, found.stderr
    for expected in re.findall(r"print\(.*\) +# (.*)", code):
        assert expected in found.stdout


def test_the_files_of_the_first_screen_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(
        r"^make (\w+)",
        "\n".join(blocks((ROOT / FILES[0]).read_text(encoding="utf-8"), "")),
        flags=re.MULTILINE,
    ):
        assert f"\n{target}:" in makefile


def test_the_check_prints_what_the_readme_shows(tmp_path) -> None:
    text = (ROOT / FILES[0]).read_text(encoding="utf-8")
    if not installed("paddle"):
        pytest.skip("paddle is not installed")
    (tmp_path / "leaky.py").write_text(blocks(text, "python")[1])
    shown = next(b for b in blocks(text, "") if "backprove check leaky.py" in b)
    command, *expected = shown.splitlines()
    words = command.removeprefix("$ backprove ").split()
    found = subprocess.run(
        [sys.executable, "-m", "backprove", *words],
        capture_output=True, text=True, cwd=tmp_path, check=False,
        env={**os.environ, "BACKPROVE_LANG": "en"},
    )  # fmt: skip
    assert found.returncode == 1, found.stderr
    assert found.stdout.splitlines() == expected
