"""Outlines of small stacks, and the same rows by a naive recursive listing."""

from __future__ import annotations

import re

from layerview.filesystem import ABSENT, Comparison
from layerview.trees import Change, Outline, SortOrder
from tests.builders import Entry, directory, file, whiteout
from tests.stacks import node, stack

CHANGED = (
    (
        directory("d"), file("d/kept", b"1"), file("d/edited", b"22"), file("d/lost", b"333"),
        directory("e"), file("e/kept", b"4444"), file("f"),
    ),
    (file("d/edited", b"55555"), whiteout("d/lost"), file("d/new/deep", b"666666"), file("g", b"7")),
)  # fmt: skip
"""Two layers: the second one adds, edits and removes in ``d``, and leaves ``e`` and ``f`` alone."""


def outline(*layers: tuple[Entry, ...], below: int | None = None) -> Outline[Comparison]:
    """The outline of the last layer's changes."""
    s = stack(*layers)
    return Outline(Comparison(s, s.layers - 1 if below is None else below, s.layers))


def shown(seen: Outline[Comparison]) -> list[str]:
    """The rows as paths; folders end in a slash."""
    comparison = seen.outlined
    return [comparison.stack.path(n).decode() + "/" * comparison.is_directory(n) for n in seen.rows]


def at(seen: Outline[Comparison], path: str) -> int:
    return node(seen.outlined.stack, path)


ALL = ["d/", "d/edited", "d/kept", "d/lost", "d/new/", "d/new/deep", "e/", "e/kept", "f", "g"]


def walk(seen: Outline[Comparison], start: int, step: int) -> list[int]:
    found = []
    following = seen.next_change(start, step)
    while following is not None:
        found.append(following)
        following = seen.next_change(following, step)
    return found


def naive_children(seen: Outline[Comparison], over: int, hidden: set[Change], pattern: str) -> list[int]:
    """The rows right below a folder: what is shown there, or what it leads to where that is one folder after the other."""
    comparison = seen.outlined

    def is_shown(node: int) -> bool:
        path = b"/" + comparison.stack.path(node)
        chosen = (
            comparison.present(node)
            and comparison.change(node) not in hidden
            and re.search(pattern.encode(), path) is not None
        )
        return chosen or any(map(is_shown, comparison.stack.children(node)))

    def changes(node: int) -> int:
        return sum(bool(comparison.change(below)) for below in range(node, comparison.stack.end(node)))

    def right_in(node: int) -> list[int]:
        return [child for child in comparison.stack.children(node) if is_shown(child)]

    def last(node: int) -> int:
        inner = right_in(node)
        goes_on = len(inner) == 1 and right_in(inner[0]) and comparison.change(node) == comparison.change(inner[0])
        return last(inner[0]) if goes_on else node

    children = [*map(last, right_in(over))]

    def size(node: int) -> int:
        return naive_size(seen, node, pattern)

    weight = {SortOrder.NAME: lambda _: 0, SortOrder.SIZE: size, SortOrder.CHANGES: changes}[seen.order]
    return sorted(children, key=lambda child: (-weight(child), child))


def naive_size(seen: Outline[Comparison], node: int, pattern: str) -> int:
    """Bytes of what matches below a path, each file once; where nothing does, of all of it."""
    comparison = seen.outlined
    found = [below for below in range(node + 1, comparison.stack.end(node)) if is_match(comparison, below, pattern)]
    if not pattern or not found:
        return comparison.size(node)
    files = dict[tuple[bool, int], int]()
    for each in found:
        there = comparison.stack.present(each, comparison.at)
        stack, layer = (comparison.stack, comparison.at) if there else (comparison.before, comparison.below)
        if stack.inode(each, layer) != ABSENT:
            files[there, stack.inode(each, layer)] = comparison.size(each)
    return sum(files.values())


def is_match(comparison: Comparison, node: int, pattern: str) -> bool:
    found = re.search(pattern.encode(), b"/" + comparison.stack.path(node))
    return comparison.present(node) and found is not None


def naive_rows(
    seen: Outline[Comparison], hidden: set[Change], pattern: str, over: int = 0, everything: bool = False
) -> list[int]:
    rows = []
    for child in naive_children(seen, over, hidden, pattern):
        rows.append(child)
        if everything or seen.is_open(child):
            rows += naive_rows(seen, hidden, pattern, child, everything)
    return rows


def naive_places(
    seen: Outline[Comparison], hidden: set[Change], pattern: str, over: int = 0, depth: int = 0
) -> dict[int, tuple[int, int]]:
    """The row that each row is in, and in how many it is."""
    places = dict[int, tuple[int, int]]()
    for child in naive_children(seen, over, hidden, pattern):
        places[child] = over, depth
        if seen.is_open(child):
            places |= naive_places(seen, hidden, pattern, child, depth + 1)
    return places
