"""Tables and lists made from the classes: python docs/reference.py NAME [en|zh]

NAME is one of keys, optimizers, schedules, initializers, metrics, callbacks, transforms, recipes,
readers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import msgspec

from backprove.data.idx_folder import load_idx_folder
from backprove.data.npz import load_npz
from backprove.data.recipes import RECIPES
from backprove.data.table import load_csv
from backprove.data.transform_config import TRANSFORMS
from backprove.initializers import INITIALIZERS
from backprove.optim import OPTIMIZERS, ClipByNorm, ClipByValue
from backprove.optim.schedules import SCHEDULES
from backprove.train import callbacks
from backprove.train.config import Config
from backprove.train.metrics import METRICS
from docstrings import construction, folded, markdown, paragraphs, texts, word

HEADINGS = ("key", "type", "default", "meaning")
TABLES: dict[str, dict[str, Any]] = {
    "optimizers": OPTIMIZERS,
    "schedules": SCHEDULES,
    "initializers": INITIALIZERS,
    "metrics": METRICS,
    "transforms": TRANSFORMS,
}


def key_names() -> list[str]:
    """Every key of a configuration with its table: "data.name"."""
    return [f"{table}.{field.name}" for table, field in _keys()]


def _keys() -> Iterable[tuple[str, msgspec.structs.FieldInfo]]:
    for table in msgspec.structs.fields(Config):
        for field in msgspec.structs.fields(table.type):
            yield table.name, field


def keys(language: str) -> str:
    """The keys of the configuration, a table for each of its tables."""
    meanings = texts("keys")
    head = "| " + " | ".join(word(h, language) for h in HEADINGS) + " |\n|---|---|---|---|"
    tables: dict[str, list[str]] = {}
    for table, field in _keys():
        meaning = meanings[f"{table}.{field.name}"][language]
        row = f"| `{field.name}` | {_type(field.type)} | {_default(field, language)} | {meaning} |"
        tables.setdefault(table, [head]).append(row)
    return "\n\n".join(f"### {table}\n\n" + "\n".join(rows) for table, rows in tables.items())


def _type(kind: Any) -> str:
    shown = kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else str(kind)
    named = "str | dict[str, typing.Any]"
    return f"`{shown.replace(named, 'Named').replace('typing.', '')}`".replace("|", "\\|")


def _default(field: msgspec.structs.FieldInfo, language: str) -> str:
    factory = field.default_factory
    value = field.default if factory is msgspec.NODEFAULT else factory()
    return f"`{value!r}`" if value is not None else word("none", language)


def page(name: str, language: str) -> str:
    """The table of keys, or a list: what each member is, how it is made, how it is called."""
    if name == "keys":
        return keys(language)
    chinese = texts("classes")[name] if language == "zh" else {}
    return "\n\n".join(
        _described(obj, names, language, chinese.get(obj.__name__))
        for obj, names in members(name).items()
    )


def _described(obj: Any, names: list[str], language: str, text: str | None) -> str:
    parts = [f"### {obj.__name__}"]
    if isinstance(obj, type):
        parts.append(f"`{construction(obj)}`")
    if names:
        known = ", ".join(f"`{name}`" for name in names)
        parts.append(f"{word('In a configuration:', language)} {known}")
    own = [_italic(markdown(p)) for p in paragraphs(obj)]
    return "\n\n".join([*parts, *(own if text is None else [text, folded(own, language)])])


def _italic(text: str) -> str:
    return f"*{text}*" if text.startswith("Reference:") else text


def members(name: str) -> dict[Any, list[str]]:
    """The classes or functions of a list, each with its names in configuration files."""
    if name == "callbacks":
        return {getattr(callbacks, cls): [] for cls in callbacks.__all__}
    if name == "recipes":
        return {made: [] for made in RECIPES.values()}
    if name == "readers":
        return {load_idx_folder: [], load_npz: [], load_csv: []}
    found: dict[Any, list[str]] = {}
    for key, cls in TABLES[name].items():
        found.setdefault(cls, []).append(key)
    return {**found, **({ClipByNorm: [], ClipByValue: []} if name == "optimizers" else {})}


LISTS = (*TABLES, "callbacks", "recipes", "readers")


def main(arguments: list[str]) -> None:
    name, *language = arguments or ["keys"]
    print(page(name, *(language or ["en"])))


if __name__ == "__main__":
    main(sys.argv[1:])
