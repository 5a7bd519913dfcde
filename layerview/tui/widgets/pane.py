"""The frame around a list: its title, and which pane has the keys."""

from __future__ import annotations

from textual.containers import Vertical
from textual.content import Content


class Pane(Vertical):
    """A titled frame."""

    def entitle(self, title: Content | str, subtitle: Content | str = "") -> None:
        """Set the titles at the top and at the bottom; plain strings are taken literally."""
        for text, name in ((title, "border_title"), (subtitle, "border_subtitle")):
            content = text if isinstance(text, Content) else Content(text)
            if getattr(self, name) != content.markup:
                setattr(self, name, content)
