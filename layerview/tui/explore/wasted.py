"""Where bytes are lost: why and by which instructions, then in which folders, then the files."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.content import Content

from layerview.analysis import WASTED, Account, WasteTree, first_folds, gather
from layerview.image import Image
from layerview.text import alike_in, columns, escape, fit_middle, size
from layerview.trees import Outline, SortOrder
from layerview.trees.selection import Read
from layerview.tui.keymap import bindings
from layerview.tui.lists.rows import Look, Row
from layerview.tui.panes.outline_list import OutlineList
from layerview.wording.figures import counted, share, short
from layerview.wording.layers import step_told
from layerview.wording.waste import in_a_line, reason_and_help, who

_FIXED = 21
"""Columns before the names."""
_GROUP_LINES = 3
_SLICE, _PAUSE = 0.002, 0.003
"""Seconds that the tree is worked on before keys are looked for, and that these have then."""
_SECRET, _SHORT_SECRET = "looks like a secret", "secret?"
_NAME = 16
"""Columns that a name has at least before the words behind it are cut."""


class WastedList(OutlineList[WasteTree]):
    """Groups of three lines: the reason with what helps, and both instructions; below them one line for each row."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("wasted", "mode")
    RESTS = False
    UNEVEN = True
    SOUGHT = "regular expression, size>10M, layer:3"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._account: Account | None = None
        self._image: Image | None = None
        self._is_folded = False
        """Whether someone has opened or closed anything."""
        self._is_short = False
        """Whether groups take one line as long as they are closed."""
        self._folded_for = 0
        """The lines that there was room for when it was folded so."""

    async def gather(self, account: Account, image: Image) -> None:
        """Show what an account tells, if it does not stand there already; keys are answered meanwhile."""
        if account is self._account:
            return
        self._account, self._image = account, image
        steps, until = gather(account), perf_counter() + _SLICE
        while True:
            try:
                next(steps)
            except StopIteration as end:
                tree = end.value
                break
            if perf_counter() > until:
                await asyncio.sleep(_PAUSE)
                if account is not self._account:  # there is another one by now
                    return
                until = perf_counter() + _SLICE
        self.show(tree)

    def show(self, outlined: WasteTree) -> None:
        """Show a tree, the largest first, and what explains most of it open until someone folds it otherwise."""
        if self.outline is None:
            self.outline = Outline(outlined, self.read)
            self.outline.sort(SortOrder.SIZE)
            if self._wanted:
                self.outline.filter(self._wanted)
        super().show(outlined)
        self._fold_first()

    def on_resize(self) -> None:
        self.measure()
        if self.viewport.height != self._folded_for:  # and is not just shown again
            self._fold_first()

    def _fold_first(self) -> None:
        """Until someone folds otherwise, have what is in view explain most; closed groups are short if that takes it."""
        if self._is_folded or self._tree is None or self.outline is None or not self.viewport.height:
            return
        lines = self._folded_for = self.viewport.height
        folds = first_folds(self._tree, lines, _GROUP_LINES, _GROUP_LINES)
        self._is_short = not folds.explain(self._tree)
        if self._is_short:
            folds = first_folds(self._tree, lines, 1, _GROUP_LINES)
        self.outline.close_all()
        for node in folds.opened:
            self.outline.toggle(node)
        self.rows_changed(same=False)

    def read(self, pattern: str) -> Read[WasteTree]:
        return WASTED.read(pattern)

    @property
    def place(self) -> tuple[bytes, int] | None:
        """The file under the cursor, and the layer that stores it; None on a group, a folder, or what has no path."""
        tree, node = self._tree, self.node
        if tree is None or node is None or tree.stack_node(node) <= 0 or not tree.times(node):
            return None
        return tree.stack.path(tree.stack_node(node)), tree.stored_by(node)

    @property
    def summary(self) -> Content:
        """All in a line."""
        if self._tree is None:
            return Content("")
        secrets = self._tree.changes_below(0)
        told = Content(f"{size(self._tree.size(0))} in {counted(self._tree.files(0), 'path')}")
        verb = "looks like a secret" if secrets == 1 else "look like secrets"
        return told + Content.styled(f" · ! {secrets:,} {verb}: n", "$text-error") if secrets else told

    # LineList

    def empty_text(self) -> str:
        if self._tree is None:
            return "Adding up what is wasted …" if self._account else "Nothing is read as yet."
        if self.pattern:
            return "Nothing matches the filter."
        return "No wasted bytes:\nevery byte stored is in the image's files."

    def paint_head(self, look: Look) -> Row:
        lost, paths = (" matched", "") if self.pattern else ("    lost", "paths")
        return Row([Segment(f"{lost} share {paths:>5}   why, by whom, what helps", look["head"])], _FIXED)

    def paint_row(self, row: int, look: Look) -> Row:
        return self.paint_rows(row, look)[0]

    def paint_rows(self, row: int, look: Look) -> Sequence[Row]:
        tree = self._tree
        assert tree and self.outline
        node = self.outline.rows[row]
        is_secret, holds_secrets = bool(tree.change(node)), tree.changed_below(node)
        times, files = tree.times(node), tree.files(node)
        count = (
            f"×{short(times)}" if files == 1 and times > 1 else short(files) if files > 1 and not self.pattern else ""
        )
        depth = self.outline.depth(node)
        fold = ("▾ " if self.outline.is_open(node) else "▸ ") if tree.is_folder(node) else "  "
        before = [
            Segment("!" if is_secret or holds_secrets else " ", look["removed"]),
            Segment(f"{size(self.outline.size(node)):>7} ", look["text"]),
            Segment(f"{share(self.outline.size(node), tree.size(0)):>5} ", look["dim"]),
            Segment(f"{count:>5} ", look["dim"]),
            Segment("│ " * depth, look["faint"]),
            Segment(fold, look["dim"]),
        ]
        hang = _FIXED + 2 * depth + 2
        if node in tree.groups:
            return self._paint_group(node, before, look)
        words = _SECRET if is_secret else f"{counted(tree.changes_below(node), 'secret')}?" if holds_secrets else ""
        room = max(self.inner_width - hang, 1)
        if words and room - columns(words) - 2 < _NAME:
            words = _SHORT_SECRET
        name = self._cut_name(node, room - (columns(words) + 2 if words else 0))
        before.append(Segment(name, look["removed" if is_secret else "strong" if tree.is_folder(node) else "text"]))
        if words:
            before.append(Segment(f"  {words}", look["removed"]))
        return [Row(before, _FIXED, hang)]

    def click_row(self, row: int, column: int, again: bool) -> None:
        if again:
            self.action_choose()
        elif self._tree and self.outline:
            start = _FIXED + 2 * self.outline.depth(self.outline.rows[row])
            if start <= column < start + 2:
                self.action_fold()

    # Keys

    def action_choose(self) -> None:
        """Go to a file; open or close all else."""
        if self.place:
            super().action_choose()
        else:
            self.action_fold()

    def action_fold(self) -> None:
        self._is_folded = True
        super().action_fold()

    def action_fold_all(self) -> None:
        self._is_folded = True
        super().action_fold_all()

    def action_sort(self) -> None:
        if self.outline:
            self.outline.sort(SortOrder.NAME if self.outline.order is SortOrder.SIZE else SortOrder.SIZE)
            self.rows_changed()

    def action_copy(self) -> None:
        tree, node = self._tree, self.asked
        if tree and node in tree.groups:
            self.notify("A group has no path to copy.")
        elif tree and node is not None:
            self.app.copy_to_clipboard("/" + escape(tree.plain_path(node)))

    def no_more(self, step: int) -> str:
        if self._tree and not self._tree.changed_below(0):
            return "Nothing that was removed looks like a secret."
        return f"Nothing more {'below' if step > 0 else 'above'} that looks like a secret."

    # inside

    @property
    def _tree(self) -> WasteTree | None:
        return self.outline.outlined if self.outline else None

    def _paint_group(self, node: int, before: list[Segment], look: Look) -> list[Row]:
        assert self._tree
        group, width = self._tree.groups[node], self.inner_width
        reason, helps = reason_and_help(group, width - _FIXED - 2)
        told = [Segment(reason, look["modified"]), Segment(f": {helps}", look["strong"])]
        if self._is_short and not (self.outline and self.outline.is_open(node)):
            instructions = in_a_line(group, self._instruction, width - _FIXED - len(reason) - 4)
            told[1] = Segment(f": {instructions}", look["strong"])
            return [Row([*before, *told], _FIXED, _FIXED + 2)]
        rows = [Row([*before, *told], _FIXED, _FIXED + 2)]
        indent = " " * (_FIXED + 2 if width > 2 * _FIXED + 36 else 4)
        for label, instruction in who(group, self._instruction, width - len(indent)):
            segments = [Segment(f"{indent}{label}  ", look["dim"]), Segment(instruction, look["text"])]
            rows.append(Row(segments, len(indent), len(indent) + len(label) + 2))
        return rows

    def _instruction(self, layer: int) -> str:
        layers = self._image.layers if self._image else ()
        return step_told(layers[layer - 1].history if layer <= len(layers) else None)

    def _cut_name(self, node: int, width: int) -> str:
        """A path from the row that it is in, cut so that it does not look like those beside it."""
        tree, over = self._tree, self.outline.over(node) if self.outline else 0
        assert tree
        name = escape(tree.label(node, over))
        if self.wrapped or columns(name) <= width:
            return name
        while tree.parent(node) != over:
            node = tree.parent(node)
        beside, (first, last) = ([escape(tree.label(each, over)) for each in nodes] for nodes in tree.beside(node))
        tells = max((alike_in(name, other) for other in beside), default=0)
        return fit_middle(name, width, min(alike_in(first, last), tells), tells)
