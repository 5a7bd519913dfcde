"""Images as two engines might list them, for a picture of the list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from layerview.image import ListedImage, ListedLayer, Platform, digest_of
from layerview.inquiry import Completed, Detailed, InquiryEvent, Listed

NOW = datetime(2025, 3, 10, 10, 0, tzinfo=UTC)

_SIZES = {"debian": 74, "python": 118, "wheels": 231, "api 2": 9, "api 1": 8, "worker": 44, "node": 142, "web": 387}
_SIZES |= {"alpine": 8, "postgres": 264, "half a build": 612, "go": 83, "tools": 35}
"""Megabytes of layers."""
_STACKS: Sequence[tuple[str, str, float, str]] = (
    ("docker", "shop/api:2.1 shop/api:latest", 0.1, "debian, python, wheels, api 2"),
    ("docker", "", 0.2, "debian, python, half a build"),
    ("docker", "shop/web:2.1", 1, "debian, node, web"),
    ("docker", "shop/worker:2.0", 6, "debian, python, wheels, worker"),
    ("docker", "shop/api:2.0", 9, "debian, python, wheels, api 1"),
    ("docker", "postgres:17", 24, "alpine, postgres"),
    ("docker", "debian:12", 40, "debian"),
    ("podman", "localhost/tools:latest", 3, "alpine, go, tools"),
    ("podman", "localhost/alpine:3", 60, "alpine"),
)
"""Engine, names, age in days, and layers."""


def events() -> list[InquiryEvent]:
    """All that the engines tell."""
    told: list[InquiryEvent] = []
    for engine in ("docker", "podman"):
        images = tuple(_image(*stack) for stack in _STACKS if stack[0] == engine)
        bare = tuple(replace(image, layers=None) for image in images)
        told += [Listed(engine, bare), Detailed(engine, images), Completed.of(engine, images)]
    return told


def _image(engine: str, names: str, days: float, layers: str) -> ListedImage:
    known = tuple(ListedLayer(digest_of(name.encode()), _SIZES[name] * 1_000_000) for name in layers.split(", "))
    id, size = digest_of((names + layers).encode()), sum(layer.size or 0 for layer in known)
    return ListedImage(
        engine, tuple(names.split()), id, Platform("linux", "amd64"), NOW - timedelta(days=days), size, known
    )
