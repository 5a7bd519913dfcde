"""The bytes of a path in each sense that a column of a comparison may show them in (statement 52)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from itertools import compress
from operator import sub

from layerview.filesystem.comparison import Comparison
from layerview.filesystem.stack import Stack
from layerview.trees import Sized


class Measure(StrEnum):
    """Which bytes of a path are told."""

    STORED = "stored"
    """Those that the layer itself stores there."""
    SIZE = "size"
    """Those that are there; of what was removed, those that were."""
    DIFFERENCE = "differs"
    """How many more these are than before."""


def measures(comparison: Comparison) -> tuple[Measure, ...]:
    """Those that tell something of a comparison, the most telling first: of a single layer what it stores."""
    if comparison.is_of_layer:
        return Measure.STORED, Measure.SIZE, Measure.DIFFERENCE
    return Measure.DIFFERENCE, Measure.SIZE


def measured(comparison: Comparison, measure: Measure) -> Sized:
    """The sizes of a comparison's paths by one of them."""
    match measure:
        case Measure.STORED:
            return _Stored(comparison)
        case Measure.DIFFERENCE:
            return _Difference(comparison)
        case Measure.SIZE:
            return comparison


class _Stored:
    def __init__(self, comparison: Comparison) -> None:
        self.size = comparison.stored
        self._own = comparison.own
        self.twice = self._own.twice

    @property
    def alone(self) -> array[int]:
        return self._own.alone


class _Difference:
    def __init__(self, comparison: Comparison) -> None:
        self.size = comparison.difference
        self._comparison = comparison

    @cached_property
    def alone(self) -> array[int]:
        comparison = self._comparison
        before, stack = comparison.before, comparison.stack
        if before is stack:
            return _grown(stack, comparison.below, comparison.at)
        old = map(before.event_bytes.__getitem__, before.events_at(comparison.below))
        return array("q", map(sub, map(stack.event_bytes.__getitem__, comparison.events), old))

    def twice(self, mask: bytes) -> Iterator[tuple[int, int]]:
        comparison = self._comparison
        yield from comparison.stack.shared_bytes(mask, comparison.at)
        for folder, bytes_ in comparison.before.shared_bytes(mask, comparison.below):
            yield folder, -bytes_


def _grown(stack: Stack, below: int, at: int) -> array[int]:
    """By how many bytes each path is larger at a layer than at another one: what the events between add up to."""
    columns, bytes_ = stack.columns, stack.event_bytes
    part = slice(*(columns.event_bounds[layer] for layer in sorted((below, at))))
    more = [*map(sub, bytes_[part], map(bytes_.__getitem__, columns.event_previous[part]))]
    grown = array("q", bytes(8 * stack.nodes))
    sign = 1 if below < at else -1
    for node, bytes_more in zip(compress(columns.event_node[part], more), filter(None, more), strict=True):
        grown[node] += sign * bytes_more
    return grown
