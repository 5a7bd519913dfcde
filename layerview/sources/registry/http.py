"""HTTP to registries and what stands around them: patience, redirects, and what it means when nothing comes back.

Connections are kept open within a process, so that the many small requests of an image need one handshake.
"""

from __future__ import annotations

import email.utils
import os
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from socket import gaierror
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from layerview import __version__
from layerview.errors import ServiceError
from layerview.sources.causes import causes
from layerview.sources.registry.addresses import Address
from layerview.sources.registry.places import trusted

BROKEN = (urllib3.exceptions.HTTPError, requests.RequestException, OSError)
"""What is raised where no answer comes, or not all of it. Their texts may hold a URL that is a secret."""

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between the tries of what is likely to succeed later."""

_LONGEST_PAUSE = 30
"""Seconds that a registry may ask to wait; what is longer is left to whoever waits."""

_TIMEOUT = (20, 60)
"""Seconds until a host is given up that cannot be reached, or does not answer."""

_MAX_REDIRECTS = 5
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_BUSY = frozenset((429, 500, 502, 503, 504))


def get(address: Address, headers: Mapping[str, str]) -> requests.Response:
    """The answer to a GET, behind redirects, its content to be read from ``raw``.

    A registry that is busy, or breaks off, is asked again. An Authorization goes to the first host alone, and not even
    there once another has redirected; one that another asks for is an error. So a 401 that is returned is the first
    host's own. Raises ServiceError.
    """

    def send() -> requests.Response:
        to, at_home = address, True
        for _ in range(_MAX_REDIRECTS):
            own = {name: text for name, text in headers.items() if at_home or name != "Authorization"}
            response = _send("GET", to, headers=own)
            if response.status_code in (401, 403) and not at_home:
                response.close()
                raise ServiceError(
                    f"{address.host_and_port} sends on to {to.host_and_port}, which refuses ({response.status_code})",
                    "No login is sent behind a redirect. Ask who runs the registry.",
                )
            if response.status_code not in _REDIRECTS or not response.headers.get("Location"):
                return response
            response.close()
            to = to.joined(response.headers["Location"])
            at_home = at_home and to.origin == address.origin
        raise ServiceError(f"{address.host_and_port} redirects in a circle", "Try again later.")

    return _patiently(send)


def post(address: Address, form: Mapping[str, str]) -> requests.Response:
    """The answer to a POST of a form, as :func:`get`, but for redirects."""
    return _patiently(lambda: _send("POST", address, data=dict(form)))


def speaks_plainly(host: str) -> bool:
    """Whether a host answers without TLS. One that wants TLS says 400 to that, sends on to it, or breaks off."""
    try:
        with _send("GET", Address.parse(f"http://{host}/v2/")) as response:
            return response.status_code != 400 and response.status_code not in _REDIRECTS
    except BROKEN:
        return False


def _patiently(send: Callable[[], requests.Response]) -> requests.Response:
    """An answer that is no plea to come back later."""
    for pause in (*PAUSES, None):
        try:
            response = send()
        except BROKEN as error:
            if pause is None or not _may_pass(error):
                raise unreachable(error) from error
            time.sleep(pause)
            continue
        if response.status_code not in _BUSY:
            return response
        response.close()
        wanted = _seconds(response.headers.get("Retry-After", ""))
        if pause is None or wanted > _LONGEST_PAUSE:
            raise _busy(response, wanted)
        time.sleep(max(pause, wanted))
    raise AssertionError("the last try returns or raises")


def _send(method: str, address: Address, **more: Any) -> requests.Response:
    # No proxy stands between this machine and itself; requests knows that of no host by itself.
    proxies = {"no_proxy": address.host} if address.is_this_machine else {}
    connections = session(os.getpid(), address.host_and_port)
    return connections.request(
        method, address.url, stream=True, allow_redirects=False, timeout=_TIMEOUT, proxies=proxies, **more
    )


@lru_cache(maxsize=16)
def session(process: int, host: str) -> requests.Session:
    """Connections to one host, of one process: a process that is forked from it makes its own."""
    new = _Session()
    new.auth = lambda request: request  # else ~/.netrc is asked
    # Digests are those of what is sent; no content is to be unpacked on the way.
    new.headers.update({"User-Agent": f"layerview/{__version__}", "Accept-Encoding": "identity"})
    new.mount("https://", _Trusting(trusted(host)))
    return new


class _Session(requests.Session):
    """Leaves redirects to :func:`get`. Else requests looks at them even where it does not follow, and reads all of them."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class _Trusting(HTTPAdapter):
    """Trusts what a context says, besides what requests does: REQUESTS_CA_BUNDLE, or the authorities of the Web."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **more)

    def proxy_manager_for(self, proxy: Any, **more: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=self._context, **more)


def _may_pass(error: BaseException) -> bool:
    """Whether it is the kind of fault that is gone a moment later."""
    return any(
        isinstance(
            cause, urllib3.exceptions.ProtocolError | ConnectionResetError | ConnectionAbortedError | BrokenPipeError
        )
        for cause in causes(error)
    )


def _seconds(wanted: str) -> float:
    """A Retry-After, in seconds or as a date; 0 where it is neither."""
    if wanted.isdecimal():
        return float(wanted[:9])
    try:
        then = email.utils.parsedate_to_datetime(wanted)
        return max((then - datetime.now(UTC)).total_seconds(), 0)
    except (TypeError, ValueError, OverflowError):
        return 0


def _busy(response: requests.Response, wanted: float) -> ServiceError:
    host, status = urlsplit(response.url).netloc, response.status_code
    later = f"Try again in {wanted:.0f} s" if wanted else "Try again later"
    if status == 429:
        return ServiceError(f"{host} wants fewer requests (429)", f"{later}; it may allow more with a login.")
    return ServiceError(f"{host} is at fault ({status})", f"{later}.")


def unreachable(error: BaseException) -> ServiceError:
    """What it means that no answer came, or not all of it."""
    request = getattr(error, "request", None)
    host = urlsplit(request.url or "").netloc if request is not None else "The registry"
    came_from = list(causes(error))

    def cause(*kinds: type[BaseException]) -> BaseException | None:
        return next((each for each in came_from if isinstance(each, kinds)), None)

    if cause(requests.exceptions.ProxyError):
        return ServiceError("The proxy cannot be used", "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.")
    if cause(requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL):
        return ServiceError(
            "The proxy cannot be used: it needs PySocks, or its address is none",
            "Install PySocks beside layerview, or check ALL_PROXY, HTTPS_PROXY and HTTP_PROXY.",
        )
    if isinstance(untrusted := cause(ssl.SSLCertVerificationError), ssl.SSLCertVerificationError):
        return ServiceError(
            f"The certificate of {host} is not trusted: {untrusted.verify_message}",
            f"Put its authority's into /etc/docker/certs.d/{host}/ca.crt, or name it by SSL_CERT_FILE.",
        )
    if cause(ssl.SSLError):
        return ServiceError(
            f"{host} does not speak TLS", "Where it shall be used without, registries.conf has to call it insecure."
        )
    if cause(ConnectionRefusedError):
        return ServiceError(f"No registry answers at {host}", "Check host and port, and that it is running.")
    if cause(gaierror):
        return ServiceError(f"There is no host {host}", "Check its name, and the network.")
    if cause(TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError):
        return ServiceError(f"{host} does not answer", "Is it busy, or out of reach?")
    last = came_from[-1]
    return ServiceError(
        f"{host} breaks off: {getattr(last, 'strerror', '') or type(last).__name__}", "Try again later."
    )
