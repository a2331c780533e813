"""load: a data set by its name or by the path of a file or folder."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from backprove.data.dataset import Dataset
from backprove.data.idx_folder import load_idx_folder
from backprove.data.mnist import load_mnist
from backprove.data.npz import load_npz
from backprove.data.recipes import RECIPES
from backprove.data.table import load_csv, parse_csv
from backprove.errors import UsageError, nearest, unknown

SPLITS = ("train", "test")


def load(
    name_or_path: str | Path, split: str = "train", *, flatten: bool = False, **options: Any
) -> Dataset:
    """The data set "mnist" or "iris", a recipe, a folder of IDX files, an .npz or a .csv file.

    `split` is "train" or "test"; nothing else is taken for one of them, and data without a test
    split (iris, a table, an archive of only x and y) are one training set, to be divided by
    `split()`. With `flatten` samples become rows. `options` are those of the reader:

    mnist   labels: only the images of these digits, numbered anew
    recipe  see `data.recipes`
    folder  variant, class_names, transpose          see `idx_folder.load_idx_folder`
    .npz    task, class_names                        see `npz.load_npz`
    .csv    target, task, class_names, ignore,
            encoding, delimiter                      see `table.load_csv`

    A built-in name goes before a file of that name in the working folder: write ./mnist for it.

    Raises UsageError for an unknown name or option or a split that the data do not have, and
    DataError for what is missing, damaged or wrong.
    """
    if split not in SPLITS:
        raise unknown("split", str(split), SPLITS)
    reader, arguments = _reader(name_or_path)
    _refuse_unknown(reader, options, str(name_or_path))
    dataset = reader(*arguments, split, **options)
    return dataset.flat() if flatten else dataset


def load_iris(split: str) -> Dataset:
    """Fisher's 150 iris flowers: four lengths in cm, three species, one training set."""
    if split != "train":
        raise UsageError(
            "expected the {split} split of iris, found that its 150 samples have no splits: "
            "divide them with split()",
            split=split,
        )
    table = files("backprove.data") / "iris_files" / "iris.csv"
    return parse_csv(table.read_text(encoding="utf-8"), "iris.csv", target="species")


BUILT_IN: dict[str, Callable[..., Dataset]] = {"iris": load_iris, "mnist": load_mnist, **RECIPES}


def _reader(name_or_path: str | Path) -> tuple[Callable[..., Dataset], tuple[Any, ...]]:
    if isinstance(name_or_path, str) and name_or_path in BUILT_IN:
        return BUILT_IN[name_or_path], ()
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return load_idx_folder, (path,)
    if not path.exists():
        raise UsageError(
            "expected a data set ({known}) or the path of a file or folder, found nothing called "
            "{path}: check the path, or did you mean {nearest!r}?",
            known=", ".join(BUILT_IN),
            path=str(name_or_path),
            nearest=nearest(path.name, BUILT_IN),
        )
    readers = {".npz": load_npz, ".csv": load_csv, ".tsv": load_csv}
    if path.suffix.lower() not in readers:
        raise UsageError(
            "expected a folder of IDX files, an .npz or a .csv file, found {path}: "
            "give IDX files by their folder, and convert other formats",
            path=str(name_or_path),
        )
    return readers[path.suffix.lower()], (path,)


def _refuse_unknown(reader: Callable[..., Dataset], options: dict[str, Any], name: str) -> None:
    parameters = inspect.signature(reader).parameters.values()
    known = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    for option in options:
        if known and option not in known:
            raise unknown("option", option, [*known, "flatten"])
        if option not in known:
            raise UsageError(
                "expected no options for {name}, found {option}: leave it out",
                name=name,
                option=option,
            )
