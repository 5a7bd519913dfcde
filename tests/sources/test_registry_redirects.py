"""Who gets a login: the registry that it is for, and where that itself has it sent. Nobody behind a redirect."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerview.errors import ServiceError
from layerview.sources import open_source
from tests.builders import file, layer
from tests.sources.images import Layout, digest, image, read
from tests.sources.misbehaving import NAME, Handler, Misbehaving, breaks_off, misbehaving, sends, status, wants

IMAGE = image(layer(file("a", b"1" * 300_000)))
LAYOUT = Layout()
TOP = LAYOUT.image(IMAGE)["digest"]
BLOB, CONFIG = f"blobs/{digest(IMAGE.blobs[0])}", f"blobs/{digest(IMAGE.config)}"
ALL = ("manifests/1", CONFIG, BLOB)

PASSWORD, IDENTITY, TOKEN = "opensesame", "an-identity", "a-token"
BASIC = f"Basic {base64.b64encode(f'me:{PASSWORD}'.encode()).decode()}"
SECRETS = (PASSWORD, IDENTITY, TOKEN, BASIC.removeprefix("Basic "))

KINDS = ("Basic", "Basic by a helper", "token", "token by a helper", "identity token", "identity token by a helper")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody is logged in, and no registry has a mirror."""
    for variable in ("DOCKER_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)
    (tmp_path / "registries.conf").touch()
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(tmp_path / "registries.conf"))
    return tmp_path


@pytest.fixture
def registry() -> Iterator[Misbehaving]:
    """The one that the login is for."""
    with misbehaving(LAYOUT, TOP) as running:
        yield running


@pytest.fixture
def other() -> Iterator[Misbehaving]:
    """Another, at another port. It has the image, too, and would take any login."""
    with misbehaving(LAYOUT, TOP) as running:
        running.contents["/token"] = json.dumps({"token": "of-another"}).encode()
        yield running


def log_in(home: Path, host: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a login for a host, as a file or in a helper that knows no other host."""
    user, secret = ("<token>", IDENTITY) if kind.startswith("identity") else ("me", PASSWORD)
    folder = home / "DOCKER_CONFIG"
    folder.mkdir()
    if kind.endswith("helper"):
        helper = folder / "docker-credential-cave"
        helper.write_text(
            f'#!/bin/sh\nread server; echo "$server" >> {home}/asked\n'
            f'[ "$server" = {host} ] || {{ echo credentials not found in native keychain; exit 1; }}\n'
            f'echo \'{{"Username": "{user}", "Secret": "{secret}"}}\'\n'
        )
        helper.chmod(stat.S_IRWXU)
        monkeypatch.setenv("PATH", str(folder), prepend=":")
        settings: object = {"credsStore": "cave"}
    else:
        entry = {"auth": base64.b64encode(f"me:{PASSWORD}".encode()).decode()}
        settings = {"auths": {host: {"identitytoken": IDENTITY} if user == "<token>" else entry}}
    (folder / "config.json").write_text(json.dumps(settings))


def guard(registry: Misbehaving, kind: str) -> None:
    """Have a registry want such a login for everything."""
    if kind.startswith("Basic"):
        wanted, challenge = BASIC, 'Basic realm="x"'
    else:
        wanted, challenge = f"Bearer {TOKEN}", f'Bearer realm="http://{registry.host}/token",service="x"'
    registry.always |= dict.fromkeys(ALL, wants(wanted, challenge))
    registry.always["/token"] = gives_a_token


def gives_a_token(handler: Handler, _: bytes) -> None:
    """To whoever has the login."""
    if BASIC in handler.everything or f"refresh_token={IDENTITY}" in handler.everything:
        handler.answer(200, json.dumps({"token": TOKEN}).encode())
    else:
        handler.answer(401)


def challenges(host: str) -> list[str]:
    """All that a host may say to have a login sent."""
    return ['Basic realm="x"', f'Bearer realm="http://{host}/token",service="x"', 'Bearer realm="/token"']


def assert_got_no_secret(other: Misbehaving) -> None:
    for request in other.requests:
        assert not any(secret in request.everything for secret in SECRETS), request.everything


@pytest.mark.parametrize("kind", KINDS)
def test_login_is_used_where_it_is_for(
    registry: Misbehaving, home: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    log_in(home, registry.host, kind, monkeypatch)
    guard(registry, kind)
    assert read(open_source(registry.reference)).paths == {1: ["a"]}


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("kind", KINDS)
class TestTargetOfARedirect:
    """It is at another port, and by one of two names."""

    @pytest.fixture
    def host(
        self,
        registry: Misbehaving,
        other: Misbehaving,
        home: Path,
        monkeypatch: pytest.MonkeyPatch,
        kind: str,
        name: str,
    ) -> str:
        """Its name and port, where there is a login for the registry."""
        log_in(home, registry.host, kind, monkeypatch)
        return other.host.replace("127.0.0.1", name)

    @pytest.mark.parametrize("needed", [False, True], ids=["before one was needed", "after one was needed"])
    def test_it_gets_no_login(
        self, registry: Misbehaving, other: Misbehaving, host: str, kind: str, needed: bool
    ) -> None:
        for path in (CONFIG, BLOB) if needed else ALL:
            registry.always.clear()
            if needed:
                guard(registry, kind)
            registry.always[path] = status(307, Location=f"http://{host}/v2/{NAME}/{path}")
            for challenge in challenges(host):
                other.always[path] = status(401, WWW_Authenticate=challenge)
                assert_refused(registry, f"{registry.host} sends on to {host}, which refuses (401)")
        assert_got_no_secret(other)
        assert not any(request.authorization for request in other.requests)
        assert other.requests and not other.asked("/token")

    def test_what_it_gives_without_a_login_is_taken(
        self, registry: Misbehaving, other: Misbehaving, host: str, kind: str
    ) -> None:
        guard(registry, kind)
        registry.always[BLOB] = status(307, Location=f"http://{host}/v2/{NAME}/{BLOB}")
        assert read(open_source(registry.reference)).paths == {1: ["a"]}
        assert_got_no_secret(other)

    def test_it_gets_no_login_from_the_token_server(
        self, registry: Misbehaving, other: Misbehaving, host: str, kind: str
    ) -> None:
        guard(registry, kind)
        for challenge in challenges(host):
            other.always["/token"] = status(401, WWW_Authenticate=challenge)
            registry.always["/token"] = status(307, Location=f"http://{host}/token")
            if kind.startswith("token"):
                assert_refused(registry, f"{registry.host} sends on to {host}, which refuses (401)")
            elif kind.startswith("identity"):
                assert_refused(registry, f"{registry.host} gives no token (307)")
        assert_got_no_secret(other)


def assert_refused(registry: Misbehaving, why: str) -> None:
    """The image cannot be read, and that is why."""
    try:
        faults = list(read(open_source(registry.reference)).faults.values())
    except ServiceError as error:
        faults = [error.message]
    assert faults == [why]


def test_same_host_is_another_by_another_name(
    registry: Misbehaving, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(home, registry.host, "Basic", monkeypatch)
    guard(registry, "Basic")
    host = registry.host.replace("127.0.0.1", "localhost")
    registry.always[CONFIG] = status(307, Location=f"http://{host}/v2/{NAME}/{BLOB}")
    assert_refused(registry, f"{registry.host} sends on to {host}, which refuses (401)")
    assert [request.authorization for request in registry.asked(BLOB)] == [""]


def test_way_back_from_another_host_is_without_a_login(
    registry: Misbehaving, other: Misbehaving, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else another host could have a registry asked for anything that only the user may see."""
    log_in(home, registry.host, "Basic", monkeypatch)
    guard(registry, "Basic")
    registry.always[CONFIG] = status(307, Location=f"http://{other.host}/v2/{NAME}/{CONFIG}")
    other.always[CONFIG] = status(307, Location=f"http://{registry.host}/v2/{NAME}/{BLOB}")
    assert_refused(registry, f"{registry.host} sends on to {registry.host}, which refuses (401)")
    assert [request.authorization for request in registry.asked(BLOB)] == [""]


def test_redirect_within_the_registry_keeps_the_login(
    registry: Misbehaving, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(home, registry.host, "Basic", monkeypatch)
    guard(registry, "Basic")
    registry.always["blobs/elsewhere"] = registry.always[BLOB]
    registry.contents["blobs/elsewhere"] = registry.contents[BLOB]
    registry.always[BLOB] = status(307, Location="elsewhere")
    assert read(open_source(registry.reference)).paths == {1: ["a"]}


def test_token_server_of_another_host_is_the_registry_s_to_name(
    registry: Misbehaving, other: Misbehaving, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(home, registry.host, "token", monkeypatch)
    registry.always["manifests/1"] = wants(f"Bearer {TOKEN}", f'Bearer realm="http://{other.host}/token?a=b#c"')
    other.always["/token"] = sends(json.dumps({"access_token": TOKEN}).encode())
    assert read(open_source(registry.reference)).paths == {1: ["a"]}
    assert [request.authorization for request in other.requests] == [BASIC]
    assert "/token?a=b&service=&scope=repository%3Ateam%2Fapp%3Apull " in other.requests[0].everything


def test_transfer_goes_on_behind_a_redirect(registry: Misbehaving, other: Misbehaving) -> None:
    other.faults[BLOB] = [breaks_off(100_000)]
    registry.always[BLOB] = status(307, Location=f"http://{other.host}/v2/{NAME}/{BLOB}")
    assert not read(open_source(registry.reference)).faults
    assert other.sent[BLOB] == len(IMAGE.blobs[0])
    assert len(registry.asked(BLOB)) == 2  # the second address may have been for some minutes only


@pytest.mark.parametrize("kind", KINDS)
class TestMirrors:
    """``other`` is a mirror of the registry that the login is for."""

    @pytest.fixture(autouse=True)
    def mirror(self, registry: Misbehaving, other: Misbehaving, home: Path) -> None:
        (home / "registries.conf").write_text(
            f'[[registry]]\nlocation = "{registry.host}"\n[[registry.mirror]]\nlocation = "{other.host}"\n'
        )

    def test_challenge_of_a_mirror_gets_no_login_of_the_registry_behind_it(
        self, registry: Misbehaving, other: Misbehaving, home: Path, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        log_in(home, registry.host, kind, monkeypatch)
        guard(registry, kind)
        for challenge in (*challenges(other.host), f'Bearer realm="http://{registry.host}/token"'):
            other.always["manifests/1"] = status(401, WWW_Authenticate=challenge)
            assert read(open_source(registry.reference)).paths == {1: ["a"]}
        assert_got_no_secret(other)
        if kind.endswith("helper"):
            assert (home / "asked").read_text().split() == [other.host, registry.host] * 4

    def test_challenge_behind_a_mirror_s_redirect_is_not_the_mirror_s(
        self, registry: Misbehaving, other: Misbehaving, home: Path, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        log_in(home, other.host, kind, monkeypatch)
        guard(registry, kind)
        other.always["manifests/1"] = status(307, Location=f"http://{registry.host}/v2/{NAME}/manifests/1")
        with pytest.raises(ServiceError, match=f"{other.host} sends on to {registry.host}, which refuses"):
            open_source(registry.reference).describe()
        assert_got_no_secret(registry)
