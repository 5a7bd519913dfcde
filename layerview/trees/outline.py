"""The rows of a tree that someone looks at: folded, hidden, filtered and sorted. No screen in it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import cached_property
from itertools import compress
from typing import Generic, TypeAlias, TypeVar

from layerview.text import Expression
from layerview.trees.change import Change
from layerview.trees.matching import Matches, matching
from layerview.trees.outlined import Outlined
from layerview.trees.rows import Rows
from layerview.trees.sums import Sums

Shown = TypeVar("Shown", bound=Outlined)
Condition: TypeAlias = Callable[[Shown], bytes]
"""1 for every node, there or not, that what is shown is to be narrowed to."""
Read: TypeAlias = tuple[str, Condition[Shown] | None]
"""A filter as it is understood: a regular expression, or "", and what else must be true of a node."""

FEW = 2_000
"""A filter with up to so many matches opens the folders that lead to them."""


def _plain(pattern: str) -> Read[Shown]:
    return pattern, None


class SortOrder(StrEnum):
    """In which order the entries of a folder stand."""

    NAME = "name"
    SIZE = "size"
    """The largest first."""
    CHANGES = "changes"
    """What holds the most changes first."""


class Outline(Generic[Shown]):
    """The visible rows of a tree.

    ``rows`` are nodes from top to bottom. Folds, filter, hidden kinds of change and order outlast another state of the
    tree, and another tree, where they are kept by path.
    """

    def __init__(self, outlined: Shown, read: Callable[[str], Read[Shown]] = _plain) -> None:
        """``read`` tells the regular expression in a filter, and what else it says, if anything.

        It raises UsageError where that is malformed.
        """
        self._read = read
        self.order = SortOrder.NAME
        self.hidden: frozenset[Change] = frozenset()
        self.pattern = ""
        self.expression: Expression | None = None
        """What ``pattern`` looks for in paths, if anything."""
        self._condition: Condition[Shown] | None = None
        self._matches: Matches | None = None
        self._all_open = False
        self._others: set[bytes] = set()
        """Paths of the folders that are not as all others are."""
        self.outlined = outlined
        self._tree = outlined.tree
        self._open = self._fold_all()
        self._refresh()

    # what is shown

    def turn_to(self, outlined: Shown) -> None:
        """Show the same tree in another state, or another tree, such as one that has grown."""
        same = outlined.tree is self._tree
        self.outlined, self._tree = outlined, outlined.tree
        if not same or self._condition:
            self._match()
        self._refresh()

    def show(self, change: Change, shown: bool) -> None:
        """Show or hide a kind of change. Folders that lead to what is shown stay."""
        self.hidden = self.hidden - {change} if shown else self.hidden | {change}
        self._refresh()

    def sort(self, order: SortOrder) -> None:
        self.order = order
        self._lay_out()

    def filter(self, pattern: str) -> None:
        """Show only paths that match a regular expression, with the folders that lead to them.

        It is searched for in each path, written from the root with a leading slash; "" shows all.
        Raises UsageError where it is malformed; what was shown stays.
        """
        regular, condition = self._read(pattern)
        expression = Expression(regular) if regular else None
        self.pattern, self.expression, self._condition = pattern, expression, condition
        self._match()
        self._refresh()

    @property
    def matches(self) -> int | None:
        """How many nodes that are there match the filter; None without a filter."""
        return None if self._matches is None else self._found.count(1)

    @property
    def sought(self) -> bytearray | None:
        """1 for every node that matches the filter, there or not; None where that depends on what is shown."""
        return None if self._matches is None or self._condition else self._matches.mask

    @property
    def whole(self) -> int:
        """Bytes of all that is shown: of all that is there, or of all that matches the filter."""
        return self.outlined.size(0) if self._matches is None else self._sums.whole

    def size(self, node: int) -> int:
        """Bytes of a node, and of all below it; with a filter, of what of that matches, if anything does.

        A folder that matches by itself, and of which nothing else does, is as large as it is.
        """
        matching_ = None if self._matches is None else self._sums.within(node, self._tree.end(node))
        return self.outlined.size(node) if matching_ is None else matching_

    def first_match(self) -> int | None:
        """The first node that matches the filter, in the order on screen, once the folders that lead there are open."""
        node = 0
        while self._matches is not None and (below := self._children(node)):
            node = below[0]
            if self._matches.mask[node]:
                self._open_towards((node,))
                self._lay_out()
                return node
        return None

    # folds

    def is_open(self, node: int) -> bool:
        return bool(self._open[node])

    def toggle(self, node: int) -> None:
        """Open a folder that is closed, close one that is open. Anything else stays as it is."""
        if not self.is_folder(node):
            return
        self._fold(node, not self._open[node])
        if self.rows.find(node) is None:
            return
        closed = bytearray(self._tree.end(node) - node - 1)
        self.rows.put_below(node, self._shown_below(node) if self._open[node] else closed)

    def _fold(self, node: int, opened: bool) -> None:
        self._open[node] = opened
        path = self._tree.path(node)
        if opened == self._all_open:
            self._others.discard(path)
        else:
            self._others.add(path)

    def open_all(self) -> None:
        self._set_all(True)

    def close_all(self) -> None:
        self._set_all(False)

    def is_folder(self, node: int) -> bool:
        """Whether the node has anything to open."""
        return self.outlined.is_folder(node)

    # places

    def row_of(self, node: int) -> int:
        """The row of a node, else that of its nearest visible ancestor, else the top; -1 where there are no rows."""
        if not self.rows:
            return -1
        tree = self._tree
        while node > 0:
            row = self.rows.find(node)
            if row is not None:
                return row
            node = tree.parent(node)
        return 0

    def reveal(self, node: int) -> int:
        """Open the folders that lead to a node, and give its row."""
        tree = self._tree
        over = tree.parent(node)
        closed = False
        while over > 0:
            if not self._open[over]:
                self._fold(over, True)
                closed = True
            over = tree.parent(over)
        if closed:
            self._lay_out()
        return self.row_of(node)

    def next_change(self, node: int, step: int) -> int | None:
        """The next path that differs, in the order on screen; the previous one with a ``step`` of -1.

        ``node`` is visible, in a closed folder too, or the root.
        """
        tree = self._tree
        if step > 0:
            found = self._first_change(self._children(node))
            if found is not None:
                return found
        while node > 0:
            over = tree.parent(node)
            siblings = self._children(over)
            at = siblings.index(node)
            if step > 0:
                found = self._first_change(siblings[at + 1 :])
            else:
                found = self._last_change(siblings[:at])
                if found is None and over > 0 and self.outlined.change(over):
                    found = over
            if found is not None:
                return found
            node = over
        return None

    def _first_change(self, nodes: list[int]) -> int | None:
        left = nodes[::-1]
        while left:
            node = left.pop()
            if self.outlined.change(node):
                return node
            if self.outlined.changed_below(node):
                left += reversed(self._children(node))
        return None

    def _last_change(self, nodes: list[int]) -> int | None:
        left = list(nodes)
        entered = set[int]()
        while left:
            node = left[-1]
            if node not in entered and self.outlined.changed_below(node):
                entered.add(node)
                left += self._children(node)
            elif self.outlined.change(left.pop()):
                return node
        return None

    # inside

    def _set_all(self, opened: bool) -> None:
        self._all_open = opened
        self._others.clear()
        self._open = self._fold_all()
        self._lay_out()

    def _fold_all(self) -> bytearray:
        tree = self._tree
        folds = bytearray(b"\1" if self._all_open else b"\0") * tree.nodes
        for path in self._others:
            node = tree.find(path)
            if node is not None:
                folds[node] ^= 1
        folds[0] = 1
        return folds

    def _match(self) -> None:
        """Find what the filter matches; open the folders that lead to a few matches, beyond what is open anyway."""
        self._open = self._fold_all()
        self._matches = matching(self.expression, self._tree) if self.expression else None
        if self._condition:
            masks = [self._condition(self.outlined), self.outlined.presence]
            found = _all_of(*masks, *([self._matches.mask] if self._matches else ()))
            self._matches = Matches(bytearray(found), array("i"))
        if self._matches and self._matches.mask.count(1) <= FEW:
            self._open_towards(_few_in(self._matches.mask))

    def _open_towards(self, nodes: Iterable[int]) -> None:
        tree = self._tree
        for node in nodes:
            over = tree.parent(node)
            while over > 0 and not self._open[over]:
                self._open[over] = 1
                over = tree.parent(over)

    @cached_property
    def _found(self) -> bytes:
        """1 for every node that is there and matches."""
        return _all_of(self.outlined.presence, self._matches.mask) if self._matches else b""

    @cached_property
    def _sums(self) -> Sums:
        return Sums(self._found, self.outlined.alone, self.outlined.twice(self._found))

    def _refresh(self) -> None:
        for known in ("_found", "_sums"):
            vars(self).pop(known, None)
        self._visible = self._select()
        self._lay_out()

    def _lay_out(self) -> None:
        """Find the rows of what is visible and in no closed folder."""
        self.rows = Rows(self._tree, bytearray(1) + self._shown_below(0), self._weigh)

    def _select(self) -> bytes | bytearray:
        """1 for every node that would be shown with all folders open."""
        outlined = self.outlined
        if self._matches is None and not self.hidden:
            return outlined.presence
        masks: list[bytes | bytearray] = [outlined.presence]
        if self._matches is not None:
            masks.append(self._matches.mask)
        if self.hidden:
            masks.append(outlined.changes.translate(bytes(change not in self.hidden for change in range(256))))
        chosen = bytearray(_all_of(*masks))
        parent = self._tree.paths.parent
        if self._matches is None or self.hidden or self._condition:
            parents = set(compress(parent, chosen))
        else:  # what holds a match that is there is there itself
            there = compress(self._matches.tops, map(chosen.__getitem__, self._matches.tops))
            parents = set(map(parent.__getitem__, there))
        for node in parents:
            while node > 0 and not chosen[node]:
                chosen[node] = 1
                node = self._tree.parent(node)
        return chosen

    def _shown_below(self, folder: int) -> bytearray:
        """1 for each node below an open folder that is visible and in no closed one."""
        visible, opened, end = self._visible, self._open, self._tree.paths.end
        at, stop = folder + 1, end[folder]
        if self._all_open:  # then nothing but closed folders is marked as closed
            shown = bytearray(visible[at:stop])
            closed = opened.find(0, at, stop)
            while closed != -1:
                shown[closed + 1 - at : end[closed] - at] = bytes(end[closed] - closed - 1)
                closed = opened.find(0, end[closed], stop)
            return shown
        shown = bytearray(stop - at)
        node = at
        while node < stop:
            if visible[node]:
                shown[node - at] = 1
                node = node + 1 if opened[node] else end[node]
            else:
                node = end[node]
        return shown

    @property
    def _weigh(self) -> Callable[[int], int] | None:
        """What puts the entries of a folder in order; by name they are."""
        match self.order:
            case SortOrder.SIZE:
                return self.size
            case SortOrder.CHANGES:
                return self._changes
            case SortOrder.NAME:
                return None

    def _children(self, node: int) -> list[int]:
        """What is visible right below a folder, in the order on screen, in a closed one too."""
        tree, visible = self._tree, self._visible
        children = [child for child in tree.children(node) if visible[child]]
        return sorted(children, key=self._weigh, reverse=True) if self._weigh else children

    def _changes(self, node: int) -> int:
        return bool(self.outlined.change(node)) + self.outlined.changes_below(node)


def _few_in(mask: bytearray) -> Iterator[int]:
    """The nodes that have a 1, where these are few."""
    node = mask.find(1)
    while node != -1:
        yield node
        node = mask.find(1, node + 1)


def _all_of(first: bytes | bytearray, *others: bytes | bytearray) -> bytes:
    """1 for the nodes that have a 1 in all of these."""
    left = int.from_bytes(first, "little")
    for other in others:
        left &= int.from_bytes(other, "little")
    return left.to_bytes(len(first), "little")
