"""Addresses that servers name: what is none, and that the host that is judged is the one that is connected to."""

from __future__ import annotations

from contextlib import suppress

import pytest
import requests
from hypothesis import example, given
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter

from layerview.errors import ServiceError
from layerview.sources.registry.addresses import Address
from layerview.sources.registry.client import Repository
from layerview.sources.registry.login import Login
from layerview.sources.registry.places import Place
from tests.sources.images import Layout, simple
from tests.sources.misbehaving import NAME, misbehaving, status

BASE = Address.parse("https://registry.example.com/v2/a/blobs/b")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://evil\\@127.0.0.1/token", "a backslash"),
        ("https:\\\\evil/", "a backslash"),
        ("http://evil @127.0.0.1/", "a blank is in it"),
        ("http://evil/a b", "a blank is in it"),
        (" http://evil/", "a blank is in it"),
        ("http://evil/\r\nAuthorization: x", "a blank is in it"),
        ("http://evil/\x00", "a blank is in it"),
        ("http://évil/", "a blank is in it"),
        ("http://evil/ÿ", "a blank is in it"),
        ("http://me@evil/", "a user's name"),
        ("http://me:secret@evil/", "a user's name"),
        ("http://@evil/", "a user's name"),
        ("//127.0.0.1@evil/", "a user's name"),
        ("http://registry.example.com:443@evil/", "a user's name"),
        ("file:///etc/passwd", "neither of http nor of https"),
        ("ftp://evil/", "neither of http nor of https"),
        ("javascript:alert(1)", "neither of http nor of https"),
        ("http://evil:0/", "port is 0"),
        ("http://evil:99999/", "makes no sense"),
        ("http://evil:x/", "makes no sense"),
        ("http://[", "makes no sense"),
        ("http://[::1%25lo]/", "no host"),
        ("http:///x", "no host"),
        ("https://*/x", "'*' is no host"),
        ("https://*.example.com/x", "no host"),
        ("https://a..b/x", "no host"),
        ("https://.b/x", "no host"),
        ("http://evil;127.0.0.1/", "no host"),
        ("http://127.1/", "no host"),
        ("http://127.0.0.256/", "no host"),
        ("http://127.0.0.1./", "no host"),
        ("http://2130706433/", "no host"),
        ("http://0x7f000001/", "no host"),
        ("http://0X7F.0x0.0x0.0x1/", "no host"),
        ("http://0177.0.0.0x1/", "no host"),
        ("http://127.0.0.0x/", "no host"),
        (f"https://{'a' * 64}.example.com/x", "more than 63 letters"),
        (f"https://{'a.' * 127}a/x", "no host"),
    ],
)
def test_what_leaves_room_for_doubt_is_no_address(text: str, why: str) -> None:
    with pytest.raises(ServiceError, match=r"registry\.example\.com names an address that is none") as raised:
        BASE.joined(text)
    assert why in raised.value.message
    assert "secret" not in raised.value.message
    assert raised.value.message.isprintable()


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", "https://registry.example.com/v2/a/blobs/b"),
        ("c?d=e", "https://registry.example.com/v2/a/blobs/c?d=e"),
        ("/token", "https://registry.example.com/token"),
        ("//cdn.example.com/b", "https://cdn.example.com/b"),
        ("https://CDN.example.com:8443/b#part", "https://cdn.example.com:8443/b"),
        ("https://bucket_1.s3.example.com/b?X-Sig=a%2Fb", "https://bucket_1.s3.example.com/b?X-Sig=a%2Fb"),
        ("https://cdn.example.com/@me/b", "https://cdn.example.com/@me/b"),
        ("http://[2001:db8::1]:5000/b", "http://[2001:db8::1]:5000/b"),
        (f"https://{'a' * 63}.example.com./b", f"https://{'a' * 63}.example.com./b"),
    ],
)
def test_what_servers_rightly_name_is_taken(text: str, url: str) -> None:
    assert BASE.joined(text).url == url


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://h/a", "https://h:443/b", True),
        ("https://h/a", "https://H/a", True),
        ("https://h/a", "http://h/a", False),
        ("https://h/a", "https://h:5000/a", False),
        ("http://127.0.0.1/a", "http://localhost/a", False),
        ("https://h/a", "https://h.evil/a", False),
    ],
)
def test_host_is_the_same_by_scheme_name_and_port(one: str, other: str, same: bool) -> None:
    assert (Address.parse(one).origin == Address.parse(other).origin) == same


@pytest.mark.parametrize(
    ("host", "is_it"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("0.0.0.0", True),
        ("[::1]", True),
        ("[::]", True),
        ("[::ffff:127.0.0.1]", True),
        ("[::ffff:0:0]", True),
        ("localhost", True),
        ("10.0.0.1", False),
        ("[2001:db8::1]", False),
        ("[::ffff:10.0.0.1]", False),
        ("localhost.example.com", False),
    ],
)
def test_this_machine_is_known_however_it_is_written(host: str, is_it: bool) -> None:
    assert Address.parse(f"http://{host}:5000/").is_this_machine == is_it


_PARTS = "http:// https:// http: // / \\ @ : :: ? # % %40 %5c [ ] . ; & = * - _ 80 0 a evil 127.0.0.1 localhost [::1] é"
PARTS = st.sampled_from([*_PARTS.split(), " ", "\t", "\n", "\u3002", "\uff0f"])


@given(st.lists(PARTS, max_size=8).map("".join), st.booleans())
@example("http://evil\\@127.0.0.1/", True)
def test_connection_goes_to_the_host_that_was_judged(text: str, absolute: bool) -> None:
    with suppress(ValueError, ServiceError):
        address = Address.parse(f"http://{text}") if absolute else BASE.joined(text)
        with requests.Session() as session:
            request = session.prepare_request(requests.Request("GET", address.url))
            adapter = session.get_adapter(address.url)
            assert isinstance(adapter, HTTPAdapter)
            pool = adapter.get_connection_with_tls_context(request, True)
        assert (pool.scheme, pool.host, pool.port) == (*address.origin[:1], address.host, *address.origin[2:])


class TestRegistry:
    @pytest.mark.parametrize("address", ["http://evil\\@{}/token", "http://evil@{}/token", "http://evil\t@{}/token"])
    @pytest.mark.parametrize(
        "login", [Login("me", "secret"), Login(identity_token="secret")], ids=["Basic", "identity"]
    )
    def test_login_is_sent_to_no_realm_that_is_none(self, address: str, login: Login) -> None:
        """All of them seem to be of this machine, where no TLS is needed."""
        with misbehaving(*one_layer()) as registry:
            registry.always["manifests/1"] = status(
                401, WWW_Authenticate=f'Bearer realm="{address.format(registry.host)}"'
            )
            with pytest.raises(ServiceError, match="names an address that is none"):
                Repository(Place(registry.host, NAME, True), login=login).manifest("1")
            assert [request.path for request in registry.requests] == ["manifests/1"]

    @pytest.mark.parametrize("address", ["http://evil\\@{}/", "http://evil@{}/", "ftp://{}/", "file:///etc/passwd"])
    def test_nobody_is_asked_behind_a_redirect_to_what_is_none(self, address: str) -> None:
        with misbehaving(*one_layer()) as registry:
            registry.always["manifests/1"] = status(302, Location=address.format(registry.host))
            with pytest.raises(ServiceError, match="names an address that is none"):
                Repository(Place(registry.host, NAME, True)).manifest("1")
            assert [request.path for request in registry.requests] == ["manifests/1"]


def one_layer() -> tuple[Layout, str]:
    """A layout with an image, and its digest."""
    layout = Layout()
    return layout, layout.image(simple("a"))["digest"]
