"""load: names, paths, and Fisher's numbers."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from backprove.data import BUILT_IN, load
from backprove.errors import UsageError


def test_iris_is_fishers_table() -> None:
    """Means and deviations by class as Fisher (1936) and R print them."""
    iris = load("iris")
    assert iris.x.shape == (150, 4)
    assert np.bincount(iris.y).tolist() == [50, 50, 50]
    assert iris.class_names == ("setosa", "versicolor", "virginica")
    assert iris.feature_names == ("sepal length", "sepal width", "petal length", "petal width")
    means = [iris.x[iris.y == c].mean(axis=0, dtype=np.float64) for c in range(3)]
    np.testing.assert_allclose(
        means,
        [[5.006, 3.428, 1.462, 0.246], [5.936, 2.770, 4.260, 1.326], [6.588, 2.974, 5.552, 2.026]],
        atol=1e-6,
    )
    np.testing.assert_allclose(
        iris.x.std(axis=0, ddof=1, dtype=np.float64),
        [0.8280661, 0.4358663, 1.7652982, 0.7622377],
        atol=1e-6,
    )
    np.testing.assert_allclose(iris.x[34], [4.9, 3.1, 1.5, 0.2], atol=1e-6)
    np.testing.assert_allclose(iris.x[37], [4.9, 3.6, 1.4, 0.1], atol=1e-6)


def test_the_iris_file_is_unchanged() -> None:
    content = (files("backprove.data") / "iris_files" / "iris.csv").read_bytes()
    assert hashlib.sha256(content).hexdigest() == (
        "dad19dc3817625a5490ab6be0fdb592efdcd6921badbbaf4275cef90bcfaa994"
    )


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("split", ["Train", "TEST", "train ", "validation", "all"])
def test_splits_are_not_guessed(name: str, split: str) -> None:
    with pytest.raises(UsageError, match="unknown split"):
        load(name, split)


def test_iris_has_no_test_split() -> None:
    with pytest.raises(UsageError, match="divide them with split"):
        load("iris", "test")


def test_unknown_names_and_paths(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing called mnits: .* did you mean 'mnist'"):
        load("mnits")
    with pytest.raises(UsageError, match=r"nothing called .*gone.csv"):
        load(tmp_path / "gone.csv")
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(UsageError, match=r"an .npz or a .csv file, found .*a.parquet"):
        load(tmp_path / "a.parquet")


def test_a_path_is_no_built_in_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "iris").mkdir()
    assert len(load("iris")) == 150
    with pytest.raises(Exception, match="found none among 0 entries"):
        load("./iris")
