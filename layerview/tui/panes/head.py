"""The first line: which image or images, how large, how efficient; while loading, how far; what went wrong."""

from __future__ import annotations

import math
from abc import abstractmethod
from time import monotonic

from textual.content import Content
from textual.widget import Widget

from layerview.errors import LayerviewError
from layerview.text import bar, duration, escape, size
from layerview.tui.panes.known import Loading

_PATIENCE = 2.0
"""Seconds of loading after which an estimate of the time left means something."""
NAME = 10
"""Columns that a name has at least, whatever happens."""
GAP = 2
"""Blanks between figures."""


class HeadLine(Widget):
    """One line. Where it is narrow, figures give way from the right, then the name's end; what happens has its room."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._error: LayerviewError | None = None
        self._loading: Loading | None = Loading()

    @abstractmethod
    def _facts(self, room: int) -> list[Content]:
        """The name, and what is known besides, the most important first, for so many columns in all."""

    def render(self) -> Content:
        width = self.size.width - 2
        right = self._news()
        room = width - (right.cell_length + GAP if right else 0)
        name, *facts = self._facts(room)
        left = name.truncate(max(room, NAME), ellipsis=True)
        for fact in facts:
            longer = Content.assemble(left, " " * GAP, fact)
            if longer.cell_length > room:
                break
            left = longer
        gap = max(width - left.cell_length - right.cell_length, GAP if right else 0)
        return Content.assemble(" ", left, " " * gap, right, " ").truncate(self.size.width, ellipsis=True)

    def _news(self) -> Content:
        """How far loading is, and what went wrong."""
        if self._error:
            room = max(self.size.width // 2, 20)
            return Content.styled(f"✗ {escape(self._error.message)}", "$text-error").truncate(room, ellipsis=True)
        loading = self._loading
        if loading is None:
            return Content("")
        if not loading.layers:
            told = "opening …" if loading.prepared else "nothing has come yet …"
            return Content.styled(_came(loading) if loading.done else told, "$text-accent")
        if loading.indexed == loading.layers:
            return Content.styled("merging layers …", "$text-accent")
        if not loading.prepared:
            what = "the engine is preparing its export …" if self.size.width >= 110 else "preparing …"
            return Content.styled(what, "$text-accent")
        text = f"{loading.indexed} of {loading.layers} layers indexed"
        if not loading.total:
            brief = f"{loading.indexed}/{loading.layers}" if self.size.width < 110 else text
            return Content.styled(f"{brief}, {_came(loading)}" if loading.done else f"{text} …", "$text-accent")
        done = min(loading.done, loading.total)
        if self.size.width < 110:
            return Content.styled(f"{loading.indexed}/{loading.layers} ▕{bar(done, loading.total, 6)}▏", "$text-accent")
        text += f" ▕{bar(done, loading.total, 8)}▏"
        if self.size.width >= 140:
            text += f" {size(done)} of {size(loading.total)}"
        elapsed = monotonic() - (loading.since or math.inf)
        if elapsed > _PATIENCE and 0 < done < loading.total:
            text += f", {duration(elapsed * (loading.total - done) / done)} left"
        return Content.styled(text, "$text-accent")


def _came(loading: Loading) -> str:
    """How much of a stream has come, and how fast it comes."""
    told = f"{size(loading.done)} of {size(loading.total)}" if loading.total else f"{size(loading.done)} read"
    return f"{told}, {size(round(loading.rate))}/s" if loading.rate else told


def tone_of(efficiency: float) -> str:
    """The colour that says how good an efficiency is."""
    return "$text-success" if efficiency >= 0.95 else "$text-warning" if efficiency >= 0.8 else "$text-error"
