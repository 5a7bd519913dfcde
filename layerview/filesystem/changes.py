"""What a change consists of, and why bytes are wasted."""

from enum import IntEnum, IntFlag


class Aspect(IntFlag):
    """What of a modified path changed (statement 16)."""

    CONTENT = 1
    TYPE = 2
    LINK = 4
    MODE = 8
    UID = 16
    GID = 32
    DEVICE = 64
    XATTRS = 128
    TIME = 256


class Reason(IntEnum):
    """Why bytes that a layer stores are in no container's sight (statement 24)."""

    REMOVED = 1
    REPLACED = 2
    METADATA = 3
    IDENTICAL = 4

    def __str__(self) -> str:
        return _REASONS[self]


_REASONS = {
    Reason.REMOVED: "removed",
    Reason.REPLACED: "replaced",
    Reason.METADATA: "metadata only",
    Reason.IDENTICAL: "identical",
}
