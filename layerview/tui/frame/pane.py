"""The frame around a list: its title, and which pane has the keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from textual import events
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from layerview.tui.textual_private import Settled


class Pane(Settled, Vertical):
    """A titled frame, whose right and lower edge the mouse can be dragged by."""

    class Dragged(Message):
        """An edge was dragged to where the mouse is on the screen."""

        def __init__(self, pane: Pane, is_side: bool, x: int, y: int) -> None:
            super().__init__()
            self.pane = pane
            self.is_side = is_side
            self.x = x
            self.y = y

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Pane.Dragged) and message.pane is self.pane

    _dragged = ""
    """The edge that the mouse holds: "side" or "end"; empty for none."""

    _edges: tuple[Region, ...] = ()
    """What alone of the frame is to be painted anew while it changes; empty while it does not."""

    _title = _subtitle = Content("")

    def entitle(self, title: Content | str, subtitle: Content | str = "") -> None:
        """Set the titles at the top and at the bottom; plain strings are taken literally."""
        self._title, self._subtitle = (
            text if isinstance(text, Content) else Content(text) for text in (title, subtitle)
        )
        self._write_titles()

    def _write_titles(self) -> None:
        # No style of the frame, since with that Textual paints anew what is in it.
        title = self._title.stylize_before("$foreground bold") if self.has_class("-here") else self._title
        width, height = self.outer_size
        for content, name, y in ((title, "border_title", -1), (self._subtitle, "border_subtitle", height - 2)):
            if getattr(self, name) != content.markup:
                with self._painting(Region(-1, y, width, 1)):
                    setattr(self, name, content)

    def enter(self) -> None:
        """Look like the pane that has the keys, as no other then does.

        Its class is ``-here``, and ``-at-ID`` is one of the screen. Only frames look different for it, and where there is
        little room another pane is shown; Textual would style and paint all that is on the screen anew, for 50 ms.
        """
        if self.has_class("-here"):
            return
        panes = self.screen.query(Pane)
        shown = [pane.display for pane in panes]
        for pane in panes:
            pane.set_class(pane is self, "-here", update=False)
            self.screen.set_class(pane is self, f"-at-{pane.id}", update=False)
        for pane in panes:
            width, height = pane.outer_size
            sides = [Region(x, -1, 1, height) for x in (-1, width - 2)]
            ends = [Region(-1, y, width, 1) for y in (-1, height - 2)]
            with pane._painting(*sides, *ends):
                self.app.stylesheet.update_nodes((pane,))
            pane._write_titles()
        if shown != [pane.display for pane in panes]:
            self.screen.refresh(layout=True)

    @contextmanager
    def _painting(self, *edges: Region) -> Iterator[None]:
        """What changes meanwhile is nothing but these parts of the frame."""
        self._edges = edges
        try:
            yield
        finally:
            self._edges = ()

    def on_descendant_focus(self) -> None:
        if self.has_focus_within:  # still: keys may have led on before this came
            self.enter()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        width, height = self.outer_size
        if self.gutter.right and (event.x == width - 1 or event.y == height - 1):  # what it holds does not reach so far
            self._dragged = "side" if event.x == width - 1 else "end"
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragged:
            self.post_message(self.Dragged(self, self._dragged == "side", event.screen_x, event.screen_y))

    def on_mouse_up(self) -> None:
        if self._dragged:
            self._dragged = ""
            self.release_mouse()

    def render_lines(self, crop: Region) -> list[Strip]:
        """As any widget; but of the lines between its ends, which look the same, one is drawn and stands for all."""
        between = range(max(crop.y, 1), min(crop.bottom, self.outer_size.height - 1))
        if not between:
            return super().render_lines(crop)
        x, width = crop.x, crop.width
        return [
            *super().render_lines(Region(x, crop.y, width, between.start - crop.y)),
            *super().render_lines(Region(x, 1, width, 1)) * len(between),
            *super().render_lines(Region(x, between.stop, width, crop.bottom - between.stop)),
        ]

    def render_line(self, y: int) -> Strip:
        """There is nothing in it but what it holds."""
        return Strip.blank(self.size.width, self.visual_style.rich_style)

    def refresh(self, *regions: Region, layout: bool = False, **options: Any) -> Self:
        """As any widget; but while the frame changes that alone is painted, and nothing moves."""
        return super().refresh(*(regions or self._edges), layout=layout and not self._edges, **options)
