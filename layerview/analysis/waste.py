"""Every stored byte accounted for: what a container sees, and what layers store in vain (statements 23, 24)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import compress
from typing import overload

import msgspec

from layerview.filesystem import Reason, Stack

_REASONS = {int(reason): reason for reason in Reason}


class Waste(msgspec.Struct, frozen=True, gc=False):
    """Bytes of one file that a layer stores and a layer hides."""

    node: int
    """The path they were stored under; -1 for AUFS bookkeeping, which has none that is shown."""
    bytes: int
    stored_by: int
    hidden_by: int
    """The same layer where it holds a path twice."""
    reason: Reason


class Wastes(Sequence[Waste]):
    """The largest first, and of one size those that lower layers store; each is made when it is asked for."""

    def __init__(self, stack: Stack) -> None:
        self._columns = columns = stack.columns
        size = columns.inode_size.__getitem__
        gone = compress(range(len(columns.inode_gone)), columns.inode_gone)
        self._inodes = array("i", sorted(filter(size, gone), key=size, reverse=True))

    def __len__(self) -> int:
        return len(self._inodes)

    @overload
    def __getitem__(self, at: int) -> Waste: ...
    @overload
    def __getitem__(self, at: slice) -> list[Waste]: ...
    def __getitem__(self, at: int | slice) -> Waste | list[Waste]:
        return list(map(self._waste, self._inodes[at])) if isinstance(at, slice) else self._waste(self._inodes[at])

    def __iter__(self) -> Iterator[Waste]:
        return map(self._waste, self._inodes)

    def _waste(self, inode: int) -> Waste:
        columns = self._columns
        return Waste(
            columns.inode_node[inode],
            columns.inode_size[inode],
            columns.inode_layer[inode],
            columns.inode_gone[inode],
            _REASONS[columns.inode_reason[inode]],
        )


class Account(msgspec.Struct, frozen=True, dict=True):
    """The bytes of an image: ``total_bytes - final_bytes == wasted_bytes == sum(matrix.values())``."""

    stack: Stack
    total_bytes: int
    """Regular-file bytes stored in all layers."""
    matrix: dict[tuple[int, int, Reason], int]
    """Wasted bytes by the layer that stores them, the layer that hides them, and the reason."""
    wasted_files: int
    """How many files with bytes are stored in vain."""

    @property
    def wasted_bytes(self) -> int:
        return sum(self.matrix.values())

    @property
    def final_bytes(self) -> int:
        """Those reachable in the image's final filesystem."""
        return self.total_bytes - self.wasted_bytes

    @property
    def efficiency(self) -> float:
        """Final by total bytes; 1 for an image without bytes."""
        return self.final_bytes / self.total_bytes if self.total_bytes else 1.0

    @cached_property
    def wasted_by_layer(self) -> Mapping[int, int]:
        """Bytes that each layer stores in vain, of those that do."""
        found: dict[int, int] = {}
        for (stored_by, _, _), bytes_ in self.matrix.items():
            found[stored_by] = found.get(stored_by, 0) + bytes_
        return found

    def wasted_of(self, layer: int) -> int:
        """Bytes that a layer stores in vain."""
        return self.wasted_by_layer.get(layer, 0)

    @cached_property
    def wastes(self) -> Wastes:
        """What is wasted, file by file."""
        return Wastes(self.stack)


def account(stack: Stack) -> Account:
    """Account for every byte of the layers that the stack holds."""
    columns = stack.columns
    return Account(
        stack=stack,
        total_bytes=sum(columns.stored),
        matrix={(stored_by, hidden_by, Reason(why)): size for stored_by, hidden_by, why, size in columns.wasted},
        wasted_files=columns.wasted_files,
    )
