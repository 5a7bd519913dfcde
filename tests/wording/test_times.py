from __future__ import annotations

import pytest

from layerview.layers import EARLIEST, LATEST
from layerview.wording.times import in_full, recorded, to_the_minute


def test_times_are_told_in_utc() -> None:
    assert in_full(0) == "1970-01-01 00:00:00 UTC"
    assert to_the_minute(1_741_600_859_999_999_999) == "2025-03-10 10:00"


def test_two_that_differ_are_told_apart() -> None:
    assert in_full(1_741_600_859_123_456_780) == "2025-03-10 10:00:59.12345678 UTC"
    assert in_full(1_741_600_859_000_000_001) == "2025-03-10 10:00:59.000000001 UTC"
    assert in_full(-1) == "1969-12-31 23:59:59.999999999 UTC"


def test_what_stands_for_times_out_of_reach_is_no_time() -> None:
    assert (in_full(LATEST), in_full(EARLIEST)) == ("after 2262", "before 1677")
    assert in_full(LATEST - 1) == "2262-04-11 23:47:16.854775806 UTC"
    assert in_full(EARLIEST + 1) == "1677-09-21 00:12:43.145224193 UTC"
    assert {len(to_the_minute(time)) for time in (EARLIEST, EARLIEST + 1, 0, LATEST - 1, LATEST)} == {16}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("2025-03-10T15:35:00+01:00", "2025-03-10T14:35"),
        ("2025-03-10T00:10:00.123456789+02:00", "2025-03-09T22:10"),
        ("2025-03-10T10:00:00Z", "2025-03-10T10:00"),
        ("1969-12-31T23:59:59Z", "1969-12-31T23:59"),
        ("2025-03-10T10:00:00", "2025-03-10T10:00"),
        ("9999-12-31T23:59:59-23:00", "9999-12-31T23:59"),
        ("yesterday\x1b", "yesterday\x1b"),
        ("", ""),
    ],
)
def test_what_a_builder_recorded_is_told_in_utc(written: str, told: str) -> None:
    assert recorded(written, 16) == told
