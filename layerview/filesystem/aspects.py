"""What differs between two entries of a path (statements 16 and 17)."""

from __future__ import annotations

from collections.abc import Callable

from layerview.filesystem.changes import Aspect
from layerview.filesystem.columns import ABSENT
from layerview.layers import SYMLINK_MODE, Kind, LayerIndex

IMPLIED_MODE = 0o755
"""Of a folder that no layer lists (statement 12)."""

REGULAR = (*map(int, (Kind.FILE, Kind.HARDLINK, Kind.HIDDEN)),)
"""Kinds of rows that an inode of a regular file comes from: a hard link that names nothing is an empty file."""

_DIRECTORY, _SYMLINK = int(Kind.DIRECTORY), int(Kind.SYMLINK)
_CONTENT, _TYPE, _LINK, _MODE, _UID, _GID, _DEVICE, _XATTRS, _TIME = map(int, Aspect)
"""Plain numbers: flags of an enumeration take ten times longer to join."""


Placed = tuple[LayerIndex, int, LayerIndex, int, int]
"""An entry of a layer where the merge put it.

The layer, the entry's row (ABSENT: a folder that no layer lists), the layer and the row that its content comes from (of
a hard link those of what it names, else the same), and its inode. A plain tuple, as there are as many as entries.
"""


def kind_of(placed: Placed) -> int:
    """The Kind of an entry; of a hard link that of what it names."""
    _, row, content, content_row, _ = placed
    return Kind.DIRECTORY if row == ABSENT else content.kind[content_row]


def mode_of(index: LayerIndex, row: int, content: LayerIndex, content_row: int) -> int:
    """Permission bits of an entry; of a hard link to a symbolic link of a lower layer those of the link (31)."""
    return SYMLINK_MODE if content.kind[content_row] == _SYMLINK else index.mode[row]


def aspects_between(below: Placed, above: Placed, same_content: Callable[[int, int], bool]) -> int:
    """The Aspects in which two entries differ; ``same_content`` compares two inodes."""
    one, a, content, at, inode = below
    two, b, other_content, other_at, other_inode = above
    if a == ABSENT or b == ABSENT:
        return _aspects_of_implied(below, above)
    kind, other = content.kind[at], other_content.kind[other_at]
    aspects = 0
    if kind in REGULAR and other in REGULAR:
        if not same_content(inode, other_inode):
            aspects = _CONTENT
    elif kind != other:
        aspects = _TYPE
    elif kind == _SYMLINK:
        if content.links[at] != other_content.links[other_at]:
            aspects = _LINK
    elif kind != _DIRECTORY and content.devices.get(at) != other_content.devices.get(other_at):
        aspects = _DEVICE
    if (SYMLINK_MODE if kind == _SYMLINK else one.mode[a]) != (SYMLINK_MODE if other == _SYMLINK else two.mode[b]):
        aspects |= _MODE  # as mode_of() says
    if one.uid[a] != two.uid[b]:
        aspects |= _UID
    if one.gid[a] != two.gid[b]:
        aspects |= _GID
    if one.mtime[a] != two.mtime[b]:
        aspects |= _TIME
    if (one.xattrs or two.xattrs) and one.xattrs.get(a) != two.xattrs.get(b):
        aspects |= _XATTRS
    return aspects


def _aspects_of_implied(below: Placed, above: Placed) -> int:
    """The same where one or both are a folder that no layer lists: 0755, root, without a time."""
    index, row, content, content_row, _ = above if below[1] == ABSENT else below
    if row == ABSENT:
        return 0
    aspects = 0 if index.kind[row] == Kind.DIRECTORY else _TYPE
    if mode_of(index, row, content, content_row) != IMPLIED_MODE:
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
