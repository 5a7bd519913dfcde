"""Which platform's image is meant, where an index has several: as skopeo has it, and the same from an engine (statement 49)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from layerview.sources import alternatives_of, open_source
from tests.engines.conftest import NewerSystem, containerd_host, run
from tests.sources.images import Layout, Members, digest, folder, for_platform, named, read, simple, tar

NAME = "example.com/layerview/platforms:1"
INDEXES = {
    "amd64": ("linux/amd64/v3", "linux/amd64/v2", "linux/amd64"),
    "arm": ("linux/arm/v5", "linux/arm/v6", "linux/arm/v8"),
    "arm64": ("linux/arm64/v9", "linux/arm64"),
}
WANTED = [
    *("linux/amd64", "linux/amd64/v2", "linux/amd64/v3"),
    *("linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/arm/v8"),
    *("linux/arm64", "linux/arm64/v8", "linux/arm64/v9"),
]


def index_of(*platforms: str, config: str = "") -> tuple[Members, dict[str, str]]:
    """A layout with an index of an image for each, and which is whose; ``config`` is what all configs say."""
    layout = Layout()
    images = {
        each: layout.image(simple(each.replace("/", "-"), platform=config or each), **for_platform(each))
        for each in platforms
    }
    members = layout.of(layout.index(*images.values(), **named(NAME)))
    return members, {descriptor["digest"]: each for each, descriptor in images.items()}


@pytest.fixture(scope="module")
def work() -> Iterator[Path]:
    """Where both systems see it."""
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as name:
        yield Path(name)


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("config", ["", "linux/s390x"])
def test_skopeo_takes_the_same(newer: NewerSystem, work: Path, wanted: str, config: str) -> None:
    os, architecture, variant = (*wanted.split("/"), "")[:3]
    members, platforms = index_of(*INDEXES[architecture], config=config)
    path = folder(work / f"{wanted.replace('/', '-')}{config[:5]}", members)
    override = (f"--override-os={os}", f"--override-arch={architecture}", f"--override-variant={variant}")
    newer.run("skopeo", "--insecure-policy", *override, "copy", "--quiet", f"oci:{path}:{NAME}", f"dir:{path}-copied")
    taken = platforms[digest((path.with_name(f"{path.name}-copied") / "manifest.json").read_bytes())]
    found = read(open_source(f"oci:{path}:{NAME}", platform=wanted))
    assert found.paths == {1: [taken.replace("/", "-")]}
    assert str(found.image.platform) == taken


@pytest.mark.parametrize("architecture", INDEXES)
def test_an_engine_with_several_takes_the_same(work: Path, architecture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    host = containerd_host()
    monkeypatch.setenv("DOCKER_HOST", host)
    members, _ = index_of(*INDEXES[architecture])
    archive = work / f"{architecture}.tar"
    archive.write_bytes(tar(members))
    run("docker", "--host", host, "load", "--quiet", "--input", archive)
    try:
        for wanted in (each for each in WANTED if f"/{architecture}/" in f"{each}/"):
            source = open_source(f"docker:{NAME}", platform=wanted)
            found, expected = read(source), read(open_source(str(archive), platform=wanted))
            assert (found.paths, found.image.platform) == (expected.paths, expected.image.platform)
            meant = [each.platform for each in alternatives_of(source) if each.meant]
            assert meant == [expected.image.platform]
            source.close()
    finally:
        run("docker", "--host", host, "rmi", "--force", NAME)
