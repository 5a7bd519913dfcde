"""What differs, as signs that read without colour, and as counts."""

from __future__ import annotations

from collections.abc import Iterable

from layerview.filesystem import Counts, Elsewhere, ImageComparison
from layerview.text import size
from layerview.trees import Change

SIGNS = {Change.UNMODIFIED: " ", Change.ADDED: "+", Change.MODIFIED: "~", Change.REMOVED: "−"}
"""Each kind of change as a sign."""
SAME = "="
"""The sign of what is there twice, the very same."""
THIS_LAYER = "what this layer changed"
UP_TO_IT = "all changes up to it"
"""Which two states are compared: those below a layer and at it, or those at the first one and at it."""
_NOTHING = "no changes"


def signed(change: Change) -> str:
    """A kind of change as its sign and its name: "+ added"."""
    return f"{SIGNS[change]} {change.name.lower()}"


def between(below: int, at: int) -> str:
    """Which two states are compared, where these are any two layers'."""
    return f"from layer {below} to {at}"


def counted_changes(counts: Counts) -> str:
    """How many paths changed: "3 added, 1 removed"."""
    return ", ".join(_told((change, count, 0) for change, count in _kinds(counts))) or _NOTHING


def found_elsewhere(there: Elsewhere) -> str:
    """What another layer holds: "1 in layer 5, removed by layer 11"."""
    removed = f", removed by layer {there.removed_by}" if there.removed_by else ""
    return f"{there.paths:,} in layer {there.layer}{removed}"


def compared(comparison: ImageComparison, settings: int, wasted: tuple[int, int]) -> list[str]:
    """What the second image adds, has otherwise and lacks: paths, and bytes of files; and how many ``settings``, if any.

    ``wasted`` are the bytes that each image stores in vain, by which they differ where no path does.
    """
    found, (before, after) = comparison.differences, wasted
    bytes_ = {Change.ADDED: found.added, Change.MODIFIED: found.modified, Change.REMOVED: found.removed}
    paths = _told((change, count, bytes_[change]) for change, count in _kinds(comparison.counts()))
    told = paths or ["same files"]
    if settings:
        told.append(f"{settings} setting{'' if settings == 1 else 's'} changed")
    if before != after:
        told.append(f"the second wastes {size(abs(after - before))} {'more' if after > before else 'less'}")
    return told if told != ["same files"] else [_NOTHING]


def _kinds(counts: Counts) -> list[tuple[Change, int]]:
    return [(Change.ADDED, counts.added), (Change.MODIFIED, counts.modified), (Change.REMOVED, counts.removed)]


def _told(parts: Iterable[tuple[Change, int, int]]) -> list[str]:
    return [
        f"{count:,} {change.name.lower()}{f' ({size(bytes_)})' if bytes_ else ''}"
        for change, count, bytes_ in parts
        if count
    ]
