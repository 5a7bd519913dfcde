"""The first line while an image is explored."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from layerview.analysis import Account
from layerview.errors import LayerviewError
from layerview.image import Image
from layerview.text import escape, percent, size
from layerview.tui.panes.head import GAP, HeadLine, tone_of
from layerview.tui.panes.known import Loading
from layerview.wording.figures import counted
from layerview.wording.layers import without


class Head(HeadLine):
    """The line of one image. Where it is narrow, what is wasted stays, and gives way what is less of a figure."""

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

    def _facts(self, room: int) -> list[Content]:
        title = escape(self._image.name if self._image else self._title)
        name = Content.styled(title, "bold $text-primary")
        if self._image is None:
            return [name]
        platform = Content(escape(str(self._image.platform)))
        sizes = [layer.size for layer in self._image.layers if layer.size is not None]
        total = sum(sizes) if sizes and len(sizes) == len(self._image.layers) else None
        account = self._account
        if account is None:
            stored = Content("… bytes" if total is None else size(total))
            return [name, platform, stored, Content("efficiency …"), Content("wasted …")]
        caveat = Content.styled(f" {self._caveat()}" if self._caveat() else "", "$text-warning")
        is_whole = total is not None and bool(caveat)  # as the engine counts it; what follows is of what has been read
        stored = Content(size(total)) if is_whole else Content.assemble(size(account.total_bytes), caveat)
        tone = tone_of(account.efficiency)
        share = Content.assemble((percent(account.efficiency), tone), caveat if is_whole else "")
        efficiency = Content.assemble("efficiency ", share)
        wasted = Content.assemble("wasted ", (size(account.wasted_bytes), tone if account.wasted_bytes else ""))
        files = f" in {counted(account.wasted_files, 'file')}" if account.wasted_files else ""
        ways = (
            [name, platform, stored, efficiency, wasted + files],
            [name, platform, stored, efficiency, wasted],
            [name, stored, efficiency, wasted],
            [name, stored, share, wasted],
        )
        return next((facts for facts in ways if sum(GAP + fact.cell_length for fact in facts) - GAP <= room), ways[-1])

    def _caveat(self) -> str:
        """Why the figures are not those of the whole image."""
        if not self._missing:
            return ""
        return "so far" if self._loading else without(self._missing)
