"""How far a pull is as a whole, by what an engine tells of each layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

import msgspec

from layerview.sources.pulling import LayerPull
from layerview.sources.rate import Rate
from layerview.text import duration, size


class Figures(msgspec.Struct, frozen=True):
    """How far a pull is as a whole."""

    layers: int
    complete: int
    fetched: int
    size: int
    """Bytes in all, of the layers whose size is known."""
    is_size_known: bool
    """Whether that is all of them."""
    rate: float
    """Bytes a second, by the last few; 0 where that is not known yet."""

    @property
    def left(self) -> float | None:
        """Seconds until all that is known of has come; None where nothing tells."""
        return (self.size - self.fetched) / self.rate if self.rate and self.size > self.fetched else None

    @property
    def words(self) -> list[str]:
        """The same for people, the most important first."""
        if not self.layers:
            return ["asking …"]
        words = [f"{self.complete} of {self.layers} layers"]
        more = "" if self.is_size_known else " or more"
        if self.size:
            words.append(f"{size(self.fetched)} of {size(self.size)}{more}")
        if self.complete == self.layers:
            return [*words, "finishing …"]
        if self.rate:
            words.append(f"{size(round(self.rate))}/s")
        if self.left is not None:
            words.append(f"{duration(self.left)}{more} left")
        return words


class Tally:
    """What a pull has told so far. One thread tells, another may ask."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._layers: dict[str, LayerPull] = {}
        self._rate = Rate(clock)

    def take(self, layer: LayerPull) -> None:
        """A layer is so far now."""
        self._layers[layer.id] = layer
        self._rate.note(self._fetched)

    @property
    def layers(self) -> Sequence[LayerPull]:
        """In the order in which the engine has named them."""
        return list(self._layers.values())

    def figures(self) -> Figures:
        """Those of now."""
        layers = self.layers
        fetched = self._fetched
        return Figures(
            len(layers),
            sum(layer.complete for layer in layers),
            fetched,
            sum(layer.size for layer in layers),
            all(layer.size or layer.complete for layer in layers),
            self._rate.at(fetched),
        )

    @property
    def _fetched(self) -> int:
        return sum(layer.fetched for layer in self.layers)
