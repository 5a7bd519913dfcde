"""Engines being asked, of which one is silent: a real socket on which nobody answers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory

import pytest

from layerview.inquiry import Failed, Inquiry, InquiryEvent
from layerview.sources.docker.endpoint import Endpoint
from layerview.sources.docker.listing import DockerImages
from tests.waiting import PATIENCE

_BOTH = """
import sys
sys.setswitchinterval(1e-5)
from layerview.inquiry import Failed, Inquiry
from layerview.sources.listing import engines
inquiry = Inquiry([engine for engine in engines() if engine.name != "containerd"])
for event in inquiry.answers():
    print(event.error.message if isinstance(event, Failed) else event)
"""


def test_two_engines_that_need_one_library_do_not_meet_it_half_imported() -> None:
    nowhere = {f"{whose}_HOST": f"unix:///nowhere/{whose}.sock" for whose in ("DOCKER", "CONTAINER")}
    done = subprocess.run(
        [sys.executable, "-c", _BOTH], env={**os.environ, **nowhere}, capture_output=True, text=True, check=True
    )
    assert sorted(done.stdout.splitlines()) == [
        "No Docker Engine is running at unix:///nowhere/DOCKER.sock",
        "No Podman service is running at unix:///nowhere/CONTAINER.sock",
    ]


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Takes connections, and says nothing."""
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{folder}/silent.sock")
        listening.listen()
        yield listening


@pytest.fixture
def engines(silent: socket.socket, tmp_path: Path) -> list[DockerImages]:
    """One that is silent, and one that is not there."""
    addresses = {"silent": silent.getsockname(), "dead": tmp_path / "dead.sock"}
    return [DockerImages(name, lambda at=at: Endpoint(f"unix://{at}")) for name, at in addresses.items()]  # type: ignore[misc]


def waiting() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "ask silent"]


def test_a_silent_engine_holds_up_neither_the_others_nor_the_end(
    engines: list[DockerImages], silent: socket.socket
) -> None:
    """It is left to itself, and not heard when its time has run out."""
    inquiry, heard = Inquiry(engines), Queue[InquiryEvent]()
    inquiry.ask(inquiry.names, heard.put, {})
    connection, _ = silent.accept()
    event = heard.get(timeout=PATIENCE)
    assert isinstance(event, Failed) and event.engine == "dead" and event.error.exit_status == 3
    inquiry.end()
    (thread,) = waiting()
    connection.close()
    thread.join(PATIENCE)
    assert not thread.is_alive() and heard.empty()


def test_who_asks_again_hears_no_more_of_what_was_asked_before(
    engines: list[DockerImages], silent: socket.socket
) -> None:
    inquiry, before, after = Inquiry(engines), Queue[InquiryEvent](), Queue[InquiryEvent]()
    inquiry.ask(["silent"], before.put, {})
    connection, _ = silent.accept()
    (thread,) = waiting()
    inquiry.ask(["dead"], after.put, {})
    assert after.get(timeout=PATIENCE).engine == "dead"
    connection.close()
    thread.join(PATIENCE)
    assert not thread.is_alive() and before.empty() and after.empty()
