"""Ways through the rows of an outline: from one change to the next, in the order on screen, in closed folders too."""

from __future__ import annotations

from collections.abc import Callable

from layerview.trees.outlined import Outlined


class Ways:
    """The rows below a folder and around one are asked for, as they depend on what is visible and in which order."""

    def __init__(self, outlined: Outlined, below: Callable[[int], list[int]], over: Callable[[int], int]) -> None:
        self._outlined, self._below, self._over = outlined, below, over

    def next_change(self, node: int, step: int) -> int | None:
        """The next row that differs; the previous one with a ``step`` of -1. ``node`` has a row, or is the root."""
        if step > 0:
            found = self._first(self._below(node))
            if found is not None:
                return found
        while node > 0:
            over = self._over(node)
            siblings = self._below(over)
            at = siblings.index(node)
            if step > 0:
                found = self._first(siblings[at + 1 :])
            else:
                found = self._last(siblings[:at])
                if found is None and over > 0 and self._outlined.change(over):
                    found = over
            if found is not None:
                return found
            node = over
        return None

    def _first(self, nodes: list[int]) -> int | None:
        left = nodes[::-1]
        while left:
            node = left.pop()
            if self._outlined.change(node):
                return node
            if self._outlined.changed_below(node):
                left += reversed(self._below(node))
        return None

    def _last(self, nodes: list[int]) -> int | None:
        left = list(nodes)
        entered = set[int]()
        while left:
            node = left[-1]
            if node not in entered and self._outlined.changed_below(node):
                entered.add(node)
                left += self._below(node)
            elif self._outlined.change(left.pop()):
                return node
        return None
