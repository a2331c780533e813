"""The registry of codes."""

from __future__ import annotations

import re

import pytest

import catalog
from backprove import messages
from backprove.codes import CODES, FAMILIES, TITLES, finding, lookup
from backprove.errors import UsageError


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.code)
def test_a_code_is_whole(code) -> None:
    assert re.fullmatch(r"[A-Z]{3}\d{3}", code.code) and code.code[:4] in FAMILIES
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code.name)
    assert catalog.fields(messages.chinese()[code.title]) == catalog.fields(code.title)
    assert lookup(code.name) is code and lookup(code.code.lower()) is code
    informs = code.verdict in ("convention", "reference wrong", "ok")
    assert (code.level == "info") or not informs
    assert (code.level == "error") == (code.verdict in ("wrong", "crashed"))


def test_codes_and_names_are_unique_and_in_order() -> None:
    names = [code.name for code in CODES.values()]
    assert len(names) == len(set(names)) == len(TITLES)
    assert list(CODES) == sorted(CODES) == list(TITLES)


@pytest.mark.parametrize(
    ("word", "nearest"),
    [("GRD0061", "GRD006"), ("grd0006", "GRD006"), ("batch-not-sumed", "batch-not-summed")],
)
def test_an_unknown_code_names_the_nearest(word, nearest) -> None:
    with pytest.raises(UsageError, match=f"did you mean '{nearest}'"):
        lookup(word)


def test_an_empty_word_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown code ''"):
        lookup("")


def test_a_finding_takes_what_its_code_says_and_what_is_given() -> None:
    found = finding("GRD004", parameters={"what": "gradient of x"}, verdict="undecided")
    assert (found.level, found.verdict) == ("error", "undecided")
    messages.choose_language("en")
    assert found.sentence == "the gradient of x has the wrong sign"
    messages.choose_language("zh")
    assert found.sentence == "x 的梯度的符号反了"
    messages.choose_language("auto")


def test_every_code_of_operators_is_found_by_the_checker() -> None:
    """A code that nothing finds would be a promise on a page."""
    files = [p for p in catalog.ROOT.rglob("*.py") if "codes" not in p.stem]
    sources = "".join(p.read_text(encoding="utf-8") for p in files)
    missing = [code for code in CODES if code.startswith("GRD") and f'"{code}"' not in sources]
    assert not missing
