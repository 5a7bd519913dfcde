"""The files that layers store, and the largest of a tree."""

from __future__ import annotations

import json

import pytest

from layerview.errors import NotFoundError
from layerview.filesystem import Comparison
from layerview.reports import Listing, StoredListing
from tests.builders import directory, file, symlink, whiteout
from tests.stacks import stack

IMAGE = stack(
    (file("a/first", b"1" * 500), file("a/second\n", b"2" * 40), symlink("a/link", "first"), directory("empty")),
    (file("a/first", b"3" * 600, mode=0o600), whiteout("a/second\n"), file("b/third", b"4" * 550), file("none")),
)


def test_each_stored_file_is_told_with_what_hides_it_and_why() -> None:
    assert list(StoredListing(IMAGE, b"", None).text()) == [
        " stored  layer  hidden by  why            path",
        "  500 B      1          2  replaced       a/first",
        "  600 B      2                            a/first",
        "   40 B      1          2  removed        a/second\\x0a",
        "  550 B      2                            b/third",
    ]


def test_the_largest_that_are_stored_stand_first_and_json_has_all_fields() -> None:
    assert list(map(json.loads, StoredListing(IMAGE, b"/a", 2).json())) == [
        {"path": "a/first", "size": 600, "layer": 2, "hidden_by": None, "reason": None},
        {"path": "a/first", "size": 500, "layer": 1, "hidden_by": 2, "reason": "replaced"},
    ]


def test_bookkeeping_of_aufs_is_stored_without_a_path() -> None:
    image = stack((file(".wh..wh.plnk/1.2", b"12345"), file("a", b"1")))
    assert [(row["path"], row["size"]) for row in map(json.loads, StoredListing(image, b"", None).json())] == [
        (None, 5),
        ("a", 1),
    ]
    assert [row["path"] for row in map(json.loads, StoredListing(image, b"a", None).json())] == ["a"]


def test_a_path_that_no_layer_has_is_an_error() -> None:
    with pytest.raises(NotFoundError, match="no layer has nowhere"):
        StoredListing(IMAGE, b"nowhere", None)


@pytest.mark.parametrize(
    ("path", "changes", "count", "expected"),
    [
        (b"", False, 2, ["a/first", "b/third"]),
        (b"", False, 9, ["a/first", "b/third", "a/link", "none"]),
        (b"a", False, 9, ["a/first", "a/link"]),
        (b"", True, 9, ["a/first", "b/third", "a/second\n", "none"]),
        (b"b", True, 1, ["b/third"]),
    ],
)
def test_the_largest_files_of_a_tree_and_of_changes(
    path: bytes, changes: bool, count: int, expected: list[str]
) -> None:
    listing = Listing(Comparison(IMAGE, 1 if changes else 0, 2), path, recursive=False, changes=changes, largest=count)
    assert [json.loads(line)["path"] for line in listing.json()] == expected
