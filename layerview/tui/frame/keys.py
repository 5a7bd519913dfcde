"""All keys, by where they count, and all signs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import groupby
from typing import ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from layerview.tui.frame.pane import Pane
from layerview.tui.frame.signs import Sign, signs
from layerview.tui.keymap import PLACES, Key, keys, written
from layerview.tui.lists.line_list import LineList
from layerview.tui.lists.rows import Look, Row
from layerview.tui.wishes import wishes


class KeyList(LineList):
    """A row for each key, a heading for each group of places; then the signs that stand in these."""

    WRAPPED = True

    def __init__(self, places: Sequence[str]) -> None:
        super().__init__()
        self._rows: list[str | Key | Sign] = []
        known = keys(wishes().keys).values()
        for title, group in groupby(places, key=PLACES.__getitem__):
            members = tuple(group)
            self._rows += ["", title] if self._rows else [title]
            self._rows += [key for place in members for key in known if key.place == place and key.keys]
        if meant := signs(places):
            self._rows += ["", "Signs", *meant]

    @property
    def row_count(self) -> int:
        return len(self._rows)

    def row_key(self, row: int) -> Hashable:
        return row

    def paint_row(self, row: int, look: Look) -> Row:
        told = self._rows[row]
        if isinstance(told, str):
            return Row([Segment(f" {told}", look["strong"])])
        shown, meaning = (written(told), told.help) if isinstance(told, Key) else (told.shown, told.meaning)
        return Row([Segment(f"   {shown:<18}", look["accent"]), Segment(meaning, look["text"])], 21, 21)


class KeysScreen(ModalScreen[None]):
    """The list of keys and signs of some places, over the screen that they belong to."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "dismiss", "close")]

    def __init__(self, places: Sequence[str]) -> None:
        super().__init__()
        self._places = places

    def compose(self) -> ComposeResult:
        with Pane(id="keys-pane") as pane:
            pane.entitle("Keys and signs", "Esc closes")
            yield KeyList(self._places)
