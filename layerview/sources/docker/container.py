"""Containers of the Docker Engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from layerview.errors import NotFoundError
from layerview.image import Descriptor
from layerview.layers.blocks import Read
from layerview.sources.container import Changes, Container
from layerview.sources.docker.endpoint import Endpoint
from layerview.sources.docker.engine import DockerEngine
from layerview.sources.protocol import Source

_REMOVED = 2


class DockerContainers(msgspec.Struct, frozen=True):
    """Those of one engine."""

    endpoint: Endpoint
    records: bool | None
    """As for its images."""

    @property
    def title(self) -> str:
        return self.endpoint.kind.title

    def inspect(self, name: str) -> Container:
        try:
            with self.endpoint.client() as client:
                told = client.ask(f"/containers/{name}/json", _Inspected)
                options = client.ask("/info", _Info).security_options
        except NotFoundError as error:
            raise NotFoundError(
                f"The {self.title} has no container {name}", "docker ps --all lists what it has."
            ) from error
        # With user namespaces files have other owners on disk than the container sees.
        shifted = any(option.startswith(("name=userns", "name=rootless")) for option in options)
        folder = (
            "" if shifted or told.driver not in ("overlay2", "overlay") else told.graph_driver.data.get("UpperDir", "")
        )
        platform = told.manifest.platform if told.manifest else None
        name, status = told.name.lstrip("/"), told.state.status
        return Container(told.id, name, status, told.created, told.image, platform, folder)

    def image(self, container: Container) -> Source:
        return DockerEngine(container.image, container.platform, self.records, lambda: self.endpoint)

    def changes(self, container: str) -> Changes:
        with self.endpoint.client() as client:
            found = client.ask(f"/containers/{container}/changes", tuple[_Change, ...], nothing=())
        return Changes(
            frozenset(each.path.lstrip("/") for each in found if each.kind != _REMOVED),
            tuple(each.path.lstrip("/") for each in found if each.kind == _REMOVED),
        )

    @contextmanager
    def export(self, container: str) -> Iterator[Read]:
        with self.endpoint.client() as client, client.archive(f"/containers/{container}/export") as exported:
            yield exported


def docker_containers(records: bool | None) -> DockerContainers:
    """Those of the engine that ``docker`` would use. Raises ServiceError."""
    return DockerContainers(Endpoint.current(), records)


class _State(msgspec.Struct, rename="pascal"):
    status: str = ""


class _GraphDriver(msgspec.Struct, rename="pascal"):
    data: dict[str, str] = {}


class _Inspected(msgspec.Struct, rename="pascal"):
    """What the engine says of a container."""

    id: str
    name: str
    image: str
    manifest: Descriptor | None = msgspec.field(name="ImageManifestDescriptor", default=None)
    """Of the image's manifests the one that the container is of, where the engine keeps them."""
    created: str = ""
    driver: str = ""
    state: _State = msgspec.field(default_factory=_State)
    graph_driver: _GraphDriver = msgspec.field(default_factory=_GraphDriver)


class _Info(msgspec.Struct, rename="pascal"):
    security_options: tuple[str, ...] = ()


class _Change(msgspec.Struct, rename="pascal"):
    path: str
    kind: int
