"""What images mean: which bytes of one are wasted, by which layers, and why; and which layers several of them share.

``sharing`` counts the bytes that images share, ``lineage`` draws them as a tree of the layers that they have in common.
"""

from layerview.analysis.waste import Account, Waste, account

__all__ = ["Account", "Waste", "account"]
