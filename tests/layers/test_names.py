"""Where entries go: whiteouts, names and links. The numbers are those of docs/semantics.md."""

from __future__ import annotations

import pytest

from layerview.errors import DamagedError
from layerview.layers import Kind, names
from layerview.layers.names import Links
from tests.builders import Entry, device, directory, fifo, file, hardlink, index, opaque, symlink, whiteout
from tests.layers.rows import kinds_of, paths_of, rows_of, warnings_of


def test_whiteout_carries_the_path_that_it_removes() -> None:
    """1"""
    assert kinds_of(index(whiteout("etc/passwd"), whiteout("top"))) == [
        ("etc/passwd", Kind.WHITEOUT),
        ("top", Kind.WHITEOUT),
    ]


def test_whiteout_and_entry_of_one_name_both_stay_in_the_index() -> None:
    """1"""
    layer = index(file("a/b"), whiteout("a/b"), file("a/b/c"))
    assert kinds_of(layer) == [("a/b", Kind.FILE), ("a/b", Kind.WHITEOUT), ("a/b/c", Kind.FILE)]
    assert warnings_of(layer) == ["a/b: listed beside its whiteout: it stays; engines differ in what is below it"]


def test_opaque_marker_carries_its_directory() -> None:
    """2"""
    layer = index(opaque("a/b"), opaque())
    assert kinds_of(layer) == [("a/b", Kind.OPAQUE), ("", Kind.OPAQUE)]
    assert warnings_of(layer) == [
        ".wh..wh..opq: an opaque root hides all that is below; engines that use overlayfs pass over it"
    ]


def test_character_device_0_0_is_a_device_with_a_warning() -> None:
    """9"""
    layer = index(device("a", 0, 0), device("b", 0, 0, block=True))
    assert kinds_of(layer) == [("a", Kind.CHAR), ("b", Kind.BLOCK)]
    assert warnings_of(layer) == ["a: a character device 0:0: engines that use overlayfs take it for a whiteout"]


@pytest.mark.parametrize("folder", ["", "a/"])
def test_opaque_marker_is_the_exact_name(folder: str) -> None:
    """3"""
    assert kinds_of(index(file(f"{folder}.wh..wh..opqX"))) == [(f"{folder}.wh..opqX", Kind.WHITEOUT)]


def test_whiteout_has_no_size_even_if_its_entry_has() -> None:
    """20"""
    (row,) = rows_of(index(file(".wh.a", b"content")))
    assert (row.size, row.crc) == (0, None)


@pytest.mark.parametrize("name", [".wh.", ".wh..", ".wh..."])
def test_whiteout_that_names_nothing_is_left_out_with_a_warning(name: str) -> None:
    """6"""
    layer = index(file(f"a/{name}"), file("a/b"))
    assert paths_of(layer) == [b"a/b"]
    assert warnings_of(layer) == [f"a/{name}: a whiteout that names nothing: left out"]


def test_aufs_bookkeeping_at_the_root_is_hidden_and_links_into_it_keep_their_target() -> None:
    """7"""
    layer = index(
        directory(".wh..wh.plnk"),
        file(".wh..wh.plnk/12.34", b"data"),
        file(".wh..wh.aufs"),
        directory(".wh..wh.orph"),
        hardlink("bin/tool", ".wh..wh.plnk/12.34"),
    )
    assert kinds_of(layer) == [
        (".wh..wh.plnk/12.34", Kind.HIDDEN),
        (".wh..wh.aufs", Kind.HIDDEN),
        ("bin/tool", Kind.HARDLINK),
    ]
    assert rows_of(layer)[0].size == 4
    assert rows_of(layer)[2].link == b".wh..wh.plnk/12.34"
    assert warnings_of(layer) == []


def test_aufs_name_in_another_folder_is_a_whiteout() -> None:
    """7"""
    assert kinds_of(index(file("a/.wh..wh.plnk"))) == [("a/.wh.plnk", Kind.WHITEOUT)]


@pytest.mark.parametrize(
    ("entry", "row"),
    [(directory("a/.wh.b"), ("a/b", Kind.WHITEOUT)), (directory("a/.wh..wh..opq"), ("a", Kind.OPAQUE))],
)
def test_directory_with_the_name_of_a_whiteout_is_one_with_a_warning(entry: Entry, row: tuple[str, Kind]) -> None:
    """8"""
    layer = index(entry)
    assert kinds_of(layer) == [row]
    assert "taken for the whiteout" in warnings_of(layer)[0]


def test_what_stands_below_a_whiteout_is_never_shown_but_its_bytes_count() -> None:
    """4, 8"""
    layer = index(file("a/.wh.b/c", b"xy"), directory("a/.wh.b/d"))
    assert kinds_of(layer) == [("a/.wh.b/c", Kind.HIDDEN)]
    assert len(layer.warnings) == 2


def test_character_device_0_0_is_a_device() -> None:
    """9"""
    (row,) = rows_of(index(device("a", 0, 0)))
    assert (row.kind, row.device) == (Kind.CHAR, (0, 0))


def test_same_path_twice_keeps_both_rows_with_a_warning() -> None:
    """13"""
    layer = index(file("a", b"1"), file("b"), file("./a", b"22"))
    assert [row.size for row in rows_of(layer)] == [1, 0, 2]
    assert warnings_of(layer) == ["a: listed 2 times: the last one holds"]


def test_entry_below_a_symbolic_link_of_the_same_layer_lands_where_it_points() -> None:
    """14"""
    layer = index(
        directory("usr/bin"), symlink("bin", "usr/bin"), file("bin/sh"), symlink("x/y", "/usr"), opaque("x/y")
    )
    assert kinds_of(layer)[2:] == [("usr/bin/sh", Kind.FILE), ("x/y", Kind.SYMLINK), ("usr", Kind.OPAQUE)]


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("usr", b"a/usr/f"),
        ("/usr", b"usr/f"),
        ("../usr", b"usr/f"),
        ("../../../usr", b"usr/f"),
        ("./usr//lib/.", b"a/usr/lib/f"),
        ("/", b"f"),
        ("../c", b"d/f"),
    ],
)
def test_link_of_the_same_layer_is_followed_inside_the_root(target: str, lands: bytes) -> None:
    """14: relative, absolute, above the root, through another link"""
    assert paths_of(index(symlink("c", "d"), symlink("a/b", target), file("a/b/f")))[-1] == lands


def test_whiteouts_and_hard_links_go_through_links_of_the_same_layer() -> None:
    """14"""
    layer = index(symlink("bin", "usr/bin"), whiteout("bin/x"), file("bin/a"), hardlink("b", "bin/a"))
    assert kinds_of(layer)[1:3] == [("usr/bin/x", Kind.WHITEOUT), ("usr/bin/a", Kind.FILE)]
    assert rows_of(layer)[3].link == b"usr/bin/a"


def test_links_in_a_circle_are_not_followed_and_warned_of() -> None:
    """14"""
    layer = index(symlink("a", "b"), symlink("b", "a"), file("a/f"))
    assert paths_of(layer)[-1] == b"a/f"
    assert "in a circle" in warnings_of(layer)[0]


def test_directory_that_takes_a_links_place_ends_its_redirection() -> None:
    """13, 14"""
    assert paths_of(index(symlink("a", "b"), directory("a"), file("a/f")))[-1] == b"a/f"


@pytest.mark.parametrize("other", [file("p"), symlink("p", "e"), fifo("p")])
def test_link_goes_with_a_folder_that_something_else_takes_the_place_of(other: Entry) -> None:
    """13, 14: what another link redirects to is not what was there before"""
    layer = index(directory("d"), directory("p"), symlink("p/l", "/d"), other, directory("p"), file("p/l/f"))
    assert paths_of(layer)[-1] == b"p/l/f"
    layer = index(symlink("p/a/l", "/d"), other, file("p/a/l/f"))
    assert paths_of(layer)[-1] == (b"e/a/l/f" if other.target else b"p/a/l/f")


def test_link_stays_in_a_folder_that_is_listed_again() -> None:
    """10, 14"""
    assert paths_of(index(symlink("p/l", "/d"), directory("p"), directory("p/l/"), file("p/l/f")))[-1] == b"p/l/f"
    assert paths_of(index(symlink("p/l", "/d"), directory("p"), file("p/l/f")))[-1] == b"d/f"


@pytest.mark.parametrize("name", ["a/b", "./a/b", "/a/b", "a//b", "a/./b", ".//a///b", "a/c/../b", "a/b/.", "//a/b"])
def test_names_fold_to_one_path(name: str) -> None:
    """28"""
    layer = index(directory("a"), file(name))
    assert paths_of(layer) == [b"a", b"a/b"]
    assert warnings_of(layer) == []


@pytest.mark.parametrize("name", ["x/b/", "x/b//", "x//b///", "./x/b/./", "x/b/c/..//"])
def test_what_is_in_a_folder_stays_in_it_however_its_entry_ends(name: str) -> None:
    """28"""
    layer = index(directory("x"), directory(name), file("x/b/c"), file("x/d"))
    assert paths_of(layer) == [b"x", b"x/b", b"x/b/c", b"x/d"]
    assert warnings_of(layer) == []


@pytest.mark.parametrize("name", [".", "./", "/"])
def test_root_entry_carries_the_roots_metadata(name: str) -> None:
    """28"""
    (row,) = rows_of(index(directory(name, mode=0o700, uid=5)))
    assert (row.path, row.kind, row.mode, row.uid) == (b"", Kind.DIRECTORY, 0o700, 5)


def test_root_that_is_no_directory_is_left_out() -> None:
    """28"""
    layer = index(file("."), file("a"))
    assert paths_of(layer) == [b"a"]
    assert "the root can only be a directory" in warnings_of(layer)[0]


def test_empty_name_is_skipped_with_a_warning() -> None:
    """28"""
    layer = index(file("", b"content"), file("a"))
    assert paths_of(layer) == [b"a"]
    assert "without a name" in warnings_of(layer)[0]


@pytest.mark.parametrize("name", ["../a", "/../a", "b/../../a", "../../../a"])
def test_parent_steps_stop_at_the_root_with_a_warning(name: str) -> None:
    """29"""
    layer = index(file(name))
    assert paths_of(layer) == [b"a"]
    assert "above the root" in warnings_of(layer)[0]


def test_hard_links_target_is_made_normal_and_a_symbolic_links_is_not() -> None:
    """28"""
    layer = index(hardlink("a", "./b//c"), symlink("d", "./b//c"))
    assert [row.link for row in rows_of(layer)] == [b"b/c", b"./b//c"]


def test_names_are_bytes() -> None:
    """32"""
    names = [b"\xff\xfe", b"new\nline", b"esc\x1b[2J", "\u202eabc".encode(), b"caf\xe9/" + b"x" * 200]
    assert paths_of(index(*(file(name) for name in names))) == names


def test_estargz_metadata_at_the_root_is_left_out() -> None:
    """35"""
    layer = index(
        file(".prefetch.landmark", b"\xf0"),
        file("stargz.index.json", b"{}"),
        file(".no.prefetch.landmark"),
        file("a/stargz.index.json"),
    )
    assert paths_of(layer) == [b"a/stargz.index.json"]
    assert warnings_of(layer) == []


def test_layer_without_entries_works() -> None:
    """41"""
    assert (paths_of(index()), index().tar_size) == ([], 1024)


def test_windows_layers_keep_their_folders() -> None:
    """42"""
    layer = index(directory("Files"), file("Files/Windows/x.dll", b"MZ"), file("Hives/Sam_Delta"))
    assert paths_of(layer) == [b"Files", b"Files/Windows/x.dll", b"Hives/Sam_Delta"]


def test_every_kind_of_entry_is_told_apart() -> None:
    layer = index(
        file("f"), directory("d"), symlink("s", "f"), hardlink("h", "f"), device("c", 1, 3),
        device("b", 8, 0, block=True), fifo("p"),
    )  # fmt: skip
    assert "".join(chr(row.kind) for row in rows_of(layer)) == "-dlhcbp"


def test_warnings_are_bounded() -> None:
    layer = index(*(file(".wh.") for _ in range(1500)))
    assert len(layer.warnings) == 1001
    assert warnings_of(layer)[-1] == ": 500 more warnings left out"


def test_folders_that_entries_need_and_none_lists_are_told() -> None:
    """5 and 12; what a hard link names needs none."""
    layer = index(
        directory("a"), file("a/b/c/d"), symlink("l", "m"), file("l/e"), whiteout("w/x"), opaque("o/p"),
        hardlink("h", "z/f"),
    )  # fmt: skip
    assert sorted(bytes(layer.folders).split(b"\0")[:-1]) == [b"a/b", b"a/b/c", b"m", b"o", b"o/p", b"w"]
    assert bytes(index(directory("a"), file("a/b")).folders) == b""
    assert bytes(index(file("a/name")).folders) == b"a\0"
    assert bytes(index(file("name"), hardlink("h", "z/f")).folders) == b""
    assert bytes(index(file(".wh..wh.plnk/1.2")).folders) == b""
    assert bytes(index(symlink("b", "x"), opaque("b")).folders) == b"x\0"


def test_what_is_not_shown_takes_no_links_place() -> None:
    """7 and 14: a path that lies in a folder with a whiteout's name, behind links in a circle."""
    layer = index(symlink("a", "a"), symlink("b", "a"), file("a/.wh.b/c"), file("b/a"))
    assert paths_of(layer)[-1] == b"b/a"


class TestLinks:
    """Symbolic links of a layer, at the bounds that Linux has (statement 14)."""

    def test_as_many_are_followed_as_linux_follows(self) -> None:
        links = Links()
        for number in range(41):
            links.add(b"l%d" % number, b"l%d" % (number + 1))
        assert links.follow(b"l1/a") == b"l41/a"  # 40 of them
        assert links.follow(b"l0/a") is None

    @pytest.mark.parametrize(("folders", "followed"), [(20, True), (21, False)])
    def test_a_link_is_not_followed_beyond_the_longest_path(self, folders: int, followed: bool) -> None:
        deep = b"/".join([b"n" * 200] * folders)
        links = Links()
        links.add(deep + b"/l", b"d")
        assert links.follow(deep + b"/l/a") == (deep + b"/d/a" if followed else None)

    @pytest.mark.parametrize("target", [b"../" * 15 + b"x/l", b"/x/l"])
    def test_what_a_link_leads_out_of_does_not_count(self, target: bytes) -> None:
        deep = b"/".join([b"n" * 200] * 15)
        links = Links()
        links.add(deep + b"/l", target + b"/" + deep)
        links.add(b"x/l", b"y")
        links.add(b"x/y/" + deep, b"z")
        assert links.follow(deep + b"/l/a") == b"x/y/" + b"/".join([b"n" * 200] * 14) + b"/z/a"

    def test_targets_that_are_followed_are_bounded_in_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(names, "_MAX_FOLLOWED", 10)
        links = Links()
        links.add(b"l", b"12345")
        assert [links.follow(path) for path in (b"l/a", b"l/b", b"l/c/d")] == [b"12345/a", b"12345/b", b"12345/c/d"]
        with pytest.raises(DamagedError, match="too many entries behind symbolic links"):
            links.follow(b"l/e/f")

    @pytest.mark.parametrize(("length", "followed"), [(4095, True), (4096, False)])
    def test_a_target_that_linux_takes_is_followed(self, length: int, followed: bool) -> None:
        links = Links()
        links.add(b"l", b"d")
        target = b"/" * (length - 1) + b"t"
        links.add(b"l", target)
        assert links.follow(b"l/a") == (b"t/a" if followed else b"l/a")

    def test_a_longer_one_takes_the_place_of_a_folder_with_links(self) -> None:
        links = Links()
        links.add(b"d/l", b"x")
        links.add(b"d", b"/" * 5_000)
        assert links.follow(b"d/l/a") == b"d/l/a"

    def test_links_go_with_any_folder_around_them(self) -> None:
        for folder in (b"a", b"a/b", b"a/b/c"):
            links = Links()
            links.add(b"a/b/c/l", b"x")
            links.remove(folder, directory=True)
            assert links.follow(b"a/b/c/l/f") == b"a/b/c/x/f"
            links.remove(folder, directory=False)
            assert links.follow(b"a/b/c/l/f") == b"a/b/c/l/f"
