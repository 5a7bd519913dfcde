"""What of a tree is to be seen, with all folders open: what a filter and hidden kinds of change leave."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import compress
from typing import Generic, TypeAlias, TypeVar

from layerview.text import Expression
from layerview.trees.change import Change
from layerview.trees.masks import all_of
from layerview.trees.matching import Matches, matching
from layerview.trees.outlined import Outlined, Sized
from layerview.trees.sums import Sums

Shown = TypeVar("Shown", bound=Outlined)
Condition: TypeAlias = Callable[[Shown], bytes]
"""1 for every node, there or not, that what is shown is to be narrowed to."""
Read: TypeAlias = tuple[str, Condition[Shown] | None]
"""A filter as it is understood: a regular expression, or "", and what else must be true of a node."""


class Selection(Generic[Shown]):
    """What is selected of a tree. Filter and hidden kinds outlast another state, and another tree."""

    def __init__(self, outlined: Shown, read: Callable[[str], Read[Shown]], measured: Callable[[Shown], Sized]) -> None:
        self._read, self._measured = read, measured
        self._outlined, self._sized = outlined, measured(outlined)
        self.hidden: frozenset[Change] = frozenset()
        self.pattern = ""
        self.expression: Expression | None = None
        """What ``pattern`` looks for in paths, if anything."""
        self._condition: Condition[Shown] | None = None
        self.matches: Matches | None = None

    def turn_to(self, outlined: Shown) -> bool:
        """Select from another state or another tree; whether other nodes match for that, there or not."""
        anew = outlined.tree is not self._outlined.tree or self._condition is not None
        self._outlined, self._sized = outlined, self._measured(outlined)
        self._forget()
        if anew:
            self._match()
        return anew

    def measure(self) -> None:
        """Sizes are others."""
        self._sized = self._measured(self._outlined)
        self._forget("_sums", "whole")

    def show(self, change: Change, shown: bool) -> None:
        """Show or hide a kind of change."""
        self.hidden = self.hidden - {change} if shown else self.hidden | {change}

    def filter(self, pattern: str) -> None:
        """Raises UsageError where the pattern is malformed; nothing changes then."""
        regular, condition = self._read(pattern)
        expression = Expression(regular) if regular else None
        self.pattern, self.expression, self._condition = pattern, expression, condition
        self._forget()
        self._match()

    @property
    def count(self) -> int | None:
        """How many nodes that are there match the filter; None without a filter."""
        return None if self.matches is None else self.found.count(1)

    @property
    def sought(self) -> bytearray | None:
        """1 for every node that matches the filter, there or not; None where that depends on what is shown."""
        return None if self.matches is None or self._condition else self.matches.mask

    def few(self, most: int) -> Iterator[int]:
        """The nodes that match, there or not, if these are so many at most."""
        if self.matches is None or self.matches.mask.count(1) > most:
            return
        node = self.matches.mask.find(1)
        while node != -1:
            yield node
            node = self.matches.mask.find(1, node + 1)

    @cached_property
    def whole(self) -> int:
        """Bytes of all that is there, or of all that matches the filter."""
        return self._sized.size(0) if self.matches is None else self._sums.whole

    def size(self, node: int) -> int:
        """Bytes of a node, and of all below it; with a filter, of what of that matches, if anything does."""
        matching_ = None if self.matches is None else self._sums.within(node, self._outlined.tree.end(node))
        return self._sized.size(node) if matching_ is None else matching_

    @property
    def chosen(self) -> bytes | bytearray:
        """1 for every node that is there, matches, and is of no hidden kind."""
        outlined = self._outlined
        masks = [self.found if self.matches else outlined.presence]
        if self.hidden:
            masks.append(outlined.changes.translate(bytes(change not in self.hidden for change in range(256))))
        return all_of(*masks) if len(masks) > 1 else masks[0]

    def visible(self) -> bytes | bytearray:
        """1 for every node that would be shown with all folders open: what is chosen, and what leads there."""
        chosen = self.chosen
        if self.matches is None and not self.hidden:
            return chosen
        visible = bytearray(chosen)
        parent = self._outlined.tree.paths.parent
        if self.matches is None or self.hidden or self._condition:
            parents = set(compress(parent, visible))
        else:  # what holds a match that is there is there itself
            there = compress(self.matches.tops, map(visible.__getitem__, self.matches.tops))
            parents = set(map(parent.__getitem__, there))
        for node in parents:
            while node > 0 and not visible[node]:
                visible[node] = 1
                node = parent[node]
        return visible

    @cached_property
    def found(self) -> bytes:
        """1 for every node that is there and matches."""
        return all_of(self._outlined.presence, self.matches.mask) if self.matches else b""

    @cached_property
    def _sums(self) -> Sums:
        return Sums(self.found, self._sized.alone, self._sized.twice(self.found))

    def _forget(self, *names: str) -> None:
        for known in names or ("found", "_sums", "whole"):
            vars(self).pop(known, None)

    def _match(self) -> None:
        """Find what the filter matches."""
        self.matches = matching(self.expression, self._outlined.tree) if self.expression else None
        if self._condition:
            masks = [self._condition(self._outlined), self._outlined.presence]
            found = all_of(*masks, *([self.matches.mask] if self.matches else ()))
            self.matches = Matches(bytearray(found), array("i"))
