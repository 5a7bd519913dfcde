"""A Docker Engine's own records of its layers, in place of an export.

``docker save`` makes the engine write every layer to its disk before the first byte is sent. But beside each layer it
keeps the headers of the layer's tar with a checksum of each content
(``ROOT/image/DRIVER/layerdb/sha256/CHAINID/tar-split.json.gz``), which is all that an index holds: megabytes instead of
gigabytes. Where this program may read the engine's folders, it does. Where it may not, the engine hands them over: a
container of the image is created, never started, with these folders bound into it read only; one archive of them is
fetched, and the container removed. It carries a label, by which what a killed run left behind is found and removed.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import docker
import requests
from docker.types import Mount

from layerview.errors import LayerviewError
from layerview.image import digest_of
from layerview.layers import LayerIndex, index_records
from layerview.sources.protocol import Found, Progress

LABEL = "io.github.layerview.records"
"""Of containers that are created to read the engine's folders."""

_RECORD = "tar-split.json.gz"
_INSIDE = "/layerview"
_STALE = timedelta(minutes=2)
"""How old such a container is when whoever made it has died: they live for less than a second."""

_COST = 60
"""A record that is indexed costs as much time as so many times its bytes of a compressed layer."""


@dataclass(frozen=True)
class EngineRecords:
    """What an engine keeps of an image."""

    config: bytes
    """The image's config as it was stored, which tells the history exactly."""
    jobs: Sequence[RecordJob]
    """One for each layer."""


def fetch_records(client: docker.APIClient, image: str, diff_ids: Sequence[str]) -> EngineRecords | None:
    """What the engine keeps of the image with this ID; None where it is not to be had."""
    try:
        info = client.info()
        root = f"{info['DockerRootDir']}/image/{info['Driver']}"
        config = f"{root}/imagedb/content/sha256/{image.removeprefix('sha256:')}"
        folders = [f"{root}/layerdb/sha256/{chain_id.removeprefix('sha256:')}" for chain_id in chain_ids(diff_ids)]
        if client.base_url == "http+docker://localhost" and _readable(folders, diff_ids):
            jobs = [
                RecordJob(number, Path(folder) / _RECORD, (Path(folder) / _RECORD).stat().st_size * _COST)
                for number, folder in enumerate(folders, 1)
            ]
            return EngineRecords(Path(config).read_bytes(), jobs)
        _remove_stale(client, info["SystemTime"])
        found = _fetch(client, image, [*folders, config])
    except (
        docker.errors.DockerException,
        requests.RequestException,
        OSError,
        KeyError,
        TypeError,
        ValueError,
        tarfile.TarError,
    ):
        return None
    jobs = []
    for number, diff_id in enumerate(diff_ids, 1):
        record = found.get(f"{number}/{_RECORD}")
        if record is None or found.get(f"{number}/diff", b"").decode(errors="replace") != diff_id:
            return None
        jobs.append(RecordJob(number, record, len(record) * _COST))
    exact = found.get(str(len(folders) + 1))
    return None if exact is None or digest_of(exact) != image else EngineRecords(exact, jobs)


def chain_ids(diff_ids: Sequence[str]) -> list[str]:
    """The digests that name each layer together with all below it."""
    chain: list[str] = []
    for diff_id in diff_ids:
        chain.append(f"sha256:{hashlib.sha256(f'{chain[-1]} {diff_id}'.encode()).hexdigest()}" if chain else diff_id)
    return chain


def _readable(folders: Sequence[str], diff_ids: Sequence[str]) -> bool:
    """Whether this program may read the folders, and they are this engine's."""
    with suppress(OSError):
        return all(
            (Path(folder) / "diff").read_text() == diff_id and (Path(folder) / _RECORD).is_file()
            for folder, diff_id in zip(folders, diff_ids, strict=True)
        )
    return False


def _fetch(client: docker.APIClient, image: str, paths: Sequence[str]) -> dict[str, bytes]:
    """Some files and what is in some folders of the engine's machine, as ``NUMBER`` and ``NUMBER/NAME``."""
    mounts = [
        Mount(target=f"{_INSIDE}/{number}", source=path, type="bind", read_only=True)
        for number, path in enumerate(paths, 1)
    ]
    with container_of(client, image, mounts) as container:
        chunks, _ = client.get_archive(container, _INSIDE)
        data = BytesIO(b"".join(chunks))
    found = {}
    with tarfile.open(fileobj=data) as archive:
        for member in archive:
            if member.isfile() and (file := archive.extractfile(member)) is not None:
                found[member.name.partition("/")[2]] = file.read()
    return found


@contextmanager
def container_of(client: docker.APIClient, image: str, mounts: Sequence[Mount]) -> Iterator[str]:
    """A container of an image that is never started, removed at the end whatever happens; its ID."""
    created: dict[str, Any] = client.create_container(
        image,
        command=["layerview"],
        labels={LABEL: ""},
        network_disabled=True,
        host_config=client.create_host_config(mounts=list(mounts), network_mode="none"),
    )
    try:
        yield created["Id"]
    finally:
        client.remove_container(created["Id"], v=True, force=True)


def _remove_stale(client: docker.APIClient, now: str) -> None:
    """Remove what killed runs left behind. The engine's clock tells the age, as this machine's may be another."""
    limit = (datetime.fromisoformat(now) - _STALE).timestamp()
    for container in client.containers(all=True, filters={"label": LABEL}):
        if container["Created"] < limit:
            with suppress(docker.errors.APIError):
                client.remove_container(container["Id"], v=True, force=True)


@dataclass(frozen=True)
class RecordJob:
    """Indexes a layer from its record."""

    number: int
    record: Path | bytes
    """Where it lies, or what it is."""
    cost: int

    @property
    def layers(self) -> tuple[int, ...]:
        return (self.number,)

    def run(self, progress: Progress) -> Iterator[Found]:
        """Index; all faults are the layer's."""
        result: LayerIndex | LayerviewError
        try:
            with BytesIO(self.record) if isinstance(self.record, bytes) else self.record.open("rb") as file:
                result = index_records(file.read)
        except LayerviewError as error:
            result = error
        except OSError as error:
            result = LayerviewError(f"The engine's record of the layer cannot be read: {error}", "Try --export.")
        yield (self.number, result)
