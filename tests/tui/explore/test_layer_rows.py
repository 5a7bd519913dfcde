"""The list of layers at any width, whatever the layers are: nothing touches, no figure is cut, the instruction has its room."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from layerview.errors import DamagedError
from layerview.filesystem import Counts
from layerview.image import Config, HistoryEntry, Image, Layer
from layerview.image.platform import Platform
from layerview.text import columns, size
from layerview.tui.base import BaseApp
from layerview.tui.explore.layers import LayerList
from layerview.tui.panes.known import Known
from layerview.wording.figures import short
from layerview.wording.layers import step_told
from tests.archives import docker_archive
from tests.builders import file, layer
from tests.tui.conftest import explored, lines, settled

PETABYTE = 10**15
BARS = set("▏▎▍▌▋▊▉█")
INSTRUCTIONS = {
    "shell": "RUN set -eux && apt-get install -y a-package-with-a-name another-package",
    "100 kB": f"RUN {'x' * 100_000}",
    "wide": f"COPY {'日本語' * 80} /app",
    "240 characters": f"COPY {'n' * 240} /app",
    "combining": "RUN echo " + "é" * 90,
    "right to left": "RUN echo " + "שלום " * 40,
    "none": "",
}


class Alone(BaseApp[None]):
    """A list of layers that takes all of the screen."""

    def __init__(self, image: Image, known: Known) -> None:
        super().__init__()
        self._list = LayerList("layers", lambda: None)
        self._image, self._known = image, known

    def compose(self) -> ComposeResult:
        yield self._list

    def on_mount(self) -> None:
        self._list.show(self._image)
        self._list.know(self._known)


def image_of(*instructions: str) -> Image:
    entries = tuple(HistoryEntry(created_by=text) for text in instructions)
    layers = tuple(Layer(number, "", entry) for number, entry in enumerate(entries, 1))
    return Image("demo", "", Platform(), Config(history=entries), layers)


def known_of(count: int) -> Known:
    """Layers from none to petabytes, which change from nothing to millions of paths."""
    numbers = range(1, count + 1)
    return Known(
        sizes={number: number * 37 ** (number % 11) % (5_000 * PETABYTE) for number in numbers},
        wasted={number: number * 37 ** (number % 9) for number in numbers if number % 3},
        counts={number: Counts(number * 7 ** (number % 8), number % 3, 7 ** (number % 7)) for number in numbers},
    )


async def rows_of(image: Image, known: Known, width: int) -> list[str]:
    """The head of the list, and its rows."""
    app: App[None] = Alone(image, known)
    async with app.run_test(size=(width, len(image.layers) + 1)) as pilot:
        await pilot.pause()
        return lines(app, "#layers")


@pytest.mark.parametrize("instruction", INSTRUCTIONS.values(), ids=INSTRUCTIONS.keys())
@pytest.mark.parametrize(("width", "least"), [(30, 8), (58, 24), (60, 36), (78, 24), (102, 72), (198, 80)])
async def test_nothing_touches_no_figure_is_cut_and_the_instruction_has_its_room(
    instruction: str, width: int, least: int
) -> None:
    """127 layers in panes of terminals of 60, 80, 120 and 200 columns."""
    known = known_of(127)
    head, *rows = await rows_of(image_of(*(instruction,) * 127), known, width)
    assert "instruction"[:least] in head and "size" in head.split()
    shown = step_told(HistoryEntry(created_by=instruction))
    for number, row in enumerate(rows, 1):
        assert columns(row) <= width - 1
        figures = [str(number), *size(known.sizes[number]).split()]
        if "wasted" in head and known.wasted.get(number):
            figures += size(known.wasted[number]).split()
        if "+" in head:
            counts = known.counts[number]
            figures += filter(None, map(short, (counts.added, counts.modified, counts.removed)))
        words = [word for word in row.split() if not set(word) <= BARS]
        assert words[: len(figures)] == figures, row
        at = row.index(shown[:8])
        assert row[at - 1] == " "
        room = columns(row[at:])
        assert room >= min(columns(shown), least), row
        assert row[at:].removesuffix("…").rstrip() == shown[: len(row[at:].removesuffix("…").rstrip())]


@pytest.mark.parametrize("width", [48, 60, 78, 198])
async def test_why_a_layer_has_no_figures_is_never_cut(width: int) -> None:
    image = image_of(*("COPY . .",) * 3)
    known = Known(progress={1: (42, 100), 2: (1, 0)}, failures={3: DamagedError("damaged", "")})
    rows = await rows_of(image, known, width)
    assert "42 %" in rows[1]
    assert "…" in rows[2].split()
    assert "unreadable" in rows[3].split()
    assert all("COPY" in row for row in rows[1:])


async def test_a_line_is_drawn_where_the_base_ends_which_the_cursor_passes() -> None:
    steps = (
        HistoryEntry(created_by="ADD a /"),
        HistoryEntry(created_by="CMD sh", empty_layer=True),
        HistoryEntry(created_by="ENV A=1", empty_layer=True, comment="FROM localhost/base:1"),
        HistoryEntry(created_by="COPY b /"),
    )
    layers = (Layer(1, "", steps[0]), Layer(2, "", steps[3]))
    app = Alone(Image("demo", "", Platform(), Config(history=steps), layers), known_of(2))
    async with app.run_test(size=(60, 10)) as pilot:
        seen = app.query_one(LayerList)
        seen.focus()
        await pilot.pause()
        one, line, other = lines(app, "#layers")[1:4]
        assert one.endswith("ADD a /") and other.endswith("COPY b /")
        assert line.startswith(" ──") and line.endswith("── base: localhost/base:1 ─") and columns(line) == 59
        await pilot.press("down")
        assert seen.number == 2
        await pilot.press("e")
        assert seen.number == 2
        assert [bool("base:" in row) for row in lines(app, "#layers")[1:6]] == [False, False, True, False, False]
        for number in (1, 1, 1):  # the step of its own, that of the base, and the layer
            await pilot.press("up")
            assert seen.number == number
            assert seen.step is not None
        assert seen.cursor == 0
        await pilot.click(LayerList, offset=(5, 3))
        assert seen.step is not None


@pytest.mark.parametrize(("size", "least"), [((60, 20), 24), ((80, 24), 24), ((120, 40), 36), ((200, 50), 80)])
async def test_in_a_terminal_of_any_size_the_instruction_has_its_room(
    tmp_path: Path, size: tuple[int, int], least: int
) -> None:
    """127 layers, all of the screen around them."""
    written = f"COPY {'n' * 240} /app"
    stored = [layer(file(f"{number}", b"x" * number * 999)) for number in range(127)]
    app = explored(docker_archive(tmp_path / "many.tar", *stored, history=[{"created_by": written}] * 127))
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press("end")
        await pilot.pause()
        last = lines(app, "#layers")[-1]
        assert last.split()[:4] == ["▌", "127", "126", "kB"]
        assert len(last[last.index("COPY") :]) >= least
