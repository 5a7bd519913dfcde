"""Every stored byte accounted for: what a container sees, and what layers store in vain (statements 23, 24)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import compress

from layerview.filesystem import Reason, Stack


@dataclass(frozen=True, slots=True)
class Waste:
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

    total_bytes: int
    """Regular-file bytes stored in all layers."""
    final_bytes: int
    """Those reachable in the image's final filesystem."""
    wastes: tuple[Waste, ...]
    """What is wasted, file by file, the largest first."""
    matrix: dict[tuple[int, int, Reason], int]
    """Wasted bytes by the layer that stores them, the layer that hides them, and the reason."""

    @property
    def wasted_bytes(self) -> int:
        return self.total_bytes - self.final_bytes

    @property
    def efficiency(self) -> float:
        """Final by total bytes; 1 for an image without bytes."""
        return self.final_bytes / self.total_bytes if self.total_bytes else 1.0


def account(stack: Stack) -> Account:
    """Account for every byte of the layers that the stack holds."""
    columns = stack.columns
    total = sum(columns.inode_size)
    wastes = []
    matrix: defaultdict[tuple[int, int, Reason], int] = defaultdict(int)
    for inode in compress(range(len(columns.inode_gone)), columns.inode_gone):
        size = columns.inode_size[inode]
        if size:
            waste = Waste(
                node=columns.inode_node[inode],
                bytes=size,
                stored_by=columns.inode_layer[inode],
                hidden_by=columns.inode_gone[inode],
                reason=Reason(columns.inode_reason[inode]),
            )
            wastes.append(waste)
            matrix[waste.stored_by, waste.hidden_by, waste.reason] += size
    wastes.sort(key=lambda waste: (-waste.bytes, waste.node, waste.stored_by))
    return Account(total, total - sum(matrix.values()), tuple(wastes), dict(sorted(matrix.items())))
