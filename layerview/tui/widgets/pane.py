"""The frame around a list: its title, and which pane has the keys."""

from __future__ import annotations

from typing import Any, Self

from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region


class Pane(Vertical):
    """A titled frame."""

    _edge: tuple[Region, ...] = ()
    """What is to be painted anew for a title; empty while none is being set."""

    def entitle(self, title: Content | str, subtitle: Content | str = "") -> None:
        """Set the titles at the top and at the bottom; plain strings are taken literally."""
        width, height = self.outer_size
        for text, name, y in ((title, "border_title", -1), (subtitle, "border_subtitle", height - 2)):
            content = text if isinstance(text, Content) else Content(text)
            if getattr(self, name) != content.markup:
                self._edge = (Region(-1, y, width, 1),)
                setattr(self, name, content)
                self._edge = ()

    def refresh(self, *regions: Region, **options: Any) -> Self:
        """As any widget; but a title is painted alone, where Textual would paint the whole frame, at each key."""
        return super().refresh(*(regions or self._edge), **options)
