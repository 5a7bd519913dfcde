"""The rows of a tree that someone looks at: folded, hidden, filtered and sorted. No screen in it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from itertools import islice
from typing import Generic, TypeAlias

from layerview.text import Expression
from layerview.trees.chains import Branching, Chains
from layerview.trees.change import Change
from layerview.trees.flat import FlatRows
from layerview.trees.folds import Folds
from layerview.trees.outlined import Sized
from layerview.trees.rows import Rows
from layerview.trees.selection import Read, Selection, Shown
from layerview.trees.ways import Ways

FEW = 2_000
"""A filter with up to so many matches opens the folders that lead to them."""
_MANY = 1_000
"""Nodes right below the root that are summed up one by one."""

Listed: TypeAlias = Callable[[Shown, bytes | bytearray, bool], Iterator[Sequence[int]]]
"""Gives those of some nodes that are no folders in blocks, the largest first, or by name."""


def _plain(pattern: str) -> Read[Shown]:
    return pattern, None


def _itself(outlined: Shown) -> Sized:
    return outlined


class SortOrder(StrEnum):
    """In which order the entries of a folder stand."""

    NAME = "name"
    SIZE = "size"
    """The largest first, also of what is less than nothing."""
    CHANGES = "changes"
    """What holds the most changes first."""


class Outline(Generic[Shown]):
    """The visible rows of a tree.

    ``rows`` are nodes from top to bottom. A chain of folders with nothing but the next one in each is one row, which stands
    for the last of them. Folds, filter, hidden kinds of change and order outlast another state of the tree, and another
    tree, where they are kept by path.
    """

    def __init__(
        self,
        outlined: Shown,
        read: Callable[[str], Read[Shown]] = _plain,
        listed: Listed[Shown] | None = None,
        measured: Callable[[Shown], Sized] = _itself,
    ) -> None:
        """``read`` tells the regular expression in a filter, and what else it says, if anything.

        It raises UsageError where that is malformed. A tree with ``listed`` can be shown as a list, too. ``measured`` tells
        what sizes are.
        """
        self.flat = False
        """Whether rows are a list of all but folders."""
        self._listed = listed
        self._orders = {False: SortOrder.NAME, True: SortOrder.SIZE}
        self.outlined = outlined
        self._tree = outlined.tree
        self._selection = Selection(outlined, read, measured)
        self._folds = Folds(self._tree)
        self._branching: Branching | None = None
        self._gross: int | None = None
        self._refresh()

    # what is shown

    def turn_to(self, outlined: Shown) -> None:
        """Show the same tree in another state, or another tree, such as one that has grown."""
        if outlined.tree is not self._tree:
            self._branching = None
        self.outlined, self._tree = outlined, outlined.tree
        if self._selection.turn_to(outlined):
            self._open_matches()
        self._refresh()

    def measure(self) -> None:
        """Sizes are others, or known by now."""
        self._selection.measure()
        self._gross = None
        if self.order is SortOrder.SIZE:
            self._lay_out()

    def show(self, change: Change, shown: bool) -> None:
        """Show or hide a kind of change. Folders that lead to what is shown stay."""
        self._selection.show(change, shown)
        self._refresh()

    @property
    def hidden(self) -> frozenset[Change]:
        return self._selection.hidden

    @property
    def order(self) -> SortOrder:
        return self._orders[self.flat]

    @property
    def orders(self) -> list[SortOrder]:
        """Those that there are: in a list each row is one change at most."""
        return [SortOrder.SIZE, SortOrder.NAME] if self.flat else list(SortOrder)

    def sort(self, order: SortOrder) -> None:
        self._orders[self.flat] = order
        self._lay_out()

    def list_flat(self, flat: bool) -> None:
        """Show a list of all that is selected but folders, which is to be grown, or the tree again. Each has its order."""
        self.flat = flat and self._listed is not None
        self._lay_out()

    def filter(self, pattern: str) -> None:
        """Show only paths that match a regular expression, with the folders that lead to them.

        It is searched for in each path, written from the root with a leading slash; "" shows all.
        Raises UsageError where it is malformed; what was shown stays.
        """
        self._selection.filter(pattern)
        self._open_matches()
        self._refresh()

    @property
    def pattern(self) -> str:
        return self._selection.pattern

    @property
    def expression(self) -> Expression | None:
        """What the filter looks for in paths, if anything."""
        return self._selection.expression

    @property
    def matches(self) -> int | None:
        """How many nodes that are there match the filter; None without a filter."""
        return self._selection.count

    @property
    def sought(self) -> bytearray | None:
        """1 for every node that matches the filter, there or not; None where that depends on what is shown."""
        return self._selection.sought

    @property
    def whole(self) -> int:
        """Bytes of all that is shown: of all that is there, or of all that matches the filter."""
        return self._selection.whole

    @property
    def gross(self) -> int:
        """Bytes of what is shown right below the root, all as if they were more than nothing; of so many, of the first."""
        if self._gross is None:
            below = (node for node in self._tree.children(0) if self._visible[node])
            self._gross = sum(abs(self.size(node)) for node in islice(below, _MANY))
        return self._gross

    def size(self, node: int) -> int:
        """Bytes of a node, and of all below it; with a filter, of what of that matches, if anything does.

        A folder that matches by itself, and of which nothing else does, is as large as it is.
        """
        return self._selection.size(node)

    def first_match(self) -> int | None:
        """The first row with a match of the filter, in the order on screen, once the folders that lead there are open."""
        matches, node = self._selection.matches, 0
        if self.flat:
            return self.rows[0] if matches and self.rows else None
        while matches and (below := self._below(node)):
            over, node = node, below[0]
            if any(matches.mask[each] for each in self._chain(node, over)):
                self._folds.open_towards((node,))
                self._lay_out()
                return node
        return None

    # folds

    def is_open(self, node: int) -> bool:
        return not self.flat and bool(self._folds.opened[node])

    def toggle(self, node: int) -> None:
        """Open a folder that is closed, close one that is open, with all of its chain. Anything else stays as it is."""
        if not self.is_folder(node):
            return
        opened = not self.is_open(node)
        for each in self._chain(node, self.over(node)):
            self._folds.fold(each, opened)
        if not isinstance(self.rows, Rows) or not self.rows.has(node):
            return
        closed = bytearray(self._tree.end(node) - node - 1)
        self.rows.put_below(node, self._shown_below(node) if opened else closed)
        self._depths.clear()

    def open_all(self) -> None:
        self._folds.set_all(True)
        self._lay_out()

    def close_all(self) -> None:
        self._folds.set_all(False)
        self._lay_out()

    def is_folder(self, node: int) -> bool:
        """Whether the node has anything to open."""
        return not self.flat and self.outlined.is_folder(node)

    # places

    def row_of(self, node: int) -> int:
        """The row of a node, else that of its nearest visible ancestor, else the top; -1 where there are no rows."""
        if not self.rows:
            return -1
        if self.flat:
            return self.rows.find(node) or 0
        while node > 0:
            if self._visible[node]:
                row = self.rows.find(self._chains.last(node))
                if row is not None:
                    return row
            node = self._tree.parent(node)
        return 0

    def over(self, node: int) -> int:
        """The node of the row that a row is in; 0 of one that is in none."""
        if self.flat:
            return 0
        over = self._tree.parent(node)
        while over > 0 and not self.rows.has(over) and self._chains.passes(over):
            over = self._tree.parent(over)
        return over

    def depth(self, node: int) -> int:
        """How many rows a row is in."""
        led, over = list[int](), self.over(node)
        while over > 0 and over not in self._depths:
            led.append(over)
            over = self.over(over)
        depth = self._depths[over] + 1 if over > 0 else 0
        for each in reversed(led):
            self._depths[each] = depth
            depth += 1
        return depth

    def reveal(self, node: int) -> int:
        """Open the folders that lead to a node, and give its row."""
        if not self.flat and self._folds.reveal(node):
            self._lay_out()
        return self.row_of(node)

    def next_change(self, node: int, step: int) -> int | None:
        """The next row that differs, in the order on screen; the previous one with a ``step`` of -1.

        ``node`` has a row, in a closed folder too, or is the root.
        """
        if isinstance(self.rows, FlatRows):
            return self.rows.next_of(self.outlined.changes, node, step)
        return Ways(self.outlined, self._below, self.over).next_change(node, step)

    # inside

    def _open_matches(self) -> None:
        """Open the folders that lead to a few matches, beyond what is open anyway."""
        self._folds.turn_to(self._tree)
        self._folds.open_towards(self._selection.few(FEW))

    def _refresh(self) -> None:
        self._visible = self._selection.visible()
        self._chains = Chains(self._tree, self._visible, self.outlined.joins)
        self._passed: list[int] | None = None
        """All nodes that have no row of their own, where all folders are open."""
        self._lay_out()

    def _lay_out(self) -> None:
        """Find the rows of what is visible and in no closed folder, or begin with those of a list."""
        self._gross = None
        self._depths: dict[int, int] = {}
        """Of the folders around rows that were asked for: those next to each other have most of these in common."""
        self.rows: Rows | FlatRows
        if self.flat and self._listed:
            blocks = self._listed(self.outlined, self._selection.chosen, self.order is SortOrder.SIZE)
            self.rows = FlatRows(self._tree.nodes, blocks)
        else:
            self.rows = Rows(self._tree, bytearray(1) + self._shown_below(0), self._weigh)

    def _shown_below(self, folder: int) -> bytearray:
        """1 for each node below an open folder that has a row, and is in no closed one."""
        at, stop = folder + 1, self._tree.end(folder)
        if self._folds.all_open:
            return self._all_shown(at, stop)
        visible, opened, end, last = self._visible, self._folds.opened, self._tree.paths.end, self._chains.last
        shown = bytearray(stop - at)
        node = at
        while node < stop:
            if visible[node]:
                if end[node] > node + 1:
                    node = last(node)
                shown[node - at] = 1
                node = node + 1 if opened[node] else end[node]
            else:
                node = end[node]
        return shown

    def _all_shown(self, at: int, stop: int) -> bytearray:
        """The same where folders are open: all that is visible but what is in closed ones, and in chains that go on."""
        visible, opened, end = self._visible, self._folds.opened, self._tree.paths.end
        if self._passed is None:
            self._branching = self._branching or Branching(self._tree)
            self._passed = self._chains.all_passed(self._branching)
        shown = bytearray(visible[at:stop])
        closed = opened.find(0, at, stop)
        while closed != -1:
            last = self._chains.last(closed)
            behind = last + 1 if opened[last] else end[last]
            shown[last + 1 - at : behind - at] = bytes(behind - last - 1)
            closed = opened.find(0, behind, stop)
        passed = self._passed
        for node in passed[bisect_left(passed, at) : bisect_left(passed, stop)]:
            shown[node - at] = 0
        return shown

    def _chain(self, node: int, over: int) -> list[int]:
        """What one row stands for: a node, and the folders around it up to the one that its row is in."""
        chain = [node]
        while (node := self._tree.parent(node)) > over:
            chain.append(node)
        return chain

    @property
    def _weigh(self) -> Callable[[int], int] | None:
        """What puts the entries of a folder in order; by name they are."""
        match self.order:
            case SortOrder.SIZE:
                return self._weight
            case SortOrder.CHANGES:
                return self._changes
            case SortOrder.NAME:
                return None

    def _below(self, node: int) -> list[int]:
        """The rows right below a folder, in the order on screen, in a closed one too."""
        below = [self._chains.last(child) for child in self._tree.children(node) if self._visible[child]]
        return sorted(below, key=self._weigh, reverse=True) if self._weigh else below

    def _weight(self, node: int) -> int:
        return abs(self.size(node))

    def _changes(self, node: int) -> int:
        return bool(self.outlined.change(node)) + self.outlined.changes_below(node)
