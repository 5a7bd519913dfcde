"""Images that go to the limits of what a screen can show: many layers, long and foreign names, sizes beyond all measure."""

from __future__ import annotations

import tarfile
from pathlib import Path

from tests.archives import docker_archive
from tests.builders import directory, file, layer, whiteout

TERABYTE = 10**12
PETABYTE = 1000 * TERABYTE
UNREADABLE = 10
"""The layer that claims to hold more than any may."""
NAMES = {
    "long": "n" * 240,
    "wide": "日本語" * 40,
    "combining": "e\u0301" * 80,
    "right to left": "שלום" * 30,
    "control": "a\x1b[31mb\nc\u202ed",
    "blanks": "a  b " * 20,
}
INSTRUCTIONS = (
    "/bin/sh -c set -eux; apt-get update; apt-get install -y a-package-with-a-name another-package; rm -rf /var/lib/apt/lists",
    f"RUN /bin/sh -c {'x' * 100_000} # buildkit",
    f"COPY {'n' * 240} /app # buildkit",
    f"COPY {'日本語' * 80} /app # buildkit",
    "RUN /bin/sh -c echo " + "e\u0301" * 90,
    "RUN /bin/sh -c echo " + "שלום " * 40,
    "RUN /bin/sh -c printf '\x1b[31m\u202e' \t\n && true",
    "ADD file:9f1a0d4b6c7e2f38 in / ",
    "",
)


def holes(path: str, bytes_: int) -> bytes:
    """A file of so many bytes of which none is stored."""
    info = tarfile.TarInfo(path)
    info.pax_headers = {"GNU.sparse.size": str(bytes_), "GNU.sparse.map": ""}
    return info.tobuf(tarfile.PAX_FORMAT)


def nasty(path: Path, layers: int, *, history: bool = True) -> Path:
    """An archive of so many layers, from nothing to half a petabyte, that add, change and remove in names of all kinds."""
    stored = [layer(*(file(f"d/{name}/{name}", b"1") for name in NAMES.values()), file("etc/.netrc", b"secret"))]
    for number in range(1, layers):
        name = list(NAMES.values())[number % len(NAMES)]
        bytes_ = PETABYTE if number == UNREADABLE - 1 else min(number * 37 ** (number % 11), 500 * TERABYTE)
        entries = [
            directory("d"),
            file(f"d/{name}/{name}", b"x" * (number * 7 % 500), uid=number * 10**7 % 2**31, mode=0o4755),
            *(file(f"{chr(97 + part)}/{number}", b"y" * part) for part in range(number % 5)),
        ]
        removed = [whiteout(f"sparse/{number - 2}")] if number % 3 == 0 else []
        stored.append(holes(f"sparse/{number}", bytes_) + layer(*entries, *removed))
    stored[-1] = layer(whiteout("etc/.netrc")) if layers > 1 else stored[-1]
    written: list[dict[str, object]]
    written = [{"created_by": INSTRUCTIONS[number % len(INSTRUCTIONS)]} for number in range(layers)]
    written.insert(1, {"created_by": "ENV A=1", "empty_layer": True})
    return docker_archive(path, *stored, tag=f"nasty/{'n' * 60}:{layers}", history=written if history else ())
