"""Sphinx configuration of both languages: the Chinese build is given `-D language=zh_CN`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import codes  # noqa: E402
import commands  # noqa: E402
import kinks  # noqa: E402
import operators  # noqa: E402
import reference  # noqa: E402
from backprove import __version__  # noqa: E402

project = "backprove"
release = version = __version__
copyright = "The backprove developers. Apache-2.0"
language = "en"
extensions = ["myst_parser", "mathml", "search_zh"]
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "mathml"
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["backprove.css"]
html_show_sphinx = False
html_copy_source = False
templates_path = ["_templates"]
pygments_style = "friendly"
pygments_dark_style = "monokai"
TEXT = (
    'system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", '
    '"Noto Sans CJK SC", sans-serif'
)
CODE = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace'
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/language.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
TITLES = {"en": "backprove", "zh": "backprove 文档"}
OTHER = {"en": ("zh", "中文"), "zh": ("en", "English")}


def generate(app: Any, config: Any) -> None:
    """Write what is made from the classes where the pages include it, and choose the language."""
    chosen = "zh" if config.language.startswith("zh") else "en"
    folder = HERE / "_build" / "generated" / chosen
    folder.mkdir(parents=True, exist_ok=True)
    made = {"operators": operators, "commands": commands, "codes": codes, "kinks": kinks}
    pages = {name: module.page(chosen) for name, module in made.items()}
    pages |= {name: reference.page(name, chosen) for name in ("keys", *reference.LISTS)}
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    config.html_title = TITLES[chosen]
    code = f'"Noto Sans Mono CJK SC", {CODE}' if chosen == "zh" else CODE
    fonts = {"font-stack": TEXT, "font-stack--headings": TEXT, "font-stack--monospace": code}
    config.html_theme_options["light_css_variables"] = fonts
    config.html_context["other_language"] = OTHER[chosen]


def setup(app: Any) -> None:
    app.connect("config-inited", generate)
