"""What the hard links of a layer name within the layer, in the order of its tar (statement 46)."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence

from layerview.layers.index import Kind

_MARKS = (Kind.WHITEOUT, Kind.OPAQUE)


def hardlink_targets(
    paths: Sequence[Hashable], kinds: bytes | bytearray, links: Mapping[int, Hashable]
) -> dict[int, int]:
    """By row of a hard link, the row that its file comes from, links to links followed.

    ``paths`` are those of the rows, or numbers of them. ``links`` gives the path that each names. Of several rows of
    that path it is the last one before the link. A link to a path that no row before it has comes from itself: lower
    layers may have it. Links to a folder name nothing; they are left out.
    """
    named = _rows_named(paths, kinds, links)
    targets: dict[int, int] = {}
    for link in sorted(links):
        row = named.get(link)
        if row is None:
            targets[link] = link
        elif row in targets:
            targets[link] = targets[row]
        elif row not in links and kinds[row] != Kind.DIRECTORY:
            targets[link] = row
    return targets


def links_to_removed(paths: Sequence[bytes], kinds: bytes | bytearray, links: Mapping[int, bytes]) -> set[int]:
    """Rows of hard links to what a whiteout or an opaque marker before them removes, and of links to such links."""
    whiteouts, opaques = (_first_rows(paths, kinds, mark) for mark in _MARKS)

    def removals(path: bytes) -> Iterator[int]:
        """The first rows that remove it."""
        if path in whiteouts:
            yield whiteouts[path]
        while path:
            path = path.rpartition(b"/")[0]
            yield from (marks[path] for marks in (whiteouts, opaques) if path in marks)

    found: set[int] = set()
    if any(any(True for _ in removals(path)) for path in links.values()):
        named = _rows_named(paths, kinds, links)
        for link in sorted(links):
            row = named.get(link)
            if row in found or (row is None and any(mark < link for mark in removals(links[link]))):
                found.add(link)
    return found


def _first_rows(paths: Sequence[bytes], kinds: bytes | bytearray, kind: Kind) -> dict[bytes, int]:
    """By path of all rows of one kind, the first of them."""
    rows: dict[bytes, int] = {}
    row = kinds.find(kind)
    while row >= 0:
        rows.setdefault(paths[row], row)
        row = kinds.find(kind, row + 1)
    return rows


def _rows_named(paths: Sequence[Hashable], kinds: bytes | bytearray, links: Mapping[int, Hashable]) -> dict[int, int]:
    """By row of a hard link, the last row before it of the path that it names."""
    wanted = set(links.values())
    rows = defaultdict(list)
    for row, path in enumerate(paths):
        if path in wanted and kinds[row] not in _MARKS:
            rows[path].append(row)
    before = {link: bisect_left(rows[path], link) - 1 for link, path in links.items() if path in rows}
    return {link: rows[links[link]][number] for link, number in before.items() if number >= 0}
