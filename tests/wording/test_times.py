from __future__ import annotations

from layerview.wording.times import to_the_minute, to_the_second


def test_times_are_told_in_utc() -> None:
    assert to_the_second(0) == "1970-01-01 00:00:00 UTC"
    assert to_the_second(2**63 - 1) == "2262-04-11 23:47:16 UTC"
    assert to_the_minute(1_741_600_859_999_999_999) == "2025-03-10 10:00"


def test_times_no_calendar_holds_are_seconds() -> None:
    assert to_the_second(-(2**70)).endswith("s after 1970")
