"""What is said of two images, without a screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from layerview.analysis import layer_pairs
from layerview.exploration import Exploration
from layerview.exploration.pair import ImagePair
from layerview.filesystem import ImageComparison
from layerview.image import Image, Platform
from layerview.sources import open_source
from layerview.tui.compare.describe import (
    describe_configs,
    describe_difference,
    describe_layer_pair,
    names_of,
)
from layerview.tui.lists.line import Line
from tests.archives import docker_archive
from tests.builders import device, directory, file, layer, symlink, whiteout

NAMES = ("app:1", "app:2")


@pytest.fixture
def pair(tmp_path: Path) -> ImagePair:
    base = layer(directory("d"), file("d/a", b"1" * 2_000, mtime=60), symlink("l", "d"), file("gone"), file("same"))
    later = layer(
        file("d/a", b"2" * 3_000, mode=0o600, uid=5, mtime=120, xattrs={"user.x": b"1"}),
        symlink("l", "/d/a"), device("null", 1, 3), whiteout("gone"),
    )  # fmt: skip
    old = docker_archive(tmp_path / "old.tar", base, tag="app:1", config={"Env": ["A=1", "B=2"], "User": "app"})
    new = docker_archive(tmp_path / "new.tar", base, later, tag="app:2", config={"Env": ["A=1", "B=3"]})
    compared = ImagePair(Exploration(open_source(str(old))), Exploration(open_source(str(new))), NAMES)
    compared.run()
    return compared


def images_of(pair: ImagePair) -> tuple[Image, Image]:
    one, other = (exploration.image for exploration in pair.explorations)
    assert one and other
    return one, other


def described(pair: ImagePair, path: bytes) -> list[str]:
    assert pair.comparison
    node = pair.comparison.stack.find(path)
    assert node is not None
    return written(describe_difference(pair.comparison, node, images_of(pair), NAMES))


def written(lines: list[Line]) -> list[str]:
    return [f"{line.label}: {line.text}" if line.label else line.text for line in lines]


def test_a_modified_path_is_told_as_it_is_in_both_images(pair: ImagePair) -> None:
    assert described(pair, b"d/a") == [
        "/d/a",
        "change: ~ modified",
        "type: file",
        "size: 2.0 kB (2,000 bytes) → 3.0 kB (3,000 bytes)",
        "content: differs",
        "mode: 0644 → 0600",
        "owner: 0:0 → 5:0",
        "time: 1970-01-01 00:01:00 UTC → 1970-01-01 00:02:00 UTC",
        "xattrs: user.x = none → 1",
        "",
        "In app:1",
        "layer 1: + added",
        "2.0 kB (2,000 bytes) stored",
        "",
        "In app:2",
        "layer 1: + added",
        "2.0 kB (2,000 bytes) stored",
        "layer 2: ~ modified",
        "mode 0644 → 0600",
        "owner 0:0 → 5:0",
        "content 2.0 kB → 3.0 kB",
        "xattr user.x none → 1",
        "time 1970-01-01 00:01:00 UTC → 1970-01-01 00:02:00 UTC",
        "3.0 kB (3,000 bytes) stored",
    ]


def test_links_devices_and_what_only_one_image_has(pair: ImagePair) -> None:
    assert "link to: d → /d/a" in described(pair, b"l")
    null = described(pair, b"null")
    assert "device: 1:3" in null
    assert null[null.index("In app:1") + 1] == "no layer has it"
    assert described(pair, b"gone")[:2] == ["/gone", "change: − removed"]
    assert described(pair, b"same")[:2] == ["/same", "change: none: it is the same in both images"]
    assert described(pair, b"d")[:2] == ["/d", "change: · 1 path below it changed"]


def test_time_alone_is_told_where_it_does_not_count(tmp_path: Path) -> None:
    """Statement 45."""
    one, other = (docker_archive(tmp_path / f"{time}.tar", layer(file("a", b"1", mtime=time))) for time in (1, 2))
    pair = ImagePair(Exploration(open_source(str(one))), Exploration(open_source(str(other))), NAMES)
    pair.run()
    assert "change: none but the time, which does not count here" in described(pair, b"a")
    assert "content: the same" in described(pair, b"a")
    assert isinstance(pair.comparison, ImageComparison)
    pair.comparison = pair.comparison.with_times(True)
    assert "change: ~ modified" in described(pair, b"a")


def test_configurations_are_told_with_signs_where_they_differ(pair: ImagePair) -> None:
    told = written(describe_configs(images_of(pair), NAMES))
    assert told[0] == "app:1 → app:2"
    assert told[told.index("environment:   A=1") :][:3] == ["environment:   A=1", "− B=2", "+ B=3"]
    assert "user: − app" in told
    assert "platform:   linux/amd64" in told


def test_a_layer_says_which_image_it_is_in(pair: ImagePair) -> None:
    sides = [(exploration.stack, exploration.account, None) for exploration in pair.explorations]
    common, added = layer_pairs(*(image.layers for image in images_of(pair)))
    told = written(describe_layer_pair(common, images_of(pair), NAMES, sides))
    assert told[0] == "in both: layer 1 of app:1 and layer 1 of app:2"
    assert "changes: 5 added" in told
    told = written(describe_layer_pair(added, images_of(pair), NAMES, sides))
    assert told[0] == "only in: layer 2 of app:2"
    assert "changes: 1 added, 2 modified, 1 removed" in told


def test_of_layers_of_one_instruction_what_both_store_is_told(tmp_path: Path) -> None:
    history = [{"created_by": "COPY . /app"}]
    one, other = (
        docker_archive(tmp_path / f"{size}.tar", layer(file("a", b"1" * size)), history=history)
        for size in (2_000, 5_000)
    )
    pair = ImagePair(Exploration(open_source(str(one))), Exploration(open_source(str(other))), NAMES)
    pair.run()
    sides = [(exploration.stack, exploration.account, None) for exploration in pair.explorations]
    (step,) = layer_pairs(*(image.layers for image in images_of(pair)))
    told = written(describe_layer_pair(step, images_of(pair), NAMES, sides))
    assert told[:3] == [
        "one instruction: layer 1 of app:1 and layer 1 of app:2",
        "stores: 2.0 kB (2,000 bytes) → 5.0 kB (5,000 bytes), +3.0 kB",
        "",
    ]
    assert told[3] == "COPY . /app"


def test_two_images_are_called_so_that_they_are_told_apart(pair: ImagePair) -> None:
    one, other = images_of(pair)
    titles = ("a.tar", "b.tar")
    assert names_of(titles, (one, None)) == titles
    assert names_of(titles, (one, other)) == NAMES
    assert names_of(titles, (one, one)) == titles
    arm = structs.replace(one, platform=Platform("linux", "arm64"))
    assert names_of(("x", "x"), (one, arm)) == ("app:1 linux/amd64", "app:1 linux/arm64")
    assert names_of(("x", "x"), (one, one)) == ("app:1 (first)", "app:1 (second)")
