"""What holds panes side by side or above each other."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from textual.containers import Container
from textual.geometry import NULL_OFFSET, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from layerview.tui.frame.ground import Ground
from layerview.tui.panes.arrangement import Arrangement, Place


class _PanesLayout(Layout):
    """Panes where an arrangement has them."""

    name: ClassVar[str] = "panes"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        assert isinstance(parent, Panes)
        panes = {_name(child): child for child in children}
        places = parent.places_of(panes, size)
        return [WidgetPlacement(Region(*places[name]), NULL_OFFSET, Spacing(), child) for name, child in panes.items()]


class Panes(Ground, Container):
    """Panes called ``NAME-pane``, of which those are arranged that are displayed."""

    def __init__(self, arrangement: Arrangement) -> None:
        super().__init__(id="panes")
        self.arrangement = arrangement
        self.layer_lines = 0
        """What all layers take, with the frame and the head."""
        self._panes_layout = _PanesLayout()

    @property
    def layout(self) -> Layout:
        return self._panes_layout

    def places_of(self, panes: Collection[str], size: Size) -> dict[str, Place]:
        """Where so many of them are to be."""
        return self.arrangement.places(panes, size.width, size.height, self.layer_lines)

    @property
    def places(self) -> dict[str, Place]:
        """Where those are to be that are displayed, once they are arranged anew."""
        return self.places_of([_name(child) for child in self.children if child.display], self.size)

    def arrange_anew(self) -> None:
        """Borders are elsewhere. Textual keeps where children are until one of them asks for another place."""
        self.children[0].refresh(layout=True)


def _name(pane: Widget) -> str:
    return (pane.id or "").removesuffix("-pane")
