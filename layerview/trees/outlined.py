"""What an outline asks of the tree that it shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from layerview.trees.change import Change
from layerview.trees.preorder import Preordered


class Sized(Protocol):
    """How large the nodes of a tree are, in some sense; less than nothing, too."""

    def size(self, node: int) -> int:
        """How large a node is, with all below it."""
        ...

    @property
    def alone(self) -> Sequence[int]:
        """How large every node is by itself, without what is below it."""
        ...

    def twice(self, mask: bytes) -> Iterable[tuple[int, int]]:
        """Where nodes of a mask that share their bytes meet, and these bytes: once less than there are such nodes."""
        ...


class Outlined(Sized, Protocol):
    """A tree in some state, compared with another one. What concerns one node costs a look-up."""

    @property
    def tree(self) -> Preordered:
        """All its nodes, there or not. Their paths are what folds are kept by, and what a filter searches."""
        ...

    @property
    def presence(self) -> bytes | bytearray:
        """1 for every node that is there in either state, among them each that holds one; 1 for the root."""
        ...

    @property
    def changes(self) -> bytes | bytearray:
        """The Change of every node."""
        ...

    def change(self, node: int) -> Change:
        """How the node itself differs."""
        ...

    def changed_below(self, node: int) -> bool:
        """Whether anything below a node differs."""
        ...

    def changes_below(self, node: int) -> int:
        """How much below a node differs."""
        ...

    def is_folder(self, node: int) -> bool:
        """Whether there may be anything below the node, so that it can be opened."""
        ...

    def joins(self, folder: int, inner: int) -> bool:
        """Whether a folder and the only one in it may be one row, which then stands for the inner one."""
        ...
