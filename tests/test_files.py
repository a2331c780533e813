"""Files are replaced whole; what is no file is written to and stays what it is."""

from __future__ import annotations

import os
import stat
import threading

import pytest

from backprove.errors import UsageError
from backprove.files import write_text


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path) -> None:
    path = tmp_path / "deep" / "a.toml"
    write_text(path, "first")
    write_text(path, "学习率")
    assert path.read_text(encoding="utf-8") == "学习率"
    assert [p.name for p in path.parent.iterdir()] == ["a.toml"]


def test_a_folder_is_refused_in_words(tmp_path) -> None:
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(UsageError, match="cannot write"):
        write_text(tmp_path / "folder", "text")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path) -> None:
    path, read = tmp_path / "pipe", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: read.append(path.read_text()))
    reader.start()
    write_text(path, "through")
    reader.join(timeout=10)
    assert read == ["through"] and stat.S_ISFIFO(path.stat().st_mode)
    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]
