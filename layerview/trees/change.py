"""How something differs between two states."""

from enum import IntEnum


class Change(IntEnum):
    """How a node differs from its state before."""

    UNMODIFIED = 0
    ADDED = 1
    MODIFIED = 2
    REMOVED = 3
