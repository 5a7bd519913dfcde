from __future__ import annotations

from layerview.filesystem import Counts
from layerview.trees import Change
from layerview.wording.changes import SIGNS, counted_changes, signed


def test_every_change_has_a_sign_of_its_own() -> None:
    assert SIGNS.keys() == set(Change)
    assert len(set(SIGNS.values())) == len(Change)
    assert signed(Change.REMOVED) == "− removed"


def test_only_what_there_is_is_counted() -> None:
    assert counted_changes(Counts(3_000, 0, 1)) == "3,000 added, 1 removed"
    assert counted_changes(Counts(0, 0, 0)) == "no changes"
