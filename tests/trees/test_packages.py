"""What is outlined need be no filesystem: a tree of packages folds, hides, filters and sorts by the same rows."""

from __future__ import annotations

from layerview.trees import Change, Outline, SortOrder
from tests.trees.packages import Packages

BEFORE = {"debian/libc6": 13, "debian/perl": 50, "python/pip": 9, "python/web/flask": 2, "python/web/jinja2": 4}
AFTER = {"debian/libc6": 14, "debian/perl": 50, "python/pip": 9, "python/web/flask": 2, "node/left-pad": 1}


def outline() -> Outline[Packages]:
    return Outline(Packages(BEFORE, AFTER))


def shown(seen: Outline[Packages]) -> list[str]:
    """The rows by their paths; groups end in a slash."""
    return [seen.outlined.tree.path(n).decode() + "/" * seen.outlined.is_folder(n) for n in seen.rows]


def at(seen: Outline[Packages], path: str) -> int:
    found = seen.outlined.tree.find(path.encode())
    assert found is not None
    return found


def test_groups_open_and_close() -> None:
    seen = outline()
    assert shown(seen) == ["debian/", "node/", "python/"]
    seen.toggle(at(seen, "python"))
    assert shown(seen) == ["debian/", "node/", "python/", "python/pip", "python/web/"]
    seen.toggle(at(seen, "python/web"))
    seen.toggle(at(seen, "debian"))
    assert shown(seen)[:3] == ["debian/", "debian/libc6", "debian/perl"]
    seen.close_all()
    seen.toggle(at(seen, "python/pip"))
    assert shown(seen) == ["debian/", "node/", "python/"], "a package is no group"
    seen.open_all()
    assert len(seen.rows) == 10


def test_kinds_of_change_hide() -> None:
    seen = outline()
    seen.open_all()
    seen.show(Change.UNMODIFIED, False)
    assert shown(seen) == [
        "debian/",
        "debian/libc6",
        "node/",
        "node/left-pad",
        "python/web/",
        "python/web/jinja2",
    ]
    seen.show(Change.REMOVED, False)
    assert shown(seen) == ["debian/", "debian/libc6", "node/", "node/left-pad"]


def test_a_filter_finds_packages_by_their_paths() -> None:
    seen = outline()
    seen.filter("^/python/.*[ai]$|perl")
    assert (shown(seen), seen.matches) == (["debian/", "debian/perl"], 1)
    seen.filter("jin")
    assert shown(seen) == ["python/web/", "python/web/jinja2"]
    seen.filter("")
    assert shown(seen) == ["debian/", "node/", "python/"]


def test_packages_stand_by_size_and_by_changes() -> None:
    seen = outline()
    seen.sort(SortOrder.SIZE)
    assert shown(seen) == ["debian/", "python/", "node/"]
    seen.toggle(at(seen, "debian"))
    assert shown(seen) == ["debian/", "debian/perl", "debian/libc6", "python/", "node/"]
    seen.sort(SortOrder.CHANGES)
    assert shown(seen) == ["node/", "debian/", "debian/libc6", "debian/perl", "python/"]


def test_keys_lead_from_change_to_change_and_to_any_package() -> None:
    seen = outline()
    assert seen.next_change(at(seen, "debian/libc6"), 1) == at(seen, "node")
    assert seen.next_change(at(seen, "node/left-pad"), 1) == at(seen, "python/web/jinja2")
    row = seen.reveal(at(seen, "python/web/flask"))
    assert shown(seen)[row] == "python/web/flask"


def test_another_tree_keeps_folds_filter_and_hidden_kinds() -> None:
    seen = outline()
    seen.toggle(at(seen, "python"))
    seen.filter("p")
    seen.show(Change.ADDED, False)
    seen.turn_to(Packages(BEFORE | {"alpine/apk": 1}, AFTER))
    assert shown(seen) == [
        *("alpine/", "alpine/apk", "debian/", "debian/perl"),
        *("python/", "python/pip", "python/web/", "python/web/flask", "python/web/jinja2"),
    ]
