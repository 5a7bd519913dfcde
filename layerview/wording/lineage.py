"""The picture of what images share: a tree that grows from the layers which they have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from layerview.analysis.lineage import Branch, all_branches
from layerview.text import UNLIMITED, bar, fit
from layerview.wording.figures import at_least

_NAMED = 3
"""How many images that end at one place are named; the rest is counted."""
_DRAWN_FOR = 80
"""Columns, where there is no width that bars could be a part of."""


def picture(tree: Sequence[Branch], labels: Sequence[str], width: int) -> Iterator[str]:
    """A line for each branch: bytes, layers, a bar of the bytes, and the images that end there or go on from there.

    ``labels`` name the images, harmlessly; no line takes more than ``width`` columns.
    """
    most = max((branch.bytes for branch in all_branches(tree)), default=0)
    bars = max((_DRAWN_FOR if width == UNLIMITED else width) // 6, 8)
    for branch, stem in _stems(tree):
        drawn = bar(branch.bytes, most, bars)
        line = f"{at_least(branch.bytes, branch.is_known):>7}  {len(branch.layers):>6}  {drawn}  {stem}{_label(branch, labels)}"
        yield fit(line, width)


def _label(branch: Branch, labels: Sequence[str]) -> str:
    names = [labels[number] for number in branch.ending[:_NAMED]]
    if branch.branches:
        names.insert(0, f"in {len(branch.members)} images")
    if len(branch.ending) > _NAMED:
        names.append(f"{len(branch.ending) - _NAMED} more")
    return " · ".join(names)


def _stems(tree: Sequence[Branch], stem: str | None = None) -> Iterator[tuple[Branch, str]]:
    """Each branch, with the lines that lead to it."""
    for branch in tree:
        if stem is None:
            yield branch, ""
            yield from _stems(branch.branches, "")
        else:
            is_last = branch is tree[-1]
            yield branch, f"{stem}{'└─ ' if is_last else '├─ '}"
            yield from _stems(branch.branches, f"{stem}{'   ' if is_last else '│  '}")
