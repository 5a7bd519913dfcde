"""Where a registry is, as Podman and Docker are set up."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerview.errors import UsageError
from layerview.image import Reference
from layerview.sources.registry.addresses import Address
from layerview.sources.registry.places import Place, places


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's settings, of which there are none yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("CONTAINERS_REGISTRIES_CONF", raising=False)
    return tmp_path


def put(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def asked(name: str) -> list[str]:
    """The places, in order; those that may be without TLS are marked."""
    return [
        f"{place.host}/{place.path}{' plain' if place.may_be_plain else ''}" for place in places(Reference.parse(name))
    ]


def test_registry_is_where_its_name_says() -> None:
    assert places(Reference.parse("quay.io/a/b:1")) == (Place("quay.io", "a/b"),)
    assert asked("ubuntu") == ["registry-1.docker.io/library/ubuntu"]


@pytest.mark.parametrize("host", ["localhost", "localhost:5000", "127.0.0.1:5000", "127.9.9.9", "[::1]:5000"])
def test_this_machine_needs_no_tls(host: str) -> None:
    assert Address.parse(f"http://{host}").is_this_machine
    assert asked(f"{host}/a") == [f"{host}/a plain"]


@pytest.mark.parametrize("host", ["localhost.example.com", "10.0.0.1", "[::2]:5000", "registry"])
def test_other_machines_do(host: str) -> None:
    assert not Address.parse(f"http://{host}").is_this_machine


def test_longest_prefix_of_registries_conf_holds(settings: Path) -> None:
    put(
        settings / "containers/registries.conf",
        """
        unqualified-search-registries = ["docker.io"]
        [[registry]]
        location = "quay.io"
        insecure = true
        [[registry]]
        prefix = "quay.io/team"
        location = "registry.example.com/mirrored/team"
        [[registry]]
        prefix = "quay.io/team/blocked"
        blocked = true
        """,
    )
    assert asked("quay.io/other/app") == ["quay.io/other/app plain"]
    assert asked("quay.io/team/app") == ["registry.example.com/mirrored/team/app"]
    assert asked("quay.io/teams/app") == ["quay.io/teams/app plain"]
    with pytest.raises(UsageError, match="is blocked"):
        asked("quay.io/team/blocked/app")


def test_mirrors_come_before_the_registry_in_order(settings: Path) -> None:
    put(
        settings / "containers/registries.conf.d/mirrors.conf",
        """
        [[registry]]
        prefix = "docker.io"
        [[registry.mirror]]
        location = "one.example.com/hub"
        insecure = true
        [[registry.mirror]]
        location = "two.example.com"
        pull-from-mirror = "digest-only"
        [[registry.mirror]]
        location = "three.example.com"
        pull-from-mirror = "tag-only"
        """,
    )
    one, hub = "one.example.com/hub/library/ubuntu plain", "registry-1.docker.io/library/ubuntu"
    assert asked("ubuntu:22.04") == [one, "three.example.com/library/ubuntu", hub]
    assert asked(f"ubuntu@sha256:{'0' * 64}") == [one, "two.example.com/library/ubuntu", hub]


def test_mirrors_by_digest_only_are_not_asked_for_a_tag(settings: Path) -> None:
    put(
        settings / "containers/registries.conf",
        '[[registry]]\nlocation = "quay.io"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "m.io"\n',
    )
    assert asked("quay.io/a:1") == ["quay.io/a"]
    assert asked(f"quay.io/a@sha256:{'0' * 64}") == ["m.io/a", "quay.io/a"]


def test_variable_names_the_only_file(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(settings / "containers/registries.conf", '[[registry]]\nprefix = "quay.io"\nlocation = "elsewhere.io"\n')
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(put(settings / "mine", "")))
    assert asked("quay.io/a") == ["quay.io/a"]


def test_docker_s_mirrors_are_of_docker_hub_alone(settings: Path) -> None:
    put(
        settings / "docker/daemon.json",
        '{"registry-mirrors": ["https://m.io/", "http://n.io:5000"], "insecure-registries": ["old.io"], "debug": true}',
    )
    assert asked("ubuntu") == [
        "m.io/library/ubuntu",
        "n.io:5000/library/ubuntu plain",
        "registry-1.docker.io/library/ubuntu",
    ]
    assert asked("quay.io/a") == ["quay.io/a"]
    assert asked("old.io/a") == ["old.io/a plain"]


@pytest.mark.parametrize("content", ["[[registry]", "registry = 1", '[[registry]]\nlocation = ["x"]'])
def test_registries_conf_that_cannot_be_understood_is_an_error(settings: Path, content: str) -> None:
    put(settings / "containers/registries.conf", content)
    with pytest.raises(UsageError, match=r"registries\.conf cannot be understood"):
        asked("quay.io/a")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (f"{'a' * 64}.example.com/x", "more than 63 letters"),
        ("a.example.com:99999/x", "makes no sense"),
        ("127.0.0.256/x", "'127.0.0.256' is no host"),
    ],
)
def test_name_whose_registry_can_be_none_is_an_error(name: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        asked(name)


def test_mirror_with_a_user_s_name_is_an_error_without_it(settings: Path) -> None:
    put(settings / "docker/daemon.json", '{"registry-mirrors": ["https://me:secret@m.io"]}')
    with pytest.raises(UsageError, match="a user's name is in it") as raised:
        asked("ubuntu")
    assert "secret" not in str(raised.value)
