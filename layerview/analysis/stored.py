"""All files that layers store, whether a container sees them or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import compress

from layerview.filesystem import Reason, Stack, Vocabulary
from layerview.filesystem.words import bounds, layer
from layerview.text import Expression
from layerview.trees.masks import all_of
from layerview.trees.matching import matching


class Stored:
    """The files with bytes, by number: each as often as layers store it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._columns = stack.columns

    def __len__(self) -> int:
        return len(self._columns.inode_size)

    @property
    def whole(self) -> int:
        """Bytes of all."""
        return sum(self._columns.stored)

    def size(self, number: int) -> int:
        return self._columns.inode_size[number]

    def node(self, number: int) -> int:
        """The path that it is stored at; ABSENT of AUFS bookkeeping."""
        return self._columns.inode_node[number]

    def layer(self, number: int) -> int:
        """The layer that stores it."""
        return self._columns.inode_layer[number]

    def hidden_by(self, number: int) -> int:
        """The layer from which on no container sees it; 0 where the image still shows it."""
        return self._columns.inode_gone[number]

    def reason(self, number: int) -> Reason | None:
        """Why it is hidden, where it is."""
        return Reason(self._columns.inode_reason[number]) if self.hidden_by(number) else None

    def largest(self, chosen: bytes | None) -> Iterator[Sequence[int]]:
        """Those that are chosen, or all, the largest first, in blocks, of which some are empty."""
        for block in self.stack.ranking.blocks():
            yield block if chosen is None else [number for number in block if chosen[number]]

    def those(self, expression: Expression | None, condition: Callable[[Stored], bytes] | None) -> bytes:
        """1 for each that has bytes, whose path matches, and that a condition is true of."""
        masks = [bytes(map(bool, self._columns.inode_size))]
        if expression:
            mask = matching(expression, self.stack).mask + b"\0"  # which stands at ABSENT
            masks.append(bytes(map(mask.__getitem__, self._columns.inode_node)))
        if condition:
            masks.append(condition(self))
        return all_of(*masks)

    def bytes_of(self, chosen: bytes) -> int:
        return sum(compress(self._columns.inode_size, chosen))

    def sized(self, first: int | None, end: int | None) -> bytes:
        """1 for those of ``first`` bytes or more, and less than ``end``."""
        return bytes(
            (first is None or first <= bytes_) and (end is None or bytes_ < end) for bytes_ in self._columns.inode_size
        )

    def touched(self, number: int) -> bytes:
        """1 for those that a layer stores or hides."""
        if not number:  # which stands for no layer where none hides them
            return bytes(len(self))
        return bytes(number in pair for pair in zip(self._columns.inode_layer, self._columns.inode_gone, strict=True))


def _size(sign: str, value: str) -> Callable[[Stored], bytes]:
    first, end = bounds(sign, value)
    return lambda stored: stored.sized(first, end)


def _layer(sign: str, value: str) -> Callable[[Stored], bytes]:
    number = layer(sign, value)
    return lambda stored: stored.touched(number)


STORED = Vocabulary[Stored]("what layers store", {"size": _size, "layer": _layer})
"""What they can be asked for."""
