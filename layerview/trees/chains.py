"""Folders that lead to nothing but one other folder, which are one row together."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from itertools import chain, compress
from operator import and_, not_

from layerview.trees.preorder import Preordered


class Branching:
    """Where a tree may have chains, whatever of it is visible: known once for all of its states."""

    def __init__(self, tree: Preordered) -> None:
        end = tree.paths.end
        folders = sorted({*tree.paths.parent} - {-1})
        seconds = [end[folder + 1] for folder in folders]
        several = bytes(second < end[folder] for folder, second in zip(folders, seconds, strict=True))
        self._several = array("i", compress(folders, several))
        self._firsts = array("i", map((1).__add__, self._several))
        self._seconds = array("i", compress(seconds, several))
        self._single = array("i", compress(folders, map(not_, several)))

    def candidates(self, visible: bytes | bytearray) -> Iterator[int]:
        """The visible folders but those of which two things are visible for sure, which are nearly all."""
        seen = visible.__getitem__
        both = map(and_, map(seen, self._firsts), map(seen, self._seconds))
        for folder in chain(compress(self._several, map(not_, both)), self._single):
            if visible[folder]:
                yield folder


class Chains:
    """The chains among what is visible: each begins in a folder, and goes on as long as there is one folder alone in it."""

    def __init__(self, tree: Preordered, visible: bytes | bytearray, joins: Callable[[int, int], bool]) -> None:
        """``joins`` tells of a folder and the only one in it whether they may be one row."""
        self._tree, self._visible, self._joins = tree, visible, joins

    def last(self, node: int) -> int:
        """Where the chain that a visible node is in ends: what its row stands for; most often the node itself."""
        while (inner := self._only(node)) is not None:
            node = inner
        return node

    def passes(self, node: int) -> bool:
        """Whether a visible node is in a chain that goes on, so that it has no row of its own."""
        return self._only(node) is not None

    def _only(self, node: int) -> int | None:
        """The folder that stands alone in another one, of those that are visible, if one row is enough for both."""
        visible, end = self._visible, self._tree.paths.end
        stop = end[node]
        inner = visible.find(1, node + 1, stop)
        if inner == -1 or visible.find(1, end[inner], stop) != -1 or visible.find(1, inner + 1, end[inner]) == -1:
            return None
        return inner if self._joins(node, inner) else None

    def all_passed(self, branching: Branching) -> list[int]:
        """All nodes that have no row of their own, ascending."""
        return sorted(filter(self.passes, branching.candidates(self._visible)))
