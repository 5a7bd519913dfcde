"""Moments, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from layerview.layers import EARLIEST, LATEST

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000_000


def in_full(nanoseconds: int) -> str:
    """A time since 1970, with the fraction of a second that it has."""
    if nanoseconds in (EARLIEST, LATEST):
        return _beyond(nanoseconds)
    seconds, rest = divmod(nanoseconds, _SECOND)
    return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}{fraction(rest)} UTC"


def to_the_minute(nanoseconds: int) -> str:
    """A time since 1970, as short as a table wants it: always as wide."""
    if nanoseconds in (EARLIEST, LATEST):
        return f"{_beyond(nanoseconds):<16}"
    return f"{_EPOCH + timedelta(seconds=nanoseconds // _SECOND):%Y-%m-%d %H:%M}"


def fraction(nanoseconds: int) -> str:
    """Of a second, as it stands behind the seconds: all digits that are not zeros at the end, after a point."""
    return f".{nanoseconds:09}".rstrip("0") if nanoseconds else ""


def recorded(time: str, length: int) -> str:
    """A time that a builder wrote as RFC 3339, in UTC; the first so many characters. What is none stays as it is."""
    try:
        found = datetime.fromisoformat(time)
        return (found.astimezone(UTC).isoformat() if found.tzinfo else time)[:length]
    except (ValueError, OverflowError):
        return time[:length]


def _beyond(nanoseconds: int) -> str:
    return "before 1677" if nanoseconds == EARLIEST else "after 2262"
