"""Layers built entry by entry, so that a test reads as its own specification.

``layer(file("a", b"x"), whiteout("b"))`` is a tar, written by the standard library; ``index(…)`` what layerview makes
of it. Paths are given as they stand in the tar.
"""

from __future__ import annotations

import tarfile
from dataclasses import dataclass, field
from io import BytesIO
from typing import Literal

from layerview.layers import LayerIndex, index_stream

TarFormat = Literal[0, 1, 2]
"""``tarfile.USTAR_FORMAT``, ``GNU_FORMAT`` or ``PAX_FORMAT``."""


@dataclass(frozen=True)
class Entry:
    """One entry of a layer's tar."""

    path: str | bytes
    type: bytes
    content: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: float = 0
    target: str | bytes = ""
    device: tuple[int, int] = (0, 0)
    xattrs: dict[str, bytes] = field(default_factory=dict)

    def tar(self, format: TarFormat = tarfile.PAX_FORMAT) -> bytes:
        """Header and content, padded to full blocks."""
        info = tarfile.TarInfo(_text(self.path))
        info.type = self.type
        info.size = len(self.content)
        info.mode, info.uid, info.gid = self.mode, self.uid, self.gid
        info.mtime = self.mtime
        info.linkname = _text(self.target)
        info.devmajor, info.devminor = self.device
        info.pax_headers = {f"SCHILY.xattr.{name}": _text(value) for name, value in self.xattrs.items()}
        return info.tobuf(format, "utf-8", "surrogateescape") + self.content + bytes(-len(self.content) % 512)


def file(
    path: str | bytes,
    content: bytes = b"",
    *,
    mode: int = 0o644,
    uid: int = 0,
    gid: int = 0,
    mtime: float = 0,
    xattrs: dict[str, bytes] | None = None,
) -> Entry:
    """A regular file."""
    return Entry(path, tarfile.REGTYPE, content, mode, uid, gid, mtime, xattrs=xattrs or {})


def directory(
    path: str | bytes,
    *,
    mode: int = 0o755,
    uid: int = 0,
    gid: int = 0,
    mtime: float = 0,
    xattrs: dict[str, bytes] | None = None,
) -> Entry:
    """A directory."""
    return Entry(path, tarfile.DIRTYPE, b"", mode, uid, gid, mtime, xattrs=xattrs or {})


def symlink(path: str | bytes, target: str | bytes, *, uid: int = 0, gid: int = 0, mtime: float = 0) -> Entry:
    """A symbolic link."""
    return Entry(path, tarfile.SYMTYPE, b"", 0o777, uid, gid, mtime, target)


def hardlink(
    path: str | bytes, target: str | bytes, *, mode: int = 0o644, uid: int = 0, gid: int = 0, mtime: float = 0
) -> Entry:
    """A hard link to another path."""
    return Entry(path, tarfile.LNKTYPE, b"", mode, uid, gid, mtime, target)


def device(path: str | bytes, major: int, minor: int, *, block: bool = False, mode: int = 0o600) -> Entry:
    """A character or block device."""
    return Entry(path, tarfile.BLKTYPE if block else tarfile.CHRTYPE, mode=mode, device=(major, minor))


def fifo(path: str | bytes, *, mode: int = 0o644) -> Entry:
    """A named pipe."""
    return Entry(path, tarfile.FIFOTYPE, mode=mode)


def whiteout(path: str) -> Entry:
    """The whiteout that removes ``path`` from lower layers."""
    parent, slash, name = path.rpartition("/")
    return file(f"{parent}{slash}.wh.{name}")


def opaque(path: str = "") -> Entry:
    """The marker that hides what lower layers have in the directory ``path``."""
    return file(f"{path}/.wh..wh..opq" if path else ".wh..wh..opq")


def layer(*entries: Entry, format: TarFormat = tarfile.PAX_FORMAT) -> bytes:
    """The uncompressed tar of a layer."""
    return b"".join(entry.tar(format) for entry in entries) + bytes(1024)


def index(*entries: Entry) -> LayerIndex:
    """The index of a layer, all checksums known."""
    return index_bytes(layer(*entries))


def index_bytes(tar: bytes) -> LayerIndex:
    """The index of a layer that is given as the bytes of its tar or blob."""
    return index_stream(BytesIO(tar).read)


def _text(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")
