"""What tools write that cannot be had here: their archives and their layers, from their sources and documents.

Each says which tool it stands for. What is in an archive is told by path, as in ``tests.sources.images``.
"""

from __future__ import annotations

import gzip
import json
import posixpath
import tarfile
import zlib
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.builders import Entry, directory, file, hardlink, symlink
from tests.sources.images import (
    LAYER,
    Built,
    Layout,
    Link,
    Members,
    digest,
    encode,
    folder,
    for_platform,
    image,
    named,
    sha256,
)

LAYER_GZIP = f"{LAYER}+gzip"


# estargz, of which BuildKit, nerdctl and ctr-remote make layers


def estargz(*entries: Entry, prioritized: int = 0, chunk: int = 1 << 22) -> tuple[bytes, bytes]:
    """The tar of a layer, and its blob in the format of stargz-snapshotter's ``docs/estargz.md``.

    A gzip member begins where the blob does, where the content of a file that is not empty does and each further chunk
    of it, at the table of contents, and at the footer. The first ``prioritized`` entries stand before a landmark.
    """
    landmark = file(".prefetch.landmark" if prioritized else ".no.prefetch.landmark", b"\x0f")
    members: list[bytes] = [b""]
    ended = [0]  # where the blob's members end, but for the last
    contents: list[dict[str, Any]] = []
    for entry in (*entries[:prioritized], landmark, *entries[prioritized:]):
        whole = entry.tar()
        header, content = whole[: len(whole) - len(_padded(entry.content))], entry.content
        members[-1] += header
        described = _toc_entry(entry)
        contents.append(described)
        for start in range(0, len(content), chunk):
            piece = content[start : start + chunk]
            if start:
                described = {"name": described["name"], "type": "chunk", "chunkOffset": start}
                contents.append(described)
            last = start + chunk >= len(content)
            ended.append(ended[-1] + len(_gzip(members[-1])))
            offset = ended[-1]
            described |= {"offset": offset, "chunkSize": 0 if last else chunk, "chunkDigest": digest(piece)}
            members.append(piece)
        if content:
            ended.append(ended[-1] + len(_gzip(members[-1])))
            members.append(bytes(-len(content) % 512))
    blob = b"".join(map(_gzip, members))
    index = file("stargz.index.json", encode({"version": 1, "entries": contents})).tar() + bytes(1024)
    return b"".join(members) + index, blob + _gzip(index) + estargz_footer(len(blob))


def _toc_entry(entry: Entry) -> dict[str, Any]:
    kind = {b"0": "reg", b"1": "hardlink", b"2": "symlink", b"3": "char", b"4": "block", b"5": "dir", b"6": "fifo"}[
        entry.type
    ]
    described: dict[str, Any] = {"name": _text(entry.path), "type": kind, "mode": entry.mode}
    described |= {"uid": entry.uid, "gid": entry.gid}
    if entry.mtime:
        time = datetime.fromtimestamp(round(entry.mtime), UTC)
        described["modtime"] = time.strftime("%Y-%m-%dT%H:%M:%SZ")
    if entry.content:
        described |= {"size": len(entry.content), "digest": digest(entry.content)}
    if entry.target:
        described["linkName"] = _text(entry.target)
    if any(entry.device):
        described |= {"devMajor": entry.device[0], "devMinor": entry.device[1]}
    if entry.xattrs:
        described["xattrs"] = {name: b64encode(value).decode() for name, value in entry.xattrs.items()}
    return described


def table_of(blob: bytes) -> tuple[bytes, int]:
    """The table of contents of such a blob, and where its member begins."""
    start = int(blob[-35:-19], 16)
    with tarfile.open(fileobj=BytesIO(gzip.decompress(blob[start:]))) as archive:
        content = archive.extractfile("stargz.index.json")
        assert content is not None
        return content.read(), start


def estargz_footer(offset: int) -> bytes:
    """The 51 bytes that lead to the table of contents: an empty gzip member, an extra field in its header."""
    field = b"%016xSTARGZ" % offset
    extra = b"SG" + len(field).to_bytes(2, "little") + field
    header = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + len(extra).to_bytes(2, "little") + extra
    return header + b"\x01\0\0\xff\xff" + zlib.crc32(b"").to_bytes(4, "little") + bytes(4)


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


def _text(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")


# go-containerregistry's two writers, which kaniko, ko and rules_docker use


def go_archive(*saved: tuple[Built, tuple[str, ...]]) -> Members:
    """``pkg/v1/tarball``: configs under their digests, layers as gzip, ``manifest.json`` last."""
    members: Members = {}
    manifest = []
    for built, tags in saved:
        members[digest(built.config)] = built.config
        paths = [f"{sha256(blob)}.tar.gz" for blob in built.blobs]
        members |= dict(zip(paths, built.blobs, strict=True))
        manifest.append({"Config": digest(built.config), "RepoTags": list(tags) or None, "Layers": paths})
    return {**members, "manifest.json": encode(manifest)}


def go_layout(*built: Built) -> Members:
    """``pkg/v1/layout``: an image for each, which has no name; several are one image for several platforms."""
    layout = Layout()
    manifests = [
        layout.image(each, LAYER_GZIP, **(for_platform(_platform(each)) if len(built) > 1 else {})) for each in built
    ]
    return layout.of(*manifests) if len(built) == 1 else layout.of(layout.index(*manifests))


def _platform(built: Built) -> str:
    config = json.loads(built.config)
    return f"{config['os']}/{config['architecture']}"


def gzipped(built: Built) -> Built:
    """The same image, its layers as gzip."""
    return Built(built.config, tuple(map(_gzip, built.blobs)))


# Docker's, of an image that was pulled for one of its platforms


def docker_save(pulled: Built, other: Built, tag: str) -> Members:
    """containerd's ``core/images/archive``: of the other platform the manifest is there, and nothing that it leads to.

    Which platform ``manifest.json`` tells of is the engine's choice.
    """
    layout = Layout()
    manifests = [layout.image(each, LAYER_GZIP, **for_platform(_platform(each))) for each in (other, pulled)]
    for blob in (other.config, *other.blobs):
        del layout.members[f"blobs/sha256/{sha256(blob)}"]
    config, *layers = (f"blobs/sha256/{sha256(blob)}" for blob in (pulled.config, *pulled.blobs))
    annotations = {"io.containerd.image.name": f"docker.io/{tag}", "org.opencontainers.image.ref.name": "1"}
    members = layout.of(layout.index(*manifests, annotations=annotations))
    return {**members, "manifest.json": encode([{"Config": config, "RepoTags": [tag], "Layers": layers}])}


# skopeo's and Podman's folders


def image_folder(*built: Built) -> Members:
    """``dir:`` and ``docker-dir``: the manifest, or an index of several, and blobs beside it."""
    layout = Layout()
    manifests = [layout.image(each, LAYER_GZIP, **for_platform(_platform(each))) for each in built]
    names = {each["digest"]: f"{each['digest'].removeprefix('sha256:')}.manifest.json" for each in manifests}
    names[layout.index(*manifests)["digest"] if len(built) > 1 else manifests[0]["digest"]] = "manifest.json"
    members: Members = {"version": b"Directory Transport Version: 1.1\n"}
    for path, content in layout.members.items():
        digits = path.rpartition("/")[2]
        members[names.get(f"sha256:{digits}", digits)] = content
    return members


# Layers of kaniko, Bazel and ko, entry by entry

KANIKO = (
    (directory("etc"), file("etc/passwd", b"root"), file("etc/gone", b"123"), file("etc/os-release", b"1")),
    (
        # pkg/snapshot, pkg/util/tar_util.go: the folders around come first, the root's own too; whiteouts have no mode;
        # hard links are named from the root.
        directory("/", mtime=1_700_000_000.5),
        directory("etc/"),
        Entry("etc/.wh.gone", b"0", mode=0),
        directory("opt/", mtime=1_700_000_000.25),
        file("opt/tool", b"x" * 700, mode=0o755, mtime=1_700_000_000.125, xattrs={"security.capability": b"\1\0\0\2"}),
        hardlink("opt/again", "/opt/tool"),
        symlink("opt/link", "tool"),
    ),
)
KANIKO_HISTORY = (
    {"created": "2025-01-01T00:00:00Z", "created_by": "ADD file:1 in /"},
    {"created": "0001-01-01T00:00:00Z", "created_by": "RUN build", "author": "kaniko"},
)

BAZEL = (
    # rules_docker, container/archive.py: every folder around, all under "./", time zero.
    (directory("./"), directory("./etc/"), file("./etc/passwd", b"root"), directory("./usr/"), directory("./usr/bin/")),
    # Packages of rules_pkg and tar.bzl, each a layer: without folders, or with the same ones again.
    (file("./usr/bin/tool", b"x" * 700, mode=0o555), symlink("./usr/bin/alias", "tool")),
    (directory("./usr/"), directory("./usr/bin/"), file("./usr/bin/tool", b"x" * 700, mode=0o755)),
)

KO = (
    (directory("./"), directory("./etc/"), file("./etc/passwd", b"nonroot")),
    # pkg/build/gobuild.go: data, then the program, named from the root.
    (
        *(directory(path, mode=0o555) for path in ("/var", "/var/run", "/var/run/ko")),
        file("/var/run/ko/index.html", b"<p>", mode=0o555),
    ),
    (directory("ko-app", mode=0o555), file("/ko-app/server", b"x" * 700, mode=0o555)),
)
KO_HISTORY = (
    {"created": "0001-01-01T00:00:00Z", "created_by": "bazel build ...", "author": "Bazel"},
    *(
        {"created_by": "ko build ko://example.com/server", "author": "ko", "comment": what}
        for what in ("data", "output")
    ),
)


def plainly(entry: Entry) -> Entry:
    """The same entry, its names written as Docker writes them."""
    target = _plain(entry.target) if entry.type == tarfile.LNKTYPE else entry.target
    return replace(entry, path=_plain(entry.path) or ".", target=target)


def _plain(name: str | bytes) -> str:
    return posixpath.normpath(f"/{_text(name)}").lstrip("/")


# Archives and layouts of Bazel


def without_history(*layers: bytes, blobs: tuple[bytes, ...] = ()) -> Built:
    """An image as rules_oci makes it from scratch: no history, no time."""
    config = json.loads(image(*layers).config)
    del config["history"], config["variant"]
    return Built(encode(config), blobs or layers)


def rules_oci_image(path: Path, built: Built) -> Path:
    """The folder that ``oci_image`` makes: an OCI layout whose image has no name, and whose layers are links out of it."""
    layout = Layout()
    members = layout.of(layout.image(built, LAYER_GZIP))
    for number, blob in enumerate(built.blobs):
        output = path.with_name(f"{path.name}-{number}.tar.gz")
        output.write_bytes(blob)
        members[f"blobs/sha256/{sha256(blob)}"] = Link(f"../../../{output.name}")
    return folder(path, members)


def rules_oci_load(built: Built, *tags: str) -> Members:
    """What ``oci_load`` has tar write of it: ``.tar.gz`` is the layers' name, whatever they are."""
    config = f"blobs/sha256/{sha256(built.config)}"
    layers = [f"blobs/sha256/{sha256(blob)}.tar.gz" for blob in built.blobs]
    manifest = [{"Config": config, "RepoTags": list(tags), "Layers": layers}]
    return {config: built.config, **dict(zip(layers, built.blobs, strict=True)), "manifest.json": encode(manifest)}


def rules_oci_load_index(layout: Layout, index: dict[str, Any], *tags: str) -> Members:
    """The same of an ``oci_image_index``: one index, listed once for each tag."""
    members = layout.of(*(index | named(tag) for tag in tags))
    return {name: members[name] for name in sorted(members, key=lambda name: name == "index.json")}


def docker_build(built: Built, repository: str, tag: str) -> Members:
    """What Bazel's own ``docker_build`` wrote until 2016: ``create_image.py``, all under "./"."""
    ids = [sha256(f"layer {number}".encode()) for number in range(len(built.blobs))]
    members: Members = {"./top": ids[-1].encode()}
    for number in reversed(range(len(ids))):
        described = {"id": ids[number], "created": "0001-01-01T00:00:00Z", "docker_version": "1.5.0"}
        described |= {"architecture": "amd64", "os": "linux", **({"parent": ids[number - 1]} if number else {})}
        members |= {
            f"./{ids[number]}/VERSION": b"1.0",
            f"./{ids[number]}/layer.tar": built.blobs[number],
            f"./{ids[number]}/json": encode({**described, "config": {"Cmd": ["/usr/bin/tool"]}}),
        }
    return {**members, "./repositories": encode({repository: {tag: ids[-1]}})}
