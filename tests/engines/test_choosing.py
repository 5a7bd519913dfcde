"""Images chosen from those of a real engine, in a real terminal."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.engines.conftest import docker_host, run
from tests.engines.dozen import NAME
from tests.terminal import LAYERVIEW, Terminal

DOWN, ESCAPE, INTERRUPT = b"\x1b[B", b"\x1b", b"\x03"
TAG = NAME.rpartition(":")[2]
OTHER = f"{NAME}-other"


@pytest.fixture
def docker(dozen: Path) -> Iterator[tuple[str, ...]]:
    """The command of the Docker Engine, which has the image."""
    docker = ("docker", "--host", docker_host())
    run(*docker, "load", "--quiet", "--input", dozen)
    yield docker
    run(*docker, "image", "rm", NAME)


@pytest.fixture
def terminal(docker: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """The Docker Engine has the image by two names; the program asks it and nobody else."""
    run(*docker, "tag", NAME, OTHER)
    monkeypatch.chdir(tmp_path)
    with Terminal(*LAYERVIEW, "--source", "docker") as terminal:
        yield terminal
    run(*docker, "image", "rm", OTHER)


def test_an_image_is_found_opened_left_for_the_list_and_the_list_is_as_it_was(terminal: Terminal) -> None:
    """And the terminal is in the end as it was found."""
    terminal.shows("in all their layers")
    terminal.press(f"/dozen:{TAG}".encode())
    terminal.shows("2 matches")
    terminal.press(b"\r" + DOWN)
    terminal.shows(f"│ {OTHER}")
    terminal.press(b"\r")
    terminal.shows("Layers · 12")
    terminal.shows("q list")
    terminal.press(b"q")
    terminal.shows("2 matches")
    terminal.shows(f"│ {OTHER}")
    terminal.press(b"s")
    terminal.shows("by name")
    terminal.press(b" c")
    terminal.shows("Mark two images")
    terminal.press(b"q")
    assert terminal.ended() == 0
    terminal.assert_as_found()
    assert "Traceback" not in terminal.output.decode(errors="replace")


def test_two_images_are_compared_and_escape_leads_back(terminal: Terminal) -> None:
    terminal.shows("in all their layers")
    terminal.press(f"/dozen:{TAG}".encode())
    terminal.shows("2 matches")
    terminal.press(b"\r " + DOWN + b" c")
    terminal.shows("q list")
    terminal.press(ESCAPE)
    terminal.shows("2 matches")
    terminal.shows("●")
    terminal.press(b"q")
    assert terminal.ended() == 0
    terminal.assert_as_found()


def test_ctrl_c_in_the_explorer_ends_it_all(terminal: Terminal) -> None:
    terminal.shows("in all their layers")
    terminal.press(f"/dozen:{TAG}$\r\r".encode())
    terminal.shows("Layers · 12")
    terminal.press(INTERRUPT)
    assert terminal.ended() == 130
    terminal.assert_as_found()


def test_ctrl_c_in_the_list_ends_with_the_status_that_shells_give_it(terminal: Terminal) -> None:
    terminal.shows("in all their layers")
    terminal.press(INTERRUPT)
    assert terminal.ended() == 130
    terminal.assert_as_found()


def test_what_cannot_be_pulled_is_told_in_the_list(terminal: Terminal) -> None:
    """Nothing listens where the registry would be. Ctrl+C ends a pull, and all else with it."""
    terminal.shows("in all their layers")
    terminal.press(b"plocalhost:1/nosuch\r")
    terminal.shows("pull again")
    terminal.press(ESCAPE)
    terminal.shows("✗ localhost:1/nosuch")
    terminal.shows("q quit")
    terminal.press(b"plocalhost:1/nosuch\r")
    terminal.shows("pull again")
    terminal.press(INTERRUPT)
    assert terminal.ended() == 130
    terminal.assert_as_found()


@pytest.mark.usefixtures("docker")
def test_beside_an_engine_that_hangs_images_are_opened_and_the_program_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Podman's service is a socket on which nobody answers."""
    monkeypatch.chdir(tmp_path)
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as silent:
        silent.bind(f"{folder}/silent.sock")
        silent.listen()
        monkeypatch.setenv("CONTAINER_HOST", f"unix://{folder}/silent.sock")
        with Terminal(*LAYERVIEW) as terminal:
            terminal.until(lambda: bool(select.select([silent], [], [], 0)[0]))
            connection, _ = silent.accept()
            with connection:
                terminal.shows("podman has not answered yet")
                terminal.press(f"/dozen:{TAG}$\r\r".encode())
                terminal.shows("Layers · 12")
                terminal.shows("q list")
                terminal.press(b"q")
                terminal.shows("podman has not answered yet")
                terminal.press(b"q")
                assert terminal.ended() == 0
            terminal.assert_as_found()
            assert "Traceback" not in terminal.output.decode(errors="replace")
