"""What made a layer, and what of it is wasted."""

from __future__ import annotations

from collections.abc import Collection

from layerview.analysis import Waste
from layerview.filesystem import Stack
from layerview.text import escape

NOT_RECORDED = "not recorded"
"""What stands for an instruction that nobody wrote down."""


def one_line(instruction: str) -> str:
    """An instruction in one line, whatever blanks and line ends its author used; empty where it is not recorded."""
    return escape(" ".join(instruction.split()))


def wasted_path(waste: Waste, stack: Stack) -> str:
    """Where the bytes are that are wasted."""
    return f"/{escape(stack.path(waste.node))}" if waste.node >= 0 else "AUFS bookkeeping"


def wasted_between(waste: Waste) -> str:
    """The layer that stores the bytes, and the one that hides them."""
    return f"{waste.stored_by} → {waste.hidden_by}"


def without(missing: Collection[int]) -> str:
    """Which layers something is told without."""
    return f"without layer{'' if len(missing) == 1 else 's'} {', '.join(map(str, sorted(missing)))}"
