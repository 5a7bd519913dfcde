"""Which image of an index on a real registry is meant, as newer tools push it and as they choose (statement 39)."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from layerview.cli import main
from layerview.errors import AmbiguousError
from layerview.image import Platform
from layerview.sources import open_source
from tests.engines.conftest import NewerSystem
from tests.registries import RunningRegistry, registry
from tests.sources.images import LAYER, Layout, folder, for_platform, read, simple

VARIANTS = (
    "linux/amd64/v3", "linux/amd64/v2", "linux/amd64", "linux/arm/v5", "linux/arm/v8", "linux/arm/v6", "linux/arm64/v9",
    "linux/arm64",
)  # fmt: skip

MEANT = {
    **{each: each for each in VARIANTS},
    "linux/arm/v7": "linux/arm/v6",
    "linux/arm64/v8": "linux/arm64",
}

CONTAINERD_S = {"linux/amd64/v4": "linux/amd64/v3", "linux/arm": "linux/arm/v6"}
"""As containerd chooses, for which the best is what serves, and arm means v7. skopeo takes the plain one, and the first."""


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of images, each with a file that is called like its platform."""
    layout = Layout()
    images = [layout.image(simple(each.replace("/", "-"), platform=each), **for_platform(each)) for each in VARIANTS]
    return folder(tmp_path_factory.mktemp("variants") / "layout", layout.of(layout.index(*images)))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="module", params=["skopeo", "newer skopeo", "newer skopeo, as Docker's list", "crane"])
def pushed(request: pytest.FixtureRequest, newer: NewerSystem, running: RunningRegistry, layout: Path) -> str:
    """The repository that a tool has pushed the index to, at the host that the newer system knows."""
    name = f"variants/{re.sub('[^a-z]+', '-', request.param.lower())}:1"
    to = f"{running.host.replace('localhost', '127.0.0.1')}/{name}"
    if request.param == "skopeo":
        running.push(f"oci:{layout}", name, "--all")
    elif request.param == "crane":
        newer.run("crane", "push", "--index", layout, to)
    else:
        options = ("--all", "--format", "v2s2" if "Docker" in request.param else "oci", "--dest-tls-verify=false")
        newer.run("skopeo", "--insecure-policy", "copy", "--quiet", *options, f"oci:{layout}", f"docker://{to}")
    return to


def test_same_image_is_meant_whoever_pushed_the_index(pushed: str, layout: Path) -> None:
    for wanted, meant in (MEANT | CONTAINERD_S).items():
        expected = {1: [meant.replace("/", "-")]}
        assert read(open_source(f"registry:{pushed}", platform=wanted)).paths == expected, wanted
        assert read(open_source(str(layout), platform=wanted)).paths == expected, wanted


def test_it_is_the_one_that_skopeo_takes(newer: NewerSystem, pushed: str) -> None:
    for wanted in MEANT:
        system, architecture, *variant = wanted.split("/")
        told = ["--override-os", system, "--override-arch", architecture]
        told += ["--override-variant", *variant] if variant else []
        config = json.loads(
            newer.run("skopeo", "inspect", "--config", "--tls-verify=false", *told, f"docker://{pushed}")
        )
        found = open_source(f"registry:{pushed}", platform=wanted).describe()
        assert found is not None
        assert [each.diff_id for each in found.layers] == config["rootfs"]["diff_ids"], wanted


def test_plain_one_is_meant_without_a_question(pushed: str) -> None:
    plain = f"linux-{Platform.host().architecture}"
    assert read(open_source(f"registry:{pushed}")).paths == {1: [plain]}


def test_none_of_several_images_for_one_platform_is_taken_by_chance(running: RunningRegistry, tmp_path: Path) -> None:
    """Each is led to by its digest, as of a layout (39)."""
    layout = Layout()
    images = [layout.image(simple(each), **for_platform("linux/arm64")) for each in ("one", "other")]
    images.append(layout.image(simple("third"), **for_platform("linux/amd64")))
    path = folder(tmp_path / "layout", layout.of(layout.index(*images)))
    running.push(f"oci:{path}", "twice:1", "--all")
    for place in (f"registry:{running.host}/twice:1", str(path)):
        with pytest.raises(AmbiguousError, match="2 images"):
            read(open_source(place, platform="linux/arm64"))
        assert read(open_source(place, platform="linux/amd64")).paths == {1: ["third"]}
    with pytest.raises(AmbiguousError) as caught:
        read(open_source(f"registry:{running.host}/twice:1", platform="linux/arm64"))
    one, other = caught.value.hint.removeprefix("Choose by ").rstrip(".").split(" or ")
    assert [read(open_source(f"registry:{each}")).paths for each in (one, other)] == [{1: ["one"]}, {1: ["other"]}]


def test_an_image_that_is_there_in_two_compressions_is_one(running: RunningRegistry, tmp_path: Path) -> None:
    """As Podman pushes it with ``--add-compression``."""
    layout, plain = Layout(), simple("same")
    packed = replace(plain, blobs=tuple(gzip.compress(blob, mtime=0) for blob in plain.blobs))
    images = [
        layout.image(each, kind, **for_platform("linux/arm64"))
        for each, kind in ((plain, LAYER), (packed, f"{LAYER}+gzip"))
    ]
    path = folder(tmp_path / "layout", layout.of(layout.index(*images)))
    running.push(f"oci:{path}", "compressions:1", "--all", "--preserve-digests")
    assert read(open_source(f"registry:{running.host}/compressions:1", platform="linux/arm64")).paths == {1: ["same"]}


def test_an_engine_that_could_not_be_asked_is_named(
    running: RunningRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may have another image of that name."""
    layout = Layout()
    path = folder(tmp_path / "layout", layout.of(layout.image(simple("one"))))
    running.push(f"oci:{path}", "passed:1")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    assert main(["ls", f"{running.host}/passed:1", "--verbose", "--no-cache"]) == 0
    told = capsys.readouterr()
    assert "one" in told.out
    assert (
        f"No Docker Engine is running at unix://{tmp_path}/engine.sock; the image was taken from the next" in told.err
    )


def test_none_of_several_variants_is_taken_by_chance(running: RunningRegistry, tmp_path: Path) -> None:
    """Nor is one by Docker and skopeo, which refuse."""
    layout = Layout()
    images = [layout.image(simple(each[-2:], platform=each), **for_platform(each)) for each in VARIANTS[:2]]
    path = folder(tmp_path / "layout", layout.of(layout.index(*images)))
    running.push(f"oci:{path}", "levels:1", "--all")
    for place in (f"registry:{running.host}/levels:1", str(path)):
        with pytest.raises(AmbiguousError, match="images for 2 platforms") as caught:
            read(open_source(place))
        assert caught.value.hint == "Choose by --platform linux/amd64/v3 or --platform linux/amd64/v2."
        assert read(open_source(place, platform="linux/amd64/v2")).paths == {1: ["v2"]}
