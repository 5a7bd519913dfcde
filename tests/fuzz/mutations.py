"""Real archives of every kind, small, and what may happen to them on their way."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import tarfile
from collections.abc import Callable

from layerview.layers.zstd import zstd
from tests.builders import Entry, TarFormat, device, directory, fifo, file, hardlink, layer, opaque, symlink, whiteout
from tests.hostile import header, pax
from tests.sources import images as parts
from tests.sources.images import Layout, Saved

LONG = "/".join(["folder-with-a-name"] * 12)

LOWER = (
    directory("etc", mode=0o700), file("etc/passwd", b"root:x:0:0\n" * 90, uid=3, mtime=1.5), symlink("bin", "usr/bin"),
    file("usr/bin/tool", b"\x7fELF" * 300, mode=0o4755, xattrs={"user.note": b"1"}), hardlink("tool", "usr/bin/tool"),
    file(f"{LONG}/deep", b"deep"), device("dev/null", 1, 3), fifo("run/pipe"), file(b"caf\xe9", b"1"),
)  # fmt: skip
UPPER = (
    whiteout("etc/passwd"), opaque("usr"), file("etc/passwd", b"root:x:0:0\n" * 90), file("bin/sh", b"#!"),
    hardlink("again", "tool"), file(".wh..wh.plnk/1.2", b"aufs"), directory("dev"),
)  # fmt: skip


def without_xattrs(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Entries as formats hold them that have no extended attributes and no other than ASCII names."""
    return tuple(entry for entry in entries if not entry.xattrs and not isinstance(entry.path, bytes))


def sparse() -> bytes:
    """A layer of sparse files, in the three ways of PAX and GNU."""
    old = bytearray(header(b"old", b"%011o\0" % 3, b"S"))
    old[386:410], old[483:495] = b"%011o\0%011o\0" % (512, 3), b"%011o\0" % 4_000
    old[148:156] = b" " * 8
    old[148:156] = b"%06o\0 " % sum(old)
    stored = b"abc".ljust(512, b"\0")
    first = pax((b"GNU.sparse.size", b"9000"), (b"GNU.sparse.map", b"100,3")) + header(b"0.1", b"%011o\0" % 3) + stored
    records = ((b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.realsize", b"9000"))
    third = pax(*records, (b"GNU.sparse.name", b"1.0")) + header(b"x", b"%011o\0" % 515)
    return bytes(old) + stored + first + third + b"1\n100\n3\n".ljust(512, b"\0") + stored + bytes(1024)


def _layers(format: TarFormat) -> tuple[bytes, ...]:
    if format == tarfile.PAX_FORMAT:
        return layer(*LOWER, format=format), layer(*UPPER, format=format)
    return layer(*without_xattrs(LOWER), format=format), layer(*UPPER, format=format)


def archives() -> dict[str, bytes]:
    """By name."""
    built = {
        "pax": parts.image(*_layers(tarfile.PAX_FORMAT), history=[{"created_by": "RUN x"}, {"empty_layer": True}]),
        "gnu": parts.image(*_layers(tarfile.GNU_FORMAT)),
        "sparse": parts.image(sparse(), layer(file("old", b"new"))),
    }
    found = {f"docker {name}": parts.tar(parts.docker_archive(Saved(image))) for name, image in built.items()}
    for name, compress in _COMPRESSIONS.items():
        layout, layers = Layout(), _layers(tarfile.PAX_FORMAT)
        image = parts.image(*layers, blobs=[compress(tar) for tar in layers])
        found[f"oci {name}"] = parts.tar(layout.of(layout.index(layout.image(image, **parts.named("a:1")))))
        found[f"whole {name}"] = compress(found["docker pax"])
    return found


_COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstd.compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
}


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The same with a few things gone wrong."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        chance.choice(_MUTATIONS)(changed, chance)
    return bytes(changed)


def _flip(data: bytearray, chance: random.Random) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data) + 1) :]


def _splice(data: bytearray, chance: random.Random) -> None:
    """Some blocks again, or gone, or in another place."""
    at, to = (chance.randrange(len(data) // 512 + 1) * 512 for _ in range(2))
    part = data[at : at + chance.choice((512, 512, 1024, 4096))]
    if chance.random() < 0.5:
        del data[at : at + len(part)]
    data[to:to] = part


def _overwrite(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    part = chance.choice(
        (b"\0" * 8, b"\xff" * 12, b"7" * 11, b"-1", b"\x80", b"../", b"/", b".wh.", b"9" * 20, b"{", b"[")
    )
    data[at : at + len(part)] = part


def _number(data: bytearray, chance: random.Random) -> None:
    """Another number in a header, whose checksum is right again."""
    starts = [at for at in range(0, len(data) - 511, 512) if data[at + 257 : at + 262] == b"ustar"]
    if not starts:
        return
    at = chance.choice(starts)
    first, length = chance.choice(
        ((100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (329, 8), (156, 1), (345, 9), (0, 9))
    )
    values = (
        b"7" * length,
        b"\x80" + b"\xff" * (length - 1),
        b"\xff" * length,
        b"-1",
        b"0" * length,
        b"%o" % chance.randrange(9999),
    )
    value = bytes((chance.choice(b"0123456SxgLKV\0"),)) if length == 1 else chance.choice(values)[:length]
    data[at + first : at + first + length] = value.ljust(length, b"\0")
    data[at + 148 : at + 156] = b" " * 8
    data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])


def _digits(data: bytearray, chance: random.Random) -> None:
    """Another digit in text: JSON, PAX records."""
    places = [at for at in range(len(data)) if 48 <= data[at] <= 57]
    for at in chance.sample(places, min(len(places), 2)):
        data[at] = chance.choice(b'0123456789-"}')


_MUTATIONS = (_flip, _flip, _cut, _splice, _splice, _overwrite, _number, _number, _number, _digits)
