"""Images whose layers are written by hand: what builders seldom make, and every two kinds of path over each other."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.builders import Entry, device, directory, fifo, file, hardlink, layer, opaque, symlink, whiteout

CAPABILITY = b"\x01\x00\x00\x02\x00\x20\x00\x00" + bytes(12)
"""As ``setcap cap_net_raw+ep`` sets it."""


def _kinds(path: str, content: bytes) -> dict[str, tuple[Entry, ...]]:
    """Every kind of path there is, and what belongs to it."""
    return {
        "file": (file(path, content, mode=0o640, uid=1, mtime=1),),
        "folder": (directory(path, mode=0o711, gid=2, mtime=2), file(f"{path}/{content.decode()}", content)),
        "link": (symlink(path, content.decode(), mtime=3),),
        "hard": (hardlink(path, f"linked{content.decode()}"),),
        "char": (device(path, 1, 3, mode=0o666),),
        "block": (device(path, 8, len(content), block=True),),
        "pipe": (fifo(path, mode=0o622),),
    }


def _every_kind_over_every_kind() -> list[bytes]:
    """Three layers, and a fourth that removes half of the paths."""
    names = tuple(_kinds("", b""))
    contents = (b"1", b"22", b"1")
    layers = []
    for step, content in enumerate(contents):
        entries = [file(f"linked{content.decode()}", content)]
        for first in names:
            for second in names:
                chosen = (first, second, first)[step]
                entries += _kinds(f"{first}-{second}", content)[chosen]
        layers.append(layer(*entries))
    return [*layers, layer(*(whiteout(f"{first}-{second}") for first in names[::2] for second in names))]


def _hard_links() -> list[bytes]:
    return [
        layer(
            *(
                directory("d", mtime=1),
                file("a", b"first", mode=0o600, mtime=5),
                hardlink("b", "a", mode=0o600, mtime=5),
            ),
            *(hardlink("d/c", "./a", mode=0o600, mtime=5), hardlink("z", "d/c", mode=0o600, mtime=5)),
            *(file("other", b"first", mtime=5), symlink("s", "nowhere"), hardlink("t", "s")),
            *(device("n", 1, 3), hardlink("o", "n", mode=0o600)),
        ),
        layer(whiteout("a")),  # one name less
        layer(directory("d", mtime=2), file("d/c", b"broken", mtime=5)),
        layer(file("x", b"new"), hardlink("y", "x"), hardlink("b", "x"), whiteout("t")),
        layer(whiteout("x"), directory("y"), file("y/z"), file("n", b"file")),
        layer(
            symlink("z", "d"), whiteout("o"), directory("d", mtime=3), file("q", mtime=1), hardlink("d/q", "q", mtime=1)
        ),
    ]


def _symbolic_links() -> list[bytes]:
    return [
        layer(
            *(directory("real"), file("real/a", b"1"), directory("deep"), directory("deep/er")),
            *(symlink("link", "real"), file("link/b", b"22"), directory("link/sub"), file("link/sub/c")),
            *(symlink("deep/er/up", "../../real"), file("deep/er/up/d"), symlink("abs", "/deep/er"), file("abs/e")),
            *(symlink("above", "../../../real"), file("above/f"), symlink("chain", "link"), file("chain/g")),
            *(symlink("dangling", "no/where"), symlink("self", "self"), symlink("weird", "a b\n\u00e9/../x")),
            hardlink("hard", "link/b"),
        ),
        layer(directory("link"), file("link/n", b"in a folder now")),
        layer(file("chain", b"a file now"), symlink("deep", "real")),
        layer(directory("real"), whiteout("real/a"), symlink("link", "/real"), whiteout("abs")),
        layer(directory("real"), directory("deep"), symlink("deep/x", "../real"), file("deep/x/y")),
    ]


def _whiteouts() -> list[bytes]:
    return [
        layer(
            *(directory("d"), file("d/a"), directory("d/s"), file("d/s/t"), directory("e"), file("e/f")),
            *(file("g"), file("h"), directory("i"), directory("i/j"), file("i/j/k"), file(".why"), whiteout("lowest")),
        ),
        layer(directory("d"), opaque("d"), file("d/b")),  # as COPY --link and a folder made anew have it
        layer(directory("d"), file("d/c"), directory("d/s"), opaque("d")),
        layer(whiteout("g"), whiteout("e"), whiteout("missing"), directory("i"), whiteout("i/missing")),
        layer(file("g", b"again"), directory("e"), file("e/n"), directory("i"), directory("i/j"), whiteout("i/j/k")),
        layer(directory("i"), opaque("i"), directory("i/j"), opaque("i/j"), directory(".wh.h"), whiteout(".why")),
        layer(whiteout("d"), whiteout("e"), whiteout("i")),
        layer(directory("d", mode=0o700), file("d/last"), whiteout("i")),
    ]


def _names() -> list[bytes]:
    names: list[str | bytes] = [
        *("a b", " ", "new\nline", "tab\there", "back\\slash", "quote'\"", "-rf", "*?[", "\x1b[31m", "\u202eabc"),
        *("n" * 255, "\u00e9" * 127, b"caf\xe9", b"\xff\xfe", "..x", "...", ".wh", ".whx", "x.wh.y", "A", "\u00c9"),
    ]
    long = "/".join(["l" * 200] * 19)
    folders = [directory(long[:end]) for end in range(200, len(long) + 1, 201)]
    return [
        layer(*(file(name, b"1") for name in names), *folders, file(f"{long}/file"), symlink("to", "x" * 4095)),
        layer(*(directory(name) for name in names[::2]), symlink(b"\xfd", b"\xfc\n"), *folders[:-1], whiteout(long)),
        layer(
            *(whiteout(name) for name in ("new\nline", "n" * 251, "...", "x.wh.y")),
            file("x\n"),
            hardlink(b"\xfb\n", "x\n"),
        ),
        layer(
            file("./d/../dots"),
            file("../above"),
            file("/absolute"),
            directory("/folder//"),
            file("folder//f"),
            format=tarfile.GNU_FORMAT,
        ),
    ]


def _attributes() -> list[bytes]:
    return [
        layer(
            directory(".", mode=0o750, uid=3, gid=4, mtime=1_000_000_000),
            directory("set", mode=0o3777, uid=1, mtime=7, xattrs={"user.of.a.folder": b"1"}),
            *(file(f"set/{mode:o}", b"x", mode=mode, uid=5, gid=6) for mode in (0o4755, 0o2755, 0o6711, 0o1644, 0)),
            file("ping", b"1", mode=0o755, mtime=1.25, xattrs={"security.capability": CAPABILITY}),
            file("noted", b"1", xattrs={"user.note": b"\x00\xff=\n", "user.empty": b"", "trusted.t": b"1"}),
            *(
                file("owner", uid=2**31, gid=2**32 - 2),
                file("late", mtime=5_000_000_000),
                file("nano", mtime=1.999999999),
            ),
            *(device("null", 1, 3, mode=0o666), device("disk", 259, 70_000, block=True), fifo("pipe", mode=0o4622)),
            *(symlink("s", "ping", uid=7, gid=8, mtime=9.5), file("zero")),
        ),
        layer(file("ping", b"1", mode=0o755, mtime=1.25), file("noted", b"1", xattrs={"user.note": b"other"})),
        layer(directory("set", mode=0o755, mtime=8), file("set/0", b"x", mode=0o600), device("null", 1, 5, mode=0o600)),
        layer(directory("./", mode=0o711, mtime=2), file("ping", b"1", xattrs={"security.capability": CAPABILITY})),
    ]


def _many_layers() -> list[bytes]:
    """In each a file more, or that of the layer before the last one gone."""
    return [
        layer(directory("d", mtime=n), whiteout(f"d/{n - 2}") if n % 3 == 0 else file(f"d/{n}", b"x" * n, mtime=n))
        for n in range(1, 128)
    ]


def _empty_layers() -> list[bytes]:
    return [layer(), layer(file("a")), layer(), layer(), layer(whiteout("a")), layer()]


def sparse_files(*options: str, size: int = 4_000_000) -> bytes:
    """The layer of a file that is mostly holes, as GNU tar writes it with these options."""
    with TemporaryDirectory() as place:
        with (Path(place) / f"sparse{size}").open("wb") as sparse:
            for hole, data in ((0, b"begin"), (1_000_000, b"x" * 70_000)):
                sparse.seek(hole)
                sparse.write(data)
            sparse.truncate(size)
        command = ["tar", "--sparse", *options, "-C", place, "-c", f"sparse{size}"]
        return subprocess.run(command, check=True, capture_output=True).stdout


def _sparse() -> list[bytes]:
    """In the formats that engines take."""
    versions = ("0.0", "0.1", "1.0")
    return [sparse_files("--format=posix", f"--sparse-version={v}", size=2_000_000 + n) for n, v in enumerate(versions)]


WRITTEN = {
    "every kind over every kind": _every_kind_over_every_kind,
    "hard links": _hard_links,
    "symbolic links": _symbolic_links,
    "whiteouts": _whiteouts,
    "names": _names,
    "attributes": _attributes,
    "sparse files": _sparse,
    "empty layers": _empty_layers,
    "127 layers": _many_layers,
}
"""What gives the layers of each."""
