"""Trees whose nodes are numbered in preorder, and what of one someone looks at: folded, hidden, filtered and sorted.

Whatever is numbered like this is shown by the same rows: ``Outline`` asks of it no more than ``Outlined`` says. Nothing here
knows of files, or of a screen.
"""

from layerview.trees.change import Change
from layerview.trees.outline import Outline, SortOrder
from layerview.trees.outlined import Outlined
from layerview.trees.preorder import PathColumns, Preorder, Preordered, keys_of, numbered, preorder_key

__all__ = [
    "Change",
    "Outline",
    "Outlined",
    "PathColumns",
    "Preorder",
    "Preordered",
    "SortOrder",
    "keys_of",
    "numbered",
    "preorder_key",
]
