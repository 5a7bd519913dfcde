"""What engines list, and what their images share: the Docker Engine with either store says the same of its own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from layerview.analysis.sharing import Holding, share
from layerview.image import ListedImage, digest_of
from layerview.sources import open_source
from layerview.sources.docker.listing import DockerImages
from tests.builders import file, layer
from tests.commands import run as layerview
from tests.engines.conftest import containerd_host, docker_host, run
from tests.sources.images import Saved, docker_archive, tar
from tests.sources.images import image as built

_NAME = f"layerview-test/listed:{os.getpid()}"
_OTHER = f"layerview-test/listed-other:{os.getpid()}"

_BASE, _APP, _OLD, _TOP = (layer(file("a", os.urandom(size))) for size in (70_000, 6_000, 500, 40))


def _load(layers: tuple[bytes, ...], *names: str) -> None:
    history = [{"created_by": f"RUN {number}", "created": "2025-03-10T10:00:00Z"} for number in range(len(layers))]
    archive = tar(docker_archive(Saved(built(*layers, history=history), names)))
    subprocess.run(["docker", "load"], input=archive, check=True, capture_output=True)


@pytest.fixture(scope="module", params=["classic", "containerd"])
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """An engine with three images on one base, of which one has lost its name to another; its store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", docker_host() if request.param == "classic" else containerd_host())
        ids: list[str] = []
        try:
            _load((_BASE, _OLD), _NAME)
            ids.append(run("docker", "inspect", "--format", "{{.Id}}", _NAME).decode().strip())
            _load((_BASE, _APP), _NAME, f"{_NAME}-alias")
            _load((_BASE, _APP, _TOP), _OTHER)
            _load((_TOP, _BASE), f"{_OTHER}-over")
            yield request.param
        finally:
            run("docker", "rmi", "--force", _NAME, f"{_NAME}-alias", _OTHER, f"{_OTHER}-over", *ids)


@pytest.fixture(scope="module")
def listed(engine: str) -> list[ListedImage]:
    """What the engine lists, with layers: of these images."""
    images = DockerImages().images()
    ours = [image for image in images if not image.names or image.names[0].startswith("layerview-test/listed")]
    whole = [DockerImages().with_layers(image) for image in ours]
    return [image for image in whole if digest_of(_BASE) in (layer.diff_id for layer in image.layers or ())]


@pytest.fixture(scope="module")
def told(engine: str) -> dict[str, dict[str, Any]]:
    """What the engine says of the bytes of each image, by its ID."""
    client = docker.from_env()
    return {each["Id"]: each for each in client.df()["Images"]}


def test_an_image_is_listed_once_with_all_its_names_and_a_dangling_one_without(listed: list[ListedImage]) -> None:
    names = sorted(tuple(sorted(image.names)) for image in listed)
    assert names == [(), (_OTHER,), (f"{_OTHER}-over",), (_NAME, f"{_NAME}-alias")]


def test_what_is_listed_is_what_the_engine_says(listed: list[ListedImage], told: dict[str, dict[str, Any]]) -> None:
    for image in listed:
        assert image.engine == "docker"
        assert (image.size, str(image.platform)) == (told[image.id]["Size"], "linux/amd64")
        assert image.created is None
        described = open_source(image.reference).describe()
        assert described is not None and image.layers is not None
        assert [(each.diff_id, each.size) for each in described.layers] == [(i.diff_id, i.size) for i in image.layers]


def test_bytes_are_shared_as_the_engine_says(listed: list[ListedImage], told: dict[str, dict[str, Any]]) -> None:
    """It stores a layer with all that is below it, so one on top of another layer is shared with nobody."""
    for image, own in zip(listed, share([Holding.of(image) for image in listed]), strict=True):
        assert (own.shared, own.unknown) == (told[image.id]["SharedSize"], 0)
        assert own.alone > 0 or image.names == (_NAME, f"{_NAME}-alias")


def test_the_command_tells_of_all_images(listed: list[ListedImage]) -> None:
    found = json.loads(layerview("shared", "--source", "docker", "--json"))
    assert {image.reference for image in listed} <= {each["reference"] for each in found["images"]}
    text = layerview("shared", "--source", "docker", "--platform", "linux/amd64")
    assert all((image.names[0] if image.names else image.id[7:19]) in text for image in listed)
    assert layerview("shared", "--source", "docker", "--platform", "plan9/386") == "There are no images.\n"


def test_where_one_engine_could_not_be_asked_it_is_not_said_that_there_are_none(
    listed: list[ListedImage], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert listed
    monkeypatch.setenv("CONTAINER_HOST", "unix:///nowhere/podman.sock")
    assert layerview("shared", "--platform", "plan9/386") == "There are no images where it could be asked.\n"


def test_the_same_images_are_told_by_the_same_bytes(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though an engine lists images of one moment, and names of one image, in another order each time."""
    host = docker_host() if engine == "classic" else containerd_host()
    monkeypatch.setenv("DOCKER_HOST", host)
    same = [built(layer(file(f"{number}", os.urandom(9)))) for number in range(8)]
    tags = [(f"{_NAME}-order-{number}", f"{_NAME}-order-{number}-too") for number in range(8)]
    archive = tar(docker_archive(*(Saved(one, names) for one, names in zip(same, tags, strict=True))))
    subprocess.run(["docker", "load"], input=archive, check=True, capture_output=True)
    try:
        told = [json.loads(layerview("shared", "--source", "docker", "--json"))["images"] for _ in range(6)]
    finally:
        run("docker", "rmi", "--force", *(name for names in tags for name in names))
    # Whatever else comes and goes meanwhile is others'.
    ours = [[each for each in images if f"{_NAME}-order" in each["reference"]] for images in told]
    assert [[tuple(each["names"]) for each in images] for images in ours] == [tags] * len(told)


def test_the_command_tells_of_images_that_are_named(listed: list[ListedImage], engine: str) -> None:
    found = json.loads(layerview("shared", f"docker:{_NAME}", _OTHER, f"{_OTHER}-over", f"{_NAME}-alias", "--json"))
    assert [each["names"] for each in found["images"]] == [
        [f"docker:{_NAME}", f"{_NAME}-alias"],
        [_OTHER],
        [f"{_OTHER}-over"],
    ]
    assert {each["place"] for each in found["images"]} == {"Docker Engine"}
    assert [(tuple(pair["images"]), pair["layers"]) for pair in found["pairs"]] == [
        ((0, 1), 2),
        ((0, 2), 1),
        ((1, 2), 2),
    ]
    shared = [each["shared"] for each in found["images"]]
    assert shared[0] == shared[1] > 0 == shared[2]
