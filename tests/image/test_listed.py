"""Images as an engine lists them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from layerview.image import ListedImage, chain_ids, digest_of, moment

_A, _B = digest_of(b"a"), digest_of(b"b")


def test_an_image_is_opened_by_its_first_name_or_by_its_id() -> None:
    def image(*names: str) -> ListedImage:
        return ListedImage("podman", names, _A, None, None, None)

    assert image("localhost/a:1", "b:2").reference == "podman:localhost/a:1"
    assert image().reference == f"podman:{_A}"


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ("2025-03-10T10:00:00Z", datetime(2025, 3, 10, 10, tzinfo=UTC)),
        ("2025-03-10T12:00:00.123456789+02:00", datetime(2025, 3, 10, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2025-03-10T10:00:00", datetime(2025, 3, 10, 10, tzinfo=UTC)),
        (1_741_600_800, datetime(2025, 3, 10, 10, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("1970-01-01T00:00:00Z", None),
        ("", None),
        ("yesterday", None),
        ("9999-12-31T23:59:59-23:00", None),
        (0, None),
        (-62_135_596_800, None),
        (1 << 62, None),
    ],
)
def test_a_time_that_is_none_is_not_told(recorded: str | int, expected: datetime | None) -> None:
    assert moment(recorded) == expected


def test_a_chain_is_named_by_all_that_is_in_it() -> None:
    """As the OCI image specification defines the chainID."""
    assert list(chain_ids([])) == []
    assert list(chain_ids([_A, _B])) == [_A, digest_of(f"{_A} {_B}".encode())]
