"""How wide the lines are that people read: as the terminal is, and as long as they need be for a program."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.archives import docker_archive
from tests.builders import file, layer, whiteout
from tests.terminal import LAYERVIEW, Terminal

_PATH = "/".join(["a-name-that-is-rather-long"] * 8)
_INSTRUCTION = f"RUN {'make install ' * 20}".strip()
_COMMANDS = (("report",), ("history",), ("shared",))


@pytest.fixture
def archive(tmp_path: Path) -> str:
    """An image with an instruction, a wasted path and a name of its own that no terminal is wide enough for."""
    history = [{"created_by": _INSTRUCTION}, {"created_by": f"RUN rm {_PATH}"}]
    folder = tmp_path / ("x" * 200)
    folder.mkdir()
    layers = layer(file(_PATH, b"x" * 100)), layer(whiteout(_PATH))
    return str(docker_archive(folder / "image.tar", *layers, history=history))


@pytest.mark.parametrize("command", _COMMANDS)
@pytest.mark.parametrize("columns", [80, 132])
def test_in_a_terminal_lines_end_where_it_does(command: tuple[str, ...], columns: int, archive: str) -> None:
    with Terminal("sh", "-c", f'stty cols {columns}; exec "$@"', "sh", *LAYERVIEW, *command, archive) as terminal:
        assert terminal.ended() == 0
        lines = terminal.output.decode().splitlines()
    assert max(map(len, lines)) == columns
    assert any(line.endswith("…") for line in lines)


@pytest.mark.parametrize("command", _COMMANDS)
def test_in_a_pipe_nothing_is_cut(command: tuple[str, ...], archive: str) -> None:
    """Whatever a shell has exported of the terminal around it."""
    environment = {**os.environ, "COLUMNS": "40"}
    done = subprocess.run([*LAYERVIEW, *command, archive], env=environment, capture_output=True, text=True, check=True)
    assert "…" not in done.stdout
    assert (archive if command == ("shared",) else _INSTRUCTION) in done.stdout


def test_a_report_in_a_file_is_not_cut(archive: str, tmp_path: Path) -> None:
    with Terminal(*LAYERVIEW, "report", archive, "-o", f"text={tmp_path}/report") as terminal:
        assert terminal.ended() == 0
    told = (tmp_path / "report").read_text()
    assert "…" not in told
    assert _INSTRUCTION in told
    assert f"/{_PATH}\n" in told
