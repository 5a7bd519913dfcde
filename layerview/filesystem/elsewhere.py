"""What other layers hold of what is not there at one."""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

from layerview.filesystem.columns import ABSENT
from layerview.filesystem.stack import Stack


class Elsewhere(NamedTuple):
    """Where paths are that are not at the layer that was looked at."""

    layer: int
    """The layer that made the first of them what it is there."""
    paths: int
    """How many of them are there at that layer."""
    removed_by: int
    """The layer that removes the first of them afterwards; 0 where none does."""


def elsewhere(stack: Stack, mask: bytes | bytearray, layer: int) -> Elsewhere | None:
    """Where the nearest of the paths are, in lower layers before upper ones; None where none of them ever is.

    ``mask`` has 1 for the node of each, none of which is there at ``layer``.
    """
    wanted = int.from_bytes(mask, "little")
    if not wanted:
        return None
    for near in chain(range(layer - 1, 0, -1), range(layer + 1, stack.layers + 1)):
        there = _there(stack, wanted, near)
        if there:
            first = _first(there)
            source = stack.columns.event_layer[stack.event_at(first, near)]
            return Elsewhere(source, _there(stack, wanted, source).bit_count(), _removal(stack, first, source))
    return None


def _there(stack: Stack, wanted: int, layer: int) -> int:
    """A byte of 1 for each of the wanted nodes that is there at a layer."""
    return wanted & int.from_bytes(stack.presence(layer), "little")


def _first(nodes: int) -> int:
    return ((nodes & -nodes).bit_length() - 1) // 8


def _removal(stack: Stack, node: int, layer: int) -> int:
    """The first layer above that removes a path."""
    above = (number for number in range(layer + 1, stack.layers + 1) if stack.state(node, number) == ABSENT)
    return next(above, 0)
