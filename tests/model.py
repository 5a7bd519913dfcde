"""The semantics of layers once more, slow and obvious: what layerview's merge is held against.

A state is a dictionary of paths. A layer is first extracted into an empty folder, entry by entry, and that folder
is then laid over the state below, as overlayfs does. The numbers are those of docs/semantics.md. Nothing of
layerview is used.
"""

from __future__ import annotations

import tarfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tests.builders import Entry

Path = tuple[bytes, ...]
"""The names that lead to a path: tuples sort in preorder, children in byte order. The root is ``()``."""

ROOT: Path = ()

_TYPES = {
    tarfile.REGTYPE: "file",
    tarfile.DIRTYPE: "directory",
    tarfile.SYMTYPE: "symlink",
    tarfile.LNKTYPE: "hardlink",
    tarfile.CHRTYPE: "char",
    tarfile.BLKTYPE: "block",
    tarfile.FIFOTYPE: "fifo",
}
_ESTARGZ = (b"stargz.index.json", b".prefetch.landmark", b".no.prefetch.landmark")


@dataclass(frozen=True, eq=False)
class Inode:
    """What the names of one file share. Each is equal to itself alone."""

    type: str
    content: bytes
    target: bytes
    device: tuple[int, int] | None
    stored_by: int
    path: Path
    """Where it was stored."""


@dataclass(frozen=True)
class Node:
    """What stands at a path."""

    inode: Inode | None
    """None: a directory."""
    mode: int
    uid: int
    gid: int
    mtime: int
    xattrs: Mapping[str, bytes]
    layer: int
    implied: bool = False

    @property
    def type(self) -> str:
        return self.inode.type if self.inode else "directory"


State = dict[Path, Node]


def implied(layer: int) -> Node:
    """A directory that no layer lists (12)."""
    return Node(None, 0o755, 0, 0, 0, {}, layer, implied=True)


class Model:
    """An image by the book: its states, and what is asked of them."""

    def __init__(self, *layers: Sequence[Entry]) -> None:
        self.states: list[State] = [{}]
        self.extracted: list[Extracted] = []
        for number, entries in enumerate(layers, 1):
            layer = Extracted(number, entries, self.states[-1])
            self.extracted.append(layer)
            self.states.append(laid_over(self.states[-1], layer))

    # states

    def type_and_link(self, path: Path, layer: int) -> tuple[str, bytes | None]:
        """The first name of an inode is what it is, all others are hard links to that (20)."""
        state = self.states[layer]
        inode = state[path].inode
        if inode is None:
            return "directory", None
        first = min(name for name, node in state.items() if node.inode is inode)
        if first != path:
            return "hardlink", b"/".join(first)
        return inode.type, inode.target if inode.type == "symlink" else None

    def size(self, path: Path, layer: int) -> int:
        """Bytes at a path or below it, each inode once (20, 21)."""
        state = self.states[layer]
        inodes = {node.inode for name, node in state.items() if is_at_or_below(name, path)}
        return sum(len(inode.content) for inode in inodes if inode)

    def own(self, path: Path, layer: int) -> int:
        """Bytes of what the layer itself stores at a path or below it, each inode once; all of it at the root (52)."""
        extracted, state = self.extracted[layer - 1], self.states[layer]
        inodes = set()
        for position, inode in extracted.stored.items():
            places = [*names_of(inode, state), *([] if position in extracted.hidden else [inode.path])]
            if path == ROOT or any(is_at_or_below(place, path) for place in places):
                inodes.add(inode)
        return sum(len(inode.content) for inode in inodes)

    def items(self, path: Path, layer: int) -> int:
        """How many paths are below."""
        return sum(is_at_or_below(name, path) for name in self.states[layer] if name != path)

    # changes

    def changes(self, below: int, at: int) -> dict[Path, tuple[str, frozenset[str]]]:
        """Every path that differs between two states: how, and in what (16, 19).

        The root is there whether or not a layer lists it; it counts from the first layer on that does.
        """
        old, new = (
            {path: node for path, node in self.states[layer].items() if path != ROOT or not node.implied}
            for layer in (below, at)
        )
        changes = {}
        for path in old.keys() | new.keys():
            if path not in old:
                changes[path] = "added", frozenset[str]()
            elif path not in new:
                changes[path] = "removed", frozenset[str]()
            elif aspects := aspects_between(old[path], new[path]):
                changes[path] = "modified", aspects
        return changes

    # bytes

    @property
    def total_bytes(self) -> int:
        """Regular-file bytes stored in all layers (23)."""
        return sum(len(inode.content) for layer in self.extracted for inode in layer.stored.values())

    @property
    def final_bytes(self) -> int:
        """Those that a container sees (23)."""
        return self.size(ROOT, len(self.extracted))

    @cached_property
    def matrix(self) -> dict[tuple[int, int, str], int]:
        """Wasted bytes by the layer that stores them, the layer that hides them, and the reason (24)."""
        matrix: Counter[tuple[int, int, str]] = Counter()
        for layer in self.extracted:
            for position, inode in layer.stored.items():
                for hidden_by in range(layer.number, len(self.states)):
                    if inode.content and not names_of(inode, self.states[hidden_by]):
                        own = hidden_by == layer.number
                        reason = layer.why_buried(position) if own else self.why_hidden(inode, hidden_by)
                        matrix[layer.number, hidden_by, reason] += len(inode.content)
                        break
        return dict(matrix)

    def why_hidden(self, inode: Inode, layer: int) -> str:
        """What became of the path it was stored under, or else of the first of the names it had left."""
        names = names_of(inode, self.states[layer - 1])
        path = inode.path if inode.path in names else names[0]
        return reason_between(self.states[layer - 1][path], self.states[layer].get(path))


class Extracted:
    """A layer extracted into an empty folder, with what it removes from those below."""

    def __init__(self, number: int, entries: Sequence[Entry], below: State) -> None:
        self.number = number
        self.entries = entries
        self.below = below
        self.whiteouts: list[Path] = []
        self.opaques: list[Path] = []
        self.landed: dict[int, Path] = {}
        """Position of an entry in the tar: where it lands. Without whiteouts and what is left out."""
        self.hidden: set[int] = set()
        """Those of them that are never shown but have bytes (7)."""
        self.marked: list[Path] = []
        """Folders that whiteouts and opaque markers stand in."""
        self.positions: dict[Path, int | None] = {}
        """The folder: the entry that holds at each path; None: a directory that the layer does not list."""
        self.targets: dict[int, Path] = {}
        """Position of a hard link: the path it names."""
        self.named: dict[int, int] = {}
        """Position of a hard link: the entry of the layer that stands there when it comes, if one does (46)."""
        self.lost: set[int] = set()
        """Hard links to what the layer has removed by then (46)."""
        self.inodes: dict[int, Inode] = {}
        for position, entry in enumerate(entries):
            self.read(position, entry)
        for path in [path for path, position in self.positions.items() if position in self.lost]:
            del self.positions[path]
            self.whiteouts.append(path)
            self.marked.append(path[:-1])
        for folder in self.marked:
            self.imply(folder)
        self.stored = {
            position: inode
            for position in self.landed
            if _TYPES[entries[position].type] == "file" and (inode := self.inode(position)) is not None
        }
        self.tree = {path: self.node(position) for path, position in self.positions.items()}

    def read(self, position: int, entry: Entry) -> None:
        path = folded(entry.path)
        type = _TYPES[entry.type]
        if not as_bytes(entry.path) or (path == ROOT and type != "directory"):
            return  # 28
        bookkeeping = path != ROOT and path[0].startswith(b".wh..wh.") and not path[0].startswith(b".wh..wh..opq")
        if bookkeeping or any(name.startswith(b".wh.") for name in path[:-1]):
            if type == "file":  # 7, 8
                self.landed[position] = self.through_links(path)
                self.hidden.add(position)
        elif type == "file" and len(path) == 1 and path[0] in _ESTARGZ:
            pass  # 35
        elif path and path[-1] == b".wh..wh..opq":
            self.opaques.append(self.through_links(path)[:-1])  # 2, 3
            self.marked.append(self.opaques[-1])
        elif path and path[-1] in (b".wh.", b".wh..", b".wh..."):
            pass  # 6
        elif path and path[-1].startswith(b".wh."):
            landed = self.through_links(path)
            self.whiteouts.append((*landed[:-1], landed[-1].removeprefix(b".wh.")))  # 1
            self.marked.append(landed[:-1])
        else:
            landed = self.through_links(path)
            self.place(landed, position)
            if type == "hardlink":
                self.link(position, self.through_links(folded(entry.target)))
            self.landed[position] = landed

    def link(self, position: int, target: Path) -> None:
        """A hard link names what stands there now (46)."""
        self.targets[position] = target
        same = [other for other, landed in self.landed.items() if landed == target]
        if same:
            self.named[position] = same[-1]
        folders = [target[:depth] for depth in range(len(target))]
        removed = target in self.whiteouts or any(each in (*self.whiteouts, *self.opaques) for each in folders)
        if same[-1] in self.lost if same else removed:
            self.lost.add(position)

    def through_links(self, path: Path) -> Path:
        """Where a path lands whose parents are symbolic links of this layer, inside the root (14)."""
        done: list[bytes] = []
        todo = list(path[:-1])
        hops = 0
        while todo:
            name = todo.pop(0)
            if name == b"..":
                del done[-1:]
            elif name not in (b"", b"."):
                done.append(name)
                target = self.symlink_at(tuple(done))
                if target is not None:
                    hops += 1
                    if hops > 40:
                        return path
                    if target.startswith(b"/"):
                        done.clear()
                    else:
                        done.pop()
                    todo = target.split(b"/") + todo
        return (*done, *path[-1:])

    def symlink_at(self, path: Path) -> bytes | None:
        """Where the symbolic link points that is there now."""
        position = self.positions.get(path)
        if position is None or _TYPES[self.entries[position].type] != "symlink":
            return None
        return as_bytes(self.entries[position].target)

    def imply(self, folder: Path) -> None:
        """A whiteout needs its folder as an entry does, unless the layer has something else there (5)."""
        for depth in range(1, len(folder) + 1):
            if folder[:depth] in self.positions and not self.is_directory(folder[:depth]):
                return
            self.positions.setdefault(folder[:depth], None)

    def place(self, path: Path, position: int) -> None:
        for depth in range(len(path)):
            if not self.is_directory(path[:depth]):
                self.put(path[:depth], None)
        self.put(path, position)

    def put(self, path: Path, position: int | None) -> None:
        was_directory = self.is_directory(path)
        self.positions[path] = position
        if not (was_directory and self.is_directory(path)):  # 10, 11
            remove(self.positions, path, itself=False)

    def is_directory(self, path: Path) -> bool:
        if path not in self.positions:
            return False
        position = self.positions[path]
        return position is None or _TYPES[self.entries[position].type] == "directory"

    def node(self, position: int | None) -> Node:
        if position is None:
            return implied(self.number)
        inode = self.inode(position)
        names = [position]
        if inode and inode.stored_by == self.number:
            names = [other for other in self.landed if self.inode(other) is inode]
        xattrs: dict[str, bytes] = {}
        for name in names:
            xattrs |= self.entries[name].xattrs
        last = self.entries[names[-1]]  # 13
        mode = 0o777 if inode and inode.type == "symlink" else last.mode & 0o7777  # 31
        return Node(inode, mode, last.uid, last.gid, round(last.mtime * 1_000_000_000), xattrs, self.number)

    def inode(self, position: int) -> Inode | None:
        """What an entry stores or links; a hard link to nothing, or to a directory, is an empty file."""
        if position not in self.inodes:
            entry, path = self.entries[position], self.landed[position]
            type = _TYPES[entry.type]
            if type == "directory":
                return None
            if type == "hardlink":
                inode = self.linked(position) or Inode("file", b"", b"", None, self.number, path)
            else:
                device = entry.device if type in ("char", "block") else None
                target = as_bytes(entry.target) if type == "symlink" else b""
                inode = Inode(type, entry.content, target, device, self.number, path)
            self.inodes[position] = inode
        return self.inodes[position]

    def linked(self, position: int) -> Inode | None:
        """What a hard link names: the entry last seen under that path, else what is below (46)."""
        if position not in self.named:
            path = self.targets[position]
            return self.below[path].inode if path in self.below else None
        target = self.named[position]
        return None if self.names_nothing(target) else self.inode(target)

    def names_nothing(self, position: int) -> bool:
        """Whether an entry is a hard link that leads to no file, so that it is an empty file of its own."""
        return position in self.targets and self.linked(position) is None

    def why_buried(self, position: int) -> str:
        """Why bytes of this layer are not seen even with this layer on top (24)."""
        if position in self.hidden:
            return "removed"
        return reason_between(self.node(position), self.tree.get(self.landed[position]))


def laid_over(below: State, layer: Extracted) -> State:
    """The state with one more layer."""
    state = dict(below)
    state.setdefault(ROOT, implied(layer.number))
    for path in layer.whiteouts:
        if path != ROOT:
            remove(state, path)  # 1
    for path in layer.opaques:
        remove(state, path, itself=False)  # 2
    for path, node in sorted(layer.tree.items(), key=lambda item: item[0]):
        over_directory = path in state and state[path].type == "directory"
        if not (over_directory and node.implied):  # 12
            if not (over_directory and node.type == "directory"):  # 10, 11
                remove(state, path)
            state[path] = node
    return state


def remove(tree: dict[Path, Node] | dict[Path, int | None], path: Path, *, itself: bool = True) -> None:
    for name in [name for name in tree if is_at_or_below(name, path) and (itself or name != path)]:
        del tree[name]


def is_at_or_below(name: Path, path: Path) -> bool:
    return name[: len(path)] == path


def names_of(inode: Inode, state: State) -> list[Path]:
    return sorted(name for name, node in state.items() if node.inode is inode)


def aspects_between(old: Node, new: Node) -> frozenset[str]:
    """What differs (16)."""
    aspects = {name for name in ("mode", "uid", "gid", "xattrs") if getattr(old, name) != getattr(new, name)}
    if old.mtime != new.mtime:
        aspects.add("time")
    if old.type != new.type:
        aspects.add("type")
    elif old.inode and new.inode:
        if old.inode.content != new.inode.content:
            aspects.add("content")
        if old.inode.target != new.inode.target:
            aspects.add("link")
        if old.inode.device != new.inode.device:
            aspects.add("device")
    return frozenset(aspects)


def reason_between(hidden: Node, new: Node | None) -> str:
    """Why the bytes of a path are no longer its own (24)."""
    if new is None:
        return "removed"
    aspects = aspects_between(hidden, new)
    if aspects & {"content", "type"}:
        return "replaced"
    return "metadata only" if aspects else "identical"


def folded(name: str | bytes) -> Path:
    """A name without dots and needless slashes, kept inside the root (28, 29)."""
    names: list[bytes] = []
    for part in as_bytes(name).split(b"/"):
        if part == b"..":
            del names[-1:]
        elif part not in (b"", b"."):
            names.append(part)
    return tuple(names)


def as_bytes(name: str | bytes) -> bytes:
    return name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")
