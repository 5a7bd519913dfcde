from __future__ import annotations

import pytest

from layerview.layers import Kind
from layerview.layers.index import IS_SHOWN
from layerview.wording.entries import KINDS, device_of, link_of, mode_of, owner_of, permission, value_of
from tests.builders import Entry, device, file, hardlink, symlink
from tests.stacks import stack


def test_everything_that_is_shown_has_a_name() -> None:
    assert KINDS.keys() == {kind for kind in Kind if IS_SHOWN[kind]}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (file("a", mode=0o4755, uid=1, gid=2), ("-rwsr-xr-x", "4755", "1:2", "none", "none")),
        (symlink("a", "b\x1b"), ("lrwxrwxrwx", "0777", "0:0", r"b\x1b", "none")),
        (device("a", 1, 3, mode=0o600), ("crw-------", "0600", "0:0", "none", "1:3")),
    ],
)
def test_a_path_is_written_as_ls_writes_it(entry: Entry, expected: tuple[str, ...]) -> None:
    stacked = stack((entry,))
    found = stacked.entry(1, 1)
    assert found
    assert tuple(tell(found) for tell in (permission, mode_of, owner_of, link_of, device_of)) == expected


def test_a_hard_link_has_a_sign_of_its_own() -> None:
    stacked = stack((file("a", mode=0o644), hardlink("b", "a", mode=0o644)))
    found = stacked.entry(2, 1)
    assert found
    assert permission(found) == "hrw-r--r--"


def test_a_value_that_is_no_text_is_hexadecimal() -> None:
    assert [value_of(b"plain"), value_of(b"\0\1")] == ["plain", "0x0001"]
