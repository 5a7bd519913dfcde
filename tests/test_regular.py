"""Files that are opened for what they were seen to be, while somebody puts other things in their place."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic

import pytest

from layerview.regular import open_folder, open_regular, read_regular
from tests.waiting import PATIENCE


@contextmanager
def pipe_that_nobody_opens(path: Path) -> Iterator[None]:
    """A named pipe that tells whether anybody has opened it, if only for a moment: whoever writes to it would go on."""
    os.mkfifo(path)
    opened = threading.Event()

    def write() -> None:
        with path.open("wb"):
            opened.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
        assert not opened.is_set()
    finally:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb"):
            writer.join()


@contextmanager
def taking_turns(path: Path, *others: Callable[[Path], object]) -> Iterator[None]:
    """Puts one and another thing at a path, as fast as it can."""
    ended = threading.Event()

    def exchange() -> None:
        number = 0
        while not ended.is_set():
            other = path.with_name("next")
            others[number % len(others)](other)
            other.rename(path)
            number += 1

    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    assert read_regular(tmp_path / "a", 7) == b"content"
    with pytest.raises(OSError, match="more than 6 bytes"):
        read_regular(tmp_path / "a", 6)
    folder = open_folder(str(tmp_path))
    with os.fdopen(open_regular("a", folder), "rb") as file:
        assert file.read() == b"content"
    os.close(folder)


def test_a_link_is_followed_only_where_it_is_to_be(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "link").symlink_to("a")
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "link")
    with os.fdopen(open_regular(tmp_path / "link", follow=True), "rb") as file:
        assert file.read() == b"content"


@pytest.mark.parametrize("follow", [False, True])
def test_what_is_no_file_is_not_opened(tmp_path: Path, follow: bool) -> None:
    with pipe_that_nobody_opens(tmp_path / "pipe"):
        (tmp_path / "link").symlink_to("pipe")
        for name in ("pipe", "link", "."):
            with pytest.raises(FileNotFoundError):
                open_regular(tmp_path / name, follow=follow)
        with pytest.raises(NotADirectoryError):
            open_folder(str(tmp_path / "pipe"))


def test_what_takes_the_place_of_a_file_meanwhile_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    path = tmp_path / "either"
    os.link(tmp_path / "file", path)
    found: set[bytes] = set()
    with (
        pipe_that_nobody_opens(tmp_path / "pipe"),
        taking_turns(path, partial(os.link, tmp_path / "pipe"), partial(os.link, tmp_path / "file")),
    ):
        tries, deadline = 0, monotonic() + PATIENCE
        while (tries < 2000 or len(found) < 2) and monotonic() < deadline:
            tries += 1
            try:
                with os.fdopen(open_regular(path), "rb") as file:
                    found.add(file.read())
            except FileNotFoundError:
                found.add(b"")
    assert found == {b"content", b""}
