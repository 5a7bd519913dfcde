"""Makes the index of a layer from its tar."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from itertools import compress
from struct import Struct, calcsize
from typing import Literal

from layerview.errors import DamagedError
from layerview.layers.beginning import Beginning, Show
from layerview.layers.hardlinks import hardlink_targets, links_to_removed
from layerview.layers.index import IS_SHOWN, SYMLINK_MODE, Kind, LayerIndex, Warning, named, unlisted
from layerview.layers.names import MAX_NAMES, Links, classify, normal
from layerview.layers.tar import Blocks, Extra, TarEntry, entries

MAX_ENTRIES = 1 << 23
"""Entries of a layer, and of all that are taken of an image or an archive; each takes some 500 bytes of memory. More are
taken for an attack: the largest images have a million."""

MAX_TEXT = 1 << 30
"""Bytes of names, link targets and attributes beyond what plain headers hold; some four million attributes."""

MAX_FOLDERS = 1 << 28
"""Bytes of the paths of folders, those included that no entry lists: a million of 256 bytes each."""

MAX_BYTES = 1 << 49
"""Bytes that the files of a layer claim, holes included. So those of 10,000 layers add up to a number of 64 bits."""

_ITEM = 128
"""Bytes of memory that an attribute or a piece of a sparse file takes besides its own."""

_STRIDE = 64
"""Entries between two looks at the clock."""

_MAX_WARNINGS = 1000
_MAX_WARNING = 4096
"""Bytes of a path that a warning names, and characters that it says."""

_ROW = Struct("=qqqqQqHBB4x")
"""uid, gid, size, mtime, crc, offset, mode, hashed, kind: packed at once in half the time of nine appends."""

_DOT, _SLASH = b"./"


def index_tar(blocks: Blocks, show: Show | None = None) -> LayerIndex:
    """The index of the tar behind ``blocks``; ``show`` is given its beginning meanwhile. Raises DamagedError."""
    notes: list[str] = []
    return index_entries(entries(blocks, notes), blocks.finish, notes, show)


def index_entries(
    found: Iterable[TarEntry], finish: Callable[[], int], notes: Iterable[str] = (), show: Show | None = None
) -> LayerIndex:
    """The index of a tar whose entries another reads, too.

    ``finish`` passes its end; ``notes`` say by then what is odd about the tar as a whole. Raises what they raise.
    """
    return _Builder().build(found, finish, notes, Beginning(show))


class _Builder:
    """The rows of an index while they are gathered."""

    def __init__(self) -> None:
        self.paths: list[bytes] = []
        self.rows = bytearray()
        self.parents: set[bytes] = set()
        """Folders that entries or hard links name, and all folders above them."""
        self.folders: dict[bytes, bytes] = {}
        """A folder's name as an entry's name begins with it: its path and a slash. Empty for the root."""
        self.links: dict[int, bytes] = {}
        self.devices: dict[int, tuple[int, int]] = {}
        self.xattrs: dict[int, dict[bytes, bytes]] = {}
        self.sparse: dict[int, tuple[tuple[int, int], ...]] = {}
        self.warnings: list[Warning] = []
        self.unsaid = 0
        self.moved = False
        """Whether a path is another one than its entry says, because of links on the way to it."""
        self.text = self.folder_text = 0
        self.bytes = 0

    def build(
        self, found: Iterable[TarEntry], finish: Callable[[], int], notes: Iterable[str], beginning: Beginning
    ) -> LayerIndex:
        """Read all entries."""
        paths, folders = self.paths, self.folders
        rows, pack = self.rows, _ROW.pack
        stop = _STRIDE
        for name, kind, mode, uid, gid, size, mtime, crc, offset, extra in found:
            parent, _, base = (name[:-1] if name[-1:] == b"/" else name).rpartition(b"/")
            folder = folders.get(parent)
            if folder and base and base[0] != _DOT:
                path = folder + base
            else:
                placed = self.place(name, kind, parent)
                if placed is None:
                    continue
                path, kind = placed
                if kind is Kind.WHITEOUT or kind is Kind.OPAQUE:
                    size, crc = 0, None
            if extra is not None:
                self.add_extra(len(paths), path, kind, extra)
                if kind is Kind.SYMLINK:
                    mode = SYMLINK_MODE
            self.bytes += size
            if self.bytes > MAX_BYTES:
                raise DamagedError(f"The files of the layer claim to hold more than {MAX_BYTES:,} bytes")
            paths.append(path)
            rows += pack(uid, gid, size, mtime, crc or 0, offset, mode, crc is not None, kind)
            if len(paths) == stop:
                stop += _STRIDE
                if len(paths) > MAX_ENTRIES:
                    raise DamagedError(f"The layer has more than {MAX_ENTRIES:,} entries")
                beginning.reach(len(paths), lambda: self.copy().index(tar_size=0))
        for note in notes:
            self.warn(b"", note)
        return self.index(finish())

    def copy(self) -> _Builder:
        """The same rows, to be made an index of while this one goes on."""
        other = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, list | set | dict | bytearray):
                setattr(other, name, value.copy())
        return other

    def index(self, tar_size: int) -> LayerIndex:
        """The index of all rows. There can be no more afterwards."""
        paths, rows = self.paths, self.rows
        kinds = rows[51 :: _ROW.size]
        self.follow_links(kinds)
        self.order_links(kinds)
        shown = list(compress(paths, kinds.translate(IS_SHOWN)))
        listed = set(shown)
        self.warn_of_duplicates(kinds, shown, listed)
        if self.unsaid:
            self.warnings.append(Warning(b"", f"{self.unsaid:,} more warnings left out"))
        return LayerIndex(
            paths=named(paths),
            folders=named(self.unlisted(kinds, listed)),
            kind=_column(rows, "B", 51),
            mode=_column(rows, "H", 48),
            uid=_column(rows, "q", 0),
            gid=_column(rows, "q", 8),
            size=_column(rows, "q", 16),
            mtime=_column(rows, "q", 24),
            crc=_column(rows, "Q", 32),
            hashed=_column(rows, "B", 50),
            sha256=memoryview(array("Q")),
            offset=_column(rows, "q", 40),
            links=self.links,
            devices=self.devices,
            xattrs=self.xattrs,
            sparse=self.sparse,
            warnings=tuple(self.warnings),
            tar_size=tar_size,
        )

    def warn(self, path: bytes, text: str) -> None:
        """Note an oddity."""
        if len(self.warnings) < _MAX_WARNINGS:
            self.warnings.append(Warning(path[:_MAX_WARNING], text[:_MAX_WARNING]))
        else:
            self.unsaid += 1

    def place(self, name: bytes, kind: Kind, parent: bytes) -> tuple[bytes, Kind] | None:
        """Path and kind of the row for an entry; None where it makes none."""
        if not name:
            self.warn(name, "an entry without a name: left out")
            return None
        path = normal(name, self.warn)
        placed = classify(path, kind, self.warn)
        if placed is not None:
            end = path.rfind(b"/") + 1
            self.add_parent(path[: max(end - 1, 0)])
            # Of a name that ends in two slashes, ``parent`` is the path itself.
            if placed[1] is kind and name.rstrip(b"/").endswith(path[end:]) and not name.endswith(b"//"):
                self.folders[parent] = path[:end]
        return placed

    def add_extra(self, row: int, path: bytes, kind: Kind, extra: Extra) -> None:
        """Take what an ordinary row has not."""
        for note in extra.notes:
            self.warn(path, note)
        if kind is Kind.SYMLINK:
            self.links[row] = extra.link
        elif kind is Kind.HARDLINK:
            target = self.links[row] = normal(extra.link, self.warn)
            self.add_parent(target.rpartition(b"/")[0])
        elif extra.device is not None and (kind is Kind.CHAR or kind is Kind.BLOCK):
            self.devices[row] = extra.device
            if kind is Kind.CHAR and extra.device == (0, 0):
                self.warn(path, "a character device 0:0: engines that use overlayfs take it for a whiteout")
        elif extra.pieces is not None and (kind is Kind.FILE or kind is Kind.HIDDEN):
            self.sparse[row] = extra.pieces
        if extra.xattrs:
            self.xattrs[row] = extra.xattrs
        self.add_text(len(path) + len(extra.link) + _size(extra.xattrs) + _ITEM * len(extra.pieces or ()))

    def add_text(self, size: int) -> None:
        """Count bytes of what an ordinary row has not."""
        self.text += size
        if self.text > MAX_TEXT:
            raise DamagedError(f"The layer has more than {MAX_TEXT:,} bytes of names and attributes")

    def add_parent(self, folder: bytes) -> None:
        """Take note of a folder and of those above it."""
        if folder not in self.parents and folder.count(b"/") >= MAX_NAMES:
            raise DamagedError(f"The layer has a path of more than {MAX_NAMES:,} names")
        while folder and folder not in self.parents:
            self.parents.add(folder)
            self.folder_text += len(folder)
            folder = folder.rpartition(b"/")[0]
        if self.folder_text > MAX_FOLDERS:
            raise DamagedError(f"The layer has more than {MAX_FOLDERS:,} bytes of folders' paths")

    def follow_links(self, kinds: bytearray) -> None:
        """Move what lies below a symbolic link of this layer to where the link points, as extracting it would."""
        symlinks = {self.paths[row] for row in self.links if kinds[row] == Kind.SYMLINK}
        if not symlinks or symlinks.isdisjoint(self.parents):
            return
        links = Links()
        for row, path in enumerate(self.paths):
            kind = kinds[row]
            if kind == Kind.OPAQUE:
                landed = links.follow(path + b"/")
                landed = landed and landed[:-1]
            else:
                landed = links.follow(path)
            if landed is None:
                self.warn(path, "lies behind symbolic links that lead in a circle or too far: kept as written")
                for end, byte in enumerate(path if IS_SHOWN[kind] else b""):
                    if byte == _SLASH:
                        links.remove(path[:end], directory=True)
            elif landed != path:
                self.paths[row] = path = landed
                self.moved = True
                self.add_parent(path.rpartition(b"/")[0])
            if kind == Kind.SYMLINK:
                links.add(path, self.links[row])
            elif IS_SHOWN[kind]:
                links.remove(path, directory=kind == Kind.DIRECTORY)
                if kind == Kind.HARDLINK:
                    self.links[row] = links.follow(self.links[row]) or self.links[row]

    def order_links(self, kinds: bytearray) -> None:
        """Leave those hard links without a target that come behind the removal of it, and join the names of each inode."""
        links = {row: path for row, path in self.links.items() if kinds[row] == Kind.HARDLINK}
        for row in links_to_removed(self.paths, kinds, links):
            self.warn(self.paths[row], "a hard link to what its layer removes before: not there, as with overlayfs")
            del self.links[row], links[row]
        if links:
            self.share_metadata(kinds, links)

    def share_metadata(self, kinds: bytearray, links: dict[int, bytes]) -> None:
        """Give all names of an inode what the header of the last one says: mode, owner, time; attributes add up."""
        rows = self.rows
        names_of = defaultdict(list)
        for link, target in hardlink_targets(self.paths, kinds, links).items():
            if kinds[target] != Kind.HARDLINK:
                names_of[target].append(link)
        for target, others in names_of.items():
            names = sorted((target, *others))
            uid, gid, _, mtime, _, _, mode, _, _ = _ROW.unpack_from(rows, names[-1] * _ROW.size)
            if kinds[target] == Kind.SYMLINK:
                mode = SYMLINK_MODE
            xattrs: dict[bytes, bytes] = {}
            for row in names:
                _, _, size, _, crc, offset, _, hashed, kind = _ROW.unpack_from(rows, row * _ROW.size)
                _ROW.pack_into(rows, row * _ROW.size, uid, gid, size, mtime, crc, offset, mode, hashed, kind)
                xattrs |= self.xattrs.get(row, {})
            if xattrs:
                self.add_text(len(names) * _size(xattrs))
                self.xattrs.update(dict.fromkeys(names, xattrs))

    def warn_of_duplicates(self, kinds: bytearray, shown: Sequence[bytes], listed: set[bytes]) -> None:
        """Name the paths that have several rows, and those that are whited out beside a row of their own."""
        if Kind.WHITEOUT in kinds:
            removed = {path for path, kind in zip(self.paths, kinds, strict=True) if kind == Kind.WHITEOUT}
            for path in sorted(removed & listed):
                self.warn(path, "listed beside its whiteout: it stays; engines differ in what is below it")
        if len(listed) < len(shown):
            for path, count in Counter(shown).items():
                if count > 1:
                    self.warn(path, f"listed {count:,} times: the last one holds")

    def unlisted(self, kinds: bytearray, listed: set[bytes]) -> set[bytes]:
        """The folders that shown entries and whiteouts lie in and that no entry lists."""
        needed = self.parents - listed
        if not self.moved and not (needed and (Kind.HARDLINK in kinds or Kind.HIDDEN in kinds)):
            return needed
        return unlisted(self.paths, kinds, listed)  # since some parents are those of what is not shown, or not there


def _size(xattrs: dict[bytes, bytes]) -> int:
    """Bytes of memory that attributes take."""
    return sum(len(name) + len(value) + _ITEM for name, value in xattrs.items())


def _column(rows: bytearray, format: Literal["B", "H", "q", "Q"], at: int) -> memoryview:
    """The items that stand at offset ``at`` of each row."""
    step = calcsize(format)
    return memoryview(memoryview(rows).cast(format)[at // step :: _ROW.size // step].tobytes()).cast(format)
