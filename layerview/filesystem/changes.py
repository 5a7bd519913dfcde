"""What a change is, between two states of a path."""

from enum import IntEnum, IntFlag


class Change(IntEnum):
    """How a path differs from its state below."""

    UNMODIFIED = 0
    ADDED = 1
    MODIFIED = 2
    REMOVED = 3


class Aspect(IntFlag):
    """What of a modified path changed."""

    CONTENT = 1
    TYPE = 2
    LINK = 4
    MODE = 8
    UID = 16
    GID = 32
    DEVICE = 64
    XATTRS = 128
    TIME = 256
