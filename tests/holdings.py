"""Images of layers that are letters, as a place holds them."""

from __future__ import annotations

from hypothesis import strategies as st

from layerview.analysis.sharing import Holding
from layerview.image import ListedLayer

_SIZES = {"a": 10_000_000, "b": 5_000_000, "c": 40_000_000, "d": 1_000, "e": 0, "f": None}


def holding(names: str) -> Holding:
    """An image of these layers, the lowest first."""
    return Holding("docker", names, tuple(ListedLayer(name, _SIZES[name]) for name in names))


IMAGES = st.lists(st.lists(st.sampled_from("abcdef"), max_size=6).map("".join).map(holding), max_size=8)
