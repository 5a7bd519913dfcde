"""The rows of a tree that someone looks at: folded, hidden, filtered and sorted. No screen in it."""

from __future__ import annotations

import re
import warnings
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import compress

from layerview.errors import UsageError
from layerview.filesystem.changes import Change
from layerview.filesystem.comparison import Comparison
from layerview.filesystem.stack import Stack

FEW = 2_000
"""A filter with up to so many matches opens the folders that lead to them."""

_NEEDS_ITS_PATH_ALONE = re.compile(rb"\\[AZ]|\(\?[a-z]*s")
"""In a pattern that means something else, or takes for ever, where all paths are lines of one text."""


class SortOrder(StrEnum):
    """In which order the entries of a folder stand."""

    NAME = "name"
    SIZE = "size"
    """The largest first."""
    CHANGES = "changes"
    """What holds the most changes first."""


class Outline:
    """The visible rows of a comparison.

    ``rows`` are nodes from top to bottom, without the root. Folds, filter, hidden kinds of change and
    order outlast a change of layer, and a stack that has grown.
    """

    def __init__(self, comparison: Comparison) -> None:
        self.rows = array("i")
        self.order = SortOrder.NAME
        self.hidden: frozenset[Change] = frozenset()
        self.pattern = ""
        self._search: re.Pattern[bytes] | None = None
        self._matched = array("i")
        self._all_open = False
        self._others: set[bytes] = set()
        """Paths of the folders that are not as all others are."""
        self.comparison = comparison
        self._open = self._fold_all()
        self._refresh()

    # what is shown

    def compare(self, comparison: Comparison) -> None:
        """Show another comparison, of the same stack or of one that has grown."""
        grown = comparison.stack is not self.comparison.stack
        self.comparison = comparison
        if grown:
            self._match()
        self._refresh()

    def show(self, change: Change, shown: bool) -> None:
        """Show or hide a kind of change. Folders that lead to what is shown stay."""
        self.hidden = self.hidden - {change} if shown else self.hidden | {change}
        self._refresh()

    def sort(self, order: SortOrder) -> None:
        self.order = order
        self._refresh()

    def filter(self, pattern: str) -> None:
        """Show only paths that match a regular expression, with the folders that lead to them.

        It is searched for in each path, written from the root with a leading slash; "" shows all.
        Raises UsageError where it is malformed; what was shown stays.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python may give some patterns another meaning some day
                search = re.compile(pattern.encode(errors="surrogateescape"), re.MULTILINE) if pattern else None
        except (re.error, RecursionError, OverflowError) as error:
            raise UsageError(
                f"not a regular expression: {error}", "Escape . * + ? ( ) [ ] with a backslash."
            ) from error
        self.pattern, self._search = pattern, search
        self._match()
        self._refresh()

    @property
    def matches(self) -> int | None:
        """How many paths match the filter in this comparison; None without a filter."""
        if self._search is None:
            return None
        presence = self.comparison.presence
        return sum(map(presence.__getitem__, self._matched))

    # folds

    def is_open(self, node: int) -> bool:
        return bool(self._open[node])

    def toggle(self, node: int) -> None:
        """Open a folder that is closed, close one that is open. Anything else stays as it is."""
        if not self.is_folder(node):
            return
        row = self._row(node)
        self._fold(node, not self._open[node])
        if row is None:
            return
        if self._open[node]:
            self.rows[row + 1 : row + 1] = self._flatten(node)
        else:
            del self.rows[row + 1 : self._behind(row)]

    def _fold(self, node: int, opened: bool) -> None:
        self._open[node] = opened
        path = self.comparison.stack.path(node)
        if opened == self._all_open:
            self._others.discard(path)
        else:
            self._others.add(path)

    def open_all(self) -> None:
        self._set_all(True)

    def close_all(self) -> None:
        self._set_all(False)

    def is_folder(self, node: int) -> bool:
        """Whether the node has anything to open: whether it is, or was, a directory."""
        comparison = self.comparison
        return any(comparison.stack.is_directory(node, state) for state in (comparison.at, comparison.below))

    # places

    def row_of(self, node: int) -> int:
        """The row of a node, else that of its nearest visible ancestor, else the top; -1 where there are no rows."""
        if not self.rows:
            return -1
        stack = self.comparison.stack
        while node > 0:
            row = self._row(node)
            if row is not None:
                return row
            node = stack.parent(node)
        return 0

    def reveal(self, node: int) -> int:
        """Open the folders that lead to a node, and give its row."""
        stack = self.comparison.stack
        over = stack.parent(node)
        closed = False
        while over > 0:
            if not self._open[over]:
                self._fold(over, True)
                closed = True
            over = stack.parent(over)
        if closed:
            self.rows = self._flatten(0)
        return self.row_of(node)

    def next_change(self, node: int, step: int) -> int | None:
        """The next path that differs, in the order on screen; the previous one with a ``step`` of -1."""
        stack = self.comparison.stack
        if step > 0:
            found = self._first_change(self._children(node))
            if found is not None:
                return found
        while node > 0:
            over = stack.parent(node)
            siblings = self._children(over)
            at = siblings.index(node) if node in siblings else -1
            if step > 0:
                found = self._first_change(siblings[at + 1 :])
            else:
                found = self._last_change(siblings[:at] if at > 0 else [])
                if found is None and over > 0 and self.comparison.change(over):
                    found = over
            if found is not None:
                return found
            node = over
        return None

    def _first_change(self, nodes: list[int]) -> int | None:
        for node in nodes:
            if self.comparison.change(node):
                return node
            if self.comparison.changed_below(node):
                found = self._first_change(self._children(node))
                if found is not None:
                    return found
        return None

    def _last_change(self, nodes: list[int]) -> int | None:
        for node in reversed(nodes):
            if self.comparison.changed_below(node):
                found = self._last_change(self._children(node))
                if found is not None:
                    return found
            if self.comparison.change(node):
                return node
        return None

    # inside

    @property
    def _in_node_order(self) -> bool:
        return self.order is SortOrder.NAME

    def _row(self, node: int) -> int | None:
        if self._in_node_order:
            row = bisect_left(self.rows, node)
            return row if row < len(self.rows) and self.rows[row] == node else None
        try:
            return self.rows.index(node)
        except ValueError:
            return None

    def _behind(self, at: int) -> int:
        """The row behind what is shown below the folder in row ``at``."""
        end = self.comparison.stack.end(self.rows[at])
        if self._in_node_order:
            return bisect_left(self.rows, end)
        node = self.rows[at]
        row = at + 1
        while row < len(self.rows) and node < self.rows[row] < end:
            row += 1
        return row

    def _set_all(self, opened: bool) -> None:
        self._all_open = opened
        self._others.clear()
        self._open = self._fold_all()
        self.rows = self._flatten(0)

    def _fold_all(self) -> bytearray:
        stack = self.comparison.stack
        folds = bytearray(b"\1" if self._all_open else b"\0") * stack.nodes
        for path in self._others:
            node = stack.find(path)
            if node is not None:
                folds[node] ^= 1
        folds[0] = 1
        return folds

    def _match(self) -> None:
        """Find what the filter matches; open the folders that lead to a few matches, beyond what is open anyway."""
        self._open = self._fold_all()
        self._matched = array("i", _matching(self._search, self.comparison.stack) if self._search else ())
        if len(self._matched) <= FEW:
            self._open_towards(self._matched)

    def _open_towards(self, nodes: array[int]) -> None:
        stack = self.comparison.stack
        for node in nodes:
            over = stack.parent(node)
            while over > 0 and not self._open[over]:
                self._open[over] = 1
                over = stack.parent(over)

    def _refresh(self) -> None:
        self._visible = self._select()
        self.rows = self._flatten(0)

    def _select(self) -> bytearray:
        """1 for every node that would be shown with all folders open."""
        comparison = self.comparison
        presence = comparison.presence
        if self._search is None and not self.hidden:
            return presence
        if self._search is None:
            chosen = presence
        else:
            chosen = bytearray(len(presence))
            for node in self._matched:
                chosen[node] = presence[node]
        if self.hidden:
            shown = bytes(change not in self.hidden for change in range(256))
            chosen = bytearray(map(int.__and__, chosen, comparison.changes.translate(shown)))
        parents = set(map(comparison.stack.columns.parent.__getitem__, compress(range(len(chosen)), chosen)))
        for node in parents:
            while node > 0 and not chosen[node]:
                chosen[node] = 1
                node = comparison.stack.parent(node)
        return chosen

    def _flatten(self, node: int) -> array[int]:
        """The rows below an open folder."""
        stack = self.comparison.stack
        visible, opened, end = self._visible, self._open, stack.columns.end
        if not self._in_node_order:
            return array("i", self._sorted_rows(node))
        at, stop = node + 1, end[node]
        if opened.find(0, at, stop) == -1:
            return array("i", compress(range(at, stop), visible[at:stop]))
        rows = array("i")
        add = rows.append
        while at < stop:
            if visible[at]:
                add(at)
                at = at + 1 if opened[at] else end[at]
            else:
                at = end[at]
        return rows

    def _sorted_rows(self, node: int) -> Iterator[int]:
        pending = [iter(self._children(node))]
        while pending:
            for child in pending[-1]:
                yield child
                if self._open[child]:
                    pending.append(iter(self._children(child)))
                    break
            else:
                pending.pop()

    def _children(self, node: int) -> list[int]:
        """What is visible right below a folder, in the order on screen."""
        stack, visible = self.comparison.stack, self._visible
        children = [child for child in stack.children(node) if visible[child]]
        if self._in_node_order:
            return children
        weight: Callable[[int], int] = self.comparison.size
        if self.order is SortOrder.CHANGES:
            weight = self._changes
        return sorted(children, key=weight, reverse=True)

    def _changes(self, node: int) -> int:
        return bool(self.comparison.change(node)) + self.comparison.changes_below(node)


def _matching(search: re.Pattern[bytes], stack: Stack) -> Iterator[int]:
    """The nodes, but the root, whose path matches; one pass over all paths at once where that is the same."""
    paths, start = stack.columns.paths, stack.columns.start
    if stack.nodes < 2:
        return
    if _NEEDS_ITS_PATH_ALONE.search(search.pattern):
        yield from (node for node in range(1, stack.nodes) if search.search(paths[start[node] : start[node + 1] - 1]))
        return
    position = start[1]
    while (match := search.search(paths, position)) and match.start() < len(paths):
        node = bisect_right(start, match.start()) - 1
        position = start[node + 1]
        # a match that runs into the next line is none, unless the line alone matches too
        if match.end() < position or search.search(paths[start[node] : position - 1]):
            yield node
