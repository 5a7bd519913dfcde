"""An image built step by step, as an engine does it: a layer holds what a step changed in the tree below."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import IO, Any

import msgspec
from msgspec.structs import replace


class File(msgspec.Struct, frozen=True):
    """Anything in the tree: a file, a folder, a link."""

    path: str
    type: bytes = tarfile.REGTYPE
    content: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int = 0
    """Seconds since 1970."""
    target: str = ""
    xattrs: dict[str, str] = msgspec.field(default_factory=dict)


def folder(path: str, mode: int = 0o755, uid: int = 0, gid: int = 0) -> File:
    """A folder, without what is in it."""
    return File(path, tarfile.DIRTYPE, mode=mode, uid=uid, gid=gid)


class Build:
    """An image being built. Every step takes a minute of its own time, so the same steps give the same bytes."""

    def __init__(self, started: int) -> None:
        self.time = started
        """Seconds since 1970."""
        self._tree: dict[str, File] = {}
        self._history: list[dict[str, Any]] = []
        self._layers: list[bytes] = []

    def configure(self, created_by: str, **more: str) -> None:
        """A step that makes no layer."""
        self._step(created_by, empty_layer=True, **more)

    def layer(self, created_by: str, change: Act, **more: str) -> None:
        """A step whose changes make a layer."""
        layer = Step(self._tree, self.time)
        change(layer)
        self._layers.append(layer.tar())
        self._step(created_by, **more)

    def _step(self, created_by: str, **more: str | bool) -> None:
        self._history.append({"created": _rfc3339(self.time), "created_by": created_by, **more})
        self.time += 60

    def write(self, output: IO[bytes], tag: str, config: dict[str, Any]) -> None:
        """Write the image as ``docker save`` does."""
        diff_ids = [hashlib.sha256(layer).hexdigest() for layer in self._layers]
        image = {
            "architecture": "amd64",
            "os": "linux",
            "created": _rfc3339(self.time),
            "config": config,
            "history": self._history,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in diff_ids]},
        }
        encoded = json.dumps(image).encode()
        blobs = {f"blobs/sha256/{digest}": layer for digest, layer in zip(diff_ids, self._layers, strict=True)}
        name = f"blobs/sha256/{hashlib.sha256(encoded).hexdigest()}"
        manifest = json.dumps([{"Config": name, "RepoTags": [tag], "Layers": list(blobs)}]).encode()
        with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for path, content in {**blobs, name: encoded, "manifest.json": manifest}.items():
                info = tarfile.TarInfo(path)
                info.size, info.mtime = len(content), self.time
                archive.addfile(info, io.BytesIO(content))


class Step:
    """The changes of one step, applied to the tree as they are made."""

    def __init__(self, tree: dict[str, File], time: int) -> None:
        self._tree = tree
        self._time = time
        self._entries: dict[str, File] = {}

    def add(self, files: Iterable[File]) -> None:
        """Files written in this step; those that say no time get the step's."""
        for file in files:
            self._put(file if file.mtime else replace(file, mtime=self._time))

    def change(self, below: str, **metadata: int) -> None:
        """``chmod``, ``chown`` … ``-R``: the metadata of a path and all below it."""
        for path in self._below(below):
            self._put(replace(self._tree[path], **metadata))

    def label(self, path: str, **xattrs: str) -> None:
        """``setcap``: extended attributes, dots in their names as underscores."""
        self._put(replace(self._tree[path], xattrs={name.replace("_", "."): value for name, value in xattrs.items()}))

    def remove(self, *paths: str) -> None:
        """``rm -r``: whiteouts."""
        for path in paths:
            for gone in self._below(path):
                del self._tree[gone]
            self._touch_parents(path, new_name=True)
            whiteout = str(PurePosixPath(path).with_name(f".wh.{PurePosixPath(path).name}"))
            self._entries[whiteout] = File(whiteout, mtime=self._time)

    def renew(self, path: str) -> None:
        """``rm -r`` and ``mkdir`` of a folder: an opaque whiteout."""
        old = self._tree[path]
        for gone in self._below(path):
            del self._tree[gone]
        self._put(replace(old, mtime=self._time))
        self._entries[f"{path}/.wh..wh..opq"] = File(f"{path}/.wh..wh..opq", mtime=self._time)

    def tar(self) -> bytes:
        """The layer's tar, by path, a hard link behind the path it names."""
        output = io.BytesIO()
        with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for file in sorted(self._entries.values(), key=lambda file: (file.type == tarfile.LNKTYPE, file.path)):
                info = tarfile.TarInfo(file.path)
                info.type, info.mode, info.linkname = file.type, file.mode, file.target
                info.uid, info.gid, info.mtime = file.uid, file.gid, file.mtime
                info.size = len(file.content)
                info.pax_headers = {f"SCHILY.xattr.{name}": value for name, value in file.xattrs.items()}
                archive.addfile(info, io.BytesIO(file.content))
        return output.getvalue()

    def _below(self, path: str) -> list[str]:
        return [other for other in self._tree if other == path or other.startswith(f"{path}/")]

    def _put(self, file: File) -> None:
        self._touch_parents(file.path, new_name=file.path not in self._tree)
        self._tree[file.path] = self._entries[file.path] = file

    def _touch_parents(self, path: str, new_name: bool) -> None:
        """List the folders above, as engines do; one whose names change has a new time."""
        for parent in (str(parent) for parent in PurePosixPath(path).parents if parent.name):
            known = self._tree.get(parent)
            listed = replace(known or folder(parent), mtime=self._time) if new_name or known is None else known
            self._tree[parent] = self._entries[parent] = listed
            new_name = known is None


Act = Callable[[Step], None]
"""What a step does."""


def _rfc3339(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
