"""Layers in a list, of one image or of two."""

from __future__ import annotations

from abc import abstractmethod

from layerview.tui.lists.line_list import LineList


class LayerRows(LineList):
    """A list of layers, which keys of other panes move through."""

    @abstractmethod
    def move_by_layer(self, step: int) -> None:
        """To the next layer, or with a ``step`` of -1 to the one before."""
