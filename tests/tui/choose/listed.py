"""Images as engines list them, written short."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from msgspec.structs import replace

from layerview.image import ListedImage, ListedLayer, Platform
from layerview.inquiry import Completed, Detailed, InquiryEvent, Listed

NOW = datetime(2025, 3, 10, 10, 0, tzinfo=UTC)
MB = 1_000_000


def layer(name: str, bytes_: int) -> ListedLayer:
    """A layer that is known by its name."""
    return ListedLayer(_digest(name), bytes_)


def image(
    *names: str, layers: Sequence[ListedLayer], days: int | None = 1, engine: str = "docker", arch: str = "amd64"
) -> ListedImage:
    """An image that is so many days old, with all of its layers known."""
    id = _digest("".join((*names, *(layer.diff_id for layer in layers))))
    created = None if days is None else NOW - timedelta(days=days)
    size = sum(layer.size or 0 for layer in layers)
    return ListedImage(engine, names, id, Platform("linux", arch), created, size, tuple(layers))


def _digest(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"


BASE = layer("base", 74 * MB)
PYTHON = layer("python", 118 * MB)
SHOP = image("shop:1", "shop:latest", layers=(BASE, PYTHON, layer("shop", 12 * MB)), days=0)
OLDER = image("shop:0.9", layers=(BASE, PYTHON, layer("older shop", 11 * MB)), days=40)
DEBIAN = image("debian:12", layers=(BASE,), days=21)
DANGLING = image(layers=(BASE, layer("half", 300 * MB)), days=2)
LONG = image(
    "registry.example.org/platform/billing/worker-with-a-long-name:2025-03-01", layers=(layer("go", 31 * MB),), days=9
)
ARM = image("shop:1-arm64", layers=(layer("arm", 190 * MB),), days=3, arch="arm64")
DOCKER = (SHOP, OLDER, DEBIAN, DANGLING, LONG, ARM)
PODMAN = (
    image("localhost/tools:latest", layers=(layer("tools", 512 * MB),), days=400, engine="podman"),
    image("localhost/empty:1", layers=(layer("nothing", 0),), days=None, engine="podman"),
)


def listed(engine: str, images: Sequence[ListedImage]) -> Listed:
    """What an engine tells first."""
    return Listed(engine, tuple(replace(image, layers=None) for image in images))


def told(engine: str, images: Sequence[ListedImage]) -> list[InquiryEvent]:
    """All that an engine tells."""
    return [listed(engine, images), Detailed(engine, tuple(images)), Completed.of(engine, images)]
