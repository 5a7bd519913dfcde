"""The layers of the image, from the lowest up, with what each stores and changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from enum import StrEnum
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType

from layerview.image import Base, HistoryEntry, Image, Layer, base_of
from layerview.text import bar, columns, escape, fit, size
from layerview.trees import Change
from layerview.tui.keymap import bindings
from layerview.tui.lists.columns import GAP
from layerview.tui.lists.rows import Look, Row
from layerview.tui.panes.describe import LOOKS
from layerview.tui.panes.known import Known
from layerview.tui.panes.layer_columns import BAR
from layerview.tui.panes.layers import LayerRows, percent_read, size_width
from layerview.wording.changes import SIGNS, THIS_LAYER, UP_TO_IT, between, signed
from layerview.wording.figures import short
from layerview.wording.layers import step_told

_WORDS = 3 * 11
"""Columns of the counts with words above them."""


class Mode(StrEnum):
    """Which two states the files are compared in."""

    LAYER = "layer"
    """The state below the layer, and the layer's."""
    ALL = "all"
    """The first layer's state, and the layer's."""
    FROM = "from"
    """The state of a layer that was marked for it, and the layer's."""


class LayerList(LayerRows):
    """A row for each layer; also for each step of the history that made none, if asked for."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("layers", "mode")

    def __init__(self, id: str, moved: Callable[[], None]) -> None:
        """``moved`` is called as the cursor moves: a message comes later, and what it changes is painted a frame later."""
        super().__init__(id=id)
        self._moved = moved
        self._image: Image | None = None
        self._known = Known()
        self._steps: list[tuple[HistoryEntry, Layer | None] | None] = []
        """What stands in each row: a step, with its layer, or None for the line where the base ends."""
        self._base: Base | None = None
        self._with_empty = False
        self.mode = Mode.LAYER
        self.marked: int | None = None
        """The layer to compare from, if one was marked."""

    @property
    def below(self) -> int:
        """The number of the layer whose state that of the one under the cursor is compared with; 0 for none."""
        if self.mode is Mode.FROM and self.marked:
            return self.marked
        return 1 if self.mode is Mode.ALL and self.number > 1 else max(self.number - 1, 0)

    @property
    def compared(self) -> str:
        """Which two states are compared, for people."""
        return {Mode.LAYER: THIS_LAYER, Mode.ALL: UP_TO_IT, Mode.FROM: between(self.below, self.number)}[self.mode]

    @property
    def number(self) -> int:
        """The number of the layer under the cursor; for a step that made none, of the last before it. 0 for none."""
        return next((layer.number for layer in reversed(self._layers[: self.cursor + 1]) if layer), 0)

    @property
    def step(self) -> tuple[HistoryEntry, Layer | None] | None:
        """What is under the cursor."""
        return self._steps[self.cursor] if self._steps else None

    def show(self, image: Image) -> None:
        """Show an image's layers, the cursor on the lowest, or where it is if the image is shown once more."""
        self._image = image
        self._base = base_of(image)
        self._list_steps()
        self.reset(self._beside(self.cursor))

    def know(self, known: Known) -> None:
        """Show what is known by now."""
        self._known = known
        layers = self._image.layers if self._image else ()
        self._largest = max((self._bytes_of(layer) or 0 for layer in layers), default=0)
        self._measure()
        self.forget()

    def progress(self) -> None:
        """Show how far layers are that are being read. A key waits less for a few rows than for the whole list."""
        for row, layer in enumerate(self._layers):
            if layer and layer.number in self._known.progress and layer.number not in self._known.counts:
                self.refresh_row(row)

    def move_to_layer(self, number: int) -> None:
        for row, layer in enumerate(self._layers):
            if layer and layer.number == number:
                self.move_to(row)

    def move_by_layer(self, step: int) -> None:
        """To the next layer, or with a ``step`` of -1 to the one before, past steps that made none."""
        ahead = range(self.cursor + step, self.row_count if step > 0 else -1, step)
        if (row := next((row for row in ahead if self._layers[row]), None)) is not None:
            self.move_to(row)

    def set_mode(self, mode: Mode) -> None:
        self.mode = mode
        self.refresh()

    def mark(self, number: int | None) -> None:
        """Compare from this layer; None takes the mark away."""
        self.marked = number
        self.set_mode(Mode.LAYER if number is None else Mode.FROM)

    # LineList

    @property
    def row_count(self) -> int:
        return len(self._steps)

    def row_key(self, row: int) -> Hashable:
        layer = self._layers[row]
        return row, self._mark(row), layer and self._percent(layer.number)

    def move_to(self, row: int) -> None:
        super().move_to(self._beside(row))
        if self.mode is not Mode.LAYER or self._with_empty:  # the mark may leave and come to other rows than the cursor
            self.refresh()
        self._moved()

    def empty_text(self) -> str:
        return "This image has no layers." if self._image else "Opening the image …"

    def paint_head(self, look: Look) -> Row:
        sign = signed if self._columns.get("counts") == _WORDS else SIGNS.__getitem__
        style = look["head"]
        cells = self._cell("number", "#", style) + self._cell("size", "size", style) + self._cell("bar", "", style)
        figures = self._cell("wasted", "wasted", style) + self._counts(
            {change: sign(change) for change in Change}, look
        )
        lines = self._cell("lines", "lines", style, left=True)
        mark = Segment(" ", style)
        return self._row(mark, cells, Segment("instruction", style), look, figures=figures, lines=lines)

    def paint_row(self, row: int, look: Look) -> Row:
        step = self._steps[row]
        if step is None:
            return self._base_line(look)
        entry, layer = step
        instruction = Segment(step_told(entry), look["text" if layer and entry.instruction else "dim"])
        mark = Segment(self._mark(row)[0], look[self._mark(row)[1]])
        lines = self._cell("lines", entry.lines.numbers if entry.lines else "", look["dim"], left=True)
        if layer is None:
            blank = [Segment(" " * (self._fixed - self._columns.get("lines", 0) - 4), look["dim"])] if lines else []
            return self._row(mark, blank, instruction, look, lines=lines)
        cells = self._cell("number", str(layer.number), look["dim"]) + self._bytes(self._bytes_of(layer), look)
        figures = self._figures(layer.number, look)
        state = self._state(layer, look)
        return self._row(mark, cells, instruction, look, figures=figures, state=state, lines=lines)

    def action_toggle_empty(self) -> None:
        if self._image and all(layer for _, layer in self._image.steps):
            self.notify("Each step made a layer.")
        step = self.step
        self._with_empty = not self._with_empty
        self._list_steps()
        layers = self._layers
        self.reset(self._beside(layers.index(step[1]) if step and step[1] in layers else self.cursor))

    # inside

    def _measure(self) -> None:
        """What the columns take."""
        layers, known = self._image.layers if self._image else (), self._known
        entries = [step[0] for step in self._steps if step]
        counts = [count for each in known.counts.values() for count in (each.added, each.modified, each.removed)]
        longest = max((len(short(count)) for count in counts), default=0)
        numbers = [len(entry.lines.numbers) for entry in entries if entry.lines]
        widths = {
            "number": max(len(str(len(layers))), 2),
            "size": size_width(map(self._bytes_of, layers)),
            "bar": BAR,
            "wasted": size_width(known.wasted.values()),
            "counts": _WORDS,
            "lines": max(numbers, default=0) and max(*numbers, len("lines")),
        }
        self._lay_out(widths, {"counts": 3 * max(longest + 2, 4)}, map(step_told, entries))

    @property
    def _layers(self) -> list[Layer | None]:
        """The layer of each row, where it has one."""
        return [step and step[1] for step in self._steps]

    def _beside(self, row: int) -> int:
        """A row, or where that is no step, the next one on the way there."""
        row = max(0, min(row, self.row_count - 1))
        is_line = self.row_count > 0 and self._steps[row] is None
        return row + (1 if row > self.cursor else -1) if is_line else row

    def _base_line(self, look: Look) -> Row:
        """The line below which all comes from the base."""
        assert self._base
        name = fit(f" base: {escape(self._base.name)} ", max(self.inner_width - 2, 0))
        line = "─" * (self.inner_width - columns(name) - 2)
        return Row([Segment(f" {line}", look["faint"]), Segment(name, look["dim"]), Segment("─", look["faint"])])

    def _list_steps(self) -> None:
        steps = self._image.steps if self._image else ()
        below = self._base.steps if self._base else 0
        parts = ([step for step in part if step[1] or self._with_empty] for part in (steps[:below], steps[below:]))
        base, own = parts
        self._steps = [*base, *([None] if base and own else []), *own]
        self._measure()

    def _bytes_of(self, layer: Layer) -> int | None:
        return self._known.sizes.get(layer.number, layer.size)

    def _mark(self, row: int) -> tuple[str, str]:
        """The mark of a layer whose changes are shown, or that is compared from, and its look."""
        layer, at = self._layers[row], self.number
        if layer is None:
            return " ", "text"
        if layer.number == self.marked:
            return "●", "accent"
        if self.mode is Mode.ALL and layer.number == 1 < at:
            return "▌", "faint"
        low, high = sorted((self.below, at))
        return ("▌", "accent") if low < layer.number <= high else (" ", "text")

    def _figures(self, number: int, look: Look) -> list[Segment]:
        """What of a layer is wasted, and what it changed."""
        counts = self._known.counts.get(number)
        if counts is None:
            return self._cell("wasted", "…", look["dim"]) + self._counts(dict.fromkeys(Change, "…"), look, "dim")
        wasted = self._known.wasted.get(number, 0)
        told = {Change.ADDED: counts.added, Change.MODIFIED: counts.modified, Change.REMOVED: counts.removed}
        return [
            *self._cell("wasted", size(wasted) if wasted else "", look["removed"]),
            *self._counts({change: short(count) for change, count in told.items()}, look),
        ]

    def _counts(self, texts: Mapping[Change, str], look: Look, style: str = "") -> list[Segment]:
        """A text for each kind of change, if there is room for them."""
        width = self._columns.get("counts", 0) // 3
        if not width:
            return []
        kinds = (Change.ADDED, Change.MODIFIED, Change.REMOVED)
        return [Segment(" " * GAP), *(Segment(f"{texts[kind]:>{width}}", look[style or LOOKS[kind]]) for kind in kinds)]

    def _state(self, layer: Layer, look: Look) -> Segment | None:
        """Why a layer has no figures, or not yet."""
        number = layer.number
        if number in self._known.failures:
            return Segment("unreadable", look["removed"])
        if layer.unavailable:
            return Segment(escape(layer.unavailable), look["modified"])
        if number not in self._known.counts and (percent := self._percent(number)):
            drawn = f"▕{bar(percent, 100, 10)}▏" if "counts" in self._columns else ""
            return Segment(f"{drawn}{percent:>3} %", look["accent"])
        return None

    def _percent(self, number: int) -> int:
        return percent_read(*self._known.progress.get(number, (0, 0)))
