"""Engines being asked, of which one is silent: a real socket on which nobody answers."""

from __future__ import annotations

import socket
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
