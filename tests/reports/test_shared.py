"""What images of several engines share, as text and as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from layerview.errors import ServiceError
from layerview.image import ListedImage, ListedLayer, Platform, digest_of
from layerview.reports import shared
from layerview.reports.shared import AtHand
from layerview.text import columns

_SIZES: dict[str, int | None] = {"base": 80_000_000, "app": 5_000_000, "link": 1_500_000, "silent": None}


def _listed(engine: str, name: str, *layers: str, size: int | None = None) -> AtHand:
    names = (name, f"{name}-alias") if name else ()
    found = tuple(ListedLayer(digest_of(layer.encode()), _SIZES[layer]) for layer in layers)
    id = digest_of("".join(layers).encode())
    created = datetime(2025, 3, 10, 10, tzinfo=UTC) if name else None
    return AtHand.of(ListedImage(engine, names, id, Platform("linux", "arm64"), created, size, found))


_IMAGES = [
    _listed("docker", "app:1", "base", "app"),
    _listed("docker", "", "base", "link"),
    _listed("podman", "evil\x1b[31m:1", "base", "app", "link"),
    _listed("podman", "other:1", "silent"),
]


def test_the_place_stands_before_the_name_where_there_are_several() -> None:
    """And what has no name is called by its ID; names can do nothing to a terminal."""
    assert (
        "\n".join(shared.text(_IMAGES, 100))
        == """\
   size   shared    alone   common     layers  image
  86 MB      0 B    86 MB    86 MB     3 of 3  podman:evil\\x1b[31m:1, evil\\x1b[31m:1-alias
  85 MB    80 MB   5.0 MB    85 MB     2 of 2  docker:app:1, app:1-alias
  82 MB    80 MB   1.5 MB    82 MB     2 of 2  docker:b04095149bb5
unknown  unknown  unknown  unknown     0 of 1  podman:other:1, other:1-alias
 173 MB  in all, 80 MB less than if nothing were shared

  bytes  layers  images, upwards from what they have in common
  80 MB       1  ████████████████  in 3 images
 5.0 MB       1  █                 ├─ in 2 images · docker:app:1
 1.5 MB       1  ▎                 │  └─ podman:evil\\x1b[31m:1
 1.5 MB       1  ▎                 └─ docker:b04095149bb5
unknown       1                    podman:other:1

  bytes  layers  in common on top of different ones
 1.5 MB       1  docker:b04095149bb5 · podman:evil\\x1b[31m:1

+ or unknown: the size of some layers is not told before they are read"""
    )


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_but_the_figures_is_longer_than_the_terminal_is_wide(width: int) -> None:
    assert all(columns(line) <= max(width, 72) for line in shared.text(_IMAGES, width))


def test_of_one_place_names_alone_are_told() -> None:
    assert "docker:" not in "\n".join(shared.text(_IMAGES[:2], 100))


def test_json_tells_what_is_not_known_and_what_went_wrong() -> None:
    told = json.loads(shared.json(_IMAGES, [ServiceError("No engine", "Start it.")]))
    assert told["complete"] is False
    assert told["errors"] == [{"message": "No engine", "hint": "Start it."}]
    app, dangling, _, other = told["images"]
    assert (app["reference"], app["names"], app["place"]) == ("docker:app:1", ["app:1", "app:1-alias"], "docker")
    assert (app["created"], app["platform"]) == ("2025-03-10T10:00:00Z", "linux/arm64")
    assert (dangling["reference"], dangling["names"], dangling["created"]) == (f"docker:{dangling['id']}", [], None)
    assert (other["size"], other["unknown_sizes"], other["layers"][0]["size"]) == (0, 1, None)
