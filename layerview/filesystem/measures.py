"""The bytes of a path in each sense that a column of a comparison may show them in (statement 52)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from operator import sub

from layerview.filesystem.comparison import Comparison
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
        comparison, before = self._comparison, self._comparison.before
        old = map(before.event_bytes.__getitem__, before.events_at(comparison.below))
        return array("q", map(sub, map(comparison.stack.event_bytes.__getitem__, comparison.events), old))

    def twice(self, mask: bytes) -> Iterator[tuple[int, int]]:
        comparison = self._comparison
        yield from comparison.stack.shared_bytes(mask, comparison.at)
        for folder, bytes_ in comparison.before.shared_bytes(mask, comparison.below):
            yield folder, -bytes_
