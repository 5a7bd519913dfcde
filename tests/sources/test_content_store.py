"""The content store of an engine whose folders this program may read. A server stands in for the engine."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from layerview.image import Image
from layerview.layers import LayerIndex
from layerview.sources import Source, open_source
from layerview.sources.docker.export import ExportJob
from layerview.sources.protocol import NearContents
from layerview.sources.standing_in import Fallback
from tests.builders import file, layer
from tests.sources.images import LAYER, Layout, digest, folder, for_platform, image, read
from tests.sources.test_docker_endpoint import engine

PLAIN, PACKED = layer(file("a", b"1")), layer(file("b", b"2"))
BUILT = image(PLAIN, PACKED, blobs=[PLAIN, gzip.compress(PACKED)], history=[{"created_by": "A"}, {"created_by": "B"}])
OTHER = image(layer(file("c")), layer(file("d")), platform="linux/s390x")


def answers(root: Path, top: dict[str, Any]) -> dict[str, object]:
    """What the engine says, whose folder is ``root``, of an image with this manifest or index."""
    config = {"Os": "linux", "Architecture": "amd64", "RootFS": {"Layers": [digest(PLAIN), digest(PACKED)]}}
    return {
        "/version": {"ApiVersion": "1.41"},
        "/v1.41/info": {
            "DockerRootDir": str(root),
            "Driver": "overlayfs",
            "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]],
            "SystemTime": "2024-01-01T00:00:00.123456789Z",
        },
        "/v1.41/images/demo/json": {"Id": top["digest"], **config},
        "/v1.41/images/demo/history": [{"CreatedBy": "B", "Size": 1}, {"CreatedBy": "A", "Size": 1}],
    }


def kept(root: Path, layout: Layout) -> Path:
    """The folder in which the engine keeps blobs, with those of a layout in it; returns that of the SHA-256 ones."""
    store = root / "containerd/daemon/io.containerd.content.v1.content"
    folder(store, layout.members)
    return store / "blobs/sha256"


@pytest.fixture
def layout() -> Layout:
    return Layout()


@pytest.fixture(params=["manifest", "index"])
def top(request: pytest.FixtureRequest, layout: Layout) -> dict[str, Any]:
    """The descriptor that names the image."""
    if request.param == "manifest":
        return layout.image(BUILT, LAYER)
    others = [layout.image(OTHER, **for_platform("linux/s390x")), layout.image(BUILT, **for_platform("linux/amd64"))]
    absent = Layout().image(BUILT, LAYER + "+gzip", **for_platform("linux/amd64"))
    return layout.index(absent, *others)


def opened(monkeypatch: pytest.MonkeyPatch, host: str) -> tuple[Source, Image]:
    monkeypatch.setenv("DOCKER_HOST", host)
    source = open_source("docker:demo")
    image = source.describe()
    assert image is not None
    return source, image


def is_exported(source: Source) -> bool:
    (job,) = source.jobs()
    return isinstance(job.job if isinstance(job, Fallback) else job, ExportJob)


def test_blobs_are_read_where_they_lie(
    top: dict[str, Any], layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(tmp_path, layout)
    with engine(tmp_path / "e.sock", answers(tmp_path, top)) as host:
        source, found = opened(monkeypatch, host)
        assert [layer.digest for layer in found.layers] == [digest(blob) for blob in BUILT.blobs]
        assert [layer.stored_size for layer in found.layers] == [len(blob) for blob in BUILT.blobs]
        assert read(source).paths == {1: ["a"], 2: ["b"]}
        source.close()


def test_what_is_not_read_whole_is_not_kept_under_its_diffid(
    top: dict[str, Any], layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(tmp_path, layout)
    with engine(tmp_path / "e.sock", answers(tmp_path, top)) as host:
        source, found = opened(monkeypatch, host)
        assert source.cache_key(1) != found.layers[0].diff_id
        assert source.cache_key(2) == found.layers[1].diff_id
        contents, index = source.contents(1), read(source).layers[1]
        assert isinstance(contents, NearContents) and isinstance(index, LayerIndex)
        assert contents.read(index.offset.tolist()[0], 1) == b"1"
        assert source.contents(2) is None


@pytest.mark.parametrize("fault", ["missing", "forged", "no JSON", "huge"])
@pytest.mark.parametrize("part", ["top", "config"])
def test_store_that_is_not_whole_is_left_to_the_export(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, fault: str
) -> None:
    top = layout.image(BUILT)
    hurt = kept(tmp_path, layout) / (top["digest"] if part == "top" else digest(BUILT.config)).removeprefix("sha256:")
    if fault == "missing":
        hurt.unlink()
    elif fault == "huge":
        os.truncate(hurt, 1 << 42)  # more than fits into memory
    else:
        hurt.write_bytes(hurt.read_bytes() + b" " if fault == "forged" else b"{")
    with engine(tmp_path / "e.sock", answers(tmp_path, top)) as host:
        source, _ = opened(monkeypatch, host)
        assert is_exported(source)


def test_layer_that_is_missing_is_left_to_the_export(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = layout.image(BUILT)
    (kept(tmp_path, layout) / digest(PLAIN).removeprefix("sha256:")).unlink()
    with engine(tmp_path / "e.sock", answers(tmp_path, top)) as host:
        source, _ = opened(monkeypatch, host)
        assert is_exported(source)


def test_compressed_layer_that_is_not_what_its_digest_says_is_named(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = layout.image(BUILT)
    path = kept(tmp_path, layout) / digest(BUILT.blobs[1]).removeprefix("sha256:")
    path.write_bytes(gzip.compress(layer(file("forged"))))
    with engine(tmp_path / "e.sock", answers(tmp_path, top)) as host:
        source, _ = opened(monkeypatch, host)
        found = read(source)
        assert found.paths == {1: ["a"]}
        assert "not what its digest says" in found.faults[2]
