"""The help texts of the command, in either language: python docs/commands.py [en|zh]"""

from __future__ import annotations

import os
import subprocess
import sys

from backprove.cli.verbs import verbs


def page(language: str) -> str:
    """The help of the command, then that of each verb."""
    parts = [f"```text\n{help_of([], language)}\n```"]
    for verb in verbs():
        parts.append(f"### {verb}\n\n```text\n{help_of([verb], language)}\n```")
    return "\n\n".join(parts) + "\n"


def help_of(words: list[str], language: str) -> str:
    """What `backprove WORDS --help` prints."""
    command = [sys.executable, "-m", "backprove", "--lang", language, *words, "--help"]
    environment = {**os.environ, "COLUMNS": "92", "TERMINAL_WIDTH": "92", "PYTHONUTF8": "1"}
    found = subprocess.run(
        command, capture_output=True, encoding="utf-8", env=environment, check=True
    )
    return found.stdout.strip()


if __name__ == "__main__":
    print(page(*(sys.argv[1:] or ["en"])))
