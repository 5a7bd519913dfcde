"""The merged file tree at a layer, with what changed in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.message import Message

from layerview.filesystem import FILES, Comparison, Elsewhere, Entry, Measure, elsewhere, listed, measured, measures
from layerview.layers import Kind
from layerview.text import bar, escape, fit, size
from layerview.trees import Change, Sized, SortOrder
from layerview.trees.outline import Listed
from layerview.trees.selection import Read
from layerview.tui.keymap import bindings
from layerview.tui.lists.columns import GAP
from layerview.tui.lists.rows import Look, Row
from layerview.tui.lists.steps import advance, finish
from layerview.tui.panes.describe import LOOKS
from layerview.tui.panes.file_columns import OWNER, SORTED, FileColumns, file_columns, head_of
from layerview.tui.panes.flat_list import FlatList
from layerview.wording.changes import SIGNS, found_elsewhere
from layerview.wording.entries import link_of, owner_of, permission
from layerview.wording.figures import signed

_UNKNOWN = "…"
_LEFT = ("permission", "owner")
"""Columns whose cells begin at the left."""
_ORDERS = {"mark": SortOrder.CHANGES, "size": SortOrder.SIZE, "bar": SortOrder.SIZE, "name": SortOrder.NAME}
"""What is sorted by where the head of a column is clicked."""


class FileTree(FlatList[Comparison]):
    """The files of a comparison."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("files", "mode")
    SOUGHT = "regular expression, size>10M, type:file, owner:1000 …"

    class Led(Message):
        """The reader wants to see what other layers hold of what is not here."""

        def __init__(self, there: Elsewhere) -> None:
            super().__init__()
            self.there = there

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.leads = False
        """Whether there are other layers to be led to."""
        self.elsewhere: Elsewhere | None = None
        """What they hold, where nothing here matches the filter."""
        self._attributes = True
        self._tells_layer = True
        """Whether it is to be told what a layer stores, where what it changed is shown."""
        self._wanted_measure: Measure | None = None
        """What sizes someone has asked for; None for those that are told by themselves."""
        self._measure, self._other = Measure.STORED, Measure.SIZE
        """What the column of sizes shows, and what another one does where there is room for it."""
        self._other_sizes: Sized
        self._owner_width = OWNER
        """Of the widest that was met."""

    def show(self, outlined: Comparison) -> None:
        """Show the files of a comparison. What is stored there is told once all files of several names are looked at."""
        self._choose_measures(outlined)
        steps = outlined.own.find() if outlined.is_of_layer and not outlined.own.found else iter(())
        more = advance(steps)
        super().show(outlined)
        if more:
            self.run_worker(self._find(outlined, steps), group="stored", exclusive=True)

    def tell_layer(self, tells: bool, *, of: Comparison | None) -> None:
        """Whether a layer that is shown stands for itself, so that what it stores is told, or for all up to it.

        ``of`` is the comparison that is shown, or None where another one is about to be, as all is painted then.
        """
        if tells != self._tells_layer:
            self._tells_layer = tells
            if of is not None:
                self._measure_anew()

    def measured(self, outlined: Comparison) -> Sized:
        """The sizes that are shown; until they are known, those that are there stand for them."""
        return measured(outlined, self._measure) if self._knows(outlined, self._measure) else outlined

    @property
    def comparison(self) -> Comparison | None:
        """What is shown, or None where nothing is."""
        return self.outline.outlined if self.outline and not self._message else None

    def read(self, pattern: str) -> Read[Comparison]:
        return FILES.read(pattern)

    @property
    def listed(self) -> Listed[Comparison]:
        return lambda comparison, chosen, by_size: listed(comparison, chosen, self._measure if by_size else None)

    @property
    def found(self) -> str:
        return f"0 here, {found_elsewhere(self.elsewhere)}: ⏎" if self.elsewhere else super().found

    def told(self, bytes_: int) -> str:
        if self._measure is Measure.DIFFERENCE:
            return signed(bytes_)
        return f"{size(bytes_)} stored" if self._measure is Measure.STORED else size(bytes_)

    def lead(self) -> None:
        if self.elsewhere:
            self.post_message(self.Led(self.elsewhere))

    def reveal(self, path: bytes) -> None:
        """Put the cursor on a path, even if a filter, a hidden kind of change or a fold keeps it out of sight."""
        comparison = self.comparison
        node = comparison.stack.find(path) if comparison else None
        if comparison is None or self.outline is None or node is None:
            return
        if self.flat:
            self.list_flat(False)
        if comparison.change(node) in self.outline.hidden:
            self.outline.show(comparison.change(node), True)
        row = self.outline.reveal(node)
        if row < 0 or self.outline.rows[row] != node:
            self.outline.filter("")
            row = self.outline.reveal(node)
        self._path = path
        self.rows_changed()

    # LineList

    def empty_text(self) -> str:
        if self._message or self.outline is None:
            return self._message
        if not self.is_whole:
            return "Looking for the largest …"
        if self.elsewhere:
            told = found_elsewhere(self.elsewhere).replace(", ", ",\n")
            return f"Nothing here matches the filter.\n{told}.\n⏎ goes there."
        if self.outline.pattern:
            return "Nothing matches the filter."
        if self.outline.hidden:
            hidden = ", ".join(change.name.lower() for change in sorted(self.outline.hidden))
            return f"All there is is hidden: {hidden}."
        return "No files: this layer and those below it are empty."

    def paint_head(self, look: Look) -> Row:
        if self.outline is None or self._message:
            return Row([])
        order = self.outline.order
        heads = {
            "other": head_of(self._other),
            "size": head_of(self._measure, filtered=bool(self.pattern), sorted_=order is SortOrder.SIZE),
            "bar": "",
        }
        cells = [_aligned(name, heads.get(name, name), width) for name, width in self._columns.widths.items()]
        mark, name = SORTED * (order is SortOrder.CHANGES) or " ", "name" + SORTED * (order is SortOrder.NAME)
        return Row([Segment(f"{mark}{''.join(cells)} {name}", look["head"])], self._columns.before)

    def paint_row(self, row: int, look: Look) -> Row:
        assert self.outline
        node, comparison = self.outline.rows[row], self.outline.outlined
        entry, change = comparison.entry(node), comparison.change(node)
        folder = self.outline.is_folder(node)
        holds_changes = folder and not change and comparison.changed_below(node)
        colour = look[LOOKS[change] if change else "text"]
        detail = look["dim"] if change != Change.REMOVED else colour
        segments = [Segment("·" if holds_changes else SIGNS[change], look["modified"] if holds_changes else colour)]

        concerned = change in (Change.ADDED, Change.MODIFIED) or holds_changes
        segments += self._cells(node, entry, concerned, look, detail)
        before, depth = self._columns.before, self.outline.depth(node)
        fold = ("▾ " if self.outline.is_open(node) else "▸ ") if folder else "  " * (not self.flat)
        segments.append(Segment(" " + "│ " * depth, look["faint"]))
        segments.append(Segment(fold, look["dim"]))
        hang = before + 2 * depth + len(fold)
        segments += self.named_in(
            row, self.inner_width - hang, look["strong"] if folder and not change else colour, look["match"]
        )
        if entry and entry.link is not None:
            arrow = f" ⇒ /{link_of(entry)}" if entry.kind is Kind.HARDLINK else f" → {link_of(entry)}"
            segments.append(Segment(arrow, look["dim"]))
        return Row(segments, before, hang)

    def click_row(self, row: int, column: int, again: bool) -> None:
        assert self.outline
        node = self.outline.rows[row]
        start = self._columns.before + 2 * self.outline.depth(node)
        if again or (start <= column < start + 2 and not self.flat):
            self.action_fold()

    def click_head(self, column: int) -> None:
        """Sort by a column."""
        name = self._columns.at(column)
        if self.outline is None or name in _LEFT:
            return
        if name == "other":
            self._show_measure(self._other)
            name = "size"
        if _ORDERS[name] in self.outline.orders:
            self.outline.sort(_ORDERS[name])
            self.rows_changed()

    # Keys

    def action_fold(self) -> None:
        if self.elsewhere:
            self.lead()
            return
        node = self.node
        if self.outline and not self.flat and node is not None and not self.outline.is_folder(node):
            self.notify("This is no folder; the contents of files are not there yet.")
        super().action_fold()

    def action_sort(self) -> None:
        if self.outline:
            orders = self.outline.orders
            self.outline.sort(orders[(orders.index(self.outline.order) + 1) % len(orders)])
            self.rows_changed()

    def action_show(self, name: str) -> None:
        if self.outline:
            change = Change[name.upper()]
            self.outline.show(change, change in self.outline.hidden)
            self.rows_changed()

    def action_measure(self) -> None:
        """Show the bytes of each path in the next sense."""
        if self.comparison:
            there = measures(self.comparison)
            self._show_measure(there[(there.index(self._measure) + 1) % len(there)])

    def action_attributes(self) -> None:
        if self._columns_with(self._owner_width).widths.keys().isdisjoint(_LEFT):
            self.notify("There is no room for permission and owner here: z gives the pane all of the screen.")
            return
        self._attributes = not self._attributes
        self.forget()

    def action_copy(self) -> None:
        node = self.asked
        if self.outline and node is not None:
            self.app.copy_to_clipboard("/" + escape(self.outline.outlined.stack.path(node)))

    # inside

    def rows_changed(self, same: bool = True) -> None:
        self.elsewhere = self._look_elsewhere()
        super().rows_changed(same)

    def _look_elsewhere(self) -> Elsewhere | None:
        if not self.leads or self.outline is None or self.outline.matches != 0 or self.outline.sought is None:
            return None
        comparison = self.outline.outlined
        return elsewhere(comparison.stack, self.outline.sought, comparison.at)

    def _choose_measures(self, comparison: Comparison) -> None:
        """What columns show: what was asked for, where it tells something, and beside it what it is usually compared with."""
        there = measures(comparison)
        telling = there[0] if self._tells_layer else Measure.DIFFERENCE
        usual = Measure.SIZE if self.flat and comparison.is_of_tree else telling
        self._measure = self._wanted_measure if self._wanted_measure in there else usual
        self._other = telling if self._measure is Measure.SIZE else Measure.SIZE
        self._other_sizes = measured(comparison, self._other)

    def list_flat(self, flat: bool) -> None:
        """A list has the sizes of files, unless what is compared are two states that someone has chosen."""
        super().list_flat(flat)
        assert self.outline
        before = self._measure
        self._choose_measures(self.outline.outlined)
        if self._measure is not before:
            self.outline.measure()

    def _show_measure(self, measure: Measure) -> None:
        self._wanted_measure = measure
        self._measure_anew()

    def _measure_anew(self) -> None:
        assert self.outline
        self._choose_measures(self.outline.outlined)
        self.outline.measure()
        self.rows_changed(same=False)

    def _knows(self, comparison: Comparison, measure: Measure) -> bool:
        """Whether sizes are known."""
        return measure is not Measure.STORED or comparison.own.found

    async def _find(self, comparison: Comparison, steps: Iterator[None]) -> None:
        """Find what the layer stores, and show it, if it is still to be shown by then."""
        if await finish(steps, lambda: self.comparison is comparison) and self.outline:
            self.outline.measure()
            self.rows_changed(same=False)

    def _cells(self, node: int, entry: Entry | None, concerned: bool, look: Look, detail: Style) -> Iterator[Segment]:
        """What columns say of a path, which is ``concerned`` by changes or is not."""
        assert self.outline
        bytes_, told = self._bytes(self._measure, node, entry, concerned)
        whole = self.outline.gross if self._measure is Measure.DIFFERENCE else self.outline.whole
        for name, width in self._columns.widths.items():
            text, style = "", detail
            match name:
                case "permission":
                    text = permission(entry) if entry else ""
                case "owner":
                    text = self._owner(entry, width)
                case "other":
                    text = self._bytes(self._other, node, entry, concerned)[1]
                case "size":
                    text, style = told, look["text"] if bytes_ and abs(bytes_) * 100 >= whole else detail
                case "bar":
                    text, style = bar(abs(bytes_), whole, width), look["bar"]
            yield Segment(_aligned(name, text, width), style)

    def _bytes(self, measure: Measure, node: int, entry: Entry | None, concerned: bool) -> tuple[int, str]:
        """Bytes, and how they are told; not where none are stored and none differ, unless the path is ``concerned``."""
        assert self.outline
        if not (self.outline.is_folder(node) or (entry and entry.kind in (Kind.FILE, Kind.HARDLINK))):
            return 0, ""
        if not self._knows(self.outline.outlined, measure):
            return 0, _UNKNOWN
        bytes_ = self.outline.size(node) if measure is self._measure else self._other_sizes.size(node)
        if not bytes_ and not concerned and measure is not Measure.SIZE:
            return 0, ""
        return bytes_, signed(bytes_) if measure is Measure.DIFFERENCE else size(bytes_)

    def _owner(self, entry: Entry | None, width: int) -> str:
        """The owner of a path; the column is made wider for it where it is wider than all so far."""
        owner = owner_of(entry) if entry else ""
        if len(owner) <= width:
            return owner
        self._owner_width = max(self._owner_width, len(owner))
        self.call_later(self.forget)
        return fit(owner, width)

    @property
    def _columns(self) -> FileColumns:
        return self._columns_with(self._owner_width if self._attributes else 0)

    def _columns_with(self, owner: int) -> FileColumns:
        """Those that there are where owners are so wide."""
        shown, other, room = self._measure, self._other, self.inner_width
        return file_columns(shown, other, room, owner=owner, filtered=bool(self.pattern), paths=self.flat)


def _aligned(name: str, text: str, width: int) -> str:
    """A cell, with the blanks before it."""
    return " " * GAP + (f"{text:<{width}}" if name in _LEFT else f"{text:>{width}}")
