"""Whole screens of the program in a terminal, of images small and monstrous, at any size and with any colours.

Whatever is shown, nothing touches, overlaps, is cut in its middle or moves a frame.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from layerview.demo import write_demo
from layerview.exploration import Exploration
from layerview.image import Image
from layerview.sources import open_source
from layerview.text import size
from layerview.tui.panes.known import Known
from layerview.wording.figures import short
from layerview.wording.layers import step_told
from tests.pictures import Table, assert_columns, cells_of
from tests.tui.nasty import UNREADABLE, nasty
from tests.tui.views import BACK, COLOURS, LAYERS, MORE, PAIR, SIZES, VIEWS, View, assert_whole, opened, resize, walk

ROOM = {60: 24, 80: 24, 120: 36, 200: 80}
"""Columns of an instruction at least, by those of the terminal."""
SHOWN = (
    *(("sample", colours) for colours in COLOURS),
    ("127 layers", "true colour"),
    ("127 layers", "16 colours"),
    ("60 layers", "no colours"),
    ("no history", "256 colours"),
)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("images")
    with (folder / "sample.tar").open("wb") as file:
        write_demo(file)
    return {
        "sample": folder / "sample.tar",
        "60 layers": nasty(folder / "60.tar", 60),
        "127 layers": nasty(folder / "127.tar", 127),
        "no history": nasty(folder / "none.tar", 7, history=False),
    }


@cache
def known_of(archive: Path) -> tuple[Image, Known]:
    """What the program is to show."""
    exploration = Exploration(open_source(str(archive)))
    exploration.run()
    assert exploration.image and exploration.stack and exploration.account
    known = Known()
    known.take(exploration.stack, exploration.account)
    return exploration.image, known


def assert_layers(table: Table, archive: Path, width: int) -> None:
    """Every row tells the figures of its layer, whole and apart, and begins to tell the instruction."""
    image, known = known_of(archive)
    longest = max(len(cells_of(step_told(layer.history))) for layer in image.layers)
    assert table.room("instruction") >= min(ROOM[width], longest)
    for words, told in zip(table.before("instruction"), table.after("instruction"), strict=True):
        if not words:
            assert "base:" in told
            continue
        number = int(words[0])
        counts = known.counts.get(number)
        if counts is None:
            assert (number, words[1:2]) == (UNREADABLE, ["…"])
            continue
        wasted = known.wasted.get(number, 0) if "wasted" in table.head else 0
        changes = (counts.added, counts.modified, counts.removed) if "~" in table.head else ()
        figures = [size(known.sizes[number]), size(wasted) if wasted else "", *map(short, changes)]
        assert words == f"{number} {' '.join(figures)}".split()
        instruction = cells_of(step_told(image.layers[number - 1].history))
        assert instruction.startswith(told.removesuffix("…").rstrip(" \0")), told


@pytest.mark.parametrize(("name", "colours"), SHOWN)
def test_every_view_is_sound_at_every_size(images: dict[str, Path], name: str, colours: str) -> None:
    """All of them of one image with many colours; of the others and with fewer those that differ most."""
    views = (*VIEWS, *MORE, BACK) if (name, colours) == SHOWN[0] else (*VIEWS, View(b"\t", "Layers"))
    with opened(images[name], colours) as terminal:
        for size_ in SIZES:
            resize(terminal, *size_)
            for view, picture in walk(terminal, views):
                assert_whole(view, picture)
                assert name != "sample" or "wasted 46 MB" in picture.lines[0]
                if view is LAYERS:
                    assert_layers(picture.table("Layers"), images[name], size_[0])
                if view.column:
                    assert_columns(picture.table(view.frame), view.column)


@pytest.mark.parametrize("colours", ["true colour", "no colours"])
def test_every_view_of_two_images_is_sound_at_every_size(images: dict[str, Path], colours: str) -> None:
    with opened(images["60 layers"], colours, images["127 layers"]) as terminal:
        for size_ in SIZES:
            resize(terminal, *size_)
            for view, picture in walk(terminal, PAIR):
                assert_whole(view, picture)
                if view.column:
                    assert_columns(picture.table(view.frame), view.column)
                if view.frame == "Layers":
                    assert picture.table("Layers").room("instruction") >= 24
