"""What differs, as signs that read without colour, and as counts."""

from __future__ import annotations

from collections.abc import Iterable

from layerview.filesystem import Change, Counts, ImageComparison
from layerview.text import size

SIGNS = {Change.UNMODIFIED: " ", Change.ADDED: "+", Change.MODIFIED: "~", Change.REMOVED: "−"}
"""Each kind of change as a sign."""
SAME = "="
"""The sign of what is there twice, the very same."""


def signed(change: Change) -> str:
    """A kind of change as its sign and its name: "+ added"."""
    return f"{SIGNS[change]} {change.name.lower()}"


def counted_changes(counts: Counts) -> str:
    """How many paths changed: "3 added, 1 removed"."""
    return _told((change, count, 0) for change, count in _kinds(counts))


def compared(comparison: ImageComparison) -> str:
    """What the second image adds, has otherwise and lacks: paths, and bytes of files."""
    found = comparison.differences
    bytes_ = {Change.ADDED: found.added, Change.MODIFIED: found.modified, Change.REMOVED: found.removed}
    return _told((change, count, bytes_[change]) for change, count in _kinds(comparison.counts()))


def _kinds(counts: Counts) -> list[tuple[Change, int]]:
    return [(Change.ADDED, counts.added), (Change.MODIFIED, counts.modified), (Change.REMOVED, counts.removed)]


def _told(parts: Iterable[tuple[Change, int, int]]) -> str:
    told = [
        f"{count:,} {change.name.lower()}{f' ({size(bytes_)})' if bytes_ else ''}"
        for change, count, bytes_ in parts
        if count
    ]
    return ", ".join(told) or "no changes"
