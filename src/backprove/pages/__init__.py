"""The pages that explain the codes: Markdown, in English and Chinese."""

from __future__ import annotations

from importlib.resources import files

from backprove.codes import lookup
from backprove.messages import current_language


def page(code: str, language: str | None = None) -> str:
    """The page of a code, by number or name. Raises UsageError naming the nearest one."""
    name = f"{lookup(code).code}.md"
    folder = files("backprove") / "pages" / (language or current_language())
    return (folder / name).read_text(encoding="utf-8")


def heading(code: str, language: str | None = None) -> str:
    """What a code says, in a few words: the part of the first line after the colon."""
    first = page(code, language).partition("\n")[0]
    return first.replace("\N{FULLWIDTH COLON}", ": ").partition(": ")[2]
