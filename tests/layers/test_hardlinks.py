"""Hard links of a layer: one inode has one owner, mode and time. The numbers are those of docs/semantics.md."""

from __future__ import annotations

import tarfile

import pytest

from layerview.errors import DamagedError
from layerview.layers import indexing
from layerview.layers.index import LayerIndex
from tests.builders import Entry, device, directory, file, hardlink, index, opaque, whiteout
from tests.layers.rows import rows_of, warnings_of


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


def test_link_to_what_comes_behind_it_keeps_its_own_header() -> None:
    """46"""
    layer = index(hardlink("b", "a", mtime=1), file("a", mtime=2), hardlink("c", "a", mtime=3))
    assert [time for _, _, _, time in metadata(layer)] == [1, 3, 3]


def test_long_chains_of_links_are_followed() -> None:
    """13"""
    links = (hardlink(f"l{n}", f"l{n - 1}", mtime=n) for n in range(1, 3_000))
    assert {time for _, _, _, time in metadata(index(file("l0", b"x"), *links))} == {2_999}


@pytest.mark.parametrize("removal", [whiteout("d/a"), whiteout("d"), opaque("d"), opaque()])
def test_link_behind_the_removal_of_its_target_has_none_and_is_warned_of(removal: Entry) -> None:
    """46"""
    layer = index(removal, hardlink("b", "d/a"), hardlink("c", "b"), file("d/e"))
    assert layer.links == {}
    assert [text for text in warnings_of(layer) if "hard link" in text] == [
        f"{name}: a hard link to what its layer removes before: not there, as with overlayfs" for name in "bc"
    ]


@pytest.mark.parametrize(
    "entries",
    [
        (hardlink("b", "d/a"), whiteout("d/a")),
        (whiteout("d/a"), file("d/a"), hardlink("b", "d/a")),
        (file("d/a"), whiteout("d/a"), hardlink("b", "d/a")),
        (whiteout("d/aa"), opaque("d/a"), opaque("e"), hardlink("b", "d/a")),
    ],
)
def test_link_before_the_removal_or_to_what_its_layer_has_or_to_another_path_keeps_its_target(
    entries: tuple[Entry, ...],
) -> None:
    """46"""
    layer = index(*entries)
    assert list(layer.links.values()) == [b"d/a"]
    assert not any("hard link" in text for text in warnings_of(layer))
