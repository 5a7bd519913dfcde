"""What a path is."""

from __future__ import annotations

import stat
from functools import lru_cache

from layerview.filesystem import Entry
from layerview.layers import Kind
from layerview.text import escape

KINDS = {
    Kind.FILE: "file",
    Kind.DIRECTORY: "folder",
    Kind.SYMLINK: "symbolic link",
    Kind.HARDLINK: "hard link",
    Kind.CHAR: "character device",
    Kind.BLOCK: "block device",
    Kind.FIFO: "FIFO",
}

NONE = "none"
"""What stands for the target of what is no link, and the like."""


def permission(entry: Entry) -> str:
    """Kind and permission bits, as ``ls -l`` writes them; ``h`` stands for a hard link."""
    return _permission(entry.kind, entry.mode)


@lru_cache(maxsize=1024)
def _permission(kind: Kind, mode: int) -> str:
    return chr(kind) + stat.filemode(mode)[1:]


def mode_of(entry: Entry) -> str:
    """Permission and set-id bits in octal."""
    return f"{entry.mode:04o}"


def owner_of(entry: Entry) -> str:
    """User and group, by their numbers."""
    return f"{entry.uid}:{entry.gid}"


def device_of(entry: Entry, between: str = ":") -> str:
    """Major and minor number of a device."""
    return f"{entry.device[0]}{between}{entry.device[1]}" if entry.device else NONE


def link_of(entry: Entry) -> str:
    """What a link points to."""
    return NONE if entry.link is None else escape(entry.link)


def value_of(value: bytes) -> str:
    """An attribute's value: text where it is text, else hexadecimal."""
    text = escape(value)
    return text if text.encode() == value else f"0x{value.hex()}"
