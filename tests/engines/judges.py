"""Those who decide what the layers of an image are: engines, and tools that make files of them.

A judge is given an image that is cut after each of its layers, and tells what there is in each of these images.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import tarfile
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from docker import APIClient
from docker.errors import APIError

from tests.engines.conftest import containerd_host, docker_host, require, store
from tests.engines.listings import Listing, Row, in_tar, on_disk
from tests.sources.images import CONFIG, LAYER, MANIFEST, Layout, encode, folder


class RefusedError(Exception):
    """The judge does not take an image."""


@dataclass(frozen=True)
class Cuts:
    """The images of the first layer, of the first two, …, of all layers of an image."""

    layout: Path
    """An OCI layout of all of them, tagged with their numbers of layers. It is a Docker archive as well, unpacked."""
    archive: Path
    """The same as an archive."""
    names: dict[int, str]
    """By number of layers, how the archive names the image."""


def cut(image: Path, target: Path, first: int = 1) -> Cuts:
    """Cut an image, a Docker archive, after each of its layers from ``first`` on.

    The images are written to a folder, and to an archive beside it.
    """
    diff_ids, blobs = _layers(image)
    layout = Layout()
    layers = [layout.blob(blob, f"{LAYER}+gzip" if blob.startswith(b"\x1f\x8b") else LAYER) for blob in blobs]
    repository = f"localhost/layerview-test-{uuid4().hex}"
    names = {count: f"{repository}:{count}" for count in range(first, len(layers) + 1)}
    manifests, saved = [], []
    for count, name in names.items():
        rootfs = {"type": "layers", "diff_ids": diff_ids[:count]}
        config = {"os": "linux", "architecture": "amd64", "config": {"Cmd": ["none"]}, "rootfs": rootfs}
        parts = [layout.blob(encode(config), CONFIG), *layers[:count]]
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": parts[0], "layers": parts[1:]}
        annotations = {"org.opencontainers.image.ref.name": str(count), "io.containerd.image.name": name}
        manifests.append(layout.blob(encode(manifest), MANIFEST, annotations=annotations))
        paths = [f"blobs/{part['digest'].replace(':', '/')}" for part in parts]
        saved.append({"Config": paths[0], "RepoTags": [name], "Layers": paths[1:]})
    folder(target, {**layout.of(*manifests), "manifest.json": encode(saved)})
    archive = target.with_suffix(".tar")
    subprocess.run(["tar", "-C", target, "-cf", archive, "."], check=True)
    return Cuts(target, archive, names)


def _layers(image: Path) -> tuple[list[str], list[bytes]]:
    """The layers' diffIDs, and the layers as they are stored."""
    with tarfile.open(image) as archive:

        def content(name: str) -> bytes:
            member = archive.extractfile(name)
            assert member is not None
            return member.read()

        (manifest,) = json.loads(content("manifest.json"))
        return json.loads(content(manifest["Config"]))["rootfs"]["diff_ids"], [*map(content, manifest["Layers"])]


@dataclass(frozen=True)
class Judge:
    """Somebody who decides."""

    listings: Callable[[Cuts], Generator[Listing]]
    """What there is in each of the images. Raises RefusedError; skips the test where the judge is not there."""
    tells: Callable[[Listing], Listing] = dict
    """What of a listing the judge can tell."""


MADE_BY_CREATE = {
    *(".", ".dockerenv", "dev", "dev/console", "dev/pts", "dev/shm", "proc", "sys"),
    *("etc", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf"),
}
"""What ``docker create`` adds, or changes on its way, and the root, which ``docker export`` leaves out."""


def exported(listing: Listing) -> Listing:
    """What ``docker export`` can tell: whole seconds, and of the attributes the capabilities alone."""

    def told(row: Row) -> Row:
        capabilities = {name: value for name, value in row.xattrs.items() if name == "security.capability"}
        return row._replace(mtime=None if row.mtime is None else math.floor(row.mtime), xattrs=capabilities)

    return {path: told(row) for path, row in listing.items() if path not in MADE_BY_CREATE}


def by_docker(engine: Callable[[], str]) -> Callable[[Cuts], Generator[Listing]]:
    """Containers of the images in an engine, exported; ``engine`` gives its address."""

    def listings(cuts: Cuts) -> Generator[Listing]:
        host = engine()
        client = APIClient(base_url=host, version="auto")
        try:
            _call("docker", "--host", host, "load", "--input", cuts.archive)
            for name in cuts.names.values():
                yield exported(in_tar(export(client, name)))
        finally:
            for name in cuts.names.values():
                with suppress(APIError):
                    client.remove_image(name, force=True)
            client.close()

    return listings


def export(client: APIClient, image: str) -> bytes:
    """The tar of an image's files. Raises RefusedError."""
    try:
        container = client.create_container(image)
    except APIError as error:
        raise RefusedError(str(error)) from error
    try:
        return b"".join(client.export(container))
    finally:
        client.remove_container(container)


def without_root(listing: Listing) -> Listing:
    """What Podman can tell: it gives the root of a mounted image a mode and an owner of its own."""
    return {path: row for path, row in listing.items() if path != "."}


def by_umoci(cuts: Cuts) -> Generator[Listing]:
    """The images unpacked."""
    require("umoci")
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as place:
        for count in cuts.names:
            root = Path(place) / str(count)
            _call("umoci", "raw", "unpack", "--image", f"{cuts.layout}:{count}", root)
            yield on_disk(root)
            _call("rm", "-rf", root)


def by_podman(driver: str) -> Callable[[Cuts], Generator[Listing]]:
    """The images mounted in a store of its own."""

    def listings(cuts: Cuts) -> Generator[Listing]:
        with store("podman", driver) as podman:
            _call(*podman, "load", "--quiet", "--input", cuts.archive)
            for name in cuts.names.values():
                root = os.fsdecode(_call(*podman, "image", "mount", name).strip())
                yield without_root(on_disk(Path(root)))

    return listings


def _call(*command: str | Path) -> bytes:
    """What a command writes to standard output. Raises RefusedError where it fails."""
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise RefusedError(done.stderr.decode(errors="replace"))
    return done.stdout


JUDGES = {
    "docker": Judge(by_docker(docker_host), exported),
    "containerd": Judge(by_docker(containerd_host), exported),
    "umoci": Judge(by_umoci),
    "podman": Judge(by_podman("overlay"), without_root),
    "podman-vfs": Judge(by_podman("vfs"), without_root),
}
"""Docker Engine on overlay2; a newer one with containerd's image store; umoci; Podman on overlay, and on vfs."""
