"""The page of the operators, made from their classes: python docs/operators.py [en|zh]"""

from __future__ import annotations

import re
import sys
from itertools import groupby
from typing import Any

from backprove.op import Op
from backprove.ops import operators
from docstrings import call, construction, folded, markdown, paragraphs, texts, word

LIBRARIES = {"paddle": "Paddle", "torch": "PyTorch", "jax": "JAX"}
LONGEST = 100
KINDS = {
    "activation": "Activation functions",
    "elementwise": "Arithmetic, element by element",
    "linear": "Linear layer and shapes",
    "loss": "Losses",
    "normalization": "Normalisation",
    "regularization": "Regularisation",
}
MARK = "Gradient and special values."
_CONVENTION = re.compile(r"\b(NaN|[Kk]inks?|[Ss]mooth|differentiable)\b")


def page(language: str) -> str:
    """All operators by kind, and a table of their names before them."""
    found = operators().values()
    kinds = {kind: list(members) for kind, members in groupby(found, key=kind_of)}
    chinese = texts("operators") if language == "zh" else {}
    parts = [_overview(kinds, language)]
    for kind, members in kinds.items():
        parts.append(f"## {word(KINDS.get(kind, kind), language)}")
        parts += [_entry(cls, language, chinese.get(cls.__name__, {})) for cls in members]
    return "\n\n".join(parts) + "\n"


def kind_of(cls: type[Op]) -> str:
    """The folder of an operator."""
    return cls.__module__.split(".")[2]


def _overview(kinds: dict[str, list[type[Op]]], language: str) -> str:
    rows = []
    for kind, members in kinds.items():
        links = (f"[{cls.__name__}](#op-{cls.__name__.lower()})" for cls in members)
        rows.append((KINDS.get(kind, kind), " · ".join(links)))
    return _table(rows, language)


def _table(rows: list[tuple[str, str]], language: str) -> str:
    lines = [f"* - {word(name, language)}\n  - {value}" for name, value in rows]
    return "\n".join(["```{list-table}", ":widths: 18 82", ":class: facts", "", *lines, "```"])


def _entry(cls: type[Op], language: str, text: dict[str, str]) -> str:
    name = cls.__name__
    title = f"{name} {text['name']}" if "name" in text else name
    head = f"(op-{name.lower()})=\n### {title}"
    formula = f"$$\n{cls.formula}\n$$"
    if not text:
        first, *rest = documented(cls, language)
        return "\n\n".join([head, first, formula, _facts(cls, language), *rest])
    convention = f"**{word(MARK, language)}** {text['gradient']}"
    own = [head, text["text"], formula, _facts(cls, language), convention]
    return "\n\n".join([*own, folded(documented(cls, language), language)])


def documented(cls: type[Op], language: str) -> list[str]:
    """The docstring; what it says of gradients and special values is marked and comes last."""
    first, *rest = paragraphs(cls)
    reference = [p for p in rest if p.startswith("Reference:")]
    conventions = [p for p in rest if p not in reference and _CONVENTION.search(p)]
    others = [p for p in rest if p not in reference and p not in conventions]
    found = [markdown(p) for p in (first, *others)]
    for i, paragraph in enumerate(conventions):
        lead = "" if i else f"**{word(MARK, language)}** "
        found.append(lead + markdown(paragraph))
    return [*found, *(f"*{markdown(p)}*" for p in reference)]


def _facts(cls: type[Op], language: str) -> str:
    contract = f"`{call(cls.forward)}` → `{call(cls.backward)}`"
    rows: list[tuple[str, str]] = [("Build", f"`{construction(cls)}`"), ("Contract", contract)]
    if cls.state:
        rows.append(("Running statistics", ", ".join(f"`{name}`" for name in cls.state)))
    if cls.aliases:
        rows.append(("Other names", ", ".join(f"`{name}`" for name in cls.aliases)))
    for library, shown in LIBRARIES.items():
        expression = cls.references.get(library, "")
        if 0 < len(expression) <= LONGEST:
            rows.append((shown, f"`{expression}`"))
    return _table(rows, language)


def main(arguments: list[Any]) -> None:
    print(page(*(arguments or ["en"])))


if __name__ == "__main__":
    main(sys.argv[1:])
