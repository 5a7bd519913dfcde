"""An image that people have questions about: large for reasons, with a secret that was removed, and the image that came after it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.archives import docker_archive
from tests.builders import Entry, directory, file, layer, whiteout

_APP = [
    directory("app"),
    file("app/main.py", b"print()\n" * 900),
    directory("app/lib"),
    file("app/lib/libmodel.so", b"m" * 12_000_000),
    file("app/lib/libsmall.so", b"s" * 300_000),
    *(file(f"app/static/{number}.png", b"p" * 90_000 * number) for number in range(1, 9)),
]
_STEPS: tuple[tuple[str, list[Entry]], ...] = (
    (
        "ADD file:9f1a0d4b6c7e2f38 in / ",
        [
            *(directory(path) for path in ("bin", "etc", "root", "usr", "usr/lib", "var", "var/lib")),
            file("bin/busybox", b"b" * 1_100_000, mode=0o755),
            *(file(f"etc/{name}", b"x" * 400) for name in ("group", "hosts", "passwd")),
            file("usr/lib/libc.so", b"c" * 1_900_000),
        ],
    ),
    (
        "RUN /bin/sh -c apt-get update && apt-get install -y python3",
        [
            file("usr/lib/libpython3.so", b"y" * 6_100_000),
            directory("var/lib/apt"),
            directory("var/lib/apt/lists"),
            *(file(f"var/lib/apt/lists/{name}_Packages", b"l" * 2_500_000) for name in ("main", "security")),
        ],
    ),
    ("COPY requirements.txt /app/requirements.txt", [directory("app"), file("app/requirements.txt", b"flask\n" * 9)]),
    ("COPY . /app", _APP),
    ("COPY .netrc /root/.netrc", [file("root/.netrc", b"machine example.org password hunter2\n", mode=0o600)]),
    (
        "RUN /bin/sh -c pip install -r /app/requirements.txt",
        [directory("usr/lib/python3"), file("usr/lib/python3/numpy.so", b"n" * 7_300_000)],
    ),
    ("RUN /bin/sh -c chown -R 1000:1000 /app", [replace(entry, uid=1000, gid=1000) for entry in _APP]),
    ("RUN /bin/sh -c rm -rf /var/lib/apt/lists", [whiteout("var/lib/apt/lists")]),
    ("RUN /bin/sh -c rm /root/.netrc", [whiteout("root/.netrc")]),
    ("RUN /bin/sh -c date > /etc/built", [file("etc/built", b"today\n")]),
)


def asked(path: Path) -> Path:
    """The image."""
    return _archive(path, _STEPS)


def after(path: Path) -> Path:
    """The one after it, with a package more."""
    more = ("RUN /bin/sh -c pip install torch", [file("usr/lib/python3/torch.so", b"t" * 9_000_000)])
    return _archive(path, (*_STEPS, more))


def _archive(path: Path, steps: tuple[tuple[str, list[Entry]], ...]) -> Path:
    history = [{"created_by": instruction} for instruction, _ in steps]
    return docker_archive(path, *(layer(*entries) for _, entries in steps), tag=f"shop:{len(steps)}", history=history)
