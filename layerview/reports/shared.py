"""What images share, as ``layerview shared`` tells it: a table and a picture, or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from layerview.analysis.lineage import lineage, scattered
from layerview.analysis.sharing import Holding, Share, groups, pairs, share, stored_bytes
from layerview.errors import LayerviewError
from layerview.image import ListedImage, ListedLayer, Platform
from layerview.reports.json import dumps
from layerview.text import escape, fit, size
from layerview.wording.figures import at_least
from layerview.wording.images import short_id
from layerview.wording.lineage import picture

SCHEMA_VERSION = 1
"""Grows when a field goes away or changes its meaning; new fields may come without."""

_LONGEST = 10
"""How many groups of scattered layers are listed."""


class AtHand(msgspec.Struct, frozen=True):
    """An image at hand, with its layers."""

    reference: str
    """What ``layerview`` opens it by."""
    names: tuple[str, ...]
    """All that it was found by; none where it is dangling."""
    platform: Platform | None
    created: datetime | None
    holding: Holding

    @classmethod
    def of(cls, image: ListedImage) -> AtHand:
        """One that an engine lists, whose layers were asked for."""
        return cls(image.reference, image.names, image.platform, image.created, Holding.of(image))


def text(images: Sequence[AtHand], width: int) -> Iterator[str]:
    """Lines for people, of ``width`` columns at most; the largest image first."""
    holdings = [image.holding for image in images]
    shares = share(holdings)
    labels = _labels(images)
    yield "   size   shared    alone   common     layers  image"
    for number in sorted(range(len(images)), key=lambda number: -shares[number].size):
        names = [labels[number], *map(escape, images[number].names[1:])]
        yield fit(f"{_row(shares[number], len(holdings[number].layers))}  {', '.join(names)}", width)
    stored = stored_bytes(holdings)
    saved = sum(each.size for each in shares) - stored
    yield f"{size(stored):>7}  in all" + (f", {size(saved)} less than if nothing were shared" if saved else "")
    tree = lineage(holdings)
    yield ""
    yield fit("  bytes  layers  images, upwards from what they have in common", width)
    yield from picture(tree, labels, width)
    if apart := scattered(tree, groups(holdings)):
        yield ""
        yield fit("  bytes  layers  in common on top of different ones", width)
    for group in apart[:_LONGEST]:
        names = [labels[member] for member in group.members]
        yield fit(f"{size(group.bytes):>7}  {len(group.layers):>6}  {' · '.join(names)}", width)
    if any(each.unknown for each in shares):
        yield ""
        yield "+ or unknown: the size of some layers is not told before they are read"


def _labels(images: Sequence[AtHand]) -> list[str]:
    """A name of each image, harmless; with its place where they are in several."""
    several = len({image.holding.place for image in images}) > 1
    labels: list[str] = []
    for image in images:
        name = image.names[0] if image.names else short_id(image.holding.id)
        is_full = not several or name == image.reference
        labels.append(escape(name if is_full else f"{image.holding.place}:{name}"))
    return labels


def _row(own: Share, layers: int) -> str:
    figures = (own.size, own.shared, own.alone, own.common)
    of_layers = f"{own.common_layers} of {layers}"
    return f"{'  '.join(f'{at_least(bytes_, not own.unknown):>7}' for bytes_ in figures)}  {of_layers:>9}"


def json(images: Sequence[AtHand], errors: Sequence[LayerviewError]) -> str:
    """One JSON document; ``errors`` tell which engines did not answer. ``docs/shared-json.md`` has every field."""
    holdings = [image.holding for image in images]
    found = groups(holdings)
    return dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "complete": not errors,
            "stored_bytes": stored_bytes(holdings),
            "images": [_image(image, own) for image, own in zip(images, share(holdings), strict=True)],
            "groups": [
                {"images": group.members, "bytes": group.bytes, "layers": [_layer(layer) for layer in group.layers]}
                for group in found
            ],
            "pairs": [
                {"images": pair, "layers": layers, "bytes": bytes_} for pair, (layers, bytes_) in pairs(found).items()
            ],
            "errors": [{"message": error.message, "hint": error.hint} for error in errors],
        }
    )


def _image(image: AtHand, own: Share) -> dict[str, Any]:
    return {
        "reference": image.reference,
        "names": image.names,
        "id": image.holding.id,
        "place": image.holding.place,
        "platform": str(image.platform) if image.platform else None,
        "created": image.created.isoformat().replace("+00:00", "Z") if image.created else None,
        "size": own.size,
        "shared": own.shared,
        "alone": own.alone,
        "common": own.common,
        "common_layers": own.common_layers,
        "unknown_sizes": own.unknown,
        "layers": [_layer(layer) for layer in image.holding.layers],
    }


def _layer(layer: ListedLayer) -> dict[str, Any]:
    return {"diff_id": layer.diff_id or None, "size": layer.size}
