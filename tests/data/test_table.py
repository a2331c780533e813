"""Tables: what is read, and the line that is named when something is wrong."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprove.data import load
from backprove.errors import BackproveError, DataError, UsageError

FLOWERS = "length,width,kind\n1.5,2,rose\n3,-4e-1,aster\n5,6,rose\n"


def read(tmp_path: Path, content: str | bytes, name: str = "t.csv", **options: Any) -> Any:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load(path, **options)


def test_text_targets_are_classes(tmp_path: Path) -> None:
    dataset = read(tmp_path, FLOWERS, target="kind")
    assert dataset.x.tolist() == [[1.5, 2.0], [3.0, np.float32(-0.4)], [5.0, 6.0]]
    assert dataset.x.dtype == np.float32
    assert dataset.y.tolist() == [1, 0, 1]
    assert dataset.class_names == ("aster", "rose")
    assert dataset.feature_names == ("length", "width")
    assert (dataset.name, dataset.task) == ("t", "classification")


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + FLOWERS.encode(),
        FLOWERS.replace("\n", "\r\n").encode(),
        FLOWERS.replace("\n", "\r").encode(),
        FLOWERS.replace(",", ";").encode(),
        FLOWERS.replace(",", "\t").encode(),
        FLOWERS.replace(",", " , ").encode(),
        FLOWERS.encode("utf-16"),
        ("\n" + FLOWERS.replace("\n", "\n\n")).encode(),
        FLOWERS.rstrip("\n").encode(),
        b'"length","width","kind"\n"1.5","2","rose"\n3,-4e-1,"aster"\n5,6,rose\n',
    ],
)
def test_the_same_table_in_other_dress(tmp_path: Path, content: bytes) -> None:
    dataset = read(tmp_path, content, target="kind")
    assert dataset.x[1].tolist() == [3.0, np.float32(-0.4)]
    assert dataset.class_names == ("aster", "rose")
    assert dataset.feature_names == ("length", "width")


def test_quoted_fields_may_hold_the_delimiter_and_lines(tmp_path: Path) -> None:
    text = 'a,kind\n1,"rose, ""red"""\n2,"two\nlines"\n'
    dataset = read(tmp_path, text, target="kind")
    assert dataset.class_names == ('rose, "red"', "two\nlines")
    with pytest.raises(DataError, match="found 1 in line 5"):
        read(tmp_path, text + "3\n", target="kind")


def test_another_delimiter(tmp_path: Path) -> None:
    dataset = read(tmp_path, FLOWERS.replace(",", "|"), target="kind", delimiter="|")
    assert dataset.feature_names == ("length", "width")
    with pytest.raises(UsageError, match="a delimiter of one character"):
        read(tmp_path, FLOWERS, target="kind", delimiter="||")


def test_chinese_in_utf8_and_gbk(tmp_path: Path) -> None:
    text = "花瓣长,种类\n1.5,玫瑰\n2.5,紫菀\n"
    for encoding in ("utf-8", "utf-8-sig", "gbk", "gb18030"):
        dataset = read(tmp_path, text.encode(encoding), target="种类")
        assert dataset.feature_names == ("花瓣长",)
        assert set(dataset.class_names) == {"玫瑰", "紫菀"}


def test_other_encodings_are_asked_for_by_line(tmp_path: Path) -> None:
    content = "a,kind\n1,x\n2,café x\n".encode("latin-1")
    with pytest.raises(DataError) as caught:
        read(tmp_path, content, target="kind")
    assert "found the byte 0xe9 in line 3: save it as UTF-8" in str(caught.value)
    assert read(tmp_path, content, target="kind", encoding="latin-1").class_names[0] == "café x"
    with pytest.raises(UsageError, match="expected the name of a text encoding, found 'latin-l'"):
        read(tmp_path, content, target="kind", encoding="latin-l")


@pytest.mark.parametrize(
    ("cells", "task", "expected", "names"),
    [
        ("012", "classification", [0, 1, 2], ("0", "1", "2")),
        ("210", "classification", [2, 1, 0], ("0", "1", "2")),
        ("123", "regression", [[1.0], [2.0], [3.0]], None),
        (["0.5", "1", "2"], "regression", [[0.5], [1.0], [2.0]], None),
        (["1", "-1", "1"], "regression", [[1.0], [-1.0], [1.0]], None),
        (["yes", "no", "yes"], "classification", [1, 0, 1], ("no", "yes")),
        (["1", "2", "x"], "classification", [0, 1, 2], ("1", "2", "x")),
    ],
)
def test_the_task_follows_from_the_target(
    tmp_path: Path, cells: Any, task: str, expected: Any, names: Any
) -> None:
    dataset = read(tmp_path, "a,t\n" + "".join(f"1,{cell}\n" for cell in cells), target="t")
    assert dataset.task == task
    assert dataset.y.tolist() == expected
    assert dataset.class_names == names


def test_the_task_can_be_said(tmp_path: Path) -> None:
    text = "a,t\n1,2\n1,-1\n1,10\n"
    dataset = read(tmp_path, text, target="t", task="classification")
    assert dataset.y.tolist() == [1, 0, 2]
    assert dataset.class_names == ("-1", "2", "10")
    whole = "a,t\n1,0\n1,1\n"
    assert read(tmp_path, whole, target="t", task="regression").y.tolist() == [[0.0], [1.0]]
    with pytest.raises(DataError, match=r"found 'b' in line 3, t.csv: t"):
        read(tmp_path, "a,t\n1,0\n1,b\n", target="t", task="regression")
    with pytest.raises(UsageError, match="unknown task 'regresion'"):
        read(tmp_path, whole, target="t", task="regresion")
    with pytest.raises(UsageError, match="class_names only for classification"):
        read(tmp_path, whole, target="t", task="regression", class_names=["a", "b"])


def test_a_test_table_is_numbered_like_its_training_table(tmp_path: Path) -> None:
    names = read(tmp_path, FLOWERS, target="kind").class_names
    other = read(tmp_path, "length,width,kind\n1,2,rose\n", target="kind", class_names=names)
    assert (other.y.tolist(), other.class_names) == ([1], names)
    with pytest.raises(DataError, match="a class out of aster, rose, found 'tulip' in line 3"):
        read(
            tmp_path,
            "length,width,kind\n1,2,rose\n1,2,tulip\n",
            target="kind",
            class_names=names,
        )
    coded = read(tmp_path, "length,kind\n1,1\n", target="kind", class_names=names)
    assert (coded.y.tolist(), coded.class_names) == ([1], names)
    with pytest.raises(DataError, match=r"found 2.0 in row 0"):
        read(tmp_path, "length,kind\n1,2\n", target="kind", class_names=names)


def test_without_a_target_all_columns_are_features(tmp_path: Path) -> None:
    dataset = read(tmp_path, "a,b\n1,2\n")
    assert (dataset.y, dataset.feature_names) == (None, ("a", "b"))


def test_columns_can_be_left_out(tmp_path: Path) -> None:
    text = "id,a,t\nx1,1,0\nx2,2,1\n"
    assert read(tmp_path, text, target="t", ignore=["id"]).feature_names == ("a",)
    with pytest.raises(UsageError, match="unknown column 'ID': did you mean 'id'"):
        read(tmp_path, text, target="t", ignore=["ID"])
    with pytest.raises(DataError, match="at least one feature column"):
        read(tmp_path, text, target="t", ignore=["id", "a"])


def test_numbers_too_fine_for_float32_stay_float64(tmp_path: Path) -> None:
    stamps = read(tmp_path, "time\n1700000001\n1700000002\n1700000003\n")
    assert stamps.x.dtype == np.float64
    assert stamps.x[:, 0].tolist() == [1700000001, 1700000002, 1700000003]
    assert read(tmp_path, "a\n0.1\n0.1\n").x.dtype == np.float32
    assert read(tmp_path, "a\n1e300\n2e300\n").x.dtype == np.float64


def test_many_lines(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(10_000, 3))
    lines = "\n".join(",".join(map(repr, row)) for row in values.tolist())
    dataset = read(tmp_path, "a,b,c\n" + lines)
    np.testing.assert_allclose(dataset.x, values, rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "found t.csv empty"),
        ("\n\n", "found t.csv empty"),
        ("a,t\n", "found only its header"),
        ("1,2\n3,4\n", "a header of column names in line 1 of t.csv, found numbers"),
        ("a,t\n1,2\n3\n", "expected 2 fields in every line of t.csv, as in its header, found 1"),
        ("a,t\n1,2\n3,4,5\n", "found 3 in line 3"),
        ("a,a,t\n1,2,3\n", "in line 1 of t.csv, found 'a' 2 times"),
        ("a,,,t\n1,2,3,4\n", "found '' 2 times"),
        ("a,t\n1,2\n,4\n", "found none ('') in line 3, column 'a'"),
        ("a,t\n1,2\nNA,4\n", "found none ('NA') in line 3, column 'a'"),
        ("a,t\n1,2\nnan,4\n", "found none ('nan') in line 3, column 'a'"),
        ("a,t\n1,2\n3,\n", "found none ('') in line 3, column 't'"),
        ("a,t\n1,2\n3,?\n", "found none ('?') in line 3, column 't'"),
        ("a,t\n1,2\ninf,4\n", "expected a finite number, found 'inf' in line 3, column 'a'"),
        ("a,t\n1,2\n1e999,4\n", "found '1e999' in line 3"),
        ("a,t\n1,2\n1_000,4\n", "found '1_000' in line 3"),
        ("a,t\nred,2\n", "found 'red' in line 2, column 'a' of t.csv: if this column is the targ"),
        ('a,t\n1,"2\n', "not readable in line 2 (unexpected end of data)"),
        ('a,t\n1,"2"x\n', "not readable in line 2"),
        ("a,t\n1\0,2\n", "in line 2"),
        ("a,t\n1," + "x" * 200_000 + "\n", "not readable in line 2 (field larger"),
    ],
)
def test_wrong_tables_are_refused_with_the_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, text, target="t" if "t\n" in text else None)
    assert words in str(caught.value)


def test_an_unknown_target_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown column 'Kind': did you mean 'kind'"):
        read(tmp_path, FLOWERS, target="Kind")


def test_numbers_as_names_are_fine_where_the_target_is_one(tmp_path: Path) -> None:
    assert read(tmp_path, "0,1,2\n5,6,1\n7,8,0\n", target="2").feature_names == ("0", "1")


def test_binary_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(BackproveError):
        read(tmp_path, b"\x89PNG\r\n\x1a\n" + bytes(range(256)), target="t")


def test_a_table_has_no_test_split(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(FLOWERS)
    with pytest.raises(UsageError, match="is one table without splits"):
        load(path, "test", target="kind")


def test_an_unreadable_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text(FLOWERS)

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DataError, match=r"cannot be read \(Permission denied\)"):
        load(path, target="kind")
