"""Where an entry of a layer goes: names made normal, whiteouts and what else hides behind a name told apart."""

from __future__ import annotations

from collections.abc import Callable

from layerview.layers.index import Kind

_WHITEOUT = b".wh."
_OPAQUE = b".wh..wh..opq"
_AUFS = b".wh..wh."
_NAMELESS = frozenset((b"", b".", b".."))
_METADATA = frozenset((b"stargz.index.json", b".prefetch.landmark", b".no.prefetch.landmark"))
"""What estargz puts at the root beside the layer's own entries."""

_MAX_HOPS = 40
"""Symbolic links followed in one path, as many as Linux follows."""

Warn = Callable[[bytes, str], None]
"""Takes a path and what was done about its oddity."""


def normal(name: bytes, warn: Warn) -> bytes:
    """The path that ``name`` means: no ``.``, ``..``, doubled, leading or trailing slash; the root is ``b""``."""
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            if parts:
                parts.pop()
            else:
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
        return parent, Kind.OPAQUE
    hidden = name.removeprefix(_WHITEOUT)
    if hidden in _NAMELESS:
        warn(path, "a whiteout that names nothing: left out")
        return None
    return parent + slash + hidden, Kind.WHITEOUT


def follow(path: bytes, links: dict[bytes, bytes]) -> bytes | None:
    """Where ``path`` lands when its parents that are symbolic links are followed, inside the layer's root.

    ``links`` are the symbolic links by path. None where they lead in a circle.
    """
    parent, _, name = path.rpartition(b"/")
    todo = parent.split(b"/")[::-1]
    done: list[bytes] = []
    hops = 0
    while todo:
        part = todo.pop()
        if part == b"..":
            del done[-1:]
        elif part and part != b".":
            done.append(part)
            if (target := links.get(b"/".join(done))) is not None:
                hops += 1
                if hops > _MAX_HOPS:
                    return None
                if target.startswith(b"/"):
                    done.clear()
                else:
                    done.pop()
                todo += target.split(b"/")[::-1]
    return b"/".join((*done, name))
