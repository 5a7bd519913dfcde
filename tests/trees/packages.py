"""A tree that is no filesystem: packages, in groups, as they were and as they are."""

from __future__ import annotations

from collections.abc import Mapping

from layerview.trees import Change, Preorder, Preordered, preorder_key


class Packages:
    """Packages by names such as ``debian/perl``, with their sizes, ``before`` and ``after``. A group is what a slash ends."""

    def __init__(self, before: Mapping[str, int], after: Mapping[str, int]) -> None:
        self._states = before, after
        paths = {name.encode() for name in (*before, *after)}
        groups = {b"/".join(path.split(b"/")[:depth]) for path in paths for depth in range(path.count(b"/") + 1)}
        self.tree = Preordered(Preorder(sorted(map(preorder_key, {b""} | paths | groups))))
        nodes = range(self.tree.nodes)
        self.presence = b"\1" * self.tree.nodes
        self.changes = bytes(map(self.change, nodes))

    def change(self, node: int) -> Change:
        old, new = (self._within(node, state) for state in self._states)
        if not old or not new:
            return Change.UNMODIFIED if old == new else Change.REMOVED if old else Change.ADDED
        return Change.UNMODIFIED if self.is_folder(node) or old == new else Change.MODIFIED

    def changed_below(self, node: int) -> bool:
        return self.changes_below(node) > 0

    def changes_below(self, node: int) -> int:
        return sum(map(bool, self.changes[node + 1 : self.tree.end(node)]))

    def size(self, node: int) -> int:
        old, new = (sum(self._within(node, state).values()) for state in self._states)
        return new or old

    @property
    def alone(self) -> list[int]:
        return [0 if self.is_folder(node) else self.size(node) for node in range(self.tree.nodes)]

    def twice(self, mask: bytes) -> list[tuple[int, int]]:
        return []

    def is_folder(self, node: int) -> bool:
        return self.tree.end(node) > node + 1

    def joins(self, folder: int, inner: int) -> bool:
        return self.change(folder) == self.change(inner)

    def _within(self, node: int, state: Mapping[str, int]) -> dict[str, int]:
        path = self.tree.path(node).decode()
        return {name: size for name, size in state.items() if name == path or name.startswith(f"{path}/") or not path}
