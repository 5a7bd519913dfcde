"""What the hard links of a layer name within the layer."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

from layerview.layers.index import Kind

_MARKS = (Kind.WHITEOUT, Kind.OPAQUE)


def hardlink_targets(
    paths: Sequence[Hashable], kinds: bytes | bytearray, links: Mapping[int, Hashable]
) -> dict[int, int]:
    """By row of a hard link, the row that its file comes from, links to links followed.

    ``paths`` are those of the rows, or numbers of them. ``links`` gives the path that each names. Of several rows of that path it is the last one before the link, else
    the first one behind it. A link to a path that the layer does not have comes from itself: lower layers may have it.
    Links to a folder and links in a circle name nothing; they are left out.
    """
    named = _rows_named(paths, kinds, links)
    targets: dict[int, int | None] = {}
    for link in sorted(links):
        chain = []
        row = link
        while kinds[row] == Kind.HARDLINK and row not in targets:
            targets[row] = None  # until it is known, so that a circle ends
            chain.append(row)
            row = named.get(row, row)
        target: int | None = row
        if kinds[row] == Kind.DIRECTORY:
            target = None
        elif kinds[row] == Kind.HARDLINK and row in named:
            target = targets[row]
        targets.update(dict.fromkeys(chain, target))
    return {link: target for link, target in targets.items() if target is not None}


def _rows_named(paths: Sequence[Hashable], kinds: bytes | bytearray, links: Mapping[int, Hashable]) -> dict[int, int]:
    """By row of a hard link, the row of the path that it names."""
    wanted = set(links.values())
    rows = defaultdict(list)
    for row, path in enumerate(paths):
        if path in wanted and kinds[row] not in _MARKS:
            rows[path].append(row)
    return {link: same[max(bisect_left(same, link) - 1, 0)] for link, path in links.items() if (same := rows.get(path))}
