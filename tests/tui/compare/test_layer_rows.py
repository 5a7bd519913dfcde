"""The layers of two images in one list at any width, whatever they are: nothing touches, no figure is cut."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from layerview.analysis import layer_pairs
from layerview.image import HistoryEntry, Layer
from layerview.text import columns, size
from layerview.tui.base import BaseApp
from layerview.tui.compare.layers import LayerPairList
from layerview.wording.figures import signed
from layerview.wording.layers import step_told
from tests.tui.conftest import lines
from tests.tui.explore.test_layer_rows import BARS, INSTRUCTIONS, known_of


class Alone(BaseApp[None]):
    """A list of layers that takes all of the screen."""

    def __init__(self, one: list[Layer], other: list[Layer]) -> None:
        super().__init__()
        self._list = LayerPairList("layers", lambda: None)
        self._sides = one, other

    def compose(self) -> ComposeResult:
        yield self._list

    def on_mount(self) -> None:
        one, other = self._sides
        self._list.show(layer_pairs(one, other))
        self._list.know((known_of(len(one)), known_of(len(other))))


def layers_of(count: int, instruction: str, content: str) -> list[Layer]:
    """Every tenth layer is the same, whatever ``content`` the others are of; every seventh one has no instruction."""
    return [
        Layer(
            number,
            f"same-{number}" if number % 10 == 0 else f"{content}-{number}",
            HistoryEntry(created_by=instruction) if number % 7 else None,
        )
        for number in range(1, count + 1)
    ]


async def rows_of(one: list[Layer], other: list[Layer], width: int) -> list[str]:
    app: App[None] = Alone(one, other)
    async with app.run_test(size=(width, len(one) + len(other) + 1)) as pilot:
        await pilot.pause()
        return list(filter(None, lines(app, "#layers")))


@pytest.mark.parametrize("instruction", INSTRUCTIONS.values(), ids=INSTRUCTIONS.keys())
@pytest.mark.parametrize(("width", "least"), [(30, 4), (58, 24), (60, 24), (78, 24), (102, 60), (198, 80)])
async def test_nothing_touches_and_the_instruction_has_its_room(instruction: str, width: int, least: int) -> None:
    """Sixty layers beside 127, of up to petabytes, in panes of terminals of 60, 80, 120 and 200 columns."""
    one, other = layers_of(60, instruction, "a"), layers_of(127, instruction, "b")
    pairs, known = layer_pairs(one, other), (known_of(60), known_of(127))
    head, *rows = await rows_of(one, other, width)
    assert len(rows) == len(pairs) and "size" in head.split()
    for pair, row in zip(pairs, rows, strict=True):
        assert columns(row) <= width - 1
        old, new = pair
        layer = new or old
        assert layer
        sizes = [each.sizes[layer.number] if layer else 0 for layer, each in zip(pair, known, strict=True)]
        figures = [str(each.number) for each in pair if each] + size(sizes[1] if new else sizes[0]).split()
        if "differs" in head and sizes[0] != sizes[1] and not (old and new and old.diff_id == new.diff_id):
            figures += signed(sizes[1] - sizes[0]).split()
        sign = "=" if old and new and old.diff_id == new.diff_id else "~" if old and new else "+" if new else "−"
        words = [word for word in row.split() if not set(word) <= BARS]
        assert words[: len(figures) + 1] == [sign, *figures], row
        shown = step_told(layer.history)
        at = row.index(shown[:4], len(sign) + 4)
        assert row[at - 1] == " "
        assert columns(row[at:]) >= min(columns(shown), least), row
