"""Docstrings, which are plain text, as Markdown; and the words around them in both languages."""

from __future__ import annotations

import inspect
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_ENTRY = re.compile(r"(?P<name>\S.*?) {2,}(?P<text>\S.*)")
_SPECIAL = re.compile(r"([\\*_<>\[\]$|~#])")


@cache
def texts(name: str) -> dict[str, Any]:
    """The texts of a file in the folder `texts`, written by hand."""
    file = Path(__file__).parent / "texts" / f"{name}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def word(text: str, language: str) -> str:
    """One of our words in a language."""
    return str(texts("words").get(text, text)) if language == "zh" else text


def paragraphs(obj: Any) -> list[str]:
    """The paragraphs of an object's docstring, their indentation kept."""
    return re.split(r"\n\s*\n", inspect.getdoc(obj) or "")


def markdown(paragraph: str) -> str:
    """One paragraph: a list of names and meanings, lines to be kept, or running text."""
    lines = paragraph.split("\n")
    if all(line.startswith("  ") for line in lines) or _is_formula(lines):
        return "```text\n" + inspect.cleandoc(paragraph) + "\n```"
    entries = _entries(lines)
    if entries:
        return "\n".join(f"* `{name.rstrip(':')}`: {escaped(text)}" for name, text in entries)
    return escaped(" ".join(line.strip() for line in lines))


def _is_formula(lines: list[str]) -> bool:
    assigned = all(re.match(r"\w+ (<-|=) ", line) for line in lines)
    return assigned and any(" <- " in line for line in lines)


def _entries(lines: list[str]) -> list[tuple[str, str]]:
    """(name, text) of each entry of an aligned list; nothing if the paragraph is no such list."""
    found: list[tuple[str, str]] = []
    for line in lines:
        entry = _ENTRY.fullmatch(line)
        if line.startswith("  ") and found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}")
        elif entry is None:
            return []
        else:
            found.append((entry["name"], entry["text"]))
    return found


def escaped(text: str) -> str:
    """Text in which nothing but code in backticks has a meaning in Markdown."""
    parts = text.split("`")
    return "`".join(part if i % 2 else _SPECIAL.sub(r"\\\1", part) for i, part in enumerate(parts))


def folded(parts: list[str], language: str) -> str:
    """Something that a click opens: a docstring below its Chinese translation."""
    start = f"```{{raw}} html\n<details><summary>{word('Docstring', language)}</summary>\n```"
    return "\n\n".join([start, *parts, "```{raw} html\n</details>\n```"])


def construction(cls: Any) -> str:
    """How an object is made: the class with its arguments, their types and defaults."""
    return cls.__name__ + _plain(cls.__init__, types=True)


def call(function: Any) -> str:
    """A method with the names of its arguments alone."""
    return function.__name__ + _plain(function, types=False)


def _plain(function: Any, types: bool) -> str:
    if function is object.__init__:
        return "()"
    signature = inspect.signature(function)
    kept = [p for p in signature.parameters.values() if p.name != "self"]
    shown = [p.replace(annotation=_Word(p.annotation) if types else p.empty) for p in kept]
    return str(signature.replace(parameters=shown, return_annotation=signature.empty))


class _Word(str):
    """An annotation that is shown without quotation marks."""

    def __repr__(self) -> str:
        return str(self)
