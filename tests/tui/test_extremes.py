"""Images such as nobody looks at every day: the screen stays as it is, of one image and of two."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerview.text import columns
from tests.archives import docker_archive
from tests.builders import file, layer
from tests.terminal import LAYERVIEW, Terminal

_BORDERS = {"╭": "╮", "│": "│▐", "╰": "╯"}


def image(folder: Path, count: int, name: str, *, history: bool = True) -> str:
    """Of so many layers, every tenth the same in all; one instruction is of 100 kB."""
    contents = ["" if number % 10 == 0 else name for number in range(count)]
    layers = [layer(file(f"d{number}/f", f"{each}{number}".encode())) for number, each in enumerate(contents)]
    steps = [{"created_by": f"RUN echo {'x' * 100_000 if number == 2 else number}"} for number in range(count)]
    path = docker_archive(folder / f"{name}.tar", *layers, tag=f"{name}:1", history=steps if history else [])
    return str(path)


@pytest.mark.parametrize(
    ("kinds", "seen"),
    [
        pytest.param([(127, True)], "Layers · 127", id="127 layers"),
        pytest.param([(3, False)], "Layers · 3", id="no history"),
        pytest.param([(60, True), (127, True)], "60 → 127", id="60 and 127 layers"),
        pytest.param([(127, False), (127, True)], "127 → 127", id="no history, and a history"),
    ],
)
def test_no_image_moves_the_frame(tmp_path: Path, kinds: list[tuple[int, bool]], seen: str) -> None:
    """The cursor on an instruction of 100 kB or beside it, its details to their end, wrapped or not, at several sizes."""
    images = [image(tmp_path, count, f"n{number}", history=history) for number, (count, history) in enumerate(kinds)]
    with Terminal(*LAYERVIEW, *images) as program:
        program.shows(seen)
        for width, height in ((60, 20), (80, 24), (120, 40)):
            program.resize(width, height)
            while columns(program.screen.splitlines()[1].rstrip()) != width:
                program.read()
            for keys in (b"\x1b[Z", b"jj", b"1", b"G", b"w", b"G", b"w", b"\t"):
                program.press(keys)
                program.rests()
                rows = program.screen.splitlines()
                assert len(rows) == height
                framed = [row.rstrip() for row in rows[1:-1]]
                assert all(row[0] in _BORDERS and row[-1] in _BORDERS[row[0]] + "╮╯│" for row in framed), program.screen
                assert {columns(row) for row in framed} == {width}, program.screen
        program.press(b"q")
        assert program.ended() == 0
