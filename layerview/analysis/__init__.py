"""What images mean: which bytes of one are wasted, by which layers, and why; and which layers several of them share.

``waste_tree`` adds up what is wasted by groups and folders, ``secrets`` tells what looks like one by its name; ``stored`` has
all that layers store;
``sharing`` counts the bytes that images share, ``lineage`` draws them as a tree of the layers that they have in common;
``common_layers`` finds the layers of two.
"""

from layerview.analysis.common_layers import LayerPair, is_same, layer_pairs
from layerview.analysis.stored import STORED, Stored
from layerview.analysis.waste import Account, Waste, account
from layerview.analysis.waste_folds import first_folds
from layerview.analysis.waste_tree import WasteTree, gather
from layerview.analysis.waste_words import WASTED

__all__ = [
    "STORED",
    "WASTED",
    "Account",
    "LayerPair",
    "Stored",
    "Waste",
    "WasteTree",
    "account",
    "first_folds",
    "gather",
    "is_same",
    "layer_pairs",
]
