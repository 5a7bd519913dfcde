"""What was measured: kept from run to run by section, printed, and written down as tables."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import humanize
import msgspec

from bench.place import kept

Unit = Literal["s", "ms", "bytes"]


class Row(msgspec.Struct, frozen=True):
    """One line of the results. What is measured is small where it is good."""

    work: str
    measured: float
    """Infinite where it did not come to an end."""
    against: str
    yardstick: float
    """In the same unit; infinite where it did not come to an end."""
    factor: float
    """How many times smaller than the yardstick the measured has to be."""
    unit: Unit = "s"

    @property
    def ratio(self) -> float:
        """How many times smaller than the yardstick the measured is; not a number where neither ended."""
        return math.nan if math.isinf(self.measured) else self.yardstick / self.measured

    @property
    def reached(self) -> bool:
        return self.ratio >= self.factor

    def cells(self) -> list[str]:
        return [
            self.work,
            _quantity(self.measured, self.unit),
            f"{self.against}: {_quantity(self.yardstick, self.unit)}",
            _ratio(self.ratio),
            _ratio(self.factor),
            "yes" if self.reached else "no",
        ]


class Spread(msgspec.Struct, frozen=True):
    """How long a key took, of many presses."""

    image: str
    program: str
    key: str
    presses: int
    median: float
    """Milliseconds, as the others."""
    p95: float
    most: float

    @classmethod
    def of(cls, image: str, program: str, key: str, seconds: Sequence[float | None]) -> Spread:
        """Of presses of which one that was not answered counts as infinitely long."""
        times = sorted(math.inf if each is None else each * 1000 for each in seconds)
        p95 = times[math.ceil(len(times) * 0.95) - 1]
        return cls(image, program, key, len(times), statistics.median_low(times), p95, times[-1])

    def cells(self) -> list[str]:
        times = [_quantity(time, "ms") for time in (self.median, self.p95, self.most)]
        return [self.image, self.program, self.key, str(self.presses), *times]


class Growth(msgspec.Struct, frozen=True):
    """What an image of so many entries costs. Seconds, except for memory."""

    program: str
    entries: int
    opened: float
    peak: float
    """Bytes."""
    key: float
    """95th percentile of a cursor move."""
    filtered: float
    """From the last key of a pattern until the tree is filtered."""
    sorted: float

    def cells(self) -> list[str]:
        rest = [_quantity(1000 * time, "ms") for time in (self.key, self.filtered, self.sorted)]
        return [
            f"{self.entries:,}",
            self.program,
            _quantity(self.opened, "s"),
            _quantity(self.peak or math.inf, "bytes"),
            *rest,
        ]


class Section(msgspec.Struct):
    """The results of one section."""

    name: str
    taken: str
    """Date, commit, and how many processes wanted to run just before."""
    rows: list[Row] = []
    keys: list[Spread] = []
    growth: list[Growth] = []


ROW_HEAD = ["work", "measured", "yardstick", "times better", "to reach", "reached"]
KEY_HEAD = ["image", "program", "key", "presses", "median", "p95", "most"]
GROWTH_HEAD = ["entries", "program", "open", "memory", "cursor, p95", "filter", "sort"]


def keep(section: Section) -> None:
    """Put a section in place of its older results."""
    sections = {each.name: each for each in load()} | {section.name: section}
    _file().write_text(json.dumps(msgspec.to_builtins(list(sections.values())), indent=1))


def load() -> list[Section]:
    """What was measured last of each section."""
    file = _file()
    return msgspec.convert(json.loads(file.read_text()), list[Section]) if file.exists() else []


def lines(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table for a terminal and for Markdown."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, ["-" * width for width in widths], *rows):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"


def _file() -> Path:
    return kept("results.json")


def _quantity(value: float, unit: Unit) -> str:
    if math.isinf(value):
        return "—"
    if unit == "bytes":
        return str(humanize.naturalsize(value))
    return f"{value:.2f} s" if unit == "s" else f"{value:.1f} ms"


def _ratio(ratio: float) -> str:
    return "—" if not math.isfinite(ratio) else f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"
