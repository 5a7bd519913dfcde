"""What an exploration has told of an image by now. No screen in it."""

from __future__ import annotations

from layerview.analysis import Account
from layerview.exploration import Described, LayerFailed, Progressed, Restacked
from layerview.filesystem import Stack
from layerview.image import Image
from layerview.tui.panes.known import Known, Loading


class Told:
    """An image that is being explored, as far as that has come."""

    def __init__(self) -> None:
        self.image: Image | None = None
        self.stack: Stack | None = None
        self.account: Account | None = None
        self.known = Known()
        """What is known of its layers."""
        self.loading = Loading()

    def take(self, event: object) -> None:
        """Know what an event tells."""
        match event:
            case Described(image):
                self.image = image
            case Progressed(layer, done, total):
                self.known.progressed(layer, done, total)
            case Restacked(stack, account):
                self.stack, self.account = stack, account
                self.known.take(stack, account)
            case LayerFailed(layer, error):
                self.known.failures[layer] = error

    def measure(self) -> Loading:
        """How far it is read."""
        self.known.measure(self.loading, self.image)
        return self.loading
