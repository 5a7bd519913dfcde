"""The layers of the image, from the lowest up, with what each stores and changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from enum import StrEnum
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType

from layerview.image import HistoryEntry, Image, Layer
from layerview.text import bar, escape, size
from layerview.trees import Change
from layerview.tui.keymap import bindings
from layerview.tui.lists.rows import Look, Row
from layerview.tui.panes.known import Known
from layerview.tui.panes.layers import LayerRows
from layerview.wording.changes import SIGNS, signed
from layerview.wording.layers import NOT_RECORDED, one_line

_READABLE = 24
"""Columns of an instruction that tell what it is about."""
_SPACIOUS = 80
"""Columns from which the counts have words above them, and the bars are long."""


class Mode(StrEnum):
    """Which two states the files are compared in."""

    LAYER = "layer"
    """The state below the layer, and the layer's."""
    ALL = "all"
    """The first layer's state, and the layer's."""


class LayerList(LayerRows):
    """A row for each layer; also for each step of the history that made none, if asked for."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("layers")
    HEADED = True

    def __init__(self, id: str, moved: Callable[[], None]) -> None:
        """``moved`` is called as the cursor moves: a message comes later, and what it changes is painted a frame later."""
        super().__init__(id=id)
        self._moved = moved
        self._image: Image | None = None
        self._known = Known()
        self._steps: list[tuple[HistoryEntry, Layer | None]] = []
        self._with_empty = False
        self._longest_numbers = 0
        """Columns of the longest line numbers."""
        self._largest = 0
        self._most = 0
        self.mode = Mode.LAYER

    @property
    def number(self) -> int:
        """The number of the layer under the cursor; for a step that made none, of the last before it. 0 for none."""
        for _, layer in reversed(self._steps[: self.cursor + 1]):
            if layer:
                return layer.number
        return 0

    @property
    def step(self) -> tuple[HistoryEntry, Layer | None] | None:
        """What is under the cursor."""
        return self._steps[self.cursor] if self._steps else None

    def show(self, image: Image) -> None:
        """Show an image's layers, the cursor on the lowest, or where it is if the image is shown once more."""
        self._image = image
        self._longest_numbers = max((len(entry.lines.numbers) for entry, _ in image.steps if entry.lines), default=0)
        self._list_steps()
        self.reset(self.cursor)

    def know(self, known: Known) -> None:
        """Show what is known by now."""
        self._known = known
        layers = self._image.layers if self._image else ()
        self._largest = max((self._bytes_of(layer) or 0 for layer in layers), default=0)
        counts = known.counts.values()
        self._most = max((max(count.added, count.modified, count.removed) for count in counts), default=0)
        self.forget()

    def progress(self) -> None:
        """Show how far layers are that are being read. A key waits less for a few rows than for the whole list."""
        for row, (_, layer) in enumerate(self._steps):
            if layer and layer.number in self._known.progress and layer.number not in self._known.counts:
                self.refresh_row(row)

    def move_to_layer(self, number: int) -> None:
        for row, (_, layer) in enumerate(self._steps):
            if layer and layer.number == number:
                self.move_to(row)

    def move_by_layer(self, step: int) -> None:
        """To the next layer, or with a ``step`` of -1 to the one before, past steps that made none."""
        ahead = range(self.cursor + step, self.row_count if step > 0 else -1, step)
        if (row := next((row for row in ahead if self._steps[row][1]), None)) is not None:
            self.move_to(row)

    def set_mode(self, mode: Mode) -> None:
        self.mode = mode
        self.refresh()

    # LineList

    @property
    def row_count(self) -> int:
        return len(self._steps)

    def row_key(self, row: int) -> Hashable:
        layer = self._steps[row][1]
        return row, self._mark(row), layer and self._percent(layer.number)

    def move_to(self, row: int) -> None:
        super().move_to(row)
        if self.mode is Mode.ALL or self._with_empty:  # the mark may leave and come to other rows than the cursor
            self.refresh()
        self._moved()

    def empty_text(self) -> str:
        return "This image has no layers." if self._image else "…"

    def paint_head(self, look: Look) -> Row:
        sign = signed if self.inner_width >= _SPACIOUS else SIGNS.__getitem__
        counts = "".join(f"{sign(change):>{self._count_width}}" for change in Change if change)
        lines = f"{'lines' if self._lines_width else '':<{self._lines_width}}"
        text = f"   #    size {' ' * self._bar_width}{counts}  {lines}instruction"
        return Row([Segment(text, look["head"])], self._fixed)

    def paint_row(self, row: int, look: Look) -> Row:
        entry, layer = self._steps[row]
        instruction = one_line(entry.instruction) or NOT_RECORDED
        mark = Segment(self._mark(row)[0], look[self._mark(row)[1]])
        numbers = f"{entry.lines.numbers if entry.lines else '':<{self._lines_width}}"
        lines = [Segment(f"  {numbers}", look["dim"])] if self._lines_width else []
        if layer is None:
            blank = Segment(" " * (self._fixed - self._lines_width - 3 if lines else self._fixed - 1), look["dim"])
            return Row([mark, blank, *lines, Segment(instruction, look["dim"])], self._fixed, self._fixed)
        bytes_ = self._bytes_of(layer)
        segments = [
            mark,
            Segment(f"{layer.number:>3} ", look["dim"]),
            Segment(f"{'…' if bytes_ is None else size(bytes_):>7} ", look["text"]),
            Segment(bar(bytes_ or 0, self._largest, self._bar_width), look["bar"]),
            *self._state(layer, look),
            *lines,
            Segment(instruction if lines else f"  {instruction}", look["text"] if entry.instruction else look["dim"]),
        ]
        return Row(segments, self._fixed, self._fixed)

    def action_toggle_empty(self) -> None:
        step = self.step
        self._with_empty = not self._with_empty
        self._list_steps()
        layers = [layer for _, layer in self._steps]
        self.reset(layers.index(step[1]) if step and step[1] in layers else self.cursor)

    # inside

    @property
    def _bar_width(self) -> int:
        return 8 if self.inner_width >= _SPACIOUS else 4

    @property
    def _count_width(self) -> int:
        return 11 if self.inner_width >= _SPACIOUS else max(len(_short(self._most)) + 2, 5)

    @property
    def _fixed(self) -> int:
        """Columns before the instruction."""
        return self._before_lines + self._lines_width

    @property
    def _before_lines(self) -> int:
        return 13 + self._bar_width + 3 * self._count_width + 2

    @property
    def _lines_width(self) -> int:
        """Columns of the lines in the Dockerfile, where they are known and leave room for the instruction."""
        width = max(self._longest_numbers, len("lines")) + 2
        fits = self.inner_width - self._before_lines - width >= _READABLE
        return width if self._longest_numbers and fits else 0

    def _list_steps(self) -> None:
        steps = self._image.steps if self._image else ()
        self._steps = [(entry, layer) for entry, layer in steps if layer or self._with_empty]

    def _bytes_of(self, layer: Layer) -> int | None:
        return self._known.sizes.get(layer.number, layer.size)

    def _mark(self, row: int) -> tuple[str, str]:
        """The mark of a layer that is compared, and its look."""
        layer, at = self._steps[row][1], self.number
        if layer is None:
            return " ", "text"
        if self.mode is Mode.LAYER or at == 1:
            return ("▌", "accent") if layer.number == at else (" ", "text")
        return ("▌", "faint" if layer.number == 1 else "accent") if layer.number <= at else (" ", "text")

    def _state(self, layer: Layer, look: Look) -> list[Segment]:
        """The counts of a layer, or why there are none yet."""
        width = 3 * self._count_width
        number = layer.number
        if number in self._known.failures:
            return [Segment(f" {'unreadable':<{width - 1}}", look["removed"])]
        if layer.unavailable:
            return [Segment(f" {escape(layer.unavailable)[: width - 2]:<{width - 1}}", look["modified"])]
        if number in self._known.counts:
            counts = self._known.counts[number]
            return [
                Segment(f"{_short(count):>{self._count_width}}", look[name])
                for name, count in (("added", counts.added), ("modified", counts.modified), ("removed", counts.removed))
            ]
        if percent := self._percent(number):
            text = f" ▕{bar(percent, 100, min(width - 9, 10))}▏{percent:>3} %"
            return [Segment(f"{text:<{width}}", look["accent"])]
        return [Segment(f"{'…':>{self._count_width}}" * 3, look["dim"])]

    def _percent(self, number: int) -> int:
        """How much of a layer is read; 0 where nothing tells."""
        done, total = self._known.progress.get(number, (0, 0))
        return done * 100 // total if total else 0


def _short(count: int) -> str:
    """A count in at most six columns; nothing for none."""
    if not count:
        return ""
    return f"{count:,}" if count < 100_000 else f"{count // 1000:,}k"
