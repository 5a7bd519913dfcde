"""The first line: which image or images, how large, how efficient; while loading, how far; what went wrong."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic

from textual.content import Content
from textual.widget import Widget

from layerview.analysis import Account
from layerview.errors import LayerviewError
from layerview.image import Image
from layerview.text import bar, duration, escape, percent, size

_PATIENCE = 2.0
"""Seconds of loading after which an estimate of the time left means something."""
_NAME = 10
"""Columns that the name has at least, whatever happens."""


@dataclass
class Loading:
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
    since: float | None = None
    """When the first of them were read, on the monotonic clock, in seconds."""


class HeadLine(Widget):
    """One line. Where it is narrow, figures give way from the right, then the name's end; what happens has its room."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._error: LayerviewError | None = None
        self._loading: Loading | None = Loading()

    @abstractmethod
    def _facts(self) -> list[Content]:
        """The name, and what is known besides, the most important first."""

    def render(self) -> Content:
        width = self.size.width - 2
        right = self._news()
        room = width - (right.cell_length + 2 if right else 0)
        name, *facts = self._facts()
        left = name.truncate(max(room, _NAME), ellipsis=True)
        for fact in facts:
            longer = Content.assemble(left, "  ", fact)
            if longer.cell_length > room:
                break
            left = longer
        gap = max(width - left.cell_length - right.cell_length, 2 if right else 0)
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
            read = f" {size(loading.done)} read" if loading.done else ""
            return Content.styled(f"opening …{read}", "$text-accent")
        if loading.indexed == loading.layers:
            return Content.styled("merging layers …", "$text-accent")
        if not loading.prepared:
            what = "the engine is preparing its export …" if self.size.width >= 110 else "preparing …"
            return Content.styled(what, "$text-accent")
        text = f"{loading.indexed} of {loading.layers} layers indexed"
        if not loading.total:
            return Content.styled(f"{text} …", "$text-accent")
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


class Head(HeadLine):
    """The line of one image."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._image: Image | None = None
        self._account: Account | None = None
        self._missing: list[int] = []

    def show(
        self,
        image: Image | None,
        account: Account | None,
        missing: Iterable[int],
        loading: Loading | None,
        error: LayerviewError | None,
    ) -> None:
        """``missing`` are layers that ``account`` knows nothing of; ``loading`` is None once all is read that can be."""
        self._image, self._account, self._missing = image, account, sorted(missing)
        self._loading, self._error = loading, error
        self.refresh()

    def _facts(self) -> list[Content]:
        title = escape(self._image.name if self._image else self._title)
        facts = [Content.styled(title, "bold $text-primary")]
        if self._image is None:
            return facts
        facts.append(Content(escape(str(self._image.platform))))
        sizes = [layer.size for layer in self._image.layers if layer.size is not None]
        total = sum(sizes) if sizes and len(sizes) == len(self._image.layers) else None
        account = self._account
        if account is None:
            facts.append(Content("… bytes" if total is None else size(total)))
            return [*facts, Content("efficiency …"), Content("wasted …")]
        caveat = self._caveat()
        known = size(account.total_bytes if total is None or not caveat else total)
        facts.append(Content.assemble(known, (f" {caveat}" if caveat else "", "$text-warning")))
        efficiency = account.efficiency
        tone = "$text-success" if efficiency >= 0.95 else "$text-warning" if efficiency >= 0.8 else "$text-error"
        facts.append(Content.assemble("efficiency ", (percent(efficiency), tone)))
        wasted = (size(account.wasted_bytes), tone if account.wasted_bytes else "")
        files = f" in {account.wasted_files:,} file{'' if account.wasted_files == 1 else 's'}"
        facts.append(Content.assemble("wasted ", wasted, files if account.wasted_files else ""))
        return facts

    def _caveat(self) -> str:
        """Why the figures are not those of the whole image."""
        if self._loading:
            return "so far"
        if not self._missing:
            return ""
        return f"without layer{'' if len(self._missing) == 1 else 's'} {', '.join(map(str, self._missing))}"
