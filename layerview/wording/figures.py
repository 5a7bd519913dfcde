"""Bytes and numbers."""

from __future__ import annotations

from layerview.text import size


def exact(bytes_: int) -> str:
    """A size, rounded for the eye and to the byte."""
    return size(bytes_) if bytes_ < 1000 else f"{size(bytes_)} ({bytes_:,} bytes)"


def at_least(bytes_: int, is_whole: bool) -> str:
    """Bytes with a "+" where there are more, nobody knows how many."""
    return size(bytes_) if is_whole else f"{size(bytes_)}+" if bytes_ else "unknown"


def share(part: int, whole: int) -> str:
    """How much of the whole a part is, in at most five columns: "45 %", "<1 %"."""
    percent = round(part * 100 / whole) if whole else 0
    if 0 < part < whole:
        return "<1 %" if not percent else f"{min(percent, 99)} %"
    return f"{percent} %"


def difference(old: int, new: int) -> str:
    """How much more or less a number of bytes is."""
    return "no more, no less" if old == new else signed(new - old)


def both(old: str, new: str) -> str:
    """Two figures, the unit once where it is the same: "1.2 → 1.3 GB", and once what is the same altogether."""
    if old == new:
        return new
    (amount, unit), (_, other) = old.rsplit(" ", 1), new.rsplit(" ", 1)
    return f"{amount if unit == other else old} → {new}"


def signed(bytes_: int) -> str:
    """A difference in bytes with its sign; none has none."""
    return f"{'+' if bytes_ > 0 else '−' if bytes_ else ''}{size(abs(bytes_))}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """So many of something: "1 path", "2,000 paths"."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def short(count: int) -> str:
    """A number in at most four columns, so that a narrow table holds it: "999", "2.5k", "51k", "3.1M"; nothing for none."""
    if not count:
        return ""
    scaled, units = float(count), iter(("", "k", "M", "G", "T", "P"))
    unit = next(units)
    while round(scaled) >= 1000:
        scaled, unit = scaled / 1000, next(units)
    return f"{scaled:.1f}{unit}" if unit and round(scaled, 1) < 10 else f"{scaled:.0f}{unit}"
