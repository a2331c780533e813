"""Every sentence of the data package can be read in Chinese."""

from __future__ import annotations

import ast
import string
import tomllib
from importlib.resources import files
from pathlib import Path

import backprove.data


def _templates() -> set[str]:
    found = set()
    for path in Path(backprove.data.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                text = node.args[0] if node.args else None
                if node.func.id.endswith("Error") and isinstance(text, ast.Constant):
                    found.add(text.value)
    return found


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_template_has_a_translation_with_the_same_parameters() -> None:
    table = files("backprove") / "locale" / "zh" / "data.toml"
    chinese = tomllib.loads(table.read_text(encoding="utf-8"))["messages"]
    templates = _templates()
    assert len(templates) > 50
    assert templates == set(chinese)
    for english, translated in chinese.items():
        assert _fields(english) == _fields(translated)
