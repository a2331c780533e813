"""The README in both languages: the same headings, and examples that run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = ["README.md", "README.zh-CN.md"]


def headings(text: str) -> list[int]:
    """The levels of the headings, in their order, outside code blocks."""
    outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [len(m) for m in re.findall(r"^(#+) ", outside, flags=re.MULTILINE)]


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_both_have_the_same_headings_and_code() -> None:
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in FILES)
    assert headings(english) == headings(chinese)
    assert blocks(english, "python") == blocks(chinese, "python")
    assert "README.zh-CN.md" in english and "README.md" in chinese


@pytest.mark.parametrize("number", [0, 1])
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
