"""Images of an engine with Docker's API: what it tells of them at once, and their layers from its records or an export.

Podman's service has that API, too, and another store.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated

import docker
import msgspec
import requests
import urllib3
from docker.utils import version_gte

from layerview.errors import LayerviewError, NotFoundError, ServiceError
from layerview.image import Config, Descriptor, HistoryEntry, Image, Layer, Platform, config_of, join, parse_config
from layerview.layers import LayerIndex
from layerview.sources.alternatives import Alternative
from layerview.sources.archives.candidates import candidates
from layerview.sources.archives.placed import PlacedContents
from layerview.sources.archives.stored import contents_of, key_of
from layerview.sources.archives.streamed import PassedLayer, PassingMembers
from layerview.sources.content_store import find_blobs, is_containerd
from layerview.sources.docker.endpoint import PODMAN, Endpoint, answer, understood
from layerview.sources.docker.files import Engine, Info, Kept, owner, remove_borrowed, remove_left_behind
from layerview.sources.docker.records import find_records
from layerview.sources.podman.store import PodmanStore
from layerview.sources.protocol import Found, Job, Progress
from layerview.sources.reporting import reporting

_PACKING = 3600
"""Seconds until the first byte of an export is given up: the engine packs the whole image before."""

_PARTING = 5
"""Seconds until an engine is given up that does not remove containers; the next run will."""

_ABSENT = (
    *(docker.errors.DockerException, requests.RequestException, urllib3.exceptions.HTTPError),
    *(LayerviewError, OSError, ValueError, tarfile.TarError),
)
"""What is raised where an engine does not keep, or not give out, what is hoped for. An export will do."""

_KNOWS_PLATFORMS = "1.49"
"""API version from which on an engine can be asked for one of an image's platforms."""

_Size = Annotated[int, msgspec.Meta(ge=0)]


class DockerEngine:
    """An image of the engine that ``docker`` on the command line would use, unless told of another one."""

    def __init__(
        self,
        name: str,
        platform: Platform | None = None,
        records: bool | None = None,
        endpoint: Callable[[], Endpoint] = Endpoint.current,
    ) -> None:
        """``name`` is a reference, or an image ID or the beginning of one.

        ``records`` tells whether the engine's own records may take the place of an export; unless told they may where
        the engine is local. ``endpoint`` finds the engine, and may raise LayerviewError.
        """
        self._name, self._platform, self._wants_records = name, platform, records
        self._find_endpoint = endpoint
        self._owner = ""
        """Who the containers are labelled with through which the engine's files are read; empty while there are none."""

    def describe(self) -> Image:
        """What the engine tells without exporting the image. Raises LayerviewError."""
        if self._kept is None:
            return self._image
        image = _with_config(self._image, parse_config(self._kept.config))
        return _with_blobs(image, self._kept.blobs) if self._kept.blobs else image

    def jobs(self) -> Sequence[Job]:
        """A job for each layer, or one export."""
        if self._kept is not None:
            return self._kept.jobs
        return (ExportJob(self._endpoint, self._image, self._size),)

    def cache_key(self, layer: int) -> str:
        """The diffID, where the layer is verified or the engine's records are read."""
        diff_id = self._image.layers[layer - 1].diff_id
        if self._kept is None or not self._kept.places:
            return diff_id
        return key_of(self._kept.places[layer - 1], diff_id)

    def contents(self, layer: int) -> PlacedContents | None:
        """Random access, where this program may read the engine's content store and the layer is not compressed."""
        if self._kept is None or not self._kept.places:
            return None
        return contents_of(self._kept.places[layer - 1])

    def alternatives(self) -> Sequence[Alternative]:
        """For each of the image's platforms that the engine has, where it keeps such. Raises LayerviewError."""
        name, (image, _, has_index) = self._name, self._described
        if not has_index:
            return ()
        with self._endpoint.client() as client:
            if not version_gte(client.api_version, _KNOWS_PLATFORMS):
                return ()
            with answer(client, f"/images/{name}/json", {"manifests": "1"}) as response:
                inspected = understood(response.json(), _Inspected)
        return [
            Alternative(
                partial(DockerEngine, name, platform, self._wants_records, self._find_endpoint),
                inspected.repo_tags,
                platform,
                each.descriptor.digest,
                each.size.content,
                meant=platform.suits(image.platform),
            )
            for each in inspected.manifests
            if each.kind == "image" and each.available and (platform := each.descriptor.platform) is not None
        ]

    def close(self) -> None:
        """Remove the containers of jobs that have not come to their end."""
        if self._owner:
            with suppress(LayerviewError), self._endpoint.client(_PARTING) as client:
                remove_borrowed(client, self._owner)

    @cached_property
    def _kept(self) -> Kept | None:
        if not (self._endpoint.is_local if self._wants_records is None else self._wants_records):
            return None
        image, top, _ = self._described
        self._owner = owner()
        with self._endpoint.client() as client:
            kept = _find(self._endpoint, client, self._owner, image, top)
        if kept is None or not kept.is_borrowed:
            self._owner = ""
        return kept

    @cached_property
    def _endpoint(self) -> Endpoint:
        return self._find_endpoint()

    @cached_property
    def _size(self) -> int:
        return sum(layer.size or 0 for layer in self._image.layers)

    @property
    def _image(self) -> Image:
        return self._described[0]

    @cached_property
    def _described(self) -> tuple[Image, str, bool]:
        """The image, the digest of its manifest or index in an engine that keeps such, and whether that is an index."""
        title, command = self._endpoint.kind.title, self._endpoint.kind.command
        try:
            with self._endpoint.client() as client:
                inspected, steps = _told(client, self._name, {})
                if self._platform is not None and version_gte(client.api_version, _KNOWS_PLATFORMS):
                    wanted = {"platform": msgspec.json.encode(self._platform).decode()}
                    # Where it has several, what it tells of one has an ID of its own, by which it finds nothing else.
                    with suppress(docker.errors.NotFound):
                        chosen, steps = _told(client, self._name, wanted)
                        inspected = msgspec.structs.replace(chosen, id=inspected.id, descriptor=inspected.descriptor)
        except NotFoundError as error:
            raise NotFoundError(
                f"The {title} has no image {self._name}",
                f"{command} images lists what it has; {command} pull {self._name} may get it.",
            ) from error
        image = _image(self._name, inspected, steps[::-1], title)
        if self._platform is not None and not image.platform.may_suit(self._platform):
            raise NotFoundError(
                f"The {title} has {self._name} for {image.platform}, not for {self._platform}",
                f"{command} pull --platform {self._platform} {self._name} may get it.",
            )
        top = inspected.descriptor
        return (image, inspected.id, False) if top is None else (image, top.digest, top.is_index)


def _told(client: docker.APIClient, name: str, parameters: Mapping[str, str]) -> tuple[_Inspected, tuple[_Step, ...]]:
    """What the engine tells of an image, the steps of its history with the last one first."""
    with answer(client, f"/images/{name}/json", parameters) as response:
        inspected = understood(response.json(), _Inspected)
    # Podman 4 fails where one of the steps has no time. What the image's config tells comes later, and is exact.
    with suppress(docker.errors.APIError), answer(client, f"/images/{name}/history", parameters) as response:
        # An engine with containerd's store says null where there is no history.
        return inspected, understood(response.json() or [], tuple[_Step, ...])
    return inspected, ()


def _find(endpoint: Endpoint, client: docker.APIClient, owner: str, image: Image, top: str) -> Kept | None:
    """What the engine keeps of an image, if it gives it out, and means the same image by it."""
    try:
        engine = Engine(endpoint, client, understood(client.info(), Info), owner)
        kept = _found(engine, image, top)
        return kept if kept and parse_config(kept.config).diff_ids == image.config.diff_ids else None
    except _ABSENT:
        return None


def _found(engine: Engine, image: Image, top: str) -> Kept | None:
    if engine.endpoint.kind is PODMAN:
        return _stored(engine, image)
    remove_left_behind(engine.client, engine.info.system_time)
    if is_containerd(engine.info):
        return find_blobs(engine, image, top)
    return find_records(engine, image.id, image.config.diff_ids)


def _stored(engine: Engine, image: Image) -> Kept | None:
    """What is in the store of Podman's service, where this program may read that."""
    store = PodmanStore(Path(engine.info.docker_root_dir))
    if not engine.endpoint.is_local or (stored := store.find(image.id)) is None:
        return None
    return Kept(stored.config, stored.jobs) if len(stored.jobs) == len(image.layers) else None


@dataclass(frozen=True)
class ExportJob:
    """Indexes the layers while the engine sends them."""

    endpoint: Endpoint
    image: Image
    cost: int
    """Bytes of all layers, as the engine counts them."""

    @property
    def layers(self) -> tuple[int, ...]:
        """All of them."""
        return tuple(layer.number for layer in self.image.layers)

    def run(self, progress: Progress) -> Iterator[Found]:
        """Yields layers as they pass, known by their diffIDs, and at last the image, if its history was guessed wrong.

        Raises LayerviewError.
        """
        numbers: dict[str, list[int]] = {}
        for layer in self.image.layers:
            numbers.setdefault(layer.diff_id, []).append(layer.number)

        def known(passed: PassedLayer) -> bool:
            return isinstance(passed.index, LayerIndex) and passed.digests[-1] in numbers

        progress(0, 0, 0)
        path = f"/images/{self.image.id}/get"
        with self.endpoint.client(timeout=_PACKING) as client, self.endpoint.archive(client, path) as exported:
            progress(0, 0, self.cost)
            read = reporting(exported, lambda done: progress(0, min(done, self.cost), self.cost))
            members = PassingMembers(read, f"The export of the {self.endpoint.kind.title}")
            for passed in members.pass_by(known):
                for number in numbers.pop(passed.digests[-1]):
                    assert isinstance(passed.index, LayerIndex)
                    yield (number, passed.index)
        for candidate in candidates(members):
            if candidate.image.config.diff_ids == self.image.config.diff_ids:
                yield from members.layers_of(candidate)
                exact = _with_config(self.image, candidate.image.config)
                if exact != self.image:
                    yield exact
                return
        if numbers:
            raise ServiceError(f"The export of the {self.endpoint.kind.title} lacks {self.image.name}", "Try again.")


def _with_config(image: Image, config: Config) -> Image:
    """The image with the history that its config tells."""
    layers, warnings = join(config)
    known = zip(image.layers, layers, strict=True)
    return replace(
        image,
        config=config,
        layers=tuple(replace(layer, history=exact.history) for layer, exact in known),
        warnings=warnings,
    )


def _with_blobs(image: Image, blobs: Sequence[Descriptor]) -> Image:
    """The image with what is known of its layers as they are stored."""
    layers = (
        replace(layer, digest=blob.digest, media_type=blob.media_type, stored_size=blob.size)
        for layer, blob in zip(image.layers, blobs, strict=True)
    )
    return replace(image, layers=tuple(layers))


class _Stored(msgspec.Struct, rename="pascal"):
    content: _Size = 0


class _Manifest(msgspec.Struct, rename="pascal"):
    """What the engine says of one of the manifests that an image's index leads to."""

    descriptor: Descriptor
    kind: str = ""
    available: bool = False
    """Whether all of it is there."""
    size: _Stored = msgspec.field(default_factory=_Stored)


class _RootFs(msgspec.Struct, rename="pascal"):
    layers: tuple[str, ...] = ()


class _Inspected(msgspec.Struct, rename="pascal"):
    """What the engine says of an image."""

    id: str
    repo_tags: tuple[str, ...] = ()
    repo_digests: tuple[str, ...] = ()
    created: str = ""
    author: str = ""
    os: str = ""
    os_version: str = ""
    architecture: str = ""
    variant: str = ""
    config: dict[str, object] = {}
    descriptor: Descriptor | None = None
    manifests: tuple[_Manifest, ...] = ()
    root_fs: _RootFs = msgspec.field(name="RootFS", default_factory=_RootFs)


class _Step(msgspec.Struct, rename="pascal"):
    """What the engine says of one step of an image's history."""

    created: int = 0
    """Seconds since 1970."""
    created_by: str = ""
    comment: str = ""
    size: _Size = 0


def _image(name: str, inspected: _Inspected, steps: Sequence[_Step], source: str) -> Image:
    made_layer = _steps_with_layers(steps, len(inspected.root_fs.layers))
    config = config_of(
        {
            "os": inspected.os,
            "os.version": inspected.os_version,
            "architecture": inspected.architecture,
            "variant": inspected.variant,
            "created": inspected.created,
            "author": inspected.author,
            "config": inspected.config,
            "rootfs": {"diff_ids": list(inspected.root_fs.layers)},
            "history": [
                {
                    "created": _moment(step.created),
                    "created_by": step.created_by,
                    "comment": step.comment,
                    "empty_layer": number not in made_layer,
                }
                for number, step in enumerate(steps)
            ],
        }
    )
    sizes = [step.size for number, step in enumerate(steps) if number in made_layer]
    layers, warnings = join(config)
    sized: tuple[Layer, ...] = layers
    if len(sizes) == len(layers):
        sized = tuple(replace(layer, size=size) for layer, size in zip(layers, sizes, strict=True))
    return Image(
        name=name,
        id=inspected.id,
        platform=config.platform,
        config=config,
        layers=sized,
        tags=inspected.repo_tags,
        digests=inspected.repo_digests,
        source=source,
        warnings=warnings,
    )


_LIKELIHOOD = (re.compile(r"COPY|ADD"), re.compile(r"RUN"), re.compile(r"WORKDIR|$"))
_NEVER = re.compile(r"ARG|CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME")


def _steps_with_layers(steps: Sequence[_Step], layers: int) -> frozenset[int]:
    """Which steps made the layers.

    The engine does not say. A step with bytes did; of those without, as many as are missing, by what their
    instruction is likely to have done. The export tells in the end.
    """

    def rank(number: int) -> int:
        text = HistoryEntry(created_by=steps[number].created_by).instruction
        if _NEVER.match(text):
            return len(_LIKELIHOOD) + 1
        return next((rank for rank, pattern in enumerate(_LIKELIHOOD) if pattern.match(text)), len(_LIKELIHOOD))

    with_bytes = [number for number, step in enumerate(steps) if step.size]
    without = sorted((number for number, step in enumerate(steps) if not step.size), key=rank)
    return frozenset((*with_bytes, *without[: max(layers - len(with_bytes), 0)]))


def _moment(seconds: int) -> str:
    """RFC 3339, or nothing where no calendar has the time."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds > 0 else ""
    except (OverflowError, ValueError, OSError):
        return ""
