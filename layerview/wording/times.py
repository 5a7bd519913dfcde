"""Moments, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_the_second(nanoseconds: int) -> str:
    """A time since 1970; one that no calendar holds as seconds."""
    try:
        time = _EPOCH + timedelta(seconds=nanoseconds // 1_000_000_000)
    except OverflowError:
        return f"{nanoseconds // 1_000_000_000} s after 1970"
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def to_the_minute(nanoseconds: int) -> str:
    """A time since 1970, as short as a table wants it. An index holds none that a calendar does not."""
    return f"{_EPOCH + timedelta(microseconds=nanoseconds // 1000):%Y-%m-%d %H:%M}"
