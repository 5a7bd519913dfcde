"""HTTP to one engine, in one version of its API.

The Docker SDK has a client, too, which reads Docker's ``config.json`` and cannot be made where something in that is odd,
which no engine needs. From the SDK are the ways to an engine: sockets, pipes, TLS.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from time import monotonic
from typing import TypeVar

import requests
from docker.constants import DEFAULT_MAX_POOL_SIZE, DEFAULT_NUM_POOLS, IS_WINDOWS_PLATFORM
from docker.errors import APIError, DockerException, NotFound
from docker.tls import TLSConfig
from docker.transport import UnixHTTPAdapter
from docker.utils import parse_host
from requests import Response
from requests.adapters import BaseAdapter
from urllib3.exceptions import ProtocolError

from layerview.errors import DamagedError, ServiceError
from layerview.image import convert
from layerview.layers.blocks import Read
from layerview.layers.tar import BLOCK

T = TypeVar("T")

_LOCAL = "http+docker://localhost"

_MOST = 1 << 27
"""Bytes of an answer that is looked at as a whole. A list has one or two thousand for each image."""
_PART = 1 << 16
_LONGEST = 180
"""Seconds in which such an answer has to come, from its first byte on; until then an engine may have much to look up."""
_DOUBT = "Is it an engine? See what docker version or podman version says."


class Client(requests.Session):
    """Asks an engine. Its methods raise APIError for what the engine refuses, and what requests and urllib3 raise."""

    def __init__(
        self, host: str, timeout: int, tls: TLSConfig | None = None, adapter: BaseAdapter | None = None
    ) -> None:
        """``adapter`` leads there, if the SDK has none that does. Raises DockerException for an address that is none."""
        super().__init__()
        self.api_version = ""
        """In which requests are sent; empty for that which the engine takes for the default."""
        self._host, self._timeout = host, timeout
        self._base = _LOCAL if adapter else str(parse_host(host, IS_WINDOWS_PLATFORM, tls=bool(tls)))
        if adapter is None and not self._base.startswith(("http://", "https://")):
            adapter, self._base = _local_adapter(self._base, timeout), _LOCAL
        if adapter is not None:
            self.adapters.clear()  # nobody is led elsewhere
            self.mount("http+docker://", adapter)
        elif tls is not None:
            tls.configure_client(self)  # type: ignore[arg-type]

    @contextmanager
    def answer(
        self,
        path: str,
        parameters: Mapping[str, str] | None = None,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Iterator[Response]:
        """What the engine answers, to be read as it comes. ``body`` is sent as JSON, where there is one."""
        sent = {"Accept-Encoding": "identity", **(headers or {})}
        url = f"{self._base}{self._versioned(path)}"
        with self.request(
            method, url, params=parameters, headers=sent, json=body, stream=True, timeout=self._timeout
        ) as response:
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                raise _refusal(response)
            yield response

    def ask(
        self, path: str, type: type[T], parameters: Mapping[str, str] | None = None, *, nothing: object = None
    ) -> T:
        """What the engine answers, as a ``type``; ``nothing`` is what null stands for. Raises ServiceError, too."""
        with self.answer(path, parameters) as response:
            return understood(response, type, nothing)

    @contextmanager
    def archive(self, path: str) -> Iterator[Read]:
        """Reads the tar that the engine answers to a GET with. Raises OSError, too.

        On a local socket it is asked for by HTTP/1.0, and so comes as it is: else it comes in chunks of 32 kB, and taking
        those of two gigabytes apart keeps a processor busy for half a second, which the engine lacks.
        """
        if not self._host.startswith("unix://"):
            with self.answer(path) as response:
                yield response.raw.read
            return
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(self._timeout)
            connection.connect(self._host.removeprefix("unix://"))
            connection.sendall(f"GET {self._versioned(path)} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode("ascii"))
            try:
                with closing(HTTPResponse(connection, method="GET")) as plain:
                    plain.begin()
                    if plain.status == HTTPStatus.OK:
                        yield _whole(plain.read)
                        return
            except HTTPException as error:
                raise ProtocolError(str(error)) from error
        with self.answer(path) as response:  # which tells what is wrong
            yield response.raw.read

    def _versioned(self, path: str) -> str:
        return f"/v{self.api_version}{path}" if self.api_version else path


def understood(response: Response, type: type[T], nothing: object = None) -> T:
    """What the engine answered, as a ``type``; ``nothing`` is what null stands for. Raises ServiceError."""
    data = _whole_answer(response)
    try:
        told = json.loads(data)
        return convert(nothing if told is None else told, type, "The engine's answer")
    except DamagedError as error:
        raise ServiceError(error.message, _DOUBT) from error
    except (ValueError, RecursionError) as error:
        raise ServiceError(f"The engine's answer is no JSON: {error}", _DOUBT) from error


def _refusal(response: Response) -> APIError:
    """What the engine has said in place of an answer. Raises ServiceError."""
    said = _whole_answer(response).decode(errors="replace")
    try:
        said = str(json.loads(said)["message"])
    except (ValueError, RecursionError, LookupError, TypeError):  # no error as engines write them
        said = said.strip()
    kind = NotFound if response.status_code == HTTPStatus.NOT_FOUND else APIError
    return kind(f"{response.status_code} {response.reason}", response=response, explanation=said)


def _whole_answer(response: Response) -> bytearray:
    data, deadline = bytearray(), monotonic() + _LONGEST
    while part := response.raw.read1(_PART):
        data += part
        if len(data) > _MOST:
            raise ServiceError(f"The engine's answer has more than {_MOST:,} bytes", _DOUBT)
        if monotonic() > deadline:
            raise ServiceError(
                "The engine sends its answer too slowly", "Is it busy, or the network slow? Try again later."
            )
    return data


def _local_adapter(base: str, timeout: int) -> BaseAdapter:
    pools = {"pool_connections": DEFAULT_NUM_POOLS, "max_pool_size": DEFAULT_MAX_POOL_SIZE}
    if base.startswith("http+unix://"):
        return UnixHTTPAdapter(base, timeout, **pools)
    if base.startswith("npipe://") and IS_WINDOWS_PLATFORM:
        from docker.transport import NpipeHTTPAdapter

        return NpipeHTTPAdapter(base, timeout, **pools)
    raise DockerException(f"{base} is no address of an engine that can be reached from here")


def _whole(read: Read) -> Read:
    """Reads a tar of which nothing but its zeros tells that it has come to its end."""
    last = b""

    def checked(size: int) -> bytes:
        nonlocal last
        data = read(size)
        if size and not data and last[-BLOCK:].strip(b"\0"):
            raise ProtocolError("the archive breaks off")
        last = data or last
        return data

    return checked
