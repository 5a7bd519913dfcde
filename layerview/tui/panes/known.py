"""What is known of an image while its layers are read, and how far that is. No screen in it."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

import msgspec

from layerview.analysis import Account
from layerview.errors import LayerviewError
from layerview.filesystem import Counts, Stack
from layerview.image import Image, Layer
from layerview.sources.rate import Rate


class Loading(msgspec.Struct):
    """How far the image is read."""

    layers: int = 0
    """How many layers the image has; 0: not known yet."""
    indexed: int = 0
    done: int = 0
    """Bytes read so far."""
    total: int = 0
    """Bytes in all; 0: not known."""
    prepared: bool = True
    """False while an engine makes ready what it is going to send."""
    rate: float = 0.0
    """Bytes a second of a stream; 0: not known."""
    since: float | None = None
    """When the first of them were read, on the monotonic clock, in seconds."""

    @classmethod
    def joined(cls, each: Sequence[Loading]) -> Loading:
        """How far several images are read that are read together."""
        return cls(
            layers=sum(loading.layers for loading in each),
            indexed=sum(loading.indexed for loading in each),
            done=sum(loading.done for loading in each),
            total=sum(loading.total for loading in each) if all(loading.total for loading in each) else 0,
            prepared=all(loading.prepared for loading in each),
            rate=sum(loading.rate for loading in each),
            since=min((loading.since for loading in each if loading.since), default=None),
        )


class Known(msgspec.Struct):
    """What is known of the layers by now, each by its number; what is not, is not in it."""

    sizes: dict[int, int] = msgspec.field(default_factory=dict)
    """Bytes of regular files that the layer stores."""
    counts: dict[int, Counts] = msgspec.field(default_factory=dict)
    wasted: dict[int, int] = msgspec.field(default_factory=dict)
    """Bytes that the layer stores in vain."""
    progress: dict[int, tuple[int, int]] = msgspec.field(default_factory=dict)
    """Bytes read, and bytes in all (0: not known), of layers that are being indexed; of layer 0, of a stream of layers."""
    failures: dict[int, LayerviewError] = msgspec.field(default_factory=dict)
    _rate: Rate | None = None
    """Of a stream that has begun to come."""

    def progressed(self, layer: int, done: int, total: int) -> None:
        """So much is read of a layer that is being indexed; of layer 0, of a stream of layers."""
        self.progress[layer] = (done, total)
        if not layer and done:
            self._rate = self._rate or Rate(done=done)
            self._rate.note(done)

    @property
    def awaited(self) -> bool:
        """Whether an engine makes ready what it is going to send, and has sent nothing so far."""
        return self.progress.get(0) == (0, 0)

    @property
    def comes(self) -> bool:
        """Whether a stream has begun to come."""
        return self._rate is not None

    def take(self, stack: Stack, account: Account) -> None:
        """Know what the stack and its account tell of the layers that it has."""
        present = [number for number in range(1, stack.layers + 1) if number not in stack.missing]
        self.sizes = {number: stack.stored(number) for number in present}
        self.counts = {number: stack.counts(number) for number in present}
        self.wasted = dict(account.wasted_by_layer)

    def measure(self, loading: Loading, image: Image | None) -> None:
        """Put down how far an image is read."""
        progress, layers = self.progress, image.layers if image else ()
        loading.layers = len(layers)
        if 0 in progress:
            loading.done, loading.total = progress[0]
            loading.rate = self._rate.at(loading.done) if self._rate else 0.0
        else:
            # A layer may be read from a small part of its bytes, or from an engine's record of it: its share counts.
            parts = {number: done / total for number, (done, total) in progress.items() if total}
            parts |= dict.fromkeys(self.counts, 1.0)
            sizes = {layer.number: self._size_of(layer) for layer in layers}
            loading.done = round(sum((sizes.get(number) or 0) * part for number, part in parts.items()))
            loading.total = 0 if None in sizes.values() else sum(size or 0 for size in sizes.values())
        loading.prepared = not self.awaited
        if loading.since is None and loading.done:
            loading.since = monotonic()
        read = {number for number, (done, total) in progress.items() if number and done >= total > 0}
        loading.indexed = len(read | self.counts.keys())

    def _size_of(self, layer: Layer) -> int | None:
        """Bytes of a layer, as far as anything tells."""
        sizes = (layer.stored_size, layer.size, self.progress.get(layer.number, (0, 0))[1] or None)
        return next((size for size in sizes if size is not None), None)
