"""Files that are opened for what they were seen to be, while somebody puts other things in their place."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from layerview.regular import open_folder, open_regular, read_regular


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


def exchanging(call: str, path: Path, other: Callable[[Path], object], patch: pytest.MonkeyPatch) -> None:
    """Puts something else at a path the moment that a function of ``os`` has first told of it what was there."""
    real = getattr(os, call)

    def told(name: str | bytes | Path, *how: Any, **more: Any) -> Any:
        answer = real(name, *how, **more)
        if os.fsdecode(name).endswith(path.name):
            patch.setattr(os, call, real)
            path.rename(f"{path}~")
            other(path)
        return answer

    patch.setattr(os, call, told)


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


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a file is opened before it is looked at")
def test_what_takes_the_place_of_a_file_meanwhile_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with pipe_that_nobody_opens(tmp_path / "pipe"):
        exchanging("open", tmp_path / "file", partial(os.link, tmp_path / "pipe"), monkeypatch)
        with os.fdopen(open_regular(tmp_path / "file"), "rb") as file:
            assert file.read() == b"content"
        assert (tmp_path / "file").is_fifo()
