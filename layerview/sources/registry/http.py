"""HTTP to registries and what stands around them: patience, redirects, and what it means when nothing comes back.

Connections are kept open within a process, so that the many small requests of an image need one handshake. Whatever is
waited for has an end: an address that does not answer (_TIMEOUT), an answer that comes too slowly (see ``connections``), and
all tries, pauses and redirects together (the ``deadline`` that callers give).
"""

from __future__ import annotations

import email.utils
import math
import os
import re
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from socket import gaierror
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from layerview.errors import DamagedError, ServiceError
from layerview.image import MAX_JSON
from layerview.sources.causes import causes
from layerview.sources.registry.addresses import Address
from layerview.sources.registry.connections import GivenUpError, session

BROKEN = (urllib3.exceptions.HTTPError, requests.RequestException, OSError)
"""What is raised where no answer comes, or not all of it. Their texts may hold a URL that is a secret."""

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between the tries of what is likely to succeed later."""

PATIENCE = 180
"""Seconds until something small is given up, or the beginning of something large, with all tries and redirects."""

_LONGEST_PAUSE = 30
"""Seconds that a registry may ask to wait; what is longer is left to whoever waits."""

_TIMEOUT = (20, 60)
"""Seconds until a host is given up that cannot be reached, or does not answer."""

_A_DAY = 86_400

_MAX_REDIRECTS = 5
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_BUSY = frozenset((429, 500, 502, 503, 504))


def get(address: Address, headers: Mapping[str, str], deadline: float) -> requests.Response:
    """The answer to a GET, behind redirects, its content to be read from ``raw``.

    A registry that is busy, or breaks off, is asked again, unless ``deadline`` is over by then, as time.monotonic() has it. An
    Authorization goes to the first host alone, and not even there once another has redirected; one that another asks for
    is an error, and so is one without TLS where the first has it: addresses of blobs are secrets, too. So a 401 that is
    returned is the first host's own. Raises ServiceError.
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
            if time.monotonic() > deadline:
                raise ServiceError(f"{address.host_and_port} sends on too slowly", "Try again later.")
            to = to.joined(response.headers["Location"])
            if address.origin[0] == "https" and not to.is_safe:
                raise ServiceError(
                    f"{address.host_and_port} sends on to {to.host_and_port}, which is without TLS",
                    "Ask who runs the registry.",
                )
            at_home = at_home and to.origin == address.origin
        raise ServiceError(f"{address.host_and_port} redirects in a circle", "Try again later.")

    return _patiently(send, deadline)


def post(address: Address, form: Mapping[str, str], deadline: float) -> requests.Response:
    """The answer to a POST of a form, as :func:`get`, but for redirects."""
    return _patiently(lambda: _send("POST", address, data=dict(form)), deadline)


def small(response: requests.Response, what: str, deadline: float) -> bytes:
    """All of an answer that can only be small. Raises DamagedError, and what BROKEN names."""
    data = b""
    # An end that comes too early shows only when nothing more comes.
    while part := response.raw.read1(MAX_JSON + 1 - len(data)):
        data += part
        if len(data) > MAX_JSON:
            raise DamagedError(f"{what} is larger than any is allowed", "Is it an image?")
        if time.monotonic() > deadline:
            raise GivenUpError("sends too slowly")
    return data


def speaks_plainly(host: str) -> bool:
    """Whether a host answers without TLS. One that wants TLS says 400 to that, sends on to it, or breaks off."""
    try:
        with _send("GET", Address.parse(f"http://{host}/v2/")) as response:
            return response.status_code != 400 and response.status_code not in _REDIRECTS
    except BROKEN:
        return False


def _patiently(send: Callable[[], requests.Response], deadline: float) -> requests.Response:
    """An answer that is no plea to come back later."""
    for pause in (*PAUSES, math.inf):
        try:
            response = send()
        except BROKEN as error:
            failure, wait = unreachable(error), pause if may_pass(error) else math.inf
        else:
            if response.status_code not in _BUSY:
                return response
            response.close()
            wanted = _seconds(response.headers.get("Retry-After", ""))
            failure, wait = _busy(response, wanted), max(pause, wanted)
        if wait > _LONGEST_PAUSE or time.monotonic() + wait > deadline:
            break
        time.sleep(wait)
    raise failure


def _send(method: str, address: Address, **more: Any) -> requests.Response:
    # No proxy stands between this machine and itself; requests knows that of no host by itself.
    proxies = {"no_proxy": address.host} if address.is_this_machine else {}
    connections = session(os.getpid(), address.host_and_port)
    return connections.request(
        method, address.url, stream=True, allow_redirects=False, timeout=_TIMEOUT, proxies=proxies, **more
    )


def may_pass(error: BaseException) -> bool:
    """Whether it is the kind of fault that is gone a moment later."""
    return not _is_no_http(error) and any(
        isinstance(
            cause, urllib3.exceptions.ProtocolError | ConnectionResetError | ConnectionAbortedError | BrokenPipeError
        )
        for cause in causes(error)
    )


def _is_no_http(error: BaseException) -> bool:
    """Whether an answer came that breaks HTTP's rules, other than by its end."""
    return any(
        isinstance(cause, HTTPException | urllib3.exceptions.InvalidHeader | ValueError)  # of a chunk's size
        and not isinstance(cause, RemoteDisconnected | IncompleteRead)
        for cause in causes(error)
    )


def _seconds(wanted: str) -> float:
    """A Retry-After, in seconds or as a date; 0 where it is neither."""
    if re.fullmatch("[0-9]+", wanted):
        return float(wanted)
    try:
        then = email.utils.parsedate_to_datetime(wanted)
        return max((then - datetime.now(UTC)).total_seconds(), 0)
    except (TypeError, ValueError, OverflowError):
        return 0


def _busy(response: requests.Response, wanted: float) -> ServiceError:
    host, status = urlsplit(response.url).netloc, response.status_code
    later = (
        f"Try again in {wanted:.0f} s"
        if 0 < wanted <= _A_DAY
        else "Try again another day"
        if wanted
        else "Try again later"
    )
    if status == 429:
        return ServiceError(f"{host} wants fewer requests (429)", f"{later}; it may allow more with a login.")
    return ServiceError(f"{host} is at fault ({status})", f"{later}.")


def unreachable(error: BaseException, host: str = "The registry") -> ServiceError:
    """What it means that no answer came, or not all of it. An error that tells the host itself is believed."""
    if (request := getattr(error, "request", None)) is not None:
        host = urlsplit(request.url or "").netloc
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
    if given_up := cause(GivenUpError):
        return ServiceError(f"{host} {given_up}", "Is it busy, or the network slow? Try again later.")
    if cause(TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError):
        return ServiceError(f"{host} does not answer", "Is it busy, or out of reach?")
    if _is_no_http(error):
        return ServiceError(
            f"{host} does not speak HTTP as it should", "Is it a registry, or is there a proxy before it?"
        )
    last = came_from[-1]
    return ServiceError(
        f"{host} breaks off: {getattr(last, 'strerror', '') or type(last).__name__}", "Try again later."
    )
