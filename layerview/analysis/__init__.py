"""What the merged tree means: which bytes are wasted, by which layers, and why; which layers images have in common."""

from layerview.analysis.common_layers import LayerPair, layer_pairs
from layerview.analysis.waste import Account, Waste, account

__all__ = ["Account", "LayerPair", "Waste", "account", "layer_pairs"]
