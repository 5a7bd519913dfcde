"""Which of several images is meant: the same in every place, and by every way that an error names (statements 39, 40, 49)."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layerview.errors import AmbiguousError, LayerviewError, NotFoundError, UsageError
from layerview.image import Platform
from layerview.sources import open_source
from tests.sources.images import (
    Layout,
    Members,
    Saved,
    digest,
    docker_archive,
    folder,
    for_platform,
    named,
    read,
    simple,
    tar,
)
from tests.sources.misbehaving import misbehaving

HOST = Platform.host()
PLAIN, HIGHER = f"linux/{HOST.architecture}", f"linux/{HOST.architecture}/v9"
FOREIGN = ("linux/s390x", "linux/mips64le")

Opened = Callable[[Layout, dict[str, Any], str | None], str]


@pytest.fixture(params=["folder", "archive", "gzip", "registry"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """The only path in the image that a layout's index stands for, for a platform, in every place that it may be."""

    def opened(layout: Layout, index: dict[str, Any], platform: str | None = None) -> str:
        if request.param == "registry":
            with misbehaving(layout, index["digest"]) as registry:
                return read(open_source(registry.reference, platform=platform)).paths[1][0]
        path = tmp_path / "images"
        if request.param == "folder":
            folder(path, layout.of(index))
        else:
            path.write_bytes((gzip.compress if request.param == "gzip" else bytes)(tar(layout.of(index))))
        return read(open_source(str(path), platform=platform)).paths[1][0]

    return opened


def index_of(layout: Layout, *platforms: str, config: str = "") -> dict[str, Any]:
    """An index of images for these, each with a file that is called like it; ``config`` is what all configs say."""
    return layout.index(
        *(
            layout.image(simple(each.replace("/", "-"), platform=config or each), **for_platform(each))
            for each in platforms
        )
    )


@pytest.mark.parametrize(
    ("platforms", "wanted", "meant"),
    [
        ((HIGHER, PLAIN), None, PLAIN),
        (("linux/amd64/v3", "linux/amd64/v2", "linux/amd64"), "linux/amd64", "linux/amd64"),
        (("linux/amd64/v3", "linux/amd64/v2", "linux/amd64"), "linux/amd64/v2", "linux/amd64/v2"),
        (("linux/amd64", "linux/amd64/v2"), "linux/amd64/v4", "linux/amd64/v2"),
        (("linux/arm/v5", "linux/arm/v6", "linux/arm/v8"), "linux/arm/v7", "linux/arm/v6"),
        (("linux/arm/v5", "linux/arm/v6", "linux/arm/v8"), "linux/arm", "linux/arm/v6"),
        (("linux/arm/v8", "linux/arm/v6"), "linux/arm/v6", "linux/arm/v6"),
        (("linux/arm64/v9", "linux/arm64"), "linux/arm64", "linux/arm64"),
        (("linux/arm64/v8", "linux/arm64/v9"), "linux/arm64", "linux/arm64/v8"),
        (("linux/amd64/v2",), "linux/amd64", "linux/amd64/v2"),
    ],
)
def test_best_fit_is_taken_without_a_question(
    opened: Opened, platforms: tuple[str, ...], wanted: str | None, meant: str
) -> None:
    layout = Layout()
    assert opened(layout, index_of(layout, *platforms), wanted) == meant.replace("/", "-")


@pytest.mark.parametrize("config", ["linux/s390x", "linux/arm64/v8", "linux/arm/v5", "/", "windows/amd64"])
@pytest.mark.parametrize("wanted", ["linux/amd64", "linux/arm64", "linux/arm/v7"])
def test_platform_of_the_index_decides_whatever_configs_say(opened: Opened, config: str, wanted: str) -> None:
    layout = Layout()
    index = index_of(layout, "linux/arm/v7", "linux/arm64", "linux/amd64", config=config)
    assert opened(layout, index, wanted) == wanted.replace("/", "-")


def test_higher_variant_serves_no_lower_one(opened: Opened) -> None:
    layout = Layout()
    with pytest.raises(NotFoundError, match="no image for linux/arm/v6"):
        opened(layout, index_of(layout, "linux/arm/v7", "linux/arm/v8"), "linux/arm/v6")


def _images(*platforms_and_names: tuple[str, str]) -> Members:
    """A layout with an image for each, one with the files of the other if they have the same."""
    layout = Layout()
    return layout.of(
        *(
            layout.image(
                simple(f"{number}", platform=platform),
                **(for_platform(platform) if platform != "/" else {}),
                **(named(name) if name else {}),
            )
            for number, (platform, name) in enumerate(platforms_and_names)
        )
    )


SEVERAL: dict[str, tuple[Members, str, int]] = {
    "tags of Docker's, and none": (
        docker_archive(Saved(simple("0"), ("a:1", "a:2")), Saved(simple("1"), ("b:1",)), Saved(simple("2"), ())),
        "",
        3,
    ),
    "platforms": (_images((FOREIGN[0], ""), (FOREIGN[1], "")), "", 2),
    "platforms of one tag": (_images((FOREIGN[0], "v1"), (FOREIGN[1], "v1"), (PLAIN, "v2")), "v1", 2),
    "variants": (_images(("linux/riscv64/v2", ""), ("linux/riscv64/v3", "")), "", 2),
    "one platform twice": (_images((PLAIN, ""), (PLAIN, "")), "", 2),
    "one platform twice by one tag": (_images((PLAIN, "v1"), (PLAIN, "v1")), "v1", 2),
    "two tags for two platforms each": (
        _images(*((platform, name) for platform in FOREIGN for name in ("v1", "v2"))),
        "",
        4,
    ),
    "no platform": (_images(("/", ""), ("/", "")), "", 2),
    "no platform, and one": (_images(("/", ""), (FOREIGN[0], "")), "", 2),
    "tag that looks like a place": (_images((PLAIN, "@1"), (PLAIN, "@0")), "", 2),
}


@pytest.mark.parametrize("case", SEVERAL)
@pytest.mark.parametrize("kind", ["folder", "archive", "gzip"])
def test_every_way_that_an_error_names_leads_to_an_image_of_its_own(tmp_path: Path, case: str, kind: str) -> None:
    members, name, count = SEVERAL[case]
    path = tmp_path / "images"
    if kind == "folder":
        folder(path, members)
    else:
        path.write_bytes((gzip.compress if kind == "gzip" else bytes)(tar(members)))
    scheme = "oci" if kind == "folder" else "oci-archive"
    reference = f"{scheme}:{path}:{name}" if name else str(path)
    with pytest.raises(AmbiguousError) as raised:
        read(open_source(reference))
    ways = re.fullmatch(r"Choose by (.+)\.", raised.value.hint)
    assert ways is not None
    found = {_led_to(reference, way) for way in ways[1].split(" or ")}
    assert len(found) == count


def _led_to(reference: str, way: str) -> str:
    platform = way.removeprefix("--platform ")
    source = open_source(way) if platform == way else open_source(reference, platform=platform)
    return read(source).paths[1][0]


def test_many_are_not_all_listed(tmp_path: Path) -> None:
    path = folder(tmp_path / "images", _images(*((PLAIN, f"v{number}") for number in range(50))))
    with pytest.raises(AmbiguousError) as raised:
        read(open_source(str(path)))
    assert raised.value.hint.endswith(f"or oci:{path}:v19 and 30 more.")


@pytest.mark.parametrize("kind", ["archive", "gzip"])
def test_digest_of_manifest_or_config_chooses(tmp_path: Path, kind: str) -> None:
    layout = Layout()
    builts = [simple("0", platform=PLAIN), simple("1", platform=FOREIGN[0])]
    descriptors = [layout.image(built, **named("v1")) for built in builts]
    (tmp_path / "x").write_bytes((gzip.compress if kind == "gzip" else bytes)(tar(layout.of(*descriptors))))
    for number in (0, 1):
        for each in (descriptors[number]["digest"], digest(builts[number].config)):
            for way in (each, f"@{each}"):
                assert read(open_source(f"oci-archive:{tmp_path / 'x'}:{way}")).paths == {1: [f"{number}"]}
    with pytest.raises(NotFoundError, match="no image named @sha256:0000"):
        read(open_source(f"oci-archive:{tmp_path / 'x'}:@sha256:{'0' * 64}"))
    for wrong in ("@sha256:00", "@x", "@-1", "@"):
        with pytest.raises(UsageError):
            read(open_source(f"oci-archive:{tmp_path / 'x'}:{wrong}"))


def test_what_is_listed_leads_there_too(tmp_path: Path) -> None:
    path = folder(tmp_path / "images", _images((PLAIN, "v1"), (PLAIN, "v1"), (PLAIN, "")))
    with pytest.raises(NotFoundError) as raised:
        read(open_source(f"oci:{path}:v2"))
    assert raised.value.hint == "It has @0, @1, @2."
    assert [read(open_source(f"oci:{path}:@{number}")).paths[1] for number in range(3)] == [["0"], ["1"], ["2"]]


def test_platform_that_there_is_not_is_not_found_beside_those_that_there_are(tmp_path: Path) -> None:
    path = folder(tmp_path / "images", _images((FOREIGN[0], ""), (FOREIGN[1], "")))
    with pytest.raises(LayerviewError) as raised:
        read(open_source(str(path), platform="linux/amd64"))
    assert raised.value.hint == "It has linux/mips64le, linux/s390x."
