"""What is said of layers that cannot be read stands before what is told without them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.archives import docker_archive
from tests.builders import file, layer
from tests.terminal import LAYERVIEW


@pytest.fixture
def damaged(tmp_path: Path) -> str:
    """An image whose second layer ends in the middle of a file."""
    return str(docker_archive(tmp_path / "damaged.tar", layer(file("a", b"x")), layer(file("b", b"x" * 5_000))[:1_000]))


@pytest.mark.parametrize(
    "line",
    [
        "ls IMAGE",
        "ls IMAGE -r --changes 2",
        "ls IMAGE b",
        "ls IMAGE --layer 3",
        "history IMAGE",
        "report IMAGE",
        "report IMAGE --json",
        "diff IMAGE IMAGE",
        "diff IMAGE IMAGE b",
    ],
)
def test_errors_come_before_what_may_be_nothing(line: str, damaged: str) -> None:
    words = [damaged if word == "IMAGE" else word for word in line.split()]
    done = subprocess.run(
        [*LAYERVIEW, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout.startswith("layerview: without layer 2")
    assert done.stdout.count("layerview: without layer 2") == line.count("IMAGE")


@pytest.mark.parametrize(("line", "where"), [("ls IMAGE b", "in the image"), ("diff IMAGE IMAGE b", "in either image")])
def test_a_path_that_is_not_found_may_be_in_what_cannot_be_read(line: str, where: str, damaged: str) -> None:
    words = [damaged if word == "IMAGE" else word for word in line.split()]
    done = subprocess.run([*LAYERVIEW, *words], capture_output=True, text=True, check=False)
    assert f"layerview: there is no b {where}, as far as it can be read\n" in done.stderr
