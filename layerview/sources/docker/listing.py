"""The images of an engine with Docker's API, as it lists them. Podman's service has that API, too."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from docker.utils import version_gte
from msgspec.structs import replace

from layerview.image import ListedImage, Platform, listed_layers, moment
from layerview.sources.docker.endpoint import Endpoint
from layerview.sources.docker.engine import DockerEngine

_PATIENCE = 20
"""Seconds until an engine that does not list its images is given up. With thousands of them it takes some."""

_TELLS_PLATFORMS = "1.47"
"""API version from which on an engine with containerd's store tells what an image's index leads to."""

_NO_NAME = "<none>:<none>"
"""What older engines call a dangling image."""


class DockerImages(msgspec.Struct, frozen=True):
    """Those of the engine that ``docker`` on the command line would use, unless told of another one."""

    name: str = "docker"
    endpoint: Callable[[], Endpoint] = Endpoint.current
    """Finds the engine; may raise LayerviewError."""

    def images(self) -> list[ListedImage]:
        """All but what is only a step on the way to another image. Raises LayerviewError."""
        with self.endpoint().client(_PATIENCE) as client:
            wanted = {"manifests": "1"} if version_gte(client.api_version, _TELLS_PLATFORMS) else {}
            # Podman says null where there are none.
            found = client.ask("/images/json", tuple[_Summary, ...], wanted, nothing=())
        return [each.image(self.name) for each in found]

    def with_layers(self, image: ListedImage) -> ListedImage:
        """The image with what its details and its history tell. Raises LayerviewError."""
        described = DockerEngine(image.id, records=False, endpoint=self.endpoint).describe()
        return replace(image, platform=described.platform, layers=listed_layers(described))


class _ImageData(msgspec.Struct, rename="pascal"):
    platform: Platform = Platform()


class _Manifest(msgspec.Struct, rename="pascal"):
    """What an image's index leads to."""

    available: bool = False
    image_data: _ImageData | None = None
    """None for an attestation."""


class _Summary(msgspec.Struct, rename="pascal"):
    """What the engine lists of an image."""

    id: str
    created: int = 0
    """Seconds since 1970."""
    size: int = 0
    repo_tags: tuple[str, ...] = ()
    manifests: tuple[_Manifest, ...] = ()

    def image(self, engine: str) -> ListedImage:
        # An engine with containerd's store tells them in another order each time.
        names = tuple(sorted(tag for tag in self.repo_tags if tag != _NO_NAME))
        return ListedImage(engine, names, self.id, self.platform, moment(self.created), self.size)

    @property
    def platform(self) -> Platform | None:
        """That which the engine opens: this machine's, else the first that is there."""
        host = Platform.host()
        there = [each.image_data.platform for each in self.manifests if each.available and each.image_data]
        return max(there, key=lambda each: each.fit(host), default=None)
