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
            aspects = Aspect.CONTENT
    elif kind != other:
        aspects = Aspect.TYPE
    elif kind == Kind.SYMLINK:
        if one.links[a] != two.links[b]:
            aspects = Aspect.LINK
    elif one.devices.get(a) != two.devices.get(b):
        aspects = Aspect.DEVICE
    one, a, two, b = below.layer, below.row, above.layer, above.row
    if one.mode[a] != two.mode[b]:
        aspects |= Aspect.MODE
    if one.uid[a] != two.uid[b]:
        aspects |= Aspect.UID
    if one.gid[a] != two.gid[b]:
        aspects |= Aspect.GID
    if one.mtime[a] != two.mtime[b]:
        aspects |= Aspect.TIME
    if one.xattrs.get(a) != two.xattrs.get(b):
        aspects |= Aspect.XATTRS
    return aspects


def _aspects_of_implied(below: Placed, above: Placed) -> int:
    """The same where one or both are a folder that no layer lists: 0755, root, without a time."""
    if below.row == above.row:
        return 0
    listed = above if below.row == ABSENT else below
    index, row = listed.layer, listed.row
    aspects = 0 if index.kind[row] == Kind.DIRECTORY else Aspect.TYPE
    if index.mode[row] != IMPLIED_MODE:
        aspects |= Aspect.MODE
    if index.uid[row]:
        aspects |= Aspect.UID
    if index.gid[row]:
        aspects |= Aspect.GID
    if index.mtime[row]:
        aspects |= Aspect.TIME
    if index.xattrs.get(row):
        aspects |= Aspect.XATTRS
    return aspects
