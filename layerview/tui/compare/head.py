"""The first line while two images are compared."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from layerview.analysis import Account
from layerview.errors import LayerviewError
from layerview.filesystem import ImageComparison
from layerview.text import columns, escape, fit_path, percent, size
from layerview.tui.compare.describe import Names
from layerview.tui.panes.head import GAP, NAME, HeadLine, tone_of
from layerview.tui.panes.known import Loading
from layerview.wording.changes import compared
from layerview.wording.figures import both, difference

_TO = " → "


class PairHead(HeadLine):
    """Both names, sizes, what is wasted of these; while loading, how far; what went wrong.

    Where it is narrow, names give way first, from their beginnings, then figures from the right.
    """

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

    def _facts(self, room: int) -> list[Content]:
        one, other = self._accounts
        if self._comparison is None or one is None or other is None:
            return [self._named(room)]
        old, new = one.total_bytes, other.total_bytes
        tone = tone_of(other.efficiency)
        grown = Content.styled(difference(old, new), "$text-success" if new <= old else "$text-warning")
        efficiency = Content.styled(both(percent(one.efficiency), percent(other.efficiency)), tone)
        figures = [
            Content.assemble(both(size(old), size(new)), "  ", grown),
            Content.assemble("wasted ", (both(size(one.wasted_bytes), size(other.wasted_bytes)), tone)),
            Content.assemble("efficiency ", efficiency),
        ]
        if self._named(room).cell_length + _taken(figures) > room:
            figures[-1] = efficiency
        what = compared(self._comparison, self._settings, (one.wasted_bytes, other.wasted_bytes))
        return [self._named(room - _taken(figures)), *figures, *map(Content, what)]

    def _named(self, room: int) -> Content:
        """Both names, where there is no room for them without their beginnings: versions stand at the end."""
        names = list(map(escape, self._names))
        each = max((room - columns(_TO)) // 2, NAME)
        if sum(map(columns, names)) + columns(_TO) > room:
            spare = each - min(each, *map(columns, names))
            names = [fit_path(name, each + spare) for name in names]
        return Content(_TO).join(Content.styled(name, "bold $text-primary") for name in names)


def _taken(figures: Iterable[Content]) -> int:
    """How much room they take behind the names."""
    return sum(GAP + figure.cell_length for figure in figures)
