"""What a registry's challenge is answered with: a name and a password, or a token that they are changed for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec
from requests.utils import parse_dict_header

from layerview.errors import DamagedError, ServiceError
from layerview.image import parse
from layerview.sources.registry import http as registry_http
from layerview.sources.registry.addresses import Address, is_reached_from_here_alone
from layerview.sources.registry.connections import peer_of
from layerview.sources.registry.login import Login
from layerview.sources.registry.places import Place

_BEARER = re.compile(r"(?:^|,)\s*Bearer\s+(.*)", re.IGNORECASE | re.DOTALL)
_BASIC = re.compile(r"(?:^|,)\s*Basic\b", re.IGNORECASE)

_SENDABLE = re.compile("[!-~]+")
"""What may follow Bearer in a header."""


class Challenge(msgspec.Struct, frozen=True):
    """What a registry asks for before it answers."""

    text: str
    """Its own WWW-Authenticate, and no other host's: who names the realm gets the login."""
    home: Address
    """The registry's."""
    peer: str = ""
    """The number that it was reached by; empty where a proxy stands before it."""

    @property
    def is_from_here(self) -> bool:
        """Whether the registry is reached from this machine alone itself."""
        return self.home.is_this_machine or is_reached_from_here_alone(self.peer)


def authorization(challenge: Challenge, place: Place, login: Login | None, deadline: float) -> str | None:
    """The Authorization that a registry asks for; None where the login does not suffice, or is missing.

    Raises ServiceError.
    """
    if bearer := _BEARER.search(challenge.text):
        token = _token(_parameters(bearer[1]), challenge, place, login, deadline)
        return None if token is None else f"Bearer {token}"
    if _BASIC.search(challenge.text) and login is not None:
        return login.basic or None
    return None


def _token(
    asked: Mapping[str, str | None], challenge: Challenge, place: Place, login: Login | None, deadline: float
) -> str | None:
    """A token from the server that the registry names; None where that does not give one to this login."""
    home = challenge.home
    realm = home.joined(asked.get("realm") or "")
    _check_server(realm, "", challenge)
    host = realm.host_and_port
    wanted = {
        "service": asked.get("service") or "",
        "scope": asked.get("scope") or f"repository:{place.path}:pull",
    }
    if login is not None and not (realm.is_safe or realm.origin == home.origin):
        raise ServiceError(f"{place.domain} wants the login sent to {host} without TLS", "Ask who runs the registry.")
    if login is not None and login.identity_token:
        form = {"grant_type": "refresh_token", "refresh_token": login.identity_token, "client_id": "layerview"}
        response = registry_http.post(realm, {**wanted, **form}, deadline)
    else:
        headers = {"Authorization": login.basic} if login is not None else {}
        query = f"{'&' if '?' in realm.url else '?'}{urlencode(wanted)}"
        response = registry_http.get(realm.joined(f"{realm.url}{query}"), headers, deadline)
    with response:
        _check_server(Address.parse(response.url), peer_of(response), challenge)
        if response.status_code in (400, 401, 403):
            return None
        answer = _Token()
        if response.status_code == 200:
            try:
                answer = parse(registry_http.small(response, "A token", deadline), _Token, "A token")
            except DamagedError:
                pass
            except registry_http.BROKEN as error:
                raise registry_http.unreachable(error, host) from error
    if not (token := answer.token or answer.access_token):
        raise ServiceError(f"{host} gives no token ({response.status_code})", "Try again later.")
    if not _SENDABLE.fullmatch(token):
        raise ServiceError(
            f"{host} gives a token that is none, with blanks, line breaks or signs that are not of ASCII",
            "Ask who runs the registry.",
        )
    return token


def _check_server(server: Address, peer: str, challenge: Challenge) -> None:
    """Raise ServiceError where a registry's tokens may not come from a server, once it has answered of that with its number.

    What it answers is told to the registry. That could else have something else answer that only this machine reaches, such
    as what tells a machine in a cloud its own secrets, which speaks no TLS; by whatever name, as anybody may have a name
    lead anywhere.
    """
    home = challenge.home
    if server.origin == home.origin:
        return
    if server.origin[0] != "https" and home.origin[0] == "https":
        raise ServiceError(
            f"{home.host_and_port} has tokens come from {server.host_and_port} without TLS",
            "Ask who runs the registry.",
        )
    if (server.is_this_machine or is_reached_from_here_alone(peer)) and not challenge.is_from_here:
        raise ServiceError(f"{home.host_and_port} has tokens come from this machine", "Ask who runs the registry.")


def _parameters(challenge: str) -> dict[str, str | None]:
    parameters: dict[str, str | None] = parse_dict_header(challenge)  # type: ignore[no-untyped-call]
    return parameters


class _Token(msgspec.Struct):
    token: str = ""
    access_token: str = ""
