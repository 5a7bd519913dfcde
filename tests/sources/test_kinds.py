"""What is an image, what is something else, and what lacks a part (statement 51)."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layerview.errors import DamagedError, NotAnImageError, NotFoundError
from layerview.sources import open_source
from tests.sources.images import (
    CONFIG,
    INDEX,
    LAYER,
    MANIFEST,
    Built,
    Layout,
    Members,
    Saved,
    docker_archive,
    encode,
    folder,
    image,
    named,
    read,
    sha256,
    simple,
    tar,
)
from tests.sources.misbehaving import misbehaving

WANTED = simple("wanted")
OTHERS = {
    "Docker's plugin": ("application/vnd.docker.plugin.v1+json", LAYER),
    "chart": ("application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip"),
    "artifact": ("application/vnd.oci.empty.v1+json", "application/octet-stream"),
    "module": ("application/vnd.wasm.config.v0+json", "application/wasm"),
    "bill of materials": (CONFIG, "text/spdx"),
    "bill of materials as XML": (CONFIG, "application/vnd.cyclonedx+xml"),
    "bill of materials of an unknown form": (CONFIG, "application/vnd.cyclonedx"),
    "signature": (CONFIG, "application/vnd.dev.cosign.simplesigning.v1+json"),
    "provenance": (CONFIG, "application/vnd.in-toto+json"),
    "build cache": ("application/vnd.buildkit.cacheconfig.v0", LAYER),
}
"""Types of config and layers. Each has a whole image's config here, to make it hard."""


def of_type(layout: Layout, built: Built, config: str | None, layers: str = LAYER, **more: object) -> dict[str, Any]:
    """Add an image whose config says to be of this type, or of none; its manifest's descriptor."""
    blob = layout.blob(built.config, config or "")
    if config is None:
        del blob["mediaType"]
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": blob}
    return layout.blob(
        encode({**manifest, "layers": [layout.blob(each, layers) for each in built.blobs]}), MANIFEST, **more
    )


@pytest.fixture(params=["folder", "archive", "gzip", "registry"])
def paths(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., list[str]]:
    """What is in the first layer of the image that a layout leads to, in every place that it may be."""

    def paths(layout: Layout, *descriptors: dict[str, Any]) -> list[str]:
        members = layout.of(*descriptors)
        if request.param == "registry":
            with misbehaving(layout, layout.index(*descriptors)["digest"]) as registry:
                return read(open_source(registry.reference)).paths[1]
        if request.param == "folder":
            return read(open_source(str(folder(tmp_path / "layout", members)))).paths[1]
        (tmp_path / "x").write_bytes((gzip.compress if request.param == "gzip" else bytes)(tar(members)))
        return read(open_source(str(tmp_path / "x"))).paths[1]

    return paths


@pytest.mark.parametrize(
    "kind", ["application/octet-stream", "application/json", "text/html", "", None, "application/vnd.acme.config+json"]
)
def test_config_of_another_type_is_an_image_s_if_it_reads_like_one(
    paths: Callable[..., list[str]], kind: str | None
) -> None:
    layout = Layout()
    assert paths(layout, of_type(layout, WANTED, kind)) == ["wanted"]


@pytest.mark.parametrize("other", OTHERS)
def test_what_is_known_to_be_something_else_is_passed_over(paths: Callable[..., list[str]], other: str) -> None:
    layout = Layout()
    thing = of_type(layout, simple("other"), *OTHERS[other])
    assert paths(layout, thing, layout.image(WANTED)) == ["wanted"]
    alone = Layout()
    thing = of_type(alone, simple("other"), *OTHERS[other])
    with pytest.raises(NotAnImageError):
        paths(alone, thing)


@pytest.mark.parametrize("kind", ["application/vnd.acme.rocket.config.v1+json", "application/json", None])
@pytest.mark.parametrize("content", [b"{}", b'{"name": "rocket"}', b'{"os": "linux"}', b"rocket", b""])
def test_config_of_an_unknown_type_that_does_not_read_like_an_image_s_is_none(
    tmp_path: Path, kind: str | None, content: bytes
) -> None:
    layout = Layout()
    rocket = of_type(layout, Built(content, simple("rocket").blobs), kind)
    path = folder(tmp_path / "both", layout.of(rocket, layout.image(WANTED)))
    assert read(open_source(str(path))).paths == {1: ["wanted"]}
    with pytest.raises(NotAnImageError):
        open_source(str(folder(tmp_path / "alone", layout.of(rocket)))).describe()


def test_empty_config_of_an_unknown_type_without_a_layer_is_none(tmp_path: Path) -> None:
    layout = Layout()
    with pytest.raises(NotAnImageError):
        open_source(str(folder(tmp_path / "x", layout.of(of_type(layout, Built(b"{}", ()), None))))).describe()


def test_descriptor_without_a_type_is_a_manifest_s_or_an_index_s(paths: Callable[..., list[str]]) -> None:
    for in_index in (False, True):
        layout = Layout()
        descriptor = layout.image(WANTED)
        descriptor = layout.index(descriptor) if in_index else descriptor
        assert descriptor.pop("mediaType") in (MANIFEST, INDEX)
        assert paths(layout, descriptor) == ["wanted"]


class TestLacking:
    """An image without a part is one nevertheless, and the part is named."""

    @pytest.fixture(params=["folder", "archive", "gzip"])
    def describe(self, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., object]:
        def describe(members: Members, name: str = "") -> object:
            path = tmp_path / "image"
            if request.param == "folder":
                folder(path, members)
            else:
                path.write_bytes((gzip.compress if request.param == "gzip" else bytes)(tar(members)))
            return read(open_source(f"oci:{path}:{name}" if name else str(path)))

        return describe

    @pytest.mark.parametrize("part", ["config", "manifest"])
    def test_part_is_named(self, describe: Callable[..., object], part: str) -> None:
        layout = Layout()
        descriptor = layout.image(WANTED)
        digits = sha256(WANTED.config) if part == "config" else descriptor["digest"].removeprefix("sha256:")
        members = layout.of(descriptor)
        del members[f"blobs/sha256/{digits}"]
        with pytest.raises(DamagedError, match=f"lacks the image's {part}, sha256:{digits}"):
            describe(members)

    def test_index_is_named(self, describe: Callable[..., object]) -> None:
        layout = Layout()
        descriptor = layout.index(layout.image(WANTED))
        members = layout.of(descriptor)
        del members[f"blobs/{descriptor['digest'].replace(':', '/')}"]
        with pytest.raises(DamagedError, match=f"lacks the image's index, {descriptor['digest']}"):
            describe(members)

    def test_others_are_there_by_their_names(self, describe: Callable[..., object]) -> None:
        layout = Layout()
        whole, lacking = layout.image(WANTED, **named("v1")), layout.image(simple("other"), **named("v2"))
        members = layout.of(whole, lacking)
        del members[f"blobs/{lacking['digest'].replace(':', '/')}"]
        describe(members)
        describe(members, "v1")
        with pytest.raises(DamagedError, match="lacks the image's manifest"):
            describe(members, "v2")
        with pytest.raises(NotFoundError, match="no image named v3"):
            describe(members, "v3")

    def test_of_an_archive_by_docker_the_others_are_there(self, tmp_path: Path) -> None:
        other = image()
        members = docker_archive(Saved(WANTED, ("a:1",)), Saved(other, ("a:2",)))
        del members[f"{sha256(other.config)}.json"]
        (tmp_path / "x").write_bytes(tar(members))
        assert read(open_source(f"docker-archive:{tmp_path / 'x'}:a:1")).paths == {1: ["wanted"]}
        with pytest.raises(DamagedError, match=f"lacks the image's config, {sha256(other.config)}.json"):
            read(open_source(f"docker-archive:{tmp_path / 'x'}:a:2"))
