"""What there is in an image after one of its layers: as layerview says it, as a tar holds it, as it lies on a disk."""

from __future__ import annotations

import base64
import io
import json
import os
import stat
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

from layerview.cli import main
from layerview.sources import open_source


class Row(NamedTuple):
    """What there is at a path."""

    type: str
    mode: str
    uid: int
    gid: int
    size: int
    """Bytes of a file, also under its hard links; 0 for all else."""
    link: str | None
    mtime: float | None
    """Seconds; None where it is not known: every program makes a folder that no layer lists at a time of its own."""
    device: tuple[int, int] | None
    xattrs: Mapping[str, bytes]


Listing = dict[str, Row]
"""By path; the root is ``"."``. Names that are not UTF-8 have surrogate escapes."""


class Difference(NamedTuple):
    """Where a judge says something else."""

    path: str
    field: str
    """``"missing"`` where layerview lacks the path, ``"unknown"`` where the judge does."""
    layerview: object = None
    judge: object = None


def differences(listed: Listing, judged: Listing) -> list[Difference]:
    """All of them."""
    found = [Difference(path, "missing", judge=judged[path]) for path in judged.keys() - listed.keys()]
    found += [Difference(path, "unknown", layerview=listed[path]) for path in listed.keys() - judged.keys()]
    for path in listed.keys() & judged.keys():
        for field, ours, theirs in zip(Row._fields, listed[path], judged[path], strict=True):
            if ours != theirs and not (field == "mtime" and ours is None):
                found.append(Difference(path, field, ours, theirs))
    return sorted(found, key=lambda difference: difference.path)


def by_layerview(image: Path) -> Iterator[Listing]:
    """What ``layerview ls`` lists after each layer."""
    described = open_source(str(image)).describe()
    assert described is not None
    for layer in range(1, len(described.layers) + 1):
        output = io.StringIO()
        with redirect_stdout(output):
            assert main(["ls", str(image), "-r", "--json", "--layer", str(layer)]) == 0
        listing = {}
        for line in output.getvalue().splitlines():
            fields = json.loads(line)
            fields["device"] = tuple(fields["device"]) if "device" in fields else None
            fields["xattrs"] = {name: base64.b64decode(value) for name, value in fields.get("xattrs", {}).items()}
            if fields["layer"] is None:
                fields["mtime"] = None
            listing[fields["path"]] = Row(*map(fields.__getitem__, Row._fields))
        yield listing


_TAR_TYPES = {
    tarfile.DIRTYPE: "directory",
    tarfile.SYMTYPE: "symlink",
    tarfile.LNKTYPE: "hardlink",
    tarfile.CHRTYPE: "char",
    tarfile.BLKTYPE: "block",
    tarfile.FIFOTYPE: "fifo",
}


def in_tar(content: bytes) -> Listing:
    """What is in a tar that an engine has written: whole seconds, and of the attributes the capabilities alone."""
    listing: Listing = {}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            target = listing[member.linkname] if member.islnk() else None
            capability = member.pax_headers.get("SCHILY.xattr.security.capability")
            listing[member.name.strip("/")] = Row(
                _TAR_TYPES.get(member.type, "file"),
                f"{member.mode & 0o7777:04o}",
                member.uid,
                member.gid,
                target.size if target else member.size,
                member.linkname or None,
                int(member.mtime),
                target.device
                if target
                else (member.devmajor, member.devminor)
                if member.ischr() or member.isblk()
                else None,
                {"security.capability": capability.encode("utf-8", "surrogateescape")} if capability else {},
            )
    return listing


_DISK_TYPES = {
    stat.S_IFDIR: "directory",
    stat.S_IFREG: "file",
    stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "char",
    stat.S_IFBLK: "block",
    stat.S_IFIFO: "fifo",
}


def on_disk(root: Path) -> Listing:
    """What lies in a folder. The first name of an inode is what it is; all others are its hard links."""
    listing: Listing = {}
    first_names: dict[tuple[int, int], str] = {}

    def add(path: Path, name: str) -> None:
        try:
            found = path.lstat()
        except FileNotFoundError:  # overlayfs lists whiteouts, too, in a folder that it takes from one layer alone
            return
        kind = type = _DISK_TYPES[stat.S_IFMT(found.st_mode)]
        link = str(path.readlink()) if kind == "symlink" else None
        first = first_names.setdefault((found.st_dev, found.st_ino), name)
        if first != name:
            type, link = "hardlink", first
        listing[name] = Row(
            type,
            f"{stat.S_IMODE(found.st_mode):04o}",
            found.st_uid,
            found.st_gid,
            found.st_size if kind == "file" else 0,
            link,
            found.st_mtime_ns / 1_000_000_000,
            (os.major(found.st_rdev), os.minor(found.st_rdev)) if kind in ("char", "block") else None,
            {key: os.getxattr(path, key, follow_symlinks=False) for key in os.listxattr(path, follow_symlinks=False)},
        )
        if kind == "directory":
            for child in sorted(path.iterdir(), key=os.fsencode):
                add(child, child.name if name == "." else f"{name}/{child.name}")

    add(root, ".")
    return listing
