"""Every stored byte accounted for: what a container sees, and what layers store in vain (statements 23, 24)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from operator import neg

import msgspec

from layerview.filesystem import Reason, Stack


class Waste(msgspec.Struct, frozen=True, gc=False):
    """Bytes of one file that a layer stores and a layer hides."""

    node: int
    """The path they were stored under; -1 for AUFS bookkeeping, which has none that is shown."""
    bytes: int
    stored_by: int
    hidden_by: int
    """The same layer where it holds a path twice."""
    reason: Reason


@dataclass(frozen=True)
class Account:
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
    def wastes(self) -> tuple[Waste, ...]:
        """What is wasted, file by file, the largest first."""
        columns = self.stack.columns
        gone = columns.inode_gone
        reasons = {int(reason): reason for reason in Reason}
        losses = map(neg, columns.inode_size)
        table = zip(losses, columns.inode_node, columns.inode_layer, gone, columns.inode_reason, strict=True)
        rows = sorted(row for row in compress(table, gone) if row[0])
        return tuple(
            Waste(node, -loss, stored_by, hidden_by, reasons[reason])
            for loss, node, stored_by, hidden_by, reason in rows
        )


def account(stack: Stack) -> Account:
    """Account for every byte of the layers that the stack holds."""
    columns = stack.columns
    return Account(
        stack=stack,
        total_bytes=sum(columns.stored),
        matrix={(stored_by, hidden_by, Reason(why)): size for stored_by, hidden_by, why, size in columns.wasted},
        wasted_files=columns.wasted_files,
    )
