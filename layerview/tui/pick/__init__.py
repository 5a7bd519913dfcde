"""Picking one of several images that there are in one place: an archive's, a layout's tags, a tag's platforms."""

from __future__ import annotations

from collections.abc import Sequence

from layerview.process.screen import prepare
from layerview.sources import Alternative
from layerview.tui.running import status_of


def pick(alternatives: Sequence[Alternative], *, title: str, chosen: bool = False) -> int | Alternative:
    """Have the reader choose one of several images of ``title``; the exit status where none is chosen.

    Where ``title`` was ``chosen`` from a list, leaving is as for :func:`layerview.tui.explore.explore`.
    """
    prepare()
    from layerview.tui.pick.app import PickApp

    app = PickApp(alternatives, title, chosen)
    outcome = app.run()
    return status_of(app) if outcome is None else outcome
