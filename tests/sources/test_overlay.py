"""The folder of what a container has written, while the container does there what it likes."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from layerview.layers import LayerIndex
from layerview.sources import Reading
from layerview.sources.overlay import OverlayJob
from layerview.sources.recorded import RecordJob
from tests.test_regular import pipe_that_nobody_opens, taking_turns


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


def test_no_device_or_pipe_is_opened_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "upper").mkdir()
    (tmp_path / "file").write_bytes(b"content")
    path = tmp_path / "upper/either"
    os.link(tmp_path / "file", path)
    with (
        pipe_that_nobody_opens(tmp_path / "pipe"),
        taking_turns(path, partial(os.link, tmp_path / "pipe"), partial(os.link, tmp_path / "file")),
    ):
        for _ in range(1000):
            assert set(names(tmp_path / "upper")) <= {"either", "next"}


def test_no_pipe_is_opened_and_no_link_followed_in_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "upper").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret").touch()
    path = tmp_path / "upper/either"

    def folder(to: Path) -> None:
        """In place of what is there: a folder is not put in place of anything else."""
        path.unlink()
        to.mkdir()

    def other(make: partial[None], to: Path) -> None:
        make(to)
        path.rmdir()

    path.mkdir()
    others = {f"a{number}" for number in range(100)}
    for name in others:  # so that some time passes between looking at the folder and opening what is in it
        (tmp_path / "upper" / name).touch()
    pipe, link = partial(os.link, tmp_path / "pipe"), partial(os.symlink, tmp_path / "elsewhere")
    with (
        pipe_that_nobody_opens(tmp_path / "pipe"),
        taking_turns(path, partial(other, pipe), folder, partial(other, link), folder),
    ):
        for _ in range(200):
            assert set(names(tmp_path / "upper")) - others <= {"either", "next"}
