"""Where tokens may come from: whatever answers there is told to the registry."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from layerview.errors import ServiceError
from layerview.sources.registry.addresses import Address, is_reached_from_here_alone
from layerview.sources.registry.places import Place
from layerview.sources.registry.tokens import Challenge, authorization
from tests.registries import free_port
from tests.sources.images import Layout, simple
from tests.sources.misbehaving import Misbehaving, misbehaving, status

PLACE = Place("registry.example.com", "team/app")


@pytest.fixture
def local() -> Iterator[Misbehaving]:
    """Something of this machine that answers with what looks like a token, and is no registry's."""
    layout = Layout()
    with misbehaving(layout, layout.image(simple("a"))["digest"]) as running:
        running.contents["/secrets"] = json.dumps({"Token": "of-this-machine"}).encode()
        yield running


@pytest.fixture
def through(local: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> Iterator[Misbehaving]:
    """What stands for all other hosts that are asked without TLS."""
    for variable in ("http_proxy", "https_proxy", "no_proxy", "NO_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    layout = Layout()
    with misbehaving(layout, layout.image(simple("a"))["digest"]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.host}")
        yield proxy


def asked(home: str, realm: str, peer: str = "") -> str | None:
    """The Authorization for a registry there, reached by a number, that wants a token from a realm."""
    challenge = Challenge(f'Bearer realm="{realm}"', Address.parse(home), peer)
    return authorization(challenge, PLACE, None, time.monotonic() + 60)


@pytest.mark.parametrize("home", ["https://registry.example.com/", "http://registry.example.com/"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_registry_elsewhere_is_not_told_what_this_machine_answers(local: Misbehaving, home: str, scheme: str) -> None:
    for name in ("127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]"):
        with pytest.raises(ServiceError, match=r"has tokens come from (this machine|.* without TLS)"):
            asked(home, f"{scheme}://{local.host.replace('127.0.0.1', name)}/secrets")
    assert not local.requests


@pytest.mark.parametrize("name", ["0x7f000001", "0177.0.0.0x1", "127.0.0.1."])
def test_nor_where_it_is_called_something_odd(local: Misbehaving, name: str) -> None:
    with pytest.raises(ServiceError, match="names an address that is none"):
        asked("http://registry.example.com/", f"http://{local.host.replace('127.0.0.1', name)}/secrets")
    assert not local.requests


def test_registry_with_tls_has_no_tokens_come_without() -> None:
    with pytest.raises(
        ServiceError, match=r"registry\.example\.com has tokens come from 169\.254\.169\.254 without TLS"
    ):
        asked("https://registry.example.com/", "http://169.254.169.254/latest/meta-data/iam/security-credentials/role")


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's names lead to this machine, as anybody's may."""
    known = socket.getaddrinfo

    def resolve(host: str, *more: Any, **named: Any) -> Any:
        return known("127.0.0.1" if host.endswith(".example.com") else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.mark.usefixtures("named")
def test_a_name_that_leads_to_this_machine_is_told_to_no_registry_elsewhere(local: Misbehaving) -> None:
    realm = f"http://tokens.example.com:{local.host.partition(':')[2]}/secrets"
    for peer in ("", "203.0.113.5"):
        with pytest.raises(ServiceError, match=r"has tokens come from this machine"):
            asked("http://registry.example.com/", realm, peer)
    assert asked("http://registry.example.com/", realm, "127.0.0.1") == "Bearer of-this-machine"


@pytest.mark.parametrize(
    ("number", "here"),
    [
        *((number, True) for number in ("127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::ffff:127.0.0.1")),
        *((number, True) for number in ("169.254.169.254", "fe80::1", "fe80::1%eth0")),
        *((number, False) for number in ("", "10.0.0.1", "192.168.1.1", "203.0.113.5", "2001:db8::1", "fd00:ec2::254")),
    ],
)
def test_what_is_reached_from_this_machine_alone(number: str, here: bool) -> None:
    assert is_reached_from_here_alone(number) is here


def test_redirect_of_a_token_server_leads_to_nothing_of_this_machine(local: Misbehaving, through: Misbehaving) -> None:
    home = "http://registry.example.com/"
    through.always[f"{home}token"] = status(307, Location=f"http://{local.host}/secrets")
    with pytest.raises(ServiceError, match=r"has tokens come from this machine"):
        asked(home, "/token")


def test_token_server_is_taken_where_it_may_be(local: Misbehaving, through: Misbehaving) -> None:
    through.contents["http://tokens.example.com/token"] = json.dumps({"token": "a"}).encode()
    assert asked("http://registry.example.com/", "http://tokens.example.com/token") == "Bearer a"
    assert asked(f"http://localhost:{free_port()}/", f"http://{local.host}/secrets") == "Bearer of-this-machine"
