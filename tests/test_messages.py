"""Every text can be read in Chinese: no template is missing, none is left over."""

from __future__ import annotations

import ast
import copy
import tomllib
from string import Formatter

import pytest

import catalog
from backprove import messages
from backprove.errors import BackproveError, UsageError, nearest, unknown

FOLDER = catalog.ROOT / "locale" / "zh"
FILES = sorted(FOLDER.glob("*.toml"))
VARIABLES = ("BACKPROVE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture(autouse=True)
def _no_language(monkeypatch):
    """No language in the environment, none chosen, before and after each test."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    messages.choose_language("auto")
    yield
    messages.choose_language("auto")


def test_every_call_shows_its_template() -> None:
    hidden = [f"{use.place}: {use.unread}" for use in catalog.uses() if use.unread]
    assert not hidden, "write the template where it is used, or in a variable of the module"


def test_every_template_has_a_chinese_one() -> None:
    found = {t: use.place for use in catalog.uses() for t in use.templates}
    assert len(found) > 100
    missing = [f"{place}: {t}" for t, place in found.items() if t not in messages.chinese()]
    assert not missing, "\n".join(["not in locale/zh/*.toml:", *missing])


def test_every_template_is_given_its_parameters() -> None:
    for use in catalog.uses():
        for template in use.templates:
            if use.given is not None and (use.given or "{" in template):
                assert catalog.fields(template) <= use.given, f"{use.place}: {template}"


def test_no_chinese_template_is_left_over() -> None:
    stale = [key for key in messages.chinese() if key not in catalog.literals()]
    assert not stale, "\n".join(["nothing in the source says:", *stale])


def test_no_template_has_two_translations() -> None:
    tables = [tomllib.loads(f.read_text(encoding="utf-8"))["messages"] for f in FILES]
    for table in tables:
        for english, chinese in table.items():
            assert messages.chinese()[english] == chinese, english


def parts(template):
    """The parameters of a template, with how they are to be written."""
    found = Formatter().parse(template)
    return {name: conversion for _, name, _, conversion in found if name is not None}


@pytest.mark.parametrize("file", FILES, ids=[f.stem for f in FILES])
def test_both_templates_have_the_same_parameters(file) -> None:
    table = tomllib.loads(file.read_text(encoding="utf-8"))["messages"]
    for english, chinese in table.items():
        if "{" in english:
            assert parts(chinese) == parts(english), english
        else:
            assert "{" not in chinese, english
        assert chinese.strip() and "  " not in chinese, english


def test_chinese_is_not_english() -> None:
    assert not [key for key, text in messages.chinese().items() if key == text]


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LC_MESSAGES": "en_GB", "LANG": "zh_CN"}, "en"),
        ({"LC_ALL": "ZH_cn", "LC_MESSAGES": "en_GB"}, "zh"),
        ({"LC_ALL": "C", "LANG": "zh_CN"}, "en"),
        ({"BACKPROVE_LANG": "zh", "LC_ALL": "C"}, "zh"),
        ({"BACKPROVE_LANG": "en", "LC_ALL": "zh_CN"}, "en"),
        ({"BACKPROVE_LANG": "", "LC_ALL": "", "LANG": "zh"}, "zh"),
    ],
    ids=str,
)
def test_the_environment_is_asked_in_order(environment, language, monkeypatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert messages.current_language() == language


@pytest.mark.parametrize(("chosen", "environment"), [("en", "zh"), ("zh", "en")])
def test_a_choice_stands_above_the_environment(chosen, environment, monkeypatch) -> None:
    monkeypatch.setenv("BACKPROVE_LANG", environment)
    messages.choose_language(chosen)
    assert messages.current_language() == chosen
    messages.choose_language("auto")
    assert messages.current_language() == environment


def test_an_unknown_language_is_refused_and_changes_nothing() -> None:
    messages.choose_language("zh")
    with pytest.raises(ValueError, match="'fr'"):
        messages.choose_language("fr")
    assert messages.current_language() == "zh"


def test_one_error_can_be_read_in_both_languages() -> None:
    error = unknown("operator", "relo", ("ReLU", "GELU"))
    messages.choose_language("en")
    english = str(error)
    assert english == "unknown operator 'relo': did you mean 'ReLU'? Known are ReLU, GELU."
    messages.choose_language("zh")
    chinese = str(error)
    assert "算子" in chinese and "'relo'" in chinese and "ReLU、GELU" not in chinese
    assert "ReLU, GELU" in chinese
    messages.choose_language("en")
    assert str(error) == english


def test_an_option_says_whose_it_is_in_both_languages() -> None:
    error = unknown("option", "bta1", ("beta1", "beta2"), "Adam")
    messages.choose_language("en")
    assert str(error).startswith("unknown option of Adam 'bta1': did you mean 'beta1'?")
    messages.choose_language("zh")
    assert "Adam" in str(error) and "选项" in str(error) and "'beta1'" in str(error)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_text_without_parameters_may_hold_braces(language) -> None:
    messages.choose_language(language)
    assert messages.render("{not a parameter}") == "{not a parameter}"
    assert messages.render("not in any catalog: {x}", x=1) == "not in any catalog: 1"


@pytest.mark.parametrize("cls", [*BackproveError.__subclasses__(), BackproveError])
def test_errors_are_rebuilt_from_their_template(cls) -> None:
    error = copy.copy(cls("expected {a}, found {b!r}", a=1, b="x"))
    assert type(error) is cls and isinstance(error, BackproveError)
    assert str(error) == "expected 1, found 'x'" and error.parameters == {"a": 1, "b": "x"}


@pytest.mark.parametrize(
    ("word", "expected"),
    [("relo", "ReLU"), ("RELU", "ReLU"), ("gel", "GELU"), ("zzzz", "ReLU"), ("", "ReLU")],
)
def test_the_nearest_word(word, expected) -> None:
    assert nearest(word, iter(("ReLU", "GELU", "SiLU"))) == expected
    assert isinstance(unknown("operator", word, ("ReLU", "GELU")), UsageError)


def strings_of(source):
    """The templates that the catalog reader sees in a piece of source."""
    tree = ast.parse(source)
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return catalog.read("x.py", tree, call, call.args[0])


@pytest.mark.parametrize(
    ("source", "templates"),
    [
        ("raise DataError('a {x}' ' b', x=1)", ("a {x} b",)),
        ("render('a' if x else 'b')", ("a", "b")),
        ("T = {'k': 'a', 'l': 'b'}\nrender(T[k])", ("a", "b")),
        ("T: str = 'a'\nrender(T)", ("a",)),
        ("raise errors.UsageError('a')", ("a",)),
        ("unknown(kind or 'operator', name, known)", ("operator",)),
        ("render(f'a {x}')", ()),
        ("render('a' + x)", ()),
    ],
)
def test_the_reader_of_the_source_sees_templates(source, templates) -> None:
    use = strings_of(source)
    assert use.templates == templates
    assert bool(use.unread) is not bool(templates)
