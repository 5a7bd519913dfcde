"""Layers stacked into one filesystem: its state at every layer, and the changes between any two.

``merge`` computes the merged tree as columns; ``Stack`` answers from them; ``Comparison`` holds two
states against each other, ``ImageComparison`` two images. Nothing here reads or writes.
"""

from layerview.filesystem.changes import Aspect, Reason
from layerview.filesystem.columns import ABSENT, Columns, Paths, Tree
from layerview.filesystem.comparison import Comparison
from layerview.filesystem.elsewhere import Elsewhere, elsewhere
from layerview.filesystem.listed import listed
from layerview.filesystem.measures import Measure, measured, measures
from layerview.filesystem.merge import merge
from layerview.filesystem.pairing import Differences, ImageComparison, align, differ
from layerview.filesystem.rivals import Rivals
from layerview.filesystem.soundness import check_tree
from layerview.filesystem.stack import Counts, Entry, Event, Stack
from layerview.filesystem.words import FILES, Vocabulary

__all__ = [
    "ABSENT",
    "FILES",
    "Aspect",
    "Columns",
    "Comparison",
    "Counts",
    "Differences",
    "Elsewhere",
    "Entry",
    "Event",
    "ImageComparison",
    "Measure",
    "Paths",
    "Reason",
    "Rivals",
    "Stack",
    "Tree",
    "Vocabulary",
    "align",
    "check_tree",
    "differ",
    "elsewhere",
    "listed",
    "measured",
    "measures",
    "merge",
]
