"""What a real engine pulls from a real registry is an image, and what it refuses is none (statement 51)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from layerview.errors import NotAnImageError
from layerview.sources import open_source
from tests.builders import file, layer
from tests.commands import told
from tests.engines.conftest import require, run
from tests.registries import RunningRegistry, registry
from tests.sources.images import Layout, encode, image

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    require("docker")
    with registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@contextmanager
def pushed(running: RunningRegistry, kind: str | None) -> Iterator[str]:
    """An image whose config has this type, or none, in the registry; what Docker calls it."""
    built, layout = image(layer(file("a", b"1")), layer(file("b", b"22"))), Layout()
    config = layout.blob(built.config, kind or "")
    if kind is None:
        del config["mediaType"]
    layers = [layout.blob(blob, _LAYER) for blob in built.blobs]
    layout.blob(encode({"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": layers}), _MANIFEST)
    name = running.put(layout, "layerview-test/kinds", "1").removeprefix("registry:")
    try:
        yield name
    finally:
        subprocess.run(("docker", "rmi", "--force", name), capture_output=True, check=False)


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/html", "application/json", "", None])
def test_what_docker_pulls_is_an_image(running: RunningRegistry, kind: str | None) -> None:
    with pushed(running, kind) as name:
        run("docker", "pull", "--quiet", name)
        assert told(f"registry:{name}") == told(f"docker:{name}")


@pytest.mark.parametrize("kind", ["application/vnd.docker.plugin.v1+json", "application/vnd.oci.empty.v1+json"])
def test_what_docker_refuses_as_something_else_is_none(running: RunningRegistry, kind: str) -> None:
    with pushed(running, kind) as name:
        refused = subprocess.run(("docker", "pull", "--quiet", name), capture_output=True, check=False)
        assert refused.returncode and b"Encountered remote" in refused.stderr
        with pytest.raises(NotAnImageError):
            open_source(f"registry:{name}").describe()
