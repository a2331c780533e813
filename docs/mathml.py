"""Formulas as MathML, which browsers show by themselves: the pages load nothing from a network."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert

BAR = '<mo stretchy="false">&#x0007C;</mo>'
CLOSE_BAR = '<mo stretchy="false" lspace="0" rspace="0">&#x0007C;</mo>'
SPACE = '<mspace width="0.17em"/>'
_NAMED = re.compile(r"<m[io]>([a-z]{2,})</m[io]>")
_BEHIND_A_FACTOR = re.compile(r"(</m(?:i|n|frac|sup|sub)>|&#x00029;</mo>)(<mi>[a-z]{2,}</mi>)")
_BEFORE_NO_BRACKET = re.compile(
    r'(<mi>[a-z]{2,}</mi>)(?!<mo stretchy="false">&#x00028;|</mrow>|<mrow>)'
)


def mathml(formula: str, display: str = "inline") -> str:
    """The formula with small spaces around the names of functions, and none around bars."""
    found = _NAMED.sub(r"<mi>\1</mi>", convert(formula, display=display))
    found = _BEHIND_A_FACTOR.sub(rf"\1{SPACE}\2", found)
    return _BEFORE_NO_BRACKET.sub(rf"\1{SPACE}", found).replace(BAR, CLOSE_BAR)


def _inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="formula">{mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    app.add_html_math_renderer(
        "mathml", inline_renderers=(_inline, None), block_renderers=(_block, None)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
