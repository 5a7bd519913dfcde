"""The images of Podman, as its store or its service lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from layerview.image import ListedImage, listed_layers
from layerview.sources.podman.engine import known_service, open_podman, own_store

if TYPE_CHECKING:
    from layerview.sources.docker.listing import DockerImages


class PodmanImages(msgspec.Struct, frozen=True):
    """Those of this user's store, else of the service that is asked in its place."""

    name: str = "podman"

    def images(self) -> list[ListedImage]:
        """All that Podman lists; none where it has been installed and not used yet. Raises LayerviewError."""
        if store := own_store():
            return store.images()
        service = _service()
        return service.images() if service else []

    def with_layers(self, image: ListedImage) -> ListedImage:
        """The image with its layers, which the store has told already, unless it is damaged. Raises LayerviewError."""
        if image.layers is not None:
            return image
        if not own_store() and (service := _service()):
            return service.with_layers(image)
        described = open_podman(image.id, None, None).describe()
        assert described is not None, "Podman's images are told without reading their layers"
        return replace(image, platform=described.platform, layers=listed_layers(described))


def _service() -> DockerImages | None:
    endpoint = known_service()
    if endpoint is None:
        return None
    # The Docker SDK takes longer to import than a store to read.
    from layerview.sources.docker.listing import DockerImages

    return DockerImages("podman", lambda: endpoint)
