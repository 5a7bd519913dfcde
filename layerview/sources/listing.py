"""The images at hand: what each engine of this machine has."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

import msgspec

from layerview.image import ListedImage

_IMPORTING = threading.Lock()
"""Modules of the Docker SDK import each other in a circle: of two threads that import some of them one finds others half made."""


class EngineImages(Protocol):
    """The images of an engine that may be here. Threads may ask for them at the same time."""

    @property
    def name(self) -> str:
        """The scheme of its images: "docker", "podman" or "containerd"."""
        ...

    def images(self) -> list[ListedImage]:
        """All that it has, dangling ones too, without their layers: one quick question. Raises LayerviewError."""
        ...

    def with_layers(self, image: ListedImage) -> ListedImage:
        """One of its images with its layers, and its platform. Raises LayerviewError."""
        ...


def engines() -> list[EngineImages]:
    """Those that may be here, none of them asked yet; the order is that in which an image is looked for."""
    from layerview.sources.containerd.ctr import containerd_is_here
    from layerview.sources.docker.here import docker_is_here
    from layerview.sources.podman.engine import podman_is_here

    places = (
        _WhenAsked("docker", docker_is_here, _docker),
        _WhenAsked("podman", podman_is_here, _podman),
        _WhenAsked("containerd", containerd_is_here, _containerd),
    )
    return [place for place in places if place.is_here()]


class _WhenAsked(msgspec.Struct, frozen=True):
    """An engine whose code is imported by who asks it: the Docker SDK takes longer than others take to list."""

    name: str
    is_here: Callable[[], bool]
    engine: Callable[[], EngineImages]

    def images(self) -> list[ListedImage]:
        return self._imported().images()

    def with_layers(self, image: ListedImage) -> ListedImage:
        return self._imported().with_layers(image)

    def _imported(self) -> EngineImages:
        with _IMPORTING:
            return self.engine()


def _docker() -> EngineImages:
    from layerview.sources.docker.listing import DockerImages

    return DockerImages()


def _podman() -> EngineImages:
    from layerview.sources.podman.engine import own_store
    from layerview.sources.podman.listing import PodmanImages

    if not own_store():
        import layerview.sources.docker.listing  # noqa: F401  which lists what a service has

    return PodmanImages()


def _containerd() -> EngineImages:
    from layerview.sources.containerd.listing import ContainerdImages

    return ContainerdImages()
