from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from layerview.errors import NotFoundError
from layerview.filesystem import Comparison, Stack, merge
from layerview.reports import Listing
from tests.builders import device, directory, fifo, file, hardlink, index_bytes, opaque, symlink, whiteout
from tests.layers.headers import header, pax
from tests.stacks import stack

_TREE = stack(
    (
        directory("etc", mtime=1_741_600_800),
        file("etc/passwd", b"root", mode=0o600, uid=1, gid=2, mtime=1_741_600_800.5),
        directory("usr/bin"),
        file("usr/bin/perl", b"x" * 1500, mode=0o4755),
        hardlink("usr/bin/perl5", "usr/bin/perl", mode=0o4755),
        symlink("bin", "usr/bin"),
    ),
    (file("etc/passwd", b"root and more"), whiteout("usr/bin/perl5"), file("etc/hosts")),
)


def _listing(
    stacked: Stack, path: str | bytes = b"", *, recursive: bool = False, at: int = 0, changes: int = 0
) -> Listing:
    comparison = Comparison(stacked, changes - 1 if changes else 0, changes or at or stacked.layers)
    encoded = path.encode() if isinstance(path, str) else path
    return Listing(comparison, encoded, recursive=recursive, changes=bool(changes))


def _rows(listing: Listing) -> dict[str, dict[str, Any]]:
    return {row["path"]: row for row in map(json.loads, listing.json())}


def test_a_folder_is_listed_as_what_is_right_in_it() -> None:
    assert list(_rows(_listing(_TREE))) == ["bin", "etc", "usr"]
    assert list(_rows(_listing(_TREE, "/etc/"))) == ["etc/hosts", "etc/passwd"]


def test_recursively_it_is_the_folder_itself_and_all_below_it() -> None:
    assert list(_rows(_listing(_TREE, recursive=True))) == [
        ".",
        "bin",
        "etc",
        "etc/hosts",
        "etc/passwd",
        "usr",
        "usr/bin",
        "usr/bin/perl",
    ]
    assert list(_rows(_listing(_TREE, "usr", recursive=True))) == ["usr", "usr/bin", "usr/bin/perl"]


def test_a_file_is_listed_itself() -> None:
    assert list(_rows(_listing(_TREE, "etc/passwd"))) == ["etc/passwd"]


def test_an_object_has_all_that_the_documentation_says() -> None:
    assert _rows(_listing(_TREE, "etc", at=1)) == {
        "etc/passwd": {
            "path": "etc/passwd",
            "type": "file",
            "mode": "0600",
            "uid": 1,
            "gid": 2,
            "size": 4,
            "mtime": 1_741_600_800.5,
            "link": None,
            "layer": 1,
            "merged_size": 4,
        }
    }


def test_a_device_has_its_numbers_and_what_has_attributes_has_them_in_base64() -> None:
    """The numbers under another name of the device, too."""
    tree = stack(
        (
            device("disk", 8, 3, block=True),
            hardlink("same", "disk"),
            file("tool", xattrs={"security.capability": b"\x01\0\xff", "user.note": b"1"}),
            file("plain"),
        )
    )
    rows = _rows(_listing(tree))
    assert rows["disk"]["device"] == rows["same"]["device"] == [8, 3]
    assert rows["tool"]["xattrs"] == {"security.capability": "AQD/", "user.note": "MQ=="}
    assert not {"device", "xattrs"} & rows["plain"].keys()
    assert "xattrs" not in rows["disk"]
    assert "device" not in rows["tool"]


def test_every_type_has_its_name() -> None:
    types = stack(
        (
            file("a"),
            directory("b"),
            symlink("c", "a"),
            hardlink("d", "a"),
            device("e", 1, 3),
            device("f", 8, 0, block=True),
            fifo("g"),
        )
    )
    assert {path: (row["type"], row["link"]) for path, row in _rows(_listing(types)).items()} == {
        "a": ("file", None),
        "b": ("directory", None),
        "c": ("symlink", "a"),
        "d": ("hardlink", "a"),
        "e": ("char", None),
        "f": ("block", None),
        "g": ("fifo", None),
    }


def test_a_hard_link_has_the_size_of_its_file_and_a_folder_none() -> None:
    rows = _rows(_listing(_TREE, at=1, recursive=True))
    assert rows["usr/bin/perl5"]["size"] == rows["usr/bin/perl"]["size"] == 1500
    assert rows["usr/bin"]["size"] == rows["usr"]["size"] == 0


def test_a_folder_that_no_layer_lists_is_listed_as_engines_make_it() -> None:
    usr = _rows(_listing(_TREE))["usr"]
    assert (usr["mode"], usr["uid"], usr["gid"], usr["mtime"], usr["layer"]) == ("0755", 0, 0, 0, None)


def test_a_time_without_a_fraction_is_an_integer() -> None:
    assert '"mtime":1741600800,' in next(line for line in _listing(_TREE).json() if '"etc"' in line)


def test_changes_are_listed_with_what_changed() -> None:
    rows = _rows(_listing(_TREE, changes=2, recursive=True))
    assert {path: (row["change"], row["changed"]) for path, row in rows.items()} == {
        "etc/hosts": ("added", []),
        "etc/passwd": ("modified", ["content", "mode", "uid", "gid", "time"]),
        "usr/bin/perl5": ("removed", []),
    }
    assert rows["usr/bin/perl5"]["size"] == 1500


def test_changes_show_the_folders_on_the_way_to_them() -> None:
    rows = _rows(_listing(_TREE, changes=2))
    assert {path: row["change"] for path, row in rows.items()} == {"etc": "unmodified", "usr": "unmodified"}


def test_a_removed_folder_is_listed_with_all_that_was_in_it() -> None:
    removed = stack((directory("a"), file("a/b")), (whiteout("a"),))
    assert list(_rows(_listing(removed, changes=2, recursive=True))) == ["a", "a/b"]
    assert list(_rows(_listing(removed, "a", changes=2))) == ["a/b"]


def test_links_on_the_way_are_followed() -> None:
    assert list(_rows(_listing(_TREE, "bin/perl"))) == ["usr/bin/perl"]
    assert list(_rows(_listing(_TREE, "/bin/../bin/perl"))) == ["usr/bin/perl"]
    assert list(_rows(_listing(_TREE, "bin"))) == ["bin"]
    assert list(_rows(_listing(_TREE, "bin/"))) == ["usr/bin/perl"]


@pytest.mark.parametrize("target", ["loop/x", "loop", "/loop", "../loop"])
def test_links_in_a_circle_lead_nowhere(target: str) -> None:
    with pytest.raises(NotFoundError, match="there is no loop/a"):
        _listing(stack((symlink("loop", target),)), "loop/a")


@pytest.mark.parametrize("target", ["/real", "../../real", "../real", "./../x/../real"])
def test_absolute_links_and_those_above_the_root_stay_inside(target: str) -> None:
    links = stack((file("real/a"), directory("x"), symlink("x/link", target)))
    assert list(_rows(_listing(links, "x/link/a"))) == ["real/a"]


def test_a_path_that_another_layer_has_is_told_apart_from_one_that_none_has() -> None:
    with pytest.raises(NotFoundError) as error:
        _listing(_TREE, "usr/bin/perl5")
    assert "Other layers have it" in error.value.hint
    with pytest.raises(NotFoundError) as error:
        _listing(_TREE, "nothing")
    assert "layerview ls" in error.value.hint


def test_statement_32_a_name_that_is_not_utf8_comes_through_unchanged() -> None:
    names = stack((file(b"caf\xe9"), symlink("link", b"caf\xe9")))
    rows = _rows(_listing(names))
    assert rows["caf\udce9"]["path"].encode("utf-8", "surrogateescape") == b"caf\xe9"
    assert base64.b64decode(rows["caf\udce9"]["path_bytes"]) == b"caf\xe9"
    assert base64.b64decode(rows["link"]["link_bytes"]) == b"caf\xe9"
    assert "path_bytes" not in rows["link"]


def test_statement_32_text_has_one_harmless_line_for_each_path() -> None:
    lines = list(_listing(stack((file("\x1b[2J\n\u202e"), symlink("link", "\x1b]0;")))).text())
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


def test_text_reads_like_ls() -> None:
    assert list(_listing(_TREE, recursive=True, at=1).text()) == [
        "drwxr-xr-x  0:0         1.5 kB  1970-01-01 00:00  .",
        "lrwxrwxrwx  0:0            0 B  1970-01-01 00:00  bin → usr/bin",
        "drwxr-xr-x  0:0            4 B  2025-03-10 10:00  etc",
        "-rw-------  1:2            4 B  2025-03-10 10:00  etc/passwd",
        "drwxr-xr-x  0:0         1.5 kB  1970-01-01 00:00  usr",
        "drwxr-xr-x  0:0         1.5 kB  1970-01-01 00:00  usr/bin",
        "-rwsr-xr-x  0:0         1.5 kB  1970-01-01 00:00  usr/bin/perl",
        "hrwsr-xr-x  0:0         1.5 kB  1970-01-01 00:00  usr/bin/perl5 = usr/bin/perl",
    ]


def test_text_marks_changes() -> None:
    heading, *lines = _listing(_TREE, changes=2, recursive=True).text()
    assert not heading[:2].strip()
    assert {line.split("  ")[-1]: line[0] for line in lines} == {
        "etc/hosts": "+",
        "etc/passwd": "~",
        "usr/bin/perl5 = usr/bin/perl": "−",
    }


def test_statement_52_what_a_layer_stores_stands_beside_what_is_there_by_then_and_what_that_changed() -> None:
    """A folder of 60 MB is not what has come by 7 bytes; and each column says whose figure it has."""
    grown = stack(
        (file("usr/big", b"x" * 60_000), file("usr/gone", b"x" * 500), device("null", 1, 3)),
        (file("usr/new", b"7 bytes"), whiteout("usr/gone"), device("null", 1, 5)),
    )
    assert list(_listing(grown, changes=2).text()) == [
        "  permission  owner         size   stored  differs  modified          path",
        "~ crw-------  0:0           1, 5                    1970-01-01 00:00  null",
        "  drwxr-xr-x  0:0          60 kB      7 B   −493 B  1970-01-01 00:00  usr",
    ]
    assert list(_listing(grown, "usr", changes=2).text())[1:] == [
        "− -rw-r--r--  0:0          500 B      0 B   −500 B  1970-01-01 00:00  usr/gone",
        "+ -rw-r--r--  0:0            7 B      7 B     +7 B  1970-01-01 00:00  usr/new",
    ]
    rows = _rows(_listing(grown, changes=2))
    assert [rows["usr"][name] for name in ("size", "merged_size", "stored_size", "difference")] == [0, 60_007, 7, -493]
    assert [rows["null"][name] for name in ("size", "merged_size", "stored_size", "difference")] == [0, 0, 0, 0]


def test_a_listing_of_no_changes_has_no_heading() -> None:
    assert list(_listing(_TREE, "usr/bin/perl", changes=2).text()) == []


def test_a_folder_s_merged_size_is_told_wherever_it_is_listed() -> None:
    """Statement 21."""
    rows = _rows(_listing(_TREE, at=1, recursive=True))
    assert [rows[path]["merged_size"] for path in (".", "usr", "usr/bin/perl5", "etc")] == [1504, 1500, 1500, 4]
    assert not {"difference", "stored_size"} & rows["usr"].keys()


def test_an_opaque_folder_lists_what_it_hides_as_removed() -> None:
    rows = _rows(
        _listing(stack((file("a/b"), file("a/c")), (opaque("a"), file("a/c", b"new"))), changes=2, recursive=True)
    )
    assert {path: row["change"] for path, row in rows.items()} == {"a/b": "removed", "a/c": "modified"}


def test_times_out_of_reach_are_told_as_such() -> None:
    listing = _listing(stack((file("a", mtime=-(2**40)), file("b", mtime=2**40), file("c", mtime=-(2**33)))))
    assert [line.partition("0 B  ")[2] for line in listing.text()] == [
        "before 1677       a", "after 2262        b", "1697-10-17 11:03  c",
    ]  # fmt: skip
    assert [row["mtime"] for row in _rows(listing).values()] == [None, None, -(2**33)]


@pytest.mark.parametrize("name", [b"a", b"caf\xe9\x7f"])
@pytest.mark.parametrize(
    "time", ["1741600800.123456789", "1741600800.12345679", "-0.000000001", "-1741600800.5", "0", "9223372036"]
)
def test_every_digit_of_a_time_is_written(time: str, name: bytes) -> None:
    index = index_bytes(pax((b"mtime", time.encode())) + header(name) + bytes(1024))
    stacked = Stack(merge(1, {1: index}, lambda layer, row: None), {1: index})
    (line,) = _listing(stacked).json()
    assert f'"mtime":{time},' in line
    assert line.isascii() and line.isprintable()
    assert json.loads(line)["path"].encode("utf-8", "surrogateescape") == name
