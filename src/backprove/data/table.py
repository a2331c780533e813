"""Tables of numbers (.csv) with a header, one sample a line and a named target column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from backprove.data._cells import Row, read_body
from backprove.data._idx import unreadable
from backprove.data._target import read_target
from backprove.data.dataset import Dataset
from backprove.errors import DataError, UsageError, unknown


def load_csv(
    path: Path,
    split: str,
    *,
    target: str | None = None,
    task: str | None = None,
    class_names: Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Dataset:
    """A table as one training set: every column but `target` and `ignore` is a feature.

    Text targets become classes, named in sorted order; give a training table's `class_names` for
    its test table. A numeric target is a class if its numbers are exactly 0, 1, ... K-1 with
    K <= 100, else a quantity, unless `task` says otherwise. Without `target` there are no labels.

    The delimiter is the one of , ; and tab that the header holds most of. UTF-8 (with or without
    a byte order mark), UTF-16 with one, and GB2312 are recognised; `encoding` names any other.

    Raises DataError with the line number for missing values, lines of another length, columns of
    one name and features that are no numbers, and UsageError for unknown columns and
    the test split.
    """
    if split != "train":
        raise UsageError(
            "expected a table of the {split} split, found that {path} is one table without "
            "splits: divide it with split(), or load the test table by its own name",
            split=split,
            path=path.name,
        )
    return parse_csv(
        decode(_content(path), path.name, encoding),
        path.name,
        target=target,
        task=task,
        class_names=class_names,
        ignore=ignore,
        delimiter=delimiter,
    )


def parse_csv(
    text: str,
    name: str,
    *,
    target: str | None = None,
    task: str | None = None,
    class_names: Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    delimiter: str | None = None,
) -> Dataset:
    """As `load_csv`, from the text of a table."""
    rows = _rows(text, name, delimiter)
    header = _header(rows, name, target)
    ignored = {_place(header, column) for column in ignore}
    place = None if target is None else _place(header, target)
    features = [i for i in range(len(header)) if i != place and i not in ignored]
    if not features:
        raise DataError(
            "expected at least one feature column in {name}, found the columns {found}: "
            "nothing is left beside the target",
            name=name,
            found=", ".join(header),
        )
    x, cells = read_body(_even(rows, len(header), name), features, place, header, name)
    if not len(x):
        raise DataError(
            "expected at least one line of data in {name}, found only its header: add samples",
            name=name,
        )
    stem, feature_names = Path(name).stem, tuple(header[i] for i in features)
    names = tuple(class_names) if class_names else None
    if place is None:
        return Dataset(x, None, names, stem, task or "classification", feature_names)
    y, task, names = read_target(cells, task, names, f"{name}: {target}")
    return Dataset(x, y, names, stem, task, feature_names)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error


def decode(content: bytes, name: str, encoding: str | None = None) -> str:
    """The text of a file; see `load_csv` for the encodings. Raises DataError or UsageError."""
    tried = (encoding,) if encoding else ("utf-8-sig", "gb2312")
    if not encoding and content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        tried = ("utf-16",)
    errors = []
    for candidate in tried:
        try:
            return content.decode(candidate)
        except UnicodeDecodeError as error:
            errors.append(error)
        except LookupError as error:
            raise UsageError(
                "expected the name of a text encoding, found {found!r}: "
                "for example utf-8, gb18030 or latin-1",
                found=encoding,
            ) from error
    raise DataError(
        "expected the text of {name} in {tried}, found the byte {byte:#04x} in line {line}: save "
        'it as UTF-8, or name its encoding, for example encoding="gb18030"',
        name=name,
        tried=tried[0].removesuffix("-sig"),
        byte=content[errors[0].start],
        line=content.count(b"\n", 0, errors[0].start) + 1,
    )


def _rows(text: str, name: str, delimiter: str | None) -> Iterator[Row]:
    """The lines that hold something, each with its number (counted from 1)."""
    first = text.lstrip().partition("\n")[0]
    if delimiter is None:
        delimiter = max(",;\t", key=first.count)
    elif len(delimiter) != 1:
        raise UsageError(
            "expected a delimiter of one character, found {found!r}: for example ','",
            found=delimiter,
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise DataError(
            "expected a table, found {name} not readable in line {line} ({reason}): look for an "
            "unclosed quotation mark or a damaged line",
            name=name,
            line=max(reader.line_num, 1),
            reason=str(error),
        ) from error


def _header(rows: Iterator[Row], name: str, target: str | None) -> list[str]:
    line, header = next(rows, (0, []))
    header = [column.strip() for column in header]
    if not header:
        raise DataError("expected a table, found {name} empty: give a file with data", name=name)
    if target not in header and all(_is_number(column) for column in header):
        raise DataError(
            "expected a header of column names in line {line} of {name}, found numbers: "
            "put the names of the columns in the first line",
            line=line,
            name=name,
        )
    twice = [column for column in header if header.count(column) > 1]
    if twice:
        raise DataError(
            "expected a name of its own for each column in line {line} of {name}, found "
            "{column!r} {count} times: rename them",
            line=line,
            name=name,
            column=twice[0],
            count=len(twice),
        )
    return header


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _place(header: list[str], column: str) -> int:
    if column not in header:
        raise unknown("column", column, header)
    return header.index(column)


def _even(rows: Iterable[Row], width: int, name: str) -> Iterator[Row]:
    for line, row in rows:
        if len(row) != width:
            raise DataError(
                "expected {width} fields in every line of {name}, as in its header, found "
                "{found} in line {line}: correct this line",
                width=width,
                name=name,
                found=len(row),
                line=line,
            )
        yield line, row
