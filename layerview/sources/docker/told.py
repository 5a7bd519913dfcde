"""What an engine with Docker's API tells of an image at once: its details, and the steps of its history."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from docker.errors import APIError, NotFound
from docker.utils import version_gte
from msgspec.structs import replace

from layerview.errors import NotFoundError
from layerview.image import Config, Descriptor, HistoryEntry, Image, Layer, Platform, config_of, join
from layerview.sources.docker.client import Client
from layerview.sources.docker.endpoint import Endpoint

KNOWS_PLATFORMS = "1.49"
"""API version from which on an engine can be asked for one of an image's platforms."""

_Size = Annotated[int, msgspec.Meta(ge=0)]


class Told(msgspec.Struct, frozen=True):
    """An image, as its engine tells of it."""

    image: Image
    top: str
    """The digest of its manifest, or of an index that leads to it, in an engine that keeps such; else its ID."""
    has_index: bool
    volumes: tuple[str, ...]
    """The paths of the volumes that a container of it gets."""


def ask(endpoint: Endpoint, name: str, platform: Platform | None) -> Told:
    """What the engine tells of the image of this name, for this platform where that is told. Raises LayerviewError."""
    title, command = endpoint.kind.title, endpoint.kind.command
    try:
        with endpoint.client() as client:
            knows = platform is not None and version_gte(client.api_version, KNOWS_PLATFORMS)
            inspected, steps = _answers(client, name, {"manifests": "1"} if knows else {})
            chosen = inspected
            if platform is not None and knows:
                # The engine itself would take no lower variant for a higher one here.
                there = [each for _, each in inspected.variants]
                best = max(there, key=lambda each: each.fit(platform), default=platform)
                wanted = {"platform": msgspec.json.encode(best if best.suits(platform) else platform).decode()}
                # Where it has several, what it tells of one has an ID of its own, by which it finds nothing else.
                with suppress(NotFound):
                    told, steps = _answers(client, name, wanted)
                    chosen = msgspec.structs.replace(told, id=inspected.id, descriptor=inspected.descriptor)
    except NotFoundError as error:
        raise NotFoundError(
            f"The {title} has no image {name}",
            f"{command} images lists what it has; {command} pull {name} may get it.",
            image=f"{command}:{name}",
        ) from error
    image = _image(name, chosen, steps[::-1], title)
    if platform is not None and not image.platform.suits(platform):
        raise NotFoundError(
            f"The {title} has {name} for {image.platform}, not for {platform}",
            f"{command} pull --platform {platform} {name} may get it.",
        )
    top = chosen.descriptor
    # A container is made for whichever of its platforms the engine takes.
    volumes = tuple(dict.fromkeys((*inspected.volumes, *chosen.volumes)))
    return Told(image, top.digest if top else chosen.id, top.is_index if top else False, volumes)


def _answers(client: Client, name: str, parameters: Mapping[str, str]) -> tuple[Inspected, tuple[_Step, ...]]:
    """What the engine tells of an image, the steps of its history with the last one first."""
    inspected = client.ask(f"/images/{name}/json", Inspected, parameters)
    # Podman 4 fails where one of the steps has no time. What the image's config tells comes later, and is exact.
    with suppress(APIError):
        # An engine with containerd's store says null where there is no history.
        return inspected, client.ask(f"/images/{name}/history", tuple[_Step, ...], parameters, nothing=())
    return inspected, ()


def with_config(image: Image, config: Config) -> Image:
    """The image with the history that its config tells."""
    layers, warnings = join(config)
    known = zip(image.layers, layers, strict=True)
    return replace(
        image,
        config=config,
        layers=tuple(replace(layer, history=exact.history) for layer, exact in known),
        warnings=warnings,
    )


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


class Inspected(msgspec.Struct, rename="pascal"):
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

    @property
    def variants(self) -> Sequence[tuple[_Manifest, Platform]]:
        """The manifests of images that are there, each with what it is for, if the engine was asked for manifests."""
        there = (each for each in self.manifests if each.kind == "image" and each.available)
        return [(each, platform) for each in there if (platform := each.descriptor.platform) is not None]

    @property
    def volumes(self) -> tuple[str, ...]:
        """The paths of its volumes."""
        found = self.config.get("Volumes")
        return tuple(found) if isinstance(found, dict) else ()


class _Step(msgspec.Struct, rename="pascal"):
    """What the engine says of one step of an image's history."""

    created: int = 0
    """Seconds since 1970."""
    created_by: str = ""
    comment: str = ""
    size: _Size = 0


def _image(name: str, inspected: Inspected, steps: Sequence[_Step], source: str) -> Image:
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
