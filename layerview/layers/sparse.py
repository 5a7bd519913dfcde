"""What a sparse file holds, where only its pieces are stored, one after the other: zeros stand in its holes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from layerview.layers.blocks import Read, ReadAt
from layerview.layers.tar import Pieces


def filled(read: Read, pieces: Pieces, length: int) -> Read:
    """The ``length`` bytes of a sparse file of which ``read`` gives the pieces. Ends early where they do."""
    runs = _runs(pieces, length)
    stored, left = False, 0

    def whole(size: int) -> bytes:
        nonlocal stored, left
        while not left:
            if (run := next(runs, None)) is None:
                return b""
            stored, left = run
        data = read(min(size, left)) if stored else bytes(min(size, left))
        left -= len(data)
        return data

    return whole


def filled_at(read: ReadAt, pieces: Pieces, length: int) -> ReadAt:
    """The same for reading at any place: ``read`` counts its offsets over the pieces alone."""
    starts = [offset for offset, _ in pieces]
    before = list(accumulate((size for _, size in pieces), initial=0))

    def whole(at: int, size: int) -> bytes:
        parts = []
        end = min(at + size, length)
        while at < end:
            # Of several that begin in one place all but the last are empty.
            number = bisect_right(starts, at) - 1
            inside = at - starts[number] if number >= 0 else 0
            left = pieces[number][1] - inside if number >= 0 else 0
            if left > 0:
                part = read(before[number] + inside, min(left, end - at))
                if not part:
                    break
            else:
                following = starts[number + 1] if number + 1 < len(starts) else length
                part = bytes(min(following, end) - at)
            parts.append(part)
            at += len(part)
        return b"".join(parts)

    return whole


def _runs(pieces: Pieces, length: int) -> Iterator[tuple[bool, int]]:
    """Pieces and holes in turn: whether it is stored, and its bytes."""
    at = 0
    for offset, size in pieces:
        yield False, offset - at
        yield True, size
        at = offset + size
    yield False, length - at
