"""What the merged tree means: which bytes are wasted, by which layers, and why."""

from layerview.analysis.waste import Account, Waste, account

__all__ = ["Account", "Waste", "account"]
