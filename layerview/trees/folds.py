"""Which folders of a tree are open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from layerview.trees.preorder import Preordered


class Folds:
    """Folders are open or closed, all alike but for some, which are kept by path: so they outlast another tree."""

    def __init__(self, tree: Preordered) -> None:
        self.all_open = False
        """Whether folders are open unless someone closed them."""
        self._others = set[bytes]()
        """Paths of the folders that are not as all others are."""
        self.turn_to(tree)

    def turn_to(self, tree: Preordered) -> None:
        """Fold another tree, or the same anew: what was opened for its matches alone is as it was."""
        self._tree = tree
        self.opened = bytearray(b"\1" if self.all_open else b"\0") * tree.nodes
        """1 for every node that is open, and for the root."""
        for path in self._others:
            node = tree.find(path)
            if node is not None:
                self.opened[node] ^= 1
        self.opened[0] = 1

    def fold(self, node: int, opened: bool) -> None:
        self.opened[node] = opened
        path = self._tree.path(node)
        if opened == self.all_open:
            self._others.discard(path)
        else:
            self._others.add(path)

    def set_all(self, opened: bool) -> None:
        self.all_open = opened
        self._others.clear()
        self.turn_to(self._tree)

    def over(self, node: int) -> Iterator[int]:
        """The folders around a node, but the root, from the nearest on."""
        node = self._tree.parent(node)
        while node > 0:
            yield node
            node = self._tree.parent(node)

    def open_towards(self, nodes: Iterable[int]) -> None:
        """Open the folders that lead to some nodes, as long as the same is shown."""
        led = set[int]()
        for node in nodes:
            for over in self.over(node):
                if over in led:
                    break
                led.add(over)
                self.opened[over] = 1

    def reveal(self, node: int) -> bool:
        """Open the folders that lead to a node for good; whether any was closed."""
        closed = [over for over in self.over(node) if not self.opened[over]]
        for over in closed:
            self.fold(over, True)
        return bool(closed)
