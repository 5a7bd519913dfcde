"""Hard links of a layer: one inode has one owner, mode and time. The numbers are those of docs/semantics.md."""

from __future__ import annotations

import tarfile

import pytest

from layerview.errors import DamagedError
from layerview.layers import indexing
from layerview.layers.index import LayerIndex
from tests.builders import Entry, device, directory, file, hardlink, index
from tests.layers.rows import rows_of


def metadata(layer: LayerIndex) -> list[tuple[str, int, int, int]]:
    """Path, mode, owner and time in seconds of all rows."""
    return [(row.path.decode(), row.mode, row.uid, row.mtime // 1_000_000_000) for row in rows_of(layer)]


def test_last_header_of_an_inode_holds_for_all_its_names() -> None:
    """13"""
    layer = index(
        file("a", b"x", mode=0o600, uid=1, mtime=1),
        hardlink("b", "a", mode=0o644, uid=2, mtime=2),
        file("other", mtime=9),
        hardlink("c", "b", mode=0o4755, uid=3, mtime=3),
    )
    assert metadata(layer) == [
        ("a", 0o4755, 3, 3), ("b", 0o4755, 3, 3), ("other", 0o644, 0, 9), ("c", 0o4755, 3, 3),
    ]  # fmt: skip
    assert [row.size for row in rows_of(layer)] == [1, 0, 0, 0]


def test_file_that_takes_a_name_of_an_inode_has_its_own_header() -> None:
    """13"""
    layer = index(file("a", mtime=1), hardlink("b", "a", mtime=2), file("a", mtime=3), hardlink("c", "a", mtime=4))
    assert [time for _, _, _, time in metadata(layer)] == [2, 2, 4, 4]


def test_attributes_of_all_headers_add_up() -> None:
    """13"""
    more = Entry("b", tarfile.LNKTYPE, target="a", xattrs={"user.a": b"2", "user.b": b"3"})
    layer = index(file("a", xattrs={"user.a": b"1", "user.c": b"4"}), more, hardlink("c", "a"))
    assert [row.xattrs for row in rows_of(layer)] == [{b"user.a": b"2", b"user.b": b"3", b"user.c": b"4"}] * 3


def test_attributes_of_many_links_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "MAX_TEXT", 100_000)
    with pytest.raises(DamagedError, match="names and attributes"):
        index(file("a", xattrs={"user.a": bytes(10_000)}), *(hardlink(f"b{n}", "a") for n in range(20)))


def test_symbolic_links_have_the_mode_that_linux_gives_them() -> None:
    """31"""
    layer = index(Entry("s", tarfile.SYMTYPE, mode=0o644, target="x"), hardlink("h", "s", mode=0o600, uid=4))
    assert metadata(layer) == [("s", 0o777, 4, 0), ("h", 0o777, 4, 0)]


def test_devices_share_their_header_too() -> None:
    """13"""
    assert metadata(index(device("n", 1, 3, mode=0o600), hardlink("m", "n", mode=0o666)))[0] == ("n", 0o666, 0, 0)


def test_links_to_lower_layers_to_folders_and_in_a_circle_keep_their_own_headers() -> None:
    layer = index(
        directory("d", mtime=1), hardlink("a", "d", mtime=2), hardlink("b", "lower", mtime=3),
        hardlink("c", "b", mtime=4), hardlink("e", "f", mtime=5), hardlink("f", "e", mtime=6),
    )  # fmt: skip
    assert [time for _, _, _, time in metadata(layer)] == [1, 2, 3, 4, 5, 6]


def test_long_chains_of_links_forward_are_followed() -> None:
    """20: no engine takes a link to what comes behind it; here it names that"""
    layer = index(*(hardlink(f"l{n}", f"l{n + 1}") for n in range(3_000)), file("l3000", b"x", mtime=7))
    assert {time for _, _, _, time in metadata(layer)} == {7}
