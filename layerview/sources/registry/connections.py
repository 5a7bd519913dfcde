"""Connections to registries, which let nobody wait without end.

What is private to ``requests``, ``urllib3`` and ``http.client`` is in this file alone. ``http.client`` bounds each reading of
a socket, but neither how many there are nor what they bring: a byte a second, or ``100 Continue`` again and again, would
never end. So what it reads from is replaced, by ``response_class`` of its connections and ``fp`` of its responses.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from functools import lru_cache
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from layerview import __version__
from layerview.sources.registry.places import trusted

HEAD_TIME = 60
"""Seconds until the status and the headers of an answer have to be there, from the first on that is waited for."""

_LARGEST_HEAD = 1 << 20
"""Bytes of a status and its headers; registries' have some hundreds."""

SLOWEST, WAIT = 1 << 14, 60
"""Bytes that have to come of a content while so many seconds are spent on waiting for it."""


class GivenUpError(TimeoutError):
    """An answer is not waited for any longer. The text says what it does."""


@lru_cache(maxsize=16)
def session(process: int, host: str) -> requests.Session:
    """Connections to one host, of one process: a process that is forked from it makes its own."""
    new = _Session()
    new.auth = lambda request: request  # else ~/.netrc is asked
    # Digests are those of what is sent; no content is to be unpacked on the way.
    new.headers.update({"User-Agent": f"layerview/{__version__}", "Accept-Encoding": "identity"})
    bounded = _Bounded(trusted(host))
    for scheme in ("https://", "http://"):
        new.mount(scheme, bounded)
    return new


class _Session(requests.Session):
    """Follows no redirect. Else requests looks at them even where it is told not to follow, and reads all of them."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class _Bounded(HTTPAdapter):
    """Has bounded answers only, and trusts what a context says, besides what requests does: REQUESTS_CA_BUNDLE, or the authorities of the Web."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **more)

    def proxy_manager_for(self, proxy: Any, **more: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=self._context, **more)

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> Any:
        pool: Any = super().get_connection_with_tls_context(request, verify, proxies, cert)
        if not issubclass(pool.ConnectionCls.response_class, _Answer):
            pool.ConnectionCls = _bounded(pool.ConnectionCls)
        return pool


@lru_cache
def _bounded(connections: type) -> type:
    """Connections of this kind, with or without TLS or a proxy, whose answers are bounded."""
    return type(connections.__name__, (_Known, connections), {"response_class": _Answer})


class _Known:
    """A connection that knows whom it has reached, also once it is closed."""

    peer = ""

    def connect(self: Any) -> None:
        super().connect()  # type: ignore[misc]
        self.peer = "" if self.proxy else self.sock.getpeername()[0]


def peer_of(response: requests.Response) -> str:
    """The number of the host that has answered; empty where a proxy stands before it."""
    return getattr(response.raw.connection, "peer", "")


class _Answer(HTTPResponse):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._arriving = _Arriving(self.fp.detach())
        self.fp = BufferedReader(self._arriving)

    def begin(self) -> None:
        super().begin()
        self._arriving.end_head()


class _Arriving(RawIOBase):
    """What comes from a socket. Raises GivenUpError where that is too little for the time that it takes."""

    def __init__(self, source: RawIOBase) -> None:
        self._source, self._in_head = source, True
        self._begun, self._waited, self._come = time.monotonic(), 0.0, 0
        """When the head was first waited for; seconds and bytes of the head, or of the content since they were counted anew."""

    def end_head(self) -> None:
        """The head is whole, and what comes is content."""
        self._in_head, self._waited, self._come = False, 0.0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        before = time.monotonic()
        size = self._source.readinto(buffer)
        now = time.monotonic()
        self._come += size or 0
        if self._in_head:
            if self._come > _LARGEST_HEAD:
                raise GivenUpError("sends headers without end")
            if now > self._begun + HEAD_TIME:
                raise GivenUpError("answers too slowly")
        else:
            # Only what is spent here counts: whoever reads may be slow, too.
            self._waited += now - before
            if self._waited > WAIT:
                if self._come < SLOWEST:
                    raise GivenUpError("sends too slowly")
                self._waited, self._come = 0.0, 0
        return size

    def close(self) -> None:
        self._source.close()
        super().close()
