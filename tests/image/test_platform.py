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
        (Platform("linux", "arm", "v6"), "linux/arm/v7", False),
        (Platform("linux", "amd64", "v3"), "linux/amd64", True),
        (Platform("linux", "amd64"), "linux/amd64/v3", False),
        (Platform("windows", "amd64", "", "10.0"), "windows/amd64", True),
        (Platform("linux", "amd64"), "windows/amd64", False),
        (Platform(), "linux/amd64", False),
    ],
)
def test_image_suits_a_platform(image: Platform, wanted: str, suits: bool) -> None:
    assert image.suits(Platform.parse(wanted)) is suits


@pytest.mark.parametrize(
    ("config", "listed", "wanted", "suits"),
    [
        ("linux/arm", "linux/arm/v6", "linux/arm/v6", True),
        ("linux/arm", "linux/arm/v6", "linux/arm/v7", False),
        ("linux/amd64", "linux/amd64/v3", "linux/amd64/v3", True),
        ("linux/arm/v7", "linux/arm/v6", "linux/arm/v6", False),
        ("linux/s390x", "linux/arm/v6", "linux/arm/v6", False),
        ("linux/arm", None, "linux/arm/v6", True),
        ("linux/arm/v7", None, "linux/arm/v6", False),
    ],
)
def test_an_index_tells_the_variant_where_the_config_does_not(
    config: str, listed: str | None, wanted: str, suits: bool
) -> None:
    """And where neither does, any may be meant."""
    told = Platform(*config.split("/")).completed_by(Platform(*listed.split("/")) if listed else None)
    assert told.may_suit(Platform.parse(wanted)) is suits


def test_host_is_written_as_manifests_write_it() -> None:
    host = Platform.host()
    assert host.os in ("linux", "windows")
    assert host == host.normalised


def test_what_is_not_known_is_said_so() -> None:
    assert str(Platform()) == "unknown/unknown"
