"""The images at hand, one row for each name."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import datetime
from textwrap import wrap
from typing import ClassVar

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.message import Message

from layerview.text import bar, columns, escape, fit, fit_path, size
from layerview.tui.choose.catalog import Catalog, ImageRow, Order
from layerview.tui.choose.describe import age, sentences
from layerview.tui.keymap import bindings
from layerview.tui.lists.filter_bar import FilteredList
from layerview.tui.lists.line_list import NOTHING
from layerview.tui.lists.rows import Look, Row
from layerview.wording.figures import at_least, counted
from layerview.wording.images import short_id

_BAR = 8
_UNNAMED = "without a name"
_NAME = 22
"""Columns that names have at least, where there are so many."""


class _Column(msgspec.Struct, frozen=True):
    title: str
    width: int
    """With the blanks before it."""
    order: Order | None
    """The order that it is sorted in."""
    text: Callable[[ImageRow], str]
    look: str = "dim"
    right: bool = False
    """Whether it stands at its right end, as figures do."""

    def fill(self, text: str) -> str:
        return f"{text:>{self.width}}" if self.right else f"  {text:<{self.width - 2}}"


class ImageList(FilteredList):
    """Rows of a Catalog. The cursor stays on its image, whatever order, filter or answer comes."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("images")
    HEADED = True

    class Changed(Message):
        """Other rows are shown, or are shown otherwise."""

    def __init__(self, catalog: Catalog, now: datetime, id: str | None = None) -> None:
        """``now`` is what ages are counted from."""
        super().__init__(id=id)
        self._catalog = catalog
        self._now = now
        self._largest = 0
        self._longest = 0

    @property
    def row(self) -> ImageRow | None:
        """What is under the cursor."""
        return self._catalog.rows[self.cursor] if self.row_count else None

    def show(self) -> None:
        """Show what the catalog has by now, with the cursor on the image that it was on."""
        rows = self._catalog.rows
        self._largest = max((row.image.size or 0 for row in rows), default=0)
        self._longest = max((columns(escape(row.name or _UNNAMED)) for row in rows), default=0)
        row = self._catalog.find(self._catalog.cursor)
        self.reset(0 if self._catalog.cursor is None else self.cursor if row is None else row)
        self.post_message(self.Changed())

    # FilteredList

    @property
    def pattern(self) -> str:
        return self._catalog.pattern

    @property
    def found(self) -> str:
        matches = self._catalog.matches
        return "" if matches is None else counted(matches, "match", "matches")

    def filter(self, pattern: str) -> None:
        self._catalog.filter(pattern)
        self.show()

    # LineList

    @property
    def row_count(self) -> int:
        return len(self._catalog.rows)

    def row_key(self, row: int) -> Hashable:
        key = self._catalog.rows[row].key
        return key, key in self._catalog.marks

    def move_to(self, row: int) -> None:
        super().move_to(row)
        self._catalog.cursor = self.row.key if self.row else None

    def empty_text(self) -> str:
        catalog = self._catalog
        if catalog.failure:
            return self._wrapped(_why_nothing(catalog))
        if catalog.pattern:
            return "No name and no ID matches the filter."
        if waiting := catalog.waiting:
            return f"Asking {', '.join(waiting)} …"
        if catalog.count:
            return "No image here has a name; a shows those without."
        if catalog.is_partial:
            return "There are no images where it could be asked; p pulls one."
        return "There are no images here; p pulls one."

    def paint_head(self, look: Look) -> Row:
        order = self._catalog.order
        heads = [("image".ljust(self._name_width), order is Order.NAME)]
        heads += [(column.fill(column.title), column.order is order) for column in self._columns]
        return Row([Segment("  "), *(Segment(text, look["strong" if at else "head"]) for text, at in heads)])

    def paint_row(self, row: int, look: Look) -> Row:
        shown = self._catalog.rows[row]
        mark = "● " if shown.key in self._catalog.marks else "  "
        segments = [Segment(mark, look["accent"]), *self._called(shown, look)]
        for column in self._columns:
            if column.title:
                segments.append(Segment(column.fill(column.text(shown)), look[column.look]))
            else:
                segments += self._bar(shown, look)
        return Row(segments)

    # Keys

    def action_mark(self) -> None:
        if self.row:
            self._catalog.cursor = self.row.key
            self._catalog.mark(self.row)
            self.refresh()
            self.post_message(self.Changed())
        else:
            self.notify(NOTHING)

    def action_sort(self) -> None:
        orders = list(Order)
        self._catalog.sort(orders[(orders.index(self._catalog.order) + 1) % len(orders)])
        self.show()

    def action_dangling(self) -> None:
        if not self._catalog.unnamed:
            self.notify("Each image here has a name.")
        self._catalog.show_dangling(not self._catalog.dangling)
        self.show()

    def action_copy(self) -> None:
        if self.row:
            self.app.copy_to_clipboard(shlex.quote(self.row.reference))
        else:
            self.notify(NOTHING)

    # inside

    @property
    def _columns(self) -> list[_Column]:
        """Those that there is room for, the most telling first to get some."""
        several = len([name for name in self._catalog.engines if self._catalog.count_of(name)]) > 1
        size_ = _Column("size", 8, Order.SIZE, lambda row: self._part(row, Order.SIZE), "text", True)
        bar_ = _Column("", _BAR + 1, None, lambda row: "")
        alone = _Column("alone", 8, Order.ALONE, lambda row: self._part(row, Order.ALONE), "text", True)
        shared = _Column("shared", 8, Order.SHARED, lambda row: self._part(row, Order.SHARED), "dim", True)
        created = _Column("created", 16, Order.CREATED, lambda row: age(row.image.created, self._now))
        id_ = _Column("ID", 14, None, lambda row: short_id(row.image.id))
        platform = _Column("platform", 16, None, lambda row: escape(str(row.image.platform or "…")))
        engine = _Column("engine", 12, None, lambda row: row.image.engine)
        room = self.inner_width - 2 - max(_NAME, min(self._longest, self.inner_width // 4))
        chosen = list[_Column]()
        for column in (size_, alone, created, *([engine] if several else []), shared, id_, platform):
            if column.width <= room:
                chosen.append(column)
                room -= column.width
        if self.inner_width - 2 - sum(column.width for column in chosen) - self._longest >= bar_.width:
            chosen.append(bar_)
        order = (size_, bar_, alone, shared, created, id_, platform, engine)
        return [column for column in order if column in chosen]

    @property
    def _name_width(self) -> int:
        room = self.inner_width - 2 - sum(column.width for column in self._columns)
        return max(min(room, max(self._longest, len("image"))), 0)

    def _called(self, row: ImageRow, look: Look) -> list[Segment]:
        """Repository and tag; of a long one its end."""
        width = self._name_width
        if not row.name:
            return [Segment(fit(_UNNAMED, width).ljust(width), look["dim"])]
        name = fit_path(escape(row.name), width)
        repository, colon, tag = name.rpartition(":")
        if not colon or "/" in tag:
            repository, tag = name, ""
        blanks = " " * (width - columns(name))
        return [Segment(repository, look["text"]), Segment(colon + tag if tag else "", look["accent"]), Segment(blanks)]

    def _bar(self, row: ImageRow, look: Look) -> list[Segment]:
        """What the image has alone, and faint what others have too, beside the size of the largest."""
        share = self._catalog.share_of(row.image)
        own = bar(share.alone, self._largest, _BAR).rstrip() if share else ""
        whole = bar(share.size if share else row.image.size or 0, self._largest, _BAR)
        full, rest = own.rstrip("▏▎▍▌▋▊▉"), whole[len(own) :]
        edge = look["bar"] + Style(bgcolor=look["faint"].color) if rest.strip() else look["bar"]
        return [
            Segment(" "),
            Segment(full, look["bar"]),
            Segment(own[len(full) :], edge),
            Segment(rest, look["faint"]),
        ]

    def _wrapped(self, text: Iterable[str]) -> str:
        width = max(self.inner_width - 4, 1)
        return "\n".join(part for line in text for part in wrap(escape(line), width) or [""])

    def _part(self, row: ImageRow, order: Order) -> str:
        """How large an image is, or what of it."""
        bytes_, share = self._catalog.figure(row.image, order), self._catalog.share_of(row.image)
        if bytes_ is None:
            return "…"
        return size(int(bytes_)) if order is Order.SIZE or not share else at_least(int(bytes_), not share.unknown)


def _why_nothing(catalog: Catalog) -> Iterator[str]:
    """What was asked, what each answered, and what can be opened nonetheless."""
    yield "No engine answers." if catalog.engines else "No engine is here: neither Docker, Podman nor containerd."
    yield ""
    for name, state in catalog.engines.items():
        if state.error:
            yield f"{name}: {sentences(state.error)}"
    yield ""
    yield "Archives and folders need none: layerview FILE. layerview demo opens a sample image."
