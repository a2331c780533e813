"""Every code has a page in both languages; the examples on it run and show what they say."""

from __future__ import annotations

import re

import pytest

from backprove.cli import run
from backprove.codes import CODES
from backprove.pages import heading, page

HEADINGS = {
    "What it says": "含义",
    "Why it matters": "为什么重要",
    "How it is measured": "如何度量",
    "A failing example": "错误示例",
    "A passing example": "正确示例",
    "False alarms": "误报",
    "Fix": "修改方法",
    "References": "参考资料",
}


def blocks(text):
    """The Python blocks of a page."""
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", CODES)
def test_both_pages_have_the_same_headings_and_examples(code) -> None:
    english, chinese = page(code, "en"), page(code, "zh")
    assert re.findall(r"^## (.*)$", english, re.MULTILINE) == list(HEADINGS)
    assert re.findall(r"^## (.*)$", chinese, re.MULTILINE) == list(HEADINGS.values())
    assert blocks(english) == blocks(chinese)
    for text, language in ((english, "en"), (chinese, "zh")):
        assert text.startswith(f"# {code} {CODES[code].name}") and heading(code, language)


@pytest.mark.parametrize("code", CODES)
def test_the_examples_run(code) -> None:
    found = blocks(page(code, "en"))
    assert len(found) == 2
    for source in found:
        assert "assert " in source
        exec(compile(source, code, "exec"), {})


def test_the_commands(capsys) -> None:
    assert run(["explain", "GRD006"]) == 0 and "# GRD006" in capsys.readouterr().out
    assert run(["rules"]) == 0 and all(code in capsys.readouterr().out for code in ["GRD025"])
    assert run(["explain", "GRD099"]) == 2 and "did you mean" in capsys.readouterr().err


GLOSSARY = {
    "upstream gradient": "上游梯度",
    "operator": "算子",
    "learning rate": "学习率",
    "chain rule": "链式法则",
    "loss": "损失",
    "dropout": "丢弃法|Dropout|dropout",
    "optimizer": "优化器",
}


@pytest.mark.parametrize("code", CODES)
def test_chinese_pages_use_the_words_of_the_glossary(code) -> None:
    english, chinese = page(code, "en").lower(), page(code, "zh")
    missing = [t for t, w in GLOSSARY.items() if t in english and not re.search(w, chinese)]
    assert not missing
