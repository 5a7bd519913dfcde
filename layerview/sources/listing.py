"""The images at hand: what each engine of this machine has."""

from __future__ import annotations

from typing import Protocol

from layerview.image import ListedImage


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
    from layerview.sources.podman.listing import PodmanImages

    found: list[EngineImages] = []
    if docker_is_here():
        # The Docker SDK takes longer to import than other engines to list.
        from layerview.sources.docker.listing import DockerImages

        found.append(DockerImages())
    if podman_is_here():
        found.append(PodmanImages())
    if containerd_is_here():
        from layerview.sources.containerd.listing import ContainerdImages

        found.append(ContainerdImages())
    return found
