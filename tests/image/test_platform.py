"""Platforms, as people and manifests write them."""

from __future__ import annotations

import pytest

from layerview.errors import UsageError
from layerview.image import Platform


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/x86_64", "linux/amd64"),
        ("amd64", "linux/amd64"),
        ("Linux/AMD64", "linux/amd64"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/amd64/v2", "linux/amd64/v2"),
        ("aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/arm/6", "linux/arm/v6"),
        ("armel", "linux/arm/v6"),
        ("windows/amd64", "windows/amd64"),
    ],
)
def test_platform_is_read_in_every_spelling(text: str, meant: str) -> None:
    assert str(Platform.parse(text)) == meant


@pytest.mark.parametrize("text", ["", "/", "linux/", "a/b/c/d", "linux amd64", "linux/amd64/"])
def test_what_is_no_platform_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Platform.parse(text)


@pytest.mark.parametrize(
    ("image", "wanted", "suits"),
    [
        (Platform("linux", "amd64"), "linux/amd64", True),
        (Platform("linux", "arm64", "v8"), "linux/arm64", True),
        (Platform("linux", "arm64"), "linux/arm64/v8", True),
        (Platform("linux", "arm", "v6"), "linux/arm/v7", True),
        (Platform("linux", "arm", "v7"), "linux/arm/v6", False),
        (Platform("linux", "arm"), "linux/arm/v6", True),
        (Platform("linux", "amd64", "v3"), "linux/amd64", True),
        (Platform("linux", "amd64"), "linux/amd64/v3", True),
        (Platform("linux", "amd64", "v3"), "linux/amd64/v2", False),
        (Platform("linux", "mips64le", "hardfloat"), "linux/mips64le/softfloat", False),
        (Platform("windows", "amd64", "", "10.0"), "windows/amd64", True),
        (Platform("linux", "amd64"), "windows/amd64", False),
        (Platform("linux", "386"), "linux/amd64", False),
        (Platform(), "linux/amd64", False),
    ],
)
def test_image_serves_a_platform(image: Platform, wanted: str, suits: bool) -> None:
    """Statement 49."""
    assert image.suits(Platform.parse(wanted)) is suits


@pytest.mark.parametrize(
    ("wanted", "best", "others"),
    [
        ("linux/amd64", "linux/amd64", ["linux/amd64/v2", "linux/amd64/v3", "linux/arm64"]),
        ("linux/amd64/v3", "linux/amd64/v3", ["linux/amd64/v4", "linux/amd64/v2", "linux/amd64"]),
        ("linux/amd64/v4", "linux/amd64/v3", ["linux/amd64", "linux/amd64/v2"]),
        ("linux/arm/v7", "linux/arm/v6", ["linux/arm/v5", "linux/arm/v8", "linux/arm64"]),
        ("linux/arm/v6", "linux/arm/v5", ["linux/arm", "linux/arm/v7"]),
        ("linux/arm64", "linux/arm64", ["linux/arm64/v8", "linux/arm64/v9"]),
        ("linux/arm64/v9", "linux/arm64", ["linux/arm64/v8"]),
        ("linux/arm64/v9", "linux/arm64/v8.2", ["linux/arm64/v8", "linux/arm64/v8.1"]),
    ],
)
def test_the_highest_variant_serves_best_that_is_not_above_the_wanted(
    wanted: str, best: str, others: list[str]
) -> None:
    """Statement 49."""
    asked = Platform.parse(wanted)
    fits = [Platform(*each.split("/")).fit(asked) for each in (best, *others)]
    assert fits[0] > max(fits[1:])


def test_what_an_index_tells_of_a_platform_holds_whatever_the_config_says() -> None:
    """Statement 49."""
    for own in (Platform(), Platform("linux", "arm64"), Platform("linux", "arm", "v6"), Platform("linux", "arm", "v7")):
        assert own.told_by(Platform("linux", "arm", "v7")) == Platform("linux", "arm", "v7")
        assert own.told_by(Platform("linux", "arm")) == Platform("linux", "arm")
        assert own.told_by(None) == own.told_by(Platform()) == own.told_by(Platform("", "arm")) == own
    windows = Platform("windows", "amd64", "", "10.0.17763.1")
    assert windows.told_by(Platform("windows", "amd64")) == windows
    assert windows.told_by(Platform("windows", "amd64", "", "10.0.20348.2")).os_version == "10.0.20348.2"
    assert windows.told_by(Platform("linux", "amd64")) == Platform("linux", "amd64")


def test_host_is_written_as_manifests_write_it() -> None:
    host = Platform.host()
    assert host.os in ("linux", "windows")
    assert host == host.normalised


def test_what_is_not_known_is_said_so() -> None:
    assert str(Platform()) == "unknown/unknown"
