"""What a container has written, from the folder where overlayfs keeps it: a layer that was never made a tar.

Files are as they are. What is removed is a character device 0:0; a folder that hides all below it has an attribute
that says so (statement 9). Where overlayfs has only noted that a folder was moved, or that a file has other metadata, what
it is of lies in the layers below, and the folder does not tell what the container has written.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import msgspec

from layerview.errors import LayerviewError
from layerview.layers import Kind, file_checksum, index_entries
from layerview.layers.tar import Extra, TarEntry
from layerview.regular import open_folder, open_regular
from layerview.sources.archives.placed import unreadable
from layerview.sources.protocol import Found, Job, Reading

_OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque")
_NOTED = frozenset(f"{whose}.overlay.{what}" for whose in ("trusted", "user") for what in ("redirect", "metacopy"))
"""Attributes of a folder that was moved with all below it left where it is, and of a file whose content is."""

_KEPT = "user."
"""Attributes that layers have, too, besides capabilities."""

_CAPABILITY = "security.capability"

_STEP = 1 << 22
"""Bytes between two reports of progress."""

_KINDS = {
    stat.S_IFREG: Kind.FILE,
    stat.S_IFDIR: Kind.DIRECTORY,
    stat.S_IFLNK: Kind.SYMLINK,
    stat.S_IFCHR: Kind.CHAR,
    stat.S_IFBLK: Kind.BLOCK,
    stat.S_IFIFO: Kind.FIFO,
}
"""No layer has a socket."""


class OverlayJob(msgspec.Struct, frozen=True):
    """Indexes what is in the folder. A container may go on writing there meanwhile."""

    number: int
    folder: str
    otherwise: Job
    """What gives the layer where the folder alone does not tell it."""

    @property
    def layers(self) -> tuple[int, ...]:
        return (self.number,)

    @property
    def cost(self) -> int:
        """Nobody knows; most containers have written little."""
        return 1 << 20

    def run(self, reading: Reading) -> Iterator[Found]:
        """Index; all faults are the layer's."""
        done = reported = 0

        def advance(size: int) -> None:
            nonlocal done, reported
            done += size
            if done >= reported + _STEP:
                reported = done
                reading.progress(self.number, done, 0)

        try:
            yield self.number, index_entries(_entries(self.folder, advance), lambda: done, show=reading.show)
        except _LiesBelowError:
            yield from self.otherwise.run(reading)
        except LayerviewError as error:
            yield self.number, error
        except OSError as error:
            yield self.number, unreadable(self.folder, error)


class _LiesBelowError(Exception):
    """What is in the folder is only noted there."""


def _entries(root: str, advance: Callable[[int], None]) -> Iterator[TarEntry]:
    """All that is below a folder, by descriptors of folders: nobody can lead this elsewhere by a link meanwhile.

    Raises OSError and _LiesBelowError.
    """
    links: dict[tuple[int, int], bytes] = {}
    for above, folder, names in _folders(root):
        if above and _is_opaque(folder):
            yield _marker(above + b".wh..wh..opq")
        for name in names:
            with suppress(FileNotFoundError):
                status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if stat.S_ISCHR(status.st_mode) and status.st_rdev == 0:
                    yield _marker(above + b".wh." + name)
                elif (entry := _entry(above + name, name, folder, status, links)) is not None:
                    advance(entry[5])
                    yield entry


class _Folder(msgspec.Struct):
    above: bytes
    """How paths in it begin."""
    descriptor: int
    left: list[bytes] | None = None
    """The names of folders in it whose turn is to come, the next one last; None where its own is."""

    def names(self) -> list[bytes]:
        with os.scandir(self.descriptor) as found:
            names = sorted((os.fsencode(each.name), each.is_dir(follow_symlinks=False)) for each in found)
        self.left = [name for name, is_folder in reversed(names) if is_folder]
        return [name for name, _ in names]


def _folders(root: str) -> Iterator[tuple[bytes, int, Sequence[bytes]]]:
    """The folder and all below it: how paths in it begin, a descriptor of it, and the names in it.

    What is no folder any more when its turn comes is passed over. Raises OSError. In place of ``os.fwalk``, which opens
    whatever is there, and looks afterwards whether it is a folder.
    """
    opened = [_Folder(b"", open_folder(root))]
    try:
        while opened:
            last = opened[-1]
            if last.left is None:
                names = last.names()
                yield last.above, last.descriptor, names
            elif last.left:
                name = last.left.pop()
                with suppress(FileNotFoundError, NotADirectoryError):
                    opened.append(_Folder(last.above + name + b"/", open_folder(name, last.descriptor)))
            else:
                os.close(opened.pop().descriptor)
    finally:
        for each in opened:
            os.close(each.descriptor)


def _entry(
    path: bytes, name: bytes, folder: int, status: os.stat_result, links: dict[tuple[int, int], bytes]
) -> TarEntry | None:
    kind = _KINDS.get(stat.S_IFMT(status.st_mode))
    if kind is None:
        return None
    size, crc, extra = 0, None, Extra(xattrs=_attributes(name, folder))
    file = status.st_dev, status.st_ino
    first = links.get(file, path) if status.st_nlink > 1 else path
    if kind is not Kind.DIRECTORY and first != path:
        kind, extra.link = Kind.HARDLINK, first
    elif kind is Kind.FILE:
        size, crc = _content(name, folder, status.st_size)
    elif kind is Kind.SYMLINK:
        extra.link = _target(name, folder)
    elif kind is Kind.CHAR or kind is Kind.BLOCK:
        extra.device = os.major(status.st_rdev), os.minor(status.st_rdev)
    if status.st_nlink > 1:
        links.setdefault(file, path)  # not before it has been read, as it may have gone meanwhile
    mode = stat.S_IMODE(status.st_mode)
    return path, kind, mode, status.st_uid, status.st_gid, size, status.st_mtime_ns, crc, 0, extra


def _marker(path: bytes) -> TarEntry:
    return path, Kind.FILE, 0, 0, 0, 0, 0, None, 0, None


def _content(name: bytes, folder: int, size: int) -> tuple[int, int]:
    """Bytes and checksum of a file, which may be growing."""
    file = open_regular(name, folder)
    try:
        return file_checksum(file, size)
    finally:
        os.close(file)


def _target(name: bytes, folder: int) -> bytes:
    """Where a link leads. Raises FileNotFoundError where it is none any more, and OSError."""
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise FileNotFoundError(errno.ENOENT, "it is no link any more") from error
        raise


def _is_opaque(folder: int) -> bool:
    for attribute in _OPAQUE:
        with suppress(OSError):
            if os.getxattr(folder, attribute) == b"y":
                return True
    return False


def _attributes(name: bytes, folder: int) -> dict[bytes, bytes]:
    path = b"/proc/self/fd/%d/%b" % (folder, name)
    found = {}
    with suppress(OSError):
        for attribute in os.listxattr(path, follow_symlinks=False):
            if attribute in _NOTED:
                raise _LiesBelowError
            if attribute == _CAPABILITY or (attribute.startswith(_KEPT) and not attribute.startswith("user.overlay.")):
                found[os.fsencode(attribute)] = os.getxattr(path, attribute, follow_symlinks=False)
    return found
