"""What an engine keeps of an image is of another one than it tells of. A server stands in for the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from layerview.errors import DamagedError
from layerview.image import chain_ids
from layerview.sources import open_source
from layerview.sources.docker.engine import DockerEngine
from layerview.sources.docker.export import ExportJob
from layerview.sources.standing_in import Fallback
from tests.builders import file, layer
from tests.sources.images import Built, Layout, digest, image
from tests.sources.test_content_store import answers, kept
from tests.sources.test_docker_endpoint import engine

ONE, TWO, THREE = (layer(file(name)) for name in "abc")

Keep = Callable[[Path, Built, Sequence[str]], dict[str, object]]


def _told(root: Path, top: dict[str, Any], diff_ids: Sequence[str]) -> dict[str, object]:
    """What an engine says of an image with these layers."""
    said = answers(root, top)
    config = {"Os": "linux", "Architecture": "amd64", "RootFS": {"Layers": diff_ids}}
    return {**said, "/v1.41/images/demo/json": {"Id": top["digest"], **config}}


def classic(root: Path, stored: Built, diff_ids: Sequence[str]) -> dict[str, object]:
    """Keeps this config, and records of the layers that are told of; what it says."""
    (root / "image/overlay2/imagedb/content/sha256").mkdir(parents=True)
    (root / "image/overlay2/imagedb/content" / digest(stored.config).replace(":", "/")).write_bytes(stored.config)
    for diff_id, chain_id in zip(diff_ids, chain_ids(diff_ids), strict=True):
        folder = root / "image/overlay2/layerdb" / chain_id.replace(":", "/")
        folder.mkdir(parents=True)
        (folder / "diff").write_text(diff_id)
        (folder / "tar-split.json.gz").write_bytes(b"")
    info = {"DockerRootDir": str(root), "Driver": "overlay2", "SystemTime": "2024-01-01T00:00:00.123456789Z"}
    return {**_told(root, {"digest": digest(stored.config)}, diff_ids), "/v1.41/info": info}


def containerd(root: Path, stored: Built, diff_ids: Sequence[str]) -> dict[str, object]:
    """Keeps this image; what it says."""
    layout = Layout()
    top = layout.image(stored)
    kept(root, layout)
    return _told(root, top, diff_ids)


@pytest.mark.parametrize(
    ("store", "stored", "said"),
    [
        (classic, image(ONE), "layers of demo is 2 in what the Docker Engine tells, and 1 in its config"),
        (classic, image(ONE, TWO, THREE), "layers of demo is 2 in what the Docker Engine tells, and 3 in its config"),
        (classic, image(ONE, THREE), "tells of other layers of demo than its config does"),
        (containerd, image(ONE), "layers of demo is 2 in what the Docker Engine tells, and 1 in its manifest"),
        (
            containerd,
            image(ONE, TWO, THREE),
            "layers of demo is 2 in what the Docker Engine tells, and 3 in its manifest",
        ),
        (
            containerd,
            image(ONE, blobs=(ONE, TWO)),
            "layers of demo is 2 in what the Docker Engine tells, and 1 in its config",
        ),
        (containerd, image(ONE, THREE), "tells of other layers of demo than its config does"),
    ],
)
def test_it_is_said_what_does_not_match(
    store: Keep, stored: Built, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine(tmp_path / "e.sock", store(tmp_path, stored, [digest(ONE), digest(TWO)])) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(DamagedError, match=said):
            open_source("docker:demo", records=True).describe()
        source = DockerEngine("demo")
        assert len(source.describe().layers) == 2
        (job,) = source.jobs()
        assert isinstance(job, Fallback) and isinstance(job.job, ExportJob) and said in job.why


@pytest.mark.parametrize("store", [classic, containerd])
def test_what_matches_is_taken(store: Keep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with engine(tmp_path / "e.sock", store(tmp_path, image(ONE, TWO), [digest(ONE), digest(TWO)])) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        source = open_source("docker:demo", records=True)
        source.describe()
        assert len(source.jobs()) == 2
