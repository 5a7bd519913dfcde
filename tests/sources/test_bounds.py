"""What a stream may unpack to is held in every place that layers are read from."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from layerview.errors import DamagedError, LayerviewError
from layerview.layers import LayerIndex
from layerview.sources import Reading, Source, open_source
from layerview.sources.recorded import RecordJob
from tests.builders import file, layer
from tests.sources.images import Layout, Saved, docker_archive, folder, image, tar
from tests.sources.misbehaving import misbehaving

LAYER = layer(*(file(f"f{number}", b"x" * 500) for number in range(200)))
PACKED = gzip.compress(LAYER)


def in_place(path: Path) -> Source:
    path.write_bytes(tar(docker_archive(Saved(image(LAYER, blobs=[PACKED])))))
    return open_source(str(path))


def as_it_passes(path: Path) -> Source:
    path.write_bytes(gzip.compress(tar(docker_archive(Saved(image(LAYER, blobs=[PACKED]))))))
    return open_source(str(path))


def in_a_layout(path: Path) -> Source:
    layout = Layout()
    return open_source(str(folder(path, layout.of(layout.image(image(LAYER, blobs=[PACKED]))))))


def told_of(source: Source, reading: Reading) -> LayerIndex | LayerviewError | None:
    """What is found of the layer, or why nothing is."""
    source.describe()
    try:
        for job in source.jobs():
            for found in job.run(reading):
                if isinstance(found, tuple):
                    return found[1]
    except LayerviewError as error:
        return error
    return None


PLACES = [in_place, as_it_passes, in_a_layout]


@pytest.mark.parametrize("place", PLACES, ids=[place.__name__ for place in PLACES])
def test_a_layer_of_more_bytes_than_allowed_is_too_large_in_every_place(
    place: Callable[[Path], Source], tmp_path: Path
) -> None:
    source = place(tmp_path / "image")
    refused = told_of(source, Reading(lambda *_: None, len(LAYER) - 1))
    assert isinstance(refused, DamagedError) and "--max-size allows more" in refused.hint
    assert isinstance(told_of(source, Reading(lambda *_: None, 1 << 20)), LayerIndex)


def test_so_it_is_in_a_registry(tmp_path: Path) -> None:
    layout = Layout()
    top = layout.image(image(LAYER, blobs=[PACKED]))
    with misbehaving(layout, top["digest"]) as registry:
        source = open_source(registry.reference)
        refused = told_of(source, Reading(lambda *_: None, len(LAYER) - 1))
        assert isinstance(refused, DamagedError) and "too large" in refused.message
        assert isinstance(told_of(source, Reading(lambda *_: None)), LayerIndex)


def test_so_it_is_in_an_engines_record() -> None:
    (found,) = RecordJob(1, gzip.compress(b"{}" * 1_000), 10).run(Reading(lambda *_: None, 1_000))
    assert isinstance(found, tuple)
    assert isinstance(found[1], DamagedError) and "too large" in found[1].message
