"""The images of one place, as a reader chooses from them (statements 37 to 40)."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from layerview.errors import AmbiguousError
from layerview.image import Platform
from layerview.sources import Alternative, Reading, Several, alternatives_of, open_source
from layerview.sources.archives import kept
from tests.sources.images import (
    Layout,
    Members,
    Saved,
    digest,
    docker_archive,
    folder,
    for_platform,
    image,
    named,
    read,
    simple,
    tar,
)
from tests.sources.misbehaving import misbehaving

FOREIGN = ("linux/s390x", "linux/mips64le")
ATTESTATION = {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}, **for_platform("unknown/unknown")}
HOST = str(Platform.host())


def for_platforms(layout: Layout, *platforms: str) -> list[dict[str, object]]:
    """An image for each, which has a file that is called like it."""
    return [layout.image(simple(name, platform=name), **for_platform(name)) for name in platforms]


@pytest.fixture(params=["archive", "folder", "gzip"])
def offered(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., list[Alternative]]:
    """What is offered of these members, by each way that they may be read."""
    path = tmp_path / "images"

    def offered(members: Members, name: str = "", scheme: str = "") -> list[Alternative]:
        if request.param == "folder":
            folder(path, members)
        else:
            path.write_bytes((gzip.compress if request.param == "gzip" else bytes)(tar(members)))
        reference = f"{scheme}:{path}:{name}" if name else str(path)
        source = open_source(reference)
        if request.param != "gzip":
            with suppress(AmbiguousError):
                source.describe()
            return list(alternatives_of(source))
        several: list[Alternative] = []
        with suppress(AmbiguousError):
            for found in source.jobs()[0].run(Reading(lambda *_: None)):
                if isinstance(found, Several):
                    several += found.alternatives
        return several

    return offered


def told(alternatives: list[Alternative]) -> list[tuple[str, tuple[str, ...], bool, list[str]]]:
    """Of each its platform and names, whether it is meant, and what is in its first layer when it is opened."""
    return [(str(each.platform), each.names, each.meant, read(each.open()).paths.get(1, [])) for each in alternatives]


def test_an_image_is_one_choice_with_all_its_names(offered: Callable[..., list[Alternative]]) -> None:
    one, two = simple("one", platform=HOST), simple("two", platform=HOST)
    found = offered(docker_archive(Saved(one, ("a:1", "a:2")), Saved(two, ())))
    assert told(found) == [(HOST, ("a:1", "a:2"), True, ["one"]), (HOST, (), True, ["two"])]
    assert [each.digest for each in found] == [digest(one.config), digest(two.config)]
    assert [each.place for each in found] == ["@0", "@1"]
    assert [each.size for each in found] == [len(one.blobs[0]), len(two.blobs[0])]


def test_one_that_is_named_is_the_one_that_is_meant(offered: Callable[..., list[Alternative]]) -> None:
    members = docker_archive(Saved(simple("one"), ("a:1",)), Saved(simple("two"), ("a:2",)))
    found = offered(members, "a:2", "docker-archive")
    assert [(each.names, each.meant) for each in found] == [(("a:1",), False), (("a:2",), True)]


def test_tags_and_nested_indexes_are_laid_open_without_attestations(offered: Callable[..., list[Alternative]]) -> None:
    layout = Layout()
    here, there = for_platforms(layout, HOST, FOREIGN[0])
    attestation = layout.image(simple("x"), **ATTESTATION)
    inner = layout.index(there, attestation)
    other = layout.image(simple("other", platform=HOST), **named("v2"))
    found = offered(layout.of(layout.index(here, inner, attestation, **named("v1")), other))
    assert told(found) == [
        (HOST, ("v1",), True, [HOST]),
        (FOREIGN[0], ("v1",), False, [FOREIGN[0]]),
        (HOST, ("v2",), True, ["other"]),
    ]
    assert [each.digest for each in found] == [here["digest"], there["digest"], other["digest"]]


def test_of_several_platforms_this_machine_s_is_the_one_that_is_meant(
    offered: Callable[..., list[Alternative]],
) -> None:
    layout = Layout()
    found = offered(layout.of(layout.index(*for_platforms(layout, FOREIGN[0], HOST))))
    assert told(found) == [(FOREIGN[0], (), False, [FOREIGN[0]]), (HOST, (), True, [HOST])]


def test_where_none_is_for_this_machine_all_are_meant(offered: Callable[..., list[Alternative]]) -> None:
    layout = Layout()
    found = offered(layout.of(layout.index(*for_platforms(layout, *FOREIGN))))
    assert told(found) == [(platform, (), True, [platform]) for platform in FOREIGN]


def test_the_only_image_leaves_no_choice(tmp_path: Path) -> None:
    for pack in (bytes, gzip.compress):
        (tmp_path / "one").write_bytes(pack(tar(docker_archive(Saved(simple("one"))))))
        source = open_source(str(tmp_path / "one"))
        jobs = [found for job in source.jobs() for found in job.run(Reading(lambda *_: None))]
        assert len(alternatives_of(source)) < 2
        assert not any(isinstance(found, Several) for found in jobs)


def test_layers_that_pass_by_are_kept_once_and_not_without_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, own = simple("shared").blobs[0], simple("own").blobs[0]
    members = docker_archive(Saved(image(shared), ("a:1",)), Saved(image(shared, own), ("a:2",)))
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(tar(members)))

    def several() -> list[Several]:
        job = open_source(f"docker-archive:{tmp_path / 'a.tar.gz'}:a:1").jobs()[0]
        return [found for found in job.run(Reading(lambda *_: None)) if isinstance(found, Several)]

    (found,) = several()
    one, two = (read(choice.open()).layers for choice in found.alternatives)
    assert one[1] is two[1]
    monkeypatch.setattr(kept, "_MAX_KEPT", 1)
    assert several() == []
    members = docker_archive(*(Saved(image(*(shared,) * number), (f"a:{number}",)) for number in (1, 9)))
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(tar(members)))
    assert len(several()) == 1
    members = docker_archive(*(Saved(image(*(shared,) * number), (f"a:{number}",)) for number in (1, 10)))
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(tar(members)))
    assert several() == []


class TestRegistry:
    def test_platforms_are_offered_without_asking_for_their_manifests(self) -> None:
        layout = Layout()
        here, there = for_platforms(layout, HOST, FOREIGN[0])
        attestation = layout.image(simple("x"), **ATTESTATION)
        inner = layout.index(there, attestation)
        top = layout.index(here, inner, attestation)["digest"]
        with misbehaving(layout, top) as registry:
            source = open_source(registry.reference)
            source.describe()
            found = list(alternatives_of(source))
            asked = {request.path for request in registry.requests}
            assert f"manifests/{there['digest']}" not in asked
            assert f"manifests/{attestation['digest']}" not in asked
            name = registry.reference.removeprefix("registry:")
            assert told(found) == [(HOST, (name,), True, [HOST]), (FOREIGN[0], (name,), False, [FOREIGN[0]])]
            assert [each.digest for each in found] == [here["digest"], there["digest"]]
            opened = found[1].open().describe()
            assert opened is not None
            assert opened.name == name

    def test_where_none_is_for_this_machine_all_are_meant(self) -> None:
        layout = Layout()
        top = layout.index(*for_platforms(layout, *FOREIGN))["digest"]
        with misbehaving(layout, top) as registry:
            source = open_source(registry.reference)
            with pytest.raises(AmbiguousError):
                source.describe()
            assert [(str(each.platform), each.meant) for each in alternatives_of(source)] == [
                (platform, True) for platform in FOREIGN
            ]
