"""Texts that can be read in English or Chinese.

A message is an English template and its parameters. It is written late, by `render`, so that one
error or result can be read in either language. The Chinese templates lie in `locale/zh/*.toml`,
one table `[messages]` a file, keyed by the English template. A test holds that every template
that is used has a Chinese one with the same parameters.

TOML files read by the standard library replace gettext catalogs: they need no compiling, so an
editable install, a wheel and a clean clone behave alike.
"""

from __future__ import annotations

import os
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "zh")
_chosen: str | None = None


def choose_language(language: str) -> None:
    """Fix the language for this process: "en", "zh" or "auto" (look at the environment)."""
    global _chosen
    if language not in (*LANGUAGES, "auto"):
        raise ValueError(f"expected a language out of auto, en, zh; found {language!r}")
    _chosen = None if language == "auto" else language


def current_language() -> str:
    """The chosen language, else BACKPROVE_LANG, LC_ALL, LC_MESSAGES, LANG, else English."""
    if _chosen is not None:
        return _chosen
    for name in ("BACKPROVE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


@cache
def chinese() -> dict[str, str]:
    """All Chinese templates, keyed by the English one."""
    catalog: dict[str, str] = {}
    folder = files("backprove") / "locale" / "zh"
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            catalog.update(tomllib.loads(entry.read_text(encoding="utf-8"))["messages"])
    return catalog


def render(template: str, /, **parameters: Any) -> str:
    """Write a template in the current language.

    A template without parameters is taken as it stands, so it may hold braces. The parameter
    `kind` is a word of ours ("operator", "option"), so it is put into that language too.
    """
    if current_language() == "zh":
        template = chinese().get(template, template)
        if isinstance(kind := parameters.get("kind"), str):
            parameters["kind"] = chinese().get(kind, kind)
    return template.format(**parameters) if parameters else template
