"""Images as an engine lists them: what can be told of many at once, before one of them is opened."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from layerview.image.model import Image
from layerview.image.platform import Platform


class ListedLayer(msgspec.Struct, frozen=True):
    """A layer of a listed image."""

    diff_id: str
    size: int | None
    """Bytes, not compressed, as the engine counts them; None where it does not tell."""


class ListedImage(msgspec.Struct, frozen=True):
    """An image in an engine's list."""

    engine: str
    """The scheme that opens it: "docker", "podman" or "containerd"."""
    names: tuple[str, ...]
    """Those with a tag, as the engine writes them; none where the image is dangling."""
    id: str
    """``sha256:…``, by which the engine finds it too."""
    platform: Platform | None
    """None where the engine does not tell in a list; its layers bring it."""
    created: datetime | None
    size: int | None
    """Bytes of all that it is made of, shared or not, as the engine counts them."""
    layers: tuple[ListedLayer, ...] | None = None
    """The lowest first; None: not asked yet."""

    @property
    def reference(self) -> str:
        """What ``layerview`` opens it by."""
        return f"{self.engine}:{self.names[0] if self.names else self.id}"


def listed_layers(image: Image) -> tuple[ListedLayer, ...]:
    """The layers of an image that was described, as a list has them."""
    return tuple(ListedLayer(layer.diff_id, layer.size) for layer in image.layers)


def moment(recorded: str | int) -> datetime | None:
    """When an image was made, from RFC 3339 or from seconds since 1970; None where it is not told, or makes no sense.

    Engines write the year 1 or 1970 where nothing is recorded.
    """
    try:
        found = datetime.fromtimestamp(recorded, UTC) if isinstance(recorded, int) else datetime.fromisoformat(recorded)
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return found if found.year > 1 and found.timestamp() > 0 else None
