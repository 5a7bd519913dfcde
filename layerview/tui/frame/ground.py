"""What holds other widgets and is not seen itself."""

from __future__ import annotations

from textual.containers import Vertical
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import ContentSwitcher

from layerview.tui.textual_private import Settled


class Ground(Settled):
    """Covered by what it holds: a line of it stands for all, which Textual would paint one by one beneath."""

    def render_lines(self, crop: Region) -> list[Strip]:
        return [Strip.blank(crop.width, self.visual_style.rich_style)] * crop.height


class Column(Ground, Vertical):
    """Widgets above each other."""


class Tabs(Ground, ContentSwitcher):
    """Widgets of which one is shown."""
