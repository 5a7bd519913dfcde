"""Where tokens may come from: whatever answers there is told to the registry."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from layerview.errors import ServiceError
from layerview.sources.registry.addresses import Address
from layerview.sources.registry.places import Place
from layerview.sources.registry.tokens import authorization
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


def asked(home: str, realm: str) -> str | None:
    """The Authorization for a registry there that wants a token from a realm."""
    return authorization(f'Bearer realm="{realm}"', Address.parse(home), PLACE, None, time.monotonic() + 60)


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


def test_redirect_of_a_token_server_leads_to_nothing_of_this_machine(local: Misbehaving, through: Misbehaving) -> None:
    home = "http://registry.example.com/"
    through.always[f"{home}token"] = status(307, Location=f"http://{local.host}/secrets")
    with pytest.raises(ServiceError, match=r"has tokens come from this machine"):
        asked(home, "/token")


def test_token_server_is_taken_where_it_may_be(local: Misbehaving, through: Misbehaving) -> None:
    through.contents["http://tokens.example.com/token"] = json.dumps({"token": "a"}).encode()
    assert asked("http://registry.example.com/", "http://tokens.example.com/token") == "Bearer a"
    assert asked(f"http://localhost:{free_port()}/", f"http://{local.host}/secrets") == "Bearer of-this-machine"
