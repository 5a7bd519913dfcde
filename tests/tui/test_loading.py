"""What is on the screen before all is known: of a pipe, and of engines that do not answer."""

from __future__ import annotations

import io
import os
import random
import socket
import threading
from pathlib import Path

import pytest

from tests.archives import docker_archive
from tests.builders import file, layer
from tests.terminal import LAYERVIEW, Terminal

PIECE = 200_000


@pytest.fixture
def archive(tmp_path: Path) -> bytes:
    """Some megabytes, which tell at their end what they are."""
    content = random.Random(1).randbytes(4_000_000)
    return docker_archive(tmp_path / "image.tar", layer(file("large", content)), tag="shop:1").read_bytes()


class Dripping:
    """Writes into a pipe with a name, a piece every now and then, until it is told to hold on or to go on to the end."""

    def __init__(self, path: Path, content: bytes) -> None:
        os.mkfifo(path)
        self._path, self._content = path, io.BytesIO(content)
        self.written = 0
        self.hurry = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    def _write(self) -> None:
        with self._path.open("wb", buffering=0) as pipe:
            while piece := self._content.read(PIECE):
                pipe.write(piece)
                self.written += len(piece)
                self.hurry.wait(0.25)

    def end(self) -> None:
        self.hurry.set()
        self._thread.join()


def test_a_pipe_tells_how_much_came_and_how_fast_from_its_first_bytes(tmp_path: Path, archive: bytes) -> None:
    """Less than a megabyte, which takes a second; then what was in it."""
    pipe = Dripping(tmp_path / "pipe", archive)
    with Terminal("sh", "-c", f"exec {' '.join(LAYERVIEW)} - <{tmp_path / 'pipe'}", controlling=True) as program:
        program.shows("kB read")
        program.shows("kB/s")
        program.shows("The archive is being read.")
        assert pipe.written < len(archive)
        pipe.end()
        program.shows("shop:1")
        program.shows("large")
        program.press(b"q")
        assert program.ended() == 0


def test_a_pipe_through_which_nothing_comes_is_said_to_be_that(tmp_path: Path, archive: bytes) -> None:
    """As while an engine packs all of an image before the first byte."""
    os.mkfifo(tmp_path / "pipe")
    with Terminal("sh", "-c", f"exec {' '.join(LAYERVIEW)} - <{tmp_path / 'pipe'}", controlling=True) as program:
        with (tmp_path / "pipe").open("wb") as pipe:
            program.shows("nothing has come yet …")
            program.shows("Nothing has come yet.")
            pipe.write(archive)
        program.shows("large")
        program.press(b"q")
        assert program.ended() == 0


def test_the_list_of_images_stands_before_an_engine_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes the question and never answers, which is said."""
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(tmp_path / "engine.sock"))
        engine.listen()
        engine.settimeout(0)
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'engine.sock'}")
        with Terminal(*LAYERVIEW) as program:
            while not (asked := _accepted(engine)):
                program.read(0.01)
            program.read(0)
            assert "Details" in program.screen and "Asking docker" in program.screen
            program.shows("docker has not answered yet")
            program.press(b"q")
            program.ended()
            asked.close()


def _accepted(engine: socket.socket) -> socket.socket | None:
    try:
        return engine.accept()[0]
    except BlockingIOError:
        return None
