"""Archives of any size, written straight as ``docker save`` would: believable paths, contents of random bytes."""

from __future__ import annotations

import hashlib
import json
import random
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO

from bench.place import kept, once

HUGE = "layerview-bench/huge"
"""14 GB and 444,000 entries."""

_BLOCK = 1 << 22
"""Bytes of the random block that all contents are cut from; no file is larger."""
_REMOVED = 10
"""Folders removed. dive stacks all layers below anew for every whiteout, so many would not be a fair comparison."""
_SPREAD = 1.5
"""Of the sizes of files around their mean; what the logarithms of sizes in real images have."""
_TIME = 1_700_000_000


@dataclass(frozen=True)
class _Entry:
    path: str
    type: bytes
    size: int = 0
    start: int = 0
    """Where in the random block its content begins."""
    uid: int = 0


@dataclass(frozen=True)
class _Layer:
    instruction: str
    entries: Sequence[_Entry]


def huge_archive() -> Path:
    """HUGE, made if need be."""
    return once(kept("huge.tar"), partial(_write, HUGE, 444_000, 14e9))


def generated_archive(entries: int) -> Path:
    """An archive of so many entries in all layers together, with small files, made if need be."""
    name = f"generated-{entries}"
    return once(kept(f"{name}.tar"), partial(_write, f"layerview-bench/{name}", entries, 1000 * entries))


def _write(tag: str, entries: int, total_bytes: float, path: Path) -> None:
    chance = random.Random(entries)
    layers = _layers(entries, total_bytes, chance)
    block = chance.randbytes(_BLOCK) * 2
    with path.open("wb") as output:
        names = [f"layer-{number}/layer.tar" for number in range(1, len(layers) + 1)]
        digests = [_write_layer(output, name, layer.entries, block) for name, layer in zip(names, layers, strict=True)]
        config = {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Cmd": ["bash"]},
            "history": [{"created": "2023-11-14T22:13:20Z", "created_by": layer.instruction} for layer in layers],
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
        }
        encoded = json.dumps(config).encode()
        name = f"{hashlib.sha256(encoded).hexdigest()}.json"
        _write_file(output, name, encoded)
        manifest = [{"Config": name, "RepoTags": [f"{tag}:latest"], "Layers": names}]
        _write_file(output, "manifest.json", json.dumps(manifest).encode())
        output.write(bytes(2 * tarfile.BLOCKSIZE))


def _layers(entries: int, total_bytes: float, chance: random.Random) -> list[_Layer]:
    mean = total_bytes / (entries * 0.93)  # a tenth are folders, and headers count too
    grow = partial(_grow, chance=chance, mean=mean)
    packages = grow("usr/lib/python3/dist-packages", ".py", entries // 5)
    app = grow("app/node_modules", ".js", entries * 3 // 20)
    data = grow("var/lib/app", ".json", entries // 50)
    files = [entry for entry in packages if entry.type == tarfile.REGTYPE]
    edited = [_file(entry.path, mean, chance) for entry in chance.sample(files, entries // 20)]
    folders = [entry for entry in packages[1:] if entry.type == tarfile.DIRTYPE]
    removed = [_whiteout(entry.path) for entry in chance.sample(folders, _REMOVED)]
    owned = [replace(entry, uid=1000) for entry in app]
    rest = entries - sum(map(len, (packages, app, data, edited, removed, owned)))
    share = rest // (len(_BASE) + 1)
    base = [entry for top, suffix in _BASE for entry in grow(top, suffix, share)]
    base += grow("usr/share", ".txt", rest - len(base))
    return [
        _Layer("/bin/sh -c #(nop) ADD file:3f4a8c5b0f2f4c3e in / ", base),
        _Layer("/bin/sh -c apt-get update && apt-get install -y python3", packages),
        _Layer("/bin/sh -c #(nop) COPY dir:6a1f3a7c8d0e4b52 in /app/node_modules ", app),
        _Layer("/bin/sh -c chown -R 1000 /app", owned),
        _Layer("/bin/sh -c sed -i s/old/new/ $(cat edited)", edited),
        _Layer("/bin/sh -c xargs rm -r < removed", removed),
        _Layer("/bin/sh -c #(nop) COPY dir:0b9d6c1e2f7a8354 in /var/lib/app ", data),
    ]


_BASE = (("bin", ""), ("etc", ".conf"), ("lib", ".so"), ("opt", ".py"), ("var", ".log"))
"""Folders of the lowest layer, besides ``usr``, and what its files are called."""


def _grow(top: str, suffix: str, count: int, *, chance: random.Random, mean: float) -> list[_Entry]:
    """A tree of so many entries, a tenth of them folders, at most seven deep below its top."""
    entries = [_Entry(top, tarfile.DIRTYPE)]
    folders = [(top, 0)]
    for number in range(1, count):
        parent, depth = folders[int(len(folders) * chance.random())]
        if number % 10 == 0 and depth < 7:
            path = f"{parent}/{chance.choice(_WORDS)}{number // 10:x}"
            folders.append((path, depth + 1))
            entries.append(_Entry(path, tarfile.DIRTYPE))
        else:
            entries.append(_file(f"{parent}/{chance.choice(_WORDS)}_{number:x}{suffix}", mean, chance))
    return entries


_WORDS = (
    "api", "assets", "build", "cache", "client", "common", "config", "core", "data", "docs", "events", "helpers",
    "index", "locale", "models", "parser", "server", "static", "storage", "tests", "types", "utils", "views", "worker",
)  # fmt: skip


def _file(path: str, mean: float, chance: random.Random) -> _Entry:
    size = mean * chance.lognormvariate(-(_SPREAD**2) / 2, _SPREAD)
    return _Entry(path, tarfile.REGTYPE, min(int(size), _BLOCK), chance.randrange(_BLOCK))


def _whiteout(path: str) -> _Entry:
    parent, _, name = path.rpartition("/")
    return _Entry(f"{parent}/.wh.{name}", tarfile.REGTYPE)


def _write_layer(output: IO[bytes], name: str, entries: Sequence[_Entry], block: bytes) -> str:
    """Write a layer as a member of the archive; the SHA-256 of it."""
    size = sum(tarfile.BLOCKSIZE + _padded(entry.size) for entry in entries) + 2 * tarfile.BLOCKSIZE
    output.write(_header(name, size=size))
    digest = hashlib.sha256()
    contents = memoryview(block)
    for entry in entries:
        header = _header(entry.path, type=entry.type, size=entry.size, uid=entry.uid)
        content = contents[entry.start : entry.start + entry.size]
        for part in (header, content, bytes(-entry.size % tarfile.BLOCKSIZE)):
            output.write(part)
            digest.update(part)
    end = bytes(2 * tarfile.BLOCKSIZE)
    output.write(end)
    digest.update(end)
    return digest.hexdigest()


def _write_file(output: IO[bytes], name: str, content: bytes) -> None:
    output.write(_header(name, size=len(content)))
    output.write(content.ljust(_padded(len(content)), b"\0"))


def _header(path: str, *, type: bytes = tarfile.REGTYPE, size: int = 0, uid: int = 0) -> bytes:
    info = tarfile.TarInfo(path)
    info.type, info.size, info.uid, info.mtime = type, size, uid, _TIME
    info.mode = 0o755 if type == tarfile.DIRTYPE else 0o644
    return info.tobuf(tarfile.USTAR_FORMAT)  # one block, whatever the path's length


def _padded(size: int) -> int:
    return size + -size % tarfile.BLOCKSIZE
