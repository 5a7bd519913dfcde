"""What is wasted as a tree: why and between which layers, then the folders, then the files.

A folder that leads to nothing but one other is no node of its own, so that a row of the tree is a step of a decision. A path
is in a group once, however often it is stored; one that is stored again and again is in a group for such, since it would
stand below each pair of layers that it is wasted by.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Generator, Iterable, Sequence

from layerview.analysis.waste import Account
from layerview.analysis.waste_draft import WasteDraft
from layerview.trees import Change, Preordered, preorder_key


class WasteTree(Preordered):
    """The wasted paths of an image, below the groups that they belong to: what an ``Outline`` shows.

    A path of this tree begins with its group, so that it means one node; the text that a filter searches does not.
    """

    def __init__(self, draft: WasteDraft) -> None:
        super().__init__(draft)
        self.stack = draft.stack
        self.groups = draft.groups
        """By node."""
        self._firsts = [*self.groups]
        self._draft = draft
        self._by_name = {self.path(node): node for node in self.groups}
        self.presence = b"\1" * self.nodes
        self.changes = bytes(draft.secret)

    @property
    def tree(self) -> WasteTree:
        return self

    # what a node is

    def size(self, node: int) -> int:
        """Wasted bytes, with those below."""
        return self._draft.bytes[node]

    @property
    def alone(self) -> Sequence[int]:
        return self._draft.own_bytes

    def twice(self, mask: bytes) -> Iterable[tuple[int, int]]:
        """No bytes are wasted twice."""
        return ()

    def files(self, node: int) -> int:
        """How many paths with wasted bytes the node is and holds."""
        return self._draft.count[node]

    def own_size(self, node: int) -> int:
        """Wasted bytes of the path itself."""
        return self._draft.own_bytes[node]

    def times(self, node: int) -> int:
        """How often the path itself is stored in vain."""
        return self._draft.times[node]

    def stored_by(self, node: int) -> int:
        """The layer that stores the path itself, the lowest of several."""
        return self._draft.layer[node]

    def touches(self, node: int, layer: int) -> bool:
        """Whether a layer does anything to the path, be it to remove it."""
        return any(event.layer == layer for event in self.stack.history(self.stack_node(node)))

    def stack_node(self, node: int) -> int:
        """The path in the merged tree; -1 for AUFS bookkeeping, 0 for a group."""
        return self._draft.origin[node]

    def group(self, node: int) -> int:
        """The node of its group."""
        return self._firsts[bisect_right(self._firsts, node) - 1]

    def plain_path(self, node: int) -> bytes:
        """The path without its group."""
        return super().path(node)

    def beside(self, node: int) -> tuple[list[int], list[int]]:
        """Those before and after it in the same folder, by name, and the first and the last of all that are there."""
        over = self.parent(node)
        last = self.end(over)
        beside = [self._at_or_around(node - 1, over)] if node > over + 1 else []
        beside += [self.end(node)] if self.end(node) < last else []
        return beside, [over + 1, self._at_or_around(last - 1, over)]

    def _at_or_around(self, node: int, folder: int) -> int:
        """What is right in a folder and is the node, or holds it."""
        while self.parent(node) != folder:
            node = self.parent(node)
        return node

    def label(self, node: int, over: int) -> bytes:
        """The path from a node around it."""
        return self.plain_path(node)[len(self.plain_path(over)) :].lstrip(b"/")

    # Preordered

    def path(self, node: int) -> bytes:
        if node == 0:
            return b""
        first = self.group(node)
        name = b"%d %d %d" % (*self.groups[first][:2], self.groups[first].reason or 0)
        return name if node == first else name + b"/" + self.plain_path(node)

    def find(self, path: bytes) -> int | None:
        name, _, rest = path.partition(b"/")
        first = self._by_name.get(name)
        if first is None or not rest:
            return first if path else 0
        key = preorder_key(rest)
        inside = range(first + 1, self.end(first))
        at = bisect_left(inside, key, key=lambda node: preorder_key(self.plain_path(node)))
        return inside[at] if at < len(inside) and self.plain_path(inside[at]) == rest else None

    # Outlined: what differs are secrets

    def change(self, node: int) -> Change:
        """REMOVED for what looks like a secret and was removed."""
        return Change(self.changes[node])

    def changed_below(self, node: int) -> bool:
        return self.changes_below(node) > 0

    def changes_below(self, node: int) -> int:
        return self.changes.count(Change.REMOVED, node + 1, self.end(node))

    def is_folder(self, node: int) -> bool:
        return self.end(node) > node + 1

    def joins(self, folder: int, inner: int) -> bool:
        """Whether nothing is told of the folder that is not told of the one in it."""
        return folder not in self.groups and not self.times(folder)


def gather(account: Account) -> Generator[None, None, WasteTree]:
    """The tree of an account. It stops every few milliseconds, for whoever has something more urgent to do."""
    draft = WasteDraft(account.stack)
    yield from draft.fill()
    return WasteTree(draft)


def waste_tree(account: Account) -> WasteTree:
    """The same without a stop."""
    steps = gather(account)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            tree: WasteTree = end.value
            return tree
