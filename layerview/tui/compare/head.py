"""The first line while two images are compared."""

from __future__ import annotations

from textual.content import Content

from layerview.analysis import Account
from layerview.errors import LayerviewError
from layerview.filesystem import ImageComparison
from layerview.text import escape, size
from layerview.tui.compare.describe import Names
from layerview.tui.panes.head import HeadLine
from layerview.tui.panes.known import Loading
from layerview.wording.changes import compared
from layerview.wording.figures import difference


class PairHead(HeadLine):
    """Both names, both sizes and the difference; while loading, how far; what went wrong."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self._names = names
        self._accounts: tuple[Account | None, Account | None] = (None, None)
        self._comparison: ImageComparison | None = None
        self._settings = 0

    def show(
        self,
        names: Names,
        accounts: tuple[Account | None, Account | None],
        comparison: ImageComparison | None,
        loading: Loading | None,
        error: LayerviewError | None,
        settings: int,
    ) -> None:
        """``loading`` is None once all is read that can be; of the configuration so many ``settings`` differ."""
        self._settings = settings
        self._names, self._accounts, self._comparison = names, accounts, comparison
        self._loading, self._error = loading, error
        self.refresh()

    def _facts(self) -> list[Content]:
        names = (Content.styled(escape(name), "bold $text-primary") for name in self._names)
        facts = [Content(" → ").join(names)]
        if self._comparison is None:
            return facts
        old, new = (account.total_bytes if account else 0 for account in self._accounts)
        facts.append(Content(f"{size(old)} → {size(new)}"))
        facts.append(Content.styled(difference(old, new), "$text-success" if new <= old else "$text-warning"))
        facts.append(Content(compared(self._comparison, self._settings)))
        return facts
