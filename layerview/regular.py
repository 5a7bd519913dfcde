"""Files and folders where somebody else may put something different in their place meanwhile.

To open a device may start something, and to open a pipe waits for whoever writes to it. So what is there is looked at
first, by a descriptor that opens nothing, and what has been looked at is what is opened then.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from functools import cache
from pathlib import Path


def open_regular(path: str | bytes | Path, folder: int | None = None, *, follow: bool = False) -> int:
    """A descriptor to read a regular file, in an open ``folder`` if that is given.

    A link is one only where it is to be followed. Raises FileNotFoundError where there is something else, and OSError.
    """
    links = 0 if follow else os.O_NOFOLLOW
    if sys.platform != "linux" or not _has_proc():  # elsewhere one can look only at what is open
        return _if_regular(os.open(path, os.O_RDONLY | os.O_NONBLOCK | links, dir_fd=folder))
    seen = _if_regular(os.open(path, os.O_PATH | links, dir_fd=folder))
    try:
        return os.open(f"/proc/self/fd/{seen}", os.O_RDONLY)
    finally:
        os.close(seen)


def read_regular(path: Path, most: int) -> bytes:
    """What is in a file of at most so many bytes. Raises as :func:`open_regular`, and OSError where there are more."""
    with os.fdopen(open_regular(path), "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes")
    return data


def open_folder(path: str | bytes, folder: int | None = None) -> int:
    """A descriptor of a folder, to which the last part of the path is no link. Raises OSError."""
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)


@cache
def _has_proc() -> bool:
    return Path("/proc/self/fd").is_dir()


def _if_regular(descriptor: int) -> int:
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise FileNotFoundError(errno.ENOENT, "it is no regular file")
