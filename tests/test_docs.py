"""The documentation: both languages alike, code that runs, tables that are complete."""

from __future__ import annotations

import importlib
import io
import json
import re
import subprocess
import sys
import tokenize
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from backprove.cli.app import app
from backprove.codes import CODES
from backprove.ops import operators
from backprove.train import config as configuration
from backprove.train.build import build_model
from test_readme import blocks, headings

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(path.name for path in (DOCS / "en").glob("*.md"))
LANGUAGES = ("en", "zh")


def text(language: str, page: str) -> str:
    return (DOCS / language / page).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made(monkeypatch_module: pytest.MonkeyPatch) -> Any:
    """The scripts that make pages from the classes, by name."""
    monkeypatch_module.syspath_prepend(str(DOCS))
    return {
        name: importlib.import_module(name)
        for name in ("codes", "docstrings", "kinks", "operators", "reference")
    }


@pytest.fixture(scope="module")
def monkeypatch_module() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def without_comments(code: str) -> list[str]:
    """The words of a piece of code."""
    skipped = (tokenize.COMMENT, tokenize.NL)
    words = tokenize.generate_tokens(io.StringIO(code).readline)
    return [word.string for word in words if word.type not in skipped]


def expected(code: str) -> list[str]:
    """What comments behind print(...) say is printed."""
    return re.findall(r"^ *print\(.*\) +# (.*\S)", code, flags=re.MULTILINE)


def test_both_languages_have_the_same_pages() -> None:
    assert sorted(path.name for path in (DOCS / "zh").glob("*.md")) == PAGES
    assert len(PAGES) >= 9


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_parts(page) -> None:
    english, chinese = (text(language, page) for language in LANGUAGES)
    assert headings(english) == headings(chinese)
    pairs = zip(blocks(english, "python"), blocks(chinese, "python"), strict=True)
    for ours, theirs in pairs:
        assert without_comments(ours) == without_comments(theirs)
        assert expected(ours) == expected(theirs)
    included = [re.findall(r"generated/(?:en|zh)/(\w+)", t) for t in (english, chinese)]
    assert included[0] == included[1]
    tables = [re.findall(r"^\|[-|]+\|$", t, flags=re.MULTILINE) for t in (english, chinese)]
    assert tables[0] == tables[1]
    assert english.count("\n| ") == chinese.count("\n| ")


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(text("en", p), "python")])
def test_the_code_of_a_page_runs(page, tmp_path) -> None:
    """All blocks of a page one after the other, in a process of its own."""
    code = "\n".join(blocks(text("en", page), "python"))
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    rest = found.stdout
    for line in expected(code):
        assert line in rest, f"{line!r} is not printed, or not in this order:\n{found.stdout}"
        rest = rest[rest.index(line) + len(line) :]


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_that_are_shown_exist(language) -> None:
    command: Any = typer.main.get_command(app)
    shown = 0
    for page in PAGES:
        joined = text(language, page).replace("\\\n", " ")
        for verb, rest in re.findall(r"^\$ backprove (\w+)(.*)", joined, flags=re.MULTILINE):
            options = {o for p in command.commands[verb].params for o in p.opts}
            assert set(re.findall(r"(?<=\s)--[\w-]+", rest)) <= options
            shown += 1
    assert shown > 8


@pytest.mark.parametrize("language", LANGUAGES)
def test_configurations_that_are_shown_are_right(language) -> None:
    shown = [block for page in PAGES for block in blocks(text(language, page), "toml")]
    assert shown
    for block in shown:
        model = build_model(configuration.convert(tomllib.loads(block)), samples=1000)
        assert model.net.shape((1, 784)) == (1, 10)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_operator_has_its_entry(language, made) -> None:
    page = made["operators"].page(language)
    entries = dict(re.findall(r"^\(op-(\w+)\)=\n(.*?)(?=^\(op-|^## |\Z)", page, re.M | re.S))
    for name, cls in operators().items():
        entry = entries.pop(name.lower())
        assert f"$$\n{cls.formula}\n$$" in entry
        assert f"`{name}(" in entry and "`backward(dy" in entry
        assert f"[{name}](#op-{name.lower()})" in page
        marked = made["docstrings"].word(made["operators"].MARK, language)
        assert f"**{marked}** " in entry or cls.__module__.endswith(("flatten", "reshape"))
        assert "Reference:" in entry
    assert not entries


def test_chinese_texts_name_what_exists(made) -> None:
    reference = made["reference"]
    assert set(made["docstrings"].texts("operators")) <= set(operators())
    for name, entries in made["docstrings"].texts("classes").items():
        assert set(entries) <= {cls.__name__ for cls in reference.members(name)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_of_a_configuration_is_explained(language, made) -> None:
    reference = made["reference"]
    assert list(made["docstrings"].texts("keys")) == reference.key_names()
    page = reference.page("keys", language)
    for key in reference.key_names():
        assert re.search(rf"^\| `{key.partition('.')[2]}` \|", page, flags=re.MULTILINE)
    assert "| `batch_size` | `int` | `64` |" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_its_section(language, made) -> None:
    page = made["codes"].page(language)
    for code in CODES:
        assert f"\n({code.lower()})=\n## {code} " in page
        assert f"| [{code}](#{code.lower()}) | " in page
    outside = re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)
    assert len(re.findall(r"^#+ ", outside, flags=re.MULTILINE)) == len(CODES)


def test_every_kink_at_which_frameworks_differ_is_shown_once(made) -> None:
    rows = made["kinks"].page("en").splitlines()[2:]
    assert "| `leaky_relu(slope=0.1)` | 0 | 0.1 | 1 | 1 | 0.1 | 1 |" in rows
    assert len(set(rows)) == len(rows) > 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_made_is_included(language, made) -> None:
    pages = "".join(text(language, page) for page in PAGES)
    wanted = {"operators", "commands", "codes", "kinks", "keys", *made["reference"].LISTS}
    assert set(re.findall(r"_build/generated/(\w+)/(\w+)", pages)) == {
        (language, n) for n in wanted
    }
    for name in made["reference"].LISTS:
        page = made["reference"].page(name, language)
        for cls in made["reference"].members(name):
            assert f"### {cls.__name__}\n" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_sphinx_builds_without_warnings(language, tmp_path) -> None:
    for package in ("sphinx", "myst_parser", "furo", "latex2mathml"):
        pytest.importorskip(package)
    words = ["--fail-on-warning", "--keep-going", "--quiet", "--conf-dir", str(DOCS)]
    words += ["-D", f"language={'zh_CN' if language == 'zh' else 'en'}"]
    words += ["-d", str(tmp_path / "doctrees"), str(DOCS / language), str(tmp_path / "html")]
    found = subprocess.run(
        [sys.executable, "-m", "sphinx", *words], capture_output=True, encoding="utf-8", check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
    page = (tmp_path / "html" / "operators.html").read_text(encoding="utf-8")
    assert "<math" in page and 'id="op-leakyrelu"' in page
    index = (tmp_path / "html" / "searchindex.js").read_text(encoding="utf-8")
    assert json.dumps("梯度" if language == "zh" else "gradient").strip('"') in index
    assert not re.findall(r'(?:src|href)="https?://(?!github\.com)[^"]*\.(?:js|css)', page)
