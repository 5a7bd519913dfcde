"""What of the wasted paths to open, so that the first lines of a screen explain most of the bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from layerview.analysis.waste_tree import WasteTree

_SHARE = 0.9
"""Of all wasted bytes, what is to be told by the first lines."""
_LARGE = 0.1
"""The share of all wasted bytes from which a folder is worth to be looked into."""


class FirstFolds(NamedTuple):
    """How a tree is folded at first."""

    opened: list[int]
    told: int
    """Bytes that the first lines tell of."""

    def explain(self, tree: WasteTree) -> bool:
        """Whether these are as many as they should be."""
        return self.told >= _SHARE * tree.size(0)


def first_folds(tree: WasteTree, lines: int, closed: int, opened: int) -> FirstFolds:
    """What to open so that the first lines say as much as they can, and as long as they tell of nine tenths.

    ``closed`` are the lines that a closed group takes, ``opened`` those of one that is open; all else takes one.
    """
    return _Folding(tree, lines, closed, opened).result()


class _Folding:
    def __init__(self, tree: WasteTree, lines: int, closed: int, opened: int) -> None:
        self._tree, self._lines = tree, lines
        self._group_lines = closed, opened

    def result(self) -> FirstFolds:
        tree = self._tree
        least, large = _SHARE * tree.size(0), _LARGE * tree.size(0)
        shown, opened, tried = self._largest(0), list[int](), set[int]()
        while True:
            told = self._told(shown, opened)
            closed = [node for node in shown if node not in tried and tree.is_folder(node) and tree.size(node) >= large]
            if not closed:
                return FirstFolds(opened, told)
            node = max(closed, key=tree.size)
            tried.add(node)
            at = shown.index(node) + 1
            more = [*shown[:at], *self._largest(node), *shown[at:]]
            before = sum(self._cost(each, [*opened, node]) for each in more[: at + 1])
            if before <= self._lines and self._told(more, [*opened, node]) >= min(least, told):
                shown, opened = more, [*opened, node]

    def _told(self, shown: Sequence[int], opened: Sequence[int]) -> int:
        """Bytes of what stands on the first lines, each once."""
        told, lines = 0, self._lines
        for node in shown:
            lines -= self._cost(node, opened)
            if lines < 0:
                break
            told += self._tree.own_size(node) if node in opened else self._tree.size(node)
        return told

    def _cost(self, node: int, opened: Sequence[int]) -> int:
        """Lines that a node takes."""
        return self._group_lines[node in opened] if node in self._tree.groups else 1

    def _largest(self, folder: int) -> list[int]:
        return sorted(self._tree.children(folder), key=self._tree.size, reverse=True)[: self._lines]
