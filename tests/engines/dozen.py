"""An image of a dozen layers that has one of everything, to be put into every place there is."""

from __future__ import annotations

import os
from pathlib import Path

from tests.builders import device, directory, file, hardlink, layer, opaque, symlink, whiteout
from tests.sources.images import Saved, docker_archive, image, tar

NAME = f"example.com/layerview/dozen:{os.getpid()}"


def write(path: Path, *names: str) -> Path:
    """The plainest archive of it, with these names in it; it runs what BusyBox has."""
    commands = ("cat", "chmod", "cp", "ln", "mkdir", "mv", "rm", "sh", "sleep", "touch")
    built = image(
        layer(
            *(directory(name) for name in ("bin", "dev", "etc", "proc", "sys", "tmp", "work")),
            file("bin/busybox", Path("/bin/busybox").read_bytes(), mode=0o755),
            *(symlink(f"bin/{command}", "busybox") for command in commands),
        ),
        layer(directory("d", mode=0o1777, mtime=1.5), file("d/a", b"1" * 700, mode=0o4755), file("d/removed", b"4444")),
        layer(file(f"d/{'long/' * 30}name", b"22"), file("d/カメラ", b"333")),
        layer(directory("old"), file("old/x", b"55555"), directory("kept"), file("kept/z", b"666666")),
        layer(symlink("link", "d/a"), device("d/null", 1, 3)),
        layer(file("d/a", b"1" * 700, mode=0o600), hardlink("d/hard", "d/a", mode=0o600), whiteout("d/removed")),
        layer(),
        layer(directory("old"), opaque("old"), file("old/y", b"7" * 300_000)),
        layer(directory("home", uid=1000, gid=1000), file("home/.profile", b"8", uid=1000, gid=1000)),
        layer(file("d/x", xattrs={"security.capability": b"\1\0\0\2\0\4\0\0" + bytes(12)})),
        layer(file("home/.profile", b"8", uid=1001, gid=1001)),
        layer(whiteout("home"), file("end", b"9")),
        history=[
            {"created_by": "COPY a / # buildkit", "comment": "buildkit.dockerfile.v0"},
            {"created_by": "ENV A=1", "empty_layer": True},
            *({"created_by": f"/bin/sh -c step {step}"} for step in "bcdefghijkl"),
        ],
        config={"Env": ["PATH=/bin"], "Cmd": ["sleep", "1000"], "Labels": {"a": "b"}},
    )
    path.write_bytes(tar(docker_archive(Saved(built, names))))
    return path
