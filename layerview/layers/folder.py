"""A folder that is its owner's alone, and files in it: opened as what they are, never through a link.

All is done to names within the folder that was looked at, so that nothing is done elsewhere where another one, or a link,
is put in its place meanwhile.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from layerview.errors import DamagedError

_OTHERS = 0o077
_WRITABLE = 0o022
"""By others than the owner."""


@contextmanager
def own_folder(path: Path, *, made: bool = False) -> Iterator[int]:
    """A descriptor of a folder of this user or of root; ``made`` if it is not there.

    It is narrowed to its owner where it is wider. Raises OSError; PermissionError where others may write into it.
    """
    if made:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        if path.is_symlink():
            raise OSError(errno.ELOOP, "it is a link, which is not followed", str(path)) from error
        raise
    try:
        status = os.fstat(folder)
        if not _is_trusted(status):
            raise PermissionError(errno.EPERM, "it belongs to another user", str(path))
        if status.st_mode & _OTHERS:
            try:
                os.fchmod(folder, 0o700)
            except OSError as error:  # of root, or in a file system that may only be read
                if status.st_mode & _WRITABLE:
                    raise PermissionError(errno.EPERM, "others may write into it", str(path)) from error
        yield folder
    finally:
        os.close(folder)


def open_own(name: str, folder: int) -> int:
    """A descriptor of a file to be read. Raises OSError, and DamagedError where it is none, or another user's."""
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise DamagedError("it is a link") from error
        raise
    status = os.fstat(file)
    if stat.S_ISREG(status.st_mode) and _is_trusted(status):
        return file
    os.close(file)
    raise DamagedError("it belongs to another user" if stat.S_ISREG(status.st_mode) else "it is no regular file")


def _is_trusted(status: os.stat_result) -> bool:
    return status.st_uid in (0, os.geteuid())
