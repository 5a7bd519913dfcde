"""Addresses, as registries name them. Each is read once: the host that is judged is the one that is connected to.

Two parsers need not agree on what the host is: of ``http://evil\\@127.0.0.1/`` one makes ``127.0.0.1``, and another ``evil``.
So whatever leaves room for that is no address, though servers may send it and browsers take it.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urljoin, urlsplit

import msgspec
from urllib3.util import parse_url

from layerview.errors import ServiceError

_PORTS = {"http": 80, "https": 443}

_OUTSIDE = re.compile(r"[^!-~]|\\")
"""All but what can be seen in ASCII, and the backslash."""

_LONGEST_LABEL, _LONGEST_NAME = 63, 254
_LABEL = rf"[a-z0-9_-]{{1,{_LONGEST_LABEL}}}"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
"""What systems take for an address of IPv4, however it is written: 0x7f000001 is 127.0.0.1."""


class Address(msgspec.Struct, frozen=True):
    """An address of HTTP, with nothing in it that could be read in two ways."""

    url: str
    """As it is asked for."""
    host_and_port: str
    """For people, and where something is set up by registry: the port only where it is named."""
    origin: tuple[str, str, int]
    """Scheme, host and port: who gets what is meant for one host alone."""

    @classmethod
    def parse(cls, text: str, base: str = "") -> Address:
        """Read one, which may be relative to ``base``.

        Raises ValueError, which says what is wrong and quotes nothing but the host.
        """
        if found := _OUTSIDE.search(text):
            raise ValueError(
                "a backslash is in it" if found[0] == "\\" else "a blank is in it, or a sign that is not of ASCII"
            )
        try:
            text = urljoin(base, text)
            # What requests and urllib3 read addresses by.
            parts = parse_url(text)
        except ValueError:
            raise ValueError("its host or its port makes no sense") from None
        scheme, host = parts.scheme or "", parts.host or ""
        if scheme not in _PORTS:
            raise ValueError("it is neither of http nor of https")
        if "@" in urlsplit(text).netloc or parts.auth is not None:
            raise ValueError("a user's name is in it")
        if not _is_host(host):
            longest = max(map(len, host.split(".")))
            why = f", as a part of it has more than {_LONGEST_LABEL} letters" if longest > _LONGEST_LABEL else ""
            raise ValueError(f"{host[:80]!r} is no host{why}")
        if parts.port == 0:
            raise ValueError("its port is 0")
        url = parts._replace(fragment=None).url
        # What requests finds the connection by.
        again = urlsplit(url)
        if (again.scheme, again.hostname, again.port) != (scheme, host.strip("[]"), parts.port):
            raise ValueError("it can be read in two ways")
        return cls(url, parts.netloc or "", (scheme, host, parts.port or _PORTS[scheme]))

    def joined(self, other: str) -> Address:
        """The address that a server there names. Raises ServiceError."""
        try:
            return Address.parse(other, self.url)
        except ValueError as error:
            raise ServiceError(
                f"{self.host_and_port} names an address that is none: {error}", "Ask who runs it."
            ) from error

    @property
    def host(self) -> str:
        """Without the port, and without the brackets of IPv6."""
        return self.origin[1].strip("[]")

    @property
    def is_safe(self) -> bool:
        """Whether nobody can listen on the way: there is TLS, or no way to another machine."""
        return self.origin[0] == "https" or self.is_this_machine

    @property
    def is_this_machine(self) -> bool:
        """Whether it is of this machine. So is 0.0.0.0, where something is connected to."""
        try:
            number = ip_address(self.host)
        except ValueError:
            return self.host == "localhost"
        number = getattr(number, "ipv4_mapped", None) or number
        return number.is_loopback or number.is_unspecified


def is_reached_from_here_alone(number: str) -> bool:
    """Whether a host of this number is this machine, or what only its own link leads to, as what tells it its secrets in a cloud."""
    try:
        parsed = ip_address(number.partition("%")[0])
    except ValueError:
        return False
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return parsed.is_loopback or parsed.is_unspecified or parsed.is_link_local


def _is_host(host: str) -> bool:
    """Whether this can be the name of a host, or its number, of which IPv6's stand in brackets."""
    try:
        if host.startswith("["):
            IPv6Address(host[1:-1])
            return "%" not in host  # which is about one of several networks
        if _NUMBER.fullmatch(host):
            IPv4Address(host)
            return True
    except ValueError:
        return False
    return len(host) <= _LONGEST_NAME and _NAME.fullmatch(host) is not None
