"""The folder of what a container has written, while the container does there what it likes."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from layerview.layers import LayerIndex
from layerview.sources import Reading
from layerview.sources.overlay import OverlayJob
from layerview.sources.recorded import RecordJob
from tests.test_regular import exchanging, pipe_that_nobody_opens


def names(folder: Path) -> list[str]:
    """The paths that are found in the folder."""
    (found,) = OverlayJob(1, str(folder), RecordJob(1, b"", 0)).run(Reading(lambda layer, done, total: None))
    assert isinstance(found, tuple) and isinstance(found[1], LayerIndex), found
    index = found[1]
    return bytes(index.paths).decode().split("\0")[:-1]


def test_what_is_below_is_found_at_any_depth(tmp_path: Path) -> None:
    below = tmp_path.joinpath(*"abcdefgh" * 20)
    below.mkdir(parents=True)
    (below / "file").write_bytes(b"x")
    found = names(tmp_path)
    assert len(found) == 161 and found[-1].endswith("/h/file")


def folder_with_a_file(place: Path) -> None:
    place.mkdir()
    (place / "file").touch()


@pytest.mark.parametrize("first", [Path.touch, folder_with_a_file], ids=["file", "folder"])
@pytest.mark.parametrize("then", ["pipe", "link to a file", "link to a folder"])
def test_what_takes_the_place_of_a_file_or_folder_meanwhile_is_neither_opened_nor_followed(
    first: Callable[[Path], object], then: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "upper").mkdir()
    elsewhere = tmp_path / "elsewhere"
    folder_with_a_file(elsewhere)
    others = {
        "pipe": partial(os.link, tmp_path / "pipe"),
        "link to a file": partial(os.symlink, elsewhere / "file"),
        "link to a folder": partial(os.symlink, elsewhere),
    }
    path = tmp_path / "upper/either"
    first(path)
    with pipe_that_nobody_opens(tmp_path / "pipe"):
        exchanging("stat", path, others[then], monkeypatch)
        assert names(tmp_path / "upper") == (["either"] if first is folder_with_a_file else [])
        assert path.is_fifo() or path.is_symlink()
