"""Layers in a list, of one image or of two."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping

from rich.segment import Segment
from rich.style import Style
from textual.message import Message

from layerview.text import bar, columns, size
from layerview.tui.lists.columns import GAP
from layerview.tui.lists.line_list import LineList
from layerview.tui.lists.rows import Look, Row
from layerview.tui.panes.layer_columns import layer_columns

_FIGURES = ("wasted", "counts")
"""The columns in whose place stands why there is nothing in them."""
_SIZE = 6
"""Columns of nearly every size."""


class LayerRows(LineList):
    """A list of layers, which keys of other panes move through. A row is a mark, columns, and the instruction."""

    HEADED = True

    class Listed(Message):
        """So many rows are listed."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._widths: Mapping[str, int] = {}
        self._narrow: Mapping[str, int] = {}
        self._instructions: list[int] = []
        self._fitted: tuple[int, dict[str, int], int] | None = None
        self._largest = 0
        """Bytes that the longest bar stands for."""

    @abstractmethod
    def move_by_layer(self, step: int) -> None:
        """To the next layer, or with a ``step`` of -1 to the one before."""

    def _lay_out(self, widths: Mapping[str, int], narrow: Mapping[str, int], instructions: Iterable[str]) -> None:
        """Have columns that are so wide where there is room for them, and else as ``narrow`` as they may be or gone."""
        self._widths, self._narrow = widths, narrow
        self._instructions = [columns(text) for text in instructions]
        self._fitted = None
        self.post_message(self.Listed(self.row_count))

    @property
    def _columns(self) -> dict[str, int]:
        return self._fit()[1]

    @property
    def _fixed(self) -> int:
        """Columns before the instruction."""
        return self._fit()[2]

    def _fit(self) -> tuple[int, dict[str, int], int]:
        width = self.inner_width
        if self._fitted is None or self._fitted[0] != width:
            self._fitted = width, *layer_columns(self._widths, self._narrow, self._instructions, width)
        return self._fitted

    def _row(
        self,
        mark: Segment,
        cells: Iterable[Segment],
        instruction: Segment,
        look: Look,
        *,
        figures: Iterable[Segment] = (),
        state: Segment | None = None,
        lines: Iterable[Segment] = (),
    ) -> Row:
        """A row. A ``state`` stands in place of the figures, or before the instruction where it is longer than these."""
        room = sum(self._columns[name] + GAP for name in _FIGURES if name in self._columns)
        told = list[Segment]()
        if state:
            fits = GAP + columns(state.text) <= room
            text = f"{'':<{GAP}}{state.text}" if fits else ""
            figures = [Segment(f"{text:<{room}}", state.style)]
            told = [] if fits else [Segment(f"{state.text}  ", state.style)]
        before = [mark, *cells, *figures, *lines]
        blanks = Segment(" " * (self._fixed - sum(columns(text) for text, _, _ in before)), look["text"])
        return Row([*before, blanks, *told, instruction], self._fixed, self._fixed)

    def _cell(self, name: str, text: str, style: Style, *, left: bool = False) -> list[Segment]:
        """A column, if it is there, with the blanks before it."""
        width = self._columns.get(name)
        if width is None:
            return []
        return [Segment(" " * GAP + (f"{text:<{width}}" if left else f"{text:>{width}}"), style)]

    def _bytes(self, bytes_: int | None, look: Look, more: Iterable[Segment] = ()) -> list[Segment]:
        """How large a layer is, ``more`` of that, and beside the largest."""
        return [
            *self._cell("size", _told(bytes_), look["text"]),
            *more,
            *self._cell("bar", bar(bytes_ or 0, self._largest, self._columns.get("bar", 0)), look["bar"]),
        ]


def size_width(sizes: Iterable[int | None]) -> int:
    """Columns for sizes of layers, of which most take as many and hardly any more."""
    return max(_SIZE, *(columns(_told(bytes_)) for bytes_ in sizes), 0)


def percent_read(done: int, total: int) -> int:
    """How much of a layer is read; 0 where nothing tells."""
    return done * 100 // total if total else 0


def _told(bytes_: int | None) -> str:
    return "…" if bytes_ is None else size(bytes_)
