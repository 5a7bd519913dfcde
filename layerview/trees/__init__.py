"""Trees whose nodes are numbered in preorder, and what of one someone looks at: folded, hidden, filtered and sorted.

Whatever is numbered like this is shown by the same rows: ``Outline`` asks of it no more than ``Outlined`` says. Nothing here
knows of files, or of a screen.
"""

from layerview.trees.change import Change
from layerview.trees.flat import FlatRows
from layerview.trees.outline import Outline, SortOrder
from layerview.trees.outlined import Outlined, Sized
from layerview.trees.preorder import PathColumns, Preorder, Preordered, keys_of, numbered, preorder_key
from layerview.trees.ranking import Ranking

__all__ = [
    "Change",
    "FlatRows",
    "Outline",
    "Outlined",
    "PathColumns",
    "Preorder",
    "Preordered",
    "Ranking",
    "Sized",
    "SortOrder",
    "keys_of",
    "numbered",
    "preorder_key",
]
