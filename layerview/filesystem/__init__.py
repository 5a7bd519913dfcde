"""Layers stacked into one filesystem: its state at every layer, and the changes between any two.

``merge`` computes the merged tree as columns; ``Stack`` answers from them; ``Comparison`` holds two
states against each other, ``ImageComparison`` two images; ``Outline`` is what of a comparison someone looks at. Nothing here reads or writes.
"""

from layerview.filesystem.changes import Aspect, Change, Reason
from layerview.filesystem.columns import ABSENT, Columns, Paths, Tree
from layerview.filesystem.comparison import Comparison
from layerview.filesystem.merge import merge
from layerview.filesystem.outline import Outline, SortOrder
from layerview.filesystem.pairing import Differences, ImageComparison, align, differ
from layerview.filesystem.rivals import Rivals
from layerview.filesystem.stack import Counts, Entry, Event, Stack

__all__ = [
    "ABSENT",
    "Aspect",
    "Change",
    "Columns",
    "Comparison",
    "Counts",
    "Differences",
    "Entry",
    "Event",
    "ImageComparison",
    "Outline",
    "Paths",
    "Reason",
    "Rivals",
    "SortOrder",
    "Stack",
    "Tree",
    "align",
    "differ",
    "merge",
]
