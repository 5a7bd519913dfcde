"""The Textual app around the list of a place's images."""

from __future__ import annotations

from collections.abc import Sequence

from layerview.sources import Alternative
from layerview.tui.base import BaseApp
from layerview.tui.pick.screen import PickScreen


class PickApp(BaseApp[Alternative]):
    """Has one of several images chosen, which is its result."""

    def __init__(self, alternatives: Sequence[Alternative], title: str, chosen: bool = False) -> None:
        super().__init__(chosen)
        self._screen = PickScreen(alternatives, title)

    def on_mount(self) -> None:
        self.push_screen(self._screen)
