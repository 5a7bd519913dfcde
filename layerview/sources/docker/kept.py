"""What an engine keeps of an image besides what it exports, and what is needed to ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from layerview.image import Descriptor, Image
from layerview.sources.archives.placed import Place
from layerview.sources.docker.borrowing import Basis
from layerview.sources.docker.client import Client
from layerview.sources.docker.endpoint import Endpoint
from layerview.sources.protocol import Job

_BLOBS = "io.containerd.content.v1.content/blobs"


class Kept(msgspec.Struct, frozen=True):
    """What an engine keeps of an image, of which its layers can be indexed without an export."""

    config: bytes
    """The image's config as it was stored, which tells the history exactly."""
    jobs: Sequence[Job]
    blobs: tuple[Descriptor, ...] = ()
    """Each layer as it was pulled or built; none where the engine keeps none."""
    places: tuple[Place, ...] = ()
    """Where each of these blobs lies; none where this program may not read them."""

    @property
    def is_borrowed(self) -> bool:
        """Whether the engine hands over what the jobs read."""
        return bool(self.blobs) and not self.places


class Info(msgspec.Struct, rename="pascal"):
    """What an engine says of itself."""

    docker_root_dir: str
    """The folder that it keeps everything in."""
    driver: str
    """How it stores layers."""
    system_time: datetime
    driver_status: tuple[tuple[str, str], ...] = ()

    @property
    def records(self) -> str:
        """The folder where the classic store keeps the records of its images and layers."""
        return f"{self.docker_root_dir}/image/{self.driver}"

    @property
    def blobs(self) -> tuple[str, str]:
        """Where containerd's store may keep blobs: an engine runs a containerd of its own, or uses the system's."""
        return f"{self.docker_root_dir}/containerd/daemon/{_BLOBS}", f"/var/lib/containerd/{_BLOBS}"

    @property
    def lent(self) -> tuple[str, ...]:
        """How the paths begin of all that the engine is asked to hand over."""
        return tuple(f"{folder}/" for folder in (self.records, *self.blobs))


class Lender(msgspec.Struct, frozen=True):
    """An engine that is asked for what it keeps."""

    endpoint: Endpoint
    client: Client
    info: Info
    basis: Basis
    """What containers are made from, should they be needed."""


def miscounted(image: Image, engine: str, count: int, where: str) -> str:
    """What is said where an engine tells of another number of layers than what it keeps has."""
    told = len(image.layers)
    return f"The number of layers of {image.name} is {told} in what the {engine} tells, and {count} in its {where}"
