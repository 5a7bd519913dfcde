"""What differs between two entries of a path (statements 16 and 17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from layerview.filesystem.changes import Aspect
from layerview.filesystem.columns import ABSENT
from layerview.layers import Kind, LayerIndex

IMPLIED_MODE = 0o755
"""Of a folder that no layer lists (statement 12)."""

REGULAR = (Kind.FILE, Kind.HARDLINK, Kind.HIDDEN)
"""Kinds of rows that an inode of a regular file comes from: a hard link that names nothing is an empty file."""

_CONTENT, _TYPE, _LINK, _MODE, _UID, _GID, _DEVICE, _XATTRS, _TIME = map(int, Aspect)
"""Plain numbers: flags of an enumeration take ten times longer to join."""


class Placed(NamedTuple):
    """An entry of a layer where the merge put it."""

    layer: LayerIndex
    row: int
    """ABSENT: a folder that no layer lists."""
    content_layer: LayerIndex
    """Of a hard link the layer that stores what it names, else as ``layer``."""
    content_row: int
    inode: int


def aspects_between(below: Placed, above: Placed, same_content: Callable[[int, int], bool]) -> int:
    """The Aspects in which two entries differ; ``same_content`` compares two inodes."""
    if below.row == ABSENT or above.row == ABSENT:
        return _aspects_of_implied(below, above)
    one, two = below.content_layer, above.content_layer
    a, b = below.content_row, above.content_row
    kind, other = one.kind[a], two.kind[b]
    aspects = 0
    if kind in REGULAR and other in REGULAR:
        if not same_content(below.inode, above.inode):
            aspects = _CONTENT
    elif kind != other:
        aspects = _TYPE
    elif kind == Kind.SYMLINK:
        if one.links[a] != two.links[b]:
            aspects = _LINK
    elif one.devices.get(a) != two.devices.get(b):
        aspects = _DEVICE
    one, a, two, b = below.layer, below.row, above.layer, above.row
    if one.mode[a] != two.mode[b]:
        aspects |= _MODE
    if one.uid[a] != two.uid[b]:
        aspects |= _UID
    if one.gid[a] != two.gid[b]:
        aspects |= _GID
    if one.mtime[a] != two.mtime[b]:
        aspects |= _TIME
    if one.xattrs.get(a) != two.xattrs.get(b):
        aspects |= _XATTRS
    return aspects


def _aspects_of_implied(below: Placed, above: Placed) -> int:
    """The same where one or both are a folder that no layer lists: 0755, root, without a time."""
    if below.row == above.row:
        return 0
    listed = above if below.row == ABSENT else below
    index, row = listed.layer, listed.row
    aspects = 0 if index.kind[row] == Kind.DIRECTORY else _TYPE
    if index.mode[row] != IMPLIED_MODE:
        aspects |= _MODE
    if index.uid[row]:
        aspects |= _UID
    if index.gid[row]:
        aspects |= _GID
    if index.mtime[row]:
        aspects |= _TIME
    if index.xattrs.get(row):
        aspects |= _XATTRS
    return aspects
