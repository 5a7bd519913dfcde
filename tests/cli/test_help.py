"""The help of each command: what is its own before what it shares, and examples that work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from layerview.cli import main
from layerview.cli.command import SHARED
from layerview.cli.commands import EXPLORE, NAMES
from tests.archives import docker_archive
from tests.builders import directory, file, layer

Output = pytest.CaptureFixture[str]

_WITH_PARSERS = [EXPLORE, *(name for name in NAMES if name != "build")]


def _help(name: str, capsys: Output) -> str:
    """Of a command, or of all where there is no name."""
    words = ["app:1"] if name == EXPLORE else [name] * bool(name)
    assert main([*words, "--help"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", _WITH_PARSERS)
def test_what_is_a_command_s_own_stands_before_what_it_shares(name: str, capsys: Output) -> None:
    own, _, rest = _help(name, capsys).partition("\nshared options")
    shared, _, _ = rest.partition("\nexamples:")
    assert not SHARED & set(re.findall(r"--[a-z-]+", own))
    told = re.findall(r"^  (--[a-z-]+)", shared, re.MULTILINE)
    assert told and set(told) <= SHARED
    assert len(told) == len(shared.split("\n")) - 2, "each has a line"


@pytest.mark.parametrize("name", ["", *_WITH_PARSERS])
def test_examples_work(name: str, tmp_path: Path, capsys: Output) -> None:
    """Where there is no terminal, those for one say so."""
    for number, content in ((1, b"old"), (2, b"newer")):
        layers = layer(directory("etc"), file("etc/passwd", content)), layer(file("etc/hosts", content))
        docker_archive(tmp_path / f"app:{number}", *layers)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    examples = _help(name, capsys).partition("\nexamples:\n")[2].splitlines()
    assert 1 <= len(examples) <= 2
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for line in examples:
        done = subprocess.run(
            ["setsid", "sh", "-c", line],
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "XDG_CACHE_HOME": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        expected = int("--exit-code" in line)
        assert done.returncode == expected or "exploring an image needs a terminal" in done.stderr, done.stderr
