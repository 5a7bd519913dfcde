"""Where an entry of a layer goes: names made normal, whiteouts and what else hides behind a name told apart."""

from __future__ import annotations

from collections.abc import Callable

from layerview.errors import DamagedError
from layerview.layers.index import Kind

_WHITEOUT = b".wh."
_OPAQUE = b".wh..wh..opq"
_AUFS = b".wh..wh."
_NAMELESS = frozenset((b"", b".", b".."))
_METADATA = frozenset((b"stargz.index.json", b".prefetch.landmark", b".no.prefetch.landmark"))
"""What estargz puts at the root beside the layer's own entries."""

MAX_NAMES = 2048
"""Names in a path, as many as Linux takes at once."""

_PATH_MAX = 4096
"""Bytes of a path or of a link's target that Linux takes at once, the NUL at the end included."""

_MAX_HOPS = 40
"""Symbolic links followed in one path, as many as Linux follows."""

_MAX_FOLLOWED = 1 << 28
"""Bytes of targets that are followed in one layer; ten million entries behind links of 25 bytes."""

_Folder = dict[bytes, "bytes | _Folder"]
"""What of a folder has to do with links: a link by its name and its target, or a folder that is on the way to one."""

Warn = Callable[[bytes, str], None]
"""Takes a path and what was done about its oddity."""


def normal(name: bytes, warn: Warn) -> bytes:
    """The path that ``name`` means: no ``.``, ``..``, doubled, leading or trailing slash; the root is ``b""``."""
    parts: list[bytes] = []
    leads_out = False
    for part in name.split(b"/"):
        if part == b"..":
            if parts:
                parts.pop()
            elif not leads_out:
                leads_out = True
                warn(name, "leads above the root: kept below it")
        elif part and part != b".":
            parts.append(part)
    return b"/".join(parts)


def classify(path: bytes, kind: Kind, warn: Warn) -> tuple[bytes, Kind] | None:
    """The row's path and kind for a normal path and its entry's kind; None for an entry that makes no row."""
    if not path:
        if kind is Kind.DIRECTORY:
            return path, kind
        warn(path, "the root can only be a directory: left out")
        return None
    parent, slash, name = path.rpartition(b"/")
    if path.startswith(_AUFS) and not path.startswith(_OPAQUE):
        # Bookkeeping of AUFS, at the root alone; hard links may name its files.
        return (path, Kind.HIDDEN) if kind is Kind.FILE else None
    if path in _METADATA and kind is Kind.FILE:
        return None
    if parent.startswith(_WHITEOUT) or b"/" + _WHITEOUT in parent:
        warn(path, "stands below a whiteout: left out")
        return (path, Kind.HIDDEN) if kind is Kind.FILE else None
    if not name.startswith(_WHITEOUT):
        return path, kind
    if kind is Kind.DIRECTORY:
        warn(path, "a directory with a whiteout's name: taken for the whiteout")
    if name == _OPAQUE:
        if not parent:
            warn(path, "an opaque root hides all that is below; engines that use overlayfs pass over it")
        return parent, Kind.OPAQUE
    hidden = name.removeprefix(_WHITEOUT)
    if hidden in _NAMELESS:
        warn(path, "a whiteout that names nothing: left out")
        return None
    return parent + slash + hidden, Kind.WHITEOUT


class Links:
    """The symbolic links of a layer as they are at one point of its tar, which later entries of it may lie behind."""

    def __init__(self) -> None:
        self._root: _Folder = {}
        self._known: set[bytes] = set()
        """Paths of links, and of the folders that they are in, now or before."""
        self._landed: dict[bytes, bytes | None] = {}
        """Folders that were followed since the links last changed, and where they lead."""
        self._followed = 0

    def add(self, path: bytes, target: bytes) -> None:
        """There is a link now. No system makes one with a longer target than Linux takes, so none is followed."""
        self.remove(path, directory=False)
        if len(target) >= _PATH_MAX:
            return
        *parents, name = path.split(b"/")
        folder = self._root
        for parent in parents:
            inner = folder.setdefault(parent, {})
            if not isinstance(inner, dict):  # a link that leads in a circle
                return
            folder = inner
        folder[name] = target
        while path and path not in self._known:
            self._known.add(path)
            path = path.rpartition(b"/")[0]
        self._landed.clear()

    def remove(self, path: bytes, *, directory: bool) -> None:
        """There is something else now, in place of a link or, unless it is a directory, of a folder with links."""
        if path not in self._known:
            return
        *parents, name = path.split(b"/")
        folder: bytes | _Folder | None = self._root
        for parent in parents:
            folder = folder.get(parent) if isinstance(folder, dict) else None
        if isinstance(folder, dict) and name in folder and not (directory and isinstance(folder[name], dict)):
            del folder[name]
            self._landed.clear()

    def follow(self, path: bytes) -> bytes | None:
        """Where ``path`` lands when its parents that are links are followed, inside the layer's root.

        None where they lead in a circle or further than Linux follows. Raises DamagedError where there is more to
        follow than in any real layer.
        """
        parent, _, name = path.rpartition(b"/")
        if not parent or not self._root:
            return path
        if parent not in self._landed:
            self._landed[parent] = self._follow(parent)
        landed = self._landed[parent]
        return None if landed is None else landed + b"/" + name if landed else name

    def _follow(self, folder: bytes) -> bytes | None:
        todo = folder.split(b"/")[::-1]
        done: list[bytes] = []
        inside: list[_Folder] = [self._root]
        """The root, then what is known in each of the folders of ``done``."""
        hops = length = 0
        while todo:
            part = todo.pop()
            if part == b"..":
                if done:
                    length -= len(done.pop()) + 1
                    inside.pop()
            elif part and part != b".":
                found = inside[-1].get(part, {})
                if isinstance(found, dict):
                    done.append(part)
                    inside.append(found)
                    length += len(part) + 1
                    continue
                hops += 1
                self._followed += len(found)
                if self._followed > _MAX_FOLLOWED:
                    raise DamagedError("The layer has too many entries behind symbolic links")
                if hops > _MAX_HOPS or length + len(part) > _PATH_MAX:
                    return None
                if found.startswith(b"/"):
                    done, inside, length = [], [self._root], 0
                todo += found.split(b"/")[::-1]
        return b"/".join(done)
